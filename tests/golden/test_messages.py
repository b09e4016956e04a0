"""Whole messages, byte for byte as they leave the house.

A missing file under messages/ is written and the test fails once: look at it before it is accepted.
"""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from alerts.channels import REPEAT_MARK
from alerts.channels.post import encoded
from alerts.channels.slack import marked
from alerts.channels.words import LABELS
from alerts.message import Notification
from alerts.rules import summary_change
from storage.model import JsonValue
from storage.outbox import Told
from tests.builders_golden import CHANNELS, SLACK, accepted, as_read, readable
from tests.builders_messages import (
    HOUR,
    NOW,
    a_change,
    a_delivery,
    a_digest,
    a_fact,
    a_note,
    a_source,
    a_source_item,
    an_event,
)

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


def update_of_many() -> Notification:
    """A poll that brought ten articles of two outlets that had told of the event; eight of them listed."""
    event = an_event(id="3KF9BBBB", title="Trans-Caspian fibre cable", topics=("tcfo",), revision=6, item_count=15)
    items = [
        a_source_item(n, title=f"Cable: report {n}", source=("Trend", "Report")[n % 2], is_copy=n == 8)
        for n in range(1, 9)
    ]
    change = a_change(
        "event.updated",
        event_id=event.id,
        item_id=1,
        revision=6,
        payload={
            "summary": "Cable: report 1 (Report); Cable: report 2 (Trend); Cable: report 3 (Report); +7 more",
            "items": [{"id": item.id} for item in items],
            "item_count": 10,
        },
        topics=("tcfo",),
    )
    told = {event.id: Told(revision=4, at=NOW - timedelta(days=20))}
    source = a_source(change, event=event, items=items, previous=told, delivery=replace(ADDRESS, seq=6))
    return a_note(replace(source, new_source_counts={event.id: 0}))


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


