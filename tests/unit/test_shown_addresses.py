"""What is shown of an address that holds a secret."""

import pytest

from storage.addresses import holds_secret, named_by, shown

KEY = "9f8a7b6c5d4e3f2a1b0c9d8e"


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://a.example/feed?token=abc", "https://a.example/feed?token=***"),
        ("https://a.example/feed?lang=az&api_key=abc&page=2", "https://a.example/feed?lang=az&api_key=***&page=2"),
        ("https://a.example/feed?Access-Token=abc#top", "https://a.example/feed?Access-Token=***#top"),
        ("https://me:word@a.example/feed", "https://***@a.example/feed"),
        ("https://me@a.example:8080/feed?sig=1;auth=2", "https://***@a.example:8080/feed?sig=***;auth=***"),
        (f"https://a.example/feed?u={KEY}", "https://a.example/feed?u=***"),
        ("https://a.example/rss?key=1", "https://a.example/rss?key=***"),
    ],
)
def test_what_opens_a_door_is_hidden(address: str, seen: str) -> None:
    assert shown(address) == seen
    assert holds_secret(address)
    assert shown(seen) == seen


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/feed",
        "https://news.example/rss/search?q=ITU+when:7d&hl=en&gl=AZ&ceid=AZ:en",
        "https://v.example/videos.xml?channel_id=UC2PPjdO7cXqLSu1p7Km9q_w",
        "https://a.example/feed?category=monkey&keyword=turkey&page=3",
        "https://a.example/@me/feed?topic=azerbaijan-digital-development",
        "mailto:me@a.example",
        "",
    ],
)
def test_what_tells_feeds_apart_stays(address: str) -> None:
    assert shown(address) == address
    assert not holds_secret(address)


def test_an_address_is_named_as_it_is_shown_if_that_names_one_alone() -> None:
    known = ["https://a.example/f?token=1", "https://a.example/f?token=2", "https://b.example/f?token=3"]
    assert named_by("https://b.example/f?token=***", known) == known[2]
    assert named_by(known[0], known) == known[0]
    assert named_by("https://a.example/f?token=***", known) is None
    assert named_by("https://c.example/f", known) is None
