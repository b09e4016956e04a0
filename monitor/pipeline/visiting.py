"""When the web page of an item is asked for, and what a visit leaves behind.

A page is read as its item comes and five times more within three days, at a falling rate: of the first edits of a
headline 92 to 97 % come within a day. After that it is asked once more only if its item disappears from the feed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.feeds.fetch import Failed, FailureKind, Fetched, NotModified
from monitor.pipeline.outcome import fetch_record
from monitor.pipeline.read import Reading
from storage.model import ArticlePage, Context, Item, Origin, Plan, Verdict, VerdictKind

AGES = tuple(timedelta(hours=hours) for hours in (0, 1, 4, 12, 30, 71))  # of the item, at the visits of its page
ASKED = 2  # visits of the page of an item that is missing, one a poll: the third poll decides
_GONE = frozenset({FailureKind.NOT_FOUND, FailureKind.GONE})


def next_visit(since_at: datetime, now: datetime) -> datetime | None:
    """When the page of an item first seen at `since_at` is asked for after `now`; None: no more."""
    return next((since_at + age for age in AGES if since_at + age > now), None)


def pages(
    reading: Reading, items: Iterable[Item], verdicts: Iterable[Verdict], context: Context
) -> tuple[ArticlePage, ...]:
    """The pages that a reading changes: the visited one, or those of the `items` that are new and of missing ones."""
    if reading.options.visit is not None:
        return (visited(reading.options.visit.page, reading),)
    if not context.feed.options.fetch_page:
        return ()
    new = (one for one in items if one.relevant and one.url and one.origin is Origin.LIVE)
    missing = (one.item_id for one in verdicts if one.kind is VerdictKind.MISSING and one.item_id is not None)
    return (
        *(_page(item, context.feed.id, reading.at) for item in new),
        *(page for item_id in missing for page in _missing(item_id, context, reading.at)),
    )


def visit_alone(reading: Reading) -> Plan:
    """A visit that brought no words: nothing but the page itself is touched."""
    return Plan(
        feed_id=reading.feed.id,
        at=reading.at,
        memory=None,
        fetch=fetch_record(reading),
        pages=(visited(reading.options.visit.page, reading),) if reading.options.visit else (),
    )


def visited(page: ArticlePage, reading: Reading) -> ArticlePage:
    """The page as it is remembered after a visit."""
    now = reading.at
    after = replace(
        page, visit_count=page.visit_count + 1, visited_at=now, due_at=next_visit(page.since_at, now), error=None
    )
    match reading.result:
        case Failed() as failed:
            due_at = after.due_at
            if failed.retry_after_s and due_at is not None:
                due_at = max(due_at, now + timedelta(seconds=failed.retry_after_s))
            gone_at = (page.gone_at or now) if failed.kind in _GONE else page.gone_at
            return replace(after, status=failed.status, error=failed.detail, gone_at=gone_at, due_at=due_at)
        case NotModified() as same:
            return replace(
                after, status=304, gone_at=None, etag=same.etag or page.etag,
                last_modified=same.last_modified or page.last_modified,
            )  # fmt: skip
        case Fetched() as fetched:
            return replace(
                after,
                status=fetched.status,
                gone_at=None,
                etag=fetched.etag,
                last_modified=fetched.last_modified,
                validators_url=fetched.final_url,
                body_hash=None if fetched.truncated else reading.body_hash,
            )


def of_page(verdicts: Iterable[Verdict], page: ArticlePage) -> tuple[Verdict, ...]:
    """The verdicts that speak of the page's own item: a page brings no items."""
    return tuple(one for one in verdicts if one.item_id == page.item_id)


def _missing(item_id: int, context: Context, now: datetime) -> Iterator[ArticlePage]:
    """The page of a missing item at once, whatever its age: only it can tell whether the item was withdrawn."""
    known, page = context.items[item_id], context.pages.get(item_id)
    if not known.item.relevant or not known.item.url or known.sightings[context.feed.id].missing_count >= ASKED:
        return
    if page is None:
        yield _page(known.item, context.feed.id, now)
    elif page.gone_at is None:
        yield replace(page, due_at=now)


def _page(item: Item, feed_id: int, now: datetime) -> ArticlePage:
    return ArticlePage(
        item_id=item.id,
        feed_id=feed_id,
        url=item.url or "",
        title=item.title,
        since_at=item.first_seen_at,
        due_at=now,
    )
