"""Whether a channel may send now: its breaker, the hour's ceiling, and what its destination puts up with.

Rule: asked twice, first to find a delivery, then inside the transaction that claims it; only the second answer counts.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from alerts import limits
from alerts.deliver.hourly import HOUR, Hourly
from alerts.deliver.outlet import Outlet, Wait
from alerts.deliver.settling import breaker_of, with_breaker
from storage.model import Delivery
from storage.outbox import ChannelState, Destination, Outbox

IDLE_S = 30.0  # nothing to do: until then somebody will have rung
_LONGEST_ASKED = timedelta(hours=28)  # a Retry-After is cut to a day, jitter comes on top


class Gate:
    """The limits of one channel; used by one thread at a time."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._hourly: Hourly | None = None

    def next_deliveries(self, outbox: Outbox, now: datetime, limit: int) -> list[Delivery] | Wait:
        """At most `limit` deliveries that may go now, each the head of its line; or how long there is none."""
        state, known = self._terms(outbox, now)
        breaker = breaker_of(state)
        if not limits.may_try(breaker, now):
            return Wait(seconds=_seconds(breaker.probe_at, now))
        is_well = breaker.state is limits.BreakerState.CLOSED
        heads = outbox.heads(self._outlet.name, limit if is_well else 1)
        if not heads:
            return Wait(seconds=IDLE_S)
        # A probe does not wait for its delivery's turn to come.
        due = [delivery for delivery in heads if not is_well or delivery.next_at <= now]
        if not due:
            return Wait(seconds=_seconds(heads[0].next_at, now))
        if wait_s := self._ceiling_s(outbox, now):
            return Wait(seconds=wait_s)
        wait = self._paced(known, now)
        return wait if isinstance(wait, Wait) else due

    def admit(self, outbox: Outbox, now: datetime) -> Wait | None:
        """Take one message's token and let a failing channel try; or how long to wait, with nothing written."""
        state, known = self._terms(outbox, now)
        breaker = breaker_of(state)
        if not limits.may_try(breaker, now):
            return Wait(seconds=_seconds(breaker.probe_at, now))
        if wait_s := self._ceiling_s(outbox, now):
            return Wait(seconds=wait_s)
        paced = self._paced(known, now)
        if isinstance(paced, Wait):
            return paced
        if self._outlet.rate_per_s is not None:
            outbox.set_destination(paced)
        trying = with_breaker(state, limits.trying(breaker, now))
        if trying != state:
            outbox.set_channel_state(trying)
        return None

    def hold_back(self, outbox: Outbox, until: datetime, now: datetime) -> None:
        """The destination asked to be left alone: nothing goes there before, by whatever channel."""
        known = self._destination(outbox, now)
        outbox.set_destination(replace(known, not_before_at=until))

    def handed_over(self, now: datetime) -> None:
        if self._hourly is not None:
            self._hourly.add(now)

    def state(self, outbox: Outbox, now: datetime) -> ChannelState:
        return outbox.channel_state(self._outlet.name) or self._fresh(now)

    def _fresh(self, now: datetime) -> ChannelState:
        return ChannelState(name=self._outlet.name, settings_hash=self._outlet.settings_hash, since_at=now)

    def _terms(self, outbox: Outbox, now: datetime) -> tuple[ChannelState, Destination]:
        key = self._outlet.channel.destination
        state, known = outbox.terms(self._outlet.name, key)
        unknown = Destination(key=key, tokens=self._outlet.burst, refilled_at=now)
        return state or self._fresh(now), known or unknown

    def _ceiling_s(self, outbox: Outbox, now: datetime) -> float:
        """Seconds until fewer messages than allowed were handed over within the hour."""
        if self._outlet.max_per_hour is None:
            return 0.0
        if self._hourly is None:
            self._hourly = Hourly(self._outlet.max_per_hour, outbox.told_since(self._outlet.name, now - HOUR))
        return self._hourly.wait_s(now)

    def _paced(self, known: Destination, now: datetime) -> Destination | Wait:
        """The destination as it stands after one more message, or how long it is to be left alone."""
        # What lies further ahead than anybody may ask for was written by a clock that has since been put back.
        if known.not_before_at is not None and now < known.not_before_at <= now + _LONGEST_ASKED:
            return Wait(seconds=_seconds(known.not_before_at, now))
        if self._outlet.rate_per_s is None:
            return known
        bucket, wait_s = limits.take(
            limits.Bucket(tokens=known.tokens, refilled_at=known.refilled_at),
            now,
            rate=self._outlet.rate_per_s,
            burst=self._outlet.burst,
        )
        if wait_s:
            return Wait(seconds=wait_s, is_rate=True)
        return replace(known, tokens=bucket.tokens, refilled_at=bucket.refilled_at)

    def _destination(self, outbox: Outbox, now: datetime) -> Destination:
        key = self._outlet.channel.destination
        return outbox.destination(key) or Destination(key=key, tokens=self._outlet.burst, refilled_at=now)


def _seconds(until: datetime | None, now: datetime) -> float:
    return max(0.0, (until - now).total_seconds()) if until else 0.0
