"""Whether a wave of unknown articles is news, or a feed that gave all its entries new names.

A wave is held back until a person releases it, as news that is told in one message, or the next document confirms it;
then it enters as what was there before, so that a renumbered feed never floods anyone. Replayed on ten months of five
feeds, nothing was ever held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.items.articles import Article
from storage.model import Context, Key

FLOOR = 20  # articles that any feed may bring at once
USUAL = 5  # times the 95th percentile of what the feed brings
EXPECTED = 3  # times what its pace promises for the time since the last good poll


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """What became of the unknown articles, by their place among those asked about."""

    held: frozenset[int]
    confirmed: Mapping[int, datetime]  # held before, and since when
    limit: int
    freed: bool  # a person let a wave in
    released: bool  # a person says that what was held is news


def judge(unknown: Mapping[int, Article], context: Context, *, now: datetime, trust: bool) -> Wave:
    confirmed = {}
    for place, article in unknown.items():
        since = _held_since(article, context.held)
        if since is not None:
            confirmed[place] = since
    fresh = frozenset(unknown) - frozenset(confirmed)
    limit = most_at_once(context, now)
    is_wave = len(fresh) > limit
    held = fresh if is_wave and not trust else frozenset[int]()
    return Wave(
        held=held, confirmed=confirmed, limit=limit, freed=is_wave and trust, released=bool(confirmed) and trust
    )


def most_at_once(context: Context, now: datetime) -> int:
    """How many new articles this feed may bring at one poll before it looks renumbered."""
    memory = context.feed.memory
    since = memory.ok_at or memory.document_at
    expected = (now - since).total_seconds() / memory.gap_s if since and memory.gap_s else 0.0
    return int(max(FLOOR, USUAL * (memory.new_p95 or 0.0), EXPECTED * expected))


def _held_since(article: Article, held: Mapping[Key, datetime]) -> datetime | None:
    return min((held[key] for key in article.own if key in held), default=None)
