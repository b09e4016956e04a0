import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.errors import StoreError
from storage.reading import Reader, Record, opened
from tests.builders_reading import SHOWN

NOW = datetime(2025, 12, 1, tzinfo=UTC)

BASELINE = datetime(2025, 11, 18, 6, 20, tzinfo=UTC)
NEWS = datetime(2025, 11, 18, 6, 40, tzinfo=UTC)
EDITS = datetime(2025, 11, 18, 7, 0, tzinfo=UTC)


def event_named(reader: Reader, words: str) -> Record:
    return next(event for event in reader.events.newest() if words in event["title"])


def item_named(reader: Reader, words: str) -> Record:
    return next(item for item in reader.items.newest() if words in item["title"])


def test_changes_stand_in_order_of_time(reader: Reader) -> None:
    changes = reader.timeline.changes()
    assert len(changes) == 9
    assert [one["at"] for one in changes] == sorted(one["at"] for one in changes)


def test_a_limit_keeps_the_newest_changes_or_the_first_ones(reader: Reader) -> None:
    changes = reader.timeline.changes()
    assert reader.timeline.changes(limit=3) == changes[-3:]
    assert reader.timeline.changes(limit=3, newest=False) == changes[:3]


def test_a_span_includes_its_beginning_and_not_its_end(reader: Reader) -> None:
    kinds = [one["kind"] for one in reader.timeline.changes(since=NEWS, until=EDITS)]
    assert sorted(kinds) == ["event.created"] * 3 + ["event.updated"]


def test_what_is_said_of_feeds_and_of_the_program_is_left_out_unless_asked_for(reader: Reader) -> None:
    everything = reader.timeline.changes(world_only=False)
    assert [one["kind"] for one in everything if one not in reader.timeline.changes()] == ["system.baseline"]


def test_a_topic_and_an_event_narrow_the_timeline(reader: Reader) -> None:
    event = event_named(reader, "conference")["id"]
    assert len(reader.timeline.changes(topic="itu")) == 9
    assert reader.timeline.changes(topic="drums") == []
    assert [one["kind"] for one in reader.timeline.changes(event=event)] == [
        "event.created", "event.updated", "item.revised",
    ]  # fmt: skip


def test_a_change_says_what_was_and_what_is(reader: Reader) -> None:
    figure = next(one for one in reader.timeline.changes() if one["class"] == "fact")
    assert (figure["kind"], figure["old"], figure["new"]) == (
        "item.revised", "ITU counts 40 new networks in villages", "ITU counts 44 new networks in villages",
    )  # fmt: skip
    assert (figure["source"], figure["url"]) == ("one", "https://outlet.example/news/b")


def test_changes_after_a_row_come_in_the_order_of_their_commit(reader: Reader) -> None:
    changes, last = reader.timeline.after(0)
    assert len(changes) == 9
    assert reader.timeline.after(last) == ([], last)
    assert {one["event"] for one in reader.timeline.after(0, event=changes[0]["event"])[0]} == {changes[0]["event"]}


def test_an_event_that_was_merged_answers_as_the_one_it_was_merged_into(chronicle: Path) -> None:
    with opened(chronicle / "salname.db") as reader:
        older, younger = (event_named(reader, words)["id"] for words in ("conference", "networks"))
        counts = [len(reader.timeline.changes(event=event)) for event in (older, younger)]
    with sqlite3.connect(chronicle / "salname.db") as connection:
        connection.execute("UPDATE event SET merged_into = ? WHERE id = ?", (older, younger))
        connection.execute("UPDATE item SET event_id = ? WHERE event_id = ?", (older, younger))
    with opened(chronicle / "salname.db") as reader:
        assert [len(reader.timeline.changes(event=event)) for event in (older, younger)] == [sum(counts)] * 2
        assert {one["event"] for one in reader.timeline.changes(event=younger)} == {older}
        assert reader.events.one(younger) == reader.events.one(older)
        assert younger not in {event["id"] for event in reader.events.newest()}


def test_items_are_newest_first_and_carry_the_words_that_matched(reader: Reader) -> None:
    items = reader.items.newest()
    assert [item["published_at"] for item in items] == sorted((item["published_at"] for item in items), reverse=True)
    assert item_named(reader, "МСЭ")["topics"] == [{"id": "itu", "matched": ["МСЭ"]}]


@pytest.mark.parametrize("named", [lambda reader: "two", lambda reader: item_named(reader, "МСЭ")["feed"]])
def test_items_of_a_feed_are_found_by_its_name_or_address(reader: Reader, named: Callable[[Reader], str]) -> None:
    assert {item["source"] for item in reader.items.newest(feed=named(reader))} == {"two"}


def test_a_copy_names_its_original_and_a_withdrawn_item_says_so(reader: Reader) -> None:
    original = item_named(reader, "large conference")
    assert item_named(reader, "opens its conference")["same_text_as"] == original["id"]
    assert [item["title"] for item in reader.items.newest() if item["withdrawn"]] == [SHOWN]


def test_an_item_shows_its_versions_in_order_with_their_kinds(reader: Reader) -> None:
    found = reader.items.one(int(item_named(reader, "44 new networks")["id"]))
    assert found is not None
    assert [(one["n"], one["kind"], one["title"]) for one in found["versions"]] == [
        (1, "first", "ITU counts 40 new networks in villages"),
        (2, "fact", "ITU counts 44 new networks in villages"),
    ]


def test_unknown_items_and_events_are_none(reader: Reader) -> None:
    assert reader.items.one(10_000) is None
    assert reader.events.one("ZZZZZZZZ") is None
    assert not reader.events.exists("ZZZZZZZZ")


