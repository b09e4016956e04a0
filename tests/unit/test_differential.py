"""Which entries a document is found to hold, and which documents may be read without some of theirs."""

import time
from dataclasses import replace

import pytest

from monitor.feeds.differential import _Walk, cut, scan
from monitor.feeds.document import ENTRY_LIMIT
from tests.builders_feeds import FEEDS, atom, only_entry, reading, rss

DIVS = '<description xml:lang="fr"><div>a</div><div>b</div></description>'
LANGUAGES = '<title xml:lang="az">a</title>'


def test_the_spans_are_the_bytes_of_the_entries():
    data = rss("<title>ə</title>", "<title><![CDATA[</item>]]></title>", head="<!-- <item> -->").encode()
    found = scan(data)
    assert [data[start:stop].decode() for start, stop in found.spans] == [
        "<item><title>ə</title></item>",
        "<item><title><![CDATA[</item>]]></title></item>",
    ]
    assert found.separable


def test_a_cut_document_is_the_document_without_the_others():
    data = rss("<title>a</title>", "<title>b</title>", "<title>c</title>").encode()
    found = scan(data)
    assert cut(data, found, {1}).decode() == rss("<title>b</title>")
    assert cut(data, found, {0, 1, 2}) == data


def test_the_hash_follows_the_bytes_of_the_entry_alone():
    first = scan(rss("<title>a</title>", "<title>b</title>").encode()).hashes
    later = scan(rss("<title>new</title>", "<title>a</title>", "<title>B</title>", head="<ttl>5</ttl>").encode()).hashes
    assert later[1] == first[0]
    assert first[1] not in later
    assert len(set(later) | set(first)) == 4


@pytest.mark.parametrize("root", ['xml:lang="az"', 'xml:base="http://b.example/"', 'xmlns:x="http://x.example/"'])
def test_the_hash_follows_the_tags_around_the_entry(root: str):
    plain = scan(rss("<title>a</title>").encode())
    other = scan(rss("<title>a</title>", root=root).encode())
    assert plain.separable
    assert other.separable
    assert plain.hashes != other.hashes


@pytest.mark.parametrize("value", ["1>0", "urn:y' x='>"])
def test_the_hash_follows_what_stands_behind_a_bracket_in_a_tag_around_the_entry(value: str):
    entry = "<channel><item><title>a</title></item></channel></rss>"
    plain, named = (f'<rss a="{value}" {more}>{entry}'.encode() for more in ("", 'xmlns:y="urn:y"'))

    assert scan(plain).hashes
    assert set(scan(plain).hashes).isdisjoint(scan(named).hashes)


@pytest.mark.parametrize(
    "now",
    [
        "<rss><channel xmlns:y='urn:y'><item>k</item></channel><item>X</item><item><y:z/></item></rss>",
        (
            "<rss><channel xmlns:y='urn:y'><item>k</item></channel><g xmlns='urn:o'><item xmlns=''>X</item>"
            "<item><y:z/></item></g></rss>"
        ),
        "<rss><channel xmlns:y='urn:y'><item><y><item>q</item></y></item><item><y:z/></item></channel></rss>",
    ],
)
def test_a_known_entry_in_another_place_is_not_passed_over(now: str):
    before = b"<rss><channel xmlns:y='urn:y'><item>k</item><item><y:z/></item></channel></rss>"
    known = scan(before).hashes

    assert len(known) == 2
    assert scan(now.encode(), known) == scan(now.encode())


def test_an_entry_around_an_entry_is_read_as_feedparser_reads_it():
    inner = "<item><title>a</title><y><item><title>q</title></item></y></item>"
    body = f"<rss><channel><title>f</title>{inner}</channel></rss>"

    assert scan(body.encode()).spans == ()
    assert reading(body.encode()).entries


def test_the_hash_follows_what_the_entities_in_an_entry_stand_for():
    told = rss("<title>&n; &amp; co</title>", "<title>&n;</title>")
    as_a, as_b = (f'<!DOCTYPE rss [<!ENTITY n "{name}">]>{told}'.encode() for name in "ab")
    known = set(scan(as_a).hashes)

    assert known == set(scan(as_a, known).hashes)
    assert known.isdisjoint(scan(as_b).hashes)
    assert scan(told.encode(), known).error == scan(told.encode()).error
    assert "undefined entity" in str(scan(told.encode(), known).error)


def test_what_is_known_is_passed_over(monkeypatch):
    data = rss(*(f"<title>{n}</title>" for n in range(20)), head="<image><url>http://x.example/</url></image>").encode()
    whole, heard = scan(data), []
    hear = _Walk.hear

    def noted(walk: _Walk, part: bytes, *, whole: bool = True) -> None:
        heard.append(part)
        hear(walk, part, whole=whole)

    monkeypatch.setattr(_Walk, "hear", noted)
    assert scan(data, {*whole.hashes} - {whole.hashes[7]}) == whole
    assert b"".join(heard).count(b"<item>") == 2  # the first is never passed over


