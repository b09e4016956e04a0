"""What a person reads as plain lines, for pipes, files and screen readers: no colour, no wrapping, little to import."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from alerts.visible import clean
from monitor.viewer.phrases import (
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


def timeline(changes: Iterable[Record], *, zone: ZoneInfo) -> Iterator[str]:
    """One line a change: time, kind, event, what it says, where to read it; a line a day before."""
    day = ""
    for change in changes:
        at = local(change["at"], zone)
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            yield f"== {at:%A, %-d %B %Y}"
        summary = clean(change.get("summary") or change.get("event_title") or "")
        parts = [f"{at:%H:%M}", change["kind"], change.get("event") or "-", summary, clean(change.get("url") or "")]
        yield "  ".join(part for part in parts if part)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns as wide as their widest cell, two blanks between them; the last one is not filled up."""
    cells = [list(columns), *([clean(cell) for cell in row] for row in rows)]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def item_page(item: Record, *, zone: ZoneInfo, diff: Sequence[str] | None, why: bool) -> Iterator[str]:
    """An item with its versions; with `diff` the words that changed between them, with `why` every decision."""
    yield title_of(item)
    yield item_facts(item, zone)
    if item["url"]:
        yield clean(item["url"])
    yield from (f"{topic} {words}".rstrip() for topic, words in topics_of(item))
    for version in item["versions"] if diff is None else ():
        yield from ("", version_head(version, zone), clean(version["title"]))
        if version["text"]:
            yield f"  {clean(version['text'])}"
    for line in diff or ():
        yield from ("", clean(line))
    if why:
        yield from ("", "Why")
        for one in item["why"]:
            yield "".join(decision(one)) + where_and_when(one, zone)
            yield from (f"        possibly related: {event}" for event in one.get("related") or ())


def found_items(items: Iterable[Record], *, zone: ZoneInfo) -> Iterator[str]:
    """What a search found: title, where and when, the words around the hits with each in *stars*; a line between."""
    for place, item in enumerate(items):
        if place:
            yield ""
        yield title_of(item)
        yield f"  {report_facts(item, zone)}"
        if item["url"]:
            yield f"  {clean(item['url'])}"
        yield "  " + "".join(f"*{words}*" if hit else words for words, hit in pieces(item)).strip()


def event_page(event: Record, *, zone: ZoneInfo, why: bool) -> Iterator[str]:
    """An event: what it is, its reports by time, what changed."""
    yield clean(event["title"])
    yield event_facts(event, zone)
    yield from ("", "Reports")
    for item in event["item_list"]:
        yield f"- {title_of(item)}"
        yield f"  {report_facts(item, zone)}"
    yield from ("", "Timeline", *timeline(event["changes"], zone=zone))
    if why:
        yield from ("", "Why these stand together")
        for one in event["why"]:
            yield f"- {title_of(one)}"
            yield f"  {link_reason(one, zone)}"


def _width(text: str) -> int:
    """The columns that a terminal gives it: none for a combining mark, two for wide letters."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in {"W", "F"})
        for letter in text
    )
