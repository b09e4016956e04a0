"""Whose figure it is: names in three languages, editions, and what is better left open."""

import pytest

from monitor.events.subjects import Choice, Subject, Subjects, choose
from monitor.words import spaced

FORUM_24 = Subject(id="forum-24", edition="2024", aliases=("Coast Forum 2024", "Sahil Forumu 2024"))
FORUM_27 = Subject(
    id="forum-27", edition="2027", aliases=("Coast Forum 2027", "Sahil Forumu 2027", "Береговой форум 2027")
)
WEST = Subject(id="cable-west", aliases=("Lake Cable", "Göl kabeli"), requires=(("Westport", "Qərb"),))
EAST = Subject(id="cable-east", aliases=("Lake Cable", "Göl kabeli"), requires=(("Eastwick",),))
BRIDGE = Subject(id="bridge", aliases=("Silent Bridge", "Тихий мост"))
ALL = Subjects.compile([FORUM_24, FORUM_27, WEST, EAST, BRIDGE])


def named(text: str) -> list[str]:
    return [one.subject for one in ALL.find(spaced(text))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Coast Forum 2027 opens.", ["forum-27"]),
        ("The Coast Forum 2024's figures, and those of Coast Forum 2027", ["forum-24", "forum-27"]),
        ("Sahil Forumu 2027-də iştirak", ["forum-27"]),
        ("участники Берегового форума 2027", ["forum-27"]),
        ("у Тихого моста", ["bridge"]),
        ("The Coast Forum opens.", []),
        ("bridges are silent", []),
    ],
)
def test_a_name_is_found_in_its_forms(text: str, found: list[str]) -> None:
    assert named(text) == found


def test_one_name_of_two_projects_needs_the_word_that_tells_them_apart() -> None:
    assert named("The Lake Cable from Westport is ready.") == ["cable-west"]
    assert named("The Lake Cable to Eastwick is ready.") == ["cable-east"]
    assert named("The Lake Cable is ready.") == [""]
    assert named("The Lake Cable joins Westport and Eastwick.") == [""]


def at(text: str, word: str) -> Choice:
    end = text.find(". ") + 2 if ". " in text else 0
    sentence = (end, len(text)) if end and text.index(word) >= end else (0, end or len(text))
    return choose(ALL.find(spaced(text)), text, sentence, (0, end) if sentence[0] else None, text.index(word))


def test_the_nearest_name_of_the_sentence_is_meant() -> None:
    text = (
        "Silent Bridge, whose builders came from the yard of the port, leads to the hall of the great Coast Forum 2027."
    )
    assert at(text, "builders").subject == "bridge"
    assert at(text, "hall").subject == "forum-27"


def test_two_names_near_by_decide_nothing() -> None:
    assert at("Silent Bridge and Coast Forum 2027: 400 guests", "and").subject is None


def test_a_sentence_that_points_back_speaks_of_the_one_before() -> None:
    assert at("The Silent Bridge is ready. The project cost 40 million dollars.", "40").subject == "bridge"
    assert at("The Silent Bridge is ready. Rents rose by 40 per cent.", "40").subject == ""


def test_a_name_that_may_mean_two_subjects_is_no_answer() -> None:
    choice = at("The Lake Cable is 40 km long.", "40")
    assert choice.subject is None
    assert "two subjects" in choice.why
