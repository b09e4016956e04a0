"""From an article that moves a date to one message: the whole line with its ledger, on loopback."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.rules import importance_of
from storage.model import PromiseState
from storage.reading import opened
from storage.reading.paging import Lens
from tests.builders_line import START, Site, World, an_entry
from tests.builders_slack import Slack, slack_server

SUBJECTS = """
[[subjects]]
id = "lake-cable"
aliases = { en = ["Lake Cable"], az = ["Göl kabeli"] }
"""
OLDER = an_entry("older", "ITU publishes its yearly report", "Figures of the ITU for the year.", at=START)


def a_report(slug: str, year: int, *, at: datetime = START, more: str = "") -> str:
    text = f"The laying of the Lake Cable will be completed by the end of {year}, an ITU engineer said. {more}"
    return an_entry(slug, "Ships of the ITU at the lake", text, at=at)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with slack_server() as slack, Site() as site:
        monkeypatch.setenv("HOOK", f"http://{slack.netloc}/hook")
        channel = (
            f'[channels.team]\nkind = "slack"\nurl_env = "HOOK"\nallow_private = ["{slack.netloc}"]\n'
            'insecure_http = true\nrate = "100/s"\n'
        )
        route = '[[routes]]\nname = "all"\nchannels = ["team"]\ngroup_wait = "0s"\n'
        with World(site, tmp_path, extra=SUBJECTS + channel + route) as made:
            made.slack = slack  # type: ignore[attr-defined]
            started = time.monotonic()
            # The pace of a channel is kept by the clock: one that stands still would never let a second message go.
            made.monitor.clock = lambda: made.now + timedelta(seconds=time.monotonic() - started)
            yield made


def starts(world: World, *entries: str) -> Slack:
    """The feed is known: what comes now is news."""
    world.site.publishes(*(entries or (OLDER,)))
    world.polls()
    world.monitor.deliver()
    slack: Slack = world.slack  # type: ignore[attr-defined]
    slack.messages.clear()
    return slack


def test_a_date_that_an_article_moves_is_one_message_with_both_quotes_and_the_count(world: World) -> None:
    slack = starts(world, OLDER, a_report("cable", 2026))
    world.site.publishes(OLDER, a_report("cable", 2028))
    world.polls()
    world.monitor.deliver()
    assert len(slack.messages) == 1
    said = json.dumps(slack.messages[0], ensure_ascii=False)
    for words in ("end of 2026", "end of 2028", "+24 months", "1st slip"):
        assert words in said
    assert slack.messages[0]["blocks"][0]["text"]["text"].endswith("end of 2026 → end of 2028 (+24 months, 1st slip)")
    assert said.count("completed by the end of 2026") >= 1
    assert said.count("completed by the end of 2028") >= 1
    (change,) = world.changes("date.slipped")
    assert (change["old"], change["new"]) == ("end of 2026", "end of 2028")
    (edit,) = world.changes("item.revised")
    assert edit["class"] == "fact"


def test_a_date_that_another_article_moves_is_told_with_the_slips_so_far(world: World) -> None:
    slack = starts(world, OLDER, a_report("cable", 2026))
    for number, year in enumerate((2027, 2028), 1):
        world.later(days=20)
        world.site.publishes(OLDER, a_report(f"cable-{year}", year, at=world.now))
        world.polls()
        world.monitor.deliver()
        slips = world.changes("date.slipped")
        assert len(slips) == number
    assert "2nd slip, +24 months in all" in slips[-1]["summary"]
    assert sum("2nd slip" in json.dumps(one, ensure_ascii=False) for one in slack.messages) == 1


def test_the_same_document_twice_tells_nothing_more(world: World) -> None:
    starts(world, OLDER, a_report("cable", 2026))
    world.site.publishes(OLDER, a_report("cable", 2028), validators=False)
    world.polls()
    assert len(world.changes("date.slipped")) == 1
    world.polls()
    world.polls()
    assert len(world.changes("date.slipped")) == 1


def test_what_was_there_before_the_feed_was_watched_moves_in_silence(world: World) -> None:
    old, new = START - timedelta(days=40), START - timedelta(days=2)
    slack = starts(world, OLDER, a_report("one", 2026, at=old), a_report("two", 2028, at=new))
    assert len(world.changes("date.slipped")) == 1
    assert slack.messages == []


def test_an_older_article_that_comes_late_changes_nothing(world: World) -> None:
    starts(world, OLDER, a_report("new", 2028))
    world.site.publishes(OLDER, a_report("new", 2028), a_report("old", 2026, at=START - timedelta(days=90)))
    world.polls()
    assert world.changes("date.slipped") == []
    with world.monitor.store.reading() as tx:
        (chain,) = [tx.claims.promises("lake-cable|laying.end||date")]
    assert [one.state for one in chain] == [PromiseState.SLIPPED, PromiseState.OPEN]


def test_a_promise_that_passed_is_told_once_and_as_what_it_is(world: World) -> None:
    slack = starts(world, OLDER, a_report("cable", 2025))
    world.now = datetime(2026, 2, 14, 6, tzinfo=UTC)
    assert world.monitor.tell_overdue() == []  # the grace of a year is 45 days
    world.now = datetime(2026, 2, 20, 6, tzinfo=UTC)
    (change,) = world.monitor.tell_overdue()
    assert change.payload["how"] == "silence"
    assert "promised for end of 2025, overdue by 51 days" in str(change.payload["summary"])
    assert world.monitor.tell_overdue() == []
    world.monitor.deliver()
    assert len(slack.messages) == 1


def test_what_is_still_overdue_is_told_once_a_week_and_in_the_digest_only(world: World) -> None:
    slack = starts(world, OLDER, a_report("cable", 2025))
    told = []
    for days in range(60, 80):  # from the day on which nobody waits any longer
        world.now = START + timedelta(days=days + 30)
        told += [(days, change) for change in world.monitor.tell_overdue()]
        world.monitor.deliver()
    first, *reminders = told
    assert [days - first[0] for days, _ in reminders] == [7, 14]
    assert [importance_of(change).value for _, change in told] == ["high", *["low"] * len(reminders)]
    assert "still overdue by" in str(reminders[0][1].payload["summary"])
    alert, *digests = [json.dumps(message, ensure_ascii=False) for message in slack.messages]
    assert "overdue by" in alert
    assert "still" not in alert
    assert len(digests) == len(reminders)
    assert all("Still overdue (1)" in one and "still overdue by" in one for one in digests)


def test_a_reminder_is_no_news_for_the_timeline(world: World) -> None:
    starts(world, OLDER, a_report("cable", 2025))
    last_row = 0
    for days in (90, 97):
        world.now = START + timedelta(days=days)
        assert len(world.monitor.tell_overdue()) == 1
        with opened(world.database) as reader:
            shown = [one["kind"] for one in reader.timeline.changes() if one["kind"].startswith("promise.")]
            pages = [one["kind"] for one in reader.pages.page(Lens(), older=True, limit=100)]
            followed, last_row = reader.timeline.after(last_row)
        assert shown == ["promise.overdue"]
        assert pages.count("promise.overdue") == 1
        assert "promise.reminder" not in {*pages, *(one["kind"] for one in followed)}
    with world.monitor.store.reading() as tx:
        (promise,) = tx.claims.promises("lake-cable|laying.end||date")
    assert promise.state is PromiseState.OVERDUE


def test_a_promise_of_a_feed_that_cannot_be_read_is_held(world: World) -> None:
    starts(world, OLDER, a_report("cable", 2025))
    world.site.publishes(OLDER, status=500)
    world.now = datetime(2026, 2, 20, 6, tzinfo=UTC)
    for _ in range(4):
        world.polls(after=timedelta(days=1))
    assert world.changes("promise.overdue") == []
    with world.monitor.store.reading() as tx:
        (promise,) = tx.claims.promises("lake-cable|laying.end||date")
    assert promise.note == "held: feed cannot be read"
    world.site.publishes(OLDER)
    world.polls(after=timedelta(days=1))
    assert len(world.changes("promise.overdue")) == 1


def test_words_taken_back_take_their_claim_along(world: World) -> None:
    starts(world, OLDER, a_report("cable", 2026))
    silent = an_entry(
        "cable", "Ships of the ITU at the lake", "An ITU engineer looked at the lake for a day.", at=START
    )
    world.site.publishes(OLDER, silent)
    world.polls()
    with world.monitor.store.reading() as tx:
        assert tx.claims.promises("lake-cable|laying.end||date") == []
        assert [
            one.retracted_at is None for one in tx.claims.of_keys(["lake-cable|laying.end||date"]).popitem()[1]
        ] == [False]


def test_an_edit_that_moves_a_date_and_a_figure_is_told_once_and_the_date_leads(world: World) -> None:
    text = (
        "The laying of the Lake Cable will be completed by the end of {}. The Lake Cable is {} km long, the ITU said."
    )
    before = an_entry("cable", "Ships at the lake", text.format(2026, 380), at=START)
    slack = starts(world, OLDER, before)
    world.site.publishes(OLDER, an_entry("cable", "Ships at the lake", text.format(2028, 440), at=START))
    world.polls()
    world.monitor.deliver()
    assert [one["kind"] for one in world.changes()][-3:] == ["item.revised", "date.slipped", "fact.changed"]
    (message,) = slack.messages
    said = json.dumps(message, ensure_ascii=False)
    assert message["blocks"][0]["text"]["text"].endswith("end of 2026 → end of 2028 (+24 months, 1st slip)")
    assert said.count("by the end of 2028") == 1
    assert said.count("440 km long") == 1
    assert "said in an article that was edited" in said


def test_an_edit_that_moves_nothing_that_is_known_is_told_with_its_words(world: World) -> None:
    before = an_entry("price", "Ships of the ITU", "The ITU counted 14 ships at the old pier.", at=START)
    slack = starts(world, OLDER, before)
    after = an_entry("price", "Ships of the ITU", "The ITU counted 15 ships at the old pier.", at=START)
    world.site.publishes(OLDER, after)
    world.polls()
    world.monitor.deliver()
    (message,) = slack.messages
    assert "15 ships" in json.dumps(message, ensure_ascii=False)
