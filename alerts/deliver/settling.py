"""What is written after a try: the outcome in the words of the outbox, and the channel's state after it.

Rule: pure; every kind of outcome leads along the outbox's table of transitions.
"""

from dataclasses import replace
from datetime import datetime

from alerts import limits
from alerts.retry import Next, Outcome, OutcomeKind
from storage.model import Delivery, DeliveryState
from storage.outbox import BreakerState, ChannelState, DeliveryEvent, Settlement

_NOTED = 500  # characters of a detail that are kept


def settlement_of(outcome: Outcome, step: Next) -> Settlement:
    return Settlement(
        events=_events(outcome.kind, step.state),
        outcome=str(outcome.kind),
        next_at=step.next_at,
        expires_at=step.expires_at,
        counted_count=step.counted_count,
        doubt_count=step.doubt_count,
        reason=step.reason[:_NOTED],
        phase=outcome.phase,
        code=outcome.code,
        detail=outcome.detail[:_NOTED],
        reply=outcome.reply,
        remote_id=outcome.remote_id,
    )


def undone(claimed: Delivery, now: datetime) -> Settlement:
    """What takes a claim back that nothing was sent for."""
    return Settlement(
        events=(DeliveryEvent.TEMPORARY,),
        outcome=str(OutcomeKind.TEMPORARY),
        next_at=now,
        expires_at=claimed.expires_at,
        counted_count=claimed.counted_count,
        doubt_count=claimed.doubt_count,
        phase="claim",
        detail="the claim was not confirmed, nothing was sent",
    )


def channel_after(before: ChannelState, outcome: Outcome, step: Next, now: datetime) -> ChannelState:
    """The channel after a try; one that a person parked while the try was on stays parked."""
    if before.breaker is BreakerState.PARKED:
        return before
    after = with_breaker(before, limits.tried(breaker_of(before), outcome.kind, now, outcome.detail[:_NOTED]))
    if outcome.kind is OutcomeKind.RATE_LIMITED:
        return replace(after, not_before_at=step.next_at)
    return replace(after, not_before_at=None) if outcome.kind is OutcomeKind.OK else after


def was_out(before: ChannelState) -> bool:
    """Whether an answer ends a time in which messages piled up: the channel failed, or was asked to wait."""
    return before.breaker is not BreakerState.CLOSED or before.not_before_at is not None


def channel_at_start(
    before: ChannelState | None, name: str, settings_hash: str, now: datetime, *, fallback: str = ""
) -> ChannelState:
    """The channel as a new run finds it: parked or with new settings it may try at once, failing it waits its turn."""
    if before is None:
        return ChannelState(name=name, settings_hash=settings_hash, since_at=now, fallback=fallback)
    state = replace(before, settings_hash=settings_hash, fallback=fallback)
    if state.breaker is BreakerState.OPEN:
        latest = now + limits.PROBE_LAST  # a clock that was put back must not stretch the wait
        state = replace(state, probe_at=min(state.probe_at or now, latest))
    has_changed = before.settings_hash not in ("", settings_hash)
    if state.breaker is BreakerState.PARKED or (has_changed and state.breaker is BreakerState.OPEN):
        return with_breaker(state, limits.trying(breaker_of(state), now))
    return state


def breaker_of(state: ChannelState) -> limits.Breaker:
    return limits.Breaker(
        state=limits.BreakerState(state.breaker),
        since_at=state.since_at,
        failure_count=state.failure_count,
        probe_at=state.probe_at,
        reason=state.parked_reason,
    )


def with_breaker(state: ChannelState, breaker: limits.Breaker) -> ChannelState:
    return replace(
        state,
        breaker=BreakerState(breaker.state),
        since_at=breaker.since_at,
        failure_count=breaker.failure_count,
        probe_at=breaker.probe_at,
        parked_reason=breaker.reason,
    )


def _events(kind: OutcomeKind, state: DeliveryState) -> tuple[DeliveryEvent, ...]:
    """The way from `sending` to `state`."""
    match kind, state:
        case OutcomeKind.IN_DOUBT, DeliveryState.IN_DOUBT:
            return (DeliveryEvent.HOLD,)
        case OutcomeKind.MESSAGE_PERMANENT, DeliveryState.DEAD:
            return (DeliveryEvent.UNSENDABLE,)
        case OutcomeKind.TEMPORARY | OutcomeKind.RATE_LIMITED | OutcomeKind.IN_DOUBT, DeliveryState.DEAD:
            return (DeliveryEvent(kind), DeliveryEvent.HORIZON)
        case _:
            return (DeliveryEvent(kind),)
