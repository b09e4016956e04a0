"""What a digest says beside its changes, counted from what is stored."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from storage.model import DIGEST, Delivery, FeedOptions, FeedState
from storage.outbox import Standing
from storage.store import Store
from storage.tables import DELIVERY, DIGEST_SLOT
from tests.builders_outbox import DAY, HOUR, NOW, a_change, an_alert, an_event, an_outbox, read, tell


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = an_outbox(tmp_path)
    with store.writing() as tx:
        for name in ("one", "two", "three"):
            tx.feeds.add(f"https://{name}.example/feed.xml", name, FeedOptions(), "config", NOW)
        an_event(tx, "0ITU")
    return store


def a_digest(store: Store, *, slots: bool = True) -> Delivery:
    delivery = tell(store)
    with store.writing() as tx:
        tx._connection.execute(DELIVERY.update().values(kind=DIGEST))
        if slots:
            before = {"scope": "all", "slot_at": NOW - 10 * HOUR, "bundle_id": None}
            now = {"scope": "all", "slot_at": NOW, "bundle_id": delivery.bundle_id}
            tx._connection.execute(DIGEST_SLOT.insert(), [before, now])
    return read(store, delivery.id)


def standing_of(store: Store, delivery: Delivery) -> Standing:
    with store.reading() as tx:
        found = tx.outbox.source(delivery).standing
    assert found is not None
    return found


def silence(store: Store, revision: int, reason: str, *, channel: str = "hook", at=NOW - HOUR) -> None:
    with store.writing() as tx:
        alert = an_alert(a_change(tx, "0ITU", revision, at=at), channel, "0ITU", at=at)
        tx.outbox.enqueue([replace(alert, decision="suppressed", reason=reason, bundle_id=None, created_at=at)], [])


def test_a_digest_knows_its_slot_and_the_one_before(store: Store):
    standing = standing_of(store, a_digest(store))
    assert (standing.scope, standing.slot_at, standing.since_at) == ("all", NOW, NOW - 10 * HOUR)


def test_a_digest_without_a_slot_covers_a_day_of_its_channel(store: Store):
    delivery = a_digest(store, slots=False)
    standing = standing_of(store, delivery)
    assert (standing.scope, standing.slot_at) == ("hook", delivery.next_at)
    assert standing.since_at == delivery.next_at - DAY


def test_silences_since_the_last_digest_are_counted_by_reason(store: Store):
    delivery = a_digest(store)
    for revision, reason in enumerate(("silenced(s_1)", "silenced(s_2)", "below_importance"), 2):
        silence(store, revision, reason)
    silence(store, 8, "silenced(s_1)", at=NOW - 11 * HOUR)  # the digest before told of it
    silence(store, 9, "silenced(s_1)", channel="other")
    assert standing_of(store, delivery).silent == {"silenced": 2, "below_importance": 1}


def test_feeds_that_do_not_bring_what_they_should_are_named(store: Store):
    delivery = a_digest(store)
    with store.writing() as tx:
        feeds = {feed.name: feed for feed in tx.feeds.all()}
        failing = feeds["two"].memory._replace(
            state=FeedState.FAILING, last_error="HTTP 503", failing_since_at=NOW - HOUR
        )
        tx.feeds.set_memory(feeds["two"].id, failing)
        tx.feeds.set_memory(feeds["three"].id, feeds["three"].memory._replace(state=FeedState.PAUSED))
    standing = standing_of(store, delivery)
    assert standing.feed_count == 3
    assert [(one.name, one.error, one.since_at) for one in standing.sick_feeds] == [("two", "HTTP 503", NOW - HOUR)]


def test_a_message_that_is_no_digest_has_no_standing(store: Store):
    delivery = tell(store, at=NOW + timedelta(seconds=1))
    with store.reading() as tx:
        assert tx.outbox.source(delivery).standing is None
