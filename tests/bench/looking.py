"""What looking costs: the command's start, and a search among a million items.

        python -m tests.bench.looking [--items 1000000] [--keep FOLDER]

The start is measured beside the imports that a timeline cannot do without: argparse, sqlite3, and what of rich prints
it. Search runs as the command does, snippets included; its yardstick is reading as many rows of the same table by
number. The archive is synthetic: its words are as unequal as in a language (the n-th as frequent as 1/n).
"""

import argparse
import os
import pty
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from monitor.viewer.search import parse, search
from storage.reading import opened
from storage.store import Store
from storage.tables.columns import zip_text
from tests.bench.measuring import spent

BARE = "import argparse, sqlite3, rich.console, rich.table, rich.text"
COMMAND = "from monitor.cli import main; main(['--config', {config!r}, 'timeline'])"
RARE, COMMON = "vanishing", "the"  # one item in 200,000; every item
MEDIUM = "spectrum"  # one item in a hundred
SEARCHES = (RARE, MEDIUM, COMMON, f"{COMMON} topic:t3 lang:tr", f'"{COMMON} {MEDIUM}"', "spec*", f"{COMMON} since:7d")
CHANGES = """
    INSERT INTO change (id, event_id, feed_id, item_id, revision, kind, key, from_json, to_json, payload_json,
        quotes_json, happened_precision, at, topics_json, origin)
    SELECT printf('c_%016x', id), NULL, feed_id, id, 1, 'event.created', 'k', 'null', 'null',
        json_object('summary', title), '[]', 'day', first_seen_at, json_array('t' || (id % 8)), 'live' FROM item;
    INSERT INTO change_topic SELECT 't' || (id % 8), first_seen_at, printf('c_%016x', id) FROM item;
"""
START_MICROS = int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
STEP_MICROS = 150_000_000  # between two items: a million in five years
WORDS, TITLE = 60, 9  # the medians of five large feeds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.looking")
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="folder that keeps the archive for another run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print("\n".join(start_lines(Path(folder))), flush=True)
        path = (asked.keep or Path(folder)) / "salname.db"
        if not path.exists():
            cost = spent(lambda: build(path, asked.items))
            print(f"built {asked.items} items in {cost.cpu_s:.0f} s of CPU, {path.stat().st_size / 2**20:.0f} MiB")
        print("\n".join([*timeline_lines(path), *search_lines(path)]))


def start_lines(folder: Path, rounds: int = 15) -> list[str]:
    """The start of `salname timeline` in a terminal and in a pipe, beside its imports; medians of CPU."""
    Store.open(f"sqlite:///{folder / 'empty.db'}").close()
    config = folder / "config.toml"
    config.write_text(f'[storage]\nurl = "{folder / "empty.db"}"\n', encoding="utf-8")
    programs = {"imports": BARE, "timeline": COMMAND.format(config=str(config))}
    costs: dict[tuple[str, bool], list[float]] = {}
    for _ in range(rounds):
        for name, program in programs.items():
            for terminal in (True, False):
                costs.setdefault((name, terminal), []).append(child_cpu(program, terminal=terminal))
    middle = {key: statistics.median(found) for key, found in costs.items()}
    lines = ["P8 start of `timeline`: CPU ms    (wanted: 1.3 x the imports)"]
    for terminal, where in ((True, "in a terminal"), (False, "in a pipe")):
        plain, ours = middle["imports", terminal], middle["timeline", terminal]
        lines.append(f"  {where:13} {ours * 1e3:6.1f}   {ours / plain:.2f} x its imports ({plain * 1e3:.1f})")
    return lines


def child_cpu(program: str, *, terminal: bool) -> float:
    """Seconds of CPU of a fresh interpreter."""
    pid, screen = pty.fork() if terminal else (os.fork(), -1)
    if pid == 0:
        if not terminal:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
        os.execv(sys.executable, [sys.executable, "-c", program])
    if terminal:
        drain(screen)
    _, _, used = os.wait4(pid, 0)
    return used.ru_utime + used.ru_stime


def drain(screen: int) -> None:
    try:
        while os.read(screen, 65_536):
            pass
    except OSError:  # the other end is closed
        os.close(screen)


