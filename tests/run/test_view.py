"""Every key of the viewer, pressed: its effect is seen on the screen and in the database, and undoing takes it back."""

import asyncio
import json
import shutil
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from monitor.cli.deeds import StoredDeeds
from monitor.viewer.screen import app as viewer
from monitor.viewer.screen.app import ViewApp
from monitor.viewer.screen.deeds import Back
from monitor.viewer.screen.keys import ACTIONS, KEYS
from monitor.viewer.screen.palette import ASCII_MARKS, ASCII_SIGNS, SIXTEEN
from storage.errors import Error
from storage.reading import opened
from tests.builders_view import (
    FIRST,
    SHOWN,
    a_large_archive,
    an_archive,
    looking,
    more,
    presses,
    screen_of,
    settled,
    tells_facts,
    titles,
)

Look = Callable[[ViewApp, Pilot[None]], Awaitable[None]]
NEWEST = "Old fibre cable in the bay is to be raised"


@pytest.fixture(scope="module")
def archive_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    an_archive(folder)
    return folder


@pytest.fixture
def archive(archive_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(viewer, "COUNT_S", 0.0)  # nobody rests between two keys
    monkeypatch.setenv("SALNAME_DATABASE", str(tmp_path / "salname.db"))
    for file in archive_made.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def seen(archive: Path, look: Look, **given: object) -> None:
    """Open the viewer and do that in it."""

    async def run() -> None:
        async with looking(archive, **given) as (app, pilot):  # type: ignore[arg-type]
            await look(app, pilot)

    asyncio.run(run())


def rows_of(archive: Path, sql: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(archive / "salname.db") as connection:
        return connection.execute(sql).fetchall()


def current(app: ViewApp) -> str:
    change = app.timeline.window.current
    assert change is not None
    return str(change["id"])


def page(app: ViewApp) -> str:
    return "\n".join("".join(text for text, _ in line.runs) for line in app.detail.lines)


def rows_seen(app: ViewApp) -> list[str]:
    """The timeline's lines, without what counts beside them."""
    return [line[22:-2] for line in screen_of(app)[1:10]]


async def go_to(app: ViewApp, pilot: Pilot[None], change: str) -> None:
    await presses(pilot, "g")
    for _ in range(20):
        if current(app) == change:
            return
        await presses(pilot, "j")
    raise AssertionError(change)


def test_it_opens_on_the_newest_change_with_its_event_beside_it(archive: Path) -> None:
    async def look(app: ViewApp, _: Pilot[None]) -> None:
        screen = "\n".join(screen_of(app))
        assert "Wednesday, 19 November 2025" in screen
        assert screen.count(NEWEST) >= 2
        assert "Everything      14" in screen
        assert "newest first" in screen

    seen(archive, look)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        ("j", 1), ("down", 1), ("j j k", 1), ("j up", 0), ("k", 0), ("G", 13), ("end", 13), ("G g", 0), ("G home", 0),
        ("space", 7), ("pagedown b", 0), ("ctrl+f", 7), ("space pageup", 0), ("space ctrl+b", 0), ("ctrl+d", 3),
        ("space ctrl+u", 4), ("G j", 13),
    ],
)  # fmt: skip
def test_keys_move_through_the_timeline(archive: Path, keys: str, row: int) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, *keys.split())
        assert app.timeline.window.cursor == row
        assert page(app).startswith(str(app.timeline.window.rows[row]["event_title"])[:4]) or row in {2, 7, 12}

    seen(archive, look)


