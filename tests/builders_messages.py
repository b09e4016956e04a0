"""Notifications and what they are made of, with everything filled in: a test names only what it is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.channels import SendContext
from alerts.digest import describe
from alerts.message import Notification
from storage.model import (
    DIGEST,
    Alert,
    Change,
    Delivery,
    Event,
    Importance,
    JsonValue,
    alert_id,
    bundle_id,
    delivery_id,
)
from storage.outbox import BundleSource, SickFeed, SourceItem, Standing, Told

NOW = datetime(2025, 12, 2, 6, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
BAKU = ZoneInfo("Asia/Baku")


def a_change(kind: str = "event.created", **fields: object) -> Change:
    known = Change(
        id="c_0123456789abcdef",
        kind=kind,
        key="",
        event_id=None if kind.startswith(("feed.", "system.")) else "7Q2MAAAA",
        revision=1,
        payload={"summary": "Baku Declaration adopted at WTDC-25"},
        at=NOW,
        topics=("wtdc",),
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # a test names fields of the noun


def an_alert(change: Change, **fields: object) -> Alert:
    known = Alert(
        id=alert_id(change.id, "big", "team-slack"),
        change_id=change.id,
        route="big",
        channel="team-slack",
        importance=Importance.HIGH,
        decision="bundled",
        reason="",
        rule="facts",
        group_key=change.event_id or change.kind,
        created_at=NOW,
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def a_delivery(**fields: object) -> Delivery:
    bundle = bundle_id("team-slack", "7Q2MAAAA", ["a_1"])
    known = Delivery(
        id=delivery_id(bundle, "team-slack"),
        bundle_id=bundle,
        channel="team-slack",
        address="team-slack",
        group_key="7Q2MAAAA",
        order_key="7Q2MAAAA",
        event_id="7Q2MAAAA",
        seq=1,
        kind="event.created",
        next_at=NOW,
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def an_event(**fields: object) -> Event:
    known = Event(
        id="7Q2MAAAA",
        title="Baku Declaration adopted at WTDC-25",
        topics=("wtdc",),
        first_at=NOW - HOUR,
        last_at=NOW - HOUR,
        first_seen_at=NOW - HOUR,
        changed_at=NOW,
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def a_source_item(item_id: int = 91, **fields: object) -> SourceItem:
    known = SourceItem(
        id=item_id,
        event_id="7Q2MAAAA",
        title="ITU member states define roadmap",
        url=f"https://trend.example/{item_id}",
        source="Trend",
        lang="en",
        published_at=NOW - 3 * HOUR,
        published_on=date(2025, 12, 2),
        first_seen_at=NOW - HOUR,
        content_hash="1:5d3a27ba",
        text="The conference closed on 28 November with a plan for four years. More follows here.",
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def a_source(
    *changes: Change,
    items: Sequence[SourceItem] | None = None,
    event: Event | None = None,
    previous: Mapping[str, Told] | None = None,
    delivery: Delivery | None = None,
    standing: Standing | None = None,
) -> BundleSource:
    told = changes or (a_change(),)
    shown = event or an_event()
    named = tuple([a_source_item()] if items is None else items)
    return BundleSource(
        delivery=delivery or a_delivery(kind=told[0].kind),
        alerts=tuple(an_alert(change) for change in told),
        changes=told,
        events={shown.id: shown},
        items=named,
        source_counts={shown.id: max(1, len({item.source for item in named}))},
        new_source_counts={shown.id: len({item.source for item in named})},
        previous=previous or {},
        feed_names={3: "Trend"},
        standing=standing,
    )


def a_note(source: BundleSource | None = None, *, zone: ZoneInfo = BAKU, link_base: str = "") -> Notification:
    return describe(source or a_source(), zone=zone, link_base=link_base, host="host1", now=NOW)


def a_fact(kind: str = "fact.changed", **fields: object) -> Change:
    """A changed figure as the ledger tells it."""
    old: JsonValue = {"value": "193", "source": "Center for Global IT-Cooperation", "as_of": "2021-08-02"}
    new: JsonValue = {"value": "194", "source": "Region", "as_of": "2025-12-01"}
    payload: dict[str, JsonValue] = {
        "summary": "ITU member states: 193 → 194",
        "confirmed_by": 1,
        "contradicted_by": 0,
    }
    known = a_change(
        kind,
        id="c_00000000000000fa",
        key="member_states",
        old=old,
        new=new,
        payload=payload,
        revision=12,
        topics=("itu",),
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def a_standing(**fields: object) -> Standing:
    """Fifteen feeds, one of them sick, and a few silences since the evening before."""
    known = Standing(
        scope="all",
        slot_at=datetime(2025, 12, 2, 4, tzinfo=UTC),
        since_at=datetime(2025, 12, 1, 14, tzinfo=UTC),
        silent={"quiet": 3, "silenced": 1, "below_importance": 12, "no_route": 7},
        feed_count=15,
        sick_feeds=(SickFeed(name="azernews", error="HTTP 503", since_at=NOW - 4 * HOUR),),
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise


def a_digest(source: BundleSource, **fields: object) -> Notification:
    """The source told as a digest."""
    delivery = replace(source.delivery, kind=DIGEST, event_id=None)
    return a_note(replace(source, delivery=delivery, standing=a_standing(**fields)))


def hostile_digest(text: str, count: int) -> Notification:
    """A digest in which the world says `text` wherever it has a say, of changes of every kind."""
    kinds = (
        "fact.changed",
        "event.created",
        "event.updated",
        "event.merged",
        "item.revised",
        "feed.failing",
        "odd.kind",
    )
    changes = [
        a_change(
            kinds[n % len(kinds)],
            id=f"c_{n}",
            event_id=f"E{n:07}",
            item_id=n,
            payload={"summary": text},
            topics=(text,),
        )
        for n in range(count)
    ]
    items = [a_source_item(n, title=text, url=f"https://example.org/{n}?{text[:3_000]}") for n in range(count)]
    source = a_source(*changes, items=items, delivery=a_delivery(id="d_5b1f0c9e2a7744d1", address="desk@example.org"))
    events = {change.event_id: an_event(id=change.event_id, title=text) for change in changes if change.event_id}
    sick = tuple(SickFeed(name=text, error=text, since_at=None) for _ in range(count))
    return a_digest(
        replace(source, changes=tuple(changes), events=events), scope=text, feed_count=2 * count, sick_feeds=sick
    )


def hostile_note(text: str, *, kind: str = "fact.changed", count: int = 3) -> Notification:
    """A message in which the world says `text` wherever it has a say."""
    side: JsonValue = {"value": text, "source": text, "as_of": "2025-12-01", "quote": text}
    payload: dict[str, JsonValue] = {"summary": text, "delta": text, "confirmed_by": 1, "contradicted_by": 2}
    changes = [
        a_change(kind, id=f"c_{n}", key=text, old=side, new=side, quotes=(text, text), payload=payload, topics=(text,))
        for n in range(max(1, count))
    ]
    items = [
        a_source_item(n, title=text, source=text, lang=text, text=text, url=f"https://example.org/{n}?{text[:3_000]}")
        for n in range(count)
    ]
    told = {"7Q2MAAAA": Told(revision=9, at=NOW - 24 * HOUR)}
    event = an_event(title=text, topics=(text, "wtdc"), revision=12)
    delivery = a_delivery(id="d_5b1f0c9e2a7744d1", address="desk@example.org", kind=kind)
    source = a_source(*changes, items=items, event=event, previous=told, delivery=delivery)
    return a_note(source, link_base="https://example.org/timeline")


def a_try(**fields: object) -> SendContext:
    known = SendContext(
        id="d_5b1f0c9e2a7744d1",
        address="desk@example.org",
        attempt=1,
        possible_repeat=False,
        deadline_s=3.0,
        now=NOW,
    )
    return replace(known, **fields)  # type: ignore[arg-type]  # likewise
