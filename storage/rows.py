"""Noun <-> row, one pair of functions a noun: `x_values` gives the columns to write, `x_from` reads a row.

Rule: rows stay inside `storage`. A row that an older Salname wrote is read with the defaults of what it does not know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from storage.model import (
    ArticlePage,
    Content,
    Feed,
    FeedMemory,
    FeedOptions,
    FeedState,
    FetchRecord,
    Item,
    JsonValue,
    Key,
    KeyKind,
    Origin,
    Revision,
    RevisionClass,
    Sighting,
    TextKind,
    TopicMatch,
    Verdict,
    VerdictKind,
)
from storage.tables.columns import instant, micros

Values = dict[str, Any]

# The part of a feed's memory that queries ask for stands in columns of the same names.
_MEMORY_PLAIN = (
    "next_poll_at",
    "paused_until_at",
    "document",
    "ok_at",
    "live_at",
    "polled_at",
    "last_status",
    "last_error",
    "failure_count",
    "etag",
    "last_modified",
)
_MEMORY_REST = tuple(name for name in FeedMemory._fields if name not in {*_MEMORY_PLAIN, "state"})
_NO_OPTIONS = FeedOptions()

MEMORY_COLUMNS = ("state", *_MEMORY_PLAIN, "memory_json")
FEED_COLUMNS = (
    *("id", "url", "effective_url", "name", "kind", "active", "options_json", "created_at"),
    *MEMORY_COLUMNS,
)
FETCH_COLUMNS = (
    *("feed_id", "at", "outcome", "http_status", "byte_count", "entry_count", "new_count", "revised_count"),
    *("error", "duration_ms"),
)


PAGE_COLUMNS = tuple(f.name for f in fields(ArticlePage))
_PAGE_INSTANTS = ("since_at", "due_at", "visited_at", "gone_at")


def companion_url(url: str) -> str:
    """The name of the source under which the pages of a feed's items are kept; it is never asked for."""
    return f"pages:{url}"


def page_from(row: Row[Any]) -> ArticlePage:
    """A page from a row as the driver gives it, with instants as numbers."""
    values = {name: getattr(row, name) for name in PAGE_COLUMNS}
    for name in _PAGE_INSTANTS:
        values[name] = None if values[name] is None else instant(values[name])
    return ArticlePage(**values)


def page_row(page: ArticlePage) -> tuple[Any, ...]:
    return tuple(getattr(page, name) for name in PAGE_COLUMNS)


def feed_values(*, url: str, name: str, kind: str, active: bool, options: FeedOptions, now: datetime) -> Values:
    """A feed that was never polled."""
    return {
        "url": url,
        "effective_url": url,
        "name": name,
        "kind": kind,
        "active": active,
        "options_json": options_json(options),
        "created_at": now,
        "lease_ends_at": None,
        "lease_owner": None,
        **memory_values(FeedMemory()),
    }


def feed_from(row: Mapping[Any, Any]) -> Feed:
    return feed_of([row[name] for name in FEED_COLUMNS])


def feed_of(values: Sequence[Any]) -> Feed:
    """A feed from its values in the order of FEED_COLUMNS."""
    feed_id, url, effective_url, name, kind, active, options, created_at, state, *plain, kept = values
    rest = {name: _rich(name, kept[name]) for name in _MEMORY_REST if name in kept}
    return Feed(
        id=feed_id,
        url=url,
        effective_url=effective_url,
        name=name,
        kind=kind,
        active=active,
        options=options_from(options) if options else _NO_OPTIONS,
        created_at=created_at,
        memory=FeedMemory(state=FeedState(state), **dict(zip(_MEMORY_PLAIN, plain, strict=True)), **rest),
    )


def options_json(options: FeedOptions) -> dict[str, JsonValue]:
    """What differs from the defaults, so that a default may change."""
    return {f.name: getattr(options, f.name) for f in fields(options) if getattr(options, f.name) != f.default}


def options_from(value: Mapping[str, Any]) -> FeedOptions:
    known = {f.name: value[f.name] for f in fields(FeedOptions) if f.name in value}
    for name in ("assume", "topics"):
        if name in known:
            known[name] = tuple(known[name])
    if "headers_env" in known:
        known["headers_env"] = tuple((header, variable) for header, variable in known["headers_env"])
    return FeedOptions(**known)


def memory_values(memory: FeedMemory) -> Values:
    columns = {name: getattr(memory, name) for name in _MEMORY_PLAIN}
    rest = {name: _plain(name, getattr(memory, name)) for name in _MEMORY_REST}
    return {"state": memory.state.value, **columns, "memory_json": rest}


def _plain(name: str, value: Any) -> JsonValue:
    """A field of the memory as JSON: instants as microseconds, sets sorted."""
    to_json = _TO_JSON.get(name)
    return value if to_json is None or value is None else to_json(value)


def _rich(name: str, value: Any) -> Any:
    from_json = _FROM_JSON.get(name)
    return value if from_json is None or value is None else from_json(value)


