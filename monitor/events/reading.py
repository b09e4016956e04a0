"""Everything that a text claims: dates and states, figures; the one door to what is read out of words.

Rule: the same words give the same claims; whatever was read and not promoted is listed with the reason.
"""

from dataclasses import dataclass, field
from datetime import date

from monitor.events.measures import Measures, shipped_measures
from monitor.events.statements import Statements, read
from monitor.events.subjects import Subjects


@dataclass(frozen=True, slots=True, kw_only=True)
class Extractor:
    """Reads texts by one configuration of subjects."""

    subjects: Subjects = field(default_factory=Subjects)
    measures: Measures = field(default_factory=shipped_measures)

    def read(self, title: str, text: str, lang: str | None, published: date | None) -> Statements:
        """The claims of a text and its mentions; `published` is the day it is dated, None if no date is trusted."""
        return read(title, text, lang, published, self.subjects, self.measures)
