"""What an operator asks and does about alerts and channels, on a chronicle with messages that wait."""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.channels.words import LABELS
from tests.builders_reading import SECRET, Shell

Row = dict[str, Any]


def now() -> datetime:
    """Asked when a test runs: on a busy machine that is many minutes after its module was loaded."""
    return datetime.now(UTC)


def put(shell: Shell, sql: str, *values: object) -> None:
    with sqlite3.connect(shell.database) as connection:
        connection.execute(sql, values)


def micros(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000)


def another_channel(shell: Shell) -> None:
    with shell.config.open("a", encoding="utf-8") as file:
        file.write('[channels.other]\nkind = "webhook"\nurl = "https://hooks.example/y"\n')


def the_delivery(shell: Shell) -> str:
    return str(shell.json("alerts")[0]["id"])


def decisions(shell: Shell, asked: str) -> list[Row]:
    return [one for change in shell.json("alerts", "why", asked)["changes"] for one in change["decisions"]]


def stop(shell: Shell, breaker: str, reason: str = "") -> None:
    shell("channels", "park", "desk")
    put(shell, "UPDATE channel_state SET breaker = ?, parked_reason = ?", breaker, reason)


def test_why_explains_every_change_that_there_is(shell: Shell) -> None:
    changes = shell.json("timeline", "--all")
    assert changes
    for change in changes:
        found = shell.json("alerts", "why", change["id"])["changes"]
        assert [one["id"] for one in found] == [change["id"]]
        assert found[0]["decisions"]
        assert all(one["decision"] == "bundled" or one["reason"] for one in found[0]["decisions"])
        assert change["id"] in shell("alerts", "why", change["id"]).out


def test_why_is_asked_of_a_change_an_alert_a_message_an_event_or_an_item(shell: Shell) -> None:
    delivery = shell.json("alerts", "show", the_delivery(shell))
    change = delivery["changes"][0]
    told = shell.json("alerts", "why", change["change"])["changes"]
    assert shell.json("alerts", "why", change["id"])["changes"] == told
    assert shell.json("alerts", "why", delivery["id"])["changes"] == told
    event, item = (shell.json("timeline", "--event", told[0]["event"])[0][key] for key in ("event", "item"))
    of_event = shell.json("alerts", "why", event.lower())["changes"]
    assert told[0] in of_event
    assert of_event[0]["id"] in {one["id"] for one in shell.json("alerts", "why", item)["changes"]}


def test_why_names_route_channel_importance_and_what_became_of_the_message(shell: Shell) -> None:
    delivery = the_delivery(shell)
    (one,) = decisions(shell, delivery)
    assert (one["route"], one["channel"], one["decision"]) == ("all", "desk", "bundled")
    assert [(sent["id"], sent["state"]) for sent in one["deliveries"]] == [(delivery, "queued")]
    put(shell, "UPDATE delivery SET state = 'dead', reason = 'HTTP 404 \x1b[31m' WHERE id = ?", delivery)
    said = shell("alerts", "why", delivery).out
    assert "all -> desk (" in said
    assert f"{delivery} to desk was given up" in said
    assert "HTTP 404 [31m" in said


