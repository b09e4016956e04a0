"""What a person reads in the terminal: days as headings, one line a change, nothing of a feed's text ever obeyed.

Rule: text of the world is cleaned and goes in as `Text`; markup and escapes in it are letters like any others.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

from alerts.visible import clean
from monitor.viewer.phrases import (
    SEPARATOR,
    Record,
    decision,
    event_facts,
    item_facts,
    link_reason,
    local,
    pieces,
    report_facts,
    title_of,
    topics_of,
    version_head,
    where_and_when,
)

WORDS = {  # kind -> (short word, style); what needs attention is warm, what is routine is dim
    "event.created": ("new", "bold green"),
    "event.updated": ("report", "cyan"),
    "item.revised": ("edited", "yellow"),
    "item.withdrawn": ("withdrawn", "magenta"),
    "item.differs": ("differs", "bold yellow"),
    "event.merged": ("merged", "cyan"),
    "event.split": ("split", "cyan"),
    "fact.changed": ("changed", "bold yellow"),
    "fact.conflict": ("conflict", "bold red"),
    "status.changed": ("status", "bold blue"),
    "date.slipped": ("moved", "bold yellow"),
    "promise.overdue": ("overdue", "bold red"),
    "feed.failing": ("feed", "red"),
    "feed.recovered": ("feed", "green"),
}
_DIFF = re.compile(r"\[-(?P<old>.*?)-\]|\{\+(?P<new>.*?)\+\}", re.DOTALL)
_LEAD = re.compile(r"^(Retitled|Corrected|Reworded) by [^:]*: ")
_EDIT = re.compile(r"^(?P<was>.*?) → (?P<now>.*?)(?P<where> in “.*”)?$")
_WITHDRAWN = re.compile(r"^Withdrawn by (?P<source>.*?): (?P<title>.*)$")


def timeline(changes: Iterable[Record], *, zone: ZoneInfo, within_event: bool = False) -> Iterator[RenderableType]:
    """The changes, in their order, under the days on which they were noticed.

    `within_event`: they stand on the page of their event, which names its topics and its id once.
    """
    day: date | None = None
    for change in changes:
        at = local(change["at"], zone)
        if at.date() != day:
            if day is not None:
                yield Text()
            day = at.date()
            yield day_heading(day)
        yield change_line(change, at, within_event=within_event)


def day_heading(day: date) -> Text:
    return Text(f"{day:%A, %-d %B %Y}", style="bold underline")


def change_line(change: Record, at: datetime, *, within_event: bool = False) -> RenderableType:
    """One change: when, what kind, what it says, who says so, where to read it."""
    word, style = WORDS.get(change["kind"], (change["kind"].rpartition(".")[2], ""))
    lead = Text.assemble((f"{at:%H:%M}  ", "dim"), (f"{word:<9} ", style))
    body = Text()
    title, summary = clean(change.get("event_title") or ""), clean(change.get("summary") or "")
    if change["kind"] == "event.created":
        body.append(title or summary, style="bold")
    else:
        _append_summary(body, change, summary)
    _append_details(body, change, at, within_event=within_event)
    return _Hanging(lead, body, _Address(change["url"], indent=len("HH:MM  ")) if change.get("url") else None)


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
    parts: list[RenderableType] = [Text(title_of(item), style="bold"), Text(item_facts(item, zone), style="dim")]
    if item["url"]:
        parts.append(_Address(item["url"]))
    parts += [Text.assemble((f"{topic} ", "cyan"), (words, "dim")) for topic, words in topics_of(item)]
    for version in item["versions"] if diff is None else ():
        parts += [Text(), *_version(version, zone)]
    for line in diff or ():
        parts += [Text(), word_diff(line)]
    if why:
        parts += [Text(), Text("Why", style="bold underline"), *(_why(one, zone) for one in item["why"])]
    return Group(*parts)


def found_items(items: Sequence[Record], *, zone: ZoneInfo) -> RenderableType:
    """What a search found: title, where and when, the words around the hits, the address."""
    from rich.padding import Padding

    parts: list[RenderableType] = []
    for place, item in enumerate(items):
        snippet = Text()
        for words, hit in pieces(item):
            snippet.append(words, style="bold reverse" if hit else "")
        parts += [Text()] if place else []
        parts += [Text(title_of(item), style="bold"), Padding(snippet, (0, 0, 0, 2))]
        parts.append(Text(f"  {report_facts(item, zone)}", style="dim"))
        if item["url"]:
            parts.append(_Address(item["url"], indent=2))
    return Group(*parts)


def event_page(event: Record, *, zone: ZoneInfo, why: bool) -> RenderableType:
    """An event: what it is, its reports by time, what changed."""
    parts: list[RenderableType] = [Text(clean(event["title"]), style="bold"), Text(event_facts(event, zone), "dim")]
    parts += [Text(), Text("Reports", style="bold underline")]
    parts += [_bullet(title_of(item), report_facts(item, zone)) for item in event["item_list"]]
    parts += [Text(), Text("Timeline", style="bold underline")]
    parts += timeline(event["changes"], zone=zone, within_event=True)
    if why:
        parts += [Text(), Text("Why these stand together", style="bold underline")]
        parts += [_bullet(title_of(one), link_reason(one, zone)) for one in event["why"]]
    return Group(*parts)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> RenderableType:
    """A plain table; its cells wrap rather than vanish."""
    from rich.table import Table  # brings decimals and fractions, which the timeline does without

    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(Text(clean(cell)) for cell in row))
    return made


def _append_summary(body: Text, change: Record, summary: str) -> None:
    """An edit with what was and what is told apart; anything else as it is."""
    lead, rest = "", summary
    if found := _LEAD.match(summary):
        lead, rest = found[0], summary[found.end() :]
    if found := _WITHDRAWN.match(summary):
        body.append(found["title"])
        body.append(f" ({found['source']})", style="dim")
        return
    body.append(lead, style="dim")
    if change["kind"] == "item.revised" and (found := _EDIT.match(rest)):
        body.append(found["was"], style="red")
        body.append(" → ", style="bold")
        body.append(found["now"], style="green")
        rest = found["where"] or ""
    body.append(rest)


def _append_details(body: Text, change: Record, at: datetime, *, within_event: bool) -> None:
    sources = [clean(source) for source in change.get("sources") or []]
    details = []
    if change["kind"] == "event.created" and sources:
        details.append(", ".join(sources))
    happened = change.get("happened_on")
    if happened and happened != at.date().isoformat():
        details.append(f"published {date.fromisoformat(happened):%-d %b %Y}")
    if change.get("topics") and not within_event:
        details.append(" ".join(f"#{topic}" for topic in change["topics"]))
    if change.get("event") and not within_event:
        details.append(str(change["event"]))
    if details:
        body.append("\n" + SEPARATOR.join(details), style="dim")


def _pad(text: Text, diff: str, start: int, end: int) -> None:
    if end > start and diff[end - 1].isspace():
        text.append(" ")


def _pad_after(text: Text, diff: str, end: int) -> None:
    if end < len(diff) and diff[end].isspace():
        text.append(" ")


def _version(version: Record, zone: ZoneInfo) -> Iterator[RenderableType]:
    from rich.padding import Padding

    yield Text(version_head(version, zone), style="bold yellow")
    yield Text(clean(version["title"]))
    if version["text"]:
        yield Padding(Text(clean(version["text"])), (0, 0, 0, 2))


def _why(one: Record, zone: ZoneInfo) -> RenderableType:
    what, decided, said = decision(one)
    body = Text.assemble((decided, "bold"), said, (where_and_when(one, zone), "dim"))
    for event in one.get("related") or ():
        body.append(f"\npossibly related: {event}", style="dim")
    return _Hanging(Text(what, style="dim"), body)


def _bullet(title: str, below: str) -> RenderableType:
    return _Hanging(Text("• "), Text.assemble(title, (f"\n{below}", "dim")))


class _Hanging:
    """A body that wraps in its own column beside a short lead, and an address below; long words are folded."""

    def __init__(self, lead: Text, body: Text, address: "_Address | None" = None) -> None:
        self._lead, self._body, self._address = lead, body, address

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent = self._lead.cell_len
        width = max(options.max_width - indent, 20)
        lines = self._body.wrap(console, width, overflow="fold")
        for place, line in enumerate(lines):
            yield from (self._lead if place == 0 else Text(" " * indent)).render(console)
            line.rstrip()
            yield from line.render(console)
            yield Segment.line()
        if self._address is not None:
            yield self._address


class _Address:
    """An address on a line of its own, unbroken: the terminal wraps it, and copies and opens it as one.

    Dim, for dark blue cannot be read on black in sixteen colours. It is printed with crop=False.
    """

    def __init__(self, url: str, *, indent: int = 0) -> None:
        self._text = " " * indent + clean(url)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Segment(self._text, console.get_style("dim"))
        yield Segment.line()