def _gap_to_json(gap: tuple[datetime, datetime, float]) -> JsonValue:
    return [micros(gap[0]), micros(gap[1]), gap[2]]


def _gap_from_json(value: Sequence[Any]) -> tuple[datetime, datetime, float]:
    return instant(value[0]), instant(value[1]), value[2]


_MEMORY_INSTANTS = tuple(name for name in _MEMORY_REST if name.endswith("_at"))
_TO_JSON: Mapping[str, Callable[[Any], JsonValue]] = {
    **dict.fromkeys(_MEMORY_INSTANTS, micros),
    "possible_gap": _gap_to_json,
    "flags": sorted,
    "samples": dict,
}
_FROM_JSON: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_MEMORY_INSTANTS, instant),
    "possible_gap": _gap_from_json,
    "flags": frozenset,
    "skip_hours": tuple,
    "skip_days": tuple,
}


def fetch_row(feed_id: int, record: FetchRecord) -> "Tuple":
    return (feed_id, *_fetch_head(record), round(record.duration_s * 1000))


def fetch_from(row: Row[Any]) -> FetchRecord:
    return FetchRecord(
        at=row.at,
        outcome=row.outcome,
        http_status=row.http_status,
        byte_count=row.byte_count,
        entry_count=row.entry_count,
        new_count=row.new_count,
        revised_count=row.revised_count,
        error=row.error,
        duration_s=row.duration_ms / 1000,
    )


ITEM_COLUMNS = Item._fields  # all but `forgotten_at`, which no plan sets
SIGHTING_COLUMNS = Sighting._fields
KEY_COLUMNS = ("scope", "kind", "value")
REVISION_COLUMNS = (
    *("item_id", "n", "feed_id", "seen_at", "class", "marker", "late", "added_only", "damped", "reverts_to", "reason"),
    *("title", "text", "title_norm", "text_kind", "title_word_count", "text_word_count"),
    *("title_hash", "text_hash", "content_hash", "facts_hash", "norm_version"),
)
VERDICT_COLUMNS = ("item_id", "feed_id", "at", "kind", "via", "reason")

# Tuples in the order of those columns: at five thousand items a second a mapping for each row is felt.
Tuple = tuple[Any, ...]
_fetch_head = attrgetter(*FETCH_COLUMNS[1:-1])
_revision_head = attrgetter("item_id", "n", "feed_id", "seen_at", "class_", "marker", "late", "added_only", "damped")
_CONTENT_COLUMNS = REVISION_COLUMNS[13:]
_content_tail = attrgetter(*_CONTENT_COLUMNS)


def item_from(row: Row[Any]) -> Item:
    item = Item._make(getattr(row, name) for name in ITEM_COLUMNS)
    return item._replace(origin=Origin(item.origin))


def revision_row(revision: Revision) -> Tuple:
    """A revert keeps its title but no text: it points at the version whose text it repeats."""
    content = revision.content
    text = content.text if revision.class_ is not RevisionClass.REVERT else None
    words = (revision.reverts_to, revision.reason, content.title, text or None)
    return (*_revision_head(revision), *words, *_content_tail(content))


def revision_from(row: Row[Any], *, title: str = "", text: str = "") -> Revision:
    """A version; its words are passed in, for most readers need its hashes alone."""
    values = dict(zip(_CONTENT_COLUMNS, _content_tail(row), strict=True))
    values["text_kind"] = TextKind(values["text_kind"])
    return Revision(
        item_id=row.item_id,
        n=row.n,
        feed_id=row.feed_id,
        seen_at=row.seen_at,
        class_=RevisionClass(row.class_),
        content=Content(title=title, text=text, marker=row.marker, **values),
        marker=row.marker,
        late=row.late,
        added_only=row.added_only,
        damped=row.damped,
        reverts_to=row.reverts_to,
        reason=row.reason,
    )


def key_row(key: Key) -> Tuple:
    """The driver looks for a way to store a member of an enumeration, which takes as long as to store it."""
    return (key.scope, key.kind._value_, key.value)


def key_from(row: Row[Any]) -> Key:
    return Key(row.scope, KeyKind(row.kind), row.value)


def matches_json(matches: Sequence[TopicMatch]) -> list[JsonValue]:
    """The matches of one topic: `{group, term, words, where, offset}` each."""
    return [{"group": m.group, "term": m.term, "words": m.words, "where": m.where, "offset": m.offset} for m in matches]


def matches_from(topic: str, value: Sequence[Mapping[str, Any]]) -> list[TopicMatch]:
    return [TopicMatch(topic=topic, **match) for match in value]


def verdict_row(verdict: Verdict, feed_id: int, at: datetime) -> Tuple:
    return verdict.item_id, feed_id, at, verdict.kind, verdict.via, verdict.reason


def verdict_from(row: Row[Any]) -> Verdict:
    return Verdict(kind=VerdictKind(row.kind), position=None, item_id=row.item_id, via=row.via, reason=row.reason)