@pytest.mark.parametrize(
    ("decision", "reason", "said"),
    [
        ("suppressed", "silenced(s_12)", "not told: kept quiet by silence s_12"),
        ("suppressed", "duplicate_of(a_7)", "not told: told by another route to the same channel, alert a_7"),
        ("suppressed", "no_route", "not told: no route fits it"),
        ("suppressed", "below_importance", "not told: of low importance, and no digest is configured for it"),
        ("suppressed", "backfill", "not told: published before its feed was watched, or three days before"),
        ("suppressed", "inhibited(a_7)", "not told: made needless by alert a_7"),
        ("suppressed", "reverted", "not told: it had changed back before anybody was told"),
        ("suppressed", "churn_guard", "not told: an article that is edited again and again"),
        ("suppressed", "disabled", "not told: [flood] first_run says so"),
        ("suppressed", "about_itself", "not told: a channel does not tell of its own trouble"),
        ("suppressed", "gone(old-hook)", "not told: its channel old-hook is no longer configured"),
        ("suppressed", "of_another_day", "not told: of_another_day"),
        ("held", "quiet", "held: quiet hours, until 2 Dec 2025 10:05"),
        ("held", "digest", "held: for the digest, until 2 Dec 2025 10:05"),
        ("held", "rate", "held: the channel has said all that it may in an hour, until 2 Dec"),
        ("held", "churn_guard", "held: its feed looked renumbered, until 2 Dec"),
        ("held", "dead(d_7)", "held: message d_7 of another channel could not be delivered, until 2 Dec"),
        ("held", "gone(old-hook)", "held: for channel old-hook, which is no longer configured, until 2 Dec"),
        ("pending", "", "waits for more of the same, until 2 Dec 2025 10:05"),
    ],
)
def test_every_silence_is_explained_in_words(shell: Shell, decision: str, reason: str, said: str) -> None:
    alert = shell.json("alerts", "show", the_delivery(shell))["changes"][0]["id"]
    until = micros(datetime(2025, 12, 2, 6, 5, tzinfo=UTC))
    put(shell, "UPDATE alert SET decision = ?, reason = ?, release_at = ? WHERE id = ?", decision, reason, until, alert)
    assert said in shell("alerts", "why", alert).out
    waits = decisions(shell, alert)[0]["until"]
    assert waits == (None if decision == "suppressed" else "2025-12-02T06:05:00Z")


def test_an_item_that_no_change_names_says_why_nothing_was_told_of_it(shell: Shell) -> None:
    put(shell, "UPDATE item SET relevant = 0, event_id = NULL WHERE id = 7")
    assert shell.json("alerts", "why", "7")["item"]["reason"] == "no_topic"
    assert "not told: no topic's words are in it" in shell("alerts", "why", "7").out
    put(shell, "UPDATE item SET relevant = 1 WHERE id = 7")
    assert "salname item 7 --why" in shell("alerts", "why", "7").out
    event = shell.json("timeline")[0]["event"]
    put(shell, "UPDATE item SET event_id = ? WHERE id = 7", event)
    assert (
        f"one more report of an event, told with those that came with it: salname alerts why {event}"
        in shell("alerts", "why", "7").out
    )
    assert shell.json("alerts", "why", event)["changes"]


def test_an_item_is_found_in_the_change_that_names_it_among_others(shell: Shell) -> None:
    change = next(one for one in shell.json("timeline", "--all") if one["kind"] == "event.created" and one["item"])
    items = [{"id": 7}, {"id": int(change["item"])}]
    put(shell, "UPDATE item SET event_id = ? WHERE id = 7", change["event"])
    with_seven = "UPDATE change SET payload_json = json_set(payload_json, '$.items', json(?)) WHERE id = ?"
    put(shell, with_seven, json.dumps(items), change["id"])
    assert [one["id"] for one in shell.json("alerts", "why", "7")["changes"]] == [change["id"]]


def test_a_change_without_a_decision_says_so(shell: Shell) -> None:
    change = shell.json("timeline")[0]["id"]
    assert decisions(shell, change)
    put(shell, "DELETE FROM alert WHERE change_id = ?", change)
    assert "no decision is stored" in shell("alerts", "why", change).out


def test_what_nobody_knows_is_answered_with_the_nearest_name(shell: Shell) -> None:
    change = shell.json("timeline")[0]["id"]
    assert f'did you mean "{change}"?' in shell.refusal("alerts", "why", change[:-1])


def test_held_decisions_are_listed_by_channel_with_their_reason(shell: Shell) -> None:
    another_channel(shell)
    everything = shell.json("alerts", "--state", "held")
    assert everything
    assert shell.json("alerts", "--state", "held", "--channel", "desk") == [
        one for one in everything if one["channel"] == "desk"
    ]
    assert shell.json("alerts", "--state", "held", "--channel", "other") == []
    assert "not told: " in shell("alerts", "--state", "held").out


