from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.bundles import Target, bundle
from alerts.rules import (
    FRESH,
    Condition,
    Facts,
    Route,
    Routing,
    Rule,
    decide,
    importance_of,
    summary_change,
)
from storage.model import Alert, Change, Importance, Origin, alert_id
from tests.builders_messages import HOUR, NOW, a_change, a_fact

LOW, NORMAL, HIGH, CRITICAL = Importance
CHANNELS = ("team-slack", "ops-mail")
DEFAULT = Routing(channels=CHANNELS)
FRESH_FACTS = Facts(title="Baku Declaration adopted", published_at=NOW - HOUR, first_seen_at=NOW, lang="en")
TARGETS = {
    "team-slack": Target(kind="slack", addresses=("team-slack",)),
    "ops-mail": Target(kind="email", addresses=("desk@example.org", "chief@example.org")),
}


def decided(change: Change, routing: Routing = DEFAULT, facts: Facts = FRESH_FACTS) -> list[tuple[str, str, str]]:
    """(route, channel, reason) of each alert; an empty reason means that it will be sent."""
    alerts = decide(change, facts, routing, now=NOW)
    assert all((alert.decision == "pending") == (alert.reason == "") for alert in alerts)
    return [(alert.route, alert.channel, alert.reason) for alert in alerts]


def routed(*routes: Route, **fields: object) -> Routing:
    return replace(Routing(channels=CHANNELS, routes=routes), **fields)  # type: ignore[arg-type]  # named by the test


@pytest.mark.parametrize(
    ("kind", "importance"),
    [
        *((kind, HIGH) for kind in ("fact.changed", "fact.conflict", "status.changed", "date.slipped")),
        ("promise.overdue", HIGH),
        *((kind, NORMAL) for kind in ("event.created", "event.merged", "event.split")),
        *((kind, LOW) for kind in ("event.updated", "item.withdrawn", "item.revised", "event.closed")),
        *((kind, HIGH) for kind in ("feed.failing", "system.parked")),
        *((kind, NORMAL) for kind in ("feed.recovered", "system.baseline", "unheard.of")),
    ],
)
def test_each_kind_has_its_importance(kind, importance):
    assert importance_of(a_change(kind)) is importance


def test_a_revision_that_changes_facts_is_weighty_and_one_of_words_is_not():
    assert importance_of(a_change("item.revised", payload={"class": "fact"})) is HIGH
    assert importance_of(a_change("item.revised", payload={"class": "title"})) is LOW


def test_without_routes_everything_of_weight_goes_to_every_channel():
    for kind in ("event.created", "fact.changed", "feed.failing"):
        assert decided(a_change(kind)) == [("default", "team-slack", ""), ("default", "ops-mail", "")]


def test_what_would_wait_for_a_digest_is_kept_with_that_reason():
    for change in (a_change("event.updated"), a_change("item.revised", payload={"class": "style"})):
        assert decided(change) == [("default", name, "below_importance") for name in CHANNELS]


def test_without_a_channel_the_decision_says_that_there_is_no_way():
    assert decided(a_change(), Routing(channels=())) == [("", "", "no_route")]


def test_what_no_route_takes_is_kept_with_that_reason():
    routing = routed(Route(name="cable", channels=CHANNELS, when=Condition(topic=("tcfo",))))
    assert decided(a_change(topics=("tcfo",)), routing) == [("cable", name, "") for name in CHANNELS]
    assert decided(a_change(topics=("wtdc",)), routing) == [("", "", "no_route")]


def test_the_first_route_that_matches_takes_the_change():
    first, second = Route(name="a", channels=("team-slack",)), Route(name="b", channels=("ops-mail",))
    assert decided(a_change(), routed(first, second)) == [("a", "team-slack", "")]


def test_a_route_may_let_the_change_go_on():
    first = Route(name="a", channels=("team-slack",), continue_=True)
    second = Route(name="b", channels=("ops-mail",))
    assert decided(a_change(), routed(first, second)) == [("a", "team-slack", ""), ("b", "ops-mail", "")]


def test_a_second_route_to_a_channel_is_a_duplicate_of_the_first():
    routing = routed(
        Route(name="a", channels=("team-slack",), continue_=True), Route(name="b", channels=("team-slack", "ops-mail"))
    )
    change = a_change()
    first = alert_id(change.id, "a", "team-slack")
    assert decided(change, routing) == [
        ("a", "team-slack", ""),
        ("b", "team-slack", f"duplicate_of({first})"),
        ("b", "ops-mail", ""),
    ]


