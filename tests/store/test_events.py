"""Events in the database: found by their terms, written whole, and rebuilt from their items to the byte."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from monitor.events.link import Incoming, LinkSettings, grow
from monitor.pipeline.linking import Desk
from storage.events import LONGEST, POSTINGS, Events, index_terms
from storage.model import Change, Event, EventState, Link, Origin, Plan, change_id
from storage.store import Store
from tests.builders_events import DAY, MORNING, a_report, an_event
from tests.builders_storage import a_plan, add_feed, an_item, open_store, publish

WINDOW = timedelta(days=14)
STORIES = (
    ("Cable ship leaves Aktau", "A ship with 380 km of cable left Aktau on 3 November for the Caspian.", "en"),
    ("Cable ship sails from Aktau", "With 380 km of cable on board a ship sailed from Aktau on 3 November.", "en"),
    ("Судно с кабелем вышло из Актау", "На борту 380 км кабеля; судно вышло 3 ноября из порта Актау.", "ru"),
    ("Choir sings at the museum", "Children of the choir sang 14 songs at the museum.", "en"),
    ("Museum hears a choir", "At the museum a choir of children sang 14 songs.", "en"),
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    add_feed(opened)
    yield opened
    opened.close()


def a_state(
    event_id: str, *terms: str, at: datetime = MORNING, until: datetime | None = None, count: int = 1
) -> EventState:
    return EventState(
        event_id=event_id,
        first_at=at,
        last_at=until or at,
        item_count=1,
        fields={"text": dict.fromkeys(terms, count)},
    )


def stored(store: Store, *states: EventState) -> None:
    events = [replace(an_event(one.event_id), first_at=one.first_at, last_at=one.last_at) for one in states]
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=events, event_states=states))


def a_change(
    number: int = 0, *, summary: str = "s", event_id: str = "EVENT001", topics: tuple[str, ...] = ("itu",)
) -> Change:
    return Change(
        id=change_id(event_id, "item.revised", "1", "old", "new", number),
        kind="item.revised",
        key="1",
        event_id=event_id,
        item_id=1,
        revision=3,
        old={"value": "a", "hash": "old"},
        new={"value": "b", "hash": "new"},
        payload={"summary": summary},
        quotes=("a quote",),
        happened_on=MORNING.date(),
        at=MORNING,
        topics=topics,
    )


def found(
    store: Store, terms: Mapping[str, float], *, at: datetime = MORNING, window: timedelta = WINDOW, limit: int = 12
) -> list[str]:
    with store.reading() as tx:
        return tx.events.candidates(terms, at=at, window=window, limit=limit)


def test_a_state_comes_back_as_it_was(store: Store) -> None:
    state = grow(
        grow(None, a_report(*STORIES[0][:2]), "EVENT001"), a_report(*STORIES[1][:2], outlet="Wire"), "EVENT001"
    )
    stored(store, state)
    with store.reading() as tx:
        assert tx.events.states(["EVENT001", "nowhere"]) == {"EVENT001": state}


def test_a_state_that_grows_replaces_the_one_before(store: Store) -> None:
    first = grow(None, a_report(*STORIES[0][:2]), "EVENT001")
    stored(store, first)
    with store.reading() as tx:
        assert tx.events.states(["EVENT001"])["EVENT001"] == first
    second = grow(first, a_report(*STORIES[1][:2]), "EVENT001")
    stored(store, second)
    with store.reading() as tx:
        assert tx.events.states(["EVENT001"])["EVENT001"] == second


def test_the_event_that_shares_most_is_the_first_candidate(store: Store) -> None:
    stored(store, a_state("A", "cable"), a_state("B", "cable", "ship"), a_state("C", "choir"))
    assert found(store, {"text:cable": 1.0, "text:ship": 1.0}) == ["B", "A"]


def test_a_heavier_term_outweighs_two_light_ones(store: Store) -> None:
    stored(store, a_state("A", "aktau"), a_state("B", "cable", "ship"))
    assert found(store, {"text:aktau": 9.0, "text:cable": 1.0, "text:ship": 1.0}) == ["A", "B"]


def test_no_more_candidates_are_given_than_asked_for(store: Store) -> None:
    stored(store, *(a_state(f"E{number}", "cable") for number in range(9)))
    assert found(store, {"text:cable": 1.0}, limit=3) == ["E0", "E1", "E2"]
    assert len(found(store, {"text:cable": 1.0}, limit=100)) == 9


def test_more_terms_than_are_asked_for_find_by_the_heaviest(store: Store) -> None:
    stored(store, a_state("A", "light"), a_state("B", "heavy"))
    terms = {f"text:other{number}": 2.0 for number in range(100)}
    assert found(store, {**terms, "text:light": 1.0, "text:heavy": 3.0}) == ["B"]


def test_without_terms_there_are_no_candidates(store: Store) -> None:
    stored(store, a_state("A", "cable"))
    assert found(store, {"text:cable": 1.0}) == ["A"]
    assert found(store, {}) == []


@pytest.mark.parametrize(
    ("begins", "ends", "is_found"),
    [
        (-14, -14, True),
        (-15, -14.01, False),
        (14, 15, True),
        (14.01, 15, False),
        (-40, 40, True),
        (-40, LONGEST.days + 14, True),
        (-40, LONGEST.days + 14.01, False),
    ],
)
def test_only_events_that_run_within_the_window_are_candidates(
    store: Store, begins: float, ends: float, *, is_found: bool
) -> None:
    stored(store, a_state("A", "cable", at=MORNING + begins * DAY, until=MORNING + ends * DAY))
    assert bool(found(store, {"text:cable": 1.0})) is is_found


def test_an_event_is_found_by_its_present_terms_alone(store: Store) -> None:
    stored(store, a_state("A", "cable"))
    assert found(store, {"text:cable": 1.0}) == ["A"]
    stored(store, a_state("A", "choir"))
    assert found(store, {"text:choir": 1.0}) == ["A"]
    assert found(store, {"text:cable": 1.0}) == []


def test_an_event_that_runs_on_is_found_later(store: Store) -> None:
    later = MORNING + 20 * DAY
    stored(store, a_state("A", "cable"))
    assert found(store, {"text:cable": 1.0}, at=later) == []
    stored(store, a_state("A", "cable", until=MORNING + 10 * DAY))
    assert found(store, {"text:cable": 1.0}, at=later) == ["A"]


def test_candidates_are_read_from_the_index_and_never_from_the_table(store: Store) -> None:
    statements: list[tuple[str, tuple[object, ...]]] = []
    with store.reading() as tx:
        connection = tx.events._connection

        @sqlalchemy_event.listens_for(connection, "before_cursor_execute")
        def note(_c: object, _cursor: object, sql: str, values: tuple[object, ...], *_: object) -> None:
            statements.append((sql, values))

        tx.events.candidates({"text:cable": 1.0}, at=MORNING, window=WINDOW, limit=12)
        sql, values = statements[0]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("ix_event_term_term_last_at" in step and "term=? AND last_at>? AND last_at<?" in step for step in plan)
    assert not any("SCAN found" in step for step in plan)


def test_postings_are_the_most_frequent_terms_and_of_those_as_frequent_the_longest() -> None:
    fields = {
        "text": {"oft": 5, "once": 1},
        "title": {"ab": 1, "oft": 2, **{f"word{number}": 1 for number in range(20)}},
        "numbers": {str(number): 1 for number in range(20)},
    }
    state = replace(a_state("A"), fields=fields)
    terms = index_terms(state)
    assert {"text:oft", "text:once", "title:oft", "title:word10"} <= terms.keys()
    assert not {"title:ab", "title:word9"} & terms.keys()
    assert terms["text:oft"] > terms["text:once"] > 0
    assert sum(term.startswith("numbers:") for term in terms) == 6
    many = replace(state, fields={"text": {f"word{number}": 1 for number in range(500)}})
    assert len(index_terms(many)) == POSTINGS


def test_terms_are_counted_over_plans(store: Store) -> None:
    for counts, items in (({"text:cable": 2, "text:ship": 1}, 2), ({"text:cable": 1}, 1)):
        publish(store, Plan(feed_id=1, at=MORNING, memory=None, term_counts=counts, counted_items=items))
    with store.reading() as tx:
        assert tx.events.term_counts(["text:cable", "text:ship", "text:choir"]) == {"text:cable": 3, "text:ship": 1}
        assert tx.events.counted_items() == 3


def test_thousands_of_terms_are_counted_at_once(store: Store) -> None:
    counts = {f"text:word{number}": number + 1 for number in range(3_000)}
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, term_counts=counts, counted_items=1))
    with store.reading() as tx:
        assert tx.events.term_counts([*counts, "text:none"]) == counts


def test_an_empty_database_knows_nothing(store: Store) -> None:
    with store.reading() as tx:
        assert tx.events.counted_items() == tx.events.version() == 0
        assert not tx.events.term_counts([])
        assert not tx.events.states([])
        assert not tx.events.events([])


def test_the_version_grows_with_every_plan_that_touches_an_event_and_with_no_other(store: Store) -> None:
    stored(store, a_state("A", "cable"))
    with store.reading() as tx:
        assert tx.events.version() == 1
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, counted_items=1, term_counts={"text:a": 1}))
    stored(store, a_state("B", "cable"))
    with store.reading() as tx:
        assert tx.events.version() == 2


def test_an_event_comes_back_with_its_topics(store: Store) -> None:
    event = replace(
        an_event(topics=("wtdc", "itu", "itu")),
        status="held",
        starts_on=MORNING.date(),
        ends_on=MORNING.date(),
        item_count=4,
        revision=7,
    )
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[event]))
    with store.reading() as tx:
        assert tx.events.events(["EVENT001", "nowhere"]) == {"EVENT001": replace(event, topics=("itu", "wtdc"))}


def test_an_event_that_changes_keeps_nothing_of_what_it_was(store: Store) -> None:
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event(topics=("itu", "wtdc"))]))
    changed = an_event(title="Centre opened", topics=("tcfo",), revision=2)
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[changed]))
    with store.reading() as tx:
        assert tx.events.events(["EVENT001"]) == {"EVENT001": changed}


def test_an_event_that_was_merged_stands_for_the_last_of_those_it_was_merged_into(store: Store) -> None:
    last, between = an_event("LAST", topics=("wtdc",)), replace(an_event("BETWEEN"), merged_into="LAST")
    first = replace(an_event("FIRST"), merged_into="BETWEEN")
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[first, between, last]))
    with store.reading() as tx:
        assert tx.events.events(["FIRST", "BETWEEN", "LAST"]) == dict.fromkeys(["FIRST", "BETWEEN", "LAST"], last)
        assert tx.events.events(["FIRST"]) == {"FIRST": last}


def test_the_reasons_of_a_link_are_kept_and_a_later_link_replaces_it(store: Store) -> None:
    def linked(event_id: str, how: str) -> Link:
        return Link(
            item_id=1,
            event_id=event_id,
            how=how,  # type: ignore[arg-type]  # one of the words
            score=0.4,
            reasons=(("names", 0.3), ("numbers", 0.1)),
            related=(("B", 0.2),),
            linked_at=MORNING,
        )

    events = [an_event("A"), an_event("B")]
    publish(store, replace(a_plan(an_item(1)), events=events, links=[linked("A", "founded")]))
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, links=[linked("B", "joined")]))
    with store.reading() as tx:
        (row,) = tx.events._connection.execute(text("SELECT * FROM event_item")).all()
    assert (row.event_id, row.how, row.score) == ("B", "joined", 0.4)
    assert row.reasons_json == '[["names",0.3],["numbers",0.1]]'
    assert row.related_json == '[["B",0.2]]'


def test_the_same_change_told_twice_is_one_and_stays_as_it_was(store: Store) -> None:
    plan = replace(
        a_plan(an_item(1)), events=[an_event()], changes=[a_change(summary="first", topics=("itu", "itu", "wtdc"))]
    )
    publish(store, plan)
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, changes=[a_change(summary="second"), a_change(1)]))
    with store.reading() as tx:
        rows = tx.events._connection.execute(text("SELECT * FROM change ORDER BY payload_json")).all()
        topics = tx.events._connection.execute(text("SELECT topic, change_id FROM change_topic ORDER BY 1, 2")).all()
    assert [row.payload_json for row in rows] == ['{"summary":"first"}', '{"summary":"s"}']
    assert (rows[0].from_json, rows[0].to_json) == ('{"hash":"old","value":"a"}', '{"hash":"new","value":"b"}')
    assert (rows[0].quotes_json, rows[0].happened_on, rows[0].revision) == ('["a quote"]', "2025-11-17", 3)
    assert sorted(topics) == sorted([("itu", rows[0].id), ("wtdc", rows[0].id), ("itu", rows[1].id)])


def test_transitions_are_counted_by_what_they_are_and_of_whom(store: Store) -> None:
    def counted(*transition: str) -> int:
        with store.reading() as tx:
            return tx.events.transition_count(*transition)

    same = ("EVENT001", "item.revised", "1", "old", "new")
    assert counted(*same) == 0
    plan = replace(a_plan(an_item(1)), events=[an_event()], changes=[a_change(0), a_change(1)])
    publish(store, plan)
    assert counted(*same) == 2
    others = (("EVENT001", "item.revised", "1", "new", "old"), ("feed:1", *same[1:]), (*same[:2], "2", "old", "new"))
    assert [counted(*other) for other in others] == [0, 0, 0]


def test_what_feeds_brought_first_is_counted(store: Store) -> None:
    other = add_feed(store, "two").id
    items = [an_item(1, event_id="A"), an_item(2, event_id="A"), an_item(3, event_id="B"), an_item(4, relevant=False)]
    publish(store, replace(a_plan(*items), events=[an_event("A"), an_event("B")]))
    publish(store, a_plan(an_item(5, feed_id=other, event_id="A"), feed_id=other))
    with store.reading() as tx:
        assert tx.events.counts_of_feeds([1]) == (3, 2)
        assert tx.events.counts_of_feeds([1, other]) == (4, 2)
        assert tx.events.counts_of_feeds([]) == (0, 0)


def poll(store: Store, reports: Sequence[Incoming], *, number: int) -> None:
    """Link and store `reports` as one poll."""
    with store.writing() as tx:
        desk = Desk(tx.events, LinkSettings(), reports[-1].sort_at)
        desk.warm([one.analysis.fields for one in reports])
        items = []
        for one in reports:
            link = desk.link(one, copy_event=None)
            items.append(replace(an_item(one.item_id, at=one.sort_at), event_id=link.event_id))
        tx.apply(
            replace(
                a_plan(*items, document=number),
                analyses={one.item_id: one.analysis for one in reports},
                links=desk.links,
                events=[an_event(event_id) for event_id in desk.grown],
                event_states=tuple(desk.grown.values()),
                term_counts=desk.counted,
                counted_items=desk.item_count,
            )
        )


def reports(count: int = len(STORIES)) -> list[Incoming]:
    return [
        a_report(
            title, words, number=number, at=MORNING + number * timedelta(hours=2), lang=lang, outlet=f"O{number % 3}"
        )
        for number, (title, words, lang) in enumerate(STORIES[:count], start=1)
    ]


def states_by_bytes(events: Events) -> dict[str, bytes]:
    return dict(events._connection.execute(text("SELECT event_id, blob FROM event_state")).all())


def test_one_poll_or_many_give_the_same_events_to_the_byte(tmp_path: Path) -> None:
    found = []
    for name, sizes in (("one", [5]), ("many", [1, 1, 1, 1, 1]), ("two", [2, 3])):
        store = open_store(tmp_path / name)
        add_feed(store)
        waiting = reports()
        for number, size in enumerate(sizes, start=1):
            poll(store, waiting[:size], number=number)
            waiting = waiting[size:]
        with store.reading() as tx:
            found.append((states_by_bytes(tx.events), {item.id: item.event_id for item in tx.items.replay()}))
        store.close()
    assert found[0] == found[1] == found[2]
    assert len(set(found[0][1].values())) == 2


def test_the_states_are_rebuilt_from_the_stored_items_to_the_byte(store: Store, tmp_path: Path) -> None:
    for number, one in enumerate(reports(), start=1):
        poll(store, [one], number=number)
    copy = open_store(tmp_path / "rebuilt")
    add_feed(copy)
    outlets = {one.item_id: one.outlet for one in reports()}
    with store.reading() as tx:
        kept = states_by_bytes(tx.events)
        items = list(tx.items.replay())
        analyses = tx.items.analyses([item.id for item in items])
    rebuilt: dict[str, EventState] = {}
    for item in items:
        event_id = item.event_id or ""
        again = replace(
            a_report("", number=item.id, at=item.sort_at, outlet=outlets[item.id]), analysis=analyses[item.id]
        )
        rebuilt[event_id] = grow(rebuilt.get(event_id), again, event_id)
    stored(copy, *rebuilt.values())
    with copy.reading() as tx:
        assert states_by_bytes(tx.events) == kept
    copy.close()
    assert len(kept) == 2


def test_a_plan_that_fails_leaves_no_event(store: Store) -> None:
    broken = replace(a_change(), origin=Origin.LIVE, event_id="missing")
    with pytest.raises(Exception, match="refused"):
        publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event()], changes=[broken]))
    with store.reading() as tx:
        assert tx.events.events(["EVENT001"]) == {}
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event()]))
    with store.reading() as tx:
        assert set(tx.events.events(["EVENT001"])) == {"EVENT001"}


def test_an_event_without_a_state_is_simply_not_compared(store: Store) -> None:
    event: Event = an_event("LONELY")
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[event]))
    with store.reading() as tx:
        assert tx.events.states(["LONELY"]) == {}
