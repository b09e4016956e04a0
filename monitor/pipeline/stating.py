"""What the items of a poll claim, entered into the ledger: facts, promises, and what there is to tell of them.

The texts were read before the database was locked; here they are only compared with what is remembered.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.events.book import Book, Head
from monitor.events.telling import subject_of, told, value_of
from monitor.pipeline.prepare import Dates
from monitor.pipeline.record import Rows, Told
from monitor.pipeline.tell import Teller
from storage.model import (
    Change,
    Claim,
    Event,
    FactRuling,
    Item,
    Mentions,
    Origin,
    Promise,
    PromiseState,
    RevisionClass,
)

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class ClaimQueries(Protocol):
    """What the ledger asks storage for; see storage/claims.py."""

    def of_keys(self, keys: Iterable[str]) -> Mapping[str, Sequence[Claim]]: ...
    def of_item(self, item_id: int) -> Sequence[Claim]: ...
    def keys_of(self, event_ids: Collection[str]) -> Sequence[str]: ...
    def promises(self, key: str) -> Sequence[Promise]: ...
    def rulings(self) -> Sequence[FactRuling]: ...


EventsBy = Callable[[Iterable[str]], Mapping[str, Event]]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """One poll's entries in the ledger."""

    queries: ClaimQueries
    teller: Teller
    dates: Mapping[int, Dates]
    book: Book = field(init=False)
    mentions: list[Mentions] = field(default_factory=list)
    _origins: dict[int, Origin] = field(default_factory=dict)
    _heads: dict[int, Told] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.book = Book(self._look)

    def enter(self, rows: Rows) -> None:
        """Enter what the new and edited items say; an edit whose claims differ changed a fact."""
        spoken = [one for one in rows.tellable if one.entry is not None and one.revision is not None]
        if not any(one.entry and one.entry.statements.claims for one in spoken) and all(one.links for one in spoken):
            self._mention(spoken)
            return
        self.book.rulings = self.queries.rulings()
        for one in spoken:
            self._enter(one, rows)
        self._mention(spoken)

    def changes(self, rows: Rows, events: Mapping[str, Event]) -> list[Change]:
        """A line for each difference, in the order in which the items came."""
        found: dict[str, Change] = {}
        for one in self.book.told:
            event = events.get(one.head.event_id or "")
            old, new = value_of(one.difference.old), value_of(one.difference.new)
            subject = subject_of(event, one.difference.new)
            nth = self.teller.transitions(subject, one.difference.kind, one.difference.key, old, new)
            if nth and one.difference.kind == "fact.conflict":
                continue  # the same two values contradict each other once
            item = rows.item(one.head.item_id, self.teller.context)
            facts = self.teller.facts(item, self._topics(item, rows), "")
            change = told(one.difference, event, facts, nth=nth, at=self.teller.now, origin=self._origins[item.id])
            found.setdefault(change.id, change)
        return list(found.values())

    def with_states(self, events: Mapping[str, Event], known: EventsBy) -> dict[str, Event]:
        """The events with the states and days that their items claim, and those that are others now."""
        standings = self.book.standings(self.book.moved, self.queries.keys_of)
        away = {one.id: one for one in known(standings.keys() - events.keys()).values()} if standings else {}
        found = dict(events)
        for key, (status, (first, last)) in standings.items():
            before = found.get(key) or away.get(key)
            if before is None or (before.status, before.starts_on, before.ends_on) == (status, first, last):
                continue
            moved = replace(before, status=status, starts_on=first, ends_on=last, changed_at=self.teller.now)
            found[key] = moved if key in found else replace(moved, revision=before.revision + 1)
        return found

    def promises(self) -> dict[str, Sequence[Promise]]:
        """All promises of the keys that moved; what was told to be overdue stays so until something happens."""
        return {key: self._still_overdue(key, chain) for key, chain in self.book.promises().items()}

    def _look(self, keys: Collection[str]) -> Mapping[str, Sequence[Claim]]:
        return self.queries.of_keys(keys)

    def _enter(self, one: Told, rows: Rows) -> None:
        assert one.entry is not None and one.revision is not None  # noqa: S101, PT018  asked by the caller
        item = rows.item(one.item_id, self.teller.context)
        head = self._head(one, item)
        before = () if one.links else self.queries.of_item(item.id)
        self._origins[item.id] = one.verdict.origin
        says_others = self.book.enter(head, one.entry.statements.claims, before=before)
        if says_others and not one.links:
            _as_fact(one, rows, repeats=_repeats(one, self.book.repeating.get(item.id, ())))

    def _head(self, one: Told, item: Item) -> Head:
        assert one.entry is not None and one.revision is not None  # noqa: S101, PT018  asked by the caller
        dates = self.dates[one.entry.prepared.entry.position]
        options = self.teller.feed.options
        return Head(
            item_id=item.id,
            revision=one.revision.n,
            event_id=item.event_id,
            source=item.source_name or options.outlet or self.teller.feed.name,
            url=item.url,
            official=options.official,
            copy_group=item.copy_group,
            said_at=dates.published_at if dates.trusted else None,
            origin=one.verdict.origin,
            seen_at=self.teller.now,
            edited_on=None if one.links else self._today(),
        )

    def _today(self) -> date:
        zone = self.teller.feed.options.timezone
        return self.teller.now.astimezone(ZoneInfo(zone) if zone else UTC).date()

    def _mention(self, spoken: Iterable[Told]) -> None:
        for one in spoken:
            if one.entry is not None and one.revision is not None and one.entry.statements.mentions:
                self.mentions.append(
                    Mentions(
                        item_id=one.item_id,
                        revision=one.revision.n,
                        seen_at=self.teller.now,
                        listed=one.entry.statements.mentions,
                    )
                )

    def _topics(self, item: Item, rows: Rows) -> tuple[str, ...]:
        found = tuple(dict.fromkeys(match.topic for match in rows.topics.get(item.id, ())))
        known = self.teller.context.items.get(item.id)
        return found or (known.topics if known else ())

    def _still_overdue(self, key: str, chain: Sequence[Promise]) -> Sequence[Promise]:
        over = {one.id: one for one in self.queries.promises(key) if one.state is PromiseState.OVERDUE}
        return [over[one.id] if one.state is PromiseState.OPEN and one.id in over else one for one in chain]


def _as_fact(one: Told, rows: Rows, *, repeats: bool) -> None:
    """An edit that changed what its item claims is a change of fact, whichever words it is made of."""
    assert one.revision is not None  # noqa: S101  asked by the caller
    told, edited = replace(one, repeats=repeats), one.revision
    if edited.class_ not in {RevisionClass.FACT, RevisionClass.REVERT, RevisionClass.FILLED, RevisionClass.FIRST}:
        edited = replace(edited, class_=RevisionClass.FACT, damped=False, reason="what it claims changed")
        rows.revisions[rows.revisions.index(one.revision)] = edited
    rows.tellable[rows.tellable.index(one)] = replace(told, revision=edited)


def _repeats(one: Told, known: Sequence[Claim]) -> bool:
    """Whether an edit brings no number but those of claims that are known already, and takes none away."""
    if not known or one.before is None or one.revision is None:
        return False
    was, now = (f"{words.title}\n{words.text}" for words in (one.before, one.revision.content))
    numbers, old = Counter(_NUMBER.findall(now)), Counter(_NUMBER.findall(was))
    of_claims = {number for claim in known for number in _NUMBER.findall(now[claim.start : claim.end])}
    added, gone = numbers - old, old - numbers
    return added.keys() <= of_claims and gone.total() <= added.total()
