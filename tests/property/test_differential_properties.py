"""Reading a document without its known entries is reading it whole and leaving them out: on every document there is."""

import random
from collections.abc import Collection

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from monitor.feeds.differential import scan
from monitor.feeds.document import Document
from monitor.feeds.parse import prepare
from storage.errors import ParseError
from storage.model import Entry
from tests.builders_feeds import NAMESPACES, SHARED, look_alikes, reading, shared_corpus
from tests.builders_markup import CHANNEL_PARTS, ENTRY_PARTS, SHELLS

SEEDS = sorted((SHARED / "seeds" / "feeds").glob("*.xml"))


def assert_equal_without(body: bytes, known: Collection[bytes], full: Document) -> None:
    rest = reading(body, known)
    assert rest.entries == tuple(entry for entry in full.entries if entry.range_hash not in known)
    assert rest.seen_ranges == tuple(entry.range_hash for entry in full.entries if entry.range_hash in known)
    assert channel_of(rest) == channel_of(full)


def channel_of(document: Document) -> tuple[object, ...]:
    return (
        document.version,
        document.title,
        document.lang,
        document.site_url,
        document.ttl_s,
        document.entry_total,
        document.next_url,
        document.deleted_guids,
        document.truncated,
        document.complaint is None,
    )


def hashes(entries: Collection[Entry]) -> list[bytes]:
    return [entry.range_hash for entry in entries if entry.range_hash]


def check_every_way(body: bytes, rng: random.Random) -> int:
    """Known: nothing, each entry, all but each, a random half, all. Returns how many entries have a range."""
    full = reading(body)
    ranges = hashes(full.entries)
    assert_equal_without(body, frozenset({b"of another document"}), full)
    for one in ranges[:3]:
        assert_equal_without(body, {one}, full)
        assert_equal_without(body, set(ranges) - {one}, full)
    assert_equal_without(body, {one for one in ranges if rng.random() < 0.5}, full)
    assert_equal_without(body, set(ranges), full)
    return len(ranges)


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """Feeds of few different parts each, so that most differ from an ordinary one in one or two ways."""
    start, name, end = SHELLS[draw(st.sampled_from(sorted(SHELLS)))]
    parts = st.sampled_from(draw(st.lists(st.sampled_from(ENTRY_PARTS), min_size=2, max_size=8, unique=True)))
    outer = st.sampled_from(draw(st.lists(st.sampled_from(CHANNEL_PARTS), min_size=1, max_size=4, unique=True)))
    root = draw(st.sampled_from(["", "", 'xml:base="http://rb.example/"', 'xml:lang="de"']))
    tags = st.sampled_from(["", "", "", ' xml:lang="fr"', ' xml:base="http://eb.example/"', ' rdf:about="x"'])
    body = "".join(draw(st.lists(outer, max_size=5)))
    for _ in range(draw(st.integers(1, 5))):
        inner = "".join(part.replace("{n}", draw(st.sampled_from("012"))) for part in draw(st.lists(parts, max_size=6)))
        tag = draw(tags) if "rdf:RDF" in start else draw(tags.filter(lambda one: "rdf" not in one))
        body += f"<{name}{tag}>{inner}</{name}>"
        body += draw(outer) if draw(st.integers(0, 9)) == 0 else ""
    return (start.format(f"{NAMESPACES} {root}") + body + end).encode()


@settings(max_examples=100)
@given(documents(), st.randoms(use_true_random=False))
def test_every_generated_document_reads_the_same_with_and_without_its_known_entries(body: bytes, rng: random.Random):
    try:
        reading(body)
    except ParseError:
        event("unreadable as a whole")
        return
    event("separable" if scan(body).separable else "read whole")
    check_every_way(body, rng)


