"""What one document says of its feed: how deep it reaches, what it shares with the last one, how its dates behave.

A date is believed until the feed shows that it makes them up: an item that was here before and carries the moment of
this fetch, its words unchanged, was dated by the act of asking.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from monitor.feeds.document import Document
from monitor.feeds.schedule import DocumentTraits
from monitor.pipeline.outcome import NEW
from monitor.pipeline.prepare import FUTURE
from monitor.pipeline.read import Reading
from storage.model import Context, Item, Key, KeyKind, Standing, Verdict, VerdictKind

DATED_NOW = timedelta(minutes=10)  # between a date and the fetch that it seems to be made by
CALENDAR_ENTRIES = 2  # in the future: a single one is a slip
_FRESH = NEW | {VerdictKind.HELD, VerdictKind.SKIPPED}
_NEWS_OF_PAGE = NEW | {VerdictKind.REVISED, VerdictKind.REVERTED, VerdictKind.FLAPPING}  # its rhythm is its changes
_UNCHANGED = frozenset({VerdictKind.SEEN, VerdictKind.META})


def traits_of(
    reading: Reading,
    document: Document,
    context: Context,
    verdicts: Sequence[Verdict],
    *,
    barred: Collection[Key],
    truncated: bool,
) -> DocumentTraits:
    """The traits of `document` as judged by `verdicts`; its known entries count by what is remembered of them."""
    ids = set(reading.seen.values())
    known = (context.items[item_id].item for item_id in sorted(ids) if item_id in context.items)
    seen: list[Item | Standing] = [
        *known,
        *(standing for item_id, standing in context.standing.items() if item_id in ids),
    ]
    shared = bool(reading.seen) or any(one.kind not in _FRESH and one.position is not None for one in verdicts)
    flags = {
        "bozo": document.bozo,
        "truncated": truncated,
        "unannounced": reading.feed.memory.live_at is None,
        "guid_barred": any(key.kind is KeyKind.GUID for key in barred),
        "calendar": _is_calendar(reading, document, seen),
        "expired": document.expired,
        "page": reading.feed.options.page,
    }
    return DocumentTraits(
        entry_count=document.entry_total,
        new_count=sum(one.kind in (_NEWS_OF_PAGE if reading.feed.options.page else NEW) for one in verdicts),
        shares_items=shared,
        oldest_at=min(_trusted_dates(reading, seen), default=None),
        ttl_s=document.ttl_s,
        update_period_s=document.update_period_s,
        skip_hours=document.skip_hours,
        skip_days=document.skip_days,
        flags=frozenset(flag for flag, is_set in flags.items() if is_set),
        held=any(one.kind is VerdictKind.HELD for one in verdicts),
        dated_now=tuple(_dated_now(reading, context, verdicts)),
    )


def _trusted_dates(reading: Reading, seen: Sequence[Item | Standing]) -> Iterator[datetime]:
    yield from (one.published_at for one in reading.dates.values() if one.trusted and one.published_at)
    yield from (item.published_at for item in seen if item.date_trusted and item.published_at)


def _is_calendar(reading: Reading, document: Document, seen: Sequence[Item | Standing]) -> bool:
    """Whether half of the document lies in the future: its dates are those of events to come, not of their reports."""
    dates = [*(one.published_at for one in reading.dates.values()), *(item.published_at for item in seen)]
    ahead = sum(at is not None and at > reading.at + FUTURE for at in dates)
    return ahead >= CALENDAR_ENTRIES and ahead * 2 >= document.entry_total


def _dated_now(reading: Reading, context: Context, verdicts: Sequence[Verdict]) -> Iterator[int]:
    for verdict in verdicts:
        if verdict.kind not in _UNCHANGED or verdict.position is None or verdict.item_id is None:
            continue
        at, first_seen_at = (
            reading.dates[verdict.position].published_at,
            context.items[verdict.item_id].item.first_seen_at,
        )
        if at is not None and abs(at - reading.at) <= DATED_NOW and at - first_seen_at > DATED_NOW:
            yield verdict.item_id
