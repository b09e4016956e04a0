import json
import re
import shutil
import sqlite3
import time
import tomllib
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.cli import COMMANDS, main
from storage.room import ROOM_BYTES, ballast_of
from storage.store import instance_lock
from tests.builders_line import Site, an_entry
from tests.builders_reading import OLDER, SECRET, SHOWN, Shell


def item_id(shell: Shell, words: str) -> str:
    return str(next(item["id"] for item in shell.json("items") if words in item["title"]))


def event_id(shell: Shell, words: str) -> str:
    return str(next(event["id"] for event in shell.json("events") if words in event["title"]))


def edited(shell: Shell, old: str, new: str) -> None:
    text = shell.config.read_text(encoding="utf-8")
    assert old in text
    shell.config.write_text(text.replace(old, new), encoding="utf-8")


def test_the_timeline_is_one_line_a_change_under_its_day(shell: Shell) -> None:
    lines = shell("timeline").out.splitlines()
    assert [line for line in lines if line.startswith("==")] == [
        "== Tuesday, 18 November 2025", "== Wednesday, 19 November 2025",
    ]  # fmt: skip
    assert len(lines) == 9 + 2
    assert f"Withdrawn by one: {SHOWN}  https://outlet.example/news/h" in lines[-1]


def test_the_timeline_is_narrowed_by_topic_event_and_time(shell: Shell) -> None:
    event = event_id(shell, "conference")
    assert len(shell.json("timeline")) == 9
    assert shell.json("timeline", "--topic", "drums") == []
    assert len(shell.json("timeline", "--event", event.lower())) == 3
    assert len(shell.json("timeline", "--since", "2025-11-19")) == 1
    assert len(shell.json("timeline", "--until", "2025-11-18")) == 8
    assert len(shell.json("timeline", "--as-of", "2025-11-18T10:30")) == 2
    assert len(shell.json("timeline", "--limit", "4")) == 4
    assert len(shell.json("timeline", "--all")) == 10


def test_a_timeline_without_anything_says_so_on_stderr(shell: Shell) -> None:
    ran = shell("timeline", "--topic", "drums")
    assert (ran.code, ran.out) == (0, "")
    assert "Nothing has happened here yet" in ran.err
    assert shell("-q", "timeline", "--topic", "drums").err == ""


