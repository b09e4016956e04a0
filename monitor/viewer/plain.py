"""The timeline as plain lines, for pipes, files and screen readers: no colour, no wrapping, nothing to import."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from alerts.message import clean


def timeline(changes: Iterable[Mapping[str, Any]], *, zone: ZoneInfo) -> Iterator[str]:
    """One line a change: time, kind, event, what it says, where to read it; a line a day before."""
    day = ""
    for change in changes:
        at = datetime.fromisoformat(change["at"]).replace(tzinfo=UTC).astimezone(zone)
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            yield f"== {at:%A, %-d %B %Y}"
        summary = clean(change.get("summary") or change.get("event_title") or "")
        parts = [f"{at:%H:%M}", change["kind"], change.get("event") or "-", summary, clean(change.get("url") or "")]
        yield "  ".join(part for part in parts if part)
