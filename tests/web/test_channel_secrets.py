"""No channel tells its secrets, whatever happens to it and whoever asks."""

import base64
import contextlib
import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Channel, Secret, redacted
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.retry import Outcome, OutcomeKind
from tests.builders_mail import Mailbox, knows, mail_server, scripted
from tests.builders_messages import a_note, a_try
from tests.builders_web import Authority, Behaviour, Peer, authority_in, closes_after, http, serving, stalls_after

TOKEN = "tokentokentokentoken"
KEY = base64.b64encode(TOKEN.encode() * 2).decode()
OPEN = frozenset({"127.0.0.1"})


@pytest.fixture
def authority(tmp_path) -> Authority:
    return authority_in(tmp_path)


def slack(port: int, **fields: object) -> Channel:
    url = Secret(f"http://127.0.0.1:{port}/services/T00000000/B00000000/{TOKEN}")
    return SlackChannel(HttpSettings(url=url, insecure_http=True, allow_private=OPEN, **fields))  # type: ignore[arg-type]  # named by the test


def webhook(port: int, **fields: object) -> Channel:
    url = Secret(f"http://127.0.0.1:{port}/in?key={TOKEN}")
    end = HttpSettings(url=url, insecure_http=True, allow_private=OPEN, **fields)  # type: ignore[arg-type]  # likewise
    return WebhookChannel(WebhookSettings(http=end, signing=(Secret(f"whsec_{KEY}"),)))


def mail(port: int, ca_file: Path, *, tls: str = "implicit") -> Channel:
    server = Server(
        host="127.0.0.1",
        port=port,
        tls=tls,  # type: ignore[arg-type]  # named by the test
        username=Secret("watch"),
        password=Secret(TOKEN),
        ca_file=str(ca_file),
    )
    return EmailChannel(EmailSettings(server=server, sender="watch@example.org"))


def echoes(peer: Peer) -> None:
    """As a debugging proxy does: the request comes back in the answer."""
    asked = peer.request
    peer.send(http(500, body=f"{asked.method} {asked.target} {KEY} {dict(asked.headers)}".encode()))


WAYS: list[tuple[Behaviour, OutcomeKind]] = [
    (echoes, OutcomeKind.TEMPORARY),
    (closes_after(b""), OutcomeKind.IN_DOUBT),
    (closes_after(b"HTTP/1.1 200 OK\r\nCont"), OutcomeKind.IN_DOUBT),
    (closes_after(b"nonsense\r\n"), OutcomeKind.IN_DOUBT),
    (stalls_after(), OutcomeKind.IN_DOUBT),
]


def tried(channel: Channel) -> tuple[Outcome, str]:
    """One try, and everything that an operator could see of it."""
    outcome = channel.send(channel.render(a_note(), "rich"), a_try(deadline_s=0.5))
    channel.close()
    seen = [repr(outcome), str(outcome), repr(channel), repr(vars(channel)), channel.destination]
    return outcome, "\n".join(seen)


@pytest.mark.parametrize("build", [slack, webhook], ids=["slack", "webhook"])
def test_a_post_that_fails_tells_nothing(build: Callable[..., Channel], caplog):
    caplog.set_level(logging.DEBUG)
    for behaviour, kind in WAYS:
        with serving(behaviour) as server:
            outcome, seen = tried(build(server.port))
            assert outcome.kind is kind
            assert TOKEN in server.requests[0].target
            assert TOKEN not in seen
            assert KEY not in seen or build is slack
    for refused in (build(1), build(server.port)):
        outcome, seen = tried(refused)
        assert outcome.kind is not OutcomeKind.OK
        assert TOKEN not in seen
    assert TOKEN not in caplog.text


def test_a_proxys_password_is_told_to_the_proxy_alone(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(closes_after(http(407))) as server:
        proxy = Secret(f"http://user:{TOKEN}@127.0.0.1:{server.port}")
        _, seen = tried(slack(server.port, proxy=proxy))
        assert "proxy-authorization" in server.requests[0].headers
    assert TOKEN not in seen
    assert TOKEN not in caplog.text


@contextlib.contextmanager
def mail_ways(authority: Authority) -> Iterator[list[Channel]]:
    right: dict[str, Any] = {"implicit": authority.context(), "auth_require_tls": False}
    with (
        mail_server(Mailbox(), **right, authenticator=knows("watch", "another")) as refusing,
        mail_server(Mailbox(replies={"MAIL": f"550 {TOKEN}"}), **right, authenticator=knows("watch", TOKEN)) as echoing,
        scripted() as talking,
    ):
        yield [
            mail(refusing.port, authority.ca_file),
            mail(echoing.port, authority.ca_file),
            mail(talking.port, authority.ca_file),
            mail(talking.port, authority.ca_file, tls="starttls"),
            mail(1, authority.ca_file),
            mail(refusing.port, Path("/nowhere")),
        ]


def test_a_mail_that_fails_tells_nothing(authority, caplog):
    caplog.set_level(logging.DEBUG)
    with mail_ways(authority) as channels:
        found = [tried(channel) for channel in channels]
    assert [outcome.code for outcome, _ in found][:2] == [535, 550]
    assert found[1][0].reply == "***"
    for outcome, seen in found:
        assert outcome.kind in {OutcomeKind.CHANNEL_PERMANENT, OutcomeKind.TEMPORARY}
        assert TOKEN not in seen
        assert base64.b64encode(TOKEN.encode()).decode() not in seen
    ours = [record.getMessage() for record in caplog.records if record.name != "mail.log"]  # that is the server's own
    assert TOKEN not in "".join(ours)


def test_a_secret_shows_itself_only_when_it_is_asked_to():
    secret = Secret(TOKEN)
    assert secret.reveal() == TOKEN
    assert f"{secret} {secret!r} {secret!s} {[secret]} {(secret, {'a': secret})}".count("***") == 6
    assert TOKEN not in f"{secret} {secret!r} {[secret]}"
    assert bool(secret)
    assert not Secret("")
    assert secret == Secret(TOKEN) != Secret("other")
    assert TOKEN not in "".join(traceback.format_exception(ValueError(secret)))


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (f"no such hook /services/T00000000/B00000000/{TOKEN}", "no such hook ***"),
        (f"token {TOKEN} is unknown", "token *** is unknown"),
        ("T00000000 has no B00000000", "*** has no ***"),
        ("services are down", "services are down"),
        ("", ""),
    ],
)
def test_an_answer_is_kept_without_any_part_of_the_address_that_could_be_a_key(reply, kept):
    url = Secret(f"https://hooks.example.org/services/T00000000/B00000000/{TOKEN}")
    assert redacted(reply, [url]) == redacted(reply.encode(), [url]) == kept


def test_a_long_answer_is_cut_between_letters():
    assert len(redacted("ə" * 1_000, []).encode()) == 512
    assert redacted(b"\xff" * 1_000, []).startswith("\ufffd")
