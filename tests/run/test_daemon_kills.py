"""The running daemon killed at random moments, against a receiver that fails in every way there is."""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.builders_daemon import Fault, Life, Program, Receiver, told_or_silent, until
from tests.builders_line import Site, an_entry

RANDOM_KILLS = int(os.environ.get("SALNAME_TEST_KILLS", "10"))
SOAK_KILLS = int(os.environ.get("SALNAME_SOAK_KILLS", "300"))
OLD = an_entry("old", "ITU publishes its yearly report")
AIMS = ("begin to commit", "claim to settle", "")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with Site() as site, Receiver() as receiver:
        site.publishes(OLD)
        yield Program(tmp_path, site, receiver, channel='timeout = "1s"').configure()


def an_item(number: int) -> str:
    word = f"subject{number}"
    return an_entry(f"n{number}", f"ITU council on {word}", f"The {word} of {word} was {word} and {word}.", at=None)


def test_killed_at_random_it_loses_and_doubles_nothing(program: Program) -> None:
    """Every item is told at least once; a second copy is marked, and stands behind an attempt in doubt."""
    program.receiver.faults = faulty(seed=1)
    killed = killed_at_random(program, kills=RANDOM_KILLS, aims=("",), seed=20251118)
    assert_nothing_lost_or_doubled(program, killed)


@pytest.mark.soak
@pytest.mark.timeout(5_400)
@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
def test_killed_hundreds_of_times_in_every_phase_it_loses_and_doubles_nothing(program: Program) -> None:
    program.receiver.faults = faulty(seed=2)
    program.receiver.delay_s = 0.1
    killed = killed_at_random(program, kills=SOAK_KILLS, aims=AIMS, seed=20251119)
    assert_nothing_lost_or_doubled(program, killed)
    print(f"kills by phase: {dict(killed.phases)}")
    print(f"answers: {dict(program.receiver.answered)}")
    print(f"deliveries and tries: {tally(program)}")
    assert min(killed.phases[phase] for phase in AIMS[:2]) >= SOAK_KILLS / 5
    assert set(program.receiver.answered) == {"", *FAULTS}


FAULTS: dict[Fault, int] = {"fails": 5, "limits": 3, "silent": 3, "drips": 2, "hangs": 2}  # of a hundred


def faulty(seed: int) -> Callable[[], Fault]:
    rng = random.Random(seed)
    faults: dict[Fault, int] = {"": 100 - sum(FAULTS.values()), **FAULTS}
    return lambda: rng.choices([*faults], [*faults.values()])[0]


@dataclass
class Killed:
    """The titles that must have been told, and in which phases the daemon was killed meanwhile."""

    wanted: set[str]
    phases: Counter[str]


def killed_at_random(program: Program, *, kills: int, aims: Sequence[str], seed: int) -> Killed:
    """Kill the daemon while news comes in, in the phases `aims` in turn ("" = in any); let it catch up and end."""
    rng, phases = random.Random(seed), Counter[str]()
    published, stop = [OLD], threading.Event()

    def publish() -> None:
        for number in count(1):
            if stop.wait(0.6):
                return
            published.append(an_item(number))
            program.site.publishes(*published)

    writer = threading.Thread(target=publish)
    life = program.start()
    writer.start()
    try:
        for number in range(kills):
            time.sleep(rng.uniform(0.1, 1.5))
            phases[stopped_in(program, life, aims[number % len(aims)])] += 1
            life.kill()
            assert life.wait() == -signal.SIGKILL
            life = program.start()
    finally:
        stop.set()
        writer.join()
    wanted = {f"ITU council on subject{number}" for number in range(1, len(published))}
    assert len(wanted) > kills // 2
    assert until(lambda: wanted <= {title for (title,) in program.rows("SELECT title FROM item")}, 60)
    left = "SELECT state, count(*) FROM delivery WHERE state != 'delivered' GROUP BY state"
    assert until(lambda: not program.rows(left), 120 + 2 * kills), program.rows(left)
    life.send_signal(signal.SIGTERM)
    assert life.wait(timeout=15) == 0
    return Killed(wanted, phases)


def assert_nothing_lost_or_doubled(program: Program, killed: Killed) -> None:
    """The invariants, from the database and from what the receiver took down."""
    stored = len(killed.wanted) + 1
    assert program.rows("SELECT count(*), count(DISTINCT title) FROM item") == [(stored, stored)]
    assert program.rows("SELECT title FROM item WHERE relevant AND event_id IS NULL") == []
    assert program.rows("SELECT max(n) FROM item_revision") == [(1,)]
    assert killed.wanted <= told_or_silent(program)
    assert program.rows("SELECT id FROM change WHERE id NOT IN (SELECT change_id FROM alert)") == []
    assert program.rows("SELECT id FROM alert WHERE decision != 'bundled' AND reason = ''") == []
    bundled = "SELECT bundle_id FROM alert WHERE decision = 'bundled'"
    assert program.rows(f"{bundled} AND bundle_id NOT IN (SELECT bundle_id FROM delivery)") == []
    assert program.rows(f"SELECT id FROM delivery WHERE bundle_id NOT IN ({bundled})") == []
    doubts = dict(
        program.rows("SELECT delivery_id, count(*) FROM attempt WHERE outcome = 'in_doubt' GROUP BY delivery_id")
    )
    copies: dict[str, list[bool]] = {}
    for id_, marked, _ in program.receiver.received:
        copies.setdefault(id_, []).append(marked)
    assert set(copies) == {id_ for (id_,) in program.rows("SELECT id FROM delivery")}
    for id_, marks in copies.items():
        assert len(marks) - 1 <= doubts.get(id_, 0)
        assert all(marks[1:])
    assert program.rows("PRAGMA integrity_check") == [("ok",)]


def tally(program: Program) -> dict[str, int]:
    [(deliveries,)] = program.rows("SELECT count(*) FROM delivery")
    [(attempts, doubts)] = program.rows("SELECT count(*), sum(outcome = 'in_doubt') FROM attempt")
    received = program.receiver.received
    return {
        "deliveries": deliveries,
        "attempts": attempts,
        "in doubt": doubts,
        "copies": len(received) - len({id_ for id_, _, _ in received}),
    }


def stopped_in(program: Program, life: Life, aim: str) -> str:
    """Stop the daemon, in the phase `aim` if it comes into it within three seconds; the phase that it stopped in."""
    until_s = time.monotonic() + (3.0 if aim else 0.0)
    while True:
        life.send_signal(signal.SIGSTOP)
        phase = phase_of(program, life)
        if phase == aim or time.monotonic() >= until_s:
            return phase
        life.send_signal(signal.SIGCONT)
        time.sleep(0.003)


def phase_of(program: Program, life: Life) -> str:
    """What a stopped daemon is about: a transaction that writes, a message in the air, or neither.

    The first is read off the lock that SQLite holds on byte 120 of its index of the log (wal.c, WAL_WRITE_LOCK).
    """
    index = Path(f"{program.database}-shm").stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        _, _, _, kind, pid, file, start, *_ = line.split()
        if (kind, pid, start) == ("WRITE", str(life.pid), "120") and file.endswith(f":{index}"):
            return "begin to commit"
    sending = program.rows("SELECT count(*) FROM delivery WHERE state = 'sending'")
    return "claim to settle" if sending != [(0,)] else "neither"
