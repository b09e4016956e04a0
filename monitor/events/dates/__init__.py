"""Dates in a text: every phrase that names a time, as the interval of days that it leaves possible.

        text -> letters (tokens) -> word orders (patterns) -> stretches of days (cores) -> placed and bounded (reading)

Rule: an interval, never a point: "by the end of 2026" has no beginning, "March" is a month. What depends on the day of
writing gives nothing where that day is unknown. Pure, deterministic, and linear in the length of the text.
"""

from monitor.events.dates.found import DateSpan
from monitor.events.dates.reading import Dates, scan
from monitor.events.dates.tokens import cues

__all__ = ["DateSpan", "Dates", "cues", "scan"]
