"""The event under the cursor as lines: what it is, what the change says, its facts, promises, reports and history.

Rule: each line knows the item it speaks of, so that keys act on what is seen. Nothing here asks the database.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style

from alerts.visible import clean, counted
from monitor.viewer.phrases import SEPARATOR, Record, decision, local, spoken, title_of
from monitor.viewer.screen.ledger import CONFLICTS, MOVES, PROMISES, Track, sparkline, tracks
from monitor.viewer.screen.lines import NOTHING, Line, Run, wrapped
from monitor.viewer.screen.palette import Palette, word
from monitor.viewer.screen.rows import headline
from monitor.viewer.wording import diff_runs

if TYPE_CHECKING:
    from monitor.viewer.ledger import FactLine

MOST_ITEMS = 200
MOST_CHANGES = 200

_NONE = Style()


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of a page, and the item that it tells of."""

    runs: Line
    item: str | None = None


class Pen:
    """Writes pages of one width in one palette."""

    def __init__(self, palette: Palette, width: int, zone: ZoneInfo, console: Console) -> None:
        self.palette, self.width, self.zone, self._console = palette, max(width, 12), zone, console

    def text(self, *runs: Run, lead: Run = NOTHING, item: str | None = None) -> Iterator[PageLine]:
        """A paragraph."""
        for line in wrapped(runs, self.width, self._console, lead=lead):
            yield PageLine(line, item)

    def blank(self) -> PageLine:
        return PageLine([])

    def heading(self, said: str, count: int | None = None) -> Iterator[PageLine]:
        """FACTS 3 ─────."""
        shown = f"{said} " if count is None else f"{said} {count} "
        rule = self.palette.marks["rule"] * max(self.width - len(shown), 0)
        yield self.blank()
        yield PageLine(
            [(f"{said} ", self.palette.accent), (shown[len(said) + 1 :], self.palette.dim), (rule, self.palette.faint)]
        )

    def parts(self, parts: Iterable[Run], *, lead: Run = NOTHING, item: str | None = None) -> Iterator[PageLine]:
        """Runs with points between them, as many on a line as fit; empty ones are left out."""
        line: Line = [lead]
        used = begun = cell_len(lead[0])
        for part in filter(lambda part: part[0], parts):
            cells = cell_len(part[0])
            if used > begun and used + cells + len(SEPARATOR) > self.width:
                yield PageLine(line, item)
                line, used = [(" " * begun, _NONE)], begun
            if used > begun:
                line.append((SEPARATOR, self.palette.faint))
                used += len(SEPARATOR)
            line.append(part)
            used += cells
        yield PageLine(line, item)


def event_page(event: Record, change: Record | None, pen: Pen) -> Iterator[PageLine]:
    """The page of an event; `change` is the one under the cursor and stands first."""
    look = pen.palette
    yield from pen.text((clean(event["title"]), look.strong))
    yield from pen.parts(_about(event, pen))
    yield from pen.parts([*((f"#{topic}", look.tag) for topic in event["topics"]), (event["id"], look.faint)])
    if change is not None and change["kind"] != "event.created":
        yield from change_box(change, pen)
    yield from _facts(event, pen)
    yield from _promises(event, pen)
    yield from _conflicts(event, pen)
    yield from _reports(event["item_list"], pen)
    yield from _history(event["changes"], change, pen)


def facts_page(event: Record, pen: Pen) -> Iterator[PageLine]:
    """Every step of every fact, with the words it was told in; then what never changed, and what was promised."""
    look = pen.palette
    yield from pen.text((clean(event["title"]), look.strong))
    yield from pen.parts(_about(event, pen))
    told = [track for kinds in (MOVES, CONFLICTS, PROMISES) for track in tracks(event["changes"], kinds)]
    for track in told:
        yield from pen.heading(track.name)
        yield from _moved(track, pen)
        for step in track.steps:
            source = f"{local(step['at'], pen.zone):%-d %b %Y}  {clean(step['source'] or '')}"
            yield from pen.text((source, look.dim), lead=("  ", _NONE), item=step["item"])
            yield from _quoted(step["quote"], pen, item=step["item"])
    standing = _standing(event, told)
    for fact in standing:
        yield from pen.heading(fact.label)
        yield from pen.parts([(fact.now, look.text), (fact.note, look.dim)], lead=("  ", _NONE), item=fact.item)
        yield from _quoted(fact.quote, pen, item=fact.item)
    yield from _promises(event, pen, quoted=True)
    if not (told or standing or event["promises"]):
        yield pen.blank()
        yield from pen.text(("No figure, date or status is told of this event.", look.dim))


