import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.retry import (
    Next,
    Outcome,
    OutcomeKind,
    SmtpPhase,
    backoff_s,
    classify_http,
    classify_lost,
    classify_slack,
    classify_smtp,
    horizon_of,
    next_attempt,
    wait_s,
)
from storage.model import Delivery, DeliveryState
from tests.builders_messages import HOUR, NOW, a_delivery

OK, TEMPORARY, RATE_LIMITED, IN_DOUBT, MESSAGE, RECIPIENT, CHANNEL = OutcomeKind

SLACK = [
    (200, "ok", OK),
    (200, " ok\n", OK),
    (200, "no_text", IN_DOUBT),
    (200, "<html>captive portal</html>", IN_DOUBT),
    (200, "", IN_DOUBT),
    (201, "ok", IN_DOUBT),
    (204, "", IN_DOUBT),
    (400, "invalid_payload", MESSAGE),
    (400, "invalid_blocks", MESSAGE),
    (400, "invalid_blocks_format", MESSAGE),
    (400, "no_text", MESSAGE),
    (400, "missing_text_or_fallback_or_attachments", MESSAGE),
    (400, "too_many_attachments", MESSAGE),
    (400, "something_new", MESSAGE),
    (400, "user_not_found", CHANNEL),
    (413, "", MESSAGE),
    (403, "action_prohibited", CHANNEL),
    (403, "posting_to_general_channel_denied", CHANNEL),
    (403, "invalid_token", CHANNEL),
    (404, "no_service", CHANNEL),
    (404, "no_service_id", CHANNEL),
    (404, "no_team", CHANNEL),
    (404, "no_active_hooks", CHANNEL),
    (404, "team_disabled", CHANNEL),
    (404, "channel_not_found", CHANNEL),
    (410, "channel_is_archived", CHANNEL),
    (403, "unheard_of", CHANNEL),
    (404, "", CHANNEL),
    (401, "", CHANNEL),
    (405, "", CHANNEL),
    *((status, "", CHANNEL) for status in range(300, 309)),
    (429, "rate_limited", RATE_LIMITED),
    (408, "", TEMPORARY),
    (500, "rollup_error", TEMPORARY),
    (502, "", TEMPORARY),
    (503, "", TEMPORARY),
    (599, "", TEMPORARY),
]


@pytest.mark.parametrize(("status", "body", "kind"), SLACK)
def test_every_answer_of_slack_has_its_class(status, body, kind):
    assert classify_slack(status, body, None).kind is kind


def test_slack_is_quoted_in_its_own_words_and_strangers_are_not():
    assert (
        classify_slack(404, "no_service", None).detail
        == "HTTP 404 no_service (the webhook was deleted or switched off)"
    )
    assert classify_slack(404, "<b>T0/B0/secret</b>", None).detail == "HTTP 404"
    assert classify_slack(429, "", 30.0).retry_after_s == 30.0


HTTP = [
    *((status, None, OK) for status in (200, 201, 202, 204, 299)),
    *((status, None, CHANNEL) for status in (*range(300, 309), 410)),
    (429, None, RATE_LIMITED),
    (429, 5.0, RATE_LIMITED),
    (503, 5.0, RATE_LIMITED),
    (503, None, TEMPORARY),
    *((status, None, TEMPORARY) for status in (408, 425, 500, 502, 504, 599)),
    *((status, None, MESSAGE) for status in (400, 402, 406, 409, 413, 415, 422, 451)),
]


@pytest.mark.parametrize(("status", "retry_after_s", "kind"), HTTP)
def test_every_answer_of_a_webhook_has_its_class(status, retry_after_s, kind):
    outcome = classify_http(status, retry_after_s)
    assert (outcome.kind, outcome.code, outcome.retry_after_s) == (kind, status, retry_after_s)


@pytest.mark.parametrize("status", [401, 403, 404, 405])
def test_a_refusal_is_final_the_fifth_time_in_a_row(status):
    kinds = [classify_http(status, None, refusal_count=count).kind for count in range(6)]
    assert kinds == [TEMPORARY] * 4 + [CHANNEL] * 2


