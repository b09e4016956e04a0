"""What holds of the events in memory whatever the news: replay, restart, bounds."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events.link import LinkSettings
from monitor.events.live import RELATED, RELATED_BELOW, LiveEvents
from monitor.events.vectors import Counts, Vectors, counted, epoch_of
from storage.model import EventState
from tests.builders_events import DAY, MORNING, Room, a_report, state_bytes

NEWS = (
    "cable ship Aktau Ganja 2,000 14 ITU centre opens Rashad Nabiyev choir museum on 3 November кабель судно Актау "
    "18 ноября kabel gəmi noyabrın 5-də Azerbaijan conference konfrans конференция. said the of"
)


@pytest.fixture(autouse=True, scope="module")
def _stemmers() -> None:
    """Loaded before anything is timed: a slow machine takes longer for them than an example may."""
    a_report("Stemmers", "are loaded", lang="en")


sentences = st.lists(st.sampled_from(NEWS.split()), max_size=25).map(" ".join)
reports = st.lists(
    st.builds(
        lambda title, text, hours, lang: (title, text, MORNING + timedelta(hours=hours), lang),
        sentences,
        sentences,
        st.integers(0, 24 * 30),
        st.sampled_from(["en", "az", "ru", None]),
    ),
    max_size=20,
)


def postings(room: Room) -> dict[str, dict[str, list[str]]]:
    """Each event once under each of its terms, in whatever order they came to be there."""
    return {
        name: {term: [some] if isinstance(some, str) else sorted(some) for term, some in postings.items()}
        for name, postings in room.live._index._fields.items()
    }


@given(reports)
def test_the_same_news_give_the_same_events_to_the_byte(news) -> None:
    one, other = Room(), Room()
    for title, text, at, lang in news:
        assert one.hears(title, text, at=at, lang=lang) == other.hears(title, text, at=at, lang=lang)
    assert one.events == other.events
    assert [state_bytes(one.live, name) for name in one.events] == [
        state_bytes(other.live, name) for name in one.events
    ]


@given(reports, st.integers(1, 8), st.integers(0, 20))
def test_a_restart_from_snapshots_and_later_members_shows_in_nothing(news, every: int, when: int) -> None:
    room = Room(LinkSettings(theta=0.2, window=20 * DAY))
    snapshots: dict[str, EventState] = {}
    later: dict[str, list[tuple[int, Vectors]]] = {}
    told = [a_report(*one[:2], number=n, at=one[2], lang=one[3]) for n, one in enumerate(news)]
    for number, report in enumerate(told[:when]):
        vectors = room.live.weigh(report)
        room.takes(report)
        event = room.events[-1]
        later.setdefault(event, []).append((number, vectors))
        if room.live.state(event).item_count % every == 0:
            snapshots[event] = room.live.state(event)
            later[event] = []
    again = Room(room.settings)
    again.live._counts = room.live._counts  # what storage would answer
    for state in snapshots.values():
        again.live.restore(state)
    for event, members in later.items():
        for number, vectors in members:
            again.live.add(told[number], vectors, event, counting=False)
    for event in room.events:
        assert state_bytes(again.live, event) == state_bytes(room.live, event)
    assert postings(again) == postings(room)
    for report in told[when:]:
        assert again.asks(report) == room.asks(report)


@given(reports, st.floats(0.05, 0.95), st.integers(1, 30))
def test_a_decision_keeps_to_its_bounds(news, theta: float, days: int) -> None:
    room = Room(LinkSettings(theta=theta, window=days * DAY))
    for number, (title, text, at, lang) in enumerate(news):
        report = a_report(title, text, number=number, at=at, lang=lang)
        before = {name: room.live.state(name) for name in room.events}
        decision = room.takes(report)
        assert 0 <= decision.score <= 1
        assert (decision.event_id is not None) == (decision.how == "joined")
        assert len(decision.related) <= RELATED
        named = [*([decision.event_id] if decision.event_id else []), *(event for event, _ in decision.related)]
        assert len(set(named)) == len(named)
        for event in named:
            assert before[event].first_at - days * DAY <= at <= before[event].last_at + days * DAY
        assert decision.event_id is None or decision.score >= theta - 0.0001
        assert all(theta - RELATED_BELOW - 0.0001 <= value <= decision.score for _, value in decision.related)
        assert len(decision.reasons) <= 3


@given(reports, st.randoms(use_true_random=False))
def test_the_order_in_which_events_are_restored_changes_no_decision(news, rng: random.Random) -> None:
    room = Room()
    for title, text, at, lang in news:
        room.hears(title, text, at=at, lang=lang)
    names = sorted(set(room.events))
    rng.shuffle(names)
    shuffled = LiveEvents(room.settings)
    shuffled._counts = room.live._counts
    for name in names:
        shuffled.restore(room.live.state(name))
    for title, text, at, lang in news:
        report = a_report(title, text, at=at, lang=lang)
        assert room.asks(report) == shuffled.decide(report, shuffled.weigh(report))


@given(st.lists(st.tuples(sentences, st.integers(0, 3), st.sampled_from(["", "", "", "anew", "drop"])), max_size=25))
def test_counts_are_those_of_storage_however_epochs_mix_and_whatever_was_forgotten(news) -> None:
    stored: Counter[tuple[tuple[int, str], str]] = Counter()
    kept = Counts()
    for words, epochs, happens in news:
        report = a_report("", words, at=MORNING + 64 * epochs * DAY)
        if happens == "drop":
            kept.drop_before(epoch_of(report.sort_at) - 1)
        kept = Counts() if happens == "anew" else kept
        anew = Counts()
        for counts in (kept, anew):
            asked = counts.unknown([report.analysis], [epoch_of(report.sort_at)])
            found = {
                place: {term: stored[place, term] for term in some if stored[place, term]}
                for place, some in asked.items()
            }
            counts.know(asked, found)
            assert not any(name for _, name in counts.unknown([report.analysis], [epoch_of(report.sort_at)]) if name)
        assert kept.weigh(report) == anew.weigh(report)
        kept.count(report)
        stored.update((place, term) for place, terms in counted(report) for term in terms)
