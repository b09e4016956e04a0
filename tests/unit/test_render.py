import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console, RenderableType

from monitor.viewer.render import WORDS, change_line, event_page, item_page, table, timeline, word_diff

BAKU = ZoneInfo("Asia/Baku")
ESCAPES = "\x1b[31mred\x1b[0m \u202eback\u202c [bold]loud[/bold] \x07bell\ttab\nline"
CLEANED = "[31mred[0m back [bold]loud[/bold] bell tab line"


def a_change(**given: object) -> dict[str, Any]:
    change: dict[str, Any] = {
        "id": "c_1", "at": "2025-11-18T06:40:00Z", "happened_on": "2025-11-18", "kind": "event.updated",
        "event": "ABCD2345", "event_title": "ITU opens", "topics": ["itu"], "item": "5", "url": "https://outlet.example/news/a",
        "source": "one", "sources": ["one"], "summary": "ITU opens (one)", "old": None, "new": None, "quote": None,
    }  # fmt: skip
    return change | given


def an_item(**given: object) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": "5", "url": "https://outlet.example/news/a", "title": "ITU opens", "source": "one", "language": "en",
        "published_at": "2025-11-18T05:00:00Z", "first_seen_at": "2025-11-18T06:40:00Z", "event": "ABCD2345",
        "topics": [{"id": "itu", "matched": ["ITU"]}], "revisions": 1, "same_text_as": None, "withdrawn": False,
        "versions": [], "why": [],
    }  # fmt: skip
    return item | given


def an_event(**given: object) -> dict[str, Any]:
    event: dict[str, Any] = {
        "id": "ABCD2345", "title": "ITU opens", "topics": ["itu"], "items": 1, "sources": ["one"], "languages": ["en"],
        "first_seen_at": "2025-11-18T06:40:00Z", "changed_at": "2025-11-18T06:40:00Z",
        "item_list": [an_item()], "changes": [a_change()], "why": [],
    }  # fmt: skip
    return event | given


def shown(*parts: RenderableType, width: int = 80, color: bool = False) -> str:
    """What a terminal of this width gets."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=True, no_color=not color, color_system="standard",
        highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    for part in parts:
        console.print(part, crop=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def letters(*parts: RenderableType, width: int = 80) -> str:
    """The same without the terminal's own escapes."""
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False, emoji=False)
    for part in parts:
        console.print(part, crop=False)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_days_are_headings_in_the_readers_zone() -> None:
    late = a_change(at="2025-11-18T20:30:00Z")
    text = letters(*timeline([a_change(), late], zone=BAKU))
    assert [line for line in text.splitlines() if "November" in line] == [
        "Tuesday, 18 November 2025", "Wednesday, 19 November 2025",
    ]  # fmt: skip
    assert "10:40  report    ITU opens (one)" in text
    assert "00:30  report" in text


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_words_wrap_beside_their_lead_and_nothing_is_lost(width: int) -> None:
    summary = "Transxəzər fiber-optik kabelinin çəkilişi üçün müqavilə imzalanıb " * 3
    text = letters(*timeline([a_change(summary=summary, url=None)], zone=BAKU), width=width)
    assert "".join(summary.split()) in "".join(text.split())
    assert all(len(line) <= max(width, 37) for line in text.splitlines())


def test_an_address_stands_unbroken_on_a_line_of_its_own() -> None:
    url = "https://outlet.example/" + "long-" * 30
    lines = letters(*timeline([a_change(url=url)], zone=BAKU), width=60).splitlines()
    assert [line.strip() for line in lines if "outlet.example" in line] == [url]


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_every_kind_has_a_short_word_that_keeps_the_column(kind: str) -> None:
    line = letters(change_line(a_change(kind=kind), datetime(2025, 11, 18, 10, 40, tzinfo=UTC))).splitlines()[0]
    assert line.startswith(f"10:40  {WORDS[kind][0]:<9} ITU")


def test_a_kind_of_tomorrow_is_shown_by_its_last_word() -> None:
    assert "10:40  surprised " in letters(*timeline([a_change(kind="event.surprised")], zone=BAKU))


