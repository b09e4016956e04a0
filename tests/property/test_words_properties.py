import re
import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from monitor.language import detect_language
from monitor.words import (
    fold,
    letters,
    marked_runs,
    plain_text,
    runs,
    sentence_hashes,
    sentences,
    word_list,
    words,
)

PIECES = (
    "İ I ı i \u0307 \u0301 \u0316 ə Ə ә ё Ё ß ǆ ﬁ ½ ͅ ς Σ 5 12 ٣ ª º ² % %% - + – — _ . , ' ’ “ ” » « … ! ? ) ] g г U.S "
    "<p> </p> <b <a href=\" <a='> <!-- --> <script> </script> <![CDATA[ ]]> & &amp; &lt; &gt; &#x &#39; &nbsp; &laq "
    "\u00ad \u200b \u202e \ufeff \ud800 \x00 \x1b \x85 \u2028 \u3000 \ue000 Bakı ITU км"
)
MESSY = st.lists(st.sampled_from([*PIECES.split(" "), " ", " ", "\n", "\t"]) | st.text(max_size=3), max_size=30).map(
    "".join
)
WORDS = st.lists(st.text("abcəşığöüçабвё0123456789", min_size=1, max_size=6), min_size=1, max_size=12)
TOKEN = re.compile(r"(?:(?<![\w%+-])(?<![\d%] )[-+](?=\d))?[^\W_]+(?:(?<=\d) ?%)?")


@given(MESSY | st.text(st.characters(max_codepoint=127)))
def test_runs_of_letters_and_digits_are_found_with_their_places(text):
    found = [*re.finditer(r"[^\W_]+", text)]
    assert runs(text) == [one[0] for one in found]
    assert marked_runs(text, len) == [(one.start(), len(one[0])) for one in found]


@given(MESSY)
@example("i\u0307\u0301")
@example("ı\u0301")
@example("e\u200b\u0301")
@example("İ\u0307")
def test_folding_twice_is_folding_once(text):
    folded = fold(text)
    assert fold(folded) == folded
    assert letters(folded) == letters(text)


@given(st.text("abcçdeəfgğhxıiİIjkqlmnoöprsştuüvyz абвгдеёжзийклмнопрстуфхцчшщъыьэюя’-5", max_size=40))
def test_folding_forgets_case_in_the_languages_we_read(text):
    assert fold(text) == fold(text.upper()) == fold(text.lower()) == fold(text.title())
    assert not set("Iıİ") & set(fold(text))


@given(MESSY)
def test_letters_keep_their_places_in_the_folded_text(text):
    assert len(letters(text)) == len(fold(text))


TAGS = (
    '<p> </p> <br/> <a <a> href=x href="?a=1" title="it\'s" ="a=" x="a>b" " = > < / '
    "<script> <style </script </SCRIPT> é"
)
MARKUP = st.lists(st.sampled_from([*TAGS.split(" "), " ", "text", "&amp;"]), max_size=14).map("".join)


@given(MARKUP)
def test_plain_tags_are_taken_off_as_all_markup_is(text):
    """Behind a comment nothing is taken for plain tags alone."""
    assert plain_text(f"<!---->{text}") == plain_text(text)


@given(MESSY, st.integers(min_value=1, max_value=50))
def test_plain_text_is_one_clean_line_within_its_limit(markup, limit):
    text = plain_text(markup, limit)
    assert len(text) <= limit
    assert text == " ".join(text.split())
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text)
    text.encode()


@given(MESSY)
def test_plain_text_is_composed(markup):
    assert unicodedata.is_normalized("NFC", plain_text(markup))


@given(WORDS)
def test_markup_around_words_changes_no_word(told):
    plain = " ".join(told)
    marked = '<p class="a > b">' + "</p>\n<p>".join(told) + "<!-- no --></p><script>never()</script>"
    assert plain_text(marked) == plain
    assert plain_text(f"<![CDATA[{marked}]]>") == plain
    assert plain_text(marked.replace("<", "&lt;").replace(">", "&gt;")) == plain


@given(MESSY)
def test_words_are_what_their_definition_finds(text):
    folded = fold(text)
    assert word_list(folded) == [token.replace(" ", "") for token in TOKEN.findall(folded)]
    assert words(folded) == " ".join(word_list(folded))


@given(
    WORDS, st.lists(st.sampled_from([" ", ". ", " – ", '" ', " (", "; ", ", «", " | ", "…"]), min_size=13, max_size=13)
)
def test_what_stands_between_words_does_not_matter(told, between):
    spoken = "".join(word + sign for word, sign in zip(told, between, strict=False))
    assert words(fold(spoken)) == words(fold(" ".join(told)))


@given(MESSY)
def test_sentences_together_are_the_text(markup):
    text = plain_text(markup)
    assert " ".join(sentences(text)) == text


@given(st.permutations([f"Sentence number {n} has some seven words." for n in range(5)]))
def test_the_order_of_sentences_does_not_change_their_hashes(shuffled):
    ordered = sentence_hashes(" ".join(sorted(shuffled)))
    assert len(ordered) == 5
    assert set(sentence_hashes(" ".join(shuffled))) == set(ordered)


@given(MESSY)
def test_any_text_can_be_hashed_and_its_language_asked(text):
    assert detect_language(text) in {"az", "tr", "ru", "en", None}
    assert all(count >= 6 for _, count in sentence_hashes(text))
