"""Reprints that say otherwise: told by a change of their own, for a copy is no news and would be passed over.

Only what the document brought is compared, with the words that its originals have now.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from monitor.events.timeline import differs
from monitor.items.revisions import render_diff, word_diff
from monitor.items.variants import Difference, differences
from monitor.pipeline.record import Rows
from monitor.pipeline.tell import Teller
from storage.model import Change, Content, Context, Event, Revision, VerdictKind


class ItemQueries(Protocol):
    """What is asked of the stored items; see storage/items."""

    def versions(self, ids: Collection[int]) -> Mapping[int, Sequence[Revision]]: ...


def differing(
    rows: Rows, context: Context, items: ItemQueries, teller: Teller, events: Mapping[str, Event]
) -> list[Change]:
    """A change for each new reprint whose numbers or dates are others than its original's."""
    told = [one for one in rows.tellable if one.verdict.kind is VerdictKind.SAME_TEXT and one.entry is not None]
    copies = {one.item_id: one for one in told if one.verdict.copy_of is not None}
    originals = items.versions({one.verdict.copy_of or 0 for one in copies.values()}) if copies else {}
    changes = []
    for one in copies.values():
        item, words = rows.item(one.item_id, context), _words(originals.get(one.verdict.copy_of or 0, ()))
        found = differences(words, one.entry.prepared.content) if words and one.entry else ()
        if found:
            topics = dict.fromkeys(match.topic for match in rows.topics.get(item.id, ()))
            hashed = one.entry.prepared.content.content_hash if one.entry else ""
            changes.append(
                differs(
                    teller.facts(item, tuple(topics), hashed),
                    events.get(item.event_id or ""),
                    feed_id=teller.feed.id,
                    original=one.verdict.copy_of or 0,
                    sentences=[(each.original, each.reprint) for each in found],
                    diff="\n".join(map(_diff, found)),
                    at=teller.now,
                    origin=item.origin,
                )
            )
    return changes


def _words(versions: Sequence[Revision]) -> Content | None:
    """As they stand now."""
    return versions[-1].content if versions else None


def _diff(found: Difference) -> str:
    return render_diff(word_diff(found.original, found.reprint))
