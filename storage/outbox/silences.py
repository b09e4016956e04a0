"""Silences as rows: put there by any process, obeyed by the one that decides at its next decision.

Rule: a silence is ended, never deleted or altered, so that what it kept quiet stays explained.
"""

from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from storage.errors import ConfigError, DeliveryError
from storage.model import Silence
from storage.outbox.nouns import silence_from, silence_values
from storage.tables import SILENCE

_S = SILENCE.c
_OPEN = select(SILENCE).where(_S.ends_at > bindparam("since"), _S.expired_at.is_(None)).order_by(_S.created_at, _S.id)


def add_silence(conn: Connection, silence: Silence) -> None:
    conn.execute(insert(SILENCE), silence_values(silence))


def open_silences(conn: Connection, since: datetime) -> list[Silence]:
    """Those that nobody ended and that last beyond `since`, the ones that have not begun included."""
    return [silence_from(row) for row in conn.execute(_OPEN, {"since": since})]


def all_silences(conn: Connection) -> list[Silence]:
    """The latest to begin first, those that are over included."""
    return [silence_from(row) for row in conn.execute(select(SILENCE).order_by(_S.starts_at.desc(), _S.id))]


def expire_silence(conn: Connection, silence_id: str, now: datetime) -> Silence:
    """End it now; raises ConfigError for one that is not there, DeliveryError for one that is over."""
    row = conn.execute(select(SILENCE).where(_S.id == silence_id)).one_or_none()
    if row is None:
        raise ConfigError(f'there is no silence "{silence_id}"; see: salname silences list')
    if row.expired_at is not None or row.ends_at <= now:
        raise DeliveryError(f"silence {silence_id} is over already")
    conn.execute(update(SILENCE).where(_S.id == silence_id).values(expired_at=now))
    return silence_from(conn.execute(select(SILENCE).where(_S.id == silence_id)).one())
