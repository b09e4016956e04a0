import gc
import weakref
from collections.abc import Iterator

import pytest

from monitor.daemon import spare_collector


class Knot:
    """Garbage that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _collector() -> Iterator[None]:
    before = gc.get_threshold()
    gc.unfreeze()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_the_daemon_began_with_is_looked_through_no_more_and_the_rest_less_often():
    alive, often = len(gc.get_objects()), gc.get_threshold()
    spare_collector()
    assert len(gc.get_objects()) < alive / 10
    assert all(new > old for new, old in zip(gc.get_threshold(), often, strict=True))


def test_garbage_made_from_then_on_is_found():
    spare_collector()
    knot = weakref.ref(Knot())
    assert knot() is not None
    gc.collect()
    assert knot() is None
