"""An archive of small events whose grouping a test can name, and a person who corrects it."""

import json
import sqlite3
from collections import defaultdict
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

from monitor.app import Monitor
from monitor.config import parse_config
from monitor.correcting import Correcting
from storage.reading import Record, opened
from tests.builders_line import START, TOPICS

# Three happenings that share no word but the one that makes them relevant.
SUBJECTS = {
    "cable": "cable sea bottom ship laying divers harbour repair kilometres depth",
    "school": "school pupils teachers lessons tablets classroom village holidays parents exam",
    "rocket": "rocket orbit launch pad booster fuel engineers countdown satellite antenna",
}
CONFIG = f'timezone = "UTC"\n{TOPICS}\n'


class Archive:
    """Items imported one by one at a clock that moves; each says which subject it is about."""

    def __init__(self, folder: Path, extra: str = "") -> None:
        self.now = START
        self.path = folder / "salname.db"
        self.config = CONFIG + extra
        (folder / "config.toml").write_text(self.config, encoding="utf-8")
        self.monitor = Monitor.open(parse_config(self.config), f"sqlite:///{self.path}")
        self.monitor.clock = lambda: self.now
        self.correcting = Correcting(self.monitor, author="ayan")
        self._count = 0

    def close(self) -> None:
        self.monitor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reports(self, subject: str, *, source: str | None = None, title: str | None = None, text: str = "") -> int:
        """One more item about a subject, an hour later; its number."""
        self._count += 1
        self.now += timedelta(hours=1)
        words = SUBJECTS[subject].split()
        turned = words[self._count % 3 :] + words[: self._count % 3]
        line = {
            "id": f"item-{self._count}",
            "title": title or f"ITU report {self._count}: {' '.join(turned[:6])}",
            "text": text or f"The ITU said of the {' '.join(turned)} number {self._count}.",
            "published": self.now.isoformat(),
            "language": "en",
            "source": source or f"outlet{self._count % 4}",
        }
        imported = self.monitor.import_lines([json.dumps(line)], name="test")
        assert imported.problems == ()
        return self._last()

    def event_of(self, item: int) -> str:
        with closing(sqlite3.connect(self.path)) as connection:
            (found,) = connection.execute("SELECT event_id FROM item WHERE id = ?", (item,)).fetchone()
        return str(found)

    def groups(self) -> dict[str, list[int]]:
        """The items of each event."""
        found: dict[str, list[int]] = defaultdict(list)
        with closing(sqlite3.connect(self.path)) as connection:
            for item, event in connection.execute("SELECT id, event_id FROM item ORDER BY id"):
                found[event].append(item)
        return dict(found)

    def state(self) -> dict[str, Any]:
        """Everything that rulings may change, but for what only counts up: revisions and the times of changes."""
        queries = {
            "items": "SELECT id, event_id FROM item ORDER BY id",
            "decisions": "SELECT * FROM event_item ORDER BY item_id",
            "events": "SELECT id, title, first_at, last_at, first_seen_at, item_count, merged_into FROM event "
            "WHERE id IN (SELECT event_id FROM item) ORDER BY id",
            "topics": "SELECT t.event_id, t.topic FROM event_topic t WHERE t.event_id IN (SELECT event_id FROM item) "
            "ORDER BY 1, 2",
            "states": "SELECT * FROM event_state ORDER BY event_id",
            "members": "SELECT * FROM linked_item ORDER BY item_id",
            "counts": "SELECT * FROM term_count ORDER BY epoch, field, term",
        }
        with closing(sqlite3.connect(self.path)) as connection:
            return {name: connection.execute(query).fetchall() for name, query in queries.items()}

    def event(self, event_id: str) -> Record:
        with opened(self.path) as reader:
            found = reader.events.one(event_id)
        assert found is not None
        return found

    def listed(self) -> list[Record]:
        with opened(self.path) as reader:
            return reader.events.newest(limit=100)

    def changes(self, kind: str = "") -> list[Record]:
        with opened(self.path) as reader:
            return [one for one in reader.timeline.changes(limit=1000) if one["kind"].startswith(kind)]

    def _last(self) -> int:
        with closing(sqlite3.connect(self.path)) as connection:
            (found,) = connection.execute("SELECT max(id) FROM item").fetchone()
        return int(found)
