"""Killed at any point of a poll, nothing is lost, nothing comes twice, and no server is asked too soon."""

from pathlib import Path
from typing import Any

import pytest

from tests.builders_daemon import Program, Receiver, told_or_silent
from tests.builders_line import Site, an_entry

POINTS = ("after_lease", "after_fetch", "after_begin", "mid_apply", "before_commit", "after_commit")
KILLED = 137
SUBJECTS = ("spectrum", "towers", "cables", "prices", "schools", "satellites")
COUNT = len(SUBJECTS)


@pytest.fixture
def program(tmp_path: Path):
    with Site() as site, Receiver() as receiver:
        site.publishes(an_entry("old", "ITU publishes its yearly report"))
        yield Program(tmp_path, site, receiver).configure()


def publishes_news(program: Program) -> None:
    news = [
        an_entry(f"n{n}", f"ITU on {word}", f"The {word} of {word} was {word} and {word}.", at=None)
        for n, word in enumerate(SUBJECTS)
    ]
    program.site.publishes(an_entry("old", "ITU publishes its yearly report"), *news)


def everything(program: Program) -> dict[str, list[tuple[Any, ...]]]:
    return {
        "items": program.rows("SELECT title FROM item ORDER BY title"),
        "revisions": program.rows(
            "SELECT i.title, r.n FROM item_revision r JOIN item i ON i.id = r.item_id ORDER BY 1, 2"
        ),
        "changes": program.rows("SELECT kind, count(*) FROM change WHERE kind LIKE 'event.%' GROUP BY kind"),
        "alerts": program.rows("SELECT decision, reason, count(*) FROM alert GROUP BY decision, reason"),
    }


@pytest.mark.parametrize("point", POINTS)
def test_a_poll_that_is_killed_is_made_good_by_the_next(program: Program, point: str) -> None:
    assert program("poll").returncode == 0
    publishes_news(program)
    assert program("poll", "--all", "--force", crash_at=f"{point}:1").returncode == KILLED
    committed = point == "after_commit"
    assert len(program.rows("SELECT * FROM item")) == (COUNT + 1 if committed else 1)
    assert program("poll", "--all").returncode == 0
    found = everything(program)
    assert len(found["items"]) == COUNT + 1
    assert [n for _, n in found["revisions"]] == [1] * (COUNT + 1)
    assert program.rows("SELECT sum(item_count) FROM event") == [(COUNT + 1,)]
    assert program.rows("PRAGMA integrity_check") == [("ok",)]
    assert program("deliver").returncode == 0
    assert told_or_silent(program) >= {f"ITU on {word}" for word in SUBJECTS}
    assert len({id_ for id_, _, _ in program.receiver.received}) == len(program.receiver.received)


def test_the_next_poll_is_written_before_the_fetch(program: Program) -> None:
    assert program("poll").returncode == 0
    program.config.write_text(
        program.config.read_text().replace('floor = "1s"', 'floor = "1h"').replace('ceiling = "1s"', 'ceiling = "2h"')
    )
    asked = len(program.site.pages["/feed"].requests)
    assert program("poll", "--all", crash_at="after_fetch:1").returncode == KILLED
    assert len(program.site.pages["/feed"].requests) == asked + 1
    polled = program("poll")
    assert "Nothing is due" in polled.stdout
    assert len(program.site.pages["/feed"].requests) == asked + 1
