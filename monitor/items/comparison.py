"""What changed of an item that is known: nothing, its metadata, or its words.

Compared is what this feed showed last with what it shows now; another feed's words never count, so that two feeds that
carry one link in different words do not flap.
"""

from dataclasses import dataclass
from datetime import datetime

from monitor.items.articles import Via, entry_time
from monitor.items.content import with_facts
from monitor.items.document import DocumentFacts, Prepared
from monitor.items.revisions import classify, comparable, is_version, verdict_kind
from storage.model import Content, Context, KnownItem, RevisionClass, Sighting, TextKind, VerdictKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    kind: VerdictKind
    reason: str
    class_: RevisionClass | None = None
    via: Via | None = None  # where this says more than by what the item was recognised
    silent: bool = False  # it was there before: nothing to tell anyone


def compare(  # noqa: PLR0911  # a table of cases, a return each
    entry: Prepared, known: KnownItem, *, document: DocumentFacts, context: Context, now: datetime
) -> Comparison:
    """What `entry` is to the item that it was recognised as; the first case that holds decides."""
    sighting = known.sightings.get(context.feed.id)
    if known.forgotten:
        return Comparison(kind=VerdictKind.SEEN, via=Via.TOMBSTONE, reason="its words were removed and stay removed")
    if sighting is None:
        return _first_sight(entry, known, context)
    if known.item.id in document.seen_item_ids and not _is_newer(entry, known):
        reason = "the version that is known stands in this document too"
        return Comparison(kind=VerdictKind.SKIPPED, via=Via.DUPLICATE, reason=reason)
    same = entry.content.content_hash == sighting.content_hash
    if document.truncated and not same:
        reason = "the document is cut short, so a difference means nothing"
        return Comparison(kind=VerdictKind.SEEN, via=Via.TRUNCATED, reason=reason)
    if entry.relevant and not known.item.relevant:
        return _adopted(entry, sighting, document)
    if not comparable(sighting, entry.content):
        reason = "its hashes are of an older norm and are renewed"
        return Comparison(kind=VerdictKind.SEEN, via=Via.NORM, reason=reason)
    if not is_version(known.revisions, sighting, entry.content):
        return _unrevised(entry, known, sighting, context, same=same)
    if not known.item.relevant:
        reason = "its words changed; it matches no topic, so no version is kept"
        return Comparison(kind=VerdictKind.META, reason=reason)
    return _revised(entry, known, sighting, context, now)


def _first_sight(entry: Prepared, known: KnownItem, context: Context) -> Comparison:
    """A second feed's words are compared with its own from the next poll on; what only it has is taken at once."""
    if entry.relevant and not known.item.relevant:
        reason = "in the other feed it matched no topic, with the words of this one it does"
        return Comparison(kind=VerdictKind.FILLED, class_=RevisionClass.FILLED, reason=reason)
    kinds = {sighting.text_kind for sighting in known.sightings.values()}
    if entry.relevant and entry.content.text_kind is not TextKind.NONE and kinds == {TextKind.NONE}:
        reason = "other feeds have its title only, this one has a text"
        return Comparison(kind=VerdictKind.FILLED, class_=RevisionClass.FILLED, reason=reason)
    if context.feed.options.page and TextKind.CONTENT not in kinds:
        reason = "the feed has a summary, the page has the whole text"
        return Comparison(kind=VerdictKind.FILLED, class_=RevisionClass.FILLED, reason=reason)
    return Comparison(kind=VerdictKind.SEEN, reason="another feed had it, this one shows it for the first time")


def _is_newer(entry: Prepared, known: KnownItem) -> bool:
    """A feed may keep old versions of an entry beside the new one, in any order (RFC 4287 4.1.1)."""
    at = entry_time(entry)
    if at is None or at <= known.item.first_seen_at:
        return False
    return all(one.content.content_hash != entry.content.content_hash for one in known.revisions)


def _adopted(entry: Prepared, sighting: Sighting, document: DocumentFacts) -> Comparison:
    """An item without a topic has one now: by its new words it is news, by new topics it was there before."""
    known_words = not comparable(sighting, entry.content) or sighting.content_hash == entry.content.content_hash
    silent = known_words or document.rematched
    reason = "the topics changed and it matches one now" if silent else "its words changed and match a topic now"
    return Comparison(kind=VerdictKind.FILLED, class_=RevisionClass.FILLED, reason=reason, silent=silent)


def _unrevised(entry: Prepared, known: KnownItem, sighting: Sighting, context: Context, *, same: bool) -> Comparison:
    if sighting.missing_count or sighting.withdrawn_at:
        words = "the same words" if same else "words that are kept already"
        return Comparison(kind=VerdictKind.RETURNED, reason=f"{_back(sighting)} with {words}")
    if not same:
        is_kept = bool(known.revisions) and known.revisions[-1].content.content_hash == entry.content.content_hash
        reason = "back to the words that are kept" if is_kept else "it has less text than before, which is kept"
        return Comparison(kind=VerdictKind.META, reason=reason)
    changed = _metadata(entry, known, sighting, context)
    if changed:
        return Comparison(kind=VerdictKind.META, reason=f"only its {' and '.join(changed)} changed")
    return Comparison(kind=VerdictKind.SEEN, reason="the words are the same")


def _metadata(entry: Prepared, known: KnownItem, sighting: Sighting, context: Context) -> list[str]:
    """What is remembered of the date and the link; of the date only as the item's first feed tells it."""
    published = entry.entry.published_raw
    dated = (
        known.item.feed_id == context.feed.id
        and "date_untrusted" not in context.feed.memory.flags
        and published not in {None, known.item.published_raw}
    )
    linked = entry.entry.link not in {None, sighting.link}
    return [name for name, changed in (("link", linked), ("date", dated)) if changed]


def _revised(entry: Prepared, known: KnownItem, sighting: Sighting, context: Context, now: datetime) -> Comparison:
    found = classify(
        known.revisions,
        sighting,
        _last_words(known),
        with_facts(entry.content),
        first_seen_at=now if context.feed.options.page else known.item.first_seen_at,  # a page is never too old
        now=now,
    )
    reason = found.reason
    if sighting.missing_count or sighting.withdrawn_at:
        reason = f"{_back(sighting)}; {reason}"
    return Comparison(kind=verdict_kind(found), class_=found.class_, reason=reason)


def _last_words(known: KnownItem) -> Content | None:
    last = known.revisions[-1].content if known.revisions else None
    return last if last and (last.title or last.text) else None


def _back(sighting: Sighting) -> str:
    if sighting.withdrawn_at:
        return "back after it was withdrawn"
    count = sighting.missing_count
    return "back after 1 poll without it" if count == 1 else f"back after {count} polls without it"
