"""The benchmark: what Salname costs, beside what the same work costs others.

        python -m tests.bench [--feeds 200] [--rounds 3] [--threads 8]

Each figure stands beside its yardstick of the same run, and beside lemon24/reader where that is installed (it needs
`sgmllib3k` beside it). "broad" watches topics that nearly every entry matches, "narrow" those that are shipped, which
few match: what matches nothing is neither linked nor kept.

Figures are medians of CPU time; a run in which the server counted other answers than were measured is void. Nothing is
passed or failed here: "wanted" says what the design asks for.
"""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench import calibration, parsing, polls, scale, storing
from tests.bench.corpus import standard
from tests.bench.engines import Salname, peer_version
from tests.bench.measuring import Cost, Publisher, VoidRun, median, publisher, spent

_MIB = 1_048_576


def main() -> int:
    asked = _arguments()
    bodies = [standard().document(feed, 0).body for feed in range(asked.feeds)]
    print(_heading(asked.feeds, bodies), flush=True)
    try:
        with publisher(asked.feeds) as server:
            for lines in _sections(server, bodies, rounds=asked.rounds, threads=asked.threads):
                print("\n".join(lines), flush=True)
    except VoidRun as error:
        print(f"void: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="CPU time of Salname beside its yardsticks."
    )
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=8, help="of both programs")
    return parser.parse_args()


def _heading(feeds: int, bodies: list[bytes]) -> str:
    sizes = [len(body) for body in bodies]
    middle = statistics.median(sizes) / 1_000
    start = statistics.median(spent(calibration.python_pass).cpu_s for _ in range(5))
    return (
        f"{feeds} feeds of {min(sizes) / 1_000:.0f} to {max(sizes) / 1_000:.0f} KB, median {middle:.0f}\n"
        f"Python {platform.python_version()}, {os.cpu_count()} processors, `python -c pass` {start * 1_000:.0f} ms, "
        f"reader {peer_version() or 'is not installed'}"
    )


def _sections(server: Publisher, bodies: list[bytes], *, rounds: int, threads: int) -> Iterator[list[str]]:
    found = polls.measure(server, bodies, rounds=rounds, threads=threads)
    shares = ", ".join(f"{name} {count / found.entries:.0%}" for name, count in found.relevant.items())
    yield [f"{found.entries} entries; those that match a topic: {shares}"]
    yield _poll("P1 unchanged body", found.unchanged, server.feeds, "http", "x15, aimed at x25")
    yield _poll("P2 not modified (304)", found.unmodified, server.feeds, "requests", "x1, at most 1.8 requests")
    yield _poll("P3 one new entry", found.fresh, server.feeds, "expat", "x5, aimed at x8")
    yield _poll("P4 first poll", found.first, server.feeds, "expat", "x1.3, aimed at x1.8")
    yield _placing(found)
    yield _parsing(parsing.measure(server.feeds, rounds=rounds), server.feeds)
    with tempfile.TemporaryDirectory() as folder:
        yield _storing(_measured_storing(server, Path(folder), rounds))
    yield _scale(scale.measure(server))


def _poll(title: str, costs: polls.Costs, feeds: int, yardstick: str, wanted: str) -> list[str]:
    plain, peer = median(costs[yardstick]), median(costs["reader"]) if "reader" in costs else None
    lines = ["", f"{title}: CPU ms a feed    (wanted: {wanted})"]
    for name in ("broad", "narrow"):
        ours = median(costs[name])
        ratio = f", reader / this {peer.cpu_s / ours.cpu_s:.1f}" if peer else ""
        lines.append(f"  salname, {name:6} {_each(ours, feeds)}   {ours.cpu_s / plain.cpu_s:.1f} x {yardstick}{ratio}")
    lines += [f"  reader          {_each(peer, feeds)}"] if peer else []
    return [*lines, f"  {yardstick:15} {_each(plain, feeds)}"]


def _placing(found: polls.Polls) -> list[str]:
    """Storylines are placed behind the polls, each minute, and not in P1 to P4."""
    costs = {name: median(costs).cpu_s / found.relevant[name] * 1_000 for name, costs in found.placing.items()}
    return [
        "",
        "storylines, behind the polls: "
        + ", ".join(f"{name} {ms:.2f}" for name, ms in costs.items())
        + " cpu ms a relevant entry",
    ]


def _each(cost: Cost, feeds: int) -> str:
    return f"{cost.cpu_s / feeds * 1_000:7.2f} cpu {cost.wall_s / feeds * 1_000:7.2f} wall"


def _parsing(found: parsing.Parsing, feeds: int) -> list[str]:
    full, part, plain = median(found.full), median(found.differential), median(found.expat)
    return [
        "",
        "P5 differential parse, one new entry, feedparser on all: CPU ms a feed    (wanted: 0 differences, x8)",
        f"  feedparser   {_each(full, feeds)}   {full.cpu_s / plain.cpu_s:.1f} x expat ({_each(plain, feeds).strip()})",
        f"  differential {_each(part, feeds)}   {full.cpu_s / part.cpu_s:.1f} times faster",
        f"  feeds read differently: {found.differences} of {feeds}",
    ]


def _measured_storing(server: Publisher, folder: Path, rounds: int) -> storing.Storing:
    """Plans of a real first poll, stored again in databases that hold the feeds alone."""
    for name in ("first", "empty"):
        (folder / name).mkdir()
    plans = polls.first_plans(server, folder / "first")
    Salname(folder / "empty", server.port, [server.url(feed) for feed in range(server.feeds)]).close()
    return storing.measure(plans, folder / "empty" / "broad.db", folder, rounds=rounds)


def _storing(found: storing.Storing) -> list[str]:
    ours, raw = median(found.stored), median(found.raw)
    rate, plain = found.items / ours.cpu_s, found.items / raw.cpu_s
    return [
        "",
        "P7 storing items, 500 a commit: CPU    (wanted: 50 % of plain sqlite3, aimed at 65 %)",
        f"  salname  {rate:.0f} items/s, {rate / plain:.0%} of plain sqlite3 ({plain:.0f} items/s)",
    ]


def _scale(found: scale.Scale) -> list[str]:
    memory = ", ".join(f"{kind} {size / _MIB:.0f}" for kind, size in found.memory.items())
    return [
        "",
        f"P9 {scale.ROWS} feeds    (wanted: 1 % of a core, 150 MB)",
        f"  a tick each second {found.tick_cpu_s:.2%} of a core, {found.due_each_tick:.1f} feeds due in each",
        f"  peak memory in MiB by kind of poll: {memory}",
    ]


if __name__ == "__main__":
    sys.exit(main())