def test_an_encoding_does_not_change_the_hash():
    body = rss("<title>Порт</title>")
    declared = '<?xml version="1.0" encoding="windows-1251"?>' + body
    hashes = {only_entry(raw).range_hash for raw in (body.encode(), body.encode("utf-16"), declared.encode("cp1251"))}
    assert len(hashes) == 1
    assert None not in hashes


@pytest.mark.parametrize(
    "document",
    [
        rss("<title>a</title>"),
        rss("<title>a</title>", head="<language>en</language><image><title>i</title><url>u</url></image><ttl>5</ttl>"),
        rss('<description><![CDATA[<div lang="en"> base xmlns:x="y"]]></description>', root='xmlns:x="y"'),
        rss('<media:content xmlns:media="http://search.yahoo.com/mrss/" url="x"/>'),
        rss("<title>a</title>", tail='<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="next" href="?2"/>'),
        rss(LANGUAGES, root='xml:base="http://b.example/" xml:lang="en"'),
        rss("<description><div>a</div></description>"),
        atom("<id>1</id>", "<id>2</id>", root='xml:base="http://b.example/"'),
        atom('<id>1</id><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a</div></content>'),
        FEEDS.joinpath("rss10.xml").read_text(),
        FEEDS.joinpath("azertac.xml").read_text().partition("?>")[2],
    ],
)  # fmt: skip
def test_ordinary_documents_are_separable(document: str):
    assert scan(document.encode()).separable


# Cut in spite of the scan's refusal, each of these reads differently; `differential` tells why.
ODD = {
    "a base of its own": rss(
        '<link xml:base="http://b.example/">x</link><guid>1</guid>', "<link>x</link><guid>2</guid>"
    ),
    "one prefix, another meaning": rss(
        '<f:x xmlns:f="http://f.example">a</f:x>',
        '<foo xmlns="http://f.example"><title>foo</title></foo>',
    ),
    "content deep in the channel": rss(
        "<guid>1</guid>",
        "<summary>s</summary><description>d</description>",
        head="<more><content:encoded>c</content:encoded></more>",
    ),
    "a div in content that is no markup": rss(f"<guid>1</guid>{DIVS}", "<title>b</title>"),
    "a title behind the entries": rss("<title>a</title>", tail="<media:title>c</media:title>"),
    "one id twice": atom(
        "<id>1</id><link href='a'/><updated>2025-01-02T00:00:00Z</updated>",
        "<id>1</id><link href='a'/><updated>2025-01-01T00:00:00Z</updated>",
    ),
}


@pytest.mark.parametrize("document", ODD.values(), ids=ODD)
def test_the_scan_refuses_what_would_differ(document: str, monkeypatch: pytest.MonkeyPatch):
    full = reading(document)
    ranges = [entry.range_hash or b"" for entry in full.entries]
    monkeypatch.setattr("monitor.feeds.parse.scan", lambda data, _known: replace(scan(data), separable=True))
    rests = [reading(document, {one}) for one in ranges]
    assert any(
        rest.entries != tuple(entry for entry in full.entries if entry.range_hash != one) or rest.title != full.title
        for one, rest in zip(ranges, rests, strict=True)
    )


@pytest.mark.parametrize("document", ODD.values(), ids=ODD)
def test_documents_that_feedparser_reads_with_a_memory_are_read_whole(document: str):
    assert not scan(document.encode()).separable
    full = reading(document)
    for entry in full.entries:
        assert entry.range_hash is not None
        rest = reading(document, {entry.range_hash})
        assert rest.entries == tuple(one for one in full.entries if one != entry)
        assert rest.seen_ranges == (entry.range_hash,)
        assert (rest.title, rest.entry_total) == (full.title, full.entry_total)


NOISY = """<content:encoded>c</content:encoded><itunes:summary>a</itunes:summary><description>b</description>
<image><title>i</title><url>u</url></image><lastBuildDate>Thu, 04 Dec 2025 10:00:00 GMT</lastBuildDate>
<textInput><title>t</title></textInput><generator uri="a &gt; b">g</generator><category domain="x"/>
<image><width/></image><description/><icon x="a > b">i</icon>"""


def test_what_nobody_asks_a_channel_for_is_cut_and_changes_nothing():
    items = ("<title>a</title>", "<summary>s</summary><description>d</description>")
    plain, noisy = (
        rss(*items, head="<ttl>5</ttl>"),
        rss(*items, head=NOISY + "<ttl>5</ttl>", tail="<image><title>i</title></image>"),
    )
    found = scan(noisy.encode())
    assert found.separable
    assert b"Date" not in cut(noisy.encode(), found, {0, 1})
    assert reading(noisy) == reading(plain)


