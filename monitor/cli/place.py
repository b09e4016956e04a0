"""Where this run finds its configuration and its database, without validating the one or opening the other.

Commands that only read must start fast: they take what they need from the TOML as it is.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from storage.errors import ConfigError

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The configuration file (None if there is none) and the TOML in it, unchecked."""

    config_path: Path | None
    raw: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, given: str | None) -> Self:
        """The configuration that --config, SALNAME_CONFIG, ./config.toml or the user's folder names, in this order."""
        named = given or os.environ.get("SALNAME_CONFIG")
        path = Path(named).expanduser() if named else _found()
        if path is None:
            return cls(config_path=None)
        try:
            return cls(config_path=path, raw=tomllib.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            if not given:
                raise ConfigError(f"SALNAME_CONFIG names {path}, which does not exist") from None
            raise ConfigError(f"{path}: no such file; write one to start from with: salname init {path}") from None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError(f"{path}: cannot be read: {reason}") from None
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: not valid TOML: {error}") from None

    @property
    def required_config(self) -> Path:
        """The configuration file; raises ConfigError that names `init` when there is none."""
        if self.config_path is None:
            raise ConfigError("there is no config.toml here; write one to start from with: salname init")
        return self.config_path

    @property
    def database_url(self) -> str:
        """SALNAME_DATABASE, [storage] url, or a SQLite file in the platform's data folder.

        A relative path in the variable is seen from here, one in the configuration from its file.
        """
        given, folder = os.environ.get("SALNAME_DATABASE"), Path()
        if not given:
            given = self._string("storage", "url")
            folder = self.config_path.parent if self.config_path else folder
        if given is None:
            import platformdirs

            given = str(Path(platformdirs.user_data_dir("salname", appauthor=False)) / "salname.db")
        path = given.removeprefix(_SQLITE)
        return given if "://" in path else f"{_SQLITE}{(folder / Path(path).expanduser()).absolute()}"

    @property
    def database_path(self) -> Path:
        """The SQLite file; raises ConfigError for another kind of database."""
        url = self.database_url
        if not url.startswith(_SQLITE):
            raise ConfigError(f"storage.url: only SQLite is supported, not {url.partition(':')[0]}")
        return Path(url.removeprefix(_SQLITE))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of everything that a person reads; raises ConfigError for a name that there is not."""
        name = self.raw.get("timezone", "UTC")
        try:
            return ZoneInfo(str(name))
        except (OSError, ValueError, LookupError):
            raise ConfigError(f'{self.config_path}: timezone: no time zone is called "{name}"') from None

    @property
    def topics(self) -> dict[str, str]:
        """Topic id -> English name (or the id), in the order of the file."""
        return {str(topic.get("id")): _name(topic) for topic in self._tables("topics")}

    @property
    def channels(self) -> list[str]:
        """What stands as NAME in [channels.NAME], in the order of the file."""
        found = self.raw.get("channels")
        return list(found) if isinstance(found, Mapping) else []

    def named(self, section: str, key: str = "name") -> list[str]:
        """What a key holds in each table of a section such as [[routes]], where it is given."""
        return [str(table[key]) for table in self._tables(section) if key in table]

    def _tables(self, section: str) -> list[Mapping[str, object]]:
        found = self.raw.get(section)
        return [table for table in found if isinstance(table, Mapping)] if isinstance(found, list) else []

    def _string(self, section: str, key: str) -> str | None:
        table = self.raw.get(section)
        value = table.get(key) if isinstance(table, Mapping) else None
        return value if isinstance(value, str) else None


def _name(topic: Mapping[str, object]) -> str:
    names = topic.get("names")
    if isinstance(names, Mapping) and names:
        return str(names.get("en") or next(iter(names.values())))
    return str(topic.get("id"))


def _found() -> Path | None:
    here = Path("config.toml")
    if here.is_file():
        return here
    import platformdirs

    users = Path(platformdirs.user_config_dir("salname", appauthor=False)) / "config.toml"
    return users if users.is_file() else None
