"""Tables of what was published: feeds, items with their keys, sightings and revisions, and the topics they match."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, LargeBinary, Text, UniqueConstraint, text

from storage.model import FeedState, KeyKind, Origin, RevisionClass, TextKind, VerdictKind
from storage.tables.columns import Day, Json, Row, Zipped, column, ident, one_of, when, words

_UNLINKED = text("event_id IS NULL")
_LINKED = text("event_id IS NOT NULL")
_COPY, _GROUPED = text("copy_of IS NOT NULL"), text("copy_group IS NOT NULL")


class FeedRow(Row, table=True):
    """A feed with the part of its memory that queries ask for; the rest of it is one JSON value."""

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("url"),
        one_of("kind", ("config", "command", "import")),
        one_of("state", FeedState),
        Index(None, "active", "next_poll_at"),
    )
    id: int = ident(key=True)
    url: str = words()
    effective_url: str = words()
    name: str = words()
    kind: str = words()
    active: bool = column(Boolean)
    options_json: dict[str, Any] = column(Json)
    created_at: datetime = when()
    state: str = words()
    next_poll_at: datetime | None = when(null=True)
    paused_until_at: datetime | None = when(null=True)
    lease_ends_at: datetime | None = when(null=True)
    lease_owner: str | None = words(null=True)
    document: int = column(Integer)
    ok_at: datetime | None = when(null=True)
    live_at: datetime | None = when(null=True)
    polled_at: datetime | None = when(null=True)
    last_status: int | None = column(Integer, null=True)
    last_error: str | None = words(null=True)
    failure_count: int = column(Integer)
    etag: str | None = words(null=True)
    last_modified: str | None = words(null=True)
    memory_json: dict[str, Any] = column(Json)


class FetchRow(Row, table=True):
    """The last polls of a feed, one line each."""

    __tablename__ = "fetch"
    __table_args__ = (Index(None, "feed_id", "id"),)
    id: int = ident(key=True)
    feed_id: int = ident(to="feed.id")
    at: datetime = when()
    outcome: str = words()
    http_status: int | None = column(Integer, null=True)
    byte_count: int = column(Integer)
    entry_count: int = column(Integer)
    new_count: int = column(Integer)
    revised_count: int = column(Integer)
    error: str | None = words(null=True)
    duration_ms: int = column(Integer)


class ItemRow(Row, table=True):
    __tablename__ = "item"
    __table_args__ = (
        one_of("origin", Origin),
        Index(None, "relevant", "sort_at"),
        Index(None, "first_seen_at"),
        # Most items match no topic and copy nothing: what they do not have is not indexed.
        Index("ix_item_event_id_sort_at", "event_id", "sort_at", sqlite_where=_LINKED, postgresql_where=_LINKED),
        Index("ix_item_copy_group", "copy_group", sqlite_where=_GROUPED, postgresql_where=_GROUPED),
        Index("ix_item_copy_of", "copy_of", sqlite_where=_COPY, postgresql_where=_COPY),
        Index("ix_item_unlinked", "first_seen_at", sqlite_where=_UNLINKED, postgresql_where=_UNLINKED),
    )
    id: int = ident(key=True)
    feed_id: int = ident(to="feed.id")
    url: str | None = words(null=True)
    title: str = words()
    lang: str | None = words(null=True)
    origin: str = words()
    relevant: bool = column(Boolean)
    first_seen_at: datetime = when()
    published_raw: str | None = words(null=True)
    published_at: datetime | None = when(null=True)
    published_on: date | None = column(Day, null=True)
    tz_known: bool = column(Boolean)
    date_trusted: bool = column(Boolean)
    sort_at: datetime = when()
    source_name: str | None = words(null=True)
    copy_of: int | None = ident(to="item.id", null=True)
    copy_group: int | None = ident(null=True)
    event_id: str | None = words(to="event.id", null=True)
    revision_count: int = column(Integer)
    withdrawn_at: datetime | None = when(null=True)
    forgotten_at: datetime | None = when(null=True)


class ItemKeyRow(Row, table=True):
    """A name that an item answers to; a barred one names nothing (item_id NULL) and never will again."""

    __tablename__ = "item_key"
    __table_args__ = (
        one_of("kind", KeyKind),
        Index(None, "item_id"),
        {"sqlite_with_rowid": False},
    )
    scope: int = ident(key=True)
    kind: str = words(key=True)
    value: str = words(key=True)
    item_id: int | None = ident(to="item.id", null=True)
    barred: bool = column(Boolean)


class TombstoneRow(Row, table=True):
    """A key of an item that was purged or forgotten: it must never come back as news."""

    __tablename__ = "tombstone"
    __table_args__ = (one_of("kind", KeyKind), {"sqlite_with_rowid": False})
    scope: int = ident(key=True)
    kind: str = words(key=True)
    value: str = words(key=True)


class HeldRow(Row, table=True):
    """A key staged by the quarantine."""

    __tablename__ = "held"
    __table_args__ = (one_of("kind", KeyKind), {"sqlite_with_rowid": False})
    feed_id: int = ident(key=True, to="feed.id")
    scope: int = ident(key=True)
    kind: str = words(key=True)
    value: str = words(key=True)
    since_at: datetime = when()


class SightingRow(Row, table=True):
    """An item in a feed, with the hashes of what this feed showed last."""

    __tablename__ = "sighting"
    __table_args__ = (
        one_of("text_kind", TextKind),
        Index(None, "feed_id", "last_document"),
        Index(None, "feed_id", "title_hash", "item_id"),
        Index(None, "item_id"),
        Index(None, "content_hash", "item_id"),
        Index(None, "text_hash", "item_id"),
    )
    feed_id: int = ident(key=True, to="feed.id")
    item_id: int = ident(key=True, to="item.id")
    link: str | None = words(null=True)
    guid: str | None = words(null=True)
    range_hash: bytes | None = column(LargeBinary, null=True)
    title_norm: str = words()
    title_hash: str = words()
    text_hash: str = words()
    content_hash: str = words()
    facts_hash: str = words()
    text_kind: str = words()
    first_seen_at: datetime = when()
    last_seen_at: datetime = when()
    last_document: int = column(Integer)
    missing_count: int = column(Integer)
    withdrawn_at: datetime | None = when(null=True)


class PageRow(Row, table=True):
    """The web page of an item, and when it is asked for next."""

    __tablename__ = "page"
    __table_args__ = (Index(None, "due_at"),)
    item_id: int = ident(key=True, to="item.id")
    feed_id: int = ident(to="feed.id")
    url: str = words()
    title: str = words()
    since_at: datetime = when()
    due_at: datetime | None = when(null=True)
    visit_count: int = column(Integer)
    visited_at: datetime | None = when(null=True)
    etag: str | None = words(null=True)
    last_modified: str | None = words(null=True)
    validators_url: str | None = words(null=True)
    body_hash: str | None = words(null=True)
    status: int | None = column(Integer, null=True)
    error: str | None = words(null=True)
    gone_at: datetime | None = when(null=True)


class ItemRevisionRow(Row, table=True):
    """One stored version of an item; a revert points at the one it repeats and holds no text."""

    __tablename__ = "item_revision"
    __table_args__ = (
        UniqueConstraint("item_id", "n"),
        one_of("class", RevisionClass),
        one_of("text_kind", TextKind),
    )
    id: int = ident(key=True)
    item_id: int = ident(to="item.id")
    n: int = column(Integer)
    feed_id: int = ident(to="feed.id")
    seen_at: datetime = when()
    class_: str = column(Text, name="class")
    marker: str | None = words(null=True)
    late: bool = column(Boolean)
    added_only: bool = column(Boolean)
    damped: bool = column(Boolean)
    reverts_to: int | None = column(Integer, null=True)
    reason: str = words()
    title: str = words()
    text: str | None = column(Zipped, null=True)
    title_norm: str = words()
    text_kind: str = words()
    title_word_count: int = column(Integer)
    text_word_count: int = column(Integer)
    title_hash: str = words()
    text_hash: str = words()
    content_hash: str = words()
    facts_hash: str = words()
    norm_version: int = column(Integer)


class ItemTopicRow(Row, table=True):
    """A topic that an item matches, with the words that matched."""

    __tablename__ = "item_topic"
    __table_args__ = (
        Index(None, "topic", "sort_at"),
        Index(None, "item_id"),
        {"sqlite_with_rowid": False},
    )
    topic: str = words(key=True)
    item_id: int = ident(key=True, to="item.id")
    sort_at: datetime = when()
    matched_json: list[Any] = column(Json)


class ItemSearchRow(Row, table=True):
    """What an item is found by: folded words in their common form, and marks for filters. See `search_index`."""

    __tablename__ = "item_search"
    item_id: int = ident(key=True, to="item.id")
    title: str = words()
    text: str = words()
    marks: str = words()


class VerdictRow(Row, table=True):
    """Every decision about an item but that it was seen again or is missing."""

    __tablename__ = "verdict"
    __table_args__ = (
        one_of("kind", VerdictKind),
        Index(None, "item_id", "at"),
    )
    id: int = ident(key=True)
    item_id: int = ident(to="item.id")
    feed_id: int = ident(to="feed.id")
    at: datetime = when()
    kind: str = words()
    via: str = words()
    reason: str = words()


class ItemSentenceRow(Row, table=True):
    """A sentence of six words or more, by its 64-bit signed hash, in the items that hold it."""

    __tablename__ = "item_sentence"
    __table_args__ = (Index(None, "item_id"), {"sqlite_with_rowid": False})
    hash: int = ident(key=True)
    item_id: int = ident(key=True, to="item.id")
    feed_id: int = ident()
    words: int = column(Integer)
    sort_at: datetime = when()
