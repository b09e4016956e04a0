"""Recall and accuracy on a reader's notes, as `python -m tests.bench.extraction` prints them."""

import pytest

from tests.bench.extraction import GOLD, promoted_claims, scores

pytestmark = pytest.mark.skipif(not GOLD.is_file(), reason="the notes are not at hand")


def test_what_a_reader_noted_is_found() -> None:
    found = scores()
    assert found["quantities"].wanted >= 10
    assert found["dates"].wanted >= 3
    assert found["quantities"].recall >= 0.85
    assert found["dates"].recall >= 0.80
    assert found["quantities"].accuracy >= 0.97


def test_articles_give_claims_and_each_with_its_sentence() -> None:
    claims = promoted_claims()
    assert len(claims) >= 25
    assert all(one.quote and one.measure and one.value for one in claims)
