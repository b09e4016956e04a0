import json
from contextlib import closing
from dataclasses import replace

import pytest

from alerts.channels import REPEAT_MARK, Body, Secret
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel, payload
from alerts.retry import Outcome, OutcomeKind
from tests.builders_messages import a_note, a_source, a_source_item, a_try
from tests.builders_web import (
    Authority,
    Peer,
    Server,
    answers,
    authority_in,
    closes_after,
    drips_after,
    http,
    serving,
    stalls_after,
)
from tests.unit.test_retry import SLACK

PATH = "/services/T00000000/B00000000/tokentokentokentoken"


def the_channel(server: Server, **settings: object) -> SlackChannel:
    known = HttpSettings(
        program="salname/1.2",
        url=Secret(server.url(PATH)),
        insecure_http=server.context is None,
        allow_private=frozenset({"127.0.0.1"}),
    )
    return SlackChannel(replace(known, **settings))  # type: ignore[arg-type]  # a test names fields


def sent(server: Server, *, form="rich", **of_try: object) -> Outcome:
    channel = the_channel(server)
    body = channel.render(a_note(), form)
    outcome = channel.send(body, a_try(**of_try))
    channel.close()
    return outcome


def test_a_message_is_posted_and_the_word_ok_is_its_receipt():
    with serving(answers(http(200, body=b"ok"))) as server:
        outcome = sent(server)
    (asked,) = server.requests
    assert outcome == Outcome(kind=OutcomeKind.OK, code=200, detail="HTTP 200", reply="ok", phase="reply")
    assert (asked.method, asked.target) == ("POST", PATH)
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["user-agent"] == "salname/1.2"
    assert json.loads(asked.body)["text"] == "New event · wtdc: Baku Declaration adopted at WTDC-25"


@pytest.mark.parametrize(("status", "body", "kind"), SLACK)
def test_what_slack_answers_becomes_an_outcome_with_its_words(status, body, kind):
    with serving(answers(http(status, body=b"" if status == 204 else body.encode()))) as server:
        outcome = sent(server)
    assert (outcome.kind, outcome.code) == (kind, status)
    assert outcome.reply == body.strip()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30", 30.0), ("1000000000", 86_400.0), ("Tue, 02 Dec 2025 06:06:00 GMT", 60.0), ("-5", None), ("soon", None)],
)
def test_how_long_to_wait_is_read_from_retry_after(value, seconds):
    with serving(answers(http(429, {"Retry-After": value}))) as server:
        outcome = sent(server)
    assert (outcome.kind, outcome.retry_after_s) == (OutcomeKind.RATE_LIMITED, seconds)


def test_a_first_try_sends_the_frozen_bytes_and_a_repeat_says_so():
    with serving(answers(http(200, body=b"ok"))) as server:
        channel = the_channel(server)
        body = channel.render(a_note(), "rich")
        channel.send(body, a_try())
        channel.send(body, a_try(attempt=2, possible_repeat=True))
    first, second = (asked.body for asked in server.requests)
    assert first == body.content
    assert REPEAT_MARK.encode() not in first
    assert json.loads(second)["blocks"][-1]["elements"][-1]["text"].endswith(f" · {REPEAT_MARK}")
    assert json.loads(second)["blocks"][:-1] == json.loads(first)["blocks"][:-1]


def test_the_plain_form_is_marked_in_its_text():
    with serving(answers(http(200, body=b"ok"))) as server:
        sent(server, form="plain", possible_repeat=True)
    payload = json.loads(server.requests[0].body)
    assert "blocks" not in payload
    assert payload["text"].endswith(REPEAT_MARK)


def test_a_redirect_is_not_followed():
    with serving(answers(http(302, {"Location": "/elsewhere"}), http(200, body=b"ok"))) as server:
        assert sent(server).kind is OutcomeKind.CHANNEL_PERMANENT
    assert [asked.target for asked in server.requests] == [PATH]


