"""JSON Feed 1.1 (jsonfeed.org): an item for each change, the newest first; ids and dates as in the Atom feed."""

import json

from monitor.viewer.export.atom_feed import ENTRIES
from monitor.viewer.export.chronicle import Chronicle, Record
from monitor.viewer.export.identity import urn
from monitor.viewer.export.told import paragraph, title


def render(chronicle: Chronicle) -> bytes:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": chronicle.title,
        "authors": [{"name": "Salname"}],
        "items": [_item(change) for change in reversed(chronicle.changes[-ENTRIES:])],
    }
    return (json.dumps(feed, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


def _item(change: Record) -> Record:
    item = {
        "id": urn("change", change["id"]),
        "title": title(change),
        "content_html": paragraph(change),
        "date_published": change["at"],
        "tags": list(change["topics"]),
    }
    return item | ({"url": change["url"]} if change["url"] else {})
