"""What is read without feedparser is what feedparser would have found: on every document there is, and on odd ones."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from monitor.feeds import elements
from monitor.feeds.document import Document
from monitor.feeds.ordinary import Ordinary, read_ordinary
from storage.errors import ParseError
from tests.bench.corpus import standard
from tests.builders_feeds import FEEDS, NAMESPACES, SHARED, atom, look_alikes, reading, rss
from tests.builders_markup import CHANNEL_PARTS, ENTRY_PARTS, PLAIN_CHANNEL_PARTS, PLAIN_PARTS, SHELLS

SEEDS = sorted((SHARED / "seeds" / "feeds").glob("*.xml"))
ORDINARY_SHELLS = ("rss", "atom")
ROOTS = (
    *("", "", 'xml:base="http://rb.example/"', 'xml:base="http://rb.example/a/b"', 'xml:base="../c"'),
    *('xml:lang="de_AT"', 'xml:lang=""', 'lang="en"', 'base="http://q.example"', 'Lang="en"'),
    'xmlns:zz="http://zz.example/" zz:lang="de"',
)


@contextmanager
def _read_by(function: object) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(elements, "read_ordinary", function)
        yield


def by_feedparser(body: bytes) -> Document | str:
    with _read_by(lambda _data: None):
        return outcome(body)


def outcome(body: bytes) -> Document | str:
    try:
        return reading(body)
    except ParseError as error:
        return str(error)


def counted(body: bytes) -> tuple[Document | str, int]:
    """What is read, and how many of its entries without feedparser."""
    read: list[Ordinary | None] = []

    def counting(data: bytes) -> Ordinary | None:
        read.append(read_ordinary(data))
        return read[-1]

    with _read_by(counting):
        found = outcome(body)
    return found, sum(entry is not None for one in read if one is not None for entry in one.entries)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Mostly ordinary feeds of few different parts each."""
    shell = draw(st.sampled_from(ORDINARY_SHELLS) | st.sampled_from(sorted(SHELLS)))
    start, name, end = SHELLS[shell]
    of_entry, of_channel = [*PLAIN_PARTS, *ENTRY_PARTS], [*PLAIN_CHANNEL_PARTS, *CHANNEL_PARTS]
    parts = st.sampled_from(draw(st.lists(st.sampled_from(of_entry), min_size=2, max_size=8, unique=True)))
    outer = st.sampled_from(draw(st.lists(st.sampled_from(of_channel), min_size=1, max_size=4, unique=True)))
    root = draw(st.sampled_from(ROOTS))
    body = "".join(draw(st.lists(outer, max_size=4)))
    for _ in range(draw(st.integers(1, 4))):
        inner = "".join(part.replace("{n}", draw(st.sampled_from("012"))) for part in draw(st.lists(parts, max_size=5)))
        tag = draw(st.sampled_from(["", "", "", "", "", ' xml:lang="fr"', ' href="x"', ' z="1"']))
        body += f"<{name}{tag}>{inner}</{name}>"
        body += draw(outer) if draw(st.integers(0, 9)) == 0 else ""
    return (start.format(f"{NAMESPACES} {root}") + body + end).encode()


@settings(max_examples=200)
@given(documents())
def test_every_generated_document_reads_as_feedparser_reads_it(body: bytes):
    found, count = counted(body)
    event("some entries without feedparser" if count else "by feedparser alone")
    assert found == by_feedparser(body)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@settings(max_examples=50_000)
@given(documents())
def test_many_more_generated_documents_read_as_feedparser_reads_them(body: bytes):
    assert outcome(body) == by_feedparser(body)


@pytest.mark.parametrize("path", [*look_alikes(), *SEEDS], ids=lambda path: path.name)
def test_every_document_at_hand_reads_as_feedparser_reads_it(path):
    body = path.read_bytes()
    assert outcome(body) == by_feedparser(body)


@pytest.mark.parametrize("name", ["apa", "azertac", "haqqin", "infocity", "modern", "qafqazinfo"])
def test_the_look_alikes_of_real_outlets_need_no_feedparser(name: str):
    found, count = counted(FEEDS.joinpath(f"{name}.xml").read_bytes())
    assert isinstance(found, Document)
    assert count == len(found.entries) > 0


def test_the_benchmarks_feeds_read_as_feedparser_reads_them_and_without_it():
    for number in range(20):
        body = standard().document(number, 0).body
        found, count = counted(body)
        assert found == by_feedparser(body)
        assert count == standard().document(number, 0).entry_count


ENTRY = "<title>a</title><link>http://a.example/1</link><guid>1</guid><description>d</description>"


@pytest.mark.parametrize("part", ["<media:title>b</media:title>", "<title>b</title>", "<x/>", "<georss/>"])
def test_one_unusual_entry_is_left_to_feedparser_and_the_others_are_not(part: str):
    found, count = counted(rss(ENTRY, ENTRY + part, ENTRY).encode())
    assert isinstance(found, Document)
    assert (count, [one.position for one in found.entries]) == (2, [0, 1, 2])
    assert found == by_feedparser(rss(ENTRY, ENTRY + part, ENTRY).encode())


def test_a_date_that_nobody_here_understands_is_shown_to_feedparser():
    body = rss("<title>a</title><pubDate>2025-11-28T11</pubDate>").encode()
    found, count = counted(body)
    assert isinstance(found, Document)
    assert count == 1
    assert found.entries[0].published_at is not None
    assert found == by_feedparser(body)


def test_a_channel_of_unusual_words_is_feedparsers_and_its_entries_are_not():
    body = atom("<id>1</id><title>a</title>", head='<icon2 x="1">i</icon2><language>az</language>').encode()
    found, count = counted(body)
    assert isinstance(found, Document)
    assert (count, found.lang) == (1, "az")
    assert found == by_feedparser(body)