def test_following_prints_each_change_once_under_one_heading(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = []

    def news_then_stop(_: float) -> None:
        turns.append(1)
        if len(turns) > 2:
            raise KeyboardInterrupt
        with sqlite3.connect(shell.database) as connection:
            row = connection.execute("SELECT * FROM change WHERE kind = 'item.withdrawn'").fetchone()
            columns = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO change VALUES ({columns})", (f"c_new{len(turns)}", *row[1:]))

    monkeypatch.setattr(time, "sleep", news_then_stop)
    ran = shell("timeline", "--follow", "--since", "2025-11-19")
    assert ran.code == 130
    assert ran.out.count("== Wednesday") == 1
    assert ran.out.count("Withdrawn by one") == 3
    turns.clear()
    monkeypatch.setattr(time, "sleep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    lines = shell("timeline", "--follow", "--json", "--since", "2025-11-19").out.splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["item.withdrawn"] * 3


def test_events_items_and_topics_are_plain_tables_in_a_pipe(shell: Shell) -> None:
    events = shell("events").out.splitlines()
    assert events[0].split() == ["event", "items", "sources", "changed", "title"]
    assert len(events) == 6
    assert "2025-11-18  one     ITU opens its large conference in the capital" in shell("items").out
    assert shell("topics").out.splitlines()[1:] == [
        "itu    6      5       2025-11-18  ITU", "drums  0      0       -           Drums and parades",
    ]  # fmt: skip


def test_an_item_shows_its_versions_the_changed_words_and_every_reason(shell: Shell) -> None:
    item = item_id(shell, "44 new networks")
    assert "1. first, seen 18 Nov 2025 10:40, one\nITU counts 40 new networks" in shell("item", item).out
    assert "1 → 2, title: ITU counts [-40-]{+44+} new networks in villages" in shell("item", item, "--diff").out
    why = shell("item", item, "--why").out
    assert "verdict NEW: none of its keys is known" in why
    assert "topic   itu: “ITU” in the title" in why
    assert f"event   founded {event_id(shell, 'networks')}" in why
    assert shell.json("item", item, "--diff")["diffs"] == [
        "1 → 2, title: ITU counts [-40-]{+44+} new networks in villages"
    ]
    assert "There is one version only." in shell("item", item_id(shell, "yearly report"), "--diff").out


def test_an_event_shows_its_reports_and_why_they_stand_together(shell: Shell) -> None:
    ran = shell("event", event_id(shell, "conference").lower(), "--why")
    assert "2 items, 1 source, en" in ran.out
    assert "- ITU opens its large conference in the capital\n  item 5  ·  one" in ran.out
    assert "reprint at 1.00: the words of an item of this event" in ran.out


def test_feeds_say_how_they_are_and_what_is_wrong(shell: Shell) -> None:
    with sqlite3.connect(shell.database) as connection:
        connection.execute(
            "UPDATE feed SET state = 'gone', last_error = 'HTTP 410', failure_count = 1 WHERE name = 'two'"
        )
    lines = shell("feeds").out.splitlines()
    assert lines[0].split("  ")[0] == "feed"
    assert lines[1].startswith("one   ok ")
    assert "1 failure; HTTP 410" in lines[2]
    assert [feed["name"] for feed in shell.json("feeds", "list", "--state", "gone")] == ["two"]
    assert "No feed is of the state" in shell("feeds", "--state", "paused").err


def test_status_is_1_while_nothing_runs_and_0_while_it_does(shell: Shell) -> None:
    ran = shell("status")
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "not running: start it with salname run")
    assert "2 feeds, last poll 2025-11-19 " in ran.out
    assert "5 messages waiting, the oldest due " in ran.out
    with instance_lock(shell.database):
        assert shell("status").code == 0
        assert shell.json("status")["ok"]


def test_status_says_that_the_disk_is_full_once_the_ballast_is_given_up(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(shell.folder)
    with instance_lock(shell.database):
        assert not shell.json("status")["disk_full"]
        monkeypatch.setattr("storage.room.shutil.disk_usage", lambda _: usage._replace(free=ROOM_BYTES - 1))
        assert shell.json("status", code=1)["disk_full"]
        assert "less than 4 MiB are left on the disk of the database" in shell("status").out
        ballast_of(shell.database).write_bytes(b"")
        assert not shell.json("status")["disk_full"]  # there is room that is kept back


def test_status_says_that_there_is_no_database_yet_in_the_shape_that_it_always_has(shell: Shell) -> None:
    usual = shell.json("status", code=1)
    shell.database.unlink()
    asked = shell.json("status", code=1)
    assert (asked["ok"], asked["feeds"], asked["last_poll_at"]) == (False, 0, None)
    assert asked.keys() == usual.keys()
    assert "no feed is watched: salname check" in shell("status").out


def test_status_of_what_is_no_database_is_3(shell: Shell) -> None:
    shell.database.write_bytes(b"no database" * 100)
    assert "is not a database" in shell.refusal("status", code=3)


def test_topics_are_listed_before_there_is_a_database(shell: Shell) -> None:
    shell.database.unlink()
    assert [topic["id"] for topic in shell.json("topics")] == ["itu", "drums"]
    assert "there is no timeline yet" in shell.refusal("timeline", code=3)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("timelin",), 'there is no command "timelin"; did you mean "timeline"?'),
        (("timeline", "--topic", "iru"), 'there is no topic "iru"; did you mean "itu"?'),
        (("items", "--topic", "drum"), 'there is no topic "drum"; did you mean "drums"?'),
        (("events", "--topic", "xyz"), 'there is no topic "xyz"; see: salname topics'),
        (("search", "figures topic:drum"), 'there is no topic "drum"; did you mean "drums"?'),
        (("export", "--format", "csv", "--topic", "drum"), 'there is no topic "drum"; did you mean "drums"?'),
        (("events", "--status", "dune"), 'there is no status "dune"; did you mean "done"?'),
        (("feeds", "--state", "pausd"), 'there is no state of a feed "pausd"; did you mean "paused"?'),
        (("items", "--feed", "onee"), 'there is no feed "onee"; did you mean "one"?'),
        (("alerts", "--channel", "desc"), 'there is no channel "desc"; did you mean "desk"?'),
        (("alerts", "retry", "--channel", "desc"), 'there is no channel "desc"; did you mean "desk"?'),
        (("alerts", "release", "--channel", "desc"), 'there is no channel "desc"; did you mean "desk"?'),
        (("changes", "--kind", "date.slip"), 'there is no kind of change "date.slip"; did you mean "date.slipped"?'),
        (("topics", "test", "drumz"), 'there is no topic "drumz"; did you mean "drums"?'),
        (("timeline", "--event", "zzz"), 'there is no event "zzz"; see: salname events'),
        (("event", "zzz"), 'there is no event "zzz"; see: salname events'),
        (("item", "999"), "there is no item 999; see: salname items"),
        (("item", "x"), '"x" is no id of an item; see: salname items'),
        (("items", "forget", "999"), "there is no item 999; see: salname items"),
        (("alerts", "show", "x"), 'there is no delivery "x"; see: salname alerts list'),
        (("channels", "test", "desc"), 'there is no channel "desc"; did you mean "desk"?'),
        (("channels", "resume", "desc"), 'there is no channel "desc"; did you mean "desk"?'),
        (("feeds", "pause", "onee"), 'there is no feed "onee"; did you mean "one"?'),
        (("poll", "onee"), 'there is no feed "onee"; did you mean "one"?'),
        (("timeline", "--since", "soon"), '--since: "soon" is no day (2025-11-18), time or span (24h, 7d)'),
        (("timeline", "--as-of", "soon"), '--as-of: "soon" is no day (2025-11-18), time or span (24h, 7d)'),
        (("demo", "--speed", "0"), '--speed: a number above 0 or "max" is expected, not "0"'),
        (("export", "--format", "csv", "--json"), "export has no --json; --format json writes one"),
        (("--json", "run"), "run has no --json; salname status --json tells how it is"),
        (("view", "--plain", "--json"), "view has no --json; salname timeline --json lists the same"),
        (("completion", "bash", "--json"), "completion has no --json; it prints a script for a shell"),
        (("alerts", "retry"), "alerts retry: name a delivery, or give --dead or --channel NAME"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_exist_is_one_line_and_code_2(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    assert shell.refusal(*arguments) == f"salname: {said}"


def test_what_was_taken_out_of_the_configuration_is_asked_for_as_long_as_it_holds_something(shell: Shell) -> None:
    items = shell.json("items", "--feed", "one")
    assert items
    with sqlite3.connect(shell.database) as connection:
        connection.execute("UPDATE feed SET active = 0 WHERE name = 'one'")
    assert [feed["name"] for feed in shell.json("feeds")] == ["two"]
    shell.config.write_text(f'[storage]\nurl = "{shell.database}"\n', encoding="utf-8")
    assert shell.json("items", "--feed", "one") == items
    assert shell.json("items", "--topic", "itu")
    assert shell.json("alerts", "--channel", "desk") == shell.json("alerts") != []
    assert "there is no topic" in shell.refusal("items", "--topic", "drums")


def test_what_is_configured_may_be_asked_for_before_it_holds_anything(shell: Shell) -> None:
    with shell.config.open("a", encoding="utf-8") as file:
        file.write('[[feeds]]\nname = "three"\nurl = "https://three.example/rss?token=5f2c"\n')
    for feed in ("three", "https://three.example/rss?token=5f2c", "https://three.example/rss?token=***"):
        assert shell.json("items", "--feed", feed) == []
    assert shell.json("items", "--topic", "drums") == []


def test_an_event_that_is_nearly_right_is_found(shell: Shell) -> None:
    event = event_id(shell, "conference")
    assert f'did you mean "{event}"?' in shell.refusal("event", event[:-1])


@pytest.mark.parametrize("command", ["timeline", "items", "events", "alerts"])
def test_a_limit_of_nothing_is_a_usage_error(shell: Shell, command: str) -> None:
    ran = shell(command, "--limit", "0")
    assert (ran.code, ran.out) == (2, "")
    assert 'a whole number above 0 is expected, not "0"' in ran.err


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"salname {command}" in capsys.readouterr().out


def test_the_version_carries_the_schema_of_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"] == 1


def test_init_writes_a_configuration_once(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    assert f"Wrote {path}" in shell("init", str(path)).out
    tomllib.loads(path.read_text(encoding="utf-8"))
    path.write_text("mine")
    assert shell.refusal("init", str(path)) == f"salname: {path} exists already; name another file"
    assert path.read_text() == "mine"
    assert f"{tmp_path / 'config.toml'} exists already" in shell.refusal("init", str(tmp_path))


def test_check_is_fine_and_remarks_on_what_one_might_not_think(shell: Shell) -> None:
    ran = shell("check")
    assert ran.code == 0
    assert "http.contact: publishers see an example address" in ran.out
    assert "fine (2 feeds, 2 topics, 1 channel)" in ran.out
    assert shell.json("check")["ok"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://hooks.example/hush", "only https is allowed here, unless insecure_http = true"),
        ("https://127.0.0.1:9000/hush", 'no public address; "127.0.0.1" in allow_private would open it'),
        ("ftp://hooks.example/hush", "no address that begins with http:// or https://"),
        ("https://[hooks/hush", "the address cannot be read"),
        ("https://me:hush@hooks.example/", "a user name or password inside the address"),
        ("https://hooks.example/" + "hush" * 512, "longer than 2,048 characters"),
        ("hush", "no address that begins with http:// or https://"),
    ],
)
def test_check_names_an_address_that_every_message_would_be_refused_at(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    with shell.config.open("a", encoding="utf-8") as file:
        file.write('\n[channels.spare]\nkind = "slack"\nurl_env = "SPARE"\n')
    monkeypatch.setenv("SPARE", "https://hooks.example/hush")
    assert shell("check").code == 0
    monkeypatch.setenv("SPARE", address)
    ran = shell("check")
    assert ran.code == 2
    assert "channels.spare.url: " in ran.err
    assert said in ran.err
    assert "hush" not in ran.err + ran.out


def test_a_kind_of_change_and_an_event_that_are_none_are_refused(shell: Shell) -> None:
    assert 'did you mean "date.slipped"?' in shell.refusal("changes", "--kind", "date.sliped")
    assert shell("changes", "--kind", "item").code == 0
    assert 'there is no event "NOPE"' in shell.refusal("promises", "--event", "NOPE")


def test_check_names_every_problem_and_never_a_secret(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("check").code == 0
    monkeypatch.delenv("DESK_SECRET")
    found = shell.json("check", code=2)
    assert not found["ok"]
    assert "DESK_SECRET" in " ".join(found["problems"])
    assert SECRET not in json.dumps(found)
    edited(shell, "host_spacing", "host_spaceing")
    ran = shell("check")
    assert ran.code == 2
    assert "host_spaceing" in ran.err
    assert 'host_spacing"' in ran.err


def test_check_tells_everything_at_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("check").code == 0
    edited(shell, "host_spacing", "host_spaceing")
    with shell.config.open("a", encoding="utf-8") as file:
        file.write('[[feeds]]\nname = "no address"\n[[feeds]]\nurl = "https://a.example/f"\nauth_env = "NOT_SET"\n')
        file.write('[[rules]]\nname = "r"\nset = {}\nwhen = { topic = "drumms" }\n')
        file.write('[alerts]\nheartbeat_url_env = "NO_BEAT"\n')
    monkeypatch.delenv("DESK_SECRET")
    monkeypatch.setenv("SALNAME_DATABASE", str(shell.config / "salname.db"))
    ran = shell("check")
    assert ran.code == 2
    for part in (
        "polling.host_spaceing: no such key", "feeds[3].url: is required", 'there is no topic "drumms"', "DESK_SECRET",
        "feeds[4].auth_env: the environment variable NOT_SET is not set", "NO_BEAT", "takes no files",
    ):  # fmt: skip
        assert part in ran.err
    assert ran.err.count("\n") == 7
    assert "http.contact: publishers see an example address" in ran.out


def test_one_problem_of_a_channel_hides_no_other(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    with shell.config.open("a", encoding="utf-8") as file:
        file.write(
            '[channels.mail]\nkind = "email"\nhost = "mx.example"\nfrom = "a@b.example"\nto = ["c@d.example"]\n'
            'username_env = "NO_USER"\npassword_env = "NO_PASSWORD"\n'
            '[channels.hook]\nkind = "webhook"\nurl_env = "NO_URL"\nsecrets_env = ["NO_OLD", "BAD", "NO_NEW"]\n'
            '[[feeds]]\nurl = "https://a.example/f"\nauth_env = "NO_AUTH"\nheaders_env = { X-Key = "NO_KEY" }\n'
        )
    monkeypatch.setenv("BAD", "whsec_short")
    missing = [line.partition(": ")[2].strip() for line in shell("check").err.splitlines()]
    assert missing == [
        "channels.mail.username_env: the environment variable NO_USER is not set",
        "channels.mail.password_env: the environment variable NO_PASSWORD is not set",
        "channels.hook.url_env: the environment variable NO_URL is not set",
        "channels.hook.secrets_env: the environment variable NO_OLD is not set",
        "channels.hook.secrets_env[2]: a signing secret is whsec_ and then the base64 of 24 to 64 random bytes",
        "channels.hook.secrets_env: the environment variable NO_NEW is not set",
        "feeds[3].auth_env: the environment variable NO_AUTH is not set",
        "feeds[3].headers_env.X-Key: the environment variable NO_KEY is not set",
    ]


def test_a_source_that_no_feed_and_no_outlet_bears_is_remarked_on_and_no_mistake(shell: Shell) -> None:
    with shell.config.open("a", encoding="utf-8") as file:
        file.write(
            '[[feeds]]\nurl = "https://a.example/f"\noutlet = "The Gazette"\n'
            '[[rules]]\nname = "r"\nset = {}\n'
            'when = { source = ["ONE", "the gazette", "a.example", "Gazete\\u001b]0;x"] }\n'
        )
    found = shell.json("check")
    assert found["ok"]
    (remark,) = (line for line in found["remarks"] if "source" in line)
    assert remark.startswith('rules[1].when.source: no feed or outlet is called "Gazete]0;x"; it is met only where ')
    edited(shell, "Gazete\\u001b]0;x", "two")
    assert not [line for line in shell.json("check")["remarks"] if "source" in line]


def test_check_changes_nothing_in_an_older_database_and_refuses_a_newer_one(shell: Shell) -> None:
    for version, code in (("0000", 3), ("9999", 3), ("0001", 0)):
        with closing(sqlite3.connect(shell.database)) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        before = shell.database.read_bytes()
        ran = shell("check")
        assert ran.code == code
        assert ("was written by a newer Salname" in ran.err) == bool(code)
        assert shell.database.read_bytes() == before


READING = (
    ("timeline",), ("status",), ("changes",), ("items",), ("item", "1"), ("events",), ("event", "AAAAAAAA"), ("feeds",),
    ("facts", "AAAAAAAA"), ("promises",), ("search", "itu"), ("storylines",), ("alerts",), ("alerts", "status"),
    ("channels",), ("silences",), ("topics",), ("export", "--format", "csv"),
)  # fmt: skip


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_no_command_reads_what_a_newer_salname_wrote(shell: Shell, command: tuple[str, ...]) -> None:
    """With every version that is known the same command gives an answer, or refuses an id alone."""
    assert shell(*command).code != 3
    with closing(sqlite3.connect(shell.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'zzzz'")
    assert shell.refusal(*command, code=3) == (
        f"salname: {shell.database} was written by a newer Salname (schema zzzz, this one knows 0001): "
        "upgrade Salname, or restore a backup that this one made"
    )


def test_a_secret_in_the_address_of_a_feed_is_shown_nowhere(shell: Shell) -> None:
    secret = "hushhushhush"
    address = f"http://127.0.0.1:9/feed.xml?token={secret}"
    with shell.config.open("a", encoding="utf-8") as file:
        file.write(f'[[feeds]]\nurl = "{address}"\nname = "private"\n')
    ran = [shell("poll", "private", "--force"), shell("poll", "private", "--force", "--json")]
    with sqlite3.connect(shell.database) as connection:
        assert connection.execute("SELECT count(*) FROM feed WHERE url = ?", (address,)).fetchone() == (1,)
        told = connection.execute("SELECT last_error FROM feed WHERE name = 'private'").fetchone()[0]
    listed = shell.json("feeds")
    assert "http://127.0.0.1:9/feed.xml?token=***" in [one["url"] for one in listed]
    ran += [shell("feeds"), shell("status"), shell("check"), shell("items"), shell("changes", "--json")]
    ran += [shell("feeds", "pause", "http://127.0.0.1:9/feed.xml?token=***", "--json")]
    assert ran[-1].code == 0
    ran += [shell("feeds", "resume", "private"), shell("feeds", "add", address), shell("feeds", "remove", address)]
    shell.config.write_text(f'{shell.config.read_text(encoding="utf-8")}[[feeds]]\nurl = "{address}"\n')
    ran.append(shell("check"))
    assert "stands in feeds" in ran[-1].err
    assert secret not in json.dumps(listed) + told + "".join(one.out + one.err for one in ran)
    assert "private" in "".join(one.out for one in ran)


def test_check_tells_a_database_that_cannot_be_written(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shell("check").code == 0
    monkeypatch.setenv("SALNAME_DATABASE", str(shell.config / "salname.db"))
    ran = shell("check")
    assert ran.code == 3
    assert f"{shell.config / 'salname.db'} cannot be written: {shell.config} takes no files" in ran.err


def test_check_tells_of_a_bad_configuration_in_one_document_too(shell: Shell) -> None:
    text = shell.config.read_text(encoding="utf-8")
    for bad, problem in (("[poling]\n" + text, 'did you mean "polling"?'), ("[[[", "not valid TOML")):
        shell.config.write_text(bad, encoding="utf-8")
        found = shell.json("check", code=2)
        assert not found["ok"]
        assert problem in " ".join(found["problems"])


def test_check_tells_a_damaged_database(shell: Shell) -> None:
    shell.database.write_bytes(b"no database at all " * 500)
    ran = shell("check")
    assert ran.code == 3
    assert str(shell.database) in ran.err


def test_a_backup_is_restored_and_what_stood_there_kept_aside(shell: Shell, tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    assert "checked" in shell("backup", str(saved)).out
    with sqlite3.connect(shell.database) as connection:
        connection.execute("DELETE FROM change_topic")
        connection.execute("DELETE FROM alert")
        connection.execute("DELETE FROM change")
    assert shell.json("timeline") == []
    restored = shell.json("restore", str(saved))
    assert len(shell.json("timeline")) == 9
    assert Path(restored["aside"]).exists()
    assert "there is no file" in shell.refusal("restore", str(tmp_path / "none.db"), code=3)


def test_a_database_in_use_is_code_75_and_names_the_process(shell: Shell, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.db")
    assert shell("backup", saved).code == 0
    with instance_lock(shell.database):
        for arguments in (("poll",), ("deliver",), ("restore", saved), ("import", str(shell.config))):
            assert "in use" in shell.refusal(*arguments, code=75)
        assert shell("timeline").code == 0


def test_a_forgotten_item_keeps_no_words(shell: Shell) -> None:
    item = item_id(shell, "yearly report")
    assert "its words are gone" in shell("items", "forget", item).out
    assert "yearly report" not in json.dumps([shell.json(noun) for noun in ("items", "events", "timeline")])
    assert "(no words are kept)" in shell("item", item).out
    assert shell("items", "forget", item).code == 0


def test_a_topic_is_tried_on_what_is_stored(shell: Shell) -> None:
    found = shell.json("topics", "test", "itu")
    assert (found["topic"], found["looked_at"], len(found["items"])) == ("itu", 6, 6)
    assert {"term": "МСЭ", "words": "МСЭ", "where": "title"} in [
        match for item in found["items"] for match in item["matched"]
    ]
    edited(shell, '"МСЭ"', '"МЭК"')
    assert len(shell.json("topics", "test", "itu")["items"]) == 5
    assert "0 of 6 stored items match drums." in shell("topics", "test", "drums").out


def test_alerts_show_what_waits_what_told_nobody_and_why(shell: Shell) -> None:
    assert len(shell.json("alerts", "--state", "due")) == 5
    assert "for the digest" in shell("alerts", "--state", "held").out
    delivery = shell.json("alerts", "list", "--limit", "1")[0]["id"]
    shown = shell("alerts", "show", delivery).out
    assert f"id       {delivery}" in shown
    assert "tells    item.revised: Corrected by one: 40 → 44" in shown
    assert "It was not tried yet." in shown


def test_what_is_dead_is_sent_again_under_its_id(shell: Shell) -> None:
    delivery = shell.json("alerts")[0]["id"]
    with sqlite3.connect(shell.database) as connection:
        connection.execute("UPDATE delivery SET state = 'dead', reason = 'refused' WHERE id = ?", (delivery,))
    assert [one["id"] for one in shell.json("alerts", "--state", "dead")] == [delivery]
    assert shell.json("alerts", "retry", "--dead") == {"retried": [delivery]}
    assert shell.json("alerts", "--state", "dead") == []


def test_a_channel_is_tried_without_sending(shell: Shell) -> None:
    assert [one["queued"] for one in shell.json("channels")] == [5]
    row = shell("channels").out.splitlines()[1].split()
    assert row == ["desk", "webhook", "ok", "5", "0", "2025-11-18", "10:20", "never", "-"]
    ran = shell("channels", "test", "desk", "--dry-run")
    assert ran.code == 0
    assert "nothing has happened" in ran.out
    assert SECRET not in ran.out


def test_imported_lines_become_items_and_never_alerts(shell: Shell, tmp_path: Path) -> None:
    lines = [
        {
            "id": "1",
            "title": "ITU holds a workshop in Tashkent",
            "text": "The ITU.",
            "published": "2022-05-01",
            "source": "Archive",
        },
        {"url": "https://archive.example/2", "title": "A festival", "topics": ["drums"]},
    ]
    path = tmp_path / "old.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    before = len(shell.json("alerts"))
    assert shell.json("import", str(path)) == {"schema": 1, "items_new": 2, "items_known": 0, "problems": []}
    assert shell.json("import", str(path))["items_known"] == 2
    found = {item["title"]: item for item in shell.json("items", "--since", "2022-01-01") if item["origin"] == "import"}
    assert found["ITU holds a workshop in Tashkent"]["source"] == "Archive"
    assert found["ITU holds a workshop in Tashkent"]["published_at"] == "2022-05-01T00:00:00Z"
    assert found["A festival"]["topics"] == [{"id": "drums", "matched": []}]
    assert len(shell.json("alerts")) == before
    assert len(shell.json("feeds")) == 2


def test_a_bad_line_is_named_skipped_and_code_1(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text('{"id": "1", "title": "ITU holds a workshop"}\n{"title": "no id"}\n{nonsense\n', encoding="utf-8")
    ran = shell("import", str(path))
    assert ran.code == 1
    assert "1 new item, 0 known, 2 bad lines" in ran.out
    assert ran.err.splitlines() == [
        "salname: old.jsonl, line 2: one of url and id is required", "salname: old.jsonl, line 3: not a JSON object",
    ]  # fmt: skip
    assert "cannot be read" in shell.refusal("import", str(tmp_path / "none.jsonl"))


@pytest.fixture
def live(shell: Shell):
    """A shell whose feeds are served again, on another port, with one more entry; their own rhythm is over."""
    with Site() as site:
        old = tomllib.loads(shell.config.read_text(encoding="utf-8"))["http"]["allow_private"][0]
        edited(shell, old, site.netloc)
        with sqlite3.connect(shell.database) as connection:
            connection.execute(
                "UPDATE feed SET url = replace(url, ?, ?), effective_url = replace(url, ?, ?)", (old, site.netloc) * 2
            )
        site.publishes(
            OLDER, an_entry("new", "ITU names a new secretary for the bureau", "The ITU said so."), name="one"
        )
        yield shell, site


def test_a_dry_run_tells_the_plan_and_writes_nothing(live: tuple[Shell, Site]) -> None:
    shell, _ = live
    said = shell("poll", "one", "--dry-run")
    summary = said.out.splitlines()[-1]
    assert summary.startswith("1 feed in ")
    assert ": 1 new item in 1 new event, " in summary
    assert summary.endswith("0 feeds failed. Nothing was written.")
    assert "Next:" not in said.err
    planned = shell.json("poll", "one", "--dry-run")
    assert [one["title"] for one in planned["plan"] if one["verdict"] == "NEW"] == [
        "ITU names a new secretary for the bureau"
    ]
    assert len(shell.json("items")) == 6
    assert shell.json("poll", "one")["items_new"] == 1
    assert len(shell.json("items")) == 7
    assert "Next: salname timeline" in shell("poll", "one", "--force").err


def test_a_poll_that_fails_is_code_1_and_names_the_feed(live: tuple[Shell, Site]) -> None:
    shell, _ = live
    found = shell.json("poll", "--all", code=1)
    assert {feed["name"]: feed["outcome"] for feed in found["feeds"]} == {"one": "new", "two": "failed"}
    assert "404" in next(feed["error"] for feed in found["feeds"] if feed["name"] == "two")


def test_without_a_configuration_what_needs_one_names_init(shell: Shell, tmp_path: Path) -> None:
    config = str(tmp_path / "none.toml")
    for command in ("run", "poll", "deliver", "check"):
        shell.capture.readouterr()
        assert main(["--config", config, command]) == 2
        assert "salname init" in shell.capture.readouterr().err


def limit(live: tuple[Shell, Site], name: str, wait_s: int) -> None:
    shell, site = live
    site.serves(b"", name=name, status=429, headers={"Retry-After": str(wait_s)})
    assert shell("poll", name).code == 1


def test_a_feed_whose_server_asks_to_wait_is_said_not_to_be_asked_and_until_when(live: tuple[Shell, Site]) -> None:
    shell, site = live
    limit(live, "one", 7200)
    asked = len(site.pages["/one"].requests)
    ran = shell("poll", "one")
    (until,) = re.findall(r"^one was not asked: its server asks to wait until (\d{4}-\d\d-\d\d \d\d:\d\d)\.$", ran.out)
    wait = datetime.fromisoformat(f"{until}+04:00") - datetime.now(UTC)
    assert timedelta(hours=1, minutes=59) < wait < timedelta(hours=2, minutes=15)
    assert (ran.code, ran.err) == (0, "")
    ran = shell("poll", "one", "--force", "--json")
    (feed,) = json.loads(ran.out)["feeds"]
    assert (feed["outcome"], feed["error"]) == ("skipped", "its server asks to wait")
    assert datetime.fromisoformat(feed["next_poll_at"]) > datetime.now(UTC)
    assert ran.err.startswith("one was not asked: ")
    assert len(site.pages["/one"].requests) == asked


def test_a_poll_of_all_feeds_counts_those_that_are_left_alone(live: tuple[Shell, Site]) -> None:
    shell, _ = live
    limit(live, "one", 1800)
    ran = shell("poll", "--all")
    assert ran.out.startswith("one was not asked: its server asks to wait until ")
    assert "1 feed in " in ran.out  # the other
    limit(live, "two", 7200)
    said = shell("poll", "--all").out
    assert re.fullmatch(r"2 feeds were not asked: their servers ask to wait, the first until [-\d]+ [:\d]+\.\n", said)
    assert shell("feeds", "pause", "one").code == 0
    assert "one was not asked: it is paused; to wake one: salname feeds resume FEED." in shell("poll", "--all").out
    with sqlite3.connect(shell.database) as connection:
        connection.execute("UPDATE feed SET state = 'gone' WHERE name = 'two'")
    assert "two was not asked: it is gone for good; to ask one all the same, name it." in shell("poll", "--all").out


def test_what_a_server_calls_fresh_is_asked_with_force(live: tuple[Shell, Site]) -> None:
    shell, site = live
    site.publishes(OLDER, name="one", headers={"Cache-Control": "max-age=3600"})
    assert shell("poll", "one").code == 0
    said = shell("poll", "one").out
    assert said.startswith("one was not asked: its server calls what it sent fresh until ")
    assert said.endswith("; to ask all the same: --force.\n")
    assert shell("poll", "one", "--force").out.startswith("1 feed in ")
