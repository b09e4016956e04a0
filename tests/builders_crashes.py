"""Lives that end badly: a process that delivers and is killed, a receiver with its own log, and what must hold after.

The two logs, the database's and the receiver's, know nothing of each other; `broken` compares them.
"""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias

from alerts.channels import REPEAT_MARK
from alerts.channels.post import encoded
from tests.builders_web import Asked, Peer, Server, http, serving

ROOT = Path(__file__).parents[1]
TOKEN = "T0KEN-of-the-receiver-5f2c"  # in the address of the receiver: a password
KILLED = 137

Kind: TypeAlias = Literal["http", "smtp", "slack", "apprise"]
Answer: TypeAlias = Literal["ok", "fails", "limits", "silent"]
Answers: TypeAlias = Callable[[int], Answer]  # by the number of the request


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A message that the receiver accepted, whether or not it said so."""

    id: str
    attempt: int
    marked: bool
    body: bytes
    order: int


@dataclass
class Receiver:
    """Answers as it is told and writes down what it accepted."""

    answers: Answers
    receipts: list[Receipt] = field(default_factory=list)
    request_count: int = 0

    def hears(self, headers: Mapping[str, str], id_: str, body: bytes) -> Answer:
        """A message that came whole: how to answer it."""
        self.request_count += 1
        answer = self.answers(self.request_count)
        if answer in {"ok", "silent"}:
            attempt, marked = int(headers["x-salname-attempt"]), "x-salname-possible-repeat" in headers
            self.receipts.append(Receipt(id=id_, attempt=attempt, marked=marked, body=body, order=len(self.receipts)))
        return answer

    def http(self, peer: Peer) -> None:
        """A webhook's receiver."""
        asked = peer.request
        if len(asked.body) != int(asked.headers["content-length"]):
            peer.close()  # the sender died on the way
            return
        headers, id_, body = named(asked) if "webhook-id" in asked.headers else named_by_words(asked)
        match self.hears(headers, id_, body):
            case "ok":
                peer.send(http(200, body=b"ok"))
            case "silent":
                peer.close()
            case "fails":
                peer.send(http(500))
            case "limits":
                peer.send(http(429, {"Retry-After": "1"}))

    def smtp(self, peer: Peer) -> None:
        """A mail server, for senders that speak to it correctly."""
        peer.send(b"220 mail.example\r\n")
        with peer.sock.makefile("rb") as stream:
            while line := stream.readline():
                match line[:4].upper():
                    case b"DATA":
                        peer.send(b"354 go on\r\n")
                        if not self._takes_mail(peer, stream):
                            return
                    case b"QUIT":
                        peer.send(b"221 bye\r\n")
                        return
                    case _:
                        peer.send(b"250 yes\r\n")

    def _takes_mail(self, peer: Peer, stream: BinaryIO) -> bool:
        lines: list[bytes] = []
        while (line := stream.readline()) != b".\r\n":
            if not line:
                return False  # the sender died on the way
            lines.append(line)
        message = message_from_bytes(b"".join(lines))
        headers = {name.lower(): str(value) for name, value in message.items()}
        frozen = b"".join(line for line in lines if not line.startswith((b"X-Salname-Attempt", b"X-Salname-Possible")))
        answer = self.hears(headers, headers["x-salname-delivery"], frozen)
        if answer != "silent":
            peer.send(b"250 queued as 1\r\n" if answer == "ok" else b"451 later\r\n")
        return answer != "silent"


def named(asked: Asked) -> tuple[Mapping[str, str], str, bytes]:
    return asked.headers, asked.headers["webhook-id"], asked.body


def named_by_words(asked: Asked) -> tuple[Mapping[str, str], str, bytes]:
    """A message to Slack or by Apprise carries no id: it is known by its words, without the mark of a repeat."""
    said = json.loads(asked.body)
    if "message" in said:
        words, mark, _ = said["message"].partition(f"({REPEAT_MARK})")
        frozen = apprise_words(said["title"], words)
    else:
        last = said["blocks"][-1]["elements"][0]
        last["text"], mark, _ = last["text"].partition(f" · {REPEAT_MARK}")
        frozen = encoded(said)
    headers = {"x-salname-attempt": "0"} | ({"x-salname-possible-repeat": "1"} if mark else {})
    return headers, words_id(frozen), frozen


def apprise_words(title: str, body: str) -> bytes:
    """The library trims what it hands over."""
    return " ".join(f"{title} {body}".split()).encode()


def words_id(body: bytes) -> str:
    return hashlib.blake2b(body, digest_size=8).hexdigest()


def always(answer: Answer = "ok") -> Answers:
    return lambda _number: answer


