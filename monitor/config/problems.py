"""What pydantic finds wrong, said with key paths and nearest keys; and names that lead nowhere."""

import difflib
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.config.sections import Conditions, Config
from monitor.config.values import KINDS, LANGUAGES
from storage.addresses import shown


def invalid_values(error: ValidationError, raw: dict[str, Any]) -> Iterator[str]:
    """One line for each value that has the wrong type, is missing or is unknown."""
    found: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False):
        found.setdefault(_key_path(detail, raw), []).append(_what(detail))
    for path, whats in found.items():
        if len(whats) > 1 and all(what.startswith(_MUST_BE) for what in whats):
            yield f"{path}: {_MUST_BE}{' or '.join(what.removeprefix(_MUST_BE) for what in whats)}"
        else:
            yield from (f"{path}: {what}" for what in whats)


def _key_path(detail: ErrorDetails, raw: dict[str, Any]) -> str:
    """`feeds[2].url`, counted from 1; steps that pydantic adds for unions are left out."""
    path = ""
    here: object = raw
    location = detail["loc"]
    for place, step in enumerate(location):
        last = place == len(location) - 1
        if isinstance(step, int):
            path += f"[{step + 1}]"
            here = here[step] if isinstance(here, list) and step < len(here) else {}
        elif (isinstance(here, Mapping) and step in here) or (last and detail["type"] == "missing"):
            path += f".{step}" if path else step
            here = here[step] if isinstance(here, Mapping) and step in here else {}
    return path


