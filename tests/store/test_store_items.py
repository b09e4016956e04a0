"""Items: what a plan writes comes back."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import create_engine, insert

from storage.errors import StoreError
from storage.items import Items
from storage.model import (
    GLOBAL,
    FeedMemory,
    Item,
    Key,
    KeyKind,
    Origin,
    Plan,
    RevisionClass,
    TopicMatch,
    Verdict,
    VerdictKind,
)
from storage.statements.bulk import Bulk
from storage.tables import TOMBSTONE
from tests.builders_storage import (
    DAY,
    HOUR,
    NOON,
    a_content,
    a_match,
    a_plan,
    a_revision,
    a_sighting,
    add_feed,
    an_analysis,
    an_item,
    context_of,
    guid_key,
    link_key,
    open_store,
    publish,
    url_of,
)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    add_feed(opened)
    yield opened
    opened.close()


def later(**parts) -> Plan:
    return Plan(feed_id=1, at=NOON + HOUR, memory=FeedMemory(document=2), document=2, **parts)


def test_every_column_of_an_item_comes_back(store):
    publish(store, a_plan(an_item(1)))
    item = Item(
        id=2, feed_id=1, url="https://news.example/2", title="Yeni xəbər", lang="az", origin=Origin.BACKFILL,
        relevant=True, first_seen_at=NOON + timedelta(microseconds=1), published_raw="dünən",
        published_at=NOON - DAY, published_on=(NOON - DAY).date(), tz_known=False, date_trusted=False,
        sort_at=NOON - HOUR, source_name="AZERTAC", copy_of=1, copy_group=1, event_id=None, revision_count=3,
        withdrawn_at=NOON + HOUR,
    )  # fmt: skip
    publish(store, later(items=[item]))
    with store.reading() as tx:
        assert tx.items.get(2) == item
        assert tx.items.get(3) is None
        assert tx.items.many([1, 2, 3]) == {1: an_item(1), 2: item}


def test_an_item_is_replaced_as_a_whole(store):
    publish(store, a_plan(an_item(1)))
    changed = an_item(1, title="The centre opened", relevant=False)._replace(
        sort_at=NOON - HOUR, withdrawn_at=NOON, revision_count=2
    )
    publish(store, later(item_updates=[changed]))
    with store.reading() as tx:
        assert tx.items.get(1) == changed


def test_a_corrected_date_moves_the_item_in_its_topics_and_sentences(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    publish(store, later(item_updates=[an_item(1)._replace(sort_at=NOON - DAY)]))
    with store.reading() as tx:
        for table in ("item_topic", "item_sentence"):
            statement = f"SELECT DISTINCT item_id, sort_at / 1000000 FROM {table} ORDER BY item_id"
            found = tx._connection.exec_driver_sql(statement).all()
            assert found == [(1, (NOON - DAY).timestamp()), (2, NOON.timestamp())]


def test_a_link_puts_its_item_into_the_event(store):
    from storage.model import Event, Link

    publish(store, a_plan(an_item(1), an_item(2)))
    event = Event(
        id="AAAAAAAA", title="A", topics=("itu",), first_at=NOON, last_at=NOON, first_seen_at=NOON, changed_at=NOON
    )
    link = Link(item_id=1, event_id=event.id, how="founded", score=1.0, reasons=(), linked_at=NOON)
    publish(store, later(events=[event], links=[link]))
    with store.reading() as tx:
        items = tx.items.many([1, 2])
    assert (items[1].event_id, items[2].event_id) == ("AAAAAAAA", None)


def test_the_words_of_every_version_come_back(store):
    old, new = a_content(text="In Baku 40 km of cable."), a_content(text="In Baku 44 km of cable.")
    publish(store, a_plan(an_item(1), contents={1: old}))
    second = replace(
        a_revision(1, new, n=2, class_=RevisionClass.FACT, at=NOON + HOUR),
        marker="UPDATED", late=True, added_only=True, damped=True, reason="40 became 44",
    )  # fmt: skip
    second = replace(second, content=new._replace(marker="UPDATED"))
    publish(store, later(revisions=[second]))
    with store.reading() as tx:
        assert tx.items.revisions(1) == [a_revision(1, old), second]
        assert tx.items.versions([1]) == {1: [a_revision(1, old), second]}
        assert tx.items.text(1) == "In Baku 44 km of cable."
        assert tx.items.revisions(9) == []
        assert tx.items.text(9) == ""


def test_a_revert_stores_no_text_and_shows_that_of_the_version_it_repeats(store):
    old, new = a_content(text="The first words."), a_content(text="Other words.")
    publish(store, a_plan(an_item(1), contents={1: old}))
    publish(store, later(revisions=[a_revision(1, new, n=2, class_=RevisionClass.STYLE)]))
    back = a_revision(1, old, n=3, class_=RevisionClass.REVERT, reverts_to=1)
    publish(store, later(revisions=[back]))
    with store.reading() as tx:
        assert tx.items.revisions(1)[2] == back
        stored = tx._connection.exec_driver_sql("SELECT n, text IS NULL FROM item_revision ORDER BY n").all()
    assert stored == [(1, 0), (2, 0), (3, 1)]


def test_a_filled_version_replaces_the_empty_one(store):
    publish(store, a_plan(an_item(1), contents={1: a_content(text="")}))
    filled = a_revision(1, a_content(text="Now with text."), class_=RevisionClass.FILLED, at=NOON + HOUR)
    publish(store, later(revisions=[filled]))
    with store.reading() as tx:
        assert tx.items.revisions(1) == [filled]


def test_any_other_version_is_never_overwritten(store):
    publish(store, a_plan(an_item(1)))
    with pytest.raises(StoreError, match="UNIQUE"):
        publish(store, later(revisions=[a_revision(1, a_content(text="Something else."))]))
    with store.reading() as tx:
        assert tx.items.text(1) == a_content().text


@pytest.mark.parametrize("text", ["", "short", "x" * 511 + "ə", "long words " * 5_000, "lone \ud800 surrogate"])
def test_text_of_any_length_comes_back(store, text):
    publish(store, a_plan(an_item(1), contents={1: a_content(text=text)}))
    with store.reading() as tx:
        assert tx.items.text(1) == text


def test_long_text_is_stored_compressed(store):
    publish(store, a_plan(an_item(1), contents={1: a_content(text="the same words again " * 500)}))
    with store.reading() as tx:
        (size,) = tx._connection.exec_driver_sql("SELECT length(text) FROM item_revision").one()
    assert size < 1_000


def test_the_words_that_matched_a_topic_come_back(store):
    matches = [
        TopicMatch(topic="itu", group="itu", term="ITU", words="ITU-nun", where="title", offset=7),
        TopicMatch(topic="itu", group="any", term="summit", words="summit", where="text", offset=70),
        TopicMatch(topic="wtdc", group="enough", term="WTDC-25", words="WTDC-25", where="feed", offset=0),
    ]
    publish(store, replace(a_plan(an_item(1)), topics={1: matches}))
    with store.reading() as tx:
        assert tx.items.topics(1) == matches
    publish(store, later(topics={1: [a_match("rac-baku")]}))
    with store.reading() as tx:
        assert tx.items.topics(1) == [a_match("rac-baku")]
    publish(store, later(topics={1: []}))
    with store.reading() as tx:
        assert tx.items.topics(1) == []


def test_the_sentences_of_a_new_analysis_take_the_place_of_the_old_ones(store):
    publish(store, replace(a_plan(an_item(1)), analyses={1: an_analysis(5, 6)}))
    publish(store, later(analyses={1: an_analysis(6, 7)}))
    assert context_of(store, sentences=[5, 6, 7]).sentences == {6: (1,), 7: (1,)}


def test_a_key_stays_with_the_item_that_had_it_first(store):
    publish(store, a_plan(an_item(1)))
    publish(store, later(items=[an_item(2)], keys={guid_key(1): 2, guid_key(2): 2}))
    assert context_of(store, keys=[guid_key(1), guid_key(2)]).keys == {guid_key(1): 1, guid_key(2): 2}


def test_a_barred_key_names_nothing_for_ever(store):
    publish(store, a_plan(an_item(1)))
    publish(store, later(barred=[guid_key(1), guid_key(9)]))
    publish(store, later(items=[an_item(2)], keys={guid_key(1): 2}))
    context = context_of(store, keys=[guid_key(1), guid_key(9), link_key(1)])
    assert context.barred == {guid_key(1), guid_key(9)}
    assert context.keys == {link_key(1): 1}


def test_keys_of_one_value_and_different_scopes_are_different(store):
    same = [
        Key(1, KeyKind.GUID, "7"),
        Key(2, KeyKind.GUID, "7"),
        Key(1, KeyKind.HASH, "7"),
        Key(GLOBAL, KeyKind.LINK, "7"),
    ]
    publish(store, a_plan(an_item(1), an_item(2), an_item(3)))
    publish(store, later(keys={same[0]: 1, same[1]: 2, same[2]: 3}))
    assert context_of(store, keys=same).keys == {same[0]: 1, same[1]: 2, same[2]: 3}


def test_a_sighting_is_replaced_by_the_next(store):
    publish(store, a_plan(an_item(1)))
    moved = a_sighting(1, a_content("Another title"), document=2, at=NOON + HOUR, link="https://news.example/moved")
    moved = moved._replace(missing_count=2, withdrawn_at=NOON + HOUR, range_hash=None, guid=None)
    publish(store, later(sightings=[moved]))
    assert context_of(store, keys=[guid_key(1)]).items[1].sightings == {1: moved}


def test_entries_known_by_their_bytes_are_touched_and_no_others(store):
    publish(store, a_plan(*(an_item(number) for number in range(1, 5))))
    missing = a_sighting(2, a_content())._replace(missing_count=2)
    publish(store, later(sightings=[missing], seen_items=[2, 3, 99]))
    with store.reading() as tx:
        rows = tx._connection.exec_driver_sql(
            "SELECT item_id, last_document, missing_count, last_seen_at / 1000000 FROM sighting ORDER BY item_id"
        ).all()
    old, new = NOON.timestamp(), (NOON + HOUR).timestamp()
    # The plan's own sightings are the later word: the second item was judged missing in it.
    assert rows == [(1, 1, 0, old), (2, 1, 2, old), (3, 2, 0, new), (4, 1, 0, old)]


def test_what_another_feed_shows_is_touched_by_that_feed_alone(store):
    add_feed(store, "two")
    publish(store, a_plan(an_item(1)))
    publish(store, Plan(feed_id=2, at=NOON + HOUR, memory=None, document=5, seen_items=[1]))
    assert context_of(store).items[1].sightings[1].last_document == 1


def test_every_decision_but_seen_and_missing_is_logged(store):
    publish(store, a_plan(an_item(1)))
    verdicts = [
        Verdict(kind=kind, position=0, item_id=None if kind in {VerdictKind.HELD, VerdictKind.SKIPPED} else 1,
                reason=f"because of {kind}", via="guid")
        for kind in VerdictKind
    ]  # fmt: skip
    publish(store, later(verdicts=verdicts))
    with store.reading() as tx:
        logged = tx.items.verdicts(1)
    assert {at for at, _, _ in logged} == {NOON + HOUR}
    assert {feed_id for _, feed_id, _ in logged} == {1}
    expected = set(VerdictKind) - {VerdictKind.SEEN, VerdictKind.MISSING, VerdictKind.HELD, VerdictKind.SKIPPED}
    assert {verdict.kind: verdict.reason for _, _, verdict in logged} == {k: f"because of {k}" for k in expected}


def test_the_quarantine_holds_what_the_last_document_brought(store):
    publish(store, later(held={guid_key(7): NOON, guid_key(8): NOON}))
    assert context_of(store).held == {guid_key(7): NOON, guid_key(8): NOON}
    publish(store, Plan(feed_id=1, at=NOON + 2 * HOUR, memory=FeedMemory(document=2), document=2))  # not modified
    assert set(context_of(store).held) == {guid_key(7), guid_key(8)}
    publish(store, later(held={guid_key(8): NOON}))
    assert context_of(store).held == {guid_key(8): NOON}
    publish(store, later(verdicts=[Verdict(kind=VerdictKind.SEEN, position=0, item_id=None, reason="known")]))
    assert context_of(store).held == {}
    publish(store, later(held={guid_key(8): NOON}))
    publish(store, later(seen_items=[1]))
    assert context_of(store).held == {}


def test_items_are_replayed_in_the_order_of_first_sight(store):
    ages = {1: 0, 2: -5, 3: 3, 4: 3, 5: -5}
    items = [an_item(number, at=NOON + age * HOUR, relevant=number != 4) for number, age in ages.items()]
    publish(store, a_plan(*items))
    with store.reading() as tx:
        for batch in (1, 2, 500):
            assert [item.id for item in tx.items.replay(batch=batch)] == [2, 5, 1, 3, 4]
        assert [item.id for item in tx.items.replay(relevant=True)] == [2, 5, 1, 3]
        assert [item.id for item in tx.items.replay(relevant=False)] == [4]


def test_the_items_of_one_feed_are_those_it_has_shown(store):
    add_feed(store, "two")
    publish(store, a_plan(an_item(1), an_item(2)))
    publish(store, replace(a_plan(an_item(3, feed_id=2), feed_id=2), sightings=[
        a_sighting(number, a_content(), feed_id=2) for number in (2, 3)
    ]))  # fmt: skip
    with store.reading() as tx:
        assert [item.id for item in tx.items.replay(feed_id=2)] == [2, 3]
        assert [item.id for item in tx.items.replay(feed_id=1)] == [1, 2]


def test_items_are_counted(store):
    publish(store, a_plan(an_item(1), an_item(2, relevant=False)))
    with store.reading() as tx:
        assert tx.items.count() == 2


def test_a_driver_with_named_placeholders_gets_the_same_rows(store):
    publish(store, a_plan(an_item(1)))
    engine = create_engine(url_of(store.path), paramstyle="named")
    with engine.begin() as connection:
        assert not connection.dialect.positional
        Items(connection).apply(replace(a_plan(an_item(2), document=2), seen_items=[1]))
    engine.dispose()
    with store.reading() as tx:
        assert tx.items.get(2) == an_item(2)
        assert tx.items.revisions(2) == [a_revision(2, a_content())]


def test_columns_in_another_order_than_the_tables_are_a_mistake_at_once(store):
    swapped = Bulk(insert(TOMBSTONE), ("value", "scope", "kind"))
    with store.writing() as tx, pytest.raises(ValueError, match="another order than"):
        swapped.write(tx._connection, [("a", 1, "guid")])


def test_the_builders_fill_every_field_of_an_item_that_matters():
    item = an_item(1)
    empty = {each for each in Item._fields if getattr(item, each) is None}
    assert empty == {"source_name", "copy_of", "copy_group", "event_id", "withdrawn_at"}
