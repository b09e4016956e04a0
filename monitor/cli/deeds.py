"""What the viewer may do, done to the database: each deed in one transaction, with its way back.

Rule: SQLAlchemy is loaded with the first deed, never with the first look.
"""

import getpass
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from monitor.cli.place import Place
from monitor.viewer.screen.deeds import Back

SILENCED = timedelta(days=30)

if TYPE_CHECKING:
    from monitor.app import Monitor
    from monitor.correcting import Correcting, Done
    from storage.store import Store, Transaction


class StoredDeeds:
    """The deeds of `monitor.viewer.screen.deeds.Deeds`, from any one thread at a time."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._store: Store | None = None
        self._monitor: Monitor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._store is not None:
            self._store.close()
        if self._monitor is not None:
            self._monitor.close()

    def mark(self, changes: Sequence[str], *, is_read: bool) -> Back:
        with self._writing() as tx:
            before = tx.marks.put(changes, is_read=is_read, at=_now())

        def back() -> None:
            with self._writing() as tx:
                tx.marks.restore(before, _now())

        return back

    def mark_all(self) -> Back:
        with self._writing() as tx:
            before = tx.marks.set_until(tx.marks.newest())

        def back() -> None:
            with self._writing() as tx:
                tx.marks.set_until(before)

        return back

    def silence(self, event: str, title: str) -> Back:
        from storage.model import Silence

        now = _now()
        silence = Silence(
            id=secrets.token_hex(4),
            matchers=(("event", event),),
            starts_at=now,
            ends_at=now + SILENCED,
            author=getpass.getuser(),
            comment=title,
            created_at=now,
        )
        with self._writing() as tx:
            tx.outbox.add_silence(silence)

        def back() -> None:
            with self._writing() as tx:
                tx.outbox.expire_silence(silence.id, _now())

        return back

    def merge(self, first: str, second: str) -> Back:
        return self._ruled(self._correcting().merge(first, second))

    def pin(self, item: str, event: str) -> Back:
        return self._ruled(self._correcting().pin(int(item), event))

    def make_ready(self) -> None:
        self._correcting()

    def _ruled(self, done: "Done") -> Back:
        def back() -> None:
            self._correcting().undo(done.ruling.id)

        return back

    def _correcting(self) -> "Correcting":
        if self._monitor is None:
            from monitor.app import Monitor

            self._monitor = Monitor.open(self._place.required_config, self._place.database_url, create=False)
        from monitor.correcting import Correcting

        return Correcting(self._monitor)

    @contextmanager
    def _writing(self) -> "Iterator[Transaction]":
        if self._store is None:
            from storage.store import Store

            self._store = Store.open(self._place.database_url, create=False)
        with self._store.writing() as transaction:
            yield transaction


def _now() -> datetime:
    return datetime.now(UTC)
