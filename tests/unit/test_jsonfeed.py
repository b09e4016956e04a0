"""JSON Feed as the format has it, and as publishers write it."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import ParseError
from storage.model import Entry, TextKind
from tests.builders_feeds import reading

V1 = "https://jsonfeed.org/version/1"


def feed(*items: Any, **more: Any) -> bytes:
    return json.dumps({"version": V1 + ".1", "title": "Kiosk", "items": list(items), **more}).encode()


def entry_of(**item: Any) -> Entry:
    (entry,) = reading(feed(item)).entries
    return entry


@pytest.mark.parametrize("version", [V1, V1 + ".1"])
@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b" \n\t"])
def test_both_versions_are_read_with_and_without_a_mark_in_front(version: str, prefix: bytes):
    document = reading(prefix + json.dumps({"version": version, "items": [{"id": "1"}]}).encode())
    assert (document.version, document.entries[0].guid) == ("json", "1")


@pytest.mark.parametrize(
    "body",
    [b"{", b"{}", b'{"version": 1}', b'{"version": "https://example.org/"}', b'{"items": []}', b'{"version": null}'],
)
def test_other_json_is_no_feed(body: bytes):
    with pytest.raises(ParseError, match=r"^not_a_feed: [^\n]+$"):
        reading(body)


@pytest.mark.parametrize("items", [None, {}, "x", 7])
def test_a_feed_whose_items_are_no_list_is_empty(items: object):
    document = reading(json.dumps({"version": V1, "items": items}).encode())
    assert (document.entries, document.entry_total) == ((), 0)


def test_items_that_are_no_objects_are_passed_over_and_noted():
    document = reading(feed({"id": "1"}, 5, None, ["x"], {"id": "2"}))
    assert [entry.guid for entry in document.entries] == ["1", "2"]
    assert document.complaint == "items that are no objects: 3"


@pytest.mark.parametrize(
    ("value", "guid"),
    [
        ("a", "a"),
        (7, "7"),
        (7.5, "7.5"),
        (" b ", "b"),
        ("", None),
        (True, None),
        (None, None),
        ([1], None),
        ("x" * 3_000, None),
    ],
)
def test_an_id_becomes_text(value: object, guid: str | None):
    assert entry_of(id=value).guid == guid


@pytest.mark.parametrize(
    ("item", "body", "kind"),
    [
        ({"content_text": "a < b", "content_html": "<p>x</p>"}, "a &lt; b", TextKind.CONTENT),
        ({"content_html": "<p>x</p>", "summary": "s"}, "<p>x</p>", TextKind.CONTENT),
        ({"summary": "s & t"}, "s &amp; t", TextKind.SUMMARY),
        ({"content_html": 5, "content_text": []}, "", TextKind.NONE),
        ({}, "", TextKind.NONE),
    ],
)
def test_the_text_is_the_best_that_is_there(item: dict[str, object], body: str, kind: TextKind):
    entry = entry_of(**item)
    assert (entry.body, entry.text_kind) == (body, kind)


@pytest.mark.parametrize(
    ("item", "link"),
    [
        ({"url": "/a"}, "https://news.example/a"),
        ({"url": "javascript:x", "external_url": "https://b.example/"}, "https://b.example/"),
        ({"external_url": "https://b.example/"}, "https://b.example/"),
        ({"url": 5}, None),
    ],
)
def test_the_link_is_the_url_else_the_external_one(item: dict[str, object], link: str | None):
    assert entry_of(**item).link == link


def test_dates_and_languages():
    entry = entry_of(
        date_published="2025-12-01T10:00:00+04:00",
        date_modified="2025-12-02T10:00:00Z",
        language="az-AZ",
    )
    assert entry.published_at == datetime(2025, 12, 1, 6, tzinfo=UTC)
    assert entry.updated_at == datetime(2025, 12, 2, 10, tzinfo=UTC)
    assert entry.lang == "az"


def test_the_channel_says_what_comes_next_or_that_nothing_will():
    document = reading(feed(next_url="feed.json?page=2", expired=True, home_page_url="/", language="en_GB"))
    assert document.next_url == "https://news.example/feed.json?page=2"
    assert (document.expired, document.site_url, document.lang) == (True, "https://news.example/", "en")


@pytest.mark.parametrize("said", [False, "true", 1, None])
def test_only_true_means_that_a_feed_has_expired(said: object):
    assert reading(feed(expired=True)).expired
    assert not reading(feed(expired=said)).expired


def test_half_a_surrogate_pair_becomes_a_question_mark():
    document = reading(
        rb'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "\ud800x", "title": "a\udc00b"}]}'
    )
    assert [(entry.guid, entry.title) for entry in document.entries] == [("?x", "a?b")]


def test_known_items_are_named_and_not_read():
    first = reading(feed({"id": "1", "title": "a"}, {"id": "2", "title": "b"}))
    known = {entry.range_hash for entry in first.entries if entry.range_hash}
    again = reading(feed({"id": "0"}, {"title": "a", "id": "1"}, {"id": "2", "title": "B"}), known)
    assert [(entry.guid, entry.position) for entry in again.entries] == [("0", 0), ("2", 2)]
    assert again.seen_ranges == (first.entries[0].range_hash,)
    assert again.entry_total == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(
        ("id", "url", "title", "content_html", "content_text", "summary", "date_published", "authors", "author", "name",
         "tags", "language", "external_url", "items", "expired", "next_url"))), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip


@given(JSON, JSON)
def test_wrong_types_never_make_it_fail(item: object, more: object):
    document = reading(feed(item, item, next_url=more, title=more, language=more, expired=more))
    assert document.version == "json"
