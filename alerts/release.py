"""When windows close, and when what was held is told.

        due alerts -> silences -> reverts -> quiet hours -> inhibition -> ceiling -> bundles, or a digest

Rule: a window closes as a whole, so that an event's revisions are told in order, and everything that was decided when a
change came is asked again when it is told. What no longer needs telling is kept with its reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from alerts.bundles import Bundled, Target, bundle, digest
from alerts.message import is_fact
from alerts.rules import Condition, Facts, Inhibition, Routing, held, matches, suppressed
from alerts.silences import silenced_by
from alerts.window import HOUR, RANK, Timing, digest_at, held_until, last_slot, wait_of
from storage.crash import crash_point
from storage.model import Alert, Delivery, Importance, JsonValue, Silence
from storage.outbox import Waiting

INHIBITING = HOUR  # what was told this long before a change came still makes it needless
_GROUPS = 500  # closed in one round

# What is new carries its coverage with it.
_ABSORBED = (Inhibition(source=Condition(kind=("event.created",)), target=Condition(kind=("event.updated",))),)


class Desk(Protocol):
    """The part of the outbox that is needed here; see storage/outbox."""

    def is_due(self, channels: Sequence[str], now: datetime) -> bool: ...
    def due_windows(self, channels: Sequence[str], now: datetime, limit: int = ...) -> list[Waiting]: ...
    def channels_with_held(self, channels: Sequence[str], now: datetime) -> list[str]: ...
    def due_held(self, channel: str, now: datetime) -> list[Waiting]: ...
    def told_groups(self, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]: ...
    def told_to(self, channel: str, since: datetime) -> list[Waiting]: ...
    def message_count(self, channel: str, since: datetime, limit: int) -> int: ...
    def silences(self, now: datetime) -> list[Silence]: ...
    def has_slot(self, scope: str, slot_at: datetime) -> bool: ...
    def take_slot(self, scope: str, slot_at: datetime, bundle_id: str | None) -> bool: ...
    def decide(self, alerts: Iterable[Alert]) -> None: ...
    def enqueue(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Tells what is due, by one configuration; called inside a writing transaction."""

    routing: Routing
    targets: Mapping[str, Target]
    heartbeat: bool = False  # a digest without news says that all is well

    def due(self, desk: Desk, now: datetime) -> int:
        """Close the windows and make the digests that are due; how many deliveries that made."""
        channels = list(self.targets)
        silences = desk.silences(now)
        count = 0
        while waiting := desk.due_windows(channels, now, _GROUPS):
            count += self._close(desk, waiting, silences, now)
        for channel in desk.channels_with_held(channels, now):
            count += self._digest(desk, channel, desk.due_held(channel, now), silences, now)
        return count + (self._heartbeats(desk, now) if self.heartbeat else 0)

    def is_due(self, desk: Desk, now: datetime) -> bool:
        """Whether `due` would find anything; asked in every idle second, so that nothing is locked for it."""
        channels = list(self.targets)
        if desk.is_due(channels, now):
            return True
        return self.heartbeat and any(self._missing_slot(desk, channel, now) for channel in channels)

    def digest_at(self, channel: str, now: datetime) -> datetime:
        """When the channel's next digest is made."""
        timings = [*self._timings(channel)] or [self.routing.timing]
        return min(digest_at(timing, Importance.NORMAL, now) for timing in timings)

    def follow_clock(self, waiting: Iterable[Waiting], now: datetime) -> list[Alert]:
        """Those that wait longer than they would if they came now: a clock was put back, or the settings changed."""
        changed = []
        for one in waiting:
            latest = self._latest(one, now)
            if one.alert.release_at is None or one.alert.release_at > latest:
                changed.append(replace(one.alert, release_at=latest))
        return changed

    def _close(self, desk: Desk, waiting: Sequence[Waiting], silences: Sequence[Silence], now: datetime) -> int:
        """Close the windows of these alerts, whole groups, or put them off until their interval is over."""
        groups: dict[tuple[str, str], list[Waiting]] = {}
        for one in waiting:
            groups.setdefault((one.alert.group_key, one.alert.channel), []).append(one)
        last = desk.told_groups(list(groups))
        decided: list[Alert] = []
        closing: list[list[Waiting]] = []
        for key, members in groups.items():
            opens_at = self._opens_at(members, last.get(key), now)
            if opens_at > now:
                decided += [replace(one.alert, release_at=opens_at) for one in members]
                continue
            kept, put_by = self._sift(desk, members, silences, now)
            decided += put_by
            if kept:
                closing.append(kept)
        told, overflow = self._fit(desk, closing, now)
        made = bundle([one.alert for one in told], [one.change for one in told], self.targets, now=now)
        desk.decide([*decided, *overflow, *made.alerts])
        crash_point("mid_release")
        desk.enqueue((), made.deliveries)
        return len(made.deliveries)

    def _opens_at(self, members: Sequence[Waiting], last: datetime | None, now: datetime) -> datetime:
        """When the group may be told again; what is critical does not wait."""
        if last is None or any(one.alert.importance is Importance.CRITICAL for one in members):
            return now
        # A window that closed in the future did so by a clock that has since been put back.
        return min(last, now) + max(self._timing(one).interval for one in members)

    def _sift(
        self, desk: Desk, members: Sequence[Waiting], silences: Sequence[Silence], now: datetime
    ) -> tuple[list[Waiting], list[Alert]]:
        """What is still to be told of a group, and the decisions about the rest."""
        put_by: list[Alert] = []
        kept: list[Waiting] = []
        reverted = {one.alert.id for one in _reverted(members)}
        for one in members:
            # What was held had its instant computed past the quiet hours, or a person has freed it.
            is_held = one.alert.decision == "held"
            quiet = None if is_held else held_until(self._timing(one), one.alert.importance, now)
            if found := _silence(silences, one):
                put_by.append(suppressed(one.alert, f"silenced({found})"))
            elif one.alert.id in reverted:
                put_by.append(suppressed(one.alert, "reverted"))
            elif quiet is not None:
                put_by.append(held(one.alert, "quiet", quiet))
            else:
                kept.append(one)
        inhibited = self._inhibited(desk, kept)
        put_by += [
            suppressed(one.alert, f"inhibited({inhibited[one.alert.id]})") for one in kept if one.alert.id in inhibited
        ]
        return [one for one in kept if one.alert.id not in inhibited], put_by

    def _inhibited(self, desk: Desk, members: Sequence[Waiting]) -> dict[str, str]:
        """By alert: the one that makes it needless, of the same message or told before by the same channel."""
        found = dict(_pairs(_ABSORBED, members, members))
        targets = [one for one in members if any(_fits(rule.target, one) for rule in self.routing.inhibitions)]
        if targets:
            since = min(one.alert.created_at for one in targets) - INHIBITING
            told = {one.alert.id: one for one in (*desk.told_to(targets[0].alert.channel, since), *members)}
            found |= dict(_pairs(self.routing.inhibitions, targets, list(told.values())))
        return found

    def _fit(self, desk: Desk, groups: Sequence[Sequence[Waiting]], now: datetime) -> tuple[list[Waiting], list[Alert]]:
        """What a channel may still say within the hour, the weightiest first; the rest overflows into its digest."""
        told: list[Waiting] = []
        overflow: list[Alert] = []
        room: dict[str, int] = {}
        for members in sorted(groups, key=lambda members: -max(RANK[one.alert.importance] for one in members)):
            channel = members[0].alert.channel
            limit = self.targets[channel].max_per_hour
            if limit is not None:
                if channel not in room:
                    room[channel] = limit - desk.message_count(channel, now - HOUR, limit)
                if room[channel] <= 0:
                    overflow += [
                        held(one.alert, "rate", digest_at(self._timing(one), one.alert.importance, now))
                        for one in members
                    ]
                    continue
                room[channel] -= 1
            told += members
        return told, overflow

    def _digest(
        self, desk: Desk, channel: str, waiting: Sequence[Waiting], silences: Sequence[Silence], now: datetime
    ) -> int:
        """One message with everything that was held for the channel and is due."""
        kept, put_by = self._sift(desk, waiting, silences, now)
        slot_at = max((one.alert.release_at or now for one in waiting), default=now)
        made = (
            digest([one.alert for one in kept], channel, self.targets[channel], slot_at=slot_at, now=now)
            if kept
            else Bundled(alerts=(), deliveries=())
        )
        if made.deliveries and not desk.take_slot(channel, slot_at, made.deliveries[0].bundle_id):
            desk.take_slot(channel, now, made.deliveries[0].bundle_id)
        desk.decide([*put_by, *made.alerts])
        crash_point("mid_digest")
        desk.enqueue((), made.deliveries)
        return len(made.deliveries)

    def _heartbeats(self, desk: Desk, now: datetime) -> int:
        """Where a digest was due within the hour and there was nothing to tell, say so."""
        count = 0
        for channel, target in self.targets.items():
            slot = self._missing_slot(desk, channel, now)
            if slot is None:
                continue
            made = digest((), channel, target, slot_at=slot, now=now)
            desk.take_slot(channel, slot, made.deliveries[0].bundle_id)
            desk.enqueue((), made.deliveries)
            count += len(made.deliveries)
        return count

    def _missing_slot(self, desk: Desk, channel: str, now: datetime) -> datetime | None:
        """The moment within the last hour for which the channel ought to have a digest and has none."""
        slots = [last_slot(one.digest, one.zone, now) for one in self._timings(channel)]
        slot = max((one for one in slots if one is not None), default=None)
        return None if slot is None or now - slot >= HOUR or desk.has_slot(channel, slot) else slot

    def _timings(self, channel: str) -> Iterator[Timing]:
        routes = self.routing.routes
        yield from (route.timing for route in routes if channel in route.channels)
        if not routes:
            yield self.routing.timing

    def _timing(self, one: Waiting) -> Timing:
        return self.routing.timing_of(one.alert.route, one.change)

    def _latest(self, one: Waiting, now: datetime) -> datetime:
        """How long an alert may wait at most."""
        timing, alert = self._timing(one), one.alert
        if alert.decision == "pending":
            return now + max(wait_of(timing, alert.importance), timing.interval)
        if alert.reason == "quiet":
            return held_until(timing, alert.importance, now) or now
        return now if alert.reason == "churn_guard" else digest_at(timing, alert.importance, now)


