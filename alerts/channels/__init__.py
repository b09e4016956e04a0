"""Channels: each renders a notification into frozen bytes and tries once to hand them over.

Rule: what a server answers, or a socket does, comes back as an `Outcome`; a secret is seen by the network alone, never
by a log line, a row, a `repr` or a traceback.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from alerts.message import Notification, clean
from alerts.retry import Outcome

Form: TypeAlias = Literal["rich", "plain"]

REPEAT_MARK = "possible repeat: the first try got no answer"
REPLY_BYTES = 512  # of an answer that are kept


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that never shows itself: print, log and traceback see `***`, `reveal()` alone gives it out."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is stored at the first claim and sent, byte for byte, at every try."""

    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendContext:
    """What may differ from one try of a delivery to the next.

    `refusal_count` is the length of the channel's unbroken run of 401, 403, 404 and 405 before this try: the fifth in a
    row is taken as final.
    """

    id: str  # of the delivery: the same at every try
    address: str
    attempt: int  # 1, 2, ...
    possible_repeat: bool
    deadline_s: float  # for the whole exchange
    now: datetime
    refusal_count: int = 0
    is_followed: bool = False  # another message of the channel is likely to go out at once


class Channel(Protocol):
    """A way out. `destination` names the receiving end that limits are kept for: a hash, equal for equal ends."""

    @property
    def kind(self) -> str: ...

    @property
    def destination(self) -> str: ...

    def render(self, note: Notification, form: Form) -> Body:
        """The message as bytes; pure: the same notification gives the same bytes."""

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        """One try within `ctx.deadline_s`; raises nothing that a network or a server can cause."""

    def close(self) -> None:
        """Let go of connections; the channel may be used again."""


def redacted(reply: str | bytes, secrets: Iterable[Secret]) -> str:
    """The first 512 bytes of a server's answer as one clean line, without any of the secrets that it may echo."""
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    for piece in sorted({piece for secret in secrets for piece in _pieces(secret.reveal())}, key=len, reverse=True):
        text = text.replace(piece, "***")
    return clean(text).encode()[:REPLY_BYTES].decode("utf-8", "ignore")


def _pieces(secret: str) -> set[str]:
    """A secret and, of a URL, its path, its query and their parts that are long enough to be a token."""
    tail = re.sub(r"^[a-z]+://[^/]*", "", secret, flags=re.IGNORECASE)
    parts = re.split(r"[/?&=#]", tail) if tail != secret else []
    return {secret} | {
        piece for piece in (tail, *parts) if len(piece) > 8
    }  # shorter ones are words, such as "services"
