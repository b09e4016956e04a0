"""Invented stories, each with the ledger that a careful reader would keep of them."""

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.events.book import Book, Head, Told
from monitor.events.facts import Fact
from monitor.events.machine import is_confirmed
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from monitor.events.wording import spoken
from storage.model import Claim, Origin

STORIES = sorted((Path(__file__).parent / "stories").glob("*.toml"))
Item = Mapping[str, Any]


@dataclass(slots=True)
class Play:
    """A story being told: items go in, and what they change comes out."""

    story: Mapping[str, Any]
    book: Book = field(init=False)
    extractor: Extractor = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(lambda _: {})
        declared = [
            Subject(
                id=one["id"],
                kind=one.get("kind", ""),
                edition=one.get("edition"),
                aliases=tuple(one["aliases"]),
                requires=tuple(map(tuple, one.get("requires", ()))),
            )
            for one in self.story["subjects"]
        ]
        self.extractor = Extractor(subjects=Subjects.compile(declared))

    def tells(self, item: Item) -> list[Told]:
        number = [one["id"] for one in self.story["items"]].index(item["id"]) + 1
        day = item["published"]
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        head = Head(
            item_id=number,
            revision=1,
            event_id=item.get("event", "STORY"),
            source=item["source"],
            url=f"https://outlet.example/{item['id']}",
            official=item.get("official", False),
            copy_group=None,
            said_at=at,
            origin=Origin.LIVE,
            seen_at=at,
        )
        before = len(self.book.told)
        said = self.extractor.read(item["title"], " ".join(item["text"].split()), item["lang"], day)
        known = [claim for claim in self.book.claims.values() if claim.item_id == number]
        self.book.enter(head, said.claims, before=known)
        return self.book.told[before:]

    def all(self, items: Sequence[Item]) -> list[tuple[str, Told]]:
        return [(item["id"], one) for item in items for one in self.tells(item)]

    def fact(self, key: str) -> Fact:
        return self.book.facts([key])[key]

    def told_keys(self) -> list[str]:
        return sorted({claim.key for claim in self.book.claims.values()})


def story(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def short(key: str) -> str:
    """A key as the stories write it: without the unit, and without an empty facet."""
    of, measure, facet, _ = key.split("|")
    return "|".join(filter(None, (of, measure, facet)))


def line(after: str, told: Told) -> tuple[str, ...]:
    one = told.difference
    number = one.slip_no if one.kind == "date.slipped" else 0
    shown = one.delta if one.kind in {"date.slipped", "fact.changed"} else ""
    return after, one.kind, short(one.key), spoken(one.old), spoken(one.new), shown, str(number)


def wanted(change: Mapping[str, Any]) -> tuple[str, ...]:
    number = str(change.get("nth", 0))
    return (*(change[name] for name in ("after", "kind", "key", "old", "new")), change.get("delta", ""), number)


def shown(claim: Claim | None) -> str:
    if claim is None:
        return ""
    return claim.value if claim.kind == "quantity" else spoken(claim)


@pytest.fixture(params=STORIES, ids=lambda path: path.stem)
def told(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    return story(request.param)


def changes(told: Mapping[str, Any]) -> set[tuple[str, ...]]:
    return {wanted(one) for one in told["changes"] if one["after"] != "check"}


def test_a_story_in_the_order_of_its_publication_tells_exactly_its_changes(told: Mapping[str, Any]) -> None:
    play = Play(told)
    found = [line(after, one) for after, one in play.all(told["items"])]
    assert sorted(found) == sorted(changes(told))


def test_a_story_leaves_exactly_its_ledger(told: Mapping[str, Any]) -> None:
    play = Play(told)
    play.all(told["items"])
    expect_ledger(play, told)


def expect_ledger(play: Play, told: Mapping[str, Any]) -> None:
    by_key = {short(key): play.fact(key) for key in play.told_keys()}
    kept = {key: fact for key, fact in by_key.items() if fact.kind != "status" and fact.shown}
    rows = {row["key"]: row for row in told.get("ledger", ())}
    if rows:
        assert {key: shown(fact.shown) for key, fact in kept.items()} == {
            key: row["value"] for key, row in rows.items()
        }
    for key, row in rows.items():
        fact = kept[key]
        assert [one.value for one in fact.sides] == row.get("sides", []), key
        assert fact.shown is not None
        assert fact.shown.modality.value == row.get("modality", fact.shown.modality.value), key
        assert fact.source_counts()[0] == row.get("sources", fact.source_counts()[0]), key
    for row in told.get("status", ()):
        fact = play.fact(f"{row['subject']}|status|{row.get('facet', '')}|")
        assert fact.current is not None
        assert fact.current.value == row["state"]
        how = "confirmed" if is_confirmed(fact.source_counts()[0], fact.backers()) else "reported"
        assert how == row["how"]


def promised(play: Play, day: date | None = None) -> dict[str, tuple[list[str], str, int]]:
    claims = play.book.claims
    play.book.touched = set(play.told_keys())
    chains = {key: chain for key, chain in play.book.promises(day).items() if chain}
    return {
        short(key): ([spoken(claims[one.claim_id]) for one in chain], chain[-1].state.value, chain[-1].slip_no)
        for key, chain in chains.items()
    }


def test_a_story_leaves_exactly_its_promises(told: Mapping[str, Any]) -> None:
    play = Play(told)
    play.all(told["items"])
    held = {row["key"] for row in told.get("promises", ()) if "note" in row}
    found = promised(play, told["check"])
    rows = {row["key"]: (row["chain"], row["state"], row["slips"]) for row in told.get("promises", ())}
    assert {key: one for key, one in found.items() if key not in held} == {
        key: row for key, row in rows.items() if key not in held
    }
    assert held <= found.keys()


@pytest.mark.parametrize("seed", range(5))
def test_in_any_order_a_story_leaves_the_same_ledger_and_promises(told: Mapping[str, Any], seed: int) -> None:
    in_order = Play(told)
    assert len(in_order.all(told["items"])) == len(changes(told))
    shuffled = list(told["items"])
    random.Random(seed).shuffle(shuffled)
    other = Play(told)
    other.all(shuffled)
    assert {key: shown(in_order.fact(key).shown) for key in in_order.told_keys()} == {
        key: shown(other.fact(key).shown) for key in other.told_keys()
    }
    assert promised(in_order) == promised(other)
    expect_ledger(other, told)


def test_the_same_items_twice_change_nothing(told: Mapping[str, Any]) -> None:
    play = Play(told)
    assert len(play.all(told["items"])) == len(changes(told))
    claims = dict(play.book.claims)
    assert play.all(told["items"]) == []
    assert play.book.claims == claims


def test_a_past_that_comes_late_is_told_to_nobody(told: Mapping[str, Any]) -> None:
    play = Play(told)
    assert len(play.all(told["items"])) == len(changes(told))
    backwards = Play(told)
    late = backwards.all(list(reversed(told["items"])))
    assert [line(*one) for one in late if one[1].difference.kind != "fact.conflict"] == []
