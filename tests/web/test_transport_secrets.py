import logging
import traceback
from pathlib import Path

import pytest

from alerts.transport import (
    Limits,
    Policy,
    TransportError,
    UrlRefused,
)
from tests.builders_web import (
    LOOPBACK,
    Authority,
    answers,
    ask,
    authority_in,
    closes_after,
    http,
    serving,
    stalls_after,
)

TOKEN = "token-in-the-path"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return authority_in(tmp_path)


def failures(authority: Authority) -> list[TransportError]:
    """One error of nearly every sort, each for an address that holds the token."""
    found = []
    plain = [
        closes_after(b""),
        closes_after(b"HTTP/1.1 200 OK\r\nCont"),
        closes_after(b"nonsense\r\n"),
        closes_after(b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n"),
        answers(http(200, {"Content-Encoding": "br"}, b"x")),
        answers(http(200, body=b"x" * 1_000_001)),
        stalls_after(b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n"),
    ]
    for behaviour in plain:
        with serving(behaviour) as server:
            found.append(failure(server.url(f"/{TOKEN}?{TOKEN}")))
            found.append(failure(server.url(f"/{TOKEN}"), policy=Policy()))
            found.append(failure(server.url(f"/{TOKEN}").replace("http:", "https:")))
    with serving(answers(http(200)), context=authority.context()) as server:
        found.append(failure(server.url(f"/{TOKEN}")))
    found.append(failure(server.url(f"/{TOKEN}")))
    found.append(failure(f"http://127.0.0.1:99999/{TOKEN}"))
    found.append(failure(f"http://{TOKEN}:{TOKEN}@127.0.0.1/{TOKEN}"))
    found.append(failure(f"http://127.0.0.1/{TOKEN}" + "a" * 2_048))
    found.append(failure("http://127.0.0.1:8080/", headers={"X-Key": TOKEN + "\nX: y"}))
    found.append(failure("http://127.0.0.1:8080/", headers={"X-Key": TOKEN + "\u0259"}))
    found.append(failure("http://127.0.0.1:8080/", headers={TOKEN + ":": "x"}))
    return found


def failure(url, **options) -> TransportError:
    with pytest.raises(TransportError) as caught:
        ask(url, Limits(deadline_s=0.5, body_bytes=1_000_000, whole=True), **options)
    return caught.value


def test_no_error_no_traceback_and_no_log_line_tells_more_than_the_host(authority, caplog):
    caplog.set_level(logging.DEBUG)
    found = failures(authority)
    assert len({type(error) for error in found}) >= 7
    for error in found:
        assert TOKEN not in str(error) + repr(error) + "".join(traceback.format_exception(error))
        assert error.__context__ is None or TOKEN not in str(error.__context__)
    assert TOKEN not in caplog.text


def test_a_reply_and_a_policy_do_not_print_their_secrets():
    policy = Policy(allow_private=LOOPBACK.allow_private, proxy=f"http://user:{TOKEN}@proxy.example/")
    with serving(answers(http(200, body=TOKEN.encode()))) as server:
        assert TOKEN not in repr(ask(server.url(f"/{TOKEN}"))) + repr(policy)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00b", "\u0259", "\nleading"])
def test_a_header_that_cannot_be_sent_is_refused(value):
    with serving(answers(http(200))) as server, pytest.raises(UrlRefused, match="a header that cannot be sent"):
        ask(server.url(), headers={"X-Key": value})
    assert server.connection_count == 0
