"""The search: items by the words in them, the newest looked at, the best of those first.

Rule: the cost is bounded however common a word is. Matches are taken in the order the items came, newest first, a few
hundred of them are weighed, and what ranks them is read from those alone: ranking by the frequency of a word in the
archive would read every item that holds it.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storage.reading.connection import Connection, Record, micros, text
from storage.reading.items import ItemReading

WEIGHED = 400  # newest matches that are ranked, and as many of those that match in the title
_LOOKED_AT = 20_000  # newest matches among which those of a span of time are sought
_TITLE = 4.0  # a word in the title counts as so many in the text
_SATURATION, _BY_LENGTH, _USUAL_WORDS = 1.2, 0.75, 60.0  # as in BM25, with the median words of an item
_FRESH_MICROS = 30 * 86_400_000_000  # an item half as fresh as another after so long
_FRESHNESS = 0.5  # what the newest gains over an old one
_COPY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What is looked for: any of `spellings`, each a run of tokens that stand together."""

    spellings: tuple[tuple[str, ...], ...]
    prefix: bool = False  # the last token of a spelling may go on
    wanted: bool = True  # False: items that hold it are left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A search: every wanted term has to be there, and one of each list that is not empty."""

    terms: tuple[Term, ...] = ()
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    sources: tuple[tuple[str, ...], ...] = ()  # folded words of an outlet's name
    since: datetime | None = None


class SearchReading:
    """Queries on the full-text index."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def feeds(self) -> list[tuple[int, str]]:
        """Every feed with the names it goes by, for whoever folds them."""
        rows = self._connection.all(
            "SELECT id, name || ' ' || coalesce(json_extract(options_json, '$.outlet'), '') || ' ' || url AS names "
            "FROM feed ORDER BY id"
        )
        return [(row["id"], row["names"]) for row in rows]

    def find(self, asked: Asked, *, feeds: Sequence[Sequence[int]] = (), limit: int = 20) -> list[Record]:
        """At most `limit` items, best first, each with `score` and the `text` that it has now.

        `feeds` holds, for each source asked for, the feeds that go by its name.
        """
        marks = _marks(asked, feeds)
        wanted = [term for term in asked.terms if term.wanted]
        if not wanted and not marks:
            return []
        found = self._weighed(asked, marks, "{title text}")
        if wanted:
            found |= self._weighed(asked, marks, "{title}")
        scores = _scores(found.values(), wanted)
        best = sorted(scores, key=lambda item: (-scores[item], -item))[:limit]
        items = ItemReading(self._connection).many(best)
        return [
            {**items[item], "score": round(scores[item], 4), "text": self._text(item)} for item in best if item in items
        ]

    def _weighed(self, asked: Asked, marks: str, columns: str) -> dict[int, Record]:
        """The newest matches with what they are ranked by."""
        values: Record = {"match": _expression(asked.terms, marks, columns), "bound": WEIGHED, "limit": WEIGHED}
        late = ""
        if asked.since is not None:
            late, values["since"], values["bound"] = "WHERE i.sort_at >= :since", micros(asked.since), _LOOKED_AT
        sql = (
            "SELECT i.id, i.sort_at, i.copy_of, s.title, s.text FROM "  # noqa: S608  fixed words only
            "(SELECT rowid FROM item_fts WHERE item_fts MATCH :match ORDER BY rowid DESC LIMIT :bound) m "
            "CROSS JOIN item i ON i.id = m.rowid CROSS JOIN item_search s ON s.item_id = i.id "
            f"{late} ORDER BY m.rowid DESC LIMIT :limit"
        )
        return {row["id"]: dict(row) for row in self._connection.all(sql, values)}

    def _text(self, item: int) -> str:
        """The text of the last version; a revert has that of the version it repeats."""
        row = self._connection.one(
            "SELECT w.text FROM item_revision r JOIN item_revision w ON w.item_id = r.item_id "
            "AND w.n = coalesce(r.reverts_to, r.n) WHERE r.item_id = ? ORDER BY r.n DESC LIMIT 1",
            (item,),
        )
        return text(row["text"]) if row else ""


def _expression(terms: Iterable[Term], marks: str, columns: str) -> str:
    """In the language of FTS5, where every word stands in quotes, so that none is an operator."""
    wanted = [_any_of(term, columns) for term in terms if term.wanted]
    unwanted = [_any_of(term, "{title text}") for term in terms if not term.wanted]
    found = " AND ".join(filter(None, [*wanted, marks]))
    return f"({found}) NOT ({' OR '.join(unwanted)})" if unwanted else found


def _any_of(term: Term, columns: str) -> str:
    star = " *" if term.prefix else ""
    return f"({columns} : ({' OR '.join(_quoted(' '.join(words)) + star for words in term.spellings)}))"


def _marks(asked: Asked, feeds: Sequence[Sequence[int]]) -> str:
    parts = [_one_mark(f"topic:{topic}" for topic in asked.topics), _one_mark(f"lang:{one}" for one in asked.languages)]
    named = []
    for words, known in zip(asked.sources, feeds, strict=True):
        by_name = " AND ".join(f"marks : {_quoted(f'source:{word}')}" for word in words)
        named += [f"({by_name})" if by_name else "", *(f"marks : {_quoted(f'feed:{feed}')}" for feed in known)]
    sources = " OR ".join(filter(None, named))
    return " AND ".join(filter(None, [*parts, f"({sources})" if sources else ""]))


def _one_mark(marks: Iterable[str]) -> str:
    listed = " OR ".join(_quoted(mark) for mark in marks)
    return f"(marks : ({listed}))" if listed else ""


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _scores(found: Iterable[Record], terms: Sequence[Term]) -> dict[int, float]:
    """How well each match answers: BM25 without the rarity of words, a little more for what is new."""
    rows = list(found)
    newest = max((row["sort_at"] for row in rows), default=0)
    return {row["id"]: _score(row, terms, newest - row["sort_at"]) for row in rows}


def _score(row: Record, terms: Sequence[Term], age_micros: int) -> float:
    title, body = f" {row['title']} ", f" {row['text']} "
    length = (row["title"].count(" ") + row["text"].count(" ") + 2) / _USUAL_WORDS
    norm = _SATURATION * (1 - _BY_LENGTH + _BY_LENGTH * length)
    score = 0.0
    for term in terms:
        end = "" if term.prefix else " "
        spelled = [f" {' '.join(words)}{end}" for words in term.spellings]
        count = sum(_TITLE * title.count(one) + body.count(one) for one in spelled)
        score += count * (_SATURATION + 1) / (count + norm)
    fresh = 1 + _FRESHNESS * math.exp2(-age_micros / _FRESH_MICROS)
    return (score or 1.0) * fresh * (_COPY if row["copy_of"] is not None else 1.0)
