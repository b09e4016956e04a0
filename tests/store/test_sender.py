"""A channel's sender against a real database: what it claims, what it sends, what it makes of an answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from alerts.channels import Body, Form
from alerts.deliver import Trouble
from alerts.message import Notification
from alerts.retry import Outcome, OutcomeKind
from storage.model import DeliveryState
from storage.outbox import BreakerState, ChannelState, DeliveryEvent, Destination
from storage.store import Store
from tests.builders_outbox import DAY, HOUR, NOW, SECOND, an_outbox, attempts, claim, read, send, states, tell
from tests.builders_sender import Desk, Scripted

MINUTE = timedelta(minutes=1)
TEMPORARY, IN_DOUBT, OK = OutcomeKind.TEMPORARY, OutcomeKind.IN_DOUBT, OutcomeKind.OK


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def channel_state(store: Store) -> ChannelState:
    with store.reading() as tx:
        state = tx.outbox.channel_state("hook")
    assert state is not None
    return state


def test_what_is_due_is_sent_once_with_its_id_address_and_number(store: Store):
    delivery = tell(store, "0ITU", 12)
    desk = Desk(store).starts()
    assert desk.drains() == {"delivered": 1}
    assert desk.drains() == {}
    [(body, ctx)] = desk.channel.sent
    assert body.content == b"rich: Story 0ITU at 06:00:00"
    assert (ctx.id, ctx.address, ctx.attempt, ctx.possible_repeat) == (delivery.id, "desk", 1, False)
    assert read(store, delivery.id).state is DeliveryState.DELIVERED
    assert desk.troubles == []


def test_every_address_of_a_bundle_gets_its_own_delivery(store: Store):
    tell(store, addresses=("desk", "boss", "archive"))
    desk = Desk(store).starts()
    assert desk.drains() == {"delivered": 3}
    assert sorted(ctx.address for _, ctx in desk.channel.sent) == ["archive", "boss", "desk"]


def test_a_failed_try_is_repeated_later_with_the_same_bytes_and_the_next_number(store: Store):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY])).starts()
    assert desk.drains() == {"queued": 1}
    assert desk.drains(after_s=2.4) == {}  # the first wait is 2.5 to 5 s
    assert desk.drains(after_s=2.6) == {"delivered": 1}
    (first, one), (second, two) = desk.channel.sent
    assert first == second
    assert (one.id, one.attempt, two.id, two.attempt) == (delivery.id, 1, delivery.id, 2)
    assert not two.possible_repeat
    assert [attempt.outcome for attempt in attempts(store, delivery)] == ["temporary", "ok"]


def test_a_try_without_an_answer_is_repeated_and_marked_from_then_on(store: Store):
    tell(store)
    desk = Desk(store, Scripted([IN_DOUBT, TEMPORARY])).starts()
    desk.drains()
    desk.drains(after_s=5)
    desk.drains(after_s=15)
    assert [(ctx.attempt, ctx.possible_repeat) for _, ctx in desk.channel.sent] == [(1, False), (2, True), (3, True)]
    assert len({body for body, _ in desk.channel.sent}) == 1


def test_with_hold_a_try_without_an_answer_waits_for_a_person_and_holds_its_line(store: Store):
    first, second = tell(store, "A", 1), tell(store, "A", 2)
    other = tell(store, "B")
    desk = Desk(store, Scripted([IN_DOUBT]), on_doubt="hold").starts()
    assert desk.drains() == {"in_doubt": 1, "delivered": 1}
    assert desk.channel.ids == [first.id, other.id]
    [(trouble, channel, text)] = desk.troubles
    assert (trouble, channel) == (Trouble.IN_DOUBT, "hook")
    assert f"salname alerts retry {first.id}" in text
    with store.writing() as tx:
        tx.outbox.retry(first.id, desk.clock.now)
    assert desk.drains() == {"delivered": 2}
    assert desk.channel.ids[2:] == [first.id, second.id]
    assert [ctx.possible_repeat for _, ctx in desk.channel.sent] == [False, False, True, False]


def test_after_a_crash_the_next_run_sends_what_was_in_the_air_again_marked(store: Store):
    delivery = tell(store)
    claim(store, delivery, run="lost", body=b"as it was")
    desk = Desk(store).starts()
    assert desk.drains() == {"delivered": 1}
    [(body, ctx)] = desk.channel.sent
    assert (body.content, ctx.attempt, ctx.possible_repeat) == (b"as it was", 2, True)


def test_after_a_crash_with_hold_nothing_is_repeated_and_a_person_is_told(store: Store):
    lost, fine = tell(store, "A"), tell(store, "B")
    claim(store, lost, run="lost")
    desk = Desk(store, on_doubt="hold").starts()
    assert desk.drains() == {"delivered": 1}
    assert desk.channel.ids == [fine.id]
    assert [(trouble, channel) for trouble, channel, _ in desk.troubles] == [(Trouble.IN_DOUBT, "hook")]


def test_a_refused_message_goes_once_more_in_plain_form_and_is_then_given_up(store: Store):
    refused, fine = tell(store, "A", 1), tell(store, "A", 2)
    desk = Desk(store, Scripted([OutcomeKind.MESSAGE_PERMANENT] * 2)).starts()
    assert desk.drains() == {"queued": 1, "dead": 1, "delivered": 1}
    assert [body.content[:5] for body, _ in desk.channel.sent] == [b"rich:", b"plain", b"rich:"]
    assert desk.channel.ids == [refused.id, refused.id, fine.id]
    [(trouble, _, text)] = desk.troubles
    assert trouble is Trouble.DEAD
    assert f"{refused.id} to desk was given up: scripted message_permanent" in text


def test_a_message_that_cannot_be_rendered_takes_the_same_way_and_never_stops_the_line(store: Store):
    hopeless, fine = tell(store, "A", 1), tell(store, "B", 2)
    desk = Desk(store, Scripted(unrenderable=["rich"])).starts()
    assert desk.drains() == {"queued": 2, "delivered": 2}
    assert [body.content[:5] for body, _ in desk.channel.sent] == [b"plain", b"plain"]
    assert [(a.phase, a.outcome) for a in attempts(store, hopeless)] == [("render", "message_permanent"), ("", "ok")]
    desk.channel.unrenderable = ["rich", "plain"]
    third = tell(store, "C", at=desk.clock.now)
    assert desk.drains() == {"queued": 1, "dead": 1}
    assert read(store, third.id).reason == f"no plain form of {third.id}"
    assert read(store, fine.id).state is DeliveryState.DELIVERED


def test_a_message_that_cannot_be_rendered_says_nothing_about_the_health_of_its_channel(store: Store):
    tell(store, "A")
    desk = Desk(store, Scripted([TEMPORARY] * 3)).starts()
    desk.drains()
    desk.channel.unrenderable = ["rich", "plain"]
    tell(store, "B", at=desk.clock.now)
    desk.drains()
    assert channel_state(store).failure_count == 1


def test_a_refused_recipient_is_given_up_and_the_others_are_not(store: Store):
    tell(store, addresses=("gone", "here"))
    desk = Desk(store, Scripted([OutcomeKind.RECIPIENT_PERMANENT])).starts()
    assert desk.drains() == {"dead": 1, "delivered": 1}
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.DEAD]


def test_a_delivery_dies_at_its_horizon_by_a_failed_try_alone(store: Store):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY] * 50), horizon=HOUR).starts()
    assert desk.drains() == {"queued": 1}
    assert desk.drains(after_s=1800) == {"queued": 1}
    assert read(store, delivery.id).expires_at == NOW + HOUR
    assert desk.drains(after_s=1800) == {"dead": 1}
    assert read(store, delivery.id).reason == "given up: scripted temporary"
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.DEAD]


def test_five_failures_in_a_row_stop_a_channel_which_then_tries_its_oldest_now_and_then(store: Store):
    deliveries = [tell(store, f"E{n}", n, at=NOW - MINUTE + n * SECOND) for n in range(1, 9)]
    desk = Desk(store, Scripted([TEMPORARY] * 8)).starts()
    assert desk.drains() == {"queued": 5}
    assert channel_state(store).breaker is BreakerState.OPEN
    assert desk.drains(after_s=29) == {}
    assert desk.drains(after_s=1) == {"queued": 1}  # after 30 s
    assert desk.drains(after_s=59) == {}
    assert desk.drains(after_s=1) == {"queued": 1}  # then after a minute
    assert desk.drains(after_s=120) == {"queued": 1}  # then after two
    assert [(trouble, channel) for trouble, channel, _ in desk.troubles] == [(Trouble.FAILING, "hook")]
    assert "failed 5 times in a row: scripted temporary" in desk.troubles[0][2]
    assert desk.drains(after_s=240)["delivered"] > 0
    assert channel_state(store).breaker is BreakerState.CLOSED
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.FAILING, Trouble.RECOVERED]
    desk.drains(after_s=3600)
    assert set(states(store).values()) == {DeliveryState.DELIVERED}
    assert set(desk.channel.ids) == {delivery.id for delivery in deliveries}


def test_a_probe_does_not_wait_for_its_deliverys_own_turn(store: Store):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY] * 5)).starts()
    for wait_s in (0, 5, 15, 45, 135):
        assert desk.drains(after_s=wait_s) == {"queued": 1}
    assert read(store, delivery.id).next_at > desk.clock.now + timedelta(seconds=60)
    assert desk.drains(after_s=30) == {"delivered": 1}


def test_a_channel_that_refuses_everything_is_parked_with_its_queue(store: Store):
    first, second = tell(store, "A"), tell(store, "B", at=NOW + SECOND)
    gone = Outcome(kind=OutcomeKind.CHANNEL_PERMANENT, code=404, detail="HTTP 404 no_service")
    desk = Desk(store, Scripted([gone])).starts()
    assert desk.drains(after_s=1) == {"queued": 1}
    assert desk.drains(after_s=23 * 3600) == {}
    assert set(states(store).values()) == {DeliveryState.QUEUED}
    state = channel_state(store)
    assert (state.breaker, state.parked_reason) == (BreakerState.PARKED, "HTTP 404 no_service")
    [(trouble, channel, text)] = desk.troubles
    assert (trouble, channel) == (Trouble.PARKED, "hook")
    waiting = "2 messages wait, the oldest since 2025-12-01 06:00 UTC."
    assert text.startswith(f"channel hook is parked: HTTP 404 no_service. {waiting} Mend it, then: ")
    assert text.endswith("salname channels resume hook")
    with store.writing() as tx:
        tx.outbox.resume("hook", desk.clock.now)
    assert desk.drains() == {"delivered": 2}
    assert desk.channel.ids == [first.id, first.id, second.id]
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.PARKED, Trouble.RECOVERED]


def test_a_parked_channel_tries_one_delivery_a_day_and_tells_of_its_parking_once(store: Store):
    tell(store, "A"), tell(store, "B")
    desk = Desk(store, Scripted([OutcomeKind.CHANNEL_PERMANENT] * 2)).starts()
    assert desk.drains() == {"queued": 1}
    assert desk.drains(after_s=24 * 3600) == {"queued": 1}
    assert desk.drains() == {}
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.PARKED]
    assert desk.drains(after_s=24 * 3600) == {"delivered": 2}


def test_a_parked_channel_tries_again_when_the_daemon_starts(store: Store):
    tell(store)
    desk = Desk(store, Scripted([OutcomeKind.CHANNEL_PERMANENT])).starts()
    desk.drains()
    assert desk.drains(after_s=60) == {}
    desk.channel.answers = [OutcomeKind.CHANNEL_PERMANENT]
    assert desk.starts().drains() == {"queued": 1}
    assert desk.starts().drains() == {"delivered": 1}
    assert channel_state(store).breaker is BreakerState.CLOSED
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.PARKED, Trouble.RECOVERED]  # each of them once


def test_a_failing_channel_waits_on_after_a_restart_unless_its_settings_changed(store: Store):
    tell(store)
    desk = Desk(store, Scripted([TEMPORARY] * 5)).starts()
    for wait_s in (0, 5, 15, 45, 135):
        desk.drains(after_s=wait_s)
    assert channel_state(store).breaker is BreakerState.OPEN
    assert desk.starts().drains(after_s=10) == {}
    desk.settings_hash = "2"
    assert desk.starts().drains() == {"delivered": 1}
    assert channel_state(store).settings_hash == "2"
    assert [trouble for trouble, _, _ in desk.troubles] == [Trouble.FAILING, Trouble.RECOVERED]


def test_a_channel_that_a_person_parks_while_it_sends_stays_parked(store: Store):
    tell(store, "A"), tell(store, "B")
    desk = Desk(store).starts()

    class Parking(Scripted):
        def send(self, body, ctx):
            with store.writing() as tx:
                tx.outbox.park("hook", "by anna", desk.clock.now, desk.clock.now + DAY)
            return super().send(body, ctx)

    desk.channel = Parking()
    desk.starts()
    assert desk.drains() == {"delivered": 1}
    assert channel_state(store).parked_reason == "by anna"
    assert desk.drains(after_s=3600) == {}


@dataclass
class Interrupted(Scripted):
    """While its first message is put into words, something else happens in the database."""

    happens: list[Callable[[], object]] = field(default_factory=list)

    def render(self, note: Notification, form: Form) -> Body:
        if self.happens:
            self.happens.pop()()
        return super().render(note, form)


def test_what_is_cancelled_while_it_is_rendered_is_not_sent(store: Store):
    cancelled, other = tell(store, "A", at=NOW - SECOND), tell(store, "B")

    def cancel() -> None:
        with store.writing() as tx:
            tx.outbox.cancel(cancelled.id, "anna", NOW)

    broken_forms: list[list[Form]] = [[], ["rich"]]
    for unrenderable in broken_forms:
        desk = Desk(store, Interrupted(happens=[cancel], unrenderable=unrenderable)).starts()
        assert desk.drains()["delivered"] == 1
        assert desk.channel.ids == [other.id]
        assert attempts(store, cancelled) == []
        cancelled, other = tell(store, "C", at=NOW - SECOND), tell(store, "D")


def test_what_is_cancelled_while_the_one_before_it_is_sent_is_not_sent(store: Store):
    first, cancelled, last = (tell(store, name, at=NOW - (3 - n) * SECOND) for n, name in enumerate("ABC"))

    class Cancelling(Scripted):
        def send(self, body, ctx):
            if ctx.id == first.id:
                with store.writing() as tx:
                    tx.outbox.cancel(cancelled.id, "anna", NOW)
            return super().send(body, ctx)

    desk = Desk(store, Cancelling()).starts()
    assert desk.drains() == {"delivered": 2}
    assert desk.channel.ids == [first.id, last.id]
    assert attempts(store, cancelled) == []


def test_the_next_of_a_line_is_put_into_words_only_when_the_one_before_it_has_arrived(store: Store):
    tell(store, "A", 1), tell(store, "A", 2), tell(store, "B", 1)
    order: list[str] = []

    class Telling(Scripted):
        def render(self, note, form):
            order.append(f"words for {note.event.id} {note.event.previous_notified_revision}")
            return super().render(note, form)

        def send(self, body, ctx):
            order.append("sent")
            return super().send(body, ctx)

    assert Desk(store, Telling()).starts().drains() == {"delivered": 3}
    assert order == ["words for A None", "words for B None", "sent", "sent", "words for A 1", "sent"]


def test_a_channel_is_told_whether_another_message_follows(store: Store):
    for number in range(3):
        tell(store, f"E{number}")
    desk = Desk(store).starts()
    assert desk.drains() == {"delivered": 3}
    assert [ctx.is_followed for _, ctx in desk.channel.sent] == [True, True, False]


def test_words_that_had_to_wait_for_long_are_found_anew(store: Store):
    tell(store, "A"), tell(store, "B")
    desk = Desk(store).starts()

    class Slow(Scripted):
        def send(self, body, ctx):
            desk.clock.advance(15)
            return super().send(body, ctx)

    desk.channel = Slow()
    desk.starts()
    assert desk.drains() == {"delivered": 2}
    assert [body.content[-8:] for body, _ in desk.channel.sent] == [b"06:00:00", b"06:00:15"]


def test_what_is_rendered_while_its_channel_is_parked_is_not_sent(store: Store):
    tell(store)

    def park() -> None:
        with store.writing() as tx:
            tx.outbox.park("hook", "by anna", NOW, NOW + DAY)

    desk = Desk(store, Interrupted(happens=[park])).starts()
    assert desk.drains() == {}
    assert desk.channel.sent == []
    assert desk.starts().drains() == {"delivered": 1}


def test_what_is_rendered_while_its_destination_asks_another_channel_to_wait_is_not_sent(store: Store):
    tell(store)

    def limit() -> None:
        with store.writing() as tx:
            until = NOW + 100 * SECOND
            tx.outbox.set_destination(Destination(key="there", tokens=1.0, refilled_at=NOW, not_before_at=until))

    desk = Desk(store, Interrupted(happens=[limit])).starts()
    assert desk.drains() == {}
    assert desk.drains(after_s=99) == {}
    assert desk.drains(after_s=1) == {"delivered": 1}


def test_retry_after_holds_the_whole_destination_back_and_counts_no_failure(store: Store):
    first, second = tell(store, "A", at=NOW - SECOND), tell(store, "B")
    limited = Outcome(kind=OutcomeKind.RATE_LIMITED, code=429, retry_after_s=100.0)
    desk = Desk(store, Scripted([limited])).starts()
    assert desk.drains() == {"queued": 1}
    assert desk.drains(after_s=99) == {}
    assert desk.pause_s() > 0
    assert desk.drains(after_s=21) == {"delivered": 2}  # 100 s and at most 10 % more
    assert desk.channel.ids == [first.id, second.id, first.id]
    assert read(store, first.id).counted_count == 0
    assert channel_state(store).failure_count == 0


def test_a_destination_that_asked_to_wait_is_left_alone_by_a_second_channel_and_run(store: Store):
    tell(store, "A"), tell(store, "B")
    limited = Outcome(kind=OutcomeKind.RATE_LIMITED, code=429, retry_after_s=100.0)
    desk = Desk(store, Scripted([limited])).starts()
    desk.drains()
    assert desk.starts().drains(after_s=50) == {}
    elsewhere = Desk(store, Scripted(destination="elsewhere"), clock=desk.clock).starts()
    assert elsewhere.drains() == {"delivered": 1}


def test_messages_keep_the_pace_of_their_destination(store: Store):
    for number in range(4):
        tell(store, f"E{number}")
    desk = Desk(store, rate_per_s=0.5).starts()
    assert desk.drains() == {"delivered": 4}
    gaps = [
        (after - before).total_seconds() for before, after in zip(desk.channel.at, desk.channel.at[1:], strict=False)
    ]
    assert gaps == pytest.approx([2.0, 2.0, 2.0])


def test_a_quick_pace_is_kept_by_messages_that_are_ready(store: Store):
    for number in range(6):
        tell(store, f"E{number}")
    desk = Desk(store, rate_per_s=4.0).starts()
    assert desk.drains() == {"delivered": 6}
    gaps = [later - earlier for earlier, later in pairwise(desk.channel.at)]
    assert [gap.total_seconds() for gap in gaps] == pytest.approx([0.25] * 5)


@pytest.mark.parametrize("kind", [TEMPORARY, IN_DOUBT, OutcomeKind.RATE_LIMITED, OutcomeKind.CHANNEL_PERMANENT])
def test_what_is_ready_is_looked_at_again_after_any_answer_but_ok(store: Store, kind: OutcomeKind):
    first, second, third = (tell(store, name, at=NOW - (3 - n) * SECOND) for n, name in enumerate("ABC"))
    answer = Outcome(kind=kind, code=429, retry_after_s=60.0)
    desk = Desk(store, Scripted([OK, answer])).starts()
    desk.drains()
    waits = kind in {OutcomeKind.RATE_LIMITED, OutcomeKind.CHANNEL_PERMANENT}
    assert desk.channel.ids == [first.id, second.id, *([] if waits else [third.id])]
    assert read(store, third.id).attempt_count == (0 if waits else 1)
    assert read(store, second.id).state is DeliveryState.QUEUED


def test_a_restart_does_not_forget_the_pace(store: Store):
    tell(store, "A"), tell(store, "B")
    desk = Desk(store, rate_per_s=1.0).starts()
    desk.channel.answers = [TEMPORARY]
    desk.deliverer.drain_once()
    sent = desk.channel.at[-1]
    tell(store, "C", at=desk.clock.now)
    desk.starts().drains()
    assert (desk.channel.at[2] - sent).total_seconds() >= 1.0


def test_no_more_messages_than_the_ceiling_are_handed_over_within_an_hour(store: Store):
    for number in range(5):
        tell(store, f"E{number}")
    desk = Desk(store, max_per_hour=2).starts()
    assert desk.drains() == {"delivered": 2}
    assert desk.drains(after_s=1800) == {}
    assert desk.starts().drains(after_s=1799) == {}  # a restart forgets nothing
    assert desk.drains(after_s=2) == {"delivered": 2}
    assert desk.drains(after_s=3601) == {"delivered": 1}


def test_a_failed_try_takes_no_place_under_the_ceiling(store: Store):
    tell(store, "A")
    desk = Desk(store, Scripted([TEMPORARY, TEMPORARY]), max_per_hour=1).starts()
    assert desk.drains() == {"queued": 1}
    assert desk.drains(after_s=5) == {"queued": 1}
    assert desk.drains(after_s=15) == {"delivered": 1}


def test_the_fifth_refusal_in_a_row_is_told_to_the_channel_as_such(store: Store):
    for number in range(3):
        tell(store, f"E{number}")
    refused = Outcome(kind=TEMPORARY, code=403)
    desk = Desk(store, Scripted([refused, refused, OK, refused])).starts()
    desk.drains()
    desk.drains(after_s=60)
    desk.drains(after_s=60)
    assert [ctx.refusal_count for _, ctx in desk.channel.sent] == [0, 1, 2, 0, 1, 0]


def test_a_clock_put_back_strands_nothing(store: Store):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY])).starts()
    desk.drains()
    desk.clock.set_by(-365 * DAY)
    assert desk.drains(after_s=5) == {"delivered": 1}
    assert read(store, delivery.id).state is DeliveryState.DELIVERED


def test_a_clock_put_back_while_nobody_looked_costs_an_hour_at_most(store: Store):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY])).starts()
    desk.drains()
    desk.clock.set_by(-365 * DAY)
    assert desk.starts().drains() == {}
    assert read(store, delivery.id).next_at == desk.clock.now + HOUR
    assert desk.drains(after_s=3600) == {"delivered": 1}


@pytest.mark.parametrize("jump", [HOUR, 8 * HOUR, 365 * DAY])  # by hand, by a sleep of the machine, by a mistake
def test_a_clock_put_forward_kills_no_delivery(store: Store, jump: timedelta):
    delivery = tell(store)
    desk = Desk(store, Scripted([TEMPORARY] * 3), horizon=timedelta(minutes=10)).starts()
    assert desk.drains() == {"queued": 1}
    desk.clock.set_by(jump)
    assert desk.drains(after_s=5) == {"queued": 1}
    assert read(store, delivery.id).state is DeliveryState.QUEUED
    assert desk.drains(after_s=15) == {"queued": 1}
    assert desk.drains(after_s=45) == {"delivered": 1}


def test_a_clock_put_forward_gains_one_message_at_most(store: Store):
    for number in range(4):
        tell(store, f"E{number}")
    desk = Desk(store, rate_per_s=1.0, max_per_hour=2).starts()
    assert desk.drains() == {"delivered": 2}
    desk.clock.set_by(DAY)
    assert desk.drains() == {"delivered": 2}
    gaps = [
        (after - before).total_seconds() for before, after in zip(desk.channel.at, desk.channel.at[1:], strict=False)
    ]
    assert gaps[2] == pytest.approx(1.0)


def test_a_wait_of_the_destination_from_a_clock_of_next_year_is_not_believed(store: Store):
    tell(store, "A")
    limited = Outcome(kind=OutcomeKind.RATE_LIMITED, code=429, retry_after_s=100.0)
    desk = Desk(store, Scripted([limited]))
    desk.clock.set_by(365 * DAY)
    desk.starts().drains()
    desk.clock.set_by(-365 * DAY)
    assert desk.drains(after_s=120) == {"delivered": 1}


def test_the_pause_is_the_time_until_something_may_be_due(store: Store):
    desk = Desk(store).starts()
    assert desk.pause_s() == 30.0
    tell(store, at=NOW + 12 * SECOND)
    assert desk.pause_s() == 12.0
    assert desk.drains(after_s=12) == {"delivered": 1}


def test_nothing_is_claimed_once_the_sender_is_told_to_stop(store: Store):
    delivery = tell(store)
    desk = Desk(store).starts()
    desk.stop.set()
    assert desk.drains() == {}
    assert read(store, delivery.id).attempt_count == 0
    assert desk.starts().drains() == {"delivered": 1}


def test_a_retried_dead_delivery_is_sent_with_the_number_of_its_next_try(store: Store):
    delivery = send(store, tell(store), DeliveryEvent.TEMPORARY, DeliveryEvent.HORIZON)
    desk = Desk(store).starts()
    assert desk.drains() == {}
    with store.writing() as tx:
        tx.outbox.retry(delivery.id, desk.clock.now)
    assert desk.drains() == {"delivered": 1}
    assert desk.channel.sent[0][1].attempt == 2


def test_the_end_of_a_run_closes_its_channels_and_its_row(store: Store):
    desk = Desk(store).starts()
    desk.deliverer.end()
    assert desk.channel.closed
    with store.reading() as tx:
        [row] = tx._connection.exec_driver_sql("SELECT ended_at FROM run").all()
    assert row.ended_at is not None
