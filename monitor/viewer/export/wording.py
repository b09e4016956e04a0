"""The words of the exports: what kind of change it is, what it says, and what was and is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from monitor.viewer.wording import DIFF, on_one_line

Record: TypeAlias = Mapping[str, Any]

KINDS = {  # kind -> (word, group that a reader filters by)
    "event.created": ("New", "new"),
    "event.updated": ("Report", "report"),
    "event.merged": ("Merged", "report"),
    "event.split": ("Split", "report"),
    "event.closed": ("Closed", "report"),
    "item.revised": ("Edited", "edit"),
    "item.withdrawn": ("Withdrawn", "edit"),
    "fact.changed": ("Changed", "fact"),
    "fact.conflict": ("Conflict", "fact"),
    "status.changed": ("Status", "fact"),
    "date.slipped": ("Moved", "fact"),
    "promise.overdue": ("Overdue", "fact"),
}
GROUPS = {  # group -> what it is called
    "fact": "Facts and dates",
    "new": "New events",
    "edit": "Edits and withdrawals",
    "report": "Further reports",
}
STATES = {
    "open": "open",
    "kept": "kept",
    "slipped": "slipped",
    "overdue": "overdue",
    "cancelled": "cancelled",
    "dropped": "dropped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a change in pieces (words, whether they differ), and whose words it rests on."""

    pieces: Sequence[tuple[str, bool]]
    quote: str = ""
    source: str = ""
    url: str = ""

    @property
    def text(self) -> str:
        return "".join(words for words, _ in self.pieces).strip()


_OF_A_FACT = re.compile(r"^(?P<what>.+?): .+ → .+?(?P<notes> \([^()]*\))?$")
_OF_A_CONFLICT = re.compile(r"^(?P<what>.+?): .+ \(.+\) or .+ \(.+\)$")
_NAMED = re.compile(r" in “(?P<title>.*)”$")
_BY = re.compile(r"^(?:New|Retitled by .*?|Corrected by .*?|Reworded by .*?|Withdrawn by .*?): ")


def word(change: Record) -> str:
    if _corrects(change):
        return "Corrected"
    kind = str(change["kind"])
    return KINDS[kind][0] if kind in KINDS else kind.rpartition(".")[2].capitalize()


def group(change: Record) -> str:
    return "fact" if _corrects(change) else KINDS.get(change["kind"], ("", "report"))[1]


def headline(change: Record) -> str:
    """What happened, without who says so: that stands beside it."""
    said = str(change["summary"] or change["event_title"] or "")
    if change["kind"] in {"event.created", "event.updated"}:
        said = _BY.sub("", said)
        for source in change["sources"]:
            said = said.removesuffix(f" ({source})")
    elif change["kind"] == "item.revised":
        said = _edited_title(change) or said
    elif change["kind"] == "item.withdrawn":
        said = _BY.sub("", said)
    elif sides(change) is not None and (named := _OF_A_FACT.match(said) or _OF_A_CONFLICT.match(said)):
        said = named["what"] + (named.groupdict().get("notes") or "")
    return said or change["kind"]


def sides(change: Record) -> tuple[Side, Side] | None:
    """What was and what is (of a conflict: what one says and what another says); None where nothing was replaced."""
    if change["kind"] == "item.withdrawn":
        return None
    said = change.get("said") or (None, None)
    if change.get("diff"):
        pieces = list(_pieces(on_one_line(change["diff"])))
        was = [(text, side == "old") for text, side in pieces if side != "new"]
        now = [(text, side == "new") for text, side in pieces if side != "old"]
        return _side(_tidy(was), said[0]), _side(_tidy(now), said[1])
    old, new = value(change["old"]), value(change["new"])
    if not old or not new or old == new:
        return None
    differ = not contradicts(change)
    return _side([(old, differ)], said[0]), _side([(new, differ)], said[1])


def contradicts(change: Record) -> bool:
    """Two sources say otherwise: neither is what was."""
    return bool(change["kind"] == "fact.conflict")


def value(side: object) -> str:
    """A side of a change as a person writes it; "" for none."""
    match side:
        case None | bool():
            return ""
        case str() | int() | float():
            return str(side)
        case Mapping():
            spoken = side.get("spoken") or side.get("text") or side.get("value")
            return str(spoken) if spoken is not None else ", ".join(f"{key} {said}" for key, said in side.items())
        case list() | tuple():
            return ", ".join(filter(None, map(value, side)))
        case _:
            return str(side)


def _corrects(change: Record) -> bool:
    """An edit of a figure, a day or a state, not of words alone."""
    return bool(change["kind"] == "item.revised" and change.get("class") == "fact")


def _edited_title(change: Record) -> str:
    """What the edited report is called: the summary names it where only its text was edited."""
    if named := _NAMED.search(str(change["summary"] or "")):
        return named["title"]
    return str(change["new"] or "") if change.get("class") == "title" else str(change["event_title"] or "")


def _side(pieces: Sequence[tuple[str, bool]], said: Record | None) -> Side:
    if not said:
        return Side(pieces=pieces)
    return Side(pieces=pieces, quote=said["quote"] or "", source=said["source"] or "", url=said["url"] or "")


def _pieces(diff: str) -> Iterator[tuple[str, str]]:
    end = 0
    for found in DIFF.finditer(diff):
        yield diff[end : found.start()], ""
        yield (found["old"], "old") if found["old"] is not None else (found["new"], "new")
        end = found.end()
    yield diff[end:], ""


def _tidy(pieces: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Without empty pieces; neighbours parted by one blank where the words that stood between are gone."""
    made: list[tuple[str, bool]] = []
    for text, differs in pieces:
        kept = text.lstrip(" ") if made and made[-1][0].endswith(" ") else text
        if kept:
            made.append((kept, differs))
    return made
