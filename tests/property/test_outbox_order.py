"""Whatever happened before, the delivery that goes next is the one that a plain reading of the rule picks."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.errors import DeliveryError
from storage.model import Delivery, DeliveryState
from storage.outbox import OPEN, DeliveryEvent, Outbox
from storage.store import Store, WriteTx
from tests.builders_outbox import NOW, a_settlement, an_outbox, first_due, tell_in

MINUTE = timedelta(minutes=1)
ENDS = (
    (DeliveryEvent.OK,),
    (DeliveryEvent.TEMPORARY,),
    (DeliveryEvent.IN_DOUBT,),
    (DeliveryEvent.HOLD,),
    (DeliveryEvent.MESSAGE_PERMANENT,),
    (DeliveryEvent.RECIPIENT_PERMANENT,),
    (DeliveryEvent.TEMPORARY, DeliveryEvent.HORIZON),
)

enqueued = st.tuples(
    st.just("tell"), st.sampled_from("AB"), st.integers(1, 4), st.sampled_from(("x", "y")), st.integers(0, 5)
)
sent = st.tuples(st.just("send"), st.sampled_from(ENDS), st.integers(0, 5), st.just(None), st.just(None))
left = st.tuples(st.sampled_from(("claim", "recover", "retry", "cancel")), *[st.integers(0, 9)] * 4)
histories = st.lists(st.one_of(enqueued, sent, left), min_size=1, max_size=25)


class Undone(Exception):
    pass


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return an_outbox(tmp_path_factory.mktemp("order"))


@contextmanager
def undone(store: Store) -> Iterator[WriteTx]:
    with suppress(Undone), store.writing() as tx:
        yield tx
        raise Undone


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_what_may_go_are_the_heads_of_the_lines_in_the_order_of_their_turn(
    store: Store, history: list[tuple[Any, ...]]
):
    now = NOW
    with undone(store) as tx:
        for step in history:
            now += MINUTE
            act(tx, step, now)
            everything = tx.outbox.deliveries(limit=1000)
            found = tx.outbox.heads("hook", 1000)
            assert [head.id for head in found] == expected_heads(everything)
            assert tx.outbox.heads("hook", 2) == found[:2]


def act(tx: WriteTx, step: tuple[Any, ...], now: datetime) -> None:
    match step:
        case ("tell", event, revision, address, minutes):
            two_a_place = (revision + 1) // 2
            tell_in(tx, event, revision, addresses=[address], at=now + minutes * MINUTE, seq=two_a_place)
        case ("send", events, minutes, *_):
            deliver(tx.outbox, events, now, now + minutes * MINUTE)
        case ("claim", *_):
            deliver(tx.outbox, None, now, now)
        case ("recover", *_):
            tx.outbox.recover("next-run", now, "resend")
        case (name, number, *_):
            by_hand(tx.outbox, name, number, now)


def deliver(outbox: Outbox, events: tuple[DeliveryEvent, ...] | None, now: datetime, next_at: datetime) -> None:
    delivery = first_due(outbox, "hook", now)
    if delivery is None:
        return
    attempt = outbox.claim(delivery, run_id="run", now=now, body=b"", content_type="text/plain")
    assert attempt is not None
    if events is not None:
        assert outbox.settle(
            delivery.id, attempt.n, run_id="run", now=now, settlement=a_settlement(*events, next_at=next_at)
        )


def by_hand(outbox: Outbox, name: str, number: int, now: datetime) -> None:
    deliveries = sorted(outbox.deliveries(limit=1000), key=lambda delivery: delivery.id)
    if not deliveries:
        return
    delivery = deliveries[number % len(deliveries)]
    try:
        if name == "retry":
            outbox.retry(delivery.id, now)
        else:
            outbox.cancel(delivery.id, "anna", now)
    except DeliveryError:
        assert delivery.state is not DeliveryState.IN_DOUBT


def expected_heads(deliveries: list[Delivery]) -> list[str]:
    def line(delivery: Delivery) -> tuple[str, str]:
        return delivery.address, delivery.order_key

    waiting = [delivery for delivery in deliveries if delivery.state in OPEN]
    heads = [
        delivery
        for delivery in waiting
        if delivery.state is DeliveryState.QUEUED
        and not any(
            line(other) == line(delivery) and (other.seq, other.id) < (delivery.seq, delivery.id) for other in waiting
        )
    ]
    return [head.id for head in sorted(heads, key=lambda d: (d.next_at, d.seq, d.id))]
