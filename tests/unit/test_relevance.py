import os
import time
import tracemalloc
from pathlib import Path

import pytest

from monitor.items.content import content
from monitor.items.relevance import Matcher, TopicSpec, language_of
from monitor.words import plain_text
from storage.errors import ConfigError
from storage.model import TextKind, TopicMatch


def hits(term, text, lang=""):
    """What the only term of the only topic matched in a title."""
    matcher = Matcher.compile({}, [TopicSpec(id="t", any=((lang, term),))])
    return [match.words for match in matcher.match(plain_text(text), "")]


def test_long_words_are_not_remembered():
    matcher = Matcher.compile({}, [TopicSpec(id="t", any=(("en", "harbour"),))])
    assert matcher.match("The harbour", "")
    tracemalloc.start()
    try:
        for number in range(100):
            matcher.match("", f"{number}" + "x" * 100_000)
        assert tracemalloc.get_traced_memory()[0] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ə\u0308t", "ə\u0308t here"),
        ("5G", "at +5G and -5G"),
        ("ITU", "The ITU's plan"),
        ("ITU", "ITU-nun planı"),
        ("ITU", "ITU-D and ITU_R"),
        ("ITU", "(ITU)"),
        ("BTİ", "BTİ-nin hesabatı"),
        ("BTİ", "BTI\u0307 hesabatı"),
        ("BTİ", "BTI as typed without the dot"),
        ("BTI", "BTİ-nin hesabatı"),
        ("WTDC", "WTDC25 opens"),
        ("WTDC", "WTDC-ə hazırlıq"),
        ("WTDC-25", "WTDC-25"),
        ("WTDC-25", "WTDC 25 and WTDC–25"),
        ("МСЭ", "Доклад МСЭ-D"),
        ("5G", "5G-də"),
        ("COP*", "COPERNICUS"),
        ("ITU", "über\u200bITU"),
        ("ITU", "über\u00adITU"),
        ("IT", "(IT"),
        ("5G", "_5G"),
    ],
)
def test_an_acronym_hits_with_what_is_hung_on_it(term, text):
    assert hits(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("ITU", "The situation of ITUC and itu and Itu"),
        ("ITU", "4ITU"),
        ("BTİ", "ABTİ, BTİX, bti"),
        ("WTDC-2", "WTDC-25"),
        ("=WTDC", "WTDC25"),
        ("МСЭ", "мсэ МСЭК"),
        ("5G", "15G 5GB 5g"),
        ("ITU", "İTSO"),
    ],
)
def test_an_acronym_hits_nothing_else(term, text):
    assert hits(term, f"{term.strip('=')} {text}")
    assert not hits(term, text)


@pytest.mark.parametrize(
    ("term", "lang", "text"),
    [
        ("Bakı", "az", "Bakıda"),
        ("Bakı", "az", "Bakıdan"),
        ("Bakı", "az", "BAKIDA"),
        ("Bakı", "az", "Bakida"),
        ("Bakı", "az", "Bakı'nın"),
        ("Bakı", "az", "BAKI"),
        ("kabel", "az", "kabelinin"),
        ("kabel", "az", "kabellərindən"),
        ("Azərbaycan", "az", "Azerbaycanlılar"),
        ("Azərbaycan", "az", "AZƏRBAYCANDA"),
        ("agentlik", "az", "Agentliyinin"),
        ("agentlik", "az", "agentlikdə"),
        ("torpaq", "az", "torpağın"),
        ("Rəqəmsal İnkişaf və Nəqliyyat Nazirliyi", "az", "Rəqəmsal inkişaf və nəqliyyat nazirliyinə"),
        ("Rəqəmsal İnkişaf və Nəqliyyat Nazirliyi", "az", "RƏQƏMSAL İNKİŞAF VƏ NƏQLİYYAT NAZİRLİYİNİN"),
        ("Beynəlxalq Telekommunikasiya İttifaqı", "az", "Beynəlxalq Telekommunikasiya İttifaqının"),
        ("İstanbul", "tr", "İstanbul'da"),
        ("Международный союз электросвязи", "ru", "Международного союза электросвязи"),
        ("Международный союз электросвязи", "ru", "В Международном союзе электросвязи"),
        ("Международный союз электросвязи", "ru", "международным союзом электросвязью"),
        ("Азербайджан", "ru", "Азербайджаном"),
        ("азербайджанский", "ru", "азербайджанских"),
        ("азербайджанский", "ru", "Азербайджанская"),
        ("кабель", "ru", "кабелей"),
        ("развитие", "ru", "развитием"),
        ("Баку", "ru", "в Баку"),
        ("ещё", "ru", "Еще"),
        ("Azerbaijan", "en", "Azerbaijan’s"),
        ("International Telecommunication Union", "en", "the International Telecommunications Union’s"),
        ("fibre bus", "en", "fibre buses"),
        ("Trans-Caspian Fib*", "en", "TransCaspian Fiber"),
        ("Trans-Caspian Fib*", "en", "Trans- Caspian fibre-optic"),
        ("Trans-Caspian Fib*", "en", "TRANS–CASPIAN FIBRE"),
        ("Digital Silk Way", "en", "“Digital” Silk Way"),
        ("=sima", "az", "SİMA"),
    ],
)
def test_a_word_hits_in_its_forms_however_typed(term, lang, text):
    assert hits(term, text, lang)


