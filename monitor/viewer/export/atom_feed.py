"""Atom (RFC 4287): an entry for each change, the newest first.

Rule: ids are for ever, and `updated` is when something was noticed, never when the file was written.
"""

import re
from xml.etree import ElementTree as ET

from monitor.viewer.export.chronicle import Chronicle, Record
from monitor.viewer.export.identity import feed_name, urn
from monitor.viewer.export.told import paragraph, title

ENTRIES = 200
_ATOM = "http://www.w3.org/2005/Atom"
_UNLAWFUL = re.compile("[\ufffe\uffff]")  # in XML 1.0; the controls were cleaned before
_BEFORE_ALL = "1970-01-01T00:00:00Z"  # of a chronicle in which nothing has happened


def render(chronicle: Chronicle) -> bytes:
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", urn("feed", feed_name(chronicle.wanted.topics, chronicle.wanted.event)))
    _add(feed, "title", chronicle.title)
    _add(feed, "updated", chronicle.updated_at or _BEFORE_ALL)
    _add(_add(feed, "author"), "name", "Salname")
    _add(feed, "generator", "Salname")
    for change in reversed(chronicle.changes[-ENTRIES:]):
        _entry(feed, change, chronicle)
    ET.indent(feed, " ")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(ET.tostring(feed, encoding="utf-8")) + b"\n"


def _entry(feed: ET.Element, change: Record, chronicle: Chronicle) -> None:
    entry = _add(feed, "entry")
    _add(entry, "id", urn("change", change["id"]))
    _add(entry, "title", title(change))
    _add(entry, "updated", change["at"])
    _add(entry, "published", change["at"])
    if change["url"]:
        _add(entry, "link", rel="alternate", href=change["url"])
    for topic in change["topics"]:
        _add(entry, "category", term=topic, label=chronicle.topics.get(topic, topic))
    _add(entry, "content", paragraph(change), type="html")


def _add(parent: ET.Element, name: str, text: str | None = None, /, **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    made.text = _UNLAWFUL.sub("", text) if text else None
    return made
