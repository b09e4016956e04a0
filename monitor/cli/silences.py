"""`salname silences`: what nobody wants to hear of for a while; a running daemon obeys it at its next decision."""

import argparse
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from monitor.cli import Exit
from monitor.cli.asking import event_named, expect_one_of, moment, span, unknown
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError
from storage.reading import Record

_JOKERS = set("*?[")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listed = actions.add_parser("list", help="those in force and to come; --all: those that are over, too")
    for one in (parser, listed):
        one.add_argument("--all", action="store_true", default=argparse.SUPPRESS, help="those that are over, too")
    add = actions.add_parser(
        "add", help="keep quiet what matches all of KEY=PATTERN; the same key twice means either; * stands for anything"
    )
    add.add_argument(
        "matchers", nargs="+", metavar="KEY=PATTERN", help="such as event=7Q2MAAAA, topic=harbours, kind=item.*"
    )
    add.add_argument("--for", dest="span", metavar="SPAN", required=True, help="how long: 2h, 7d")
    add.add_argument("--from", dest="begin", metavar="D", help="a day or a time; default: now")
    add.add_argument("--comment", metavar="TEXT", default="", help="why, for the others")
    add.add_argument("--author", metavar="NAME", help="default: you")
    expire = actions.add_parser("expire", help="end one now; what it kept quiet is not told later")
    expire.add_argument("id", metavar="ID")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "add":
            return _add(options, place, out)
        case "expire":
            return _expire(options.id, place, out)
        case _:
            return _list(place, out, everything=getattr(options, "all", False))


def _list(place: Place, out: Output, *, everything: bool) -> Exit:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.decisions.silences(now=datetime.now(UTC), everything=everything)
    if out.json:
        out.data(found)
    elif found:
        out.table(("silence", "state", "until", "matches", "by", "comment"), [_row(one, place.zone) for one in found])
    else:
        out.remark("Nothing is kept quiet.")
    return Exit.OK


def _row(one: Record, zone: ZoneInfo) -> tuple[str, ...]:
    from monitor.viewer.phrases import minute

    matches = " ".join(f"{matcher['key']}={matcher['pattern']}" for matcher in one["matchers"])
    until = minute(one["expired_at"] or one["ends_at"], zone)
    return one["id"], one["state"], until, matches, one["author"], one["comment"] or ""


def _add(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from alerts.silences import KEYS
    from monitor.cli.alerts_moves import me, writing
    from storage.model import Silence

    matchers = tuple(_matcher(text, KEYS) for text in options.matchers)
    _expect_known(matchers, place)
    now = datetime.now(UTC)
    begin = moment(options.begin, zone=place.zone, option="--from") or now
    silence = Silence(
        id=f"s_{uuid.uuid4().hex[:8]}",
        matchers=matchers,
        starts_at=begin,
        ends_at=begin + span(options.span, option="--for"),
        author=options.author or me(),
        comment=options.comment,
        created_at=now,
    )
    if silence.ends_at <= now:
        raise ConfigError("--from, --for: this silence would be over already")
    with writing(place) as tx:
        tx.outbox.add_silence(silence)
    if out.json:
        out.data(_shown(silence.id, place, now))
    else:
        out.say(f"{silence.id} keeps quiet until {silence.ends_at.astimezone(place.zone):%Y-%m-%d %H:%M}.")
    return Exit.OK


def _expire(silence_id: str, place: Place, out: Output) -> Exit:
    from monitor.cli.alerts_moves import writing

    now = datetime.now(UTC)
    with writing(place) as tx:
        tx.outbox.expire_silence(silence_id, now)
    if out.json:
        out.data(_shown(silence_id, place, now))
    else:
        out.say(f"{silence_id} is over; what it kept quiet is counted in the next digest.")
    return Exit.OK


def _shown(silence_id: str, place: Place, now: datetime) -> Record:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        found = reader.decisions.silences(now=now, everything=True)
    return next(one for one in found if one["id"] == silence_id)


def _expect_known(matchers: Iterable[tuple[str, str]], place: Place) -> None:
    """Raises ConfigError for a pattern that nothing can ever meet: it is a misspelled one."""
    known = _names(place)
    for key, pattern in matchers:
        if key == "event" and not set(pattern) & _JOKERS:
            _expect_event(pattern, place)
        if key in known and not any(fnmatchcase(name.casefold(), pattern.casefold()) for name in known[key]):
            what = "kind of change" if key == "kind" else key
            raise unknown(what, pattern, known[key], see=", ".join(known[key]) or "salname check")


def _names(place: Place) -> dict[str, list[str]]:
    """What the keys can meet whose values stand in the configuration or in the program."""
    from alerts.rules import DEFAULT_ROUTE, SELF_ROUTE
    from monitor.config.values import KINDS
    from storage.model import Importance

    always = {"kind": list(KINDS), "importance": [str(one) for one in Importance]}
    if place.config_path is None:
        return always
    return always | {
        "topic": list(place.topics),
        "channel": place.channels,
        "route": [*place.named("routes"), DEFAULT_ROUTE, SELF_ROUTE],
        "rule": place.named("rules"),
    }


def _expect_event(event: str, place: Place) -> None:
    from storage.reading import opened

    with opened(place.database_path) as reader:
        event_named(event, reader)


def _matcher(text: str, keys: tuple[str, ...]) -> tuple[str, str]:
    key, sign, pattern = text.partition("=")
    if not sign or not pattern.strip():
        raise ConfigError(f'silences add: "{text}" is not KEY=PATTERN, such as topic=harbours')
    expect_one_of(keys, key, what="key of a silence")
    return key, pattern.strip()
