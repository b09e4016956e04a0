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
_MEMORY_REST = tuple(f for f in fields(FeedMemory) if f.name not in {*_MEMORY_PLAIN, "state"})


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
    return Feed(
        id=row["id"],
        url=row["url"],
        effective_url=row["effective_url"],
        name=row["name"],
        kind=row["kind"],
        active=row["active"],
        options=options_from(row["options_json"]),
        created_at=row["created_at"],
        memory=_memory_from(row),
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
    rest = {f.name: _plain(f.name, getattr(memory, f.name)) for f in _MEMORY_REST}
    return {"state": memory.state.value, **columns, "memory_json": rest}


def _memory_from(row: Mapping[Any, Any]) -> FeedMemory:
    kept = row["memory_json"]
    rest = {f.name: _rich(f.name, kept[f.name]) for f in _MEMORY_REST if f.name in kept}
    columns = {name: row[name] for name in _MEMORY_PLAIN}
    return FeedMemory(state=FeedState(row["state"]), **columns, **rest)


def _plain(name: str, value: Any) -> JsonValue:
    """A field of the memory as JSON: instants as microseconds, sets sorted."""
    if value is None:
        return None
    if name == "possible_gap":
        return [micros(value[0]), micros(value[1]), value[2]]
    if name.endswith("_at"):
        return micros(value)
    return sorted(value) if name == "flags" else value  # the rest is JSON as it is


def _rich(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "possible_gap":
        return instant(value[0]), instant(value[1]), value[2]
    if name.endswith("_at"):
        return instant(value)
    if name == "flags":
        return frozenset(value)
    return tuple(value) if name in {"skip_hours", "skip_days"} else value


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


ITEM_COLUMNS = tuple(f.name for f in fields(Item))  # all but `forgotten_at`, which no plan sets
SIGHTING_COLUMNS = tuple(f.name for f in fields(Sighting))
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
item_row: Callable[[Item], Tuple] = attrgetter(*ITEM_COLUMNS)
sighting_row: Callable[[Sighting], Tuple] = attrgetter(*SIGHTING_COLUMNS)
key_row: Callable[[Key], Tuple] = attrgetter(*KEY_COLUMNS)
_revision_head = attrgetter("item_id", "n", "feed_id", "seen_at", "class_", "marker", "late", "added_only", "damped")
_CONTENT_COLUMNS = REVISION_COLUMNS[13:]
_content_tail = attrgetter(*_CONTENT_COLUMNS)


def item_from(row: Row[Any]) -> Item:
    values = dict(zip(ITEM_COLUMNS, item_row(row), strict=True))  # type: ignore[arg-type]  # names are the same
    values["origin"] = Origin(values["origin"])
    return Item(**values)


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