def test_a_channel_named_twice_in_a_route_is_told_once():
    assert decided(a_change(), routed(Route(name="a", channels=("ops-mail", "ops-mail")))) == [("a", "ops-mail", "")]


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        (Condition(), True),
        (Condition(kind=("event.created",)), True),
        (Condition(kind=("fact.*", "event.*")), True),
        (Condition(kind=("fact.*",)), False),
        (Condition(topic=("itu", "wtdc")), True),
        (Condition(topic=("rac-baku",)), True),
        (Condition(topic=("itu",)), False),
        (Condition(min_importance=NORMAL), True),
        (Condition(min_importance=HIGH), False),
        (Condition(source=("trend",)), True),
        (Condition(source=("https://trend.example/rss",)), True),
        (Condition(source=("Region",)), False),
        (Condition(entity=("itu",)), True),
        (Condition(entity=("NATO",)), False),
        (Condition(title="^baku .* ADOPTED$"), True),
        (Condition(title="Tashkent"), False),
        (Condition(lang=("az", "en")), True),
        (Condition(lang=("ru",)), False),
        (Condition(min_sources=2, max_sources=2), True),
        (Condition(min_sources=3), False),
        (Condition(max_sources=1), False),
        (Condition(kind=("event.created",), lang=("ru",)), False),
    ],
)
def test_a_condition_holds_if_all_its_parts_do(when, matches):
    facts = replace(
        FRESH_FACTS,
        topics=("rac-baku",),
        sources=frozenset({"Trend", "https://trend.example/rss"}),
        entities=frozenset({"ITU"}),
        source_count=2,
    )
    routing = routed(Route(name="only", channels=("team-slack",), when=when))
    expected = [("only", "team-slack", "")] if matches else [("", "", "no_route")]
    assert decided(a_change(), routing, facts) == expected


def test_a_rule_lowers_the_importance_and_is_named_in_the_decision():
    rumours = Rule(name="one-source rumours", when=Condition(max_sources=1), importance=LOW)
    alerts = decide(a_change(), FRESH_FACTS, replace(DEFAULT, rules=(rumours,)), now=NOW)
    assert {(a.importance, a.rule, a.reason) for a in alerts} == {(LOW, "one-source rumours", "below_importance")}
    told = decide(a_change(), replace(FRESH_FACTS, source_count=2), replace(DEFAULT, rules=(rumours,)), now=NOW)
    assert {(a.importance, a.rule, a.reason) for a in told} == {(NORMAL, "", "")}


def test_a_rule_raises_what_a_route_asks_for_and_later_rules_overrule_earlier_ones():
    rules = (
        Rule(name="all low", importance=LOW),
        Rule(name="no effect"),
        Rule(name="cable", when=Condition(topic=("wtdc",), min_importance=LOW), importance=CRITICAL),
        Rule(name="never", when=Condition(topic=("itu",)), importance=LOW),
    )
    big = Route(name="big", channels=("team-slack",), when=Condition(min_importance=CRITICAL))
    alerts = decide(a_change("event.updated"), FRESH_FACTS, routed(big, rules=rules), now=NOW)
    assert [(a.route, a.importance, a.rule, a.reason) for a in alerts] == [("big", CRITICAL, "cable", "")]


@pytest.mark.parametrize("kind", ["event.created", "event.updated"])
def test_what_was_there_before_the_feed_was_watched_is_no_news(kind):
    loud = replace(DEFAULT, rules=(Rule(name="loud", importance=HIGH),))
    assert decided(a_change(kind), loud)[0][2] == ""
    for origin in (Origin.BASELINE, Origin.BACKFILL, Origin.IMPORT):
        assert decided(a_change(kind, origin=origin), loud) == [("default", name, "backfill") for name in CHANNELS]


@pytest.mark.parametrize(
    ("published", "first_seen", "reason"),
    [
        (FRESH, None, ""),
        (FRESH + timedelta(seconds=1), None, "backfill"),
        (None, FRESH, ""),
        (None, FRESH + timedelta(seconds=1), "backfill"),
        (FRESH + timedelta(seconds=1), timedelta(0), "backfill"),
        (None, None, ""),
    ],
)
def test_news_is_at_most_72_hours_old_by_its_date_or_else_by_its_first_sight(published, first_seen, reason):
    facts = Facts(
        published_at=None if published is None else NOW - published,
        first_seen_at=None if first_seen is None else NOW - first_seen,
    )
    assert decided(a_change(), facts=facts)[0][2] == reason


def test_whatever_happens_later_to_something_tracked_is_told_however_old_it_is():
    old = Facts(published_at=NOW - 10 * FRESH)
    revised = a_change("item.revised", payload={"class": "fact"}, origin=Origin.BASELINE)
    assert decided(revised, facts=old)[0][2] == ""
    assert decided(a_fact(), facts=old)[0][2] == ""


