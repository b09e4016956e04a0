import email
import email.policy
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alerts.channels import Secret
from alerts.channels.email import EmailChannel, EmailSettings, mailbox
from alerts.channels.smtp import Server
from alerts.message import Notification
from alerts.retry import Outcome, OutcomeKind
from storage.errors import ConfigError
from storage.model import Delivery
from storage.outbox import Told
from tests.builders_mail import DROP, Mailbox, MailServer, Scripted, knows, mail_server, scripted
from tests.builders_messages import HOUR, NOW, a_delivery, a_note, a_source, a_try
from tests.builders_web import Authority, Peer, authority_in, resolving

DESK = "desk@example.org"
TO_DESK: Delivery = a_delivery(id="d_5b1f0c9e2a7744d1", address=DESK)


@pytest.fixture
def authority(tmp_path) -> Authority:
    return authority_in(tmp_path)


def note_for_desk(**of_source) -> Notification:
    return a_note(a_source(delivery=TO_DESK, **of_source))


def the_channel(server: MailServer | Scripted, **of_server: object) -> EmailChannel:
    known = Server(host="127.0.0.1", port=server.port, tls="none", local_name="host1.example")
    told = replace(known, **of_server)  # type: ignore[arg-type]  # a test names fields
    return EmailChannel(EmailSettings(server=told, sender="Salname <watch@example.org>"))


def sent(server: MailServer | Scripted, *, address: str = DESK, deadline_s: float = 3.0, **of_server: Any) -> Outcome:
    channel = the_channel(server, **of_server)
    return channel.send(channel.render(note_for_desk(), "rich"), a_try(address=address, deadline_s=deadline_s))


def test_a_mail_arrives_whole_and_its_queue_id_is_kept():
    with mail_server(Mailbox()) as server:
        outcome = sent(server)
    (mail,) = server.mailbox.mails
    assert (outcome.kind, outcome.code, outcome.remote_id) == (OutcomeKind.OK, 250, "4XyZ12")
    assert outcome.reply == "2.0.0 Ok: queued as 4XyZ12"
    assert (mail.sender, mail.recipient) == ("watch@example.org", DESK)
    message = email.message_from_bytes(mail.content, policy=email.policy.default)
    assert message["Subject"] == "[wtdc] Baku Declaration adopted at WTDC-25"
    assert message["X-Salname-Attempt"] == "1"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    plain, html = (part.get_content() for part in message.iter_parts())
    assert plain.startswith("NEW EVENT - Baku Declaration adopted at WTDC-25")
    assert "(trend.example)" in html


def test_every_copy_is_equal_but_for_the_number_and_the_mark_of_the_try():
    with mail_server(Mailbox()) as server:
        channel = the_channel(server)
        body = channel.render(note_for_desk(), "rich")
        channel.send(body, a_try())
        channel.send(body, a_try(attempt=2, possible_repeat=True))
    first, second = (mail.content for mail in server.mailbox.mails)
    assert first == b"X-Salname-Attempt: 1\r\n" + body.content
    assert second == b"X-Salname-Attempt: 2\r\nX-Salname-Possible-Repeat: 1\r\n" + body.content


def test_lines_that_begin_with_a_dot_arrive_as_they_were():
    with mail_server(Mailbox()) as server, scripted() as script:
        for end in (server, script):
            channel = the_channel(end)
            body = replace(
                channel.render(note_for_desk(), "rich"), content=b"Subject: x\r\n\r\n.\r\n..a\r\nb.\r\n.\r\n"
            )
            assert channel.send(body, a_try()).kind is OutcomeKind.OK
    assert server.mailbox.mails[0].content.endswith(b"\r\n\r\n.\r\n..a\r\nb.\r\n.\r\n")
    assert script.mails[0].endswith(b"\r\n\r\n.\r\n..a\r\nb.\r\n.\r\n")


