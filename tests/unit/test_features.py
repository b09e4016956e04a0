"""What sets a report and an event apart, as numbers."""

from dataclasses import replace

import pytest

from monitor.events.features import NAMES, Pair, compare
from tests.builders_events import Room, a_report

FORUM = ("Forum opens in Orla", "The Velmar forum opened in Orla with 30 ministers.")


def beside(event: tuple[str, str], item: tuple[str, str], *, lang: str = "en") -> dict[str, float]:
    """The features of an item beside an event of one report."""
    room = Room()
    room.hears(*event)
    report = a_report(*item, number=2, lang=lang)
    look = room.live.look(report, room.live.weigh(report))
    found = [one for one in room.live.candidates(look) if one.event_id == "EVENT001"]
    return dict(zip(NAMES, compare(Pair(look, found[0])), strict=True))


@pytest.mark.parametrize(
    ("item", "apart"),
    [
        (("Forum ends in Orla", "The Velmar forum closed in Orla."), 1),
        (("Forum in Orla put off", "The Velmar forum in Orla was postponed."), 1),
        (("Forum begins in Orla", "The Velmar forum was launched in Orla."), 0),
        (("Forum in Orla", "The Velmar forum that opened in Orla ends today."), 0),
        (("Forum in Orla", "Ministers came to the Velmar forum in Orla."), 0),
    ],
)
def test_what_begins_is_not_what_ends(item: tuple[str, str], apart: float) -> None:
    assert beside(FORUM, item)["turns_apart"] == apart


def test_what_begins_in_one_language_ends_in_another() -> None:
    assert beside(FORUM, ("Orla: forum", "Velmar forumu Orlada başa çatıb, 30 nazir."), lang="az")["turns_apart"] == 1


def test_other_names_are_told_where_none_is_shared() -> None:
    other = ("Forum opens in Tarn", "The forum opened in Tarn with 30 ministers of Kelvia.")
    assert beside(FORUM, other)["names_apart"] > 0
    assert beside(FORUM, FORUM)["names_apart"] == 0
    assert beside(FORUM, ("forum opens", "the forum opened with 30 ministers"))["names_apart"] == 0


def test_little_in_common_is_fainter_than_much_and_the_same_is_not_faint() -> None:
    little = beside(FORUM, ("Road opens in Tarn", "The road to Tarn opened, said 30 drivers."))
    assert little["faint"] > beside(FORUM, ("Forum in Orla", "A forum of ministers meets in Orla."))["faint"]
    assert beside(FORUM, FORUM)["faint"] == beside(FORUM, FORUM)["faint_sounds"] == 0


def test_the_more_reports_were_counted_the_less_is_new() -> None:
    room, seen = Room(), []
    for number in range(3):
        report = a_report(*FORUM, number=number)
        seen.append(room.live.look(report, room.live.weigh(report)).novice)
        room.takes(report)
    assert seen[0] == 1
    assert seen == sorted(seen, reverse=True)
    assert seen[2] < seen[1]


@pytest.mark.parametrize(
    ("text", "dated", "kind"),
    [
        ("", True, "titles"),
        ("", False, "headlines"),
        ("The forum opened.", True, "titles"),
        ("The Velmar forum of ministers opened.", False, "briefs"),
        (" ".join(f"word{letter} thing{letter}" for letter in "abcdefghij"), True, "briefs"),
        (" ".join(f"word{one}{two} thing{one}{two}" for one in "abcde" for two in "fghij"), False, "words"),
    ],
)
def test_how_much_an_item_says_decides_by_which_weights_it_is_compared(text: str, dated: bool, kind: str) -> None:
    room = Room()
    report = replace(a_report("Forum opens in Orla", text), dated=dated)
    assert room.live.look(report, room.live.weigh(report)).kind == kind
