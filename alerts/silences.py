"""What a silence keeps quiet: pairs of a key and a pattern, as a person writes them on the command line.

Rule: patterns of one key are alternatives and every key must be met, so that a further key narrows a silence and never
widens it. Pure.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from storage.model import Alert, Change, Silence

# What may be silenced, and by which word.
KEYS = ("event", "topic", "kind", "source", "title", "channel", "route", "rule", "importance", "label", "lang")


def silenced_by(
    silences: Iterable[Silence],
    alert: Alert,
    change: Change,
    *,
    title: str = "",
    sources: Iterable[str] = (),
    lang: str | None = None,
) -> str:
    """The id of the first silence that covers the alert, or an empty string."""
    said: Mapping[str, Iterable[str]] = {
        "event": (change.event_id or "",),
        "topic": change.topics,
        "kind": (change.kind,),
        "source": sources,
        "title": (title, str(change.payload.get("event_title") or "")),
        "channel": (alert.channel,),
        "route": (alert.route,),
        "rule": (alert.rule,),
        "importance": (str(alert.importance),),
        "label": alert.labels,
        "lang": (lang or "",),
    }
    return next((one.id for one in silences if covers(one, said)), "")


def covers(silence: Silence, said: Mapping[str, Iterable[str]]) -> bool:
    """Whether each key of the silence is met by one of the values given for it; a key that is unknown never is."""
    wanted: dict[str, list[str]] = {}
    for key, pattern in silence.matchers:
        wanted.setdefault(key, []).append(pattern.casefold())
    return bool(wanted) and all(
        any(fnmatchcase(value.casefold(), pattern) for value in said.get(key, ()) if value for pattern in patterns)
        for key, patterns in wanted.items()
    )
