"""P9: ten thousand feeds: what a tick of the schedule costs, and the memory that polls take.

        python -m tests.bench.scale --port 8000 --feeds 200       prints the figures as JSON

It runs in a process of its own, whose peak memory is then its own too. The feeds of the server are really polled; all
others wait for their turn.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from monitor.app import Monitor
from monitor.daemon import spare_collector
from monitor.feeds.hosts import HostGate
from monitor.feeds.parser_pool import peak_memory
from monitor.polling import Poller
from storage.model import Feed, FeedMemory, FeedOptions
from tests.bench.engines import Salname
from tests.bench.measuring import Publisher, spent

ROWS = 10_000
TICKS = 120  # seconds of the schedule that are measured
PERIOD = timedelta(hours=1)  # over which the turns of all feeds are spread
TICK_FEEDS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    tick_cpu_s: float  # a tick; there is one each second, so this is the share of a core
    due_each_tick: float
    memory: dict[str, int]  # peak bytes after each kind of poll


def measure(publisher: Publisher) -> Scale:
    command = [
        sys.executable,
        "-m",
        "tests.bench.scale",
        "--port",
        str(publisher.port),
        "--feeds",
        str(publisher.feeds),
    ]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Scale(**json.loads(answer.stdout))


def _run(publisher: Publisher) -> Scale:
    with tempfile.TemporaryDirectory() as folder:
        urls = [publisher.url(feed) for feed in range(publisher.feeds)]
        with closing(Salname(Path(folder), publisher.port, urls)) as engine:
            spare_collector()  # as the daemon does
            memory = _poll(engine, publisher)
            cpu, due = _ticks(engine.monitor, engine)
    return Scale(tick_cpu_s=cpu, due_each_tick=due, memory=memory)


def _poll(engine: Salname, publisher: Publisher) -> dict[str, int]:
    memory: dict[str, int] = {}
    _add_rows(engine, ROWS - publisher.feeds)
    for kind, generation, validators in (
        ("first", 0, False),
        ("unchanged", 0, False),
        ("fresh", 1, True),
        ("304", 1, True),
    ):
        publisher.serves(generation=generation, validators=validators)
        engine.now += PERIOD * 7  # longer than the longest interval
        polled = engine.monitor.poll()
        assert len(polled) == publisher.feeds, f"{len(polled)} feeds were due"
        memory[kind] = peak_memory()
    return memory


def _add_rows(engine: Salname, count: int) -> None:
    later = FeedMemory(next_poll_at=engine.now + timedelta(days=3_650))
    with engine.monitor.store.writing() as tx:
        for number in range(count):
            url = f"https://outlet{number}.example/rss.xml"
            feed = tx.feeds.add(url, f"outlet {number} afar", FeedOptions(), "command", engine.now)
            tx.feeds.set_memory(feed.id, later)


def _ticks(monitor: Monitor, engine: Salname) -> tuple[float, float]:
    """Seconds of CPU a tick, and how many feeds it found due."""
    with monitor.store.writing() as tx:
        feeds = tx.feeds.all()
        for number, feed in enumerate(feeds):
            due = engine.now + PERIOD * (number * 7_919 % len(feeds)) / len(feeds)
            tx.feeds.set_memory(feed.id, feed.memory._replace(next_poll_at=due))
    poller = _idle_poller()
    found = 0

    def run(count: int) -> None:
        nonlocal found
        for _ in range(count):
            engine.now += timedelta(seconds=1)
            found += len(_tick(monitor, poller))

    run(1)  # what was due before, and what is done once
    found = 0
    try:
        cost = spent(lambda: run(TICKS))
    finally:
        poller.stop()
    return cost.cpu_s / TICKS, found / TICKS


def _tick(monitor: Monitor, poller: Poller) -> list[Feed]:
    with monitor.store.reading() as tx:
        due = tx.feeds.due(monitor.clock(), TICK_FEEDS)
    accepted = poller.accepts(due)
    if accepted:
        monitor.lease(accepted)
    for feed in accepted:
        poller.refuse(feed)
    return accepted


def _idle_poller() -> Poller:
    """One that is asked for places, and never polls."""

    def never(*_: object) -> None:
        raise AssertionError("nothing is polled here")

    return Poller(read=never, write=never, broken=never, gate=HostGate(spacing_s=0.0), threads=8)  # type: ignore[arg-type]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--feeds", type=int, required=True)
    asked = parser.parse_args()
    figures = _run(Publisher(port=asked.port, feeds=asked.feeds))
    json.dump({name: getattr(figures, name) for name in ("tick_cpu_s", "due_each_tick", "memory")}, sys.stdout)
