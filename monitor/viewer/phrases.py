"""The words of both viewers, the terminal's and the pipe's: instants, counts, lines about items and events.

Rule: nothing is imported that a pipe does not need; text of the world leaves here cleaned.
"""

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from alerts.visible import clean, counted

Record: TypeAlias = Mapping[str, Any]

NO_WORDS = "(no words are kept)"
SEPARATOR = "  ·  "


def local(stamp: str, zone: ZoneInfo) -> datetime:
    """An instant of the JSON contract in the reader's zone."""
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).astimezone(zone)


def spoken(stamp: str, zone: ZoneInfo) -> str:
    """For a sentence: 17 Nov 2025 20:00."""
    return f"{local(stamp, zone):%-d %b %Y %H:%M}"


def minute(stamp: str | None, zone: ZoneInfo, *, absent: str = "never") -> str:
    """For a column: 2025-11-17 20:00."""
    return f"{local(stamp, zone):%Y-%m-%d %H:%M}" if stamp else absent


def day(stamp: str | None, zone: ZoneInfo, *, absent: str = "-") -> str:
    """For a column: 2025-11-17."""
    return f"{local(stamp, zone):%Y-%m-%d}" if stamp else absent


def way_out(feed: Record) -> str | None:
    """What a person can do about a feed that is held; None where nothing of it is."""
    if not feed["held"]:
        return None
    if feed["held"]["released"]:
        return "a person released it: its next poll tells them"
    return (
        "its next poll takes in silence what is still there; to be told of it as news: "
        f"salname alerts release --feed {shlex.quote(clean(feed['name']))}"
    )


def title_of(item: Record) -> str:
    return clean(item["title"] or "") or NO_WORDS


def item_facts(item: Record, zone: ZoneInfo) -> str:
    facts = [f"item {item['id']}", clean(item["source"] or ""), item["language"] or ""]
    if item["published_at"]:
        facts.append(f"published {spoken(item['published_at'], zone)}")
    facts.append(f"first seen {spoken(item['first_seen_at'], zone)}")
    if item["event"]:
        facts.append(f"event {item['event']}")
    return SEPARATOR.join(filter(None, [*facts, *_marks(item)]))


def report_facts(item: Record, zone: ZoneInfo) -> str:
    """What stands below an item in the list of its event."""
    at = spoken(item["published_at"] or item["first_seen_at"], zone)
    facts = [f"item {item['id']}", clean(item["source"] or ""), item["language"] or "", at, *_marks(item)]
    if item["revisions"] > 1:
        facts.append(counted(item["revisions"], "version"))
    return SEPARATOR.join(filter(None, facts))


def event_facts(event: Record, zone: ZoneInfo) -> str:
    held = [counted(event["items"], "item"), counted(len(event["sources"]), "source"), " ".join(event["languages"])]
    seen = [f"first seen {spoken(event['first_seen_at'], zone)}", f"changed {spoken(event['changed_at'], zone)}"]
    facts = [event["id"], " ".join(f"#{topic}" for topic in event["topics"]), ", ".join(filter(None, held))]
    return SEPARATOR.join(filter(None, [*facts, ", ".join(seen)]))


def pieces(item: Record) -> Iterator[tuple[str, bool]]:
    """The snippet of a found item in pieces, cleaned, blanks between them kept: (words, whether they are a hit)."""
    end = 0
    for start, stop in item["hits"]:
        yield from ((_kept(item["snippet"][end:start]), False), (_kept(item["snippet"][start:stop]), True))
        end = stop
    yield _kept(item["snippet"][end:]), False


def _kept(words: str) -> str:
    before, after = " " if words[:1].isspace() else "", " " if words[-1:].isspace() else ""
    return f"{before}{clean(words)}{after}" if words.strip() else before


def topics_of(item: Record) -> Iterator[tuple[str, str]]:
    """Each topic of an item with the words that matched: ("#harbours", "“ferry”")."""
    for topic in item["topics"]:
        yield f"#{topic['id']}", ", ".join(f"“{clean(word)}”" for word in topic["matched"])


def version_head(version: Record, zone: ZoneInfo) -> str:
    marker = f", marked “{clean(version['marker'])}” by its outlet" if version["marker"] else ""
    seen = f"seen {spoken(version['seen_at'], zone)}, {clean(version['source'])}"
    return f"{version['n']}. {version['kind']}, {seen}{marker}"


def decision(one: Record) -> tuple[str, str, str]:
    """A line of `--why` in three parts: what was decided on, the decision, its score and reason."""
    joined = one.get("score") and not one["decision"].startswith("founded")
    said = f" at {one['score']:.2f}" if joined else ""
    said += f": {clean(one['reason'])}" if one["reason"] else ""
    return f"{one['what']:<8}", one["decision"], said


def where_and_when(one: Record, zone: ZoneInfo) -> str:
    """The feed and the time of a decision, in brackets."""
    tail = ", ".join(filter(None, (clean(one["feed"] or ""), spoken(one["at"], zone) if one["at"] else "")))
    return f"  ({tail})" if tail else ""


def link_reason(one: Record, zone: ZoneInfo) -> str:
    """Why an item stands in its event; `decided` names another one that the linker chose and a person changed."""
    if chosen := one.get("decided"):
        return f"a person put it here; the linker chose {chosen}: {_linked(one, zone)}"
    return _linked(one, zone)


def _linked(one: Record, zone: ZoneInfo) -> str:
    if one["how"] == "founded":
        nearest = f": the nearest other event reached {one['score']:.2f}" if one["score"] else ""
        return f"founded it{nearest}  ({spoken(one['at'], zone)})"
    reasons = ", ".join(f"{label} {score:.2f}" for label, score in one["reasons"])
    return f"{one['how']} at {one['score']:.2f}{': ' + reasons if reasons else ''}  ({spoken(one['at'], zone)})"


def _marks(item: Record) -> Iterator[str]:
    if item["same_text_as"]:
        yield f"same text as item {item['same_text_as']}"
    if item["withdrawn"]:
        yield "withdrawn"
