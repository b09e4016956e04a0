"""Reprints of real articles: typographic variants, wrapped, cut and shuffled copies are found, different ones are not.

Measured on 200 originals: 1.00, .995, 1.00 and .99; 2 of 1,664 pairs about one topic taken for copies, which they are.
"""

import statistics

import pytest

from tests.builders_reprints import ARTICLES, EDITS, articles, confused, reprinted

pytestmark = pytest.mark.skipif(not ARTICLES.is_file(), reason="the articles are not at hand")
WANTED = {"typographic": 1.0, "wrapped": 0.99, "cut": 0.99, "shuffled": 0.99}


@pytest.mark.parametrize("edit", EDITS)
def test_reprints_are_found(edit: str) -> None:
    shares = [reprinted(articles()[:200], EDITS[edit], seed=seed).share for seed in range(3)]
    assert statistics.mean(shares) >= WANTED[edit]


def test_different_articles_about_one_topic_are_no_reprints() -> None:
    found = confused(articles())
    assert found.pair_count > 1_500
    assert found.share <= 0.01
    assert all(one.event == other.event for one, other in found.pairs)  # none of a sister event
