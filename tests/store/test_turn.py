"""One thread at a time keeps the interpreter busy, and nobody waits for that with something others need in hand."""

import sqlite3
import threading
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from monitor.app import Monitor
from monitor.config import parse_config
from monitor.feeds.parser_pool import SMALL, ParserPool, parse_bounded
from monitor.turn import Turn
from storage.store import Store, Transaction
from tests.builders_feeds import NOW, URL, rss


def test_who_waits_for_the_turn_does_not_hold_the_database(tmp_path: Path):
    store = Store.open(f"sqlite:///{tmp_path / 'salname.db'}")
    monitor = Monitor(parse_config(""), store)
    writing = threading.Event()
    begin = store.writing

    def noted() -> AbstractContextManager[Transaction]:
        writing.set()
        return begin()

    with pytest.MonkeyPatch.context() as patch, sqlite3.connect(store.path, timeout=0, isolation_level=None) as other:
        patch.setattr(store, "writing", noted)
        with monitor._turn:
            writer = threading.Thread(target=monitor.store_readings, args=([],))
            writer.start()
            assert not writing.wait(0.2)
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
        writer.join(10)
        assert writing.is_set()
    other.close()
    monitor.close()


def test_a_thread_that_waits_for_a_worker_leaves_the_turn_to_others():
    turn, free = Turn(), []
    body = rss("<title>a</title>" + "x" * SMALL).encode()

    class Worker(ParserPool):
        def parse(self, _job: object) -> None:  # type: ignore[override]  # no document is needed
            free.append(turn._lock.acquire(blocking=False))
            turn._lock.release()

    with turn:
        parse_bounded(body, None, pool=Worker(), final_url=URL, feed_timezone=None, now=NOW, turn=turn)
        assert free == [True]
        assert not turn._lock.acquire(blocking=False)


def test_what_fails_in_its_turn_gives_it_back():
    turn = Turn()
    with pytest.raises(ValueError, match="broken"), turn:
        raise ValueError("broken")
    with pytest.raises(ValueError, match="waiting"), turn, turn.let_go():
        raise ValueError("waiting")
    assert turn._lock.acquire(blocking=False)
