"""Happenings of one thread told in three languages: what a news desk keeps apart, and what it puts together.

The reports and their events were written for these tests. `sister_events.jsonl` is learned from as well;
`sister_events_unseen.jsonl` never is, nor is anything else fitted to it.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from monitor.events.evaluate import Labelled, bcubed, incoming, labelled, link_all
from monitor.events.link import LinkSettings

DATA = Path(__file__).parents[1] / "data" / "linking"
UNSEEN = "sister_events_unseen"


def reports(name: str) -> list[Labelled]:
    return [labelled(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def events(items: Sequence[Labelled]) -> list[str]:
    return [one.event for one in link_all(incoming(items, {}), LinkSettings())]


def f1(items: Sequence[Labelled]) -> float:
    return bcubed(events(items), [item.event for item in items]).f1


def shuffled(items: Sequence[Labelled], seed: int) -> list[Labelled]:
    """In another order of arrival within each day."""
    rng = random.Random(seed)
    return sorted(items, key=lambda item: (item.published_at and item.published_at.date(), rng.random()))


def standing_right(items: Sequence[Labelled]) -> float:
    """The share of the reports in Azerbaijani and Russian that stand with their English event and with no other."""
    told, english = defaultdict(set), defaultdict(set)
    found = events(items)
    for item, event in zip(items, found, strict=True):
        told[event].add(item.event)
        if item.lang == "en":
            english[item.event].add(event)
    return fmean(
        event in english[item.event] and told[event] == {item.event}
        for item, event in zip(items, found, strict=True)
        if item.lang != "en" and item.event in english
    )


@pytest.mark.parametrize("name", ["sister_events", UNSEEN])
def test_reports_in_three_languages_find_their_events(name: str) -> None:
    items = reports(name)
    assert {item.lang for item in items} == {"en", "az", "ru"}
    assert f1(items) >= 0.95
    assert standing_right(items) >= 0.92


@pytest.mark.parametrize("name", ["sister_events", UNSEEN])
def test_bare_titles_in_three_languages_find_their_events(name: str) -> None:
    assert f1([replace(item, text="") for item in reports(name)]) >= 0.85


@pytest.mark.parametrize("name", ["sister_events", UNSEEN])
@pytest.mark.parametrize("seed", range(4))
def test_no_order_of_arrival_within_a_day_loses_much(name: str, seed: int) -> None:
    """One report that stands elsewhere moves the figure of so small an archive by .02: more may not be lost."""
    items = reports(name)
    assert f1(items) >= 0.95
    assert f1(shuffled(items, seed)) >= f1(items) - 0.01


def alone(*told: tuple[str, str, str]) -> list[str]:
    """The events of reports (title, text, language) of one morning, in an archive that holds nothing else."""
    days = [item.published_at for item in reports(UNSEEN)][:1]
    return events(
        [
            Labelled(id=str(number), title=title, text=text, lang=lang, published_at=days[0])
            for number, (title, text, lang) in enumerate(told)
        ]
    )


@pytest.mark.parametrize(
    "told",
    [
        (
            ("Rocket leaves Baikonur", "A rocket left Baikonur with a satellite on Monday.", "en"),
            ("Cable ship leaves Aktau", "A cable ship left Aktau with fibre on Monday.", "en"),
        ),
        (
            ("Rocket leaves Baikonur", "", "en"),
            ("Cable ship leaves Aktau", "", "en"),
        ),
        (
            (
                "Qazaxda xidmət mərkəzi açıldı",
                "Nazirliyin məlumatına görə, Qazaxda açılan mərkəzdə 12 pəncərə var.",
                "az",
            ),
            ("Tovuzda poçt filialı açıldı", "Nazirliyin məlumatına görə, Tovuzda açılan filialda 3 pəncərə var.", "az"),
        ),
        (
            ("Министр посетил завод в Рустави", "Министр посетил завод в Рустави и встретился с рабочими.", "ru"),
            ("Министр открыл школу в Поти", "Министр открыл школу в Поти и встретился с учителями.", "ru"),
        ),
    ],
)
def test_two_happenings_are_two_events_in_a_new_archive(told: tuple[tuple[str, str, str], ...]) -> None:
    assert len(set(alone(*told, told[0]))) == 2, "the third is the first, once more"
