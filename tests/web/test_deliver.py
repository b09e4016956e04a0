"""Delivery over real sockets: signed webhooks to a receiver on loopback that answers well, badly or not at all."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.channels import Secret
from alerts.channels.post import HttpSettings
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.deliver import Deliverer, Outlet, Trouble
from storage.model import Delivery, DeliveryState
from storage.store import Store
from tests.builders_outbox import an_outbox, attempts, read, states, tell
from tests.builders_sender import Scripted, describe
from tests.builders_web import Asked, Behaviour, Peer, Server, answers, http, serving

OK = http(200)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def now() -> datetime:
    return datetime.now(UTC)


def webhook(server: Server, name: str = "hook", *, deadline_s: float = 2.0) -> Outlet:
    settings = HttpSettings(
        url=Secret(server.url(f"/{name}")), allow_private=frozenset({server.address}), insecure_http=True
    )
    channel = WebhookChannel(WebhookSettings(http=settings))
    return Outlet(name=name, channel=channel, settings_hash="1", rate_per_s=None, deadline_s=deadline_s)


@dataclass
class House:
    """A deliverer on real time with everything that it tells."""

    store: Store
    outlets: list[Outlet]
    troubles: list[tuple[Trouble, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.deliverer = Deliverer(
            self.store, self.outlets, describe=describe, on_trouble=lambda *trouble: self.troubles.append(trouble)
        )
        self.deliverer.begin()

    def drains(self) -> dict[str, int]:
        drained = self.deliverer.drain_once()
        return {str(state): count for passed in drained.values() for state, count in passed.counts.items()}


@pytest.fixture
def running() -> Iterator[Callable[[House], House]]:
    houses: list[House] = []

    def start(house: House) -> House:
        house.deliverer.start()
        houses.append(house)
        return house

    yield start
    for house in houses:
        house.deliverer.stop(10)


def eventually(holds: Callable[[], bool], within_s: float = 10.0) -> float:
    """Seconds until it holds."""
    start = time.monotonic()
    while not holds():
        assert time.monotonic() - start < within_s, "it did not come to hold in time"
        time.sleep(0.01)
    return time.monotonic() - start


def is_over(store: Store, delivery: Delivery) -> bool:
    return read(store, delivery.id).state is DeliveryState.DELIVERED


def in_order(*behaviours: Behaviour) -> Behaviour:
    left = list(behaviours)

    def behave(peer: Peer) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(peer)

    return behave


def no_answer(peer: Peer) -> None:
    peer.close()


def due_now(store: Store, delivery: Delivery) -> None:
    """As if its wait were over."""
    with store.writing() as tx:
        tx._connection.exec_driver_sql("UPDATE delivery SET next_at = 0 WHERE id = ?", (delivery.id,))


def marks(asked: list[Asked]) -> list[str | None]:
    return [request.headers.get("x-salname-possible-repeat") for request in asked]


def test_a_delivery_reaches_the_receiver_with_its_id(store: Store):
    delivery = tell(store, at=now())
    with serving(answers(OK)) as server:
        assert House(store, [webhook(server)]).drains() == {"delivered": 1}
    [request] = server.requests
    assert request.headers["webhook-id"] == delivery.id
    assert marks(server.requests) == [None]
    [attempt] = attempts(store, delivery)
    assert (attempt.outcome, attempt.code, attempt.phase) == ("ok", 200, "reply")


def test_copies_have_the_same_id_and_bytes_and_all_but_the_first_are_marked(store: Store):
    delivery = tell(store, at=now())
    with serving(in_order(no_answer, answers(http(503)), answers(OK))) as server:
        house = House(store, [webhook(server)])
        for _ in range(3):
            house.drains()
            due_now(store, delivery)
    assert is_over(store, delivery)
    assert [attempt.outcome for attempt in attempts(store, delivery)] == ["in_doubt", "temporary", "ok"]
    assert {request.headers["webhook-id"] for request in server.requests} == {delivery.id}
    assert len({request.body for request in server.requests}) == 1
    assert marks(server.requests) == [None, "1", "1"]
    assert [request.headers["x-salname-attempt"] for request in server.requests] == ["1", "2", "3"]


def test_a_try_that_surely_did_not_arrive_is_no_repeat(store: Store):
    delivery = tell(store, at=now())
    with serving(answers(OK)) as server:
        outlet = webhook(server)
    assert House(store, [outlet]).drains() == {"queued": 1}  # nobody listens any more
    with serving(answers(OK)) as server:
        due_now(store, delivery)
        assert House(store, [webhook(server)]).drains() == {"delivered": 1}
    assert marks(server.requests) == [None]


def test_a_receiver_that_refuses_the_message_gets_it_once_more_with_ids_alone(store: Store):
    delivery = tell(store, at=now())
    with serving(answers(http(422), OK)) as server:
        assert House(store, [webhook(server)]).drains() == {"queued": 1, "delivered": 1}
    rich, plain = server.requests
    assert rich.headers["webhook-id"] == plain.headers["webhook-id"] == delivery.id
    assert b"Story 0ITU" in rich.body
    assert b"Story 0ITU" not in plain.body


def test_nothing_is_sent_before_the_time_that_the_receiver_asked_for(store: Store, running):
    deliveries = [tell(store, event, at=now()) for event in "AB"]
    at: list[float] = []

    def limiting(peer: Peer) -> None:
        at.append(time.monotonic())
        peer.send(http(429, {"Retry-After": "1"}) if len(at) == 1 else OK)

    with serving(limiting) as server:
        running(House(store, [webhook(server)]))
        eventually(lambda: all(is_over(store, delivery) for delivery in deliveries))
    assert len(at) == 3
    assert at[1] - at[0] >= 1.0


def test_a_receiver_that_is_gone_parks_its_channel_and_keeps_the_queue(store: Store):
    for event in "ABC":
        tell(store, event, at=now())
    with serving(answers(http(410))) as server:
        house = House(store, [webhook(server)])
        assert house.drains() == {"queued": 1}
    assert len(server.requests) == 1
    assert [trouble for trouble, _, _ in house.troubles] == [Trouble.PARKED]
    assert list(states(store).values()) == [DeliveryState.QUEUED] * 3


def test_new_rows_are_sent_at_once_when_the_bell_rings(store: Store, running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("alerts.deliver.sender.LOOK_S", 60.0)  # the sender does not look by itself
    with serving(answers(OK)) as server:
        house = running(House(store, [webhook(server)]))
        for event in "ABC":
            delivery = tell(store, event, at=now())
            house.deliverer.wake()
            eventually(lambda: is_over(store, delivery))  # noqa: B023 called in this turn


def test_an_idle_sender_sleeps_after_the_bell_rang(store: Store, running, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("alerts.deliver.sender.LOOK_S", 60.0)
    with serving(answers(OK)) as server:
        house = running(House(store, [webhook(server)]))
        delivery = tell(store, at=now())
        house.deliverer.wake()
        eventually(lambda: is_over(store, delivery))
        time.sleep(0.2)
        looks = []
        monkeypatch.setattr(store, "reading", lambda: looks.append(1))
        time.sleep(0.3)
        assert looks == []


def test_rows_of_another_process_are_found_within_a_second_or_so(store: Store, running, tmp_path: Path):
    with serving(answers(OK)) as server:
        running(House(store, [webhook(server)]))
        other = an_outbox(tmp_path)
        delivery = tell(other, at=now())
        assert eventually(lambda: is_over(store, delivery)) < 3.0


def test_a_channel_that_hangs_delays_no_other(store: Store, running):
    stuck, fine = tell(store, channel="slow", at=now()), tell(store, channel="quick", at=now())
    with serving(lambda peer: peer.stall()) as slow, serving(answers(OK)) as quick:
        running(House(store, [webhook(slow, "slow", deadline_s=3.0), webhook(quick, "quick")]))
        eventually(lambda: read(store, stuck.id).state is DeliveryState.SENDING)
        eventually(lambda: is_over(store, fine))
        assert read(store, stuck.id).state is DeliveryState.SENDING
        eventually(lambda: read(store, stuck.id).doubt_count == 1)


def test_more_channels_than_threads_all_get_their_turn(store: Store, running):
    names = [f"c{number}" for number in range(11)]
    deliveries = [tell(store, channel=name, at=now()) for name in names]
    with serving(answers(OK)) as server:
        running(House(store, [webhook(server, name) for name in names]))
        eventually(lambda: all(is_over(store, delivery) for delivery in deliveries))
        assert sum(thread.name.startswith("send c") for thread in threading.enumerate()) == 8
    assert sorted(request.target for request in server.requests) == sorted(f"/{name}" for name in names)


def test_told_to_stop_a_sender_ends_the_send_in_hand_and_claims_nothing_more(store: Store, running):
    first = tell(store, "A", at=now() - timedelta(seconds=1))
    second = tell(store, "B", at=now())
    asked, may_answer = threading.Event(), threading.Event()

    def slow(peer: Peer) -> None:
        asked.set()
        may_answer.wait(10)
        peer.send(OK)

    with serving(slow) as server:
        house = running(House(store, [webhook(server, deadline_s=10.0)]))
        assert asked.wait(10)
        assert not house.deliverer.stop(0.2)
        may_answer.set()
        assert house.deliverer.stop(10)
        assert house.deliverer.ended_threads() == ()
    assert is_over(store, first)
    assert read(store, second.id).attempt_count == 0


def test_what_hangs_when_the_program_ends_is_sent_again_marked_by_the_next_run(store: Store):
    delivery = tell(store, at=now())
    with serving(in_order(lambda peer: peer.stall(), answers(OK))) as server:
        first = House(store, [webhook(server, deadline_s=20.0)])
        first.deliverer.start()
        eventually(lambda: len(server.requests) == 1)
        assert not first.deliverer.stop(0.1)
        assert House(store, [webhook(server)]).drains() == {"delivered": 1}
    assert marks(server.requests) == [None, "1"]
    eventually(lambda: len(attempts(store, delivery)) == 2 and bool(attempts(store, delivery)[0].finished_at))
    assert is_over(store, delivery)
    assert [attempt.outcome for attempt in attempts(store, delivery)] == ["in_doubt", "ok"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_falls_over_a_defect_is_named_and_the_others_send_on(store: Store, running):
    class Defective(Scripted):
        def send(self, body, ctx):
            raise ZeroDivisionError

    broken = Outlet(name="broken", channel=Defective(), settings_hash="1", rate_per_s=None)
    tell(store, channel="broken", at=now())
    with serving(answers(OK)) as server:
        house = running(House(store, [broken, webhook(server)]))
        eventually(lambda: house.deliverer.ended_threads() == ("send broken",))
        fine = tell(store, at=now())
        eventually(lambda: is_over(store, fine))