def test_a_server_that_is_not_there_has_surely_nothing():
    with serving(answers(http(200, body=b"ok"))) as server:
        assert sent(server).kind is OutcomeKind.OK
    outcome = sent(server)
    assert outcome.kind is OutcomeKind.TEMPORARY
    assert "127.0.0.1" in outcome.detail


def resets(peer: Peer) -> None:
    peer.reset()


@pytest.mark.parametrize(
    "behaviour",
    [
        closes_after(b""),
        resets,
        stalls_after(),
        closes_after(b"HTTP/1.1 200 OK\r\nConte"),
        drips_after(b"HTTP/1.1 200 OK\r\nX: ", b"a"),
        drips_after(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b"o"),
        closes_after(b"garbage\r\n\r\n"),
        closes_after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
)
def test_a_message_without_a_whole_answer_is_in_doubt(behaviour):
    with serving(behaviour) as server:
        outcome = sent(server, deadline_s=0.6)
    assert len(server.requests) == 1
    assert json.loads(server.requests[0].body)["text"]
    assert outcome.kind is OutcomeKind.IN_DOUBT


def test_a_connection_that_is_never_read_from_is_surely_nothing():
    with serving(stalls_after(), reads=False) as server:
        channel = the_channel(server)
        outcome = channel.send(Body(content=b"x" * 30_000_000, content_type="application/json"), a_try(deadline_s=0.6))
        channel.close()
    assert outcome.kind is OutcomeKind.TEMPORARY


def test_a_flood_of_an_answer_is_cut_and_kept_short():
    with serving(answers(http(400, body=b"x" * 2_000_000))) as server:
        outcome = sent(server)
    assert outcome.kind is OutcomeKind.MESSAGE_PERMANENT
    assert outcome.reply == "x" * 512


def test_an_address_that_is_not_public_parks_the_channel_before_anything_is_sent():
    with serving(answers(http(200, body=b"ok"))) as server:
        channel = the_channel(server, allow_private=frozenset())
        outcome = channel.send(channel.render(a_note(), "rich"), a_try())
        assert outcome.kind is OutcomeKind.CHANNEL_PERMANENT
        assert server.connection_count == 0


def test_plain_http_is_refused_unless_it_is_allowed():
    with serving(answers(http(200, body=b"ok"))) as server:
        channel = the_channel(server, insecure_http=False)
        assert channel.send(channel.render(a_note(), "rich"), a_try()).kind is OutcomeKind.CHANNEL_PERMANENT
        assert server.connection_count == 0


@pytest.fixture
def authority(tmp_path) -> Authority:
    return authority_in(tmp_path)


def test_a_certificate_must_be_proved_and_its_failure_is_passing(authority):
    with serving(answers(http(200, body=b"ok")), context=authority.context()) as server:
        with closing(the_channel(server, ca_file=str(authority.ca_file))) as trusting:
            assert trusting.send(trusting.render(a_note(), "rich"), a_try()).kind is OutcomeKind.OK
        with closing(the_channel(server)) as doubting:
            outcome = doubting.send(doubting.render(a_note(), "rich"), a_try())
    assert (outcome.kind, "certificate" in outcome.detail) == (OutcomeKind.TEMPORARY, True)
    assert len(server.requests) == 1


def test_sources_with_endless_addresses_give_way_one_by_one():
    items = [a_source_item(n, url=f"https://trend.example/{n}?" + "a" * 2_000) for n in range(5)]
    assert str(payload(a_note(a_source(items=items)))).count("'type': 'link'") == 2
    assert str(payload(a_note(a_source(items=items[:1])))).count("'type': 'link'") == 1


def test_channels_with_one_address_share_their_destination():
    one, same, other = (
        SlackChannel(HttpSettings(url=Secret(f"https://hooks.example.org{path}"))) for path in ("/a", "/a", "/b")
    )
    assert one.destination == same.destination != other.destination
    assert "hooks" not in one.destination
