"""Alerts that wait: for their window to close, for the end of quiet hours, for a digest.

Rule: everything that a decision about them needs is read in one go, and every decision is written back with its reason.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    func,
    literal_column,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects.sqlite import insert as insert_new

from storage.model import Alert, Change
from storage.outbox.nouns import AnyRow, alert_of, change_of
from storage.outbox.states import OPEN
from storage.statements.asking import chunks
from storage.tables import ALERT, ATTEMPT, CHANGE, DELIVERY, DIGEST_SLOT, FEED, ITEM

_A, _D = ALERT.c, DELIVERY.c
_ASKED = 500  # groups in one statement
_PENDING: ColumnElement[str] = literal_column("'pending'")
_HELD: ColumnElement[str] = literal_column("'held'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An alert with its change, and what conditions may ask of it."""

    alert: Alert
    change: Change
    title: str
    sources: frozenset[str]  # names and addresses of its feed, its outlet
    lang: str | None


# The feed of an item's change is that of its item.
_WAITING = (
    select(
        ALERT,
        *(column.label(f"told_{column.name}") for column in CHANGE.c),
        ITEM.c.title.label("item_title"),
        ITEM.c.lang.label("item_lang"),
        ITEM.c.source_name.label("item_source"),
        FEED.c.name.label("feed_name"),
        FEED.c.url.label("feed_url"),
        FEED.c.options_json.label("feed_options"),
    )
    .join(CHANGE, CHANGE.c.id == _A.change_id)
    .outerjoin(ITEM, ITEM.c.id == CHANGE.c.item_id)
    .outerjoin(FEED, FEED.c.id == func.coalesce(CHANGE.c.feed_id, ITEM.c.feed_id))
)
_DUE_GROUPS = (
    select(_A.group_key, _A.channel)
    .where(_A.decision == _PENDING, _A.release_at <= bindparam("now"))
    .where(_A.channel.in_(bindparam("channels", expanding=True)))
    .group_by(_A.group_key, _A.channel)
    .order_by(func.min(_A.release_at), _A.group_key, _A.channel)
    .limit(bindparam("limit"))
)
_ANY_DUE = (
    select(_A.id)
    .where(_A.decision.in_([_PENDING, _HELD]), _A.release_at <= bindparam("now"))
    .where(_A.channel.in_(bindparam("channels", expanding=True)))
    .limit(1)
)
_OF_GROUPS = _WAITING.where(
    _A.decision == _PENDING, tuple_(_A.group_key, _A.channel).in_(bindparam("pairs", expanding=True))
).order_by(CHANGE.c.at, _A.id)
_DUE_CHANNELS = (
    select(_A.channel)
    .distinct()
    .where(_A.decision == _HELD, _A.release_at <= bindparam("now"))
    .where(_A.channel.in_(bindparam("channels", expanding=True)))
)
_DUE_HELD = _WAITING.where(
    _A.decision == _HELD, _A.release_at <= bindparam("now"), _A.channel == bindparam("of_channel")
).order_by(CHANGE.c.at, _A.id)
_LAST = (
    select(_A.group_key, _A.channel, func.max(_A.release_at).label("at"))
    .where(_A.decision == literal_column("'bundled'"))
    .where(tuple_(_A.group_key, _A.channel).in_(bindparam("pairs", expanding=True)))
    .group_by(_A.group_key, _A.channel)
)
_TOLD_OF = _WAITING.where(
    _A.channel == bindparam("of_channel"),
    _A.decision.in_([_PENDING, literal_column("'bundled'")]),
    _A.created_at >= bindparam("since"),
).order_by(_A.created_at, _A.id)
_DECIDE = (
    update(ALERT)
    .where(_A.id == bindparam("of_id"), _A.decision.in_([_PENDING, _HELD]))
    .values({name: bindparam(f"new_{name}") for name in ("decision", "reason", "bundle_id", "release_at")})
)


def is_due(conn: Connection, channels: Collection[str], now: datetime) -> bool:
    """Whether anything waits no longer; asked once a second."""
    given = {"now": now, "channels": list(channels)}
    return bool(channels) and conn.scalar(_ANY_DUE, given) is not None


