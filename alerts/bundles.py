"""Alerts of one message become a bundle, and a bundle one delivery for each address.

Rule: ids are hashes of what is told to whom, so that telling the same twice changes nothing. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from alerts.message import weight
from alerts.retry import horizon_of
from storage.model import DIGEST, Alert, Change, Delivery, bundle_id, delivery_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A channel as deliveries see it."""

    kind: str
    addresses: tuple[str, ...]
    horizon: timedelta | None = None  # None: the kind's own
    max_per_hour: int | None = None  # messages; what comes on top goes into the digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundled:
    """Alerts, those that are sent now marked with their bundle, and the deliveries to enqueue."""

    alerts: tuple[Alert, ...]
    deliveries: tuple[Delivery, ...]


def bundle(
    alerts: Sequence[Alert], changes: Iterable[Change], channels: Mapping[str, Target], *, now: datetime
) -> Bundled:
    """All pending alerts of one group for one channel become one bundle.

    Call it once with everything whose window closes. A channel that is not in `channels` keeps its alerts pending.
    """
    known = {change.id: change for change in changes}
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in alerts:
        if alert.decision == "pending" and alert.channel in channels:
            groups.setdefault((alert.channel, alert.group_key), []).append(alert)
    deliveries: list[Delivery] = []
    bundles: dict[str, str] = {}
    for (channel, key), members in groups.items():
        bundle = bundle_id(channel, key, [alert.id for alert in members])
        bundles.update((alert.id, bundle) for alert in members)
        about = _about([known[alert.change_id] for alert in members], key, now)
        deliveries += _deliveries(bundle, channel, channels[channel], about, key=key, now=now)
    return Bundled(
        alerts=tuple(
            replace(alert, decision="bundled", bundle_id=bundles[alert.id], release_at=now)
            if alert.id in bundles
            else alert
            for alert in alerts
        ),
        deliveries=tuple(deliveries),
    )


def digest(alerts: Sequence[Alert], channel: str, target: Target, *, slot_at: datetime, now: datetime) -> Bundled:
    """One bundle of everything that was held for the channel; without alerts, an empty one says that all is well."""
    key = f"digest:{slot_at.astimezone(UTC).isoformat()}"
    made = bundle_id(channel, key, [alert.id for alert in alerts])
    about = _About(order_key=DIGEST, event_id=None, seq=_micros(now), kind=DIGEST)
    return Bundled(
        alerts=tuple(replace(alert, decision="bundled", bundle_id=made, release_at=now) for alert in alerts),
        deliveries=tuple(_deliveries(made, channel, target, about, key=key, now=now)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What a bundle's deliveries follow each other by: those about one event its revisions, others the clock."""

    order_key: str
    event_id: str | None
    seq: int
    kind: str


def _about(told: Sequence[Change], key: str, now: datetime) -> _About:
    events = {change.event_id for change in told}
    lead = min(told, key=weight)
    event = lead.event_id if len(events) == 1 else None
    revision = max(change.revision for change in told)
    return _About(order_key=event or key, event_id=event, seq=revision if event else _micros(now), kind=lead.kind)


def _deliveries(
    bundle: str, channel: str, target: Target, about: _About, *, key: str, now: datetime
) -> Iterator[Delivery]:
    """One for each address."""
    for address in dict.fromkeys(target.addresses):
        yield Delivery(
            id=delivery_id(bundle, address),
            bundle_id=bundle,
            channel=channel,
            address=address,
            group_key=key,
            order_key=about.order_key,
            event_id=about.event_id,
            seq=about.seq,
            kind=about.kind,
            next_at=now,
            expires_at=now + (target.horizon or horizon_of(target.kind)),
        )


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
