"""Reprints made of real articles: what outlets do to a text that they take over, with a known answer.

The articles are not part of the program: what needs them is skipped where they are absent.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

from monitor.words import sentences
from storage.model import Entry, Verdict
from tests.builders_items import NOON, World, an_entry

ARTICLES = Path(__file__).parents[2] / "shared" / "data" / "linking" / "ecb_train.jsonl"
_LEAST_WORDS = 100
_OPENINGS = (
    "Our newsroom has learned more about this.",
    "This was reported this evening by several agencies that we follow.",
    "As readers of this page know well, the matter is of some importance to all of us.",
)
_ENDINGS = (
    "Follow us for more stories like this one.",
    "The editors will keep an eye on what comes next and tell you here.",
    "Subscribe to our letter so that you never miss a story of this kind again.",
)
_TYPOGRAPHY = (("'", "’"), ('"', "“"), (" - ", " – "), ("...", "…"), ("&", "&amp;"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: str
    event: str
    title: str
    text: str

    @property
    def topic(self) -> str:
        """The two sister events of a topic tell of different happenings of one kind."""
        return self.event.split("-")[1]


@lru_cache
def articles() -> tuple[Article, ...]:
    """The articles of a length that an outlet would take over, each text once."""
    found: dict[str, Article] = {}
    for line in ARTICLES.read_text(encoding="utf-8").splitlines():
        told = json.loads(line)
        if len(told["text"].split()) >= _LEAST_WORDS:
            article = Article(id=told["id"], event=told["event"], title=told["title"], text=told["text"])
            found.setdefault(article.text, article)
    return tuple(found.values())


def typographic(article: Article, _chance: random.Random) -> str:
    """Other quotes, dashes and blanks, in markup."""
    text = article.text
    for plain, other in _TYPOGRAPHY:
        text = text.replace(plain, other)
    return "".join(f"<p>{part.replace(' ', '&nbsp;', 2)}  </p>" for part in sentences(text))


def wrapped(article: Article, chance: random.Random) -> str:
    """Sentences of the outlet's own before and behind."""
    return " ".join((chance.choice(_OPENINGS), article.text, chance.choice(_ENDINGS)))


def cut(article: Article, chance: random.Random) -> str:
    """The beginning: half of the sentences to nine tenths, and no less than an outlet prints."""
    told = sentences(article.text)
    kept = max(1, round(len(told) * chance.uniform(0.5, 0.9)))
    while len(" ".join(told[:kept]).split()) < _LEAST_WORDS // 2:
        kept += 1
    return " ".join(told[:kept])


def shuffled(article: Article, chance: random.Random) -> str:
    """The sentences in another order, between some of the outlet's own."""
    told = sentences(article.text)
    chance.shuffle(told)
    return " ".join((chance.choice(_OPENINGS), *told))


EDITS: Mapping[str, Callable[[Article, random.Random], str]] = {
    "typographic": typographic,
    "wrapped": wrapped,
    "cut": cut,
    "shuffled": shuffled,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of `count` reprints, those that were recognised as a copy of their original, and of another article."""

    count: int
    right: int
    missed: Sequence[Article]

    @property
    def share(self) -> float:
        return self.right / self.count


def reprinted(originals: Sequence[Article], edit: Callable[[Article, random.Random], str], *, seed: int) -> Found:
    """Each original in one feed, its reprint under another headline in another feed."""
    chance = random.Random(seed)
    world = World()
    world.poll(*map(_entry, originals), feed=1, trust=True)
    names = {one.id: world.item(_entry(one)) for one in originals}
    copies = [
        an_entry(f"Another headline of ours, number {place}", edit(one, chance), name=f"copy-{one.id}", at=NOON)
        for place, one in enumerate(originals)
    ]
    verdicts = _by_place(world.poll(*copies, feed=2, trust=True))
    right = [one for place, one in enumerate(originals) if verdicts[place].copy_of == names[one.id]]
    kept = {one.id for one in right}
    return Found(count=len(originals), right=len(right), missed=[one for one in originals if one.id not in kept])


@dataclass(frozen=True, slots=True, kw_only=True)
class Confused:
    """Pairs of different articles about one topic, and those that were taken for copies."""

    pair_count: int
    pairs: Sequence[tuple[Article, Article]]

    @property
    def share(self) -> float:
        return len(self.pairs) / self.pair_count


def confused(some: Sequence[Article]) -> Confused:
    """Every second article in one feed, the others in another: how many are taken for copies of one another."""
    first, second = some[::2], some[1::2]
    world = World()
    world.poll(*map(_entry, first), feed=1, trust=True)
    names = {world.item(_entry(one)): one for one in first}
    verdicts = _by_place(world.poll(*map(_entry, second), feed=2, trust=True))
    pairs = [
        (one, names[found])
        for place, one in enumerate(second)
        if (found := verdicts[place].copy_of) is not None and found in names
    ]
    count = sum(one.topic == other.topic for one in first for other in second)
    return Confused(pair_count=count, pairs=pairs)


def _entry(article: Article) -> Entry:
    return an_entry(article.title, article.text, name=article.id, at=NOON - timedelta(hours=1))


def _by_place(verdicts: Sequence[Verdict]) -> dict[int, Verdict]:
    return {one.position: one for one in verdicts if one.position is not None}
