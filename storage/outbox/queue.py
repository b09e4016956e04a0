"""The queue's one way: enqueued with its change, claimed before it is sent, settled after.

Rule: nothing is sent unless its claim committed, and a claim takes only the head of its line: the delivery with no open
one before it, in (seq, id), to the same address of the same channel about the same thing. States stand in these
statements as literals, for a partial index serves no bound value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Literal, TypeAlias, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_new

from storage.model import Alert, Attempt, Delivery, DeliveryState
from storage.outbox.nouns import alert_from, alert_row, attempt_from, delivery_from, values_of
from storage.outbox.states import OPEN, TERMINAL, DeliveryEvent, transition
from storage.statements.bulk import Bulk, columns_of
from storage.statements.prepared import Prepared
from storage.tables import ALERT, ATTEMPT, DELIVERY

T = TypeVar("T")
OnDoubt: TypeAlias = Literal["resend", "hold"]

_LOOKED_AT = 64  # of those that wait, to find more than one that may go

_D = DELIVERY.c
_A = ATTEMPT.c
_EARLIER = DELIVERY.alias("earlier")


def _word(state: DeliveryState) -> ColumnElement[str]:
    return literal_column(f"'{state}'")


_QUEUED = _word(DeliveryState.QUEUED)
_SENDING = _word(DeliveryState.SENDING)
_BLOCKED = exists(
    select(_EARLIER.c.id).where(
        _EARLIER.c.state.in_([_word(state) for state in OPEN]),
        _EARLIER.c.channel == _D.channel,
        _EARLIER.c.address == _D.address,
        _EARLIER.c.order_key == _D.order_key,
        _EARLIER.c.seq <= _D.seq,
        or_(_EARLIER.c.seq < _D.seq, _EARLIER.c.id < _D.id),
    )
)


def _else(column: ColumnElement[T], name: str) -> ColumnElement[T]:
    """What the column holds, else the value given under the name."""
    return func.coalesce(column, bindparam(name, type_=column.type))


# The statements of every send are built once: building one costs several times its execution.
_WAITING = _D.channel == bindparam("of_channel"), _D.state == _QUEUED
_TURN = _D.next_at, _D.seq, _D.id
_HEAD = select(DELIVERY).where(*_WAITING, ~_BLOCKED).order_by(*_TURN).limit(1)
# Of a long line only the first may go: looking for a second head must not read all that wait behind it.
_NEAR = select(_D.id).where(*_WAITING).order_by(*_TURN).limit(_LOOKED_AT)
_HEADS = (
    select(DELIVERY).where(_D.id.in_(_NEAR), ~_BLOCKED).order_by(*_TURN).limit(bindparam("at_most", type_=Integer()))
)
_CLAIM = Prepared(
    update(DELIVERY)
    .where(_D.id == bindparam("of_id"), _D.state == _QUEUED, ~_BLOCKED)
    .where(_D.attempt_count == bindparam("of_count"), _D.form == bindparam("of_form"))
    .values(
        state=str(transition(DeliveryState.QUEUED, DeliveryEvent.CLAIM)),
        owner=bindparam("owner"),
        attempt_count=bindparam("attempt_count"),
        body=_else(_D.body, "new_body"),
        content_type=_else(_D.content_type, "new_type"),
        first_try_at=_else(_D.first_try_at, "now"),
    )
)
_ATTEMPT = Prepared(insert(ATTEMPT))
_SETTLE = Prepared(
    update(DELIVERY)
    .where(_D.id == bindparam("of_id"), _D.state == _SENDING)
    .where(_D.owner == bindparam("of_run"), _D.attempt_count == bindparam("of_count"))
    .values(
        {
            name: bindparam(name)
            for name in ("state", "next_at", "expires_at", "counted_count", "doubt_count", "done_at")
        }
    )
    .values(owner=None, reason=bindparam("reason"))
)
_NOTE = Prepared(
    update(ATTEMPT)
    .where(_A.delivery_id == bindparam("of_delivery"), _A.n == bindparam("of_n"))
    .values({name: bindparam(name) for name in ("finished_at", "phase", "code", "detail", "reply", "remote_id")})
    .values(outcome=case((_A.outcome == "", bindparam("new_outcome")), else_=_A.outcome))
)
_ADD_ALERTS = Bulk(insert_new(ALERT).on_conflict_do_nothing(index_elements=["id"]), columns_of(ALERT))
_ADD_DELIVERY = insert_new(DELIVERY).on_conflict_do_nothing(index_elements=["id"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a try ended and what becomes of its delivery; `events` lead there from `sending`, one by one."""

    events: tuple[DeliveryEvent, ...]
    outcome: str
    next_at: datetime
    expires_at: datetime | None
    counted_count: int
    doubt_count: int
    reason: str = ""
    phase: str = ""
    code: int | None = None
    detail: str = ""
    reply: str = ""
    remote_id: str | None = None

    @property
    def state(self) -> DeliveryState:
        return reduce(transition, self.events, DeliveryState.SENDING)


