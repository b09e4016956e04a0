"""One channel's sender: look, render, claim, send, settle, again and again.

Rule: the network is touched between two short transactions and never inside one. What the first committed is sent once;
what came of it is written before anything else of the channel is claimed, however long the disk takes.
"""

import logging
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from alerts.channels import Body, SendContext
from alerts.deliver.gate import IDLE_S, Gate
from alerts.deliver.outlet import Describe, DigestAt, Drained, OnTrouble, Outlet, Wait
from alerts.deliver.reports import Reports
from alerts.deliver.settling import channel_after, settlement_of, undone, was_out
from alerts.retry import REFUSALS, Next, Outcome, OutcomeKind, next_attempt
from storage.crash import crash_point
from storage.errors import DeliveryError, DiskFull, StoreError
from storage.model import Delivery, DeliveryState
from storage.outbox import BundleSource, ChannelState, OnDoubt, Outbox, Settlement
from storage.store import Store

LOOK_S = 1.0  # between two looks at the queue: rows of other processes ring no bell
LONGEST_BACKOFF = timedelta(hours=1)
_JUMP = timedelta(seconds=60)  # of the wall clock against the monotonic one
_DISK_WAITS_S = (0.2, 5.0)  # first and longest, while the database takes no commit
_CHANGED = Wait(seconds=0.0, is_rate=True)  # another process changed the row: look again

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a sender is given of the world; all senders of a run share it."""

    store: Store
    run_id: str
    describe: Describe
    digest_at: DigestAt
    on_trouble: OnTrouble
    on_doubt: OnDoubt
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    rng: random.Random
    stop: threading.Event


class Sender:
    """Sends the deliveries of one channel, one after the other; used by one thread at a time."""

    def __init__(self, outlet: Outlet, world: Surroundings) -> None:
        self.name = outlet.name
        self.reports = Reports(outlet.name, world.on_trouble)
        self._outlet = outlet
        self._world = world
        self._gate = Gate(outlet)
        self._refusal_count = 0
        self._unsure: Delivery | None = None  # its claim may have committed, but nothing was sent
        self._ticked: tuple[datetime, float] | None = None

    def drain_once(self) -> Drained:
        """Send what is due, keeping the pace, until something else than the pace stands in the way.

        Raises StoreError if the database cannot be read or takes no claim: nothing was sent then.
        """
        counts: Counter[DeliveryState] = Counter()
        while not self._world.stop.is_set():
            match self._step():
                case DeliveryState() as state:
                    counts[state] += 1
                case Wait(is_rate=True, seconds=seconds):
                    self._world.stop.wait(seconds)
                case Wait(seconds=seconds):
                    return Drained(counts=counts, pause_s=min(seconds, IDLE_S))
        return Drained(counts=counts, pause_s=0.0)

    def turn(self) -> float:
        """One pass of a thread, which outlives what the database refuses; seconds until there may be more to do."""
        try:
            return min(self.drain_once().pause_s, LOOK_S)
        except StoreError as error:
            self.reports.storage(error)
            return LOOK_S

    def close(self) -> None:
        self._outlet.channel.close()

    def _step(self) -> DeliveryState | Wait:
        """One delivery from the queue to its settlement; or how long there is none to be had."""
        self._follow_clock()
        self._clear_unsure()
        now = self._world.clock()
        with self._world.store.reading() as tx:
            delivery = self._gate.next_delivery(tx.outbox, now)
            if isinstance(delivery, Wait):
                return delivery
            source = tx.outbox.source(delivery) if delivery.body is None else None
        try:
            body = self._body(delivery, source, now)
        except DeliveryError as error:
            return self._unrendered(delivery, error, now)
        wait = self._claim(delivery, body, now)
        if wait is not None:
            return wait
        claimed = _claimed(delivery, now)
        return self._settle(claimed, self._send(claimed, body, now))

    def _follow_clock(self) -> None:
        """Twice a minute and at a jump: what waits must fit the wall clock, which is set, or leaps after a sleep."""
        now, ticks = self._world.clock(), self._world.monotonic()
        jump = timedelta(0)
        if self._ticked is not None:
            passed_s = ticks - self._ticked[1]
            moved = (now - self._ticked[0]) - timedelta(seconds=passed_s)
            jump = moved if abs(moved) > _JUMP else jump
            if not jump and passed_s < IDLE_S:
                return
        with self._world.store.writing() as tx:
            tx.outbox.follow_clock(self.name, now, moved=jump, longest_wait=LONGEST_BACKOFF)
        self._ticked = now, ticks

    def _clear_unsure(self) -> None:
        """A claim whose commit failed may stand in the database all the same; nothing was sent, so it is undone."""
        if self._unsure is None:
            return
        now = self._world.clock()
        with self._world.store.writing() as tx:
            self._write_delivery(tx.outbox, self._unsure, undone(self._unsure, now), now)
        self._unsure = None

    def _body(self, delivery: Delivery, source: BundleSource | None, now: datetime) -> Body:
        if source is None:
            return Body(content=delivery.body or b"", content_type=delivery.content_type or "")
        note = self._world.describe(source, now)
        crash_point("mid_render")
        return self._outlet.channel.render(note, delivery.form)

    def _unrendered(self, delivery: Delivery, error: DeliveryError, now: datetime) -> DeliveryState | Wait:
        """A message that cannot be put into words is tried in plain form, then given up: it must not stop the line."""
        outcome = Outcome(kind=OutcomeKind.MESSAGE_PERMANENT, detail=str(error), phase="render")
        claimed = _claimed(delivery, now)
        settlement = settlement_of(outcome, self._next(claimed, outcome, now))
        with self._world.store.writing() as tx:
            if not self._write_claim(tx.outbox, delivery, None, now):
                return _CHANGED
            self._write_delivery(tx.outbox, claimed, settlement, now)
        self.reports.delivery(claimed, settlement.state, settlement.reason)
        return settlement.state

    def _claim(self, delivery: Delivery, body: Body, now: datetime) -> Wait | None:
        """Commit that the delivery is being sent; or what came up since it was read."""
        crash_point("before_claim")
        try:
            with self._world.store.writing() as tx:
                wait = self._gate.admit(tx.outbox, now)
                if wait is None and not self._write_claim(tx.outbox, delivery, body, now):
                    wait = _CHANGED
        except StoreError:
            self._unsure = _claimed(delivery, now)
            raise
        self.reports.storage_works()
        if wait is None:
            crash_point("after_claim")
        return wait

    def _write_claim(self, outbox: Outbox, delivery: Delivery, body: Body | None, now: datetime) -> bool:
        content, content_type = (body.content, body.content_type) if body else (None, None)
        attempt = outbox.claim(delivery, run_id=self._world.run_id, now=now, body=content, content_type=content_type)
        return attempt is not None

    def _send(self, claimed: Delivery, body: Body, now: datetime) -> Outcome:
        ctx = SendContext(
            id=claimed.id,
            address=claimed.address,
            attempt=claimed.attempt_count,
            possible_repeat=claimed.doubt_count > 0,
            deadline_s=self._outlet.deadline_s,
            now=now,
            refusal_count=self._refusal_count,
        )
        outcome = self._outlet.channel.send(body, ctx)
        self._refusal_count = self._refusal_count + 1 if outcome.code in REFUSALS else 0
        return outcome

    def _settle(self, claimed: Delivery, outcome: Outcome) -> DeliveryState:
        now = self._world.clock()
        step = self._next(claimed, outcome, now)
        settlement = settlement_of(outcome, step)
        crash_point("before_settle")
        before, after = self._insist(lambda outbox: self._write_try(outbox, claimed, outcome, step, now))
        crash_point("after_settle")
        if outcome.kind in {OutcomeKind.OK, OutcomeKind.IN_DOUBT}:
            self._gate.handed_over(now)
        _log.info("%s to %s by %s: %s", claimed.id, claimed.address, self.name, outcome.detail or outcome.kind)
        self.reports.delivery(claimed, settlement.state, settlement.reason)
        self.reports.channel(before, after, outcome.detail)
        return settlement.state

    def _next(self, claimed: Delivery, outcome: Outcome, now: datetime) -> Next:
        return next_attempt(
            outcome,
            claimed,
            self._outlet.channel.kind,
            now,
            self._world.rng,
            on_doubt=self._world.on_doubt,
            horizon=self._outlet.horizon,
        )

    def _write_try(
        self, outbox: Outbox, claimed: Delivery, outcome: Outcome, step: Next, now: datetime
    ) -> tuple[ChannelState, ChannelState]:
        """The delivery, the channel and its destination after a try; the channel as it was and as it is."""
        self._write_delivery(outbox, claimed, settlement_of(outcome, step), now)
        if outcome.kind is OutcomeKind.RATE_LIMITED:
            self._gate.hold_back(outbox, step.next_at, now)
        before = self._gate.state(outbox, now)
        after = channel_after(before, outcome, step, now)
        if after != before:
            outbox.set_channel_state(after)
        if outcome.kind is OutcomeKind.OK and was_out(before):
            count = outbox.fold(self.name, now)
            _log.info("%s sends again: %d of its messages are told by later ones", self.name, count)
        return before, after

    def _write_delivery(self, outbox: Outbox, claimed: Delivery, settlement: Settlement, now: datetime) -> None:
        run_id = self._world.run_id
        if not outbox.settle(claimed.id, claimed.attempt_count, run_id=run_id, now=now, settlement=settlement):
            _log.warning("%s was taken from this run while it was sent; its attempt tells how it ended", claimed.id)
        elif settlement.state is DeliveryState.DEAD and self._outlet.fallback:
            heir = self._outlet.fallback
            outbox.inherit(claimed, heir, release_at=self._world.digest_at(heir, now), now=now)

    def _insist(self, write: Callable[[Outbox], T]) -> T:
        """Write what happened on the network, however long the disk takes; StoreError only when told to stop."""
        wait_s, longest_s = _DISK_WAITS_S
        while True:
            try:
                return self._written(write)
            except StoreError as error:
                self.reports.storage(error)
                has_room = isinstance(error, DiskFull) and self._world.store.drop_ballast()
                if not has_room and self._world.stop.wait(wait_s):
                    raise
            wait_s = min(longest_s, 2 * wait_s)

    def _written(self, write: Callable[[Outbox], T]) -> T:
        with self._world.store.writing() as tx:
            return write(tx.outbox)


def _claimed(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery as its claim leaves it."""
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempt_count=delivery.attempt_count + 1,
        first_try_at=delivery.first_try_at or now,
    )
