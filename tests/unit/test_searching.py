"""What a search looks for, and where in the original it was found."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events.searching import forms_of, marked, searchable, token
from monitor.viewer.search import SNIPPET, cut, parse
from monitor.words import letters, word_list
from storage.errors import ConfigError
from storage.model import SearchText
from storage.reading.search import Asked
from tests.builders_storage import an_item

NOW = datetime(2025, 12, 1, tzinfo=UTC)


def asked(text: str) -> Asked:
    return parse(text, moment=lambda _: NOW)


def found(query: str, text: str, lang: str) -> bool:
    """Whether an item with this text answers to a query of one word."""
    return bool(set(forms_of(letters(query))) & set(searchable("", text, lang=lang).text.split()))


@pytest.mark.parametrize("typed", ["İKTA", "Ikta", "IKTA", "ikta", "ıkta"])
@pytest.mark.parametrize("written", ["İKTA", "Ikta", "IKTA", "ikta"])
def test_case_and_dots_part_no_word(typed, written):
    assert found(typed, f"Yeni {written} mərkəzi", "az")
    assert not found("ikto", f"Yeni {written} mərkəzi", "az")


@pytest.mark.parametrize(
    ("typed", "written", "lang"),
    [
        ("konfrans", "konfransının", "az"),
        ("konfransda", "konfranslar", "az"),
        ("nazirlik", "nazirlikdən", "az"),
        ("nazirlik", "nazirliyinin", "az"),
        ("torpaq", "torpağı", "az"),
        ("Azərbaycan", "Azərbaycanın", "az"),
        ("министерство", "министерствами", "ru"),
        ("спутника", "спутник", "ru"),
        ("связь", "связи", "ru"),
        ("network", "networks", "en"),
        ("launch", "launched", "en"),
        ("planned", "planning", "en"),
        ("policy", "policies", "en"),
        ("company", "companies", "en"),
        ("opens", "opening", "en"),
        ("bridge", "bridges", "en"),
    ],
)
def test_a_word_is_found_in_another_of_its_forms(typed, written, lang):
    assert found(typed, written, lang)
    assert found(written, typed, lang)


@pytest.mark.parametrize("pair", [("конференция", "спутник"), ("bus", "business"), ("new", "network")])
def test_other_words_are_other_words(pair):
    for lang in ("en", "ru", "az"):
        assert not found(pair[0], pair[1], lang)


@given(st.text(max_size=40), st.sampled_from(["en", "az", "ru", "tr", None]))
def test_every_word_of_a_text_is_found_as_it_is_written(text, lang):
    kept = searchable("", text, lang=lang).text.split()
    for word in word_list(letters(text)):
        assert token(word, lang or "en") in kept
        assert set(forms_of(word)) & set(kept)


def test_marks_name_what_filters_ask_for():
    item = an_item(7, feed_id=3)
    found = marked(SearchText(title="a", text="b", marks=""), item, ("wtdc", "itu", "itu"))
    assert found == SearchText(title="a", text="b", marks="topic:itu topic:wtdc lang:en feed:3")


def test_a_query_is_read_word_by_word():
    read = asked('cable "signed in Baku" konfrans* -drill topic:wtdc source:"APA news" lang:AZ since:7d')
    assert [term.spellings[0] for term in read.terms] == [
        ("cable",),
        ("signed", "in", "baku"),
        ("konfrans",),
        ("drill",),
    ]
    assert [(term.prefix, term.wanted) for term in read.terms] == [
        (False, True), (False, True), (True, True), (False, False),
    ]  # fmt: skip
    assert (read.topics, read.languages, read.sources) == (("wtdc",), ("az",), (("apa", "news"),))
    assert read.since == NOW


def test_a_beginning_of_two_letters_is_a_word():
    assert [term.prefix for term in asked("ba* bak*").terms] == [False, True]


def test_a_word_that_goes_on_is_looked_for_under_what_is_stored_of_it_too() -> None:
    (term,) = asked("cable*").terms
    stored = {token("cables", "en"), token("cable", "en")}
    assert any(one.startswith(said) for (said,) in term.spellings for one in stored)


@pytest.mark.parametrize("nothing", ["", "  ", '""', "-drill", "since:7d", "…", 'topic:""', "'"])
def test_a_query_that_asks_for_nothing_says_so(nothing):
    with pytest.raises(ConfigError):
        asked(nothing)


def test_a_snippet_is_cut_from_the_original_around_its_hits():
    text = "Filler words stand here. " * 20 + "In Bakı, İKTA’nın mərkəzi açıldı. " + "More of them follow. " * 20
    snippet = cut("A title", text, asked("ikta mərkəz"))
    assert [snippet.text[start:end] for start, end in snippet.hits] == ["İKTA", "mərkəzi"]
    assert snippet.text.startswith("… ")
    assert snippet.text.endswith(" …")
    assert len(snippet.text) <= SNIPPET + 4
    assert snippet.shown("<", ">").count("<İKTA>") == 1


def test_a_phrase_is_marked_as_one_and_its_words_elsewhere_are_not():
    snippet = cut("", "A plan of four years. Years later, four plans.", asked('"four years"'))
    assert [snippet.text[start:end] for start, end in snippet.hits] == ["four years"]


def test_a_title_answers_where_the_text_does_not():
    assert cut("WTDC opens", "Nothing of it.", asked("wtdc")).text == "WTDC opens"
    assert cut("WTDC opens", "A first line.", asked("topic:itu")).text == "A first line."


@given(st.text(max_size=600), st.text(min_size=1, max_size=12))
def test_hits_lie_in_the_snippet_and_never_overlap(text, query):
    try:
        read = asked(query)
    except ConfigError:
        return
    snippet = cut("", text, read)
    ends = [0]
    for start, end in snippet.hits:
        assert ends[-1] <= start < end <= len(snippet.text)
        ends.append(end)
    plain = snippet.text.removeprefix("… ").removesuffix(" …")
    assert plain in text
