from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.viewer.screen.window import HELD, PAGE, Window
from storage.reading import Record
from storage.reading.paging import Place


class Shelf:
    """A timeline in memory that counts how many rows were fetched."""

    def __init__(self, count: int) -> None:
        self.places = [Place(at=number // 3, row=number) for number in range(count)]
        self.fetched = 0

    def __call__(self, *, older: bool, after: Place | None, inclusive: bool, limit: int) -> list[Record]:
        places = sorted(self.places, reverse=older)
        if after is not None:
            places = [
                one for one in places if ((one < after) if older else (one > after)) or (inclusive and one == after)
            ]
        self.fetched += len(places[:limit])
        return [{"place": one} for one in places[:limit]]


def opened(count: int, *, newest_first: bool = True) -> tuple[Window, Shelf]:
    shelf = Shelf(count)
    window = Window(shelf, newest_first=newest_first)
    window.start()
    return window, shelf


def row(window: Window) -> int:
    assert window.current is not None
    place: Any = window.current["place"]
    return int(place.row)


def test_it_opens_at_the_newest_or_at_the_oldest() -> None:
    assert row(opened(250)[0]) == 249
    assert row(opened(250, newest_first=False)[0]) == 0


def test_the_last_row_is_reached_at_once_however_long_the_timeline() -> None:
    window, shelf = opened(5_000)
    window.finish()
    assert row(window) == 0
    assert shelf.fetched == 2 * PAGE
    window.start()
    assert row(window) == 4_999


@pytest.mark.parametrize("newest_first", [True, False])
def test_walking_meets_every_row_once_and_holds_few(newest_first: bool) -> None:
    window, _ = opened(1_703, newest_first=newest_first)
    met = [row(window)]
    for _ in range(1_702):
        window.move(1)
        met.append(row(window))
        assert len(window.rows) <= HELD + PAGE
    assert met == list(range(1_703))[:: -1 if newest_first else 1]
    back = [row(window)]
    for _ in range(1_702):
        window.move(-1)
        back.append(row(window))
    assert back == met[::-1]
    window.move(-1)
    assert row(window) == met[0]


@given(st.lists(st.integers(-400, 400), max_size=40), st.integers(0, 900), st.booleans())
def test_any_walk_ends_where_counting_says(steps: list[int], count: int, newest_first: bool) -> None:
    window, _ = opened(count, newest_first=newest_first)
    order = list(range(count))[:: -1 if newest_first else 1]
    index = 0
    for step in steps:
        window.move(step)
        index = min(max(index + step, 0), max(count - 1, 0))
        assert (window.current is None) == (count == 0)
        assert count == 0 or row(window) == order[index]


@given(st.integers(0, 300), st.integers(1, 250), st.booleans())
def test_what_arrives_moves_neither_cursor_nor_screen(steps: int, arrived: int, newest_first: bool) -> None:
    window, shelf = opened(301, newest_first=newest_first)
    window.move(steps)
    window.top = max(window.cursor - 5, 0)
    before, offset = row(window), window.cursor - window.top
    shelf.places += [Place(at=200 + number, row=1_000 + number) for number in range(arrived)]
    window.reload()
    assert (row(window), window.cursor - window.top) == (before, offset)
    assert len({one["place"] for one in window.rows}) == len(window.rows)
    window.start()
    assert row(window) == (1_000 + arrived - 1 if newest_first else 0)


def test_a_row_that_is_gone_gives_way_to_the_next_one() -> None:
    window, shelf = opened(50)
    window.move(10)
    assert row(window) == 39
    shelf.places.remove(Place(13, 39))
    window.reload()
    assert row(window) == 38


def test_the_first_rows_come_to_an_empty_timeline() -> None:
    window, shelf = opened(0)
    window.move(3)
    assert window.current is None
    shelf.places.append(Place(1, 1))
    window.reload()
    assert row(window) == 1
