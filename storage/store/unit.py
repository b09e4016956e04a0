"""The unit of work: a transaction, with everything that is remembered hanging on it.

Rule: what is written together is written in one transaction, begun with the write lock, or not at all.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from storage import migrations
from storage.crash import crash_point
from storage.engine import BUSY_TIMEOUT_S, database_path, open_engine, translated
from storage.errors import SchemaTooNew, StoreError
from storage.feeds import Feeds
from storage.items import Items
from storage.model import Context, Feed, Key, Plan
from storage.store import keeping

if TYPE_CHECKING:
    from storage.claims import Claims
    from storage.events import Events
    from storage.linking import Linking
    from storage.marks import Marks
    from storage.outbox import Outbox
    from storage.pages import Pages
    from storage.relinking import Relinking
    from storage.rulings import RulingQueries
    from storage.storylines import StorylineQueries


class Transaction:
    """What was remembered, as of one moment; when writing, also what will be."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.feeds = Feeds(connection)
        self.items = Items(connection)
        self.plan_count = 0

    @cached_property
    def events(self) -> "Events":
        from storage.events import Events

        return Events(self._connection)

    @cached_property
    def claims(self) -> "Claims":
        from storage.claims import Claims

        return Claims(self._connection)

    @cached_property
    def linking(self) -> "Linking":
        from storage.linking import Linking

        return Linking(self._connection)

    @cached_property
    def outbox(self) -> "Outbox":
        from storage.outbox import Outbox

        return Outbox(self._connection)

    @cached_property
    def rulings(self) -> "RulingQueries":
        from storage.rulings import RulingQueries

        return RulingQueries(self._connection)

    @cached_property
    def relinking(self) -> "Relinking":
        from storage.relinking import Relinking

        return Relinking(self._connection)

    @cached_property
    def storylines(self) -> "StorylineQueries":
        from storage.storylines import StorylineQueries

        return StorylineQueries(self._connection)

    @cached_property
    def marks(self) -> "Marks":
        from storage.marks import Marks

        return Marks(self._connection)

    @cached_property
    def pages(self) -> "Pages":
        from storage.pages import Pages

        return Pages(self._connection)

    def context(
        self,
        feed: Feed,
        *,
        keys: Collection[Key],
        content_hashes: Collection[str],
        text_hashes: Collection[str],
        title_hashes: Collection[str],
        sentence_hashes: Collection[int],
        now: datetime,
        seen: Collection[int] = (),
    ) -> Context:
        """What deciding about a document needs to know of the past; its cost grows with the document alone."""
        if self._connection.get_execution_options().get("writing"):
            crash_point("after_begin")
        return self.items.context(
            feed,
            keys=keys,
            content_hashes=content_hashes,
            text_hashes=text_hashes,
            title_hashes=title_hashes,
            sentence_hashes=sentence_hashes,
            now=now,
            seen=seen,
        )

    def apply(self, plan: Plan) -> None:
        """Write everything that one poll or import decided."""
        self.plan_count += 1
        self.items.apply(plan)
        crash_point("mid_apply")
        self.feeds.apply(plan)
        if plan.pages:
            self.pages.apply(plan)
        if plan.links or plan.events or plan.event_states or plan.changes:
            self.events.apply(plan)
        if plan.members or plan.event_states or plan.term_counts:
            self.linking.apply(plan)
        if plan.claims or plan.retracted or plan.mentions or plan.promises:
            self.claims.apply(plan)
        if plan.alerts:
            self.outbox.enqueue(plan.alerts, ())


