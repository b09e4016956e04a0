"""Lists of feeds, read from other readers' exports and written for them."""

import contextlib
from datetime import UTC, datetime
from xml.parsers import expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.opml import SIZE_LIMIT, Outline, read_opml, write_opml
from storage.errors import ParseError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


def canonical(url: str) -> str | None:
    """As the keys of items have it, in short: the scheme and a slash at the end make no difference."""
    scheme, _, rest = url.partition("://")
    return rest.rstrip("/") if scheme in {"http", "https"} else None


def opml(*outlines: str) -> bytes:
    return f'<?xml version="1.0"?><opml version="1.1"><head/><body>{"".join(outlines)}</body></opml>'.encode()


def feed(url: str, **attributes: str) -> str:
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<outline type="rss" xmlUrl="{url}"{more}/>'


def test_feeds_are_read_with_their_folders():
    found = read_opml(
        opml(
            feed("https://a.example/rss", text="A", title="A, in full", htmlUrl="https://a.example/", language="az-AZ"),
            f'<outline text="News"><outline text="Port">{feed("https://b.example/rss", text="B")}</outline></outline>',
            f"<outline>{feed('https://c.example/rss')}</outline>",
        ),
        canonical=canonical,
    )
    assert found.feeds == (
        Outline(url="https://a.example/rss", name="A, in full", site_url="https://a.example/", lang="az"),
        Outline(url="https://b.example/rss", name="B", folder="News/Port"),
        Outline(url="https://c.example/rss", name="https://c.example/rss"),
    )
    assert found.skipped == ()


def test_a_feed_may_hold_outlines_without_becoming_a_folder():
    inner = feed("https://b.example/", text="B")
    outer = f'<outline text="A" xmlUrl="https://a.example/">{inner}</outline>'
    assert [one.folder for one in read_opml(opml(outer), canonical=canonical).feeds] == [None, None]


def test_of_one_address_the_first_counts():
    found = read_opml(
        opml(feed("https://a.example/rss", text="first"), feed("http://a.example/rss/", text="second")),
        canonical=canonical,
    )
    assert [one.name for one in found.feeds] == ["first"]
    assert found.skipped == ("second: stands in the list already",)


@pytest.mark.parametrize("url", ["ftp://a.example/", "javascript:x", "file:///etc/passwd", "feed.xml"])
def test_an_address_that_is_not_of_the_web_is_passed_over_and_told(url: str):
    found = read_opml(opml(feed(url, text="odd"), feed("https://a.example/")), canonical=canonical)
    assert len(found.feeds) == 1
    assert found.skipped == (f"odd: no http(s) address: {url!r}",)


def test_an_outline_that_calls_itself_a_feed_without_address_is_told():
    assert read_opml(opml('<outline type="rss" text="lost"/>'), canonical=canonical).skipped == ("lost: no xmlUrl",)


@pytest.mark.parametrize("spelled", ["xmlUrl", "xmlurl", "xmlURL"])
def test_the_address_is_found_however_it_is_spelled(spelled: str):
    found = read_opml(opml(f'<outline {spelled}="https://a.example/"/>'), canonical=canonical)
    assert [one.url for one in found.feeds] == ["https://a.example/"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "windows-1251"])
def test_a_list_is_read_in_its_encoding(encoding: str):
    text = '<?xml version="1.0" encoding="{}"?><opml><body>{}</body></opml>'
    name = encoding.removesuffix("-sig")
    body = text.format(name, feed("https://a.example/", text="Порт")).encode(encoding)
    assert read_opml(body, canonical=canonical).feeds[0].name == "Порт"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<!DOCTYPE opml><opml><body/></opml>", "document type"),
        (b'<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><opml>&c;</opml>', "document type"),
        (b"<rss><channel/></rss>", "no OPML"),
        (b"<opml><body>", "not well-formed XML: line 1: no element found"),
        (b"", "not well-formed"),
        (b"not xml", "not well-formed"),
        (b"<opml>" + b" " * SIZE_LIMIT, "more than the"),
    ],
)  # fmt: skip
def test_what_is_no_sound_list_is_refused_in_one_line(body: bytes, why: str):
    with pytest.raises(ParseError) as caught:
        read_opml(body, canonical=canonical)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_deep_folders_are_no_danger():
    deep = '<outline text="x">' * 20_000 + feed("https://a.example/") + "</outline>" * 20_000
    assert len(read_opml(opml(deep), canonical=canonical).feeds) == 1


def test_a_list_is_written_as_readers_expect_it():
    written = write_opml(
        [
            Outline(url="https://a.example/rss?a=1&b=2", name='A "quoted" & <odd>', lang="az"),
            Outline(url="https://b.example/rss", name="B", folder="News"),
            Outline(url="https://c.example/rss", name="C", site_url="https://c.example/", folder="News"),
        ],
        now=NOW,
    )
    name = "'A \"quoted\" &amp; &lt;odd&gt;'"
    assert written.splitlines() == [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        "  <head>",
        "    <title>Salname</title>",
        "    <dateCreated>Sun, 01 Feb 2026 12:00:00 +0000</dateCreated>",
        "  </head>",
        "  <body>",
        f'    <outline type="rss" text={name} title={name} xmlUrl="https://a.example/rss?a=1&amp;b=2" language="az"/>',
        '    <outline text="News" title="News">',
        '      <outline type="rss" text="B" title="B" xmlUrl="https://b.example/rss"/>',
        '      <outline type="rss" text="C" title="C" xmlUrl="https://c.example/rss" htmlUrl="https://c.example/"/>',
        "    </outline>",
        "  </body>",
        "</opml>",
    ]


def test_characters_that_xml_forbids_are_left_out():
    written = write_opml([Outline(url="https://a.example/", name="a\x1b[31m\0b")], now=NOW, title="\x07t")
    expat.ParserCreate().Parse(written.encode(), True)
    assert 'text="a[31mb"' in written


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zs", "Zl", "Zp"]), min_size=1, max_size=20)
OUTLINES = st.builds(
    Outline,
    url=st.integers(0, 10**6).map("https://a.example/{}".format),
    name=NAMES,
    site_url=st.none() | st.just("https://a.example/"),
    lang=st.none() | st.sampled_from(["az", "ru"]),
    folder=st.none() | NAMES,
)


@given(st.lists(OUTLINES, max_size=6, unique_by=lambda one: one.url))
def test_what_is_written_is_read_back(feeds: list[Outline]):
    found = read_opml(write_opml(feeds, now=NOW).encode(), canonical=canonical)
    assert sorted(found.feeds, key=lambda one: one.url) == sorted(feeds, key=lambda one: one.url)


@given(st.binary(max_size=100))
def test_no_bytes_make_it_fail_with_another_error(body: bytes):
    with contextlib.suppress(ParseError):
        assert read_opml(b"<opml>" + body + b"</opml>", canonical=canonical).skipped is not None
