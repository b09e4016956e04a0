"""One channel's sender: look, render, claim, send, settle, again and again.

    look, render            a few messages of different lines, before any of them is claimed
    claim         COMMIT    the first
    send, settle, claim     each of the others: one commit ends a try and begins the next
    send, settle  COMMIT    the last

Rule: the network is touched between two short transactions and never inside one. What the first committed is sent once;
what came of it is written before, or with, the next claim of the channel, however long the disk takes. So at most one
delivery of a channel is in the air, and nothing that could fail happens between its claim and its sending.
"""

import logging
import random
import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias, TypeVar

from alerts.channels import Body, SendContext
from alerts.deliver.gate import IDLE_S, Gate
from alerts.deliver.outlet import Describe, DigestAt, Drained, OnTrouble, Outlet, Wait
from alerts.deliver.reports import Reports, waiting
from alerts.deliver.settling import channel_after, settlement_of, undone, was_out
from alerts.retry import REFUSALS, Next, Outcome, OutcomeKind, next_attempt
from storage.crash import crash_point
from storage.errors import DeliveryError, DiskFull, StoreError
from storage.model import Delivery, DeliveryState
from storage.outbox import BreakerState, BundleSource, ChannelState, OnDoubt, Outbox, Settlement
from storage.store import Store

LOOK_S = 1.0  # between two looks at the queue: rows of other processes ring no bell
LONGEST_BACKOFF = timedelta(hours=1)
_JUMP = timedelta(seconds=60)  # of the wall clock against the monotonic one
_DISK_WAITS_S = (0.2, 5.0)  # first and longest, while the database takes no commit
_AHEAD_COUNT = 8  # messages that are put into words together, so that they share their look-ups
_FRESH_S = 10.0  # and how long those words may wait for their claim
_CHANGED = Wait(seconds=0.0, is_rate=True)  # another process changed the row: look again

T = TypeVar("T")
_Tried: TypeAlias = tuple[ChannelState, ChannelState, str]  # the channel before a try and after it, and what waits

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


@dataclass(frozen=True, slots=True)
class _Ready:
    """A queued delivery in the words that it will have."""

    delivery: Delivery
    body: Body


@dataclass(frozen=True, slots=True)
class _Hand:
    """A delivery that is claimed, and must be sent whatever comes."""

    claimed: Delivery
    body: Body
    at: datetime