def test_the_conversation_goes_step_by_step_and_gives_the_size():
    with scripted() as server:
        assert sent(server).kind is OutcomeKind.OK
    assert server.heard == [
        "EHLO host1.example",
        f"MAIL FROM:<watch@example.org> SIZE={len(server.mails[0])}",
        f"RCPT TO:<{DESK}>",
        "DATA",
        "QUIT",
    ]


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"connect": b"421 4.3.2 busy\r\n"}, OutcomeKind.TEMPORARY),
        ({"connect": b"554 5.7.1 go away\r\n"}, OutcomeKind.CHANNEL_PERMANENT),
        ({"connect": b"HTTP/1.1 400 Bad Request\r\n"}, OutcomeKind.TEMPORARY),
        ({"EHLO": b"421 4.3.2 busy\r\n"}, OutcomeKind.TEMPORARY),
        ({"EHLO": b"502 5.5.1 what?\r\n", "HELO": b"504 no\r\n"}, OutcomeKind.CHANNEL_PERMANENT),
        ({"MAIL": b"421 4.3.2 busy\r\n"}, OutcomeKind.TEMPORARY),
        ({"MAIL": b"451 4.3.0 later\r\n"}, OutcomeKind.TEMPORARY),
        ({"MAIL": b"550 5.1.8 who are you\r\n"}, OutcomeKind.CHANNEL_PERMANENT),
        ({"MAIL": b"530 5.7.0 log in first\r\n"}, OutcomeKind.CHANNEL_PERMANENT),
        ({"MAIL": b"552 5.3.4 too big\r\n"}, OutcomeKind.MESSAGE_PERMANENT),
        ({"MAIL": b"354 go on\r\n"}, OutcomeKind.TEMPORARY),
        ({"RCPT": b"450 4.2.0 greylisted\r\n"}, OutcomeKind.TEMPORARY),
        ({"RCPT": b"452 4.2.2 full\r\n"}, OutcomeKind.TEMPORARY),
        ({"RCPT": b"550 5.1.1 no such user\r\n"}, OutcomeKind.RECIPIENT_PERMANENT),
        ({"RCPT": b"550-5.1.1 no such user\r\n550 5.1.1 at all\r\n"}, OutcomeKind.RECIPIENT_PERMANENT),
        ({"RCPT": b"251 will forward\r\n"}, OutcomeKind.OK),
        ({"DATA": b"421 4.3.2 busy\r\n"}, OutcomeKind.TEMPORARY),
        ({"DATA": b"554 5.5.1 no\r\n"}, OutcomeKind.MESSAGE_PERMANENT),
        ({"DATA": b"250 ok?\r\n"}, OutcomeKind.TEMPORARY),
        ({".": b"421 4.3.2 busy\r\n"}, OutcomeKind.TEMPORARY),
        ({".": b"451 4.3.0 later\r\n"}, OutcomeKind.TEMPORARY),
        ({".": b"552 5.3.4 too big\r\n"}, OutcomeKind.MESSAGE_PERMANENT),
        ({".": b"554 5.7.1 spam\r\n"}, OutcomeKind.MESSAGE_PERMANENT),
        ({".": b"???\r\n"}, OutcomeKind.IN_DOUBT),
        ({"QUIT": b"421 4.3.2 busy\r\n"}, OutcomeKind.OK),
        ({"QUIT": DROP}, OutcomeKind.OK),
        ({"connect": DROP}, OutcomeKind.TEMPORARY),
        ({"EHLO": DROP}, OutcomeKind.TEMPORARY),
        ({"MAIL": DROP}, OutcomeKind.TEMPORARY),
        ({"RCPT": DROP}, OutcomeKind.TEMPORARY),
        ({"DATA": DROP}, OutcomeKind.TEMPORARY),
        ({".": DROP}, OutcomeKind.IN_DOUBT),
    ],
)
def test_every_answer_and_every_drop_has_its_class(answers, kind):
    with scripted(answers) as server:
        outcome = sent(server)
    assert outcome.kind is kind
    whole = kind is OutcomeKind.OK or "." in answers
    assert len(server.mails) == whole
    assert outcome.phase
    assert outcome.kind is OutcomeKind.OK or outcome.detail


def stalls(peer: Peer) -> None:
    peer.stall()


def drips(peer: Peer) -> None:
    peer.send(b"250-")
    peer.drip(b"x")


def goes_on(peer: Peer) -> None:
    peer.send(b"250-more\r\n" * 200_000)


@pytest.mark.parametrize(
    ("step", "kind"),
    [("connect", OutcomeKind.TEMPORARY), ("RCPT", OutcomeKind.TEMPORARY), (".", OutcomeKind.IN_DOUBT)],
)
@pytest.mark.parametrize("behaviour", [stalls, drips])
def test_the_deadline_ends_a_conversation_wherever_it_stands(step, kind, behaviour):
    with scripted({step: behaviour}) as server:
        started = time.monotonic()
        outcome = sent(server, deadline_s=0.5)
        assert time.monotonic() - started < 1.5
    assert outcome.kind is kind
    assert "no answer within 0.5 s" in outcome.detail


