"""Dates that a reader understands, in three languages: each phrase, its interval, its precision and its bound."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from monitor.events.dates import DateSpan, scan

OWN = Path(__file__).parent / "date_expressions_own.jsonl"
JUDGED = Path(__file__).parent / "date_expressions_judged.jsonl"
PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "date_expressions.jsonl"


def expressions(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def read(told: dict[str, Any]) -> list[DateSpan]:
    return scan(told["text"], told["lang"], _day(told["ref"]))


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(one, id=f"{one['lang']}-{one['id']}")
        for path in (OWN, JUDGED, PUBLISHED)
        for one in expressions(path)
    ],
)
def test_an_expression_is_read_as_its_interval(told: dict[str, Any]) -> None:
    found = read(told)
    if told["expr"] is None:
        assert found == []
        return
    (span,) = found
    assert (span.lo, span.hi) == (_day(told["start"]), _day(told["end"]))
    assert (span.precision, span.bound) == (told["precision"], told["bound"])
    assert told["expr"] in span.text or span.text in told["expr"]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published expressions are not at hand")
def test_all_published_expressions_were_there() -> None:
    assert len(expressions(PUBLISHED)) == 120


def test_our_own_list_holds_three_languages_and_sentences_without_a_date() -> None:
    told = expressions(OWN)
    assert {lang: sum(one["lang"] == lang for one in told) >= 18 for lang in ("en", "az", "ru")} == {
        "en": True,
        "az": True,
        "ru": True,
    }
    assert sum(one["expr"] is None for one in told) >= 6


@pytest.mark.parametrize("lang", ["en", "az", "ru"])
def test_a_sentence_says_in_a_text_what_it_says_alone(lang: str) -> None:
    told = [one for one in expressions(OWN) if one["lang"] == lang and one["ref"] == "2026-04-15"]
    text, wanted = "", []
    for one in told:
        wanted += [(len(text) + span.start, span.text, span.lo, span.hi) for span in read(one)]
        text += one["text"] + " "
    assert [(span.start, span.text, span.lo, span.hi) for span in scan(text, lang, date(2026, 4, 15))] == wanted
    assert len(wanted) > 18


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The opening was moved from June 2025 to December 2026."),
        ("en", "Completion has been pushed back from June 2025 to December 2026."),
        ("ru", "Срок перенесли с июня 2025 года на декабрь 2026 года."),
        ("az", "Açılış 2025-ci ilin iyunundan 2026-cı ilin dekabrına təxirə salınıb."),
    ],
)
def test_what_is_moved_from_one_date_to_another_does_not_last_in_between(lang: str, text: str) -> None:
    spans = scan(text, lang, date(2025, 11, 18))
    assert [(span.lo, span.hi, span.bound) for span in spans] == [
        (date(2025, 6, 1), date(2025, 6, 30), "in"),
        (date(2026, 12, 1), date(2026, 12, 31), "in"),
    ]
    (lasting,) = scan("It lasts from June 2025 to December 2026.", "en", date(2025, 11, 18))
    assert (lasting.lo, lasting.hi) == (date(2025, 6, 1), date(2026, 12, 31))


@pytest.mark.parametrize("place", range(1, 4))
def test_the_place_of_a_date_in_its_text_is_told_in_characters(place: int) -> None:
    text = "İİİ " * place + "konfrans noyabrın 17-də olub"
    (span,) = scan(text, "az", date(2025, 11, 18))
    assert text[span.start : span.end] == span.text == "noyabrın 17-də"


def test_what_lasts_five_years_is_not_the_last_five_years() -> None:
    assert scan("The appeals will last five years.", "en", date(2025, 11, 18)) == []
    (span,) = scan("Over the last five years it grew.", "en", date(2025, 11, 18))
    assert span.lo == date(2020, 11, 18)


def test_a_report_of_today_is_no_beginning() -> None:
    (span,) = scan("Five figures from today's report.", "en", date(2025, 11, 18))
    assert (span.lo, span.hi, span.bound) == (date(2025, 11, 18), date(2025, 11, 18), "in")


def by_language() -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Sentences whose wording decides the year, written on 18 November 2025."""
    yield "en", "The bridge was opened in December.", "December", "2024-12-01", "2024-12-31"
    yield "en", "The bridge will be opened in December.", "December", "2025-12-01", "2025-12-31"
    yield (
        "en",
        "The bridge, which was built in haste, will be opened in October.",
        "October",
        "2026-10-01",
        "2026-10-31",
    )
    yield "en", "The bridge will not be open until March.", "March", "2026-03-01", None
    yield "en", "They are to meet families divided by the war in October.", "October", "2026-10-01", "2026-10-31"
    yield "en", "The war was ended by a pact in October.", "October", "2025-10-01", "2025-10-31"
    yield "en", "It is planned to open on 5 November.", "5 November", "2026-11-05", "2026-11-05"
    yield "az", "Körpü dekabrda açılıb.", "dekabrda", "2024-12-01", "2024-12-31"
    yield "az", "Körpü dekabrda açılacaq.", "dekabrda", "2025-12-01", "2025-12-31"
    yield "ru", "Мост открыли в декабре.", "декабре", "2024-12-01", "2024-12-31"
    yield "ru", "Мост откроют в декабре.", "декабре", "2025-12-01", "2025-12-31"
    yield "en", "The signing was put off again to 4 December.", "4 December", "2025-12-04", "2025-12-04"
    yield "az", "İmzalanma dekabrın 4-nə keçirilib.", "dekabrın 4-nə", "2025-12-04", "2025-12-04"
    yield "az", "Konfrans dekabrın 4-də keçirilib.", "dekabrın 4-də", "2024-12-04", "2024-12-04"
    yield "ru", "Подписание снова перенесли на 4 декабря.", "4 декабря", "2025-12-04", "2025-12-04"
    yield "ru", "Заявки принимаются до 5 декабря.", "до 5 декабря", None, "2025-12-05"


@pytest.mark.parametrize(("lang", "text", "expression", "lo", "hi"), [*by_language()])
def test_the_wording_of_the_sentence_decides_an_open_year(
    lang: str, text: str, expression: str, lo: str | None, hi: str | None
) -> None:
    (span,) = scan(text, lang, date(2025, 11, 18))
    assert expression in span.text
    assert (span.lo, span.hi) == (_day(lo), _day(hi))
