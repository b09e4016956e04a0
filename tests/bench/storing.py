"""P7: storing what a first poll found, against the same statements and rows given to plain sqlite3.

The driver is handed finished rows: what it saves are compressing, JSON and everything that decides about statements.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import event
from sqlalchemy.engine import Engine

from storage.model import Plan
from storage.store import Store
from tests.bench import calibration
from tests.bench.measuring import Cost, VoidRun, spent

BATCH = 500  # items a commit


@dataclass(slots=True, kw_only=True)
class Storing:
    stored: list[Cost] = field(default_factory=list)
    raw: list[Cost] = field(default_factory=list)
    items: int = 0


def measure(plans: Sequence[Plan], empty: Path, folder: Path, *, rounds: int) -> Storing:
    """`empty` is a database with the feeds of `plans` and nothing else."""
    batches = list(_batches(plans))
    commits = _statements(batches, _copied(empty, folder / "listened.db"))
    found = Storing(items=sum(len(plan.items) for batch in batches for plan in batch))
    for number in range(rounds):
        ours, plain = (_copied(empty, folder / f"{name}{number}.db") for name in ("ours", "plain"))
        with closing(Store.open(f"sqlite:///{ours}")) as store:
            found.stored.append(spent(partial(_store, store, batches)))
        found.raw.append(spent(partial(calibration.sqlite_alone, plain, commits)))
        if _rows(ours) != _rows(plain):
            raise VoidRun("plain sqlite3 was given other rows")
    return found


def _batches(plans: Sequence[Plan]) -> Iterator[list[Plan]]:
    """Plans of the items alone: what the events cost is not the cost of storing items."""
    batch: list[Plan] = []
    for plan in plans:
        batch.append(_items_alone(plan))
        if sum(len(one.items) for one in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _items_alone(plan: Plan) -> Plan:
    items = tuple(item._replace(event_id=None) for item in plan.items)
    return replace(
        plan,
        items=items,
        links=(),
        events=(),
        event_states=(),
        members=(),
        term_counts={},
        claims=(),
        retracted=(),
        mentions=(),
        promises={},
        pages=(),
        changes=(),
        alerts=(),
    )


def _store(store: Store, batches: Sequence[Sequence[Plan]]) -> None:
    for batch in batches:
        with store.writing() as tx:
            for plan in batch:
                tx.apply(plan)


def _statements(batches: Sequence[Sequence[Plan]], path: Path) -> list[list[calibration.Statement]]:
    """Everything that `Store` gives its driver to write, by commit."""
    commits: list[list[calibration.Statement]] = []

    def begin(_connection: Any) -> None:
        commits.append([])

    def listen(_c: Any, _cursor: Any, text: str, rows: Any, _context: Any, many: bool) -> None:
        if text.startswith(("INSERT", "UPDATE", "DELETE")):
            commits[-1].append((text, list(rows) if many else [rows]))

    through = [patch(f"storage.statements.{name}.driver_of", return_value=None) for name in ("asking", "bulk")]
    with closing(Store.open(f"sqlite:///{path}")) as store, through[0], through[1]:  # past SQLAlchemy nothing is heard
        event.listen(Engine, "begin", begin)
        event.listen(Engine, "before_cursor_execute", listen)
        try:
            _store(store, batches)
        finally:
            event.remove(Engine, "before_cursor_execute", listen)
            event.remove(Engine, "begin", begin)
    return [commit for commit in commits if commit]


def _copied(database: Path, to: Path) -> Path:
    return Path(shutil.copy(database, to))


def _rows(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        tables = ("item", "item_key", "sighting", "item_revision", "item_topic", "item_sentence", "verdict")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
