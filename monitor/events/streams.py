"""Streams to learn from: labelled items laid on a window of time, cut short, or said in a language that was made up.

Rule: everything that chance decides is drawn from the seed; the same items and seed give the same stream.
"""

import random
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from monitor.events.evaluate import Labelled
from monitor.events.forms import MEANS, skeleton
from monitor.events.link import Incoming
from monitor.events.terms import GROUP, analyse
from monitor.language import detect_language
from storage.model import Analysis

_START = datetime(2025, 1, 1, tzinfo=UTC)
_MEAN_GAP = 1.5  # days from the beginning of an event to an item
_LONGEST = 14.0
_SHORT = 25  # words of a text as feeds give it
_KEPT_SOUNDS = {True: 0.8, False: 0.2}  # share that another language keeps: of names, of other words
_KEPT_MEANINGS = 0.6  # of everyday words: a translator has more than one for each
_KEPT_NAMES = {"latin": 0.6, "cyrillic": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a stream is made: `forms` are drawn for each item from full, short and title, `langs` likewise."""

    seed: int
    days: float
    forms: tuple[str, ...] = ("full",)
    langs: tuple[str, ...] = ("",)
    dated: bool = True


@dataclass(frozen=True, slots=True)
class Laid:
    """An item in its place of a stream."""

    at: datetime
    item: Labelled
    form: str
    lang: str


def laid(items: Sequence[Labelled], shape: Shape, kept: AbstractSet[str] | None = None) -> list[Laid]:
    """The items in order of time; `kept` keeps those with these ids alone."""
    rng = random.Random(shape.seed)  # noqa: S311  no secret
    begins: dict[str, float] = {}
    found = []
    for item in items:
        form, lang = rng.choice(shape.forms), rng.choice(shape.langs)
        start = begins.setdefault(item.event or item.id, rng.uniform(0, shape.days))
        hours = 24 * (start + min(_LONGEST, rng.expovariate(1 / _MEAN_GAP)))
        if kept is None or item.id in kept:
            found.append(Laid(_START + timedelta(seconds=round(hours * 3600)), item, form, lang))
    return sorted(found, key=lambda one: (one.at, one.item.id))


def cut(item: Labelled, form: str) -> Labelled:
    """The item as a feed of that form gives it: "full", "short" or "title"."""
    text = {"full": item.text, "short": " ".join(item.text.split()[:_SHORT]), "title": ""}[form]
    return replace(item, text=text)


class Shelf:
    """Labelled items with their analyses, made once for each form."""

    def __init__(self, items: Sequence[Labelled], aliases: Mapping[str, str]) -> None:
        self.items = items
        self._aliases = aliases
        self._made: dict[tuple[str, str, str], Analysis] = {}

    def stream(self, shape: Shape, kept: AbstractSet[str] | None = None) -> list[tuple[Incoming, str | None]]:
        """The items with their labels in order of time; `kept` keeps those with these ids alone."""
        return [
            (self._incoming(number, one.item, one.form, one.lang, one.at if shape.dated else None), one.item.event)
            for number, one in enumerate(laid(self.items, shape, kept))
        ]

    def _incoming(self, number: int, item: Labelled, form: str, lang: str, at: datetime | None) -> Incoming:
        analysis = self.analysis(item, form, lang)
        return Incoming(
            item_id=number,
            new_event_id=f"{number:08}",
            analysis=analysis,
            sort_at=at or _START + timedelta(seconds=number),
            dated=at is not None,
            outlet=item.outlet,
            lang=analysis.lang,
            topics=(),
        )

    def analysis(self, item: Labelled, form: str, lang: str) -> Analysis:
        key = item.id, form, lang
        if key not in self._made:
            spoken = item.lang or detect_language(f"{item.title} {item.text}")
            made = analyse(item.title, cut(item, form).text, lang=spoken, aliases=self._aliases)
            self._made[key] = said_in(lang, made) if lang else made
        return self._made[key]


def shared_names(shelf: Shelf, group_of: Callable[[str], str]) -> dict[str, str]:
    """Up to three names of each group of events that a fifth of the items of all its events have, as aliases.

    A topic is asked for by such names, so that all of its items hold them, and they tell its events apart no more.
    """
    held: dict[str, dict[str, Counter[str]]] = {}
    sizes = Counter(item.event for item in shelf.items)
    for item in shelf.items:
        if item.event:
            names = shelf.analysis(item, "full", "").fields["names"]
            held.setdefault(group_of(item.event), {}).setdefault(item.event, Counter()).update(names.keys())
    found: dict[str, str] = {}
    for events in held.values():
        if len(events) > 1:
            everywhere = set.intersection(*(set(names) for names in events.values()))
            shares = [(min(names[name] / sizes[event] for event, names in events.items()), name) for name in everywhere]
            found.update((name, f"{GROUP}{name}") for share, name in sorted(shares)[-3:] if share > 0.2)
    return found


def said_in(lang: str, analysis: Analysis) -> Analysis:
    """The analysis as if the item were in another language: "latin…" or "cyrillic…".

    Words become others; names sound the same, are seldom written so, and in Cyrillic never; numbers and dates stay.
    """
    names = {skeleton(term, analysis.lang) for term in analysis.fields.get("names", {})}
    fields = {}
    for name, terms in analysis.fields.items():
        fields[name] = {
            term
            if term[0] == GROUP or _chance(lang, term) < _kept(name, term, lang, names)
            else f"{lang}~{term}": count
            for term, count in terms.items()
        }
    return replace(analysis, lang=lang, fields=fields)


def _kept(name: str, term: str, lang: str, names: AbstractSet[str]) -> float:
    """How likely another language keeps a term."""
    match name:
        case "title" | "text":
            return 0.03
        case "names":
            return _KEPT_NAMES[lang.rstrip("0123456789")]
        case "skeletons":
            return _KEPT_MEANINGS if term[0] == MEANS else _KEPT_SOUNDS[term in names]
        case _:
            return 1.0


def _chance(lang: str, term: str) -> float:
    """The same for a word whenever it is said in the language."""
    return zlib.crc32(f"{lang} {term}".encode("utf-8", "replace")) / 2**32
