"""How values stand in columns."""

import json
import zlib
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, insert, select

from storage.tables.columns import (
    Day,
    Instant,
    Json,
    Packed,
    Zipped,
    converter,
    instant,
    json_text,
    micros,
    pack,
    unpack,
    unzip_text,
    zip_text,
)

INSTANTS = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # the zone is beside it
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(INSTANTS)
def test_an_instant_comes_back_to_the_microsecond(value):
    assert instant(micros(value)) == value


def test_an_instant_is_counted_in_microseconds_of_utc():
    baku = timezone(timedelta(hours=4))
    assert micros(datetime(2025, 12, 1, 4, 0, 0, 1, tzinfo=baku)) == 1_764_547_200_000_001
    assert micros(datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)) == -1_000_000


def test_the_two_hours_of_a_night_when_clocks_go_back_are_two():
    night = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert micros(night.replace(fold=1)) - micros(night) == 3_600_000_000


def test_instants_keep_their_order():
    earlier = datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert micros(earlier) < micros(earlier + timedelta(microseconds=1)) == 0


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        micros(datetime(2025, 12, 1))  # noqa: DTZ001  # what is tested


@given(JSON)
def test_json_comes_back(value):
    assert json.loads(json_text(value)) == value
    assert unpack(pack(value)) == value


def test_equal_json_is_spelled_equally():
    assert json_text({"b": [1, (2,)], "a": "ə"}) == json_text({"a": "ə", "b": (1, [2])}) == '{"a":"ə","b":[1,[2]]}'


def test_packed_json_keeps_its_order():
    assert list(unpack(pack({"b": 1, "a": 2}))) == ["b", "a"]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=2_000))
def test_text_comes_back_whatever_it_holds(value):
    assert unzip_text(zip_text(value)) == value


@pytest.mark.parametrize("value", ["", "a", "x" * 512, "x" * 513, "a text of many words " * 1_000])
def test_long_text_is_a_zlib_stream_that_anybody_can_read(value):
    assert zlib.decompress(zip_text(value)).decode() == value


def test_long_text_shrinks_and_short_text_hardly_grows():
    assert len(zip_text("a text of many words " * 100)) < 200
    assert len(zip_text("x" * 512)) < 512 + 16


VALUES = [
    (Instant(), datetime(2025, 12, 1, 12, tzinfo=UTC)),
    (Day(), date(2025, 12, 1)),
    (Json(), {"b": [1, None], "a": "ə"}),
    (Packed(), {"b": {"x": 1}, "a": 2}),
    (Zipped(), "a text of many words " * 100),
]


@pytest.mark.parametrize(("kind", "value"), VALUES, ids=[type(kind).__name__ for kind, _ in VALUES])
def test_a_value_comes_back_through_its_column(kind, value):
    table = Table("one", MetaData(), Column("id", Integer, primary_key=True), Column("value", kind))
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        table.create(connection)
        connection.execute(insert(table), [{"id": 1, "value": value}, {"id": 2, "value": None}])
        convert = converter(kind)
        assert convert is not None
        connection.exec_driver_sql("INSERT INTO one VALUES (3, ?)", (convert(value),))
        stored = connection.exec_driver_sql("SELECT value FROM one WHERE id IN (1, 3)").scalars().all()
        found = connection.execute(select(table.c.value).order_by(table.c.id)).scalars().all()
    engine.dispose()
    assert found == [value, None, value]
    assert stored[0] == stored[1]
