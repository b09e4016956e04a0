import json
from pathlib import Path

import pytest

from monitor.cli.evaluate import _count, _share
from tests.builders_reading import Shell

LINES: tuple[dict[str, object], ...] = (
    {"id": "a", "title": "Flood closes the bridge at Orla", "event": "flood",
     "text": "The river Orla rose by 3.2 metres on Sunday night, and the old bridge closed."},
    {"id": "b", "title": "Choir of Velm wins the cup", "text": "The girls of Velm won in Graz.", "event": "choir"},
    {"id": "c", "title": "Orla bridge closed after flood", "event": "flood",
     "text": "The flood of Sunday night closed the old bridge over the Orla; it rose 3.2 metres."},
    {"id": "d", "title": "A remark", "event": None},
)  # fmt: skip


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    file = tmp_path / "labelled.jsonl"
    lines = [{"published": f"2025-03-0{day}T08:00:00Z", "language": "en", **one} for day, one in enumerate(LINES, 1)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return file


def test_a_stream_is_scored_and_its_events_are_written(shell: Shell, stream: Path, tmp_path: Path) -> None:
    told = shell.json("evaluate", str(stream), "--output", str(tmp_path / "found.jsonl"))
    assert {"schema", "items", "events_true", "events_found", "bcubed", "pairwise", "seconds"} <= told.keys()
    assert (told["items"], told["events_true"], told["events_found"]) == (4, 2, 2)
    assert told["bcubed"] == told["pairwise"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert told["items_per_second"] > 0
    assert 10 < told["peak_rss_mb"] < 4_000
    found = [json.loads(line) for line in (tmp_path / "found.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in found] == ["a", "b", "c", "d"]
    assert found[0]["event"] == found[2]["event"] != found[1]["event"]


def test_a_threshold_that_nothing_reaches_splits_and_the_splits_are_told(shell: Shell, stream: Path) -> None:
    told = shell.json("evaluate", str(stream), "--threshold", "1", "--errors", "3")
    assert told["events_found"] == 3
    assert told["bcubed"]["recall"] < 1
    assert [(one["kind"], one["id"]) for one in told["errors"]] == [("split", "c")]
    assert "split c: “Orla bridge closed after flood” was kept from" in shell(
        "evaluate", str(stream), "--threshold", "1", "--errors", "3"
    ).out  # fmt: skip


def test_the_plain_cosine_is_scored_beside(shell: Shell, stream: Path) -> None:
    assert shell.json("evaluate", str(stream), "--compare", "cosine")["cosine"]["events_true"] == 2
    out = shell("evaluate", str(stream), "--compare", "cosine").out
    assert "salname" in out
    assert "cosine, 7 days" in out


def test_a_line_that_is_no_item_is_named_and_passed_over(shell: Shell, stream: Path) -> None:
    with stream.open("a", encoding="utf-8") as file:
        file.write('{"id": "x", "title": "No label"}\n')
    ran = shell("evaluate", str(stream), "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["items"] == 4
    assert "labelled.jsonl line 5: no event" in ran.err


def test_what_cannot_be_read_or_written_is_said(shell: Shell, stream: Path, tmp_path: Path) -> None:
    assert "cannot be read" in shell.refusal("evaluate", str(tmp_path / "nothing.jsonl"))
    assert "cannot be written" in shell.refusal("evaluate", str(stream), "--output", str(tmp_path))


def test_options_keep_to_their_range() -> None:
    assert (_share("0.4"), _count("3")) == (0.4, 3)
    for wrong in ("2", "-1", "x"):
        with pytest.raises(ValueError, match=r"^|x"):
            _share(wrong)
    with pytest.raises(ValueError, match=r"^"):
        _count("-1")


@pytest.mark.parametrize("command", ["import", "evaluate"])
def test_keys_that_are_not_read_are_named_once_a_file(shell: Shell, tmp_path: Path, command: str) -> None:
    file = tmp_path / "lines.jsonl"
    line = {"url": "https://a.example/1", "title": "ITU opens a forum", "event": "forum"}
    file.write_text(json.dumps(line) + "\n", encoding="utf-8")
    assert "ignored" not in shell(command, str(file)).err
    odd = {**line, "body": "lost", "lang\x1b[1m": "en"}
    file.write_text(f"{json.dumps(odd)}\n{json.dumps({**odd, 'url': 'https://a.example/2'})}\n", encoding="utf-8")
    ran = shell(command, str(file))
    assert ran.code == 0
    assert ran.err.count("ignored what is no key of a line: body, lang[1m; the keys are id url title text ") == 1
