"""A sender whose database takes no commit: what was sent is settled in the end, and nothing is claimed before."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection

from alerts.channels import Body, SendContext
from alerts.deliver import Trouble
from alerts.retry import Outcome
from storage.errors import Locked, StoreError
from storage.model import DeliveryState
from storage.store import Store, WriteTx
from tests.builders_outbox import NOW, SECOND, an_outbox, attempts, read, tell
from tests.builders_sender import Desk, Scripted


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path, busy_timeout_s=0.05)


@dataclass
class OtherProcess:
    """Holds the write lock of the database until it is let go."""

    path: Path
    connection: sqlite3.Connection | None = None

    def locks(self) -> None:
        self.connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        self.connection.execute("BEGIN IMMEDIATE")

    def lets_go(self) -> None:
        assert self.connection is not None
        self.connection.close()
        self.connection = None


@dataclass
class LockedAfterSending(Scripted):
    """Its first message goes out just before another process takes the lock."""

    other: OtherProcess | None = None

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        if self.other is not None and not self.sent:
            self.other.locks()
        return super().send(body, ctx)


def after_waits(desk: Desk, count: int, act: Callable[[], None]) -> None:
    """When the sender has waited `count` times, something happens."""
    wait, left = desk.stop.wait, [count]

    def counting(timeout: float | None = None) -> bool:
        left[0] -= 1
        if left[0] == 0:
            act()
        return wait(timeout)

    desk.stop.wait = counting  # type: ignore[method-assign]


def test_a_settlement_waits_for_the_lock_as_long_as_it_takes_and_nothing_else_is_sent(store: Store):
    first, second = tell(store, "A", at=NOW - SECOND), tell(store, "B")
    other = OtherProcess(store.path)
    desk = Desk(store, LockedAfterSending(other=other)).starts()
    sent_meanwhile: list[int] = []

    def let_go() -> None:
        sent_meanwhile.append(len(desk.channel.sent))
        other.lets_go()

    after_waits(desk, 4, let_go)
    assert desk.drains() == {"delivered": 2}
    assert sent_meanwhile == [1]
    assert desk.channel.ids == [first.id, second.id]
    assert [ctx.possible_repeat for _, ctx in desk.channel.sent] == [False, False]
    [(trouble, channel, text)] = desk.troubles
    assert (trouble, channel) == (Trouble.STORAGE, "hook")
    assert "locked" in text


def test_a_sender_told_to_stop_leaves_what_it_cannot_settle_in_doubt_for_the_next_run(store: Store):
    delivery = tell(store)
    other = OtherProcess(store.path)
    desk = Desk(store, LockedAfterSending(other=other)).starts()
    after_waits(desk, 2, desk.stop.set)
    with pytest.raises(Locked):
        desk.drains()
    other.lets_go()
    assert read(store, delivery.id).state is DeliveryState.SENDING
    assert desk.starts().drains() == {"delivered": 1}
    assert [ctx.possible_repeat for _, ctx in desk.channel.sent] == [False, True]
    assert [attempt.outcome for attempt in attempts(store, delivery)] == ["in_doubt", "ok"]


def test_a_claim_that_finds_the_lock_taken_sends_nothing(store: Store):
    delivery = tell(store)
    desk = Desk(store).starts()
    assert desk.drains() == {"delivered": 1}
    second = tell(store, "B")
    other = OtherProcess(store.path)
    other.locks()
    with pytest.raises(Locked):
        desk.drains()
    assert desk.channel.ids == [delivery.id]
    other.lets_go()
    assert desk.drains() == {"delivered": 1}
    assert desk.channel.ids == [delivery.id, second.id]
    assert [attempt.n for attempt in attempts(store, second)] == [1]


@dataclass
class Doubtful:
    """A store whose n-th writing transaction commits and then fails all the same."""

    store: Store
    failing: int
    seen: int = 0

    def reading(self):
        return self.store.reading()

    @contextmanager
    def writing(self) -> Iterator[WriteTx]:
        self.seen += 1
        with self.store.writing() as tx:
            yield tx
        if self.seen == self.failing:
            raise StoreError("the disk fails: nothing was written")


def test_a_claim_that_failed_but_stands_is_undone_and_its_message_is_no_repeat(store: Store):
    delivery = tell(store)
    doubtful = Doubtful(store, failing=3)  # the run's start, the clock, the claim
    desk = Desk(doubtful).starts()  # type: ignore[arg-type]
    with pytest.raises(StoreError):
        desk.drains()
    assert desk.channel.sent == []
    assert read(store, delivery.id).state is DeliveryState.SENDING
    assert desk.drains() == {"delivered": 1}
    [(_, ctx)] = desk.channel.sent
    assert (ctx.attempt, ctx.possible_repeat) == (2, False)
    undone, sent = attempts(store, delivery)
    assert (undone.outcome, undone.phase, sent.outcome) == ("temporary", "claim", "ok")


def test_one_commit_ends_a_try_and_claims_the_next(store: Store):
    for number in range(5):
        tell(store, f"E{number}")
    counted = Doubtful(store, failing=0)
    desk = Desk(counted).starts()  # type: ignore[arg-type]
    before = counted.seen
    assert desk.drains() == {"delivered": 5}
    assert counted.seen - before == 1 + 5 + 1  # the clock, a claim, four times both, a settlement


def test_an_end_and_a_claim_that_failed_together_but_stand_are_each_taken_for_what_they_are(store: Store):
    first, second = tell(store, "A", at=NOW - SECOND), tell(store, "B")
    doubtful = Doubtful(store, failing=4)  # the run's start, the clock, the claim, the end with the next claim
    desk = Desk(doubtful).starts()  # type: ignore[arg-type]
    assert desk.drains() == {"delivered": 2}
    assert [(ctx.id, ctx.attempt, ctx.possible_repeat) for _, ctx in desk.channel.sent] == [
        (first.id, 1, False),
        (second.id, 2, False),
    ]
    assert [attempt.outcome for attempt in attempts(store, first)] == ["ok"]
    undone, sent = attempts(store, second)
    assert (undone.outcome, undone.phase, sent.outcome) == ("temporary", "claim", "ok")


def test_an_end_that_does_not_commit_with_the_next_claim_is_insisted_on_alone(store: Store):
    first, second = tell(store, "A", at=NOW - SECOND), tell(store, "B")
    other = OtherProcess(store.path)
    desk = Desk(store, LockedAfterSending(other=other)).starts()
    after_waits(desk, 1, other.lets_go)
    assert desk.drains() == {"delivered": 2}
    assert desk.channel.ids == [first.id, second.id]
    assert [attempt.n for attempt in attempts(store, second)] == [1]


class Disk:
    """Under the database: its size in pages can be set, as on a small volume."""

    def __init__(self, store: Store) -> None:
        self.pages = 2**30
        event.listen(store._writing_engine, "checkout", self._limit)

    def _limit(self, connection: DBAPIConnection, *_: object) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={self.pages}")

    def grows(self) -> None:
        self.pages = 2**30


@dataclass
class FillingUp(Scripted):
    """The disk is full when its first message is out, and the answer is too long for the pages that are left."""

    disk: Disk | None = None

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        assert self.disk is not None
        self.disk.pages = 1  # not less than the file has: SQLite takes that
        return replace(super().send(body, ctx), reply="x" * 100_000)


def test_a_full_disk_is_reported_and_what_was_sent_is_settled_once_there_is_room(store: Store):
    delivery = tell(store)
    assert store.ensure_ballast()
    ballast = store.path.with_name(store.path.name + ".ballast")
    disk = Disk(store)
    desk = Desk(store, FillingUp(disk=disk)).starts()
    after_waits(desk, 2, disk.grows)
    assert desk.drains() == {"delivered": 1}
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.STORAGE]
    assert "no space is left" in desk.troubles[0][2]
    assert not ballast.exists()  # it was given up at once
    assert len(desk.channel.sent) == 1
    assert len(attempts(store, delivery)[0].reply) == 100_000


def test_the_trouble_with_the_database_is_told_again_only_after_it_worked_in_between(store: Store):
    desk = Desk(store).starts()
    other = OtherProcess(store.path)
    for event_id in ("A", "B"):
        tell(store, event_id, at=desk.clock.now)
        other.locks()
        for _ in range(3):
            desk.passes()
        other.lets_go()
        assert desk.drains() == {"delivered": 1}
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.STORAGE, Trouble.STORAGE]
