import base64
import json
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts.channels import Body, Secret
from alerts.channels.post import HttpSettings
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.retry import Outcome, OutcomeKind
from storage.errors import ConfigError
from tests.builders_messages import a_fact, a_note, a_source, a_source_item, a_try, an_event, hostile_note
from tests.builders_web import Server, answers, closes_after, http, serving, stalls_after
from tests.unit.test_retry import HTTP

OLD, NEW, OTHER = ("whsec_" + base64.b64encode(os.urandom(size)).decode() for size in (24, 32, 64))


def the_channel(server: Server, *secrets: str, **settings: object) -> WebhookChannel:
    end = HttpSettings(url=Secret(server.url("/salname")), insecure_http=True, allow_private=frozenset({"127.0.0.1"}))
    known = WebhookSettings(http=end, signing=tuple(map(Secret, secrets)))
    return WebhookChannel(replace(known, **settings))  # type: ignore[arg-type]  # a test names fields


def sent(server: Server, *secrets: str, **of_try: object) -> Outcome:
    channel = the_channel(server, *secrets)
    outcome = channel.send(channel.render(a_note(), "rich"), a_try(**of_try))
    channel.close()
    return outcome


def verified(server: Server, secret: str) -> object:
    """The message as the reference library of Standard Webhooks accepts it."""
    asked = server.requests[-1]
    return Webhook(secret).verify(asked.body, dict(asked.headers))


def test_the_reference_library_accepts_the_signature_of_every_message():
    with serving(answers(http(204))) as server:
        channel = the_channel(server, NEW)
        for note in (a_note(), hostile_note("<!channel> əğış 😀 \ud800")):
            channel.send(channel.render(note, "rich"), a_try(now=datetime.now(UTC)))
            message = verified(server, NEW)
            assert isinstance(message, dict)
            assert message["data"]["delivery"]["id"] == note.id
            with pytest.raises(WebhookVerificationError):
                verified(server, OTHER)


def test_both_secrets_sign_while_one_takes_over_from_the_other():
    with serving(answers(http(200))) as server:
        sent(server, NEW, OLD, now=datetime.now(UTC))
        assert verified(server, NEW) == verified(server, OLD)
    assert server.requests[0].headers["webhook-signature"].count("v1,") == 2


def test_a_message_that_was_touched_on_the_way_is_not_accepted():
    with serving(answers(http(200))) as server:
        sent(server, NEW, now=datetime.now(UTC))
    assert verified(server, NEW)
    touched = replace(server.requests[0], body=server.requests[0].body.replace(b"wtdc", b"itu "))
    server.requests.append(touched)
    with pytest.raises(WebhookVerificationError):
        verified(server, NEW)


def test_id_and_body_are_the_same_in_every_copy_and_the_rest_tells_them_apart():
    with serving(answers(http(500), http(200))) as server:
        channel = the_channel(server, NEW)
        body = channel.render(a_note(), "rich")
        channel.send(body, a_try(id="d_1"))
        channel.send(body, a_try(id="d_1", attempt=2, possible_repeat=True, now=datetime(2025, 12, 2, 7, tzinfo=UTC)))
    first, second = server.requests
    assert first.body == second.body == body.content
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "d_1"
    assert (first.headers["x-salname-attempt"], second.headers["x-salname-attempt"]) == ("1", "2")
    assert "x-salname-possible-repeat" not in first.headers
    assert second.headers["x-salname-possible-repeat"] == "1"
    assert (first.headers["webhook-timestamp"], second.headers["webhook-timestamp"]) == ("1764655500", "1764658800")
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_without_a_secret_nothing_is_signed():
    with serving(answers(http(200))) as server:
        assert sent(server).kind is OutcomeKind.OK
    assert "webhook-signature" not in server.requests[0].headers
    assert server.requests[0].headers["content-type"] == "application/json"


