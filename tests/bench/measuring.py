"""What a piece of work costs, and the server that it is done against.

Rule: CPU time is the figure. Wall time on a shared machine measures the neighbours.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Seconds, of this process and of its children that have ended."""

    cpu_s: float
    wall_s: float


class VoidRun(Exception):
    """The server counted something else than was measured: the figures mean nothing."""


def spent(work: Callable[[], object]) -> Cost:
    cpu, wall = _cpu(), time.perf_counter()
    work()
    return Cost(cpu_s=_cpu() - cpu, wall_s=time.perf_counter() - wall)


def median(costs: Sequence[Cost]) -> Cost:
    return Cost(
        cpu_s=statistics.median(one.cpu_s for one in costs), wall_s=statistics.median(one.wall_s for one in costs)
    )


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """The running server."""

    port: int
    feeds: int

    def url(self, feed: int) -> str:
        return f"http://127.0.0.1:{self.port}/f/{feed}"

    def serves(self, *, generation: int, validators: bool) -> None:
        self._ask(f"generation={generation}&validators={int(validators)}")

    def expect(self, *, fetched: int = 0, unmodified: int = 0) -> None:
        """Raise VoidRun unless exactly so many bodies and 304s were sent since the last question."""
        counts = self._ask("")
        found = {status: counts.get(status, 0) for status in ("200", "304", "404")}
        if found != {"200": fetched, "304": unmodified, "404": 0}:
            raise VoidRun(f"{fetched} bodies and {unmodified} times 304 were to be sent, the server counted {found}")

    def _ask(self, query: str) -> dict[str, int]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/control?{query}", timeout=60) as answer:
            counts: dict[str, int] = json.load(answer)
        return counts


@contextmanager
def publisher(feeds: int) -> Iterator[Publisher]:
    command = [sys.executable, "-m", "tests.bench.server", "--feeds", str(feeds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Publisher(port=int(process.stdout.readline()), feeds=feeds)
        finally:
            process.kill()
