"""What is told of a ledger that moved: once, with its words, and never of the past."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from monitor.events.facts import MOVED, fold
from monitor.events.ledger import Difference, differences
from monitor.events.promises import is_overdue, promises_of
from monitor.events.wording import delta, label, nth, spoken
from monitor.viewer.ledger import plain_promises, promise_record
from storage.model import Claim, ClaimKind, Modality, Promise, PromiseState
from tests.builders_claims import a_date, a_figure, a_state, day


def told(before: Sequence[Claim], fresh: Claim) -> list[Difference]:
    key = fresh.key
    return differences(fold(key, before), fold(key, [*before, fresh]), {fresh.id})


def line(before: Sequence[Claim], fresh: Claim) -> str:
    (found,) = told(before, fresh)
    return f"{found.kind} {found.summary}"


def test_each_thing_that_moves_is_one_line() -> None:
    first = a_date("..2024-12-31", "2023-02-14")
    second = a_date("..2026-12-31", "2024-03-05", "Herald")
    assert (
        line([first], second)
        == "date.slipped Completion of laying (lake-cable): end of 2024 → end of 2026 (+24 months, 1st slip)"
    )
    third = a_date("..2027-03-31", "2026-09-05", "Herald")
    assert line([first, second], third).endswith("(+3 months, 2nd slip, +27 months in all)")
    sooner = a_date("..2024-06-30", "2024-01-05", "Herald")
    assert line([first], sooner).endswith("end of 2024 → end of June 2024 (−6 months, brought forward)")
    done = a_date("2024-11-22", "2024-11-23", "Herald", modality=Modality.DONE)
    assert (
        line([a_date("2024-12-24", "2024-01-05")], done)
        == "fact.changed Completion of laying (lake-cable): 24 December 2024 → 22 November 2024 (done) "
        "(kept 32 days early)"
    )
    figure = a_figure("1000", "2025-03-01")
    assert (
        line([figure], a_figure("1200", "2025-06-01", "Herald"))
        == "fact.changed Participants (lake-cable): 1,000 → 1,200 (+200)"
    )
    assert (
        line([figure], a_figure("1200", "2025-03-04", "Herald"))
        == "fact.conflict Participants (lake-cable): 1,000 (Gazette) or 1,200 (Herald)"
    )
    assert (
        line([a_state("planned", "2025-03-01")], a_state("done", "2025-03-09", "Herald"))
        == "status.changed Status (lake-cable): planned → done (reported)"
    )
    assert line([a_state("planned", "2025-03-01")], a_state("done", "2025-03-09", "Ministry", official=True)).endswith(
        "(confirmed)"
    )
    assert line([a_state("cancelled", "2025-03-01")], a_state("planned", "2025-03-09")).endswith("(revived, reported)")


def test_what_comes_late_fills_in_the_past_in_silence() -> None:
    newer = a_figure("1200", "2025-06-01")
    older = a_figure("1000", "2025-03-01", "Herald")
    assert len(told([older], newer)) == 1
    assert told([newer], older) == []
    promise, earlier = a_date("..2026-12-31", "2024-03-05"), a_date("..2024-12-31", "2023-02-14", "Herald")
    assert len(told([earlier], promise)) == 1
    assert told([promise], earlier) == []


def test_what_is_read_twice_is_told_once() -> None:
    first, second = a_figure("1000", "2025-03-01"), a_figure("1200", "2025-06-01", "Herald")
    assert len(told([first], second)) == 1
    assert differences(fold(first.key, [first, second]), fold(first.key, [first, second]), set()) == []


def test_a_third_voice_for_one_side_is_no_new_contradiction() -> None:
    sides = [a_figure("1000", "2025-03-01"), a_figure("1200", "2025-03-04", "Herald")]
    assert len(told(sides[:1], sides[1])) == 1
    assert told(sides, a_figure("1200", "2025-03-05", "Post")) == []


def chain(*claims: Claim) -> list[tuple[str, str, int]]:
    fact = fold(claims[0].key, claims)
    by_id = {claim.id: claim for claim in claims}
    return [(spoken(by_id[one.claim_id]), one.state.value, one.slip_no) for one in promises_of(fact)]


def test_promises_form_a_chain() -> None:
    claims = [
        a_date("..2024-12-31", "2023-02-14"),
        a_date("..2025-12-31", "2024-03-05", "Herald"),
        a_date("..2026-12-31", "2025-09-05"),
        a_date("2026-12-10", "2026-12-12", "Herald", modality=Modality.DONE),
    ]
    assert chain(*claims[:1]) == [("end of 2024", "open", 0)]
    assert chain(*claims) == [("end of 2024", "slipped", 0), ("end of 2025", "slipped", 1), ("end of 2026", "kept", 2)]


@pytest.mark.parametrize(
    ("done", "note"),
    [("2026-12-10", "kept on time"), ("2027-02-10", "kept late by 41 days"), ("2026-08-03", "kept early by 120 days")],
)
def test_a_promise_kept_says_how_well(done: str, note: str) -> None:
    promise = a_date("2026-12-01..2026-12-31", "2025-09-05")
    kept = a_date(done, "2027-03-12", "Herald", modality=Modality.DONE)
    (found,) = promises_of(fold(promise.key, [promise, kept]))
    assert (found.state, found.note) == (PromiseState.KEPT, note)


def test_a_date_is_overdue_only_after_its_grace() -> None:
    (promise,) = promises_of(fold("lake-cable|laying.end||date", [a_date("..2025-12-31", "2025-03-01")]))
    last = promise.hi + timedelta(days=promise.grace_days)
    assert (is_overdue(promise, last), is_overdue(promise, last + timedelta(days=1))) == (False, True)


def test_what_was_called_off_is_not_waited_for() -> None:
    fact = fold("lake-cable|laying.end||date", [a_date("..2025-12-31", "2025-03-01")])
    off = a_state("cancelled", "2025-06-01")
    assert [one.state for one in promises_of(fact, cancelled=off)] == [PromiseState.CANCELLED]
    before = a_state("cancelled", "2025-02-01")
    assert [one.state for one in promises_of(fact, cancelled=before)] == [PromiseState.OPEN]


def test_a_promise_without_a_last_day_is_none() -> None:
    opened = a_date("2025-12-31..", "2025-03-01")
    assert promises_of(fold(opened.key, [opened])) == ()
    plan = a_date("2026-01-01..2029-12-31", "2025-03-01", measure="plan.cover")
    assert promises_of(fold(plan.key, [plan])) == ()


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("..2026-12-31", "end of 2026"),
        ("..2026-03-31", "end of March 2026"),
        ("..2025-10-15", "by 15 October 2025"),
        ("2026-03-01..2026-03-31", "March 2026"),
        ("2026-01-01..2026-12-31", "2026"),
        ("2026-10-01..2026-12-31", "end of 2026"),
        ("2026-07-01..2026-12-31", "second half of 2026"),
        ("2026-01-01..2029-12-31", "2026–2029"),
        ("2025-11-17..2025-11-28", "17 November 2025 to 28 November 2025"),
        ("2025-12-04", "4 December 2025"),
        ("2025-12-04..", "from 4 December 2025"),
    ],
)
def test_a_period_is_called_what_people_call_it(period: str, words: str) -> None:
    assert spoken(a_date(period, "2025-01-01")) == words


def test_moved_dates_of_two_papers_are_a_slip_not_a_contradiction() -> None:
    first = a_date("2025-11-10", "2025-11-01")
    moved = a_date("2025-11-24", "2025-11-11", "Herald", rule=f"day+sign+{MOVED}")
    assert line([first], moved).endswith("10 November 2025 → 24 November 2025 (+14 days, 1st slip)")


@pytest.mark.parametrize(("share", "said"), [("51", "+1 point"), ("49", "−1 point"), ("48.5", "−1.5 points")])
def test_shares_move_by_one_point_or_by_points(share: str, said: str) -> None:
    old = Claim(kind=ClaimKind.QUANTITY, subject="", measure="coverage", value="50", unit="%")
    assert delta(old, replace(old, value=share)) == said


def test_ordinals() -> None:
    assert [nth(one) for one in (1, 2, 3, 4, 11, 12, 13, 21, 112)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th"),
    ]


def a_promise_of(claim: Claim) -> Promise:
    return promises_of(fold(claim.key, [claim]))[0]


@pytest.mark.parametrize(
    ("today", "state", "in_grace"),
    [
        ("2025-11-30", "open", False),
        ("2025-12-01", "in grace", True),
        ("2025-12-15", "in grace", True),
        ("2025-12-16", "open", False),  # nobody has looked yet
    ],
)
def test_a_promise_whose_day_has_passed_is_shown_in_its_grace(today: str, state: str, in_grace: bool) -> None:
    promise = a_promise_of(replace(a_date("..2025-11-30", "2025-03-01"), precision="month"))
    nothing = dict.fromkeys(("event", "event_title", "item", "source", "url"), "")
    record = promise_record({"promise": promise, "quote": "by the end of November", **nothing}, today=day(today))
    assert (record["state"], record["in_grace"], record["grace_until"]) == ("open", in_grace, "2025-12-15")
    shown, _ = plain_promises([record])
    assert re.split(r" {2,}", shown.strip())[1] == state
    assert ("overdue after 15 Dec 2025" in shown) == in_grace


def test_a_promise_that_was_kept_is_in_no_grace() -> None:
    promise = replace(a_promise_of(a_date("..2025-12-31", "2025-03-01")), state=PromiseState.KEPT)
    row = dict.fromkeys(("event", "event_title", "quote", "item", "source", "url"), "")
    assert promise_record({"promise": promise, **row}, today=day("2026-01-01"))["in_grace"] is False


def test_equal_promises_have_equal_names() -> None:
    claim = a_date("..2025-12-31", "2025-03-01")
    assert a_promise_of(claim).id == a_promise_of(claim).id
    assert a_promise_of(claim).hi == day("2025-12-31")


def test_a_contradiction_is_told_whichever_side_is_read_first() -> None:
    one, other = a_figure("2640", "2025-12-01", "Gazette"), a_figure("2460", "2025-12-02", "Herald")
    assert line([one], other).endswith("2,640 (Gazette) or 2,460 (Herald)")
    assert line([other], one).endswith("2,460 (Herald) or 2,640 (Gazette)")


def test_a_mark_that_is_passed_weeks_later_has_moved() -> None:
    first = replace(a_figure("1200", "2025-09-10"), precision="over", hi=Decimal(1500))
    later = replace(a_figure("1400", "2025-10-20", "Herald"), precision="over", hi=Decimal(1750))
    assert line([first], later).startswith("fact.changed")
    assert "more than 1,200 → more than 1,400 (+200)" in line([first], later)
    soon = replace(later, as_of=first.as_of)
    assert told([first], soon) == []
    assert told([later], replace(first, as_of=day("2025-12-01"))) == []


def test_a_later_deadline_for_what_was_promised_sooner_is_a_slip_where_the_words_say_so() -> None:
    spring = replace(a_date("2025-04-01..2025-06-30", "2024-02-01"), bound="in", precision="quarter")
    by_the_end = a_date("..2025-12-31", "2025-06-20", "Herald")
    assert told([spring], by_the_end) == []
    now_by_the_end = replace(by_the_end, rule=f"year+end+{MOVED}")
    assert line([spring], now_by_the_end).endswith("Q2 2025 → end of 2025 (+6 months, 1st slip)")
    repeated = replace(spring, as_of=day("2025-07-20"), source="Post", id="repeated")
    assert told([spring, now_by_the_end], repeated) == []
    assert fold(spring.key, [spring, now_by_the_end, repeated]).current == now_by_the_end


def test_days_of_june_that_are_two_weeks_later_are_a_slip() -> None:
    first = replace(a_date("2025-06-10..2025-06-14", "2025-01-02"), precision="range")
    second = replace(a_date("2025-06-24..2025-06-28", "2025-03-03", "Herald"), precision="range")
    assert "(+14 days, 1st slip)" in line([first], second)


def test_what_was_planned_before_it_was_called_off_confirms_no_new_plan() -> None:
    planned, off = a_state("planned", "2025-01-02"), a_state("cancelled", "2025-06-20")
    again = a_state("planned", "2025-06-22", "Herald")
    assert line([planned, off], again).endswith("cancelled → planned (revived, reported)")


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        ("declaration.adopt", "Adoption of document"),
        ("line.start", "Start of link"),
        ("network.end", "Completion of infrastructure"),
        ("centre.start", "Start of institution"),
        ("contract.sign", "Signing of contract"),
    ],
)
def test_a_thing_is_called_by_a_word_that_is_true_of_its_whole_class(measure: str, said: str) -> None:
    component = measure.partition(".")[0]
    assert label(a_date("..2025-12-31", "2025-03-01", measure=measure, subject="")) == said
    stated = a_state("done", "2025-03-01", facet=component, subject="")
    assert label(stated) == f"Status of {said.rpartition(' ')[2]}"
