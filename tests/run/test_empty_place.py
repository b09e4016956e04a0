"""Every command where nothing is configured and nothing was polled: an answer, or one line that says what to do."""

from pathlib import Path

import pytest

from monitor.cli import COMMANDS, main

# What a command needs to get as far as looking for a configuration or a database; those without an entry need nothing.
_WITH = {
    "event": ("X",),
    "facts": ("X",),
    "item": ("1",),
    "search": ("cable",),
    "dates": ("next week", "--lang", "en", "--ref", "2026-03-01"),
    "digest": ("now", "desk"),
    "export": ("--format", "json"),
    "import": ("LABELLED",),
    "evaluate": ("LABELLED",),
    "backup": ("copy.db",),
    "restore": ("LABELLED",),
    "completion": ("bash",),
}
_ANSWER = {"init", "dates", "topics", "evaluate", "completion"}
_FAILS = {"status"}  # that nothing was ever polled is an answer, and nothing to be content with
_RUNS = {"demo"}  # has its own tests, and takes a while


@pytest.fixture(autouse=True)
def nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SALNAME_CONFIG", "SALNAME_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    line = '{"id": "a", "title": "Bridge closes", "event": "one"}\n'
    (tmp_path / "LABELLED").write_text(line, encoding="utf-8")


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - _RUNS))
def test_a_command_answers_or_says_what_to_do_first(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main([command, *_WITH.get(command, ())])
    said = capsys.readouterr()
    if command in _ANSWER:
        assert code == 0
        assert said.out or said.err
    elif command in _FAILS:
        assert code == 1
        assert said.out
        assert said.err == ""
    else:
        assert code in {2, 3}
        assert said.out == ""
        assert said.err.startswith("salname: ")
        assert said.err.count("\n") == 1


def test_what_is_set_apart_here_are_commands() -> None:
    assert _WITH.keys() | _ANSWER | _FAILS | _RUNS <= COMMANDS.keys()
