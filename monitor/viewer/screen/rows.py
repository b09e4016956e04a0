"""A change on one line of the timeline, or on two where there is room; the line that heads a day."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from rich.style import Style

from alerts.visible import clean
from monitor.viewer.phrases import Record, local
from monitor.viewer.screen.lines import Line, Run, spread
from monitor.viewer.screen.palette import Palette, word

WORDY = 66  # cells from which the kind of a change is a word

_LEAD = re.compile(r"^(Retitled|Corrected|Reworded) by [^:]*: ")
_WITHDRAWN = re.compile(r"^Withdrawn by (?P<source>.*?): (?P<title>.*)$")
_EDIT = re.compile(r"^(?P<before>.*?)(?P<was>[^:]*?) → (?P<now>.*?)(?P<where> in “.*”| \([^()]*\))?$")
_NONE = Style()


def day_line(day: date, palette: Palette, width: int) -> Line:
    """Friday, 21 November 2025 ─────."""
    said = f" {day:%A, %-d %B %Y} "
    return [(said, palette.accent), (palette.marks["rule"] * max(width - len(said) - 1, 0), palette.faint)]


def change_lines(change: Record, palette: Palette, width: int, zone: ZoneInfo, *, roomy: bool) -> list[Line]:
    """One line, or with `roomy` a second one: who tells it, of which day and which topics."""
    at, kind = local(change["at"], zone), change["kind"]
    lead: Line = [
        (" " if change["is_read"] else palette.marks["unread"], palette.unread),
        (f" {at:%H:%M} ", palette.dim),
    ]
    if width >= WORDY:
        lead.append((f"{word(kind):<10}", palette.kind(kind)))
    else:
        lead.append((f"{palette.sign(kind)} ", palette.kind(kind)))
    body = headline(change, palette)
    if roomy:
        indent = sum(len(text) for text, _ in lead)
        return [[*lead, *body], [(" " * indent, _NONE), *_below(change, palette, at.date())]]
    sources = ", ".join(clean(one) for one in change.get("sources") or [] if clean(one))
    shown = width >= WORDY and kind in {"event.created", "item.withdrawn", "item.revised"}
    right: Line = [(f"  {sources[:24]} ", palette.dim)] if shown and sources else []
    return [spread([*lead, *body], right, width - 1, more=palette.marks["more"]) if right else [*lead, *body]]


def headline(change: Record, palette: Palette) -> Line:
    """What the change says: the title of what is new, what was and what is of an edit."""
    title, said = clean(change.get("event_title") or ""), clean(change.get("summary") or "")
    body = palette.seen if change["is_read"] else palette.fresh
    if change["kind"] == "event.created":
        return [(title or said, body)]
    if change["kind"] == "event.updated":
        return _report(change, said or title, body, palette)
    if found := _WITHDRAWN.match(said):
        return [(found["title"], body)]
    rest = said[found.end() :] if (found := _LEAD.match(said)) else said
    found = _EDIT.match(rest)
    if found is not None and said.startswith("Retitled"):  # both titles are long, and the new one is the news
        return [(f"{palette.marks['arrow']} ", palette.dim), (found["now"], palette.now)]
    if found is None or change["kind"] in {"event.merged", "event.split"}:
        return [(rest or title, body)]
    before = found["before"]
    return [
        (before, palette.dim),
        (found["was"], palette.was),
        (f" {palette.marks['arrow']} ", palette.dim),
        (found["now"], palette.now),
        (found["where"] or "", palette.dim),
    ]


def _report(change: Record, said: str, body: Style, palette: Palette) -> Line:
    """A report with its outlet in brackets behind it, dimmed."""
    source = clean(change.get("source") or "")
    if source and said.endswith(f" ({source})"):
        return [(said.removesuffix(f" ({source})"), body), (f"  {source}", palette.dim)]
    return [(said, body)]


def _below(change: Record, palette: Palette, day: date) -> list[Run]:
    happened = change.get("happened_on")
    parts: list[Run] = []
    sources = ", ".join(clean(one) for one in change.get("sources") or [] if clean(one))
    if sources:
        parts.append((sources, palette.dim))
    if happened and happened != day.isoformat():
        parts.append((f"published {date.fromisoformat(happened):%-d %b %Y}", palette.dim))
    if change.get("topics"):
        parts.append((" ".join(f"#{topic}" for topic in change["topics"]), palette.tag))
    joined: list[Run] = []
    for place, part in enumerate(parts):
        joined += [("  ·  ", palette.faint), part] if place else [part]
    return joined
