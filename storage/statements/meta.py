"""Single values of the whole database, by name.

Rule: every name stands here, so that two rooms never keep different things under one.
"""

from sqlalchemy import Connection

from storage.statements.asking import execute, value

EVENTS_VERSION = "events_version"  # names the state of all events
READ_UNTIL = "read_until"  # microseconds since 1970 until which everything counts as read
STORYLINES_UNTIL = "storylines_until"  # microseconds since 1970 of the last change of events that is placed

_READ = "SELECT value FROM meta WHERE key = ?"
_PUT = "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_DROP = "DELETE FROM meta WHERE key = ?"


def read(connection: Connection, key: str) -> str | None:
    found: str | None = value(connection, _READ, (key,))
    return found


def put(connection: Connection, key: str, value: str | None) -> None:
    """Keep a value under a name; None: none any more."""
    if value is None:
        execute(connection, _DROP, (key,))
    else:
        execute(connection, _PUT, (key, value))
