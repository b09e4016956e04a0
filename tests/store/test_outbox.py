"""The queue: enqueued once, claimed by the head of each line alone, settled by the try that claimed."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from storage.model import Attempt, DeliveryState
from storage.outbox import DeliveryEvent, Run, queue
from storage.store import Store
from tests.builders_outbox import (
    HOUR,
    NOW,
    SECOND,
    a_settlement,
    an_outbox,
    attempts,
    claim,
    due,
    plan_of,
    read,
    send,
    settle,
    states,
    tell,
    tell_in,
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def test_telling_the_same_twice_keeps_one_alert_and_one_delivery_an_address(store: Store):
    first = tell(store, addresses=("desk", "boss"))
    send(store, first)
    again = tell(store, addresses=("desk", "boss"))
    assert again.id == first.id
    assert sorted(states(store).values()) == [DeliveryState.DELIVERED, DeliveryState.QUEUED]
    with store.reading() as tx:
        assert len(tx.outbox.alerts_of(first.bundle_id)) == 1


def test_a_delivery_comes_back_from_the_database_as_it_was_enqueued(store: Store):
    delivery = tell(store)
    assert read(store, delivery.id) == delivery


def test_nothing_is_due_before_its_time_and_the_next_time_is_known(store: Store):
    delivery = tell(store, at=NOW + HOUR)
    assert due(store, at=NOW) is None
    assert due(store, at=NOW + HOUR) == delivery.id
    with store.reading() as tx:
        assert [head.next_at for head in tx.outbox.heads("hook")] == [NOW + HOUR]
        assert tx.outbox.heads("other") == []


def test_what_waits_longest_goes_first_then_the_lower_revision(store: Store):
    late = tell(store, "A", 1, at=NOW)
    third = tell(store, "B", 3, at=NOW - HOUR)
    second = tell(store, "C", 2, at=NOW - HOUR)
    order = []
    for _ in range(3):
        order.append(due(store) or "")
        send(store, read(store, order[-1]))
    assert order == [second.id, third.id, late.id]


def test_a_later_revision_waits_for_an_earlier_one_that_is_not_due_yet(store: Store):
    first, second = tell(store, "A", 1), tell(store, "A", 2)
    other = tell(store, "B", 9)
    attempt = claim(store, first)
    assert due(store) == other.id  # while the first one is being sent, other stories overtake
    settle(store, attempt, a_settlement(DeliveryEvent.TEMPORARY, next_at=NOW + HOUR))
    send(store, other)
    assert due(store) is None
    assert due(store, at=NOW + HOUR) == first.id
    send(store, first, at=NOW + HOUR)
    assert due(store, at=NOW + HOUR) == second.id


@pytest.mark.parametrize(
    ("ended", "unblocks"),
    [
        (DeliveryEvent.OK, True),
        (DeliveryEvent.RECIPIENT_PERMANENT, True),
        (DeliveryEvent.UNSENDABLE, True),
        (DeliveryEvent.HOLD, False),
    ],
)
def test_the_line_moves_on_when_its_head_is_over_and_not_while_it_is_in_doubt(
    store: Store, ended: DeliveryEvent, unblocks: bool
):
    first, second = tell(store, "A", 1), tell(store, "A", 2)
    send(store, first, ended)
    assert (due(store) == second.id) is unblocks


def test_lines_are_kept_for_each_address_and_each_channel_alone(store: Store):
    desk = tell(store, "A", 1, addresses=("desk",))
    claim(store, desk)
    boss = tell(store, "A", 2, addresses=("boss",))
    slack = tell(store, "A", 3, channel="slack")
    assert due(store) == boss.id
    assert due(store, channel="slack") == slack.id


def test_a_claim_marks_the_delivery_and_opens_an_attempt(store: Store):
    delivery = tell(store)
    assert claim(store, delivery, body=b"first") == Attempt(
        delivery_id=delivery.id, n=1, run_id="this-run", started_at=NOW
    )
    taken = read(store, delivery.id)
    assert taken == replace(
        delivery,
        state=DeliveryState.SENDING,
        owner="this-run",
        attempt_count=1,
        body=b"first",
        content_type="application/json",
        first_try_at=NOW,
    )
    assert [attempt.outcome for attempt in attempts(store, delivery)] == [""]


def test_of_many_threads_that_claim_one_delivery_a_single_one_gets_it(store: Store):
    delivery = tell(store)
    taken: list[Attempt] = []

    def take(number: int) -> None:
        if attempt := claim(store, delivery, run=f"run-{number}"):
            taken.append(attempt)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1
    assert [attempt.run_id for attempt in attempts(store, delivery)] == [taken[0].run_id]


def test_a_claim_of_what_is_no_longer_the_head_of_its_line_is_refused(store: Store):
    second = tell(store, "A", 2)
    assert due(store) == second.id
    first = tell(store, "A", 1)  # queued again by hand, after the other was read
    assert claim(store, second) is None
    assert attempts(store, second) == []
    assert claim(store, first) is not None


def test_a_claim_of_what_was_tried_or_changed_form_since_it_was_read_is_refused(store: Store):
    stale = tell(store)
    send(store, stale, DeliveryEvent.TEMPORARY)
    assert claim(store, stale) is None
    current = read(store, stale.id)
    assert claim(store, replace(current, form="plain")) is None
    assert claim(store, current) is not None


def test_the_bytes_of_the_first_claim_stay_whatever_later_ones_bring(store: Store):
    delivery = tell(store)
    first = claim(store, delivery, body=b"first")
    settle(store, first, a_settlement(DeliveryEvent.TEMPORARY))
    assert claim(store, read(store, delivery.id), body=b"second") is not None
    assert read(store, delivery.id).body == b"first"


def test_a_refused_message_loses_its_bytes_and_gets_the_plain_form(store: Store):
    delivery = send(store, tell(store), DeliveryEvent.MESSAGE_PERMANENT)
    assert (delivery.form, delivery.body, delivery.content_type) == ("plain", None, None)
    assert delivery.state is DeliveryState.QUEUED
    claim(store, delivery, body=b"ids alone")
    assert read(store, delivery.id).body == b"ids alone"


def test_a_settlement_writes_the_delivery_and_its_attempt(store: Store):
    delivery = tell(store)
    attempt = claim(store, delivery)
    later = NOW + SECOND
    assert settle(store, attempt, a_settlement(detail="HTTP 200"), at=later)
    settled = read(store, delivery.id)
    assert (settled.state, settled.owner, settled.done_at) == (DeliveryState.DELIVERED, None, later)
    assert attempts(store, delivery) == [
        Attempt(
            delivery_id=delivery.id,
            n=1,
            run_id="this-run",
            started_at=NOW,
            finished_at=later,
            phase="reply",
            outcome="ok",
            code=200,
            detail="HTTP 200",
            reply="ok",
            remote_id="queue-1",
        )
    ]


def test_a_try_that_failed_waits_with_its_counts_and_its_reason(store: Store):
    delivery = tell(store)
    outcome = a_settlement(
        DeliveryEvent.IN_DOUBT, next_at=NOW + HOUR, counted_count=3, doubt_count=2, reason="no answer"
    )
    assert settle(store, claim(store, delivery), outcome)
    waiting = read(store, delivery.id)
    assert (waiting.state, waiting.next_at, waiting.done_at) == (DeliveryState.QUEUED, NOW + HOUR, None)
    assert (waiting.counted_count, waiting.doubt_count, waiting.reason) == (3, 2, "no answer")


def test_a_delivery_that_was_tried_for_long_enough_is_dead_with_its_reason(store: Store):
    delivery = tell(store)
    outcome = a_settlement(DeliveryEvent.TEMPORARY, DeliveryEvent.HORIZON, reason="given up: HTTP 503")
    assert settle(store, claim(store, delivery), outcome)
    dead = read(store, delivery.id)
    assert (dead.state, dead.reason, dead.done_at) == (DeliveryState.DEAD, "given up: HTTP 503", NOW)


def test_what_another_run_left_in_the_air_is_in_doubt_at_once_and_goes_again(store: Store):
    delivery, waiting = tell(store, "A"), tell(store, "B")
    claim(store, delivery, run="lost-run", body=b"first")
    with store.writing() as tx:
        doubtful = tx.outbox.recover("this-run", NOW + SECOND, "resend")
    assert [found.id for found in doubtful] == [delivery.id]
    again = read(store, delivery.id)
    assert doubtful == [again]
    assert (again.state, again.doubt_count, again.owner) == (DeliveryState.QUEUED, 1, None)
    assert (again.body, again.next_at) == (b"first", NOW + SECOND)
    assert read(store, waiting.id).doubt_count == 0
    [attempt] = attempts(store, delivery)
    assert (attempt.outcome, attempt.finished_at) == ("in_doubt", None)


def test_what_another_run_left_in_the_air_can_be_held_for_a_person(store: Store):
    delivery = tell(store)
    claim(store, delivery, run="lost-run")
    with store.writing() as tx:
        tx.outbox.recover("this-run", NOW, "hold")
    assert read(store, delivery.id).state is DeliveryState.IN_DOUBT
    assert due(store) is None


def test_a_run_does_not_doubt_its_own_sends(store: Store):
    mine, other = tell(store, "A"), tell(store, "B")
    claim(store, mine, run="this-run")
    claim(store, other, run="lost-run")
    with store.writing() as tx:
        doubtful = tx.outbox.recover("this-run", NOW, "resend")
    assert [delivery.id for delivery in doubtful] == [other.id]
    assert read(store, mine.id).state is DeliveryState.SENDING


def test_an_answer_that_comes_after_the_doubt_is_told_by_the_attempt_alone(store: Store):
    delivery = tell(store)
    attempt = claim(store, delivery, run="frozen-run")
    with store.writing() as tx:
        tx.outbox.recover("this-run", NOW, "resend")
    second = claim(store, read(store, delivery.id), run="this-run")
    assert not settle(store, attempt, a_settlement(detail="HTTP 200"), run="frozen-run")
    now = read(store, delivery.id)
    assert (now.state, now.owner, now.attempt_count) == (DeliveryState.SENDING, "this-run", 2)
    late, running = attempts(store, delivery)
    assert (late.outcome, late.detail, late.finished_at) == ("in_doubt", "too late: ok HTTP 200", NOW)
    assert running.outcome == ""
    assert settle(store, second, a_settlement())


def test_a_run_is_over_when_it_ends_or_when_the_next_one_begins(store: Store):
    runs = [Run(id=name, host="host", pid=number, started_at=NOW) for number, name in enumerate(("a", "b", "c"))]
    with store.writing() as tx:
        tx.outbox.start_run(runs[0])
        tx.outbox.end_run("a", NOW + SECOND)
        tx.outbox.start_run(runs[1])
    with store.writing() as tx:
        tx.outbox.start_run(runs[2])
        tx.outbox.recover("c", NOW + HOUR, "resend")
        rows = tx._connection.exec_driver_sql("SELECT id, ended_at IS NULL FROM run ORDER BY id").all()
    assert [tuple(row) for row in rows] == [("a", 0), ("b", 0), ("c", 1)]


def test_the_queries_of_the_queue_use_its_partial_indexes(store: Store):
    head, heads = (
        plan_of(store, statement.params(of_channel="hook", at_most=8)) for statement in (queue._HEAD, queue._HEADS)
    )
    assert "USING INDEX ix_delivery_due (channel=?)" in head
    assert "ix_delivery_due (channel=?)" in heads
    for plan in (head, heads):
        assert "USING INDEX ix_delivery_open (channel=? AND address=? AND order_key=? AND seq<?)" in plan


def test_a_long_line_is_not_read_to_its_end_for_a_second_head(store: Store):
    first = tell(store, "A", 1, at=NOW - HOUR)
    with store.writing() as tx:
        for revision in range(2, 100):
            tell_in(tx, "A", revision, at=NOW - HOUR)
    other = tell(store, "B", at=NOW)
    with store.reading() as tx:
        assert [head.id for head in tx.outbox.heads("hook", 8)] == [first.id]
    claim(store, first)
    with store.reading() as tx:
        assert [head.id for head in tx.outbox.heads("hook", 8)] == [other.id]