def test_panes_are_reached_by_letters_tab_and_arrows(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        for key, pane in (
            ("l", app.detail), ("l", app.side), ("tab", app.timeline), ("shift+tab", app.side), ("right", app.timeline),
            ("left", app.side), ("h", app.detail), ("h", app.timeline),
        ):  # fmt: skip
            await presses(pilot, key)
            assert app.focused is pane

    seen(archive, look)


def test_a_topic_of_the_sidebar_shows_its_changes_alone(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "h", "j", "j")
        assert app.side.current.title == "Trans-Caspian cable"
        assert len(app.timeline.window.rows) == 5
        assert "Timeline · 5 unread · Trans-Caspian cable" in "\n".join(screen_of(app))
        await presses(pilot, "k", "k")
        assert len(app.timeline.window.rows) == 14
        await presses(pilot, "enter")
        assert app.focused is app.timeline

    seen(archive, look)


def test_t_turns_the_order_and_keeps_the_change(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "j")
        there = current(app)
        await presses(pilot, "t")
        assert (current(app), app.timeline.window.cursor) == (there, 12)
        assert "oldest first" in "\n".join(screen_of(app))
        await presses(pilot, "t")
        assert (current(app), app.timeline.window.cursor) == (there, 1)

    seen(archive, look)


def test_enter_opens_the_event_and_reads_it_escape_goes_back(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "enter")
        assert app.pane.id == "detail"
        assert "Timeline" not in "\n".join(screen_of(app))
        assert rows_of(archive, "SELECT change_id, is_read FROM read_mark") == [("c_event.created_11", 1)]
        await presses(pilot, "escape")
        assert app.pane.id == "timeline"
        assert "Timeline" in "\n".join(screen_of(app))
        assert "Everything      13" in "\n".join(screen_of(app))

    seen(archive, look)


def test_r_marks_read_and_unread_and_u_takes_it_back(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "r")
        assert rows_of(archive, "SELECT is_read FROM read_mark") == [(1,)]
        await presses(pilot, "r")
        assert rows_of(archive, "SELECT is_read FROM read_mark") == [(0,)]
        await presses(pilot, "u")
        assert rows_of(archive, "SELECT is_read FROM read_mark") == [(1,)]
        await presses(pilot, "u")
        assert rows_of(archive, "SELECT is_read FROM read_mark") == []
        await settled(pilot)
        assert "Everything      14" in "\n".join(screen_of(app))
        await presses(pilot, "u")
        assert "nothing to undo" in screen_of(app)[-1]

    seen(archive, look)


def test_capital_u_shows_what_is_unread_alone_and_again_everything(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        count = len(app.timeline.window.rows)
        await presses(pilot, "r", "j", "U")
        assert len(app.timeline.window.rows) == count - 1
        assert "unread only" in str(app.timeline.border_subtitle)
        there, following = current(app), app.timeline.window.rows[1]["id"]
        await presses(pilot, "enter")  # it is read by that, and stays while it is
        assert (current(app), app.timeline.window.rows[0]["is_read"]) == (there, True)
        await presses(pilot, "escape", "j", "r", "r")
        assert current(app) == following
        assert there not in [row["id"] for row in app.timeline.window.rows]
        await presses(pilot, "A")
        assert [row["id"] for row in app.timeline.window.rows] == [following]
        await presses(pilot, "U", "U")
        assert app.timeline.window.rows == []
        assert "Nothing is unread here" in "\n".join(screen_of(app))
        await presses(pilot, "u")
        assert {row["is_read"] for row in app.timeline.window.rows} == {False}
        await presses(pilot, "h", "j", "U")
        assert app.side.current.id == "itu"
        assert len(app.timeline.window.rows) == 9

    seen(archive, look)


def test_n_reads_this_one_and_goes_to_the_next_unread(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "j", "r", "k", "n")
        assert app.timeline.window.cursor == 2
        assert [row["is_read"] for row in app.timeline.window.rows[:3]] == [True, True, False]
        await presses(pilot, "G", "N")
        assert app.timeline.window.cursor == 12
        await presses(pilot, "G", "n")
        assert "Nothing unread below" in screen_of(app)[-1]

    seen(archive, look)


def test_all_are_read_at_once_in_a_topic_or_everywhere(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "h", "j", "j", "enter", "A")
        await settled(pilot)
        assert len(rows_of(archive, "SELECT 1 FROM read_mark WHERE is_read")) == 5
        await presses(pilot, "u", "h", "g", "enter", "A")
        assert rows_of(archive, "SELECT 1 FROM read_mark") == []
        with opened(archive / "salname.db") as reader:
            assert reader.pages.unread(app._lens, older=True) is None
        await presses(pilot, "u")
        assert app.timeline.window.rows[0]["is_read"] is False

    seen(archive, look)


def test_d_shows_the_words_that_changed_and_d_again_the_event(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "c_item.revised_1")
        await presses(pilot, "d")
        assert "[-a call-]{+an appeal+} to [-connect-]{+reach+}" in page(app).replace("\n", " ")
        assert app.detail.border_title == "What changed"
        await presses(pilot, "d")
        assert "Reports 3" in page(app)
        await presses(pilot, "d", "escape")
        assert "Reports 3" in page(app)

    seen(archive, look)


def test_f_shows_what_became_of_each_fact_with_its_words(archive: Path) -> None:
    with sqlite3.connect(archive / "salname.db") as connection:
        at = int(FIRST.timestamp()) * 1_000_000 + 86_400_000_000 * 3
        for number, (old, new) in enumerate((("40", "44"), ("44", "51"))):
            add_fact(
                connection,
                f"f{number}",
                "CABLE001",
                f"Length: {old} km → {new} km",
                f"{old} km",
                f"{new} km",
                at + number,
            )

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        assert "40 km → 44 km → 51 km" in page(app)
        assert "▁▄█" in page(app)
        await presses(pilot, "f")
        assert app.detail.border_title == "Facts"
        assert page(app).count("“It is longer.”") == 2
        await presses(pilot, "f")
        assert "Reports" in page(app)
        await presses(pilot, "G", "f")
        assert "No figure, date or status is told of this event" in page(app).replace("\n", " ")

    seen(archive, look)


def test_the_page_holds_what_never_changed_and_what_was_promised(archive: Path) -> None:
    tells_facts(archive, "CABLE001", 4)

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "c_event.updated_10")
        lines = page(app).splitlines()
        assert "Length (cable)  380 km  1 source" in lines
        assert "31 Jan 2026  Signing of contract (cable)  open" in lines
        assert any(line.startswith("  1st slip, +42 days in all") for line in lines)
        assert "Facts 1 " in page(app)
        assert "Promises 1 " in page(app)
        await presses(pilot, "f")
        assert page(app).count("“Courier says so.”") == 2
        await presses(pilot, "a", *"2025-11-18", "enter")
        await go_to(app, pilot, "c_item.revised_4")
        assert "20 Dec 2025  Signing of contract (cable)  open" in page(app).splitlines()
        assert "slip" not in page(app)
        await presses(pilot, "a", *"2025-11-17", "enter")
        assert "Promises" not in page(app)

    seen(archive, look)


def add_fact(connection: sqlite3.Connection, change: str, event: str, said: str, old: str, new: str, at: int) -> None:
    connection.execute(
        "INSERT INTO change (id, event_id, revision, kind, key, from_json, to_json, payload_json, quotes_json, "
        "happened_precision, at, topics_json, origin) "
        "VALUES (?, ?, 1, 'fact.changed', '', ?, ?, ?, ?, 'day', ?, '[]', 'live')",
        (change, event, json.dumps(old), json.dumps(new), json.dumps({"summary": said}), '["It is longer."]', at),
    )


def test_w_tells_why(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "w")
        assert "“ITU” in the title" in page(app)
        await presses(pilot, "j")
        assert "“ITU” in the title" not in page(app)

    seen(archive, look)


def test_o_opens_web_addresses_and_nothing_else(archive: Path) -> None:
    links: list[str] = []

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "o")
        assert links == ["https://news.example/11"]
        change = app.timeline.window.current
        assert change is not None
        change["url"] = "javascript:alert(1)"
        app.action_link()  # what the key calls, before the next look at the database
        await settled(pilot)
        assert len(links) == 1
        assert "no address" in screen_of(app)[-1]

    seen(archive, look, opened_links=links)


