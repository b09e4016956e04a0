"""Mail servers on loopback: a real one that answers what a test wants, and a scripted one that breaks where it wants.

with mail_server(Mailbox()) as server: ... server.mailbox.mails[0].content
with scripted({"DATA": DROP}) as server: ... server.heard
"""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeAlias

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.builders_web import Peer, Server, serving

DROP = b""  # instead of an answer: hang up
Answer: TypeAlias = bytes | Callable[[Peer], None]

_SCRIPT: Mapping[str, Answer] = {
    "connect": b"220 mail.example ESMTP\r\n",
    "EHLO": b"250-mail.example\r\n250 SIZE 10000000\r\n",
    "HELO": b"250 mail.example\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 go on\r\n",
    ".": b"250 2.0.0 Ok: queued as 4XyZ12\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


@dataclass(frozen=True)
class Mail:
    sender: str
    recipient: str
    content: bytes
    is_encrypted: bool
    user: str | None


@dataclass
class Mailbox:
    """Takes every mail, or answers `replies` at MAIL, RCPT and DATA; recipients may have answers of their own."""

    replies: Mapping[str, str] = field(default_factory=dict)
    mails: list[Mail] = field(default_factory=list)

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.replies.get("MAIL", "250 2.1.0 Ok")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.replies.get(address) or self.replies.get("RCPT", "250 2.1.5 Ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.replies.get("DATA", "250 2.0.0 Ok: queued as 4XyZ12")
        if answer.startswith("2"):
            user = session.auth_data
            self.mails.extend(
                Mail(
                    sender=envelope.mail_from,
                    recipient=recipient,
                    content=envelope.original_content,
                    is_encrypted=server.transport.get_extra_info("ssl_object") is not None,
                    user=user.login.decode() if user else None,
                )
                for recipient in envelope.rcpt_tos
            )
        return answer


@dataclass
class MailServer:
    mailbox: Mailbox
    port: int


def knows(user: str, password: str) -> Callable[..., AuthResult]:
    """An authenticator for one account."""

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data == LoginPassword(user.encode(), password.encode())
        return AuthResult(success=is_right, handled=False, auth_data=data)

    return authenticate


@contextlib.contextmanager
def mail_server(
    mailbox: Mailbox, *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, **options: Any
) -> Iterator[MailServer]:
    """aiosmtpd on a free port of 127.0.0.1, in a thread of its own."""
    loop = asyncio.new_event_loop()

    def speak() -> SMTP:
        return SMTP(mailbox, hostname="mail.example", tls_context=starttls, loop=loop, **options)

    listening = loop.run_until_complete(loop.create_server(speak, "127.0.0.1", 0, ssl=implicit))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield MailServer(mailbox, listening.sockets[0].getsockname()[1])
    finally:
        asyncio.run_coroutine_threadsafe(_end(listening), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(listening: asyncio.AbstractServer) -> None:
    listening.close()
    await listening.wait_closed()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@dataclass
class Scripted:
    """What was said to the server, a command a line, and the mails that it had whole before it answered the dot."""

    server: Server
    heard: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.port


@contextlib.contextmanager
def scripted(answers: Mapping[str, Answer] | None = None) -> Iterator[Scripted]:
    """A server that follows a script: an answer for each command, `DROP`, or something it does."""
    script = {**_SCRIPT, **(answers or {})}
    made: list[Scripted] = []

    def behave(peer: Peer) -> None:
        talk, stream = made[0], peer.sock.makefile("rb")
        with stream:
            step: str | None = "connect"
            while step is not None and _answers(peer, script.get(step, b"500 what?\r\n")):
                step = _next(stream, talk, is_data=step == "DATA" and script["DATA"] is _SCRIPT["DATA"])

    with serving(behave, reads=False) as server:
        made.append(Scripted(server))
        yield made[0]


def _answers(peer: Peer, answer: Answer) -> bool:
    if answer == DROP:
        return False
    if isinstance(answer, bytes):
        peer.send(answer)
    else:
        answer(peer)
    return True


def _next(stream: BinaryIO, talk: Scripted, *, is_data: bool) -> str | None:
    """The next command, or "." at the end of a mail; None when the client is gone."""
    content = b""
    while line := stream.readline():
        if not is_data:
            command, blank, rest = line.decode("latin-1").strip().partition(" ")
            talk.heard.append(command.upper() + blank + rest)
            return command.upper()
        if line == b".\r\n":
            talk.mails.append(content)
            return "."
        content += line.removeprefix(b".") if line.startswith(b"..") else line
    return None
