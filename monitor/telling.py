"""What is told: each change decided where it is written, what may go at once enqueued beside it, the rest in its time.

Rule: a change, the decision about it and the message that tells it are written in one transaction, or a crash in
between would leave a change of which nobody hears.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerts.deliver import Trouble
from alerts.release import Release
from alerts.rules import Facts, Routing, summary_change, suppressed
from alerts.visible import counted
from monitor.events.timeline import noted
from monitor.pipeline.plan import Planner
from storage.errors import StoreError
from storage.model import Alert, Change, Plan
from storage.outbox import BreakerState
from storage.store import Store, Transaction

log = logging.getLogger("salname")

LATE = timedelta(minutes=30)
UNANNOUNCED = "unannounced"  # flag of a feed whose first poll was not told of


@dataclass(slots=True, kw_only=True)
class Telling:
    """Tells by one configuration; `fallbacks` names the channel that stands in for another."""

    store: Store
    planner: Planner
    release: Release
    fallbacks: Mapping[str, str]
    clock: Callable[[], datetime]
    first_polls: bool = True  # there may be some that were not told of
    late: set[str] = field(default_factory=set)  # channels whose backlog was told of

    def begin(self) -> None:
        """Bring what waits along with the clock and the settings, which may have changed since it was decided."""
        now = self.clock()
        with self.store.writing() as tx:
            waiting = [*tx.outbox.all_waiting("pending"), *tx.outbox.all_waiting("held")]
            tx.outbox.decide(self.release.follow_clock(waiting, now))

    def due(self) -> int:
        """Tell what has waited long enough: windows, quiet hours, digests; how many deliveries that made."""
        now = self.clock()
        with self.store.reading() as tx:
            if not self.release.is_due(tx.outbox, now):
                return 0
        with self.store.writing() as tx:
            return self.release.due(tx.outbox, now)

    def at_once(self, tx: Transaction, alerts: Sequence[Alert]) -> None:
        """Tell what need not wait, in the transaction that decided it."""
        now = self.clock()
        if any(alert.release_at is not None and alert.release_at <= now for alert in alerts):
            self.release.due(tx.outbox, now)

    def announce(self, tx: Transaction, changes: Sequence[Change], facts: Mapping[str, Facts] | None = None) -> None:
        """Write changes that no feed brought, and tell them."""
        known = facts or {change.id: Facts() for change in changes}
        self._write(tx, changes, self.planner.announce(tx, changes, known, now=self.clock()))

    def say(self, tx: Transaction, kind: str, key: str, text: str) -> None:
        """Put a line about the program itself on the timeline and tell it."""
        self.announce(tx, [self._noted(tx, kind, key, text)])

    def trouble(self, kind: Trouble, channel: str, text: str) -> None:
        """Tell a person of a channel's trouble by another one, and the log in any case."""
        log.warning(text, extra={"trouble": kind.value, "channel": channel})
        if kind is Trouble.STORAGE:
            return
        try:
            with self.store.writing() as tx:
                change = self._noted(tx, f"system.channel_{kind.value}", channel, text)
                planner = replace(self.planner, routing=self._routing_without(channel))
                alerts = planner.announce(tx, [change], {change.id: Facts()}, now=self.clock())
                mine = [suppressed(one, "about_itself") if one.channel == channel else one for one in alerts]
                self._write(tx, [change], mine)
        except StoreError as error:  # the log has said it; a sender must not end because nobody could be told
            log.error("this could not be told by another channel: %s", error)  # noqa: TRY400  one line says it all

    def baselines(self) -> Change | None:
        """One line about all feeds whose first poll has not been told of yet."""
        if not self.first_polls:  # asked in every idle second: ten thousand feeds are not read for it
            return None
        with self.store.writing() as tx:
            waiting = [feed for feed in tx.feeds.each() if feed.memory.live_at and UNANNOUNCED in feed.memory.flags]
            if not waiting:
                self.first_polls = False  # under the lock that the writer of polls takes too
                return None
            ids = [feed.id for feed in waiting]
            change = summary_change(len(ids), *tx.events.counts_of_feeds(ids), at=self.clock())
            self.announce(tx, [change])
            for feed in waiting:
                tx.feeds.set_memory(feed.id, feed.memory._replace(flags=feed.memory.flags - {UNANNOUNCED}))
        return change

    def backlog(self) -> None:
        """Tell of channels that send and yet have had messages waiting for long, once until they have caught up."""
        now = self.clock()
        with self.store.reading() as tx:
            states = {state.name: state.breaker for state in tx.outbox.channel_states()}
            lines = [line for line in tx.outbox.backlog() if now - line.oldest_at > LATE]
        for line in lines:
            # One that is parked or fails has been told of.
            if line.channel not in self.late and states.get(line.channel) is BreakerState.CLOSED:
                waiting = (
                    f"{counted(line.count, 'message')} waiting, the oldest since {line.oldest_at:%Y-%m-%d %H:%M} UTC"
                )
                text = f"channel {line.channel}: {waiting}. See: salname alerts list --state due"
                self.trouble(Trouble.BACKLOG, line.channel, text)
        self.late = {line.channel for line in lines}

    def _noted(self, tx: Transaction, kind: str, key: str, text: str) -> Change:
        nth = tx.events.transition_count("system", kind, key, "", "")
        return noted(kind, feed_id=None, key=key, summary=text, at=self.clock(), nth=nth, payload={})

    def _write(self, tx: Transaction, changes: Sequence[Change], alerts: Sequence[Alert]) -> None:
        tx.apply(Plan(feed_id=0, at=self.clock(), memory=None, changes=changes, alerts=alerts))
        self.at_once(tx, alerts)

    def _routing_without(self, channel: str) -> Routing:
        """Trouble of a channel is told to those who hear of trouble, and by the channel that stands in for it."""
        routing = self.planner.routing
        usual = routing.self_alert_channels or (() if routing.routes else routing.channels)
        others = dict.fromkeys(name for name in (*usual, self.fallbacks.get(channel, "")) if name not in {"", channel})
        return replace(routing, self_alert_channels=tuple(others), channels=())
