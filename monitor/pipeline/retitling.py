"""An event is called by the headline of the item that it began with, and by its new one when that is edited."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from monitor.pipeline.record import Rows, Told
from monitor.pipeline.ruling import title_of
from storage.model import Context, Event
from storage.rulings import Member


class Members(Protocol):
    """What is asked of storage; see storage/rulings.py."""

    def members(self, event_ids: Iterable[str]) -> Sequence[Member]: ...


def retitled(
    edited: Iterable[Told], rows: Rows, context: Context, events: Mapping[str, Event], rulings: Members
) -> dict[str, Event]:
    """The events that are called otherwise now that `edited` items are."""
    titles: dict[str, dict[int, str]] = {}
    for one in edited:
        item, known = rows.item(one.item_id, context), context.items.get(one.item_id)
        if known is not None and item.event_id in events and item.title != known.item.title:
            titles.setdefault(item.event_id or "", {})[item.id] = item.title
    found: dict[str, Event] = {}
    for event, new in titles.items():
        members = [replace(one, title=new.get(one.item_id, one.title)) for one in rulings.members([event])]
        title = title_of(event, members)
        if title and title != events[event].title:
            found[event] = replace(events[event], title=title)
    return found
