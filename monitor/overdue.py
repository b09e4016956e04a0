"""What was promised and never came: looked for once a day and after each pass, told once.

Rule: a date whose feeds cannot be read is held, for nobody knows whether it was kept; the promise says so meanwhile.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.rules import Facts
from alerts.visible import counted
from monitor.events.book import Book
from monitor.events.promises import overdue_days
from monitor.events.telling import overdue, overdue_id
from storage.claims import Heard
from storage.model import Change, Claim, Event, Plan, Promise, PromiseState
from storage.store import Store, Transaction

WEEK = timedelta(weeks=1)
REMINDED = 26  # weeks in which a promise that is overdue is told again

Announce = Callable[[Transaction, Sequence[Change], Mapping[str, Facts]], None]


def tell_overdue(store: Store, announce: Announce, now: datetime) -> list[Change]:
    """Mark the promises whose time and grace are over, and tell of each once; what was told."""
    a_week_ago = now.date() - WEEK
    with store.reading() as tx:
        if not tx.claims.due(now.date(), 1) and not tx.claims.overdue(a_week_ago):
            return []
    with store.writing() as tx:
        book = Book(tx.claims.of_keys, tx.claims.rulings())
        looked_at = [_looked_at(tx, book, promise, announce, now) for promise in tx.claims.due(now.date())]
        looked_at += [_reminded(tx, promise, announce, now) for promise in tx.claims.overdue(a_week_ago)]
        return [change for change in looked_at if change is not None]


def _reminded(tx: Transaction, promise: Promise, announce: Announce, now: datetime) -> Change | None:
    """A line for the digest, once a week; none while the feeds that would know cannot be read."""
    claim, heard = _made_in(tx, promise), tx.claims.heard(promise)
    week = (now.date() - (promise.state_since or now.date())).days // WEEK.days
    if claim is None or heard.failing or week > REMINDED:
        return None
    event = tx.events.events([promise.event_id]).get(promise.event_id) if promise.event_id else None
    if tx.events.is_told(overdue_id(promise, claim, event, week)):
        return None
    change = _change(promise, claim, event, heard, now, week=week)
    announce(tx, [change], {change.id: Facts(title=event.title if event else "")})
    return change


def _made_in(tx: Transaction, promise: Promise) -> Claim | None:
    """The claim that a promise was made in, as of what was promised: a day to which a thing is put off may not say."""
    claim = tx.claims.get(promise.claim_id)
    return replace(claim, measure=promise.key.split("|")[1]) if claim else None


def _looked_at(tx: Transaction, book: Book, promise: Promise, announce: Announce, now: datetime) -> Change | None:
    chain = book.chain(promise.key, now.date())
    last = chain[-1] if chain else None
    if last is None or last.id != promise.id or last.state is not PromiseState.OVERDUE:
        if chain and last and last.state is not PromiseState.OPEN:
            tx.claims.replace_promises({promise.key: chain})  # something else became of it
        return None
    heard = tx.claims.heard(promise)
    if heard.failing:
        held = replace(promise, note=f"held: {', '.join(heard.failing)} cannot be read")
        if held != promise:
            tx.claims.replace_promises({promise.key: [*chain[:-1], held]})
        return None
    claim = _made_in(tx, promise)
    if claim is None:
        return None
    return _tell(tx, replace(last, note=_absence(heard)), claim, heard, [*chain[:-1]], announce, now)


def _tell(  # noqa: PLR0917  the parts of one line
    tx: Transaction, last: Promise, claim: Claim, heard: Heard, before: list[Promise], announce: Announce, now: datetime
) -> Change | None:
    event = tx.events.events([last.event_id]).get(last.event_id) if last.event_id else None
    if event is not None:
        event = replace(event, revision=event.revision + 1, changed_at=now)
    change = _change(last, claim, event, heard, now)
    subject = event.id if event else claim.of
    if tx.events.transition_count(subject, change.kind, change.key, last.id, "overdue"):
        tx.claims.replace_promises({last.key: [*before, last]})
        return None
    events = [event] if event else []
    tx.apply(Plan(feed_id=0, at=now, memory=None, events=events, promises={last.key: [*before, last]}))
    announce(tx, [change], {change.id: Facts(title=event.title if event else "")})
    return change


def _change(
    promise: Promise, claim: Claim, event: Event | None, heard: Heard, now: datetime, *, week: int = 0
) -> Change:
    return overdue(
        promise,
        claim,
        event,
        days=overdue_days(promise, now.date()),
        how="omission" if heard.since_count else "silence",
        before_count=heard.before_count,
        since_count=heard.since_count,
        last_at=heard.last_at,
        at=now,
        week=week,
    )


def _absence(heard: Heard) -> str:
    if heard.since_count:
        return f"omission: {counted(heard.since_count, 'item')} since, none mentions it"
    return f"silence: {counted(heard.before_count, 'item')} before"
