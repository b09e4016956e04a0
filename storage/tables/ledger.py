"""Tables of what is claimed: claims, what was read beside them, promises, and a person's word on all of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer

from storage.model import ClaimKind, Modality, Origin, PromiseState
from storage.tables.columns import Day, Packed, Row, column, ident, one_of, when, words


class ClaimRow(Row, table=True):
    """A statement of an item; only `retracted_at` is ever set later. Bounds are days or decimals as text."""

    __tablename__ = "claim"
    __table_args__ = (
        one_of("kind", ClaimKind),
        one_of("modality", Modality),
        one_of("origin", Origin),
        Index(None, "key", "as_of"),
        Index(None, "event_id", "seen_at"),
        Index(None, "item_id"),
        Index(None, "subject"),
    )
    id: str = words(key=True)
    item_id: int = ident(to="item.id")
    revision: int = column(Integer)
    event_id: str | None = words(to="event.id", null=True)
    kind: str = words()
    key: str = words()
    subject: str = words()
    measure: str = words()
    facet: str = words()
    value: str = words()
    unit: str = words()
    lo: str | None = words(null=True)
    hi: str | None = words(null=True)
    precision: str = words()
    bound: str = words()
    modality: str = words()
    growth: str = words()
    conflict_days: int = column(Integer)
    as_of: date | None = column(Day, null=True)
    as_of_how: str = words()
    said_at: datetime | None = when(null=True)
    speaker: str = words()
    quote: str = words()
    sentence: int = column(Integer)
    start: int = column(Integer)
    end: int = column(Integer)
    rule: str = words()
    source: str = words()
    url: str | None = words(null=True)
    copy_group: int | None = ident(null=True)
    official: bool = column(Boolean)
    origin: str = words()
    rules_version: int = column(Integer)
    seen_at: datetime = when()
    retracted_at: datetime | None = when(null=True)


class MentionRow(Row, table=True):
    """All that a version of an item was read to say: one blob, for it is only ever read as a whole."""

    __tablename__ = "mention"
    __table_args__ = (Index(None, "seen_at"),)
    item_id: int = ident(key=True, to="item.id")
    revision: int = column(Integer, key=True)
    seen_at: datetime = when()
    blob: list[Any] = column(Packed)


class PromiseRow(Row, table=True):
    """A cache of the fold, so that what is overdue is found by an index."""

    __tablename__ = "promise"
    __table_args__ = (
        one_of("state", PromiseState),
        Index(None, "key"),
        Index(None, "state", "hi"),
        Index(None, "event_id"),
    )
    id: str = words(key=True)
    key: str = words()
    event_id: str | None = words(to="event.id", null=True)
    claim_id: str = words(to="claim.id")
    lo: date | None = column(Day, null=True)
    hi: date = column(Day)
    precision: str = words()
    grace_days: int = column(Integer)
    state: str = words()
    state_since: date | None = column(Day, null=True)
    prev_id: str | None = words(null=True)
    slip_no: int = column(Integer)
    total_days: int = column(Integer)
    closed_by: str | None = words(null=True)
    note: str = words()


class FactRulingRow(Row, table=True):
    """A person's decision about the ledger; any process may insert one."""

    __tablename__ = "fact_ruling"
    __table_args__ = (one_of("kind", ("pin", "drop", "merge", "split")), Index(None, "target"))
    id: int = ident(key=True)
    kind: str = words()
    target: str = words()
    value: str = words()
    author: str = words()
    note: str = words()
    at: datetime = when()
    undone_at: datetime | None = when(null=True)
