import json
from datetime import UTC, datetime

import pytest

from monitor.intake import UNNAMED, BadLine, Line, lines
from storage.model import TextKind


def only(**given: object) -> Line | BadLine:
    (found,) = lines([json.dumps(given)])
    return found


def test_a_line_becomes_an_entry_of_its_source() -> None:
    found = only(
        id="1", url="https://a.example/1", title=" ITU ", text="<p>x</p>", published="2022-05-01T10:00:00+04:00",
        language="en", source="Archive", topics=["itu"],
    )  # fmt: skip
    assert isinstance(found, Line)
    assert (found.source, found.topics, found.entry.title, found.entry.text_kind) == (
        "Archive", ("itu",), "ITU", TextKind.CONTENT,
    )  # fmt: skip
    assert found.entry.published_at == datetime(2022, 5, 1, 6, tzinfo=UTC)


def test_what_may_be_absent_is() -> None:
    found = only(id="1", title="ITU", url=None, text=None, published=None)
    assert isinstance(found, Line)
    assert (found.source, found.entry.link, found.entry.published_at, found.entry.text_kind) == (
        UNNAMED, None, None, TextKind.NONE,
    )  # fmt: skip


def test_a_bare_day_is_of_utc() -> None:
    found = only(id="1", title="ITU", published="2022-05-01")
    assert isinstance(found, Line)
    assert found.entry.published_at == datetime(2022, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"id": "1"}, "title is required"),
        ({"id": "1", "title": "  "}, "title is required"),
        ({"title": "ITU"}, "one of url and id is required"),
        ({"title": "ITU", "url": "ftp://a.example/"}, "url is no http or https address"),
        ({"title": 4, "id": "1"}, "title must be text"),
        ({"title": "ITU", "id": "1", "published": "soon"}, "published is no ISO 8601 time"),
        ({"title": "ITU", "id": "1", "topics": "itu"}, "topics must be a list of topic ids"),
    ],
)
def test_a_line_that_cannot_be_used_says_why(given: dict[str, object], problem: str) -> None:
    assert only(**given) == BadLine(number=1, problem=problem)


@pytest.mark.parametrize("text", ["{", "[]", "4", "[" * 100_000, "\x00"])
def test_what_is_no_object_is_refused(text: str) -> None:
    assert list(lines([text])) == [BadLine(number=1, problem="not a JSON object")]


@pytest.mark.parametrize("published", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_beyond_the_calendar_is_refused(published: str) -> None:
    assert isinstance(only(id="1", title="ITU", published=published), BadLine)


@pytest.mark.parametrize("url", ["http://[", "https://[::1/x"])
def test_a_broken_address_is_refused(url: str) -> None:
    assert isinstance(only(title="ITU", url=url), BadLine)


def test_blank_lines_are_passed_over_and_counted() -> None:
    found = list(lines(["", "  \n", '{"id": "1", "title": "ITU"}', "{"]))
    assert [one.number for one in found] == [3, 4]
