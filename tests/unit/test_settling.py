"""Every outcome of a try leads along the outbox's table, and leaves its channel as it should."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.deliver.settling import channel_after, channel_at_start, settlement_of, undone
from alerts.retry import Outcome, OutcomeKind, next_attempt
from storage.model import Delivery, DeliveryState
from storage.outbox import OPEN, BreakerState, ChannelState, DeliveryEvent
from tests.builders_outbox import DAY, HOUR, NOW, SECOND, a_delivery, an_alert

CLOSED = ChannelState(name="hook", settings_hash="1", since_at=NOW)
PARKED = replace(CLOSED, breaker=BreakerState.PARKED, parked_reason="HTTP 404", probe_at=NOW + DAY)
OPEN_ = replace(CLOSED, breaker=BreakerState.OPEN, failure_count=5, probe_at=NOW + SECOND)


def sending(**changes) -> Delivery:
    fresh = a_delivery(an_alert("c_1", "hook", "0ITU"), "desk", "0ITU", 1)
    return replace(fresh, state=DeliveryState.SENDING, attempt_count=1, first_try_at=NOW, **changes)


def outcome(kind: OutcomeKind, **changes) -> Outcome:
    return replace(Outcome(kind=kind, detail="said"), **changes)


@given(
    kind=st.sampled_from(OutcomeKind),
    form=st.sampled_from(["rich", "plain"]),
    on_doubt=st.sampled_from(["resend", "hold"]),
    hours=st.integers(0, 100),
    channel_kind=st.sampled_from(["slack", "email", "webhook"]),
    seed=st.integers(0, 9),
)
def test_the_events_of_a_settlement_lead_to_the_state_that_the_next_try_is_decided_by(
    kind, form, on_doubt, hours, channel_kind, seed
):
    delivery = sending(form=form)
    now = NOW + hours * HOUR
    step = next_attempt(outcome(kind), delivery, channel_kind, now, random.Random(seed), on_doubt=on_doubt)
    settlement = settlement_of(outcome(kind), step)
    assert settlement.state is step.state
    if settlement.state in OPEN:
        assert settlement.next_at >= now
    if kind is OutcomeKind.IN_DOUBT:
        assert settlement.doubt_count == delivery.doubt_count + 1


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        (OutcomeKind.OK, (DeliveryEvent.OK,)),
        (OutcomeKind.TEMPORARY, (DeliveryEvent.TEMPORARY, DeliveryEvent.HORIZON)),
        (OutcomeKind.RATE_LIMITED, (DeliveryEvent.RATE_LIMITED, DeliveryEvent.HORIZON)),
        (OutcomeKind.IN_DOUBT, (DeliveryEvent.IN_DOUBT, DeliveryEvent.HORIZON)),
        (OutcomeKind.CHANNEL_PERMANENT, (DeliveryEvent.CHANNEL_PERMANENT,)),
    ],
)
def test_at_the_horizon_a_failure_is_the_last_and_a_parked_channel_kills_nothing(kind, events):
    step = next_attempt(outcome(kind), sending(), "slack", NOW + 25 * HOUR, random.Random(1))
    assert settlement_of(outcome(kind), step).events == events


def test_a_settlement_carries_what_the_server_said_cut_to_a_line():
    said = outcome(OutcomeKind.OK, code=200, phase="reply", reply="ok", remote_id="q1", detail="x" * 600)
    settlement = settlement_of(said, next_attempt(said, sending(), "slack", NOW, random.Random(1)))
    assert (settlement.outcome, settlement.code, settlement.phase) == ("ok", 200, "reply")
    assert (settlement.reply, settlement.remote_id, len(settlement.detail)) == ("ok", "q1", 500)


def test_a_claim_that_is_taken_back_counts_nothing_and_is_due_at_once():
    claimed = sending(counted_count=3, doubt_count=2, expires_at=NOW + HOUR)
    back = undone(claimed, NOW)
    assert (back.state, back.next_at, back.expires_at) == (DeliveryState.QUEUED, NOW, NOW + HOUR)
    assert (back.counted_count, back.doubt_count) == (3, 2)


def after(before: ChannelState, kind: OutcomeKind) -> ChannelState:
    said = outcome(kind)
    return channel_after(before, said, next_attempt(said, sending(), "slack", NOW, random.Random(1)), NOW)


def test_an_answer_leaves_a_working_channel_untouched():
    for kind in (OutcomeKind.OK, OutcomeKind.MESSAGE_PERMANENT, OutcomeKind.RECIPIENT_PERMANENT):
        assert after(CLOSED, kind) == CLOSED


def test_failures_are_counted_until_the_fifth_stops_the_channel():
    state = CLOSED
    for count in range(1, 5):
        state = after(state, OutcomeKind.TEMPORARY)
        assert (state.breaker, state.failure_count) == (BreakerState.CLOSED, count)
    state = after(state, OutcomeKind.IN_DOUBT)
    assert (state.breaker, state.probe_at) == (BreakerState.OPEN, NOW + timedelta(seconds=30))


def test_a_channel_that_refuses_everything_is_parked_for_a_day_with_the_reason():
    state = after(CLOSED, OutcomeKind.CHANNEL_PERMANENT)
    assert (state.breaker, state.parked_reason, state.probe_at) == (BreakerState.PARKED, "said", NOW + DAY)


def test_a_destination_that_asks_to_wait_shows_at_its_channel():
    assert (after(CLOSED, OutcomeKind.RATE_LIMITED).not_before_at or NOW) > NOW


def test_a_channel_parked_by_hand_during_a_try_stays_parked_whatever_comes():
    assert {after(PARKED, kind) for kind in OutcomeKind} == {PARKED}


@pytest.mark.parametrize(
    ("before", "settings_hash", "breaker"),
    [
        (None, "1", BreakerState.CLOSED),
        (CLOSED, "2", BreakerState.CLOSED),
        (PARKED, "1", BreakerState.HALF),
        (PARKED, "2", BreakerState.HALF),
        (OPEN_, "1", BreakerState.OPEN),
        (OPEN_, "2", BreakerState.HALF),
        (replace(OPEN_, settings_hash=""), "2", BreakerState.OPEN),
    ],
)
def test_a_run_begins_with_a_try_on_what_was_parked_or_has_new_settings(before, settings_hash, breaker):
    state = channel_at_start(before, "hook", settings_hash, NOW)
    assert (state.name, state.settings_hash, state.breaker) == ("hook", settings_hash, breaker)


def test_a_probe_that_a_clock_of_next_year_set_comes_within_a_quarter_of_an_hour():
    state = channel_at_start(replace(OPEN_, probe_at=NOW + 365 * DAY), "hook", "1", NOW)
    assert state.probe_at == NOW + timedelta(minutes=15)
