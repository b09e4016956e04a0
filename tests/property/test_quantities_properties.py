"""What holds for the figures of every text, and how long hostile ones may take."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events.quantities import scan
from monitor.events.quantities.reading import QUANTITIES_LIMIT

WORDS = """1 12 300 2,500 2.500 2 500 3,6 2026 17.11.2025 19:02 5G XXX-25 + % $ € km km-lik - – , . ; ( ) two ten dozens
over about nearly more than at least up to between and people delegates member states of the billion mln
thousand percent min milyon mindən çox -ə yaxın təxminən nəfər ölkə faiz -ci il manat более около до тыс. млн
человек стран процентов лет No. page
""".split()  # noqa: SIM905  a list of words reads best as a text
TEXTS = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
MEGABYTE = 1_000_000
HOSTILE = {
    "digits": "1",
    "single digits": "1 ",
    "groups of three": "123 ",
    "commas": "1,",
    "decimals": "1.1 ",
    "figures": "5,000 people ",
    "brackets": "([",
    "currencies": "$",
    "percentages": "5% ",
    "qualifiers": "more than ",
    "number words": "two ",
    "one word": "a",
    "stops": "7 . ",
}


@given(TEXTS, st.sampled_from(["en", "az", "ru", None]))
def test_every_figure_is_a_slice_of_its_text_with_ordered_bounds(text: str, lang: str | None) -> None:
    found = scan(text, lang)
    assert all(text[one.start : one.end] == one.text != "" for one in found)
    assert all(one.lo is None or one.hi is None or one.lo <= one.hi for one in found)
    assert all(one.value is None or one.lo is None or one.lo <= one.value for one in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
    assert found == scan(text, lang)


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("lang", ["en", "az", "ru"])
def test_no_more_figures_are_read_than_are_wanted(piece: str, lang: str) -> None:
    assert len(scan(piece * 20_000, lang)) <= QUANTITIES_LIMIT


@pytest.mark.soak
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("lang", ["en", "az", "ru"])
def test_figures_of_a_megabyte_of_anything_take_less_than_two_seconds(piece: str, lang: str) -> None:
    text = piece * (MEGABYTE // len(piece))
    spent = []
    for _ in range(2):  # the machine may be busy with something else once
        begun = time.process_time()
        found = scan(text, lang)
        spent.append(time.process_time() - begun)
        assert len(found) <= QUANTITIES_LIMIT
        if spent[-1] < 1:
            break
    assert min(spent) < 2


def test_a_text_of_nothing_but_figures_is_read_up_to_the_limit() -> None:
    assert len(scan("5,000 people came. " * 8_000, "en")) == QUANTITIES_LIMIT
