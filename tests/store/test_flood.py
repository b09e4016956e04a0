"""Ten thousand changes while Slack asks to wait for an hour, by a clock that nobody waits for."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.bundles import Target
from alerts.channels import Body, Form, Secret, SendContext
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.deliver import Deliverer, Outlet
from alerts.message import Notification
from alerts.retry import Outcome, OutcomeKind
from alerts.rules import Route, Routing
from alerts.window import INTERVAL, Timing
from tests.builders_outbox import NOW, an_outbox
from tests.builders_release import Newsroom, news
from tests.builders_sender import Clock, Stop, describe

BAKU = ZoneInfo("Asia/Baku")
HOUR = timedelta(hours=1)
CEILING = 20
CHANGES = 10_000
KINDS = ("event.created", "fact.changed", "event.updated", "event.merged")
USUAL = Timing(wait=None, interval=INTERVAL, digest=(time(8), time(18)), zone=BAKU)
ROUTING = Routing(channels=("chat",), routes=(Route(name="all", channels=("chat",), timing=USUAL),), timing=USUAL)
TARGETS = {"chat": Target(kind="slack", addresses=("chat",), max_per_hour=CEILING)}


@dataclass
class Busy:
    """Slack, which asks to wait until an hour is over, and remembers when it was asked."""

    clock: Clock
    until: datetime
    channel: SlackChannel = field(
        default_factory=lambda: SlackChannel(HttpSettings(url=Secret("https://hooks.slack.example/x")))
    )
    asked: list[datetime] = field(default_factory=list)
    accepted: list[tuple[datetime, str]] = field(default_factory=list)
    waits: list[tuple[datetime, datetime]] = field(default_factory=list)
    kind: str = "slack"
    destination: str = "there"

    def render(self, note: Notification, form: Form) -> Body:
        return self.channel.render(note, form)

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        assert body.content
        self.asked.append(self.clock.now)
        if self.clock.now < self.until:
            wait_s = min(300.0, (self.until - self.clock.now).total_seconds())
            self.waits.append((self.clock.now, self.clock.now + timedelta(seconds=wait_s)))
            return Outcome(kind=OutcomeKind.RATE_LIMITED, code=429, retry_after_s=wait_s, detail="HTTP 429")
        self.accepted.append((self.clock.now, ctx.id))
        return Outcome(kind=OutcomeKind.OK, code=200)

    def close(self) -> None:
        pass


@pytest.mark.timeout(600)
def test_ten_thousand_changes_in_an_hour_of_429_stay_under_the_ceiling_and_are_all_told_or_explained(tmp_path: Path):
    store = an_outbox(tmp_path)
    clock = Clock()
    slack = Busy(clock, NOW + HOUR)
    desk = Newsroom(store, ROUTING, TARGETS)
    deliverer = Deliverer(
        store,
        [Outlet(name="chat", channel=slack, settings_hash="1", rate_per_s=1.0, max_per_hour=CEILING)],
        describe=describe, on_trouble=lambda *_: None, clock=clock, monotonic=clock.monotonic, rng=random.Random(3),
        stop=Stop(clock),
    )  # fmt: skip
    deliverer.begin()
    rng, told = random.Random(5), 0
    ends_at = NOW + timedelta(hours=9)  # past the digest of 18:00
    while clock.now < ends_at:
        desk.now = clock.now
        if told < CHANGES:
            batch = [news(f"S{rng.randrange(3000)}", rng.choice(KINDS), revision=told + n) for n in range(1, 101)]
            desk.hears(*batch)
            told += len(batch)
        else:
            desk.tells()
        deliverer.drain_once("chat")
        clock.advance(30.0 if clock.now < NOW + 2 * HOUR else 60.0)
    deliverer.end()

    assert told == CHANGES
    alerts = desk.alerts()
    assert len(alerts) == CHANGES
    # Every change is in a message that arrived, or says why not.
    arrived = {id_ for _, id_ in slack.accepted}
    bundles = {one.bundle_id for one in desk.deliveries() if one.id in arrived or one.folded_into in arrived}
    outcomes = Counter(
        "told" if one.bundle_id in bundles else f"{one.decision} {one.reason.partition('(')[0]}" for one in alerts
    )
    assert set(outcomes) <= {"told", "suppressed inhibited"}
    assert outcomes["told"] > CHANGES // 2
    # At most one request a second, none before the wait was over, no hour with more messages than the ceiling.
    assert all(later - earlier >= timedelta(seconds=0.999) for earlier, later in pairwise(slack.asked))
    assert not [(asked, until) for asked in slack.asked for begun, until in slack.waits if begun < asked < until]
    times = [at for at, _ in slack.accepted]
    assert max(sum(at - HOUR < other <= at for other in times) for at in times) <= CEILING
    digests = [one for one in desk.deliveries() if one.kind == "digest"]
    assert 1 <= len(digests) <= 2
    assert len(times) <= 2 * CEILING + len(digests)
    assert slack.waits
    print(dict(outcomes), len(slack.asked), "requests", len(times), "messages", len(digests), "digests")
