"""The colours of the viewer: one set for terminals of many colours, one of the terminal's own sixteen.

Rule: no meaning stands in a colour alone. Sixteen colours are named, never mixed, so that the terminal's owner decides
what they look like; without colours bold, dim, reverse and the signs are left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.style import Style

SIGNS = {
    "event.created": "✦",
    "event.updated": "•",
    "event.merged": "⊕",
    "event.split": "⊖",
    "item.revised": "✎",
    "item.withdrawn": "✕",
    "fact.changed": "±",
    "fact.conflict": "≠",
    "status.changed": "◆",
    "date.slipped": "»",
    "promise.overdue": "!",
}
ASCII_SIGNS = {
    "event.created": "*",
    "event.updated": ".",
    "event.merged": "<",
    "event.split": ">",
    "item.revised": "~",
    "item.withdrawn": "x",
    "fact.changed": "+",
    "fact.conflict": "#",
    "status.changed": "=",
    "date.slipped": "d",
    "promise.overdue": "!",
}
MARKS = {"bar": "▌", "unread": "●", "other": "·", "rule": "─", "more": "…", "arrow": "→", "quote": "│", "up": "↑"}
ASCII_MARKS = {"bar": ">", "unread": "*", "other": "-", "rule": "-", "more": ".", "arrow": ">", "quote": "|", "up": "^"}
WORDS = {
    "event.created": "new",
    "event.updated": "report",
    "event.merged": "merged",
    "event.split": "split",
    "item.revised": "edited",
    "item.withdrawn": "withdrawn",
    "fact.changed": "changed",
    "fact.conflict": "conflict",
    "status.changed": "status",
    "date.slipped": "moved",
    "promise.overdue": "overdue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Styles by what they say; `theme` are the colours of backgrounds and frames, by their names in the style sheet."""

    name: str
    is_ansi: bool
    base: Style  # of every cell that nothing else is said of
    text: Style
    fresh: Style  # the words of a change that nobody has read
    seen: Style
    strong: Style
    dim: Style
    faint: Style
    accent: Style
    tag: Style
    link: Style
    was: Style
    now: Style
    quote: Style
    warn: Style
    unread: Style
    cursor: Style
    cursor_idle: Style
    bar: Style
    hit: Style
    kinds: Mapping[str, Style]
    theme: Mapping[str, str]
    signs: Mapping[str, str] = field(default_factory=lambda: SIGNS)
    marks: Mapping[str, str] = field(default_factory=lambda: MARKS)

    def sign(self, kind: str) -> str:
        return self.signs.get(kind, self.marks["other"])

    def kind(self, kind: str) -> Style:
        return self.kinds.get(kind, self.dim)


def word(kind: str) -> str:
    """What a kind of change is called in a narrow column."""
    return WORDS.get(kind, kind.rpartition(".")[2])


def _kinds(*, good: str, calm: str, warm: str, gone: str, bad: str, cool: str) -> dict[str, Style]:
    """What needs attention is warm, what is routine is calm."""
    return {
        "event.created": Style(color=good, bold=True),
        "event.updated": Style(color=calm),
        "event.merged": Style(color=cool),
        "event.split": Style(color=cool),
        "item.revised": Style(color=warm),
        "item.withdrawn": Style(color=gone),
        "fact.changed": Style(color=warm, bold=True),
        "fact.conflict": Style(color=bad, bold=True),
        "status.changed": Style(color=cool, bold=True),
        "date.slipped": Style(color=warm, bold=True),
        "promise.overdue": Style(color=bad, bold=True),
    }


INK = Palette(
    name="salname-ink",
    is_ansi=False,
    base=Style(color="#d5dae3", bgcolor="#11151d"),
    text=Style(color="#d5dae3"),
    fresh=Style(color="#eef1f6"),
    seen=Style(color="#98a2b4"),
    strong=Style(color="#f2f4f8", bold=True),
    dim=Style(color="#8792a6"),
    faint=Style(color="#4b5669"),
    accent=Style(color="#e8b661", bold=True),
    tag=Style(color="#6fb7c8"),
    link=Style(color="#7fa6dd", underline=True),
    was=Style(color="#e58a8a"),
    now=Style(color="#93cf8b"),
    quote=Style(color="#b4bccb", italic=True),
    warn=Style(color="#f0788a", bold=True),
    unread=Style(color="#e8b661"),
    cursor=Style(bgcolor="#29344a"),
    cursor_idle=Style(bgcolor="#1c2331"),
    bar=Style(color="#e8b661"),
    hit=Style(color="#f3cd86", bold=True, underline=True),
    kinds=_kinds(good="#93cf8b", calm="#6fb7c8", warm="#e8b661", gone="#c19adf", bad="#f0788a", cool="#7fa6dd"),
    theme={
        "primary": "#e8b661",
        "background": "#11151d",
        "surface": "#161b26",
        "panel": "#1c2331",
        "foreground": "#d5dae3",
        "edge": "#2f3a4e",
        "edge-focus": "#e8b661",
        "label": "#8792a6",
        "label-focus": "#e8b661",
    },
)
SIXTEEN = Palette(
    name="salname-sixteen",
    is_ansi=True,
    base=Style(),
    text=Style(),
    fresh=Style(bold=True),
    seen=Style(),
    strong=Style(bold=True),
    dim=Style(dim=True),
    faint=Style(dim=True),
    accent=Style(color="yellow", bold=True),
    tag=Style(color="cyan"),
    link=Style(underline=True),
    was=Style(color="red"),
    now=Style(color="green"),
    quote=Style(italic=True),
    warn=Style(color="red", bold=True),
    unread=Style(color="yellow", bold=True),
    cursor=Style(reverse=True),
    cursor_idle=Style(bold=True),
    bar=Style(color="yellow", bold=True),
    hit=Style(bold=True, underline=True),
    kinds=_kinds(good="green", calm="cyan", warm="yellow", gone="magenta", bad="red", cool="blue"),
    theme={
        "primary": "ansi_yellow",
        "background": "ansi_default",
        "surface": "ansi_default",
        "panel": "ansi_default",
        "foreground": "ansi_default",
        "edge": "ansi_bright_black",
        "edge-focus": "ansi_yellow",
        "label": "ansi_default",
        "label-focus": "ansi_yellow",
    },
)
