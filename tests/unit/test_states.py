"""What is on hold, what goes on again, and what has been made; and that none of it puts a date off."""

from datetime import date

import pytest

from monitor.events.machine import judge_status
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from storage.model import Claim, ClaimKind, ClaimVerdict

PUBLISHED = date(2025, 11, 18)
READER = Extractor(
    subjects=Subjects.compile(
        [
            Subject(id="cable", kind="line", aliases=("Marsh Cable", "Bataqlıq kabeli", "Болотный кабель")),
            Subject(id="hall", kind="centre", aliases=("Reed Hall", "Qamış Zalı", "Камышовый зал")),
        ]
    )
)


def claims(text: str, lang: str = "en", *, title: str = "") -> list[Claim]:
    return list(READER.read(title, text, lang, PUBLISHED).claims)


def states(text: str, lang: str = "en", *, title: str = "") -> list[tuple[str, str]]:
    found = [one for one in claims(text, lang, title=title) if one.kind is ClaimKind.STATUS]
    return [(f"{one.subject}|{one.facet}", one.value) for one in found]


@pytest.mark.parametrize(
    ("lang", "text", "found"),
    [
        ("en", "Laying of the Marsh Cable was suspended on Monday.", ("cable|laying", "suspended")),
        ("en", "Work on the Reed Hall has been put on hold.", ("hall|", "suspended")),
        ("ru", "Прокладку Болотного кабеля приостановили из-за шторма.", ("cable|laying", "suspended")),
        ("ru", "Строительство Камышового зала приостановлено.", ("hall|", "suspended")),
        ("az", "Bataqlıq kabelinin çəkilişi dayandırılıb.", ("cable|laying", "suspended")),
        ("en", "Laying of the Marsh Cable has resumed.", ("cable|laying", "underway")),
        ("ru", "Прокладка Болотного кабеля возобновлена.", ("cable|laying", "underway")),
        ("az", "Bataqlıq kabelinin çəkilişi bərpa edilib.", ("cable|laying", "underway")),
        ("en", "The Marsh Cable has been laid.", ("cable|laying", "done")),
        ("ru", "Болотный кабель проложен.", ("cable|laying", "done")),
        ("az", "Bataqlıq kabeli çəkilib.", ("cable|laying", "done")),
        ("az", "Qamış Zalı tikilib.", ("hall|", "done")),
    ],
)
def test_what_is_on_hold_goes_on_or_is_made_has_its_state(lang: str, text: str, found: tuple[str, str]) -> None:
    assert states(text, lang) == [found]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "Laying of the Marsh Cable will be suspended."),
        ("en", "The Marsh Cable has not been suspended."),
        ("en", "The Reed Hall has a suspended ceiling."),
        ("en", "Half of the Marsh Cable has been laid."),
        ("en", "12 km of the Marsh Cable have been laid."),
        ("en", "The Marsh Cable will have been laid."),
        ("ru", "Болотный кабель будет проложен."),
        ("ru", "Участок Болотного кабеля проложен."),
        ("az", "Bataqlıq kabelinin bir hissəsi çəkilib."),
    ],
)
def test_what_is_to_come_or_is_so_in_part_has_no_state(lang: str, text: str) -> None:
    assert [value for _, value in states(text, lang) if value in {"suspended", "done"}] == []


def test_without_a_declared_name_only_work_is_suspended() -> None:
    assert states("", title="Construction of the bridge suspended") == [("|", "suspended")]
    assert states("A worker of the plant was suspended. Flights were halted and schools closed.") == []


def test_what_is_suspended_puts_no_date_off() -> None:
    found = claims("Laying of the Marsh Cable has been suspended until 5 May 2026.")
    assert [(one.kind, one.value) for one in found if one.value == "suspended"] == [(ClaimKind.STATUS, "suspended")]
    assert [one for one in found if one.kind is ClaimKind.DATE] == []
    put_off = claims("Laying of the Marsh Cable has been postponed until 5 May 2026.")
    assert [one.measure for one in put_off if one.kind is ClaimKind.DATE] == ["laying.start"]


@pytest.mark.parametrize(
    ("stood", "said", "facet", "verdict"),
    [
        ("underway", "suspended", "laying", ClaimVerdict.UPDATES),
        ("suspended", "underway", "laying", ClaimVerdict.UPDATES),
        ("suspended", "done", "laying", ClaimVerdict.UPDATES),
        ("suspended", "planned", "laying", ClaimVerdict.STALE),
        ("suspended", "cancelled", "laying", ClaimVerdict.UPDATES),
        ("suspended", "postponed", "", ClaimVerdict.UPDATES),
        ("cancelled", "suspended", "", ClaimVerdict.STALE),
        ("done", "suspended", "", ClaimVerdict.UPDATES),  # a service that was opened
        ("done", "suspended", "laying", ClaimVerdict.CONFLICTS),
    ],
)
def test_what_is_suspended_goes_on_is_finished_or_is_given_up(
    stood: str, said: str, facet: str, verdict: ClaimVerdict
) -> None:
    def state(value: str) -> Claim:
        return Claim(kind=ClaimKind.STATUS, subject="cable", measure="status", facet=facet, value=value)

    assert judge_status(state(said), state(stood)) is verdict
