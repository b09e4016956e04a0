"""Reprints whose numbers or dates are others than their original's."""

import pytest

from monitor.items.content import content_of, with_facts
from monitor.items.variants import Difference, differences
from storage.model import Content
from tests.builders_items import an_entry

LEAD = "The ministry will connect 40 villages to the fibre network before 17 November."
BODY = f"{LEAD} Engineers have been laying the cable since spring. The price of a line stays at 15 manat a month."


def words(text: str, title: str = "Villages get a fibre network of their own") -> Content:
    return with_facts(content_of(an_entry(title, text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("40 villages", "44 villages", id="number"),
        pytest.param("17 November", "27 November", id="day"),
        pytest.param("17 November", "17 December", id="month"),
    ],
)
def test_another_number_or_date_in_the_same_sentence_differs(old: str, new: str) -> None:
    changed = LEAD.replace(old, new)
    assert differences(words(BODY), words(BODY.replace(old, new))) == (Difference(original=LEAD, reprint=changed),)


def test_a_number_in_the_headline_differs() -> None:
    was, now = "Ministry connects 40 villages to the network", "Ministry connects 44 villages to the network"
    assert differences(words(BODY, was), words(BODY, now)) == (Difference(original=was, reprint=now),)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(BODY, id="the same"),
        pytest.param(f"Reported at 9:30 on 18 November by our desk. {BODY}", id="more"),
        pytest.param(LEAD, id="less"),
        pytest.param(" ".join(reversed(BODY.split(". "))), id="another order"),
        pytest.param(BODY.replace("villages", "hamlets"), id="other words"),
        pytest.param(BODY.replace("40 villages", "villages"), id="a number left out"),
        pytest.param(f"{BODY} In 2019 the ministry had connected 12 towns to the grid.", id="a sentence of its own"),
    ],
)
def test_what_is_told_beside_or_left_out_is_no_difference(text: str) -> None:
    assert differences(words(BODY), words(text)) == ()
    assert differences(words(BODY), words(text.replace("15 manat", "17 manat").replace("40 ", "41 "))) or text == LEAD


def test_numbers_written_in_another_way_are_the_same() -> None:
    one, other = (
        "It costs 1,500 manat and 3.6 million in all this year.",
        "It costs 1 500 manat and 3.6 mln in all this year.",
    )
    assert differences(words(one), words(other)) == ()
    assert differences(words(one), words(other.replace("1 500", "1 600")))
