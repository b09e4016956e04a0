"""The picture of a Slack message in the README: blocks that a test holds, drawn as Slack lays them out.

python -m tests.picture_slack [FOLDER]        writes slack-message.png, by default into docs/

The sign in its headline needs a font of emoji (Debian: fonts-noto-color-emoji).
"""

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from tests.pictures import photograph

ROOT = Path(__file__).parents[1]
MESSAGE = ROOT / "tests" / "golden" / "messages" / "date_moved.slack.json"
SIZE = (760, 220)
STYLE = """
body { margin: 20px; font: 15px/1.46 Lato, "DejaVu Sans", sans-serif; color: #1d1c1d; background: #fff }
.message { display: grid; grid-template-columns: 44px 1fr; gap: 8px }
.who { width: 36px; height: 36px; border-radius: 8px; background: #0b6e6e; color: #fff; font: bold 20px/36px serif;
  text-align: center }
h2 { font-size: 18px; margin: 4px 0 8px }
.app { font-size: 10px; background: #e8e8e8; color: #616061; padding: 1px 3px; border-radius: 2px }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: 8px 16px }
.context { color: #616061; font-size: 13px; margin-top: 10px }
p { margin: 0; white-space: pre-line }
"""


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs"
    blocks = json.loads(MESSAGE.read_text(encoding="utf-8"))["blocks"]
    with tempfile.TemporaryDirectory() as made:
        page = Path(made) / "message.html"
        page.write_text(_page(blocks), encoding="utf-8")
        (folder / "slack-message.png").write_bytes(photograph(page, SIZE))


def _page(blocks: Sequence[Mapping[str, Any]]) -> str:
    drawn = "".join(map(_block, blocks))
    head = '<b>Salname</b> <span class="app">APP</span>'
    body = f'<div class="message"><div class="who">S</div><div>{head}{drawn}</div></div>'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{body}'


def _block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h2>{escape(block['text']['text'])}</h2>"
        case "section":
            fields = block.get("fields") or [block["text"]]
            return f'<div class="fields">{"".join(_paragraph(one) for one in fields)}</div>'
        case "context":
            return f'<div class="context">{"".join(_paragraph(one) for one in block["elements"])}</div>'
        case other:
            raise ValueError(f"a block of type {other} is not drawn")


def _paragraph(text: Mapping[str, Any]) -> str:
    first, _, rest = text["text"].partition("\n")
    return f"<p><b>{escape(first)}</b>\n{escape(rest)}</p>" if rest else f"<p>{escape(first)}</p>"


if __name__ == "__main__":
    main()
