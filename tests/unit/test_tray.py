"""Things from many threads to one, by the batch: none is lost, nobody waits for ever, no more is held than may be."""

import threading
import time

import pytest

from monitor.tray import Tray

SOON_S = 3.0


def test_everything_is_taken_once_and_in_order() -> None:
    tray: Tray[int] = Tray(8, weight=100)
    assert all(tray.put(number, 0.0) for number in range(5))
    assert tray.take(SOON_S) == [0, 1, 2, 3, 4]
    assert tray.take(0.0) == []


def test_what_many_threads_bring_is_taken_once() -> None:
    tray: Tray[int] = Tray(4, weight=100)

    def bring(first: int) -> None:
        assert all(tray.put(first + number, SOON_S) for number in range(200))

    threads = [threading.Thread(target=bring, args=(first,)) for first in range(0, 1_000, 200)]
    for thread in threads:
        thread.start()
    found: list[int] = []
    while len(found) < 1_000:
        batch = tray.gather(0.05) or tray.take(SOON_S)
        assert 0 < len(batch) <= 4
        found += batch
    assert sorted(found) == list(range(1_000))
    for thread in threads:
        thread.join()


def test_a_full_tray_takes_no_more_until_it_is_emptied() -> None:
    tray: Tray[str] = Tray(2, weight=100)
    assert tray.put("a", 0.0)
    assert tray.put("b", 0.0)
    assert tray.is_full
    assert not tray.put("c", 0.01)
    later = threading.Timer(0.05, lambda: tray.take(0.0))
    later.start()
    assert tray.put("c", SOON_S)
    later.join()
    assert tray.take(0.0) == ["c"]


def test_a_batch_is_gathered_until_it_is_enough_by_number_or_by_weight() -> None:
    tray: Tray[int] = Tray(8, weight=10)
    tray.put(1, 0.0, weight=3)
    started = time.monotonic()
    assert tray.gather(0.05) == [1]
    assert time.monotonic() - started >= 0.05
    for number in range(4):
        tray.put(number, 0.0)
    assert len(tray.gather(SOON_S)) == 4
    tray.put(7, 0.0, weight=10)
    assert tray.gather(SOON_S) == [7]
    assert time.monotonic() - started < SOON_S


@pytest.mark.parametrize("waits", [Tray.take, Tray.gather])
def test_who_waits_is_waked_by_what_comes_and_by_the_end(waits: object) -> None:
    assert callable(waits)
    for ends in (lambda tray: tray.put(1, 0.0, weight=10), Tray.close):
        tray: Tray[int] = Tray(8, weight=10)
        later = threading.Timer(0.05, ends, args=(tray,))
        later.start()
        started = time.monotonic()
        assert waits(tray, SOON_S) == ([] if tray.is_closed else [1])
        assert time.monotonic() - started < SOON_S
        later.join()
