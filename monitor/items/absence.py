"""What it means that an item no longer stands in its feed.

Leaving at the old end is how feeds work. Withdrawn is what leaves a hole: an older article is still there, and so is
the next newer one. The second half keeps a pinned old entry from making a withdrawal of everything that rolls off.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from monitor.items.document import DocumentFacts
from storage.model import Context, Key, KeyKind, KnownItem, Origin, Sighting, Verdict, VerdictKind

POLLS = 3  # good documents without the item


def absent(present: Collection[int], document: DocumentFacts, context: Context, *, origin: Origin) -> Iterator[Verdict]:
    """A verdict for each item that the feed showed lately and that is not in this document.

    `present` are the items of the document. A truncated document says nothing, a partial one only what it deletes;
    one without any known item is a broken or turned over feed, not a feed that withdrew everything.
    """
    if document.truncated:
        return
    deleted = _deleted(document, context) - set(present)
    gone = set(context.tracked) - set(present) if document.whole and present else set()
    missing = {item_id: _sighting(context, item_id) for item_id in gone | deleted}
    if not missing:
        return
    there = [item_id for item_id in present if item_id in context.items or item_id in context.standing]
    oldest = min((_place(context, item_id) for item_id in there), default=None)
    newer = {item_id for item_id in missing if oldest is not None and oldest < _place(context, item_id)}
    is_judged = any(missing[item_id].missing_count + 1 >= POLLS for item_id in newer - deleted)
    rolled_off = _rolled_off(there, missing, context) if is_judged else frozenset()
    for item_id, sighting in sorted(missing.items()):
        if sighting.withdrawn_at is not None:
            continue
        if item_id in deleted:
            kind, reason = VerdictKind.WITHDRAWN, "the feed says that this entry was deleted"
        else:
            kind, reason = _judge(sighting, older_is_present=item_id in newer, rolled_off=item_id in rolled_off)
            if kind is VerdictKind.WITHDRAWN and _may_still_be_read(item_id, context):
                kind, reason = VerdictKind.MISSING, f"{reason}; its page was not found to be gone"
        yield Verdict(kind=kind, position=None, item_id=item_id, reason=reason, origin=origin)


def _deleted(document: DocumentFacts, context: Context) -> set[int]:
    feed_id = context.feed.id
    keys = (Key(feed_id, KeyKind.GUID, guid.strip()) for guid in document.deleted_guids)
    by_key = {context.keys[key] for key in keys if key in context.keys}
    by_sighting = {known.item.id for known in context.items.values() if _has_guid(known, feed_id, document)}
    return {item_id for item_id in by_key | by_sighting if feed_id in context.items[item_id].sightings}


def _has_guid(known: KnownItem, feed_id: int, document: DocumentFacts) -> bool:
    return feed_id in known.sightings and known.sightings[feed_id].guid in document.deleted_guids


def _sighting(context: Context, item_id: int) -> Sighting:
    return context.items[item_id].sightings[context.feed.id]


def _may_still_be_read(item_id: int, context: Context) -> bool:
    """Where pages are fetched, absence from the feed alone proves nothing: the page has to answer 404 or 410."""
    if not context.feed.options.fetch_page or not context.items[item_id].item.url:
        return False
    page = context.pages.get(item_id)
    return page is None or page.gone_at is None


def _place(context: Context, item_id: int) -> datetime:
    standing = context.standing.get(item_id)
    return standing.sort_at if standing else context.items[item_id].item.sort_at


def _judge(sighting: Sighting, *, older_is_present: bool, rolled_off: bool) -> tuple[VerdictKind, str]:
    count = sighting.missing_count + 1
    absent_from = "not in 1 new document of the feed" if count == 1 else f"not in {count} new documents of the feed"
    if count < POLLS:
        return VerdictKind.MISSING, absent_from
    if not older_is_present:
        return VerdictKind.MISSING, f"{absent_from}; nothing older is, so it may have rolled off"
    if rolled_off:
        return VerdictKind.MISSING, f"{absent_from}; the next newer one left after it, so it rolled off"
    return VerdictKind.WITHDRAWN, f"{absent_from}, while older articles still are"


def _rolled_off(present: Iterable[int], missing: Mapping[int, Sighting], context: Context) -> frozenset[int]:
    """The missing items whose next newer neighbour is missing too, and left later.

    Neighbours that left at the same time are passed over. One walk from the newest to the oldest: `near` holds, nearest
    last, the items that may be the neighbour of an older one, with how many documents each has been missing.
    """
    absences = {**dict.fromkeys(present, -1), **{item_id: its.missing_count for item_id, its in missing.items()}}
    by_place: dict[datetime, list[int]] = {}
    for item_id in absences:
        by_place.setdefault(_place(context, item_id), []).append(item_id)
    rolled, near = set(), list[int]()
    for place in sorted(by_place, reverse=True):
        here = sorted(by_place[place], key=lambda item_id: -absences[item_id])
        for item_id in here:
            while near and near[-1] >= absences[item_id]:
                near.pop()
            if near and near[-1] >= 0 and item_id in missing:
                rolled.add(item_id)
        near += [absences[item_id] for item_id in here]
    return frozenset(rolled)
