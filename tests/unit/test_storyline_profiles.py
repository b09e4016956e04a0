"""What makes two threads alike, and the measure on real articles."""

import statistics
from pathlib import Path

import pytest

from monitor.events.storylines import grown, is_doubled, likeness, likest, looked_up, profile
from tests.builders_reprints import ARTICLES
from tests.builders_stories import long_stories, storyline_score

CABLE = {"text": {"cable": 600, "sea": 500}, "names": {"caspian": 900}, "title": {"cable": 700}}
SCHOOL = {"text": {"school": 800}, "names": {"ganja": 900}, "title": {"school": 700}}


def test_a_profile_is_as_long_whatever_the_event_weighs() -> None:
    twice = {name: {term: 2 * weight for term, weight in terms.items()} for name, terms in CABLE.items()}
    assert profile(twice) == profile(CABLE)
    assert profile({}) == {}


def test_likeness_is_one_for_the_same_and_nothing_for_others() -> None:
    assert likeness(profile(CABLE), profile(CABLE)) == pytest.approx(1.0, abs=0.01)
    assert likeness(profile(CABLE), profile(SCHOOL)) == 0.0


def test_a_storyline_stays_like_each_of_its_events() -> None:
    both = grown(profile(CABLE), profile(SCHOOL))
    assert likeness(profile(CABLE), both) > 0.6
    assert likest(profile(CABLE), {"A": profile(SCHOOL), "B": both}, least=0.12) == "B"
    assert likest(profile(CABLE), {"A": profile(SCHOOL)}, least=0.12) is None


def test_a_storyline_is_found_by_its_heaviest_words_and_names() -> None:
    assert looked_up(profile(CABLE)).keys() == {"text:cable", "text:sea", "names:caspian"}


def test_an_event_is_looked_at_again_when_it_has_doubled() -> None:
    assert [is_doubled(count, 3) for count in (3, 5, 6)] == [False, False, True]


@pytest.mark.soak
@pytest.mark.skipif(not ARTICLES.is_file(), reason="the articles are not at hand")
def test_storylines_put_sister_events_together(tmp_path: Path) -> None:
    """Measured on two layouts: .90 over 60 days, .91 over 180, where events alone reach .67 and .66."""
    alone, threads = [], []
    for days, seed in ((60, 1), (180, 3)):
        folder = tmp_path / str(days)
        folder.mkdir()
        events, storylines = storyline_score(folder, long_stories(days, seed=seed))
        alone.append(events.f1)
        threads.append(storylines.f1)
    assert statistics.mean(threads) >= 0.880
    assert statistics.mean(alone) < 0.75