def _silence(silences: Sequence[Silence], one: Waiting) -> str:
    return silenced_by(silences, one.alert, one.change, title=one.title, sources=one.sources, lang=one.lang)


def _pairs(
    rules: Sequence[Inhibition], targets: Sequence[Waiting], sources: Sequence[Waiting]
) -> Iterator[tuple[str, str]]:
    """(target, source) of alerts."""
    for rule in rules:
        # What is a target itself makes no other needless: of two alike both would be.
        telling: dict[tuple[object, ...], str] = {}
        for one in sources:
            if _fits(rule.source, one) and not _fits(rule.target, one):
                telling.setdefault(_same(rule.equal, one), one.alert.id)
        for target in targets if telling else ():
            source = telling.get(_same(rule.equal, target))
            if source is not None and _fits(rule.target, target):
                yield target.alert.id, source


def _fits(when: Condition, one: Waiting) -> bool:
    facts = Facts(title=one.title, topics=one.change.topics, sources=one.sources, lang=one.lang)
    return matches(when, one.change, facts, one.alert.importance)


def _same(keys: Sequence[str], one: Waiting) -> tuple[object, ...]:
    """What two alerts must share; one that has no event is the same as no other."""
    return tuple(_shared(key, one) for key in keys)


def _shared(key: str, one: Waiting) -> object:
    match key:
        case "topic":
            return frozenset(one.change.topics)
        case "feed":
            return one.change.feed_id or one.sources
        case _:
            return one.change.event_id or one.change.id


def _reverted(members: Iterable[Waiting]) -> Iterator[Waiting]:
    """Alerts about what has changed and changed back before anybody was told."""
    threads: dict[tuple[str, str, str], list[Waiting]] = {}
    for one in members:
        change = one.change
        if is_fact(change) or change.kind == "item.revised":
            threads.setdefault((change.event_id or "", change.kind, change.key), []).append(one)
    for thread in threads.values():
        ordered = sorted(thread, key=lambda one: (one.change.at, one.change.revision))
        if len(ordered) > 1 and _value(ordered[0].change.old) == _value(ordered[-1].change.new) is not None:
            yield from ordered


def _value(side: JsonValue) -> JsonValue:
    """What is compared of a side: the hash of words, else the value."""
    if not isinstance(side, Mapping):
        return side
    return side.get("hash") or side.get("value")
