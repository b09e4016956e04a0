"""What the linker remembers: what each item told when it was linked, snapshots of events, counts of terms.

Rule: an item costs the same whatever the archive holds. What it told is written once and never again; an event is the
sum of its members in the order they came, and a snapshot only saves adding them up anew.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import filterfalse
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import EventState, Member, Plan
from storage.statements.asking import ask, rows
from storage.statements.bulk import Bulk, columns_of, replacing
from storage.tables import EVENT_STATE, ITEM_TERM, LINKED_ITEM, TERM_COUNT
from storage.tables.columns import instant, micros, unpack

_BETWEEN, _AFTER = "\x1f", "\x1e"  # terms, and fields: no word holds them, and the name of a group may hold a blank

LONGEST = timedelta(days=180)  # an event that ran on for longer after an item's time is not looked for

TermCounts: TypeAlias = Mapping[tuple[int, str], Mapping[str, int]]
"""(epoch, field) -> term -> in how many items it occurred."""

_RUNNING = """
SELECT id FROM event WHERE last_at >= ? AND last_at <= ? AND first_at <= ? AND merged_into IS NULL ORDER BY id
"""
_SNAPSHOTS = """
SELECT e.event_id, e.item_count, e.blob FROM asked CROSS JOIN event_state e WHERE e.event_id = asked.event_id
"""
# In the order they came: those of one poll are numbered in that order.
_MEMBERS = """
SELECT i.event_id, l.item_id, l.at, l.outlet, l.lang, l.vectors
FROM asked CROSS JOIN item i JOIN linked_item l ON l.item_id = i.id LEFT JOIN event_item e ON e.item_id = i.id
WHERE i.event_id = asked.event_id ORDER BY i.event_id, COALESCE(e.linked_at, i.first_seen_at), i.id
"""
_LATER_MEMBERS = f"{_MEMBERS} LIMIT -1 OFFSET :skipped"
# Of each term the newest few: what everybody is named in would be a long list, and tells nothing.
_TOLD = "SELECT item_id FROM item_term WHERE term = ? AND at >= ? AND at <= ? ORDER BY at DESC, item_id DESC LIMIT 32"
_STANDS = """
SELECT i.id AS item_id, e.id AS event_id FROM asked CROSS JOIN item i JOIN event e ON e.id = i.event_id
WHERE i.id = asked.id AND e.merged_into IS NULL
"""
_TERM_COUNTS = """
SELECT c.epoch, c.field, c.term, c.count AS seen FROM asked CROSS JOIN term_count c
WHERE c.epoch = asked.epoch AND c.field = asked.field AND c.term = asked.term
"""
_UNCOUNTED = "SELECT at, vectors, uncounted FROM linked_item WHERE uncounted IS NOT NULL ORDER BY item_id"
_COUNTED = "UPDATE linked_item SET uncounted = NULL WHERE uncounted IS NOT NULL"

_LINKED = Bulk(
    upsert(LINKED_ITEM).on_conflict_do_nothing(),
    ("item_id", "at", "outlet", "lang", "vectors", "uncounted"),
    stored=True,
)


def _count() -> Bulk:
    statement = upsert(TERM_COUNT)
    adding = statement.on_conflict_do_update(
        index_elements=["epoch", "field", "term"], set_={"count": TERM_COUNT.c.count + statement.excluded.count}
    )
    return Bulk(adding, ("epoch", "field", "term", "count"), stored=True)


_FOUND_BY = Bulk(upsert(ITEM_TERM).on_conflict_do_nothing(), ("term", "at", "item_id"))
_SNAPSHOT, _COUNT = Bulk(replacing(EVENT_STATE, "event_id"), columns_of(EVENT_STATE)), _count()


class Linking:
    """The queries of the linker, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def running(self, since: datetime, until: datetime) -> list[str]:
        """The events that have items between the two instants, at least one of them no more than 180 days later."""
        times = (micros(since), micros(until + LONGEST), micros(until))
        return [row[0] for row in rows(self._connection, _RUNNING, times)]

    def states(self, ids: Collection[str]) -> Iterator[tuple[str, EventState | None, list[Member]]]:
        """Each event with its snapshot, if there is one, and the members that came after it, in their order."""
        named = [(event_id,) for event_id in sorted(ids)]
        snapshots = {row.event_id: _state_from(row) for row in ask(self._connection, _SNAPSHOTS, named, "event_id")}
        found: dict[str, list[Member]] = {event_id: [] for event_id in sorted(ids)}
        fresh = [one for one in named if one[0] not in snapshots]
        for row in ask(self._connection, _MEMBERS, fresh, "event_id"):
            found[row.event_id].append(_member_from(row))
        for event_id, state in snapshots.items():
            rows = ask(self._connection, _LATER_MEMBERS, [(event_id,)], "event_id", skipped=state.item_count)
            found[event_id] = [_member_from(row) for row in rows]
        for event_id, members in found.items():
            yield event_id, snapshots.get(event_id), members

    def told(self, terms: Sequence[str], since: datetime, until: datetime, *, least: int, most: int) -> list[str]:
        """The events that told `least` of the terms between two instants: at most so many, those with most terms.

        Of each term the newest 32 items of that time are looked at, however many there are.
        """
        items: list[list[int]] = []
        for place, term in enumerate(terms):
            if some := rows(self._connection, _TOLD, (term, micros(since), micros(until))):
                items.append([row[0] for row in some])
            if len(items) + len(terms) - place - 1 < least:
                return []  # most often: a figure is rare
        ids = sorted({item_id for some in items for item_id in some})
        event_of = dict(ask(self._connection, _STANDS, [(one,) for one in ids], "id"))
        shared: dict[str, int] = {}
        for some in items:
            for event_id in {event_of[item_id] for item_id in some if item_id in event_of}:
                shared[event_id] = shared.get(event_id, 0) + 1
        found = [(-count, event_id) for event_id, count in shared.items() if count >= least]
        return [event_id for _, event_id in sorted(found)[:most]]

    def members(self, ids: Collection[str]) -> dict[str, list[Member]]:
        """All members of each event, in the order they came."""
        found: dict[str, list[Member]] = {event_id: [] for event_id in sorted(ids)}
        for row in ask(self._connection, _MEMBERS, [(event_id,) for event_id in found], "event_id"):
            found[row.event_id].append(_member_from(row))
        return found

    def term_counts(self, asked: Mapping[tuple[int, str], Iterable[str]]) -> TermCounts:
        """In how many counted items of an epoch each term of a field occurred; those never seen are left out."""
        places = [(epoch, name, term) for (epoch, name), terms in sorted(asked.items()) for term in sorted(terms)]
        found: dict[tuple[int, str], dict[str, int]] = {}
        for row in ask(self._connection, _TERM_COUNTS, places, "epoch, field, term"):
            found.setdefault((row.epoch, row.field), {})[row.term] = row.seen
        return found

    def uncounted(self) -> Iterator[tuple[datetime, Mapping[str, Sequence[str]]]]:
        """The linked items that `term_counts` does not know of yet: the time of each, and its terms by field."""
        for row in self._connection.exec_driver_sql(_UNCOUNTED):
            told, cut = _vectors_from(row.vectors), _terms_from(row.uncounted)
            yield (
                instant(row.at),
                {name: (*told.get(name, ()), *cut.get(name, ())) for name in told.keys() | cut.keys()},
            )

    def apply(self, plan: Plan) -> None:
        """Write what the linker is to remember of a plan."""
        _LINKED.write(self._connection, [_member_row(member) for member in plan.members])
        found_by = [(term, member.at, member.item_id) for member in plan.members for term in member.found_by]
        _FOUND_BY.write(self._connection, found_by)
        _SNAPSHOT.write(self._connection, [_state_row(state) for state in plan.event_states])
        if plan.term_counts:
            counted = [
                (epoch, name, term, count)
                for (epoch, name), counts in sorted(plan.term_counts.items())
                for term, count in sorted(counts.items())
            ]
            _COUNT.write(self._connection, counted)
            self._connection.exec_driver_sql(_COUNTED)