def test_an_answer_without_end_is_not_listened_to():
    with scripted({"EHLO": goes_on}) as server:
        assert sent(server).kind is OutcomeKind.TEMPORARY
    with scripted({".": goes_on}) as server:
        assert sent(server).kind is OutcomeKind.IN_DOUBT


def test_a_goodbye_that_is_never_answered_costs_a_moment_and_not_the_mail(monkeypatch):
    monkeypatch.setattr("alerts.channels.smtp._QUIT_S", 0.2)
    with scripted({"QUIT": stalls}) as server:
        started = time.monotonic()
        assert sent(server).kind is OutcomeKind.OK
        assert time.monotonic() - started < 1.5


def test_one_refused_recipient_does_not_touch_another():
    with mail_server(Mailbox(replies={"gone@example.org": "550 5.1.1 no such user"})) as server:
        assert sent(server, address="gone@example.org").kind is OutcomeKind.RECIPIENT_PERMANENT
        assert sent(server).kind is OutcomeKind.OK
    assert [mail.recipient for mail in server.mailbox.mails] == [DESK]


def test_an_address_that_is_two_is_refused_and_nobody_is_written_to():
    with mail_server(Mailbox()) as server:
        outcome = sent(server, address="a@example.org, b@example.org")
        assert (outcome.kind, server.mailbox.mails) == (OutcomeKind.RECIPIENT_PERMANENT, [])
        assert sent(server, address="Desk <a@example.org>").kind is OutcomeKind.OK
    assert server.mailbox.mails[0].recipient == "a@example.org"


def test_a_server_that_is_not_there_has_surely_nothing():
    with mail_server(Mailbox()) as server:
        assert sent(server).kind is OutcomeKind.OK
    outcome = sent(server)
    assert (outcome.kind, outcome.phase) == (OutcomeKind.TEMPORARY, "connect")
    assert "nothing listens" in outcome.detail


def test_a_name_that_nobody_knows_is_temporary_and_all_its_addresses_are_tried():
    with mail_server(Mailbox()) as server:
        lost: dict[str, Any] = {"host": "lost.example", "resolve": resolving({}), "tls": "starttls"}
        assert sent(server, **lost).kind is OutcomeKind.TEMPORARY
        found = resolving({"localhost": ["127.0.0.2", "127.0.0.1"]})
        assert sent(server, host="localhost", resolve=found).kind is OutcomeKind.OK


def test_a_mail_goes_over_starttls_with_a_login(authority):
    account: dict[str, Any] = {"username": Secret("watch"), "password": Secret("correct horse")}
    tls: dict[str, Any] = {"tls": "starttls", "ca_file": str(authority.ca_file)}
    options: dict[str, Any] = {"starttls": authority.context(), "authenticator": knows("watch", "correct horse")}
    with mail_server(Mailbox(), **options) as server:
        assert sent(server, **tls, **account).kind is OutcomeKind.OK
        wrong = sent(server, **tls, **{**account, "password": Secret("guess")})
    assert [(mail.is_encrypted, mail.user) for mail in server.mailbox.mails] == [(True, "watch")]
    assert (wrong.kind, wrong.code, wrong.phase) == (OutcomeKind.CHANNEL_PERMANENT, 535, "auth")


def test_a_mail_goes_over_tls_from_the_first_byte(authority):
    tls: dict[str, Any] = {"tls": "implicit", "ca_file": str(authority.ca_file)}
    with mail_server(Mailbox(), implicit=authority.context()) as server:
        assert sent(server, **tls).kind is OutcomeKind.OK
        assert sent(server, tls="implicit").kind is OutcomeKind.TEMPORARY
    with scripted() as script:
        plain = sent(script, tls="implicit")
    assert (plain.kind, "no encrypted connection" in plain.detail) == (OutcomeKind.TEMPORARY, True)
    assert [mail.is_encrypted for mail in server.mailbox.mails] == [True]