class Store:
    """One database, shared by the threads of a process; its transactions are used by one thread each."""

    def __init__(self, engine: Engine, writing: Engine, path: Path) -> None:
        self._engine, self._writing_engine = engine, writing
        self._inode = path.stat().st_ino
        self._writer = threading.Lock()
        self._writing_thread: int | None = None
        self.path = path

    @classmethod
    def open(cls, url: str, *, create: bool = True, busy_timeout_s: float = BUSY_TIMEOUT_S) -> "Store":
        """Open `url`, made or upgraded if need be.

        Raises StoreError for what is no database of ours, SchemaTooNew, Locked when an upgrade waits too long.
        """
        path = database_path(url)
        _make_folder(path, create=create)
        engine = open_engine(url, busy_timeout_s)
        try:
            with translated(path):
                _bring_to_head(engine, path)
            # One connection writes: of pages that another one wrote since, SQLite keeps none in memory.
            return cls(engine, open_engine(url, busy_timeout_s, pool_size=1), path)
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        self._engine.dispose()
        self._writing_engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """A transaction that sees one moment; any attempt to write in it raises StoreError."""
        with translated(self.path), self._engine.connect() as connection, connection.begin():
            yield Transaction(connection)

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """The one writing transaction of this process: committed at the end, rolled back on any exception.

        Raises Locked when another process keeps the lock for longer than the busy timeout; a later try may succeed.
        """
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("this thread is writing already: pass its transaction on instead of opening another")
        with self._writer, translated(self.path):
            self._writing_thread = threading.get_ident()
            try:
                self._expect_same_file()
                with self._writing_engine.connect().execution_options(writing=True) as connection, connection.begin():
                    transaction = Transaction(connection)
                    yield transaction
                    transaction.feeds.write_learned()
                    _crash_points("before_commit", transaction)
                _crash_points("after_commit", transaction)
            finally:
                self._writing_thread = None

    def backup(self, path: Path) -> None:
        """Write a consistent, checked copy to `path`, while others read and write on."""
        keeping.copy_database(self.path, path)

    def ensure_ballast(self) -> bool:
        """Keep 1 MiB beside the database that can be given up when the disk is full; False when it has no room."""
        return keeping.ensure_ballast(self.path)

    def drop_ballast(self) -> bool:
        """Give the ballast up, so that what is in flight can be settled; False when there was none."""
        return keeping.drop_ballast(self.path)

    def _expect_same_file(self) -> None:
        """A database that was moved or replaced under us still takes writes that nobody will ever read."""
        try:
            inode = self.path.stat().st_ino
        except OSError as error:
            raise StoreError(
                f"{self.path} is gone while in use ({error.strerror}): restart, nothing was written"
            ) from None
        if inode != self._inode:
            raise StoreError(f"{self.path} was replaced while in use: restart, nothing was written")


def _crash_points(name: str, transaction: Transaction) -> None:
    """The points of a poll are passed by the transactions that apply plans, so that a test can count them."""
    if transaction.plan_count:
        crash_point(name)


def _make_folder(path: Path, *, create: bool) -> None:
    if not create and not path.exists():
        raise StoreError(f"there is no database {path} yet: `salname poll` or `salname run` makes it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path.parent} cannot be made ({error.strerror}): check [storage] url") from None


def _bring_to_head(engine: Engine, path: Path) -> None:
    with engine.connect() as connection, connection.begin():
        found = migrations.version(connection)
    if found == migrations.head():
        return
    with engine.connect() as connection:
        # A rebuilt table is dropped and renamed: with enforcement on, its references would go with it.
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        with connection.execution_options(writing=True).begin():
            _create_or_upgrade(connection, path)
        connection.invalidate()


def _create_or_upgrade(connection: Connection, path: Path) -> None:
    found = migrations.version(connection)  # again, under the lock: another process may have been faster
    if found is None:
        if not migrations.is_empty(connection):
            raise StoreError(f"{path} holds the tables of another program: name another file in [storage] url")
        migrations.create(connection)
    elif found not in migrations.revisions():
        raise SchemaTooNew(migrations.too_new(path, found))
    elif found != migrations.head():
        keeping.copy_database(path, path.with_name(f"{path.name}.schema-{found}.{keeping.state_name(path)}.backup"))
        migrations.upgrade(connection)
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise StoreError(f"{path} cannot be upgraded: table {broken[0]} refers to rows that are not there")
