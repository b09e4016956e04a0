"""What holds for the dates of every text, and how long hostile ones may take."""

import re
import time
from datetime import date
from itertools import pairwise
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events.dates import cues, english, russian, scan, tokens
from monitor.events.dates.reading import DATES_LIMIT
from monitor.words import fold

WORDS = """
17 28 31 0 99 2026 2030 17-28 28.11.2025 10/06/2025 2025-11-28 18th 1990s Q3 H2 3Q26 III 2026-cı 17-də 28-dək 3-м
November Nov. May may March summer winter quarter half year week month Monday today ago next last this early mid- the
end of by until before since from to - – , . ; ( ) and within over no later than will was ilin ilə noyabrın sonunadək
yayında rübündə gələn ötən bu qədər bazar ertəsi gün həftə ayın əvvəl sonra до к в с по конца года лету марта ноября
квартале следующего прошлой неделе назад через не позднее x XXX-25 5G $ %
""".split()  # noqa: SIM905  a list of words reads best as a text
LANGUAGES = st.sampled_from(["en", "az", "ru", "tr", None])
DAYS = st.one_of(st.none(), st.dates(), st.dates(date(1999, 1, 1), date(2040, 12, 31)))
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
MEGABYTE = 1_000_000
HOSTILE = {
    "digits": "1",
    "single digits": "1 ",
    "brackets": "([",
    "dashes": "-",
    "numbers and dashes": "1-",
    "numbers and slashes": "1/",
    "dates of words": "17 November 2025 ",
    "dates of digits": "17.11.2025 ",
    "months": "in May ",
    "days without a year": "May 5, ",
    "years": "2019, ",
    "prepositions": "from 1 to ",
    "Azerbaijani deadlines": "2026-cı ilin sonunadək ",
    "verbs": "will ",
    "one word": "a",
    "apostrophes": "a'",
}


@given(TEXTS, LANGUAGES, DAYS)
def test_every_date_is_an_interval_and_a_slice_of_its_text(text: str, lang: str | None, ref: date | None) -> None:
    spans = scan(text, lang, ref)
    assert all(text[span.start : span.end] == span.text != "" for span in spans)
    assert all(span.lo is None or span.hi is None or span.lo <= span.hi for span in spans)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert spans == scan(text, lang, ref)


@given(TEXTS, LANGUAGES, DAYS)
def test_what_is_passed_over_for_its_words_holds_no_date(text: str, lang: str | None, ref: date | None) -> None:
    if not any(cues(lang)(word, fold(word)) for word in re.findall(r"[^\W_]+", text)):
        assert scan(text, lang, ref) == []


@given(TEXTS, LANGUAGES)
def test_letters_that_are_joined_at_once_are_those_that_are_read_one_by_one(text: str, lang: str | None) -> None:
    at_once = tokens.coded(text, lang)
    pieces = tokens._PERCENT_KEPT.split(text)
    known = tokens._tokens(lang if lang in {"en", "az", "ru"} else None)
    one_by_one = tokens._one_by_one(pieces, [known[piece] for piece in pieces])
    assert (at_once.codes, at_once.values) == (one_by_one.codes, one_by_one.values)
    assert (at_once.starts, at_once.ends) == (one_by_one.starts, one_by_one.ends)
    assert len(at_once.codes) == len(at_once.values) == len(at_once.starts) == len(at_once.ends)


@pytest.mark.parametrize(("lang", "dictionary"), [("en", english), ("ru", russian)])
def test_every_word_that_a_date_needs_is_looked_for(lang: str, dictionary: ModuleType) -> None:
    needed = [word for word, lexemes in dictionary._WORDS.items() if lexemes[0][0] in "mYsqQhWJMwkyjDN0pj"]
    assert len(needed) > 50
    assert [word for word in needed if not cues(lang)(word.capitalize(), fold(word))] == []


@given(TEXTS, LANGUAGES)
def test_without_a_day_of_writing_only_what_names_its_year_is_placed(text: str, lang: str | None) -> None:
    placed = [span for span in scan(text, lang, None) if span.lo or span.hi]
    assert all(span.how == "explicit" for span in placed)


@given(st.sampled_from(WORDS), st.sampled_from(["az", "en", "ru"]), st.integers(1, 31))
def test_digits_glued_to_letters_are_no_date(word: str, lang: str, number: int) -> None:
    assert scan(f"XYZ-{number} {number}G Q{number}x", lang, date(2025, 11, 18)) == []


@pytest.mark.soak  # a clock, and coverage doubles it
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("lang", ["en", "az", "ru"])
def test_a_megabyte_of_anything_takes_less_than_two_seconds(piece: str, lang: str) -> None:
    text = piece * (MEGABYTE // len(piece))
    spent = []
    for _ in range(2):  # the machine may be busy with something else once
        begun = time.process_time()
        found = scan(text, lang, date(2025, 11, 18))
        spent.append(time.process_time() - begun)
        assert len(found) <= DATES_LIMIT
        if spent[-1] < 1:
            break
    assert min(spent) < 2


def test_a_text_of_nothing_but_dates_is_read_up_to_the_limit() -> None:
    assert len(scan("17.11.2025 " * 20_000, "en", None)) == DATES_LIMIT