def _what(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "no such key" + _nearest(str(detail["loc"][-1]), _keys_at(detail["loc"][:-1]))
    if kind in _EXPECTED:
        return _EXPECTED[kind].format(*context.values(), **context)
    message = detail["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


_MUST_BE = "must be "
_EXPECTED = {  # with what pydantic knows of it
    "missing": "is required",
    "literal_error": "must be {}",
    "union_tag_not_found": "kind is required: slack, webhook, email or apprise",
    "union_tag_invalid": 'kind must be "slack", "webhook", "email" or "apprise"',
    "greater_than_equal": "must be at least {}",
    "greater_than": "must be above {}",
    "less_than_equal": "must be at most {}",
    "less_than": "must be below {}",
    "too_short": "must hold at least {min_length}",
    "string_pattern_mismatch": 'must be a short name of small letters, digits and hyphens, as in "my-topic"',
    "string_type": "must be a text in quotes",
    **dict.fromkeys(("tuple_type", "list_type"), 'must be a list, as in ["a", "b"]'),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "must be a section with keys of its own"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
}


def _keys_at(location: tuple[int | str, ...]) -> list[str]:
    """The valid keys of the section that `location` leads to."""
    here: Any = Config
    for step in location:
        models = [one for one in _models(here) if isinstance(step, str)]
        named = [
            one.model_fields[name]
            for one in models
            for name in one.model_fields
            if step in (name, one.model_fields[name].alias)
        ]
        tagged = [
            one
            for one in models
            if "kind" in one.model_fields and get_args(one.model_fields["kind"].annotation) == (step,)
        ]
        if named:
            here = named[0].annotation
        elif tagged:
            here = tagged[0]
    return [field.alias or name for one in _models(here) for name, field in one.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is None:
        return []
    return [one for part in get_args(annotation) for one in _models(part)]


def _nearest(word: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f'; did you mean "{found[0]}"?' if found else ""


def broken_references(config: Config, *, known: Iterable[str] = ()) -> Iterator[str]:
    """One line for each name that leads nowhere, stands twice, or contradicts another key.

    `known` names lead somewhere, whatever the configuration says.
    """
    known = frozenset(known)
    for problem in _broken_references(config):
        if not (isinstance(problem, _Astray) and problem.name in known):
            yield str(problem)


@dataclass(frozen=True, slots=True)
class _Astray:
    """A name that leads nowhere."""

    name: str
    said: str

    def __str__(self) -> str:
        return self.said


def _broken_references(config: Config) -> Iterator[str | _Astray]:
    yield from _doubles("feeds", "url", [feed.url for feed in config.feeds])
    yield from _pages(config)
    yield from _doubles("topics", "id", [topic.id for topic in config.topics])
    yield from _doubles("routes", "name", [route.name for route in config.routes])
    topics = [topic.id for topic in config.topics]
    for place, feed in enumerate(config.feeds, 1):
        yield from _unknown(f"feeds[{place}].topics", feed.topics, topics, "topic")
        yield from _unknown(f"feeds[{place}].assume", feed.assume, config.terms, "group of terms")
    for place, topic in enumerate(config.topics, 1):
        yield from _unknown(f"topics[{place}].must", topic.must, config.terms, "group of terms")
        if not (topic.must or topic.any or topic.enough):
            yield f"topics[{place}] ({topic.id}): would match nothing; give must, any or enough"
    yield from _languages(config)
    for place, route in enumerate(config.routes, 1):
        yield from _unknown(f"routes[{place}].channels", route.channels, config.channels, "channel")
        yield from _astray(f"routes[{place}].when", route.when, topics)
        yield from _unknown(
            f"routes[{place}].quiet", [route.quiet] if route.quiet else [], config.quiet, "quiet section"
        )
    for place, rule in enumerate(config.rules, 1):
        yield from _astray(f"rules[{place}].when", rule.when, topics)
    for place, one in enumerate(config.inhibit, 1):
        yield from _astray(f"inhibit[{place}].source", one.source, topics)
        yield from _astray(f"inhibit[{place}].target", one.target, topics)
    yield from _unknown("alerts.self_alert_channels", config.alerts.self_alert_channels, config.channels, "channel")
    yield from _unknown("export.topics", config.export.topics, topics, "topic")
    for name, channel in config.channels.items():
        yield from _unknown(
            f"channels.{name}.fallback", [channel.fallback] if channel.fallback else [], config.channels, "channel"
        )
        if (
            channel.kind == "email"
            and channel.tls == "none"
            and not channel.insecure_plaintext
            and not _loopback(channel.host)
        ):
            yield (
                f'channels.{name}.tls: "none" would send mail in the clear to {channel.host}; '
                'use "starttls", or set insecure_plaintext = true'
            )
    yield from _endless(config)
    if config.polling.floor > config.polling.ceiling:
        yield "polling.floor: is above polling.ceiling"


def _astray(path: str, when: Conditions, topics: list[str]) -> Iterator[_Astray]:
    """A condition that nothing can ever meet is a misspelled one."""
    yield from _unknown(f"{path}.topic", when.topic, topics, "topic")
    never = [pattern for pattern in when.kind if not any(fnmatchcase(kind, pattern) for kind in KINDS)]
    families = {f"{kind.partition('.')[0]}.*": None for kind in KINDS}
    yield from _unknown(f"{path}.kind", never, (*KINDS, *families), "kind of change")


def _pages(config: Config) -> Iterator[str | _Astray]:
    yield from _doubles("pages", "url", [page.url for page in config.pages])
    topics, feeds = [topic.id for topic in config.topics], {feed.url for feed in config.feeds}
    for place, page in enumerate(config.pages, 1):
        yield from _unknown(f"pages[{place}].topics", page.topics, topics, "topic")
        if page.url in feeds:
            yield f"pages[{place}].url: {shown(page.url)} is one of the feeds already"


def _endless(config: Config) -> Iterator[str]:
    for name, hours in config.quiet.items():
        if hours.from_ == hours.to:
            yield f"quiet.{name}.to: is the same time as from; quiet hours that never end would hold everything"


def _loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _languages(config: Config) -> Iterator[_Astray]:
    for group, by_language in config.terms.items():
        yield from _unknown(f"terms.{group}", by_language, LANGUAGES, "language")
    for place, topic in enumerate(config.topics, 1):
        for key, words in (("any", topic.any), ("enough", topic.enough), ("not", topic.not_)):
            if isinstance(words, dict):
                yield from _unknown(f"topics[{place}].{key}", words, LANGUAGES, "language")


def _doubles(section: str, key: str, values: list[str]) -> Iterator[str]:
    seen: dict[str, int] = {}
    for place, value in enumerate(values, 1):
        if value in seen:
            yield f'{section}[{place}].{key}: "{shown(value)}" stands in {section}[{seen[value]}] already'
        seen.setdefault(value, place)


def _unknown(path: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[_Astray]:
    known = list(known)
    for name in names:
        if name not in known:
            yield _Astray(name, f'{path}: there is no {what} "{name}"{_nearest(name, known)}')


def exposed_secrets(config: Config, path: Path | None) -> Iterator[str]:
    """One line for each secret that stands in a file which every user of the machine can read."""
    if path is None or not path.stat().st_mode & stat.S_IROTH:
        return
    for name, channel in config.channels.items():
        if channel.kind == "slack" and channel.url:
            yield (
                f"channels.{name}.url: a Slack address is a secret and every user can read this file; "
                f"use url_env, or run: chmod o-r {path}"
            )
