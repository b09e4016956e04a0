"""Scores of linking: a labelled stream is linked from nothing, and the events found are held against the true ones.

Rule: every item is linked, and items with a label alone are scored. BCubed after Bagga & Baldwin 1998: of each item,
the share of its found event that is truly of its event (precision), and of its true event that it was found with
(recall).
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.events.link import Decision, Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.terms import analyse
from monitor.events.weights import Weights
from monitor.language import detect_language

_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)  # of a stream without dates
_BETWEEN = timedelta(seconds=1)  # items without dates, in their order


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One line of a labelled file; `event` None: not scored, `published_at` None: in the order of the lines."""

    id: str
    title: str
    text: str = ""
    published_at: datetime | None = None
    lang: str | None = None
    outlet: str = ""
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def labelled(line: str) -> Labelled:
    """One line of the import format with its label; ValueError says what is wrong with it."""
    told = json.loads(line)
    if not isinstance(told, dict):
        raise ValueError("the line is no object")  # noqa: TRY004  what is wrong with a line is one kind of error
    item_id = _words(told, "id") or _words(told, "url")
    if not item_id:
        raise ValueError("neither id nor url")
    if "event" not in told:
        raise ValueError("no event: the true label, or null")
    published = _words(told, "published")
    return Labelled(
        id=item_id,
        title=_words(told, "title"),
        text=_words(told, "text"),
        published_at=_instant(published) if published else None,
        lang=_words(told, "language") or None,
        outlet=_words(told, "source"),
        event=_words(told, "event") or None,
    )


def incoming(items: Iterable[Labelled], aliases: Mapping[str, str]) -> Iterator[Incoming]:
    """The items as the linker gets them. One without a date comes right behind the one before."""
    clock = _BEGINNING
    for number, item in enumerate(items):
        at = clock = item.published_at or clock + _BETWEEN
        lang = item.lang or detect_language(f"{item.title} {item.text}")
        yield Incoming(
            item_id=number,
            new_event_id=f"{number:08}",
            analysis=analyse(item.title, item.text, lang=lang, aliases=aliases),
            sort_at=at,
            dated=item.published_at is not None,
            outlet=item.outlet,
            lang=lang,
            topics=(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """What became of an item: its event, named by the number of the item that founded it."""

    event: str
    at: datetime
    decision: Decision


def link_all(items: Iterable[Incoming], settings: LinkSettings, weights: Weights | None = None) -> Iterator[Linked]:
    """The event that each item is given, linked one after the other from nothing."""
    live = LiveEvents(settings, weights)
    for item in items:
        vectors = live.weigh(item)
        decision = live.decide(item, vectors)
        event = decision.event_id or item.new_event_id
        live.add(item, vectors, event)
        yield Linked(event=event, at=item.sort_at, decision=decision)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A false join or a false split, told to a person; `cost` is how many items stand apart or together wrongly."""

    kind: str  # join, split
    item: Labelled
    cost: int
    text: str


def worst(items: Sequence[Labelled], linked: Sequence[Linked], limit: int) -> list[Mistake]:
    """The `limit` decisions that did most harm as they were made, the worst first."""
    members: dict[str, list[Labelled]] = {}
    places: dict[str, Counter[str]] = {}  # of each true event: items by found event
    found: list[Mistake] = []
    for item, one in zip(items, linked, strict=True):
        if item.event is not None:
            here, before = members.get(one.event, []), places.setdefault(item.event, Counter())
            strangers = [other for other in here if other.event not in (item.event, None)]
            if one.decision.how == "joined" and 2 * len(strangers) > len(here):
                found.append(_mistake("join", item, one, len(strangers), strangers[0]))
            elif one.decision.how == "founded" and before:
                home, count = before.most_common(1)[0]
                found.append(_mistake("split", item, one, count, members[home][0]))
            before[one.event] += 1
        members.setdefault(one.event, []).append(item)
    return sorted(found, key=lambda mistake: (-mistake.cost, mistake.item.id))[:limit]


def _mistake(kind: str, item: Labelled, one: Linked, cost: int, other: Labelled) -> Mistake:
    said = "was put to" if kind == "join" else "was kept from"
    reasons = ", ".join(f"{label} {value:+.1f}" for label, value in one.decision.reasons)
    text = f"{kind} {item.id}: “{item.title}” {said} “{other.title}” at {one.decision.score:.2f} ({reasons})"
    return Mistake(kind=kind, item=item, cost=cost, text=text)


def bcubed(found: Sequence[str], wanted: Sequence[str | None]) -> Score:
    """Of two groupings of the same items; those that have no label are left out."""
    pairs = [(one, other) for one, other in zip(found, wanted, strict=True) if other is not None]
    both, of_found, of_wanted = _counts(pairs)
    if not pairs:
        return Score(precision=0.0, recall=0.0)
    return Score(
        precision=sum(count * count / of_found[one] for (one, _), count in both.items()) / len(pairs),
        recall=sum(count * count / of_wanted[other] for (_, other), count in both.items()) / len(pairs),
    )


def pairwise(found: Sequence[str], wanted: Sequence[str | None]) -> Score:
    """Of the pairs of items that are put together, and of those that belong together."""
    pairs = [(one, other) for one, other in zip(found, wanted, strict=True) if other is not None]
    both, of_found, of_wanted = _counts(pairs)
    right = sum(map(_pairs, both.values()))
    put, belong = sum(map(_pairs, of_found.values())), sum(map(_pairs, of_wanted.values()))
    return Score(precision=right / put if put else 1.0, recall=right / belong if belong else 1.0)


def _counts(pairs: Sequence[tuple[str, str]]) -> tuple[Counter[tuple[str, str]], Counter[str], Counter[str]]:
    return Counter(pairs), Counter(one for one, _ in pairs), Counter(other for _, other in pairs)


def _pairs(count: int) -> int:
    return count * (count - 1) // 2


def _words(told: Mapping[str, object], key: str) -> str:
    value = told.get(key)
    if value is None:
        return ""
    if not isinstance(value, str | int):
        raise ValueError(f"{key} is no text")  # noqa: TRY004  likewise
    return str(value)


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError("published is no ISO 8601 time") from None
