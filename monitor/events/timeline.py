"""What the timeline says: a change for each thing that happened, with its line in our own words.

Rule: a change is made of what its poll knew and is never rewritten, so everything a renderer needs stands in its
payload; and the same happening always gets the same id, so that telling it twice writes it once.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from alerts.visible import counted
from storage.model import Change, Content, Event, JsonValue, Origin, Revision, RevisionClass, change_id

ITEMS_LISTED = 50  # of a change; the first poll of a feed may bring hundreds to one event

_UNTITLED = "(untitled)"
_TITLES_TOLD = 3
_WORDS_SHOWN = 160  # characters of the words that changed, in a summary
_DIFF_KEPT = 2_000  # characters; more is read from the stored versions
_EDIT = re.compile(r"\[-(?P<old>.+?)-\](?:\{\+(?P<replaced>.+?)\+\})?|\{\+(?P<added>.+?)\+\}", re.DOTALL)
_REVISED = {
    RevisionClass.TITLE: "Retitled",
    RevisionClass.STYLE: "Reworded",
    RevisionClass.FACT: "Corrected",
    RevisionClass.REVERT: "Taken back",
    RevisionClass.FILLED: "Filled in",
    RevisionClass.FIRST: "Published",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """What a line of the timeline may say of an item."""

    id: int
    title: str
    url: str | None
    source: str  # the outlet's name
    published_on: date | None  # in the feed's zone; None when the date is not trusted
    published_at: datetime | None
    first_seen_at: datetime
    lang: str | None
    content_hash: str
    topics: tuple[str, ...]
    copy_of: int | None = None


def created(event: Event, items: Sequence[ItemFacts], *, at: datetime, origin: Origin) -> Change:
    """An event that nobody reported before; `items` are those that founded it."""
    return _reported("event.created", f"New: {_told(items)}", event, items, at=at, origin=origin)


def updated(event: Event, items: Sequence[ItemFacts], *, at: datetime, origin: Origin) -> Change:
    """More reports of a running event, all that one poll brought; an item joins once, so the first one names them."""
    return _reported("event.updated", _told(items), event, items, at=at, origin=origin)


def revised(
    item: ItemFacts,
    event: Event | None,
    revision: Revision,
    *,
    feed_id: int,
    before: Content | None,
    before_hash: str,
    diff: str,
    nth: int,
    at: datetime,
    origin: Origin,
    repeats: bool = False,
) -> Change:
    """An edited item: the words that were and that are now; `repeats` if they only say now what is known already.

    `diff` is "[-old-]{+new+}" amid the words that stayed, "" when the earlier words are not kept; `before_hash` is the
    content hash of the version before, and `nth` counts earlier changes from it to the same new version.
    """
    subject = event.id if event else f"feed:{feed_id}"
    after = revision.content
    kind, key = "item.revised", str(item.id)
    diff = diff[:_DIFF_KEPT]
    retitled = before is not None and before.title != after.title
    was, now = (before.title, after.title) if before is not None and retitled else _sides(diff)
    return Change(
        id=change_id(subject, kind, key, before_hash, after.content_hash, nth),
        kind=kind,
        key=key,
        event_id=event.id if event else None,
        feed_id=feed_id,
        item_id=item.id,
        revision=event.revision if event else 0,
        old={"value": was, "hash": before_hash},
        new={"value": now, "hash": after.content_hash, "source": item.source},
        payload={
            "summary": _revised_summary(item, revision, retitled=(was, now) if retitled else None, diff=diff),
            "event_title": event.title if event else "",
            "items": [listed(item)],
            "class": revision.class_.value,
            "diff": diff,
            "revision": revision.n,
            "reason": revision.reason,
            "late": revision.late,
            "added_only": revision.added_only,
            "damped": revision.damped,
            "repeats": repeats,
        },
        happened_on=item.published_on,
        at=at,
        topics=item.topics,
        origin=origin,
    )


def withdrawn(
    item: ItemFacts,
    event: Event | None,
    *,
    feed_id: int,
    at: datetime,
    nth: int,
    reason: str,
    origin: Origin = Origin.LIVE,
) -> Change:
    """An item that its outlet took back; `nth` counts earlier withdrawals of it."""
    subject = event.id if event else f"feed:{feed_id}"
    kind, key, old, new = "item.withdrawn", str(item.id), "present", "withdrawn"
    return Change(
        id=change_id(subject, kind, key, old, new, nth),
        kind=kind,
        key=key,
        event_id=event.id if event else None,
        feed_id=feed_id,
        item_id=item.id,
        revision=event.revision if event else 0,
        old=old,
        new=new,
        payload={
            "summary": f"Withdrawn by {item.source}: {_title(item)}",
            "event_title": event.title if event else "",
            "items": [listed(item)],
            "reason": reason,
        },
        happened_on=item.published_on,
        at=at,
        topics=item.topics,
        origin=origin,
    )


def differs(
    item: ItemFacts,
    event: Event | None,
    *,
    feed_id: int,
    original: int,
    sentences: Sequence[tuple[str, str]],
    diff: str,
    at: datetime,
    origin: Origin,
) -> Change:
    """A reprint whose numbers or dates are others than those of `original`, the item that it repeats.

    `sentences` are those that differ, as the original and as the reprint tell them, and `diff` their words.
    """
    subject = event.id if event else f"feed:{feed_id}"
    kind, key = "item.differs", str(item.id)
    diff = diff[:_DIFF_KEPT]
    was, now = sentences[0]
    edits = [edit for edit in _edits(diff) if any(letter.isdecimal() for letter in "".join(edit))] or _edits(diff)
    told = _edit_told(*edits[0]) if edits else _cut(now)
    return Change(
        id=change_id(subject, kind, key, str(original), "", 0),
        kind=kind,
        key=key,
        event_id=event.id if event else None,
        feed_id=feed_id,
        item_id=item.id,
        revision=event.revision if event else 0,
        old={"value": was, "item": original},
        new={"value": now, "item": item.id, "source": item.source},
        payload={
            "summary": f"Reprint by {item.source} says otherwise: {told} in “{_title(item)}”",
            "event_title": event.title if event else "",
            "items": [listed(item)],
            "diff": diff,
            "sentence_count": len(sentences),
        },
        quotes=(now,),
        happened_on=item.published_on,
        at=at,
        topics=item.topics,
        origin=origin,
    )


def noted(
    kind: str,
    *,
    feed_id: int | None,
    key: str,
    summary: str,
    at: datetime,
    nth: int,
    payload: Mapping[str, JsonValue],
) -> Change:
    """A line about a feed (feed.*) or the program itself (system.*); `nth` counts earlier ones of this kind and key."""
    subject = "system" if feed_id is None else f"feed:{feed_id}"
    return Change(
        id=change_id(subject, kind, key, "", "", nth),
        kind=kind,
        key=key,
        feed_id=feed_id,
        payload={**payload, "summary": summary},
        at=at,
    )


def _reported(
    kind: str, summary: str, event: Event, items: Sequence[ItemFacts], *, at: datetime, origin: Origin
) -> Change:
    lead = next((item for item in items if item.copy_of is None), items[0])
    key = "" if kind == "event.created" else str(items[0].id)
    return Change(
        id=change_id(event.id, kind, key, "", "", 0),
        kind=kind,
        key=key,
        event_id=event.id,
        item_id=lead.id,
        revision=event.revision,
        payload={
            "summary": summary,
            "event_title": event.title,
            "items": [listed(item) for item in items[:ITEMS_LISTED]],
            "item_count": len(items),
            "same_text_count": sum(item.copy_of is not None for item in items),
        },
        happened_on=lead.published_on,
        at=at,
        topics=tuple(dict.fromkeys(topic for item in items for topic in item.topics)) or event.topics,
        origin=origin,
    )


def listed(item: ItemFacts) -> Mapping[str, JsonValue]:
    return {
        "id": item.id,
        "title": item.title,
        "url": item.url,
        "source": item.source,
        "published_at": _spoken(item.published_at),
        "lang": item.lang,
        "content_hash": item.content_hash,
    }


def _spoken(at: datetime | None) -> str | None:
    """To the second, in UTC with Z."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _told(items: Sequence[ItemFacts]) -> str:
    """Who says what; those who only carry another's words are counted."""
    own = [item for item in items if item.copy_of is None] or items[:1]
    told = [f"{_title(item)} ({item.source})" for item in own[:_TITLES_TOLD]]
    if len(own) > _TITLES_TOLD:
        told.append(f"+{len(own) - _TITLES_TOLD} more")
    sources = len({item.source for item in items if item not in own})
    if sources:
        told.append(f"+{counted(sources, 'source')}, same text")
    return "; ".join(told)


