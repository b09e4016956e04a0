"""Who is said to have said it, in three languages."""

import time

import pytest

from monitor.events.facts import fold
from monitor.events.reading import Extractor
from monitor.events.speakers import speaker_of
from monitor.events.subjects import Subject, Subjects
from storage.model import ClaimVerdict
from tests.builders_claims import a_date

CABLE = Extractor(subjects=Subjects.compile([Subject(id="cable", kind="line", aliases=("Lake Cable",))]))


@pytest.mark.parametrize(
    ("lang", "text", "who"),
    [
        (
            "en",
            "According to the Ministry of Harbours and Ferries, it will be laid in 2026.",
            "Ministry of Harbours and Ferries",
        ),
        ("en", "It will be laid by the end of 2026, the ministry said on Thursday.", "ministry"),
        ("en", "It will be 40 km long, Deputy Minister Ada Quay told reporters.", "Deputy Minister Ada Quay"),
        ("en", "“It will be ready by March,” said Otto Pier, an engineer.", "Otto Pier"),
        ("en", "The operator has promised to finish it in May 2027.", "operator"),
        ("en", "Citing Lake Telecom, the paper wrote of 40 km.", "Lake Telecom"),
        ("ru", "По словам министра Ивана Причалова, его проложат в 2026 году.", "министра Ивана Причалова"),
        ("ru", "Его проложат к концу 2026 года, сообщил Иван Причалов.", "Иван Причалов"),
        ("ru", "По данным Берегового банка, охват составил 96 процентов.", "Берегового банка"),
        ("az", "Nazirlik bildirib ki, kabel 2026-cı ildə çəkiləcək.", "Nazirlik"),
        ("az", "Kabel 2026-cı ildə çəkiləcək, Adil Limanov deyib.", "Adil Limanov"),
        ("az", "Sahil Bankının məlumatına görə, əhatə 96 faizdir.", "Sahil Bankı"),
    ],
)
def test_a_speaker_is_found(lang: str, text: str, who: str) -> None:
    assert speaker_of(text, "", lang, len(text) // 2, len(text) // 2 + 4) == who


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The forum drew 2,400 delegates, Shore Press reports."),
        ("en", "The forum drew 2,400 delegates from 48 countries."),
        ("ru", "Охват составил 96 процентов, сообщает агентство Берег."),
        ("az", "Əhatə 96 faizdir, Sahil agentliyi xəbər verir."),
    ],
)
def test_an_agency_that_reports_is_no_speaker(lang: str, text: str) -> None:
    assert speaker_of(text, "", lang, 10, 14) == ""


def test_who_spoke_in_the_sentence_before_goes_on_in_a_quotation_or_as_a_pronoun() -> None:
    before = "The cable is late, Minister Ada Quay said."
    assert speaker_of("It will be laid in 2027.", before, "en", 3, 7) == "Minister Ada Quay"
    assert speaker_of("Another one will be laid in 2027.", before, "en", 3, 7) == ""


def test_a_claim_has_its_speaker() -> None:
    text = "The laying of the Lake Cable will be completed by the end of 2026, the ministry said."
    assert {claim.speaker for claim in CABLE.read("", text, "en", None).claims} == {"ministry"}


def test_one_speaker_in_two_papers_moves_a_date_and_contradicts_nobody() -> None:
    first = a_date("..2026-12-31", "2026-01-10", speaker="Ministry of Harbours")
    same = a_date("..2027-12-31", "2026-01-14", "Herald", speaker="ministry of harbours")
    other = a_date("..2027-12-31", "2026-01-14", "Herald", speaker="Lake Telecom")
    assert fold(first.key, [first, same]).steps[-1].verdict is ClaimVerdict.SLIPS
    assert fold(first.key, [first, other]).steps[-1].verdict is ClaimVerdict.CONFLICTS


@pytest.mark.parametrize("piece", ["A a ", "Aa ", "said ", "the a ", "министр ", "bildirib ", "According to "])
@pytest.mark.parametrize("lang", ["en", "az", "ru"])
def test_hostile_words_cost_no_more_than_others(piece: str, lang: str) -> None:
    begun = time.process_time()
    speaker_of(piece * 50_000, piece * 50_000, lang, 100_000, 100_004)
    assert time.process_time() - begun < 0.5