SMTP = [
    *((phase, 421, "", TEMPORARY) for phase in SmtpPhase),
    *((phase, code, "", TEMPORARY) for phase in SmtpPhase for code in (450, 451, 452, 454)),
    (SmtpPhase.RCPT, 550, "5.1.1", RECIPIENT),
    (SmtpPhase.RCPT, 551, "", RECIPIENT),
    (SmtpPhase.RCPT, 552, "5.2.2", RECIPIENT),
    (SmtpPhase.RCPT, 553, "", RECIPIENT),
    (SmtpPhase.RCPT, 552, "5.3.4", MESSAGE),
    (SmtpPhase.RCPT, 552, "5.2.3", MESSAGE),
    (SmtpPhase.MAIL, 552, "", MESSAGE),
    (SmtpPhase.DATA, 554, "", MESSAGE),
    (SmtpPhase.BODY, 552, "", MESSAGE),
    (SmtpPhase.DOT, 552, "", MESSAGE),
    (SmtpPhase.DOT, 550, "5.7.1", MESSAGE),
    *((phase, code, "", CHANNEL) for phase in SmtpPhase for code in (530, 535)),
    (SmtpPhase.MAIL, 550, "", CHANNEL),
    (SmtpPhase.MAIL, 501, "", CHANNEL),
    (SmtpPhase.AUTH, 534, "", CHANNEL),
    (SmtpPhase.GREETING, 554, "", CHANNEL),
    (SmtpPhase.EHLO, 502, "", CHANNEL),
    (SmtpPhase.STARTTLS, 501, "", CHANNEL),
    (SmtpPhase.DATA, 354, "", OK),
    (SmtpPhase.AUTH, 334, "", OK),
    (SmtpPhase.DOT, 250, "", OK),
    (SmtpPhase.DOT, 354, "", IN_DOUBT),
    (SmtpPhase.DOT, -1, "", IN_DOUBT),
    (SmtpPhase.RCPT, -1, "", TEMPORARY),
    (SmtpPhase.MAIL, 354, "", TEMPORARY),
]


@pytest.mark.parametrize(("phase", "code", "enhanced", "kind"), SMTP)
def test_every_answer_of_a_mail_server_has_its_class(phase, code, enhanced, kind):
    assert classify_smtp(phase, code, enhanced).kind is kind


def test_a_mail_servers_answer_is_told_with_its_step():
    assert classify_smtp(SmtpPhase.RCPT, 550, "5.1.1").detail == "SMTP 550 5.1.1 at rcpt"
    assert classify_smtp(SmtpPhase.GREETING, 554).detail == "SMTP 554 at greeting"


def test_a_lost_connection_is_in_doubt_only_after_the_last_byte():
    assert classify_lost(sent=True, detail="reset").kind is IN_DOUBT
    assert classify_lost(sent=False, detail="reset").kind is TEMPORARY


class Fixed(random.Random):
    """Chance that always says the same."""

    def __init__(self, value: float) -> None:
        super().__init__(0)
        self.value = value

    def random(self) -> float:
        return self.value


LEAST, MOST = Fixed(0.0), Fixed(0.999999999)


def test_waits_grow_threefold_from_five_seconds_to_an_hour():
    steps = [round(backoff_s("slack", count, MOST)) for count in range(8)]
    assert steps == [5, 15, 45, 135, 405, 1215, 3600, 3600]
    assert round(backoff_s("webhook", 10_000, MOST)) == 3600


def test_mail_is_tried_after_1_5_15_and_30_minutes_and_then_every_hour():
    assert [round(backoff_s("email", count, MOST) / 60) for count in range(7)] == [1, 5, 15, 30, 60, 60, 60]


@given(st.integers(0, 50), st.sampled_from(["slack", "email", "webhook"]), st.randoms(use_true_random=False))
def test_jitter_takes_away_half_of_a_wait_at_most(count, kind, rng):
    assert backoff_s(kind, count, MOST) / 2 - 1 <= backoff_s(kind, count, rng) <= backoff_s(kind, count, MOST) + 1e-3
    assert backoff_s(kind, count, LEAST) == pytest.approx(backoff_s(kind, count, MOST) / 2, abs=1)


def sending(**fields: object) -> Delivery:
    return a_delivery(**{"state": DeliveryState.SENDING, "attempt_count": 1, "first_try_at": NOW, **fields})


def after(kind: OutcomeKind, delivery: Delivery | None = None, *, channel: str = "slack", **options) -> Next:
    outcome = Outcome(kind=kind, detail="HTTP 503", retry_after_s=options.pop("retry_after_s", None))
    now = options.pop("now", NOW)
    return next_attempt(outcome, delivery or sending(), channel, now, options.pop("rng", MOST), **options)


def test_a_delivered_message_is_done():
    assert after(OK).state is DeliveryState.DELIVERED


def test_a_temporary_failure_waits_and_counts():
    step = after(TEMPORARY, sending(counted_count=2))
    assert (step.state, step.counted_count, step.doubt_count, step.form) == (DeliveryState.QUEUED, 3, 0, "rich")
    assert timedelta(seconds=44) < step.next_at - NOW <= timedelta(seconds=45)
    assert step.reason == "HTTP 503"


def test_a_doubtful_try_is_repeated_and_counted_as_doubtful():
    step = after(IN_DOUBT, sending(doubt_count=1))
    assert (step.state, step.counted_count, step.doubt_count) == (DeliveryState.QUEUED, 1, 2)
    assert step.next_at > NOW