def test_an_entry_inside_of_what_is_cut_is_no_entry_of_ours():
    document = rss("<title>a</title>", tail="<image><item><title>b</title></item></image>")
    assert not scan(document.encode()).spans
    assert {entry.title for entry in reading(document).entries} == {"a", "b"}


@pytest.mark.parametrize("dtd", ["<!DOCTYPE rss>", '<!DOCTYPE rss [\n<!ENTITY x "y">\n]>'])
def test_a_document_with_a_document_type_is_read_whole(dtd: str):
    document = dtd + rss("<title>a</title>", "<title>b</title>")
    assert not scan(document.encode()).separable
    full = reading(document)
    assert reading(document, {full.entries[0].range_hash or b""}).entries == full.entries[1:]


@pytest.mark.parametrize(
    "item",
    [
        "<Item><title>a</title></Item>",
        "<Item><guid>a</guid></Item>",
        '<e:item xmlns:e="http://elsewhere.example/">a</e:item>',
        "<item><title>a</title><item><title>nested</title></item></item>",
        "<item/>",
        "<item/><item><title>b</title></item>",
        '<item x="a > b"><title>b</title></item>',
    ],
)
def test_where_the_scan_and_feedparser_disagree_nothing_is_cut_and_nothing_lost(item: str):
    document = rss("<title>one</title>", tail=item)
    full = reading(document)
    assert "one" in {entry.title for entry in full.entries}
    known = {entry.range_hash for entry in full.entries if entry.range_hash}
    rest = reading(document, known)
    assert rest.entries == tuple(entry for entry in full.entries if entry.range_hash not in known)


def test_a_malformed_document_has_no_ranges_and_is_read_each_time():
    document = reading(rss("<title>a & b</title>", "<title>c</title>"))
    assert [(entry.title, entry.range_hash) for entry in document.entries] == [("a & b", None), ("c", None)]


@pytest.mark.parametrize(
    ("document", "cut_off"),
    [
        ("<rss><channel>", True),
        ("<rss><!-- ", True),
        ("<rss><![CDATA[x", True),
        ("<rss>&x;</rss>", False),
        ("<a></b>", False),
    ],
)
def test_an_early_end_is_told_from_other_faults(document: str, cut_off: bool):
    found = scan(document.encode())
    assert found.error
    assert found.cut_off is cut_off


def test_known_entries_are_named_in_order_and_positions_count_them():
    document = rss(*(f"<guid>{n}</guid>" for n in range(5)))
    hashes = [entry.range_hash or b"" for entry in reading(document).entries]
    rest = reading(document, {hashes[3], hashes[0], b"no longer"})
    assert rest.seen_ranges == (hashes[0], hashes[3])
    assert [(entry.guid, entry.position, entry.range_hash) for entry in rest.entries] == [
        (str(n), n, hashes[n]) for n in (1, 2, 4)
    ]


def test_a_document_of_known_entries_still_tells_of_its_channel():
    document = rss("<guid>1</guid>", head="<language>az</language><ttl>5</ttl><link>https://s.example/</link>")
    full = reading(document)
    rest = reading(document, {full.entries[0].range_hash or b""})
    assert (rest.entries, rest.entry_total) == ((), 1)
    assert (rest.title, rest.lang, rest.ttl_s, rest.site_url) == ("Feed", "az", 300, "https://s.example/")


def test_of_endless_documents_only_what_is_kept_is_hashed():
    found = scan(rss(*(f"<guid>{n}</guid>" for n in range(ENTRY_LIMIT + 5))).encode())
    assert (len(found.hashes), len(found.spans), found.total) == (ENTRY_LIMIT, ENTRY_LIMIT + 1, ENTRY_LIMIT + 5)
    whole = reading(rss(*(f'<guid xml:base="http://b/">{n}</guid>' for n in range(ENTRY_LIMIT + 5))))
    assert (len(whole.entries), whole.entry_total) == (ENTRY_LIMIT, ENTRY_LIMIT + 5)


@pytest.mark.parametrize("piece", ["<id ", "<id>", "<id", "xmlns:a=", "xmlns ", "base ", "<div lang", "<item>"])
def test_a_hostile_text_is_scanned_in_no_time(piece: str):
    text = piece * (250_000 // len(piece))
    data = atom(f"<id>1</id><content><![CDATA[{text}]]></content>", "<id>2</id>").encode()
    started = time.process_time()
    assert scan(data).total == 2
    assert time.process_time() - started < 2
