"""What becomes of messages that their channel cannot deliver: folded after an outage, or told by another channel."""

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.deliver import Trouble
from alerts.retry import Outcome, OutcomeKind
from storage.model import DeliveryState
from storage.outbox import ChannelState, DeliveryEvent
from storage.store import Store
from tests.builders_outbox import HOUR, NOW, SECOND, an_outbox, claim, read, send, states, tell
from tests.builders_sender import Desk, Scripted

TEMPORARY, IN_DOUBT, OK = OutcomeKind.TEMPORARY, OutcomeKind.IN_DOUBT, OutcomeKind.OK
DEAD = OutcomeKind.RECIPIENT_PERMANENT
QUEUED, DELIVERED, FOLDED = DeliveryState.QUEUED, DeliveryState.DELIVERED, DeliveryState.FOLDED


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def changes_told(store: Store, delivery_id: str) -> list[int]:
    """The revisions that a delivery's message tells."""
    with store.reading() as tx:
        return sorted(change.revision for change in tx.outbox.source(read(store, delivery_id)).changes)


def held(store: Store) -> list[tuple[str, str, str]]:
    """(channel, reason, route) of what is held."""
    with store.reading() as tx:
        return [(one.alert.channel, one.alert.reason, one.alert.route) for one in tx.outbox.all_waiting("held")]


def test_after_an_outage_the_last_message_of_an_event_tells_what_waited_before_it(store: Store):
    first, *_, last = [tell(store, "A", revision) for revision in range(1, 5)]
    other = tell(store, "B")
    desk = Desk(store, Scripted([TEMPORARY] * 5)).starts()
    for _ in range(5):
        desk.drains(after_s=3600)
    desk.drains(after_s=3600)
    assert read(store, last.id).state is DELIVERED
    assert read(store, other.id).state is DELIVERED
    told = {one.id: one for one in (read(store, id_) for id_ in states(store))}
    folded = [one for one in told.values() if one.state is FOLDED]
    assert {one.folded_into for one in folded} == {last.id}
    assert all("after an outage" in one.reason and one.done_at for one in folded)
    revisions = sorted(
        revision for one in told.values() if one.state is DELIVERED and one.event_id == "A"
        for revision in changes_told(store, one.id)
    )  # fmt: skip
    assert revisions == [1, 2, 3, 4]
    assert first.id in told


def test_what_may_have_arrived_and_what_was_tried_is_never_folded_away_or_reworded(store: Store):
    doubtful, second, third = (tell(store, "A", revision) for revision in (1, 2, 3))
    send(store, doubtful, DeliveryEvent.IN_DOUBT, doubt_count=1)
    with store.writing() as tx:
        assert tx.outbox.fold("hook", NOW) == 1
    assert states(store) == {doubtful.id: QUEUED, second.id: FOLDED, third.id: QUEUED}
    assert changes_told(store, third.id) == [2, 3]
    assert changes_told(store, doubtful.id) == [1]


def test_a_line_whose_last_message_was_tried_is_left_as_it_is(store: Store):
    first = tell(store, "A", 1)
    send(store, first)
    tried = tell(store, "A", 2)
    send(store, tried, DeliveryEvent.TEMPORARY)
    with store.writing() as tx:
        assert tx.outbox.fold("hook", NOW) == 0
        assert tx.outbox.fold("other", NOW) == 0
    later = tell(store, "A", 3)
    with store.writing() as tx:
        assert tx.outbox.fold("hook", NOW) == 1
    assert read(store, tried.id).folded_into == later.id


def test_a_second_outage_folds_what_the_first_had_folded_too(store: Store):
    one, two = tell(store, "A", 1), tell(store, "A", 2)
    with store.writing() as tx:
        tx.outbox.fold("hook", NOW)
    three = tell(store, "A", 3)
    with store.writing() as tx:
        assert tx.outbox.fold("hook", NOW) == 1
    assert {read(store, id_).folded_into for id_ in (one.id, two.id)} == {three.id}
    assert changes_told(store, three.id) == [1, 2, 3]


def test_addresses_are_folded_each_for_itself(store: Store):
    for revision in (1, 2):
        tell(store, "A", revision, addresses=("desk", "boss"))
    with store.writing() as tx:
        assert tx.outbox.fold("hook", NOW) == 2
    survivors = [read(store, id_) for id_, state in states(store).items() if state is QUEUED]
    assert sorted(one.address for one in survivors) == ["boss", "desk"]
    assert all(changes_told(store, one.id) == [1, 2] for one in survivors)


