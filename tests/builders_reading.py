"""A small chronicle: a database with news of every kind, made once and copied for each test, and a shell beside it."""

import json
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli import main
from monitor.pipeline.storylines import place_events
from tests.builders_line import START, TOPICS, Site, World, an_entry

HOSTILE = "ITU drill \u202etypes [bold red]a headline[/]"
SHOWN = "ITU drill types [bold red]a headline[/]"  # what steers a terminal is gone, markup stays letters
OLDER = an_entry(
    "older", "ITU publishes its yearly report", "A book of the ITU, with tables.", at=START - timedelta(days=2)
)
OTHER = an_entry("other", "МСЭ утвердил бюджет на год", "Совет МСЭ в Женеве.", at=START - timedelta(days=3))
TEXT = "The ITU met in the capital and agreed on a plan of four years, with figures on coverage, prices and skills."
MORE_TOPICS = f"""{TOPICS}
[[topics]]
id = "drums"
names = {{ en = "Drums and parades" }}
any = ["drums"]
"""
CHANNEL = '[channels.desk]\nkind = "webhook"\nurl = "https://hooks.example/x"\nsecrets_env = ["DESK_SECRET"]\n'
CHANNEL += '[[routes]]\nname = "all"\nchannels = ["desk"]\ngroup_wait = "0s"\n'
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def a_chronicle(folder: Path) -> None:
    """Polls a baseline, news in two feeds, a retitled item, a corrected figure and a withdrawal into `folder`."""
    conference = an_entry("a", "ITU opens its conference in the capital", TEXT)
    figure = an_entry("b", "ITU counts 40 new networks in villages", "Networks of the ITU in villages: a list.")
    hostile = an_entry("h", HOSTILE, "Nothing of the ITU is obeyed here.")
    with Site() as site:
        site.publishes(OLDER, name="one")
        site.publishes(OTHER, name="two")
        with World(site, folder, feeds=["one", "two"], extra=CHANNEL, topics=MORE_TOPICS) as world:
            world.polls()
            site.publishes(OLDER, conference, figure, hostile, name="one")
            copy = an_entry("copy", "ITU opens its conference in the capital", TEXT, link="https://b.example/copy")
            site.publishes(OTHER, copy, name="two")
            world.polls("one")
            world.polls("two", after=timedelta())
            retitled = an_entry("a", "ITU opens its large conference in the capital", TEXT)
            corrected = an_entry(
                "b", "ITU counts 44 new networks in villages", "Networks of the ITU in villages: a list."
            )
            site.publishes(OLDER, retitled, corrected, hostile, name="one")
            world.polls()
            for number in range(4):
                drums = an_entry(f"drum{number}", f"A parade, number {number}", "Nothing but noise in the street.")
                site.publishes(OLDER, retitled, corrected, drums, name="one")
                world.polls("one", after=timedelta(hours=7))
            place_events(world.monitor.store)
            (folder / "config.toml").write_text(world.text, encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """Runs commands in this process, on the database in `folder`."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    @property
    def database(self) -> Path:
        return self.folder / "salname.db"

    def __call__(self, *arguments: str) -> Ran:
        self.capture.readouterr()
        try:
            code = main(["--config", str(self.config), *arguments])
        except SystemExit as stopped:
            code = stopped.code if isinstance(stopped.code, int) else 1
        said = self.capture.readouterr()
        return Ran(code=int(code), out=said.out, err=said.err)

    def json(self, *arguments: str, code: int = 0) -> Any:
        ran = self(*arguments, "--json")
        assert (ran.code, ran.err) == (code, "")
        return json.loads(ran.out)

    def refusal(self, *arguments: str, code: int = 2) -> str:
        """The one line of a command that refuses."""
        ran = self(*arguments)
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.startswith("salname: ")
        assert ran.err.count("\n") == 1
        return ran.err.strip()


def copied(made: Path, folder: Path) -> None:
    """The chronicle in another folder, its configuration pointing to the database there."""
    for name in ("salname.db", "config.toml"):
        shutil.copy(made / name, folder / name)
    with (folder / "config.toml").open("a", encoding="utf-8") as file:
        file.write(f'\n[storage]\nurl = "{folder / "salname.db"}"\n')