@pytest.mark.parametrize(
    ("term", "lang", "text", "near"),
    [
        ("Bakı", "az", "Bakıxanov", "Bakıya"),
        ("kabel", "az", "kabelçi", "kabeldə"),
        ("kabel", "az", "akabel", "kabel"),
        ("sim", "az", "simdə", "sim"),
        ("Азербайджан", "ru", "азербайджанский", "Азербайджане"),
        ("Баку", "ru", "Бакуев", "БАКУ"),
        ("вода", "ru", "водой", "вода"),
        ("port", "en", "portal", "ports"),
        ("=sima", "az", "simada", "sima"),
        ("Trans-Caspian", "en", "trans the Caspian", "trans- Caspian"),
        ("Silk Way", "en", "silkway", "silk way"),
        ("Silk Way", "en", "silk - - way", "silk, way"),
        ("Silk Way", "xx", "silk ways", "silk way"),
        ("port 7", "en", "port 7s", "ports 7"),
    ],
)
def test_a_word_hits_no_other_word(term, lang, text, near):
    assert hits(term, near, lang)
    assert not hits(term, text, lang)


def test_a_term_never_reaches_from_the_title_into_the_text():
    matcher = Matcher.compile({}, [TopicSpec(id="t", any=(("en", "Silk Way"),))])
    assert matcher.match("", "Silk Way")
    assert not matcher.match("The Silk", "Way")


TERMS = {
    "itu": {"en": ["ITU", "International Telecommunication Union"], "az": ["BTİ"], "ru": ["МСЭ"]},
    "azerbaijan": {"en": ["Azerbaijan", "Baku"], "az": ["Azərbaycan", "Bakı"], "ru": ["Азербайджан"]},
}
TOPICS = [
    TopicSpec(id="itu", must=("itu",)),
    TopicSpec(
        id="both", must=("itu", "azerbaijan"), enough=(("", "WTDC-25"), ("", "Regional Akselerasiya Mərkəzi")),
        not_=(("", "İTSO"),),
    ),
    TopicSpec(id="cable", must=("azerbaijan",), any=(("en", "Trans-Caspian Fib*"), ("ru", "кабель"))),
]  # fmt: skip


def topics(title, text="", **given):
    return [match.topic for match in Matcher.compile(TERMS, TOPICS).match(title, text, **given)]


def test_every_group_must_hit_in_title_or_text():
    assert topics("ITU meets", "in Baku") == ["itu", "both", "both"]
    assert topics("ITU meets", "in Lisbon") == ["itu"]
    assert topics("Baku meets", "nobody") == []


def test_one_term_can_be_enough():
    assert topics("Regional Akselerasiya Mərkəzində görüş") == ["both"]


def test_a_term_that_excludes_beats_all_others():
    assert topics("ITU in Baku on WTDC-25") == ["itu", "both"]
    assert topics("ITU in Baku on WTDC-25", "with İTSO") == ["itu"]


def test_any_term_is_wanted_beside_the_groups():
    assert topics("Кабель до Баку", "Azerbaijan") == ["cable", "cable"]
    assert topics("Мост до Баку", "Azerbaijan") == []


def test_a_group_may_be_assumed_of_a_feed():
    matcher = Matcher.compile(TERMS, TOPICS)
    assert matcher.match("ITU meets", "", assume=("azerbaijan",))[1:] == (
        TopicMatch(topic="both", group="itu", term="ITU", words="ITU", where="title", offset=0),
        TopicMatch(topic="both", group="azerbaijan", term="", words="", where="feed", offset=0),
    )
    assert topics("Nothing", assume=("azerbaijan",)) == []
    assert topics("Nothing", assume=("azerbaijan", "itu")) == ["itu", "both", "both"]


def test_only_the_named_topics_are_looked_for():
    assert topics("ITU in Baku", only=("both",)) == ["both", "both"]
    assert topics("ITU in Baku", only=("cable",)) == []


def test_the_evidence_says_which_words_stand_where():
    title, text = "Plans of the BTİ", "The ministry of Azərbaycanın Trans–Caspian FİBRE line."
    both, cable = Matcher.compile(TERMS, TOPICS[1:]).match(title, text)[1:3]
    assert both == TopicMatch(
        topic="both", group="azerbaijan", term="Azərbaycan", words="Azərbaycanın", where="text", offset=16
    )
    assert cable.words == "Azərbaycanın"
    fibre = Matcher.compile(TERMS, TOPICS[2:]).match(title, text)[1]
    assert (fibre.group, fibre.term, fibre.words, fibre.offset) == (
        "any",
        "Trans-Caspian Fib*",
        "Trans–Caspian FİBRE",
        29,
    )


