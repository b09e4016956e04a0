"""Tables of what happened: events, the items in them, the linker's cache, and the changes of the timeline."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Float, Index, Integer, LargeBinary, text

from storage.model import Origin, RulingKind
from storage.tables.columns import Day, Json, Packed, Row, column, ident, one_of, when, words

_UNCOUNTED = text("uncounted IS NOT NULL")


class EventRow(Row, table=True):
    """A running story; after a merge the younger one stays as a signpost (`merged_into`)."""

    __tablename__ = "event"
    __table_args__ = (Index(None, "changed_at"), Index(None, "last_at"), Index(None, "merged_into"))
    id: str = words(key=True)
    title: str = words()
    status: str | None = words(null=True)
    starts_on: date | None = column(Day, null=True)
    ends_on: date | None = column(Day, null=True)
    first_at: datetime = when()
    last_at: datetime = when()
    first_seen_at: datetime = when()
    changed_at: datetime = when()
    revision: int = column(Integer)
    item_count: int = column(Integer)
    merged_into: str | None = words(to="event.id", null=True)


class EventTopicRow(Row, table=True):
    __tablename__ = "event_topic"
    __table_args__ = (Index(None, "event_id"), {"sqlite_with_rowid": False})
    topic: str = words(key=True)
    event_id: str = words(key=True, to="event.id")


class EventItemRow(Row, table=True):
    """What the linker decided about an item, and why; where the item stands is `item.event_id`: a person may differ."""

    __tablename__ = "event_item"
    __table_args__ = (
        one_of("how", ("founded", "joined", "reprint", "revived", "pinned")),
        Index(None, "event_id"),
    )
    item_id: int = ident(key=True, to="item.id")
    event_id: str = words(to="event.id")
    how: str = words()
    score: float = column(Float)
    reasons_json: list[Any] = column(Json)
    related_json: list[Any] = column(Json)
    linked_at: datetime = when()


class RulingRow(Row, table=True):
    """A person's decision about events; a row that is undone stays."""

    __tablename__ = "ruling"
    __table_args__ = (one_of("kind", RulingKind), Index(None, "undone_at"))
    id: int = ident(key=True)
    kind: str = words()
    at: datetime = when()
    author: str = words()
    payload_json: dict[str, Any] = column(Json)
    undone_at: datetime | None = when(null=True)


class LinkedItemRow(Row, table=True):
    """What an item told the linker when it came, as `storage.linking` writes it; until they are counted, those of its
    terms that `vectors` lacks stand in `uncounted`.
    """

    __tablename__ = "linked_item"
    __table_args__ = (
        Index("ix_linked_item_uncounted", "item_id", sqlite_where=_UNCOUNTED, postgresql_where=_UNCOUNTED),
    )
    item_id: int = ident(key=True, to="item.id")
    at: datetime = when()
    outlet: str = words()
    lang: str = words()
    vectors: bytes = column(LargeBinary)
    uncounted: bytes | None = column(LargeBinary, null=True)


class ItemTermRow(Row, table=True):
    """A figure or a day ("numbers:212") by which an item is found after its event has gone silent."""

    __tablename__ = "item_term"
    __table_args__ = (Index(None, "item_id"), {"sqlite_with_rowid": False})
    term: str = words(key=True)
    at: datetime = when(key=True)
    item_id: int = ident(key=True, to="item.id")


class StorylineRow(Row, table=True):
    """A thread of events as the program suggests it; its id is that of its first event."""

    __tablename__ = "storyline"
    id: str = words(key=True)
    blob: dict[str, Any] = column(Packed)


class EventStorylineRow(Row, table=True):
    """The storyline that is suggested for an event, and how many items the event had then."""

    __tablename__ = "event_storyline"
    __table_args__ = (Index(None, "storyline_id"), {"sqlite_with_rowid": False})
    event_id: str = words(key=True, to="event.id")
    storyline_id: str = words()
    item_count: int = column(Integer)


class StorylineTermRow(Row, table=True):
    """A term by which a storyline is found."""

    __tablename__ = "storyline_term"
    __table_args__ = (Index(None, "storyline_id"), Index(None, "term", "weight"), {"sqlite_with_rowid": False})
    term: str = words(key=True)
    storyline_id: str = words(key=True)
    weight: float = column(Float)


class EventStateRow(Row, table=True):
    """The linker's picture of an event after so many members: a cache."""

    __tablename__ = "event_state"
    event_id: str = words(key=True, to="event.id")
    item_count: int = column(Integer)
    blob: dict[str, Any] = column(Packed)


class TermCountRow(Row, table=True):
    """In how many items of an epoch a term occurred."""

    __tablename__ = "term_count"
    __table_args__ = ({"sqlite_with_rowid": False},)
    epoch: int = column(Integer, key=True)
    field: str = words(key=True)
    term: str = words(key=True)
    count: int = column(Integer)


class MetaRow(Row, table=True):
    """Values of the whole database: events_version ..."""

    __tablename__ = "meta"
    __table_args__ = ({"sqlite_with_rowid": False},)
    key: str = words(key=True)
    value: str = words()


class ChangeRow(Row, table=True):
    """A line of the timeline; never rewritten."""

    __tablename__ = "change"
    __table_args__ = (
        one_of("origin", Origin),
        Index(None, "at"),  # with the row number that every index ends in: the order of commits within an instant
        Index(None, "event_id", "at"),
        Index(None, "item_id"),
        Index(None, "feed_id", "kind", "key"),
    )
    id: str = words(key=True)
    event_id: str | None = words(to="event.id", null=True)
    feed_id: int | None = ident(to="feed.id", null=True)
    item_id: int | None = ident(to="item.id", null=True)
    revision: int = column(Integer)
    kind: str = words()
    key: str = words()
    from_json: Any = column(Json)
    to_json: Any = column(Json)
    payload_json: dict[str, Any] = column(Json)
    quotes_json: list[Any] = column(Json)
    happened_on: date | None = column(Day, null=True)
    happened_precision: str = words()
    as_of: date | None = column(Day, null=True)
    at: datetime = when()
    topics_json: list[Any] = column(Json)
    origin: str = words()


class ChangeTopicRow(Row, table=True):
    __tablename__ = "change_topic"
    __table_args__ = (Index(None, "change_id"), {"sqlite_with_rowid": False})
    topic: str = words(key=True)
    at: datetime = when(key=True)
    change_id: str = words(key=True, to="change.id")


class ReadMarkRow(Row, table=True):
    """That a person has read a change, or wants to read it again; `meta` holds the time until which all is read."""

    __tablename__ = "read_mark"
    __table_args__ = ({"sqlite_with_rowid": False},)
    change_id: str = words(key=True)
    is_read: bool = column(Boolean)
    at: datetime = when()