class Sender:
    """Sends the deliveries of one channel, one after the other; used by one thread at a time."""

    def __init__(self, outlet: Outlet, world: Surroundings) -> None:
        self.name = outlet.name
        self.reports = Reports(outlet.name, world.on_trouble)
        self._outlet = outlet
        self._world = world
        self._gate = Gate(outlet)
        self._refusal_count = 0
        pace = outlet.rate_per_s  # no more than a second's worth is put into words ahead of its time
        self._ahead_count = _AHEAD_COUNT if pace is None else max(1, min(_AHEAD_COUNT, int(pace)))
        self._ready: deque[_Ready] = deque()
        self._looked_at = 0.0
        self._hand: _Hand | None = None
        self._unsure: Delivery | None = None  # its claim may have committed, but nothing was sent
        self._ticked: tuple[datetime, float] | None = None

    def drain_once(self) -> Drained:
        """Send what is due, keeping the pace, until something else than the pace stands in the way.

        Raises StoreError if the database cannot be read or takes no claim: nothing was sent then.
        """
        counts: Counter[DeliveryState] = Counter()
        while self._hand is not None or not self._world.stop.is_set():
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
        if self._hand is None:
            self._follow_clock()
            self._clear_unsure()
            taken = self._take_first()
            if not isinstance(taken, _Hand):
                return taken
            self._hand = taken
        hand, self._hand = self._hand, None
        return self._settle(hand.claimed, self._send(hand.claimed, hand.body, hand.at))

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

    def _take_first(self) -> _Hand | DeliveryState | Wait:
        """Claim what goes first, after a look at the queue unless the last one was just now."""
        now = self._world.clock()
        if not self._are_fresh():
            looked = self._look(now)
            if looked is not None:
                return looked
        wait = self._claim(self._ready[0], now)
        if wait is None:
            return _in_hand(self._ready.popleft(), now)
        if not wait.is_rate or wait is _CHANGED:
            self._ready.clear()
        return wait

    def _look(self, now: datetime) -> DeliveryState | Wait | None:
        """Put the next few messages into words before any is claimed; what becomes of the first one without words.

        They belong to different lines: none waits for another one of them.
        """
        self._ready.clear()
        with self._world.store.reading() as tx:
            found = self._gate.next_deliveries(tx.outbox, now, self._ahead_count)
            if isinstance(found, Wait):
                return found
            sources = tx.outbox.sources([delivery for delivery in found if delivery.body is None])
        self._looked_at = self._world.monotonic()
        for delivery in found:
            try:
                body = self._body(delivery, sources.get(delivery.id), now)
            except DeliveryError as error:
                return None if self._ready else self._unrendered(delivery, error, now)
            self._ready.append(_Ready(delivery, body))
        return None

    def _are_fresh(self) -> bool:
        """Whether messages are left that were put into words a moment ago."""
        return bool(self._ready) and self._world.monotonic() - self._looked_at < _FRESH_S

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

    def _claim(self, first: _Ready, now: datetime) -> Wait | None:
        """Commit that the delivery is being sent; or what came up since it was read."""
        crash_point("before_claim")
        try:
            with self._world.store.writing() as tx:
                wait = self._take(tx.outbox, first, now)
        except StoreError:
            self._unsure = _claimed(first.delivery, now)
            raise
        self.reports.storage_works()
        if wait is None:
            crash_point("after_claim")
        return wait

    def _take(self, outbox: Outbox, ready: _Ready, now: datetime) -> Wait | None:
        wait = self._gate.admit(outbox, now)
        if wait is None and not self._write_claim(outbox, ready.delivery, ready.body, now):
            return _CHANGED
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
            is_followed=bool(self._ready),
        )
        outcome = self._outlet.channel.send(body, ctx)
        self._refusal_count = self._refusal_count + 1 if outcome.code in REFUSALS else 0
        return outcome

    def _settle(self, claimed: Delivery, outcome: Outcome) -> DeliveryState:
        now = self._world.clock()
        step = self._next(claimed, outcome, now)
        settlement = settlement_of(outcome, step)
        if outcome.kind in {OutcomeKind.OK, OutcomeKind.IN_DOUBT}:
            self._gate.handed_over(now)
        if outcome.kind is not OutcomeKind.OK:
            self._ready.clear()
        crash_point("before_settle")
        before, after, left = self._conclude(lambda outbox: self._write_try(outbox, claimed, outcome, step, now), now)
        crash_point("after_settle")
        if self._hand is not None:
            crash_point("after_claim")
        _log.info("%s to %s by %s: %s", claimed.id, claimed.address, self.name, outcome.detail or outcome.kind)
        self.reports.delivery(claimed, settlement.state, settlement.reason)
        self.reports.channel(before, after, outcome.detail, left)
        return settlement.state

    def _conclude(self, write: Callable[[Outbox], _Tried], now: datetime) -> _Tried:
        """Commit how a try ended, and with it the claim of the next message: a commit is half of what a delivery costs.

        The next one must not stand in its way: if the commit fails, the end of the try is insisted on alone.
        """
        if not self._are_fresh() or self._world.stop.is_set():
            return self._insist(write)
        follower = self._ready[0]
        try:
            with self._world.store.writing() as tx:
                before, after, left = write(tx.outbox)
                # What waited while the channel was out has just been folded: what was put into words is out of date.
                wait = _CHANGED if was_out(before) else self._take(tx.outbox, follower, now)
        except StoreError as error:
            self._unsure = _claimed(follower.delivery, now)
            self._ready.clear()
            return self._insist(write, error)
        if wait is None:
            self._hand = _in_hand(self._ready.popleft(), now)
            self.reports.storage_works()
        elif wait is _CHANGED:
            self._ready.clear()
        return before, after, left

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

    def _write_try(self, outbox: Outbox, claimed: Delivery, outcome: Outcome, step: Next, now: datetime) -> _Tried:
        """The delivery, the channel and its destination after a try; the channel as it was and is, and what waits."""
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
        has_stopped = after.breaker in {BreakerState.PARKED, BreakerState.OPEN} and after.breaker != before.breaker
        return before, after, waiting(outbox.backlog(), self.name) if has_stopped else ""

    def _write_delivery(self, outbox: Outbox, claimed: Delivery, settlement: Settlement, now: datetime) -> None:
        run_id = self._world.run_id
        if not outbox.settle(claimed.id, claimed.attempt_count, run_id=run_id, now=now, settlement=settlement):
            _log.warning("%s was taken from this run while it was sent; its attempt tells how it ended", claimed.id)
        elif settlement.state is DeliveryState.DEAD and self._outlet.fallback:
            heir = self._outlet.fallback
            outbox.inherit(claimed, heir, release_at=self._world.digest_at(heir, now), now=now)

    def _insist(self, write: Callable[[Outbox], T], failed: StoreError | None = None) -> T:
        """Write what happened on the network, however long the disk takes; StoreError only when told to stop.

        `failed`: how a first attempt to write it ended.
        """
        wait_s, longest_s = _DISK_WAITS_S
        while True:
            try:
                if failed is not None:
                    raise failed
                return self._written(write)
            except StoreError as error:
                self.reports.storage(error)
                has_room = isinstance(error, DiskFull) and self._world.store.drop_ballast()
                if not has_room and self._world.stop.wait(wait_s):
                    raise
            failed = None
            wait_s = min(longest_s, 2 * wait_s)

    def _written(self, write: Callable[[Outbox], T]) -> T:
        with self._world.store.writing() as tx:
            return write(tx.outbox)


def _in_hand(ready: _Ready, now: datetime) -> _Hand:
    return _Hand(_claimed(ready.delivery, now), ready.body, now)


def _claimed(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery as its claim leaves it."""
    return replace(
        delivery,
        state=DeliveryState.SENDING,
        attempt_count=delivery.attempt_count + 1,
        first_try_at=delivery.first_try_at or now,
    )
