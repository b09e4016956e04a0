"""Hands one mail to one server for one recipient, step by step.

        connect -> greeting -> EHLO (-> STARTTLS -> EHLO) -> AUTH -> MAIL -> RCPT -> DATA -> body -> final dot

Rule: the step that is going on is always known, so that a lost connection is temporary up to the final dot and in doubt
from there on. `SMTP.send_message` hides the step, and `SMTP` as a context manager raises a 421 to QUIT after the mail
was taken; neither is used.
"""

import base64
import contextlib
import functools
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass, field, replace
from typing import Literal, NoReturn

from alerts.channels import Secret, redacted
from alerts.retry import Outcome, OutcomeKind, SmtpPhase, classify_lost, classify_smtp
from alerts.transport import Resolve, TransportError
from alerts.transport.addresses import resolved, system_resolve
from alerts.transport.watchdog import Deadline, watchdog
from storage.crash import crash_point

_REPLIES_BYTES = 262_144  # of one conversation; RFC 5321 knows lines of 512
_NAMING_S = 10.0
_QUIT_S = 2.0
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")
_QUEUE_ID = re.compile(r"\b(?:queued as|queue id|id[:=])\s*<?([\w.@-]{4,64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and how to talk to it; a login is made only on an encrypted connection."""

    host: str
    port: int = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    username: Secret | None = None
    password: Secret | None = None
    ca_file: str | None = None
    local_name: str = field(default_factory=socket.gethostname)  # said in EHLO
    resolve: Resolve = field(default=system_resolve, repr=False)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The password in the spellings in which AUTH carries it."""
        if not (self.username and self.password):
            return ()
        user, password = self.username.reveal().encode(), self.password.reveal().encode()
        spelled = (password, b"\0%s\0%s" % (user, password))
        return (self.password, *(Secret(base64.b64encode(text).decode()) for text in spelled))


def hand_over(server: Server, sender: str, recipient: str, content: bytes, deadline_s: float) -> Outcome:
    """One try; `content` is the whole message in ASCII with CRLF line ends, not yet dot-stuffed.

    Raises nothing that a network or a server can cause.
    """
    with watchdog().deadline(deadline_s) as deadline:
        talk = _Talk(server, deadline)
        try:
            outcome = talk.hand_over(sender, recipient, content)
        except (OSError, smtplib.SMTPException, TransportError) as error:
            reason = f"no answer within {deadline_s:g} s" if deadline.is_over else _cause(error)
            outcome = classify_lost(
                sent=talk.phase is SmtpPhase.DOT, detail=f"{server.host}: {reason} at {talk.phase}", phase=talk.phase
            )
        finally:
            talk.close()
    return outcome


class _RefusalError(Exception):
    """The server said no, or what we need is not on offer; ends the conversation early."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.detail)
        self.outcome = outcome


class _Talk:
    """One conversation, with the step that is going on."""

    def __init__(self, server: Server, deadline: Deadline) -> None:
        self.phase = SmtpPhase.CONNECT
        self._server = server
        self._deadline = deadline
        self._client = smtplib.SMTP(local_hostname=server.local_name)  # without a host it does not connect yet

    def hand_over(self, sender: str, recipient: str, content: bytes) -> Outcome:
        try:
            self._open()
            self._log_in()
            self._envelope(sender, recipient, len(content))
            return self._content(content)
        except _RefusalError as refusal:
            return refusal.outcome

    def close(self) -> None:
        """Say goodbye if there is somebody; what is answered no longer matters."""
        sock = self._client.sock
        if sock is not None and not self._deadline.is_over:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                sock.settimeout(_QUIT_S)
                self._client.docmd("QUIT")
        self._client.close()

    def _open(self) -> None:
        sock = self._connected()
        self._deadline.watch(sock)
        crash_point("after_connect")
        self._adopt(self._encrypted(sock) if self._server.tls == "implicit" else sock)
        self.phase = SmtpPhase.GREETING
        self._expect(self._client.getreply())
        self._greet()
        if self._server.tls == "starttls":
            self._start_tls()

    def _connected(self) -> socket.socket:
        host, port = self._server.host, self._server.port
        failure = OSError("no address")
        for address in resolved(host, port, self._server.resolve, min(_NAMING_S, self._deadline.remaining_s)):
            seconds = max(0.01, self._deadline.remaining_s)
            try:
                return socket.create_connection((address, port), timeout=seconds)
            except OSError as error:
                failure = error
        raise failure

    def _encrypted(self, sock: socket.socket) -> socket.socket:
        try:
            return _tls_context(self._server.ca_file).wrap_socket(sock, server_hostname=self._server.host)
        except OSError:
            sock.close()
            raise

    def _adopt(self, sock: socket.socket) -> None:
        """Talk over `sock` from now on; words still unread from before may be another's (RFC 3207, 4.2)."""
        self._client.sock, self._client.file = sock, _Replies(sock)

    def _greet(self) -> None:
        self.phase = SmtpPhase.EHLO
        answer = self._client.ehlo()
        if answer[0] // 100 == 5 and self._server.tls != "starttls":  # small appliances know HELO alone
            answer = self._client.helo()
        self._expect(answer)

    def _start_tls(self) -> None:
        self.phase = SmtpPhase.STARTTLS
        if not self._client.has_extn("starttls"):
            self._refuse("does not offer STARTTLS; nothing is sent in the clear")
        self._expect(self._client.docmd("STARTTLS"))
        if self._client.sock is not None:
            self._adopt(self._encrypted(self._client.sock))
        self._greet()

    def _log_in(self) -> None:
        user, password = self._server.username, self._server.password
        if not (user and password):
            return
        self.phase = SmtpPhase.AUTH
        try:
            answer = self._client.login(user.reveal(), password.reveal())
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            answer = (int(error.smtp_code), _octets(error.smtp_error))
        except (smtplib.SMTPException, ValueError):  # ValueError: a challenge that is not base64
            self._refuse("offers no login that we know")
        self._expect(answer)

    def _envelope(self, sender: str, recipient: str, size: int) -> None:
        self.phase = SmtpPhase.MAIL
        self._expect(self._client.mail(sender, [f"SIZE={size}"] if self._client.has_extn("size") else []))
        self.phase = SmtpPhase.RCPT
        self._expect(self._client.rcpt(recipient))
        self.phase = SmtpPhase.DATA
        self._expect(self._client.docmd("DATA"), "3")
        crash_point("after_headers")

    def _content(self, content: bytes) -> Outcome:
        self.phase = SmtpPhase.BODY
        self._client.send(re.sub(rb"(?m)^\.", b"..", content))  # RFC 5321, 4.5.2
        self.phase = SmtpPhase.DOT
        self._client.send(b".\r\n")
        crash_point("after_body")
        answer = self._client.getreply()
        crash_point("after_reply")
        return self._outcome(answer)

    def _expect(self, answer: tuple[int, bytes], digit: str = "2") -> None:
        """Go on after an answer that begins with `digit`; anything else ends the conversation."""
        if str(answer[0])[0] == digit:
            return
        outcome = self._outcome(answer)
        if outcome.kind is OutcomeKind.OK:  # yes, but to another question
            outcome = replace(outcome, kind=OutcomeKind.TEMPORARY)
        raise _RefusalError(outcome)

    def _refuse(self, reason: str) -> NoReturn:
        raise _RefusalError(
            Outcome(
                kind=OutcomeKind.CHANNEL_PERMANENT,
                detail=f"{self._server.host} {reason}",
                phase=self.phase,
            )
        )

    def _outcome(self, answer: tuple[int, bytes]) -> Outcome:
        code, said = answer
        text = redacted(said, self._server.secrets)
        enhanced = _ENHANCED.match(text)
        outcome = classify_smtp(self.phase, code, enhanced[1] if enhanced else "")
        named = _QUEUE_ID.search(text) if outcome.kind is OutcomeKind.OK else None
        return replace(outcome, reply=text, remote_id=named[1] if named else None)


class _Replies:
    """What the server says, by whole lines and not without end."""

    def __init__(self, sock: socket.socket) -> None:
        self._stream = sock.makefile("rb")
        self._left = _REPLIES_BYTES

    def readline(self, limit: int) -> bytes:
        line = self._stream.readline(limit)
        self._left -= len(line)
        is_whole = line.endswith(b"\n") or len(line) == limit
        return line if is_whole and self._left >= 0 else b""  # which smtplib takes for a lost connection

    def close(self) -> None:
        self._stream.close()


@functools.cache
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


def _octets(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _cause(error: Exception) -> str:
    match error:
        case TransportError():
            cause = error.cause
        case ssl.SSLCertVerificationError():
            cause = f"the certificate is not valid ({error.verify_message})"
        case ssl.SSLError():
            cause = f"no encrypted connection ({error.reason or type(error).__name__})"
        case ConnectionRefusedError():
            cause = "nothing listens there"
        case smtplib.SMTPServerDisconnected():
            cause = "the connection was lost"
        case _:
            cause = f"the connection failed ({type(error).__name__})"
    return cause
