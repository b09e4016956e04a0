"""What giving an item its event costs, on one core: `python -m tests.bench.linking [--archive N] [--stored N]`.

Invented events of one to a dozen reports, in words as unequal as those of a language; each report has its event's own
words among common ones. The linker holds 1,000 and 5,000 running events while items come; then it lives through an
archive, and forgets what is over as the daemon does: once in memory alone, once through the database, with a poll of
fifty reports a transaction. Nothing is passed or failed here: "wanted" is what is asked.
"""

import argparse
import statistics
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from random import Random

from monitor.events.link import Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.terms import analyse
from monitor.pipeline.linking import Desk, Linker
from storage.store import Store
from tests.bench.corpus import NAMES, standard
from tests.builders_events import an_event
from tests.builders_storage import a_plan, add_feed, an_item, open_store

_START = datetime(2025, 1, 1, tzinfo=UTC)
_WINDOW = timedelta(days=30)
_KIB = 1_024
_POLL = 50  # reports


def reports(running: int, seed: int = 1) -> Iterator[tuple[str, str, datetime]]:
    """Titles, texts and times without end, of about `running` events in any thirty days."""
    rng, words = Random(seed), standard()._words
    stories: list[list[str]] = []
    at, step = _START, _WINDOW / (3.5 * running)
    while True:
        if not stories or rng.random() < 0.3:
            stories.append([*rng.sample(words, 14), *(word.capitalize() for word in rng.sample(words, 5))])
        own = stories[-1 - min(int(rng.expovariate(6 / running)), len(stories) - 1)]
        told = [*rng.sample(own, 9), *rng.choices(words, k=4), rng.choice(NAMES)]
        text = [" ".join([*rng.sample(own, 4), *rng.choices(words, k=11)]).capitalize() + "." for _ in range(9)]
        yield " ".join(told), f"{' '.join(text)} {rng.randrange(5_000)} on {rng.randint(1, 28)} May", at
        at += step
        if len(stories) > 4 * running:
            del stories[:running]


def measured(live: LiveEvents, told: Iterator[tuple[str, str, datetime]], count: int) -> list[float]:
    """Seconds of each of `count` items, from its words to its place in an event."""
    found = []
    for number, (title, text, at) in enumerate(islice(told, count)):
        start = time.perf_counter_ns()
        link(live, number, title, text, at)
        found.append((time.perf_counter_ns() - start) / 1e9)
    return found


def link(live: LiveEvents, number: int, title: str, text: str, at: datetime) -> None:
    incoming = _incoming(number, title, text, at)
    vectors = live.weigh(incoming)
    decision = live.decide(incoming, vectors)
    live.add(incoming, vectors, decision.event_id or incoming.new_event_id)


def _incoming(number: int, title: str, text: str, at: datetime) -> Incoming:
    return Incoming(
        item_id=number,
        new_event_id=f"{at.timestamp():.0f}-{number}",
        analysis=analyse(title, text, lang="en", aliases={}),
        sort_at=at,
        dated=True,
        outlet="bench",
        lang="en",
        topics=(),
    )


def filled(events: int, told: Iterator[tuple[str, str, datetime]]) -> LiveEvents:
    live = LiveEvents(LinkSettings(window=_WINDOW))
    for number, (title, text, at) in enumerate(told):
        link(live, -number, title, text, at)
        if len(live) >= events:
            break
    return live


def _rate(events: int) -> str:
    told = reports(events)
    live = filled(events, told)
    each = sorted(measured(live, told, 1_000))
    return (
        f"{events:6} events: {1 / statistics.fmean(each):6.0f} items/s with their analysis, "
        f"median {statistics.median(each) * 1e3:.2f} ms, p99 {each[989] * 1e3:.2f} ms"
    )


def _memory(events: int) -> str:
    told = reports(events)
    tracemalloc.start()
    live = filled(events, told)
    with_counts = tracemalloc.get_traced_memory()[0]
    live._counts._read.clear()
    alone = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return f"{events:6} events: {alone / events / _KIB:.1f} KiB each, {with_counts / events / _KIB:.1f} with the counts"


def _archive(most: int) -> Iterator[str]:
    told, live, number, size = reports(300), LiveEvents(LinkSettings(window=_WINDOW)), 0, 1_000
    while size <= most:
        for title, text, at in islice(told, size - number - 300):
            link(live, number, title, text, at)
            number += 1
            if number % 500 == 0:
                live.drop_before(at - 2 * _WINDOW)
        each = measured(live, told, 300)
        number += 300
        yield f"  archive of {size:8}: {statistics.fmean(each) * 1e3:.2f} ms an item, {len(live)} events in memory"
        size *= 10


def _stored(most: int) -> Iterator[str]:
    """The same with every decision written, and read again by a linker that starts anew at each size."""
    told, number, size = reports(300), 0, 1_000
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder))
        add_feed(store)
        linker, each, at = _new_linker(), [0.0], _START
        while size <= most:
            while number < size:
                some = [_incoming(number + place, *one) for place, one in enumerate(islice(told, _POLL), start=1)]
                number, at = number + len(some), some[-1].sort_at
                start = time.perf_counter()
                _poll(store, linker, some)
                each.append((time.perf_counter() - start) / len(some))
            anew, start = _new_linker(), time.perf_counter()
            with store.reading() as tx:
                anew.hold(tx.linking, tx.events.version(), [at], at)
            yield (
                f"  stored archive of {size:8}: {statistics.median(each[-10:]) * 1e3:.2f} ms an item with its writing, "
                f"{time.perf_counter() - start:.2f} s to start anew with {len(anew.live)} events"
            )
            size *= 10
        store.close()


def _new_linker() -> Linker:
    return Linker(settings=LinkSettings(window=_WINDOW), name=lambda: uuid.uuid4().hex)


def _poll(store: Store, linker: Linker, coming: Sequence[Incoming]) -> None:
    """Link and write reports as one poll does."""
    with store.writing() as tx:
        desk = Desk(linker, tx.linking, coming[-1].sort_at)
        desk.expect(coming, tx.events.version())
        links = [desk.link(one, copy_event=None) for one in coming]
        times: dict[str, list[datetime]] = {}
        for one, link in zip(coming, links, strict=True):
            times.setdefault(link.event_id, []).append(one.sort_at)
        known = tx.events.events(times)
        before = {name: [event.first_at, event.last_at] for name, event in known.items()}
        events = [
            replace(
                known.get(name) or an_event(name),
                first_at=min([*some, *before.get(name, [])]),
                last_at=max([*some, *before.get(name, [])]),
            )
            for name, some in times.items()
        ]
        items = [
            replace(an_item(one.item_id, at=one.sort_at), event_id=link.event_id)
            for one, link in zip(coming, links, strict=True)
        ]
        tx.apply(
            replace(
                a_plan(*items, document=coming[0].item_id),
                links=links,
                events=events,
                event_states=desk.snapshots(),
                members=desk.members,
                term_counts=desk.term_counts(),
                linked_as=desk.linked_as,
            )
        )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.linking", description="CPU time of linking.")
    parser.add_argument("--archive", type=int, default=10_000, help="items to live through")
    parser.add_argument("--stored", type=int, default=1_000, help="items to live through with a database")
    asked = parser.parse_args()
    print("linking: CPU    (wanted: 400 items/s at 1,000 events, p99 20 ms at 5,000, 20 kB an event)")
    for events in (1_000, 5_000):
        print(_rate(events), flush=True)
    print(_memory(1_000), flush=True)
    for line in chain(_archive(asked.archive), _stored(asked.stored)):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
