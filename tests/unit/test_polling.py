"""Fetch threads and the writer: whatever goes wrong in one poll, the others are stored and no place is lost."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.daemon import Daemon
from monitor.feeds.fetch import Failed, FailureKind
from monitor.feeds.hosts import HostGate
from monitor.pipeline.read import PollOptions, Reading
from monitor.polling import Poller, Tell
from storage.errors import DiskFull, Error, FetchError, Locked, StoreError
from storage.model import Feed, FeedMemory, FeedOptions

NOW = datetime(2025, 11, 18, 9, 0, tzinfo=UTC)
SOON_S = 3.0


def a_feed(number: int) -> Feed:
    url = f"https://outlet{number}.example/feed"
    return Feed(
        id=number, url=url, effective_url=url, name=f"Outlet {number}", kind="config", active=True,
        options=FeedOptions(), created_at=NOW, memory=FeedMemory(),
    )  # fmt: skip


def a_reading(feed: Feed, detail: str = "read") -> Reading:
    return Reading(feed=feed, at=NOW, jitter=0.5, result=Failed(kind=FailureKind.PROTOCOL, detail=detail))


class Desk:
    """Reads and writes as a test says; keeps what was stored and told."""

    def __init__(self) -> None:
        self.reads: Callable[[Feed], object] = lambda _: None
        self.writes: Callable[[Sequence[Reading]], object] = lambda _: None
        self.tells: Callable[[Reading], None] = lambda _: None
        self.stored: list[tuple[int, str]] = []
        self.told: list[int] = []
        self.batches: list[int] = []
        self.errors: list[BaseException] = []
        self.full_disk_count = 0
        self.aborted = threading.Event()

    def read(self, feed: Feed, _: PollOptions) -> Reading:
        self.reads(feed)
        return a_reading(feed)

    def broken(self, feed: Feed, _: PollOptions, error: BaseException) -> Reading:
        return a_reading(feed, f"broken by {type(error).__name__}")

    def write(self, readings: Sequence[Reading]) -> list[Tell]:
        self.writes(readings)
        self.batches.append(len(readings))
        self.stored += [(one.feed.id, one.result.detail) for one in readings if isinstance(one.result, Failed)]
        return [lambda one=one: self._tell(one) for one in readings]  # type: ignore[misc]  # a default binds it

    def _tell(self, one: Reading) -> None:
        self.tells(one)
        self.told.append(one.feed.id)

    def on_full_disk(self) -> None:
        self.full_disk_count += 1


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def poller(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Poller]:
    monkeypatch.setattr("monitor.polling.RETRY_S", 0.02)
    monkeypatch.setattr("monitor.polling.LOOK_UP_S", 0.02)
    monkeypatch.setattr("monitor.polling.BATCH_S", 0.05)
    made = a_poller(desk)
    yield made
    made.stop(SOON_S)


def a_poller(desk: Desk, *, threads: int = 2) -> Poller:
    return Poller(
        read=desk.read, write=desk.write, broken=desk.broken, gate=HostGate(spacing_s=0.0), threads=threads,
        on_full_disk=desk.on_full_disk, on_error=desk.errors.append, abort=desk.aborted.set,
    )  # fmt: skip


def leases(feeds: Sequence[Feed]) -> set[int]:
    return {feed.id for feed in feeds}


def poll(poller: Poller, *feeds: Feed) -> None:
    poller.work_off(feeds, PollOptions(), lease=leases)


def test_more_feeds_than_places_are_all_polled_and_told_once(poller: Poller, desk: Desk) -> None:
    poll(poller, *map(a_feed, range(50)))
    assert sorted(desk.stored) == [(number, "read") for number in range(50)]
    assert sorted(desk.told) == list(range(50))


def test_polls_that_end_together_are_stored_in_one_batch(poller: Poller, desk: Desk) -> None:
    poll(poller, *map(a_feed, range(4)))
    assert len(desk.batches) < sum(desk.batches) == 4


@pytest.mark.parametrize("error", [KeyError("x"), FetchError("no"), SystemExit(3)])
def test_an_exception_in_a_fetch_is_a_failure_of_that_feed_alone(
    poller: Poller, desk: Desk, error: BaseException
) -> None:
    def read(feed: Feed) -> None:
        if feed.id == 1:
            raise error

    desk.reads = read
    poll(poller, *map(a_feed, range(3)))
    assert sorted(desk.stored) == [(0, "read"), (1, f"broken by {type(error).__name__}"), (2, "read")]


@pytest.mark.parametrize("error", [KeyError("x"), StoreError("no such table"), AssertionError()])
def test_a_poll_that_cannot_be_stored_is_a_failure_and_takes_no_other_with_it(
    poller: Poller, desk: Desk, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def write(readings: Sequence[Reading]) -> None:
        if any(one.feed.id == 1 and one.result == a_reading(one.feed).result for one in readings):
            raise error

    desk.writes = write
    poll(poller, *map(a_feed, range(4)))
    poll(poller, a_feed(7))
    assert sorted(desk.stored) == [
        (0, "read"), (1, f"broken by {type(error).__name__}"), (2, "read"), (3, "read"), (7, "read"),
    ]  # fmt: skip
    assert not poller.broke_down
    assert desk.errors or "please report this" in caplog.text


def test_a_poll_whose_failure_cannot_be_stored_either_is_left_and_its_place_comes_back(
    poller: Poller, desk: Desk
) -> None:
    def write(readings: Sequence[Reading]) -> None:
        if any(one.feed.id == 1 for one in readings):
            raise KeyError(1)

    desk.writes = write
    for _ in range(9):  # more often than there are places
        poll(poller, a_feed(1), a_feed(2))
    assert set(desk.stored) == {(2, "read")}
    assert not poller.busy


def test_telling_that_fails_neither_stores_twice_nor_ends_the_writer(poller: Poller, desk: Desk) -> None:
    def tell(_: Reading) -> None:
        raise BrokenPipeError

    desk.tells = tell
    poll(poller, a_feed(1))
    desk.tells = lambda _: None
    poll(poller, a_feed(2))
    assert (desk.stored, desk.told) == ([(1, "read"), (2, "read")], [2])


def test_a_locked_database_is_tried_again_until_it_is_free(poller: Poller, desk: Desk) -> None:
    locked = iter([Locked("busy"), Locked("busy"), DiskFull("no room")])

    def write(_: Sequence[Reading]) -> None:
        for error in locked:
            raise error

    desk.writes = write
    poll(poller, a_feed(1))
    assert desk.stored == [(1, "read")]
    assert [type(error) for error in desk.errors] == [Locked, Locked, DiskFull]
    assert desk.full_disk_count == 1
    assert poller.failed is None


@pytest.mark.parametrize("error", [Locked("busy"), DiskFull("no room")])
def test_a_pass_ends_with_the_reason_when_patience_does(poller: Poller, desk: Desk, error: Error) -> None:
    def write(_: Sequence[Reading]) -> None:
        raise error

    desk.writes = write
    poller.patience_s = 0.1
    with pytest.raises(type(error)):
        poll(poller, a_feed(1), a_feed(2))
    assert poller.stop(SOON_S)
    assert len(desk.errors) > 1


def test_a_lease_that_fails_gives_every_place_back(poller: Poller, desk: Desk) -> None:
    def full(_: Sequence[Feed]) -> set[int]:
        raise DiskFull("no room")

    for _ in range(9):
        with pytest.raises(DiskFull):
            poller.start([a_feed(1), a_feed(2)], PollOptions(), lease=full)
    assert not poller.busy
    poll(poller, a_feed(1), a_feed(2))
    assert sorted(desk.stored) == [(1, "read"), (2, "read")]


def test_a_feed_that_another_leased_is_not_polled_and_its_place_comes_back(poller: Poller, desk: Desk) -> None:
    for _ in range(9):
        poller.work_off([a_feed(1), a_feed(2)], PollOptions(), lease=lambda _: {2})
    assert set(desk.stored) == {(2, "read")}
    assert not poller.busy


def test_a_feed_is_not_polled_twice_at_once(poller: Poller, desk: Desk) -> None:
    free = threading.Event()
    desk.reads = lambda _: free.wait(SOON_S)
    assert [feed.id for feed in poller.start([a_feed(1)], PollOptions(), lease=leases)] == [1]
    assert poller.start([a_feed(1)], PollOptions(), lease=leases) == []
    free.set()
    poll(poller)
    assert desk.stored == [(1, "read")]


def test_stop_stores_the_polls_in_hand(poller: Poller, desk: Desk) -> None:
    begun, free = threading.Event(), threading.Event()

    def read(_: Feed) -> None:
        begun.set()
        free.wait(SOON_S)

    desk.reads = read
    poller.start([a_feed(1)], PollOptions(), lease=leases)
    assert begun.wait(SOON_S)
    threading.Timer(0.1, free.set).start()
    assert poller.stop()
    assert desk.stored == [(1, "read")]
    assert not poller.busy


def test_stop_with_a_time_limit_aborts_what_takes_longer(poller: Poller, desk: Desk) -> None:
    begun = threading.Event()

    def read(_: Feed) -> None:
        begun.set()
        desk.aborted.wait(SOON_S)

    desk.reads = read
    poller.start([a_feed(1)], PollOptions(), lease=leases)
    assert begun.wait(SOON_S)
    started = time.monotonic()
    assert not poller.stop(0.1)
    assert time.monotonic() - started < 2.0
    assert desk.aborted.is_set()
    assert desk.stored == []


def test_stop_drops_what_has_not_begun(desk: Desk) -> None:
    poller, begun, free = a_poller(desk, threads=1), threading.Event(), threading.Event()

    def read(_: Feed) -> None:
        begun.set()
        free.wait(SOON_S)

    desk.reads = read
    poller.start([a_feed(1), a_feed(2)], PollOptions(), lease=leases)
    assert begun.wait(SOON_S)
    threading.Timer(0.1, free.set).start()
    assert poller.stop(SOON_S)
    assert desk.stored == [(1, "read")]


def test_what_is_accepted_while_the_poller_stops_gives_its_place_back(poller: Poller, desk: Desk) -> None:
    def stopping(feeds: Sequence[Feed]) -> set[int]:
        threading.Thread(target=poller.stop, args=(SOON_S,)).start()
        while poller.accepts([a_feed(99)]):
            poller.refuse(a_feed(99))
        time.sleep(0.05)
        return leases(feeds)

    started = time.monotonic()
    poller.start([a_feed(1)], PollOptions(), lease=stopping)
    assert poller.stop(SOON_S)
    assert time.monotonic() - started < SOON_S
    assert not poller.busy


def test_stop_ends_in_time_when_the_writer_is_kept_and_the_queue_is_full(poller: Poller, desk: Desk) -> None:
    kept = threading.Event()
    desk.writes = lambda _: kept.wait(SOON_S)
    until = time.monotonic() + 1.0
    number = 0
    while time.monotonic() < until and not poller._done.is_full:  # how full it is shows nowhere else
        number += 1
        poller.start([a_feed(number)], PollOptions(), lease=leases)
    assert poller._done.is_full
    started = time.monotonic()
    assert not poller.stop(0.1)
    assert time.monotonic() - started < 2.0
    kept.set()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_writer_that_ends_by_itself_is_noticed_and_keeps_nobody_waiting(poller: Poller, desk: Desk) -> None:
    def broken(_: Feed, __: PollOptions, ___: BaseException) -> Reading:
        raise RuntimeError

    def read(_: Feed) -> None:
        raise KeyError(1)

    was_well = not poller.broke_down
    desk.reads, poller.broken = read, broken
    with pytest.raises(Error, match="stores polls"):
        poll(poller, *map(a_feed, range(20)))
    assert was_well
    assert poller.broke_down
    started = time.monotonic()
    assert not poller.stop()
    assert time.monotonic() - started < 2.0


def test_the_daemon_ends_with_an_error_when_nothing_is_stored_any_more() -> None:
    daemon = Daemon(SimpleNamespace(store=SimpleNamespace(path=Path("x.db"))), Path("config.toml"))  # type: ignore[arg-type]  # never asked
    daemon._poller = SimpleNamespace(broke_down=True)  # type: ignore[assignment]  # a dead writer cannot be ordered
    daemon._wait()
    assert isinstance(daemon.failed, Error)
