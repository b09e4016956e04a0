"""What is read out of the bytes of a feed, dialect by dialect and trap by trap."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import feedparser
import pytest

from monitor.feeds.document import ENTRY_LIMIT
from monitor.feeds.parse import parse, prepare
from storage.errors import ParseError
from storage.model import TextKind
from tests.builders_feeds import FEEDS, NOW, URL, atom, look_alikes, only_entry, plain, reading, rss


@pytest.mark.parametrize("path", look_alikes(), ids=lambda path: path.name)
def test_each_look_alike_reads_as_written_beside_it(path: Path):
    expected = json.loads(path.with_name(path.name + ".json").read_text("utf-8"))
    assert plain(reading(path.read_bytes())) == expected


@pytest.mark.parametrize("body", [b"", b"   \n", b"\xef\xbb\xbf", b'<?xml version="1.0"?>'], ids=repr)
def test_an_empty_document_is_an_error_of_its_own(body: bytes):
    with pytest.raises(ParseError, match=r"^empty: "):
        reading(body)


@pytest.mark.parametrize(
    "body",
    [
        "<!DOCTYPE html><html><head><title>Not here</title></head><body>404</body></html>",
        "<html><body>" + "<p>" * 5_000,
        "plain words",
        '<?xml version="1.0"?><urlset><url><loc>http://a/</loc></url></urlset>',
        "<opml><body/></opml>",
        '{"feed": []}',
        '{"version": "https://jsonfeed.org/version/1", "items": [',
        "<html><body>an <rss> tag in words</body></html>",
        "[" * 100_000,
        '{"version":' + "[" * 100_000,
    ],
    ids=lambda body: body[:30],
)
def test_what_is_no_feed_is_refused_in_one_line(body: str):
    with pytest.raises(ParseError, match=r"^not_a_feed: [^\n]+$"):
        reading(body)


def test_dates_that_nobody_can_read_are_not_read_as_documents(monkeypatch: pytest.MonkeyPatch):
    read, by_feedparser = [], feedparser.parse

    def counted(file: BytesIO, **options: Any) -> Any:
        read.append(file)
        return by_feedparser(file, **options)

    monkeypatch.setattr(feedparser, "parse", counted)
    items = (f"<title>Number {n}</title><pubDate>{n:05} of nothing</pubDate>" for n in range(100))
    document = reading(rss(*items))
    assert [entry.published_raw for entry in document.entries] == [f"{n:05} of nothing" for n in range(100)]
    assert len(read) < 5


def test_a_feed_without_entries_is_a_feed():
    document = reading(rss())
    assert (document.version, document.entries, document.entry_total) == ("rss20", (), 0)


def test_a_body_that_is_the_path_of_a_file_is_not_read_from_there(tmp_path: Path):
    secret = tmp_path / "feed.xml"
    secret.write_text(rss("<title>Secret</title>"))
    assert reading(secret.read_bytes()).entry_total == 1
    with pytest.raises(ParseError, match="not_a_feed"):
        reading(str(secret))


def test_a_guid_is_no_address_and_stays_as_it_is_wherever_the_feed_lives():
    document = reading(rss("<guid>17</guid><link>/n/17</link>", '<guid isPermaLink="true">18</guid>'))
    assert [(entry.guid, entry.link) for entry in document.entries] == [
        ("17", "https://news.example/n/17"),
        ("18", None),
    ]


@pytest.mark.parametrize(
    ("href", "link"),
    [
        ("https://a.example/x", "https://a.example/x"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("?id=5", "https://news.example/feed?id=5"),
        ("http://a.example/two words", "http://a.example/two%20words"),
        ("HTTP://A.example/", "HTTP://A.example/"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("ftp://a.example/", None),
        ("http://?q", None),
        ("https://", None),
        ("http://[::1", None),
        ("https://a.example/" + "x" * 2_100, None),
        ("https://a.example/\N{RIGHT-TO-LEFT OVERRIDE}x", None),
        ("", None),
    ],
)
def test_only_web_addresses_that_can_be_shown_are_links(href: str, link: str | None):
    assert only_entry(rss(f"<title>T</title><link>{href}</link>")).link == link


def test_the_alternate_link_stands_for_the_entry():
    links = (
        '<link rel="enclosure" href="a.mp3"/><link rel="self" href="a.atom"/><link href="a.html"/><link href="b.html"/>'
    )
    assert only_entry(atom(f"<id>x</id>{links}")).link == "https://news.example/a.html"


def test_an_entry_that_was_never_updated_has_no_such_date():
    entry = only_entry(rss("<pubDate>Fri, 28 Nov 2025 19:02:00 +0400</pubDate>"))
    assert entry.published_at == datetime(2025, 11, 28, 15, 2, tzinfo=UTC)
    assert entry.updated_at is None


def test_where_only_an_update_is_dated_it_counts_as_publication():
    entry = only_entry(atom("<id>x</id><updated>2025-11-28T10:00:00Z</updated>"))
    assert entry.published_at == entry.updated_at == datetime(2025, 11, 28, 10, tzinfo=UTC)


def test_a_date_nobody_understands_is_kept_as_written():
    entry = only_entry(rss("<pubDate>the day before yesterday</pubDate>"))
    assert (entry.published_raw, entry.published_at) == ("the day before yesterday", None)


def test_a_date_that_only_feedparser_understands_has_an_unknown_zone():
    entry = only_entry(rss("<pubDate>2025-11-28T11</pubDate>"))
    assert (entry.published_at, entry.tz_known) == (datetime(2025, 11, 28, 11, tzinfo=UTC), False)


@pytest.mark.parametrize(
    ("item", "body", "kind"),
    [
        ("<description>short</description><content:encoded>longer text</content:encoded>", "longer text", "content"),
        ("<description>short</description>", "short", "summary"),
        ("<description> \n </description>", "", "none"),
        ("<description>The story itself.</description><media:description>Photo</media:description>",
         "The story itself.", "summary"),
        ("<media:description>Photo</media:description>", "Photo", "summary"),
        ("", "", "none"),
    ],
)  # fmt: skip
def test_the_text_is_the_content_else_the_summary(item: str, body: str, kind: str):
    entry = only_entry(rss(f"<title>T</title>{item}"))
    assert (entry.body, entry.text_kind) == (body, TextKind(kind))


def test_plain_text_of_atom_is_escaped_and_markup_is_not():
    entry = only_entry(
        atom('<id>x</id><title>a &lt; b &amp; c</title><content type="html">a &lt;b&gt;c&lt;/b&gt;</content>')
    )
    assert (entry.title, entry.body) == ("a &lt; b &amp; c", "a <b>c</b>")


def test_escaped_cdata_does_not_lose_its_text():
    assert only_entry(rss("<description>&lt;![CDATA[words]]&gt;</description>")).body == "<![CDATA[words]]>"


def test_of_two_entries_with_one_id_and_link_the_one_updated_last_counts():
    one = "<id>x</id><link href='a.html'/><title>{}</title><updated>2025-11-2{}T00:00:00Z</updated>"
    document = reading(atom(one.format("new", 9), one.format("old", 8), one.format("older", 7)))
    assert [(entry.title, entry.position) for entry in document.entries] == [("new", 0)]
    assert document.entry_total == 3


def test_two_entries_with_one_id_and_two_links_are_both_kept():
    document = reading(atom("<id>x</id><link href='a.html'/>", "<id>x</id><link href='b.html'/>"))
    assert len(document.entries) == 2


def test_one_guid_on_all_items_of_rss_drops_none():
    assert len(reading(rss("<guid>one</guid>", "<guid>one</guid>")).entries) == 2


def test_a_deleted_entry_is_named():
    tombstone = '<at:deleted-entry xmlns:at="http://purl.org/atompub/tombstones/1.0" ref="tag:x:1" when="2025"/>'
    document = reading(atom("<id>tag:x:2</id>", head=tombstone))
    assert document.deleted_guids == {"tag:x:1"}
    assert [entry.guid for entry in document.entries] == ["tag:x:2"]


def test_words_about_a_tombstone_delete_nothing():
    text = '<description><![CDATA[<at:deleted-entry ref="tag:x:1"/>]]></description>'
    document = reading(rss(text))
    assert (document.deleted_guids, document.entry_total) == (frozenset(), 1)


@pytest.mark.parametrize(
    ("head", "ttl", "period", "hours", "days"),
    [
        ("<ttl>30</ttl>", 1_800, None, (), ()),
        ("<ttl>soon</ttl>", None, None, (), ()),
        ("<ttl>0</ttl>", None, None, (), ()),
        ('<ttl unit="min">30</ttl>', None, None, (), ()),
        ('<sy:updatePeriod xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">hourly</sy:updatePeriod>',
         None, 3_600, (), ()),
        ("<skipHours><hour>5</hour><hour> 24 </hour><hour>77</hour></skipHours>", None, None, (0, 5), ()),
        ("<skipDays><day>Sunday</day><day>Monday</day><day>Doomsday</day></skipDays>", None, None, (), (0, 6)),
    ],
)  # fmt: skip
def test_the_channel_says_when_it_wants_to_be_left_alone(head, ttl, period, hours, days):
    document = reading(rss("<guid>1</guid>", head=head))
    assert (document.ttl_s, document.update_period_s) == (ttl, period)
    assert (document.skip_hours, document.skip_days) == (hours, days)


def test_the_language_of_an_entry_is_told_only_where_it_differs():
    document = reading(
        rss(
            "<title>a</title>",
            "<title>b</title><dc:language>ru-RU</dc:language>",
            '<title xml:lang="az">c</title>',
            "<title>d</title><dc:language>en-us</dc:language>",
            head="<language>en-US</language>",
        )
    )
    assert document.lang == "en"
    assert [entry.lang for entry in document.entries] == [None, "ru", "az", None]


@pytest.mark.parametrize("said", ["", "x", "english", "<b>en</b>", "e1"])
def test_what_is_no_language_is_none(said: str):
    assert reading(rss("<guid>1</guid>", head=f"<language>{said}</language>")).lang is None


def test_long_values_are_cut():
    entry = only_entry(
        rss(f"<title>{'t ' * 5_000}</title><guid>{'g' * 3_000}</guid><source url='x'>{'a ' * 500}</source>")
    )
    assert len(entry.title) == 4_000
    assert entry.guid is None
    assert len(entry.source_name or "") == 256


def test_of_endless_documents_the_first_entries_are_kept():
    document = reading(rss(*(f"<guid>{n}</guid>" for n in range(ENTRY_LIMIT + 7))))
    assert (len(document.entries), document.entry_total) == (ENTRY_LIMIT, ENTRY_LIMIT + 7)
    assert document.entries[-1].guid == str(ENTRY_LIMIT - 1)


def test_a_malformed_endless_document_is_read_as_far_as_it_is_kept():
    document = reading("<rss><channel><title>&</title>" + "<item><guid>x</guid></item>" * (ENTRY_LIMIT + 500))
    assert len(document.entries) == ENTRY_LIMIT - 1
    assert document.truncated


@pytest.mark.parametrize("cut", range(120, 330, 7))
def test_a_truncated_document_loses_its_last_entry_and_no_other(cut: int):
    whole = rss(*(f"<title>Title {n}</title><guid>{n}</guid>" for n in range(20)))
    document = reading(whole[: len(whole) - cut])
    assert document.truncated
    assert document.bozo
    complete = whole[: len(whole) - cut].count("</item>")
    assert [entry.guid for entry in document.entries] == [str(n) for n in range(len(document.entries))]
    assert complete - 1 <= len(document.entries) <= complete
    assert all(entry.title == f"Title {entry.guid}" for entry in document.entries)


def test_a_document_that_ends_in_its_first_entry_is_an_error():
    with pytest.raises(ParseError, match=r"^truncated: "):
        reading("<rss version='2.0'><channel><item><title>Ha")


def test_a_fault_early_in_a_whole_document_does_not_make_it_truncated():
    document = reading(FEEDS.joinpath("one_bad_item.xml").read_bytes())
    assert document.bozo
    assert not document.truncated
    assert len(document.entries) == 5


def test_an_entry_on_which_feedparser_fails_costs_that_entry_alone():
    bad = '<title>bad</title><gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>'
    items = ["<title>0</title>", bad, "<title>2</title>", "<title>3</title>", bad]
    document = reading(rss(*items))
    assert [(entry.position, entry.title) for entry in document.entries] == [(0, "0"), (2, "2"), (3, "3")]
    assert document.complaint == "entries that could not be read: 2"


def test_a_failure_outside_the_entries_is_an_error_of_ours():
    point = '<gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>'
    assert reading(rss("<title>a</title>")).entry_total == 1
    with pytest.raises(ParseError, match=r"^unreadable: feedparser fails"):
        reading(rss("<title>a</title>", head=point))


def test_a_failure_in_a_malformed_document_is_an_error_of_ours():
    point = '<gml:pos xmlns:gml="http://www.opengis.net/gml">1 2</gml:pos>'
    assert reading(rss("<title>a & b</title>")).entry_total == 1
    with pytest.raises(ParseError, match=r"^unreadable: feedparser fails"):
        reading(rss("<title>a & b</title>", point))


def test_a_zone_that_is_gone_from_this_machine_is_taken_for_utc():
    body = rss("<pubDate>14.09.2025 11:00</pubDate>").encode()
    document = parse(body, None, final_url=URL, feed_timezone="Nowhere/Else", now=NOW)
    assert document.entries[0].published_at == datetime(2025, 9, 14, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#99999999999;", "&#0;", "&#x1B;", "\0", "\x1b", "\ufffe"], ids=ascii
)
def test_a_character_that_xml_forbids_is_taken_out(reference: str):
    document = reading(rss(f"<title>a{reference}b &#x259; &#601;</title>", "<title>c</title>"))
    assert [entry.title for entry in document.entries] == ["ab ə ə", "c"]
    assert document.complaint == "characters that XML forbids were taken out"


HOSTILE = {
    "laughs": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
    "file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    "public": '<!DOCTYPE x [<!ENTITY a PUBLIC "-//x" "http://169.254.169.254/">]>',
    "parameter": '<!DOCTYPE x [<!ENTITY % a "b"> ]>',
    "blow-up": f'<!DOCTYPE x [<!ENTITY a "{"a" * 1_000}">]>',
    "behind a comment": '<!-- <rss> --><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("dtd", HOSTILE.values(), ids=HOSTILE)
def test_a_document_type_made_for_an_attack_is_refused(dtd: str, encoding: str):
    body = rss("<title>&a;</title>")
    assert reading(body.replace("&a;", "a").encode(encoding)).entry_total == 1
    with pytest.raises(ParseError, match=r"^hostile_xml: [^\n]+$"):
        reading((dtd + body).encode(encoding))


@pytest.mark.parametrize(
    "dtd",
    [
        "<!DOCTYPE rss>",
        '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.netscape.com/rss-0.91.dtd">',
        '<!DOCTYPE rss SYSTEM "rss.dtd">',
        '<!DOCTYPE rss [\n<!ENTITY nbsp "&#160;">\n<!ENTITY copyright "(C)">\n]>',
    ],
    ids=lambda dtd: dtd[:30],
)
def test_a_harmless_document_type_is_fine(dtd: str):
    assert [entry.title for entry in reading(dtd + rss("<title>a</title>")).entries] == ["a"]


def test_words_about_an_attack_are_words():
    text = '<description><![CDATA[<!ENTITY a SYSTEM "file:///etc/passwd">]]></description>'
    assert "SYSTEM" in only_entry(rss(text)).body


STRANGE = {
    "word": "<author>" + "a" * 3_000 + "</author>",
    "attributes": "<a " + " ".join(f'b{n}="c"' for n in range(1_500)) + "/>",
    "categories": "<category>a</category>" * 1_200,
    "prefixes": "".join(f'<p{n}:a xmlns:p{n}="u"/>' for n in range(1_200)),
}


@pytest.mark.parametrize("item", STRANGE.values(), ids=STRANGE)
def test_what_needs_quadratic_time_is_seen_beforehand(item: str):
    assert prepare(rss(item).encode(), None).may_be_slow


@pytest.mark.parametrize("path", look_alikes(), ids=lambda path: path.name)
def test_ordinary_documents_are_not_strange(path: Path):
    source = prepare(path.read_bytes(), None)
    assert source.may_be_slow == (source.scan.error is not None)


def test_a_malformed_document_may_be_slow():
    assert prepare(rss("<title>a & b</title>").encode(), None).may_be_slow