def test_an_event_counts_its_items_sources_and_languages(reader: Reader) -> None:
    event = event_named(reader, "conference")
    # The second feed carries the words of the first one.
    assert (event["items"], event["sources"], event["languages"]) == (2, ["one"], ["en"])
    found = reader.events.one(event["id"])
    assert found is not None
    assert [item["source"] for item in found["item_list"]] == ["one", "two"]
    assert [one["how"] for one in found["why"]] == ["founded", "reprint"]


def test_events_are_narrowed_by_topic_and_time(reader: Reader) -> None:
    assert len(reader.events.newest()) == len(reader.events.newest(topic="itu")) == 5
    assert reader.events.newest(topic="drums") == reader.events.newest(status="closed") == []
    late = reader.events.newest(since=EDITS + timedelta(hours=1))
    assert [event["title"] for event in late] == [SHOWN]


def test_topics_are_counted(reader: Reader) -> None:
    assert reader.items.topic_counts() == {"itu": {"items": 6, "events": 5, "last_item_at": "2025-11-18T05:00:00Z"}}


def test_feeds_tell_their_health(chronicle: Path) -> None:
    with sqlite3.connect(chronicle / "salname.db") as connection:
        connection.execute("UPDATE feed SET state = 'throttled', last_error = 'too many requests' WHERE name = 'two'")
    with opened(chronicle / "salname.db") as reader:
        assert [(feed["name"], feed["health"]) for feed in reader.feeds.watched()] == [
            ("one", "ok"),
            ("two", "failing"),
        ]
        assert [feed["name"] for feed in reader.feeds.watched(state="throttled")] == ["two"]
        assert reader.feeds.summary()["failing"] == [
            {"name": "two", "state": "throttled", "error": "too many requests", "held": None}
        ]


def test_the_outbox_is_read_by_state_and_channel(reader: Reader) -> None:
    waiting = reader.alerts.deliveries(now=NOW, state="due")
    assert len(waiting) == len(reader.alerts.deliveries(now=NOW, channel="desk")) == 5
    assert (
        reader.alerts.deliveries(now=NOW, state="delivered") == reader.alerts.deliveries(now=NOW, channel="other") == []
    )
    assert reader.alerts.channels()["desk"]["queued"] == 5
    one = reader.alerts.delivery(waiting[-1]["id"], now=NOW)
    assert one is not None
    assert [change["kind"] for change in one["changes"]] == ["system.baseline"]
    assert one["attempts"] == []
    assert waiting[0]["id"] in reader.alerts.ids_like(waiting[0]["id"][:4])


def test_what_told_nobody_has_its_reason(reader: Reader) -> None:
    reasons = {(one["kind"], one["reason"]) for one in reader.alerts.undelivered()}
    assert ("event.created", "backfill") in reasons, reasons


def test_a_missing_and_a_foreign_database_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no timeline yet"), opened(tmp_path / "none.db"):
        pass
    sqlite3.connect(tmp_path / "other.db").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(StoreError, match="no database of Salname"), opened(tmp_path / "other.db"):
        pass
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked at " * 40)
    with pytest.raises(StoreError, match="cannot be read"), opened(tmp_path / "text.db"):
        pass


def test_a_reader_cannot_write(reader: Reader) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader._connection.all("DELETE FROM change")


QUERIES: dict[str, Callable[[Reader], object]] = {
    "timeline": lambda reader: reader.timeline.changes(),
    "timeline of a span": lambda reader: reader.timeline.changes(since=BASELINE, until=EDITS),
    "timeline of a topic": lambda reader: reader.timeline.changes(topic="itu", since=BASELINE),
    "new changes": lambda reader: reader.timeline.after(1),
    "items": lambda reader: reader.items.newest(),
    "items of a span": lambda reader: reader.items.newest(since=BASELINE, until=EDITS),
    "items of a topic": lambda reader: reader.items.newest(topic="itu"),
    "item": lambda reader: reader.items.one(5),
    "events": lambda reader: reader.events.newest(),
    "events of a span": lambda reader: reader.events.newest(since=BASELINE),
    "events of a topic": lambda reader: reader.events.newest(topic="itu"),
}
BY_EVENT: dict[str, Callable[[Reader], object]] = {
    "timeline of an event": lambda reader: reader.timeline.changes(event=reader.events.newest()[0]["id"]),
    "event": lambda reader: reader.events.one(reader.events.newest()[0]["id"]),
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_no_query_reads_a_whole_table(reader: Reader, query: Callable[[Reader], object]) -> None:
    assert scans(reader, query) == []


@pytest.mark.parametrize("query", BY_EVENT.values(), ids=BY_EVENT.keys())
def test_no_query_on_an_event_reads_a_whole_table(reader: Reader, query: Callable[[Reader], object]) -> None:
    assert scans(reader, query) == []


def test_a_query_that_reads_a_whole_table_is_found_out(reader: Reader) -> None:
    assert scans(reader, lambda it: it._connection.all("SELECT * FROM change c WHERE c.happened_on IS NULL")) == [
        "SCAN c"
    ]


def scans(reader: Reader, query: Callable[[Reader], object]) -> list[str]:
    """The steps of the query's plans that read a large table from end to end."""
    connection = reader._connection._connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    query(reader)
    connection.set_trace_callback(None)
    assert statements
    steps = [row["detail"] for one in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {one}")]
    return [step for step in steps if step.split()[:2] in LARGE and "USING" not in step]


LARGE = [["SCAN", name] for name in ("c", "change", "i", "item", "e", "event", "t", "l", "s", "d")]
