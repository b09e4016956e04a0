"""A chronicle to export: changes of every kind as the database would give them, with words that mean harm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from monitor.viewer.export import Chronicle, Wanted, gather
from storage.model import Claim, ClaimKind, Event, Modality, Plan, Promise, PromiseState
from storage.reading import opened
from storage.store import Store

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)> </style> {{ 7*7 }} [a](javascript:x) =1+1'
NAMES = {"itu": "ITU & partners", "drums": "Drums"}
ZONE = ZoneInfo("Asia/Baku")


def a_change(number: int = 1, **given: Any) -> dict[str, Any]:
    """A change as a reader gives it."""
    made = {
        "id": f"c_{number:016x}",
        "at": f"2025-11-{10 + number // 4:02}T08:00:0{number % 4}Z",
        "happened_on": f"2025-11-{9 + number // 4:02}",
        "kind": "event.created",
        "event": "AAAAAAAA",
        "event_title": "The centre opens",
        "topics": ["itu"],
        "item": str(number),
        "url": f"https://news.example/{number}",
        "source": "Outlet",
        "sources": ["Outlet"],
        "summary": "New: The centre opens (Outlet)",
        "old": None,
        "new": None,
        "quote": None,
        "class": None,
        "diff": None,
    }
    return made | given


RETITLED = a_change(
    5,
    kind="item.revised",
    summary="Retitled by Outlet: A plan of 40 → A plan of 44",
    old="A plan of 40",
    new="A plan of 44",
    diff="A plan of [-40-]{+44+}",
    **{"class": "title"},
)


def an_event(number: str = "AAAAAAAA", **given: Any) -> dict[str, Any]:
    made = {
        "id": number,
        "title": "The centre opens",
        "topics": ["itu"],
        "status": None,
        "starts_on": None,
        "ends_on": None,
        "first_seen_at": "2025-11-10T08:00:00Z",
        "changed_at": "2025-11-10T08:00:00Z",
        "items": 1,
        "sources": ["Outlet"],
        "languages": ["en"],
        "moved": 0,
        "url": "https://news.example/1",
    }
    return made | given


def a_chain(*dates: str, **given: Any) -> dict[str, Any]:
    """A promise whose last day was each of `dates` in turn."""
    links = [
        {"due_earliest": None, "due_latest": day, "precision": "day", "bound": "by", "as_of": None, "source": "Outlet"}
        for day in dates
    ]
    made = {
        "id": "event:AAAAAAAA|centre.end||",
        "event": "AAAAAAAA",
        "event_title": "The centre opens",
        "changed_at": "2025-11-10T08:00:00Z",
        "subject": "",
        "measure": "construction.end",
        "facet": "",
        "state": "open",
        "note": None,
        "slips": len(dates) - 1,
        "total_days": (date.fromisoformat(dates[-1]) - date.fromisoformat(dates[0])).days,
        "quote": "It will be ready in time.",
        "source": "Outlet",
        "url": "https://news.example/1",
        "item": "1",
        "as_of": "2025-11-10",
        "topics": ["itu"],
        "links": links,
        "kept_earliest": None,
        "kept_latest": None,
    }
    return made | links[-1] | given


def a_chronicle_of(*changes: Mapping[str, Any], **given: Any) -> Chronicle:
    events = {
        change["event"]: an_event(change["event"], title=change["event_title"]) for change in changes if change["event"]
    }
    made = Chronicle(
        zone=ZONE, wanted=Wanted(), topics=NAMES, changes=changes, events=events, reports=dict.fromkeys(events, ())
    )
    return replace(made, **given)


def promises(database: Path, *days: str, state: PromiseState = PromiseState.OPEN, measure: str = "centre.end") -> None:
    """Store a promise of the first event that slipped to each of `days` in turn."""
    with opened(database) as reader:
        event, item = next((one["event"], int(one["id"])) for one in reader.items.newest() if one["event"])
    chain: list[Promise] = []
    claims = [_claim(item, event, measure, number, date.fromisoformat(day)) for number, day in enumerate(days)]
    for number, claim in enumerate(claims):
        assert isinstance(claim.hi, date)
        last = number == len(claims) - 1
        chain.append(
            Promise(
                id=f"p{measure}{number}",
                key=claim.key,
                event_id=event,
                claim_id=claim.id,
                lo=None,
                hi=claim.hi,
                precision="day",
                grace_days=3,
                state=state if last else PromiseState.SLIPPED,
                prev_id=chain[-1].id if chain else None,
                slip_no=number,
                total_days=(claim.hi - date.fromisoformat(days[0])).days,
            )
        )
    at = datetime(2025, 12, 1, tzinfo=UTC)
    with_store(database, Plan(feed_id=1, at=at, memory=None, claims=claims, promises={claims[0].key: chain}))


def with_store(database: Path, plan: Plan) -> None:
    store = Store.open(f"sqlite:///{database}")
    try:
        with store.writing() as tx:
            known = [claim for claim in plan.claims if tx.claims.get(claim.id) is None]
            tx.claims.apply(replace(plan, claims=known))
            if plan.events:
                tx.events.apply(plan)
    finally:
        store.close()


def on_a_day(database: Path, event: Event) -> None:
    with_store(database, Plan(feed_id=1, at=event.changed_at, memory=None, events=[event]))


def gathered(database: Path, *topics: str, **given: Any) -> Chronicle:
    with opened(database) as reader:
        return gather(reader, Wanted(topics=topics, **given), zone=ZONE, names=NAMES)


def kinds(chronicle: Chronicle) -> Sequence[str]:
    return [change["kind"] for change in chronicle.changes]


def _claim(item: int, event: str, measure: str, number: int, day: date) -> Claim:
    return Claim(
        id=f"cl{measure}{number}",
        item_id=item,
        event_id=event,
        kind=ClaimKind.DATE,
        subject="",
        measure=measure,
        value=day.isoformat(),
        hi=day,
        precision="day",
        bound="by",
        modality=Modality.PLANNED,
        quote=f"It is promised, said {HOSTILE}.",
        source="Outlet",
        url="https://news.example/promise",
        seen_at=datetime(2025, 12, 1, tzinfo=UTC),
    )
