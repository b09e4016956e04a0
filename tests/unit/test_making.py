"""What somebody undertakes to lay, build or install by a day is a promise; what was laid is none."""

from datetime import date

import pytest

from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from monitor.events.wording import spoken
from storage.model import ClaimKind

PUBLISHED = date(2025, 11, 18)
READER = Extractor(
    subjects=Subjects.compile(
        [
            Subject(id="cable", kind="line", aliases=("Marsh Cable", "Bataqlıq kabeli", "Болотный кабель")),
            Subject(id="hall", kind="centre", aliases=("Reed Hall", "Qamış Zalı", "Камышовый зал")),
            Subject(id="net", kind="network", aliases=("River Network", "Çay şəbəkəsi", "Речная сеть")),
            Subject(id="forum", kind="conference", aliases=("Coast Forum",)),
        ]
    )
)


def promises(text: str, lang: str = "en", *, title: str = "") -> list[tuple[str, str, str]]:
    claims = READER.read(title, text, lang, PUBLISHED).claims
    return [
        (f"{one.subject}|{one.measure}", spoken(one), one.modality.value)
        for one in claims
        if one.kind is ClaimKind.DATE
    ]


@pytest.mark.parametrize(
    ("lang", "text", "key", "day"),
    [
        ("en", "The Marsh Cable project will lay 300 km by December 2026.", "cable|laying.end", "end of 2026"),
        ("en", "The Marsh Cable is to be laid by 5 May 2026.", "cable|laying.end", "by 5 May 2026"),
        ("en", "The city plans to build the Reed Hall by the end of 2027.", "hall|.end", "end of 2027"),
        ("en", "The Reed Hall will be built before 2028.", "hall|.end", "end of 2027"),
        ("en", "It said it would install the River Network by June 2026.", "net|rollout.end", "end of June 2026"),
        ("ru", "Оператор проложит Болотный кабель до конца 2026 года.", "cable|laying.end", "end of 2026"),
        ("ru", "Болотный кабель обещают проложить к маю 2026 года.", "cable|laying.end", "end of May 2026"),
        ("ru", "К 2027 году будет построен Камышовый зал.", "hall|.end", "end of 2027"),
        ("ru", "Речная сеть охватит все села к 2027 году.", "net|rollout.end", "end of 2027"),
        ("az", "2026-cı ilin sonunadək Bataqlıq kabeli çəkiləcək.", "cable|laying.end", "end of 2026"),
        ("az", "Operator 2026-cı ilin sonunadək Bataqlıq kabelini çəkəcək.", "cable|laying.end", "end of 2026"),
        ("az", "Qamış Zalı 2027-ci ilədək tikiləcək.", "hall|.end", "end of 2027"),
    ],
)
def test_what_is_to_be_made_by_a_day_is_promised(lang: str, text: str, key: str, day: str) -> None:
    assert promises(text, lang) == [(key, day, "planned")]


def test_a_headline_promises_with_an_infinitive_and_a_text_does_not() -> None:
    assert promises("", title="Operator to lay 400 km of cable by May 2026") == [
        ("|laying.end", "end of May 2026", "planned")
    ]
    assert promises("Nobody knows how to lay the Marsh Cable by May 2026.") == []


def test_what_will_not_be_made_is_denied() -> None:
    assert promises("The Marsh Cable will not be laid by May 2026.") == [
        ("cable|laying.end", "end of May 2026", "denied")
    ]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Marsh Cable was laid by workers by 2024."),
        ("en", "The Marsh Cable had to be laid by 2024."),
        ("en", "In 2020 they said that it will lay the Marsh Cable by 2024."),  # the day is over
        ("en", "The Marsh Cable could be laid by 2027."),
        ("en", "The Marsh Cable will be laid in 2027."),  # begins and ends who knows when
        ("en", "The River Network covers all villages by 2027."),
        ("en", "The Coast Forum will lay a stone by 2027."),
        ("ru", "Болотный кабель проложили до конца 2024 года."),
        ("ru", "Как проложить Болотный кабель до конца 2026 года, никто не знает."),
        ("az", "Bataqlıq kabelində işlər 2026-cı ilin sonunadək çəkəcək."),  # lasts
    ],
)
def test_what_is_no_plan_of_a_work_with_a_deadline_promises_nothing(lang: str, text: str) -> None:
    assert promises(text, lang) == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The Reed Hall will build three schools by 2027."),
        ("ru", "Камышовый зал построит три школы к 2027 году."),
        ("az", "Qamış Zalı 2027-ci ilədək üç məktəb tikəcək."),
    ],
)
def test_who_builds_is_not_what_is_built(lang: str, text: str) -> None:
    found = READER.read("", text, lang, PUBLISHED)
    assert [one for one in found.claims if one.kind is ClaimKind.DATE] == []
    assert "who builds is not what is built" in str(found.mentions)
