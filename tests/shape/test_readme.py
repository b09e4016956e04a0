"""The README and the JSON contract, held against what the program is."""

import argparse
import configparser
import plistlib
import re
import shlex
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from monitor.cli import COMMANDS, Exit, build_parser
from monitor.config.sections import (
    AppriseConfig,
    Conditions,
    Config,
    EmailConfig,
    SlackConfig,
    WebhookConfig,
)
from monitor.config.values import KINDS
from monitor.events.promises import grace
from tests.builders_reading import Shell

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHANNELS = (SlackConfig, WebhookConfig, EmailConfig, AppriseConfig)
KINDS_OF_TIME = ("day", "week", "month", "quarter", "season", "half", "year")
SHAPES = {
    "timeline": "id at happened_on kind event event_title topics item url source summary old new quote",
    "items": "id url title feed source language published_at first_seen_at topics event revisions same_text_as "
    "withdrawn",
    "search itu": "id url title feed source language published_at first_seen_at topics event revisions same_text_as "
    "withdrawn snippet score",
    "events": "id title topics status starts_on ends_on first_seen_at changed_at items sources languages",
    "topics": "id name items events last_item_at",
    "storylines --all": "id title events items first_seen_at changed_at",
    "feeds": "url name health last_poll_at next_poll_at last_status error items etag possible_gap",
    "alerts": "id channel address kind event state attempts next_at done_at reason",
    "alerts --state held": "id change kind summary route channel importance decision reason rule at",
    "channels": "name kind state reason queued oldest_at last_ok_at dead",
}
ONE_THING = {
    "item": (
        "items",
        f"{SHAPES['items']} versions why",
        {"versions": "seen_at title text kind", "why": "at what decision reason", "topics": "id matched"},
    ),
    "event": (
        "events",
        f"{SHAPES['events']} item_list changes claims why",
        {"item_list": SHAPES["items"], "changes": SHAPES["timeline"], "why": "item how score reasons at"},
    ),
    "alerts show": ("alerts", f"{SHAPES['alerts']} changes attempts", {"changes": SHAPES["alerts --state held"]}),
}


@pytest.mark.parametrize("noun", SHAPES)
def test_a_noun_is_a_bare_list_of_objects_with_the_promised_keys(shell: Shell, noun: str) -> None:
    found = shell.json(*noun.split())
    assert found
    assert all(set(SHAPES[noun].split()) <= one.keys() for one in found)


@pytest.mark.parametrize("noun", ONE_THING)
def test_one_thing_is_an_object_with_the_promised_keys(shell: Shell, noun: str) -> None:
    plural, keys, lists = ONE_THING[noun]
    found = shell.json(*noun.split(), shell.json(plural)[0]["id"])
    assert set(keys.split()) <= found.keys()
    for name, inner in lists.items():
        assert found[name], name
        assert all(set(inner.split()) <= one.keys() for one in found[name])


def test_status_is_one_object(shell: Shell) -> None:
    wanted = {"running", "pid", "ok", "feeds", "failing", "last_poll_at", "next_poll_at", "queued", "in_doubt", "dead"}
    assert wanted <= shell.json("status", code=1).keys()


def test_instants_are_utc_and_ids_are_text(shell: Shell) -> None:
    for noun in SHAPES:
        for key, value in pairs(shell.json(*noun.split())):
            if key.endswith("_at") or key == "at":
                assert value is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value), (noun, key)
            if key.endswith("_on"):
                assert value is None or re.fullmatch(r"\d{4}-\d\d-\d\d", value), (noun, key)
            if key in {"id", "item", "event", "same_text_as"}:
                assert value is None or isinstance(value, str), (noun, key)


def pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from pairs(one)
    if isinstance(value, dict):
        for key, one in value.items():
            yield key, one
            yield from pairs(one)


def test_the_exit_codes_are_told() -> None:
    line = README[README.index("Exit codes:") :].partition("\n\n")[0]
    assert {int(code) for code in re.findall(r"\b(\d+) [a-z]", line)} == set(Exit) - {Exit.INTERRUPTED}


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"completion"}))
def test_every_command_stands_in_the_table(command: str) -> None:
    rows = [line for line in README.splitlines() if line.startswith("| `salname ")]
    assert any(f"`salname {command}" in row for row in rows)


def test_every_command_of_the_readme_is_one_and_has_the_options_it_shows() -> None:
    found = list(shown_commands())
    assert len(found) > 20
    for words in found:
        parser = build_parser(words[0])
        assert words[0] in COMMANDS, words
        known = set(options_of(parser, words))
        assert {word for word in words if word.startswith("--")} <= known, words


