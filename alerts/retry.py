"""What an answer means, and when to try again.

Rule: a try is `temporary` only if the message surely did not arrive; whenever it may have arrived, it is in doubt, the
one permitted source of a second copy. Pure: time and chance are arguments.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from storage.model import Delivery, DeliveryState

REFUSALS = frozenset(
    {401, 403, 404, 405}
)  # a receiver being deployed says these for minutes: the fifth in a row is final
REFUSAL_LIMIT = 5

_HORIZONS: Mapping[str, timedelta] = {
    "slack": timedelta(hours=24),
    "email": timedelta(hours=72),
    "webhook": timedelta(hours=75),
}
_HORIZON = timedelta(hours=24)
_MAIL_STEPS_S = (60.0, 300.0, 900.0, 1800.0, 3600.0)


class OutcomeKind(StrEnum):
    OK = "ok"
    TEMPORARY = "temporary"  # surely not delivered, another try may succeed
    RATE_LIMITED = "rate_limited"  # the destination asks to wait
    IN_DOUBT = "in_doubt"  # handed over in full, no answer
    MESSAGE_PERMANENT = "message_permanent"  # this message is refused, others are not
    RECIPIENT_PERMANENT = "recipient_permanent"  # this address is refused
    CHANNEL_PERMANENT = "channel_permanent"  # everything will be refused until a person mends it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one try ended; `reply` holds at most 512 redacted bytes of the answer, `retry_after_s` what it asked for."""

    kind: OutcomeKind
    code: int | None = None  # of HTTP or SMTP
    detail: str = ""  # one line for an operator, free of secrets
    reply: str = ""
    retry_after_s: float | None = None
    remote_id: str | None = None  # the name that the other side gave the message
    phase: str = ""  # the last step that was begun


class SmtpPhase(StrEnum):
    """The steps of handing over a mail, in order; from DOT on it may have arrived."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What becomes of a delivery after a try; a changed `form` asks for new bytes under the same id."""

    state: DeliveryState
    form: Literal["rich", "plain"]
    next_at: datetime
    expires_at: datetime
    counted_count: int
    doubt_count: int
    reason: str


# The words that Slack answers with (its changelog of 17 May 2016, and operators' reports since).
_SLACK_MESSAGE = frozenset(
    {
        "invalid_payload",
        "invalid_blocks",
        "invalid_blocks_format",
        "no_text",
        "missing_text_or_fallback_or_attachments",
        "too_many_attachments",
    }
)
# What refuses the whole channel, and what that means to the one who mends it.
_SLACK_CHANNEL: Mapping[str, str] = MappingProxyType(
    {
        "action_prohibited": "an administrator forbids it",
        "posting_to_general_channel_denied": "an administrator forbids posting to #general",
        "invalid_token": "the address is wrong, or was renewed",
        "no_service": "the webhook was deleted or switched off",
        "no_service_id": "the address is not whole",
        "no_team": "the address is wrong",
        "no_active_hooks": "the webhook was switched off",
        "team_disabled": "the workspace is closed",
        "channel_not_found": "its Slack channel is gone",
        "user_not_found": "its person is gone",
        "channel_is_archived": "its Slack channel was archived",
    }
)


def classify_slack(status: int, body: str, retry_after_s: float | None) -> Outcome:
    """Slack's answer to an incoming webhook; only 200 with the word `ok` is a delivery."""
    word = body.strip()
    known = word in _SLACK_MESSAGE or word in _SLACK_CHANNEL
    gloss = f" ({_SLACK_CHANNEL[word]})" if word in _SLACK_CHANNEL else ""
    return Outcome(
        kind=_slack_kind(status, word),
        code=status,
        detail=f"HTTP {status} {word}{gloss}" if known else f"HTTP {status}",
        retry_after_s=retry_after_s,
    )


def _slack_kind(status: int, word: str) -> OutcomeKind:
    if 200 <= status < 300:
        return OutcomeKind.OK if status == 200 and word == "ok" else OutcomeKind.IN_DOUBT
    if status == 429:
        return OutcomeKind.RATE_LIMITED
    if status == 408 or status >= 500 or status < 200:
        return OutcomeKind.TEMPORARY
    if status in {401, 403, 404, 405, 410} or status < 400 or word in _SLACK_CHANNEL:
        return OutcomeKind.CHANNEL_PERMANENT
    return OutcomeKind.MESSAGE_PERMANENT


def classify_http(status: int, retry_after_s: float | None, *, refusal_count: int = 0) -> Outcome:
    """A webhook receiver's answer; `refusal_count` is the channel's unbroken run of 401, 403, 404, 405 before it."""
    return Outcome(
        kind=_http_kind(status, retry_after_s, refusal_count),
        code=status,
        detail=f"HTTP {status}",
        retry_after_s=retry_after_s,
    )


def _http_kind(status: int, retry_after_s: float | None, refusal_count: int) -> OutcomeKind:
    if 200 <= status < 300:
        return OutcomeKind.OK
    if status == 429 or (status == 503 and retry_after_s is not None):
        return OutcomeKind.RATE_LIMITED
    if 300 <= status < 400 or status == 410:
        return OutcomeKind.CHANNEL_PERMANENT
    if status in REFUSALS:
        return OutcomeKind.CHANNEL_PERMANENT if refusal_count + 1 >= REFUSAL_LIMIT else OutcomeKind.TEMPORARY
    if status in {408, 425} or status >= 500 or status < 200:
        return OutcomeKind.TEMPORARY
    return OutcomeKind.MESSAGE_PERMANENT


