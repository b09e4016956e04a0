"""A sender without a network: a channel that answers as it is told, a clock that moves when somebody waits for it."""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.channels import Body, Form, SendContext
from alerts.deliver import Deliverer, Outlet, Trouble
from alerts.message import Notification, build
from alerts.retry import Outcome, OutcomeKind
from storage.errors import DeliveryError
from storage.outbox import BundleSource, OnDoubt
from storage.store import Store
from tests.builders_outbox import NOW


@dataclass
class Clock:
    """Wall and monotonic time, moved by hand or by waiting on `stop`."""

    now: datetime = NOW
    ticks: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return self.ticks

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.ticks += seconds

    def set_by(self, moved: timedelta) -> None:
        """Somebody puts the wall clock forward or back."""
        self.now += moved


class Stop(threading.Event):
    """An event that takes no time to wait for: the clock moves instead."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        self._clock.advance(timeout or 0.0)
        return self.is_set()


@dataclass
class Scripted:
    """A channel that remembers what it is given and answers in order, at the end with ok."""

    answers: list[Outcome | OutcomeKind] = field(default_factory=list)
    sent: list[tuple[Body, SendContext]] = field(default_factory=list)
    at: list[datetime] = field(default_factory=list)
    kind: str = "webhook"
    destination: str = "there"
    unrenderable: Iterable[Form] = ()
    closed: bool = False

    def render(self, note: Notification, form: Form) -> Body:
        if form in self.unrenderable:
            raise DeliveryError(f"no {form} form of {note.id}")
        words = f"{form}: {note.headline} at {note.made_at:%H:%M:%S}"
        return Body(content=words.encode(), content_type="text/plain")

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        self.sent.append((body, ctx))
        self.at.append(ctx.now)
        answer = self.answers.pop(0) if self.answers else OutcomeKind.OK
        return answer if isinstance(answer, Outcome) else Outcome(kind=answer, detail=f"scripted {answer}")

    def close(self) -> None:
        self.closed = True

    @property
    def ids(self) -> list[str]:
        return [ctx.id for _, ctx in self.sent]


@dataclass
class Desk:
    """A deliverer with one scripted channel, and everything that it tells."""

    store: Store
    channel: Scripted = field(default_factory=Scripted)
    clock: Clock = field(default_factory=Clock)
    on_doubt: OnDoubt = "resend"
    rate_per_s: float | None = None
    max_per_hour: int | None = None
    horizon: timedelta | None = None
    settings_hash: str = "1"
    fallback: str = ""
    troubles: list[tuple[Trouble, str, str]] = field(default_factory=list)

    def starts(self) -> "Desk":
        """A new run: the one before is gone without a word."""
        self.stop = Stop(self.clock)
        self.deliverer = Deliverer(
            self.store,
            [self.outlet()],
            describe=describe,
            on_trouble=lambda *trouble: self.troubles.append(trouble),
            on_doubt=self.on_doubt,
            clock=self.clock,
            monotonic=self.clock.monotonic,
            rng=random.Random(7),
            stop=self.stop,
        )
        self.deliverer.begin()
        return self

    def outlet(self) -> Outlet:
        return Outlet(
            name="hook",
            channel=self.channel,
            settings_hash=self.settings_hash,
            rate_per_s=self.rate_per_s,
            max_per_hour=self.max_per_hour,
            horizon=self.horizon,
            fallback=self.fallback,
        )

    def drains(self, after_s: float = 0.0) -> dict[str, int]:
        """One pass, `after_s` later; how many tries led to which state."""
        self.clock.advance(after_s)
        counts = self.deliverer.drain_once("hook")["hook"].counts
        return {str(state): count for state, count in counts.items()}

    def passes(self) -> None:
        """One turn of the sender's thread, which reports what the database refuses."""
        self.deliverer._senders["hook"].turn()

    def pause_s(self) -> float:
        return self.deliverer.drain_once("hook")["hook"].pause_s


def describe(source: BundleSource, now: datetime) -> Notification:
    return build(source, zone=ZoneInfo("Asia/Baku"), link_base="", host="test", now=now)
