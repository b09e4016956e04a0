"""What a message is made of: the changes of its bundle, with the events and items behind them."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event

from storage.model import FeedOptions, RevisionClass
from storage.outbox import BundleSource, Told, source
from storage.store import Store
from storage.tables import CHANGE
from tests.builders_outbox import HOUR, NOW, a_change, an_alert, an_event, an_outbox, plan_of, read, send, tell
from tests.builders_storage import a_content, a_plan, a_revision, add_feed, an_item, publish


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = an_outbox(tmp_path)
    with store.writing() as tx:
        tx.feeds.add("https://one.example/feed.xml", "one", FeedOptions(outlet="One News"), "config", NOW)
        an_event(tx, "0ITU")
    return store


def source_of(store: Store, delivery_id: str) -> BundleSource:
    with store.reading() as tx:
        return tx.outbox.source(read(store, delivery_id))


def test_a_source_holds_the_alert_the_change_and_its_event(store: Store):
    delivery = tell(store, "0ITU", 3)
    source = source_of(store, delivery.id)
    assert source.delivery == delivery
    assert [alert.bundle_id for alert in source.alerts] == [delivery.bundle_id]
    [change] = source.changes
    assert (change.kind, change.revision, change.old, change.new) == ("event.updated", 3, 2, 3)
    assert (change.payload, change.quotes, change.topics) == (
        {"summary": "3 sources tell of it"},
        ("as it was said",),
        ("itu",),
    )
    assert (source.events["0ITU"].title, source.events["0ITU"].topics) == ("Story 0ITU", ("itu",))
    assert (source.items, source.source_counts, source.previous, source.feed_names) == ((), {}, {}, {})


def test_the_item_that_a_change_names_comes_with_its_outlet_words_and_hash(store: Store):
    content = a_content("The centre opens", "It opened. " * 200)
    item = an_item(1, title="The centre opens", event_id="0ITU")._replace(url="https://one.example/1")
    publish(store, a_plan(item, an_item(2, event_id="0ITU"), contents={1: content}))
    source = source_of(store, tell(store, item_id=1).id)
    [found] = source.items
    assert (found.id, found.event_id, found.title, found.url) == (1, "0ITU", item.title, item.url)
    assert (found.source, found.lang, found.published_at) == ("One News", "en", item.published_at)
    assert (found.content_hash, found.text) == (content.content_hash, content.text[:1000])
    assert source.source_counts == {"0ITU": 1}


def test_a_date_that_nobody_trusts_is_not_told(store: Store):
    publish(store, a_plan(an_item(1, event_id="0ITU")._replace(date_trusted=False)))
    [item] = source_of(store, tell(store, item_id=1).id).items
    assert (item.published_at, item.published_on) == (None, None)
    assert item.first_seen_at == an_item(1).first_seen_at


def test_the_outlet_is_the_one_that_an_aggregator_names_else_the_name_of_the_feed(store: Store):
    add_feed(store, "two")
    named = an_item(1, event_id="0ITU")._replace(source_name="Trend")
    publish(store, a_plan(named))
    publish(store, a_plan(an_item(2, feed_id=2, event_id="0ITU"), feed_id=2))
    first, second = tell(store, "0ITU", 1, item_id=1), tell(store, "0ITU", 2, item_id=2)
    assert [item.source for item in source_of(store, first.id).items] == ["Trend"]
    assert [item.source for item in source_of(store, second.id).items] == ["two"]
    assert source_of(store, first.id).source_counts == {"0ITU": 2}


def test_the_words_of_a_revert_are_those_of_the_revision_it_repeats(store: Store):
    old, new = a_content("Old", "The first words."), a_content("New", "Other words.")
    publish(store, a_plan(an_item(1, event_id="0ITU"), contents={1: old}))
    later = replace(
        a_plan(document=2),
        memory=None,
        revisions=[
            a_revision(1, new, n=2, class_=RevisionClass.STYLE),
            a_revision(1, old, n=3, class_=RevisionClass.REVERT, reverts_to=1),
        ],
    )
    publish(store, later)
    [item] = source_of(store, tell(store, item_id=1).id).items
    assert (item.text, item.content_hash) == ("The first words.", old.content_hash)


def test_changes_that_name_no_item_bring_the_five_latest_of_the_event(store: Store):
    publish(store, a_plan(*(an_item(n, event_id="0ITU", at=NOW + n * HOUR) for n in range(1, 8))))
    assert [item.id for item in source_of(store, tell(store).id).items] == [3, 4, 5, 6, 7]


def test_the_reports_that_a_change_lists_come_with_it_and_with_the_outlets_they_made_new(store: Store):
    add_feed(store, "two")
    publish(store, a_plan(*(an_item(n, event_id="0ITU", at=NOW + n * HOUR) for n in range(1, 4))))
    publish(store, a_plan(an_item(4, feed_id=2, event_id="0ITU", at=NOW + 4 * HOUR), feed_id=2))
    delivery = tell(store, item_id=2)
    listed = {"summary": "", "items": [{"id": 2}, {"id": 3}, {"id": 4}, {"id": "x"}, "odd"], "item_count": 5}
    with store.writing() as tx:
        tx._connection.execute(CHANGE.update().values(payload_json=listed))
    found = source_of(store, delivery.id)
    assert [item.id for item in found.items] == [2, 3, 4]
    assert (found.source_counts, found.new_source_counts) == ({"0ITU": 2}, {"0ITU": 1})


def test_what_was_told_before_counts_for_this_address_of_this_channel_alone(store: Store):
    send(store, tell(store, "0ITU", 1, addresses=("desk",)), at=NOW + HOUR)
    send(store, tell(store, "0ITU", 2, addresses=("boss",)))
    send(store, tell(store, "0ITU", 3, channel="slack"))
    tell(store, "0ITU", 4, addresses=("desk",))  # not sent yet
    fifth = tell(store, "0ITU", 5, addresses=("desk",))
    assert source_of(store, fifth.id).previous == {"0ITU": Told(revision=1, at=NOW + HOUR)}


def test_a_delivery_is_no_news_of_itself(store: Store):
    delivery = tell(store, "0ITU", 1, addresses=("desk", "boss"))
    send(store, delivery)
    assert source_of(store, delivery.id).previous == {}


def test_a_merged_event_is_told_as_the_one_it_went_into(store: Store):
    with store.writing() as tx:
        an_event(tx, "OLDER", revision=9)
        an_event(tx, "MIDDLE", merged_into="OLDER")
        an_event(tx, "YOUNGER", merged_into="MIDDLE")
    send(store, tell(store, "YOUNGER", 1))
    second = tell(store, "YOUNGER", 2)
    with store.writing() as tx:
        an_event(tx, "YOUNGER", revision=2, merged_into="MIDDLE")
    source = source_of(store, second.id)
    assert source.events["YOUNGER"].id == "OLDER"
    assert source.previous == {"OLDER": Told(revision=1, at=NOW)}


def test_a_bundle_of_several_changes_is_told_in_order_of_time(store: Store):
    first = tell(store, "0ITU", 2, at=NOW + HOUR)
    with store.writing() as tx:
        older = an_alert(a_change(tx, "0ITU", 1, at=NOW), "hook", "0ITU", at=NOW)
        tx.outbox.enqueue([replace(older, bundle_id=first.bundle_id)], [])
    source = source_of(store, first.id)
    assert [change.revision for change in source.changes] == [1, 2]
    assert [alert.change_id for alert in source.alerts] == [change.id for change in source.changes]


def test_what_an_address_heard_before_is_looked_up_by_event_and_not_among_all_that_was_ever_delivered(store: Store):
    plan = plan_of(store, source._PREVIOUS.params(ids=["A"], of_channels=["hook"], of_deliveries=["d"]))
    assert "SEARCH change USING INDEX ix_change_event_id_at (event_id=?)" in plan
    assert "SEARCH delivery USING INDEX ix_delivery_bundle_id (bundle_id=?)" in plan


def test_a_backlog_is_read_off_what_is_open(store: Store):
    tell(store)
    with store.reading() as tx:
        queries: list[str] = []
        event.listen(tx._connection, "before_cursor_execute", lambda *given: queries.append(given[2]))
        assert len(tx.outbox.backlog()) == 1
        [query] = queries
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert plan[0].detail.startswith("SEARCH delivery USING INDEX ix_delivery_")  # by state: what is over is not read
