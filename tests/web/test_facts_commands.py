"""What a person asks the ledger: facts, promises, changes, and their own word on them."""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import main
from tests.builders_line import START, Site, World, an_entry

SUBJECTS = """
[[subjects]]
id = "lake-cable"
aliases = { en = ["Lake Cable"] }
"""
OLDER = an_entry("older", "ITU publishes its yearly report", "Figures of the ITU for the year.", at=START)
Ask = Callable[..., Any]


def a_report(slug: str, text: str, *, at: datetime) -> str:
    return an_entry(slug, "Ships of the ITU at the lake", f"{text} An ITU engineer saw it.", at=at)


@pytest.fixture
def world(tmp_path: Path):
    with Site() as site, World(site, tmp_path, extra=SUBJECTS) as made:
        started = time.monotonic()
        made.monitor.clock = lambda: made.now + timedelta(seconds=time.monotonic() - started)
        site.publishes(OLDER)
        made.polls()
        told = []
        for number, (text, days) in enumerate(
            (
                ("The laying of the Lake Cable will be completed by the end of 2026. The Lake Cable is 40 km long.", 0),
                ("The laying of the Lake Cable will be completed by the end of 2027.", 20),
                (
                    "The laying of the Lake Cable will be completed by the end of 2028. The Lake Cable is 44 km long.",
                    90,
                ),
            )
        ):
            made.now = START + timedelta(days=days)
            told.append(a_report(f"report-{number}", text, at=made.now))
            site.publishes(OLDER, *told)
            made.polls()
        (tmp_path / "config.toml").write_text(made.text, encoding="utf-8")
        yield made


