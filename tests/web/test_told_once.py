"""From an edited headline to one message: the line with its channels, on loopback."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from monitor import __version__
from monitor.cli.channels import _came_of
from monitor.trying import try_channel
from storage.model import DeliveryState
from tests.builders_line import OUTLET_TEXT, START, Site, World, an_entry
from tests.builders_mail import Mailbox, mail_server
from tests.builders_slack import Slack, slack_server

OLDER = an_entry(
    "older", "ITU publishes its yearly report", "Figures of the ITU for the year.", at=START - timedelta(days=2)
)


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as slack:
        yield slack


def team(slack: Slack) -> str:
    return (
        f'[channels.team]\nkind = "slack"\nurl_env = "TEAM_SLACK"\ninsecure_http = true\nrate = "100/s"\n'
        f'allow_private = ["{slack.netloc}"]\n'
        '[[routes]]\nname = "all"\nchannels = ["team"]\ngroup_wait = "0s"\n'
    )


@pytest.fixture
def world(tmp_path: Path, slack: Slack, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEAM_SLACK", f"http://{slack.netloc}/services/T0/B0/hush")
    with Site() as site:
        site.publishes(OLDER)
        with World(site, tmp_path, extra=team(slack)) as world:
            world.polls()
            world.monitor.deliver()
            yield world


def headlines(slack: Slack) -> list[str]:
    return [message["blocks"][0]["text"]["text"] for message in slack.messages]


def test_the_baseline_is_one_message_and_says_what_was_found(world: World, slack: Slack) -> None:
    assert len(slack.messages) == 1
    assert slack.agents == {f"salname/{__version__}"}
    assert "1 feed, 1 item, 1 event" in slack.messages[0]["text"]
    world.polls()
    world.monitor.deliver()
    assert len(slack.messages) == 1


def test_a_number_that_is_edited_is_one_message_with_was_and_now(world: World, slack: Slack) -> None:
    world.site.publishes(OLDER, an_entry("a", "Forum counts 40 new networks of the ITU", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    before = len(slack.messages)
    world.site.publishes(OLDER, an_entry("a", "Forum counts 44 new networks of the ITU", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    assert len(slack.messages) == before + 1
    said = json.dumps(slack.messages[-1], ensure_ascii=False)
    assert "40" in said
    assert "44" in said
    world.polls()
    world.monitor.deliver()
    assert len(slack.messages) == before + 1


def test_a_title_edited_in_words_alone_is_a_revision_and_no_message(world: World, slack: Slack) -> None:
    world.site.publishes(OLDER, an_entry("a", "Forum of the ITU in a small capital", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    before = len(slack.messages)
    world.site.publishes(OLDER, an_entry("a", "Forum of the ITU in a little capital", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    assert [change["class"] for change in world.changes("item.revised")] == ["title"]
    assert len(slack.messages) == before


def test_a_new_event_is_told_and_an_old_one_found_late_is_not(world: World, slack: Slack) -> None:
    fresh = an_entry("a", "Satellites over Quito worry the ITU", "Orbits crossed above Quito again.", at=START)
    stale = an_entry(
        "b", "Prices in Hanoi please the ITU", "Cheaper data for Hanoi schools.", at=START - timedelta(days=5)
    )
    world.site.publishes(OLDER, fresh, stale)
    world.polls()
    world.monitor.deliver()
    assert len([line for line in headlines(slack) if "Quito" in line]) == 1
    assert not [line for line in headlines(slack) if "Hanoi" in line]
    reasons = {item["title"]: None for item in world.items()}
    assert "Prices in Hanoi please the ITU" in reasons


STORY = "Satellites of the ITU crossed orbits above Quito and engineers of the observatory count the debris."


def reports_of(first: int, last: int) -> list[str]:
    """Articles of one outlet about one happening."""
    return [
        an_entry(f"q{n}", f"Satellites over Quito worry the ITU, day {n}", f"{STORY} Day {n} ended.", at=START)
        for n in range(first, last + 1)
    ]


def listed(message: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The links of a Slack message's list of articles, and what its lines say without one."""
    lists = [part for block in message["blocks"] for part in block.get("elements", ()) if "style" in part]
    spans = [span for one in lists for line in one["elements"] for span in line["elements"]]
    return [one["url"] for one in spans if "url" in one], [one["text"] for one in spans if "url" not in one]


