"""What happened, with what conditions may ask of it: history as a configuration would have met it.

Rule: only what is stored; what a poll knew and nobody kept is not guessed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, cast, distinct, func, select

from storage.model import Change
from storage.outbox.nouns import change_of
from storage.tables import CHANGE, FEED, ITEM


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """A change, its item and its feed; `source_count` outlets told of its event by then."""

    change: Change
    title: str
    sources: frozenset[str]  # names and addresses of its feed, its outlet
    lang: str | None
    source_count: int
    published_at: datetime | None  # None: no trusted date
    first_seen_at: datetime | None


_OTHER = ITEM.alias("other")
_OUTLET: ColumnElement[Any] = func.coalesce(_OTHER.c.source_name, cast(_OTHER.c.feed_id, Text))
_SOURCE_COUNT = (
    select(func.count(distinct(_OUTLET)))
    .where(_OTHER.c.event_id == CHANGE.c.event_id, _OTHER.c.first_seen_at <= CHANGE.c.at)
    .correlate(CHANGE)
    .scalar_subquery()
)
_SINCE = (
    select(
        *(column.label(f"told_{column.name}") for column in CHANGE.c),
        ITEM.c.title.label("item_title"),
        ITEM.c.lang.label("item_lang"),
        ITEM.c.source_name.label("item_source"),
        ITEM.c.published_at,
        ITEM.c.date_trusted,
        ITEM.c.first_seen_at,
        FEED.c.name.label("feed_name"),
        FEED.c.url.label("feed_url"),
        FEED.c.options_json.label("feed_options"),
        _SOURCE_COUNT.label("source_count"),
    )
    .select_from(CHANGE)
    .outerjoin(ITEM, ITEM.c.id == CHANGE.c.item_id)
    .outerjoin(FEED, FEED.c.id == func.coalesce(CHANGE.c.feed_id, ITEM.c.feed_id))
    .where(CHANGE.c.at >= bindparam("since", type_=CHANGE.c.at.type))
    .order_by(CHANGE.c.at, CHANGE.c.id)
)


def happened_since(conn: Connection, since: datetime) -> list[Happened]:
    """Every change since then, in order of time."""
    found = []
    for row in conn.execute(_SINCE, {"since": since}):
        change = change_of({column.name: getattr(row, f"told_{column.name}") for column in CHANGE.c})
        options = row.feed_options or {}
        names = (row.feed_name, row.feed_url, options.get("outlet"), row.item_source)
        found.append(
            Happened(
                change=change,
                title=row.item_title or "",
                sources=frozenset(name for name in names if name),
                lang=row.item_lang,
                source_count=max(row.source_count or 0, 1),
                published_at=row.published_at if row.date_trusted else None,
                first_seen_at=row.first_seen_at,
            )
        )
    return found
