"""The viewer as it looks, as pictures of Textual: a change of one has to be looked at before it is accepted."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from monitor.cli.deeds import StoredDeeds
from monitor.cli.place import Place
from monitor.viewer.screen.app import ViewApp
from monitor.viewer.screen.looks import Looks
from monitor.viewer.screen.palette import INK, SIXTEEN, Palette
from monitor.viewer.screen.sight import Sight
from storage.reading import opened
from tests.builders_view import ZONE, an_archive, day_of, settled, tells_facts

LOOKS = {
    "80x24": ((80, 24), INK, "j"),
    "160x48": ((160, 48), INK, "j"),
    "sixteen_colours": ((80, 24), SIXTEEN, "j"),
    "a_diff": ((80, 24), INK, "j d"),
    "a_search": ((160, 48), INK, "slash c a b l e enter"),
    "the_keys": ((80, 24), INK, "question_mark"),
}


@pytest.fixture
def app_of(tmp_path: Path) -> Iterator[Any]:
    an_archive(tmp_path)
    tells_facts(tmp_path, "CABLE001", 4)
    with ExitStack() as stack:
        place = Place.of(str(tmp_path / "config.toml"))
        reader = stack.enter_context(opened(place.database_path))
        deeds = stack.enter_context(StoredDeeds(place))

        def made(palette: Palette) -> ViewApp:
            looks = Looks(palette=palette, zone=ZONE, day=day_of)
            return ViewApp(Sight(place.database_path, reader, place.topics), deeds, looks)

        yield made


@pytest.mark.parametrize("look", LOOKS)
def test_it_looks_as_it_did(app_of: Any, snap_compare: Any, look: str) -> None:
    size, palette, keys = LOOKS[look]

    async def press(pilot: Pilot[None]) -> None:
        await settled(pilot)
        for key in keys.split():
            await pilot.press(key)
            await settled(pilot)

    assert snap_compare(app_of(palette), terminal_size=size, run_before=press)
