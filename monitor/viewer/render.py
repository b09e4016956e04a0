"""What a person reads in the terminal: days as headings, one line a change, nothing of a feed's text ever obeyed.

Rule: text of the world is cleaned and goes in as `Text`; markup and escapes in it are letters like any others.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from alerts.message import clean

Record: TypeAlias = Mapping[str, Any]

WORDS = {  # kind -> (short word, style); what needs attention is warm, what is routine is dim
    "event.created": ("new", "bold green"),
    "event.updated": ("more", "cyan"),
    "item.revised": ("edited", "yellow"),
    "item.withdrawn": ("withdrawn", "magenta"),
    "fact.changed": ("changed", "bold yellow"),
    "fact.conflict": ("conflict", "bold red"),
    "status.changed": ("status", "bold blue"),
    "date.slipped": ("slipped", "bold yellow"),
    "promise.overdue": ("overdue", "bold red"),
    "feed.failing": ("feed", "red"),
    "feed.recovered": ("feed", "green"),
}
_MARGIN = 17  # "HH:MM  withdrawn "
_DIFF = re.compile(r"\[-(?P<old>.*?)-\]|\{\+(?P<new>.*?)\+\}", re.DOTALL)
_LEADS = re.compile(r"^(New|Retitled by [^:]*|Corrected by [^:]*|Reworded by [^:]*|Withdrawn by [^:]*): ")


def timeline(changes: Iterable[Record], *, zone: ZoneInfo) -> Iterator[RenderableType]:
    """The changes, in their order, under the days on which they were noticed."""
    day: date | None = None
    for change in changes:
        at = _local(change["at"], zone)
        if at.date() != day:
            if day is not None:
                yield Text()
            day = at.date()
            yield day_heading(day)
        yield change_line(change, at)


def day_heading(day: date) -> Text:
    return Text(f"{day:%A, %-d %B %Y}", style="bold underline")


def change_line(change: Record, at: datetime) -> RenderableType:
    """One change: when, what kind, what it says, who says so, where to read it."""
    word, style = WORDS.get(change["kind"], (change["kind"].rpartition(".")[2], ""))
    lead = Text.assemble((f"{at:%H:%M}  ", "dim"), (f"{word:<9} ", style))
    body = Text()
    title, summary = clean(change.get("event_title") or ""), clean(change.get("summary") or "")
    if change["kind"] == "event.created":
        body.append(title or summary, style="bold")
    elif change["kind"] == "event.updated":
        body.append(summary)
    else:
        _append_summary(body, change, summary)
    _append_details(body, change, at)
    return _Hanging(lead, body)


def word_diff(diff: str) -> Text:
    """`[-old-]{+new+}` in colours, the marks kept: it must also be read without colours."""
    text = Text()
    end = 0
    for found in _DIFF.finditer(diff):
        text.append(clean(diff[end : found.start()]))
        _pad(text, diff, end, found.start())
        style = "red strike" if found["old"] is not None else "green"
        text.append(clean(found[0]), style=style)
        end = found.end()
        _pad_after(text, diff, end)
    text.append(clean(diff[end:]))
    return text


def item_page(item: Record, *, zone: ZoneInfo, diff: Sequence[str] | None, why: bool) -> RenderableType:
    """An item with its versions; with `diff` the words that changed between them, with `why` every decision."""
    parts: list[RenderableType] = [Text(clean(item["title"]) or "(no words are kept)", style="bold")]
    parts.append(Text(_item_facts(item, zone), style="dim"))
    if item["url"]:
        parts.append(Text(clean(item["url"]), style="dim blue"))
    if item["topics"]:
        parts.append(_topics(item["topics"]))
    for version in item["versions"] if diff is None else ():
        parts += [Text(), *_version(version, zone)]
    for line in diff or ():
        parts += [Text(), word_diff(line)]
    if why:
        parts += [Text(), Text("Why", style="bold underline"), *(_why(one, zone) for one in item["why"])]
    return Group(*parts)


def event_page(event: Record, *, zone: ZoneInfo, why: bool) -> RenderableType:
    """An event: what it is, its reports by time, what changed."""
    parts: list[RenderableType] = [Text(clean(event["title"]), style="bold")]
    parts.append(
        Text(
            f"{event['id']}  {', '.join(event['topics'])}  ·  {event['items']} items, {len(event['sources'])} sources, "
            f"{', '.join(event['languages'])}  ·  first seen {_stamp(event['first_seen_at'], zone)}, "
            f"changed {_stamp(event['changed_at'], zone)}",
            style="dim",
        )
    )
    parts += [Text(), Text("Reports", style="bold underline")]
    parts += [_report(item, zone) for item in event["item_list"]]
    parts += [Text(), Text("Timeline", style="bold underline"), *timeline(event["changes"], zone=zone)]
    if why:
        parts += [Text(), Text("Why these stand together", style="bold underline")]
        parts += [_link(one, zone) for one in event["why"]]
    return Group(*parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table; its cells wrap rather than vanish."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) for cell in row))
    return made


def _append_summary(body: Text, change: Record, summary: str) -> None:
    """An edit with what was and what is told apart; anything else as it is."""
    old, new = change.get("old"), change.get("new")
    if change["kind"] == "item.revised" and isinstance(old, str) and isinstance(new, str) and "→" in summary:
        lead, _, rest = summary.partition(": ")
        was, _, now = rest.partition(" → ")
        body.append(f"{lead}: ", style="dim")
        body.append(was, style="red")
        body.append(" → ", style="bold")
        body.append(now, style="green")
        return
    found = _LEADS.match(summary)
    if found:
        body.append(found[0], style="dim")
        summary = summary[found.end() :]
    body.append(summary)


def _append_details(body: Text, change: Record, at: datetime) -> None:
    sources = [clean(source) for source in change.get("sources") or []]
    details = []
    if change["kind"] == "event.created" and sources:
        details.append(", ".join(sources))
    happened = change.get("happened_on")
    if happened and happened != at.date().isoformat():
        details.append(f"published {date.fromisoformat(happened):%-d %b %Y}")
    if change.get("topics"):
        details.append(" ".join(f"#{topic}" for topic in change["topics"]))
    if change.get("event"):
        details.append(str(change["event"]))
    if details:
        body.append("\n" + "  ·  ".join(details), style="dim")
    if change.get("url"):
        body.append("\n" + clean(change["url"]), style="dim blue")


def _pad(text: Text, diff: str, start: int, end: int) -> None:
    if end > start and diff[end - 1].isspace():
        text.append(" ")


def _pad_after(text: Text, diff: str, end: int) -> None:
    if end < len(diff) and diff[end].isspace():
        text.append(" ")


def _item_facts(item: Record, zone: ZoneInfo) -> str:
    facts = [f"item {item['id']}", clean(item["source"] or ""), item["language"] or ""]
    if item["published_at"]:
        facts.append(f"published {_stamp(item['published_at'], zone)}")
    facts.append(f"first seen {_stamp(item['first_seen_at'], zone)}")
    if item["event"]:
        facts.append(f"event {item['event']}")
    if item["same_text_as"]:
        facts.append(f"same text as item {item['same_text_as']}")
    if item["withdrawn"]:
        facts.append("withdrawn")
    return "  ·  ".join(fact for fact in facts if fact)


def _topics(topics: Iterable[Record]) -> Text:
    text = Text()
    for topic in topics:
        words = ", ".join(f"“{clean(word)}”" for word in topic["matched"])
        text.append(f"#{topic['id']} ", style="cyan")
        text.append(f"{words}  " if words else "", style="dim")
    return text


def _version(version: Record, zone: ZoneInfo) -> Iterator[RenderableType]:
    marker = f", marked “{clean(version['marker'])}” by its outlet" if version["marker"] else ""
    seen = f"seen {_stamp(version['seen_at'], zone)}, {clean(version['source'])}"
    head = f"{version['n']}. {version['kind']}, {seen}{marker}"
    yield Text(head, style="bold yellow")
    yield Text(clean(version["title"]))
    if version["text"]:
        yield Padding(Text(clean(version["text"])), (0, 0, 0, 2))


def _why(one: Record, zone: ZoneInfo) -> RenderableType:
    at = _stamp(one["at"], zone) if one["at"] else ""
    said = Text.assemble((f"{one['what']:<8}", "dim"), (f"{one['decision']}", "bold"))
    if one.get("score") is not None:
        said.append(f" at {one['score']:.2f}")
    if one["reason"]:
        said.append(f": {clean(one['reason'])}")
    tail = "  ".join(part for part in (clean(one["feed"] or ""), at) if part)
    if tail:
        said.append(f"  ({tail})", style="dim")
    for event in one.get("related") or ():
        said.append(f"\n        possibly related: {event}", style="dim")
    return said


def _report(item: Record, zone: ZoneInfo) -> RenderableType:
    at = _stamp(item["published_at"] or item["first_seen_at"], zone)
    body = Text(clean(item["title"]) or "(no words are kept)")
    notes = [f"item {item['id']}", clean(item["source"] or ""), item["language"] or "", at]
    if item["same_text_as"]:
        notes.append(f"same text as {item['same_text_as']}")
    if item["withdrawn"]:
        notes.append("withdrawn")
    if item["revisions"] > 1:
        notes.append(f"{item['revisions']} versions")
    body.append("\n" + "  ·  ".join(note for note in notes if note), style="dim")
    return _Hanging(Text("• "), body)


def _link(one: Record, zone: ZoneInfo) -> RenderableType:
    reasons = ", ".join(f"{label} {score:.2f}" for label, score in one["reasons"])
    body = Text(clean(one["title"]))
    body.append(f"\n{one['how']} at {one['score']:.2f}{': ' + reasons if reasons else ''}", style="dim")
    body.append(f"  ({_stamp(one['at'], zone)})", style="dim")
    return _Hanging(Text("• "), body)


def _local(stamp: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).astimezone(zone)


def _stamp(stamp: str, zone: ZoneInfo) -> str:
    return f"{_local(stamp, zone):%-d %b %Y %H:%M}"


class _Hanging:
    """A body that wraps in its own column beside a short lead; long words and addresses are folded, never lost."""

    def __init__(self, lead: Text, body: Text) -> None:
        self._lead, self._body = lead, body

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent = self._lead.cell_len
        width = max(options.max_width - indent, 20)
        lines = self._body.wrap(console, width, overflow="fold")
        for place, line in enumerate(lines):
            yield from (self._lead if place == 0 else Text(" " * indent)).render(console)
            line.rstrip()
            yield from line.render(console)
            yield Segment.line()
