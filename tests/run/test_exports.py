"""Exports as commands and as the daemon's work: the file is whole, in step, and the same for the same state."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import icalendar
import pytest

from monitor.config import load_config
from monitor.viewer.export import FORMATS, Wanted
from monitor.viewer.export.keeping import ConfiguredExport, Kept, put
from storage.errors import Error
from storage.model import PromiseState
from storage.store import Store
from tests.builders_daemon import Life, nursery
from tests.builders_daemon import until as told_in_time
from tests.builders_exports import NAMES, ZONE, gathered, kinds, promises
from tests.builders_reading import Shell

DEADLINE_S = 60.0  # on a machine with other work to do


@pytest.mark.parametrize("kind", FORMATS)
def test_a_format_is_written_to_a_file_and_to_a_pipe_alike(shell: Shell, kind: str) -> None:
    promises(shell.database, "2025-12-20")
    path = shell.folder / "out"
    said = shell("export", "--format", kind, "--output", str(path))
    assert (said.code, said.out, said.err) == (0, "", f"{path} written\n")
    first = path.read_bytes()
    assert first.count(b"\n") > 5
    assert shell("export", "--format", kind, "--output", str(path)).err == f"{path} is up to date\n"
    command = [sys.executable, "-m", "monitor", "--config", str(shell.config), "export", "--format", kind]
    assert subprocess.run(command, capture_output=True, check=True).stdout == first


def test_an_edit_of_title_and_text_is_handed_on_as_it_is_told(shell: Shell) -> None:
    with sqlite3.connect(shell.database) as connection:
        diff = "A plan [-of 40-]{+of 44+}\n[-40-]{+44+} villages"
        sql = "UPDATE change SET payload_json = json_set(payload_json, '$.diff', ?) WHERE kind = 'item.revised'"
        assert connection.execute(sql, (diff,)).rowcount
    told = shell.json("timeline", "--limit", "1000")
    assert {one["diff"] for one in told} == {None, diff}
    assert json.loads(shell("export", "--format", "json").out) == told
    assert "A plan of 40 · 40 villages → **A plan of 44 · 44 villages**" in shell("export", "--format", "markdown").out


def test_filters_leave_out_what_was_not_asked_for(shell: Shell) -> None:
    def told(*options: str) -> list[dict[str, object]]:
        found: list[dict[str, object]] = json.loads(shell("export", "--format", "json", *options).out)
        return found

    everything = told()
    assert everything == shell.json("timeline", "--limit", "1000")
    assert len(everything) > 5
    assert told("--topic", "drums") == []
    assert told("--topic", "itu") == everything
    assert told("--topic", "drums", "--topic", "itu") == everything
    assert told("--limit", "2") == everything[-2:]
    event = str(everything[-1]["event"])
    assert {one["event"] for one in told("--event", event.lower())} == {event}
    assert told("--until", "2000-01-01") == []
    assert told("--since", "2000-01-01") == everything
    assert "older changes" in shell("export", "--format", "csv", "--limit", "1").err


def test_what_cannot_be_exported_is_refused(shell: Shell) -> None:
    assert 'did you mean "drums"' in shell.refusal("export", "--format", "html", "--topic", "drum")
    assert "there is no event" in shell.refusal("export", "--format", "html", "--event", "ZZZZZZZZ")
    assert "--output FILE" in shell.refusal("export", "--format", "html", "--watch")
    assert "cannot be written" in shell.refusal("export", "--format", "csv", "--output", "/nowhere/at/all.csv", code=1)


def test_a_slip_of_a_stored_promise_raises_its_sequence_once(shell: Shell) -> None:
    def entry() -> Any:
        read: Any = icalendar.Calendar.from_ical(shell("export", "--format", "ics").out)
        (found,) = read.walk("VEVENT")
        return found

    promises(shell.database, "2025-12-20")
    before = entry()
    promises(shell.database, "2025-12-20", "2026-03-31")
    after = entry()
    assert (before["uid"], int(before["sequence"])) == (after["uid"], 0)
    assert int(after["sequence"]) == 1
    assert entry() == after
    promises(shell.database, "2025-12-20", "2026-03-31", state=PromiseState.CANCELLED)
    off = entry()
    assert (off["uid"], int(off["sequence"]), off["status"]) == (after["uid"], 2, "CANCELLED")


def test_promises_are_those_of_the_topics(shell: Shell) -> None:
    promises(shell.database, "2025-12-20")
    (promise,) = gathered(shell.database).promises
    assert [len(gathered(shell.database, topic).promises) for topic in ("itu", "drums")].count(1) == 1
    assert gathered(shell.database, *promise["topics"]).promises == [promise]
    assert "feed.failing" not in kinds(gathered(shell.database))


def test_a_file_is_replaced_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    assert put(path, b"one")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask()
    path.chmod(0o640)
    inode, changed = path.stat().st_ino, path.stat().st_mtime_ns
    assert not put(path, b"one")
    assert path.stat().st_mtime_ns == changed
    assert put(path, b"two")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", 0o640)
    assert path.stat().st_ino != inode  # whoever had it open reads the old one to its end
    assert list(tmp_path.iterdir()) == [path]
    path.unlink()
    path.mkdir()
    with pytest.raises(Error, match="cannot be written"):
        put(path, b"three")
    assert list(tmp_path.iterdir()) == [path]


def umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_kept_file_follows_each_commit_and_nothing_else(shell: Shell) -> None:
    path = shell.folder / "calendar.ics"
    with closing(Kept(path, "ics", shell.database, Wanted(), zone=ZONE, names=NAMES)) as kept:
        assert kept.refresh()
        assert not kept.refresh()
        promises(shell.database, "2025-12-20")
        assert kept.refresh()
        assert not kept.refresh()
        Store.open(f"sqlite:///{shell.database}").close()
        assert not kept.refresh()  # nothing that it tells has changed
        path.unlink()
        assert kept.refresh()


def test_a_commit_is_seen_by_what_the_database_says_and_not_by_the_times_of_its_files(shell: Shell) -> None:
    """The files change while a transaction is being written, so that a look at that moment would hide its commit."""
    path, log = shell.folder / "calendar.ics", shell.database.with_name(f"{shell.database.name}-wal")
    with (
        closing(Kept(path, "ics", shell.database, Wanted(), zone=ZONE, names=NAMES)) as kept,
        closing(sqlite3.connect(shell.database)) as other,  # as long as it is open the log stays
    ):
        other.execute("SELECT 1 FROM item").fetchall()
        promises(shell.database, "2025-12-20")
        promises(shell.database, "2025-12-20", "2026-03-31")
        other.execute("PRAGMA wal_checkpoint(RESTART)")  # what is written next is written over the log's beginning
        assert kept.refresh()
        files = (shell.database, log)
        before = {file: file.stat() for file in files}
        promises(shell.database, "2025-12-20", "2026-04-30")
        for file, was in before.items():
            os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))
            assert file.stat().st_size == was.st_size
        assert kept.refresh()
        assert b"20260430" in path.read_bytes()


def test_a_database_that_was_replaced_is_read_anew(shell: Shell) -> None:
    path = shell.folder / "calendar.ics"
    with closing(Kept(path, "ics", shell.database, Wanted(), zone=ZONE, names=NAMES)) as kept:
        assert kept.refresh()
        assert b"VEVENT" not in path.read_bytes()
        other = shell.folder / "other.db"
        shell("backup", str(other))
        promises(other, "2025-12-20")
        other.replace(shell.database)
        assert kept.refresh()
        assert b"VEVENT" in path.read_bytes()
        shell.database.unlink()
        with pytest.raises(Error, match="there is no timeline yet"):
            kept.refresh()


def test_the_configured_file_is_kept_and_a_lasting_trouble_is_told_once(
    shell: Shell, request: pytest.FixtureRequest
) -> None:
    def configured(lines: str) -> object:
        path = shell.folder / "other.toml"
        path.write_text(shell.config.read_text(encoding="utf-8") + lines, encoding="utf-8")
        return load_config(path)

    keeper = ConfiguredExport(shell.database)
    request.addfinalizer(keeper.close)
    assert keeper.keep(load_config(shell.config)) is None
    page = shell.folder / "page.html"
    config = configured(f'\n[export]\noutput = "{page}"\ntopics = ["drums"]\n')
    assert keeper.keep(config) == page  # type: ignore[arg-type]
    assert b"Drums and parades" in page.read_bytes()
    assert keeper.keep(config) is None  # type: ignore[arg-type]
    lost = configured('\n[export]\noutput = "/nowhere/at/all.html"\n')
    with pytest.raises(Error, match="cannot be written"):
        keeper.keep(lost)  # type: ignore[arg-type]
    assert keeper.keep(lost) is None  # type: ignore[arg-type]


def test_watch_writes_again_within_seconds_of_a_commit(shell: Shell) -> None:
    path = shell.folder / "calendar.ics"
    with running(shell, "export", "--format", "ics", "--watch", "--output", str(path)) as child:
        until(path.exists)
        assert b"VEVENT" not in path.read_bytes()
        promises(shell.database, "2025-12-20")
        until(lambda: b"VEVENT" in path.read_bytes())
        child.send_signal(signal.SIGINT)
        assert child.wait(DEADLINE_S) == 130


def test_the_daemon_keeps_the_file_in_step(shell: Shell) -> None:
    path = shell.folder / "timeline.ics"
    with shell.config.open("a", encoding="utf-8") as file:
        file.write(f'\n[export]\nformat = "ics"\noutput = "{path}"\n')
    with running(shell, "run") as child:
        until(path.exists)
        assert b"VEVENT" not in path.read_bytes()
        promises(shell.database, "2025-12-20")
        until(lambda: b"VEVENT" in path.read_bytes())
        child.send_signal(signal.SIGTERM)
        assert child.wait(DEADLINE_S) == 0


@contextmanager
def running(shell: Shell, *arguments: str) -> Iterator[Life]:
    log = str(shell.folder / "child.log")
    order = {"arguments": ["--config", str(shell.config), *arguments], "environment": dict(os.environ)}
    life = Life(nursery(), nursery().asks({**order, "folder": str(shell.folder), "out": log, "err": log})["pid"] or 0)
    try:
        yield life
    finally:
        life.kill()
        life.wait()


def until(holds: Callable[[], bool]) -> None:
    assert told_in_time(holds, DEADLINE_S)
