"""What a sender tells a person: once a cause, until it is over.

Rule: nothing here is sent; the caller says what becomes of a report.
"""

from collections.abc import Iterable

from alerts.deliver.outlet import OnTrouble, Trouble
from storage.errors import StoreError
from storage.model import Delivery, DeliveryState
from storage.outbox import Backlog, BreakerState, ChannelState


def waiting(backlog: Iterable[Backlog], channel: str) -> str:
    """What a channel that stopped sending has before it."""
    for line in backlog:
        if line.channel == channel:
            words = "1 message waits" if line.count == 1 else f"{line.count:,} messages wait"
            return f"{words}, the oldest since {line.oldest_at:%Y-%m-%d %H:%M} UTC."
    return ""


class Reports:
    """The troubles of one channel."""

    def __init__(self, channel: str, on_trouble: OnTrouble) -> None:
        self._channel = channel
        self._tell = on_trouble
        self._open: set[Trouble] = set()

    def remember(self, state: ChannelState) -> None:
        """What the run before told of the channel is not told again until it is over."""
        if state.breaker is not BreakerState.CLOSED:
            self._open.add(Trouble.PARKED if state.parked_reason else Trouble.FAILING)

    def storage(self, error: StoreError) -> None:
        self._once(Trouble.STORAGE, str(error))

    def storage_works(self) -> None:
        self._open.discard(Trouble.STORAGE)

    def delivery(self, delivery: Delivery, state: DeliveryState, why: str) -> None:
        """A delivery that was given up, or that waits for a person."""
        subject, again = f"{delivery.id} to {delivery.address}", f"salname alerts retry {delivery.id}"
        match state:
            case DeliveryState.DEAD:
                self._tell(
                    Trouble.DEAD, self._channel, f"{subject} was given up: {why}. To send it all the same: {again}"
                )
            case DeliveryState.IN_DOUBT:
                self._tell(
                    Trouble.IN_DOUBT, self._channel, f"{subject} may have arrived: {why}. To send it again: {again}"
                )

    def gone(self) -> None:
        text = f"channel {self._channel} is no longer configured and messages wait for it."
        again = f"Put it back, or see: salname alerts list --channel {self._channel}"
        self._tell(Trouble.GONE, self._channel, f"{text} {again}")

    def channel(self, before: ChannelState, after: ChannelState, detail: str, waiting: str) -> None:
        """A channel that stopped sending, with what waits for it, or one that sends again."""
        match after.breaker:
            case BreakerState.PARKED if before.breaker is not BreakerState.PARKED:
                text = f"channel {self._channel} is parked: {after.parked_reason}. {waiting}"
                self._once(Trouble.PARKED, f"{text} Mend it, then: salname channels resume {self._channel}")
            case BreakerState.OPEN:
                failed = "once" if after.failure_count == 1 else f"{after.failure_count} times in a row"
                text = f"channel {self._channel} failed {failed}: {detail}. {waiting}"
                self._once(Trouble.FAILING, f"{text} The oldest one is tried from time to time.")
            case BreakerState.CLOSED if self._open & {Trouble.PARKED, Trouble.FAILING}:
                self._open -= {Trouble.PARKED, Trouble.FAILING}
                self._tell(Trouble.RECOVERED, self._channel, f"channel {self._channel} sends again.")

    def _once(self, trouble: Trouble, text: str) -> None:
        if trouble not in self._open:
            self._open.add(trouble)
            self._tell(trouble, self._channel, text)
