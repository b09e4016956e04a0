"""When a feed is asked again, what it is learned to be, and what a person hears of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.health import HealthNote
from monitor.feeds.hosts import HostGate, MoveWatch, OfflineWatch, SilentHosts, host_of
from monitor.feeds.pace import Pace, due_after_failure, due_after_success, interval, phase, provisional, spoken
from monitor.feeds.schedule import DocumentTraits, Learned, PollFacts, is_unconditional, learn
from storage.model import FeedMemory, FeedState

NOW = datetime(2025, 11, 18, 9, 0, tzinfo=UTC)
PACE = Pace()
URL = "https://outlet.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_memory(**changed: Any) -> FeedMemory:
    known = FeedMemory(
        state=FeedState.OK, ok_at=NOW - HOUR, live_at=NOW - DAY, document=3, document_at=NOW - HOUR, matching_hash="m",
        unconditional_at=NOW - DAY, etag='"a"', body_hash="b1", gap_s=7200.0, depth_s=86_400.0,
        samples={"new_item_at": (NOW - HOUR).isoformat()},
    )  # fmt: skip
    return known._replace(**changed)


def a_document(**changed: Any) -> DocumentTraits:
    traits = DocumentTraits(entry_count=20, new_count=1, shares_items=True, oldest_at=NOW - DAY)
    return replace(traits, **changed)


def fetched(document: DocumentTraits | None = None, **changed: Any) -> PollFacts:
    facts = PollFacts(
        kind="fetched" if document else "unchanged", status=200, etag='"b"', final_url=URL, body_hash="b2",
        matching_hash="m", document=document,
    )  # fmt: skip
    return replace(facts, **changed)


def failed(failure: str = "timeout", **changed: Any) -> PollFacts:
    return replace(PollFacts(kind="failed", failure=failure, error="the server took too long"), **changed)


def after(memory: FeedMemory, facts: PollFacts, *, now: datetime = NOW, jitter: float = 0.5, url: str = URL) -> Learned:
    return learn(memory, facts, PACE, name="Outlet", url=url, effective_url=url, now=now, jitter=jitter)


def waits(memory: FeedMemory, facts: PollFacts, **given: Any) -> timedelta:
    due = after(memory, facts, **given).memory.next_poll_at
    assert due is not None
    return due - NOW


def test_a_feed_is_asked_at_half_the_time_between_its_items() -> None:
    assert waits(a_memory(), fetched()) == HOUR


def test_no_feed_is_asked_more_often_than_the_floor_or_less_often_than_the_ceiling() -> None:
    assert waits(a_memory(gap_s=60.0), fetched()) == PACE.floor
    assert waits(a_memory(gap_s=1e7, depth_s=None), fetched()) == PACE.ceiling


def test_a_shallow_document_is_asked_for_four_times_within_its_depth() -> None:
    assert waits(a_memory(gap_s=1e6, depth_s=7 * 3600.0), fetched()) == timedelta(hours=1, minutes=45)


def test_the_jitter_is_a_tenth_to_both_sides_and_only_later_when_the_server_sets_the_bound() -> None:
    assert waits(a_memory(), fetched(), jitter=0.0) == HOUR * 0.9
    fresh = fetched(fresh_s=4 * 3600.0)
    assert waits(a_memory(), fresh, jitter=0.0) == 4 * HOUR
    assert waits(a_memory(), fresh, jitter=1.0) == 4 * HOUR * 1.1


def test_freshness_is_obeyed_up_to_a_day() -> None:
    assert waits(a_memory(), fetched(fresh_s=1e6), jitter=0.0) == DAY


def test_the_ttl_is_a_lower_bound_but_never_above_half_the_depth() -> None:
    deep = a_memory(depth_s=10 * DAY.total_seconds())
    assert waits(deep, fetched(a_document(ttl_s=7200.0, oldest_at=None)), jitter=0.0) == 2 * HOUR
    shallow = a_memory(depth_s=2 * 3600.0)
    assert waits(shallow, fetched(a_document(ttl_s=1e6, oldest_at=None)), jitter=0.0) == HOUR


def test_hours_to_skip_move_the_due_time_by_a_day_at_most() -> None:
    document = a_document(skip_hours=(9, 10), oldest_at=None)
    due = after(a_memory(), fetched(document), jitter=0.5).memory.next_poll_at
    assert due is not None
    assert due.hour == 11
    never = a_document(skip_hours=tuple(range(24)), oldest_at=None)
    assert waits(a_memory(), fetched(never)) <= HOUR + DAY


def test_retry_after_is_obeyed_and_counts_as_throttled() -> None:
    learned = after(a_memory(), failed("throttled", status=429, retry_after_s=7200.0), jitter=0.0)
    assert learned.memory.state is FeedState.THROTTLED
    assert learned.memory.next_poll_at == NOW + 2 * HOUR
    assert learned.memory.not_before_at == NOW + 2 * HOUR
    assert learned.notes == ()


def test_a_limit_without_a_time_waits_a_quarter_of_an_hour_and_doubles() -> None:
    first = after(a_memory(), failed("throttled", status=503), jitter=0.5).memory
    second = after(first, failed("throttled", status=503), jitter=0.5).memory
    assert first.next_poll_at == NOW + timedelta(minutes=15)
    assert second.next_poll_at == NOW + timedelta(minutes=30)


def test_failures_back_off_by_doubling_up_to_a_day() -> None:
    memory, waited = a_memory(), list[float]()
    for _ in range(8):
        memory = after(memory, failed()).memory
        assert memory.next_poll_at is not None
        waited.append((memory.next_poll_at - NOW) / HOUR)
    assert waited == [2, 4, 8, 16, 24, 24, 24, 24]


def test_a_provisional_due_time_keeps_a_crash_loop_from_hammering() -> None:
    assert provisional(a_memory(), PACE, now=NOW) >= NOW + PACE.floor
    assert provisional(a_memory(failure_count=3), PACE, now=NOW) == NOW + 8 * HOUR


def test_failing_is_told_once_after_three_failures_and_some_hours() -> None:
    memory, told = a_memory(depth_s=8 * 3600.0), list[str]()
    for hours in (0, 1, 2, 5, 6, 9):
        learned = after(memory, failed(), now=NOW + hours * HOUR)
        memory, told = learned.memory, [*told, *(note.kind for note in learned.notes)]
    assert told == ["feed.failing"]
    assert memory.state is FeedState.FAILING


def test_recovery_is_told_once_with_how_long_it_took() -> None:
    memory = a_memory(state=FeedState.FAILING, failure_count=5, failing_since_at=NOW - timedelta(hours=9, minutes=10))
    learned = after(memory, fetched(a_document()))
    assert [(note.kind, note.summary) for note in learned.notes] == [
        ("feed.recovered", "Outlet is back after 9 h 10 min; nothing was missed")
    ]
    assert after(learned.memory, fetched(a_document())).notes == ()


def test_a_refusal_is_told_at_the_third_with_a_hint() -> None:
    memory, told = a_memory(), list[HealthNote]()
    for _ in range(4):
        learned = after(memory, failed("refused", status=403))
        memory, told = learned.memory, [*told, *learned.notes]
    assert [note.kind for note in told] == ["system.feed_refused"]
    assert "compatible" in told[0].summary


def test_gone_takes_two_answers_a_day_apart_and_is_told_once() -> None:
    once = after(a_memory(), failed("gone", status=410))
    soon = after(once.memory, failed("gone", status=410), now=NOW + HOUR)
    late = after(soon.memory, failed("gone", status=410), now=NOW + DAY)
    assert [once.memory.state, soon.memory.state, late.memory.state] == [FeedState.OK, FeedState.OK, FeedState.GONE]
    assert [note.kind for note in late.notes] == ["system.feed_gone"]
    assert after(late.memory, failed("gone", status=410), now=NOW + 2 * DAY).notes == ()


def test_a_feed_that_calls_itself_expired_is_gone_when_it_still_does_a_day_later() -> None:
    last = a_document(flags=frozenset({"expired"}))
    once = after(a_memory(), fetched(last))
    soon = after(once.memory, fetched(), now=NOW + HOUR)
    late = after(soon.memory, fetched(), now=NOW + DAY)  # its body did not change: it says so still
    assert [one.memory.state for one in (once, soon, late)] == [FeedState.OK, FeedState.OK, FeedState.GONE]
    assert [note.kind for note in late.notes] == ["system.feed_gone"]


def test_a_feed_that_takes_its_expiry_back_lives_on() -> None:
    once = after(a_memory(), fetched(a_document(flags=frozenset({"expired"}))))
    back = after(once.memory, fetched(a_document()), now=NOW + DAY)
    again = after(back.memory, fetched(a_document(flags=frozenset({"expired"}))), now=NOW + 2 * DAY)
    assert once.memory.gone_at == NOW
    assert [back.memory.gone_at, again.memory.state] == [None, FeedState.OK]


def test_ten_documents_with_honest_dates_clear_a_feed_that_made_them_up() -> None:
    memory = a_memory()
    for _ in range(2):
        memory = after(memory, fetched(a_document(dated_now=(7,)))).memory
    assert "date_untrusted" in memory.flags
    for count in range(1, 11):
        assert "date_untrusted" in memory.flags, count
        memory = after(memory, fetched(a_document())).memory
    assert "date_untrusted" not in memory.flags


def test_a_wave_that_is_held_is_no_gap() -> None:
    strange = a_document(shares_items=False, new_count=0)
    assert after(a_memory(), fetched(strange)).memory.possible_gap is not None
    assert after(a_memory(), fetched(replace(strange, held=True))).memory.possible_gap is None


def test_names_and_connections_fail_for_the_whole_host() -> None:
    once = after(a_memory(), failed("dns")).memory
    with_others = after(a_memory(), failed("dns", host_failures=5)).memory
    assert (once.failure_count, with_others.failure_count) == (1, 5)
    assert after(a_memory(), failed("http", host_failures=5)).memory.failure_count == 1


def test_failures_of_one_hosts_feeds_within_ten_minutes_count_once() -> None:
    silent = SilentHosts()
    for at in (0.0, 1.0, 599.0):
        silent.record("a.example:", reached=False, now=at)
    assert silent.count("a.example:") == 1
    silent.record("a.example:", reached=False, now=601.0)
    assert (silent.count("a.example:"), silent.count("b.example:")) == (2, 0)
    silent.record("a.example:", reached=True, now=602.0)
    assert silent.count("a.example:") == 0


def test_validators_are_renewed_by_every_answer_even_an_unchanged_body() -> None:
    assert after(a_memory(), fetched()).memory.etag == '"b"'
    same = PollFacts(kind="not_modified", status=304, etag=None, final_url=URL)
    assert after(a_memory(), same).memory.etag == '"a"'


def test_a_truncated_document_keeps_the_old_validators() -> None:
    assert after(a_memory(), fetched(a_document(), keep_validators=True)).memory.etag == '"a"'


def test_a_server_that_calls_a_changed_body_unchanged_is_asked_whole_once_a_day() -> None:
    lying = fetched(a_document(), etag='"a"', unconditional=True)
    learned = after(a_memory(), lying)
    assert "validators_unreliable" in learned.memory.flags
    assert [note.kind for note in learned.notes] == ["system.validators_unreliable"]
    assert not is_unconditional(learned.memory, matching_hash="m", now=NOW + 23 * HOUR)
    assert is_unconditional(learned.memory, matching_hash="m", now=NOW + 24 * HOUR)


def test_an_honest_server_is_tested_once_a_week() -> None:
    honest = after(a_memory(), fetched(a_document(), unconditional=True)).memory
    assert honest.flags == frozenset()
    assert not is_unconditional(honest, matching_hash="m", now=NOW + 6 * DAY)
    assert is_unconditional(honest, matching_hash="m", now=NOW + 7 * DAY)


def test_other_topics_make_the_next_poll_unconditional() -> None:
    assert not is_unconditional(a_memory(), matching_hash="m", now=NOW)
    assert is_unconditional(a_memory(), matching_hash="other", now=NOW)


def moving(memory: FeedMemory, target: str, *, days: float, many: bool = False) -> Learned:
    facts = fetched(a_document(), permanent_to=target, final_url=target, many_moving=many)
    return after(memory, facts, now=NOW + timedelta(days=days))


def test_a_permanent_redirect_is_believed_after_seven_days_and_five_polls() -> None:
    memory, found = a_memory(), list[str | None]()
    for days in (0, 2, 4, 6, 8):
        learned = moving(memory, "https://new.example/feed", days=days)
        memory, found = learned.memory, [*found, learned.effective_url]
    assert found == [None, None, None, None, "https://new.example/feed"]
    assert "moved" in memory.flags


def test_a_redirect_to_a_document_without_a_known_item_is_not_believed() -> None:
    memory = a_memory(moved_to="https://new.example/feed", moved_at=NOW - 30 * DAY, moved_count=30)
    facts = fetched(a_document(shares_items=False), permanent_to="https://new.example/feed")
    assert after(memory, facts).effective_url is None
    assert moving(memory, "https://new.example/feed", days=0).effective_url == "https://new.example/feed"


def test_no_redirect_is_believed_while_many_feeds_move_at_once() -> None:
    memory = a_memory(moved_to="https://portal.example/", moved_at=NOW - 30 * DAY, moved_count=30)
    assert moving(memory, "https://portal.example/", days=0, many=True).effective_url is None


def test_a_step_to_https_is_believed_at_once() -> None:
    facts = fetched(a_document(), permanent_to="https://outlet.example/feed")
    learned = after(a_memory(), facts, url="http://outlet.example/feed")
    assert learned.effective_url == "https://outlet.example/feed"


def test_an_old_address_that_ends_after_it_pointed_elsewhere_is_given_up() -> None:
    memory = moving(a_memory(), "https://new.example/feed", days=0).memory
    assert after(memory, failed("not_found", status=404)).effective_url == "https://new.example/feed"
    assert after(a_memory(), failed("not_found", status=404)).effective_url is None


def test_a_document_without_a_known_item_is_a_possible_gap() -> None:
    learned = after(a_memory(gap_s=360.0), fetched(a_document(shares_items=False, new_count=4)))
    gap = learned.memory.possible_gap
    assert gap is not None
    assert gap[:2] == (NOW - HOUR, NOW)
    assert gap[2] == pytest.approx(6.0)
    assert [note.kind for note in learned.notes] == ["system.possible_gap"]


def test_a_document_that_shares_items_is_no_gap() -> None:
    assert after(a_memory(), fetched(a_document())).memory.possible_gap is None


def test_a_feed_without_news_for_two_days_is_silent_and_said_so_once() -> None:
    memory = a_memory(samples={"new_item_at": (NOW - timedelta(hours=49)).isoformat()})
    learned = after(memory, PollFacts(kind="not_modified", status=304, final_url=URL))
    assert [note.kind for note in learned.notes] == ["system.feed_silent"]
    assert after(learned.memory, PollFacts(kind="not_modified", status=304, final_url=URL)).notes == ()
    assert "silent" not in after(learned.memory, fetched(a_document(new_count=1))).memory.flags


def test_while_we_are_offline_nothing_is_counted_and_the_next_try_comes_soon() -> None:
    learned = after(a_memory(), failed("dns", offline=True))
    assert learned.memory.failure_count == 0
    assert learned.memory.next_poll_at == NOW + timedelta(minutes=2)
    assert after(a_memory(), failed("dns")).memory.failure_count == 1


def test_a_first_document_ends_the_baseline_and_tells_the_feeds_rhythm() -> None:
    learned = after(FeedMemory(), fetched(a_document(entry_count=24, new_count=24, shares_items=False)))
    assert learned.memory.live_at == NOW
    assert learned.memory.gap_s == pytest.approx(3600.0)
    assert learned.memory.possible_gap is None


def test_first_polls_are_spread_by_the_address() -> None:
    spread = {round(phase(f"https://host{n}.example/feed"), 1) for n in range(200)}
    assert len(spread) >= 10
    assert phase(URL) == phase(URL)


@given(
    st.builds(
        FeedMemory()._replace,
        gap_s=st.none() | st.floats(1, 1e9), depth_s=st.none() | st.floats(60, 1e9),
        failure_count=st.integers(0, 10_000),
        lower_bound_s=st.none() | st.floats(0, 1e9),
    ),
    st.floats(0, 1, exclude_max=True),
)  # fmt: skip
def test_whatever_was_learned_the_next_poll_lies_between_the_floor_and_a_week(
    memory: FeedMemory, jitter: float
) -> None:
    good = due_after_success(memory, PACE, now=NOW, jitter=jitter, url=URL, first=False).at
    bad = due_after_failure(memory, PACE, now=NOW, jitter=jitter, limited=False, retry_after=None).at
    assert NOW + PACE.floor * 0.9 <= good <= NOW + timedelta(days=2, hours=3)
    assert NOW + PACE.floor * 0.9 <= bad <= NOW + DAY * 1.1
    assert interval(memory, PACE)[0] >= PACE.floor


@pytest.mark.parametrize(("count", "said"), [(1, "failed once"), (2, "failed 2 times in a row")])
def test_failures_in_a_row_are_counted_as_people_count(count: int, said: str) -> None:
    memory = FeedMemory(failure_count=count)
    assert due_after_failure(memory, PACE, now=NOW, jitter=0.5, limited=False, retry_after=None).why == said


def test_a_host_gets_two_connections_and_five_seconds_between_their_starts() -> None:
    gate = HostGate()
    assert gate.try_start("a", now=0.0)
    assert not gate.try_start("a", now=4.9)
    assert gate.try_start("a", now=5.0)
    assert not gate.try_start("a", now=20.0)
    gate.finish("a")
    assert gate.try_start("a", now=20.0)
    assert gate.try_start("b", now=20.0)


def test_we_are_offline_when_most_of_four_hosts_fail_within_a_minute() -> None:
    watch = OfflineWatch()
    assert not watch.record("a", reached=False, now=0.0)
    assert not watch.record("b", reached=False, now=1.0)
    assert not watch.record("c", reached=True, now=2.0)
    assert watch.record("d", reached=False, now=3.0)
    assert not watch.record("e", reached=True, now=100.0)


def test_a_host_counts_by_its_last_exchange_of_the_minute_alone() -> None:
    watch = OfflineWatch()
    assert [watch.record(host, reached=False, now=0.0) for host in "abcd"] == [False, False, False, True]
    assert [watch.record(host, reached=True, now=1.0) for host in "ab"] == [True, False]
    assert watch.record("b", reached=False, now=2.0)
    assert watch.record("e", reached=True, now=59.0)  # three of five
    assert not watch.record("f", reached=True, now=60.5)  # c and d are forgotten
    assert [watch.record(host, reached=False, now=61.5) for host in "cd"] == [False, True]  # a is, too


def test_moves_are_counted_within_the_hour() -> None:
    moves = MoveWatch()
    assert moves.record(1, moving=True, now=NOW) == 1
    assert moves.record(2, moving=True, now=NOW + HOUR / 2) == 2
    assert moves.record(3, moving=True, now=NOW + HOUR * 1.2) == 2
    assert moves.record(3, moving=False, now=NOW + HOUR * 1.2) == 1


def test_hosts_are_told_apart_by_name_and_port() -> None:
    assert host_of("https://a.example/x") != host_of("https://a.example:8443/x")
    assert host_of("http://[broken") == ""


@pytest.mark.parametrize(
    ("span", "words"),
    [(timedelta(seconds=40), "40 s"), (timedelta(minutes=12), "12 min"), (timedelta(hours=9, minutes=10), "9 h 10 min"),
     (timedelta(hours=3), "3 h"), (timedelta(days=3, hours=2), "3 days")],
)  # fmt: skip
def test_spans_are_spoken_in_the_unit_that_people_use(span: timedelta, words: str) -> None:
    assert spoken(span) == words
