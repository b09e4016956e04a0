"""Reading the stored words again: what other rules or subjects make of the whole archive, and what then stands.

Rule: nothing is overwritten. A claim that is no longer read is taken back, a new one is added; nobody is told.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.events.book import Book, Head
from monitor.events.reading import Extractor
from monitor.events.wording import qualified
from monitor.pipeline.stating import ClaimQueries
from storage.model import Feed, Item, Origin, Plan, Promise, Revision


class Stored(Protocol):
    """The items of a transaction; see storage/items."""

    def replay(self, *, relevant: bool | None = None) -> Iterable[Item]: ...
    def revisions(self, item_id: int) -> Sequence[Revision]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """What to write, and what stands otherwise than before: (key, what was shown, what is shown now)."""

    plan: Plan
    differences: tuple[tuple[str, str, str], ...] = ()
    item_count: int = field(default=0)


def restate(
    items: Stored, claims: ClaimQueries, feed_of: Callable[[int], Feed], extractor: Extractor, *, now: datetime
) -> Restated:
    """Read the last words of every item again."""
    book, count = Book(claims.of_keys, claims.rulings()), 0
    for item in items.replay(relevant=True):
        words = next((one for one in reversed(items.revisions(item.id)) if one.content.title or one.content.text), None)
        if words is None:
            continue
        count += 1
        said = extractor.read(words.content.title, words.content.text, item.lang, item.published_on)
        book.enter(_head(item, words, feed_of(item.feed_id), now), said.claims, before=claims.of_item(item.id))
    before, after = Book(claims.of_keys, book.rulings).facts(book.touched), book.facts(book.touched)
    shown = ((key, *(qualified(one.shown) if one.shown else "" for one in (before[key], after[key]))) for key in after)
    promises: Mapping[str, Sequence[Promise]] = book.promises()
    plan = Plan(
        feed_id=0,
        at=now,
        memory=None,
        claims=tuple(book.claims.values()),
        retracted=tuple(book.retracted),
        promises=promises,
    )
    differing = sorted((key, old, new) for key, old, new in shown if old != new)
    return Restated(plan=plan, differences=tuple(differing), item_count=count)


def _head(item: Item, words: Revision, feed: Feed, now: datetime) -> Head:
    return Head(
        item_id=item.id,
        revision=words.n,
        event_id=item.event_id,
        source=item.source_name or feed.options.outlet or feed.name,
        url=item.url,
        official=feed.options.official,
        copy_group=item.copy_group,
        said_at=item.published_at if item.date_trusted else None,
        origin=Origin.IMPORT,
        seen_at=now,
    )
