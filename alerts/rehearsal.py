"""What a configuration would have told: history, played against the rules with a desk of paper.

        changes in order of time -> decide -> a desk in memory <- release, at every instant at which something is due

Rule: nothing is decided here; the same `decide` and the same `Release` that tell the world do it, so that a preview is
what would have been. Nothing is written. Pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import groupby

from alerts.release import Release
from alerts.rules import Facts, decide
from storage.model import Alert, Delivery, Silence
from storage.outbox import Happened, Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A bundle that would have gone out, to each address of its channel."""

    bundle_id: str
    at: datetime
    channel: str
    kind: str
    event_id: str | None
    address_count: int
    told: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What would have been told, what would still wait, and how often nothing would have been said, by reason."""

    messages: tuple[Message, ...]
    waiting: tuple[Waiting, ...]
    silent: Mapping[str, int]


def rehearse(
    happened: Sequence[Happened], release: Release, silences: Sequence[Silence], *, until: datetime
) -> Rehearsed:
    """Play `happened`, which runs in order of time, up to `until`."""
    desk = _Desk(silences)
    for at, together in groupby(happened, key=lambda one: one.change.at):
        _release(desk, release, before=at)
        desk.add(_decided(together, release, desk, at))
        if desk.is_due(release.targets, at):
            release.due(desk, at)
    _release(desk, release, before=until)
    return Rehearsed(
        messages=tuple(desk.messages()), waiting=tuple(desk.open.values()), silent=dict(desk.silent.most_common())
    )


def _decided(together: Iterable[Happened], release: Release, desk: "_Desk", at: datetime) -> Iterator[Waiting]:
    silences = desk.silences(at)
    for one in together:
        facts = Facts(
            title=one.title,
            topics=one.change.topics,
            sources=one.sources,
            lang=one.lang,
            source_count=one.source_count,
            published_at=one.published_at,
            first_seen_at=one.first_seen_at,
        )
        for alert in decide(one.change, facts, release.routing, now=at, silences=silences):
            yield Waiting(alert=alert, change=one.change, title=one.title, sources=one.sources, lang=one.lang)


def _release(desk: "_Desk", release: Release, *, before: datetime) -> None:
    """Tell what is due, at each of its instants up to `before`."""
    while (at := desk.next_at(release.targets)) is not None and at <= before:
        release.due(desk, at)


class _Desk:
    """The outbox as `Release` sees it, on paper: what is enqueued is told at that moment."""

    def __init__(self, silences: Sequence[Silence]) -> None:
        self._silences = silences
        self._agenda: list[tuple[datetime, str]] = []  # a heap of what waits; old entries are passed over
        self.open: dict[str, Waiting] = {}
        self.silent: Counter[str] = Counter()
        self._told: dict[str, Waiting] = {}
        self._bundles: dict[str, list[Waiting]] = {}
        self._sent: dict[str, list[tuple[datetime, Delivery]]] = {}  # by bundle
        self._closed: dict[tuple[str, str], datetime] = {}
        self._times: dict[str, list[datetime]] = {}  # of the bundles, by channel
        self._slots: set[tuple[str, datetime]] = set()

    def add(self, decided: Iterable[Waiting]) -> None:
        for one in decided:
            self._put(one)

    def next_at(self, channels: Collection[str]) -> datetime | None:
        """The next instant at which something is due."""
        while self._agenda:
            at, alert_id = self._agenda[0]
            one = self.open.get(alert_id)
            if one is not None and _due_at(one, channels) == at:
                return at
            heappop(self._agenda)
        return None

    def messages(self) -> Iterator[Message]:
        """In order of time."""
        for bundle, sent in sorted(self._sent.items(), key=lambda item: item[1][0][0]):
            at, first = sent[0]
            yield Message(
                bundle_id=bundle,
                at=at,
                channel=first.channel,
                kind=first.kind,
                event_id=first.event_id,
                address_count=len(sent),
                told=tuple(self._bundles.get(bundle, ())),
            )

    def is_due(self, channels: Collection[str], now: datetime) -> bool:
        at = self.next_at(channels)
        return at is not None and at <= now

    def due_windows(self, channels: Collection[str], now: datetime, limit: int = 500) -> list[Waiting]:
        pending = [one for one in self.open.values() if one.alert.decision == "pending"]
        due = {_group(one) for one in pending if (at := _due_at(one, channels)) is not None and at <= now}
        chosen = set(sorted(due)[:limit])
        return sorted((one for one in pending if _group(one) in chosen), key=_order)

    def channels_with_held(self, channels: Collection[str], now: datetime) -> list[str]:
        return sorted({one.alert.channel for one in self.open.values() if _is_held(one, now)} & set(channels))

    def due_held(self, channel: str, now: datetime) -> list[Waiting]:
        held = (one for one in self.open.values() if one.alert.channel == channel and _is_held(one, now))
        return sorted(held, key=_order)

    def told_groups(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
        return {pair: self._closed[pair] for pair in pairs if pair in self._closed}

    def told_to(self, channel: str, since: datetime) -> list[Waiting]:
        pending = (one for one in self.open.values() if one.alert.decision == "pending")
        return [
            one
            for one in (*self._told.values(), *pending)
            if one.alert.channel == channel and one.alert.created_at >= since
        ]

    def message_count(self, channel: str, since: datetime, limit: int) -> int:
        return min(limit, sum(at > since for at in self._times.get(channel, ())))

    def silences(self, now: datetime) -> list[Silence]:
        """Those that were in force at that moment."""
        return [
            one
            for one in self._silences
            if one.starts_at <= now < one.ends_at and (one.expired_at is None or now < one.expired_at)
        ]

    def has_slot(self, scope: str, slot_at: datetime) -> bool:
        return (scope, slot_at) in self._slots

    def take_slot(self, scope: str, slot_at: datetime, bundle_id: str | None) -> bool:
        del bundle_id  # nobody asks for it here
        was_free = (scope, slot_at) not in self._slots
        self._slots.add((scope, slot_at))
        return was_free

    def decide(self, alerts: Iterable[Alert]) -> None:
        for alert in alerts:
            if known := self.open.pop(alert.id, None):
                self._put(replace(known, alert=alert))

    def enqueue(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        del alerts  # decided before
        for one in deliveries:
            sent = self._sent.setdefault(one.bundle_id, [])
            sent.append((one.next_at, one))
            if len(sent) == 1:
                self._times.setdefault(one.channel, []).append(one.next_at)

    def _put(self, one: Waiting) -> None:
        alert = one.alert
        match alert.decision:
            case "pending" | "held":
                self.open[alert.id] = one
                if alert.release_at is not None:
                    heappush(self._agenda, (alert.release_at, alert.id))
            case "suppressed":
                self.silent[alert.reason.partition("(")[0]] += 1
            case _:
                self._told[alert.id] = one
                self._bundles.setdefault(alert.bundle_id or "", []).append(one)
                if alert.release_at is not None:
                    self._closed[_group(one)] = alert.release_at


def _group(one: Waiting) -> tuple[str, str]:
    return one.alert.group_key, one.alert.channel


def _order(one: Waiting) -> tuple[datetime, str]:
    return one.change.at, one.alert.id


def _due_at(one: Waiting, channels: Collection[str]) -> datetime | None:
    return one.alert.release_at if one.alert.channel in channels else None


def _is_held(one: Waiting, now: datetime) -> bool:
    return one.alert.decision == "held" and one.alert.release_at is not None and one.alert.release_at <= now
