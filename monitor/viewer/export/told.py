"""One change as a short paragraph in HTML, for feeds: what was and is, the quote, who says so.

Rule: every word goes through the escaping of the standard library here, and nowhere else.
"""

from html import escape

from monitor.viewer.export.chronicle import Record
from monitor.viewer.export.wording import contradicts, headline, sides, word


def title(change: Record) -> str:
    return f"{word(change)}: {headline(change)}"


def paragraph(change: Record) -> str:
    parts = []
    before, after = ("says", "says") if contradicts(change) else ("was", "now")
    if (both := sides(change)) is not None:
        was, now = (
            "".join(_marked(text, tag, differs=differs) for text, differs in side.pieces)
            for side, tag in zip(both, ("del", "ins"), strict=True)
        )
        parts.append(f"<p>{before}: {was}<br>{after}: {now}</p>")
    elif change["summary"]:
        parts.append(f"<p>{escape(change['summary'])}</p>")
    if change["quote"]:
        parts.append(f"<blockquote><p>{escape(change['quote'])}</p></blockquote>")
    if change["sources"]:
        parts.append(f"<p>Source: {escape(', '.join(change['sources']))}</p>")
    if change["event_title"]:
        parts.append(f"<p>Event: {escape(change['event_title'])}</p>")
    return "".join(parts)


def _marked(text: str, tag: str, *, differs: bool) -> str:
    return f"<{tag}>{escape(text)}</{tag}>" if differs else escape(text)
