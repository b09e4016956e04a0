"""What a person does from another terminal is obeyed by the running daemon at once, without a signal or a restart."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders_daemon import Program, Receiver, running, told, until
from tests.builders_line import Site, an_entry

OLD = an_entry("old", "ITU publishes its yearly report")
SOON_S = 10.0  # the program does it within a second; a busy machine takes longer to start the commands


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with Site() as site, Receiver() as receiver:
        site.publishes(OLD)
        first = (
            '[alerts]\ndigest = []\n[[routes]]\nname = "digests"\nwhen = { title = "kept" }\nchannels = ["hook"]\n'
            'digest = ["03:33"]\n'
        )
        yield Program(tmp_path, site, receiver, polling=first).configure()


STORIES = {
    "cranes": "Harbour cranes of the ITU pier rust while masons quarrel about mortar and limestone.",
    "orbits": "Satellite slots above the equator were redistributed by lottery, ITU astronomers complained loudly.",
    "tablets": "Seven hundred pupils received tablets; the ITU paid for chalkboards nobody had ordered before.",
    "kept": "Beekeepers measured honey yields beside antennas, and the ITU laboratory found nothing at all.",
}


def news(*words: str) -> list[str]:
    """Stories that have nothing in common but the ITU, so that each is an event."""
    return [OLD, *(an_entry(word, f"ITU and the {word}", STORIES[word], at=None) for word in words)]


def ask(program: Program, *arguments: str) -> Any:
    ran = program(*arguments, "--json")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def soon(condition: Callable[[], bool]) -> bool:
    return until(condition, SOON_S)


def decided(program: Program, sql: str) -> bool:
    return bool(program.rows(f"SELECT 1 FROM alert WHERE {sql}"))


@pytest.fixture
def watching(program: Program) -> Iterator[Program]:
    """A daemon that has taken its first look and told a first piece of news."""
    with running(program):
        first = until(lambda: any(body["type"] == "system.baseline" for _, _, body in program.receiver.received), 30)
        assert first, program.log()
        program.site.publishes(*news("cranes"))
        assert until(lambda: "ITU and the cranes" in told(program), 30)
        yield program


def test_a_silence_holds_from_its_moment_and_ends_when_a_person_says_so(watching: Program) -> None:
    silence = ask(watching, "silences", "add", "topic=itu", "--for", "1h")["id"]
    watching.site.publishes(*news("cranes", "orbits"))
    assert until(lambda: decided(watching, f"reason = 'silenced({silence})'"), 30)
    assert ask(watching, "silences", "expire", silence)["state"] == "over"
    watching.site.publishes(*news("cranes", "orbits", "tablets"))
    assert until(lambda: "ITU and the tablets" in told(watching), 30)
    assert "ITU and the orbits" not in told(watching)


def test_a_parked_channel_waits_and_goes_on_when_it_is_resumed(watching: Program) -> None:
    ask(watching, "channels", "park", "hook", "--reason", "a test")
    watching.site.publishes(*news("cranes", "orbits"))
    assert until(lambda: bool(watching.rows("SELECT 1 FROM delivery WHERE state = 'queued'")), 30)
    waiting = ask(watching, "alerts", "list", "--state", "due")
    assert [one["why"] for one in waiting] == ["channel hook is parked: a test"]
    assert watching("alerts", "status").returncode == 1
    ask(watching, "channels", "resume", "hook")
    resumed_at = time.monotonic()
    assert soon(lambda: "ITU and the orbits" in told(watching))
    assert time.monotonic() - resumed_at < SOON_S
    assert soon(lambda: watching("alerts", "status").returncode == 0)


def test_a_digest_is_made_when_a_person_asks_for_it(watching: Program) -> None:
    watching.site.publishes(*news("cranes", "kept"))
    assert until(lambda: decided(watching, "decision = 'held' AND route = 'digests'"), 30)
    assert ask(watching, "digest", "now", "digests") == {"digest": "digests", "released": 1}
    assert soon(lambda: any(body["type"] == "digest" for _, _, body in watching.receiver.received))
    (body,) = (body for _, _, body in watching.receiver.received if body["type"] == "digest")
    lines = [line["text"] for section in body["data"]["digest"]["sections"] for line in section["lines"]]
    assert lines == ["ITU and the kept"]
    change = watching.rows("SELECT change_id FROM alert WHERE route = 'digests'")[0][0]
    assert "told, after waiting: for the digest" in watching("alerts", "why", change).stdout


def test_what_is_cancelled_while_it_waits_is_never_sent_and_what_is_dead_is_sent_again(watching: Program) -> None:
    ask(watching, "channels", "park", "hook")
    watching.site.publishes(*news("cranes", "orbits", "tablets"))
    assert until(lambda: len(watching.rows("SELECT 1 FROM delivery WHERE state = 'queued'")) == 2, 30)
    first, second = (one["id"] for one in ask(watching, "alerts", "list", "--state", "due"))
    assert ask(watching, "alerts", "cancel", first) == {"cancelled": [first]}
    ask(watching, "channels", "resume", "hook")
    assert soon(lambda: second in {id_ for id_, _, _ in watching.receiver.received})
    assert soon(lambda: bool(watching.rows("SELECT 1 FROM delivery WHERE state = 'delivered' AND done_at > 0")))
    assert first not in {id_ for id_, _, _ in watching.receiver.received}
    assert ask(watching, "alerts", "show", first)["state"] == "cancelled"
