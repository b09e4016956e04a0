"""What one delivery passes on: to a later one of its line after an outage, or to the channel that stands in for it.

Rule: nothing that was decided to be told disappears with the message that should have told it; the rows say who tells
it instead.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, Connection, bindparam, literal_column, or_, select, update
from sqlalchemy.dialects.sqlite import insert as insert_new

from storage.model import Alert, DeliveryState, alert_id
from storage.outbox.nouns import alert_from, alert_values
from storage.outbox.states import DeliveryEvent, transition
from storage.statements.asking import chunks
from storage.tables import ALERT, CHANNEL_STATE, DELIVERY

_A, _D = ALERT.c, DELIVERY.c
_ASKED = 10_000  # ids in one statement; SQLite takes 32,766
_TELLS = ("pending", "held", "bundled")
_QUEUED: ColumnElement[str] = literal_column("'queued'")
_FOLDED = str(transition(DeliveryState.QUEUED, DeliveryEvent.FOLD))
_CANCELLED = str(transition(DeliveryState.QUEUED, DeliveryEvent.CANCEL))
_FOLD = (
    update(DELIVERY)
    .where(or_(_D.id == bindparam("of_id"), _D.folded_into == bindparam("of_id")))
    .values(state=_FOLDED, folded_into=bindparam("into"), done_at=bindparam("now"), reason=bindparam("why"))
)


def bundles_of(conn: Connection, delivery_id: str, bundle_id: str) -> list[str]:
    """The bundle of a delivery, and those of the deliveries that were folded into it."""
    folded = conn.scalars(select(_D.bundle_id).where(_D.folded_into == delivery_id))
    return list(dict.fromkeys((bundle_id, *folded)))


def fold(conn: Connection, channel: str, now: datetime) -> int:
    """After an outage: of each event, what waits for an address is told by the last message of its line.

    Only what surely never arrived is folded, and only into a message that was never tried: a receiver that knows its
    id would take other words for a repeat. How many deliveries were folded.
    """
    waiting = (
        select(_D.id, _D.address, _D.order_key, _D.attempt_count, _D.doubt_count)
        .where(_D.channel == channel, _D.state == _QUEUED, _D.event_id.is_not(None))
        .order_by(_D.address, _D.order_key, _D.seq, _D.id)
    )
    folds: list[dict[str, object]] = []
    for _, line in groupby(conn.execute(waiting).all(), key=lambda row: (row.address, row.order_key)):
        rows = list(line)
        last_doubtful = max((n for n, row in enumerate(rows) if row.doubt_count), default=-1)
        sure = rows[last_doubtful + 1 :]
        if len(sure) > 1 and sure[-1].attempt_count == 0:
            why = (
                f"told with {len(sure) - 1} other changes after an outage" if len(sure) > 2 else "told after an outage"
            )
            folds += [{"of_id": row.id, "into": sure[-1].id, "now": now, "why": why} for row in sure[:-1]]
    if folds:
        conn.execute(_FOLD, folds)
    return len(folds)


def inherit(
    conn: Connection, bundle_ids: Collection[str], channel: str, *, reason: str, release_at: datetime, now: datetime
) -> int:
    """Hold the alerts of these bundles for another channel's digest, but for what that tells anyway; how many."""
    parts = (conn.execute(select(ALERT).where(_A.bundle_id.in_(part))) for part in chunks(list(bundle_ids), _ASKED))
    alerts = [alert_from(row) for part in parts for row in part]
    return _hold(conn, alerts, channel, reason=reason, release_at=release_at, now=now)


def leave(conn: Connection, channel: str, heir: str, *, release_at: datetime, now: datetime) -> int:
    """A channel that is gone from the configuration leaves what it has not told to another one's digest; how many."""
    queued = conn.execute(select(_D.id, _D.bundle_id).where(_D.channel == channel, _D.state == _QUEUED)).all()
    bundles = [bundle for row in queued for bundle in bundles_of(conn, row.id, row.bundle_id)]
    waiting = (_A.channel == channel, _A.decision.in_(("pending", "held")))
    alerts = [alert_from(row) for row in conn.execute(select(ALERT).where(*waiting))]
    reason = f"gone({channel})"
    count = inherit(conn, bundles, heir, reason=reason, release_at=release_at, now=now)
    count += _hold(conn, alerts, heir, reason=reason, release_at=release_at, now=now)
    said = f"channel {channel} is no longer configured; told in the digest of {heir}"
    cancelled = update(DELIVERY).where(_D.channel == channel, _D.state == _QUEUED)
    conn.execute(cancelled.values(state=_CANCELLED, done_at=now, reason=said))
    silent = {"decision": "suppressed", "reason": f"gone({channel})", "release_at": None}
    conn.execute(update(ALERT).where(*waiting).values(silent))
    return count


def orphans(conn: Connection, configured: Collection[str]) -> dict[str, str]:
    """Channels that are no longer configured and have something to say, with the one that each named as its heir."""
    states = conn.execute(select(CHANNEL_STATE.c.name, CHANNEL_STATE.c.fallback))
    heirs = {row.name: row.fallback for row in states}
    found = {
        *conn.scalars(select(_D.channel).where(_D.state == _QUEUED).distinct()),
        *conn.scalars(select(_A.channel).where(_A.decision.in_(("pending", "held"))).distinct()),
    }
    return {name: heirs.get(name, "") for name in sorted(found - {*configured, ""})}


def _hold(
    conn: Connection, alerts: Sequence[Alert], channel: str, *, reason: str, release_at: datetime, now: datetime
) -> int:
    told = select(_A.change_id).where(_A.channel == channel, _A.decision.in_(_TELLS))
    parts = chunks([alert.change_id for alert in alerts], _ASKED)
    known = {change for part in parts for change in conn.scalars(told.where(_A.change_id.in_(part)))}
    held = {
        alert.change_id: replace(
            alert,
            id=alert_id(alert.change_id, alert.route, channel),
            channel=channel,
            decision="held",
            reason=reason,
            bundle_id=None,
            release_at=release_at,
            created_at=now,
        )
        for alert in alerts
        if alert.change_id not in known
    }
    if held:
        new = insert_new(ALERT)
        again = {name: new.excluded[name] for name in ("decision", "reason", "bundle_id", "release_at")}
        put = new.on_conflict_do_update(index_elements=["id"], set_=again)
        conn.execute(put, [alert_values(one) for one in held.values()])
    return len(held)
