"""Storylines as the program suggests them: which event stands in which, and how each is found by its words.

Rule: a look-up costs the same however many storylines there are: of each term the heaviest few are read. What a person
ruled about storylines is not written here; it is laid over these rows when they are read.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from storage.statements import meta
from storage.statements.asking import ask, execute
from storage.statements.bulk import Bulk, ByNumber, columns_of, replacing
from storage.tables import EVENT, EVENT_STORYLINE, STORYLINE, STORYLINE_TERM

_E, _P, _S, _T = EVENT.c, EVENT_STORYLINE.c, STORYLINE.c, STORYLINE_TERM.c
_A_TERM = 64  # storylines

_FOUND = f"""
SELECT t.storyline_id FROM asked CROSS JOIN storyline_term t
WHERE t.term = asked.term AND t.storyline_id IN (
    SELECT storyline_id FROM storyline_term WHERE term = asked.term ORDER BY weight DESC, storyline_id LIMIT {_A_TERM})
GROUP BY t.storyline_id HAVING sum(asked.weight * t.weight) >= :least
ORDER BY round(sum(asked.weight * t.weight), 9) DESC, t.storyline_id LIMIT :most
"""  # noqa: S608  a constant
_FORGET_TERMS = "DELETE FROM storyline_term WHERE storyline_id = ?"
_PENDING = (
    select(_E.id, _E.item_count, _E.changed_at, _P.storyline_id)
    .outerjoin(EVENT_STORYLINE, _P.event_id == _E.id)
    .where(
        _E.changed_at >= bindparam("since"),
        _E.merged_into.is_(None),
        _E.item_count > 0,
        or_(_P.event_id.is_(None), _E.item_count >= 2 * _P.item_count),
    )
    .order_by(_E.changed_at, _E.first_seen_at, _E.id)
    .limit(bindparam("most"))
)
_PLACE = Bulk(replacing(EVENT_STORYLINE, "event_id"), columns_of(EVENT_STORYLINE))
_SAVE = Bulk(replacing(STORYLINE, "id"), columns_of(STORYLINE))
_SUMS = ByNumber(STORYLINE, ("id", "blob"), by="id")
_TERMS = Bulk(insert(STORYLINE_TERM), ("term", "storyline_id", "weight"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """An event to be placed, or placed again; `storyline_id` None: it never was."""

    event_id: str
    item_count: int
    changed_at: datetime
    storyline_id: str | None


class StorylineQueries:
    """The queries on suggested storylines, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pending(self, since: datetime, most: int) -> list[Unplaced]:
        """Events changed since then that are new or have doubled since they were placed, the longest waiting first."""
        rows = self._connection.execute(_PENDING, {"since": since, "most": most})
        return [
            Unplaced(
                event_id=row.id, item_count=row.item_count, changed_at=row.changed_at, storyline_id=row.storyline_id
            )
            for row in rows
        ]

    def newest(self, most: int) -> dict[str, str]:
        """The events that changed last, with the storylines suggested for them."""
        rows = self._connection.execute(
            select(_P.event_id, _P.storyline_id)
            .join(EVENT, _E.id == _P.event_id)
            .where(_E.merged_into.is_(None))
            .order_by(_E.changed_at.desc(), _E.id)
            .limit(most)
        )
        return {row.event_id: row.storyline_id for row in rows}

    def candidates(self, terms: Mapping[str, float], *, but: str | None, least: float, limit: int) -> list[str]:
        """At most `limit` storylines whose terms in common are worth `least`, those that share most first."""
        found = ask(self._connection, _FOUND, sorted(terms.items()), "term, weight", least=least, most=limit + 1)
        return [row.storyline_id for row in found if row.storyline_id != but][:limit]

    def sums(self, ids: Collection[str]) -> dict[str, Mapping[str, Mapping[str, int]]]:
        """What each storyline tells."""
        return dict(_SUMS.read(self._connection, ids))

    def event_count(self, storyline: str, most: int = 2) -> int:
        """How many events stand in the storyline; no more than `most` are counted."""
        some = select(_P.event_id).where(_P.storyline_id == storyline).limit(most)
        return len(self._connection.execute(some).all())

    def place(self, event: str, storyline: str, item_count: int) -> None:
        """Let the event stand in the storyline, as of so many items."""
        _PLACE.write(self._connection, [(event, storyline, item_count)])

    def save(self, storyline: str, sums: Mapping[str, Mapping[str, int]], terms: Mapping[str, float]) -> None:
        """What the storyline tells, and by which terms it is found."""
        _SAVE.write(self._connection, [(storyline, sums)])
        execute(self._connection, _FORGET_TERMS, (storyline,))
        _TERMS.write(self._connection, [(term, storyline, weight) for term, weight in sorted(terms.items())])

    def drop(self, storyline: str, *, into: str | None = None) -> None:
        """The storyline is no more; its events stand in `into`."""
        if into is not None:
            self._connection.execute(
                update(EVENT_STORYLINE).where(_P.storyline_id == storyline).values(storyline_id=into)
            )
        execute(self._connection, _FORGET_TERMS, (storyline,))
        self._connection.execute(delete(STORYLINE).where(_S.id == storyline))

    def leave(self, most: int) -> int:
        """Take at most `most` events out that answer as others now; how many they were."""
        left = self._connection.execute(
            select(_P.event_id, _P.storyline_id)
            .join(EVENT, _E.id == _P.event_id)
            .where(_E.merged_into.is_not(None))
            .limit(most)
        ).all()
        for row in left:
            self._connection.execute(delete(EVENT_STORYLINE).where(_P.event_id == row.event_id))
            if not self.event_count(row.storyline_id):
                self.drop(row.storyline_id)
        return len(left)

    def has_left(self) -> bool:
        """Whether a placed event answers as another now."""
        merged = select(_P.event_id).join(EVENT, _E.id == _P.event_id).where(_E.merged_into.is_not(None))
        return self._connection.execute(merged.limit(1)).first() is not None

    def until(self) -> int:
        """Up to which change of events, in microseconds since 1970, all are placed."""
        return int(meta.read(self._connection, meta.STORYLINES_UNTIL) or 0)

    def remember(self, until: int) -> None:
        meta.put(self._connection, meta.STORYLINES_UNTIL, str(until))
