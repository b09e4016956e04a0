"""The ledger of one key: verdicts, what stands, what contradicts it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from monitor.events.facts import MOVED, Fact, fold
from storage.model import Claim, ClaimVerdict, FactRuling, Modality
from tests.builders_claims import a_date, a_figure, a_state

V = ClaimVerdict


def folded(*claims: Claim, rulings: Sequence[FactRuling] = ()) -> Fact:
    return fold(claims[0].key, claims, rulings)


def verdicts(*claims: Claim) -> list[ClaimVerdict]:
    by_id = {step.claim.id: step.verdict for step in folded(*claims).steps}
    return [by_id[claim.id] for claim in claims]


FIRST = a_figure("1000", "2025-03-01")


@pytest.mark.parametrize(
    ("newer", "verdict"),
    [
        (a_figure("1000", "2025-03-02", "Herald"), V.SAME),
        (a_figure("900..1100", "2025-03-02", "Herald"), V.COMPATIBLE),
        (a_figure("1200", "2025-06-01", "Herald"), V.UPDATES),
        (a_figure("1200", "2025-03-10", "Herald"), V.CONFLICTS),
        (a_figure("1200", "2025-03-03"), V.CORRECTS),
        (a_figure("1200", "2025-03-10"), V.UPDATES),
        (a_figure("1200", "2025-03-10", "Herald", growth="monotone"), V.UPDATES),
        (a_figure("800", "2025-03-10", "Herald", growth="monotone"), V.CONFLICTS),
        (a_figure("800", "2025-03-10", "Herald", growth="volatile"), V.UPDATES),
        (a_figure("1200", None, "Herald"), V.UNORDERED),
        (a_figure("1200", "2025-03-10", "Herald", modality=Modality.DENIED), V.DENIED),
    ],
)
def test_a_figure_is_judged_by_what_stood(newer: Claim, verdict: ClaimVerdict) -> None:
    assert verdicts(FIRST, newer) == [V.FIRST, verdict]


def test_a_narrower_figure_takes_the_place_of_a_wider_one() -> None:
    wide, narrow = a_figure("900..1100", "2025-03-01"), a_figure("1040", "2025-03-05", "Herald")
    fact = folded(wide, narrow)
    assert verdicts(wide, narrow) == [V.FIRST, V.REFINES]
    assert fact.current == narrow
    assert fact.source_counts() == (2, 2)


def test_nearly_a_hundred_is_not_a_hundred() -> None:
    nearly = a_figure("90..100", "2025-03-01", precision="nearly")
    assert verdicts(nearly, a_figure("100", "2025-03-05", "Herald")) == [V.FIRST, V.CONFLICTS]
    assert verdicts(nearly, a_figure("99", "2025-03-05", "Herald")) == [V.FIRST, V.REFINES]


def test_more_than_two_billion_is_two_billion_and_some() -> None:
    rough = replace(a_figure("2000000000", "2025-11-28", precision="over"), hi=Decimal(2_500_000_000))
    assert verdicts(rough, a_figure("2600000000", "2025-12-01", "Herald"))[1] is V.COMPATIBLE
    assert verdicts(rough, a_figure("3100000000", "2025-12-01", "Herald"))[1] is V.CONFLICTS


def test_a_superseded_figure_is_stale_however_often_it_is_repeated() -> None:
    new = a_figure("1200", "2025-06-01", "Herald")
    repeats = [a_figure("1000", f"2025-0{month}-09", "Post") for month in (6, 7, 9)]
    fact = folded(FIRST, new, *repeats)
    assert fact.current == new
    assert [step.verdict for step in fact.steps][2:] == [V.STALE] * 3
    assert folded(FIRST, repeats[0]).current == FIRST


def test_a_contradiction_stands_side_by_side_until_all_of_thirty_days_agree() -> None:
    other = a_figure("1200", "2025-03-05", "Herald")
    fact = folded(FIRST, other)
    assert (fact.current, fact.sides) == (FIRST, (other,))
    soon = a_figure("1200", "2025-03-20", "Post")
    assert folded(FIRST, other, soon).sides == (other,)
    later = a_figure("1200", "2025-04-03", "Mail")
    assert folded(FIRST, other, soon, later).sides == ()
    assert (folded(FIRST, other, soon, later).current or FIRST).value == "1200"


def test_copies_of_one_text_are_one_source() -> None:
    copy = a_figure("1000", "2025-03-02", "Herald", copy_group=FIRST.item_id)
    assert folded(FIRST, copy).source_counts() == (1, 2)
    assert folded(FIRST, a_figure("1000", "2025-03-02", "Herald")).source_counts() == (2, 2)


def test_what_was_expected_never_contradicts_what_came() -> None:
    expected = a_figure("700", "2025-03-01", modality=Modality.EXPECTED)
    came = a_figure("910", "2025-03-05", "Herald")
    fact = folded(expected, came)
    assert (fact.current, fact.expected, fact.sides) == (came, expected, ())


def test_two_figures_of_one_sentence_are_two_things() -> None:
    second = a_figure("1200", "2025-03-01", item_id=FIRST.item_id)
    assert verdicts(FIRST, second) == [V.FIRST, V.OTHER]


def test_an_edited_figure_corrects_and_its_way_back_too() -> None:
    taken = datetime(2025, 3, 2, tzinfo=UTC)
    one = a_figure("40", "2025-03-01", item_id=7, retracted_at=taken)
    two = a_figure("44", "2025-03-01", item_id=7, revision=2, retracted_at=taken)
    back = a_figure("40", "2025-03-01", item_id=7, revision=3)
    assert folded(one, two).steps[0].verdict is V.RETRACTED
    assert verdicts(one, two, back) == [V.FIRST, V.CORRECTS, V.CORRECTS]
    assert folded(one, two, back).current == back


def test_an_edit_to_what_the_other_source_says_ends_a_contradiction() -> None:
    one, other = a_figure("1000", "2025-03-01"), a_figure("1100", "2025-03-02", "Herald")
    assert folded(one, other).sides == (other,)
    edited = replace(a_figure("1100", "2025-03-03"), item_id=one.item_id, revision=2)
    fact = folded(one, other, edited)
    assert verdicts(one, other, edited) == [V.FIRST, V.CONFLICTS, V.CORRECTS]
    assert (fact.current, fact.sides) == (edited, ())


@pytest.mark.parametrize(
    ("newer", "verdict"),
    [
        (a_date("..2026-12-31", "2025-04-02", "Herald"), V.SLIPS),
        (a_date("..2025-06-30", "2025-04-02", "Herald"), V.ADVANCES),
        (a_date("..2026-12-31", "2025-03-09", "Herald"), V.CONFLICTS),
        (a_date("..2026-12-31", "2025-03-09", "Herald", rule=MOVED), V.SLIPS),
        (a_date("..2026-01-02", "2025-04-02", "Herald"), V.COMPATIBLE),
        (a_date("..2025-12-31", "2025-04-02", "Herald"), V.SAME),
        (a_date("2025-12-01..2025-12-31", "2025-04-02", "Herald"), V.REFINES),
        (a_date("2025-12-04", "2025-12-05", "Herald", modality=Modality.DONE), V.KEPT),
        (a_date("2026-03-04", "2026-03-05", "Herald", modality=Modality.DONE), V.SLIPS),
        (a_date("2025-06-04", "2025-06-05", "Herald", modality=Modality.DONE), V.KEPT),
        (a_date("2019-03-04", "2025-04-05", "Herald", modality=Modality.DONE), V.OTHER),
    ],
)
def test_a_date_is_judged_by_the_promise_that_stood(newer: Claim, verdict: ClaimVerdict) -> None:
    promise = a_date("..2025-12-31", "2025-03-01")
    assert verdicts(promise, newer) == [V.FIRST, verdict]


def test_what_was_done_before_its_day_is_kept_and_no_moved_date() -> None:
    promise = a_date("2025-12-24", "2025-03-01")
    done = a_date("2025-11-22", "2025-11-22", "Herald", modality=Modality.DONE)
    assert verdicts(promise, done) == [V.FIRST, V.KEPT]
    assert folded(promise, done).current == done
    sooner = a_date("2025-11-22", "2025-10-22", "Herald")
    assert verdicts(promise, sooner) == [V.FIRST, V.ADVANCES]


def test_what_was_done_before_it_was_promised_was_another_time() -> None:
    promise = a_date("2025-12-01..2025-12-31", "2025-03-01")
    done = a_date("2019-03-04", "2025-04-05", "Herald", modality=Modality.DONE)
    assert verdicts(promise, done) == [V.FIRST, V.OTHER]


def test_an_old_promise_told_again_is_stale() -> None:
    first, second = a_date("..2024-12-31", "2023-02-14"), a_date("..2025-12-31", "2024-03-05", "Herald")
    assert verdicts(first, second, a_date("..2024-12-31", "2024-03-20", "Post")) == [V.FIRST, V.SLIPS, V.STALE]
    assert verdicts(first, second, a_date("2023-06-01", "2024-03-20", "Post")) == [V.FIRST, V.SLIPS, V.STALE]


def test_a_plan_of_something_done_is_stale() -> None:
    done = a_date("2025-12-04", "2025-12-05", modality=Modality.DONE)
    assert verdicts(done, a_date("..2025-12-31", "2025-12-09", "Herald")) == [V.FIRST, V.STALE]
    assert verdicts(done, a_date("2027-12-04", "2025-12-09", "Herald")) == [V.FIRST, V.OTHER]


@pytest.mark.parametrize(
    ("stood", "said", "verdict"),
    [
        ("planned", "planned", V.SAME),
        ("planned", "done", V.UPDATES),
        ("announced", "underway", V.UPDATES),
        ("done", "planned", V.STALE),
        ("done", "announced", V.STALE),
        ("done", "cancelled", V.CONFLICTS),
        ("done", "postponed", V.CONFLICTS),
        ("underway", "cancelled", V.UPDATES),
        ("postponed", "planned", V.UPDATES),
        ("postponed", "cancelled", V.UPDATES),
        ("cancelled", "planned", V.REVIVES),
        ("cancelled", "underway", V.REVIVES),
        ("cancelled", "announced", V.STALE),
        ("cancelled", "postponed", V.STALE),
        ("cancelled", "done", V.STALE),
    ],
)
def test_a_state_never_falls_back(stood: str, said: str, verdict: ClaimVerdict) -> None:
    assert verdicts(a_state(stood, "2025-03-01"), a_state(said, "2025-03-09", "Herald")) == [V.FIRST, verdict]


def ruled(kind: str, target: str) -> FactRuling:
    return FactRuling(kind=kind, target=target, at=datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]


def test_a_person_may_pin_what_stands_and_drop_what_is_wrong() -> None:
    other = a_figure("1200", "2025-03-05", "Herald")
    pinned = folded(FIRST, other, rulings=[ruled("pin", other.id)])
    assert (pinned.current, pinned.sides, pinned.pinned) == (other, (), True)
    dropped = folded(FIRST, other, rulings=[ruled("drop", FIRST.id)])
    assert (dropped.current, dropped.sides) == (other, ())
    assert dropped.steps[0].verdict is V.DROPPED