def test_a_cloud_event_carries_the_same_data_under_the_same_id():
    with serving(answers(http(200))) as server:
        standard = the_channel(server, NEW)
        clouds = the_channel(server, NEW, format="cloudevents")
        clouds.send(clouds.render(a_note(), "rich"), a_try(id=a_note().id, now=datetime.now(UTC)))
        event = verified(server, NEW)
    assert isinstance(event, dict)
    assert (event["specversion"], event["id"], event["source"]) == ("1.0", a_note().id, "/salname/host1")
    assert (event["type"], event["subject"]) == ("org.salname.event.created.v1", "7Q2MAAAA")
    assert event["data"] == json.loads(standard.render(a_note(), "rich").content)["data"]
    assert server.requests[0].headers["content-type"] == "application/cloudevents+json"
    assert server.requests[0].headers["webhook-id"] == event["id"]


@pytest.mark.parametrize(("status", "retry_after_s", "kind"), HTTP)
def test_what_a_receiver_answers_becomes_an_outcome(status, retry_after_s, kind):
    headers = {} if retry_after_s is None else {"Retry-After": str(int(retry_after_s))}
    with serving(answers(http(status, headers))) as server:
        outcome = sent(server)
    assert (outcome.kind, outcome.code, outcome.retry_after_s) == (kind, status, retry_after_s)
    assert len(server.requests) == 1


def test_the_fifth_refusal_in_a_row_is_final():
    with serving(answers(http(403))) as server:
        assert sent(server, refusal_count=3).kind is OutcomeKind.TEMPORARY
        assert sent(server, refusal_count=4).kind is OutcomeKind.CHANNEL_PERMANENT


def test_a_message_that_was_not_answered_is_in_doubt_and_one_that_was_not_read_is_not():
    for behaviour in (closes_after(b""), stalls_after()):
        with serving(behaviour) as server:
            assert sent(server, deadline_s=0.6).kind is OutcomeKind.IN_DOUBT
            assert len(server.requests) == 1
    with serving(stalls_after(), reads=False) as server:
        channel = the_channel(server)
        big = Body(content=b"x" * 30_000_000, content_type="application/json")
        assert channel.send(big, a_try(deadline_s=0.6)).kind is OutcomeKind.TEMPORARY


def test_what_a_receiver_says_is_kept_short_and_clean():
    with serving(answers(http(500, body="\x1b[31mə\r\nX: y".encode() + b"\xff" + b"z" * 9_999))) as server:
        reply = sent(server).reply
    assert reply.startswith("[31mə X: y\ufffdzzz")
    assert len(reply.encode()) <= 512


def test_a_message_that_is_too_big_however_it_is_cut_is_sent_as_ids():
    long = "&" * 200
    channel = WebhookChannel(WebhookSettings(http=HttpSettings(url=Secret("https://x.example/"))))
    fact = a_fact(key=long, old=long, new=long, quotes=(long,) * 5, payload={"summary": long, "delta": long})
    event = an_event(title=long, topics=tuple(f"{n}{long}" for n in range(20)))
    note = a_note(a_source(fact, event=event, items=[a_source_item(title=long, source=long)]))
    assert channel.render(note, "rich") == channel.render(note, "plain")
    assert channel.render(a_note(), "rich") != channel.render(a_note(), "plain")


@pytest.mark.parametrize(
    "secret",
    [
        *("", "whsec_", "whsec_short", "not base64 at all!", "ə" * 40),
        *("whsec_" + base64.b64encode(b"x" * size).decode() for size in (23, 65)),
    ],
)
def test_a_malformed_secret_is_refused_and_not_shown(secret):
    settings = WebhookSettings(
        http=HttpSettings(url=Secret("https://x.example/")), signing=(Secret(NEW), Secret(secret))
    )
    with pytest.raises(ConfigError, match="a signing secret is whsec_") as caught:
        WebhookChannel(settings)
    assert secret in ("", "whsec_") or secret not in str(caught.value)
