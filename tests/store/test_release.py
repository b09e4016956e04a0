"""Windows, quiet hours, digests, silences and ceilings, against a real database and an invented clock."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, event

from alerts.bundles import Target
from alerts.rules import Condition, Facts, Inhibition, Route, Routing, Rule, decide
from alerts.window import INTERVAL, Quiet, Timing
from storage.errors import DiskFull, Locked
from storage.model import Importance
from storage.store import Store
from tests.builders_outbox import NOW, an_outbox, send
from tests.builders_release import Newsroom, news, put_change

BAKU = ZoneInfo("Asia/Baku")
USUAL = Timing(wait=None, interval=INTERVAL, digest=(time(8), time(18)), zone=BAKU)  # NOW is 10:00 in Baku
NIGHTS = Quiet(name="nights", begins=time(22), ends=time(7), zone=BAKU)
CRITICAL = Rule(name="critical", when=Condition(kind=("date.slipped",)), importance=Importance.CRITICAL)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return an_outbox(tmp_path)


def room(store: Store, timing: Timing = USUAL, **fields: object) -> Newsroom:
    route = Route(name="all", channels=("chat",), timing=timing)
    routing = Routing(channels=("chat",), routes=(route,), rules=(CRITICAL,), timing=USUAL)
    return Newsroom(store, replace(routing, **fields))  # type: ignore[arg-type]  # fields of the noun


def created(event: str = "A") -> str:
    return f"event.created {event} 1"


def test_what_need_not_wait_is_told_in_the_transaction_that_decides_it(store: Store):
    desk = room(store, Timing())
    desk.hears(news("A"), news("B"))
    assert sorted(desk.told()) == [("event.created", [created("A")]), ("event.created", [created("B")])]
    assert desk.decisions() == [("bundled", ""), ("bundled", "")]
    assert {one.release_at for one in desk.alerts()} == {NOW}


def test_a_window_collects_what_comes_of_an_event_and_closes_for_all_of_it(store: Store):
    desk = room(store)
    desk.hears(news("A"))
    desk.later(minutes=4)
    desk.hears(news("A", "event.merged", revision=2), news("B"))
    assert desk.told() == []
    assert desk.later(minutes=5, seconds=59) == 0
    assert desk.later(seconds=1) == 1
    assert desk.told() == [("event.created", [created("A"), "event.merged A 2"])]
    desk.later(minutes=4)
    assert desk.told()[1] == ("event.created", [created("B")])


def test_what_is_important_takes_what_waits_along_so_that_revisions_stay_in_order(store: Store):
    desk = room(store)
    desk.hears(news("A"))
    desk.later(minutes=1)
    desk.hears(news("A", "fact.changed", revision=2))
    assert desk.later(seconds=60) == 1
    assert desk.told() == [("fact.changed", [created("A"), "fact.changed A 2"])]
    [delivery] = desk.deliveries()
    assert delivery.seq == 2
    assert desk.later(hours=1) == 0


def test_what_is_critical_does_not_wait_nor_for_the_interval(store: Store):
    desk = room(store)
    desk.hears(news("A", "date.slipped"))
    desk.hears(news("A", "date.slipped", revision=2))
    assert [kind for kind, _ in desk.told()] == ["date.slipped"] * 2


def test_two_messages_of_a_group_keep_their_distance(store: Store):
    desk = room(store)
    desk.hears(news("A", "fact.changed"))
    desk.later(minutes=1)
    assert len(desk.told()) == 1
    desk.hears(news("A", "fact.changed", revision=2), news("B", "fact.changed"))
    desk.later(minutes=1)
    assert [what for _, what in desk.told()[1:]] == [["fact.changed B 1"]]  # another group is not held up
    assert desk.later(minutes=8, seconds=59) == 0
    assert desk.later(seconds=1) == 1
    assert desk.told()[2] == ("fact.changed", ["fact.changed A 2"])


def test_what_changed_and_changed_back_inside_a_window_is_not_told(store: Store):
    desk = room(store)
    there = news("A", "fact.changed", key="members", old={"value": "193"}, new={"value": "194"})
    back = news("A", "fact.changed", key="members", revision=2, old={"value": "194"}, new={"value": "193"})
    other = news("A", "fact.changed", key="budget", revision=2, old={"value": "1"}, new={"value": "2"})
    desk.hears(there)
    desk.hears(back, other)
    desk.later(minutes=1)
    assert desk.told() == [("fact.changed", ["fact.changed A 2"])]
    assert desk.decisions() == [("suppressed", "reverted"), ("suppressed", "reverted"), ("bundled", "")]


def test_low_importance_waits_for_the_digest_of_the_channel(store: Store):
    desk = room(store)
    desk.hears(news("A", "event.updated"))
    desk.hears(news("B", "event.updated"), news("C"))
    desk.later(minutes=10)
    assert [kind for kind, _ in desk.told()] == ["event.created"]
    desk.later(hours=7, minutes=49, seconds=59)
    assert len(desk.told()) == 1
    assert desk.later(seconds=1) == 1  # 18:00
    kind, told = desk.told()[1]
    assert (kind, sorted(told)) == ("digest", ["event.updated A 1", "event.updated B 1"])
    assert desk.later(hours=24) == 0  # an empty one is not sent
    slots = store_rows(store, "SELECT scope, slot_at, bundle_id IS NOT NULL FROM digest_slot")
    assert slots == [("chat", micros(datetime(2025, 12, 1, 14, tzinfo=UTC)), 1)]


def test_a_route_with_digests_of_its_own_tells_everything_then_but_what_is_critical(store: Store):
    desk = room(store, replace(USUAL, digest=(time(12),), all_in_digest=True))
    desk.hears(news("A"), news("B", "fact.changed"), news("C", "date.slipped"))
    desk.later(minutes=30)
    assert [kind for kind, _ in desk.told()] == ["date.slipped"]
    desk.later(hours=1, minutes=30)
    assert sorted(desk.told()[1][1]) == [created("A"), "fact.changed B 1"]


def test_quiet_hours_hold_and_then_release_one_digest(store: Store):
    desk = room(store, replace(USUAL, quiet=NIGHTS))
    desk.later(hours=12, minutes=30)  # 22:30
    desk.hears(news("A"), news("B", "fact.changed"), news("C", "date.slipped"))
    assert [kind for kind, _ in desk.told()] == ["date.slipped"]  # critical breaks through
    assert desk.later(hours=8, minutes=29, seconds=59) == 0
    assert [one.reason for one in desk.alerts() if one.decision == "held"] == ["quiet", "quiet"]
    assert desk.later(seconds=1) == 1  # 07:00
    kind, told = desk.told()[1]
    assert (kind, sorted(told)) == ("digest", [created("A"), "fact.changed B 1"])
    assert {one.decision for one in desk.alerts()} == {"bundled"}


def test_what_a_person_frees_is_told_in_quiet_hours_too(store: Store):
    desk = room(store, replace(USUAL, quiet=NIGHTS))
    desk.later(hours=12, minutes=30)
    desk.hears(news("A"))
    assert desk.tells() == 0
    with store.writing() as tx:
        assert tx.outbox.release_held(desk.now) == 1
    assert desk.tells() == 1
    assert desk.told() == [("digest", [created("A")])]


def test_a_window_that_would_close_in_quiet_hours_waits_for_their_end(store: Store):
    desk = room(store, replace(USUAL, quiet=NIGHTS))
    desk.later(hours=11, minutes=55)  # 21:55
    desk.hears(news("A"))
    desk.later(minutes=10)
    assert desk.decisions() == [("held", "quiet")]
    desk.later(hours=8, minutes=55)
    assert desk.told() == [("digest", [created("A")])]


def test_a_silence_is_obeyed_at_the_next_decision_and_again_when_a_window_closes(store: Store):
    desk = room(store)
    desk.hears(news("A"), news("B"))
    desk.silences(("event", "A"), hours=1)
    desk.later(minutes=10)
    assert desk.told() == [("event.created", [created("B")])]
    assert ("suppressed", "silenced(s_1)") in desk.decisions()
    desk.hears(news("A", "fact.changed", revision=2))
    assert desk.decisions()[-1] == ("suppressed", "silenced(s_1)")
    desk.later(hours=1)
    desk.hears(news("A", "fact.changed", revision=3))
    desk.later(minutes=1)
    assert desk.told()[-1] == ("fact.changed", ["fact.changed A 3"])  # what was silenced is not told again


def test_a_silence_that_a_person_ends_silences_no_more(store: Store):
    desk = room(store, Timing())
    desk.silences(("topic", "itu"))
    desk.hears(news("A"))
    assert desk.told() == []
    with store.writing() as tx:
        assert tx.outbox.expire_silence("s_1", desk.now).expired_at == desk.now
    desk.hears(news("B"))
    assert desk.told() == [("event.created", [created("B")])]


def test_what_was_told_makes_another_alert_needless(store: Store):
    rule = Inhibition(source=Condition(kind=("fact.changed",)), target=Condition(kind=("event.merged",)))
    desk = room(store, inhibitions=(rule,))
    desk.hears(news("A", "fact.changed"))
    desk.later(minutes=1)
    desk.hears(news("A", "event.merged", revision=2), news("B", "event.merged"))
    desk.later(minutes=10)
    assert [what for _, what in desk.told()] == [["fact.changed A 1"], ["event.merged B 1"]]
    source = desk.alerts()[0].id
    assert ("suppressed", f"inhibited({source})") in desk.decisions()


def test_a_new_event_absorbs_its_own_coverage_in_a_digest(store: Store):
    desk = room(store, replace(USUAL, all_in_digest=True))
    desk.hears(news("A"), news("A", "event.updated", revision=2), news("B", "event.updated"))
    desk.later(hours=8)
    [(_, told)] = desk.told()
    assert sorted(told) == [created("A"), "event.updated B 1"]
    assert [reason.partition("(")[0] for _, reason in desk.decisions()] == ["digest", "inhibited", "digest"]


def test_above_the_ceiling_the_weightiest_is_told_and_the_rest_overflows_into_the_digest(store: Store):
    desk = room(store)
    desk.targets = {"chat": Target(kind="slack", addresses=("chat",), max_per_hour=3)}
    desk.hears(*(news(f"N{n}") for n in range(5)))
    desk.later(minutes=9)
    desk.hears(*(news(f"F{n}", "fact.changed") for n in range(2)))
    desk.later(minutes=1)
    assert sorted(kind for kind, _ in desk.told()) == ["event.created", "fact.changed", "fact.changed"]
    assert [reason for _, reason in desk.decisions()].count("rate") == 4
    desk.later(hours=7, minutes=50)
    kind, told = desk.told()[-1]
    assert (kind, len(told)) == ("digest", 4)
    assert {one.decision for one in desk.alerts()} == {"bundled"}


def test_an_hour_after_its_messages_a_channel_has_room_again(store: Store):
    desk = room(store, Timing())
    desk.targets = {"chat": Target(kind="slack", addresses=("chat",), max_per_hour=2)}
    desk.hears(news("A"), news("B"))
    for delivery in desk.deliveries():
        send(store, delivery, at=desk.now)
    desk.later(minutes=59)
    desk.hears(news("C"))
    assert desk.decisions()[-1] == ("held", "rate")
    desk.later(minutes=1, seconds=1)
    assert desk.told()[-1] == ("digest", [created("C")])  # without a digest of its own, with the full hour
    desk.hears(news("D"))
    assert ("event.created", [created("D")]) in desk.told()


def test_what_a_quarantine_frees_is_told_in_one_message(store: Store):
    desk = room(store)
    desk.hears(*(news(f"E{n}") for n in range(42)), facts=Facts(was_held=True))
    [(kind, told)] = desk.told()
    assert (kind, len(told)) == ("digest", 42)


def test_what_salname_says_of_itself_waits_for_nothing(store: Store):
    desk = room(store, replace(USUAL, quiet=NIGHTS), self_alert_channels=("chat",))
    desk.later(hours=13)
    desk.hears(news("", "feed.failing", feed_id=None))
    desk.hears(news("", "feed.failing", feed_id=None, revision=2))
    assert [kind for kind, _ in desk.told()] == ["feed.failing"] * 2


def test_messages_may_be_grouped_by_what_they_are_about(store: Store):
    desk = Newsroom(
        store,
        Routing(
            channels=("chat",),
            routes=(
                Route(name="t", channels=("chat",), group_by=("topic", "kind"), timing=Timing(wait=timedelta(60))),
            ),
        ),
    )
    desk.hears(news("A"), news("B"), news("C", "event.merged"), news("D", topics=("wtdc",)))
    desk.later(days=60)
    assert sorted(len(told) for _, told in desk.told()) == [1, 1, 2]
    both = next(one for one in desk.deliveries() if "event.created" in one.group_key and "itu" in one.group_key)
    assert (both.event_id, both.order_key) == (None, "topic:itu kind:event.created")


def test_a_heartbeat_says_that_there_is_nothing_to_say_once_a_slot(store: Store):
    desk = room(store)
    desk.heartbeat = True
    desk.later(hours=8)
    assert [kind for kind, _ in desk.told()] == ["digest"]
    assert desk.later(minutes=5) == 0
    desk.hears(news("A", "event.updated"))
    assert desk.later(hours=14) == 1
    assert desk.told()[-1] == ("digest", ["event.updated A 1"])
    assert desk.later(minutes=5) == 0


def test_a_clock_that_is_put_back_strands_nothing(store: Store):
    desk = room(store, replace(USUAL, quiet=NIGHTS))
    desk.now += timedelta(days=365)
    desk.hears(news("A"), news("B", "event.updated"))
    desk.now += timedelta(hours=12, minutes=30)  # asleep
    with store.writing() as tx:
        put_change(tx, news("C"))
        tx.outbox.enqueue(decide(news("C", at=desk.now), Facts(), desk.routing, now=desk.now), ())
    assert desk.decisions() == [("pending", ""), ("held", "digest"), ("held", "quiet")]
    desk.now = NOW
    assert desk.tells() == 0
    desk.follows_clock()
    desk.later(minutes=10)
    assert sorted(what for _, told in desk.told() for what in told) == [created("A"), created("C")]
    desk.later(hours=8)
    assert desk.told()[-1] == ("digest", ["event.updated B 1"])


def test_a_clock_that_leaps_ahead_makes_one_digest_of_everything_that_was_due(store: Store):
    desk = room(store)
    desk.hears(*(news(f"E{n}", "event.updated") for n in range(30)))
    desk.later(days=365)
    [(kind, told)] = desk.told()
    assert (kind, len(told)) == ("digest", 30)


def test_a_channel_that_is_gone_keeps_what_waits_for_it(store: Store):
    desk = room(store)
    desk.hears(news("A"))
    desk.targets = {}
    assert desk.later(hours=1) == 0
    assert desk.decisions() == [("pending", "")]
    desk.targets = {"chat": Target(kind="slack", addresses=("chat",))}
    assert desk.tells() == 1


def test_a_database_that_is_locked_when_a_window_closes_leaves_it_for_the_next_time(tmp_path: Path):
    desk = room(an_outbox(tmp_path, busy_timeout_s=0.05))
    desk.hears(news("A"), news("B", "event.updated"))
    with closing(sqlite3.connect(tmp_path / "salname.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Locked):
            desk.later(minutes=10)
        other.execute("ROLLBACK")
    assert desk.decisions() == [("pending", ""), ("held", "digest")]
    assert desk.tells() == 1
    assert desk.told() == [("event.created", [created("A")])]


def test_a_full_disk_while_a_digest_is_made_leaves_it_whole_for_the_next_time(store: Store):
    desk = room(store)
    desk.hears(*(news(f"E{n}", "event.updated") for n in range(200)))
    with store.reading() as tx:
        pages = tx._connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    no_room = limiter(pages)
    event.listen(store._writing_engine, "begin", no_room)
    with pytest.raises(DiskFull):
        desk.later(hours=8)
    event.remove(store._writing_engine, "begin", no_room)
    event.listen(store._writing_engine, "begin", limiter(1_000_000))
    assert {decision for decision, _ in desk.decisions()} == {"held"}
    assert desk.tells() == 1
    [(kind, told)] = desk.told()
    assert (kind, len(told)) == ("digest", 200)


def limiter(pages: int) -> Callable[[Connection], None]:
    """No transaction finds room for more than so many pages."""

    def limit(connection: Connection) -> None:
        connection.connection.cursor().execute(f"PRAGMA max_page_count={pages}")

    return limit


def store_rows(store: Store, query: str) -> list[tuple[object, ...]]:
    with store.reading() as tx:
        return [tuple(row) for row in tx._connection.exec_driver_sql(query)]


def micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000