def enqueue(conn: Connection, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
    """Insert what is not known yet; ids are hashes, so telling the same twice changes nothing."""
    if alerts:
        _ADD_ALERTS.write(conn, map(alert_row, alerts))
    if deliveries:
        conn.execute(_ADD_DELIVERY, [values_of(delivery) for delivery in deliveries])


def heads(conn: Connection, channel: str, limit: int) -> list[Delivery]:
    """The queued deliveries that may go first, due or not, at most one of each line; never none if there is any."""
    rows = conn.execute(_HEADS, {"of_channel": channel, "at_most": limit}).all() if limit > 1 else []
    return [delivery_from(row) for row in rows or conn.execute(_HEAD, {"of_channel": channel})]


def claim(
    conn: Connection, delivery: Delivery, *, run_id: str, now: datetime, body: bytes | None, content_type: str | None
) -> Attempt | None:
    """Take a delivery that was read before; None if it changed since, is taken, or is no longer the head of its line.

    `body` becomes the delivery's for good, unless it has one already.
    """
    attempt = Attempt(delivery_id=delivery.id, n=delivery.attempt_count + 1, run_id=run_id, started_at=now)
    given = {
        "of_id": delivery.id,
        "of_count": delivery.attempt_count,
        "of_form": delivery.form,
        "owner": run_id,
        "attempt_count": attempt.n,
        "new_body": body,
        "new_type": content_type,
        "now": now,
    }
    if _CLAIM.run(conn, given) != 1:
        return None
    _ATTEMPT.run(conn, values_of(attempt))
    return attempt


def settle(
    conn: Connection, delivery_id: str, attempt_n: int, *, run_id: str, now: datetime, settlement: Settlement
) -> bool:
    """Write how a try ended; False if the delivery is no longer this try's, then only the attempt tells of it."""
    given = {
        "of_id": delivery_id,
        "of_run": run_id,
        "of_count": attempt_n,
        "state": settlement.state,
        "next_at": settlement.next_at,
        "expires_at": settlement.expires_at,
        "counted_count": settlement.counted_count,
        "doubt_count": settlement.doubt_count,
        "done_at": now if settlement.state in TERMINAL else None,
        "reason": settlement.reason,
    }
    mine = _SETTLE.run(conn, given) == 1
    if mine and DeliveryEvent.MESSAGE_PERMANENT in settlement.events:
        conn.execute(update(DELIVERY).where(_D.id == delivery_id).values(form="plain", body=None, content_type=None))
    _note(conn, delivery_id, attempt_n, now, settlement, late=not mine)
    return mine


def recover(conn: Connection, run_id: str, now: datetime, on_doubt: OnDoubt) -> list[Delivery]:
    """Put what other runs left in the air in doubt: nobody knows whether it arrived; returned as they stand now."""
    lost = select(DELIVERY).where(_D.state == _SENDING, func.coalesce(_D.owner, "") != run_id).order_by(_D.seq, _D.id)
    return [_put_in_doubt(conn, delivery_from(row), now, on_doubt) for row in conn.execute(lost).all()]


def alerts_of(conn: Connection, bundle_id: str) -> list[Alert]:
    rows = conn.execute(select(ALERT).where(ALERT.c.bundle_id == bundle_id).order_by(ALERT.c.created_at, ALERT.c.id))
    return [alert_from(row) for row in rows]


def attempts(conn: Connection, delivery_id: str) -> list[Attempt]:
    rows = conn.execute(select(ATTEMPT).where(_A.delivery_id == delivery_id).order_by(_A.n))
    return [attempt_from(row) for row in rows]


def _note(
    conn: Connection, delivery_id: str, attempt_n: int, now: datetime, settlement: Settlement, *, late: bool
) -> None:
    """Complete the attempt's row; a doubt that was noted of it stays, whatever is learned later."""
    given = {
        "of_delivery": delivery_id,
        "of_n": attempt_n,
        "finished_at": now,
        "phase": settlement.phase,
        "new_outcome": settlement.outcome,
        "code": settlement.code,
        "detail": f"too late: {settlement.outcome} {settlement.detail}".rstrip() if late else settlement.detail,
        "reply": settlement.reply,
        "remote_id": settlement.remote_id,
    }
    _NOTE.run(conn, given)


def _put_in_doubt(conn: Connection, delivery: Delivery, now: datetime, on_doubt: OnDoubt) -> Delivery:
    event = DeliveryEvent.HOLD if on_doubt == "hold" else DeliveryEvent.IN_DOUBT
    after = replace(
        delivery,
        state=transition(DeliveryState.SENDING, event),
        owner=None,
        next_at=now,
        doubt_count=delivery.doubt_count + 1,
        reason="the run ended before the answer was noted",
    )
    changed = ("state", "owner", "next_at", "doubt_count", "reason")
    values = {name: value for name, value in values_of(after).items() if name in changed}
    conn.execute(update(DELIVERY).where(_D.id == delivery.id).values(values))
    unknown = update(ATTEMPT).where(_A.delivery_id == delivery.id, _A.n == delivery.attempt_count, _A.outcome == "")
    conn.execute(unknown.values(outcome=str(DeliveryEvent.IN_DOUBT), detail=after.reason))
    return after