def test_an_edit_tells_old_from_new_by_colour_and_by_an_arrow() -> None:
    change = a_change(kind="item.revised", summary="Corrected by one: 40 → 44 in “ITU counts 44 networks”")
    assert "Corrected by one: 40 → 44 in “ITU counts 44 networks”" in letters(*timeline([change], zone=BAKU))
    colored = shown(*timeline([change], zone=BAKU), color=True)
    assert "\x1b[31m40" in colored
    assert "\x1b[32m44\x1b[0m in" in colored


def test_a_withdrawal_is_said_once() -> None:
    change = a_change(kind="item.withdrawn", summary="Withdrawn by one: ITU opens")
    text = letters(*timeline([change], zone=BAKU))
    assert "withdrawn ITU opens (one)" in text
    assert "Withdrawn by" not in text


def test_the_day_of_publication_is_told_only_when_it_is_another_one() -> None:
    assert "published" not in letters(*timeline([a_change()], zone=BAKU))
    assert "published 2 Nov 2025" in letters(*timeline([a_change(happened_on="2025-11-02")], zone=BAKU))


def test_text_of_the_world_is_obeyed_nowhere() -> None:
    item = an_item(
        title=ESCAPES, source=ESCAPES, topics=[{"id": "itu", "matched": [ESCAPES]}],
        versions=[{"n": 1, "kind": "first", "seen_at": "2025-11-18T06:40:00Z", "source": ESCAPES, "title": ESCAPES,
                   "text": ESCAPES, "marker": ESCAPES}],
        why=[{"at": None, "what": "verdict", "decision": "NEW", "feed": ESCAPES, "reason": ESCAPES}],
    )  # fmt: skip
    changes = [a_change(kind=kind, summary=ESCAPES, event_title=ESCAPES, sources=[ESCAPES]) for kind in WORDS]
    event = an_event(title=ESCAPES, item_list=[item], changes=changes)
    text = letters(
        *timeline(changes, zone=BAKU), item_page(item, zone=BAKU, diff=None, why=True),
        item_page(item, zone=BAKU, diff=[f"[-{ESCAPES}-]{{+{ESCAPES}+}}"], why=False),
        event_page(event, zone=BAKU, why=True), table(("a",), [(ESCAPES,)]), width=4000,
    )  # fmt: skip
    assert text.count(CLEANED) > len(WORDS)
    assert not {letter for letter in text if letter != "\n" and not letter.isprintable()}


def test_without_colour_there_is_no_colour() -> None:
    change = a_change(kind="item.revised", summary="Corrected by one: 40 → 44 in “ITU”")
    assert "\x1b[3" in shown(*timeline([change], zone=BAKU), color=True)
    assert "\x1b[3" not in shown(*timeline([change], zone=BAKU))


def test_a_word_diff_keeps_its_marks() -> None:
    assert word_diff("ITU counts [-40-]{+44+} networks").plain == "ITU counts [-40-]{+44+} networks"
    assert "\x1b[32m{+44+}" in shown(word_diff("ITU counts [-40-]{+44+} networks"), color=True)


def test_an_item_without_words_says_so() -> None:
    assert letters(item_page(an_item(title=""), zone=BAKU, diff=None, why=False)).startswith("(no words are kept)\n")


def test_an_event_names_itself_once_and_counts_in_singular_and_plural() -> None:
    text = letters(event_page(an_event(), zone=BAKU, why=False), width=120)
    assert "1 item, 1 source, en" in text
    assert text.count("#itu") == 1
    assert "2 items, 2 sources" in letters(
        event_page(an_event(items=2, sources=["one", "two"]), zone=BAKU, why=False), width=120
    )


def test_the_founder_of_an_event_did_not_join_it() -> None:
    at = "2025-11-18T06:40:00Z"
    why = [
        {"title": "ITU opens", "how": "founded", "score": 0.12, "reasons": [["text", 0.1]], "at": at},
        {"title": "More", "how": "joined", "score": 0.8, "reasons": [["names", 0.3]], "at": at},
    ]
    text = letters(event_page(an_event(why=why), zone=BAKU, why=True), width=120)
    assert "founded it: the nearest other event reached 0.12" in text
    assert "joined at 0.80: names 0.30" in text
