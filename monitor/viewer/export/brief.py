"""Markdown: what changed since a day, by event, the weightiest first; to be pasted into a mail or a note.

Rule: text of the world is text: whatever Markdown would read as a mark is escaped (CommonMark 0.31, 2.4).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from alerts.visible import counted
from monitor.viewer.export.chronicle import Chronicle, Record, promised, spoken_day, spoken_period
from monitor.viewer.export.wording import GROUPS, contradicts, group, headline, sides, word
from monitor.viewer.phrases import local

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_LIST = re.compile(r"^(\d*)([-+.)])")
_WEIGHTS = list(GROUPS)
_CLOSED = frozenset({"kept", "cancelled", "dropped"})


def render(chronicle: Chronicle) -> bytes:
    return ("\n".join([*_head(chronicle), *_events(chronicle), *_promises(chronicle)]).rstrip() + "\n").encode(
        "utf-8", "replace"
    )


def _head(chronicle: Chronicle) -> Iterator[str]:
    since, until = chronicle.wanted.since, chronicle.wanted.until
    span = f" since {spoken_day(since.astimezone(chronicle.zone).date())}" if since else ""
    yield f"# What changed{span}"
    yield ""
    names = ", ".join(_text(name) for name in chronicle.topics.values())
    told = [counted(len(chronicle.changes), "change"), counted(len(chronicle.events), "event")]
    if chronicle.updated_at:
        told.append(f"as of {spoken_day(local(chronicle.updated_at, chronicle.zone).date())}")
    if until:
        told.append(f"before {until.astimezone(chronicle.zone):%-d %B %Y %H:%M}")
    yield " · ".join([*told, *([names] if names else [])])
    if chronicle.left_out:
        yield ""
        yield f"*Only the newest {counted(len(chronicle.changes), 'change')} told.*"


def _events(chronicle: Chronicle) -> Iterator[str]:
    """Each event with its changes; facts before new events before edits before further reports."""
    by_event: dict[str, list[Record]] = {}
    for change in chronicle.changes:
        by_event.setdefault(change["event"] or "", []).append(change)
    weighed = sorted(by_event.values(), key=lambda changes: min(_WEIGHTS.index(group(one)) for one in changes))
    for weight, several in groupby(weighed, key=lambda changes: min(_WEIGHTS.index(group(one)) for one in changes)):
        yield from ("", f"## {GROUPS[_WEIGHTS[weight]]}")
        for changes in several:
            yield from _event(changes, chronicle)


def _event(changes: Sequence[Record], chronicle: Chronicle) -> Iterator[str]:
    yield from ("", f"### {_text(changes[0]['event_title'] or 'Other')}", "")
    for change in changes:
        if group(change) != "report":
            yield f"- {local(change['at'], chronicle.zone):%-d %b}: {_line(change)}"
    if reports := [one for one in changes if group(one) == "report"]:
        links = ", ".join(_link(", ".join(one["sources"]) or "report", one["url"]) for one in reports)
        yield f"- {counted(len(reports), 'further report')}: {links}"


def _line(change: Record) -> str:
    source = _link(", ".join(change["sources"]), change["url"]) if change["sources"] else ""
    said = _text(headline(change))
    quote = change["quote"] or ""
    if (both := sides(change)) is not None and not contradicts(change):
        was, now = both
        name = f"{said}: " if group(change) == "fact" and change["kind"] != "item.revised" else ""
        said, quote = f"{name}{_text(was.text)} → **{_text(now.text)}**", now.quote or quote
    elif both is not None:
        said = f"{said}: " + " or ".join(f"{_text(side.text)} ({_link(side.source, side.url)})" for side in both)
        source, quote = "", ""
    quote = f" “{_text(quote)}”" if quote else ""
    return f"**{word(change)}**: {said}{quote}{f' ({source})' if source else ''}"


def _promises(chronicle: Chronicle) -> Iterator[str]:
    """What is still owed; what was kept or called off is told by its change."""
    owed = [promise for promise in chronicle.promises if promise["state"] not in _CLOSED]
    if not owed:
        return
    yield from ("", "## Promises", "")
    for promise in owed:
        dates = [spoken_period(link) for link in promise["links"]]
        state = " **(overdue)**" if promise["state"] == "overdue" else ""
        source = f" ({_link(promise['source'], promise['url'])})" if promise["source"] else ""
        yield f"- {_text(promised(promise))}: {' → '.join(dates)}{state}{source}"


def _link(name: str, url: str | None) -> str:
    if not url:
        return _text(name)
    return f"[{_text(name)}](<{url.replace('<', '%3C').replace('>', '%3E').replace(chr(92), '%5C')}>)"


def _text(text: str) -> str:
    return _LIST.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))
