"""Trying things out without waiting for news: a topic on what is stored, a channel with an invented message."""

import time
import uuid
from dataclasses import dataclass

from alerts.channels import Body, Channel, SendContext
from alerts.specimens import Frame, specimen
from monitor import build
from monitor.app import Monitor
from monitor.channels import open_channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A stored item that a topic matches, with the words that matched: {term, words, where}."""

    id: int
    title: str
    matched: tuple[dict[str, str], ...]


def try_topic(monitor: Monitor, topic: str, *, limit: int) -> tuple[list[Hit], int]:
    """Stored items that `topic` matches as configured now, newest first, and how many were looked at."""
    found: list[Hit] = []
    count = 0
    with monitor.store.reading() as tx:
        for item in tx.items.replay(relevant=True):
            count += 1
            matches = monitor.reader.matcher.match(item.title, tx.items.text(item.id))
            mine = [one for one in matches if one.topic == topic]
            words = tuple({"term": one.term, "words": one.words, "where": one.where} for one in mine)
            if words:
                found.append(Hit(id=item.id, title=item.title, matched=words))
    return found[-limit:][::-1], count


def try_channel(monitor: Monitor, name: str, kind: str, *, dry_run: bool) -> dict[str, object]:
    """Send an invented message to each address by the real path, past the queue; what came of it.

    The value tells of the first address that failed, or else of the first, and of every one in `addresses`. With
    `dry_run` nothing is sent, and it holds the bytes that the first would get. Raises ConfigError for an unknown kind.
    """
    channel = open_channels(monitor.config)[name]
    addresses = build.targets(monitor.config)[name].addresses
    tried: dict[str, object] = {"channel": name, "kind": kind}
    try:
        if dry_run:
            _, body = _worded(monitor, channel, kind, addresses[0])
            return tried | {"content_type": body.content_type, "body": body.content.decode("utf-8", "replace")}
        found: list[dict[str, object]] = []
        for address in addresses:
            if found:
                time.sleep(1 / monitor.config.channels[name].rate)  # not through the queue's limits
            found.append(_sent(monitor, name, channel, kind, address))
    finally:
        channel.close()
    told = next((one for one in found if one["outcome"] != "ok"), found[0])
    return tried | told | {"addresses": found}


def _sent(monitor: Monitor, name: str, channel: Channel, kind: str, address: str) -> dict[str, object]:
    frame, body = _worded(monitor, channel, kind, address)
    context = SendContext(
        id=frame.id,
        address=address,
        attempt=1,
        possible_repeat=False,
        deadline_s=monitor.config.channels[name].timeout.total_seconds(),
        now=frame.now,
    )
    started = time.monotonic()
    outcome = channel.send(body, context)
    return {
        "address": address,
        "outcome": outcome.kind.value,
        "code": outcome.code,
        "detail": outcome.detail,
        "reply": outcome.reply,
        "seconds": time.monotonic() - started,
    }


def _worded(monitor: Monitor, channel: Channel, kind: str, address: str) -> tuple[Frame, Body]:
    voice = build.voice(monitor.config)
    id_ = f"d_test{uuid.uuid4().hex[:12]}"
    frame = Frame(id=id_, address=address, zone=voice.zone, host=voice.host, now=monitor.clock())
    return frame, channel.render(specimen(kind, frame), "rich")
