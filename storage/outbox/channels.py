"""What is remembered of channels, of the receiving ends they share, and of the runs that send.

Rule: only state stands here; the arithmetic of limits and breakers is the sender's, and secrets are nowhere.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    bindparam,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from storage.errors import DeliveryError
from storage.outbox.nouns import (
    BreakerState,
    ChannelState,
    Destination,
    Run,
    channel_state_from,
    channel_state_of,
    destination_from,
    values_of,
)
from storage.statements.bulk import replacing
from storage.tables import ATTEMPT, CHANNEL_STATE, DELIVERY, DESTINATION, RUN

_QUEUED = DELIVERY.c.state == literal_column("'queued'")


# Used for every message: built once.
_CHANNEL = select(CHANNEL_STATE).where(CHANNEL_STATE.c.name == bindparam("of_name"))
_DESTINATION = select(DESTINATION).where(DESTINATION.c.key == bindparam("of_key"))
_TERMS = (
    select(CHANNEL_STATE, *(column.label(f"to_{column.name}") for column in DESTINATION.c))
    .outerjoin(DESTINATION, DESTINATION.c.key == bindparam("of_key"))
    .where(CHANNEL_STATE.c.name == bindparam("of_name"))
)
_PUT_CHANNEL = replacing(CHANNEL_STATE, "name")
_PUT_DESTINATION = replacing(DESTINATION, "key")


def channel_state(conn: Connection, name: str) -> ChannelState | None:
    """None of a channel that never sent."""
    row = conn.execute(_CHANNEL, {"of_name": name}).one_or_none()
    return channel_state_from(row) if row else None


def terms(conn: Connection, name: str, key: str) -> tuple[ChannelState | None, Destination | None]:
    """A channel and its destination in one look: both are asked for twice for every message."""
    row = conn.execute(_TERMS, {"of_name": name, "of_key": key}).one_or_none()
    if row is None:
        return None, destination(conn, key)
    given = row._asdict()
    of_destination = {column.name: given.pop(f"to_{column.name}") for column in DESTINATION.c}
    state = channel_state_of(given)
    return state, Destination(**of_destination) if of_destination["key"] is not None else None


def channel_states(conn: Connection) -> list[ChannelState]:
    return [channel_state_from(row) for row in conn.execute(select(CHANNEL_STATE).order_by(CHANNEL_STATE.c.name))]


def set_channel_state(conn: Connection, state: ChannelState) -> None:
    conn.execute(_PUT_CHANNEL, values_of(state))


def park(conn: Connection, name: str, reason: str, now: datetime, probe_at: datetime) -> ChannelState:
    """Stop a channel; its queue is kept, and it tries again at `probe_at` or when it is resumed."""
    before = channel_state(conn, name) or ChannelState(name=name, since_at=now)
    parked = replace(before, breaker=BreakerState.PARKED, since_at=now, parked_reason=reason, probe_at=probe_at)
    set_channel_state(conn, parked)
    return parked


def resume(conn: Connection, name: str, now: datetime) -> ChannelState:
    """Let a parked or failing channel try at once; raises DeliveryError if it never sent."""
    before = channel_state(conn, name)
    if before is None:
        raise DeliveryError(f"channel {name} has sent nothing yet, there is nothing to resume")
    if before.breaker is BreakerState.CLOSED:
        return before
    half = replace(before, breaker=BreakerState.HALF, since_at=now, probe_at=None)
    set_channel_state(conn, half)
    return half


def destination(conn: Connection, key: str) -> Destination | None:
    row = conn.execute(_DESTINATION, {"of_key": key}).one_or_none()
    return destination_from(row) if row else None


def set_destination(conn: Connection, value: Destination) -> None:
    conn.execute(_PUT_DESTINATION, values_of(value))


def start_run(conn: Connection, run: Run) -> None:
    conn.execute(insert(RUN), values_of(run) | {"heartbeat_at": run.started_at, "ended_at": None})


def end_run(conn: Connection, run_id: str, now: datetime) -> None:
    conn.execute(update(RUN).where(RUN.c.id == run_id).values(ended_at=now, heartbeat_at=now))


def end_others(conn: Connection, run_id: str, now: datetime) -> None:
    """Runs that never came to their end are over when the next one begins: one process sends at a time."""
    conn.execute(update(RUN).where(RUN.c.id != run_id, RUN.c.ended_at.is_(None)).values(ended_at=now))


def told_since(conn: Connection, channel: str, since: datetime) -> list[datetime]:
    """When the channel handed over messages, those in doubt included; oldest first."""
    rows = (
        select(ATTEMPT.c.started_at)
        .join(DELIVERY, DELIVERY.c.id == ATTEMPT.c.delivery_id)
        .where(ATTEMPT.c.started_at > since, DELIVERY.c.channel == channel, ATTEMPT.c.outcome.in_(("ok", "in_doubt")))
    )
    return list(conn.scalars(rows.order_by(ATTEMPT.c.started_at)))


def follow_clock(conn: Connection, channel: str, now: datetime, *, moved: timedelta, longest_wait: timedelta) -> None:
    """Fit the channel's waiting rows to a wall clock that jumped by `moved`; zero: no jump was seen.

    No row waits longer than `longest_wait`. Horizons count from the first try, which moves ahead with the clock:
    neither a jump nor a sleep of the machine kills a delivery.
    """
    waiting = update(DELIVERY).where(_QUEUED, DELIVERY.c.channel == channel)
    next_at, first_try_at = DELIVERY.c.next_at, DELIVERY.c.first_try_at
    if moved > timedelta(0):
        conn.execute(waiting.where(first_try_at.is_not(None)).values(first_try_at=_shifted(first_try_at, moved)))
    elif moved:
        conn.execute(waiting.where(next_at > now).values(next_at=_shifted(next_at, moved)))
    conn.execute(waiting.where(next_at > now + longest_wait).values(next_at=now + longest_wait))
    conn.execute(waiting.where(first_try_at > now).values(first_try_at=now))


def _shifted(column: ColumnElement[datetime], by: timedelta) -> ColumnElement[int]:
    return type_coerce(column, BigInteger) + by // timedelta(microseconds=1)
