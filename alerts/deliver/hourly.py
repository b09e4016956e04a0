"""The ceiling on messages in any hour, over a sliding window.

Rule: in every window of an hour at most `limit` messages are handed over, whatever the clock does in between.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


class Hourly:
    """When the last messages were handed over; one thread's."""

    def __init__(self, limit: int, told: Iterable[datetime]) -> None:
        self._limit = limit
        self._told = deque(told, maxlen=limit)

    def add(self, at: datetime) -> None:
        self._told.append(at)

    def wait_s(self, now: datetime) -> float:
        """Seconds until another message may go; 0 = now."""
        if len(self._told) < self._limit:
            return 0.0
        # What lies ahead was written by a clock that has since been put back.
        self._told = deque((min(at, now) for at in self._told), maxlen=self._limit)
        return max(0.0, (self._told[0] + HOUR - now).total_seconds())
