"""config.toml -> Config, with every problem reported at once."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from alerts.visible import clean
from monitor.config.problems import broken_references, exposed_secrets, invalid_values
from monitor.config.remainder import remainder
from monitor.config.sections import Config
from storage.errors import ConfigError


def parse_config(text: str, *, path: Path | None = None) -> Config:
    """The configuration in `text`; raises ConfigError with every problem found.

    `path` is the file it came from: named in each problem, where relative paths begin, and refused when it holds a
    secret address that other users of the machine can read.
    """
    found = _examined(text, path)
    if found.problems:
        raise ConfigError(*found.problems)
    return found.config


def load_config(path: Path) -> Config:
    """The configuration in the file `path`; raises ConfigError, also when it cannot be read."""
    return parse_config(_read(path), path=path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What is sound of a configuration, every problem of the rest, and how a place in it is called in the file."""

    config: Config
    problems: tuple[str, ...]
    placed: Callable[[str], str]


def examine(path: Path) -> Examined:
    """The configuration in the file `path` as far as it is sound; raises ConfigError when it is no TOML."""
    return _examined(_read(path), path)


def _examined(text: str, path: Path | None) -> Examined:
    name = str(path) if path else "config.toml"
    folder = str(path.absolute().parent) if path else None
    problems: list[str] = []
    placed: Callable[[str], str] = str
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    try:
        config = Config.model_validate(raw, context=folder)
        problems += broken_references(config)
    except ValidationError as error:
        left = remainder(raw, folder=folder)
        config, placed = left.config, left.placed
        problems += invalid_values(error, raw)
        problems += map(placed, broken_references(config, known=left.lost))
    problems += exposed_secrets(config, path)
    return Examined(config=config, problems=tuple(clean(f"{name}: {line}") for line in problems), placed=placed)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one to start from with: salname init {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
