"""The daemon as an operator has it: signals, one instance, a full disk, a locked database."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.deliver import heartbeat
from monitor.app import Monitor
from monitor.daemon import STOP_S, Daemon
from storage.errors import DiskFull
from tests.builders_daemon import Program, Receiver, running, told, until
from tests.builders_line import Site, an_entry
from tests.builders_web import Peer, serving

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
    address = f"127.0.0.1:{hanging.getsockname()[1]}"
    program.config.write_text(with_feed(program, address, f"http://{address}/feed"))
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


def test_the_time_to_end_counts_from_sigterm_though_a_reload_waits(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a reload waits for: a message whose receiver hangs, and a feed that comes a byte at a time."""
    told = list[str]()
    monkeypatch.setattr("monitor.daemon.STOP_S", 0.4)
    monkeypatch.setattr("monitor.daemon.notify", told.append)
    monkeypatch.setattr("monitor.daemon.spare_collector", lambda: None)  # it is for a process of its own
    program.receiver.faults, program.receiver.patience_s = lambda: "hangs", 6.0
    ended_at, asked = list[float](), threading.Event()

    def operate(daemon: Daemon) -> None:
        try:
            assert asked.wait(5)
            assert until(lambda: program.receiver.answered["hangs"] > 0, 5)
            os.kill(os.getpid(), signal.SIGHUP)
            assert until(lambda: "RELOADING=1" in told, 5)
            ended_at.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            daemon.stop()

    with Monitor.open(program.config, f"sqlite:///{program.database}") as monitor:
        monitor.poll()  # there is a message to send
    with serving(lambda peer: drip(peer, asked)) as slow:
        program.config.write_text(with_feed(program, slow.address, slow.url()))
        with Monitor.open(program.config, f"sqlite:///{program.database}") as monitor, handlers_kept():
            daemon = Daemon(monitor, program.config)
            operator = threading.Thread(target=operate, args=(daemon,))
            operator.start()
            daemon.run()
            took_s = time.monotonic() - ended_at[0]
            operator.join()
            program.receiver.stopped.set()
            for thread in threading.enumerate():
                if thread.name.startswith("send "):
                    thread.join(10)
    assert took_s < 0.4 + 1.6  # STOP_S, and what is left of the ten seconds to close everything


def test_no_heartbeat_outlasts_the_time_to_end() -> None:
    """Its thread is waited for; the address that it asks may hang."""
    assert heartbeat._DEADLINE_S <= STOP_S


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


def test_a_disk_that_stays_full_ends_the_daemon_after_a_minute(program: Program, monkeypatch) -> None:
    with Monitor.open(program.config, f"sqlite:///{program.database}") as monitor:
        assert monitor.store.ensure_ballast()
        ballast = program.database.with_name(f"{program.database.name}.ballast")
        daemon, started = Daemon(monitor, program.config), time.monotonic()

        def has_failed(seconds: float) -> bool:
            monkeypatch.setattr("monitor.daemon.time.monotonic", lambda: started + seconds)
            daemon._on_full_disk()
            return isinstance(daemon.failed, DiskFull) and daemon._stop.is_set()

        assert not has_failed(0.0)
        assert not ballast.exists()  # what is in flight has room
        assert [has_failed(59.0), has_failed(62.0)] == [False, True]


def with_feed(program: Program, address: str, url: str) -> str:
    """The configuration with another feed, on a server of its own."""
    text = program.config.read_text().replace('allow_private = ["', f'allow_private = ["{address}", "', 1)
    return text.replace("[[feeds]]", f'[[feeds]]\nname = "slow"\nurl = "{url}"\n[[feeds]]', 1)


def drip(peer: Peer, asked: threading.Event) -> None:
    peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    asked.set()
    for _ in range(1000):
        peer.send(b" ")
        if peer.stopped.wait(0.1):
            break


@contextmanager
def handlers_kept() -> Iterator[None]:
    """The handlers of signals are the process's, not a test's."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


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
