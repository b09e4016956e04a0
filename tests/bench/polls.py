"""P1 to P4: what a poll costs, by what it finds. The programs poll the same feeds, turn about, in one run."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from monitor.daemon import spare_collector
from storage.model import Plan
from tests.bench import calibration
from tests.bench.apart import Apart, Make
from tests.bench.engines import Peer, Salname, peer_version
from tests.bench.measuring import Cost, Publisher, VoidRun, spent

Costs = dict[str, list[Cost]]  # by whose work it is
_OURS = {"broad": True, "narrow": False}  # with which topics


@dataclass(slots=True, kw_only=True)
class Polls:
    """Costs of whole passes over all feeds."""

    first: Costs = field(default_factory=dict)
    unchanged: Costs = field(default_factory=dict)
    fresh: Costs = field(default_factory=dict)
    unmodified: Costs = field(default_factory=dict)
    placing: Costs = field(default_factory=dict)  # the events of those first passes in storylines
    entries: int = 0
    relevant: dict[str, int] = field(default_factory=dict)  # entries that match a topic


def measure(publisher: Publisher, bodies: list[bytes], *, rounds: int, threads: int) -> Polls:
    found = Polls()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engines = _engines(stack, publisher, threads)
        publisher.serves(generation=0, validators=False)
        for number in range(rounds):
            _begin(engines, Path(folder) / str(number))
            _round(found.first, engines, publisher, fetched=publisher.feeds)
            _note(found.first, "expat", lambda: calibration.expat_alone(bodies))
            for name in _OURS:
                found.placing.setdefault(name, []).append(engines[name].does("place"))
        found.entries = _agreed(engines)
        found.relevant = {name: engines[name].count("relevant_count") for name in _OURS}
        for _ in range(rounds):
            _round(found.unchanged, engines, publisher, fetched=publisher.feeds)
            _note(found.unchanged, "http", lambda: calibration.http_loop(publisher))
            publisher.expect(fetched=publisher.feeds)
        for generation in range(1, rounds + 1):
            publisher.serves(generation=generation, validators=False)
            _round(found.fresh, engines, publisher, fetched=publisher.feeds)
            _note(found.fresh, "expat", lambda: calibration.expat_alone(bodies))
        if _agreed(engines) != found.entries + rounds * publisher.feeds:
            raise VoidRun("not every feed had one entry more in each generation")
        _unmodified(found, engines, publisher, rounds)
    return found


def _unmodified(found: Polls, engines: dict[str, Apart], publisher: Publisher, rounds: int) -> None:
    publisher.serves(generation=rounds + 1, validators=True)  # reader learns validators from a changed document alone
    for engine in engines.values():
        engine.does("poll")
    loop = calibration.Revalidation(publisher)
    publisher.expect(fetched=publisher.feeds * (len(engines) + 1))
    for _ in range(rounds):
        _round(found.unmodified, engines, publisher, unmodified=publisher.feeds)
        _note(found.unmodified, "requests", loop)
        publisher.expect(unmodified=publisher.feeds)


def first_plans(publisher: Publisher, folder: Path) -> list[Plan]:
    """What a first poll of every feed writes, in the order it was written."""
    publisher.serves(generation=0, validators=False)
    plans: list[Plan] = []
    with closing(Salname(folder, publisher.port, [publisher.url(feed) for feed in range(publisher.feeds)])) as engine:
        engine.monitor.poll(everything=True, on_polled=lambda one: plans.append(one.plan))
    return plans


def _engines(stack: ExitStack, publisher: Publisher, threads: int) -> dict[str, Apart]:
    urls = [publisher.url(feed) for feed in range(publisher.feeds)]
    makes: dict[str, Make] = {
        name: partial(Salname, port=publisher.port, urls=urls, threads=threads, broad=broad)
        for name, broad in _OURS.items()
    }
    engines = {name: Apart(make, start=spare_collector) for name, make in makes.items()}  # as the daemon does
    if peer_version():
        engines["reader"] = Apart(partial(Peer, urls=urls, threads=threads))
    for engine in engines.values():
        stack.callback(engine.close)
    return engines


def _begin(engines: dict[str, Apart], folder: Path) -> None:
    for name, engine in engines.items():
        own = folder / name
        own.mkdir(parents=True)
        engine.open(own)


def _round(
    costs: Costs, engines: dict[str, Apart], publisher: Publisher, *, fetched: int = 0, unmodified: int = 0
) -> None:
    for name, engine in engines.items():
        costs.setdefault(name, []).append(engine.does("poll"))
        publisher.expect(fetched=fetched, unmodified=unmodified)


def _note(costs: Costs, name: str, work: Callable[[], object]) -> None:
    costs.setdefault(name, []).append(spent(work))


def _agreed(engines: dict[str, Apart]) -> int:
    """The number of entries, which is the same for all."""
    counts = {name: engine.count("entry_count") for name, engine in engines.items()}
    if len(set(counts.values())) != 1:
        raise VoidRun(f"the programs do not see the same entries: {counts}")
    return counts["broad"]
