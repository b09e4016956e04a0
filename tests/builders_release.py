"""A newsroom without feeds: it hears changes by an invented clock, and a test reads what would be told, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import literal_column, select
from sqlalchemy.dialects.sqlite import insert as insert_new

from alerts.bundles import Target
from alerts.release import Release
from alerts.rules import Facts, Routing, decide
from storage.model import Alert, Change, Delivery, Silence, change_id
from storage.outbox.nouns import alert_from
from storage.store import Store, WriteTx
from storage.tables import ALERT, CHANGE
from tests.builders_outbox import NOW, an_event

TARGETS: Mapping[str, Target] = {"chat": Target(kind="slack", addresses=("chat",))}

_PUT = insert_new(CHANGE).on_conflict_do_nothing()


def news(
    event: str = "0ITU", kind: str = "event.created", *, revision: int = 1, key: str = "", **fields: object
) -> Change:
    """A change of an event as a poll would tell it."""
    known = Change(
        id=change_id(event, kind, key, "", str(revision), 0),
        kind=kind,
        key=key,
        event_id=event or None,
        revision=revision,
        payload={"summary": f"{kind} {event} {revision}"},
        at=NOW,
        topics=("itu",),
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # a test names fields of the noun


def put_change(tx: WriteTx, *changes: Change) -> None:
    """The changes with their events, in a statement a table."""
    events = {change.event_id: change for change in changes if change.event_id}
    an_event(tx, *events, revisions=[change.revision for change in events.values()], at=changes[-1].at)
    tx._connection.execute(_PUT, [_row(change) for change in changes])


def _row(change: Change) -> dict[str, object]:
    return {
        "id": change.id,
        "event_id": change.event_id,
        "feed_id": change.feed_id,
        "item_id": change.item_id,
        "revision": change.revision,
        "kind": change.kind,
        "key": change.key,
        "from_json": change.old,
        "to_json": change.new,
        "payload_json": dict(change.payload),
        "quotes_json": list(change.quotes),
        "happened_on": change.happened_on,
        "happened_precision": change.happened_precision,
        "as_of": change.as_of,
        "at": change.at,
        "topics_json": list(change.topics),
        "origin": str(change.origin),
    }


@dataclass
class Newsroom:
    store: Store
    routing: Routing = field(default_factory=lambda: Routing(channels=("chat",)))
    targets: Mapping[str, Target] = field(default_factory=lambda: TARGETS)
    heartbeat: bool = False
    now: datetime = NOW

    @property
    def release(self) -> Release:
        return Release(routing=self.routing, targets=self.targets, heartbeat=self.heartbeat)

    def hears(self, *changes: Change, facts: Facts | None = None) -> None:
        """What a poll does, in one transaction: the changes, what is decided about them, and what is told at once."""
        stamped = [replace(change, at=self.now) for change in changes]
        made: list[Alert] = []
        with self.store.writing() as tx:
            silences = tx.outbox.silences(self.now)
            put_change(tx, *stamped)
            for change in stamped:
                made += decide(change, facts or Facts(), self.routing, now=self.now, silences=silences)
            tx.outbox.enqueue(made, ())
            self.release.due(tx.outbox, self.now)

    def later(self, **span: float) -> int:
        """Let time pass and tell what is due; how many deliveries that made."""
        self.now += timedelta(**span)
        return self.tells()

    def tells(self) -> int:
        with self.store.writing() as tx:
            return self.release.due(tx.outbox, self.now)

    def silences(self, *matchers: tuple[str, str], hours: float = 24, id_: str = "s_1") -> None:
        with self.store.writing() as tx:
            tx.outbox.add_silence(
                Silence(
                    id=id_,
                    matchers=matchers,
                    starts_at=self.now,
                    ends_at=self.now + timedelta(hours=hours),
                    author="me",
                    created_at=self.now,
                )
            )

    def follows_clock(self) -> None:
        with self.store.writing() as tx:
            waiting = [*tx.outbox.all_waiting("pending"), *tx.outbox.all_waiting("held")]
            tx.outbox.decide(self.release.follow_clock(waiting, self.now))

    def deliveries(self) -> list[Delivery]:
        """In the order in which they were made."""
        with self.store.reading() as tx:
            return sorted(tx.outbox.deliveries(limit=100_000), key=lambda one: (one.next_at, one.seq, one.id))

    def told(self) -> list[tuple[str, list[str]]]:
        """(kind, changes told) of every message, in order."""
        with self.store.reading() as tx:
            return [
                (one.kind, [change.payload["summary"] for change in tx.outbox.source(one).changes])  # type: ignore[misc]
                for one in self.deliveries()
            ]

    def alerts(self) -> list[Alert]:
        with self.store.reading() as tx:
            rows = tx._connection.execute(select(ALERT).order_by(ALERT.c.created_at, literal_column("rowid")))
            return [alert_from(row) for row in rows]

    def decisions(self) -> list[tuple[str, str]]:
        return [(one.decision, one.reason) for one in self.alerts()]