def test_o_opens_the_item_that_the_page_is_read_at(archive: Path) -> None:
    links: list[str] = []

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "c_item.revised_1")
        await presses(pilot, "enter")
        while app.detail.item != "3":
            await presses(pilot, "j")
        await presses(pilot, "o")
        assert links == ["https://news.example/3"]

    seen(archive, look, opened_links=links)


def test_without_a_browser_the_address_is_copied(archive: Path) -> None:
    links: list[str] = []

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "o")
        assert app.clipboard == "https://news.example/11"
        assert links == []

    seen(archive, look, opened_links=links, has_browser=False)


def test_s_silences_the_event_and_u_ends_the_silence(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "s")
        assert rows_of(archive, "SELECT matchers_json, expired_at IS NULL FROM silence") == [
            ('[["event","OTHER001"]]', 1)
        ]
        assert "Silenced “Old fibre" in screen_of(app)[-1]
        await presses(pilot, "u")
        assert rows_of(archive, "SELECT expired_at IS NULL FROM silence") == [(0,)]

    seen(archive, look)


def test_m_merges_two_events_and_u_parts_them(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "m")
        await go_to(app, pilot, "c_event.updated_10")
        await presses(pilot, "m")
        merged = "SELECT id, merged_into FROM event WHERE merged_into IS NOT NULL"
        assert rows_of(archive, merged) == [("OTHER001", "CABLE001")]
        assert "event.merged" in {row["kind"] for row in app.timeline.window.rows}
        await presses(pilot, "u")
        assert rows_of(archive, merged) == []
        assert rows_of(archive, "SELECT event_id FROM item WHERE id = 11") == [("OTHER001",)]

    seen(archive, look)