def test_each_waiting_message_says_what_it_waits_for(shell: Shell) -> None:
    due, *later = reversed(shell.json("alerts"))
    assert due["why"] == "is due"
    assert {one["why"] for one in later} <= {"is due", *(f"comes after {one['id']}" for one in shell.json("alerts"))}
    stop(shell, "parked", "HTTP 404 no_service")
    assert {one["why"] for one in shell.json("alerts")} == {"channel desk is parked: HTTP 404 no_service"}
    stop(shell, "open")
    assert all(one["why"].startswith("channel desk fails, it is probed at 2") for one in shell.json("alerts"))
    shell("channels", "resume", "desk")
    later = "UPDATE delivery SET attempt_count = 1, reason = 'HTTP 503', next_at = ? WHERE state = 'queued'"
    put(shell, later, micros(now() + timedelta(minutes=5)))
    why = {one["why"] for one in shell.json("alerts") if not one["why"].startswith("comes after ")}
    assert why
    assert all(one.startswith("is tried again at 20") and one.endswith(": HTTP 503") for one in why)
    [waiting, *_] = [one["id"] for one in shell.json("alerts") if one["why"].startswith("is tried again")]
    for said in (shell("alerts").out, shell("alerts", "show", waiting).out):
        assert re.search(r"is tried again at \d+ \w+ 20\d\d \d\d:\d\d: HTTP 503", said)
        assert not re.search(r"T\d\d:\d\d:\d\dZ", said)
    put(shell, "UPDATE delivery SET state = 'in_doubt'")
    assert "may have arrived" in shell("alerts").out


def test_status_is_well_until_something_waits_for_long(shell: Shell) -> None:
    queued = len(shell.json("alerts", "--state", "due"))
    found = shell.json("alerts", "status", code=1)  # the chronicle is of 2025
    assert (found["queued"], found["ok"]) == (queued, False)
    assert queued
    assert "the oldest message has waited for" in shell("alerts", "status").out
    put(shell, "UPDATE delivery SET next_at = ?", micros(now() - timedelta(minutes=5)))
    found = shell.json("alerts", "status")
    assert (found["ok"], found["problems"]) == (True, [])
    assert 300 <= found["oldest_s"] < 1_500
    assert shell("alerts", "status").out.startswith(f"{queued} to be sent, ")


def test_status_names_the_channel_that_is_stopped(shell: Shell) -> None:
    put(shell, "UPDATE delivery SET next_at = ?", micros(now()))
    assert shell("alerts", "status").code == 0
    stop(shell, "parked", "HTTP 404 \x1b]0;x\x07")
    ran = shell("alerts", "status")
    assert ran.code == 1
    assert "channel desk is parked: HTTP 404 ]0;x; to go on: salname channels resume desk" in ran.out
    stop(shell, "open")
    assert shell.json("alerts", "status", code=1)["problems"] == ["channel desk fails; it is tried again by itself"]


def test_a_message_in_doubt_is_settled_by_a_person(shell: Shell) -> None:
    delivery = the_delivery(shell)
    put(shell, "UPDATE delivery SET state = 'in_doubt', doubt_count = 1 WHERE id = ?", delivery)
    assert shell.json("alerts", "resolve", delivery, "--resend") == {"id": delivery, "state": "queued"}
    put(shell, "UPDATE delivery SET state = 'in_doubt' WHERE id = ?", delivery)
    assert shell.json("alerts", "resolve", delivery, "--delivered") == {"id": delivery, "state": "delivered"}
    assert "seen to have arrived by " in shell("alerts", "show", delivery).out
    assert "needs one that is in doubt" in shell.refusal("alerts", "resolve", delivery, "--delivered", code=1)


def test_what_is_cancelled_says_by_whom_and_is_never_sent(shell: Shell) -> None:
    first, second, *rest = (one["id"] for one in shell.json("alerts"))
    assert shell.json("alerts", "cancel", first, second, first) == {"cancelled": [first, second]}
    assert [one["id"] for one in shell.json("alerts", "--state", "due")] == rest
    assert shell.json("alerts", "show", first)["reason"].startswith("cancelled by ")
    assert "is cancelled" in shell.refusal("alerts", "cancel", rest[0], first, code=1)
    assert [one["id"] for one in shell.json("alerts", "--state", "due")] == rest  # all or nothing


def test_dead_messages_are_sent_again_from_a_day_on(shell: Shell) -> None:
    old, new = (one["id"] for one in shell.json("alerts", "--limit", "2"))
    dead = "UPDATE delivery SET state = 'dead', done_at = ? WHERE id = ?"
    put(shell, dead, micros(now() - timedelta(days=3)), old)
    put(shell, dead, micros(now() - timedelta(hours=3)), new)
    assert shell.json("alerts", "retry", "--dead", "--since", "1d") == {"retried": [new]}
    assert shell.json("alerts", "retry", "--channel", "desk") == {"retried": [old]}
    assert "not both" in shell.refusal("alerts", "retry", old, "--since", "1d")


