"""The README's page for an operator: its receiver receives, its configurations load, its table tells the truth."""

import base64
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerts.retry import OutcomeKind, SmtpPhase, classify_http, classify_slack, classify_smtp
from monitor.config import parse_config
from tests.builders_daemon import until
from tests.builders_reading import Shell

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
PAGE = README[README.index("\n## Alerts\n") :].partition("\n## Operation")[0]
SECRET, OTHER = ("whsec_" + base64.b64encode(os.urandom(32)).decode() for _ in range(2))
HAPPENS = {
    "delivered": OutcomeKind.OK,
    "channel parked": OutcomeKind.CHANNEL_PERMANENT,
    "once more, plain": OutcomeKind.MESSAGE_PERMANENT,
    "waits as asked": OutcomeKind.RATE_LIMITED,
    "tried again": OutcomeKind.TEMPORARY,
    "given up for this address": OutcomeKind.RECIPIENT_PERMANENT,
}


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@contextmanager
def the_receiver(folder: Path) -> Iterator[tuple[int, Path]]:
    """The receiver of the README as a process: its port, and the file with what it says."""
    (script,) = code("python")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "receiver.py").write_text(script, encoding="utf-8")
    said = folder / "said.txt"
    environment = os.environ | {"HOOK_SECRET": SECRET, "PORT": str(port)}
    with said.open("w") as out, (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, str(folder / "receiver.py")], stdout=out, stderr=errors, env=environment
        )
    try:
        assert until(lambda: listens(port), 20)
        yield port, said
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def pointed(shell: Shell, port: int, *secrets: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the chronicle's channel post to the receiver, signed with these secrets."""
    names = [f"SECRET_{n}" for n in range(len(secrets))]
    for name, secret in zip(names, secrets, strict=True):
        monkeypatch.setenv(name, secret)
    text = shell.config.read_text(encoding="utf-8")
    end = f'url = "http://127.0.0.1:{port}/x"\ninsecure_http = true\nallow_private = ["127.0.0.1"]\nrate = "50/s"'
    text = re.sub(r'url = "https?://(?:hooks\.example|127\.0\.0\.1:\d+)/x"(?:\n(?:ins|all|rate).*)*', end, text)
    text = re.sub(r"secrets_env = \[.*\]", f"secrets_env = {names}".replace("'", '"'), text)
    shell.config.write_text(text, encoding="utf-8")


def test_the_receiver_of_the_readme_is_fifteen_lines_and_takes_real_messages_once(shell, tmp_path, monkeypatch):
    (script,) = code("python")
    assert len([line for line in script.splitlines() if line.strip()]) <= 16
    with the_receiver(tmp_path) as (port, said):
        pointed(shell, port, SECRET, monkeypatch=monkeypatch)
        assert shell("channels", "test", "desk", "--kind", "fact.changed").code == 0
        assert said.read_text() == "fact.changed\n"
        waiting = len(shell.json("alerts", "--state", "due"))
        assert shell("deliver").code == 0
        told = said.read_text().split()
        assert waiting
        assert len(told) == 1 + waiting + 1
        assert told.count("digest") == 1  # what was of low importance
        with_repeat = shell.json("alerts", "--state", "delivered")[0]["id"]
        resend(shell, with_repeat)
        assert shell("deliver").code == 0
        assert shell.json("alerts", "show", with_repeat)["attempts"][-1]["outcome"] == "ok"
        assert said.read_text().split() == told


def resend(shell: Shell, delivery: str) -> None:
    with sqlite3.connect(shell.database) as connection:
        connection.execute("UPDATE delivery SET state = 'in_doubt', doubt_count = 1 WHERE id = ?", (delivery,))
    assert shell("alerts", "resolve", delivery, "--resend").code == 0


def test_the_receiver_turns_away_what_is_not_genuine_and_takes_either_secret(shell, tmp_path, monkeypatch):
    with the_receiver(tmp_path) as (port, said):
        pointed(shell, port, OTHER, monkeypatch=monkeypatch)
        refused = shell.json("channels", "test", "desk", code=1)
        assert (refused["outcome"], refused["code"]) == ("temporary", 401)
        assert said.read_text() == ""
        pointed(shell, port, OTHER, SECRET, monkeypatch=monkeypatch)
        assert shell.json("channels", "test", "desk")["outcome"] == "ok"
        assert said.read_text() == "event.created\n"


def test_the_configurations_load_together(tmp_path):
    blocks = code("toml")
    assert len(blocks) >= 3
    config = parse_config("\n".join(blocks))
    assert {"team", "desk", "archive"} <= set(config.channels)
    assert all(tomllib.loads(block) for block in blocks)


def rows() -> list[tuple[str, str, str]]:
    """Channel, answer and what happens, one answer each."""
    found = re.findall(r"^\| (Slack|webhook|mail) \| (.+?) \| (.+?) \|", PAGE, re.MULTILINE)
    return [(channel, answer, happens) for channel, some, happens in found for answer in re.findall(r"`(.+?)`", some)]


@pytest.mark.parametrize(("channel", "answer", "happens"), rows())
def test_each_answer_does_what_the_table_says(channel, answer, happens):
    number, _, rest = answer.partition(" ")
    match channel:
        case "Slack":
            outcome = classify_slack(int(number), rest, None)
        case "webhook":
            outcome = classify_http(int(number), None)
        case _:
            outcome = classify_smtp(SmtpPhase(rest.removeprefix("at ")), int(number))
    assert outcome.kind is HAPPENS[happens]


def test_every_outcome_but_doubt_stands_in_the_table():
    assert {HAPPENS[happens] for _, _, happens in rows()} == set(OutcomeKind) - {OutcomeKind.IN_DOUBT}