def test_p_pins_an_item_to_an_event_and_u_lets_it_go(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "p")
        await go_to(app, pilot, "c_event.updated_10")
        await presses(pilot, "p")
        assert rows_of(archive, "SELECT event_id FROM item WHERE id = 11") == [("CABLE001",)]
        await presses(pilot, "u")
        assert rows_of(archive, "SELECT event_id FROM item WHERE id = 11") == [("OTHER001",)]

    seen(archive, look)


def test_a_deed_that_takes_long_is_told_at_once_and_undone_when_it_is_done(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_go_on = threading.Event()
    merge = StoredDeeds.merge

    def slow(self: StoredDeeds, first: str, second: str) -> Back:
        assert may_go_on.wait(30)
        return merge(self, first, second)

    monkeypatch.setattr(StoredDeeds, "merge", slow)

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "m", "G")
        await pilot.press("m")
        await pilot.pause()
        assert screen_of(app)[-1].strip().startswith("Merged with “WTDC-25")
        await pilot.press("u")
        assert not rows_of(archive, "SELECT 1 FROM ruling")
        may_go_on.set()
        await settled(pilot)
        assert rows_of(archive, "SELECT kind FROM ruling WHERE undone_at IS NOT NULL") == [("merge",)]
        assert "Undone: Merged" in screen_of(app)[-1]
        await presses(pilot, "u")
        assert "nothing to undo" in screen_of(app)[-1]

    seen(archive, look)


