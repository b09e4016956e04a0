"""Transactions: all or nothing, one writer, clear words when it cannot be."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from storage.errors import DiskFull, Locked, StoreError
from storage.model import Change, Event, FetchRecord, Plan
from storage.store import Store
from tests.builders_storage import NOON, a_plan, add_feed, an_item, open_store, publish, url_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path, busy_timeout_s=0.3)
    add_feed(opened)
    yield opened
    opened.close()


def item_count(store: Store) -> int:
    with store.reading() as tx:
        return len(list(tx.items.replay()))


def a_fetch(note: str) -> Plan:
    return Plan(feed_id=1, at=NOON, memory=None, fetch=FetchRecord(at=NOON, outcome="new", error=note))


def test_what_is_written_is_there_for_the_next_reader(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    assert item_count(store) == 2


def test_an_exception_takes_everything_back(store):
    def write_and_fail() -> None:
        with store.writing() as tx:
            tx.apply(a_plan(an_item(1)))
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    assert item_count(store) == 0
    publish(store, a_plan(an_item(1)))
    assert item_count(store) == 1


def test_two_plans_of_one_transaction_stand_or_fall_together(store):
    def publish_both(first: Plan, second: Plan) -> None:
        with store.writing() as tx:
            tx.apply(first)
            tx.apply(second)

    publish_both(a_plan(an_item(1)), a_plan(an_item(2), document=2))
    assert item_count(store) == 2
    with pytest.raises(StoreError, match="UNIQUE"):
        publish_both(a_plan(an_item(3), document=3), replace(a_plan(an_item(3), document=4), keys={}))
    assert item_count(store) == 2


def test_a_reference_to_nothing_is_refused_at_commit(store):
    publish(store, a_plan(an_item(1)))
    with pytest.raises(StoreError, match="FOREIGN KEY"):
        publish(store, a_plan(an_item(2, copy_of=77)))
    assert item_count(store) == 1


def test_a_reader_sees_one_moment_while_others_write(store):
    with store.reading() as tx:
        assert list(tx.items.replay()) == []
        publish(store, a_plan(an_item(1)))
        assert list(tx.items.replay()) == []
    assert item_count(store) == 1


def test_a_reading_transaction_cannot_write(store):
    with store.writing() as tx:
        tx.feeds.deactivate(1)
    with store.reading() as tx:
        assert not tx.feeds.get(1).active
    with pytest.raises(StoreError, match="cannot be opened for writing"), store.reading() as tx:
        tx.apply(a_plan(an_item(1)))
    assert item_count(store) == 0
    publish(store, a_plan(an_item(1)))  # on the same pooled connection
    assert item_count(store) == 1


def test_a_second_writing_transaction_in_one_thread_is_a_mistake_at_once(store):
    with store.writing() as tx:
        with pytest.raises(RuntimeError, match="writing already"), store.writing():
            pass
        tx.apply(a_plan(an_item(1)))
    assert item_count(store) == 1


@pytest.mark.parametrize("shared", [True, False], ids=["one store", "two stores, as two processes have"])
def test_threads_that_look_and_then_insert_never_insert_twice(tmp_path, shared):
    first = open_store(tmp_path)
    second = first if shared else open_store(tmp_path)
    add_feed(first)
    rounds = 25
    start = threading.Barrier(2, timeout=30)

    def insert_what_is_missing(store: Store) -> None:
        for number in range(rounds):
            start.wait()
            with store.writing() as tx:
                if all(fetch.error != str(number) for fetch in tx.feeds.recent_fetches(1, 50)):
                    tx.apply(a_fetch(str(number)))

    threads = [threading.Thread(target=insert_what_is_missing, args=(store,)) for store in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with first.reading() as tx:
        found = Counter(fetch.error for fetch in tx.feeds.recent_fetches(1, 50))
    first.close()
    second.close()
    assert found == dict.fromkeys(map(str, range(rounds)), 1)


def test_a_database_that_stays_locked_is_reported_and_a_later_try_succeeds(store):
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked, match=r"salname\.db stayed locked by another process: nothing was written"):
            publish(store, a_plan(an_item(1)))
        assert item_count(store) == 0
        other.execute("ROLLBACK")
    publish(store, a_plan(an_item(1)))
    assert item_count(store) == 1


def test_a_reader_that_comes_while_another_process_writes_waits_for_nobody(tmp_path):
    open_store(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "salname.db", isolation_level=None)) as other:
        assert other.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        other.execute("BEGIN IMMEDIATE")
        store = open_store(tmp_path, busy_timeout_s=0.3)
        assert item_count(store) == 0
        with pytest.raises(Locked):
            publish(store, a_plan(an_item(1)))
        store.close()


def test_a_lock_that_is_given_back_in_time_is_waited_for(tmp_path):
    store = open_store(tmp_path, busy_timeout_s=5)
    add_feed(store)
    other = sqlite3.connect(store.path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    release.start()
    publish(store, a_plan(an_item(1)))
    release.join()
    other.close()
    assert item_count(store) == 1
    store.close()


def test_a_full_disk_takes_the_whole_poll_back(store):
    publish(store, a_plan(an_item(1)))
    with store.writing() as tx:
        pages = tx._connection.exec_driver_sql("PRAGMA page_count").scalar()

    def publish_within(most: int) -> None:
        with store.writing() as tx:
            tx._connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")
            tx.apply(a_plan(*(an_item(number) for number in range(2, 502)), document=2))

    with pytest.raises(DiskFull, match=r"no space is left for .*salname\.db: nothing was written"):
        publish_within(pages)
    assert item_count(store) == 1
    publish_within(1_000_000)
    assert item_count(store) == 501


def test_a_database_that_was_replaced_takes_no_more_writes(store):
    publish(store, a_plan(an_item(1)))
    copy = store.path.with_name("copy.db")
    store.backup(copy)
    copy.replace(store.path)
    with pytest.raises(StoreError, match="was replaced while in use"):
        publish(store, a_plan(an_item(2), document=2))


def test_a_database_that_is_gone_takes_no_more_writes(store):
    publish(store, a_plan(an_item(1)))
    store.path.unlink()
    with pytest.raises(StoreError, match="is gone while in use"):
        publish(store, a_plan(an_item(2), document=2))


@pytest.mark.parametrize(
    ("point", "written"),
    [("after_begin", 1), ("mid_apply", 1), ("before_commit", 1), ("after_commit", 2), ("mid_apply:2", 2)],
)
def test_a_process_that_dies_leaves_whole_polls(tmp_path, point, written):
    program = """
        import sys
        from tests.builders_storage import *
        store = Store.open(sys.argv[1])
        add_feed(store)
        for number in (1, 2, 3):
            with store.writing() as tx:
                asked = dict.fromkeys(("keys", "content_hashes", "text_hashes", "title_hashes", "sentence_hashes"), ())
                tx.context(tx.feeds.get(1), **asked, now=NOON)
                tx.apply(a_plan(an_item(number), document=number))
                if number == 1:
                    print("first", flush=True)
            import os
            os.environ["SALNAME_CRASH_AT"] = sys.argv[2]
    """
    name, _, nth = point.partition(":")
    died = subprocess.run(
        [sys.executable, "-c", dedent(program), url_of(tmp_path / "salname.db"), f"{name}:{nth or 1}"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (died.returncode, died.stdout.strip()) == (137, "first"), died.stderr
    store = open_store(tmp_path)
    with store.reading() as tx:
        items = [item.id for item in tx.items.replay()]
        memory = tx.feeds.get(1).memory
    store.close()
    assert items == list(range(1, written + 1))
    assert memory.document == written  # what was learned of the feed and what it brought are one


def test_the_parts_of_a_plan_that_tell_of_events_reach_their_tables(store):
    event = Event(
        id="AAAAAAAA", title="The centre opens", topics=("itu",),
        first_at=NOON, last_at=NOON, first_seen_at=NOON, changed_at=NOON,
    )  # fmt: skip
    change = Change(id="c_1", kind="event.created", key="", event_id=event.id, item_id=1, at=NOON, topics=("itu",))
    publish(store, replace(a_plan(an_item(1, event_id=event.id)), events=[event], changes=[change]))
    with store.reading() as tx:
        assert tx.events.events([event.id])[event.id].title == "The centre opens"
        found = tx.items.get(1)
    assert found is not None
    assert found.event_id == event.id