def test_the_first_answer_after_a_wait_that_was_asked_for_folds_too_and_the_next_does_not(store: Store):
    waits = Outcome(kind=OutcomeKind.RATE_LIMITED, retry_after_s=3600)
    desk = Desk(store, Scripted([OK, waits])).starts()
    tell(store, "A", 1)
    desk.drains()
    for event, revision in (("B", 1), ("A", 2), ("A", 3)):
        tell(store, event, revision, at=desk.clock.now)
    desk.drains()
    desk.drains(after_s=4200)
    assert sorted(state for state in states(store).values()) in (
        [DELIVERED, DELIVERED, DELIVERED, FOLDED],
        [DELIVERED, DELIVERED, DELIVERED, DELIVERED],
    )
    tell(store, "A", 4, at=desk.clock.now)
    tell(store, "A", 5, at=desk.clock.now)
    assert desk.drains() == {"delivered": 2}


def test_a_dead_letter_is_held_for_the_digest_of_the_fallback_once(store: Store):
    gone = tell(store, "A", 1, addresses=("gone", "gone-too"))
    desk = Desk(store, Scripted([DEAD, DEAD]), fallback="mail").starts()
    assert desk.drains() == {"dead": 2}
    [(channel, reason, route)] = held(store)
    assert (channel, route) == ("mail", "all")
    assert reason.startswith("dead(d_")
    with store.reading() as tx:
        [waiting] = tx.outbox.all_waiting("held")
    assert waiting.alert.release_at == NOW + HOUR
    assert waiting.change.id == next(iter(alerts_of(store, gone.bundle_id)))


def alerts_of(store: Store, bundle_id: str) -> list[str]:
    with store.reading() as tx:
        return [one.change_id for one in tx.outbox.alerts_of(bundle_id)]


def test_what_the_fallback_tells_anyway_is_not_told_twice(store: Store):
    tell(store, "A", 1)
    tell(store, "A", 1, channel="mail")
    tell(store, "B", 1)
    desk = Desk(store, Scripted([DEAD, DEAD]), fallback="mail").starts()
    assert desk.drains() == {"dead": 2}
    with store.reading() as tx:
        assert [one.change.event_id for one in tx.outbox.all_waiting("held")] == ["B"]


def test_a_dead_message_tells_the_fallback_what_had_been_folded_into_it_too(store: Store):
    tell(store, "A", 1)
    tell(store, "A", 2)
    with store.writing() as tx:
        tx.outbox.fold("hook", NOW)
    desk = Desk(store, Scripted([DEAD]), fallback="mail").starts()
    assert desk.drains() == {"dead": 1}
    with store.reading() as tx:
        assert sorted(one.change.revision for one in tx.outbox.all_waiting("held")) == [1, 2]


def test_without_a_fallback_a_dead_letter_waits_for_a_person(store: Store):
    tell(store)
    desk = Desk(store, Scripted([DEAD])).starts()
    assert desk.drains() == {"dead": 1}
    assert held(store) == []


def test_a_channel_that_is_taken_out_leaves_its_queue_to_its_fallback(store: Store):
    Desk(store, fallback="mail").starts()
    with store.writing() as tx:
        tx.outbox.set_channel_state(ChannelState(name="old", fallback="hook", since_at=NOW))
    waiting = tell(store, "A", channel="old")
    doubtful = tell(store, "B", channel="old")
    claim(store, doubtful, run="lost")
    desk = Desk(store).starts()
    assert read(store, waiting.id).state is DeliveryState.CANCELLED
    assert "told in the digest of hook" in read(store, waiting.id).reason
    assert held(store) == [("hook", "gone(old)", "all"), ("hook", "gone(old)", "all")]
    assert desk.troubles == []


def test_a_channel_that_is_taken_out_without_a_fallback_keeps_its_queue_and_a_person_is_told(store: Store):
    kept = tell(store, channel="old")
    desk = Desk(store).starts()
    assert read(store, kept.id).state is QUEUED
    [(trouble, channel, text)] = desk.troubles
    assert (trouble, channel) == (Trouble.GONE, "old")
    assert "salname alerts list --channel old" in text


def test_fast_answers_fold_nothing(store: Store):
    for revision in (1, 2, 3):
        tell(store, "A", revision)
    desk = Desk(store).starts()
    assert desk.drains(after_s=SECOND / timedelta(seconds=1)) == {"delivered": 3}
