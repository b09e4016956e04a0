"""The life of a delivery as a table: which event leads from which state to which.

Rule: a delivery ends in one of four ways, each with its reason, and there is no other way to an end: delivered, dead,
folded, cancelled. An operator may call a dead one back, under the same id.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from storage.errors import DeliveryError
from storage.model import DeliveryState

_S = DeliveryState


class DeliveryEvent(StrEnum):
    """What can happen to a delivery; the first seven after CLAIM are how a try ends."""

    CLAIM = "claim"
    OK = "ok"
    TEMPORARY = "temporary"
    RATE_LIMITED = "rate_limited"
    IN_DOUBT = "in_doubt"  # may have arrived: to be sent again, marked
    MESSAGE_PERMANENT = "message_permanent"  # once more in plain form
    RECIPIENT_PERMANENT = "recipient_permanent"
    CHANNEL_PERMANENT = "channel_permanent"  # the channel is parked, its queue kept
    HOLD = "hold"  # may have arrived: a person decides
    UNSENDABLE = "unsendable"  # refused in plain form too
    HORIZON = "horizon"  # tried for long enough
    FOLD = "fold"  # told by another delivery
    CANCEL = "cancel"
    RESOLVE = "resolve"  # a person saw that it arrived
    RETRY = "retry"  # a person wants it sent again


_E = DeliveryEvent

TRANSITIONS: Final[Mapping[tuple[DeliveryState, DeliveryEvent], DeliveryState]] = MappingProxyType(
    {
        (_S.QUEUED, _E.CLAIM): _S.SENDING,
        (_S.SENDING, _E.OK): _S.DELIVERED,
        (_S.SENDING, _E.TEMPORARY): _S.QUEUED,
        (_S.SENDING, _E.RATE_LIMITED): _S.QUEUED,
        (_S.SENDING, _E.IN_DOUBT): _S.QUEUED,
        (_S.SENDING, _E.MESSAGE_PERMANENT): _S.QUEUED,
        (_S.SENDING, _E.CHANNEL_PERMANENT): _S.QUEUED,
        (_S.SENDING, _E.RECIPIENT_PERMANENT): _S.DEAD,
        (_S.SENDING, _E.UNSENDABLE): _S.DEAD,
        (_S.SENDING, _E.HOLD): _S.IN_DOUBT,
        (_S.QUEUED, _E.HORIZON): _S.DEAD,
        (_S.QUEUED, _E.FOLD): _S.FOLDED,
        (_S.QUEUED, _E.CANCEL): _S.CANCELLED,
        (_S.IN_DOUBT, _E.CANCEL): _S.CANCELLED,
        (_S.IN_DOUBT, _E.RESOLVE): _S.DELIVERED,
        (_S.IN_DOUBT, _E.RETRY): _S.QUEUED,
        (_S.DEAD, _E.RETRY): _S.QUEUED,
    }
)

OPEN: Final = (_S.QUEUED, _S.SENDING, _S.IN_DOUBT)  # they hold back what follows them
TERMINAL: Final = (_S.DELIVERED, _S.DEAD, _S.FOLDED, _S.CANCELLED)


def transition(state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """The state that follows; raises DeliveryError if `event` cannot happen in `state`."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise DeliveryError(f"a delivery that is {state} cannot take {event}")
    return after
