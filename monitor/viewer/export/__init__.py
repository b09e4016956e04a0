"""The timeline for others: a page, a calendar, feeds, tables, a brief.

        Reader -> Chronicle (what is told, in plain values) -> one format each: Chronicle -> bytes -> file

Rule: the same state gives the same bytes. No format reads a clock: what a document says of its own time is the time of
the last change in it.
"""

import importlib
from collections.abc import Callable
from typing import cast

from monitor.viewer.export.chronicle import Chronicle, Wanted, gather

__all__ = ["FORMATS", "Chronicle", "Wanted", "document", "gather"]

FORMATS = {  # format -> the module that writes it
    "html": "html_page",
    "ics": "calendar_file",
    "atom": "atom_feed",
    "jsonfeed": "json_feed",
    "json": "json_list",
    "csv": "csv_table",
    "markdown": "brief",
}


def document(chronicle: Chronicle, kind: str) -> bytes:
    """The chronicle in one of FORMATS; its library is loaded with the first document of its kind."""
    module = importlib.import_module(f"{__name__}.{FORMATS[kind]}")
    return cast("Callable[[Chronicle], bytes]", module.render)(chronicle)
