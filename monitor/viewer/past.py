"""An event as it was known before an instant: none of its lines, marks and counts tells of anything later."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from monitor.events.facts import Fact
from monitor.events.happening import standing
from storage.reading import Record


def as_known(event: Record, facts: Mapping[str, Fact], until: datetime | None) -> Record:
    """The event without what came at `until` or later; `facts` are those that were known then. None: as it is."""
    if until is None:
        return event
    limit = until.strftime("%Y-%m-%dT%H:%M:%SZ")
    changes = [change for change in event["changes"] if change["at"] < limit]
    items = [_item(item, changes) for item in event["item_list"] if item["first_seen_at"] < limit]
    status, days = standing(facts.values(), event["id"])
    first, last = (day.isoformat() if day else None for day in days)
    return event | {
        "item_list": items,
        "items": len(items),
        "sources": sorted({item["source"] for item in items if item["source"]}),
        "languages": sorted({item["language"] for item in items if item["language"]}),
        "changes": changes,
        "changed_at": max((change["at"] for change in changes), default=event["first_seen_at"]),
        "why": [one for one in event["why"] if one["at"] < limit],
        "status": status,
        "starts_on": first,
        "ends_on": last,
    }


def _item(item: Record, changes: list[Record]) -> Record:
    """An item with the edits and the withdrawal that were told of it by then."""
    told = Counter(change["kind"] for change in changes if change["item"] == item["id"])
    versions = min(item["revisions"], 1 + told["item.revised"])
    return item | {"revisions": versions, "withdrawn": bool(item["withdrawn"] and told["item.withdrawn"])}
