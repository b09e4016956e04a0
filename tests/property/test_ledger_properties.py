"""What must hold of a ledger whatever is claimed, and in whatever order it comes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.events.facts import fold
from monitor.events.ledger import differences
from monitor.events.promises import promises_of
from storage.model import Claim, ClaimKind, Modality
from tests.builders_claims import a_date, a_figure, a_state

DAYS = st.dates(min_value=__import__("datetime").date(2024, 1, 1), max_value=__import__("datetime").date(2026, 12, 31))
SOURCES = st.sampled_from(["Gazette", "Herald", "Post"])
MODALITIES = st.sampled_from([Modality.PLANNED, Modality.DONE, Modality.EXPECTED, Modality.DENIED])
FIGURES = st.builds(
    lambda value, on, source: a_figure(str(value), on.isoformat(), source), st.integers(1, 30), DAYS, SOURCES
)
DATES = st.builds(
    lambda period, on, source, modality: a_date(f"..{period}", on.isoformat(), source, modality=modality),
    *(DAYS, DAYS, SOURCES, MODALITIES),
)
STATES = st.builds(
    lambda state, on, source: a_state(state, on.isoformat(), source),
    st.sampled_from(["announced", "planned", "underway", "done", "postponed", "cancelled"]),
    *(DAYS, SOURCES),
)
LEDGERS = st.one_of(*(st.lists(one, min_size=1, max_size=9) for one in (FIGURES, DATES, STATES)))


@given(LEDGERS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(claims: list[Claim], random) -> None:
    shuffled = list(claims)
    random.shuffle(shuffled)
    one, other = fold(claims[0].key, claims), fold(claims[0].key, shuffled)
    assert one == other
    assert promises_of(one) == promises_of(other)


@given(LEDGERS)
def test_every_claim_gets_one_verdict_and_nothing_is_lost(claims: list[Claim]) -> None:
    fact = fold(claims[0].key, claims)
    assert sorted(step.claim.id for step in fact.steps) == sorted(claim.id for claim in claims)


@given(LEDGERS)
def test_what_is_read_twice_is_no_news(claims: list[Claim]) -> None:
    fact = fold(claims[0].key, claims)
    assert differences(fact, fact, set()) == []


@settings(max_examples=200)
@given(LEDGERS)
def test_each_claim_brings_at_most_two_lines_and_the_last_value_stands(claims: list[Claim]) -> None:
    known: list[Claim] = []
    for claim in claims:
        before, after = fold(claim.key, known), fold(claim.key, [*known, claim])
        assert len(differences(before, after, {claim.id})) <= 2
        known.append(claim)
    fact = fold(claims[0].key, claims)
    if fact.current is not None and fact.kind is not ClaimKind.STATUS:
        assert all(side.value != fact.current.value for side in fact.sides)
