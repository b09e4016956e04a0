"""Fixtures of many tests: an outlet's site, and a finished database, made once a worker and copied for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from storage.reading import Reader, opened
from tests.builders_line import Site
from tests.builders_reading import SECRET, Shell, a_chronicle, copied

settings.register_profile("any machine", deadline=None)  # how long an example takes tells of the machine's neighbours
settings.load_profile("any machine")


@pytest.fixture
def site() -> Iterator[Site]:
    """A web server on loopback, for feeds."""
    with Site() as site:
        yield site


@pytest.fixture(scope="session")
def chronicle_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chronicle")
    a_chronicle(folder)
    return folder


@pytest.fixture
def chronicle(chronicle_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with config.toml and salname.db; nothing of the machine's own configuration is seen."""
    for name in ("SALNAME_CONFIG", "SALNAME_DATABASE", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DESK_SECRET", SECRET)
    copied(chronicle_made, tmp_path)
    return tmp_path


@pytest.fixture
def shell(chronicle: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(folder=chronicle, capture=capsys)


@pytest.fixture
def reader(chronicle: Path) -> Iterator[Reader]:
    with opened(chronicle / "salname.db") as reader:
        yield reader
