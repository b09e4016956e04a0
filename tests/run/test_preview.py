"""A preview is what would have been: the past through the present configuration, by the code that tells the world."""

import sqlite3
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from alerts.rehearsal import Rehearsed
from monitor.config import parse_config
from monitor.previewing import preview
from storage.model import Silence
from tests.builders_line import START, Site, World, an_entry
from tests.builders_reading import Shell

MINUTE = timedelta(minutes=1)
BEGIN = START - timedelta(days=1)
DESK = '[channels.desk]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
OTHER = '[channels.other]\nkind = "webhook"\nurl = "https://hooks.example/y"\n'
QUIET = '[quiet.nights]\nfrom = "18:00"\nto = "09:00"\n'
CONFIGURATIONS = {
    "as it comes": DESK,
    "at once": f'{DESK}[[routes]]\nname = "all"\nchannels = ["desk"]\ngroup_wait = "0s"\n',
    "digests alone": f'{DESK}[[routes]]\nname = "all"\nchannels = ["desk"]\ndigest = ["12:00"]\n',
    "quiet hours": f'{DESK}{QUIET}[[routes]]\nname = "all"\nchannels = ["desk"]\nquiet = "nights"\n',
    "two routes": (
        f'{DESK}{OTHER}[[routes]]\nname = "high"\nwhen = {{ min_importance = "high" }}\nchannels = ["desk", "other"]\n'
        f'continue = true\n[[routes]]\nname = "all"\nchannels = ["desk"]\ngroup_by = ["kind"]\n'
    ),
    "inhibition": f'{DESK}[[inhibit]]\nsource = {{ kind = "event.created" }}\ntarget = {{ kind = "item.revised" }}\n',
}


def a_day(folder: Path, config: str, *silences: Silence) -> World:
    """A day of news told by `config`, the clock ticking each minute; close the world after use."""
    with Site() as site:
        site.publishes(an_entry("old", "ITU publishes its yearly report", "Figures of the year."))
        world = World(site, folder, extra=config)
        with world.monitor.store.writing() as tx:
            for silence in silences:
                tx.outbox.add_silence(silence)
        world.polls()
        for number in range(4):
            story = [
                an_entry(f"n{number}-{part}", f"ITU story {number} part {part}", f"Word {number}{part} of the ITU.")
                for part in range(3)
            ]
            changed = an_entry("n0-0", f"ITU story 0 part 0, {number + 40} of them", "Word 00 of the ITU.")
            site.publishes(*story, changed)
            world.polls(after=MINUTE)
            for _ in range(5 * 60):
                world.later(minutes=1)
                world.monitor.telling.due()
        return world


def previewed(world: World, config: str = "") -> Rehearsed:
    text = world.configuration(["feed"], config, "") if config else world.text
    return preview(parse_config(text), world.monitor.store, since=BEGIN, now=world.now)[1]


def bundles(world: World) -> list[tuple[str, str]]:
    with world.monitor.store.reading() as tx:
        return sorted((one.bundle_id, one.kind) for one in tx.outbox.deliveries(limit=10_000))


def stored(world: World, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(world.database) as connection:
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("config", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_a_preview_tells_exactly_what_was_told(tmp_path: Path, config: str) -> None:
    with a_day(tmp_path, config) as world:
        found = previewed(world)
        told = bundles(world)
        assert len(told) >= 2
        assert sorted((one.bundle_id, one.kind) for one in found.messages) == told
        decided = Counter(str(row[0]) for row in stored(world, "SELECT decision FROM alert"))
        assert sum(len(one.told) for one in found.messages) == decided["bundled"]
        assert sum(found.silent.values()) == decided["suppressed"]
        assert len(found.waiting) == decided["pending"] + decided["held"]


def test_another_configuration_is_rehearsed_without_a_trace(tmp_path: Path) -> None:
    with a_day(tmp_path, CONFIGURATIONS["at once"]) as world:
        before = stored(world, "SELECT count(*), group_concat(decision) FROM alert")
        digests = previewed(world, CONFIGURATIONS["digests alone"])
        assert {one.kind for one in digests.messages} == {"system.baseline", "digest"}
        assert len(digests.messages) < len(previewed(world).messages)
        assert stored(world, "SELECT count(*), group_concat(decision) FROM alert") == before


def test_silences_count_while_they_were_in_force(tmp_path: Path) -> None:
    silence = Silence(
        id="s_1",
        matchers=(("kind", "item.*"),),
        starts_at=START,
        ends_at=START + timedelta(hours=8),
        author="test",
        created_at=START,
    )
    with a_day(tmp_path, CONFIGURATIONS["at once"], silence) as world:
        found = previewed(world)
        kinds = Counter(told.change.kind for one in found.messages for told in one.told)
        revised = int(str(stored(world, "SELECT count(*) FROM change WHERE kind = 'item.revised'")[0][0]))
        assert found.silent["silenced"] + kinds["item.revised"] == revised
        assert found.silent["silenced"] > 0
        assert kinds["item.revised"] > 0


def test_the_ceiling_of_an_hour_overflows_into_a_digest(tmp_path: Path) -> None:
    with a_day(tmp_path, CONFIGURATIONS["at once"]) as world:
        config = CONFIGURATIONS["at once"].replace("[channels.desk]\n", "[channels.desk]\nmax_per_hour = 1\n")
        times = sorted(one.at for one in previewed(world, config).messages if one.kind != "digest")
        assert times
        assert all(later - one >= timedelta(hours=1) for one, later in pairwise(times))
        assert len(times) < sum(one.kind != "digest" for one in previewed(world).messages)


def test_the_command_shows_messages_and_silences_and_its_json_is_one_object(shell: Shell) -> None:
    found = shell.json("alerts", "preview", "--since", "2025-11-01")
    assert found["changes"] == len(shell.json("timeline", "--all"))
    assert {one["channel"] for one in found["messages"]} == {"desk"}
    assert all(set(one) == {"id", "kind", "summary", "importance"} for m in found["messages"] for one in m["changes"])
    assert found["not_told"]
    ran = shell("alerts", "preview", "--since", "2025-11-01")
    assert f"{len(found['messages'])} messages to desk" in ran.out
    assert "not told, backfill: " in ran.out
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert shell.json("alerts", "preview", "--since", "1h")["messages"] == []
    assert "no message" in shell("alerts", "preview", "--since", "1h").out


def test_ten_thousand_changes_are_previewed_within_the_limits_of_a_test(tmp_path: Path) -> None:
    with a_day(tmp_path, CONFIGURATIONS["as it comes"]) as world:
        now = world.now
        with sqlite3.connect(world.database) as connection:
            row = connection.execute("SELECT * FROM change WHERE kind = 'item.revised'").fetchone()
            names = [one[1] for one in connection.execute("PRAGMA table_info(change)")]
            at = names.index("at")
            made = [(f"c_{n:016x}", *row[1:at], row[at] + n * 1_000_000, *row[at + 1 :]) for n in range(10_000)]
            marks = ", ".join("?" * len(row))
            connection.executemany(f"INSERT INTO change VALUES ({marks})", made)
        found = preview(parse_config(world.text), world.monitor.store, since=BEGIN, now=now)[1]
        assert sum(len(one.told) for one in found.messages) + len(found.waiting) > 9_000
