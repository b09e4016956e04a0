"""The table of a delivery's life, pair by pair."""

import pytest

from storage.errors import DeliveryError
from storage.model import DeliveryState as S
from storage.outbox import OPEN, TERMINAL, TRANSITIONS, transition
from storage.outbox import DeliveryEvent as E

EXPECTED = {
    S.QUEUED: {E.CLAIM: S.SENDING, E.HORIZON: S.DEAD, E.FOLD: S.FOLDED, E.CANCEL: S.CANCELLED},
    S.SENDING: {
        E.OK: S.DELIVERED,
        E.TEMPORARY: S.QUEUED,
        E.RATE_LIMITED: S.QUEUED,
        E.IN_DOUBT: S.QUEUED,
        E.MESSAGE_PERMANENT: S.QUEUED,
        E.CHANNEL_PERMANENT: S.QUEUED,
        E.RECIPIENT_PERMANENT: S.DEAD,
        E.UNSENDABLE: S.DEAD,
        E.HOLD: S.IN_DOUBT,
    },
    S.IN_DOUBT: {E.RESOLVE: S.DELIVERED, E.RETRY: S.QUEUED, E.CANCEL: S.CANCELLED},
    S.DEAD: {E.RETRY: S.QUEUED},
    S.DELIVERED: {},
    S.FOLDED: {},
    S.CANCELLED: {},
}


@pytest.mark.parametrize("state", list(S))
@pytest.mark.parametrize("event", list(E))
def test_every_pair_of_state_and_event_leads_where_it_should_or_is_refused(state: S, event: E):
    expected = EXPECTED[state].get(event)
    if expected is None:
        with pytest.raises(DeliveryError, match=f"{state} cannot take {event}"):
            transition(state, event)
    else:
        assert transition(state, event) is expected


def test_every_state_is_open_or_terminal_and_none_is_both():
    assert set(OPEN) | set(TERMINAL) == set(S)
    assert not set(OPEN) & set(TERMINAL)


def test_only_an_operator_leads_out_of_a_terminal_state():
    assert {event for state, event in TRANSITIONS if state in TERMINAL} == {E.RETRY}


def test_every_open_state_can_come_to_an_end():
    def reachable(state: S) -> set[S]:
        seen, todo = {state}, [state]
        while todo:
            here = todo.pop()
            new = {after for (before, _), after in TRANSITIONS.items() if before is here} - seen
            seen |= new
            todo += new
        return seen

    assert all(S.DELIVERED in reachable(state) and S.DEAD in reachable(state) for state in OPEN)
