"""`salname events merge|split|pin|undo` as a person types them, and who is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders_line import Site, World, an_entry
from tests.builders_reading import CHANNEL, SECRET, Shell
from tests.builders_rulings import Archive


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("DESK_SECRET", SECRET)
    with Archive(tmp_path, CHANNEL) as archive:
        for subject in ("cable", "school", "cable", "school"):
            archive.reports(subject)
    with (tmp_path / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[storage]\nurl = "{tmp_path / "salname.db"}"\n')
    return Shell(folder=tmp_path, capture=capsys)


def events(shell: Shell) -> dict[str, list[str]]:
    return {
        one["id"]: sorted(item["id"] for item in shell.json("event", one["id"])["item_list"])
        for one in shell.json("events")
    }


def test_two_events_become_one_and_two_again(shell: Shell) -> None:
    before = events(shell)
    assert sorted(before.values()) == [["1", "3"], ["2", "4"]]
    done = shell.json("events", "merge", *(event.lower() for event in before))
    assert (done["kind"], done["items_moved"], done["undone"]) == ("merge", 2, False)
    assert list(events(shell).values()) == [["1", "2", "3", "4"]]
    undone = shell.json("events", "undo", done["ruling"])
    assert undone["undone"] is True
    assert events(shell) == before


def test_a_split_and_a_pin_say_what_they_did_and_how_to_take_it_back(shell: Shell) -> None:
    cable, school = events(shell)
    if "1" not in events(shell)[cable]:
        cable, school = school, cable
    ran = shell("events", "split", cable, "3")
    assert ran.out.startswith("Split by hand: ITU report 3:")
    assert ran.err == "To take it back: salname events undo 1\n"
    assert shell("events", "pin", "3", school).code == 0
    assert events(shell)[school] == ["2", "3", "4"]
    (why,) = [
        one for one in shell.json("item", "3")["why"] if one["what"] == "ruling" and one["decision"].startswith("pin")
    ]
    assert why["decision"] == f"pin {school}"
    assert "a person put it here; the linker chose" in shell("event", school, "--why").out


def test_wrong_names_are_refused_in_one_line(shell: Shell) -> None:
    (event, _) = events(shell)
    assert 'no event "NOTTHERE"' in shell.refusal("events", "merge", event, "NOTTHERE")
    assert "no id of an item" in shell.refusal("events", "split", event, "x")
    assert "no ruling holds" in shell.refusal("events", "undo")


def test_a_merge_reaches_the_channel_and_its_undoing_too(shell: Shell) -> None:
    assert shell.json("alerts") == []
    first, second = events(shell)
    shell("events", "merge", first, second)
    shell("events", "undo")
    kinds = [one["kind"] for one in shell.json("alerts")]
    assert sorted(kinds) == ["event.merged", "event.split"]
    assert len(shell.json("timeline")) == 6


def test_a_ruling_needs_no_lock_and_holds_for_the_next_poll(tmp_path: Path) -> None:
    """Another process rules while this one holds the instance lock, as a daemon does."""
    older = [an_entry("a", "ITU cable ship repairs the deep sea cable", "The ITU cable ship lays a sea cable.")]
    other = an_entry("b", "ITU school pupils get tablets for lessons", "School pupils of the ITU learn with tablets.")
    with Site() as site:
        site.publishes(*older, other)
        with World(site, tmp_path) as world, world.monitor.sole():
            world.polls()
            (tmp_path / "config.toml").write_text(world.text, encoding="utf-8")
            ids = [item["event"] for item in world.items()]
            assert len(set(ids)) == 2
            command = [
                sys.executable,
                "-m",
                "monitor",
                "--config",
                str(tmp_path / "config.toml"),
                "events",
                "merge",
                *ids,
            ]
            environment = {**os.environ, "SALNAME_DATABASE": str(world.database)}
            subprocess.run(command, check=True, env=environment, capture_output=True, timeout=30)
            again = an_entry("c", "ITU school pupils learn with new tablets", "Tablets for school pupils of the ITU.")
            site.publishes(*older, other, again)
            world.polls()
            assert len({item["event"] for item in world.items()}) == 1
            assert len(world.items()) == 3
