"""What the present configuration would have told of the past: the stored changes, through the rules as they are now.

Rule: reads one snapshot and writes nothing; silences count as they were in force then.
"""

from datetime import datetime

from alerts.rehearsal import Rehearsed, rehearse
from monitor import build
from monitor.config import Config
from storage.store import Store


def preview(config: Config, store: Store, *, since: datetime, now: datetime) -> tuple[int, Rehearsed]:
    """How many changes there were since then, and what would have come of them."""
    with store.reading() as tx:
        happened = tx.outbox.happened_since(since)
        silences = tx.outbox.all_silences()
    return len(happened), rehearse(happened, build.release(config), silences, until=now)
