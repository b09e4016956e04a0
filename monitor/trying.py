"""Trying things out without waiting for news: a topic on what is stored, a channel with an invented message."""

import time
import uuid
from dataclasses import dataclass
from datetime import datetime

from alerts.channels import SendContext
from alerts.message import ChangeNote, EventNote, ItemNote, Notification
from monitor import build
from monitor.app import Monitor
from storage.model import Importance


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


def try_channel(monitor: Monitor, name: str, *, dry_run: bool) -> dict[str, object]:
    """Send an invented message by the real path, past the queue; what came of it.

    With `dry_run` nothing is sent, and the value holds the bytes that would be.
    """
    channel = build.channels(monitor.config)[name]
    note = _invented(monitor, monitor.planner.targets[name].addresses[0], monitor.clock())
    body = channel.render(note, "rich")
    if dry_run:
        return {"channel": name, "content_type": body.content_type, "body": body.content.decode("utf-8", "replace")}
    seconds = monitor.config.channels[name].timeout.total_seconds()
    context = SendContext(
        id=note.id, address=note.address, attempt=1, possible_repeat=False, deadline_s=seconds, now=note.made_at
    )
    started = time.monotonic()
    try:
        outcome = channel.send(body, context)
    finally:
        channel.close()
    return {
        "channel": name,
        "outcome": outcome.kind.value,
        "code": outcome.code,
        "detail": outcome.detail,
        "reply": outcome.reply,
        "seconds": time.monotonic() - started,
    }


def _invented(monitor: Monitor, address: str, now: datetime) -> Notification:
    """A message that nobody can take for news."""
    voice = build.voice(monitor.config)
    title = "Test message from Salname: nothing has happened"
    event = EventNote(
        id="TESTTEST",
        title=title,
        topics=("test",),
        revision=1,
        previous_notified_revision=None,
        previous_notified_at=None,
        first_seen_at=now,
        item_count=1,
        source_count=1,
    )
    change = ChangeNote(
        id="c_test", kind="event.created", key="", summary=title, text="If you can read this, the channel works."
    )
    item = ItemNote(
        id=0,
        title="An invented headline",
        url="https://example.org/",
        source="Salname",
        published_at=now,
        published_on=now.date(),
        language="en",
        content_hash=None,
    )
    return Notification(
        id=f"d_test{uuid.uuid4().hex[:12]}",
        address=address,
        kind="event.created",
        importance=Importance.NORMAL,
        rule="",
        route="test",
        event=event,
        topics=event.topics,
        headline=title,
        changes=(change,),
        items=(item,),
        sequence=1,
        at=now,
        made_at=now,
        zone=voice.zone,
        link=None,
        host=voice.host,
    )