def shown_commands() -> Iterator[list[str]]:
    """The words behind each `salname` in shell blocks and in code between back-ticks."""
    blocks = "\n".join(re.findall(r"```(?:sh|ini)\n(.*?)```", README, re.DOTALL))
    inline = "\n".join(re.findall(r"`([^`\n]+)`", README))
    for text in re.findall(r"\bsalname ((?:[a-z]|--)[^`#&|\n]*)", f"{blocks}\n{inline}".replace("\\|", " ")):
        words = [word.strip("[]…") for word in shlex.split(text, comments=True)]
        if words and words[0] in {"--version", "COMMAND"}:
            continue
        yield [word for word in words if word]


def options_of(parser: argparse.ArgumentParser, words: list[str]) -> Iterator[str]:
    """The options of a parser, of the command that the words name, and of its actions."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for name, child in action.choices.items():
                if name == words[0] or name in words[1:] or len(words) == 1:
                    yield from options_of(child, words)


def test_every_key_of_the_configuration_stands_with_its_default() -> None:
    told = set(
        re.findall(r"^\| `([^`]+)` \| (?:`([^`]*)`|(required|none)) \|", section("## Configuration"), re.MULTILINE)
    )
    rows = {(key, default or word) for key, default, word in told}
    wanted = list(keys_of(Config))
    assert len(wanted) > 60
    assert [one for one in wanted if one not in rows] == []


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda model: model.__name__)
def test_every_key_of_a_channel_stands_with_its_default(channel: type[BaseModel]) -> None:
    (kind,) = get_args(channel.model_fields["kind"].annotation)
    text = README[README.index(f'`[channels.NAME]` with `kind = "{kind}"`') :].partition("####")[0]
    rows = set(re.findall(r"^\| `([^`]+)` \| `?([^`|]*?)`? \|", text, re.MULTILINE))
    assert [one for one in keys_of(channel) if one not in rows] == []


def test_every_kind_of_change_is_told() -> None:
    table = README[README.index("| kinds | told when |") :].partition("\n\n")[0]
    told = [kind for row in table.splitlines()[2:] for kind in re.findall(r"`([a-z_.]+)`", row.split("|")[1])]
    assert sorted(told) == sorted(KINDS)


def test_the_services_start_the_daemon_as_it_may_be_started() -> None:
    (unit,) = re.findall(r"```ini\n(.*?)```", section("## Operation"), re.DOTALL)
    service = configparser.ConfigParser(interpolation=None)
    service.optionxform = str  # type: ignore[assignment,method-assign]  # names of systemd have capitals
    service.read_string(unit)
    (agent,) = re.findall(r"```xml\n(.*?)```", section("## Operation"), re.DOTALL)
    for command in (shlex.split(service["Service"]["ExecStart"]), plistlib.loads(agent.encode())["ProgramArguments"]):
        assert Path(command[0]).name == "salname"
        assert build_parser(command[1]).parse_args(command[1:]).command == "run"
    never_again = service["Service"]["RestartPreventExitStatus"].split()
    assert {Exit(int(code)) for code in never_again} == {Exit.USAGE, Exit.BUSY}


def test_the_grace_of_each_promise_is_the_one_that_is_told() -> None:
    rows = re.findall(r"^\| (an? .+) \| (\d+) days \|$", section("## Promises"), re.MULTILINE)
    told = {kind: int(days) for kinds, days in rows for kind in re.findall(r"\w+", kinds) if kind in KINDS_OF_TIME}
    assert told == {kind: grace(kind) for kind in KINDS_OF_TIME}
    assert "| a month, or a period such as" in section("## Promises")
    assert grace("range") == told["month"]


def section(heading: str) -> str:
    return README[README.index(heading) :].partition("\n## ")[0]


def keys_of(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Each key with its default as it is written in TOML; conditions stand once, behind `when`."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        models = [one for one in models_in(field.annotation) if one not in CHANNELS]
        if models == [Conditions]:
            yield from keys_of(Conditions)
        elif models and key == "set":
            yield from ((f"set.{inner}", default) for inner, default in keys_of(models[0]))
        elif models:
            yield from keys_of(models[0])
        elif key != "channels" or model is not Config:
            yield key, "required" if field.is_required() else spelled(field.get_default())


def models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for inner in get_args(annotation) for one in models_in(inner)]


def spelled(value: object) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case timedelta():
            seconds = int(value.total_seconds())
            unit, size = next((u, n) for u, n in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)) if seconds % n == 0)
            return f'"{seconds // size}{unit}"'
        case time():
            return f'"{value:%H:%M}"'
        case list() | tuple():
            return f"[{', '.join(map(spelled, value))}]"
        case dict():
            return "{}"
        case _:
            return str(value)