def test_what_moved_before_the_feed_was_watched_is_told_to_nobody():
    assert decided(a_fact())[0][2] == ""
    assert {decided(a_fact(origin=one))[0][2] for one in Origin if one is not Origin.LIVE} == {"backfill"}


def test_an_article_that_is_edited_again_and_again_stays_silent_whatever_a_rule_says():
    loud = replace(DEFAULT, rules=(Rule(name="loud", importance=HIGH),))
    calm = a_change("item.revised", payload={"class": "title", "damped": False})
    assert decided(calm, loud)[0][2] == ""
    assert decided(replace(calm, payload={"class": "title", "damped": True}), loud)[0][2] == "churn_guard"


def test_an_import_never_alerts():
    assert decided(a_fact())[0][2] == ""
    assert decided(a_fact(origin=Origin.IMPORT))[0][2] == "backfill"


def test_the_first_run_may_be_told_item_by_item_if_that_is_wanted():
    routing = replace(DEFAULT, first_run="send")
    assert decided(a_change(origin=Origin.BASELINE), routing)[0][2] == ""
    assert decided(a_change(origin=Origin.BACKFILL), routing)[0][2] == "backfill"
    old = Facts(published_at=NOW - FRESH - HOUR)
    assert decided(a_change(origin=Origin.BASELINE), routing, old)[0][2] == "backfill"


def test_the_summary_of_a_first_look_goes_once_to_every_channel_that_is_ever_routed_to():
    routing = routed(
        Route(name="big", channels=("team-slack",), when=Condition(min_importance=HIGH)),
        Route(name="cable", channels=("team-slack", "ops-mail"), when=Condition(topic=("tcfo",))),
        channels=("team-slack", "ops-mail", "spare"),
        self_alert_channels=("spare",),
    )
    change = summary_change(12, 431, 1, at=NOW)
    assert change.payload["summary"] == "12 feeds, 431 items, 1 event"
    assert decided(change, routing) == [("default", "team-slack", ""), ("default", "ops-mail", "")]
    assert decided(change) == [("default", "team-slack", ""), ("default", "ops-mail", "")]


@pytest.mark.parametrize("first_run", ["silent", "send"])
def test_there_is_no_summary_where_none_is_wanted(first_run):
    routing = replace(DEFAULT, first_run=first_run)
    assert decided(summary_change(1, 1, 1, at=NOW), routing)[0][2] == "disabled"


def test_two_first_looks_are_two_changes_and_one_is_one():
    first = summary_change(1, 2, 3, at=NOW)
    assert first.id == summary_change(1, 2, 3, at=NOW).id
    assert first.id != summary_change(1, 2, 3, at=NOW + HOUR).id


def test_trouble_goes_to_those_who_run_the_program():
    routing = routed(Route(name="all", channels=("team-slack",)), self_alert_channels=("ops-mail",))
    assert decided(a_change(), routing) == [("all", "team-slack", "")]
    assert decided(a_change("feed.failing"), routing) == [("self", "ops-mail", "")]
    assert decided(a_change("system.parked"), routing) == [("self", "ops-mail", "")]


def test_trouble_goes_elsewhere_where_a_route_names_its_kind():
    routing = routed(
        Route(name="feeds", channels=("team-slack",), when=Condition(kind=("feed.*",))),
        self_alert_channels=("ops-mail",),
    )
    assert decided(a_change("feed.failing"), routing) == [("feeds", "team-slack", "")]
    assert decided(a_change("system.parked"), routing) == [("self", "ops-mail", "")]


def test_trouble_that_nobody_is_named_for_is_told_with_the_news_only_if_there_are_no_routes():
    assert decided(a_change("feed.failing"))[0] == ("default", "team-slack", "")
    routing = routed(Route(name="all", channels=("team-slack",)))
    assert decided(a_change("feed.failing"), routing) == [("", "", "no_route")]


def alerts_for(*changes: Change, routing: Routing = DEFAULT) -> list[Alert]:
    return [alert for change in changes for alert in decide(change, FRESH_FACTS, routing, now=NOW)]


def test_all_alerts_of_an_event_become_one_message_to_each_address():
    changes = a_change(id="c_1", revision=3), a_fact(id="c_2", revision=3), a_change("event.updated", id="c_3")
    bundled = bundle(alerts_for(*changes), changes, TARGETS, now=NOW)
    assert [(d.channel, d.address, d.kind, d.seq) for d in bundled.deliveries] == [
        ("team-slack", "team-slack", "fact.changed", 3),
        ("ops-mail", "desk@example.org", "fact.changed", 3),
        ("ops-mail", "chief@example.org", "fact.changed", 3),
    ]
    assert [(alert.change_id, alert.channel, alert.decision) for alert in bundled.alerts] == [
        ("c_1", "team-slack", "bundled"),
        ("c_1", "ops-mail", "bundled"),
        ("c_2", "team-slack", "bundled"),
        ("c_2", "ops-mail", "bundled"),
        ("c_3", "team-slack", "suppressed"),
        ("c_3", "ops-mail", "suppressed"),
    ]
    assert {d.bundle_id for d in bundled.deliveries} == {a.bundle_id for a in bundled.alerts if a.bundle_id}
    assert all(alert.bundle_id is None for alert in bundled.alerts if alert.decision == "suppressed")