@pytest.mark.parametrize("before", ["", "… № ½ of ", "\u00adsoft\u200b ", "e\u0301 ", "ﬁbre… "])
def test_evidence_is_found_in_the_written_text_though_folding_changes_lengths(before):
    words = content("", f"{before}(Azerbaijan’s) port", TextKind.SUMMARY)
    [match] = Matcher.compile(TERMS, [TopicSpec(id="t", must=("azerbaijan",))]).match(words.title, words.text)
    assert match.words == "Azerbaijan’s"
    assert words.text[match.offset :].startswith("Azerbaijan’s) port")


def test_the_title_is_shown_before_the_text():
    [match] = Matcher.compile(TERMS, TOPICS[:1]).match("News of the ITU", "ITU ITU")
    assert (match.where, match.offset) == ("title", 12)


def test_the_language_of_a_bare_term_is_told_by_its_letters():
    assert [language_of(term) for term in ("кабель", "kabelçi", "Fiber cable", "BTİ")] == ["ru", "az", "en", "az"]
    assert hits("кабель", "кабелями")
    assert hits("Nəqliyyat", "nəqliyyatdan")


def test_the_hash_changes_with_any_topic_or_term_and_with_nothing_else():
    known = Matcher.compile(TERMS, TOPICS).hash
    assert Matcher.compile({group: TERMS[group] for group in reversed(TERMS)}, TOPICS[::-1]).hash == known
    others = [
        Matcher.compile({**TERMS, "more": {"en": ["sea"]}}, TOPICS),
        Matcher.compile({**TERMS, "itu": {"en": ["ITU"]}}, TOPICS),
        Matcher.compile({**TERMS, "itu": {"tr": ["ITU", "International Telecommunication Union"]}}, TOPICS),
        Matcher.compile(TERMS, TOPICS[:2]),
        Matcher.compile(TERMS, [*TOPICS[:2], TopicSpec(id="cable", must=("azerbaijan",))]),
        Matcher.compile(TERMS, [TopicSpec(id="itu", must=("itu",), not_=(("en", "=x"),)), *TOPICS[1:]]),
    ]
    assert len({known, *(other.hash for other in others)}) == 7


def test_every_group_and_term_that_cannot_match_is_named_at_once():
    with pytest.raises(ConfigError) as told:
        Matcher.compile(
            {"itu": {"en": ["ITU", "*"]}},
            [
                TopicSpec(id="a", must=("itu", "azerbajan")),
                TopicSpec(id="b", any=(("en", "Silk * Way"), ("en", "=")), not_=(("en", " "),)),
                TopicSpec(id="c", not_=(("en", "port"),)),
            ],
        )
    assert [problem.partition(":")[0] for problem in told.value.problems] == [
        "terms.itu", "topics.a.must", "topics.b.any", "topics.b.any", "topics.b.not", "topics.c",
    ]  # fmt: skip
    assert "azerbajan" in str(told.value)


def test_without_topics_nothing_matches():
    assert Matcher.compile(TERMS, []).match("ITU", "Baku") == ()


@pytest.mark.parametrize(
    "pattern", ["baki", "bakila", "ITU", "ITUA", "a ", "trans-", "trans caspia ", "международн ", "'-"]
)
def test_a_long_hostile_text_is_matched_in_linear_time(pattern):
    terms = {"t": {"az": ["Bakı", "BTİ"], "en": ["ITU", "Trans-Caspian Fib*", "a* b"], "ru": ["международный союз"]}}
    matcher = Matcher.compile(terms, [TopicSpec(id="t", must=("t",), any=(("en", "nowhere"),))])
    hostile = (pattern * 300_000)[:262_144]
    began = time.process_time()
    assert not matcher.match(hostile[:1_000], hostile)
    assert time.process_time() - began < 2


SHARED = Path(os.environ.get("SALNAME_SHARED", Path(__file__).parents[2].parent / "shared"))
ARTICLES = sorted((SHARED / "seeds").glob("00*.txt"))
FIELD = {
    "itu": {
        "en": [
            "ITU",
            "International Telecommunication Union",
            "WTDC",
            "World Telecommunication Development Conference",
        ],
        "az": ["BTİ", "İTU", "Beynəlxalq Telekommunikasiya İttifaqı"],
        "ru": ["МСЭ", "Международный союз электросвязи"],
    },
    "azerbaijan": {
        "en": ["Azerbaijan", "Azerbaijani", "Baku", "AzerTelecom"],
        "az": ["Azərbaycan", "Bakı", "RİNN", "İKTA", "Rəşad Nəbiyev"],
        "ru": ["Азербайджан", "азербайджанский", "Баку"],
    },
}


@pytest.mark.skipif(len(ARTICLES) != 5, reason="the five articles are not at hand")
def test_the_five_first_articles_match_what_they_are_about():
    matcher = Matcher.compile(
        FIELD, [TopicSpec(id="itu", must=("itu",)), TopicSpec(id="itu-azerbaijan", must=("itu", "azerbaijan"))]
    )
    found = []
    for article in ARTICLES:
        title, _, text = article.read_text(encoding="utf-8").partition("\n")
        words = content(title, text, TextKind.CONTENT)
        matches = matcher.match(words.title, words.text)
        assert all(match.words for match in matches)
        found.append({match.topic for match in matches})
    assert found == [{"itu", "itu-azerbaijan"}] * 4 + [{"itu"}]
