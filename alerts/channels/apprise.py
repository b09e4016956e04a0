"""A hundred more services, by way of Apprise: a title and a text, handed over by a process of its own.

Rule: whatever a plugin does, the message is over at its deadline: the process is killed, its children with it. The
address, which holds the secrets, reaches it on standard input, never as an argument: those every user can list.

Known limits of the road: no Retry-After, no answer to look at; what is refused for good, and a connection that breaks
after the message, look like a bad moment.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

from alerts.channels import REPEAT_MARK, Body, Form, Secret, SendContext
from alerts.channels.letter import text_letter
from alerts.channels.words import context_line, first_line, read_on
from alerts.message import Notification, cut
from alerts.retry import Outcome, OutcomeKind, classify_lost
from storage.crash import crash_point
from storage.errors import ConfigError

MISSING: Final = "the apprise kind needs an extra: in Salname's clone: pip install '.[apprise]'"
LIMITS: Final = "Apprise passes on no answer and no wish to wait; what is refused for good looks like a bad moment"
BEGUN: Final = b"begun"  # what the child writes before it hands anything over

# How the child ends; see apprise_child.py.
SENT, NO_APPRISE, NO_SERVICE, REFUSED = 0, 3, 4, 5

_TITLE, _TEXT, _SHORT = 200, 4_000, 900  # units; many services cut at a thousand
# Of our own environment a service needs no more; the secrets of other channels stay here.
_PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "PYTHONPATH", "SYSTEMROOT")
_ENDS: Mapping[int, tuple[OutcomeKind, str]] = MappingProxyType(
    {
        SENT: (OutcomeKind.OK, "handed over by Apprise"),
        NO_APPRISE: (OutcomeKind.CHANNEL_PERMANENT, MISSING),
        NO_SERVICE: (
            OutcomeKind.CHANNEL_PERMANENT,
            "Apprise does not understand the address; try it: apprise --dry-run",
        ),
        REFUSED: (OutcomeKind.TEMPORARY, "the service refused it or was out of reach; Apprise tells no more"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseSettings:
    """One address of Apprise, such as "ntfy://..."; the address itself is the password."""

    url: Secret


class AppriseChannel:
    """One service; raises ConfigError if Apprise is not installed."""

    kind = "apprise"

    def __init__(self, settings: AppriseSettings) -> None:
        if find_spec("apprise") is None:
            raise ConfigError(MISSING)
        self._settings = settings

    @property
    def destination(self) -> str:
        return hashlib.blake2b(self._settings.url.reveal().encode(), digest_size=16, person=b"destination").hexdigest()

    def render(self, note: Notification, form: Form) -> Body:
        if form == "rich":
            text = cut(text_letter(note, "rich"), _TEXT)
        else:
            lines = filter(None, (context_line(note), read_on(note) if note.digest or note.event else ""))
            text = cut("\n".join(lines), _SHORT) or note.id
        message = {"title": cut(first_line(note), _TITLE), "body": text}
        return Body(content=json.dumps(message, ensure_ascii=False).encode(), content_type="application/json")

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        message = json.loads(body.content)
        if ctx.possible_repeat:
            message["body"] += f"\n({REPEAT_MARK})"
        return _hand_over(json.dumps({"url": self._settings.url.reveal(), **message}).encode(), ctx.deadline_s)

    def close(self) -> None:
        """Nothing is kept between messages."""


def _hand_over(given: bytes, deadline_s: float) -> Outcome:
    try:
        # -P: the folder it is started in must not stand before the library.
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "alerts.channels.apprise_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what plugins say may hold the address
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )
    except OSError as error:
        return Outcome(kind=OutcomeKind.TEMPORARY, detail=f"no process could be started: {error.strerror}")
    with child:
        crash_point("after_connect")
        try:
            said, _ = child.communicate(given, timeout=deadline_s)
        except subprocess.TimeoutExpired:
            said = _ended(child)
            return classify_lost(
                sent=BEGUN in said, detail=f"Apprise took longer than {deadline_s:g} s and was ended", phase="apprise"
            )
    crash_point("after_reply")
    if child.returncode in _ENDS:
        kind, detail = _ENDS[child.returncode]
        return Outcome(kind=kind, detail=detail, phase="apprise")
    return classify_lost(
        sent=BEGUN in said, detail=f"the process of Apprise broke down ({child.returncode})", phase="apprise"
    )


def _ended(child: subprocess.Popen[bytes]) -> bytes:
    """Kill the process with all that it started; what it had said."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    said, _ = child.communicate()
    return said
