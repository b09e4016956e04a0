"""A database of its own for each test of storage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.store import Store
from tests.builders_storage import add_feed, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path)
    add_feed(opened)
    yield opened
    opened.close()