def reprint_differs() -> Notification:
    was, now = "The forum opens on 12 May.", "The forum opens on 13 May."
    change = a_change(
        "item.differs",
        item_id=91,
        old={"value": was, "item": 90},
        new={"value": now, "item": 91, "source": "Trend"},
        payload={"summary": "Reprint by Trend says otherwise: 12 → 13 in “The forum opens on 13 May”"},
        quotes=(now,),
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


def sources_disagree() -> Notification:
    change = a_fact(
        "fact.conflict",
        event_id="0ITUCCCC",
        quotes=("The Union has 193 member states.", "The Union counts 194 member states."),
        payload={"summary": "ITU member states: 193 or 194", "confirmed_by": 2, "contradicted_by": 1},
    )
    event = an_event(id="0ITUCCCC", title="ITU membership", topics=("itu",), revision=12)
    return a_note(a_source(change, event=event, delivery=replace(ADDRESS, seq=12)))


def status_changed() -> Notification:
    change = a_change(
        "status.changed",
        key="status",
        old={"value": "announced", "source": "Ministry", "as_of": "2025-03-04"},
        new={"value": "under construction", "source": "Report", "as_of": "2025-12-01"},
        payload={"summary": "Data centre: announced → under construction"},
        quotes=("The centre will be built.", "Works on the centre have begun."),
        revision=3,
    )
    return a_note(a_source(change, event=an_event(title="Data centre", revision=3), delivery=replace(ADDRESS, seq=3)))


def date_moved() -> Notification:
    change = a_change(
        "date.slipped",
        key="completion",
        old={"value": "end of 2024", "source": "AzerTelecom", "as_of": "2023-05-01"},
        new={"value": "end of 2026", "source": "Trend", "as_of": "2025-12-01"},
        payload={"summary": "Cable laying: end of 2024 → end of 2026", "delta": "+24 months, 1st slip"},
        quotes=("The cable will be laid by the end of 2024.", "The work ends in 2026."),
    )
    return a_note(a_source(change, event=an_event(title="Fibre cable", topics=("tcfo",)), delivery=ADDRESS))


def promise_overdue() -> Notification:
    return _overdue("promise.overdue", {"summary": "Overdue since 1 Dec 2025: the centre opens", "delta": "1 day"})


def promise_still_overdue() -> Notification:
    return _overdue(
        "promise.reminder",
        {"summary": "Promised for 30 Nov 2025, still overdue by 14 days: the centre opens", "delta": "14 days"},
    )


def _overdue(kind: str, payload: dict[str, JsonValue]) -> Notification:
    change = a_change(
        kind,
        key="opening",
        old={"value": "by 30 Nov 2025", "source": "Ministry", "as_of": "2025-02-03"},
        payload=payload,
        quotes=("The centre opens by the end of November.",),
    )
    return a_note(a_source(change, event=an_event(title="Acceleration centre", topics=("rac-baku",)), delivery=ADDRESS))


def _of_event(kind: str, summary: str) -> Notification:
    return a_note(
        a_source(a_change(kind, payload={"summary": summary}, revision=4), event=an_event(revision=4), items=[])
    )


def events_merged() -> Notification:
    return _of_event("event.merged", "Merged with: WTDC closes in Baku")


def event_split() -> Notification:
    return _of_event("event.split", "Split off: side events of the conference")


def event_closed() -> Notification:
    return _of_event("event.closed", "Closed: no report for 14 days")


def _revised(class_: str, summary: str, was: str, now: str) -> Notification:
    change = a_change(
        "item.revised",
        item_id=91,
        old={"value": was, "hash": "1:aa"},
        new={"value": now, "hash": "1:bb", "source": "Trend"},
        payload={"summary": summary, "class": class_},
        revision=2,
    )
    return a_note(a_source(change, event=an_event(revision=2), delivery=ADDRESS))


def article_retitled() -> Notification:
    was, now = "Forum opens in Baku", "Forum opens its doors in Baku"
    return _revised("title", f"Retitled by Trend: {was} → {now}", was, now)


def article_reworded() -> Notification:
    was, now = "Delegates came to the hall.", "The delegates came to the great hall."
    return _revised("style", f"Reworded by Trend: {was} → {now}", was, now)


def article_taken_back() -> Notification:
    was, now = "It opens on 13 May.", "It opens on 12 May."
    return _revised("revert", f"Taken back by Trend: {was} → {now}", was, now)


def feed_recovered() -> Notification:
    change = a_change(
        "feed.recovered", feed_id=3, topics=(), payload={"summary": "feed Trend is back after 4 h 10 min"}
    )
    return a_note(a_source(change, items=[], delivery=replace(ADDRESS, event_id=None)))


def channel_parked() -> Notification:
    summary = (
        "channel team-slack is parked: HTTP 404 no_service (the webhook was deleted or switched off). "
        "6 messages wait, the oldest since 2025-12-02 03:55 UTC. "
        "Mend it, then: salname channels resume team-slack"
    )
    change = a_change("system.channel_parked", key="team-slack", topics=(), payload={"summary": summary})
    return a_note(a_source(change, items=[], delivery=replace(ADDRESS, event_id=None)))


def digest() -> Notification:
    cable = an_event(id="3KF9BBBB", title="Trans-Caspian fibre cable", topics=("tcfo",), revision=6)
    centre = an_event(id="RAC2DDDD", title="ITU Regional Acceleration Centre in Baku", topics=("rac-baku",))
    changes = [
        a_fact(event_id="0ITUCCCC", payload={"summary": "ITU member states 193 → 194"}),
        a_change(id="c_new", event_id=centre.id, item_id=1),
        a_change("event.updated", id="c_more", event_id=centre.id, item_id=2, payload={"item_count": 2}),
        a_change("event.updated", id="c_1", event_id=cable.id, item_id=3, payload={"item_count": 2}),
        a_change("event.updated", id="c_2", event_id=cable.id, item_id=4, at=NOW + HOUR, payload={"item_count": 5}),
        a_change(
            "item.withdrawn", id="c_3", item_id=5, payload={"summary": "Withdrawn by Trend: Forum opens on 12 May"}
        ),
        a_change("feed.failing", id="c_4", feed_id=3, payload={"summary": "feed azernews is failing: HTTP 503"}),
    ]
    items = [a_source_item(n, url=f"https://example.org/{n}") for n in range(1, 6)]
    source = a_source(*changes, items=items, delivery=ADDRESS)
    held = [replace(alert, reason="quiet") if n < 2 else alert for n, alert in enumerate(source.alerts)]
    return a_digest(replace(source, alerts=tuple(held), events={cable.id: cable, centre.id: centre}))


def digest_without_news() -> Notification:
    source = replace(a_source(items=[], delivery=ADDRESS), changes=(), alerts=())
    return a_digest(source, silent={}, sick_feeds=())


NOTES = [
    *(new_event, update, update_of_many, events_merged, event_split, event_closed),
    *(fact_changed, sources_disagree, status_changed, date_moved, promise_overdue),
    promise_still_overdue,
    *(reprint_differs, article_revised, article_retitled, article_reworded, article_taken_back, article_withdrawn),
    *(feed_failing, feed_recovered, channel_parked, first_look, several, digest, digest_without_news),
]
PLAIN = [fact_changed, new_event, digest]


@pytest.mark.parametrize("note", NOTES, ids=lambda build: build.__name__)
@pytest.mark.parametrize("suffix", CHANNELS)
def test_a_message_reads_as_it_was_accepted(note, suffix):
    content = CHANNELS[suffix].render(note(), "rich").content
    shown = as_read(suffix, content)
    assert shown == accepted(f"{note.__name__}.{suffix}", shown)


@pytest.mark.parametrize("note", PLAIN, ids=lambda build: build.__name__)
@pytest.mark.parametrize("suffix", CHANNELS)
def test_the_plain_form_reads_as_it_was_accepted(suffix, note):
    content = CHANNELS[suffix].render(note(), "plain").content
    shown = as_read(suffix, content)
    assert shown == accepted(f"{note.__name__}_plain.{suffix}", shown)


def test_every_kind_that_is_ever_told_has_a_golden_message():
    told = {note().kind for note in NOTES} | {change.kind for change in several().changes}
    assert {kind for kind in LABELS if kind not in told} == set()


def test_a_repeated_slack_message_reads_as_it_was_accepted():
    body = json.loads(SLACK.render(fact_changed(), "rich").content)
    shown = readable(encoded(marked(body, REPEAT_MARK)))
    assert shown == accepted("fact_changed_repeated.slack.json", shown)


def test_rendering_twice_gives_the_same_bytes():
    for channel in CHANNELS.values():
        assert channel.render(several(), "rich") == channel.render(several(), "rich")
