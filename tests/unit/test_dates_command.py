"""`salname dates`: what it says to a program and to a person."""

from tests.builders_reading import Shell


def test_dates_as_json_are_spans_with_offsets_and_open_ends(shell: Shell) -> None:
    found = shell.json("dates", "Ready by the end of 2026, İ said", "--lang", "en", "--ref", "2025-11-18")
    assert found == [
        {
            "text": "by the end of 2026",
            "start": 6,
            "end": 24,
            "lo": None,
            "hi": "2026-12-31",
            "precision": "year",
            "bound": "by",
            "rule": "year",
            "how": "explicit",
        }
    ]


def test_a_person_sees_the_days_of_each_phrase(shell: Shell) -> None:
    ran = shell("dates", "Körpü gələn ilin yayında açılacaq", "--ref", "2025-11-18")
    assert ran.code == 0
    assert "gələn ilin yayında" in ran.out
    assert "2026-06-01" in ran.out
    assert "2026-08-31" in ran.out


def test_without_a_day_of_writing_next_week_is_no_date(shell: Shell) -> None:
    assert shell.json("dates", "Next week", "--lang", "en") == []
    assert shell.json("dates", "Next week", "--lang", "en", "--ref", "2025-11-18")[0]["lo"] == "2025-11-24"


def test_a_few_words_are_read_by_their_letters(shell: Shell) -> None:
    assert "2026-02-28" in shell("dates", "вчера", "--ref", "2026-03-01").out
    assert "it needs --ref" in shell("dates", "вчера").err
    assert "--ref" not in shell("dates", "мост", "--ref", "2026-03-01").err


def test_a_day_that_is_none_is_refused(shell: Shell) -> None:
    ran = shell("dates", "today", "--ref", "yesterday")
    assert ran.code == 2
    assert "2025-11-18" in ran.err
