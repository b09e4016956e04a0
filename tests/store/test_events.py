"""Events in the database: found by their terms, written whole, and rebuilt from their items to the byte."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from storage.model import Change, Link, Origin, Plan, change_id
from storage.store import Store
from tests.builders_events import MORNING, an_event
from tests.builders_storage import a_plan, add_feed, an_item, publish


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


def test_an_empty_database_knows_nothing(store: Store) -> None:
    with store.reading() as tx:
        assert tx.events.version() == ""
        assert not tx.events.events([])


def test_every_plan_that_touches_an_event_names_their_state_anew_and_no_other_does(store: Store) -> None:
    def version() -> str:
        with store.reading() as tx:
            return tx.events.version()

    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event("A")], linked_as="first"))
    assert version() == "first"
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, term_counts={(1, "text"): {"a": 1}}))
    assert version() == "first"
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event("B")]))
    assert version() not in {"", "first"}


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


def test_a_plan_that_fails_leaves_no_event(store: Store) -> None:
    broken = replace(a_change(), origin=Origin.LIVE, event_id="missing")
    with pytest.raises(Exception, match="refused"):
        publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event()], changes=[broken]))
    with store.reading() as tx:
        assert tx.events.events(["EVENT001"]) == {}
    publish(store, Plan(feed_id=1, at=MORNING, memory=None, events=[an_event()]))
    with store.reading() as tx:
        assert set(tx.events.events(["EVENT001"])) == {"EVENT001"}
