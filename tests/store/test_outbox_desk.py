"""What an operator sees of the outbox and may do, and what is forgotten in time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from storage.errors import ConfigError, DeliveryError
from storage.model import Delivery, DeliveryState
from storage.outbox import Backlog, BreakerState, ChannelState, DeliveryEvent, Destination, Outbox
from storage.reading import opened
from storage.store import Store
from tests.builders_outbox import (
    DAY,
    HOUR,
    NOW,
    SECOND,
    a_settlement,
    an_outbox,
    attempts,
    claim,
    due,
    read,
    send,
    settle,
    tell,
)

LATER = NOW + HOUR


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def test_a_dead_delivery_is_queued_again_under_its_id_with_a_new_horizon_and_its_bytes(store: Store):
    delivery = tell(store)
    given_up = a_settlement(DeliveryEvent.TEMPORARY, DeliveryEvent.HORIZON, counted_count=30)
    assert settle(store, claim(store, delivery), given_up)
    assert read(store, delivery.id).state is DeliveryState.DEAD
    with store.writing() as tx:
        retried = tx.outbox.retry(delivery.id, LATER)
    assert read(store, delivery.id) == retried
    assert (retried.state, retried.next_at, retried.body) == (DeliveryState.QUEUED, LATER, b"{}")
    assert (retried.counted_count, retried.first_try_at, retried.expires_at, retried.reason) == (0, None, None, "")
    assert retried.attempt_count == 1  # the next try is the second one, and is told as such


def test_a_message_refused_in_both_forms_is_rendered_anew_when_it_is_retried(store: Store):
    delivery = send(store, tell(store), DeliveryEvent.MESSAGE_PERMANENT)
    delivery = send(store, delivery, DeliveryEvent.UNSENDABLE)
    with store.writing() as tx:
        retried = tx.outbox.retry(delivery.id, LATER)
    assert (retried.form, retried.body) == ("rich", None)


def test_a_plain_message_that_may_have_arrived_keeps_its_bytes_when_it_is_retried(store: Store):
    delivery = send(store, tell(store), DeliveryEvent.MESSAGE_PERMANENT)
    delivery = send(store, delivery, DeliveryEvent.IN_DOUBT, DeliveryEvent.HORIZON, doubt_count=1)
    with store.writing() as tx:
        retried = tx.outbox.retry(delivery.id, LATER)
    assert (retried.form, retried.body, retried.doubt_count) == ("plain", b"{}", 1)


def test_a_doubtful_delivery_is_sent_again_resolved_or_cancelled_by_a_person(store: Store):
    held = [send(store, tell(store, event), DeliveryEvent.HOLD, doubt_count=1) for event in "ABC"]
    with store.writing() as tx:
        tx.outbox.retry(held[0].id, LATER)
        tx.outbox.resolve(held[1].id, "anna", LATER)
        tx.outbox.cancel(held[2].id, "anna", LATER)
    after = [read(store, delivery.id) for delivery in held]
    assert [d.state for d in after] == [DeliveryState.QUEUED, DeliveryState.DELIVERED, DeliveryState.CANCELLED]
    assert [d.reason for d in after] == ["", "seen to have arrived by anna", "cancelled by anna"]
    assert [d.done_at for d in after] == [None, LATER, LATER]
    assert after[0].doubt_count == 1


def test_a_cancelled_delivery_lets_the_next_of_its_line_go(store: Store):
    first, second = tell(store, "A", 1), tell(store, "A", 2)
    assert due(store) == first.id
    with store.writing() as tx:
        tx.outbox.cancel(first.id, "anna", LATER)
    assert due(store) == second.id


@pytest.mark.parametrize(
    ("act", "fits"),
    [
        (lambda outbox, id_: outbox.retry(id_, LATER), "retry needs one that is in doubt or dead"),
        (lambda outbox, id_: outbox.resolve(id_, "anna", LATER), "resolve needs one that is in doubt"),
        (lambda outbox, id_: outbox.cancel(id_, "anna", LATER), "cancel needs one that is queued or in doubt"),
    ],
)
def test_what_does_not_fit_the_state_is_refused_in_words_and_changes_nothing(
    store: Store, act: Callable[[Outbox, str], Delivery], fits: str
):
    delivery = send(store, tell(store))
    with pytest.raises(DeliveryError, match=f"{delivery.id} is delivered: {fits}"), store.writing() as tx:
        act(tx.outbox, delivery.id)
    assert read(store, delivery.id) == delivery
    with pytest.raises(ConfigError, match='there is no delivery "d_0"'), store.writing() as tx:
        act(tx.outbox, "d_0")


def test_deliveries_are_listed_by_state_and_channel_without_their_bytes(store: Store):
    sent = send(store, tell(store, "A"), at=LATER)
    dead = send(store, tell(store, "B"), DeliveryEvent.RECIPIENT_PERMANENT)
    other = tell(store, "C", channel="slack")
    with store.reading() as tx:
        assert [d.id for d in tx.outbox.deliveries()] == [sent.id, *sorted((dead.id, other.id))]
        assert tx.outbox.deliveries(channel="slack") == [other]
        assert tx.outbox.deliveries([DeliveryState.DEAD]) == [replace(dead, body=None)]
        assert len(tx.outbox.deliveries(limit=2)) == 2
        assert tx.outbox.delivery("d_0") is None


def test_the_backlog_counts_what_waits_and_since_when(store: Store):
    send(store, tell(store, "A", at=NOW - HOUR), at=LATER)
    send(store, tell(store, "B"), DeliveryEvent.RECIPIENT_PERMANENT)
    send(store, tell(store, "C", at=NOW - SECOND), DeliveryEvent.HOLD)
    retried = tell(store, "D")
    assert settle(
        store, claim(store, retried, at=NOW), a_settlement(DeliveryEvent.TEMPORARY, next_at=NOW + DAY), at=LATER
    )
    tell(store, "E", at=LATER)
    tell(store, "F", channel="slack")
    with store.reading() as tx:
        assert tx.outbox.backlog() == [
            Backlog(channel="hook", count=3, oldest_at=NOW),
            Backlog(channel="slack", count=1, oldest_at=NOW),
        ]


def why(store: Store, delivery: Delivery, at: datetime = NOW) -> str:
    with opened(store.path) as reader:
        found = reader.alerts.delivery(delivery.id, now=at)
    assert found is not None
    return str(found["why"])


def test_each_delivery_says_why_it_is_where_it_is(store: Store):
    first, second = tell(store, "A", 1), tell(store, "A", 2)
    assert why(store, first) == "is due"
    assert why(store, second) == f"comes after {first.id}"
    attempt = claim(store, first)
    assert why(store, first) == "is being sent"
    settle(store, attempt, a_settlement(DeliveryEvent.TEMPORARY, next_at=LATER, reason="HTTP 503"))
    assert why(store, first) == "is tried again at 2025-12-01T07:00:00Z: HTTP 503"
    send(store, first, DeliveryEvent.HOLD, at=LATER)
    assert why(store, first) == f"may have arrived: salname alerts resolve {first.id} --delivered, or --resend"
    with store.writing() as tx:
        tx.outbox.cancel(first.id, "anna", LATER)
    assert why(store, first) == "cancelled by anna"
    assert why(store, send(store, second)) == "delivered"


def test_a_delivery_says_what_keeps_its_channel_from_sending(store: Store):
    delivery = tell(store)
    state = ChannelState(name="hook", settings_hash="1", since_at=NOW, not_before_at=LATER)
    with store.writing() as tx:
        tx.outbox.set_channel_state(state)
    assert why(store, delivery) == "the destination asked to wait until 2025-12-01T07:00:00Z"
    assert why(store, delivery, LATER) == "is due"
    with store.writing() as tx:
        tx.outbox.set_channel_state(replace(state, breaker=BreakerState.OPEN, probe_at=LATER))
    assert why(store, delivery) == "channel hook fails, it is probed at 2025-12-01T07:00:00Z"
    with store.writing() as tx:
        tx.outbox.park("hook", "HTTP 404 no_service", NOW, NOW + DAY)
    assert why(store, delivery) == "channel hook is parked: HTTP 404 no_service"


def test_a_channel_is_parked_with_its_reason_and_resumed_for_one_try(store: Store):
    with store.writing() as tx:
        parked = tx.outbox.park("hook", "by anna", NOW, NOW + DAY)
        assert tx.outbox.channel_state("hook") == parked
        assert (parked.breaker, parked.parked_reason, parked.probe_at) == (BreakerState.PARKED, "by anna", NOW + DAY)
        half = tx.outbox.resume("hook", LATER)
        assert (half.breaker, half.since_at, half.probe_at) == (BreakerState.HALF, LATER, None)
        assert tx.outbox.channel_states() == [half]


def test_a_channel_that_works_or_never_sent_cannot_be_resumed(store: Store):
    closed = ChannelState(name="hook", since_at=NOW)
    with store.writing() as tx:
        tx.outbox.set_channel_state(closed)
        assert tx.outbox.resume("hook", LATER) == closed
        assert tx.outbox.channel_state("other") is None
        with pytest.raises(DeliveryError, match="channel other has sent nothing yet"):
            tx.outbox.resume("other", NOW)


def test_the_limits_of_a_destination_are_kept_under_its_key(store: Store):
    with store.writing() as tx:
        assert tx.outbox.destination("abc") is None
        tx.outbox.set_destination(Destination(key="abc", tokens=1.0, refilled_at=NOW))
        limited = Destination(key="abc", tokens=0.25, refilled_at=LATER, not_before_at=LATER)
        tx.outbox.set_destination(limited)
        assert tx.outbox.destination("abc") == limited


def test_messages_handed_over_are_those_that_arrived_or_may_have(store: Store):
    outcomes = (DeliveryEvent.OK, DeliveryEvent.IN_DOUBT, DeliveryEvent.TEMPORARY)
    for minute, event in enumerate(outcomes):
        send(store, tell(store, str(event)), event, at=NOW + minute * SECOND)
    send(store, tell(store, "other", channel="slack"))
    with store.reading() as tx:
        assert tx.outbox.told_since("hook", NOW - SECOND) == [NOW, NOW + SECOND]
        assert tx.outbox.told_since("hook", NOW) == [NOW + SECOND]


def follow(store: Store, now: datetime, moved: timedelta = timedelta(0)) -> None:
    with store.writing() as tx:
        tx.outbox.follow_clock("hook", now, moved=moved, longest_wait=HOUR)


def test_no_row_waits_longer_than_the_longest_wait_after_the_clock_was_put_back(store: Store):
    far, near = tell(store, "A", at=NOW + 400 * DAY), tell(store, "B", at=NOW + SECOND)
    elsewhere = tell(store, "C", channel="slack", at=NOW + 400 * DAY)
    follow(store, NOW)
    assert read(store, far.id).next_at == NOW + HOUR
    assert read(store, near.id).next_at == NOW + SECOND
    assert read(store, elsewhere.id).next_at == NOW + 400 * DAY


def test_a_jump_back_that_was_seen_takes_the_waits_along(store: Store):
    delivery = send(store, tell(store, at=NOW), DeliveryEvent.TEMPORARY)
    follow(store, NOW - DAY, moved=-DAY)
    moved = read(store, delivery.id)
    assert (moved.next_at, moved.first_try_at) == (NOW - DAY, NOW - DAY)
    waiting = tell(store, "B", at=NOW + SECOND)
    follow(store, NOW - DAY, moved=-DAY)
    assert read(store, waiting.id).next_at == NOW - DAY + SECOND


def test_a_jump_ahead_leaves_the_time_that_a_delivery_may_be_tried(store: Store):
    delivery = send(store, tell(store), DeliveryEvent.TEMPORARY)
    assert delivery.first_try_at == NOW
    follow(store, NOW + 365 * DAY, moved=365 * DAY - SECOND)
    moved = read(store, delivery.id)
    assert (moved.first_try_at, moved.next_at) == (NOW + 365 * DAY - SECOND, NOW)


def test_bytes_attempts_and_decisions_are_forgotten_by_age(store: Store):
    delivery = send(store, tell(store))
    kept = []
    for days in (29, 31, 89, 91, 364, 366):
        with store.writing() as tx:
            tx.outbox.purge(NOW + days * DAY)
        with store.reading() as tx:
            found = tx.outbox.delivery(delivery.id)
            alerts = tx.outbox.alerts_of(delivery.bundle_id)
        kept.append((bool(found and found.body), len(attempts(store, delivery)), found is not None, len(alerts)))
    assert kept == [
        (True, 1, True, 1),
        (False, 1, True, 1),
        (False, 1, True, 1),
        (False, 0, True, 1),
        (False, 0, True, 1),
        (False, 0, False, 0),
    ]


def test_what_still_waits_is_never_forgotten(store: Store):
    waiting = send(store, tell(store, "A"), DeliveryEvent.TEMPORARY)
    held = send(store, tell(store, "B"), DeliveryEvent.HOLD)
    over = send(store, tell(store, "C"))
    with store.writing() as tx:
        while tx.outbox.purge(NOW + 1000 * DAY):
            pass
        assert tx.outbox.delivery(over.id) is None
        assert len(tx.outbox.alerts_of(waiting.bundle_id)) == 1
    assert (read(store, waiting.id), read(store, held.id)) == (waiting, held)
    assert len(attempts(store, waiting)) == 1


def test_a_purge_takes_no_more_than_its_limit_at_once(store: Store):
    for event in "ABC":
        send(store, tell(store, event))
    with store.writing() as tx:
        assert [tx.outbox.purge(NOW + 31 * DAY, limit=2) for _ in range(3)] == [2, 1, 0]
