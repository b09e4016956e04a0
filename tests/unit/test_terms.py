"""What a text says to the linker."""

import json
import subprocess
import sys
import time
from dataclasses import asdict
from importlib import resources

import pytest

from monitor.events.forms import forms, name_stem, skeleton
from monitor.events.terms import WORDS_READ, analyse
from monitor.words import sentence_hashes
from tests.builders_events import ALIASES, an_analysis


def fields(text: str, lang: str = "en") -> dict[str, dict[str, int]]:
    return {name: dict(counts) for name, counts in an_analysis("", text, lang=lang).fields.items()}


@pytest.mark.parametrize("written", ["2000", "2,000", "2.000", "2 000", "2\u00a0000", "2\u202f000", "2'000", "2’000"])
def test_thousands_are_one_number_however_they_are_written(written):
    assert fields(f"About {written} people came.")["numbers"] == {"2000": 1}


@pytest.mark.parametrize("written", ["1.2", "1,2", "1.20", "01,2"])
def test_decimals_are_one_number_however_they_are_written(written):
    assert fields(f"Growth of {written} times")["numbers"] == {"1.2": 1}


@pytest.mark.parametrize(
    ("written", "lang"),
    [
        ("on 18 November", "en"),
        ("on November 18th", "en"),
        ("on Nov 18", "en"),
        ("noyabrın 18-də", "az"),
        ("18 noyabr tarixində", "az"),
        ("18 Kasım günü", "tr"),
        ("18 ноября", "ru"),
    ],
)
def test_a_day_is_one_term_in_four_languages(written, lang):
    found = fields(written, lang)
    assert found["dates"] == {"11-18": 1}
    assert found["numbers"] == {}


@pytest.mark.parametrize("written", ["2025-11-18", "18.11.2025", "18/11/2025", "18 November 2025", "November 18, 2025"])
def test_a_full_date_gives_its_day_and_its_year(written):
    assert fields(f"It opened ({written}) in town")["dates"] == {"11-18": 1, "2025": 1}


def test_both_ends_of_a_range_of_days_are_known():
    assert set(fields("from 17-28 November")["dates"]) == {"11-17", "11-28"}


def test_a_month_without_a_day_is_no_date():
    assert fields("They may march on in November, in May and in March")["dates"] == {}


def test_a_clock_is_neither_a_number_nor_a_date():
    found = fields("Doors open at 12:30 for 45 guests")
    assert found["numbers"] == {"45": 1}
    assert found["dates"] == {}


def test_a_number_too_long_to_mean_anything_is_left_out():
    assert fields(f"Order {'9' * 60} of 45 parts")["numbers"] == {"45": 1}


@pytest.mark.parametrize("written", ["WTDC-25", "ВКРЭ-25", "WTDC‑25"])
def test_the_edition_of_a_name_is_no_figure(written):
    found = fields(f"It is said of {written} that 25,000 came and 1-25 stayed.")
    assert found["numbers"] == {"25000": 1, "1": 1, "25": 1}
    assert any(name.endswith("25") for name in found["names"])


def test_an_edition_of_two_names_of_one_thing_is_one_name():
    aliases = {"wtdc": "@itu", "вкрэ": "@itu"}
    for title, lang in (("Opening of WTDC-25 today", "en"), ("Сегодня открытие ВКРЭ-25", "ru")):
        assert set(analyse(title, "", lang=lang, aliases=aliases).fields["names"]) == {"itu25", "@itu"}


def test_names_are_the_words_of_capitalised_runs():
    names = fields("The secretary, Doreen Bogdan-Martin, met Rashad Nabiyev in Baku.")["names"]
    assert set(names) == {"doreen", "bogdan", "martin", "rashad", "nabiyev", "baku"}


def test_a_single_word_that_opens_a_sentence_is_no_name():
    found = fields("Delegates came. Yesterday they met Smith. Smith spoke.")["names"]
    assert found == {"smith": 1}


