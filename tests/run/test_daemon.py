"""The daemon as an operator has it: signals, one instance, kills, a full disk, a locked database."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.builders_daemon import Program, Receiver, running, told, told_or_silent, until
from tests.builders_line import Site, an_entry

RANDOM_KILLS = int(os.environ.get("SALNAME_TEST_KILLS", "10"))
OLD = an_entry("old", "ITU publishes its yearly report")


@pytest.fixture
def program(tmp_path: Path):
    with Site() as site, Receiver() as receiver:
        site.publishes(OLD)
        yield Program(tmp_path, site, receiver).configure()


def an_item(number: int) -> str:
    word = f"subject{number}"
    return an_entry(f"n{number}", f"ITU council on {word}", f"The {word} of {word} was {word} and {word}.", at=None)


def test_it_polls_and_tells_and_ends_with_0_at_sigterm(program: Program) -> None:
    with running(program) as process:
        assert until(lambda: any(body["type"] == "system.baseline" for _, _, body in program.receiver.received), 30)
        program.site.publishes(OLD, an_item(1))
        assert until(lambda: "ITU council on subject1" in told(program), 30)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert time.monotonic() - started < 10
    assert "feed=feed outcome=new" in program.log()


def test_a_second_one_ends_with_75_and_names_the_first(program: Program) -> None:
    with running(program) as process:
        second = program("run")
        assert second.returncode == 75
        assert f"process {process.pid}" in second.stderr
        assert len(second.stderr.splitlines()) == 1
        assert program("poll").returncode == 75
        assert program("timeline").returncode == 0
        status = program("status")
        assert f"running as process {process.pid}" in status.stdout


def test_sigterm_during_a_slow_fetch_still_ends_within_ten_seconds(program: Program) -> None:
    hanging = socket.create_server(("127.0.0.1", 0))
    port = hanging.getsockname()[1]
    program.config.write_text(
        program.config.read_text()
        .replace('allow_private = ["', f'allow_private = ["127.0.0.1:{port}", "', 1)
        .replace("[[feeds]]", f'[[feeds]]\nname = "slow"\nurl = "http://127.0.0.1:{port}/feed"\n[[feeds]]', 1)
    )
    with hanging, running(program) as process:
        connection, _ = hanging.accept()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=11) == 0
        connection.close()


def test_sighup_reads_the_configuration_again(program: Program) -> None:
    with running(program) as process:
        assert until(lambda: "feed=feed" in program.log(), 20)
        program.site.publishes(OLD, name="second")
        text = program.config.read_text()
        program.config.write_text(text + f'[[feeds]]\nname = "second"\nurl = "{program.site.url("second")}"\n')
        process.send_signal(signal.SIGHUP)
        assert until(lambda: "feed=second" in program.log(), 20)
        program.config.write_text(text + "[poling]\n")
        process.send_signal(signal.SIGHUP)
        assert until(lambda: "poling: no such key" in program.log(), 20)
        assert process.poll() is None


def test_it_tells_systemd_when_it_is_ready_and_when_it_stops(program: Program) -> None:
    path = program.folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(20)
        program.environment["NOTIFY_SOCKET"] = str(path)
        with running(program) as process:
            assert b"READY=1" in listener.recv(1024)
            process.send_signal(signal.SIGTERM)
            assert b"STOPPING=1" in listener.recv(1024)
            assert process.wait(timeout=10) == 0


def test_without_a_configuration_it_ends_with_2_and_names_init(tmp_path: Path) -> None:
    with Site() as site, Receiver() as receiver:
        ended = Program(tmp_path, site, receiver)("run")
    assert ended.returncode == 2
    assert "salname init" in ended.stderr


def test_a_database_locked_for_a_while_delays_and_loses_nothing(program: Program) -> None:
    with running(program):
        assert until(lambda: "feed=feed" in program.log(), 20)
        blocker = sqlite3.connect(program.database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        program.site.publishes(OLD, an_item(1))
        until(lambda: "could not be stored" in program.log() or "locked" in program.log(), 14)
        blocker.execute("ROLLBACK")
        blocker.close()
        assert until(lambda: "ITU council on subject1" in told(program), 40)
    assert program.rows("SELECT count(*) FROM item WHERE title LIKE '%subject1'") == [(1,)]


def test_killed_at_random_it_loses_and_doubles_nothing(program: Program) -> None:
    """Every item is told at least once; a second copy is marked, and stands behind an attempt in doubt."""
    wanted = killed_at_random(program, kills=RANDOM_KILLS)
    check(program, wanted)


def killed_at_random(
    program: Program, *, kills: int, aims: Sequence[str] = ("",), hit: Counter[str] | None = None
) -> set[str]:
    """Kill the daemon while news comes in, let it catch up and end; the titles that it must have told.

    `aims` are the phases that are aimed at in turn, "" none; `hit` counts those that were hit.
    """
    rng = random.Random(20251118)
    published, stop = [OLD], threading.Event()

    def publish() -> None:
        number = 0
        while not stop.wait(0.6):
            number += 1
            published.append(an_item(number))
            program.site.publishes(*published)

    writer = threading.Thread(target=publish)
    process = program.start()
    writer.start()
    try:
        for number in range(kills):
            time.sleep(rng.uniform(0.1, 1.5))
            phase = stopped_in(program, process, aims[number % len(aims)])
            if hit is not None:
                hit[phase] += 1
            process.kill()
            process.wait()
            process = program.start()
    finally:
        stop.set()
        writer.join()
    titles = {title for (title,) in program.rows("SELECT title FROM item")}
    wanted = {f"ITU council on subject{number}" for number in range(1, len(published))}
    assert len(wanted) > kills
    assert until(lambda: wanted <= {title for (title,) in program.rows("SELECT title FROM item")}, 60), wanted - titles
    assert until(lambda: not program.rows("SELECT * FROM delivery WHERE state NOT IN ('delivered')"), 30 + 2 * kills)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    return wanted


def check(program: Program, wanted: set[str]) -> None:
    assert program.rows("SELECT count(*), count(DISTINCT title) FROM item") == [(len(wanted) + 1, len(wanted) + 1)]
    assert program.rows("SELECT title FROM item WHERE relevant AND event_id IS NULL") == []
    assert program.rows("SELECT max(n) FROM item_revision") == [(1,)]
    assert wanted <= told_or_silent(program)
    doubts = dict(
        program.rows("SELECT delivery_id, count(*) FROM attempt WHERE outcome = 'in_doubt' GROUP BY delivery_id")
    )
    copies: dict[str, list[bool]] = {}
    for id_, marked, _ in program.receiver.received:
        copies.setdefault(id_, []).append(marked)
    known = {id_ for (id_,) in program.rows("SELECT id FROM delivery")}
    assert set(copies) == known
    for id_, marks in copies.items():
        assert len(marks) - 1 <= doubts.get(id_, 0)
        assert all(marks[1:])
    assert program.rows("PRAGMA integrity_check") == [("ok",)]


def stopped_in(program: Program, process: subprocess.Popen[str], aim: str) -> str:
    """Stop the daemon, in the phase `aim` if it comes into it within three seconds; the phase that it stopped in."""
    until_s = time.monotonic() + (3.0 if aim else 0.0)
    while True:
        process.send_signal(signal.SIGSTOP)
        phase = phase_of(program, process)
        if phase == aim or time.monotonic() >= until_s:
            return phase
        process.send_signal(signal.SIGCONT)
        time.sleep(0.003)


def phase_of(program: Program, process: subprocess.Popen[str]) -> str:
    """What a stopped daemon is about: a transaction that writes, a message in the air, or neither.

    The first is read off the lock that SQLite holds on byte 120 of its index of the log (wal.c, WAL_WRITE_LOCK).
    """
    index = Path(f"{program.database}-shm").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        _, _, _, kind, pid, file, start, *_ = line.split()
        if (kind, pid, start) == ("WRITE", str(process.pid), "120") and file.endswith(f":{index}"):
            return "begin to commit"
    sending = program.rows("SELECT count(*) FROM delivery WHERE state = 'sending'")
    return "claim to settle" if sending != [(0,)] else "neither"


@pytest.mark.soak
@pytest.mark.timeout(3_000)
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
def test_killed_a_hundred_times_it_loses_and_doubles_nothing(program: Program) -> None:
    hit: Counter[str] = Counter()
    program.receiver.delay_s = 0.1
    aims = ("begin to commit", "claim to settle", "")
    wanted = killed_at_random(program, kills=100, aims=aims, hit=hit)
    check(program, wanted)
    print(f"kills by phase: {dict(hit)}")
    assert min(hit["begin to commit"], hit["claim to settle"]) >= 20


def test_a_full_disk_stops_it_with_75_and_nothing_is_lost(tmp_path: Path) -> None:
    """On a file system of 3 MiB that another program fills up."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    try:
        with Site() as site, Receiver() as receiver:
            site.publishes(OLD)
            program = Program(small, site, receiver).configure()
            assert program("poll").returncode == 0
            filler = small / "filler"
            fill(filler)
            site.publishes(OLD, *(a_long_item(number) for number in range(15)))
            failed = program("poll", "--all")
            assert failed.returncode in {1, 75}
            assert "no space is left" in failed.stderr
            filler.unlink()
            assert program.rows("SELECT count(*) FROM item") == [(1,)]
            assert program("poll", "--all").returncode == 0
            assert program.rows("SELECT count(*) FROM item") == [(16,)]
            assert program.rows("PRAGMA integrity_check") == [("ok",)]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def a_long_item(number: int) -> str:
    words = " ".join(f"{random.Random(number * 10_000 + n).getrandbits(40):x}" for n in range(2_000))
    return an_entry(f"n{number}", f"ITU council on subject{number}", words, at=None)


def fill(path: Path) -> None:
    """Write until no byte more fits."""
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            return
