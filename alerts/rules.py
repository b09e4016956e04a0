"""Which change is told where: importance, routes, and the reason of every silence.

        change -> importance -> rules -> routes -> one alert for each route and channel, told now, later or not at all

Rule: each committed change gets a decision for every route and channel that took it, or one that says why none did;
what is not told is stored with its reason. Pure: `now` is an argument.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Literal

from alerts.message import BASELINE, REMINDER, is_fact, is_self
from alerts.silences import silenced_by
from alerts.visible import counted
from alerts.window import AT_ONCE, RANK, Timing, digest_at, held_until, wait_of
from storage.model import (
    Alert,
    Change,
    Importance,
    Origin,
    Silence,
    alert_id,
    change_id,
)

FRESH = timedelta(hours=72)  # what was published earlier is no news, however late it is found
DEFAULT_ROUTE = "default"
SELF_ROUTE = "self"

# Of these kinds only live and fresh ones alert; whatever happens later to something tracked does.
_NEWS = frozenset({"event.created", "event.updated", "item.differs"})
_NORMAL = frozenset({"event.created", "event.merged", "event.split", "feed.recovered", BASELINE})
_LOW = frozenset({"event.updated", "event.closed", "item.revised", "item.withdrawn", REMINDER})
_QUIET = frozenset({Origin.IMPORT, Origin.BACKFILL})  # older pages and archives: what differs there is no news


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a rule or route asks for; an empty part asks nothing, several parts must all hold.

    `kind` takes patterns such as "fact.*"; `source` a feed's name, its address or an outlet; `title` is searched for
    without regard to case.
    """

    kind: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    min_importance: Importance | None = None
    source: tuple[str, ...] = ()
    entity: tuple[str, ...] = ()
    title: str | None = None
    lang: tuple[str, ...] = ()
    min_sources: int | None = None
    max_sources: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Sets the importance of the changes it matches and adds labels; a later rule overrules an earlier one."""

    name: str
    when: Condition = field(default_factory=Condition)
    importance: Importance | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the changes it matches go; the first match ends the search unless `continue_`."""

    name: str
    channels: tuple[str, ...]
    when: Condition = field(default_factory=Condition)
    continue_: bool = False
    group_by: tuple[str, ...] = ("event",)  # of event, topic, kind, feed
    timing: Timing = field(default_factory=Timing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """What is told by a `source` makes a `target` needless, if both are the same in `equal`."""

    source: Condition
    target: Condition
    equal: tuple[str, ...] = ("event",)  # of event, topic, feed


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The configured whole; without routes, everything at or above normal goes to every channel."""

    channels: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    routes: tuple[Route, ...] = ()
    self_alert_channels: tuple[str, ...] = ()
    first_run: Literal["summary", "silent", "send"] = "summary"
    timing: Timing = field(default_factory=Timing)  # where there are no routes, or the route is gone
    inhibitions: tuple[Inhibition, ...] = ()

    def timing_of(self, route: str, change: Change) -> Timing:
        """When a route, by its name, tells a change; what Salname says of itself waits only where a person says so."""
        named = next((one.timing for one in self.routes if one.name == route), None)
        if change.kind == BASELINE or (named is None and is_self(change.kind)):
            return replace(self.timing, wait=AT_ONCE, interval=AT_ONCE, quiet=None, all_in_digest=False)
        return named or self.timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What conditions may ask of a change beyond the change itself."""

    title: str = ""
    topics: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()  # names and addresses of the feeds, names of the outlets
    entities: frozenset[str] = frozenset()
    lang: str | None = None
    source_count: int = 1
    published_at: datetime | None = None  # of the item, None if no date is trusted
    first_seen_at: datetime | None = None
    was_held: bool = False  # its feed looked renumbered, and a calm poll or a person has freed it


def importance_of(change: Change) -> Importance:
    """The importance that a kind has of itself; low is for a digest."""
    if is_fact(change):
        return Importance.HIGH
    if change.kind in _LOW:
        return Importance.LOW
    return Importance.NORMAL if change.kind in _NORMAL or not is_self(change.kind) else Importance.HIGH


def decide(
    change: Change, facts: Facts, routing: Routing, *, now: datetime, silences: Sequence[Silence] = ()
) -> tuple[Alert, ...]:
    """One alert for each matching route and channel, in the order of the routes; never empty."""
    importance, rule, labels = _ruled(change, facts, routing.rules)
    silence = _silence(change, facts, routing, now)
    alert = partial(_alert, change, importance=importance, rule=rule, labels=labels, now=now)
    alerts: list[Alert] = []
    for route in _routes(change, facts, routing, importance):
        key = group_key(change, route.group_by)
        for channel in dict.fromkeys(route.channels):
            first = next((earlier for earlier in alerts if earlier.channel == channel), None)
            made = alert(route=route.name, channel=channel, group_key=key)
            reason = silence or (f"duplicate_of({first.id})" if first else _silenced(made, change, facts, silences))
            if not reason:
                made = placed(made, routing.timing_of(route.name, change), now=now, was_held=facts.was_held)
            alerts.append(suppressed(made, reason) if reason else made)
    if alerts:
        return tuple(alerts)
    nowhere = alert(route="", channel="", group_key=group_key(change, ("event",)))
    return (suppressed(nowhere, silence or "no_route"),)


def suppressed(alert: Alert, reason: str) -> Alert:
    """Told to nobody, for good."""
    return replace(alert, decision="suppressed", reason=reason, release_at=None)


def held(alert: Alert, reason: str, until: datetime) -> Alert:
    """Told in a digest that is made at `until`."""
    return replace(alert, decision="held", reason=reason, release_at=until)


def placed(alert: Alert, timing: Timing, *, now: datetime, was_held: bool = False) -> Alert:
    """When an alert that nothing silences is told."""
    importance = alert.importance
    if importance is Importance.LOW or (timing.all_in_digest and importance is not Importance.CRITICAL):
        if not timing.digest:
            return suppressed(alert, "below_importance")
        return held(alert, "digest", digest_at(timing, importance, now))
    quiet = held_until(timing, importance, now)
    if was_held:
        return held(alert, "churn_guard", quiet or now)
    if quiet is not None:
        return held(alert, "quiet", quiet)
    return replace(alert, decision="pending", reason="", release_at=now + wait_of(timing, importance))


def group_key(change: Change, group_by: Sequence[str]) -> str:
    """What is told in one message: the event's id, or what the changes have in common."""
    alone = f"feed:{change.feed_id}" if change.feed_id is not None else change.kind
    if tuple(group_by) == ("event",) or is_self(change.kind) or change.kind == BASELINE:
        return change.event_id or alone
    said = {
        "event": change.event_id or alone,
        "topic": "topic:" + "+".join(sorted(change.topics)),
        "kind": f"kind:{change.kind}",
        "feed": alone,
    }
    return " ".join(said[one] for one in group_by) or "all"


def summary_change(feed_count: int, item_count: int, event_count: int, *, at: datetime) -> Change:
    """What a first look at feeds found, as one change; `decide` tells it to every channel that is ever routed to."""
    found = ((feed_count, "feed"), (item_count, "item"), (event_count, "event"))
    summary = ", ".join(counted(count, noun) for count, noun in found)
    key = at.astimezone(UTC).isoformat()
    return Change(
        id=change_id("system", BASELINE, key, "", summary, 0),
        kind=BASELINE,
        key=key,
        new=summary,
        payload={"summary": summary, "feeds": feed_count, "items": item_count, "events": event_count},
        at=at,
    )


def _ruled(change: Change, facts: Facts, rules: Iterable[Rule]) -> tuple[Importance, str, tuple[str, ...]]:
    importance, name, labels = importance_of(change), "", list[str]()
    for rule in rules:
        if matches(rule.when, change, facts, importance):
            labels += rule.labels
            if rule.importance is not None:
                importance, name = rule.importance, rule.name
    return importance, name, tuple(dict.fromkeys(labels))


def _silenced(alert: Alert, change: Change, facts: Facts, silences: Sequence[Silence]) -> str:
    found = silenced_by(silences, alert, change, title=facts.title, sources=facts.sources, lang=facts.lang)
    return f"silenced({found})" if found else ""


def _silence(change: Change, facts: Facts, routing: Routing, now: datetime) -> str:
    """Why the change is told nowhere, whatever its importance, or an empty string."""
    if change.kind == BASELINE:
        return "" if routing.first_run == "summary" else "disabled"
    if change.origin in _QUIET and (change.kind.startswith("item.") or is_fact(change)):
        return "backfill"
    if change.origin is Origin.BASELINE and is_fact(change) and change.kind != "item.revised":
        return "backfill"  # what moved before the feed was watched
    if change.origin is Origin.IMPORT or (change.kind in _NEWS and not _is_news(change, facts, routing, now)):
        return "backfill"
    if (
        change.payload.get("damped") is True
    ):  # an article that is edited again and again; a changed fact is never damped
        return "churn_guard"
    return ""


def _is_news(change: Change, facts: Facts, routing: Routing, now: datetime) -> bool:
    first_run = change.origin is Origin.BASELINE and routing.first_run == "send"
    published_at = facts.published_at or facts.first_seen_at or change.at
    return (change.origin is Origin.LIVE or first_run) and now - published_at <= FRESH


def _routes(change: Change, facts: Facts, routing: Routing, importance: Importance) -> Iterable[Route]:
    if change.kind == BASELINE:
        routed = tuple(channel for route in routing.routes for channel in route.channels)
        return (Route(name=DEFAULT_ROUTE, channels=routed or routing.channels, timing=routing.timing),)
    found = _matching(change, facts, routing.routes, importance)
    if found:
        return found
    if is_self(change.kind) and routing.self_alert_channels:
        return (Route(name=SELF_ROUTE, channels=routing.self_alert_channels),)
    return () if routing.routes else (Route(name=DEFAULT_ROUTE, channels=routing.channels, timing=routing.timing),)


def _matching(change: Change, facts: Facts, routes: Iterable[Route], importance: Importance) -> tuple[Route, ...]:
    found: list[Route] = []
    for route in routes:
        # What Salname says of itself goes where a person said so: by kind, or by self_alert_channels.
        if (route.when.kind or not is_self(change.kind)) and matches(route.when, change, facts, importance):
            found.append(route)
            if not route.continue_:
                break
    return tuple(found)


def matches(when: Condition, change: Change, facts: Facts, importance: Importance) -> bool:
    """Whether a change is what a condition asks for."""
    return (
        (not when.kind or any(fnmatchcase(change.kind, pattern) for pattern in when.kind))
        and (not when.topic or not {*when.topic}.isdisjoint((*change.topics, *facts.topics)))
        and (when.min_importance is None or RANK[importance] >= RANK[when.min_importance])
        and (not when.source or _meet(when.source, facts.sources))
        and (not when.entity or _meet(when.entity, facts.entities))
        and (when.title is None or _pattern(when.title).search(facts.title) is not None)
        and (not when.lang or facts.lang in when.lang)
        and (when.min_sources is None or facts.source_count >= when.min_sources)
        and (when.max_sources is None or facts.source_count <= when.max_sources)
    )


def _meet(wanted: Iterable[str], present: Iterable[str]) -> bool:
    return not {name.casefold() for name in wanted}.isdisjoint(name.casefold() for name in present)


@lru_cache(maxsize=256)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


def _alert(
    change: Change,
    *,
    route: str,
    channel: str,
    group_key: str,
    importance: Importance,
    rule: str,
    labels: tuple[str, ...],
    now: datetime,
) -> Alert:
    return Alert(
        id=alert_id(change.id, route, channel),
        change_id=change.id,
        route=route,
        channel=channel,
        importance=importance,
        decision="pending",
        reason="",
        rule=rule,
        group_key=group_key,
        labels=labels,
        created_at=now,
    )
