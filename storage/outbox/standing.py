"""What a digest says beside its changes: what was not told and why, and how the feeds are.

Rule: counted from the stored decisions, so that a digest never claims a silence that `alerts why` cannot explain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, func, or_, select

from storage.model import Delivery, FeedState
from storage.rows import feed_from
from storage.tables import ALERT, DIGEST_SLOT, FEED

_DAY = timedelta(days=1)
_WELL = (FeedState.NEW, FeedState.OK, FeedState.PAUSED)

_SLOT = select(DIGEST_SLOT.c.scope, DIGEST_SLOT.c.slot_at).where(DIGEST_SLOT.c.bundle_id == bindparam("of_bundle"))
_BEFORE = select(func.max(DIGEST_SLOT.c.slot_at)).where(
    DIGEST_SLOT.c.scope == bindparam("of_scope"), DIGEST_SLOT.c.slot_at < bindparam("of_slot")
)
_SILENT = (
    select(ALERT.c.reason, func.count().label("decisions"))
    .where(ALERT.c.created_at > bindparam("since"), ALERT.c.created_at <= bindparam("until"))
    .where(ALERT.c.decision == "suppressed", or_(ALERT.c.channel == bindparam("of_channel"), ALERT.c.channel == ""))
    .group_by(ALERT.c.reason)
)
_FEEDS = select(FEED).where(FEED.c.active, FEED.c.kind != "import").order_by(FEED.c.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SickFeed:
    """A feed that does not bring what it should; the instant is None where nobody noted it."""

    name: str
    error: str
    since_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands behind a digest; `silent` counts the decisions since `since_at` that told nobody, by reason."""

    scope: str
    slot_at: datetime
    since_at: datetime  # of the digest before, else a day ago
    silent: Mapping[str, int] = field(default_factory=dict)
    feed_count: int = 0
    sick_feeds: tuple[SickFeed, ...] = ()


def read_standing(conn: Connection, delivery: Delivery) -> Standing:
    """The standing of the digest that `delivery` carries."""
    slot = conn.execute(_SLOT, {"of_bundle": delivery.bundle_id}).first()
    scope, slot_at = (slot.scope, slot.slot_at) if slot else (delivery.channel, delivery.next_at)
    before = conn.scalar(_BEFORE, {"of_scope": scope, "of_slot": slot_at})
    since_at = max(before or slot_at - _DAY, slot_at - 7 * _DAY)
    given = {"since": since_at, "until": slot_at, "of_channel": delivery.channel}
    silent: dict[str, int] = {}
    for row in conn.execute(_SILENT, given):
        reason = row.reason.partition("(")[0]
        silent[reason] = silent.get(reason, 0) + row.decisions
    feeds = conn.execute(_FEEDS).mappings().all()
    return Standing(
        scope=scope,
        slot_at=slot_at,
        since_at=since_at,
        silent=silent,
        feed_count=len(feeds),
        sick_feeds=tuple(
            SickFeed(
                name=row["name"],
                error=row["last_error"] or row["state"],
                since_at=feed_from(row).memory.failing_since_at,
            )
            for row in feeds
            if row["state"] not in _WELL
        ),
    )
