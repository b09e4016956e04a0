"""A news desk in memory: `room.hears("Centre opens in Baku", "…")` gives a report its event, as the pipeline would."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

from monitor.events.link import Decision, Incoming, LinkSettings
from monitor.events.live import LiveEvents
from monitor.events.terms import analyse
from monitor.events.timeline import ItemFacts
from storage.model import Analysis, Event, EventState

MORNING = datetime(2025, 11, 17, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ALIASES = {
    "itu": "@itu",
    "international telecommunication union": "@itu",
    "bti": "@itu",
    "beynelxalq telekommunikasiya ittifaqi": "@itu",
    "мсэ": "@itu",
    "международный союз электросвязи": "@itu",
    "azerbaijan": "@azerbaijan",
    "azerbaycan": "@azerbaijan",
    "азербайджан": "@azerbaijan",
}


def an_analysis(title: str, text: str = "", *, lang: str | None = "en") -> Analysis:
    return analyse(title, text, lang=lang, aliases=ALIASES)


def a_report(
    title: str,
    text: str = "",
    *,
    number: int = 1,
    at: datetime = MORNING,
    lang: str | None = "en",
    outlet: str = "Courier",
) -> Incoming:
    return Incoming(
        item_id=number,
        new_event_id=f"EVENT{number:03}",
        analysis=an_analysis(title, text, lang=lang),
        sort_at=at,
        dated=True,
        outlet=outlet,
        lang=lang,
        topics=("itu",),
    )


class Room:
    """The events that the daemon holds in memory."""

    def __init__(self, settings: LinkSettings | None = None) -> None:
        self.settings = settings or LinkSettings()
        self.live = LiveEvents(self.settings)
        self.events: list[str] = []  # of the reports, in their order

    def hears(
        self, title: str, text: str = "", *, at: datetime = MORNING, lang: str | None = "en", outlet: str = "Courier"
    ) -> Decision:
        return self.takes(a_report(title, text, number=len(self.events) + 1, at=at, lang=lang, outlet=outlet))

    def takes(self, report: Incoming) -> Decision:
        vectors = self.live.weigh(report)
        decision = self.live.decide(report, vectors)
        self.events.append(decision.event_id or report.new_event_id)
        self.live.add(report, vectors, self.events[-1])
        return decision

    def asks(self, report: Incoming) -> Decision:
        """The decision, without following it."""
        return self.live.decide(report, self.live.weigh(report))


def state_bytes(live: LiveEvents, event_id: str) -> bytes:
    """An event as it would be stored."""
    state = live.state(event_id)
    told = {name: getattr(state, name) for name in EventState.__dataclass_fields__}
    return json.dumps(told, default=str, ensure_ascii=False).encode()


def bcubed(found: list[str], wanted: list[str]) -> float:
    """BCubed F1 of two groupings of the same items, each given as the group of each item."""
    both, by_found, by_wanted = Counter(zip(found, wanted, strict=True)), Counter(found), Counter(wanted)
    pairs = list(zip(found, wanted, strict=True))
    precision = sum(both[pair] / by_found[pair[0]] for pair in pairs) / len(pairs)
    recall = sum(both[pair] / by_wanted[pair[1]] for pair in pairs) / len(pairs)
    return 2 * precision * recall / (precision + recall)


def facts(
    number: int = 1,
    *,
    title: str = "Centre opens in Baku",
    source: str = "Courier",
    topics: tuple[str, ...] = ("itu",),
    copy_of: int | None = None,
    published_on: date | None = date(2025, 11, 17),
) -> ItemFacts:
    return ItemFacts(
        id=number,
        title=title,
        url=f"https://news.example/{number}",
        source=source,
        published_on=published_on,
        published_at=MORNING if published_on else None,
        first_seen_at=MORNING,
        lang="en",
        content_hash=f"1:{number}",
        topics=topics,
        copy_of=copy_of,
    )


def an_event(
    event_id: str = "EVENT001",
    *,
    title: str = "Centre opens in Baku",
    topics: tuple[str, ...] = ("itu",),
    revision: int = 1,
) -> Event:
    return Event(
        id=event_id,
        title=title,
        topics=topics,
        first_at=MORNING,
        last_at=MORNING,
        first_seen_at=MORNING,
        changed_at=MORNING,
        revision=revision,
    )
