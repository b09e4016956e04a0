"""Block Kit: the constructors of a Slack message, and how Slack counts.

Rule: words of the world stand in `plain_text` and `rich_text` alone, which Slack shows as they are; the top-level
`text` is markup, so there `&`, `<` and `>` are escaped. Lengths are UTF-16 units after escaping.
"""

import json
from typing import TypeAlias

from alerts.message import UNTITLED, cut
from storage.model import JsonValue

Block: TypeAlias = dict[str, JsonValue]

# Slack refuses more than 150 in a header, 2,000 in a field, 3,000 in a text or a link.
HEADER, FIELD, TEXT, LABEL = 150, 2_000, 2_900, 300
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def message(text: str, *blocks: Block) -> Block:
    bare: Block = {"text": text, "unfurl_links": False, "unfurl_media": False}
    return bare | {"blocks": list(blocks)} if blocks else bare


def head(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "emoji": True, "text": _fitted(text, HEADER)}}


def plain(text: str, limit: int) -> Block:
    return {"type": "plain_text", "emoji": False, "text": _fitted(text, limit)}


def context(text: str) -> Block:
    return {"type": "context", "elements": [plain(text, FIELD)]}


def fields(*texts: str) -> Block:
    return {"type": "section", "fields": [plain(text, FIELD) for text in texts]}


def rich(*elements: Block) -> Block:
    return {"type": "rich_text", "elements": list(elements)}


def section(*elements: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}


def bullets(*sections: Block) -> Block:
    return {"type": "rich_text_list", "style": "bullet", "elements": list(sections)}


def words(text: str) -> Block:
    return {"type": "text", "text": _fitted(text, TEXT)}


def bold(text: str) -> Block:
    """For our own words only."""
    return {"type": "text", "text": text, "style": {"bold": True}}


def link(url: str, text: str) -> Block:
    return {"type": "link", "url": url, "text": _fitted(text, LABEL)}


def escaped(text: str) -> str:
    """For the top-level `text`, where a bare `<!channel>` rings every phone."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def weight(text: str) -> int:
    """UTF-16 units of a text, or of one character, after escaping."""
    return len(text) + sum(4 if c == "&" else 3 if c in "<>" else c > "\uffff" for c in text)


def size(block: Block) -> int:
    """Weight of a block among others, as JSON."""
    return weight(json.dumps(block, ensure_ascii=False, separators=(",", ":"))) + 1


def _fitted(text: str, limit: int) -> str:
    return cut(text, limit, weight) or UNTITLED  # Slack refuses an empty text
