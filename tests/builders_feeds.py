"""Feed documents for tests: the recorded look-alikes, small ones made on the spot, and one way to read them all."""

import dataclasses
import importlib.util
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from monitor.feeds.document import Document
from monitor.feeds.parse import parse
from storage.model import Entry

FEEDS = Path(__file__).parent / "data" / "feeds"
SHARED = Path(__file__).parents[2] / "shared"
URL = "https://news.example/feed"
NOW = datetime(2026, 2, 1, tzinfo=UTC)

NAMESPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def look_alikes() -> list[Path]:
    """The invented documents, each with its expected reading beside it as `<name>.json`."""
    return sorted(path for path in FEEDS.iterdir() if path.suffix != ".json")


def reading(body: bytes | str, known: Collection[bytes] = (), content_type: str | None = None) -> Document:
    raw = body.encode() if isinstance(body, str) else body
    return parse(raw, content_type, final_url=URL, feed_timezone="Asia/Baku", now=NOW, known_ranges=known)


def rss(*items: str, head: str = "", tail: str = "", root: str = "") -> str:
    joined = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss version="2.0" {NAMESPACES} {root}><channel><title>Feed</title>{head}{joined}{tail}</channel></rss>'


def atom(*entries: str, head: str = "", root: str = "") -> str:
    joined = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {NAMESPACES} {root}><title>Feed</title>{head}{joined}</feed>'


def only_entry(body: bytes | str, content_type: str | None = None) -> Entry:
    (entry,) = reading(body, content_type=content_type).entries
    return entry


def plain(value: Document | Entry) -> dict[str, Any]:
    """The value as JSON shows it, without what has its default and without hashes of bytes."""
    shown: dict[str, Any] = {}
    for name, default in _defaults(value).items():
        found = getattr(value, name)
        if name == "range_hash" or found == default:
            continue
        match found:
            case datetime():
                shown[name] = found.isoformat()
            case frozenset():
                shown[name] = sorted(found)
            case tuple():
                shown[name] = [plain(one) if isinstance(one, Entry) else one for one in found]
            case _:
                shown[name] = found
    return shown


def _defaults(value: Document | Entry) -> dict[str, Any]:
    """The fields in order, each with its default."""
    if isinstance(value, Entry):
        return {name: value._field_defaults.get(name, dataclasses.MISSING) for name in value._fields}
    return {field.name: field.default for field in dataclasses.fields(value)}


class Corpus(Protocol):
    """The seeded generator of benchmark feeds."""

    def feed(self, number: int, generation: int) -> tuple[bytes, int]: ...


def shared_corpus() -> Corpus | None:
    """The benchmark's feeds, where its tool lies beside the checkout."""
    tool = SHARED / "tools" / "feedserver.py"
    if not tool.exists():
        return None
    spec = importlib.util.spec_from_file_location("feedserver", tool)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    corpus: Corpus = module.Corpus(20221)
    return corpus
