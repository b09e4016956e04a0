"""A program in a process of its own, as its users run it: no other's memory or settings make it slower or faster."""

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from tests.bench.engines import Engine
from tests.bench.measuring import Cost, VoidRun, spent

Make = Callable[[Path], Engine]  # a program with an empty database in that folder
_Done = tuple[Cost, int]  # what a method cost, and the number it returned

_SPAWNING = multiprocessing.get_context("spawn")


def _nothing() -> None:
    """What a program does at its start that has nothing to set."""


class Apart:
    """Does what it is told with one engine after another, each with a database of its own."""

    def __init__(self, make: Make, *, start: Callable[[], None] = _nothing) -> None:
        """`start` is called first in the new process; it and `make` must be picklable."""
        self._line, far_end = _SPAWNING.Pipe()
        self._process = _SPAWNING.Process(target=_obey, args=(far_end, make, start), daemon=True)
        self._process.start()
        far_end.close()

    def open(self, folder: Path) -> None:
        """Close the engine there is, and begin with an empty database in `folder`."""
        self._told(folder)

    def does(self, method: str) -> Cost:
        """What it costs in that process to call this method of the engine."""
        return self._told(method)[0]

    def count(self, method: str) -> int:
        """The number that this method of the engine returns."""
        return self._told(method)[1]

    def close(self) -> None:
        self._line.send(None)
        self._process.join()
        self._line.close()

    def _told(self, order: Path | str) -> _Done:
        try:
            self._line.send(order)
            done: _Done = self._line.recv()
        except (EOFError, OSError) as error:
            raise VoidRun(f"the process that was told {str(order)!r} ended: see its traceback above") from error
        return done


def _obey(line: Connection, make: Make, start: Callable[[], None]) -> None:
    start()
    engine: Engine | None = None
    for order in iter(line.recv, None):
        if not isinstance(order, Path):
            line.send(_done(getattr(engine, order)))
            continue
        if engine is not None:
            engine.close()
        engine = make(order)
        line.send(_done(int))
    if engine is not None:
        engine.close()


def _done(work: Callable[[], object]) -> _Done:
    returned: list[object] = []
    cost = spent(lambda: returned.append(work()))
    return cost, returned[0] if isinstance(returned[0], int) else 0