def due_windows(conn: Connection, channels: Collection[str], now: datetime, limit: int) -> list[Waiting]:
    """All pending alerts of at most `limit` groups of which one is due: a window closes as a whole."""
    given = {"now": now, "channels": list(channels), "limit": limit}
    pairs = [(row.group_key, row.channel) for row in conn.execute(_DUE_GROUPS, given)] if channels else []
    return [_waiting(row) for row in _for_pairs(conn, _OF_GROUPS, pairs)]


def channels_with_held(conn: Connection, channels: Collection[str], now: datetime) -> list[str]:
    """Those for which something that was held is due."""
    if not channels:
        return []
    return sorted(conn.scalars(_DUE_CHANNELS, {"now": now, "channels": list(channels)}))


def due_held(conn: Connection, channel: str, now: datetime) -> list[Waiting]:
    return [_waiting(row) for row in conn.execute(_DUE_HELD, {"now": now, "of_channel": channel})]


def all_waiting(conn: Connection, decision: str) -> list[Waiting]:
    """Everything that is `pending` or `held`."""
    return [_waiting(row) for row in conn.execute(_WAITING.where(_A.decision == decision).order_by(_A.id))]


def told_groups(conn: Connection, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """By (group, channel): when its last window closed."""
    return {(row.group_key, row.channel): row.at for row in _for_pairs(conn, _LAST, pairs)}


def told_since(conn: Connection, channel: str, since: datetime) -> list[Waiting]:
    """What was decided to be told by the channel since then, sent or still to be sent."""
    return [_waiting(row) for row in conn.execute(_TOLD_OF, {"of_channel": channel, "since": since})]


def decide(conn: Connection, alerts: Iterable[Alert]) -> None:
    """Write what became of alerts that waited; one that no longer waits is left as it is."""
    changed = ("decision", "reason", "bundle_id", "release_at")
    given = [{"of_id": one.id} | {f"new_{name}": getattr(one, name) for name in changed} for one in alerts]
    if given:
        conn.execute(_DECIDE, given)


def message_count(conn: Connection, channel: str, since: datetime, limit: int) -> int:
    """Bundles of the channel that wait, or were handed over after `since`; counted up to `limit`."""
    waiting = select(_D.bundle_id).where(
        _D.channel == channel, _D.state.in_([literal_column(f"'{state}'") for state in OPEN])
    )
    told = (
        select(_D.bundle_id)
        .join(ATTEMPT, ATTEMPT.c.delivery_id == _D.id)
        .where(ATTEMPT.c.started_at > since, _D.channel == channel, ATTEMPT.c.outcome.in_(("ok", "in_doubt")))
    )
    counted = select(union(waiting, told).subquery()).limit(limit).subquery()
    return conn.scalar(select(func.count()).select_from(counted)) or 0


def digest_slot(conn: Connection, scope: str, slot_at: datetime) -> bool:
    """Whether the slot's digest was made."""
    known = select(DIGEST_SLOT.c.slot_at).where(DIGEST_SLOT.c.scope == scope, DIGEST_SLOT.c.slot_at == slot_at)
    return conn.scalar(known) is not None


def take_slot(conn: Connection, scope: str, slot_at: datetime, bundle_id: str | None) -> bool:
    """Note that the slot's digest was made; False if it had been already."""
    new = insert_new(DIGEST_SLOT).values(scope=scope, slot_at=slot_at, bundle_id=bundle_id)
    return conn.execute(new.on_conflict_do_nothing()).rowcount == 1


def _for_pairs(
    conn: Connection, statement: Select[tuple[object, ...]], pairs: Sequence[tuple[str, str]]
) -> list[AnyRow]:
    return [row for part in chunks(pairs, _ASKED) for row in conn.execute(statement, {"pairs": part})]


def _waiting(row: AnyRow) -> Waiting:
    options = row.feed_options or {}
    names = (row.feed_name, row.feed_url, options.get("outlet"), row.item_source)
    return Waiting(
        alert=_alert(row),
        change=_change(row),
        title=row.item_title or "",
        sources=frozenset(name for name in names if name),
        lang=row.item_lang,
    )


def _alert(row: AnyRow) -> Alert:
    given = {column.name: getattr(row, column.name) for column in ALERT.c}
    return alert_of(given)


def _change(row: AnyRow) -> Change:
    return change_of({column.name: getattr(row, f"told_{column.name}") for column in CHANGE.c})