@pytest.fixture
def talkative(tmp_path: Path, slack: Slack, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Two outlets watched by a team that wants to hear of every report."""
    monkeypatch.setenv("TEAM_SLACK", f"http://{slack.netloc}/services/T0/B0/hush")
    rule = '[[rules]]\nname = "all of it"\nwhen = { kind = "event.*" }\nset = { importance = "high" }\n'
    with Site() as site:
        site.publishes(OLDER, name="herald")
        site.publishes(OLDER, name="gazette")
        with World(site, tmp_path, feeds=("herald", "gazette"), extra=team(slack) + rule) as world:
            world.polls()
            world.monitor.deliver()
            yield world


def test_all_that_one_poll_brings_of_an_event_is_listed_or_counted(talkative: World, slack: Slack) -> None:
    world = talkative
    world.site.publishes(OLDER, *reports_of(1, 3), name="herald")
    world.polls()
    world.monitor.deliver()
    [created] = [message for message in slack.messages if message["text"].startswith("New event")]
    links, _ = listed(created)
    assert len(set(links)) == 3
    founding = world.changes("event.created")[-1]
    assert links[0] == founding["url"]
    world.site.publishes(OLDER, *reports_of(1, 10), name="herald")
    world.polls()
    world.monitor.deliver()
    update = slack.messages[-1]
    assert update["text"].endswith(" (7 new reports)")  # of an outlet that had told of it before
    more, others = listed(update)
    assert len(set(more)) == 5
    assert not set(more) & set(links)
    assert others[-1] == f"and 2 more: salname event {founding['event']}"


def test_an_outlet_that_tells_of_an_event_for_the_first_time_is_a_new_source(talkative: World, slack: Slack) -> None:
    talkative.site.publishes(OLDER, *reports_of(1, 1), name="herald")
    talkative.polls()
    talkative.monitor.deliver()
    talkative.site.publishes(OLDER, *reports_of(2, 3), name="gazette")
    talkative.polls()
    talkative.monitor.deliver()
    assert slack.messages[-1]["text"].endswith(" (1 new source)")
    assert len(listed(slack.messages[-1])[0]) == 2


def test_an_edited_article_is_linked(world: World, slack: Slack) -> None:
    world.site.publishes(OLDER, an_entry("a", "Forum counts 40 new networks of the ITU", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    world.site.publishes(OLDER, an_entry("a", "Forum counts 44 new networks of the ITU", OUTLET_TEXT))
    world.polls()
    world.monitor.deliver()
    [revised] = world.changes("item.revised")
    assert listed(slack.messages[-1])[0] == [revised["url"]]


def test_the_address_of_the_channel_is_in_no_row_and_no_file(world: World, slack: Slack) -> None:
    assert slack.messages
    stored = b"".join(path.read_bytes() for path in world.folder.iterdir() if path.is_file())
    assert b"hush" not in stored


def test_a_channel_that_is_down_keeps_its_messages_in_order(world: World, slack: Slack) -> None:
    slack.stops()
    world.site.publishes(OLDER, an_entry("a", "Satellites over Quito worry the ITU", "Orbits crossed.", at=START))
    world.polls()
    (drained,) = world.monitor.deliver().values()
    assert DeliveryState.QUEUED in drained.counts
    with world.monitor.store.reading() as tx:
        waiting = tx.outbox.deliveries([DeliveryState.QUEUED], channel=None, limit=10)
        assert [one.event_id is not None for one in waiting] == [True]
        assert tx.outbox.attempts(waiting[0].id)[0].outcome == "temporary"


def a_desk(port: int) -> str:
    return (
        f'[channels.desk]\nkind = "email"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nrate = "100/s"\n'
        'from = "Salname <watch@outlet.example>"\nto = ["one@desk.example", "two@desk.example"]\n'
        '[[routes]]\nname = "all"\nchannels = ["desk"]\ngroup_wait = "0s"\n'
    )


def test_a_channel_is_tried_with_each_of_its_addresses_and_fails_with_any_of_them(tmp_path: Path) -> None:
    mailbox = Mailbox(replies={"two@desk.example": "550 5.1.1 no such reader"})
    with mail_server(mailbox) as server, Site() as site, World(site, tmp_path, extra=a_desk(server.port)) as world:
        tried = try_channel(world.monitor, "desk", "fact.changed", dry_run=False)
        assert [mail.recipient for mail in mailbox.mails] == ["one@desk.example"]
        assert (tried["address"], tried["outcome"]) == ("two@desk.example", "recipient_permanent")
        one, two = _came_of(tried)
        assert one.startswith("desk: fact.changed to one@desk.example: ok in ")
        assert two.startswith("desk: fact.changed to two@desk.example: recipient_permanent in ")
        mailbox.replies = {}
        assert try_channel(world.monitor, "desk", "fact.changed", dry_run=False)["outcome"] == "ok"


def test_a_mail_goes_to_each_reader_and_hangs_together_by_event(tmp_path: Path) -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as server, Site() as site:
        site.publishes(OLDER)
        with World(site, tmp_path, extra=a_desk(server.port)) as world:
            world.polls()
            site.publishes(
                OLDER, an_entry("a", "Forum counts 40 new networks in Quito", "The ITU was there.", at=START)
            )
            world.polls()
            site.publishes(
                OLDER, an_entry("a", "Forum counts 44 new networks in Quito", "The ITU was there.", at=START)
            )
            world.polls()
            world.monitor.clock = lambda: datetime.now(UTC)  # two readers: the pace of sending needs a clock that goes
            world.monitor.deliver()
    mails = [message_from_bytes(mail.content) for mail in mailbox.mails]
    edits = [mail for mail in mails if mail["X-Salname-Kind"] == "item.revised"]
    assert sorted(mail["To"] for mail in edits) == ["one@desk.example", "two@desk.example"]
    (event,) = {mail["References"] for mail in edits}
    assert sum(mail["References"] == event for mail in mails) == 4  # the event was new, then edited, for two readers
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)


def test_what_a_second_outlet_corrects_after_the_first_is_no_second_message(tmp_path: Path, slack: Slack) -> None:
    channel = (
        f'[channels.team]\nkind = "slack"\nurl = "http://{slack.netloc}/services/T0/B0/x"\ninsecure_http = true\n'
        f'rate = "100/s"\nallow_private = ["{slack.netloc}"]\n'
        '[[routes]]\nname = "all"\nchannels = ["team"]\ngroup_wait = "0s"\n'
        '[[subjects]]\nid = "net"\naliases = { en = ["River Network"] }\n'
    )

    def report(slug: str, users: str, more: str = "") -> str:
        return an_entry(slug, f"ITU counts {users} million users of River Network", f"{OUTLET_TEXT}{more}", at=START)

    with Site() as site:
        for name in ("feed", "other"):
            site.publishes(OLDER, name=name)
        with World(site, tmp_path, feeds=("feed", "other"), extra=channel) as world:
            started = time.monotonic()  # the pace of sending needs a clock that goes
            world.monitor.clock = lambda: world.now + timedelta(seconds=time.monotonic() - started)
            world.polls()
            site.publishes(OLDER, report("a", "1.2"))
            site.publishes(OLDER, report("b", "1.2", " Rain fell on it."), name="other")
            world.polls()
            world.monitor.deliver()
            before = len(slack.messages)
            site.publishes(OLDER, report("a", "1.4"))
            world.polls()
            world.monitor.deliver()
            assert len(slack.messages) == before + 1
            site.publishes(OLDER, report("b", "1.4", " Rain fell on it."), name="other")
            world.polls()
            world.monitor.deliver()
            assert len(world.changes("item.revised")) == 2
            assert len(slack.messages) == before + 1
            site.publishes(OLDER, report("b", "1.4", " Rain fell on it for 3 days."), name="other")
            world.polls()
            world.monitor.deliver()
            assert len(slack.messages) == before + 2  # a number of which nothing was known