def test_without_starttls_nothing_is_sent_in_the_clear():
    with mail_server(Mailbox()) as server:
        outcome = sent(server, tls="starttls", username=Secret("watch"), password=Secret("secret"))
    assert (outcome.kind, outcome.phase) == (OutcomeKind.CHANNEL_PERMANENT, "starttls")
    assert server.mailbox.mails == []
    with scripted() as script:
        sent(script, tls="starttls", username=Secret("watch"), password=Secret("secret"))
    assert [line.split()[0] for line in script.heard] == ["EHLO", "QUIT"]


def test_a_certificate_that_proves_nothing_stops_the_mail(authority):
    with mail_server(Mailbox(), starttls=authority.context()) as server:
        unknown = sent(server, tls="starttls")
        misnamed = resolving({"other.example": ["127.0.0.1"]})
        other = sent(server, tls="starttls", ca_file=str(authority.ca_file), host="other.example", resolve=misnamed)
        right = sent(server, tls="starttls", ca_file=str(authority.ca_file))
    assert [outcome.kind for outcome in (unknown, other, right)] == [
        OutcomeKind.TEMPORARY,
        OutcomeKind.TEMPORARY,
        OutcomeKind.OK,
    ]
    assert "certificate" in unknown.detail
    assert "Hostname mismatch" in other.detail
    assert len(server.mailbox.mails) == 1


def test_words_that_were_slipped_in_before_encryption_are_forgotten(authority):
    forged = b"220 go ahead\r\n250-mail.example\r\n250 AUTH PLAIN\r\n"
    with scripted({"EHLO": b"250-mail.example\r\n250 STARTTLS\r\n", "STARTTLS": forged}) as server:
        outcome = sent(server, tls="starttls", ca_file=str(authority.ca_file))
    assert (outcome.kind, server.mails) == (OutcomeKind.TEMPORARY, [])
    assert [line.split()[0] for line in server.heard][:2] == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"EHLO": b"250-mail.example\r\n250 AUTH GSSAPI NTLM\r\n"},
        {"EHLO": b"250-mail.example\r\n250 AUTH CRAM-MD5\r\n", "AUTH": b"334 not base64!\r\n"},
    ],
)
def test_a_server_without_a_login_that_we_know_parks_the_channel(answers, monkeypatch):
    monkeypatch.setattr("alerts.channels.email._check", lambda _settings: None)  # a login without TLS, for the script
    with scripted(answers) as server:
        outcome = sent(server, username=Secret("watch"), password=Secret("secret"))
    assert (outcome.kind, outcome.phase, server.mails) == (OutcomeKind.CHANNEL_PERMANENT, "auth", [])


def test_a_passing_trouble_of_the_login_is_passing(monkeypatch):
    monkeypatch.setattr("alerts.channels.email._check", lambda _settings: None)  # as above
    hello = b"250-mail.example\r\n250 AUTH PLAIN\r\n"
    for answer in (b"454 4.7.0 try later\r\n", DROP):
        with scripted({"EHLO": hello, "AUTH": answer}) as server:
            assert sent(server, username=Secret("watch"), password=Secret("secret")).kind is OutcomeKind.TEMPORARY
    with scripted({"EHLO": hello, "AUTH": b"235 welcome\r\n"}) as server:
        assert sent(server, username=Secret("watch"), password=Secret("secret")).kind is OutcomeKind.OK


def settings(sender: str = "watch@example.org", **of_server: object) -> EmailSettings:
    server = replace(Server(host="mail.example"), **of_server)  # type: ignore[arg-type]  # a test names fields
    return EmailSettings(server=server, sender=sender)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (settings(tls="none"), "in the clear"),
        (settings(tls="none", host="127.0.0.1", username=Secret("a"), password=Secret("b")), "encrypted"),
        (settings(username=Secret("a")), "a login needs"),
        (settings(username=Secret("a"), password=Secret("şifrə")), "ASCII"),
        (settings(sender="nobody"), "not one mail address"),
        (settings(sender="a@b.example, c@d.example"), "not one mail address"),
        (settings(sender="a@b.example\r\nBcc: c@d.example"), "not one mail address"),
        (replace(settings(), list_unsubscribe="https://x.example/\r\nX: y"), "list_unsubscribe"),
        (replace(settings(), list_unsubscribe="ftp://x.example/"), "list_unsubscribe"),
    ],
)
def test_settings_that_would_leak_or_fail_are_refused(wrong, says):
    with pytest.raises(ConfigError, match=says) as caught:
        EmailChannel(wrong)
    assert "şifrə" not in str(caught.value)


