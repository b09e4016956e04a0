"""What giving an item its event costs, on one core: `python -m tests.bench.linking [--archive N] [--stored N]`.

Invented events of one to a dozen reports, in words as unequal as those of a language; each report has its event's own
words among common ones. The linker holds 1,000 and 5,000 running events while items come; then it lives through an
archive, and forgets what is over as the daemon does: once in memory alone, once through the database, with a poll of
fifty reports a transaction (a stored archive of a million takes some minutes to make). Nothing is passed or failed
here: "wanted" is what is asked.
"""

import argparse
import sqlite3
import statistics
import sys
import tempfile
import time
import tracemalloc
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path
from random import Random

from monitor.events.link import Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.terms import analyse
from monitor.events.vectors import EPOCH
from monitor.pipeline.linking import Linker
from storage.store import Store
from tests.bench.corpus import NAMES, standard
from tests.builders_linking import poll
from tests.builders_storage import add_feed, open_store

_START = datetime(2025, 1, 1, tzinfo=UTC)
_WINDOW = timedelta(days=30)
_KIB = 1_024
_POLL = 50  # reports
_POLLS = 10  # of each size of an archive that are measured
_BLOCK = 1_000  # reports that are copied
_NEWEST = 10_000_000  # the number of the first report that is linked; copies stand before it

_ITEM, _EVENT = {"item_id": "item_id - :id", "at": "at - :at"}, {"event_id": "event_id || :name"}
# By table: what is different in a copy of its rows.
_COPIED = {
    "item": {"id": "id - :id", "sort_at": "sort_at - :at", **_EVENT},
    "event": {"id": "id || :name", "first_at": "first_at - :at", "last_at": "last_at - :at"},
    "event_item": {**_ITEM, **_EVENT},
    "linked_item": {**_ITEM, "uncounted": "NULL"},
    "item_term": _ITEM,
    "event_state": _EVENT,
    "term_count": {"epoch": "epoch - :epochs"},
}


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
        start = time.process_time_ns()
        link(live, number, title, text, at)
        found.append((time.process_time_ns() - start) / 1e9)
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
    """The same with every decision written, and read again by a linker that starts anew at each size.

    The first thousand reports are linked; the rest of an archive are copies of them, each thousand a month older.
    """
    told, numbers = reports(300), count(_NEWEST)
    with tempfile.TemporaryDirectory() as folder, closing(open_store(Path(folder))) as store:
        add_feed(store)
        linker = _new_linker()
        for _ in range(_BLOCK // _POLL):
            _link_some(store, linker, told, numbers)
        with closing(_Past(store.path)) as past:
            size = _BLOCK
            while size <= most:
                past.reach(size)
                each = [_link_some(store, linker, told, numbers) for _ in range(_POLLS)]
                at, anew, start = each[-1].until, _new_linker(), time.process_time()
                with store.reading() as tx:
                    anew.hold(tx.linking, tx.events.version(), [at], at)
                again = time.process_time() - start
                linking, reading = (
                    statistics.median(some) for some in zip(*((one.linking, one.reading) for one in each), strict=True)
                )
                yield (
                    f"  stored archive of {size:8}: {linking * 1e3:.2f} ms an item with its writing, "
                    f"{linking / reading:.2f} of its analysis; {again:.2f} s to start anew with {len(anew.live)} events"
                )
                size *= 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Linked:
    """One poll: seconds of each report to read it, and to link and write it; the time of the last."""

    reading: float
    linking: float
    until: datetime


def _link_some(
    store: Store, linker: Linker, told: Iterator[tuple[str, str, datetime]], numbers: Iterator[int]
) -> _Linked:
    words, started = [*islice(told, _POLL)], time.process_time()
    some = [_incoming(next(numbers), *one) for one in words]
    read = time.process_time()
    poll(store, linker, some, now=some[-1].sort_at)
    return _Linked(
        reading=(read - started) / _POLL, linking=(time.process_time() - read) / _POLL, until=some[-1].sort_at
    )


class _Past:
    """Copies of all that was linked by now, further and further back."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        for table in _COPIED:
            self._connection.execute(f"CREATE TEMP TABLE now_{table} AS SELECT * FROM main.{table}")
        times = "SELECT max(at) - min(at) FROM now_linked_item"
        (self._month,) = self._connection.execute(times).fetchone()
        self._blocks = 1

    def reach(self, size: int) -> None:
        """Let the archive hold so many reports."""
        for block in range(self._blocks, size // _BLOCK):
            epochs = block * self._month * timedelta(microseconds=1) // EPOCH
            moved = {"id": block * _BLOCK, "at": block * self._month, "name": f"-{block}", "epochs": epochs}
            for table, changed in _COPIED.items():
                columns = [row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")]
                values = ", ".join(changed.get(column, column) for column in columns)
                self._connection.execute(f"INSERT OR IGNORE INTO main.{table} SELECT {values} FROM now_{table}", moved)
            self._connection.commit()
        self._blocks = max(self._blocks, size // _BLOCK)

    def close(self) -> None:
        self._connection.close()


def _new_linker() -> Linker:
    return Linker(settings=LinkSettings(window=_WINDOW), name=lambda: uuid.uuid4().hex)


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
