"""What is left of a configuration when everything that is wrong was taken out of it, so that the rest can be checked.

Rule: a problem must not hide another one, and taking something out must not make a new one: whatever bore a name still
counts as known, and the places that are named are those of the file.
"""

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.config.sections import Config

_ROUNDS = 20  # what is taken out may make a required key missing; few rounds later nothing is left to take
_NAMES = ("id", "name", "url")

_Path: TypeAlias = tuple[str | int, ...]


@dataclass(slots=True)
class Remainder:
    """A valid configuration, where its tables stood in the file, and the names that were lost with the others."""

    config: Config
    places: dict[str, list[int]]  # by section: of each table that is left, its number in the file
    lost: set[str] = field(default_factory=set)

    def placed(self, problem: str) -> str:
        """A problem of what is left, with the numbers of the file."""

        def number(found: re.Match[str]) -> str:
            places = self.places.get(found["section"], [])
            place = int(found["place"]) - 1
            return f"{found['section']}[{places[place]}]" if place < len(places) else found[0]

        return re.sub(r"\b(?P<section>[a-z]+)\[(?P<place>\d+)\]", number, problem)


def remainder(raw: Mapping[str, Any], *, folder: str | None) -> Remainder:
    """Take out what pydantic refuses until it refuses nothing."""
    left = copy.deepcopy(dict(raw))
    places = {name: list(range(1, len(part) + 1)) for name, part in left.items() if isinstance(part, list)}
    found = Remainder(Config(), places)
    for _ in range(_ROUNDS):
        try:
            found.config = Config.model_validate(left, context=folder)
        except ValidationError as error:
            doomed = {_doomed(detail, left) for detail in error.errors(include_url=False)}
            for path in sorted(doomed, key=_order, reverse=True):  # the last of a list first: places stay true
                _take_out(path, left, found)
        else:
            return found
    return Remainder(Config(), {}, found.lost)


def _doomed(detail: ErrorDetails, raw: dict[str, Any]) -> _Path:
    """The smallest part that the rest can do without: a key, or the table that lacks one."""
    here: Any = raw
    path: list[str | int] = []
    for step in detail["loc"]:
        is_there = step in here if isinstance(here, dict) else isinstance(here, list) and step in range(len(here))
        if is_there:  # not a step that pydantic adds for a union, nor the key that is missing
            here = here[step]
            path.append(step)
    return tuple(path)


def _order(path: _Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(step, int), step if isinstance(step, int) else 0, str(step)) for step in path]


def _take_out(path: _Path, raw: dict[str, Any], found: Remainder) -> None:
    here: Any = raw
    for step in path[:-1]:
        here = here[step]
    if not path or (isinstance(here, dict) and path[-1] not in here):
        return
    gone = here.pop(path[-1])
    if len(path) != 2:
        return
    section, name = path
    if isinstance(name, int):
        found.places[str(section)].pop(name)
    else:
        found.lost.add(name)
    if isinstance(gone, dict):
        found.lost.update(str(gone[key]) for key in _NAMES if key in gone)
