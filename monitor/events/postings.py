"""Under which terms each running event is found: the inverted index of the linker.

Rule: the cost of a look-up is bounded whatever is indexed. Most terms are of one event, whose id stands there alone; a
list of one would take more room than all that is said of the term.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from monitor.events.link import Incoming
from monitor.events.running import Running
from monitor.events.vectors import Vectors, heaviest

# Of each field: how many of an item's terms are looked up, the heaviest, and what finding them is worth.
_LOOKED_UP = (("text", 25, 4), ("names", 10, 3), ("numbers", 6, 2), ("dates", 4, 1), ("skeletons", 16, 2))
_VISITS = 500  # postings that one item looks at, those of the rarest terms first: the cost that would grow is bounded

_Posting: TypeAlias = str | list[str]


class Index:
    """Events by the terms of their sums; what was added is removed by the same terms."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, _Posting]] = {name: {} for name, _, _ in _LOOKED_UP}

    def put(self, event: Running) -> None:
        """An event that is not found yet."""
        for name in self._fields:
            self._post(name, event.sums.get(name, ()), event.event_id)

    def drop(self, event: Running) -> None:
        for name in self._fields:
            self._unpost(name, event.sums.get(name, ()), event.event_id)

    def grow(self, event: Running, incoming: Incoming, vectors: Vectors) -> None:
        """The event gets a member more, and is found by what that one brings."""
        before = {name: event.sums.get(name, {}) for name in self._fields}
        fresh = {name: [term for term in vectors.get(name, ()) if term not in sums] for name, sums in before.items()}
        event.add(incoming, vectors)
        for name, old in before.items():
            new = event.sums.get(name, {})
            if new is not old:
                self._unpost(name, [term for term in old if term not in new], event.event_id)
            self._post(name, [term for term in fresh[name] if term in new], event.event_id)

    def ranked(self, vectors: Vectors) -> Iterator[str]:
        """The events that share terms with an item, by what those weigh in it, most first; of equals the first by id.

        Most of what is found is never ordered: whoever asks takes the first few.
        """
        votes = self._votes(vectors)
        above = max(votes.values(), default=-1)
        while above >= 0:
            least = above // 3 if above else -1
            for _, event_id in sorted([(-vote, one) for one, vote in votes.items() if least < vote <= above]):
                yield event_id
            above = least

    def _votes(self, vectors: Vectors) -> Mapping[str, int]:
        asked: list[tuple[int, str, str, int, _Posting]] = []
        for name, most, worth in _LOOKED_UP:
            terms = vectors.get(name)
            if terms:
                postings = self._fields[name]
                for term, weight in (terms if len(terms) <= most else heaviest(terms, most)).items():
                    some = postings.get(term)
                    if some is not None:
                        size = 1 if isinstance(some, str) else len(some)
                        asked.append((size, name, term, worth * weight * weight, some))
        asked.sort()  # the name and the term are unique: postings are never compared
        votes: dict[str, int] = {}
        get, visits = votes.get, _VISITS
        for size, _, _, vote, some in asked:
            if isinstance(some, str):
                votes[some] = get(some, 0) + vote
            elif size > visits and votes:
                break
            else:
                for event_id in some:
                    votes[event_id] = get(event_id, 0) + vote
            visits -= size
        return votes

    def _post(self, name: str, terms: Iterable[str], event_id: str) -> None:
        """Terms under which the event is not found yet."""
        postings = self._fields[name]
        get = postings.get
        for term in terms:
            some = get(term)
            if some is None:
                postings[term] = event_id
            elif isinstance(some, str):
                postings[term] = [some, event_id]
            else:
                some.append(event_id)

    def _unpost(self, name: str, terms: Iterable[str], event_id: str) -> None:
        postings = self._fields[name]
        for term in terms:
            some = postings.get(term)
            if some == event_id:
                del postings[term]
            elif isinstance(some, list) and event_id in some:
                some.remove(event_id)
                if len(some) == 1:
                    postings[term] = some[0]
