"""Letting go of items without letting them come back as news."""

from dataclasses import replace

import pytest

from storage.model import Change, Event, FeedMemory, Link, Plan
from storage.store import Store
from tests.builders_storage import (
    DAY,
    HOUR,
    NOON,
    a_content,
    a_plan,
    a_sighting,
    add_feed,
    an_item,
    context_of,
    guid_key,
    link_key,
    open_store,
    publish,
)

LATER = NOON + 100 * DAY
BEFORE = LATER - 90 * DAY


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    add_feed(opened)
    yield opened
    opened.close()


def purge(store: Store, limit: int = 500) -> int:
    with store.writing() as tx:
        return tx.items.purge(BEFORE, limit)


def left(store) -> list[int]:
    with store.reading() as tx:
        return [item.id for item in tx.items.replay()]


def rows(store, table: str) -> int:
    with store.reading() as tx:
        return int(tx._connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def of_today(store, number: int = 99) -> None:
    """The feed shows another document now."""
    publish(store, a_plan(an_item(number, at=LATER), document=50, at=LATER))


def an_event(title: str = "The centre opens in Baku") -> Event:
    return Event(
        id="AAAAAAAA", title=title, topics=("itu",), first_at=NOON, last_at=NOON, first_seen_at=NOON, changed_at=NOON
    )


def test_old_items_in_no_event_go_with_all_that_hung_on_them(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    of_today(store)
    assert purge(store) == 2
    assert left(store) == [99]
    for table in ("sighting", "item_revision", "item_topic", "linked_item"):
        assert rows(store, table) == 1, table
    assert purge(store) == 0


def test_a_purged_item_comes_back_as_a_tombstone_and_not_as_news(store):
    publish(store, a_plan(an_item(1)))
    of_today(store)
    assert context_of(store, keys=[guid_key(1), link_key(1)]).tombstones == frozenset()
    purge(store)
    context = context_of(store, keys=[guid_key(1), link_key(1), guid_key(99), guid_key(7)])
    assert context.tombstones == {guid_key(1), link_key(1)}
    assert context.keys == {guid_key(99): 99}


def test_an_item_in_the_current_document_stays_however_old_it_is(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    publish(store, replace(a_plan(an_item(99, at=LATER), document=50, at=LATER), sightings=[
        a_sighting(1, a_content(), document=50, at=NOON), a_sighting(99, a_content(), document=50, at=LATER),
    ]))  # fmt: skip
    assert purge(store) == 1
    assert left(store) == [1, 99]


def test_an_item_that_left_its_feed_lately_stays(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    of_today(store)
    publish(
        store, Plan(feed_id=1, at=LATER, memory=None, sightings=[a_sighting(1, a_content(), document=40, at=LATER)])
    )
    assert purge(store) == 1
    assert left(store) == [1, 99]


def test_what_the_timeline_tells_of_stays(store):
    publish(store, a_plan(an_item(1), an_item(2), an_item(3), an_item(4)))
    link = Link(item_id=1, event_id="AAAAAAAA", how="founded", score=1.0, reasons=(), linked_at=NOON)
    change = Change(id="c_1", kind="item.withdrawn", key="", item_id=2, at=NOON)
    publish(store, Plan(feed_id=1, at=NOON, memory=None, events=[an_event()], links=[link], changes=[change]))
    publish(store, replace(a_plan(an_item(99, at=LATER, copy_of=3), document=50, at=LATER)))
    assert purge(store) == 1
    assert left(store) == [1, 2, 3, 99]


def test_the_newest_item_stays_so_that_its_number_is_not_given_again(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    publish(store, Plan(feed_id=1, at=LATER, memory=FeedMemory(document=50), document=50))
    assert purge(store) == 1
    assert context_of(store).next_item_id == 3


def test_a_barred_key_stays_barred_and_becomes_no_tombstone(store):
    publish(store, a_plan(an_item(1)))
    publish(store, Plan(feed_id=1, at=NOON, memory=None, barred=[guid_key(1)]))
    of_today(store)
    assert purge(store) == 1
    context = context_of(store, keys=[guid_key(1), link_key(1)])
    assert context.barred == {guid_key(1)}
    assert context.tombstones == {link_key(1)}


def test_a_key_that_is_barred_later_loses_its_tombstone(store):
    publish(store, a_plan(an_item(1)))
    of_today(store)
    purge(store)
    publish(store, Plan(feed_id=1, at=LATER, memory=None, barred=[guid_key(1)]))
    assert context_of(store, keys=[guid_key(1), link_key(1)]).tombstones == {link_key(1)}


def test_purging_goes_in_steps_and_gives_room_back(store):
    text = "words that take some room in the file, again and again, 0123456789 " * 30
    items = [an_item(number, title=f"Title {number}") for number in range(1, 401)]
    publish(store, a_plan(*items, contents={item.id: a_content(item.title, f"{item.id} {text}") for item in items}))
    of_today(store, 999)
    with store.reading() as tx:
        before = tx._connection.exec_driver_sql("PRAGMA page_count").scalar()
    assert [purge(store, 150) for _ in range(4)] == [150, 150, 100, 0]
    with store.reading() as tx:
        assert tx._connection.exec_driver_sql("PRAGMA page_count").scalar() < before * 0.6
        assert tx._connection.exec_driver_sql("PRAGMA freelist_count").scalar() == 0
        assert tx._connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


SECRET = "A most peculiar headline"


def with_an_event(store) -> None:
    content = a_content(SECRET, "A most peculiar text of this item alone.")
    publish(store, a_plan(an_item(1, title=SECRET), an_item(2), contents={1: content}))
    links = [
        Link(item_id=number, event_id="AAAAAAAA", how="joined", score=1.0, reasons=(), linked_at=NOON)
        for number in (1, 2)
    ]
    change = Change(
        id="c_1", kind="item.revised", key="title", event_id="AAAAAAAA", item_id=1, old=SECRET, new="Another",
        payload={"summary": SECRET}, quotes=(SECRET,), at=NOON,
    )  # fmt: skip
    publish(store, Plan(feed_id=1, at=NOON, memory=None, events=[an_event(SECRET)], links=links, changes=[change]))


def forget(store: Store, number: int) -> bool:
    with store.writing() as tx:
        return tx.items.forget(number, NOON + HOUR)


def test_a_forgotten_item_is_a_stub_without_words(store):
    with_an_event(store)
    assert forget(store, 1)
    with store.reading() as tx:
        item = tx.items.get(1)
        assert tx.items.revisions(1) == []
        assert tx.items.topics(1) == []
        assert len(list(tx.linking.uncounted())) == 1  # of the other one
        events = tx.events.events(["AAAAAAAA"])
    assert item is not None
    assert (item.title, item.url, item.relevant, item.event_id) == ("", None, False, "AAAAAAAA")
    assert events["AAAAAAAA"].title == "The centre opens in Baku"  # that of the other member
    assert left(store) == [1, 2]


def test_no_word_of_a_forgotten_item_stays_in_the_file(store):
    with_an_event(store)
    path = store.path
    store.backup(path.with_name("before.db"))
    assert SECRET.encode() in path.with_name("before.db").read_bytes()
    forget(store, 1)
    store.close()  # folds the log of writes into the file
    assert SECRET.encode() not in path.read_bytes()


def test_a_forgotten_item_does_not_come_back(store):
    with_an_event(store)
    forget(store, 1)
    context = context_of(store, keys=[guid_key(1), link_key(1), guid_key(2)], contents=[a_content(SECRET)])
    assert context.tombstones == {guid_key(1), link_key(1)}
    assert context.keys == {guid_key(2): 2}
    assert 1 not in context.tracked
    assert 1 not in {twin.item.id for twins in context.twins.values() for twin in twins}


def test_a_line_of_the_timeline_keeps_its_place_without_the_words(store):
    with_an_event(store)
    forget(store, 1)
    with store.reading() as tx:
        row = tx._connection.exec_driver_sql(
            "SELECT id, kind, event_id, from_json, to_json, payload_json, quotes_json FROM change"
        ).one()
    assert row == ("c_1", "item.revised", "AAAAAAAA", "null", "null", '{"summary":"(forgotten)"}', "[]")


def test_an_event_of_a_forgotten_item_alone_has_no_title_any_more(store):
    publish(store, a_plan(an_item(1, title=SECRET)))
    link = Link(item_id=1, event_id="AAAAAAAA", how="founded", score=1.0, reasons=(), linked_at=NOON)
    publish(store, Plan(feed_id=1, at=NOON, memory=None, events=[an_event(SECRET)], links=[link]))
    forget(store, 1)
    with store.reading() as tx:
        assert tx.events.events(["AAAAAAAA"])["AAAAAAAA"].title == "(forgotten)"


def test_forgetting_what_is_not_there_is_said(store):
    publish(store, a_plan(an_item(1)))
    assert not forget(store, 7)
    assert forget(store, 1)
    assert forget(store, 1)
    of_today(store)
    assert purge(store) == 0
    assert left(store) == [1, 99]