def build(path: Path, count: int, *, batch: int = 5_000) -> None:
    """An archive of `count` items of eight topics, four languages and forty feeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Store.open(f"sqlite:///{path}").close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    feeds = [(n, f"https://outlet{n}.example/rss", f"Outlet {n}") for n in range(1, 41)]
    connection.executemany(
        "INSERT INTO feed (id, url, effective_url, name, kind, active, options_json, created_at, state, document, "
        "failure_count, memory_json) VALUES (?1, ?2, ?2, ?3, 'config', 1, '{}', 0, 'ok', 0, 0, '{}')",
        feeds,
    )
    for begin in range(1, count + 1, batch):
        rows = list(synthetic(begin, min(begin + batch, count + 1)))
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO item (id, feed_id, url, title, lang, origin, relevant, first_seen_at, published_at, "
            "tz_known, date_trusted, sort_at, revision_count) "
            "VALUES (?1, ?2, ?5, ?3, ?4, 'live', 1, ?6, ?6, 1, 1, ?6, 1)",
            [(n, n % 40 + 1, title, lang, f"https://outlet.example/{n}", at) for n, title, _, lang, at in rows],
        )
        connection.executemany(
            "INSERT INTO item_revision (item_id, n, feed_id, seen_at, class, late, added_only, damped, reason, title, "
            "text, title_norm, text_kind, title_word_count, text_word_count, title_hash, text_hash, content_hash, "
            "facts_hash, norm_version) VALUES (?, 1, 1, ?, 'first', 0, 0, 0, '', ?, ?, '', 'summary', 9, 60, '', '', "
            "'', '', 1)",
            [(n, at, title, zip_text(text)) for n, title, text, _, at in rows],
        )
        connection.executemany(
            "INSERT INTO item_search VALUES (?, ?, ?, ?)",
            [(n, title, text, f"topic:t{n % 8} lang:{lang} feed:{n % 40 + 1}") for n, title, text, lang, _ in rows],
        )
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def synthetic(begin: int, end: int) -> Iterator[tuple[int, str, str, str, int]]:
    """(number, title, text, language, instant) of items; a seed a batch, so that any size begins alike."""
    rng = random.Random(begin)
    vocabulary = [f"{'bcdfgklmnprst'[n % 13]}{'aeiou'[n % 5]}{n:x}" for n in range(30_000)]
    pool = rng.choices(vocabulary, [1 / (rank + 3) for rank in range(len(vocabulary))], k=200_000)
    for n in range(begin, end):
        at = rng.randrange(len(pool) - TITLE - WORDS)
        words = pool[at : at + TITLE + WORDS]
        words[TITLE] = COMMON
        if n % 100 == 0:
            words[TITLE + 1 + n // 100 % 9] = MEDIUM
        if n % 200_000 == 7:
            words[TITLE + 30] = RARE
        when = START_MICROS + n * STEP_MICROS
        yield n, " ".join(words[:TITLE]), " ".join(words[TITLE:]), ("en", "az", "ru", "tr")[n % 4], when


def timeline_lines(path: Path) -> list[str]:
    """A hundred changes among as many as there are items: the newest, of a topic, and of a week long ago."""
    with closing(sqlite3.connect(path)) as connection, connection:
        if connection.execute("SELECT count(*) FROM change").fetchone() == (0,):
            connection.executescript(CHANGES)
        (last,) = connection.execute("SELECT max(id) FROM item").fetchone()
    middle = datetime.fromtimestamp((START_MICROS + last // 2 * STEP_MICROS) / 1e6, UTC)
    lines = ["P8 timeline, 100 changes among as many as items: ms of CPU    (wanted: 5)"]
    with opened(path) as reader:
        for name, asked in (
            ("newest", partial(reader.timeline.changes, limit=100)),
            ("of a topic", partial(reader.timeline.changes, topic="t3", limit=100)),
            ("until long ago", partial(reader.timeline.changes, until=middle, limit=100)),
        ):
            assert len(asked()) == 100
            lines.append(f"  {name:24} {timed(asked):7.1f}")
    return lines


def search_lines(path: Path) -> list[str]:
    lines = ["search: ms of CPU, the median of nine, snippets included    (wanted: a word 20, a common one 100)"]
    with opened(path) as reader:
        (last,) = sqlite3.connect(path).execute("SELECT max(id) FROM item").fetchone()
        now = datetime.fromtimestamp((START_MICROS + last * STEP_MICROS) / 1e6, UTC)
        plain = timed(lambda: by_number(path, last))
        for words in SEARCHES:
            asked = parse(words, moment=lambda _: now.replace(hour=0))
            found = search(reader, asked)
            cost = timed(partial(search, reader, asked))
            lines.append(f"  {words:24} {cost:7.1f}   {len(found):3} shown   {cost / plain:6.1f} x its yardstick")
    return [*lines, f"  yardstick: 800 rows by number {plain:.1f}"]


def by_number(path: Path, last: int) -> Sequence[object]:
    connection = sqlite3.connect(path)
    rows = [
        connection.execute("SELECT * FROM item_search WHERE item_id = ?", (number,)).fetchone()
        for number in range(max(1, last - 800), last)
    ]
    connection.close()
    return rows


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    costs = []
    for _ in range(9):
        begun = time.process_time()
        work()
        costs.append(time.process_time() - begun)
    return statistics.median(costs) * 1e3


if __name__ == "__main__":
    main()
