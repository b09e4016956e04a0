"""P5: reading only what is new, without feedparser where it can be, gives what feedparser finds in all of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from unittest import mock

from monitor.feeds import elements
from monitor.feeds.document import Document
from monitor.feeds.parse import parse
from tests.bench import calibration
from tests.bench.corpus import LATEST, standard
from tests.bench.measuring import Cost, spent


@dataclass(slots=True, kw_only=True)
class Parsing:
    full: list[Cost] = field(default_factory=list)
    differential: list[Cost] = field(default_factory=list)
    expat: list[Cost] = field(default_factory=list)
    differences: int = 0  # feeds that the two ways read differently


def measure(feeds: int, *, rounds: int) -> Parsing:
    before = [standard().document(feed, 0).body for feed in range(feeds)]
    after = [standard().document(feed, 1).body for feed in range(feeds)]
    known = [frozenset(_hashes(_parsed(body, frozenset()))) for body in before]
    nothing = [frozenset[bytes]()] * feeds
    found = Parsing()
    for number in range(rounds):
        documents: list[list[Document]] = [[], []]
        with _feedparser_alone():
            found.full.append(spent(partial(documents[0].extend, map(_parsed, after, nothing))))
        found.differential.append(spent(partial(documents[1].extend, map(_parsed, after, known))))
        found.expat.append(spent(partial(calibration.expat_alone, after)))
        if number == 0:
            found.differences = sum(map(_differ, *documents, known))
    return found


@contextmanager
def _feedparser_alone() -> Iterator[None]:
    with mock.patch.object(elements, "read_ordinary", return_value=None):
        yield


def _parsed(body: bytes, known: frozenset[bytes]) -> Document:
    return parse(
        body,
        "application/xml; charset=utf-8",
        final_url="https://outlet.example/feed",
        feed_timezone=None,
        now=LATEST,
        known_ranges=known,
    )


def _hashes(document: Document) -> list[bytes]:
    return [entry.range_hash for entry in document.entries if entry.range_hash]


def _differ(full: Document, differential: Document, known: frozenset[bytes]) -> bool:
    expected = tuple(entry for entry in full.entries if entry.range_hash not in known)
    seen = {entry.range_hash for entry in full.entries} & known
    return not expected or differential.entries != expected or set(differential.seen_ranges) != seen
