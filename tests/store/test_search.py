"""The full-text index: it follows what is stored, in the same transaction, and finds what it should at any size."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from monitor.events.searching import marked, searchable
from monitor.viewer.search import parse, search
from storage.model import Item, Plan
from storage.reading import opened
from storage.store import Store
from tests.builders_reading import Shell
from tests.builders_storage import DAY, NOON, a_plan, add_feed, an_item, open_store, publish

TEXTS = {
    1: ("İKTA Bakıda mərkəz açır", "Azərbaycanın nazirliyi bildirib ki, mərkəz payızda hazır olacaq.", "az"),
    2: ("ITU opens a centre in Baku", "The ministry signed a plan of four years with the union.", "en"),
    3: ("МСЭ открывает центр в Баку", "Министерство подписало план на четыре года.", "ru"),
    4: ("A cable is laid", "Years ago four plans failed; the ITU now signs a fifth.", "en"),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path)
    add_feed(made)
    for number in TEXTS:
        stored(made, number)
    yield made
    made.close()


def stored(store: Store, number: int, *, title: str = "", known: Item | None = None) -> None:
    told, text, lang = TEXTS[number]
    item = (known or an_item(number, title=title or told, at=NOON + number * DAY))._replace(lang=lang)
    words = marked(searchable(title or told, text, lang=lang), item, ("itu",) if number < 4 else ("cables",))
    plan = a_plan(item) if known is None else a_plan()
    publish(store, replace(plan, search={number: words}))


def ids(store: Store, words: str, *, limit: int = 20) -> list[int]:
    with opened(store.path) as reader:
        asked = parse(words, moment=lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC))
        return [int(item["id"]) for item in search(reader, asked, limit=limit)]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("ikta", {1}),
        ("IKTA", {1}),
        ("nazirlik", {1}),
        ("azərbaycan", {1}),
        ("azerbaycan", {1}),
        ("министерства", {3}),
        ("planning", {2, 4}),
        ("itu", {2, 4}),
        ('"four years"', {2}),
        ("four years", {2, 4}),
        ("minist*", {2}),
        ("мин*", {3}),
        ("itu -cable", {2}),
        ("topic:itu", {1, 2, 3}),
        ("topic:itu lang:ru", {3}),
        ("itu topic:cables", {4}),
        ("itu since:2025-12-04", {4}),
        ("itu source:outlet", set()),
        ("union cable", set()),
        ("AND OR NOT", set()),
        ('itu NEAR(" cable', set()),
        ("{title}:itu", set()),
    ],
)
def test_a_search_finds_what_it_asks_for(store, words, wanted):
    assert set(ids(store, words)) == wanted


def test_the_newest_of_equals_comes_first(store):
    assert ids(store, "itu") == [2, 4]  # in the title beats in the text
    assert ids(store, "planning") == [4, 2]


def test_a_source_is_asked_for_by_the_name_of_its_feed(store):
    with opened(store.path) as reader:
        (_, names), *_ = reader.search.feeds()
    assert len(ids(store, f"source:{names.split()[0]}")) == 4


def test_a_version_with_other_words_is_found_by_those_alone(store):
    assert ids(store, "cable") == [4]
    with store.reading() as tx:
        known = tx.items.get(4)
    stored(store, 4, title="A tunnel is dug", known=known)
    assert ids(store, "cable") == []
    assert ids(store, "tunnel") == [4]
    expect_sound(store)


def test_what_is_rolled_back_was_never_found(store):
    plan = replace(a_plan(an_item(9)), search={9: searchable("A strange headline", "", lang="en")})
    with pytest.raises(KeyError):
        apply_and_fail(store, plan)
    assert ids(store, "strange") == []
    publish(store, plan)
    assert ids(store, "strange") == [9]


def apply_and_fail(store: Store, plan: Plan) -> None:
    with store.writing() as tx:
        tx.apply(plan)
        raise KeyError


def test_a_forgotten_item_leaves_no_word_in_the_file(store):
    assert ids(store, "union") == [2]
    with store.writing() as tx:
        assert tx.items.forget(2, NOON + 9 * DAY)
    assert ids(store, "union") == []
    assert ids(store, "itu") == [4]
    with closing(sqlite3.connect(store.path)) as connection:
        terms = connection.execute("SELECT count(*) FROM item_fts WHERE item_fts MATCH 'union'").fetchone()
        blocks = b"".join(bytes(block) for (block,) in connection.execute("SELECT block FROM item_fts_data"))
    assert terms == (0,)
    assert b"union" not in blocks
    assert b"tunnel" not in blocks
    assert b"cabl" in blocks
    expect_sound(store)


def test_a_purged_item_is_not_found(store):
    assert ids(store, "ikta") == [1]
    late = NOON + 200 * DAY
    publish(store, a_plan(an_item(9, at=late), document=50, at=late))
    with store.writing() as tx:
        assert tx.items.purge(late - 90 * DAY, 10) == 4
    assert ids(store, "ikta") == []
    expect_sound(store)


def expect_sound(store: Store) -> None:
    """FTS5 itself compares the index with the table."""
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("INSERT INTO item_fts(item_fts, rank) VALUES ('integrity-check', 1)")


def test_a_common_word_costs_no_more_than_it_must(tmp_path):
    from tests.bench.looking import COMMON, build

    build(tmp_path / "salname.db", 3_000)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with opened(tmp_path / "salname.db") as reader:
        reader._connection._connection.set_progress_handler(count, 100)
        asked = parse(COMMON, moment=lambda _: NOON)
        assert len(search(reader, asked)) == 20
        few = steps
        build_more(tmp_path / "salname.db")
        steps = 0
        assert len(search(reader, asked)) == 20
    assert steps < 1.2 * few


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_a_million_items_are_searched_in_a_blink(tmp_path):
    from tests.bench.looking import COMMON, MEDIUM, RARE, build, timed

    build(tmp_path / "salname.db", 1_000_000)
    with opened(tmp_path / "salname.db") as reader:
        for word, most, count in ((RARE, 20, 5), (MEDIUM, 20, 20), (COMMON, 100, 20)):
            asked = parse(word, moment=lambda _: NOON)
            assert len(search(reader, asked)) == count
            assert timed(partial(search, reader, asked)) < most, word


def build_more(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO item SELECT id + 100000, feed_id, url, title, lang, origin, relevant, first_seen_at, "
            "published_raw, published_at, published_on, tz_known, date_trusted, sort_at, source_name, copy_of, "
            "copy_group, event_id, revision_count, withdrawn_at, forgotten_at FROM item"
        )
        connection.execute("INSERT INTO item_search SELECT item_id + 100000, title, text, marks FROM item_search")


def test_the_command_prints_the_hits_and_the_contract_holds(shell: Shell):
    found = shell.json("search", "networks")
    assert {"id", "title", "event", "topics", "snippet", "score", "hits"} <= found[0].keys()
    assert found[0]["score"] >= found[-1]["score"] > 0
    for item in found:
        marks = [item["snippet"][start:end] for start, end in item["hits"]]
        assert {mark.lower() for mark in marks} <= {"network", "networks"}
        assert marks
    plain = shell("search", "networks", "-villages")
    assert (plain.code, plain.out) == (2, "") or "network" not in plain.out
    assert "*Networks*" in shell("search", "networks").out


def test_the_command_says_what_it_cannot_read(shell: Shell):
    assert 'did you mean "drums"' in shell.refusal("search", "topic:drum")
    assert "since:" in shell.refusal("search", "itu since:yesterweek")
    assert "nothing to search for" in shell.refusal("search", "since:7d")
    assert "Nothing found" in shell("search", "xylophone").err


def test_a_hostile_headline_is_found_and_stays_text(shell: Shell):
    said = shell("search", "drill").out
    assert "[bold red]a headline[/]" in said
    assert "\u202e" not in said


def test_what_a_poll_stores_is_found_after_it(shell: Shell):
    assert [item["title"] for item in shell.json("search", '"44 new networks"')] != []
    assert shell.json("search", '"40 new networks"') == []  # corrected since


def test_what_is_imported_is_found(shell: Shell):
    lines = {
        "url": "https://old.example/1",
        "title": "ITU opened an observatory",
        "text": "Long ago.",
        "published": None,
    }
    file = shell.folder / "old.jsonl"
    file.write_text(json.dumps(lines) + "\n", encoding="utf-8")
    assert shell("import", str(file)).code == 0
    (found,) = shell.json("search", "observatories")
    assert found["origin"] == "import"
    assert shell("items", "forget", found["id"]).code == 0
    assert shell.json("search", "observatories") == []
