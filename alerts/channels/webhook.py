"""Signed webhooks after Standard Webhooks 1.0.0, with a JSON body of our own or as a CloudEvent.

Rule: id and body are frozen at the first claim and equal in every copy, so that a receiver can drop what it has seen;
what belongs to one try (time, signature, number of the try, mark of a repeat) travels in headers.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal
from urllib.parse import quote

from alerts.channels import Body, Form, Secret, SendContext, redacted
from alerts.channels.post import Endpoint, HttpSettings, encoded
from alerts.message import ChangeNote, DigestNote, EventNote, ItemNote, Notification, Side, cut
from alerts.retry import Outcome, classify_http
from alerts.transport import retry_after
from storage.errors import ConfigError
from storage.model import JsonValue

BODY_BYTES = 20_000  # the standard advises small bodies; receivers cut at 64 kB and more
SCHEMA = 1

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)
# Items, changes and units of a text: the first that keeps the body below its limit is sent.
_SIZES = ((20, 20, 1_000), (10, 10, 300), (5, 5, 150), (1, 1, 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Where to post, and the secrets that sign, newest first: during a rotation both do."""

    http: HttpSettings
    signing: tuple[Secret, ...] = ()
    format: Literal["standard", "cloudevents"] = "standard"

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """All that an answer may not echo, keys without their prefix included."""
        keys = (Secret(secret.reveal().removeprefix(_PREFIX)) for secret in self.signing)
        return (*self.http.secrets, *self.signing, *keys)


def signing_key(secret: Secret) -> bytes:
    """The bytes that a `whsec_` secret stands for; raises ConfigError if it is malformed."""
    try:
        key = base64.b64decode(secret.reveal().removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _KEY_BYTES:
        raise ConfigError(f"a signing secret is {_PREFIX} and then the base64 of 24 to 64 random bytes")
    return key


class WebhookChannel:
    """One receiver; raises ConfigError if a signing secret is malformed."""

    kind = "webhook"

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings.http)
        self._keys = tuple(Secret(signing_key(secret).hex()) for secret in settings.signing)

    @property
    def destination(self) -> str:
        return self._endpoint.destination

    def render(self, note: Notification, form: Form) -> Body:
        data = full_data(note) if form == "rich" else thin_data(note)
        if self._settings.format == "cloudevents":
            return Body(content=encoded(cloud_event(note, data)), content_type="application/cloudevents+json")
        return Body(content=encoded(_standard(note, data)), content_type="application/json")

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        reply = self._endpoint.post(body.content, self._headers(body, ctx), ctx)
        if isinstance(reply, Outcome):
            return reply
        wait_s = retry_after(reply.headers.get("Retry-After"), ctx.now)
        outcome = classify_http(reply.status, wait_s, refusal_count=ctx.refusal_count)
        return replace(outcome, reply=redacted(reply.body, self._settings.secrets), phase="reply")

    def close(self) -> None:
        self._endpoint.close()

    def _headers(self, body: Body, ctx: SendContext) -> Mapping[str, str]:
        headers = {
            "Content-Type": body.content_type,
            "webhook-id": ctx.id,
            "webhook-timestamp": str(int(ctx.now.timestamp())),
            "X-Salname-Attempt": str(ctx.attempt),
        }
        if self._keys:
            keys = [bytes.fromhex(key.reveal()) for key in self._keys]
            headers["webhook-signature"] = signatures(ctx.id, ctx.now, body.content, keys)
        if ctx.possible_repeat:
            headers["X-Salname-Possible-Repeat"] = "1"
        return headers


def signatures(id_: str, at: datetime, content: bytes, keys: Sequence[bytes]) -> str:
    """The value of `webhook-signature`: one HMAC-SHA256 for each key over id, unix second and body."""
    signed = b"%s.%d." % (id_.encode(), int(at.timestamp())) + content
    digests = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join("v1," + base64.b64encode(digest).decode() for digest in digests)


def full_data(note: Notification) -> JsonValue:
    """The message as data; what does not fit into 20 kB is missing from the lists, and shows in their counts."""
    for item_limit, change_limit, text_limit in _SIZES:
        data = _data(note, item_limit, change_limit, text_limit)
        if len(encoded(cloud_event(note, data))) <= BODY_BYTES:
            return data
    return thin_data(note)


def thin_data(note: Notification) -> JsonValue:
    """Ids alone, for a receiver that refused the words."""
    return {
        "schema": SCHEMA,
        "event": {"id": note.event.id, "revision": note.event.revision} if note.event else None,
        "change": {"id": note.changes[0].id, "kind": note.kind} if note.changes else None,
        "items": [{"id": str(item.id)} for item in note.items[:20]],
        "delivery": _delivery(note),
    }