def change_page(change: Record, pen: Pen) -> Iterator[PageLine]:
    """A change that belongs to no event."""
    yield from pen.text((clean(change.get("summary") or change["kind"]), pen.palette.strong))
    yield from change_box(change, pen)


def change_box(change: Record, pen: Pen) -> Iterator[PageLine]:
    """What was noticed, when and by whom: was and now one below the other, and the words it was said in."""
    look, item = pen.palette, change["item"]
    lead = (f"{look.marks['bar']} ", look.kind(change["kind"]))
    sources = ", ".join(clean(one) for one in change.get("sources") or [])
    head: list[Run] = [
        (word(change["kind"]).upper(), look.kind(change["kind"])),
        (f"  {spoken(change['at'], pen.zone)}", look.dim),
    ]
    yield pen.blank()
    yield PageLine([lead, *head, *([(f"  {sources}", look.dim)] if sources else [])], item)
    diff = change.get("diff")
    body = (
        diff_runs(diff, look.was, look.now, look.text)
        if isinstance(diff, str) and diff
        else headline({**change, "is_read": True}, look)
    )
    for line in pen.text(*body, lead=("  ", _NONE), item=item):
        yield PageLine([lead, *line.runs[1:]], item)
    if change.get("quote"):
        for line in pen.text((f"“{clean(change['quote'])}”", look.quote), lead=("  ", _NONE), item=item):
            yield PageLine([lead, *line.runs[1:]], item)


def diff_page(item: Record, diffs: Sequence[str], pen: Pen) -> Iterator[PageLine]:
    """The words that changed from version to version."""
    look = pen.palette
    yield from pen.text((title_of(item), look.strong), item=item["id"])
    yield from pen.parts(_item_facts(item, pen), item=item["id"])
    for line in diffs:
        head, found, rest = line.partition(": ")
        yield from pen.heading(clean(head) if found else "Versions")
        yield from pen.text(*diff_runs(rest if found else line, look.was, look.now, look.text), item=item["id"])


def why_page(item: Record, pen: Pen) -> Iterator[PageLine]:
    """Every decision about an item, with its reason."""
    look = pen.palette
    yield from pen.text((title_of(item), look.strong), item=item["id"])
    yield from pen.parts(_item_facts(item, pen), item=item["id"])
    yield from pen.heading("Why")
    for one in item["why"]:
        what, decided, said = decision(one)
        yield from pen.text((decided, look.strong), (said, look.text), lead=(what, look.dim), item=item["id"])


def _about(event: Record, pen: Pen) -> list[Run]:
    look = pen.palette
    status, span = event.get("status"), _span(event)
    return [
        (str(status) if status else "", look.kind("status.changed")),
        (span, look.accent),
        (counted(event["items"], "item"), look.dim),
        (counted(len(event["sources"]), "source"), look.dim),
        (" ".join(event["languages"]), look.dim),
        (f"changed {local(event['changed_at'], pen.zone):%-d %b %Y}", look.dim),
    ]


def _span(event: Record) -> str:
    days = [f"{date.fromisoformat(day):%-d %b %Y}" for day in (event["starts_on"], event["ends_on"]) if day]
    return " – ".join(dict.fromkeys(days))


def _facts(event: Record, pen: Pen) -> Iterator[PageLine]:
    """What was and what is, then what stands as it was first told."""
    look = pen.palette
    found = tracks(event["changes"], MOVES)
    standing = _standing(event, [*found, *tracks(event["changes"], CONFLICTS)])
    if found or standing:
        yield from pen.heading("Facts", len(found) + len(standing))
    yield from _told(found, pen)
    for fact in standing:
        runs: list[Run] = [(f"{fact.label}  ", look.dim), (fact.now, look.text), (f"  {fact.brief}", look.faint)]
        yield from pen.text(*runs, item=fact.item)


def _conflicts(event: Record, pen: Pen) -> Iterator[PageLine]:
    """What sources disagree on."""
    found = tracks(event["changes"], CONFLICTS)
    if found:
        yield from pen.heading("Conflicts", len(found))
    yield from _told(found, pen)


def _told(found: Iterable[Track], pen: Pen) -> Iterator[PageLine]:
    for track in found:
        yield from pen.text((track.name, pen.palette.kind(track.kind)), item=track.steps[-1]["item"])
        yield from _moved(track, pen)


def _standing(event: Record, told: Iterable[Track]) -> "list[FactLine]":
    """The facts that no change tells of; a promised date stands among the promises."""
    names = {track.name for track in told} | {clean(one["what"]) for one in event["promises"]}
    return [fact for fact in event["facts"] if fact.label not in names]


