"""`salname status`: is it running, what fails, what waits, what is due; exit 0 when all is well, else 1.

Before the first poll there is no database: that is an answer like another. One that cannot be read is not: exit 3.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.reading import Record
from storage.room import ROOM_BYTES, is_full


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001
    pid = running_pid(place.database_path)
    status: Record = {"running": pid is not None, "pid": pid, **_summary(place.database_path)}
    status["disk_full"] = is_full(place.database_path)
    problems = list(_problems(status))
    status["ok"] = not problems
    if out.json:
        out.data(status)
    else:
        _tell(status, problems, place.zone, out)
    return Exit.FAILED if problems else Exit.OK


def _summary(database: Path) -> Record:
    from storage.reading import opened
    from storage.reading.feeds import NOTHING

    if not database.exists():
        return NOTHING

    with opened(database) as reader:
        return reader.feeds.summary()


def running_pid(database: Path) -> int | None:
    """The process that holds the database, 0 if it cannot be told which, None if nobody does."""
    import fcntl

    try:
        with database.with_name(f"{database.name}.lock").open("rb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read(32).decode("ascii", "replace").strip()
                return int(text) if text.isdecimal() else 0
    except OSError:
        return None
    return None


def _problems(status: Record) -> Iterator[str]:
    from monitor.viewer.phrases import way_out

    if not status["running"]:
        yield "not running: start it with salname run"
    if status["disk_full"]:
        yield f"less than {ROOM_BYTES >> 20} MiB are left on the disk of the database: free some, or nothing is stored"
    if not status["feeds"]:
        yield "no feed is watched: salname check says whether the configuration is ready"
    for feed in status["failing"]:
        said = [feed["error"] or "no reason is known", way_out(feed)]
        yield f"feed {feed['name']} is {feed['state']}: {'; '.join(filter(None, said))}"
    for channel in status["parked"]:
        yield f"channel {channel['channel']} is parked: {channel['reason']}"
    if status["dead"]:
        yield f"{counted(status['dead'], 'message')} could not be delivered: salname alerts list --state dead"


def _tell(status: Record, problems: list[str], zone: ZoneInfo, out: Output) -> None:
    from monitor.viewer.phrases import minute

    if status["running"]:
        out.say(f"running as process {status['pid']}" if status["pid"] else "running")
    polls = f"last poll {minute(status['last_poll_at'], zone)}"
    if status["next_poll_at"]:
        polls += f", next due {minute(status['next_poll_at'], zone)}"
    out.say(f"{counted(status['feeds'], 'feed')}, {polls}")
    waiting = f", the oldest due {minute(status['oldest_queued_at'], zone)}" if status["oldest_queued_at"] else ""
    waits = f"{counted(status['queued'], 'message')} waiting{waiting}"
    out.say(f"{waits}, {status['in_doubt']} in doubt, {status['dead']} dead")
    for problem in problems:
        out.say(problem)
