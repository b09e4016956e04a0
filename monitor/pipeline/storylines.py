"""Placing events in storylines, behind the polls: in transactions of its own, a few hundred events each.

Rule: a storyline is a suggestion, and no poll waits for it; what was interrupted goes on at the next call.
"""

from datetime import UTC, datetime, timedelta

from monitor.events.storylines import CANDIDATES, MERGED, SHARED, THETA, Profile, grown, likest, looked_up, told
from storage.store import Store, Transaction
from storage.storylines import Unplaced

AT_ONCE = 200  # events of one transaction
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def place_events(store: Store) -> int:
    """Place every event that is new or has doubled; how many they were."""
    count = 0
    while placed := _place_some(store):
        count += placed
    return count


def _place_some(store: Store) -> int:
    with store.reading() as tx:  # most of the time there is nothing, and no lock is taken for it
        if not (tx.storylines.pending(_since(tx), 1) or tx.storylines.has_left()):
            return 0
    with store.writing() as tx:
        left = tx.storylines.leave(AT_ONCE)
        pending = tx.storylines.pending(_since(tx), AT_ONCE)
        states = tx.linking.states([one.event_id for one in pending])
        profiles = {event: told(state, members) for event, state, members in states}
        for one in pending:
            _place(tx, one, profiles.get(one.event_id, {}))
        if pending and len(pending) < AT_ONCE:
            tx.storylines.remember((pending[-1].changed_at - _EPOCH) // timedelta(microseconds=1))
        return len(pending) + left


def _since(tx: Transaction) -> datetime:
    return _EPOCH + timedelta(microseconds=tx.storylines.until())


def _place(tx: Transaction, one: Unplaced, says: Profile) -> None:
    """Alone, an event may join others; in company it adds what it tells now, and may bring two storylines together."""
    lines, mine = tx.storylines, one.storyline_id
    if mine is not None and lines.event_count(mine) > 1:
        sums = grown(lines.sums([mine]).get(mine, {}), says)
        _merge(tx, mine, sums)
    else:
        if mine is not None:
            lines.drop(mine)
        found = _likest(tx, says, least=THETA, but=None)
        mine = found or one.event_id
        sums = grown(lines.sums([mine]).get(mine, {}), says)
        lines.save(mine, sums, looked_up(sums))
    lines.place(one.event_id, mine, one.item_count)


def _merge(tx: Transaction, mine: str, sums: Profile) -> None:
    other = _likest(tx, sums, least=MERGED, but=mine)
    if other is not None:
        sums = grown(sums, tx.storylines.sums([other])[other])
        tx.storylines.drop(other, into=mine)
    tx.storylines.save(mine, sums, looked_up(sums))


def _likest(tx: Transaction, says: Profile, *, least: float, but: str | None) -> str | None:
    candidates = tx.storylines.candidates(looked_up(says), but=but, least=SHARED, limit=CANDIDATES)
    return likest(says, tx.storylines.sums(candidates), least=least)