def test_a_parked_channel_keeps_its_queue_until_it_is_resumed(shell: Shell) -> None:
    parked = shell.json("channels", "park", "desk", "--reason", "the desk moves house")
    assert parked == {"channel": "desk", "state": "parked", "reason": "the desk moves house"}
    (one,) = shell.json("channels")
    assert (one["state"], one["reason"]) == ("parked", "the desk moves house")
    assert one["queued"] == len(shell.json("alerts", "--state", "due")) > 0
    assert shell.json("channels", "resume", "desk") == {"channel": "desk", "state": "half"}
    assert 'did you mean "desk"?' in shell.refusal("channels", "park", "dusk")


def test_a_channel_is_tried_with_a_message_of_each_kind(shell: Shell) -> None:
    tried = shell.json("channels", "test", "desk", "--dry-run", "--kind", "all")
    assert {one["kind"] for one in tried} == {*LABELS, "system.channel_parked", "digest"}
    assert all("nothing has happened" in one["body"] for one in tried)
    assert SECRET not in str(tried)
    assert shell.json("channels", "test", "desk", "--dry-run", "--kind", "digest")["kind"] == "digest"
    assert "one of event.created, " in shell.refusal("channels", "test", "desk", "--dry-run", "--kind", "x")


def test_the_limits_of_a_channel_are_told(shell: Shell) -> None:
    (one,) = shell.json("channels")
    assert (one["rate_per_s"], one["max_per_hour"], one["fallback"], one["limits"]) == (1.0, None, None, None)
    text = shell.config.read_text(encoding="utf-8")
    shell.config.write_text(text.replace('kind = "webhook"', 'kind = "webhook"\nmax_per_hour = 20'), encoding="utf-8")
    assert shell.json("channels")[0]["max_per_hour"] == 20
    assert "20/h" in shell("channels").out


def test_a_channel_that_was_asked_to_wait_says_until_when(shell: Shell) -> None:
    shell("channels", "park", "desk")
    shell("channels", "resume", "desk")
    put(shell, "UPDATE channel_state SET breaker = 'closed', not_before_at = ?", micros(now() + timedelta(hours=2)))
    assert "ok: asked to wait until " in shell("channels").out
    assert all(
        one["why"].startswith(("the destination asked to wait until 2", "comes after d_"))
        for one in shell.json("alerts")
    )
    put(shell, "UPDATE channel_state SET not_before_at = ?", micros(now() - timedelta(hours=2)))
    assert "asked to wait" not in shell("channels").out


def test_a_silence_is_added_listed_and_ended(shell: Shell) -> None:
    added = shell.json("silences", "add", "topic=itu", "kind=item.*", "--for", "7d", "--comment", "we are there")
    assert added["matchers"] == [{"key": "topic", "pattern": "itu"}, {"key": "kind", "pattern": "item.*"}]
    assert (added["state"], added["comment"], bool(added["author"])) == ("in force", "we are there", True)
    begun, ends = (datetime.fromisoformat(added[key]) for key in ("starts_at", "ends_at"))
    assert ends - begun == timedelta(days=7)
    assert shell.json("silences") == shell.json("silences", "list") == [added]
    ended = shell.json("silences", "expire", added["id"])
    assert (ended["state"], ended["id"]) == ("over", added["id"])
    assert shell.json("silences") == []
    assert shell.json("silences", "list", "--all") == [ended]
    assert "is over already" in shell.refusal("silences", "expire", added["id"], code=1)
    assert shell("silences").err == "Nothing is kept quiet.\n"


