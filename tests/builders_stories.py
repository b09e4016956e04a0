"""Long stories made of real articles: sister events of a topic, laid out over months, with their common thread."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.app import Monitor
from monitor.config import parse_config
from monitor.events.evaluate import Score, bcubed
from storage.reading import opened
from tests.builders_reprints import ARTICLES

_BEGIN = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One item of a story: `story` is its thread."""

    id: str
    title: str
    text: str
    at: datetime
    story: str


def long_stories(days: float, *, seed: int) -> list[Told]:
    """All articles in order of time; each event begins at a moment of its own within so many days."""
    rng = random.Random(seed)
    begins: dict[str, float] = {}
    found = []
    for line in ARTICLES.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        begin = begins.setdefault(one["event"], rng.uniform(0, days))
        at = _BEGIN + timedelta(days=begin + min(14.0, rng.expovariate(1 / 1.5)))
        story = one["event"].rsplit("-", 1)[0]
        found.append(Told(id=one["id"], title=one["title"], text=one["text"], at=at, story=story))
    return sorted(found, key=lambda told: (told.at, told.id))


def storyline_score(folder: Path, told: Sequence[Told]) -> tuple[Score, Score]:
    """How well the events, and the storylines, put together what belongs to one thread."""
    path = folder / "salname.db"
    with Monitor.open(parse_config(""), f"sqlite:///{path}") as monitor:
        for start in range(0, len(told), 25):
            some = told[start : start + 25]
            monitor.clock = lambda at=some[-1].at: at  # type: ignore[misc]  # bound as it is now
            monitor.import_lines(map(_line, some), name="stories")
        with monitor.store.reading() as tx:
            events = {item.title.partition(" ")[0]: item.event_id or "" for item in tx.items.replay()}
    with opened(path) as reader:
        threads = {event: name for name, some in reader.storylines.members().items() for event in some}
    wanted = [one.story for one in told]
    found = [events[one.id] for one in told]
    return bcubed(found, wanted), bcubed([threads[event] for event in found], wanted)


def _line(one: Told) -> str:
    # The item is found again by the id before its title, which tells the linker nothing.
    return json.dumps(
        {
            "id": one.id,
            "title": f"{one.id} {one.title}",
            "text": one.text,
            "published": one.at.isoformat(),
            "topics": ["all"],
        }
    )