def test_a_mark_that_is_being_written_stays_on_the_screen(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = threading.Event()
    mark = StoredDeeds.mark

    def slow(self: StoredDeeds, changes: Sequence[str], *, is_read: bool) -> Back:
        assert may_go_on.wait(30)
        return mark(self, changes, is_read=is_read)

    monkeypatch.setattr(StoredDeeds, "mark", slow)

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        for _ in range(3):
            await pilot.press("n")  # each goes to a place, and reads the rows around it anew
        assert [row["is_read"] for row in app.timeline.window.rows[:4]] == [True, True, True, False]
        assert not rows_of(archive, "SELECT 1 FROM read_mark")
        app._refresh()  # as after a commit of somebody else
        assert [row["is_read"] for row in app.timeline.window.rows[:4]] == [True, True, True, False]
        may_go_on.set()
        await settled(pilot)
        assert [row["is_read"] for row in app.timeline.window.rows[:4]] == [True, True, True, False]
        assert len(rows_of(archive, "SELECT 1 FROM read_mark WHERE is_read")) == 3

    seen(archive, look)


def test_undoing_what_failed_takes_nothing_else_back(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_go_on = threading.Event()

    def fails(self: StoredDeeds, event: str, title: str) -> Back:
        assert may_go_on.wait(30)
        raise Error("no room")

    monkeypatch.setattr(StoredDeeds, "silence", fails)

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "r")
        await pilot.press("s", "u")
        may_go_on.set()
        await settled(pilot)
        assert "no room" in screen_of(app)[-1]
        assert rows_of(archive, "SELECT is_read FROM read_mark") == [(1,)]
        await presses(pilot, "u")
        assert rows_of(archive, "SELECT is_read FROM read_mark WHERE is_read = 1") == []

    seen(archive, look)


def test_escape_gives_up_a_merge_that_was_begun(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "m", "escape", "j", "m")
        assert rows_of(archive, "SELECT 1 FROM ruling") == []
        assert "Merge" in screen_of(app)[-1]
        await presses(pilot, "m")
        assert "same event" in screen_of(app)[-1]

    seen(archive, look)


def test_a_shows_what_was_known_on_a_day(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "a", *"2025-11-17", "enter")
        assert len(app.timeline.window.rows) == 5
        assert "as known on 17 Nov 2025" in "\n".join(screen_of(app))
        await go_to(app, pilot, "c_event.created_4")
        assert "Reports 1" in page(app)
        await presses(pilot, "escape")
        assert len(app.timeline.window.rows) == 14
        await presses(pilot, "a", *"soon", "enter")
        assert "is no day" in screen_of(app)[-1]
        await presses(pilot, "a", "escape")
        assert len(app.timeline.window.rows) == 14

    seen(archive, look)


def test_search_finds_while_one_types_and_escape_ends_it(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "slash", *"opera")
        assert set(titles(app)) == {"Cable contract to be signed on 10 November"}
        await presses(pilot, *"torszz")
        assert "Nothing is found" in "\n".join(screen_of(app))
        await presses(pilot, "escape")
        assert len(app.timeline.window.rows) == 14
        await presses(pilot, "slash", *"raise", "enter", "j", "k")
        assert titles(app) == [NEWEST]
        assert app.focused is app.timeline
        await presses(pilot, "escape")
        assert len(app.timeline.window.rows) == 14

    seen(archive, look)


@pytest.mark.parametrize("keys", ["slash a A q slash", "a slash A q a"])
def test_what_is_typed_ahead_goes_into_the_line_and_is_no_key(archive: Path, keys: str) -> None:
    """A busy machine, or a pasted word: all keys are there before the first one has had its effect."""
    names = {"slash": "/"}

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        for key in keys.split():
            app.post_message(events.Key(key, names.get(key, key)))
        await settled(pilot)
        assert app.prompt.query_one(Input).value == "".join(names.get(key, key) for key in keys.split()[1:])
        await presses(pilot, "escape", "escape")
        assert app.focused is app.timeline
        assert app.hints.display
        assert not rows_of(archive, "SELECT 1 FROM meta WHERE key = 'read_until'")

    seen(archive, look)


def test_letters_that_are_typed_are_no_keys(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "slash", *"qrsmpu")
        assert app.is_running
        assert rows_of(archive, "SELECT 1 FROM silence UNION SELECT 1 FROM read_mark") == []
        await presses(pilot, "escape", "s")
        assert len(rows_of(archive, "SELECT 1 FROM silence")) == 1

    seen(archive, look)


def test_y_copies_the_address(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "y")
        assert app.clipboard == "https://news.example/11"
        assert "Copied https://news.example/11" in screen_of(app)[-1]
        assert not rows_of(archive, "SELECT 1 FROM read_mark")

    seen(archive, look)


def test_capital_j_and_k_scroll_the_event_and_the_timeline_stays(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "c_event.created_4")
        there = current(app)
        await presses(pilot, "J", "J", "J")
        assert app.detail.top == 3
        await presses(pilot, "K")
        assert app.detail.top == 2
        assert (current(app), app.focused) == (there, app.timeline)
        await presses(pilot, *"K" * 5)
        assert app.detail.top == 0

    seen(archive, look)


@pytest.mark.parametrize("turned", ["", "t"])
@pytest.mark.parametrize("keys", ["]", "]]", "]]jj[", "]][", "]]]]", "[", "]j[", "]][[", "]][[["])
def test_brackets_go_from_day_to_day(archive: Path, turned: str, keys: str) -> None:
    names = {"]": "right_square_bracket", "[": "left_square_bracket"}

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "g", *turned, "g")
        days = [row["at"][:10] for row in app.timeline.window.rows]
        await presses(pilot, *(names.get(key, key) for key in keys))
        window = app.timeline.window
        assert window.current is not None
        place = [row["id"] for row in window.rows].index(window.current["id"])
        wanted = 0
        for key in keys:
            if key == "]":
                wanted = next((n for n in range(wanted, len(days)) if days[n] != days[wanted]), len(days) - 1)
            elif key == "j":
                wanted += 1
            else:
                first = days.index(days[wanted])
                wanted = days.index(days[wanted - 1]) if first == wanted and wanted else first
        assert place == wanted

    seen(archive, look)


