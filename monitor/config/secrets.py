"""Secrets come from the environment or from a file, and are named in errors by their place, never by their value."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from storage.errors import ConfigError


def read_secret(env: str | None, file: str | None, *, key: str, environ: Mapping[str, str] | None = None) -> str:
    """The secret named by `<key>_env` or `<key>_file`; raises ConfigError that names the place, never the value."""
    if env:
        return read_variable(env, key=f"{key}_env", environ=environ)
    if file:
        path = Path(file).expanduser()
        try:
            if path.stat().st_mode & stat.S_IROTH:
                raise ConfigError(f"{key}_file: {path} can be read by every user; run: chmod o-r {path}")
            value = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError(f"{key}_file: {path} cannot be read: {reason}") from None
        if value:
            return value
        raise ConfigError(f"{key}_file: {path} is empty")
    raise ConfigError(f"{key}: give {key}_env (an environment variable) or {key}_file (a file)")


def read_variable(name: str, *, key: str, environ: Mapping[str, str] | None = None) -> str:
    """The secret in an environment variable; raises ConfigError that names `key` and the variable."""
    value = (os.environ if environ is None else environ).get(name, "").strip()
    if not value:
        raise ConfigError(f"{key}: the environment variable {name} is not set")
    return value
