"""What a poll is told of the past, and what that costs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from storage.model import FeedMemory, Plan, RevisionClass
from storage.store import Store
from tests.builders_storage import (
    DAY,
    HOUR,
    NOON,
    a_content,
    a_plan,
    a_revision,
    a_sighting,
    add_feed,
    an_item,
    context_of,
    guid_key,
    link_key,
    open_store,
    publish,
)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    add_feed(opened)
    add_feed(opened, "two")
    yield opened
    opened.close()


def document(number: int, **parts) -> Plan:
    return Plan(feed_id=1, at=NOON + HOUR, memory=FeedMemory(document=number), document=number, **parts)


def test_an_empty_archive_says_so(store):
    context = context_of(store, keys=[guid_key(1)], contents=[a_content()], sentences=[5])
    assert (context.feed.id, context.next_item_id) == (1, 1)
    assert not any(
        (
            context.keys,
            context.items,
            context.present,
            context.tracked,
            context.twins,
            context.sentences,
            context.barred,
        )
    )


def test_numbers_go_on_after_the_last_item(store):
    publish(store, a_plan(an_item(1), an_item(41)))
    assert context_of(store).next_item_id == 42


def test_an_item_is_found_under_each_of_its_keys(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    context = context_of(store, feed_id=2, keys=[guid_key(1), link_key(2), guid_key(3)])
    assert context.keys == {guid_key(1): 1, link_key(2): 2}
    assert set(context.items) == {1, 2}
    known = context.items[1]
    assert known.item == an_item(1)
    assert known.keys == {guid_key(1), link_key(1)}
    assert known.sightings == {1: a_sighting(1, a_content())}
    assert known.topics == ("itu",)
    assert not known.forgotten
    assert known.revisions == ()  # of the asking feed, which never showed it


def test_thousands_of_keys_are_looked_up_together(store):
    publish(store, a_plan(*(an_item(number) for number in range(1, 1_201))))
    keys = [key(number) for number in range(1, 1_500) for key in (guid_key, link_key)]
    assert len(context_of(store, keys=keys).keys) == 2_400


def test_unchanged_items_come_with_hashes_and_without_words(store):
    content = a_content()
    publish(store, a_plan(an_item(1), contents={1: content}))
    (revision,) = context_of(store, keys=[guid_key(1)], contents=[content]).items[1].revisions
    assert revision == a_revision(1, content._replace(title="", text=""))


def test_the_last_version_of_a_changed_item_comes_with_its_words(store):
    first, second = a_content(text="First words."), a_content(text="Second words.")
    publish(store, a_plan(an_item(1), contents={1: first}))
    revision = a_revision(1, second, n=2, class_=RevisionClass.STYLE)
    publish(store, document(2, revisions=[revision], sightings=[a_sighting(1, second, document=2)]))
    known = context_of(store, keys=[guid_key(1)], contents=[a_content(text="Third words.")]).items[1]
    assert [each.content.text for each in known.revisions] == ["", "Second words."]
    assert [each.content.title for each in known.revisions] == ["", second.title]
    assert [each.content.content_hash for each in known.revisions] == [first.content_hash, second.content_hash]


def test_the_words_after_a_revert_are_those_it_went_back_to(store):
    first, second = a_content(text="First words."), a_content(text="Second words.")
    publish(store, a_plan(an_item(1), contents={1: first}))
    reverted = [
        a_revision(1, second, n=2, class_=RevisionClass.STYLE),
        a_revision(1, first, n=3, class_=RevisionClass.REVERT, reverts_to=1),
    ]
    publish(store, document(2, revisions=reverted))
    known = context_of(store, keys=[guid_key(1)], contents=[a_content(text="Third words.")]).items[1]
    assert [each.content.text for each in known.revisions] == ["", "", "First words."]


def test_versions_are_those_of_the_asking_feed(store):
    mine, theirs = a_content(text="As one shows it."), a_content(text="As two shows it.")
    publish(store, a_plan(an_item(1), contents={1: mine}))
    second = a_revision(1, theirs, n=2, feed_id=2, class_=RevisionClass.STYLE)
    other = Plan(feed_id=2, at=NOON, memory=None, revisions=[second], sightings=[a_sighting(1, theirs, feed_id=2)])
    publish(store, other)
    for feed_id, words in ((1, "As one shows it."), (2, "As two shows it.")):
        known = context_of(store, feed_id, keys=[link_key(1)], contents=[a_content(text="New.")]).items[1]
        assert [each.content.text for each in known.revisions] == [words]
        assert set(known.sightings) == {1, 2}


def test_an_item_under_a_new_key_and_the_old_title_comes_with_its_words(store):
    content = a_content("A title of a story", "Old text.")
    publish(store, a_plan(an_item(1), contents={1: content}))
    context = context_of(store, keys=[guid_key(9)], contents=[a_content("A title of a story", "New text.")])
    assert context.items[1].revisions[-1].content.text == "Old text."
    assert context.items[1].keys


def test_present_are_the_items_of_the_current_document(store):
    publish(store, a_plan(an_item(1), an_item(2)))
    assert context_of(store).present == {1, 2}
    publish(store, replace(a_plan(an_item(3), document=2), sightings=[
        a_sighting(2, a_content(), document=2), a_sighting(3, a_content(), document=2),
        a_sighting(1, a_content(), document=1, missing_count=1),
    ]))  # fmt: skip
    context = context_of(store)
    assert context.present == {2, 3}
    assert context.tracked == {1, 2, 3}
    assert set(context.items) == {1, 2, 3}
    assert context_of(store, 2).present == frozenset()


@pytest.mark.parametrize(
    ("sighting", "tracked"),
    [
        (a_sighting(1, a_content(), document=18, missing_count=2), True),
        (a_sighting(1, a_content(), document=17, missing_count=3), False),
        (a_sighting(1, a_content(), document=18, missing_count=1, withdrawn_at=NOON), False),
        (a_sighting(1, a_content(), document=11, missing_count=0), True),
        (a_sighting(1, a_content(), document=10, missing_count=0), False),
    ],
    ids=["missed twice", "given up", "withdrawn", "documents came truncated", "too long ago"],
)
def test_absence_is_judged_for_items_seen_lately(store, sighting, tracked):
    publish(store, a_plan(an_item(1), an_item(2)))
    publish(store, document(20, sightings=[sighting, a_sighting(2, a_content(), document=20)]))
    context = context_of(store)
    assert context.present == {2}
    assert context.tracked == ({1, 2} if tracked else {2})


def test_copies_are_found_by_all_words_and_by_the_text_alone(store):
    same = a_content("One title here today", "The same words in both of them.")
    retitled = a_content("Another title here today", "The same words in both of them.")
    publish(store, a_plan(an_item(1, title=same.title), an_item(2, title="Other"), contents={1: same}))
    twins = context_of(store, 2, contents=[same]).twins
    (twin,) = twins[same.content_hash]
    assert twin.item == an_item(1, title=same.title)
    assert twin.sighting == a_sighting(1, same)
    assert (twin.title_word_count, twin.text_word_count, twin.series_title) == (4, 7, False)
    twins = context_of(store, 2, contents=[retitled]).twins
    assert [twin.item.id for twin in twins[retitled.text_hash]] == [1]
    assert retitled.content_hash not in twins


def test_copies_are_relevant_and_of_this_week_or_of_the_feed_itself(store):
    content = a_content("One title here today", "The same words in all of them.")
    publish(store, a_plan(
        an_item(1, at=NOON - 8 * DAY), an_item(2, at=NOON - 6 * DAY), an_item(3, relevant=False, at=NOON),
        contents=dict.fromkeys((1, 2, 3), content),
    ))  # fmt: skip
    assert [twin.item.id for twin in context_of(store, 2, contents=[content]).twins[content.content_hash]] == [2]
    assert [twin.item.id for twin in context_of(store, 1, contents=[content]).twins[content.content_hash]] == [3, 2]


def test_of_very_many_copies_the_newest_are_compared(store):
    content = a_content("Daily digest", "")
    items = [an_item(number) for number in range(1, 101)]
    publish(store, a_plan(*items, contents=dict.fromkeys(range(1, 101), content)))
    twins = context_of(store, 2, contents=[content]).twins[content.content_hash]
    assert [twin.item.id for twin in twins] == list(range(100, 80, -1))
    assert all(twin.series_title for twin in twins)


def test_a_title_on_three_links_of_a_feed_names_a_series(store):
    title = a_content("Morning digest")
    contents = {number: title._replace(text_hash=f"1:{number}", content_hash=f"1:{number}") for number in range(1, 5)}
    publish(store, a_plan(an_item(1), an_item(2), contents=contents))
    assert context_of(store, contents=[title]).series_titles == frozenset()
    publish(store, a_plan(an_item(3), document=2, contents=contents))
    assert context_of(store, contents=[title]).series_titles == {title.title_hash}
    assert context_of(store, 2, contents=[title]).series_titles == frozenset()


def test_a_title_on_one_link_three_times_is_no_series(store):
    title = a_content("A long running story")
    contents = {number: title._replace(text_hash=f"1:{number}", content_hash=f"1:{number}") for number in range(1, 4)}
    items = [an_item(number, url="https://news.example/story") for number in range(1, 4)]
    publish(store, a_plan(*items, contents=contents))
    assert context_of(store, contents=[title]).series_titles == frozenset()


def test_sentences_lead_to_the_items_that_hold_them(store):
    publish(store, a_plan(an_item(1), an_item(2), sentences={1: [10, 20, 30], 2: [20, 40]}))
    context = context_of(store, 2, sentences=[10, 20, 40, 50])
    assert context.sentences == {10: (1,), 20: (2, 1), 40: (2,)}
    assert {number: twin.item.id for number, twin in context.sentence_items.items()} == {1: 1, 2: 2}
    assert context.sentence_items[1].sighting == a_sighting(1, a_content())


def test_a_sentence_on_three_days_of_one_feed_is_furniture(store):
    for day, number in enumerate((1, 2, 3)):
        item = an_item(number, at=NOON - day * DAY)
        publish(store, a_plan(item, document=number, sentences={number: [7, 100 + number]}))
        publish(store, a_plan(an_item(number + 10, feed_id=2, at=NOON), feed_id=2, document=number,
                              sentences={number + 10: [8]}))  # fmt: skip
        found = context_of(store, sentences=[7, 8, 101]).furniture
        assert found == ({7} if day == 2 else set()), f"after {day + 1} days"
    context = context_of(store, sentences=[7, 8, 101])
    assert context.sentences == {8: (13, 12, 11), 101: (1,)}


def test_furniture_is_known_however_much_a_feed_publishes_in_a_day(store):
    days = [an_item(number, at=NOON - (3 - number // 100) * DAY) for number in range(1, 300)]
    publish(store, a_plan(*days, sentences={item.id: [7] for item in days}))
    assert context_of(store, sentences=[7]).furniture == {7}


def test_of_very_many_items_with_a_sentence_the_newest_are_compared(store):
    items = [an_item(number) for number in range(1, 101)]
    publish(store, a_plan(*items, sentences={item.id: [7] for item in items}))
    context = context_of(store, 2, sentences=[7])
    assert context.sentences == {7: tuple(range(100, 80, -1))}
    assert set(context.sentence_items) == set(range(81, 101))


def test_sentences_of_last_week_are_not_looked_at(store):
    publish(store, a_plan(an_item(1, at=NOON - 8 * DAY), an_item(2, at=NOON - 6 * DAY), sentences={1: [7], 2: [7]}))
    assert context_of(store, sentences=[7]).sentences == {7: (2,)}


def ask_about(store: Store, last: int) -> None:
    """A document of 29 entries, 25 known and four new, with a title, a text and a sentence that many share."""
    shared = a_content("Daily digest", "A text that very many share in this archive.")
    new = [a_content(f"New {number}", f"New words {number}.") for number in range(5)]
    context_of(
        store,
        keys=[key(number) for number in range(last - 24, last + 5) for key in (guid_key, link_key)],
        contents=[shared, *new],
        sentences=[7, *(number * 10 for number in range(last - 24, last + 5))],
    )


def an_archive(store: Store, size: int) -> None:
    """Items of one feed, 100 a document, all with one title and text, of this very day: the worst case."""
    shared = a_content("Daily digest", "A text that very many share in this archive.")
    for start in range(1, size + 1, 100):
        numbers = range(start, start + 100)
        publish(store, a_plan(
            *(an_item(number) for number in numbers), document=start,
            contents=dict.fromkeys(numbers, shared), sentences={number: [7, number * 10] for number in numbers},
        ))  # fmt: skip


@contextmanager
def watched(store: Store, note: Callable[[str], object]) -> Iterator[None]:
    """Note each statement, with its values in their places, as the driver runs it."""
    with store._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(note)
    yield
    driver.set_trace_callback(None)


def steps_of(store: Store, act: Callable[[], None]) -> int:
    """How many hundreds of instructions of its virtual machine SQLite runs for an action."""
    count = 0

    def tick() -> int:
        nonlocal count
        count += 1
        return 0

    def watch(handler: Callable[[], int] | None) -> None:
        with store._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.set_progress_handler(handler, 100)

    watch(tick)
    act()
    watch(None)
    return count


def test_the_cost_of_a_context_does_not_grow_with_the_archive(tmp_path):
    costs = {}
    for size in (500, 5_000):
        folder = tmp_path / str(size)
        store = open_store(folder)
        add_feed(store)
        an_archive(store, size)
        costs[size] = steps_of(store, partial(ask_about, store, size))
        store.close()
    assert costs[500] > 100
    # The common sentence is looked at in its 2,000 newest items, four times as many as the small archive has.
    assert costs[5_000] < 4 * costs[500]


def test_no_question_of_a_poll_walks_through_a_table(store):
    an_archive(store, 100)
    asked: list[str] = []
    with watched(store, asked.append):
        ask_about(store, 100)
        with store.reading() as tx:
            tx.feeds.due(NOON, 10)
            tx.feeds.range_hashes(1)
    questions = [text for text in asked if text.startswith(("SELECT", "WITH"))]
    assert len(questions) > 15
    walked = set()
    with store.reading() as tx:
        for text in questions:
            plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            walked |= {
                (row[3], text) for row in plan
                if row[3].startswith("SCAN ") and row[3].split()[1] not in {"asked", "newest", "links"}
                and "CONSTANT ROW" not in row[3] and "(subquery" not in row[3]
            }  # fmt: skip
    assert walked == set()
