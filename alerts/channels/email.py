"""Mail: one message for each recipient, threaded by event, in text and HTML of the same words.

Rule: the message is frozen at the first claim, its Message-ID included, so that a mailbox can drop a second copy; only
the number of the try and the mark of a repeat are written at the time of sending. No word of the world opens a header.
"""

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, getaddresses
from typing import Literal

from alerts.channels import Body, Form, SendContext
from alerts.channels.letter import html_letter, text_letter
from alerts.channels.smtp import Server, hand_over
from alerts.channels.words import label, moment
from alerts.message import Notification, clean, cut, is_self
from alerts.retry import Outcome, OutcomeKind
from storage.errors import ConfigError

_SUBJECT_UNITS = 150
_NO_LABEL = re.compile(r"[^A-Za-z0-9.-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings:
    """The server, the sender as `Name <address>`, and how mails hang together.

    `insecure_plaintext` allows `tls="none"` beyond this machine, without a login.
    """

    server: Server
    sender: str
    thread_by: Literal["event", "none"] = "event"
    list_unsubscribe: str | None = None  # a mailto: or https: address
    insecure_plaintext: bool = False


class EmailChannel:
    """One mail server and sender; raises ConfigError if the settings contradict themselves or would leak."""

    kind = "email"

    def __init__(self, settings: EmailSettings) -> None:
        _check(settings)
        self._settings = settings
        self._sender = mailbox(settings.sender)
        self._domain = f"salname.{self._sender.domain}"

    @property
    def destination(self) -> str:
        server = self._settings.server
        name = f"{server.host.lower()}:{server.port}"
        return hashlib.blake2b(name.encode(), digest_size=16, person=b"destination").hexdigest()

    def render(self, note: Notification, form: Form) -> Body:
        message = EmailMessage(policy=SMTP)
        message.set_content(text_letter(note, form), cte="quoted-printable")
        if form == "rich":
            message.add_alternative(html_letter(note), subtype="html", cte="quoted-printable")
            # Quoted-printable spells "=" as "=3D": no line of a part can look like this one.
            message.set_boundary(f"=_{note.id}")
        head = b"".join(_line(name, value) for name, value in self._headers(note))
        return Body(content=head + message.as_bytes(), content_type="message/rfc822")

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        try:
            recipient = mailbox(ctx.address)
        except ConfigError as error:
            return Outcome(kind=OutcomeKind.RECIPIENT_PERMANENT, detail=str(error))
        tries = _line("X-Salname-Attempt", str(ctx.attempt))
        repeat = _line("X-Salname-Possible-Repeat", "1") if ctx.possible_repeat else b""
        return hand_over(
            self._settings.server,
            self._sender.addr_spec,
            recipient.addr_spec,
            tries + repeat + body.content,
            ctx.deadline_s,
        )

    def close(self) -> None:
        """Nothing is kept between mails."""

    def _headers(self, note: Notification) -> Iterator[tuple[str, str]]:
        yield "From", _formatted(self._sender)
        yield "To", _recipient(note.address)
        yield "Subject", self._subject(note)
        yield "Date", format_datetime(note.made_at.astimezone(note.zone))
        yield "Message-ID", f"<{note.id}@{self._domain}>"
        if thread := self._thread(note):
            root = f"<{thread}@{self._domain}>"
            yield "In-Reply-To", root
            yield "References", root
        yield "Auto-Submitted", "auto-generated"  # RFC 3834: no vacation notice comes back
        yield "X-Auto-Response-Suppress", "All"  # the same for Exchange
        topic = _NO_LABEL.sub("-", note.topics[0])[:60].strip("-.") if note.topics and not note.digest else ""
        yield "List-Id", f"{topic or 'salname'} <{topic or 'alerts'}.{self._domain}>"
        if self._settings.list_unsubscribe:
            yield "List-Unsubscribe", f"<{self._settings.list_unsubscribe}>"
        yield "X-Salname-Kind", note.kind
        if note.event:
            yield "X-Salname-Event", note.event.id
        yield "X-Salname-Delivery", note.id

    def _thread(self, note: Notification) -> str:
        """What the mail's thread hangs on, an event or the digests of one route; the root is a mail that never was."""
        if self._settings.thread_by == "none":
            return ""
        if note.digest:
            return f"digest-{hashlib.blake2b(note.digest.scope.encode(), digest_size=8).hexdigest()}"
        return f"ev-{note.event.id}" if note.event else ""

    def _subject(self, note: Notification) -> str:
        """Constant for an event: Gmail threads by equal subjects and consistent references."""
        if note.digest:
            counts = ", ".join(section.short for section in note.digest.sections) or note.headline
            slot = moment(note.digest.slot_at, note.zone).rpartition(" (")[0]
            return encoded_words("Subject", cut(f"[salname] Digest {slot}: {counts}", _SUBJECT_UNITS))
        tag = f"[{note.topics[0] if note.topics else 'salname'}]"
        event = note.event
        if event is None or self._settings.thread_by == "none":
            name = "" if is_self(note.kind) else f"{label(note.kind).name}: "
            return encoded_words("Subject", cut(f"{tag} {name}{note.headline}", _SUBJECT_UNITS))
        again = "Re: " if event.previous_notified_revision is not None else ""
        return encoded_words("Subject", again + cut(f"{tag} {event.title}", _SUBJECT_UNITS))


def mailbox(text: str) -> Address:
    """The one mailbox that a text names, as `a@b` or `Name <a@b>`, its domain in ASCII; raises ConfigError."""
    found = getaddresses([text]) if clean(text) == text.strip() else []
    try:
        ((name, spec),) = found
        user, _, domain = spec.rpartition("@")
        address = Address(display_name=name, addr_spec=f"{user}@{domain.encode('idna').decode()}")
    except (ValueError, IndexError, MessageError):
        address = Address()
    if not (address.username.isascii() and address.username and address.domain):
        raise ConfigError(f'"{cut(clean(text), 100)}" is not one mail address such as "Desk <desk@example.org>"')
    return address


def encoded_words(name: str, text: str) -> str:
    """A header's value: as it is if that is safe, else in encoded words (RFC 2047), folded.

    Text that looks like an encoded word is encoded, too: a reader would decode it, line ends and all.
    """
    if text.isascii() and text.isprintable() and "=?" not in text:
        return text
    return Header(text, "utf-8", header_name=name).encode(linesep="\r\n")


def _check(settings: EmailSettings) -> None:
    server, problems = settings.server, []
    if server.tls == "none" and not (settings.insecure_plaintext or _is_loopback(server.host)):
        problems.append(f'tls = "none" sends mail to {server.host} in the clear; use "starttls" or "implicit"')
    if server.tls == "none" and server.username:
        problems.append('a password is sent on an encrypted connection only; use tls = "starttls" or "implicit"')
    if bool(server.username) != bool(server.password):
        problems.append("a login needs a user name and a password")
    if not all(secret.reveal().isascii() for secret in (server.username, server.password) if secret):
        problems.append("SMTP carries a user name and a password in ASCII letters only")
    unsubscribe = settings.list_unsubscribe
    if unsubscribe and not re.fullmatch(r"(?:mailto:|https://)[!-;=?-~]+", unsubscribe):
        problems.append("list_unsubscribe must be a mailto: or https: address")
    if problems:
        raise ConfigError(*problems)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() in {"localhost", "localhost.localdomain"}


def _recipient(text: str) -> str:
    try:
        return _formatted(mailbox(text))
    except ConfigError:  # `send` refuses it; the words are shown to nobody
        return "undisclosed-recipients:;"


def _formatted(address: Address) -> str:
    return formataddr((address.display_name, address.addr_spec))


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode("ascii")