def faulty(seed: int) -> Answers:
    """Of a hundred requests six fail, four are told to wait, five are accepted in silence."""
    rng = random.Random(seed)
    return lambda _number: rng.choices(["ok", "fails", "limits", "silent"], [85, 6, 4, 5])[0]  # type: ignore[return-value]


@dataclass
class Parent:
    """The process that forks a sender for every life."""

    process: subprocess.Popen[str]
    living: int | None = None

    def bears(self, order: Mapping[str, object]) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.living = self._hears("pid")
        return self.living

    def buries(self) -> int:
        """Wait for the life's end; how it ended."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        status = self._hears("status")
        self.living = None
        return status

    def _hears(self, word: str) -> int:
        assert self.process.stdout is not None
        return int(json.loads(self.process.stdout.readline())[word])


@contextmanager
def parent() -> Iterator[Parent]:
    """It takes a while to start: one is enough for many tests."""
    command = [sys.executable, str(ROOT / "tests" / "run" / "delivery_child.py")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SALNAME_")}
    environment["PYTHONPATH"] = str(ROOT)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Parent(process)
        finally:
            process.kill()


@dataclass
class Lives:
    """One database, one receiver, and a sender that lives as often as it takes."""

    parent: Parent
    folder: Path
    receiver: Receiver
    server: Server
    stories: int = 3
    revisions: int = 3
    kind: Kind = "http"
    paced: bool = False  # told in windows and digests
    mutant: str = ""
    on_doubt: Literal["resend", "hold"] = "resend"
    started: float = field(default_factory=time.time)
    speed: float = 200.0  # of the clock
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def addresses(self) -> list[str]:
        if self.kind in {"slack", "apprise"}:  # two messages of the same words could not be told apart
            return ["team"]
        return ["boss@example.org", "desk@example.org"] if self.kind == "smtp" else ["boss", "desk"]

    @property
    def database(self) -> Path:
        return self.folder / "salname.db"

    def lives(self, crash_at: str = "") -> int:
        """One life to its end; its exit status, 137 if it died at the point."""
        self._begins({"SALNAME_CRASH_AT": crash_at} if crash_at else {})
        return self._ends()

    def is_killed_after(self, seconds: float) -> bool:
        """One life that is killed so long after it was ready to send; False if it had come to its end before."""
        pid = self._begins({})
        while not self._flags()[0]:
            time.sleep(0.001)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)  # it may have ended, but nobody else has got its id: it is not waited for yet
        claimed, writing = self._flags()[1:]
        killed = self._ends() == -signal.SIGKILL
        if killed:
            self.kills["all"] += 1
            self.kills["between claim and settle"] += claimed
            self.kills["between BEGIN and COMMIT"] += writing
        return killed

    def _begins(self, environment: Mapping[str, str]) -> int:
        (self.folder / "flags").write_bytes(b"\0\0\0")
        order = {
            "environment": environment,
            "mutant": self.mutant,
            "flags": str(self.folder / "flags"),
            "log": str(self.folder / "log"),
            "database": f"sqlite:///{self.database}",
            "kind": self.kind,
            "paced": self.paced,
            "url": f"{'smtp' if self.kind == 'smtp' else 'http'}://{self.server.address}/{TOKEN}",
            "addresses": self.addresses,
            "on_doubt": self.on_doubt,
            "started": self.started,
            "speed": self.speed,
            "stories": self.stories,
            "revisions": self.revisions,
        }
        return self.parent.bears(order)

    def _ends(self) -> int:
        status = self.parent.buries()
        self._receiver_comes_to_rest()
        return status

    def _flags(self) -> bytes:
        return (self.folder / "flags").read_bytes()

    def _receiver_comes_to_rest(self) -> None:
        """What a dead sender had handed to the network is in the receiver's log before the next one speaks."""
        count = -1
        while count != self.server.connection_count or any(thread.is_alive() for thread in self.server._threads):
            count = self.server.connection_count
            time.sleep(0.01)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


@contextmanager
def mortal(parent: Parent, folder: Path, answers: Answers, kind: Kind = "http") -> Iterator[Lives]:
    receiver = Receiver(answers)
    behaviour = receiver.smtp if kind == "smtp" else receiver.http
    with serving(behaviour, reads=kind != "smtp") as server:
        try:
            yield Lives(parent, folder, receiver, server, kind=kind)
        finally:
            if parent.living is not None:  # the test failed half-way: no life outlives it
                os.kill(parent.living, signal.SIGKILL)
                parent.buries()


def broken(lives: Lives) -> list[str]:
    """Every invariant that does not hold, in a line each; empty if all do."""
    return [*_incomplete(lives), *_lost(lives), *_copied(lives), *_ghosts(lives), *_disordered(lives), *_unclean(lives)]