def test_an_acronym_is_a_name_wherever_it_stands():
    assert "gpon" in fields("GPON reached the village.")["names"]


def test_the_end_of_a_title_such_as_dr_ends_no_sentence():
    assert "smith" in fields("We saw Dr. Smith again")["names"]


def test_an_edition_stays_with_its_name():
    assert {"wtdc", "wtdc25"} <= set(fields("They came to WTDC-25 in town")["names"])


def test_words_of_a_headline_in_title_case_are_names_only_if_the_text_confirms_them():
    found = an_analysis(
        "Minister Opens New Centre In Ganja", "The new centre was opened in Ganja by a minister."
    ).fields
    assert set(found["names"]) == {"ganja"}


def test_words_of_a_plain_headline_are_names_by_themselves():
    assert set(an_analysis("New centre opens in Ganja", "").fields["names"]) == {"ganja"}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("a report of the ITU says", "en"),
        ("the International Telecommunication Union says", "en"),
        ("BTİ-nin hesabatına görə", "az"),
        ("Beynəlxalq Telekommunikasiya İttifaqının hesabatı", "az"),
        ("доклад МСЭ говорит", "ru"),
        ("доклад Международного союза электросвязи", "ru"),
    ],
)
def test_the_names_of_one_thing_in_any_language_and_case_become_its_group(text, lang):
    found = fields(text, lang)
    assert found["text"]["@itu"] == 1
    assert found["names"] == {"@itu": 1}


def test_the_words_of_an_alias_are_not_counted_beside_its_group():
    found = an_analysis("ITU meets", "The International Telecommunication Union of old").fields
    assert found["title"] == {"@itu": 1, "meet": 1}
    assert not {"intern", "telecommun", "union", "itu"} & set(found["text"])


def test_no_text_can_pretend_to_be_a_group():
    found = analyse("@itu", "@azerbaijan met #itu", lang="en", aliases={}).fields
    assert found["title"] == {"itu": 1}
    assert not any(term.startswith("@") for counts in found.values() for term in counts)


def test_aliases_may_be_missing():
    assert analyse("ITU meets", "", lang="en", aliases={}).fields["title"] == {"itu": 1, "meet": 1}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "conference conferences"),
        ("ru", "конференция конференции конференцией"),
        ("az", "konfrans konfransı konfransın konfransda konfranslar konfransından"),
        ("az", "komissiya komissiyası komissiyasının komissiyaya"),
        ("tr", "kablo kablosu kabloda kablolar"),
    ],
)
def test_the_forms_of_a_word_are_one_term(lang, words):
    assert len(fields(words, lang)["text"]) == 1


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("ru", "набиев набиева набиеву набиевым"),
        ("ru", "минск минска минске"),
        ("az", "azerbaycan azerbaycana azerbaycanda azerbaycanin"),
        ("az", "nebiyev nebiyevin nebiyeve"),
    ],
)
def test_the_cases_of_a_name_are_one_name(lang, words):
    assert len({name_stem(word, lang) for word in words.split()}) == 1


@pytest.mark.parametrize(
    "words",
    [
        {"en": "conference", "az": "konfrans", "ru": "конференции"},
        {"en": "nabiyev", "az": "nebiyevin", "ru": "набиева"},
        {"en": "kazakhstan", "az": "qazaxistanda", "ru": "казахстан"},
        {"en": "jafarov", "az": "ceferov", "ru": "джафаров"},
        {"en": "cable", "az": "kabelin", "ru": "кабеля"},
        {"en": "declaration", "ru": "декларации"},
    ],
)
def test_a_word_sounds_the_same_in_every_language(words):
    assert len({skeleton(name_stem(word, lang), lang) for lang, word in words.items()}) == 1


def test_words_of_fewer_than_three_consonants_sound_like_too_many_others():
    assert forms(["bike"], "en")[0].skeleton == ""


