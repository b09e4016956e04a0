"""The ledger as a viewer folds it: claims, promises and rulings as nouns, as of any moment.

Rule: what was not seen yet at the moment asked for is left out, and what was taken back later still stands.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from storage.model import (
    Claim,
    ClaimKind,
    FactRuling,
    Modality,
    Origin,
    Promise,
    PromiseState,
)
from storage.reading.connection import OF_EVENT, Connection, Record, marks, micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANTS = ("said_at", "seen_at", "retracted_at")
_CLAIM = tuple(one.name for one in fields(Claim))
_PROMISE = tuple(one.name for one in fields(Promise))
_SOME = 500


class ClaimReading:
    """Queries on claims."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keys_of(self, event: str) -> list[str]:
        """The keys that items of an event speak of."""
        sql = f"SELECT DISTINCT key FROM claim WHERE event_id IN ({OF_EVENT}) ORDER BY key"  # noqa: S608  fixed words only
        return [row["key"] for row in self._connection.all(sql, {"event": event})]

    def of_keys(self, keys: Iterable[str], *, as_of: datetime | None = None) -> list[Claim]:
        """All claims of the keys that were seen by `as_of`."""
        wanted = list(keys)
        found: list[Claim] = []
        for start in range(0, len(wanted), _SOME):
            some = wanted[start : start + _SOME]
            sql = f"SELECT * FROM claim WHERE key IN ({marks(len(some))}) ORDER BY as_of, id"  # noqa: S608  question marks only
            found += [_claim(row, as_of) for row in self._connection.all(sql, some)]
        if as_of is None:
            return found
        return [claim for claim in found if claim.seen_at is None or claim.seen_at < as_of]

    def one(self, claim: str) -> Claim | None:
        row = self._connection.one("SELECT * FROM claim WHERE id = ?", (claim,))
        return _claim(row, None) if row else None

    def rulings(self, as_of: datetime | None = None) -> list[FactRuling]:
        """What persons have decided and not taken back, in order; with `as_of`, what held before that instant."""
        where, values = "undone_at IS NULL", tuple[int, ...]()
        if as_of is not None:
            where, values = "at < ? AND (undone_at IS NULL OR undone_at >= ?)", (micros(as_of),) * 2
        rows = self._connection.all(f"SELECT * FROM fact_ruling WHERE {where} ORDER BY at, id", values)  # noqa: S608  fixed words only
        return [FactRuling(**{**dict(row), "at": _moment(row["at"]), "undone_at": None}) for row in rows]

    def promises(
        self,
        *,
        state: str | None = None,
        event: str | None = None,
        until: date | None = None,
        as_of: datetime | None = None,
    ) -> list[Record]:
        """Promises with the event and the claim they were made in, those due first at the head.

        Without a state the last one of each chain: open, overdue, kept or called off. With `as_of` the last one that
        was known before that moment, in the state that it had.
        """
        where, values = ["1"], Record()
        if as_of is not None:
            where.append("coalesce(c.seen_at, 0) < :as_of")
            values["as_of"] = micros(as_of)
        elif state:
            where.append("p.state = :state")
            values["state"] = state
        else:
            where.append("p.state <> 'slipped'")
        if event:
            where.append(f"c.event_id IN ({OF_EVENT})")
            values["event"] = event
        if until:
            where.append("p.hi <= :until")
            values["until"] = until.isoformat()
        sql = (
            "SELECT p.*, c.quote, c.item_id, c.source, c.url, e.title AS event_title, "  # noqa: S608  fixed words only
            "coalesce(e.merged_into, e.id) AS event FROM promise p JOIN claim c ON c.id = p.claim_id "
            f"LEFT JOIN event e ON e.id = p.event_id WHERE {' AND '.join(where)} ORDER BY p.hi, p.id"
        )
        found = [
            {
                "promise": _promise(row),
                "event": row["event"],
                "event_title": row["event_title"],
                "quote": row["quote"],
                "item": str(row["item_id"]),
                "source": row["source"],
                "url": row["url"],
            }
            for row in self._connection.all(sql, values)
        ]
        return found if as_of is None else [one | {"promise": last} for one, last in _as_known(found, as_of) if last]


def _claim(row: sqlite3.Row, as_of: datetime | None) -> Claim:
    values = {name: row[name] for name in _CLAIM}
    kind = ClaimKind(values["kind"])
    values |= {name: _moment(values[name]) for name in _INSTANTS}
    values |= {name: _bound(values[name], kind) for name in ("lo", "hi")}
    taken = values["retracted_at"]
    if as_of is not None and taken is not None and taken >= as_of:
        values["retracted_at"] = None
    return Claim(
        **{
            **values,
            "kind": kind,
            "modality": Modality(values["modality"]),
            "origin": Origin(values["origin"]),
            "official": bool(values["official"]),
            "as_of": _day(values["as_of"]),
        }
    )


def _promise(row: sqlite3.Row) -> Promise:
    values = {name: row[name] for name in _PROMISE}
    days = {name: _day(values[name]) for name in ("lo", "hi", "state_since")}
    return Promise(**{**values, **days, "state": PromiseState(values["state"])})


def _as_known(found: Sequence[Record], as_of: datetime) -> Iterator[tuple[Record, Promise | None]]:
    """Each record with its promise as it stood: slipped only where the next date was known, closed only by then."""
    followed = {one["promise"].prev_id for one in found}
    for one in found:
        promise: Promise = one["promise"]
        since = promise.state_since
        is_new = promise.state is PromiseState.SLIPPED or (since is not None and since >= as_of.date())
        known = replace(promise, state=PromiseState.OPEN, note="", closed_by=None) if is_new else promise
        yield one, None if promise.id in followed else known


def _bound(text: str | None, kind: ClaimKind) -> Decimal | date | None:
    if text is None:
        return None
    return Decimal(text) if kind is ClaimKind.QUANTITY else date.fromisoformat(text)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