@pytest.fixture
def ask(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Run a command; its JSON, or its lines where `text` is asked for."""
    monkeypatch.setenv("SALNAME_DATABASE", str(world.database))
    monkeypatch.setenv("SALNAME_CONFIG", str(world.folder / "config.toml"))
    capsys.readouterr()

    def asked(*words: str, text: bool = False, code: int = 0) -> Any:
        assert main([*words, *([] if text else ["--json"])]) == code
        said = capsys.readouterr()
        if code:
            return said.err
        return said.out if text else json.loads(said.out)

    return asked


def event_of(ask: Ask) -> str:
    event: str = ask("changes", "--kind", "date.slipped")[0]["event"]
    return event


def test_the_slip_history_stands_on_one_line(ask: Ask) -> None:
    said = ask("facts", event_of(ask), text=True)
    assert "end of 2026 → end of 2027 → end of 2028 (+24 months, 2nd slip)" in said
    assert "Length (lake-cable): 40 km → 44 km  (+4 km" in said


def test_facts_hold_the_contract(ask: Ask) -> None:
    facts = {one["measure"]: one for one in ask("facts", event_of(ask))}
    laying = facts["laying.end"]
    assert {"measure", "kind", "value", "unit", "earliest", "latest", "modality", "as_of", "status"} <= laying.keys()
    assert (laying["earliest"], laying["latest"], laying["status"]) == (None, "2028-12-31", "current")
    assert [one["verdict"] for one in laying["history"]] == ["first", "slips", "slips"]
    assert facts["length"]["value"] == "44"


def test_facts_are_shown_as_they_were_known_then(ask: Ask) -> None:
    then = (START + timedelta(days=25)).date().isoformat()
    facts = {one["measure"]: one for one in ask("facts", event_of(ask), "--as-of", then)}
    assert facts["laying.end"]["latest"] == "2027-12-31"
    assert facts["length"]["value"] == "40"


def test_promises_say_what_is_due_and_what_slipped(ask: Ask) -> None:
    (promise,) = ask("promises")
    assert (promise["due_latest"], promise["slips"], promise["state"]) == ("2028-12-31", 2, "open")
    assert [one["due_latest"] for one in ask("promises", "--slipped")] == ["2026-12-31", "2027-12-31"]
    assert ask("promises", "--overdue") == []
    assert "2nd slip, +731 days in all" in ask("promises", text=True)


def test_a_change_tells_the_words_and_the_rule_behind_it(ask: Ask) -> None:
    newest = ask("changes", "--kind", "date.slipped")[0]
    told = ask("changes", "--why", newest["id"])
    assert told["verdict"] == "slips"
    assert [one["shown"] for one in told["claims"]] == ["end of 2027", "end of 2028"]
    assert all("year+end" in one["rule"] and one["quote"] for one in told["claims"])
    assert newest["quote"] == newest["said"][1]["quote"] != newest["said"][0]["quote"]
    why = ask("changes", "--why", newest["id"], text=True)
    assert "by the end of 2028" in why
    for claim in told["claims"]:
        assert f"“{claim['quote']}”" in why
        assert f"; characters {claim['start']}–{claim['end']}; {claim['id']}" in why
    assert "there is no change" in ask("changes", "--why", "c_0", code=2)


def test_an_event_shows_its_facts_and_promises(ask: Ask) -> None:
    event = ask("event", event_of(ask))
    assert {one["measure"] for one in event["claims"]} >= {"laying.end", "length"}
    assert [one["due_latest"] for one in event["promises"]] == ["2028-12-31"]
    said = ask("event", event_of(ask), text=True)
    assert "\nFacts\n" in said
    assert "\nPromises\n" in said


def test_a_person_pins_and_drops_what_the_rules_got_wrong(ask: Ask) -> None:
    event = event_of(ask)
    history = next(one for one in ask("facts", event) if one["measure"] == "laying.end")["history"]
    ask("facts", "drop", history[2]["id"])
    facts = {one["measure"]: one for one in ask("facts", event)}
    assert facts["laying.end"]["latest"] == "2027-12-31"
    assert [one["due_latest"] for one in ask("promises")] == ["2027-12-31"]
    ask("facts", "pin", history[0]["id"], "--note", "the contract says so")
    facts = {one["measure"]: one for one in ask("facts", event)}
    assert (facts["laying.end"]["latest"], facts["laying.end"]["pinned"]) == ("2026-12-31", True)


def test_a_key_that_was_split_is_no_longer_compared_across_events(ask: Ask, world: World) -> None:
    done = ask("facts", "split", "lake-cable|laying.end||date")
    assert done["kind"] == "split"
    world.now += timedelta(days=30)
    told = a_report("later", "The laying of the Lake Cable will be completed by the end of 2029.", at=world.now)
    world.site.publishes(OLDER, told)
    world.polls()
    assert len(ask("changes", "--kind", "date.slipped")) == 2


def test_what_cannot_be_ruled_is_said_in_one_line(ask: Ask) -> None:
    assert 'there is no claim "k_0"' in ask("facts", "pin", "k_0", code=2)
    assert 'there is no key "a|b||c"' in ask("facts", "split", "a|b||c", code=2)
    said = ask("facts", "merge", "lake-cable|length||km", "lake-cable|laying.end||date", code=2)
    assert "two units" in said
    assert "there is no event" in ask("facts", "NOSUCH", code=2)


def test_an_item_tells_what_was_read_and_why_the_rest_was_left(ask: Ask) -> None:
    item = ask("changes", "--kind", "date.slipped")[0]["item"]
    why = ask("item", item, "--why")["why"]
    claims = [one["decision"] for one in why if one["what"] == "claim"]
    assert "lake-cable|laying.end||date = by the end of 2028" in claims
    assert "claim" in ask("item", item, "--why", text=True)


def test_a_rebuild_reads_the_stored_words_again_and_says_what_differs(ask: Ask, world: World) -> None:
    assert ask("rebuild", "--dry-run")["facts"] == []
    text = (world.folder / "config.toml").read_text(encoding="utf-8")
    (world.folder / "config.toml").write_text(text.replace('["Lake Cable"]', '["Lake Tunnel"]'), encoding="utf-8")
    lost = {one["key"] for one in ask("rebuild", "--dry-run")["facts"] if one["old"] and not one["new"]}
    assert "lake-cable|laying.end||date" in lost
    assert [one["due_latest"] for one in ask("promises")] == ["2028-12-31"]
    ask("rebuild")
    assert [one["key"] for one in ask("promises") if one["key"].startswith("lake-cable")] == []
    (world.folder / "config.toml").write_text(text, encoding="utf-8")
    ask("rebuild")
    assert [(one["due_latest"], one["slips"]) for one in ask("promises")] == [("2028-12-31", 2)]
    assert ask("rebuild", "--dry-run")["facts"] == []


def test_an_event_as_it_was_known_shows_no_mark_of_anything_later(world: World, ask: Ask) -> None:
    event, then = event_of(ask), (START + timedelta(days=92)).date().isoformat()
    before = ask("event", event)
    world.now = START + timedelta(days=95)
    edited = "The laying of the Lake Cable will be completed by the end of 2029. The Lake Cable is 44 km long."
    world.site.publishes(OLDER, a_report("report-2", edited, at=START + timedelta(days=90)))
    world.polls()
    now = ask("event", event)
    assert now["changed_at"] > f"{then}T23:59:59Z"
    assert max(one["revisions"] for one in now["item_list"]) == 2
    past = ask("event", event, "--as-of", then)
    for name in ("item_list", "changes", "changed_at", "items", "sources", "languages", "status"):
        assert past[name] == before[name], name
    assert "2 versions" in ask("event", event, text=True)
    assert "2 versions" not in ask("event", event, "--as-of", then, text=True)


def test_a_persons_word_holds_from_the_moment_it_was_said(ask: Ask) -> None:
    event = event_of(ask)
    first = ask("facts", event, "--key", "laying.end")[0]["history"][0]["id"]
    ask("facts", "pin", first)
    assert ask("facts", event, "--key", "laying.end")[0]["latest"] == "2026-12-31"
    then = (START + timedelta(days=25)).date().isoformat()
    assert ask("facts", event, "--key", "laying.end", "--as-of", then)[0]["latest"] == "2027-12-31"


def test_a_persons_word_is_taken_back(ask: Ask) -> None:
    event = event_of(ask)
    before = ask("facts", event), ask("promises")
    newest = ask("facts", event, "--key", "laying.end")[0]["history"][-1]["id"]
    done = ask("facts", "drop", newest)
    assert ask("promises")[0]["due_latest"] == "2027-12-31"
    undone = ask("facts", "undo")
    assert (undone["ruling"], undone["kind"], undone["undone"]) == (done["ruling"], "drop", True)
    assert (ask("facts", event), ask("promises")) == before
    assert "no ruling" in ask("facts", "undo", code=2)


def test_of_several_words_the_one_that_is_named_is_taken_back(ask: Ask) -> None:
    event = event_of(ask)
    claims = [one["id"] for one in ask("facts", event, "--key", "laying.end")[0]["history"]]
    first = ask("facts", "drop", claims[0])["ruling"]
    ask("facts", "drop", claims[1])
    ask("facts", "undo", first)
    verdicts = [one["verdict"] for one in ask("facts", event, "--key", "laying.end")[0]["history"]]
    assert verdicts == ["first", "dropped", "slips"]
    assert f"those that hold: {int(first) + 1}" in ask("facts", "undo", "99", code=2)
