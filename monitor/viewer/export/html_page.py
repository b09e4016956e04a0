"""One page that holds the timeline and everything it needs: no other file, no request, no script but its own.

Rule: words go in through Jinja's escaping alone; the policy in the page's head allows the one style sheet and the one
script by their hashes and nothing else, so that even words that got past the escaping could not run.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from alerts.visible import counted
from monitor.viewer.export.chronicle import Chronicle, Record, day_of, promised, spoken_day, spoken_period
from monitor.viewer.export.wording import GROUPS, STATES, Side, contradicts, group, headline, sides, word
from monitor.viewer.phrases import local

_PAGE = Path(__file__).parent / "page"
_LANGUAGES = {"az": "Azerbaijani", "en": "English", "ru": "Russian", "tr": "Turkish"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A change as the page shows it."""

    id: str
    at: str  # for programs
    time: str
    word: str
    group: str
    headline: str
    sides: tuple[Side, Side] | None
    contradicts: bool
    quote: str
    url: str
    event: str
    event_title: str  # "" where the headline says the same
    reports: str  # how many the event has
    topics: Sequence[str]
    sources: Sequence[str]
    published: str


def render(chronicle: Chronicle) -> bytes:
    style, script = _asset("page.css"), _asset("page.js")
    page: str = _template().render(
        title=chronicle.title,
        style=style,
        script=script,
        policy=_policy(style, script),
        summary=_summary(chronicle),
        days=list(_days(chronicle)),
        topics=chronicle.topics,
        groups={name: said for name, said in GROUPS.items() if any(group(one) == name for one in chronicle.changes)},
        sources=sorted({source for change in chronicle.changes for source in change["sources"]}),
        promises=[_promise(promise) for promise in chronicle.promises],
        events=[_event(event, chronicle) for event in _newest_first(chronicle)],
        states=STATES,
        left_out=chronicle.left_out,
        count=len(chronicle.changes),
        updated=chronicle.updated_at,
        updated_words=_spoken(chronicle.updated_at, chronicle),
    )
    return page.encode("utf-8", "replace")


@cache
def _template() -> Any:
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string((_PAGE / "page.html").read_text(encoding="utf-8"))


@cache
def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8").strip()


def _policy(style: str, script: str) -> str:
    """Content-Security-Policy: hashes of the exact text between the tags (CSP 3, 6.7.3)."""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _summary(chronicle: Chronicle) -> str:
    sources = {source for change in chronicle.changes for source in change["sources"]}
    told = [
        counted(len(chronicle.changes), "change"),
        counted(len(chronicle.events), "event"),
        counted(len(sources), "source"),
    ]
    days = [local(change["at"], chronicle.zone).date() for change in chronicle.changes]
    return " · ".join([*([_span(days[0], days[-1])] if days else []), *told])


def _span(first: date, last: date) -> str:
    if first == last:
        return spoken_day(first)
    same_year = f"{first.day} {first:%B}" if first.year == last.year else spoken_day(first)
    return f"{same_year} to {spoken_day(last)}"


def _days(chronicle: Chronicle) -> Iterator[Mapping[str, object]]:
    """The days, the newest first, each with its changes; those of one moment by weight."""
    weights = list(GROUPS)
    weighed = sorted(chronicle.changes, key=lambda change: weights.index(group(change)))
    newest = sorted(weighed, key=lambda change: str(change["at"]), reverse=True)
    for day, changes in groupby(newest, key=lambda change: local(change["at"], chronicle.zone).date()):
        listed = [_entry(change, chronicle) for change in changes]
        yield {"iso": day.isoformat(), "name": f"{day:%A}, {spoken_day(day)}", "entries": listed}


def _entry(change: Record, chronicle: Chronicle) -> _Entry:
    at, said = local(change["at"], chronicle.zone), headline(change)
    happened = day_of(change["happened_on"]) if change["happened_on"] else None
    event_title, both = change["event_title"] or "", sides(change)
    return _Entry(
        id=change["id"],
        at=change["at"],
        time=f"{at:%H:%M}",
        word=word(change),
        group=group(change),
        headline=said,
        sides=both,
        contradicts=contradicts(change),
        quote="" if both and any(side.quote for side in both) else change["quote"] or "",
        url=change["url"] or "",
        event=change["event"] or "",
        event_title="" if event_title == said else event_title,
        reports=counted(len(chronicle.reports.get(change["event"], ())), "report"),
        topics=change["topics"],
        sources=change["sources"],
        published=spoken_day(happened) if happened and happened != at.date() else "",
    )


def _promise(promise: Record) -> Mapping[str, object]:
    links = promise["links"]
    return {
        "what": promised(promise),
        "state": promise["state"],
        "dates": [spoken_period(link) for link in links],
        "due": promise["due_latest"],
        "slips": counted(promise["slips"], "slip") if promise["slips"] else "",
        "days": f"{promise['total_days']:+d} days" if promise["total_days"] else "",
        "quote": promise["quote"] or "",
        "source": promise["source"] or "",
        "url": promise["url"] or "",
        "topics": promise["topics"],
        "event": promise["event"] or "",
    }


def _event(event: Record, chronicle: Chronicle) -> Mapping[str, object]:
    reports = chronicle.reports[event["id"]]
    return {
        "id": event["id"],
        "title": event["title"],
        "status": event["status"] or "",
        "count": counted(len(reports), "report"),
        "reports": [_report(item, chronicle) for item in reports],
    }


def _report(item: Record, chronicle: Chronicle) -> Mapping[str, object]:
    at = item["published_at"] or item["first_seen_at"]
    return {
        "title": item["title"] or "(no words are kept)",
        "url": item["url"] or "",
        "source": item["source"] or "",
        "lang": item["language"] or "",
        "language": _LANGUAGES.get(item["language"] or "", item["language"] or ""),
        "at": at,
        "day": spoken_day(local(at, chronicle.zone).date()),
        "copy": bool(item["same_text_as"]),
        "withdrawn": item["withdrawn"],
        "versions": counted(item["revisions"], "version") if item["revisions"] > 1 else "",
    }


def _newest_first(chronicle: Chronicle) -> list[Record]:
    last = {change["event"]: change["at"] for change in chronicle.changes}
    return sorted(chronicle.events.values(), key=lambda event: (last.get(event["id"], ""), event["id"]), reverse=True)


def _spoken(stamp: str | None, chronicle: Chronicle) -> str:
    if stamp is None:
        return ""
    at = local(stamp, chronicle.zone)
    return f"{spoken_day(at.date())}, {at:%H:%M} {at.tzname()}"