def test_a_doubtful_try_is_held_for_a_person_where_that_is_wanted():
    step = after(IN_DOUBT, on_doubt="hold")
    assert (step.state, step.doubt_count) == (DeliveryState.IN_DOUBT, 1)


def test_a_destination_that_asks_to_wait_is_obeyed_and_the_try_not_counted():
    step = after(RATE_LIMITED, sending(counted_count=2), retry_after_s=600.0, rng=LEAST)
    assert (step.state, step.counted_count) == (DeliveryState.QUEUED, 2)
    assert step.next_at == NOW + timedelta(seconds=600)
    late = after(RATE_LIMITED, retry_after_s=600.0, rng=MOST)
    assert timedelta(seconds=600) < late.next_at - NOW <= timedelta(seconds=660)


def test_a_destination_that_asks_for_nothing_is_left_alone_longer_each_time():
    waits = [after(RATE_LIMITED, sending(attempt_count=count)).next_at - NOW for count in (1, 2, 3)]
    assert [round(wait.total_seconds()) for wait in waits] == [5, 15, 45]


def test_a_wait_of_nothing_is_a_second_at_least():
    assert wait_s(Outcome(kind=RATE_LIMITED, retry_after_s=0.0), LEAST) == 1.0
    assert wait_s(Outcome(kind=RATE_LIMITED), LEAST) == 1.0


def test_a_refused_message_is_sent_once_more_in_plain_form_and_then_given_up():
    step = after(MESSAGE)
    assert (step.state, step.form, step.next_at, step.counted_count) == (DeliveryState.QUEUED, "plain", NOW, 0)
    assert after(MESSAGE, sending(form="plain")).state is DeliveryState.DEAD


def test_a_refused_recipient_ends_the_delivery():
    assert after(RECIPIENT).state is DeliveryState.DEAD


def test_a_dead_channel_keeps_its_queue_for_as_long_as_it_takes():
    step = after(CHANNEL, sending(first_try_at=NOW - timedelta(days=30)))
    assert (step.state, step.next_at, step.counted_count) == (DeliveryState.QUEUED, NOW, 0)


@pytest.mark.parametrize(("channel", "hours"), [("slack", 24), ("email", 72), ("webhook", 75), ("other", 24)])
def test_each_kind_of_channel_tries_for_its_time(channel, hours):
    first_try_at = NOW - timedelta(hours=hours)
    assert horizon_of(channel) == timedelta(hours=hours)
    for kind in (TEMPORARY, IN_DOUBT, RATE_LIMITED):
        tried = sending(first_try_at=first_try_at)
        assert after(kind, tried, channel=channel).state is DeliveryState.DEAD
        assert after(kind, tried, channel=channel, now=NOW - HOUR).state is DeliveryState.QUEUED


def test_the_last_try_falls_on_the_end_of_the_time_and_says_so():
    step = after(TEMPORARY, sending(counted_count=9, first_try_at=NOW - timedelta(hours=23, minutes=59)))
    assert step.next_at == step.expires_at == NOW + timedelta(minutes=1)
    assert after(TEMPORARY, sending(first_try_at=NOW - timedelta(hours=24))).reason == "given up: HTTP 503"


def test_a_delivery_that_waited_long_for_its_first_try_still_has_all_its_time():
    step = after(TEMPORARY, sending(expires_at=NOW - timedelta(days=3), first_try_at=NOW))
    assert (step.state, step.expires_at) == (DeliveryState.QUEUED, NOW + timedelta(hours=24))


def test_the_configuration_may_shorten_the_time():
    tried = sending(first_try_at=NOW - HOUR)
    assert after(TEMPORARY, tried).state is DeliveryState.QUEUED
    assert after(TEMPORARY, tried, horizon=HOUR).state is DeliveryState.DEAD


@given(st.sampled_from([TEMPORARY, IN_DOUBT, RATE_LIMITED]), st.floats(0, 90_000), st.randoms(use_true_random=False))
def test_every_delivery_comes_to_an_end(kind, asked_s, rng):
    delivery, now = sending(attempt_count=0, first_try_at=None), NOW
    for _ in range(200_000):
        delivery = replace(
            delivery, attempt_count=delivery.attempt_count + 1, first_try_at=delivery.first_try_at or now
        )
        outcome = Outcome(kind=kind, retry_after_s=min(asked_s, 86_400.0) if kind is RATE_LIMITED else None)
        step = next_attempt(outcome, delivery, "slack", now, rng)
        if step.state is DeliveryState.DEAD:
            break
        assert step.next_at > now
        delivery = replace(delivery, counted_count=step.counted_count, doubt_count=step.doubt_count)
        now = step.next_at
    assert step.state is DeliveryState.DEAD
    assert NOW + timedelta(hours=24) <= now <= NOW + timedelta(hours=52)
