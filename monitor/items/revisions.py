"""What kind of change a new version of an item is, and which words changed.

The words of the same feed are compared, never those of two feeds: of 168 links that two feeds of one outlet shared, 71
carried different words at the same moment. A number, date or status that changed is told from a matter of style.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.items.content import holds_fact
from monitor.items.worddiff import WordDiff, render_diff, word_diff
from monitor.words import fold, sentences, word_list, words
from storage.model import Content, Revision, RevisionClass, Sighting, TextKind, VerdictKind

__all__ = ["Revised", "WordDiff", "classify", "is_version", "render_diff", "verdict_kind", "word_diff"]

LATE = timedelta(hours=72)  # 97 to 100 % of first revisions come earlier
CALM = timedelta(hours=24)
AT_MOST = 3  # revisions in 24 hours; more are flapping
ADDED_WORDS = 8

_FULLNESS = {TextKind.NONE: 0, TextKind.SUMMARY: 1, TextKind.CONTENT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    class_: RevisionClass
    marker: str | None  # the outlet's own update mark
    late: bool
    added_only: bool
    damped: bool
    reverts_to: int | None
    reason: str


def is_version(history: Sequence[Revision], last: Sighting, new: Content) -> bool:
    """Whether `new` is another version than the one that this feed showed last.

    Not one: equal words; words hashed by another norm; a return to the newest stored version; less text under the same
    title, as when a feed changes from whole texts to summaries.
    """
    if last.content_hash == new.content_hash or not comparable(last, new):
        return False
    if history and history[-1].content.content_hash == new.content_hash:
        return False
    if _version_like(history, new) is not None or last.title_hash != new.title_hash:
        return True
    return _FULLNESS[new.text_kind] >= _FULLNESS[last.text_kind]


def comparable(last: Sighting, new: Content) -> bool:
    """Hashes begin with the version of the norm they were made by, and mean nothing across two of them."""
    return last.content_hash.partition(":")[0] == new.content_hash.partition(":")[0]


def classify(
    history: Sequence[Revision],
    last: Sighting,
    old: Content | None,
    new: Content,
    *,
    first_seen_at: datetime,
    now: datetime,
) -> Revised:
    """The class of a new version, for which `is_version` holds; the first test that holds decides.

    `history` are the stored versions of this feed, oldest first. `old` has the words behind `last`; without them, or
    when they are not those that the feed showed last, hashes decide and the titles alone are compared word by word.
    """
    worded = old if old is not None and old.content_hash == last.content_hash else None
    repeated = _version_like(history, new)
    class_, reason = _class(repeated, last, worded, new)
    late = now - first_seen_at > LATE
    damped = class_ is not RevisionClass.FACT and _flaps(history, now)
    added_only = class_ is RevisionClass.STYLE and worded is not None and _only_added(worded.text, new.text)
    notes = [
        ("eight words or more were added and none taken away", added_only),
        (f"more than {AT_MOST} versions within 24 hours", damped),
        ("more than 72 hours after it was first seen", late),
    ]
    return Revised(
        class_=class_,
        marker=new.marker,
        late=late,
        added_only=added_only,
        damped=damped,
        reverts_to=(repeated.reverts_to or repeated.n) if repeated else None,
        reason="; ".join([reason, *(note for note, holds in notes if holds)]),
    )


def verdict_kind(revised: Revised) -> VerdictKind:
    """The verdict that a version of this class is."""
    if revised.class_ is RevisionClass.REVERT:
        return VerdictKind.REVERTED
    if revised.class_ is RevisionClass.FILLED:
        return VerdictKind.FILLED
    return VerdictKind.FLAPPING if revised.damped else VerdictKind.REVISED


def _version_like(history: Sequence[Revision], new: Content) -> Revision | None:
    """Headlines flip back: of 23.5 % of a front page's links the title changed, and 1,790 titles returned."""
    return next((one for one in history[:-1] if one.content.content_hash == new.content_hash), None)


def _class(repeated: Revision | None, last: Sighting, old: Content | None, new: Content) -> tuple[RevisionClass, str]:
    if repeated is not None:
        return RevisionClass.REVERT, f"back to the words of version {repeated.reverts_to or repeated.n}"
    if last.title_norm and _changes_fact(word_list(last.title_norm), word_list(new.title_norm)):
        return RevisionClass.FACT, "a number, date or status changed in the title"
    if _FULLNESS[new.text_kind] > _FULLNESS[last.text_kind]:
        gained = "it had a title only and has a text now"
        more = "the feed gives the whole text now instead of a summary"
        return RevisionClass.FILLED, gained if last.text_kind is TextKind.NONE else more
    if new.text_kind is last.text_kind and _changes_text_fact(last, old, new):
        return RevisionClass.FACT, "a number, date or status changed"
    title = last.title_hash != new.title_hash
    what, class_ = ("the title", RevisionClass.TITLE) if title else ("the wording", RevisionClass.STYLE)
    if not last.facts_hash:
        return class_, f"{what} changed; what it said before matched no topic, and its numbers and dates were not kept"
    return class_, f"{what} changed, but no number, date or status"


def _changes_text_fact(last: Sighting, old: Content | None, new: Content) -> bool:
    if last.facts_hash and last.facts_hash != new.facts_hash:
        return True
    return old is not None and _changes_fact(*_unmatched(old.text, new.text))


def _unmatched(old: str, new: str) -> tuple[list[str], list[str]]:
    """The words, as published, of the sentences that stand on one side only; a sentence that moved is no change."""
    left, right = _unlike(old, new), _unlike(new, old)
    both = left.keys() & right.keys()
    return _words_but(left, both), _words_but(right, both)


def _unlike(text: str, other: str) -> dict[str, str]:
    """Folded sentence -> sentence, of those that differ as written: folding costs ten times the rest."""
    unchanged = set(sentences(other))
    return {words(fold(sentence)): sentence for sentence in sentences(text) if sentence not in unchanged}


def _words_but(told: Mapping[str, str], both: Collection[str]) -> list[str]:
    return [word for folded, sentence in told.items() if folded not in both for word in word_list(sentence)]


def _changes_fact(old: Sequence[str], new: Sequence[str]) -> bool:
    """Whether facts stand among the words that were added or taken away, or changed places amid words that did not."""
    before, after = [fold(word) for word in old], [fold(word) for word in new]
    if before == after:
        return False
    counts, others = Counter(before), Counter(after)
    changed = (counts - others) + (others - counts)
    if changed:
        published = zip((*old, *new), (*before, *after), strict=True)
        return holds_fact(" ".join(word for word, folded in published if folded in changed))
    facts = {word for word in counts if holds_fact(word)}
    return [word for word in before if word not in facts] == [word for word in after if word not in facts]


def _flaps(history: Sequence[Revision], now: datetime) -> bool:
    """More than three versions in 24 hours with this one; once damped, damped until a day was calm."""
    recent = [one for one in history if now - one.seen_at < CALM]
    edits = [one for one in recent if one.class_ not in {RevisionClass.FIRST, RevisionClass.FILLED}]
    return len(edits) >= AT_MOST or (bool(recent) and recent[-1].damped)


def _only_added(old: str, new: str) -> bool:
    before, after = word_list(fold(old)), word_list(fold(new))
    rest = iter(after)
    return len(after) - len(before) >= ADDED_WORDS and all(word in rest for word in before)
