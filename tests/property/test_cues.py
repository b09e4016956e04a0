"""A sentence is passed over by its words alone, and nothing is lost by it."""

import json
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.events import measures
from monitor.events.cues import ANY, NAME, Cues
from monitor.events.dates import english, russian
from monitor.events.phases import LANGUAGES, TELLS, Beginnings, beginnings, lexicon
from monitor.events.quantities import scan
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from monitor.words import letters
from tests.property.test_dates_properties import WORDS as DATED

STORIES = Path(__file__).parents[1] / "golden" / "stories"
NEWS = Path(__file__).parents[3] / "shared" / "data" / "linking"
SUBJECTS = (
    Subject(id="cable", kind="line", aliases=("Lake Cable", "Göl kabeli", "Озерный кабель")),
    Subject(id="forum", kind="conference", edition="2027", aliases=("Coast Forum", "Sahil Forumu")),
    Subject(id="net", kind="network", aliases=("5G",), requires=(("Baku",),)),
)
DAY = date(2025, 11, 18)
TOLD = """
opens opened will open begins launch completed finished ready signed adopted held takes place postponed put off
cancelled not denied expected under way is being built decided to build started to construction laying contract forum
participants countries million thousand 2,400 48 1.5 km % $ about nearly Lake Cable Coast Forum 5G Baku it the project
başlayacaq başa çatıb imzalanacaq keçiriləcək təxirə salınıb ləğv edilib davam edir kabel konfrans iki min nəfər
начнется завершен откроется подписан состоится перенесен отменен строится кабель участников две тысячи миллионов
""".split()  # noqa: SIM905  a list of words reads best as a text
VOCABULARY = [*TOLD, *DATED, *english._WORDS, *russian._WORDS, "harbour", "fish", "liman", "гавань"]
TEXTS = st.lists(st.sampled_from(VOCABULARY), max_size=18).map(" ".join)


def closely() -> Extractor:
    """One that looks at every sentence, whatever its words."""
    subjects = Subjects.compile(SUBJECTS)
    subjects.looks.update((lang, defaultdict(lambda: ANY)) for lang in LANGUAGES)
    return Extractor(subjects=subjects)


QUICK, CLOSE = Extractor(subjects=Subjects.compile(SUBJECTS)), closely()


@given(TEXTS, TEXTS, st.sampled_from(LANGUAGES))
@example("Lake Cable", "It is to be put off. Laying will be under\u00adway in Ma\u200by 2026.", "en")
def test_words_in_any_order_are_read_as_if_each_sentence_were_looked_at(title: str, text: str, lang: str) -> None:
    assert QUICK.read(title, text, lang, DAY) == CLOSE.read(title, text, lang, DAY)


def test_stories_and_news_are_read_as_if_each_sentence_were_looked_at() -> None:
    read = 0
    for title, text, lang in (*_stories(), *_news(40)):
        said = QUICK.read(title, text, lang, DAY)
        assert said == CLOSE.read(title, text, lang, DAY)
        read += len(said.claims)
    assert read > 40


@pytest.mark.parametrize("lang", LANGUAGES)
def test_whatever_tells_of_a_state_begins_as_its_pattern_does(lang: str) -> None:
    words = lexicon(lang)
    assert words is not None
    assert words.begins("zzz") == 0
    patterns = (words.verbs, words.nouns, words.states)
    told = [found[0] for _, text, _ in _stories() for one in patterns for found in one.finditer(letters(text))]
    assert len(told) > 5
    for one in told:
        assert any(words.begins(word) & TELLS for word in one.replace("-", " ").split()), one


@pytest.mark.parametrize("lang", LANGUAGES)
def test_lexemes_are_found_at_marked_words_as_they_are_everywhere(lang: str) -> None:
    words = lexicon(lang)
    assert words is not None
    read = 0
    for text in (letters(text) for _, text, _ in (*_stories(), *_news(10))):
        marks = words.marks(text)
        things, states = (find(text, marks, 0, len(text)) for find in (words.components_in, words.states_in))
        assert [one.start for one in things] == [one.start() for one in words.components.finditer(text)]
        assert [one.start for one in states] == [one.start() for one in words.states.finditer(text)]
        phases = {one.start for one in words.phases_in(text, marks, 0, len(text))}
        assert phases <= {one.start() for pattern in (words.verbs, words.nouns) for one in pattern.finditer(text)}
        read += len(things) + len(phases)
    assert read > 20


def test_no_measure_is_passed_over_by_the_words_around_its_figure() -> None:
    every, fitting = measures.shipped_measures(), 0
    for _, text, lang in (*_stories(), *_news(40)):
        for quantity in scan(text, lang):
            of_unit, clause = every._of_unit(lang, quantity.unit), measures.clause_of(quantity)
            tail = quantity.tail if quantity.tail.startswith(quantity.phrase) else f"{quantity.phrase} {quantity.tail}"
            tail = tail[: len(quantity.phrase) + measures._COMPLEMENT]
            near = of_unit.near.of(clause) | of_unit.near.of(quantity.before)
            for place, (one, _) in enumerate(of_unit.every):
                if measures._fits(one, quantity, tail, clause):
                    assert of_unit.heads.of(tail) & near & 1 << place, (one.measure.name, text)
                    fitting += 1
    assert fitting > 20


def test_a_pattern_that_any_word_may_begin_is_refused() -> None:
    with pytest.raises(ValueError, match="any word may begin"):
        Beginnings({1: beginnings(r"\w+ing|open")})


def test_only_a_word_that_may_begin_a_name_is_a_cue_for_names() -> None:
    subjects = Subjects.compile(SUBJECTS)
    text = "The Lakes freeze. Her lacquer froze."
    cues = Cues(text, "en", subjects)
    assert cues.of(0, text.index(" Her")) == NAME
    assert cues.of(text.index("Her"), len(text)) == 0


def _stories() -> Iterator[tuple[str, str, str]]:
    for path in sorted(STORIES.glob("*.toml")):
        for item in tomllib.loads(path.read_text(encoding="utf-8"))["items"]:
            yield item["title"], " ".join(item["text"].split()), item["lang"]


def _news(count: int) -> Iterator[tuple[str, str, str]]:
    """The beginning of news that others wrote, where it is at hand."""
    for path in sorted(NEWS.glob("ecb_train.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines()[:count]:
            told = json.loads(line)
            yield told["title"], told["text"], "en"


@pytest.mark.soak  # a clock
@pytest.mark.parametrize(
    "piece",
    [
        "Lake Cable opens in 2026, 5 delegates said. ",
        "The Lake Cable will open on 5 May 2026 for $5 million, ",
        "1 ",
        "([",
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = (piece * 30_000)[:1_000_000]
    begun = time.process_time()
    QUICK.read("", text, "en", DAY)
    assert time.process_time() - begun < 2
