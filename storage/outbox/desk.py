"""What an operator sees of deliveries and may do with them, and what is thrown away in time.

Rule: an operator moves a delivery along the same table as the sender does; what is over is forgotten by age, what still
waits never.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, func, literal_column, null, select, tuple_, update

from storage.errors import ConfigError, DeliveryError
from storage.model import Delivery, DeliveryState
from storage.outbox.nouns import Backlog, delivery_from, values_of
from storage.outbox.states import OPEN, TERMINAL, TRANSITIONS, DeliveryEvent, transition
from storage.tables import ALERT, ATTEMPT, DELIVERY, RUN


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """For how long what is over is kept."""

    bodies: timedelta = timedelta(days=30)
    attempts: timedelta = timedelta(days=90)
    decisions: timedelta = timedelta(days=365)


_D = DELIVERY.c


def delivery(conn: Connection, delivery_id: str) -> Delivery | None:
    row = conn.execute(select(DELIVERY).where(_D.id == delivery_id)).one_or_none()
    return delivery_from(row) if row else None


def deliveries(conn: Connection, states: Collection[DeliveryState], channel: str | None, limit: int) -> list[Delivery]:
    """Without their bodies, the latest to happen first; no states = all."""
    light = [column if column.name != "body" else null().label("body") for column in DELIVERY.c]
    found = select(*light).order_by(func.coalesce(_D.done_at, _D.next_at).desc(), _D.seq.desc(), _D.id).limit(limit)
    if states:
        found = found.where(_D.state.in_(list(states)))
    if channel is not None:
        found = found.where(_D.channel == channel)
    return [delivery_from(row) for row in conn.execute(found)]


def backlog(conn: Connection) -> list[Backlog]:
    """One line a channel that has an open delivery; what is over is not looked at."""
    since = func.min(func.coalesce(_D.first_try_at, _D.next_at)).label("oldest_at")
    is_open = _D.state.in_([literal_column(f"'{state}'") for state in OPEN])  # a partial index serves no bound value
    rows = select(_D.channel, func.count().label("count"), since).where(is_open)
    return [Backlog(**row._asdict()) for row in conn.execute(rows.group_by(_D.channel).order_by(_D.channel))]


def retry(conn: Connection, delivery_id: str, now: datetime) -> Delivery:
    """Queue a dead or doubtful delivery again under its id; raises DeliveryError for any other.

    A message that was refused in plain form too is rendered anew: what refused it may have been mended.
    """
    before = _known(conn, delivery_id)
    after = replace(
        before,
        state=_moved(before, DeliveryEvent.RETRY),
        next_at=now,
        counted_count=0,
        first_try_at=None,
        expires_at=None,
        done_at=None,
        reason="",
    )
    if before.form == "plain" and not before.doubt_count:
        after = replace(after, form="rich", body=None, content_type=None)
    return _write(conn, after)


def cancel(conn: Connection, delivery_id: str, who: str, now: datetime) -> Delivery:
    """Never send it; raises DeliveryError if it is over or being sent."""
    before = _known(conn, delivery_id)
    state = _moved(before, DeliveryEvent.CANCEL)
    return _write(conn, replace(before, state=state, done_at=now, reason=f"cancelled by {who}"))


def resolve(conn: Connection, delivery_id: str, who: str, now: datetime) -> Delivery:
    """A doubtful delivery was seen to have arrived; raises DeliveryError for any other."""
    before = _known(conn, delivery_id)
    state = _moved(before, DeliveryEvent.RESOLVE)
    return _write(conn, replace(before, state=state, done_at=now, reason=f"seen to have arrived by {who}"))


def purge(conn: Connection, now: datetime, limit: int, keep: Keep) -> int:
    """Forget what is old, at most `limit` rows of each kind; returns how many, 0 = nothing is left to forget."""
    over = _D.state.in_(TERMINAL)
    bodies = select(_D.id).where(over, _D.done_at < now - keep.bodies, _D.body.is_not(None)).limit(limit)
    tries = (
        select(ATTEMPT.c.delivery_id, ATTEMPT.c.n)
        .join(DELIVERY, _D.id == ATTEMPT.c.delivery_id)
        .where(over, ATTEMPT.c.started_at < now - keep.attempts)
        .limit(limit)
    )
    tried = exists().where(ATTEMPT.c.delivery_id == _D.id)
    ended = select(_D.id).where(over, _D.done_at < now - keep.decisions, ~tried).limit(limit)
    told = exists().where(_D.bundle_id == ALERT.c.bundle_id)
    decided = select(ALERT.c.id).where(ALERT.c.created_at < now - keep.decisions, ~told).limit(limit)
    held = exists().where(_D.owner == RUN.c.id, _D.state == DeliveryState.SENDING)
    runs = select(RUN.c.id).where(RUN.c.started_at < now - keep.attempts, ~held).limit(limit)
    steps = (
        update(DELIVERY).where(_D.id.in_(bodies)).values(body=None, content_type=None),
        delete(ATTEMPT).where(tuple_(ATTEMPT.c.delivery_id, ATTEMPT.c.n).in_(tries)),
        delete(DELIVERY).where(_D.id.in_(ended)),
        delete(ALERT).where(ALERT.c.id.in_(decided)),
        delete(RUN).where(RUN.c.id.in_(runs), RUN.c.ended_at.is_not(None)),
    )
    return sum(conn.execute(step).rowcount for step in steps)


def _known(conn: Connection, delivery_id: str) -> Delivery:
    known = delivery(conn, delivery_id)
    if known is None:
        raise ConfigError(f'there is no delivery "{delivery_id}"; see: salname alerts list')
    return known


def _moved(before: Delivery, event: DeliveryEvent) -> DeliveryState:
    if (before.state, event) not in TRANSITIONS:
        fit = " or ".join(state.replace("_", " ") for state, known in TRANSITIONS if known is event)
        raise DeliveryError(f"delivery {before.id} is {before.state}: {event} needs one that is {fit}")
    return transition(before.state, event)


def _write(conn: Connection, after: Delivery) -> Delivery:
    conn.execute(update(DELIVERY).where(_D.id == after.id).values(values_of(after)))
    return after
