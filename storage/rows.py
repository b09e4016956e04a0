"""Noun <-> row, one pair of functions a noun: `x_values` gives the columns to write, `x_from` reads a row.

Rule: rows stay inside `storage`. A row that an older Salname wrote is read with the defaults of what it does not know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Row

from storage.model import (
    Analysis,
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
_MEMORY_COLUMNS = (
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
_MEMORY_REST = tuple(f for f in fields(FeedMemory) if f.name not in {*_MEMORY_COLUMNS, "state"})


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


def feed_from(row: Row[Any]) -> Feed:
    return Feed(
        id=row.id,
        url=row.url,
        effective_url=row.effective_url,
        name=row.name,
        kind=row.kind,
        active=row.active,
        options=options_from(row.options_json),
        created_at=row.created_at,
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
    columns = {name: getattr(memory, name) for name in _MEMORY_COLUMNS}
    rest = {f.name: _plain(f.name, getattr(memory, f.name)) for f in _MEMORY_REST}
    return {"state": memory.state.value, **columns, "memory_json": rest}


def _memory_from(row: Row[Any]) -> FeedMemory:
    rest = {f.name: _rich(f.name, row.memory_json[f.name]) for f in _MEMORY_REST if f.name in row.memory_json}
    columns = {name: getattr(row, name) for name in _MEMORY_COLUMNS}
    return FeedMemory(state=FeedState(row.state), **columns, **rest)


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


def fetch_values(feed_id: int, record: FetchRecord) -> Values:
    return {
        "feed_id": feed_id,
        "at": record.at,
        "outcome": record.outcome,
        "http_status": record.http_status,
        "byte_count": record.byte_count,
        "entry_count": record.entry_count,
        "new_count": record.new_count,
        "revised_count": record.revised_count,
        "error": record.error,
        "duration_ms": round(record.duration_s * 1000),
    }


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


_ITEM_COLUMNS = tuple(f.name for f in fields(Item))
_item_columns = attrgetter(*_ITEM_COLUMNS)


def item_values(item: Item) -> Values:
    """Every column but `forgotten_at`, which no plan sets."""
    return dict(zip(_ITEM_COLUMNS, _item_columns(item), strict=True))


def item_from(row: Row[Any]) -> Item:
    values = dict(zip(_ITEM_COLUMNS, _item_columns(row), strict=True))
    values["origin"] = Origin(values["origin"])
    return Item(**values)


_SIGHTING_COLUMNS = tuple(f.name for f in fields(Sighting))
_sighting_columns = attrgetter(*_SIGHTING_COLUMNS)


def sighting_values(sighting: Sighting) -> Values:
    return dict(zip(_SIGHTING_COLUMNS, _sighting_columns(sighting), strict=True))


def sighting_from(row: Row[Any]) -> Sighting:
    values = dict(zip(_SIGHTING_COLUMNS, _sighting_columns(row), strict=True))
    values["text_kind"] = TextKind(values["text_kind"])
    return Sighting(**values)


_CONTENT_COLUMNS = (
    "title_norm",
    "text_kind",
    "title_word_count",
    "text_word_count",
    "title_hash",
    "text_hash",
    "content_hash",
    "facts_hash",
    "norm_version",
)
_content_columns = attrgetter(*_CONTENT_COLUMNS)


def revision_values(revision: Revision) -> Values:
    """A revert keeps its title but no text: it points at the revision whose text it repeats."""
    content = revision.content
    is_revert = revision.class_ is RevisionClass.REVERT
    return {
        "item_id": revision.item_id,
        "n": revision.n,
        "feed_id": revision.feed_id,
        "seen_at": revision.seen_at,
        "class": revision.class_,
        "marker": revision.marker,
        "late": revision.late,
        "added_only": revision.added_only,
        "damped": revision.damped,
        "reverts_to": revision.reverts_to,
        "reason": revision.reason,
        "title": content.title,
        "text": None if is_revert or not content.text else content.text,
        **dict(zip(_CONTENT_COLUMNS, _content_columns(content), strict=True)),
    }


def revision_from(row: Row[Any], *, title: str = "", text: str = "") -> Revision:
    """A revision; its words are passed in, for most readers need its hashes alone."""
    values = dict(zip(_CONTENT_COLUMNS, _content_columns(row), strict=True))
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


def key_values(key: Key) -> Values:
    return {"scope": key.scope, "kind": key.kind, "value": key.value}


def key_from(row: Row[Any]) -> Key:
    return Key(row.scope, KeyKind(row.kind), row.value)


def matches_json(matches: Sequence[TopicMatch]) -> list[JsonValue]:
    """The matches of one topic: `{group, term, words, where, offset}` each."""
    return [{"group": m.group, "term": m.term, "words": m.words, "where": m.where, "offset": m.offset} for m in matches]


def matches_from(topic: str, value: Sequence[Mapping[str, Any]]) -> list[TopicMatch]:
    return [TopicMatch(topic=topic, **match) for match in value]


def verdict_values(verdict: Verdict, feed_id: int, at: datetime) -> Values:
    return {
        "item_id": verdict.item_id,
        "feed_id": feed_id,
        "at": at,
        "kind": verdict.kind,
        "via": verdict.via,
        "reason": verdict.reason,
    }


def verdict_from(row: Row[Any]) -> Verdict:
    return Verdict(kind=VerdictKind(row.kind), position=None, item_id=row.item_id, via=row.via, reason=row.reason)


def analysis_values(item_id: int, analysis: Analysis) -> Values:
    blob = {"lang": analysis.lang, "fields": analysis.fields, "sentences": analysis.sentences}
    return {"item_id": item_id, "version": analysis.version, "blob": blob}


def analysis_from(row: Row[Any]) -> Analysis:
    return Analysis(
        version=row.version,
        lang=row.blob["lang"],
        fields=row.blob["fields"],
        sentences=tuple((number, count) for number, count in row.blob["sentences"]),
    )
