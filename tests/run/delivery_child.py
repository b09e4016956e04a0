"""The process that is killed: it tells changes, delivers them, and dies when it is told to.

It is started once and forks for every life, so that a life costs milliseconds: a line of JSON on stdin orders one, a
line on stdout gives its process id; an empty line asks how it ended, another on stdout says it. The mutants at the end
break the program on purpose, to show that the checks see it.
"""

import json
import logging
import mmap
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from alerts.bundles import Target
from alerts.channels import Body, Channel, Secret, SendContext
from alerts.channels.apprise import AppriseChannel, AppriseSettings
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.deliver import Deliverer, Outlet
from alerts.deliver.sender import Sender
from alerts.release import Release
from alerts.retry import Outcome
from alerts.rules import Facts, Route, Routing, decide
from alerts.window import Timing
from storage.crash import crash_point
from storage.model import Delivery
from storage.outbox import Outbox, queue
from storage.statements.prepared import Prepared
from storage.store import Store, WriteTx
from storage.tables import CHANGE, DELIVERY
from tests.builders_outbox import NOW, a_change, a_delivery, a_settlement, an_alert, an_event, tell_in
from tests.builders_release import news, put_change
from tests.builders_sender import describe

log = logging.getLogger(__name__)

READY, CLAIMED, WRITING = range(3)  # places in the file that the parent reads after a kill


class Flags:
    """Where a life stands, in memory that outlives it."""

    def __init__(self, path: str) -> None:
        with Path(path).open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 3)

    def set(self, place: int, value: int) -> None:
        self._memory[place] = value

    def clear(self) -> None:
        self._memory[:] = b"\0\0\0"


class Clock:
    """Wall time that runs fast, so that minutes of backing off pass in a blink; the same for every life."""

    def __init__(self, started: float, speed: float) -> None:
        self._started, self._speed = started, speed

    def __call__(self) -> datetime:
        return NOW + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.time() - self._started) * self._speed


def main() -> None:
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.alarm(100)  # whatever becomes of the parent
                live(json.loads(line))
                code = 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        say({"pid": pid})
        sys.stdin.readline()  # until then a life that has ended keeps its process id, and may be killed safely
        _, status = os.waitpid(pid, 0)
        say({"status": os.waitstatus_to_exitcode(status)})


def say(words: dict[str, int]) -> None:
    print(json.dumps(words), flush=True)


def live(order: dict[str, Any]) -> None:
    """One life: begin, tell and deliver until everything is told and over."""
    os.environ.update(order["environment"])
    with Path(order["log"]).open("ab") as file:
        os.dup2(file.fileno(), 2)
    logging.basicConfig(level=logging.DEBUG)
    MUTANTS[order["mutant"]]()
    flags = Flags(order["flags"])
    flags.clear()
    watch(flags)
    store = Store.open(order["database"])
    clock = Clock(order["started"], order["speed"])
    deliverer = Deliverer(
        store,
        [outlet(order)],
        describe=describe,
        on_trouble=lambda trouble, channel, text: log.warning("%s %s %s", trouble, channel, text),
        on_doubt=order["on_doubt"],
        clock=clock,
        monotonic=clock.monotonic,
        rng=random.Random(os.getpid()),
    )
    deliverer.begin()
    flags.set(READY, 1)
    release = release_of(order)
    while tell_next(store, order, clock()) or has_more(store) or has_waiting(store):
        with store.writing() as tx:
            release.due(tx.outbox, clock())
        deliverer.drain_once()
    deliverer.end()
    store.close()


def outlet(order: dict[str, Any]) -> Outlet:
    made = channel(order["url"], order["kind"])
    deadline_s = 60.0 if order["kind"] == "apprise" else 2.0  # each message has a process that loads the library
    return Outlet(name="hook", channel=made, settings_hash="1", rate_per_s=None, deadline_s=deadline_s)


