"""Whole messages, byte for byte as they leave the house.

A missing file under messages/ is written and the test fails once: look at it before it is accepted.
"""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from alerts.channels import REPEAT_MARK, Channel, Secret
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings, encoded
from alerts.channels.slack import SlackChannel, marked
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.message import Notification
from alerts.rules import summary_change
from storage.outbox import Told
from tests.builders_messages import HOUR, NOW, a_change, a_delivery, a_fact, a_note, a_source, a_source_item, an_event

FOLDER = Path(__file__).parent / "messages"
URL = Secret("https://hooks.example.org/services/T000/B000/XXXXXXXX")
SLACK = SlackChannel(HttpSettings(url=URL))
WEBHOOK = WebhookChannel(WebhookSettings(http=HttpSettings(url=URL)))
CLOUDEVENTS = WebhookChannel(WebhookSettings(http=HttpSettings(url=URL), format="cloudevents"))
MAIL = EmailChannel(EmailSettings(server=Server(host="127.0.0.1"), sender="Salname <watch@example.org>"))
ADDRESS = a_delivery(address="desk@example.org", id="d_5b1f0c9e2a7744d1")


def new_event() -> Notification:
    declaration = a_source_item(
        1,
        text="The conference closed on 28 Nov 2025 with the Baku Action Plan for 2026-2029.",
        published_at=NOW - timedelta(days=3, hours=15, minutes=3),
    )
    seen_at = NOW - timedelta(days=3, hours=14, minutes=45)
    event = an_event(first_seen_at=seen_at)
    return a_note(a_source(a_change(item_id=1), items=[declaration], event=event, delivery=ADDRESS))


def update() -> Notification:
    event = an_event(id="3KF9BBBB", title="Trans-Caspian fibre cable", topics=("tcfo",), revision=6, item_count=5)
    summary = "the seabed route analysis is finished. 2 new sources, 5 in all."
    change = a_change("event.updated", event_id=event.id, revision=6, payload={"summary": summary}, topics=("tcfo",))
    items = [
        a_source_item(7, title="Dəniz dibinin tədqiqi başa çatıb", source="Report", lang="az"),
        a_source_item(8, title="Завершён анализ дна", source="Trend", url=None, published_at=None),
    ]
    told = {event.id: Told(revision=4, at=NOW - timedelta(days=20))}
    return a_note(a_source(change, event=event, items=items, previous=told, delivery=replace(ADDRESS, seq=6)))


def fact_changed() -> Notification:
    event = an_event(id="0ITUCCCC", title="ITU membership", topics=("itu",), revision=12)
    item = a_source_item(
        91, title="Bound by a single network", url="https://region.example/bound", source="Region", published_at=NOW
    )
    told = {event.id: Told(revision=9, at=NOW - timedelta(days=30))}
    return a_note(
        a_source(a_fact(event_id=event.id), event=event, items=[item], previous=told, delivery=replace(ADDRESS, seq=12))
    )


def article_revised() -> Notification:
    change = a_change(
        "item.revised",
        item_id=91,
        old={"value": "The forum opens on 12 May", "hash": "1:aa"},
        new={"value": "The forum opens on 13 May", "hash": "1:bb", "source": "Trend"},
        quotes=("It opens on 12 May in Baku.", "It opens on 13 May in Baku."),
        payload={
            "summary": "Corrected by Trend: The forum opens on 12 May → The forum opens on 13 May",
            "class": "fact",
        },
        revision=2,
    )
    return a_note(a_source(change, event=an_event(revision=2), delivery=ADDRESS))


def article_withdrawn() -> Notification:
    summary = "Withdrawn by Trend: The forum opens on 12 May"
    change = a_change("item.withdrawn", item_id=91, old="present", new="withdrawn", payload={"summary": summary})
    return a_note(a_source(change, delivery=ADDRESS))


def feed_failing() -> Notification:
    summary = "feed Trend is failing: HTTP 503 since 06:10. Look at it with: salname feeds"
    change = a_change("feed.failing", feed_id=3, topics=(), payload={"summary": summary})
    return a_note(a_source(change, items=[], delivery=replace(ADDRESS, event_id=None)))


def first_look() -> Notification:
    return a_note(a_source(summary_change(12, 431, 9, at=NOW), items=[], delivery=replace(ADDRESS, event_id=None)))


def several() -> Notification:
    slipped = a_change(
        "date.slipped",
        id="c_2",
        old={"value": "end of 2025", "source": "AzerTelecom", "as_of": "2024-05-01"},
        new={"value": "end of 2026", "source": "Trend", "as_of": date(2025, 12, 1).isoformat()},
        payload={"summary": "Cable laying: end of 2025 → end of 2026", "delta": "+1 year"},
        quotes=("The cable will be laid by the end of 2025.", "The work ends in 2026."),
    )
    update = a_change("event.updated", id="c_3", payload={"summary": "the contract is signed. 1 new source, 3 in all."})
    told = {"7Q2MAAAA": Told(revision=1, at=NOW - 30 * HOUR)}
    return a_note(
        a_source(update, slipped, a_fact(), event=an_event(revision=2), previous=told, delivery=ADDRESS),
        link_base="https://example.org/timeline",
    )


NOTES = [new_event, update, fact_changed, article_revised, article_withdrawn, feed_failing, first_look, several]
CHANNELS: dict[str, Channel] = {
    "slack.json": SLACK,
    "webhook.json": WEBHOOK,
    "cloudevents.json": CLOUDEVENTS,
    "eml": MAIL,
}


def accepted(name: str, content: bytes) -> bytes:
    path = FOLDER / name
    if not path.exists():
        path.write_bytes(content)
        pytest.fail(f"{name} is new: look at it, then run again")
    return path.read_bytes()


def readable(content: bytes) -> bytes:
    """JSON indented; equal values give equal text."""
    return json.dumps(json.loads(content), ensure_ascii=False, indent=1).encode() + b"\n"


@pytest.mark.parametrize("note", NOTES, ids=lambda build: build.__name__)
@pytest.mark.parametrize("suffix", CHANNELS)
def test_a_message_reads_as_it_was_accepted(note, suffix):
    content = CHANNELS[suffix].render(note(), "rich").content
    shown = content if suffix == "eml" else readable(content)
    assert shown == accepted(f"{note.__name__}.{suffix}", shown)


@pytest.mark.parametrize("suffix", CHANNELS)
def test_the_plain_form_reads_as_it_was_accepted(suffix):
    content = CHANNELS[suffix].render(fact_changed(), "plain").content
    shown = content if suffix == "eml" else readable(content)
    assert shown == accepted(f"fact_changed_plain.{suffix}", shown)


def test_a_repeated_slack_message_reads_as_it_was_accepted():
    body = json.loads(SLACK.render(fact_changed(), "rich").content)
    shown = readable(encoded(marked(body, REPEAT_MARK)))
    assert shown == accepted("fact_changed_repeated.slack.json", shown)


def test_rendering_twice_gives_the_same_bytes():
    for channel in CHANNELS.values():
        assert channel.render(several(), "rich") == channel.render(several(), "rich")
