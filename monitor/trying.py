"""Trying things out without waiting for news: a topic on what is stored, a channel with an invented message."""

import time
import uuid
from dataclasses import dataclass

from alerts.channels import SendContext
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
    """Send an invented message by the real path, past the queue; what came of it.

    With `dry_run` nothing is sent, and the value holds the bytes that would be. Raises ConfigError for an unknown kind.
    """
    channel = open_channels(monitor.config)[name]
    voice, now = build.voice(monitor.config), monitor.clock()
    address = build.targets(monitor.config)[name].addresses[0]
    frame = Frame(id=f"d_test{uuid.uuid4().hex[:12]}", address=address, zone=voice.zone, host=voice.host, now=now)
    body = channel.render(specimen(kind, frame), "rich")
    tried: dict[str, object] = {"channel": name, "kind": kind}
    if dry_run:
        return tried | {"content_type": body.content_type, "body": body.content.decode("utf-8", "replace")}
    seconds = monitor.config.channels[name].timeout.total_seconds()
    context = SendContext(id=frame.id, address=address, attempt=1, possible_repeat=False, deadline_s=seconds, now=now)
    started = time.monotonic()
    try:
        outcome = channel.send(body, context)
    finally:
        channel.close()
    return tried | {
        "outcome": outcome.kind.value,
        "code": outcome.code,
        "detail": outcome.detail,
        "reply": outcome.reply,
        "seconds": time.monotonic() - started,
    }
