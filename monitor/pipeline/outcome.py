"""What a poll did, in the terms of the feed's memory and of its log."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.events.timeline import noted
from monitor.feeds.fetch import Failed, Fetched, FetchResult, NotModified
from monitor.feeds.health import HealthNote
from monitor.feeds.schedule import DocumentTraits, PollFacts
from monitor.pipeline.prepare import PreparedEntry
from monitor.pipeline.read import Reading
from monitor.pipeline.tell import Transitions
from storage.model import Change, Feed, FetchRecord, Plan, Verdict, VerdictKind

NEW = frozenset({VerdictKind.NEW, VerdictKind.SAME_TEXT})
_REVISED = frozenset({VerdictKind.REVISED, VerdictKind.REVERTED, VerdictKind.FLAPPING, VerdictKind.FILLED})


def notes_as_changes(
    transitions: Transitions, feed: Feed, notes: Iterable[HealthNote], *, now: datetime
) -> list[Change]:
    """Health notes as changes of the timeline; the same transition may come again."""
    return [
        noted(
            note.kind,
            feed_id=feed.id,
            key=note.key,
            summary=note.summary,
            at=now,
            nth=transitions(f"feed:{feed.id}", note.kind, note.key, "", ""),
            payload={"feed": feed.name},
        )
        for note in notes
    ]


def notes_of(reading: Reading, verdicts: Sequence[Verdict], *, was_held: bool) -> list[HealthNote]:
    """What a document shows of its feed beyond its health: held back, or renamed as a whole."""
    name, held = reading.feed.name, sum(one.kind is VerdictKind.HELD for one in verdicts)
    notes = []
    if held and not was_held:
        notes.append(
            HealthNote(
                kind="system.feed_held",
                key=f"held:{reading.at.isoformat()}",
                summary=f"{name} looks renumbered: {held} items are held until the next poll confirms them",
            )
        )
    if any(one.via == "rekey" for one in verdicts):
        notes.append(
            HealthNote(
                kind="system.feed_rekeyed",
                key=f"rekeyed:{reading.at.isoformat()}",
                summary=f"{name} has given its items new ids; they are recognised by their titles",
            )
        )
    return notes


def poll_facts(reading: Reading, traits: DocumentTraits | None, *, truncated: bool, many_moving: bool) -> PollFacts:
    match reading.result:
        case Failed() as failed:
            return PollFacts(
                kind="failed",
                status=failed.status,
                failure=failed.kind.value,
                error=failed.detail,
                retry_after_s=_since_start(failed.retry_after_s, reading),
                fresh_s=_since_start(failed.fresh_s, reading),
                offline=reading.offline,
                host_failures=reading.host_failures,
            )
        case NotModified() as same:
            return PollFacts(
                kind="not_modified",
                status=304,
                fresh_s=_since_start(same.fresh_s, reading),
                etag=same.etag,
                last_modified=same.last_modified,
                final_url=same.final_url,
                permanent_to=same.permanent_to,
                unconditional=reading.unconditional,
                many_moving=many_moving,
            )
        case Fetched() as fetched:
            return PollFacts(
                kind="fetched" if traits is not None else "unchanged",
                status=fetched.status,
                fresh_s=_since_start(fetched.fresh_s, reading),
                etag=fetched.etag,
                last_modified=fetched.last_modified,
                final_url=fetched.final_url,
                permanent_to=fetched.permanent_to,
                body_hash=reading.body_hash,
                matching_hash=reading.matching_hash,
                unconditional=reading.unconditional,
                keep_validators=truncated,
                document=traits,
                many_moving=many_moving,
            )


def _since_start(seconds: float | None, reading: Reading) -> float | None:
    """A wait that a server named in its answer, counted from the start of the poll as due times are."""
    return seconds + reading.duration_s if seconds else seconds


def fetch_record(reading: Reading, verdicts: Sequence[Verdict] = ()) -> FetchRecord:
    outcome, status, error = _ended(reading.result)
    new = sum(one.kind in NEW for one in verdicts)
    revised = sum(one.kind in _REVISED for one in verdicts)
    return FetchRecord(
        at=reading.at,
        outcome="new" if new or revised else outcome,
        http_status=status,
        byte_count=reading.byte_count,
        entry_count=reading.document.entry_total if reading.document else 0,
        new_count=new,
        revised_count=revised,
        error=error,
        duration_s=reading.duration_s,
    )


def _ended(result: FetchResult) -> tuple[str, int | None, str | None]:
    match result:
        case Failed():
            return "failed", result.status, result.detail
        case NotModified():
            return "not_modified", 304, None
        case Fetched():
            return "unchanged", result.status, None


def outline(plan: Plan) -> Plan:
    """What is decided, without the words: of a first poll of many feeds they would fill the memory."""
    return replace(plan, keys={}, sightings=(), revisions=(), analyses={}, event_states=(), members=(), term_counts={})


def unstored(reading: Reading, plan: Plan) -> dict[int, PreparedEntry]:
    """The entries of which a plan stores nothing although it judges them, by their positions: held, skipped, buried."""
    places = {one.position for one in plan.verdicts if one.item_id is None}
    return {place: entry for place, entry in reading.entries.items() if place in places}
