"""What giving an item its event costs, on one core: `python -m tests.bench.linking [--archive 100000]`.

Invented events of one to a dozen reports, in words as unequal as those of a language; each report has its event's own
words among common ones. The linker holds 1,000 and 5,000 running events while items come; then it lives through an
archive, and forgets what is over as the daemon does. Nothing is passed or failed here: "wanted" is what is asked.
"""

import argparse
import statistics
import sys
import time
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from monitor.events.link import Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.terms import analyse
from tests.bench.corpus import NAMES, standard

_START = datetime(2025, 1, 1, tzinfo=UTC)
_WINDOW = timedelta(days=30)
_KIB = 1_024


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
    incoming = Incoming(
        item_id=number,
        new_event_id=f"{at.timestamp():.0f}-{number}",
        analysis=analyse(title, text, lang="en", aliases={}),
        sort_at=at,
        dated=True,
        outlet="bench",
        lang="en",
        topics=(),
    )
    vectors = live.weigh(incoming)
    decision = live.decide(incoming, vectors)
    live.add(incoming, vectors, decision.event_id or incoming.new_event_id)


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
    live._counts._epochs.clear()
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


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.linking", description="CPU time of linking.")
    parser.add_argument("--archive", type=int, default=10_000, help="items to live through")
    asked = parser.parse_args()
    print("linking: CPU    (wanted: 400 items/s at 1,000 events, p99 20 ms at 5,000, 20 kB an event)")
    for events in (1_000, 5_000):
        print(_rate(events), flush=True)
    print(_memory(1_000), flush=True)
    for line in _archive(asked.archive):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