def test_sending_in_the_clear_is_possible_on_this_machine_or_by_an_explicit_word():
    for host in ("127.0.0.1", "::1", "localhost"):
        assert EmailChannel(settings(tls="none", host=host)).kind == "email"
    assert EmailChannel(replace(settings(tls="none"), insecure_plaintext=True)).kind == "email"


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("desk@example.org", "", "desk@example.org"),
        ("Desk <desk@example.org>", "Desk", "desk@example.org"),
        ('"Desk, Baku" <desk@example.org>', "Desk, Baku", "desk@example.org"),
        ("Xəbər <desk@xəbər.example>", "Xəbər", "desk@xn--xbr-dtbb.example"),
        ("root@localhost", "", "root@localhost"),
    ],
)
def test_a_mailbox_is_read_with_its_name(text, name, address):
    found = mailbox(text)
    assert (found.display_name, found.addr_spec) == (name, address)


@pytest.mark.parametrize(
    "text", ["", "desk", "@example.org", "a@b@c", "a..b@c.example", "ə@example.org", "a@b <c@d>", "x:;"]
)
def test_what_is_no_mailbox_is_refused(text):
    with pytest.raises(ConfigError, match="not one mail address"):
        mailbox(text)


def headers(note: Notification, **of_settings: object) -> email.message.EmailMessage:
    channel = EmailChannel(replace(settings("Salname <watch@example.org>"), **of_settings))  # type: ignore[arg-type]  # likewise
    return email.message_from_bytes(channel.render(note, "rich").content, policy=email.policy.default)


def test_all_mails_about_an_event_hang_on_one_root_under_one_subject():
    first = headers(note_for_desk())
    later = headers(note_for_desk(previous={"7Q2MAAAA": Told(revision=1, at=NOW - HOUR)}))
    assert (first["Subject"], later["Subject"]) == (
        "[wtdc] Baku Declaration adopted at WTDC-25",
        "Re: [wtdc] Baku Declaration adopted at WTDC-25",
    )
    for message in (first, later):
        assert message["References"] == message["In-Reply-To"] == "<ev-7Q2MAAAA@salname.example.org>"
        assert message["Message-ID"] == "<d_5b1f0c9e2a7744d1@salname.example.org>"
        assert message["List-Id"] == "wtdc <wtdc.salname.example.org>"


def test_mails_stand_alone_where_that_is_wanted():
    message = headers(note_for_desk(), thread_by="none")
    assert message["References"] is message["In-Reply-To"] is None
    assert message["Subject"] == "[wtdc] New event: Baku Declaration adopted at WTDC-25"


def test_a_way_to_unsubscribe_is_named_only_if_there_is_one():
    assert headers(note_for_desk())["List-Unsubscribe"] is None
    named = headers(note_for_desk(), list_unsubscribe="mailto:off@example.org?subject=off")
    assert named["List-Unsubscribe"] == "<mailto:off@example.org?subject=off>"
    assert named["List-Unsubscribe-Post"] is named["Precedence"] is None


def test_channels_with_one_server_share_their_destination():
    one, same, other = (EmailChannel(settings(host=host)) for host in ("Mail.example", "mail.example", "mx.example"))
    assert one.destination == same.destination != other.destination


CHILD = """
import sys
from datetime import UTC, datetime
from alerts.channels.smtp import Server, hand_over
server = Server(host="127.0.0.1", port=int(sys.argv[1]), tls="none")
hand_over(server, "a@example.org", "b@example.org", b"Subject: x\\r\\n\\r\\ny\\r\\n", 5.0)
"""


@pytest.mark.parametrize(
    ("point", "is_taken"),
    [("after_connect", False), ("after_headers", False), ("after_body", True), ("after_reply", True)],
)
def test_a_crash_before_the_dot_leaves_nothing_and_one_after_it_may_leave_a_mail(point, is_taken):
    with scripted() as server:
        child = subprocess.run(
            [sys.executable, "-c", CHILD, str(server.port)],
            env={**os.environ, "SALNAME_CRASH_AT": f"{point}:1"},
            cwd=Path(__file__).parents[2],
            timeout=60,
            check=False,
        )
        until = time.monotonic() + 5
        while is_taken and not server.mails and time.monotonic() < until:
            time.sleep(0.01)
    assert child.returncode == 137
    assert len(server.mails) == is_taken
