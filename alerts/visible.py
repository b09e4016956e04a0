"""Text of the world as one line of visible letters, wherever a person will read it.

Rule: nothing but `re` is imported here; the timeline in a terminal starts with this and must start at once.
"""

import re

# Tabs, line ends, separators of lines and paragraphs part words; a blank takes their place.
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")
# C0 and C1, zero-width space and direction marks, bidi embeddings, overrides and isolates, the byte order mark, lone
# surrogates. U+200C and U+200D stay: Persian words and composed emoji are spelled with them.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_LONGEST = 10_000  # characters of any one text that are looked at; no renderer shows a third of them


def clean(text: str) -> str:
    """One line of visible text: what parts words becomes a single blank, what hides or steers is taken out."""
    if not (text.isascii() and text.isprintable()):
        text = _UNWANTED.sub("", _BREAKS.sub(" ", text))
    return " ".join(filter(None, text.split(" ")))


def counted(count: int, one: str, many: str = "") -> str:
    """1 item, 1,200 items; 1 entry, 2 entries."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def said(text: str) -> str:
    """Clean words of the world; of a headline of a megabyte the beginning is enough to show that it is one."""
    return clean(text[:_LONGEST])