def _incomplete(lives: Lives) -> Iterator[str]:
    """I1: every change has one decision, every bundle one delivery an address."""
    changes = lives.rows("SELECT count(*) FROM change")[0][0]
    if changes != lives.stories * lives.revisions:
        yield f"I1 {changes} changes were told"
    for change, alerts in lives.rows(
        "SELECT c.id, count(a.id) FROM change c LEFT JOIN alert a ON a.change_id = c.id GROUP BY c.id"
    ):
        if alerts != 1:
            yield f"I1 change {change} has {alerts} alerts"
    for alert, addresses in lives.rows(
        "SELECT a.id, group_concat(d.address) FROM alert a LEFT JOIN delivery d USING (bundle_id) GROUP BY a.id"
    ):
        if sorted((addresses or "").split(",")) != lives.addresses:
            yield f"I1 alert {alert} went to {addresses}"
    for decision, reason, count in lives.rows(
        "SELECT decision, reason, count(*) FROM alert WHERE (bundle_id IS NULL) = (decision = 'bundled') "
        "OR decision = 'suppressed' GROUP BY decision, reason"
    ):
        yield f"I9 {count} alerts are {decision} for {reason or 'no reason'}"


def _lost(lives: Lives) -> Iterator[str]:
    """I2: every delivery ends with a reason or is still due, and delivered means that the receiver has it."""
    received = {receipt.id for receipt in lives.receiver.receipts}
    names = names_of(lives)
    for id_, state, reason in lives.rows("SELECT id, state, reason FROM delivery"):
        if state == "delivered" and names[id_] not in received:
            yield f"I2 {id_} is delivered but never arrived"
        if state == "dead" and not reason:
            yield f"I2 {id_} is dead without a reason"
        if state == "sending":
            yield f"I2 {id_} is left in the air"


def _copied(lives: Lives) -> Iterator[str]:
    """I3 and I4: copies only where a try is in doubt; all but the first marked, all with the same bytes."""
    names = names_of(lives)
    doubtful = "SELECT delivery_id, count(*) FROM attempt WHERE outcome = 'in_doubt' GROUP BY delivery_id"
    doubts = {names[id_]: count for id_, count in lives.rows(doubtful)}
    for id_, receipts in _by_id(lives).items():
        allowed = 0 if lives.on_doubt == "hold" else doubts.get(id_, 0)
        if len(receipts) - 1 > allowed:
            yield f"I3 {id_} arrived {len(receipts)} times with {allowed} tries in doubt"
        if not all(receipt.marked for receipt in receipts[1:]):
            yield f"I4 {id_} was repeated without a mark"
        if len({receipt.body for receipt in receipts}) > 1:
            yield f"I4 {id_} was repeated with other words"


def _ghosts(lives: Lives) -> Iterator[str]:
    """I5: nothing arrives that the database does not know."""
    known = {*names_of(lives).values()}
    yield from (f"I5 {id_} is unknown" for id_ in _by_id(lives) if id_ not in known)


def _disordered(lives: Lives) -> Iterator[str]:
    """I6: each address hears of a story's revisions in their order."""
    first = {id_: receipts[0].order for id_, receipts in _by_id(lives).items()}
    names = names_of(lives)
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for id_, address, event, _revision in lives.rows("SELECT id, address, event_id, seq FROM delivery ORDER BY seq"):
        if names[id_] in first:
            lines[address, event].append(first[names[id_]])
    yield from (f"I6 {line} heard in order {heard}" for line, heard in lines.items() if heard != sorted(heard))


def _unclean(lives: Lives) -> Iterator[str]:
    """I10: the database is whole, and the receiver's secret stands in no row, log or traceback."""
    for (answer,) in lives.rows("PRAGMA integrity_check"):
        if answer != "ok":
            yield f"I10 {answer}"
    for path in [*lives.folder.glob("salname.db*"), lives.folder / "log"]:
        if TOKEN.encode() in path.read_bytes():
            yield f"I10 the secret stands in {path.name}"


def names_of(lives: Lives) -> dict[str, str]:
    """By delivery: what the receiver knows it by."""
    if lives.kind not in {"slack", "apprise"}:
        return {id_: id_ for (id_,) in lives.rows("SELECT id FROM delivery")}
    bodies = lives.rows("SELECT id, body FROM delivery")
    return {id_: words_id(_words(body, lives.kind)) if body else id_ for id_, body in bodies}


def _words(body: bytes, kind: Kind) -> bytes:
    if kind == "slack":
        return body
    said = json.loads(body)
    return apprise_words(said["title"], said["body"])


def _by_id(lives: Lives) -> dict[str, list[Receipt]]:
    found: dict[str, list[Receipt]] = defaultdict(list)
    for receipt in sorted(lives.receiver.receipts, key=lambda receipt: (receipt.attempt, receipt.order)):
        found[receipt.id].append(receipt)
    return found