def cloud_event(note: Notification, data: JsonValue) -> JsonValue:
    """CloudEvents 1.0, structured mode."""
    envelope: dict[str, JsonValue] = {
        "specversion": "1.0",
        "id": note.id,
        "source": f"/salname/{quote(note.host, safe='')}",
        "type": f"org.salname.{note.kind}.v1",
        "time": _instant(note.at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return envelope | ({"subject": note.event.id} if note.event else {})


def _standard(note: Notification, data: JsonValue) -> JsonValue:
    return {"type": note.kind, "timestamp": _instant(note.at), "data": data}


def _data(note: Notification, item_limit: int, change_limit: int, text_limit: int) -> JsonValue:
    if note.digest:
        return _digest(note, note.digest, item_limit, text_limit)
    lead, *others = note.changes
    return {
        "schema": SCHEMA,
        "event": _event(note.event, text_limit) if note.event else None,
        "change": _change(lead, text_limit),
        "further_changes": [_change(change, text_limit) for change in others[: change_limit - 1]],
        "items": [_item(item, text_limit) for item in note.items[:item_limit]],
        "counts": {"changes": len(note.changes), "items": note.item_count},
        "importance": note.importance.value,
        "rule": cut(note.rule, text_limit),
        "route": cut(note.route, text_limit),
        **({"labels": [cut(label, text_limit) for label in note.labels[:20]]} if note.labels else {}),
        **({"remarks": list(note.remarks)} if note.remarks else {}),
        "link": note.link,
        "delivery": _delivery(note),
    }


def _digest(note: Notification, digest: DigestNote, line_limit: int, text_limit: int) -> JsonValue:
    """The lines of a digest by section; a section's `count` tells of lines that found no room."""
    return {
        "schema": SCHEMA,
        "event": None,
        "change": None,
        "digest": {
            "scope": cut(digest.scope, text_limit),
            "slot_at": _instant(digest.slot_at),
            "since_at": _instant(digest.since_at),
            "sections": [
                {
                    "name": section.name,
                    "count": len(section.lines),
                    "lines": [
                        {
                            "text": cut(line.text, text_limit),
                            "url": line.url,
                            "change": line.change,
                            "kind": cut(line.kind, text_limit),
                            "event": line.event,
                        }
                        for line in section.lines[:line_limit]
                    ],
                }
                for section in digest.sections
            ],
            "not_told": dict(digest.counts),
            "health": cut(digest.health, text_limit) or None,
        },
        "counts": {"changes": digest.line_count, "items": 0},
        "importance": note.importance.value,
        "route": cut(note.route, text_limit),
        "delivery": _delivery(note),
    }


def _event(event: EventNote, text_limit: int) -> JsonValue:
    return {
        "id": event.id,
        "title": cut(event.title, text_limit),
        "topics": [cut(topic, text_limit) for topic in event.topics[:20]],
        "revision": event.revision,
        "previous_notified_revision": event.previous_notified_revision,
        "first_seen_at": _instant(event.first_seen_at),
    }


def _change(change: ChangeNote, text_limit: int) -> JsonValue:
    said: dict[str, JsonValue] = {
        "id": change.id,
        "kind": change.kind,
        "key": cut(change.key, text_limit),
        "summary": cut(change.summary, text_limit),
        "old": _side(change.old, text_limit),
        "new": _side(change.new, text_limit),
        "quotes": [cut(text, text_limit) for text in change.quotes[:5]],
        "delta": cut(change.delta, text_limit) or None,
    }
    if not change.kind.startswith("fact."):
        return said
    counts: dict[str, JsonValue] = {
        "measure": said["key"],
        "confirmed_by": change.confirmed_by,
        "contradicted_by": change.contradicted_by,
    }
    return said | counts


def _side(side: Side | None, text_limit: int) -> JsonValue:
    if side is None:
        return None
    return {
        "value": cut(side.value, text_limit),
        "source": cut(side.source, text_limit) or None,
        "as_of": side.as_of.isoformat() if side.as_of else None,
    }


def _item(item: ItemNote, text_limit: int) -> JsonValue:
    return {
        "id": str(item.id),
        "title": cut(item.title, text_limit),
        "url": item.url,
        "source": cut(item.source, text_limit),
        "published_at": _instant(item.published_at) if item.published_at else None,
        "language": item.language,
        "content_hash": item.content_hash,
    }


def _delivery(note: Notification) -> JsonValue:
    return {"id": note.id, "sequence": note.sequence}


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
