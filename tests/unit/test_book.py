"""What texts do to the ledger, entered one after the other."""

from datetime import UTC, date, datetime
from itertools import count

import pytest

from monitor.events.book import Book, Head
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from storage.model import Origin, PromiseState

EXTRACTOR = Extractor(
    subjects=Subjects.compile(
        [
            Subject(id="fair", aliases=("Harbour Fair", "Liman sərgisi", "Портовая ярмарка")),
            Subject(id="bridge", aliases=("Silent Bridge", "Sakit körpü", "Тихий мост")),
        ]
    )
)
_ITEMS = count(1)


def enter(book: Book, text: str, on: str, lang: str = "en", *, item: int | None = None) -> list[str]:
    """The lines that a text gives."""
    day = date.fromisoformat(on)
    at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    number = item or next(_ITEMS)
    head = Head(
        item_id=number,
        revision=1,
        event_id="EVENT",
        source=f"Outlet {number}",
        url=None,
        official=False,
        copy_group=None,
        said_at=at,
        origin=Origin.LIVE,
        seen_at=at,
    )
    told = len(book.told)
    before = [claim for claim in book.claims.values() if claim.item_id == number]
    book.enter(head, EXTRACTOR.read("", text, lang, day).claims, before=before)
    return [one.difference.summary for one in book.told[told:]]


def a_book() -> Book:
    return Book(lambda _: {})


@pytest.mark.parametrize(
    ("lang", "promised", "put_off"),
    [
        (
            "en",
            "The Harbour Fair will be held on 3 December 2026.",
            "The Harbour Fair has been postponed to 20 January 2027.",
        ),
        (
            "az",
            "Liman sərgisi 3 dekabr 2026-cı ildə keçiriləcək.",
            "Liman sərgisi 20 yanvar 2027-ci ilə təxirə salınıb.",
        ),
        (
            "ru",
            "Портовая ярмарка пройдет 3 декабря 2026 года.",
            "Портовая ярмарка перенесена на 20 января 2027 года.",
        ),
    ],
)
def test_a_thing_put_off_moves_the_one_date_that_was_promised_of_it(lang: str, promised: str, put_off: str) -> None:
    book = a_book()
    enter(book, promised, "2026-10-01", lang)
    (slip,) = [one for one in enter(book, put_off, "2026-11-18", lang) if "slip" in one]
    assert slip == "Date (fair): 3 December 2026 → 20 January 2027 (+48 days, 1st slip)"
    (kept,) = [chain for key, chain in book.promises().items() if key == "fair|.hold||date"]
    assert [one.state for one in kept] == [PromiseState.SLIPPED, PromiseState.OPEN]


def test_the_same_report_read_again_moves_nothing_more() -> None:
    book = a_book()
    enter(book, "The Harbour Fair will be held on 3 December 2026.", "2026-10-01")
    moved = "The Harbour Fair has been postponed to 20 January 2027."
    assert len(enter(book, moved, "2026-11-18", item=70)) == 2
    assert enter(book, moved, "2026-11-18", item=70) == []


def test_a_thing_of_two_dates_put_off_moves_neither() -> None:
    book = a_book()
    enter(book, "The Silent Bridge will open on 3 December 2026.", "2026-10-01")
    enter(book, "The Silent Bridge is to be completed by 1 November 2026.", "2026-10-02")
    assert [
        one for one in enter(book, "The Silent Bridge was put off to 20 January 2027.", "2026-10-18") if "→ 20" in one
    ] == []
    assert {claim.key for claim in book.claims.values()} >= {"bridge|.moved||date"}


@pytest.mark.parametrize(
    ("lang", "promised", "opened"),
    [
        ("en", "The Silent Bridge will open by the end of May 2026.", "The Silent Bridge has opened to traffic."),
        ("az", "Sakit körpü 2026-cı ilin mayında açılacaq.", "Sakit körpü bu gün açılıb."),
        ("ru", "Тихий мост откроют в мае 2026 года.", "Тихий мост открыли для движения."),
    ],
)
def test_what_is_reported_as_done_was_kept_without_a_date(lang: str, promised: str, opened: str) -> None:
    book = a_book()
    enter(book, promised, "2026-01-10", lang)
    key = "bridge|.start||date"
    assert [one.state for one in book.chain(key, date(2026, 12, 1))] == [PromiseState.OVERDUE]
    book.touched.clear()
    enter(book, opened, "2026-05-20", lang)
    assert [(one.state, one.note) for one in book.promises()[key]] == [(PromiseState.KEPT, "kept on time")]
    assert [one.state for one in book.chain(key, date(2026, 12, 1))] == [PromiseState.KEPT]


def test_a_state_that_is_older_than_a_promise_keeps_nothing() -> None:
    book = a_book()
    enter(book, "The Silent Bridge has opened to traffic.", "2024-05-20")
    enter(book, "The Silent Bridge will open again in May 2026.", "2026-01-10")
    assert [one.state for one in book.chain("bridge|.start||date")] == [PromiseState.OPEN]
