"""Apprise in a process of its own: the real library against a real server, and libraries that misbehave."""

import json
import os
import time
from pathlib import Path

import pytest

from alerts.channels import REPEAT_MARK, Secret
from alerts.channels.apprise import LIMITS, MISSING, AppriseChannel, AppriseSettings
from alerts.retry import Outcome, OutcomeKind
from storage.errors import ConfigError
from tests.builders_messages import a_note, a_try, hostile_digest, hostile_note
from tests.builders_web import Server, answers, http, serving, stalls_after

TOKEN = "tok3n-of-a-service"
TAKES_S = 20.0  # its import alone takes a second on a busy machine


def the_channel(server: Server) -> AppriseChannel:
    return AppriseChannel(AppriseSettings(url=Secret(f"json://user:{TOKEN}@127.0.0.1:{server.port}/x")))


def sent(server: Server, **of_try: object) -> Outcome:
    channel = the_channel(server)
    return channel.send(channel.render(a_note(), "rich"), a_try(**({"deadline_s": TAKES_S} | of_try)))


def a_library(folder: Path, monkeypatch: pytest.MonkeyPatch, notify: str, *, top: str = "") -> None:
    """Put a package called apprise before the real one."""
    lines = notify.replace("\n", "\n        ")
    (folder / "apprise.py").write_text(
        f"import os, subprocess, sys, time\n{top}\nclass NotifyFormat:\n    TEXT = 'text'\nclass URLBase: pass\n"
        "class AppriseAsset:\n    def __init__(self, **_): pass\n"
        "class Apprise:\n    def __init__(self, asset): pass\n    def add(self, url): return True\n"
        f"    def notify(self, **given):\n        {lines}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(folder))


def is_alive(pid: int) -> bool:
    if not Path("/proc/self/stat").exists():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_message_arrives_with_title_and_text():
    with serving(answers(http(200))) as server:
        assert sent(server) == Outcome(kind=OutcomeKind.OK, detail="handed over by Apprise", phase="apprise")
    message = json.loads(server.requests[0].body)
    assert message["title"] == "New event · wtdc: Baku Declaration adopted at WTDC-25"
    assert "NEW EVENT - Baku Declaration adopted at WTDC-25" in message["message"]
    assert REPEAT_MARK not in message["message"]


def test_a_repeat_is_marked_at_the_end():
    with serving(answers(http(200))) as server:
        assert sent(server, possible_repeat=True).kind is OutcomeKind.OK
    assert json.loads(server.requests[0].body)["message"].rstrip().endswith(f"({REPEAT_MARK})")


@pytest.mark.parametrize("reply", [http(500), http(404), http(302, {"Location": "http://127.0.0.1:9/"})])
def test_a_refusal_or_a_redirect_is_tried_again(reply: bytes):
    with serving(answers(reply)) as server:
        outcome = sent(server)
    assert outcome.kind is OutcomeKind.TEMPORARY
    assert len(server.requests) == 1
    assert TOKEN not in repr(outcome)


def test_an_address_that_apprise_does_not_understand_parks_the_channel():
    channel = AppriseChannel(AppriseSettings(url=Secret(f"nothing-of-the-kind://{TOKEN}")))
    outcome = channel.send(channel.render(a_note(), "plain"), a_try(deadline_s=TAKES_S))
    assert outcome.kind is OutcomeKind.CHANNEL_PERMANENT
    assert TOKEN not in repr(outcome)


def test_at_its_deadline_a_message_that_may_have_arrived_is_in_doubt():
    with serving(stalls_after()) as server:
        started = time.monotonic()
        outcome = sent(server, deadline_s=6.0)
        assert time.monotonic() - started < 12
    assert (outcome.kind, outcome.phase) == (OutcomeKind.IN_DOUBT, "apprise")
    assert "6 s" in outcome.detail


def test_the_process_is_killed_with_what_it_started_and_its_arguments_hold_no_secret(tmp_path, monkeypatch):
    notify = f"""
inner = subprocess.Popen(["sleep", "60"])
with open({str(tmp_path / "seen")!r}, "w") as file:
    file.write(f"{{os.getpid()}} {{inner.pid}}\\n")
    file.write(repr(sys.orig_argv) + repr(dict(os.environ)))
time.sleep(60)"""
    a_library(tmp_path, monkeypatch, notify)
    monkeypatch.setenv("SALNAME_SLACK_URL", TOKEN)
    with serving(answers(http(200))) as server:
        outcome = sent(server, deadline_s=5.0)
    pids, _, seen = (tmp_path / "seen").read_text(encoding="utf-8").partition("\n")
    assert outcome.kind is OutcomeKind.IN_DOUBT
    assert "apprise_child" in seen
    assert TOKEN not in seen
    until = time.monotonic() + 5
    while any(is_alive(int(pid)) for pid in pids.split()) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(is_alive(int(pid)) for pid in pids.split())


@pytest.mark.parametrize(
    ("top", "notify", "kind"),
    [
        ("raise ImportError", "pass", OutcomeKind.CHANNEL_PERMANENT),
        ("raise RuntimeError", "pass", OutcomeKind.TEMPORARY),  # nothing was begun
        ("time.sleep(60)", "pass", OutcomeKind.TEMPORARY),  # nor here, when its time was up
        ("", "os._exit(9)", OutcomeKind.IN_DOUBT),
        ("", "raise ValueError(given)", OutcomeKind.IN_DOUBT),
        ("", "return True", OutcomeKind.OK),
        ("", "return False", OutcomeKind.TEMPORARY),
    ],
)
def test_how_the_process_ends_says_what_is_known(tmp_path, monkeypatch, top, notify, kind):
    a_library(tmp_path, monkeypatch, notify, top=top)
    with serving(answers(http(200))) as server:
        assert sent(server, deadline_s=4.0).kind is kind


def test_without_the_extra_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr("alerts.channels.apprise.find_spec", lambda _: None)
    with pytest.raises(ConfigError) as refusal:
        AppriseChannel(AppriseSettings(url=Secret("json://127.0.0.1")))
    assert refusal.value.problems == (MISSING,)
    assert ".[apprise]" in MISSING
    assert "\n" not in MISSING + LIMITS


def test_what_the_world_says_stays_text_of_a_bounded_length():
    channel = AppriseChannel(AppriseSettings(url=Secret("json://127.0.0.1")))
    for text in ("", "<!channel> \x1b[31m \ud800 \u202e", "😀" * 100_000):
        for note in (hostile_note(text), hostile_digest(text, 30)):
            for form in ("rich", "plain"):
                message = json.loads(channel.render(note, form).content)
                assert message["title"]
                assert message["body"]
                assert len(message["title"]) <= 200
                assert len(message["body"]) <= 4_000
                assert not set("\x1b\x9b\u202e\u2066") & set(message["title"] + message["body"])


def test_the_destination_tells_nothing_of_the_address():
    one, same, other = (
        AppriseChannel(AppriseSettings(url=Secret(f"json://{host}/{TOKEN}"))).destination for host in ("a", "a", "b")
    )
    assert one == same != other
    assert TOKEN not in one
    assert os.sep not in one
