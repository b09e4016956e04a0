"""What must hold for every feed: few names and few words on purpose, so that entries collide in every way."""

from collections import Counter
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from storage.model import Entry, VerdictKind
from tests.builders_items import LONG_TEXT, NOON, SITE, World, an_entry

_REVISIONS = {VerdictKind.REVISED, VerdictKind.FILLED, VerdictKind.REVERTED, VerdictKind.FLAPPING}
_TEXTS = ["", "A short text about the port.", LONG_TEXT, f"{LONG_TEXT} It is 40 km long."]


def _entry(title: str, text: str, guid: str | None, link: str | None, hours: int | None) -> Entry:
    at = None if hours is None else NOON - timedelta(hours=hours)
    return an_entry(title, text, guid=guid, link=link, at=at)


an_entry_at_random = st.builds(
    _entry,
    title=st.sampled_from(["The port opens", "The port closes", "Digest of the hour", "Порт открыт"]),
    text=st.sampled_from(_TEXTS),
    guid=st.sampled_from([None, "a", "b", "c", "http://news.example/?p=1", "https://news.example/?p=1"]),
    link=st.sampled_from(
        [None, f"{SITE}/a", f"{SITE}/b", "http://news.example/a", f"{SITE}/slug-10001", f"{SITE}/other-10001"]
    ),
    hours=st.sampled_from([None, 1, 30, 100]),
)
documents = st.lists(an_entry_at_random, max_size=7)
single_documents = st.lists(  # each entry under names of its own
    an_entry_at_random.filter(
        lambda entry: entry.guid in {None, "a", "b", "c"} and entry.link != "http://news.example/a"
    ),
    max_size=4,
    unique_by=(lambda entry: entry.guid or id(entry), lambda entry: entry.link or id(entry)),
)


def _told(world: World, document: list[Entry], **how: object) -> dict[Entry, Counter[tuple[str, str]]]:
    """What was decided about each entry, apart from its place; equal entries may share their verdicts in any way."""
    verdicts = world.poll(*document, **how)  # type: ignore[arg-type]
    told: dict[Entry, Counter[tuple[str, str]]] = {entry: Counter() for entry in document}
    for verdict in verdicts:
        if verdict.position is not None:
            told[document[verdict.position]][verdict.kind, verdict.via] += 1
    return told


@given(documents, documents)
def test_every_entry_has_one_verdict(first: list[Entry], second: list[Entry]):
    world = World()
    for document in (first, second):
        verdicts = world.poll(*document)
        places = [verdict.position for verdict in verdicts if verdict.position is not None]

        assert places == list(range(len(document)))
        assert all(verdict.reason for verdict in verdicts)


@given(documents, documents)
def test_the_same_document_twice_is_seen(first: list[Entry], second: list[Entry]):
    world = World()
    world.poll(*first)
    world.poll(*second)
    before = len(world.items)
    kinds = {verdict.kind for verdict in world.poll(*second) if verdict.position is not None}

    assert kinds <= {VerdictKind.SEEN, VerdictKind.SKIPPED}
    assert len(world.items) == before


@given(documents, documents, st.randoms(use_true_random=False))
def test_the_order_of_the_entries_never_matters(first: list[Entry], second: list[Entry], random: object):
    world, other = World(), World()
    for document in (first, second):
        shuffled = list(document)
        random.shuffle(shuffled)  # type: ignore[attr-defined]

        assert _told(world, document) == _told(other, shuffled)
    assert len(world.items) == len(other.items)
    assert world.barred == other.barred


@given(documents, documents)
def test_a_name_belongs_to_one_item_and_each_item_has_a_name(first: list[Entry], second: list[Entry]):
    world = World()
    for document in (first, second):
        given = [key for verdict in world.poll(*document) for key in verdict.keys]

        assert max(Counter(given).values(), default=1) == 1
    assert set(world.keys.values()) == set(world.items)


@given(
    st.lists(an_entry_at_random, min_size=1, max_size=7),
    st.sampled_from(["published_raw", "updated_at"]),
    st.booleans(),
)
def test_tracking_and_dates_never_make_a_version(document: list[Entry], what: str, tracked: bool):
    world = World()
    world.poll(*document)
    changed = {"published_raw": "any day", "updated_at": NOON + timedelta(days=1)}
    edited = [entry._replace(**{what: changed[what]}) for entry in document]  # type: ignore[arg-type]
    if tracked:
        edited = [entry._replace(link=entry.link and f"{entry.link}?utm_source=x") for entry in edited]
    # Two versions under one name: which of them counts is a matter of their dates.
    assume(what != "updated_at" or len(world.items) == len(document))
    kinds = {verdict.kind for verdict in world.poll(*edited) if verdict.position is not None}

    assert kinds <= {VerdictKind.SEEN, VerdictKind.META, VerdictKind.SKIPPED}
    assert not any(len(versions) > 1 for versions in world.revisions.values())


@given(st.lists(single_documents, min_size=1, max_size=4))
def test_known_bytes_are_as_good_as_a_whole_parse(history: list[list[Entry]]):
    world, other = World(), World()
    for document in history:
        whole, part = _told(world, document), _told(other, document, differential=True)
        for entry, kinds in whole.items():
            assert not part[entry] - kinds
            assert not any(kind not in {VerdictKind.SEEN, VerdictKind.SKIPPED} for kind, _ in kinds - part[entry])
    assert len(world.items) == len(other.items)


@settings(max_examples=30)
@given(st.integers(21, 60), st.randoms(use_true_random=False))
def test_a_wave_is_held_whole_or_not_at_all(count: int, random: object):
    world = World()
    world.poll(an_entry())
    wave = [an_entry(f"Headline {'x' * n} of the wave", f"Text {'y' * n}", name=f"w{n}") for n in range(count)]
    random.shuffle(wave)  # type: ignore[attr-defined]

    assert set(world.kinds(*wave)) == {"HELD"}
    assert set(world.kinds(*wave)) == {"NEW"}
    assert set(world.kinds(*wave)) == {"SEEN"}
