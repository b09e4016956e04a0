"""What a person asks for beside a running daemon, as rows that it obeys within a second.

Rule: nothing is sent and nothing decided here; an instant is moved, and the one who decides finds it due.
"""

from datetime import datetime

from sqlalchemy import Connection, update

from storage.tables import ALERT

_A = ALERT.c


def release_held(conn: Connection, now: datetime, *, route: str | None = None, channel: str | None = None) -> int:
    """Let what is held, for whatever reason, be told now: of one route, of one channel, or all; how many alerts."""
    held = update(ALERT).where(_A.decision == "held", _A.release_at > now)
    if route is not None:
        held = held.where(_A.route == route)
    if channel is not None:
        held = held.where(_A.channel == channel)
    return conn.execute(held.values(release_at=now)).rowcount