def test_the_frame_tells_where_the_cursor_is_and_what_is_unread(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        count = len(app.timeline.window.rows)
        assert str(app.timeline.border_title) == f"Timeline · {count} unread"
        assert str(app.timeline.border_subtitle) == f"newest first · 1/{count}"
        await presses(pilot, "r", "G")
        assert str(app.timeline.border_title) == f"Timeline · {count - 1} unread"
        assert str(app.timeline.border_subtitle) == f"newest first · {count}/{count}"
        await presses(pilot, "A")
        assert str(app.timeline.border_title) == "Timeline"

    seen(archive, look)


def test_the_last_line_names_the_keys_of_the_pane(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        assert "/ search" in screen_of(app)[-1]
        await presses(pilot, "enter")
        assert "Esc back" in screen_of(app)[-1]
        await presses(pilot, "escape")
        assert "/ search" in screen_of(app)[-1]

    seen(archive, look)


def test_control_c_leaves_from_anywhere(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "slash", "c")
        await pilot.press("ctrl+c")
        for _ in range(200):
            if not app.is_running:
                break
            await asyncio.sleep(0.01)
        assert not app.is_running

    seen(archive, look)


def test_the_page_of_keys_names_every_key_and_any_key_closes_it(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "question_mark")
        screen = "\n".join(screen_of(app))
        for _, keys in KEYS:
            for key, what in keys:
                assert key in screen
                assert what in screen
        await presses(pilot, "j")
        assert app.timeline.window.cursor == 0
        await presses(pilot, "j")
        assert app.timeline.window.cursor == 1

    seen(archive, look)


def test_each_key_that_is_bound_stands_on_the_page_of_keys() -> None:
    told = {word for _, keys in KEYS for key, _ in keys for word in key.split()}
    names = {"slash": "/", "question_mark": "?", "escape": "Esc", "enter": "Enter", "space": "Space", "tab": "Tab"}
    names |= {"ctrl+d": "^D", "ctrl+u": "^U", "ctrl+z": "^Z"}
    names |= {"right_square_bracket": "]", "left_square_bracket": "["}
    bound = [(keys, action) for keys, action in ACTIONS if keys != "ctrl+c"]  # everybody's way out of everything
    assert [keys for keys, _ in bound if not {names.get(key, key) for key in keys.split(",")} & told] == []


def test_q_leaves_the_event_first_and_then_the_viewer(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "enter", "q")
        assert app.focused is app.timeline
        await pilot.press("r", "q")
        for _ in range(200):
            if not app.is_running:
                break
            await asyncio.sleep(0.01)
        assert not app.is_running
        assert len(rows_of(archive, "SELECT 1 FROM read_mark")) == 1  # what was done just before is written

    seen(archive, look)


def test_what_is_committed_meanwhile_appears_within_a_second_and_moves_nothing(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "j", "j")
        there, lines = current(app), rows_seen(app)
        more(archive, "A first new one", "A second new one")
        for _ in range(100):
            await asyncio.sleep(0.01)
            if app.timeline.window.cursor == 4:
                break
        assert (app.timeline.window.cursor, current(app)) == (4, there)
        await settled(pilot)
        assert rows_seen(app) == lines
        assert "↑ 2 new" in screen_of(app)[-1]
        await presses(pilot, "g")
        assert titles(app)[0] == "A second new one"
        assert "new" not in screen_of(app)[-1].rpartition("quit")[2]

    seen(archive, look)


def test_a_click_chooses_two_open_and_the_wheel_scrolls(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await pilot.click("#timeline", offset=(10, 4))
        await settled(pilot)
        assert app.timeline.window.cursor == 2
        await pilot.click("#side", offset=(4, 4))
        await settled(pilot)
        assert app.side.current.id == "cable"
        await pilot.click("#timeline", offset=(10, 3), times=2)
        await settled(pilot)
        assert app.focused is app.detail
        await presses(pilot, "escape", "h", "g", "l")
        app.timeline.wheel(3)
        await settled(pilot)
        assert app.timeline.window.top == 3

    seen(archive, look)


def test_a_hostile_headline_is_text_everywhere(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await go_to(app, pilot, "c_item.withdrawn_5")
        assert SHOWN[:20] in "\n".join(screen_of(app))
        assert SHOWN in page(app).replace("\n", " ").replace("▌ ", "")
        for key in ("d", "w", "enter", "s"):
            await presses(pilot, key)
        screen = "\n".join(screen_of(app))
        assert not {"\x1b", "\x07", "\u202e"} & set(screen)
        await presses(pilot, "escape", "escape", "slash", *"[/b]", "enter")
        assert "“[/b]”" in "\n".join(screen_of(app))

    seen(archive, look, size=(160, 48))


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (66, 16), (80, 24), (131, 30), (200, 60)])
def test_it_fits_any_terminal(archive: Path, size: tuple[int, int]) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        for key in ("j", "G", "enter", "escape", "h", "question_mark", "escape"):
            await presses(pilot, key)
        assert [len(app.screen._compositor.render_strips()), max(map(len, screen_of(app)))] <= [size[1], size[0]]

    seen(archive, look, size=size)


def test_nothing_but_ascii_is_drawn_where_the_font_has_no_signs(archive: Path) -> None:
    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "j")
        line = next(line for line in screen_of(app) if "appeal" in line)
        assert "> WTDC-25" in line
        assert not set("●✎✦▌") & set("\n".join(screen_of(app)))

    seen(archive, look, palette=replace(SIXTEEN, signs=ASCII_SIGNS, marks=ASCII_MARKS))


def test_a_large_archive_is_walked_without_reading_it(tmp_path: Path) -> None:
    a_large_archive(tmp_path, 20_000)

    async def look(app: ViewApp, pilot: Pilot[None]) -> None:
        await presses(pilot, "G")
        assert titles(app)[-1] == "Event number 0 of many"
        assert str(app.timeline.border_subtitle) == "newest first · 100%"
        await presses(pilot, "k", "space", "b", "g")
        assert titles(app)[0] == "Event number 19999 of many"
        assert len(app.timeline.window.rows) <= 600
        assert "999+" in "\n".join(screen_of(app))

    seen(tmp_path, look)
