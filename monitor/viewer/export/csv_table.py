"""CSV (RFC 4180) with a byte order mark, by which spreadsheets know that it is UTF-8.

Rule: no cell is a formula. What begins like one gets an apostrophe in front, as OWASP advises on CSV injection.
"""

import csv
import io

from monitor.viewer.export.chronicle import Chronicle, Record
from monitor.viewer.export.wording import value

COLUMNS = (
    *("at", "happened_on", "kind", "event", "event_title", "topics", "summary", "old", "new", "quote", "sources"),
    *("url", "item", "id"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(chronicle: Chronicle) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows([_cell(change, column) for column in COLUMNS] for change in chronicle.changes)
    return text.getvalue().encode("utf-8-sig", "replace")


def _cell(change: Record, column: str) -> str:
    said = change[column]
    text = "; ".join(said) if column in {"topics", "sources"} else value(said)
    return f"'{text}" if text.startswith(_FORMULA) else text