def _title(item: ItemFacts) -> str:
    return item.title or _UNTITLED


def _revised_summary(item: ItemFacts, revision: Revision, *, retitled: tuple[str, str] | None, diff: str) -> str:
    """The edit itself: of a corrected item the numbers that changed, else the titles, else the first words."""
    edits = _edits(diff)
    if revision.class_ is RevisionClass.FACT:
        edits = [edit for edit in edits if any(letter.isdecimal() for letter in "".join(edit))] or edits
    elif retitled:
        edits = [retitled]
    if not edits:
        return f"{_REVISED[revision.class_]} by {item.source}: {_title(item)}"
    about = "" if edits[0] == retitled else f" in “{_title(item)}”"
    return f"{_REVISED[revision.class_]} by {item.source}: {_edit_told(*edits[0])}{about}"


def _edit_told(was: str, now: str) -> str:
    if was and now:
        return f"{_cut(was)} → {_cut(now)}"
    return f"added “{_cut(now)}”" if now else f"removed “{_cut(was)}”"


def _edits(diff: str) -> list[tuple[str, str]]:
    """(old words, new words) of each edit in a rendered diff, one of them "" for what was only added or removed."""
    return [(found["old"] or "", found["replaced"] or found["added"] or "") for found in _EDIT.finditer(diff)]


def _sides(diff: str) -> tuple[str, str]:
    """The diff as it was and as it is now, each with the words around."""
    was = _EDIT.sub(lambda found: found["old"] or "", diff)
    now = _EDIT.sub(lambda found: found["replaced"] or found["added"] or "", diff)
    return " ".join(was.split()), " ".join(now.split())


def _cut(words: str) -> str:
    return words if len(words) <= _WORDS_SHOWN else words[:_WORDS_SHOWN].rsplit(" ", 1)[0] + "…"
