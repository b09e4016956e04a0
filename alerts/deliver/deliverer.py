"""All senders of one run: recovery at the start, a thread a channel, an orderly end.

Rule: one run sends at a time on one database, so whatever another run left `sending` is in doubt at once, without a
look at any clock. A slow channel never delays another.
"""

import os
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from alerts.deliver.outlet import Describe, DigestAt, Drained, OnTrouble, Outlet
from alerts.deliver.reports import Reports
from alerts.deliver.sender import Sender, Surroundings
from alerts.deliver.settling import channel_at_start
from storage.model import Delivery
from storage.outbox import ChannelState, OnDoubt, Outbox, Run
from storage.store import Store

THREADS = 8


def next_hour(_channel: str, now: datetime) -> datetime:
    """When a channel without digests tells what another could not."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Deliverer:
    """Everything that sends, for one run of the program; the caller holds the database's instance lock."""

    def __init__(
        self,
        store: Store,
        outlets: Sequence[Outlet],
        *,
        describe: Describe,
        on_trouble: OnTrouble,
        digest_at: DigestAt = next_hour,
        on_doubt: OnDoubt = "resend",
        clock: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._world = Surroundings(
            store=store,
            run_id=uuid.uuid4().hex,
            describe=describe,
            digest_at=digest_at,
            on_trouble=on_trouble,
            on_doubt=on_doubt,
            clock=clock,
            monotonic=monotonic,
            rng=rng or random.Random(),  # noqa: S311 jitter of waits, no secret
            stop=stop or threading.Event(),
        )
        self._outlets = tuple(outlets)
        self._senders = {outlet.name: Sender(outlet, self._world) for outlet in outlets}
        self._threads: list[threading.Thread] = []
        self._wakes: list[threading.Event] = []

    def begin(self) -> list[Delivery]:
        """Start the run: what another left in the air is in doubt, parked channels may try; the doubtful deliveries."""
        now = self._world.clock()
        states: dict[str, ChannelState] = {}
        run = Run(id=self._world.run_id, host=socket.gethostname(), pid=os.getpid(), started_at=now)
        with self._world.store.writing() as tx:
            tx.outbox.start_run(run)
            doubtful = tx.outbox.recover(run.id, now, self._world.on_doubt)
            for outlet in self._outlets:
                before = tx.outbox.channel_state(outlet.name)
                states[outlet.name] = channel_at_start(
                    before, outlet.name, outlet.settings_hash, now, fallback=outlet.fallback
                )
                tx.outbox.set_channel_state(states[outlet.name])
            stranded = self._bequeath(tx.outbox, now)
        for name, state in states.items():
            self._senders[name].reports.remember(state)
        for delivery in doubtful:
            Reports(delivery.channel, self._world.on_trouble).delivery(delivery, delivery.state, delivery.reason)
        for name in stranded:
            Reports(name, self._world.on_trouble).gone()
        return doubtful

    def _bequeath(self, outbox: Outbox, now: datetime) -> list[str]:
        """What channels have not told that were taken out goes to their heirs; those without one, whose queue stays."""
        stranded = []
        for name, heir in outbox.orphans(self._senders).items():
            if heir in self._senders:
                outbox.leave(name, heir, release_at=self._world.digest_at(heir, now), now=now)
            else:
                stranded.append(name)
        return stranded

    def drain_once(self, channel: str | None = None) -> dict[str, Drained]:
        """Send what is due, on one channel or on all of them side by side.

        Raises StoreError, once every channel has come to its end, if one could not claim or settle.
        """
        if channel is not None:
            return {channel: self._senders[channel].drain_once()}
        senders = list(self._senders.values())
        with ThreadPoolExecutor(THREADS) as pool:
            drained = list(pool.map(Sender.drain_once, senders))
        return {sender.name: passed for sender, passed in zip(senders, drained, strict=True)}

    def start(self) -> None:
        """Start the threads; beyond eight channels some share one."""
        senders = list(self._senders.values())
        for number in range(min(THREADS, len(senders))):
            group, wake = senders[number::THREADS], threading.Event()
            name = "send " + " ".join(sender.name for sender in group)
            self._wakes.append(wake)
            self._threads.append(threading.Thread(target=self.run, args=(group, wake), name=name, daemon=True))
        for thread in self._threads:
            thread.start()

    def run(self, senders: Sequence[Sender], wake: threading.Event) -> None:
        """Send on these channels until told to stop; a send in hand is finished within its deadline."""
        stop = self._world.stop
        while not stop.is_set():
            wake.clear()
            pause_s = min(sender.turn() for sender in senders)
            wake.wait(0.0 if stop.is_set() else pause_s)

    def wake(self) -> None:
        """There may be new rows."""
        for wake in self._wakes:
            wake.set()

    def ended_threads(self) -> tuple[str, ...]:
        """Names of the threads that ended without being told to: a defect, their channels send no more."""
        return tuple(thread.name for thread in self._threads if not thread.is_alive() and not self._world.stop.is_set())

    def stop(self, timeout_s: float) -> bool:
        """Claim nothing more and let the sends in hand end; whether all did so in time.

        What did not is in doubt for the next run.
        """
        self._world.stop.set()
        self.wake()
        until = self._world.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, until - self._world.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def end(self) -> None:
        """Let go of the connections and close the run's row; call it when nothing is being sent any more."""
        for sender in self._senders.values():
            sender.close()
        with self._world.store.writing() as tx:
            tx.outbox.end_run(self._world.run_id, self._world.clock())