def test_two_events_are_two_messages_in_their_own_lines():
    changes = a_change(id="c_1"), a_change(id="c_2", event_id="3KF9BBBB")
    deliveries = bundle(alerts_for(*changes), changes, TARGETS, now=NOW).deliveries
    assert {(d.event_id, d.order_key, d.group_key) for d in deliveries} == {
        ("7Q2MAAAA", "7Q2MAAAA", "7Q2MAAAA"),
        ("3KF9BBBB", "3KF9BBBB", "3KF9BBBB"),
    }
    assert len(deliveries) == 6


def test_trouble_is_grouped_by_feed_and_ordered_by_the_clock():
    changes = a_change("feed.failing", id="c_1", feed_id=3), a_change("system.parked", id="c_2")
    deliveries = bundle(alerts_for(*changes), changes, TARGETS, now=NOW).deliveries
    assert {(d.event_id, d.order_key) for d in deliveries} == {(None, "feed:3"), (None, "system.parked")}
    assert {d.seq for d in deliveries} == {int(NOW.timestamp()) * 1_000_000}
    later = bundle(alerts_for(*changes), changes, TARGETS, now=NOW + HOUR).deliveries
    assert min(d.seq for d in later) > max(d.seq for d in deliveries)


def test_a_delivery_starts_queued_at_once_with_the_time_of_its_kind():
    changes = (a_change(),)
    slack, mail, _ = bundle(alerts_for(*changes), changes, TARGETS, now=NOW).deliveries
    assert (slack.state, slack.next_at, slack.expires_at) == ("queued", NOW, NOW + 24 * HOUR)
    assert mail.expires_at == NOW + 72 * HOUR
    short = {"team-slack": replace(TARGETS["team-slack"], horizon=HOUR)}
    assert bundle(alerts_for(*changes), changes, short, now=NOW).deliveries[0].expires_at == NOW + HOUR


def test_an_address_that_is_listed_twice_is_written_to_once():
    targets = {"ops-mail": Target(kind="email", addresses=("a@example.org", "a@example.org"))}
    changes = (a_change(),)
    bundled = bundle(alerts_for(*changes), changes, targets, now=NOW)
    assert [d.address for d in bundled.deliveries] == ["a@example.org"]
    assert {a.channel: a.decision for a in bundled.alerts} == {"team-slack": "pending", "ops-mail": "bundled"}


@given(st.permutations(range(6)))
def test_ids_do_not_depend_on_the_order_of_the_alerts(order):
    changes = [a_change(id=f"c_{n}") for n in range(3)]
    alerts = alerts_for(*changes)
    shuffled = [alerts[n] for n in order]
    ids = {d.id for d in bundle(alerts, changes, TARGETS, now=NOW).deliveries}
    assert {d.id for d in bundle(shuffled, changes, TARGETS, now=NOW).deliveries} == ids
    assert len(ids) == 3


@given(
    st.lists(
        st.builds(
            a_change,
            st.sampled_from(["event.created", "event.updated", "fact.changed", "item.withdrawn", "feed.failing"]),
            origin=st.sampled_from(Origin),
            topics=st.sampled_from([("wtdc",), ("itu",), ()]),
        ),
        max_size=5,
    )
)
def test_every_change_has_a_decision_for_every_route_and_channel_that_took_it(changes):
    changes = [replace(change, id=f"c_{n}") for n, change in enumerate(changes)]
    routing = routed(
        Route(name="a", channels=CHANNELS, when=Condition(topic=("wtdc",)), continue_=True),
        Route(name="b", channels=("ops-mail",), when=Condition(min_importance=NORMAL)),
    )
    alerts = alerts_for(*changes, routing=routing)
    bundled = bundle(alerts, changes, TARGETS, now=NOW)
    assert {alert.change_id for alert in alerts} == {change.id for change in changes}
    assert len({alert.id for alert in alerts}) == len(alerts)
    assert {alert.decision for alert in bundled.alerts} <= {"bundled", "suppressed"}
    told = {alert.bundle_id for alert in bundled.alerts if alert.decision == "bundled"}
    assert told == {delivery.bundle_id for delivery in bundled.deliveries}