def test_common_words_say_nothing():
    assert fields("it was said that they would have been there")["text"] == {}


def test_only_the_beginning_of_a_long_text_is_read():
    found = fields(" ".join(["cable"] * WORDS_READ + ["bridge"] * 100))
    assert found["text"] == {"cabl": WORDS_READ}


def test_a_word_as_long_as_no_word_is_left_out():
    assert fields(f"cable {'x' * 2_000}")["text"] == {"cabl": 1}


def test_the_sentences_are_those_that_copies_are_found_by():
    text = "The centre opened in the capital on Monday. Short one."
    assert an_analysis("Centre opens", text).sentences == sentence_hashes(text)
    assert len(sentence_hashes(text)) == 1


@pytest.mark.parametrize(
    ("tag", "text", "lang"),
    [
        ("en-US", "x", "en"),
        ("AZ", "x", "az"),
        ("tr_TR", "x", "tr"),
        (None, "Баку", "ru"),
        (None, "Baku", "en"),
        (None, "Bakı", ""),
    ],
)
def test_the_language_is_the_tags_or_that_of_the_letters(tag, text, lang):
    assert an_analysis(text, lang=tag).lang == lang


def test_another_process_finds_the_same_terms_in_the_same_order():
    title, text = "ITU opens centre in Ganja", "In Ganja 2.000 people met on 18 November, said Doreen Bogdan-Martin."
    script = (
        "import json\nfrom dataclasses import asdict\nfrom tests.builders_events import an_analysis\n"
        f"print(json.dumps(asdict(an_analysis({title!r}, {text!r}))))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert json.loads(told[0])["fields"] == asdict(an_analysis(title, text))["fields"]


@pytest.mark.parametrize(
    "text", ["9" * 200_000, "1,"*100_000, "A-"*100_000, "Aa. "*50_000, "1 234 "*40_000, "'"*200_000]
)  # fmt: skip
def test_no_text_takes_long(text):
    began = time.process_time()
    analyse(text, text, lang="en", aliases=ALIASES)
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("2.2 million people", "en"),
        ("2,2 milyon insan", "az"),
        ("2,2 миллиона человек", "ru"),
        ("2 200 000 человек", "ru"),
        ("2.2m people", "en"),
        ("2200 thousand people", "en"),
        ("2200 min insan", "az"),
    ],
)
def test_a_number_is_one_however_its_thousands_are_written(text: str, lang: str) -> None:
    assert fields(f"Some {text} live there", lang=lang)["numbers"] == {"2200000": 1}


def test_minutes_and_boxes_are_no_thousands() -> None:
    assert fields("It took 90 min to empty 12 bin bags")["numbers"] == {"90": 1, "12": 1}


@pytest.mark.parametrize(
    "told",
    [
        ("The minister opened a satellite centre", "en"),
        ("Nazir peyk mərkəzini açdı", "az"),
        ("Министр открыл центр спутников", "ru"),
        ("Bakan uydu merkezini açtı", "tr"),
    ],
)
def test_everyday_words_mean_the_same_in_four_languages(told: tuple[str, str]) -> None:
    text, lang = told
    found = fields(text, lang=lang)["skeletons"]
    assert {"=minister", "=satellite", "=centre"} <= found.keys()
    assert "=open" in found or lang == "tr"


def test_a_word_that_only_begins_like_another_means_something_else() -> None:
    assert "=port" not in fields("Портал и портрет", lang="ru")["skeletons"]
    assert "=build" not in fields("14 milyon insan", lang="az")["skeletons"]


def test_each_line_of_the_words_that_mean_the_same_has_three_columns_with_words_in_all() -> None:
    lines = resources.files("monitor.events").joinpath("same_words.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split("|") for line in lines if not line.startswith("#")]
    assert len(rows) > 300
    assert all(len(row) == 3 and all(column.strip() for column in row) for row in rows)