def test_a_silence_may_begin_later_and_is_shown_with_its_author(shell: Shell) -> None:
    begin = (now() + timedelta(days=2)).isoformat(timespec="seconds")
    added = shell.json("silences", "add", "event=X*", "--for", "1h", "--from", begin, "--author", "Night \x1b[1mdesk")
    assert (added["state"], added["author"]) == ("to come", "Night \x1b[1mdesk")
    line = shell("silences").out.splitlines()[1]
    assert "Night [1mdesk" in line
    assert "event=X*" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("topik=itu", "--for", "7d"), 'there is no key of a silence "topik"; did you mean "topic"?'),
        (("itu", "--for", "7d"), 'silences add: "itu" is not KEY=PATTERN, such as topic=harbours'),
        (("topic=", "--for", "7d"), 'silences add: "topic=" is not KEY=PATTERN, such as topic=harbours'),
        (("topic=iru", "--for", "7d"), 'there is no topic "iru"; did you mean "itu"?'),
        (("topic=it", "topic=itu*", "--for", "7d"), 'there is no topic "it"; did you mean "itu"?'),
        (("channel=desc", "--for", "7d"), 'there is no channel "desc"; did you mean "desk"?'),
        (("route=al", "--for", "7d"), 'there is no route "al"; did you mean "all"?'),
        (("rule=x", "--for", "7d"), 'there is no rule "x"; see: salname check'),
        (("kind=item.revise", "--for", "7d"), 'there is no kind of change "item.revise"; did you mean "item.revised"?'),
        (("kind=itm.*", "--for", "7d"), 'there is no kind of change "itm.*"; did you mean "item.revised"?'),
        (("importance=hihg", "--for", "7d"), 'there is no importance "hihg"; did you mean "high"?'),
        (("event=ZZZZ", "--for", "7d"), 'there is no event "ZZZZ"; see: salname events'),
        (("topic=itu", "--for", "soon"), '--for: "soon" is no span of time, such as 45m, 2h or 7d'),
        (("topic=itu", "--for", "0h"), '--for: "0h" is no span of time, such as 45m, 2h or 7d'),
        (("topic=itu", "--for", "1h", "--from", "2d"), "--from, --for: this silence would be over already"),
    ],
)
def test_a_silence_that_makes_no_sense_is_refused(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    assert shell.refusal("silences", "add", *arguments) == f"salname: {said}"


@pytest.mark.parametrize(
    "matcher", ["topic=IT?", "kind=item.*", "channel=[dt]esk", "route=default", "event=Z*", "lang=xx"]
)
def test_a_silence_takes_patterns_and_what_no_configuration_can_list(shell: Shell, matcher: str) -> None:
    added = shell.json("silences", "add", matcher, "--for", "1h")
    assert [f"{one['key']}={one['pattern']}" for one in added["matchers"]] == [matcher]


@pytest.mark.parametrize("name", ["all", "desk"])
def test_a_digest_is_made_at_once_of_what_a_route_or_channel_holds(shell: Shell, name: str) -> None:
    later = micros(now() + timedelta(hours=9))
    put(shell, "UPDATE alert SET release_at = ? WHERE decision = 'held'", later)
    held = [one for one in shell.json("alerts", "--state", "held") if one["decision"] == "held"]
    assert held
    assert shell.json("digest", "now", name) == {"digest": name, "released": len(held)}
    assert f"Nothing is held for {name}." in shell("digest", "now", name).out
    assert all(one["until"] <= f"{now():%Y-%m-%dT%H:%M:%SZ}" for one in held_now(shell))
    assert 'did you mean "desk"?' in shell.refusal("digest", "now", "dusk")


def held_now(shell: Shell) -> list[Row]:
    return [one for one in shell.json("alerts", "--state", "held") if one["decision"] == "held"]


def test_what_is_held_for_a_channel_is_released(shell: Shell) -> None:
    put(shell, "UPDATE alert SET release_at = ? WHERE decision = 'held'", micros(now() + timedelta(hours=9)))
    count = len(held_now(shell))
    assert count
    another_channel(shell)
    assert shell.json("alerts", "release", "--channel", "other") == {"released": 0, "channel": "other"}
    assert shell.json("alerts", "release", "--held") == {"released": count, "channel": None}
    assert "give --held, --channel NAME, or --feed F" in shell.refusal("alerts", "release")
    assert "give --held" in shell.refusal("alerts", "release", "--held", "--feed", "one")
    assert shell.json("alerts", "release", "--feed", "one") == {"feed": feed_url(shell), "released": False}
    assert "nothing of it is held" in shell("alerts", "release", "--feed", "one").out


def feed_url(shell: Shell) -> str:
    return str(next(feed["url"] for feed in shell.json("feeds") if feed["name"] == "one"))
