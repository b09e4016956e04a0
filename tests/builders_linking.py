"""A linker with a database: polls of reports, linked and stored as the line does it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from monitor.events.link import Incoming, LinkSettings
from monitor.pipeline.linking import Desk, Linker
from storage.errors import StoreError
from storage.model import Link
from storage.store import Store
from tests.builders_events import DAY, MORNING, a_report, an_event
from tests.builders_storage import a_plan, an_item

WINDOW = timedelta(days=14)
SHIP = ("Cable ship leaves Aktau", "A ship with 380 km of cable left Aktau on 3 November for the Caspian.")
CHOIR = ("Choir sings at the museum", "Children of the choir sang 14 songs at the museum.")
NOW = MORNING + 30 * DAY


def a_linker(settings: LinkSettings | None = None) -> Linker:
    names = count(1)
    settings = settings or LinkSettings(window=WINDOW, theta=0.5)
    return Linker(settings=settings, name=lambda: f"{id(names)}.{next(names)}")


def reports(numbers: Sequence[int], words: tuple[str, str] = SHIP, *, at: datetime = MORNING) -> list[Incoming]:
    """Reports of one happening by many outlets, an hour apart, each with a number of its own."""
    return [
        a_report(
            words[0],
            f"{words[1]} Seen by {number} people.",
            number=number,
            at=at + number * timedelta(hours=1),
            outlet=f"O{number % 3}",
        )
        for number in numbers
    ]


def poll(
    store: Store, linker: Linker, coming: Sequence[Incoming], *, now: datetime = NOW, fails: bool = False
) -> list[Link]:
    """Link and store `coming` as one poll does."""
    with store.writing() as tx:
        desk = Desk(linker, tx.linking, now)
        desk.expect(coming, tx.events.version())
        links = [desk.link(one, copy_event=None) for one in coming]
        items = [
            an_item(one.item_id, at=one.sort_at)._replace(event_id=link.event_id)
            for one, link in zip(coming, links, strict=True)
        ]
        times: dict[str, list[datetime]] = {}
        for one, link in zip(coming, links, strict=True):
            times.setdefault(link.event_id, []).append(one.sort_at)
        known = tx.events.events(times)
        events = [
            replace(
                known.get(event_id) or an_event(event_id),
                first_at=min([*some, *([known[event_id].first_at] if event_id in known else [])]),
                last_at=max([*some, *([known[event_id].last_at] if event_id in known else [])]),
            )
            for event_id, some in times.items()
        ]
        tx.apply(
            replace(
                a_plan(*items, document=coming[0].item_id),
                links=links,
                events=events,
                event_states=desk.snapshots(),
                members=desk.members,
                term_counts=desk.term_counts(),
                linked_as=desk.linked_as,
            )
        )
        if fails:
            raise StoreError("the disk gave up")
    return links
