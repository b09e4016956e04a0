"""A rebuild: what the program made of the stored items, made anew, and what differs.

        relink    events, by the linker and the rulings of a person       pipeline/relink.py
        restate   claims, by the words, the subjects and the measures     pipeline/restate.py

One transaction, whether it is kept or only looked at: a rebuild that is interrupted has done nothing. Each part of it
takes the transaction and gives its difference; a further part (facts, search) takes its place behind `relink`, which
decides what it speaks of.
"""

from collections.abc import Callable
from contextlib import suppress

from monitor.app import Monitor
from monitor.events.corrected import regrouped
from monitor.events.timeline import created
from monitor.pipeline.linking import Linker
from monitor.pipeline.relink import Relinked, relink
from monitor.pipeline.replay import Replay
from monitor.pipeline.restate import Restated, restate
from monitor.pipeline.storylines import place_events
from storage.model import Change, Origin
from storage.store import Transaction


def rebuild(
    monitor: Monitor,
    *,
    dry_run: bool,
    on_start: Callable[[int], None] = lambda _: None,
    on_linked: Callable[[int], None] = lambda _: None,
    on_restated: Callable[[Restated], None] = lambda _: None,
) -> Relinked:
    """Link all items anew; with `dry_run` what differs is found and nothing is written. Nobody is told."""
    found: list[Relinked] = []
    with suppress(_Discarded), monitor.store.writing() as tx:
        on_start(tx.relinking.count())
        replay = Replay(items=tx.items, feeds=tx.feeds, aliases=monitor.reader.aliases)
        known = monitor.planner.linker
        linker = Linker(settings=known.settings, name=known.name)
        found.append(relink(tx, replay, linker, now=monitor.clock(), on_linked=on_linked))
        again = restate(tx.items, tx.claims, tx.feeds.get, monitor.reader.extractor, now=monitor.clock())
        on_restated(again)
        if dry_run:
            raise _Discarded
        tx.apply(again.plan)
        tx.claims.follow_items()
        _note(monitor, tx, found[0], replay)
    if not dry_run:
        place_events(monitor.store)
    return found[0]


class _Discarded(Exception):
    """The transaction was only looked at."""


def _note(monitor: Monitor, tx: Transaction, found: Relinked, replay: Replay) -> None:
    """Put what joined and what parted on the timeline, as lines of an archive: they alert nobody."""
    now = monitor.clock()
    changes: list[Change] = []
    for event, parted in found.parted.items():
        items = tx.items.many(parted.items)
        facts = [replay.facts(item, found.after[event].topics) for item in items.values()]
        changes.append(created(found.after[event], facts, at=now, origin=Origin.IMPORT))
    for event, into in found.joined.items():
        if into in found.after:
            nth = tx.events.transition_count(into, "event.merged", event, event, into)
            changes.append(regrouped(found.after[into], found.before[event], at=now, nth=nth))
    monitor.telling.announce(tx, changes)