# What may stand around an entry so that it is none, or another one than its bytes alone say.
WRAPPERS = (
    *("<!-- {} -->", "<x><![CDATA[{}]]></x>", "<textInput>{}</textInput>", "<x xmlns='http://x.example/'>{}</x>"),
    *(
        "<item><title>around</title>{}</item>",
        "text {}",
        "{} <!-- <item> -->",
        "<item/>{}",
        "<image>{}</image>",
        " {} ",
    ),
)


@st.composite
def disguised(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A document as it was, and as it is now: with its entries moved about, some of them no entries any more."""
    start, name, end = SHELLS[draw(st.sampled_from(sorted(SHELLS)))]
    entries = [f"<{name}><title>{n}</title><link>http://x.example/{n}</link></{name}>" for n in range(5)]
    head = draw(st.sampled_from(["", "<title>Feed</title>", "<!-- a note --><title>Feed</title>"]))
    start = start.format(f"{NAMESPACES}") + head
    now = draw(st.lists(st.sampled_from(entries), min_size=1, max_size=7))
    wrapped = [draw(st.sampled_from(WRAPPERS)).format(one) if draw(st.booleans()) else one for one in now]
    body = draw(st.sampled_from(["", "\n", " "])).join(wrapped)
    return (start + "".join(entries) + end).encode(), (start + body + end).encode()


def some_known(before: bytes, now: bytes, rng: random.Random) -> tuple[bytes, set[bytes]]:
    """What is to be looked through now, and most of the entries that the document held before."""
    data = prepare(now, None).data
    known = {digest for digest in prepare(before, None).scan.hashes if rng.random() < 0.8}
    event("some to pass over" if known.intersection(scan(data).hashes[1:]) else "nothing to pass over")
    return data, known


@settings(max_examples=300)
@given(disguised(), st.randoms(use_true_random=False))
def test_a_document_is_found_the_same_whatever_of_it_is_known_and_wherever_that_stands_now(
    documents: tuple[bytes, bytes], rng: random.Random
):
    data, known = some_known(*documents, rng)
    assert scan(data, known) == scan(data)


@settings(max_examples=100)
@given(documents(), st.randoms(use_true_random=False))
def test_every_generated_document_is_found_the_same_whatever_of_it_is_known(body: bytes, rng: random.Random):
    try:
        data, known = some_known(body, body, rng)
    except ParseError:
        event("unreadable")
        return
    assert scan(data, known) == scan(data)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@settings(max_examples=20_000)
@given(disguised(), st.randoms(use_true_random=False))
def test_many_more_documents_are_found_the_same(documents: tuple[bytes, bytes], rng: random.Random):
    data, known = some_known(*documents, rng)
    assert scan(data, known) == scan(data)


@pytest.mark.soak
@pytest.mark.timeout(3_600)
@settings(max_examples=20_000)
@given(documents(), st.randoms(use_true_random=False))
def test_many_more_generated_documents_read_the_same(body: bytes, rng: random.Random):
    try:
        reading(body)
    except ParseError:
        return
    check_every_way(body, rng)


@pytest.mark.parametrize("path", look_alikes(), ids=lambda path: path.name)
def test_every_look_alike_reads_the_same_without_its_known_entries(path):
    body = path.read_bytes()
    document = reading(body)
    count = check_every_way(body, random.Random(path.name))
    assert count == (0 if prepare(body, None).scan.error else len(document.entries))


@pytest.mark.skipif(not SEEDS, reason="no shared seeds beside this checkout")
@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.name)
def test_every_seed_reads_the_same_without_its_known_entries(path):
    assert check_every_way(path.read_bytes(), random.Random(1)) == 1


def test_benchmark_feeds_read_the_same_one_generation_later():
    corpus = shared_corpus()
    if corpus is None:
        pytest.skip("no shared tools beside this checkout")
    for number in range(25):
        first, later = corpus.feed(number, 0)[0], corpus.feed(number, 1)[0]
        known = frozenset(hashes(reading(first).entries))
        full = reading(later)
        assert scan(later).separable
        assert len([entry for entry in full.entries if entry.range_hash not in known]) == 1
        assert_equal_without(later, known, full)