def _member_row(member: Member) -> tuple[Any, ...]:
    vectors = member.vectors
    cut = {name: [*terms] for name, terms in member.terms.items() if len(terms) > len(vectors.get(name, ()))}
    rest = {name: [*filterfalse(vectors.get(name, {}).__contains__, terms)] for name, terms in cut.items()}
    told = [_BETWEEN.join((name, *terms, *map(str, terms.values()))) for name, terms in vectors.items()]
    left = [_BETWEEN.join((name, *terms)) for name, terms in rest.items()]
    return (member.item_id, micros(member.at), member.outlet, member.lang, _joined(told), _joined(left))


def _joined(fields: Sequence[str]) -> bytes:
    """Neither JSON nor compressed, which took three times as long: this is written for each item."""
    return _AFTER.join(fields).encode("utf-8", "surrogatepass")


def _parted(blob: bytes) -> Iterator[tuple[str, list[str]]]:
    if blob:
        for one in blob.decode("utf-8", "surrogatepass").split(_AFTER):
            name, *terms = one.split(_BETWEEN)
            yield name, terms


def _vectors_from(blob: bytes) -> dict[str, dict[str, int]]:
    found = {}
    for name, told in _parted(blob):
        count = len(told) // 2
        found[name] = dict(zip(told[:count], map(int, told[count:]), strict=True))
    return found


def _terms_from(blob: bytes) -> dict[str, list[str]]:
    return dict(_parted(blob))


def _member_from(row: Row[Any]) -> Member:
    return Member(
        item_id=row.item_id, at=instant(row.at), outlet=row.outlet, lang=row.lang, vectors=_vectors_from(row.vectors)
    )


def _state_row(state: EventState) -> tuple[Any, ...]:
    blob = {
        "first": micros(state.first_at),
        "last": micros(state.last_at),
        "fields": state.fields,
        "recent": state.recent,
        "langs": state.langs,
        "outlets": state.outlets,
        "tallies": state.tallies,
    }
    return state.event_id, state.item_count, blob


def _state_from(row: Row[Any]) -> EventState:
    blob = unpack(row.blob)
    return EventState(
        event_id=row.event_id,
        first_at=instant(blob["first"]),
        last_at=instant(blob["last"]),
        item_count=row.item_count,
        fields=blob["fields"],
        recent=tuple(blob["recent"]),
        langs=tuple(blob["langs"]),
        outlets=tuple(blob["outlets"]),
        tallies=blob["tallies"],
    )