def _promises(event: Record, pen: Pen, *, quoted: bool = False) -> Iterator[PageLine]:
    """What was promised for when, and what became of it."""
    from monitor.viewer.ledger import slipped

    look = pen.palette
    promised = event["promises"]
    names = {clean(one["what"]) for one in promised}
    late = [track for track in tracks(event["changes"], PROMISES) if track.name not in names]
    if promised or late:
        yield from pen.heading("Promises", len(promised) + len(late))
    for one in promised:
        style = look.kind("promise.overdue") if one["overdue"] else look.now if one["state"] == "kept" else look.accent
        due = f"{date.fromisoformat(one['due_latest']):%-d %b %Y}"
        runs: list[Run] = [(f"{due}  ", look.text), (clean(one["what"]), look.text), (f"  {one['state']}", style)]
        yield from pen.text(*runs, item=one["item"])
        notes = [slipped(one), clean(one["note"] or ""), _due_in(one)]
        yield from pen.parts([(note, look.dim) for note in notes], lead=("  ", _NONE), item=one["item"])
        yield from _quoted(one["quote"] if quoted else "", pen, item=one["item"])
    yield from _told(late, pen)


def _due_in(promise: Record) -> str:
    from monitor.viewer.ledger import overdue_after

    days = promise["days"]
    if promise["state"] != "open":
        return ""
    if promise["in_grace"]:
        return f"in its grace, {overdue_after(promise)}"
    return "due today" if days == 0 else f"due in {counted(days, 'day')}" if days > 0 else "due now"


def _quoted(quote: str | None, pen: Pen, *, item: str | None) -> Iterator[PageLine]:
    if quote:
        yield from pen.text((f"“{clean(quote)}”", pen.palette.quote), lead=("  ", _NONE), item=item)


def _moved(track: Track, pen: Pen) -> Iterator[PageLine]:
    """Every value that a fact had, the last one as it is now; a bar for each if they are numbers."""
    look, item = pen.palette, track.steps[-1]["item"]
    if track.kind in CONFLICTS:
        said = clean(track.steps[-1]["summary"] or "").partition(": ")[2]
        yield from pen.text((said, look.text), lead=("  ", _NONE), item=item)
        return
    runs: list[Run] = []
    for value in track.values[:-1]:
        runs += [(value, look.was), (f" {look.marks['arrow']} ", look.dim)]
    runs.append((track.values[-1] if track.values else "", look.now if track.kind in MOVES else look.warn))
    bars = sparkline(track.values) if look.marks["bar"] == "▌" else ""
    if bars:
        runs.append((f"  {bars}", look.accent))
    if track.note:
        runs.append((f"  {track.note}", look.dim))
    yield from pen.text(*runs, lead=("  ", _NONE), item=item)


def _reports(items: Sequence[Record], pen: Pen) -> Iterator[PageLine]:
    look = pen.palette
    yield from pen.heading("Reports", len(items))
    for item in items[:MOST_ITEMS]:
        lead = ("• " if not look.is_ansi else "- ", look.kind("event.updated"))
        yield from pen.text((title_of(item), look.text), lead=lead, item=item["id"])
        yield from pen.parts(_item_facts(item, pen), lead=("  ", _NONE), item=item["id"])
    if len(items) > MOST_ITEMS:
        yield from pen.text((f"and {len(items) - MOST_ITEMS} more: salname event shows them all", look.dim))


def _item_facts(item: Record, pen: Pen) -> list[Run]:
    look = pen.palette
    at = local(item["published_at"] or item["first_seen_at"], pen.zone)
    copied = item["same_text_as"]
    return [
        (clean(item["source"] or ""), look.dim),
        (f"{at:%-d %b %Y %H:%M}", look.dim),
        (item["language"] or "", look.dim),
        (counted(item["revisions"], "version") if item["revisions"] > 1 else "", look.kind("item.revised")),
        (f"same text as item {copied}" if copied else "", look.dim),
        ("withdrawn" if item["withdrawn"] else "", look.kind("item.withdrawn")),
        (f"item {item['id']}", look.faint),
    ]


def _history(changes: Sequence[Record], current: Record | None, pen: Pen) -> Iterator[PageLine]:
    """The changes of the event, newest first; a mark stands at the one under the cursor."""
    look = pen.palette
    yield from pen.heading("History", len(changes))
    for change in reversed(changes[-MOST_CHANGES:]):
        here = current is not None and change["id"] == current["id"]
        lead: Line = [
            (look.marks["bar"] if here else " ", look.bar),
            (f"{local(change['at'], pen.zone):%-d %b %H:%M} ", look.dim),
            (f"{look.sign(change['kind'])} ", look.kind(change["kind"])),
        ]
        yield PageLine([*lead, *headline({**change, "is_read": True}, look)], change["item"])