def classify_smtp(phase: SmtpPhase, code: int, enhanced: str = "") -> Outcome:
    """A mail server's answer to the command of `phase`; `enhanced` is its status of RFC 3463, such as "5.1.1"."""
    return Outcome(
        kind=_smtp_kind(phase, code, enhanced),
        code=code,
        detail=f"SMTP {code} {enhanced}".rstrip() + f" at {phase}",
        phase=phase,
    )


def _smtp_kind(phase: SmtpPhase, code: int, enhanced: str) -> OutcomeKind:
    match code // 100:
        case 2:
            return OutcomeKind.OK
        case 3 if phase in {SmtpPhase.AUTH, SmtpPhase.DATA}:  # "go on"
            return OutcomeKind.OK
        case 4:
            return OutcomeKind.TEMPORARY
        case 5:
            return _smtp_refusal(phase, code, enhanced)
        case _:  # no SMTP at all: it has promised nothing, but after the final dot the mail may have been taken
            return OutcomeKind.IN_DOUBT if phase is SmtpPhase.DOT else OutcomeKind.TEMPORARY


def _smtp_refusal(phase: SmtpPhase, code: int, enhanced: str) -> OutcomeKind:
    if code in {530, 535}:  # authentication is wanted, or failed (RFC 4954)
        return OutcomeKind.CHANNEL_PERMANENT
    match phase:
        case SmtpPhase.DATA | SmtpPhase.BODY | SmtpPhase.DOT:
            return OutcomeKind.MESSAGE_PERMANENT
        case SmtpPhase.RCPT if enhanced not in {"5.2.3", "5.3.4"}:
            return OutcomeKind.RECIPIENT_PERMANENT
        case SmtpPhase.RCPT:  # the message is too big, for the mailbox or for the system (RFC 3463)
            return OutcomeKind.MESSAGE_PERMANENT
        case SmtpPhase.MAIL if code == 552:  # the declared SIZE is over the limit (RFC 1870)
            return OutcomeKind.MESSAGE_PERMANENT
        case _:
            return OutcomeKind.CHANNEL_PERMANENT


def classify_lost(*, sent: bool, detail: str, phase: str = "") -> Outcome:
    """The connection failed or the deadline passed; `sent`: the last byte of the message had been handed over."""
    return Outcome(kind=OutcomeKind.IN_DOUBT if sent else OutcomeKind.TEMPORARY, detail=detail, phase=phase)


def wait_s(outcome: Outcome, rng: random.Random) -> float:
    """Seconds to leave a destination alone that limits its callers: what it asked for, at least one, plus jitter."""
    asked = max(outcome.retry_after_s or 0.0, 1.0)
    return asked + rng.random() * max(1.0, asked / 10)


def backoff_s(channel_kind: str, failure_count: int, rng: random.Random) -> float:
    """Seconds before the next try after `failure_count` earlier failures: half to the whole of the step."""
    if channel_kind == "email":
        step = _MAIL_STEPS_S[min(failure_count, len(_MAIL_STEPS_S) - 1)]
    else:
        step = min(3600.0, 5.0 * 3.0 ** min(failure_count, 10))
    return step * (0.5 + 0.5 * rng.random())


def horizon_of(channel_kind: str) -> timedelta:
    """How long a delivery is tried, from its first try on."""
    return _HORIZONS.get(channel_kind, _HORIZON)


def next_attempt(
    outcome: Outcome,
    delivery: Delivery,
    channel_kind: str,
    now: datetime,
    rng: random.Random,
    *,
    on_doubt: Literal["resend", "hold"] = "resend",
    horizon: timedelta | None = None,
) -> Next:
    """What becomes of a delivery that is being sent, after this outcome of its try.

    `horizon` replaces the channel kind's own. It runs from the first try, so that a queue kept behind a parked channel
    does not die unsent; a try at its very end is still made.
    """
    expires_at = (delivery.first_try_at or now) + (horizon or horizon_of(channel_kind))
    doubtful = outcome.kind is OutcomeKind.IN_DOUBT
    step = Next(
        state=DeliveryState.QUEUED,
        form=delivery.form,
        next_at=now,
        expires_at=expires_at,
        counted_count=delivery.counted_count,
        doubt_count=delivery.doubt_count + doubtful,
        reason=outcome.detail,
    )
    match outcome.kind:
        case OutcomeKind.OK:
            after = replace(step, state=DeliveryState.DELIVERED)
        case OutcomeKind.RECIPIENT_PERMANENT:
            after = replace(step, state=DeliveryState.DEAD)
        case OutcomeKind.CHANNEL_PERMANENT:
            after = step  # the channel is parked; the row waits with it
        case OutcomeKind.MESSAGE_PERMANENT if delivery.form == "rich":
            after = replace(step, form="plain")
        case OutcomeKind.MESSAGE_PERMANENT:
            after = replace(step, state=DeliveryState.DEAD)
        case OutcomeKind.IN_DOUBT if on_doubt == "hold":
            after = replace(step, state=DeliveryState.IN_DOUBT)
        case OutcomeKind.IN_DOUBT | OutcomeKind.TEMPORARY:
            delay = timedelta(seconds=backoff_s(channel_kind, delivery.counted_count, rng))
            counted = replace(step, counted_count=step.counted_count + 1)
            after = _again(counted, now, min(now + delay, expires_at))
        case OutcomeKind.RATE_LIMITED:
            asked = outcome.retry_after_s is not None
            delay_s = wait_s(outcome, rng) if asked else backoff_s(channel_kind, delivery.attempt_count - 1, rng)
            after = _again(step, now, now + timedelta(seconds=delay_s))
    return after


def _again(step: Next, now: datetime, next_at: datetime) -> Next:
    if now >= step.expires_at:
        return replace(step, state=DeliveryState.DEAD, reason=f"given up: {step.reason}")
    return replace(step, next_at=next_at)
