import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.visible import counted
from monitor.cli import main
from monitor.cli.asking import moment, number, positive, unknown
from monitor.cli.place import Place
from monitor.viewer import plain
from monitor.viewer.phrases import day, minute
from storage.errors import ConfigError

BAKU = ZoneInfo("Asia/Baku")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-11-18", "2025-11-17T20:00:00+00:00"),
        ("2025-11-18T09:30", "2025-11-18T05:30:00+00:00"),
        ("2025-11-18T09:30:00Z", "2025-11-18T09:30:00+00:00"),
        (" 2025-11-18T09:30:00+01:00 ", "2025-11-18T08:30:00+00:00"),
    ],
)
def test_a_day_or_time_is_of_the_readers_zone_unless_it_names_one(text: str, at: str) -> None:
    assert moment(text, zone=BAKU, option="--since") == datetime.fromisoformat(at)


def test_until_a_day_includes_it() -> None:
    found = moment("2025-11-18", zone=BAKU, option="--until", end_of_day=True)
    assert found == datetime(2025, 11, 18, 20, 0, tzinfo=UTC)
    assert moment("2025-11-18T09:00Z", zone=BAKU, option="--until", end_of_day=True) == datetime(
        2025, 11, 18, 9, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(("text", "hours"), [("90m", 1.5), ("24h", 24), ("7d", 168), ("2w", 336), ("3 d", 72)])
def test_a_span_is_counted_back_from_now(text: str, hours: float) -> None:
    found = moment(text, zone=BAKU, option="--since")
    assert found is not None
    assert abs(datetime.now(UTC) - timedelta(hours=hours) - found) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["", "tomorrow", "2025-13-01", "7y", "-7d", "99999999999999999d", "0001-01-01"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ConfigError, match=r"--since: .* \(2025-11-18\)"):
        moment(text, zone=BAKU, option="--since")


def test_nothing_given_is_nothing() -> None:
    assert moment(None, zone=BAKU, option="--since") is None


def test_an_unknown_name_gets_the_nearest_one_or_the_command_that_lists_them() -> None:
    known = ["itu", "wtdc", "rac-baku"]
    assert str(unknown("topic", "rac_baku", known, see="salname topics")) == (
        'there is no topic "rac_baku"; did you mean "rac-baku"?'
    )
    assert str(unknown("topic", "xyz", known, see="salname topics")) == 'there is no topic "xyz"; see: salname topics'


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "", "²"])
def test_a_limit_is_a_whole_number_above_zero(text: str) -> None:
    assert positive("12") == 12
    with pytest.raises(argparse.ArgumentTypeError):
        positive(text)


@pytest.mark.parametrize("text", ["", "x1", "-4", "²", "9" * 30])
def test_an_id_is_a_number(text: str) -> None:
    assert number("12", "an item", see="salname items") == 12
    with pytest.raises(ConfigError, match="is no id of an item"):
        number(text, "an item", see="salname items")


@pytest.mark.parametrize("zone", ['"Asia/Bakuu"', '"../etc/passwd"', '""', "4"])
def test_a_zone_that_there_is_not_is_one_line(tmp_path: Path, zone: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"timezone = {zone}")
    with pytest.raises(ConfigError, match=r"config\.toml: timezone: no time zone is called"):
        _ = Place.of(str(path)).zone


def test_a_configuration_that_is_not_there_is_refused_by_what_only_reads_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nope.toml"
    for command in ("timeline", "events", "check"):
        assert main([command, "--config", str(path)]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith(f"salname: {path}: no such file; write one")
    assert main(["--config", str(path), "init", str(path)]) == 0
    assert path.is_file()


def test_a_plain_line_a_change_with_a_line_a_day() -> None:
    change = {
        "at": "2025-11-18T06:40:00Z", "kind": "event.created", "event": "ABCD2345", "summary": "New:\x1b[1m ITU\nopens",
        "event_title": "ITU opens", "url": "https://outlet.example/a",
    }  # fmt: skip
    other = change | {"at": "2025-11-18T20:40:00Z", "kind": "system.baseline", "event": None, "url": None}
    assert list(plain.timeline([change, change, other], zone=BAKU)) == [
        "== Tuesday, 18 November 2025",
        "10:40  event.created  ABCD2345  New:[1m ITU opens  https://outlet.example/a",
        "10:40  event.created  ABCD2345  New:[1m ITU opens  https://outlet.example/a",
        "== Wednesday, 19 November 2025",
        "00:40  system.baseline  -  New:[1m ITU opens",
    ]


def test_plain_lines_come_as_soon_as_their_change() -> None:
    change = {"at": "2025-11-18T06:40:00Z", "kind": "event.created", "summary": "New: ITU"}

    def never_ending():
        while True:
            yield change

    lines = plain.timeline(never_ending(), zone=BAKU)
    assert [next(lines) for _ in range(3)][1:] == ["10:40  event.created  -  New: ITU"] * 2


def test_plain_columns_stand_below_each_other_for_every_script() -> None:
    rows = [("Bakı", "1", "x"), ("東京", "22", ""), ("e\u0301", "3", "\x1b[1mbold")]
    assert list(plain.table(("name", "n", "note"), rows)) == [
        "name  n   note",
        "Bakı  1   x",
        "東京  22",
        "e\u0301     3   [1mbold",
    ]


def test_counts_and_instants_are_spoken() -> None:
    assert (counted(1, "item"), counted(0, "item")) == ("1 item", "0 items")
    assert (minute("2025-11-18T20:40:00Z", BAKU), minute(None, BAKU)) == ("2025-11-19 00:40", "never")
    assert (day("2025-11-18T20:40:00Z", BAKU), day(None, BAKU)) == ("2025-11-19", "-")
