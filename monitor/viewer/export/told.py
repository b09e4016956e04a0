"""One change as a short paragraph in HTML, for feeds: what was and is, the quote, who says so.

Rule: every word goes through the escaping of the standard library here, and nowhere else.
"""

from collections.abc import Iterator
from html import escape

from monitor.viewer.export.chronicle import Record
from monitor.viewer.export.wording import Side, contradicts, headline, sides, word


def title(change: Record) -> str:
    return f"{word(change)}: {headline(change)}"


def paragraph(change: Record) -> str:
    parts = []
    both = sides(change)
    if both is not None and contradicts(change):
        parts += [part for side in both for part in _said(side)]
    elif both is not None:
        was, now = (
            "".join(_marked(text, tag, differs=differs) for text, differs in side.pieces)
            for side, tag in zip(both, ("del", "ins"), strict=True)
        )
        parts.append(f"<p>was: {was}<br>now: {now}</p>")
    elif change["summary"]:
        parts.append(f"<p>{escape(change['summary'])}</p>")
    conflicting = both if both is not None and contradicts(change) else ()
    if change["quote"] and not any(side.quote for side in conflicting):
        parts.append(f"<blockquote><p>{escape(change['quote'])}</p></blockquote>")
    if change["sources"] and not any(side.source for side in conflicting):
        parts.append(f"<p>Source: {escape(', '.join(change['sources']))}</p>")
    if change["event_title"]:
        parts.append(f"<p>Event: {escape(change['event_title'])}</p>")
    return "".join(parts)


def _said(side: Side) -> Iterator[str]:
    """What one side of a conflict says, in whose words."""
    yield f"<p>{escape(side.source) or 'One source'} says: {escape(side.text)}</p>"
    if side.quote:
        yield f"<blockquote><p>{escape(side.quote)}</p></blockquote>"


def _marked(text: str, tag: str, *, differs: bool) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if differs else escape(text)
