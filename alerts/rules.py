"""Which change is told where: importance, routes, and the reason of every silence.

        change -> importance -> rules -> routes -> one alert for each route and channel -> bundles -> deliveries

Rule: each committed change gets a decision for every route and channel that took it, or one that says why none did;
what is not told is stored with its reason. Pure: `now` is an argument.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import Literal

from alerts.message import BASELINE, is_fact, is_self, weight
from alerts.retry import horizon_of
from storage.model import Alert, Change, Delivery, Importance, Origin, alert_id, bundle_id, change_id, delivery_id

FRESH = timedelta(hours=72)  # what was published earlier is no news, however late it is found
DEFAULT_ROUTE = "default"

# Of these two kinds only live and fresh ones alert; whatever happens later to something tracked does.
_NEWS = frozenset({"event.created", "event.updated"})
_NORMAL = frozenset({"event.created", "event.merged", "event.split", "feed.recovered", BASELINE})
_LOW = frozenset({"event.updated", "event.closed", "item.revised", "item.withdrawn"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUIET = frozenset({Origin.IMPORT, Origin.BACKFILL})  # older pages and archives: what differs there is no news
_RANK = {importance: rank for rank, importance in enumerate(Importance)}


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
    """Sets the importance of the changes it matches; a later rule overrules an earlier one."""

    name: str
    when: Condition = field(default_factory=Condition)
    importance: Importance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where the changes it matches go; the first match ends the search unless `continue_`."""

    name: str
    channels: tuple[str, ...]
    when: Condition = field(default_factory=Condition)
    continue_: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """The configured whole; without routes, everything at or above normal goes to every channel."""

    channels: tuple[str, ...]
    rules: tuple[Rule, ...] = ()
    routes: tuple[Route, ...] = ()
    self_alert_channels: tuple[str, ...] = ()
    first_run: Literal["summary", "silent", "send"] = "summary"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A channel as deliveries see it."""

    kind: str
    addresses: tuple[str, ...]
    horizon: timedelta | None = None  # None: the kind's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """Alerts, those that are sent now marked with their bundle, and the deliveries to enqueue."""

    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]


def importance_of(change: Change) -> Importance:
    """The importance that a kind has of itself; low is for a digest."""
    if is_fact(change):
        return Importance.HIGH
    if change.kind in _LOW:
        return Importance.LOW
    return Importance.NORMAL if change.kind in _NORMAL or not is_self(change.kind) else Importance.HIGH


def decide(change: Change, facts: Facts, routing: Routing, *, now: datetime) -> tuple[Alert, ...]:
    """One alert for each matching route and channel, in the order of the routes; never empty."""
    importance, rule = _ruled(change, facts, routing.rules)
    silence = _silence(change, facts, routing, importance, now)
    alert = partial(_alert, change, importance=importance, rule=rule, now=now)
    alerts: list[Alert] = []
    for route in _routes(change, facts, routing, importance):
        for channel in dict.fromkeys(route.channels):
            first = next((earlier for earlier in alerts if earlier.channel == channel), None)
            reason = silence or (f"duplicate_of({first.id})" if first else "")
            alerts.append(alert(route=route.name, channel=channel, reason=reason))
    return tuple(alerts) or (alert(route="", channel="", reason=silence or "no_route"),)


def bundle(
    alerts: Sequence[Alert], changes: Iterable[Change], channels: Mapping[str, Target], *, now: datetime
) -> Bundled:
    """All pending alerts of one event (or feed, or the system) for one channel become one bundle.

    Call it once with everything that a poll has decided. A channel that is not in `channels` keeps its alerts pending.
    """
    known = {change.id: change for change in changes}
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        if alert.decision == "pending" and alert.channel in channels:
            groups.setdefault((alert.channel, alert.group_key), []).append(alert)
    deliveries: list[Delivery] = []
    bundles: dict[str, str] = {}
    for (channel, group_key), members in groups.items():
        bundle = bundle_id(channel, group_key, [alert.id for alert in members])
        bundles.update((alert.id, bundle) for alert in members)
        told = [known[alert.change_id] for alert in members]
        deliveries += _deliveries(bundle, channel, channels[channel], group_key=group_key, told=told, now=now)
    return Bundled(
        alerts=tuple(
            replace(alert, decision="bundled", bundle_id=bundles[alert.id]) if alert.id in bundles else alert
            for alert in alerts
        ),
        deliveries=tuple(deliveries),
    )


def summary_change(feed_count: int, item_count: int, event_count: int, *, at: datetime) -> Change:
    """What a first look at feeds found, as one change; `decide` tells it to every channel that is ever routed to."""
    counted = ((feed_count, "feed"), (item_count, "item"), (event_count, "event"))
    summary = ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counted)
    key = at.astimezone(UTC).isoformat()
    return Change(
        id=change_id("system", BASELINE, key, "", summary, 0),
        kind=BASELINE,
        key=key,
        new=summary,
        payload={"summary": summary, "feeds": feed_count, "items": item_count, "events": event_count},
        at=at,
    )


def _ruled(change: Change, facts: Facts, rules: Iterable[Rule]) -> tuple[Importance, str]:
    importance, name = importance_of(change), ""
    for rule in rules:
        if rule.importance is not None and _matches(rule.when, change, facts, importance):
            importance, name = rule.importance, rule.name
    return importance, name


def _silence(change: Change, facts: Facts, routing: Routing, importance: Importance, now: datetime) -> str:
    """Why the change is told nowhere, or an empty string."""
    if change.kind == BASELINE:
        return "" if routing.first_run == "summary" else "disabled"
    if change.origin in _QUIET and change.kind.startswith("item."):
        return "backfill"
    if change.origin is Origin.IMPORT or (change.kind in _NEWS and not _is_news(change, facts, routing, now)):
        return "backfill"
    if (
        change.payload.get("damped") is True
    ):  # an article that is edited again and again; a changed fact is never damped
        return "churn_guard"
    return "below_importance" if importance is Importance.LOW else ""


def _is_news(change: Change, facts: Facts, routing: Routing, now: datetime) -> bool:
    first_run = change.origin is Origin.BASELINE and routing.first_run == "send"
    published_at = facts.published_at or facts.first_seen_at or change.at
    return (change.origin is Origin.LIVE or first_run) and now - published_at <= FRESH


def _routes(change: Change, facts: Facts, routing: Routing, importance: Importance) -> Iterable[Route]:
    everywhere = Route(name=DEFAULT_ROUTE, channels=routing.channels)
    if change.kind == BASELINE:
        routed = tuple(channel for route in routing.routes for channel in route.channels)
        return (replace(everywhere, channels=routed or routing.channels),)
    found = _matching(change, facts, routing.routes, importance)
    if found:
        return found
    if is_self(change.kind) and routing.self_alert_channels:
        return (Route(name="self", channels=routing.self_alert_channels),)
    return () if routing.routes else (everywhere,)


def _matching(change: Change, facts: Facts, routes: Iterable[Route], importance: Importance) -> tuple[Route, ...]:
    found: list[Route] = []
    for route in routes:
        # What Salname says of itself goes where a person said so: by kind, or by self_alert_channels.
        if (route.when.kind or not is_self(change.kind)) and _matches(route.when, change, facts, importance):
            found.append(route)
            if not route.continue_:
                break
    return tuple(found)


def _matches(when: Condition, change: Change, facts: Facts, importance: Importance) -> bool:
    return (
        (not when.kind or any(fnmatchcase(change.kind, pattern) for pattern in when.kind))
        and (not when.topic or not {*when.topic}.isdisjoint((*change.topics, *facts.topics)))
        and (when.min_importance is None or _RANK[importance] >= _RANK[when.min_importance])
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
    change: Change, *, route: str, channel: str, importance: Importance, rule: str, reason: str, now: datetime
) -> Alert:
    feed = f"feed:{change.feed_id}" if change.feed_id is not None else change.kind
    return Alert(
        id=alert_id(change.id, route, channel),
        change_id=change.id,
        route=route,
        channel=channel,
        importance=importance,
        decision="suppressed" if reason else "pending",
        reason=reason,
        rule=rule,
        group_key=change.event_id or feed,
        created_at=now,
    )


def _deliveries(
    bundle: str, channel: str, target: Target, *, group_key: str, told: Sequence[Change], now: datetime
) -> list[Delivery]:
    """One delivery for each address; those about one event follow its revisions, others the clock."""
    lead = min(told, key=weight)
    revision = max(change.revision for change in told)
    return [
        Delivery(
            id=delivery_id(bundle, address),
            bundle_id=bundle,
            channel=channel,
            address=address,
            group_key=group_key,
            order_key=lead.event_id or group_key,
            event_id=lead.event_id,
            seq=revision if lead.event_id else (now - _EPOCH) // timedelta(microseconds=1),
            kind=lead.kind,
            next_at=now,
            expires_at=now + (target.horizon or horizon_of(target.kind)),
        )
        for address in dict.fromkeys(target.addresses)
    ]