def channel(url: str, kind: str) -> Channel:
    host = url.split("/")[2]
    if kind == "apprise":
        return AppriseChannel(AppriseSettings(url=Secret(url.replace("http:", "json:"))))
    if kind == "slack":
        return SlackChannel(HttpSettings(url=Secret(url), allow_private=frozenset({host}), insecure_http=True))
    if url.startswith("smtp:"):
        name, _, port = host.partition(":")
        return EmailChannel(
            EmailSettings(server=Server(host=name, port=int(port), tls="none"), sender="Salname <watch@example.org>")
        )
    http = HttpSettings(url=Secret(url), allow_private=frozenset({host}), insecure_http=True)
    return WebhookChannel(WebhookSettings(http=http, signing=(Secret("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),)))


def tell_next(store: Store, order: dict[str, Any], now: datetime) -> bool:
    """Tell the next change, if any is left; every life finds in the database where the one before stopped."""
    if (change := next_change(store, order)) is None:
        return False
    with store.writing() as tx:
        if order["paced"]:
            decide_about(tx, *change, order, now)
        else:
            tell_in(tx, *change, addresses=order["addresses"], at=now)
    return True


def decide_about(tx: WriteTx, event: str, revision: int, order: dict[str, Any], now: datetime) -> None:
    """What a poll writes: the first of a story goes through a window, what follows waits for the digest."""
    kind = "event.created" if revision == 1 else "event.updated"
    change = news(event, kind, revision=revision, key=str(revision), at=now)
    put_change(tx, change)
    tx.outbox.enqueue(decide(change, Facts(), routing(order), now=now), ())
    release_of(order).due(tx.outbox, now)


def routing(order: dict[str, Any]) -> Routing:
    """Windows of twenty seconds and a digest each minute of the hour in which it all happens."""
    zone = ZoneInfo("UTC")
    digests = tuple((datetime.combine(NOW.date(), NOW.time()) + timedelta(minutes=n)).time() for n in range(0, 60, 2))
    timing = Timing(wait=timedelta(seconds=20), interval=timedelta(seconds=20), digest=digests, zone=zone)
    return Routing(channels=("hook",), routes=(Route(name="all", channels=("hook",), timing=timing),), timing=timing)


def release_of(order: dict[str, Any]) -> Release:
    target = Target(kind="webhook", addresses=tuple(order["addresses"]))
    return Release(routing=routing(order), targets={"hook": target})


def has_waiting(store: Store) -> bool:
    with store.reading() as tx:
        return bool(tx.outbox.all_waiting("pending") or tx.outbox.all_waiting("held"))


def next_change(store: Store, order: dict[str, Any]) -> tuple[str, int] | None:
    """Story and revision, the stories in turns."""
    with store.reading() as tx:
        told = len(tx._connection.execute(select(CHANGE.c.id)).all())
    if told == order["stories"] * order["revisions"]:
        return None
    return f"STORY{told % order['stories']}", told // order["stories"] + 1


def has_more(store: Store) -> bool:
    """Whether any delivery waits that is not held up behind a doubtful one."""
    with store.reading() as tx:
        return bool(tx.outbox.heads("hook"))


def watch(flags: Flags) -> None:
    """Let the parent see between which steps a life ended."""
    writing, claim, settle = Store.writing, Sender._claim, Sender._settle

    @contextmanager
    def writing_seen(self: Store) -> Iterator[WriteTx]:
        with writing(self) as tx:
            flags.set(WRITING, 1)
            yield tx
        flags.set(WRITING, 0)

    def claim_seen(self: Sender, *args: Any) -> Any:
        refused = claim(self, *args)
        flags.set(CLAIMED, refused is None)
        return refused

    def settle_seen(self: Sender, *args: Any) -> Any:
        state = settle(self, *args)
        flags.set(CLAIMED, self._hand is not None)  # the next one may be claimed in the same commit
        return state

    Store.writing = writing_seen  # type: ignore[method-assign]
    Sender._claim = claim_seen  # type: ignore[assignment,method-assign]
    Sender._settle = settle_seen  # type: ignore[assignment,method-assign]


def delivered_before_it_is_sent() -> None:
    send = Sender._send

    def mutant(self: Sender, claimed: Delivery, body: Body, now: datetime) -> Outcome:
        with self._world.store.writing() as tx:
            tx.outbox.settle(
                claimed.id, claimed.attempt_count, run_id=self._world.run_id, now=now, settlement=a_settlement()
            )
        return send(self, claimed, body, now)

    Sender._send = mutant  # type: ignore[method-assign]


def sent_before_it_is_claimed() -> None:
    claim = Sender._claim

    def mutant(self: Sender, first: Any, now: datetime) -> Any:
        self._send(replace(first.delivery, attempt_count=1), first.body, now)
        return claim(self, first, now)

    Sender._claim = mutant  # type: ignore[method-assign]


def no_head_of_line() -> None:
    def anyone(statement: Any) -> Any:
        freed = copy(statement)
        freed._where_criteria = tuple(part for part in statement._where_criteria if "earlier" not in str(part))
        return freed

    queue._HEAD, queue._HEADS = anyone(queue._HEAD), anyone(queue._HEADS)
    queue._CLAIM = Prepared(anyone(queue._CLAIM.statement))


def new_id_at_every_try() -> None:
    send = WebhookChannel.send

    def mutant(self: WebhookChannel, body: Body, ctx: SendContext) -> Outcome:
        return send(self, body, replace(ctx, id=f"{ctx.id}-{ctx.attempt}"))

    WebhookChannel.send = mutant  # type: ignore[method-assign]


def forgets_the_doubt() -> None:
    queue._put_in_doubt = lambda conn, delivery, now, on_doubt: delivery
    recover = queue.recover

    def mutant(conn: Any, run_id: str, now: datetime, on_doubt: Any) -> list[Delivery]:
        found = recover(conn, run_id, now, on_doubt)
        conn.execute(update(DELIVERY).where(DELIVERY.c.state == "sending").values(state="queued", owner=None))
        return found

    queue.recover = mutant


def renders_anew_at_every_try() -> None:
    queue._CLAIM = Prepared(queue._CLAIM.statement.values(body=None))


def told_in_two_transactions() -> None:
    def mutant(store: Store, order: dict[str, Any], now: datetime) -> bool:
        if (told := next_change(store, order)) is None:
            return False
        event, revision = told
        with store.writing() as tx:
            an_event(tx, event, revision=revision, at=now)
            alert = an_alert(a_change(tx, event, revision, at=now), "hook", event, at=now)
        crash_point("between")
        with store.writing() as tx:
            tx.outbox.enqueue(
                [alert], [a_delivery(alert, address, event, revision, at=now) for address in order["addresses"]]
            )
        return True

    globals()["tell_next"] = mutant


def window_closes_in_two_transactions() -> None:
    late: list[Delivery] = []
    enqueue, waits = Outbox.enqueue, has_waiting

    def later(self: Outbox, alerts: Any, deliveries: Any) -> None:
        enqueue(self, alerts, ())
        late.extend(deliveries)

    def mutant(store: Store) -> bool:
        if late:
            crash_point("between")
        with store.writing() as tx:
            enqueue(tx.outbox, (), late)
        late.clear()
        return waits(store) or has_more(store)

    Outbox.enqueue = later  # type: ignore[method-assign]
    globals()["has_waiting"] = mutant


MUTANTS: dict[str, Callable[[], None]] = {
    "": lambda: None,
    "delivered_before_it_is_sent": delivered_before_it_is_sent,
    "sent_before_it_is_claimed": sent_before_it_is_claimed,
    "no_head_of_line": no_head_of_line,
    "new_id_at_every_try": new_id_at_every_try,
    "forgets_the_doubt": forgets_the_doubt,
    "renders_anew_at_every_try": renders_anew_at_every_try,
    "told_in_two_transactions": told_in_two_transactions,
    "window_closes_in_two_transactions": window_closes_in_two_transactions,
}

if __name__ == "__main__":
    main()
