"""The viewer in words, and what the command says where it cannot open."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.cli import main
from tests.builders_view import SHOWN, an_archive, tells_facts

Talk = Callable[..., list[str]]


@pytest.fixture(scope="module")
def archive_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    an_archive(folder)
    return folder


@pytest.fixture
def archive(archive_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SALNAME_CONFIG", raising=False)
    monkeypatch.setenv("SALNAME_DATABASE", str(tmp_path / "salname.db"))
    shutil.copy(archive_made / "config.toml", tmp_path)
    copied_again(archive_made, tmp_path)
    return tmp_path


def copied_again(made: Path, folder: Path) -> None:
    for file in folder.glob("salname.db*"):
        file.unlink()
    for file in made.glob("salname.db*"):
        shutil.copy(file, folder)


@pytest.fixture
def talk(
    archive_made: Path, archive: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Talk:
    """What is answered to the last line that is typed, to an archive that nobody has touched."""

    def typed(lines: tuple[str, ...]) -> Iterator[str]:
        yield from lines[:-1]
        capsys.readouterr()
        yield lines[-1]

    def answers(*lines: str) -> list[str]:
        copied_again(archive_made, archive)
        monkeypatch.setattr("sys.stdin", typed(lines))
        assert main(["--config", str(archive / "config.toml"), "view", "--plain"]) == 0
        return capsys.readouterr().out.splitlines()

    return answers


def test_lines_are_numbered_under_their_days(talk: Talk) -> None:
    said = talk("g")
    assert said[0] == "Wednesday, 19 November 2025."
    assert said[1] == "1. 12:00, unread, new: Old fibre cable in the bay is to be raised"
    assert "Tuesday, 18 November 2025." in said
    assert talk("n")[-1].startswith("4. 10:00, unread, new: WTDC-25 opens")
    assert talk("n", "b")[1] == said[1]
    assert talk("n", "n") == ["There is nothing more."]
    assert talk("t")[:2] == ["Oldest first.", "Monday, 17 November 2025."]
    assert talk("G")[-1].startswith("10. 10:00")


def test_a_number_opens_the_event_and_reads_it(talk: Talk) -> None:
    assert talk("1")[0] == "Old fibre cable in the bay is to be raised"
    assert "unread" not in talk("1", "g")[1]


def test_a_page_ends_with_facts_and_promises(talk: Talk, archive_made: Path) -> None:
    tells_facts(archive_made, "CABLE001", 4)
    line = next(line.partition(".")[0] for line in talk("g") if "51-million" in line)
    said = talk(line)
    assert "Length (cable): 380 km  (as of 17 Nov 2025 · 1 source)" in said
    assert any(line.startswith(" 31 Jan 2026  open") for line in said)
    assert said[said.index("Facts") :] == talk(f"f {line}")[1:]
    assert talk("f 1") == ["No figure, date or status is told of this event."]


def test_all_that_is_looked_at_is_read_and_nothing_else(talk: Talk) -> None:
    assert talk("topic cable", "A") == ["All of these are read. u undoes it."]
    assert not any("unread" in line for line in talk("topic cable", "A", "g"))
    assert any("unread" in line for line in talk("topic cable", "A", "topic itu"))
    assert any("unread" in line for line in talk("topic cable", "A", "u", "g"))
    assert talk("/ nothinglikeit") == ["Nothing is found."]


def test_words_do_what_keys_do_and_u_takes_it_back(talk: Talk) -> None:
    assert talk("r 1") == ["Read. u undoes it."]
    assert talk("r 1", "u") == ["Undone: Read."]
    assert "unread" in talk("r 1", "u", "g")[1]
    assert talk("s 1", "u") == ["Undone: Silenced."]
    assert talk("m 1 4") == ["Merged. u undoes it."]
    assert talk("m 1 4", "u") == ["Undone: Merged."]
    assert talk("p 1 4", "u") == ["Undone: Pinned."]
    assert "unread" not in talk("A", "g")[1]
    assert talk("u") == ["There is nothing to undo."]
    assert talk("o 1") == ["https://news.example/11"]


def test_words_narrow_what_is_told(talk: Talk) -> None:
    assert talk("topics") == ["itu: ITU, 9 unread", "cable: Trans-Caspian cable, 5 unread"]
    assert sum(line[0].isdigit() for line in talk("topic cable")) == 5
    assert sum(line[0].isdigit() for line in talk("/raise")) == 1
    assert sum(line[0].isdigit() for line in talk("a 2025-11-17")) == 5
    assert any("[-a call-]" in line for line in talk("d 2"))
    assert any("“ITU”" in line for line in talk("w 1"))


@pytest.mark.parametrize("line", ["d 99", "d", "zz", "topic nothing", "a never", "x 1", "m 1"])
def test_what_is_not_understood_is_answered_in_one_line(talk: Talk, line: str) -> None:
    assert len(talk(line)) == 1


def test_a_hostile_headline_is_read_as_text(talk: Talk) -> None:
    assert any(SHOWN in line for line in talk("g"))


def test_help_names_every_word(talk: Talk) -> None:
    said = "\n".join(talk("?"))
    assert all(
        f"{word}" in said for word in ("n", "b", "g", "G", "topics", "/", "t", "a", "d", "w", "o", "r", "s", "m")
    )


def test_without_a_terminal_it_names_what_works(archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(archive / "config.toml"), "view"]) == 2
    assert capsys.readouterr().err == (
        "salname: view needs a terminal; for a pipe: salname timeline, or salname view --plain\n"
    )


def test_without_textual_one_line_names_what_to_install(
    archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for name in [name for name in sys.modules if name.startswith(("textual", "monitor.viewer.screen"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "textual", None)
    assert main(["--config", str(archive / "config.toml"), "view"]) == 2
    assert capsys.readouterr().err == "salname: the viewer needs Textual; in Salname's clone: pip install '.[view]'\n"


def test_the_viewer_in_words_loads_neither_textual_nor_what_writes(archive: Path) -> None:
    script = (
        "import json, sys; from monitor.cli import main; main(sys.argv[1:]); "
        "sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, "--config", str(archive / "config.toml"), "view", "--plain"],
        input="q\n", capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    loaded = set(json.loads(ended.stderr))
    assert "sqlite3" in loaded
    assert loaded & {"textual", "sqlalchemy", "pydantic", "requests", "feedparser"} == set()
