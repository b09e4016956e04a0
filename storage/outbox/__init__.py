"""The outbox: what is to be said, written in the transaction of the change, and said after it.

Rule: the rows decide. A delivery is claimed in one short transaction and settled in another, with the network between
them; a crash at any moment leaves a message that was surely not sent or one that is known to be in doubt.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from storage.model import Alert, Attempt, Delivery, DeliveryState, Silence
from storage.outbox import channels, desk, handing, hands, queue, silences, waiting
from storage.outbox.desk import Keep
from storage.outbox.history import Happened, happened_since
from storage.outbox.nouns import Backlog, BreakerState, ChannelState, Destination, Run
from storage.outbox.queue import OnDoubt, Settlement
from storage.outbox.source import BundleSource, SourceItem, Told, read_sources
from storage.outbox.standing import SickFeed, Standing
from storage.outbox.states import OPEN, TERMINAL, TRANSITIONS, DeliveryEvent, transition
from storage.outbox.waiting import Waiting

__all__ = [
    "OPEN",
    "TERMINAL",
    "TRANSITIONS",
    "Backlog",
    "BreakerState",
    "BundleSource",
    "ChannelState",
    "DeliveryEvent",
    "Destination",
    "Happened",
    "Keep",
    "OnDoubt",
    "Outbox",
    "Run",
    "Settlement",
    "SickFeed",
    "SourceItem",
    "Standing",
    "Told",
    "Waiting",
    "transition",
]


DEFAULT_KEEP = Keep()


class Outbox:
    """The outbox inside one transaction; instants are aware UTC."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._silences: tuple[datetime, list[Silence]] | None = None  # open ones, and since when

    def enqueue(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Insert what is not known yet; ids are hashes, so telling the same twice changes nothing."""
        queue.enqueue(self._conn, alerts, deliveries)

    def is_due(self, channels: Collection[str], now: datetime) -> bool:
        """Whether any window closes or anything held is to be told."""
        return waiting.is_due(self._conn, channels, now)

    def due_windows(self, channels: Collection[str], now: datetime, limit: int = 500) -> list[Waiting]:
        """Everything pending of at most `limit` groups of which an alert is due: a window closes as a whole."""
        return waiting.due_windows(self._conn, channels, now, limit)

    def channels_with_held(self, channels: Collection[str], now: datetime) -> list[str]:
        return waiting.channels_with_held(self._conn, channels, now)

    def due_held(self, channel: str, now: datetime) -> list[Waiting]:
        """What was held for the channel and is due: for quiet hours, for a digest, by a ceiling or a quarantine."""
        return waiting.due_held(self._conn, channel, now)

    def all_waiting(self, decision: Literal["pending", "held"]) -> list[Waiting]:
        return waiting.all_waiting(self._conn, decision)

    def told_groups(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
        """By (group, channel): when its last window closed."""
        return waiting.told_groups(self._conn, pairs)

    def told_to(self, channel: str, since: datetime) -> list[Waiting]:
        """Alerts since then that the channel tells, or will."""
        return waiting.told_since(self._conn, channel, since)

    def decide(self, alerts: Iterable[Alert]) -> None:
        """Write what became of alerts that waited."""
        waiting.decide(self._conn, alerts)

    def message_count(self, channel: str, since: datetime, limit: int) -> int:
        """Messages of the channel that wait or were handed over after `since`, whatever their addresses; <= `limit`."""
        return waiting.message_count(self._conn, channel, since, limit)

    def has_slot(self, scope: str, slot_at: datetime) -> bool:
        return waiting.digest_slot(self._conn, scope, slot_at)

    def take_slot(self, scope: str, slot_at: datetime, bundle_id: str | None) -> bool:
        """Note that a digest was made for this moment; False if it had been already."""
        return waiting.take_slot(self._conn, scope, slot_at, bundle_id)

    def fold(self, channel: str, now: datetime) -> int:
        """After an outage: let the last message of each line tell what waits before it; how many were folded."""
        return handing.fold(self._conn, channel, now)

    def inherit(self, delivery: Delivery, channel: str, *, release_at: datetime, now: datetime) -> int:
        """Hold what a dead delivery should have told for another channel's digest; how many alerts."""
        bundles = handing.bundles_of(self._conn, delivery.id, delivery.bundle_id)
        reason = f"dead({delivery.id})"
        return handing.inherit(self._conn, bundles, channel, reason=reason, release_at=release_at, now=now)

    def orphans(self, configured: Collection[str]) -> dict[str, str]:
        """Channels that are no longer configured and have something to say, each with its heir or an empty string."""
        return handing.orphans(self._conn, configured)

    def leave(self, channel: str, heir: str, *, release_at: datetime, now: datetime) -> int:
        """What a channel that is gone has not told is held for its heir's digest; how many alerts."""
        return handing.leave(self._conn, channel, heir, release_at=release_at, now=now)

    def add_silence(self, silence: Silence) -> None:
        silences.add_silence(self._conn, silence)
        self._silences = None

    def silences(self, now: datetime) -> list[Silence]:
        """Those in force; every poll of a batch asks, and one look at the table serves them all."""
        if self._silences is None or now < self._silences[0]:
            self._silences = (now, silences.open_silences(self._conn, now))
        return [one for one in self._silences[1] if one.starts_at <= now < one.ends_at]

    def all_silences(self) -> list[Silence]:
        """The latest to begin first, those that are over included."""
        return silences.all_silences(self._conn)

    def expire_silence(self, silence_id: str, now: datetime) -> Silence:
        """End it now; raises ConfigError for one that is not there, DeliveryError for one that is over."""
        self._silences = None
        return silences.expire_silence(self._conn, silence_id, now)

    def start_run(self, run: Run) -> None:
        channels.start_run(self._conn, run)

    def end_run(self, run_id: str, now: datetime) -> None:
        channels.end_run(self._conn, run_id, now)

    def recover(self, run_id: str, now: datetime, on_doubt: OnDoubt) -> list[Delivery]:
        """Put what other runs left in the air in doubt, and end them; the deliveries as they stand now."""
        channels.end_others(self._conn, run_id, now)
        return queue.recover(self._conn, run_id, now, on_doubt)

    def heads(self, channel: str, limit: int = 1) -> list[Delivery]:
        """The queued deliveries that may go first, due or not: at most one of each line, in the order of their turn."""
        return queue.heads(self._conn, channel, limit)

    def source(self, delivery: Delivery) -> BundleSource:
        """Everything that the delivery's message is made of."""
        return self.sources([delivery])[delivery.id]

    def sources(self, deliveries: Sequence[Delivery]) -> dict[str, BundleSource]:
        """By delivery: what its message is made of; all in a few look-ups."""
        return read_sources(self._conn, deliveries)

    def claim(
        self, delivery: Delivery, *, run_id: str, now: datetime, body: bytes | None, content_type: str | None
    ) -> Attempt | None:
        """Take a delivery that was read before; None if it changed since, is taken, or is not the head of its line.

        `body` becomes the delivery's for good, unless it has one already.
        """
        return queue.claim(self._conn, delivery, run_id=run_id, now=now, body=body, content_type=content_type)

    def settle(self, delivery_id: str, attempt_n: int, *, run_id: str, now: datetime, settlement: Settlement) -> bool:
        """Write how a try ended; False if the delivery is no longer this try's, then only the attempt tells of it."""
        return queue.settle(self._conn, delivery_id, attempt_n, run_id=run_id, now=now, settlement=settlement)

    def channel_state(self, name: str) -> ChannelState | None:
        """None of a channel that never sent."""
        return channels.channel_state(self._conn, name)

    def terms(self, name: str, key: str) -> tuple[ChannelState | None, Destination | None]:
        """A channel and its destination in one look."""
        return channels.terms(self._conn, name, key)

    def channel_states(self) -> list[ChannelState]:
        return channels.channel_states(self._conn)

    def set_channel_state(self, state: ChannelState) -> None:
        channels.set_channel_state(self._conn, state)

    def park(self, name: str, reason: str, now: datetime, probe_at: datetime) -> ChannelState:
        """Stop a channel; its queue is kept, and it tries again at `probe_at` or when it is resumed."""
        return channels.park(self._conn, name, reason, now, probe_at)

    def resume(self, name: str, now: datetime) -> ChannelState:
        """Let a parked or failing channel try at once; raises DeliveryError if it never sent."""
        return channels.resume(self._conn, name, now)

    def destination(self, key: str) -> Destination | None:
        return channels.destination(self._conn, key)

    def set_destination(self, value: Destination) -> None:
        channels.set_destination(self._conn, value)

    def told_since(self, channel: str, since: datetime) -> list[datetime]:
        """When the channel handed over messages, those in doubt included; oldest first."""
        return channels.told_since(self._conn, channel, since)

    def follow_clock(self, channel: str, now: datetime, *, moved: timedelta, longest_wait: timedelta) -> None:
        """Fit the channel's waiting rows to a wall clock that jumped by `moved`; zero: no jump was seen."""
        channels.follow_clock(self._conn, channel, now, moved=moved, longest_wait=longest_wait)

    def delivery(self, delivery_id: str) -> Delivery | None:
        return desk.delivery(self._conn, delivery_id)

    def deliveries(
        self, states: Collection[DeliveryState] = (), *, channel: str | None = None, limit: int = 100
    ) -> list[Delivery]:
        """Without their bodies, the latest to happen first; no states = all."""
        return desk.deliveries(self._conn, states, channel, limit)

    def attempts(self, delivery_id: str) -> list[Attempt]:
        return queue.attempts(self._conn, delivery_id)

    def alerts_of(self, bundle_id: str) -> list[Alert]:
        return queue.alerts_of(self._conn, bundle_id)

    def backlog(self) -> list[Backlog]:
        """One line a channel that has an open delivery."""
        return desk.backlog(self._conn)

    def retry(self, delivery_id: str, now: datetime) -> Delivery:
        """Queue a dead or doubtful delivery again under its id; raises DeliveryError for any other."""
        return desk.retry(self._conn, delivery_id, now)

    def cancel(self, delivery_id: str, who: str, now: datetime) -> Delivery:
        """Never send it; raises DeliveryError if it is over or being sent."""
        return desk.cancel(self._conn, delivery_id, who, now)

    def resolve(self, delivery_id: str, who: str, now: datetime) -> Delivery:
        """A doubtful delivery was seen to have arrived; raises DeliveryError for any other."""
        return desk.resolve(self._conn, delivery_id, who, now)

    def happened_since(self, since: datetime) -> list[Happened]:
        """Every change since then with what conditions may ask of it, in order of time."""
        return happened_since(self._conn, since)

    def release_held(self, now: datetime, *, route: str | None = None, channel: str | None = None) -> int:
        """Let what is held be told now: of one route, of one channel, or all; how many alerts."""
        return hands.release_held(self._conn, now, route=route, channel=channel)

    def purge(self, now: datetime, limit: int = 500, *, keep: Keep = DEFAULT_KEEP) -> int:
        """Forget old bodies, attempts and decisions, at most `limit` of each; 0 = nothing is left to forget."""
        return desk.purge(self._conn, now, limit, keep)
