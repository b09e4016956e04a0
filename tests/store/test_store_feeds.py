"""Feeds: declared, leased, remembered."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from storage.errors import StoreError
from storage.feeds import DeclaredFeed
from storage.model import FeedMemory, FeedOptions, FeedState, FetchRecord, Plan
from storage.store import Store
from tests.builders_storage import DAY, HOUR, NOON, a_plan, add_feed, an_item, open_store, publish, range_hash

MEMORY = FeedMemory(
    state=FeedState.THROTTLED,
    etag='W/"caf\xe9"',
    last_modified="Mon, 01 Dec 2025 12:00:00 GMT",
    validators_url="https://one.example/final",
    body_hash="ab" * 16,
    matching_hash="cd" * 16,
    document=41,
    document_at=NOON,
    next_poll_at=NOON + HOUR,
    next_poll_why="the server asked for an hour",
    polled_at=NOON,
    ok_at=NOON - HOUR,
    live_at=NOON - DAY,
    fresh_until_at=NOON + HOUR,
    not_before_at=NOON + 2 * HOUR,
    unconditional_at=NOON - DAY,
    gone_at=NOON - 2 * DAY,
    failing_since_at=NOON - 3 * DAY,
    paused_until_at=NOON + DAY,
    moved_to="https://two.example/feed",
    moved_at=NOON - 4 * DAY,
    moved_count=3,
    held_count=60,
    failure_count=2,
    last_status=429,
    last_error="too many requests",
    flags=frozenset({"bozo", "moved"}),
    depth_s=3600.5,
    gap_s=120.25,
    new_p95=4.0,
    lower_bound_s=1800.0,
    skip_hours=(0, 23),
    skip_days=(6,),
    possible_gap=(NOON - HOUR, NOON, 2.5),
    samples={"depth": [1.5, 2.5], "gone": None},
)


@pytest.fixture
def store(tmp_path):
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def declared(*names: str, options: FeedOptions | None = None) -> list[DeclaredFeed]:
    options = options or FeedOptions()
    return [DeclaredFeed(url=f"https://{name}.example/feed.xml", name=name, options=options) for name in names]


def sync(store, *names, now=NOON, options=None):
    with store.writing() as tx:
        tx.feeds.sync(declared(*names, options=options), now)


def active(store) -> list[str]:
    with store.reading() as tx:
        return [feed.name for feed in tx.feeds.all() if feed.active]


def remember(store, feed_id, **memory) -> None:
    with store.writing() as tx:
        tx.feeds.set_memory(feed_id, FeedMemory(**memory))


def due(store, now=NOON, limit=10) -> list[str]:
    with store.reading() as tx:
        return [feed.name for feed in tx.feeds.due(now, limit)]


def test_everything_learned_of_a_feed_comes_back(store):
    untold = [name for name, told in MEMORY._asdict().items() if told == FeedMemory._field_defaults[name]]
    assert untold == [], "a new field of the memory belongs into this test"
    feed = add_feed(store)
    with store.writing() as tx:
        tx.feeds.set_memory(feed.id, MEMORY)
    with store.reading() as tx:
        assert tx.feeds.get(feed.id).memory == MEMORY
        assert tx.feeds.by_url(feed.url) == replace(feed, memory=MEMORY)


def test_every_option_of_a_feed_comes_back(store):
    options = FeedOptions(
        lang="az", timezone="Asia/Baku", outlet="AZERTAC", user_agent="compatible", official=True, fetch_page=True,
        page=True, assume=("azerbaijan",), topics=("itu", "wtdc"),
        auth_env="FEED_AUTH", headers_env=(("X-Key", "FEED_KEY"),),
    )  # fmt: skip
    assert all(getattr(options, each.name) != each.default for each in fields(FeedOptions))
    sync(store, "one", options=options)
    with store.reading() as tx:
        assert tx.feeds.get(1).options == options


def test_a_memory_written_by_an_older_version_has_defaults_for_the_rest(store):
    add_feed(store)
    with store.writing() as tx:
        tx._connection.exec_driver_sql("""UPDATE feed SET memory_json = '{"moved_count":2,"unheard_of":1}'""")
    with store.reading() as tx:
        memory = tx.feeds.get(1).memory
    assert memory == FeedMemory(moved_count=2)


def test_the_configuration_says_which_feeds_are_polled(store):
    sync(store, "one", "two")
    assert active(store) == ["one", "two"]
    sync(store, "two", "three")
    assert active(store) == ["two", "three"]


def test_a_feed_that_stays_declared_keeps_what_was_learned(store):
    sync(store, "one")
    with store.writing() as tx:
        tx.feeds.set_memory(1, MEMORY)
    sync(store, "one", options=FeedOptions(lang="az"))
    with store.reading() as tx:
        feed = tx.feeds.get(1)
    assert feed.memory == MEMORY
    assert feed.options == FeedOptions(lang="az")


def test_a_feed_that_is_declared_again_starts_with_a_baseline(store):
    sync(store, "one")
    remember(store, 1, live_at=NOON, document=7, etag='"x"')
    sync(store)
    sync(store, "one")
    with store.reading() as tx:
        memory = tx.feeds.get(1).memory
    assert memory == FeedMemory(live_at=None, document=7, etag='"x"')


def test_feeds_of_the_command_line_survive_the_configuration(store):
    with store.writing() as tx:
        tx.feeds.add("https://mine.example/feed", "mine", FeedOptions(), "command", NOON)
    sync(store, "one")
    sync(store)
    assert active(store) == ["mine"]


def test_adding_a_feed_twice_changes_nothing(store):
    with store.writing() as tx:
        first = tx.feeds.add("https://mine.example/feed", "mine", FeedOptions(lang="az"), "command", NOON)
        again = tx.feeds.add("https://mine.example/feed", "other", FeedOptions(), "command", NOON + HOUR)
    assert first == again
    assert first.created_at == NOON


def test_a_removed_feed_that_is_added_again_is_waked(store):
    with store.writing() as tx:
        feed = tx.feeds.add("https://mine.example/feed", "mine", FeedOptions(), "command", NOON)
        tx.feeds.set_memory(feed.id, FeedMemory(live_at=NOON))
        tx.feeds.deactivate(feed.id)
    assert active(store) == []
    with store.writing() as tx:
        again = tx.feeds.add("https://mine.example/feed", "again", FeedOptions(), "command", NOON + HOUR)
    assert (again.id, again.name, again.active, again.memory.live_at) == (feed.id, "again", True, None)


def test_an_import_source_is_never_due(store):
    add_feed(store)
    with store.writing() as tx:
        source = tx.feeds.add("import:archive.jsonl", "archive", FeedOptions(), "import", NOON)
        again = tx.feeds.add("import:archive.jsonl", "archive", FeedOptions(), "import", NOON)
    assert source == again
    assert not source.active
    assert due(store) == ["one"]


def test_an_unknown_feed_is_named(store):
    with pytest.raises(StoreError, match="no feed 77"), store.reading() as tx:
        tx.feeds.get(77)


def test_the_longest_overdue_feed_comes_first_and_a_new_one_before_it(store):
    for name in ("later", "overdue", "long", "new"):
        add_feed(store, name)
    remember(store, 1, next_poll_at=NOON + HOUR)
    remember(store, 2, next_poll_at=NOON - HOUR)
    remember(store, 3, next_poll_at=NOON - 2 * HOUR)
    assert due(store) == ["new", "long", "overdue"]
    assert due(store, limit=2) == ["new", "long"]
    assert due(store, limit=1) == ["new"]
    assert due(store, now=NOON + HOUR) == ["new", "long", "overdue", "later"]


def test_a_paused_feed_is_due_when_its_pause_ends(store):
    for name in ("for good", "for an hour"):
        add_feed(store, name.replace(" ", "-"))
    remember(store, 1, state=FeedState.PAUSED)
    remember(store, 2, state=FeedState.PAUSED, paused_until_at=NOON + HOUR, next_poll_at=NOON)
    assert due(store) == []
    assert due(store, now=NOON + HOUR) == ["for-an-hour"]


def test_a_leased_feed_is_nobody_elses_until_the_lease_ends(store):
    add_feed(store)
    add_feed(store, "two")
    until = NOON + timedelta(minutes=5)
    later = {1: NOON + HOUR, 2: NOON + HOUR}
    with store.writing() as tx:
        assert tx.feeds.lease([1], "first", until, later, NOON) == [1]
        assert tx.feeds.lease([1, 2], "second", until, later, NOON) == [2]
    assert due(store, now=until - timedelta(seconds=1)) == []
    with store.writing() as tx:
        assert tx.feeds.lease([1], "third", until + HOUR, later, until) == [1]


def test_the_next_poll_is_written_with_the_lease(store):
    add_feed(store)
    with store.writing() as tx:
        tx.feeds.lease([1], "me", NOON + timedelta(minutes=5), {1: NOON + HOUR}, NOON)
    # The poller dies; its lease ends, but its server is left in peace until the hour is over.
    assert due(store, now=NOON + timedelta(minutes=30)) == []
    assert due(store, now=NOON + HOUR) == ["one"]


def test_a_released_feed_is_free(store):
    add_feed(store)
    with store.writing() as tx:
        tx.feeds.lease([1], "me", NOON + HOUR, {1: NOON}, NOON)
    assert due(store) == []
    with store.writing() as tx:
        tx.feeds.release(1)
    assert due(store) == ["one"]


def test_a_poll_ends_its_lease_with_what_it_learned(store):
    add_feed(store)
    with store.writing() as tx:
        tx.feeds.lease([1], "me", NOON + DAY, {1: NOON + HOUR}, NOON)
    plan = Plan(
        feed_id=1, at=NOON, memory=FeedMemory(next_poll_at=NOON + 2 * HOUR), effective_url="https://new.example"
    )
    publish(store, plan)
    assert due(store, now=NOON + 2 * HOUR) == ["one"]
    with store.reading() as tx:
        assert tx.feeds.get(1).effective_url == "https://new.example"
        assert tx.feeds.get(1).url == "https://one.example/feed.xml"


def test_an_import_leaves_the_memory_alone(store):
    add_feed(store)
    with store.writing() as tx:
        tx.feeds.set_memory(1, MEMORY)
    publish(store, replace(a_plan(an_item(1)), memory=None))
    with store.reading() as tx:
        assert tx.feeds.get(1).memory == MEMORY
        assert tx.items.get(1) is not None


def test_the_next_due_time_looks_past_pauses_and_leases(store: Store):
    def next_due() -> datetime | None:
        with store.reading() as tx:
            return tx.feeds.next_due_at()

    assert next_due() is None
    add_feed(store)
    assert next_due() == NOON  # never polled: since it was made
    remember(store, 1, next_poll_at=NOON + HOUR)
    assert next_due() == NOON + HOUR
    with store.writing() as tx:
        tx.feeds.lease([1], "me", NOON + 2 * HOUR, {1: NOON + HOUR}, NOON)
    assert next_due() == NOON + 2 * HOUR
    add_feed(store, "two")
    remember(store, 2, next_poll_at=NOON - HOUR, state=FeedState.PAUSED, paused_until_at=NOON + timedelta(minutes=90))
    assert next_due() == NOON + timedelta(minutes=90)
    remember(store, 2, state=FeedState.PAUSED)
    assert next_due() == NOON + 2 * HOUR


def test_the_last_fifty_polls_are_kept(store):
    add_feed(store)
    add_feed(store, "two")
    for number in range(60):
        record = FetchRecord(
            at=NOON + number * HOUR, outcome="new", http_status=200, byte_count=number, entry_count=3, new_count=2,
            revised_count=1, error=None, duration_s=0.125,
        )  # fmt: skip
        publish(store, Plan(feed_id=1, at=NOON, memory=None, fetch=record))
    publish(store, Plan(feed_id=2, at=NOON, memory=None, fetch=FetchRecord(at=NOON, outcome="failed", error="gone")))
    with store.reading() as tx:
        kept = tx.feeds.recent_fetches(1, 100)
        assert tx.feeds.recent_fetches(1, 2) == kept[:2]
        assert tx.feeds.recent_fetches(2, 100) == [FetchRecord(at=NOON, outcome="failed", error="gone")]
    assert [record.byte_count for record in kept] == list(range(59, 9, -1))
    assert kept[0].duration_s == 0.125


def test_the_entries_of_the_current_document_are_known_by_their_bytes(store):
    add_feed(store)
    publish(store, a_plan(an_item(1), an_item(2), document=1))
    publish(store, replace(a_plan(an_item(3), document=2), seen_items=[2]))
    with store.reading() as tx:
        assert tx.feeds.range_hashes(1) == {range_hash(2): 2, range_hash(3): 3}


def test_a_naive_instant_never_reaches_the_database(store):
    add_feed(store)
    with pytest.raises(StoreError, match="needs a zone"):
        remember(store, 1, polled_at=datetime(2025, 12, 1))  # noqa: DTZ001  # what is tested
    remember(store, 1, polled_at=datetime(2025, 12, 1, tzinfo=UTC))


def test_due_feeds_are_given_page_by_page(store):
    names = [f"f{number}" for number in range(5)]
    with store.writing() as tx:
        for name in names:
            tx.feeds.add(f"https://{name}.example/feed.xml", name, FeedOptions(), "config", NOON)
        pages = [[feed.name for feed in tx.feeds.due(NOON + HOUR, 2, skip=skip)] for skip in (0, 2, 4, 6)]
    assert pages == [["f0", "f1"], ["f2", "f3"], ["f4"], []]
