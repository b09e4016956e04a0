"""config.toml -> Config, with every problem reported at once; what has no effect yet is said, not hidden."""

import tomllib
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from monitor.config.problems import broken_references, exposed_secrets, invalid_values
from monitor.config.sections import Config
from storage.errors import ConfigError


def parse_config(text: str, *, path: Path | None = None) -> Config:
    """The configuration in `text`; raises ConfigError with every problem found.

    `path` is the file it came from: named in each problem, and refused when it holds a secret address that other
    users of the machine can read.
    """
    name = str(path) if path else "config.toml"
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    try:
        config = Config.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(*(f"{name}: {line}" for line in invalid_values(error, raw))) from None
    if problems := [*broken_references(config), *exposed_secrets(config, path)]:
        raise ConfigError(*(f"{name}: {line}" for line in problems))
    return config


def load_config(path: Path) -> Config:
    """The configuration in the file `path`; raises ConfigError, also when it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; write one to start from with: salname init {path}") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    return parse_config(text, path=path)


_NOT_YET: tuple[tuple[str, Callable[[Config], bool]], ...] = (
    (
        "topics.window: the window of [linking] holds for every topic",
        lambda config: any(topic.window for topic in config.topics),
    ),
    (
        "polling.max_entries: 5000 entries of a document are read",
        lambda config: "max_entries" in config.polling.model_fields_set,
    ),
)


def unused(config: Config) -> list[str]:
    """What is configured and has no effect in this version, one line each."""
    return [line for line, is_set in _NOT_YET if is_set(config)]
