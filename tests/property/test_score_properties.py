"""Scores against the definitions, item by item and pair by pair."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.events.evaluate import Labelled, bcubed, labelled, pairwise

groupings = st.lists(st.tuples(st.sampled_from("1234"), st.sampled_from(["x", "y", "z", None])), max_size=14)


@given(groupings)
def test_bcubed_is_the_mean_over_items_of_the_shares_that_are_right(pairs) -> None:
    scored = [(one, other) for one, other in pairs if other is not None]
    precision = recall = 0.0
    for one, other in scored:
        found = [pair for pair in scored if pair[0] == one]
        wanted = [pair for pair in scored if pair[1] == other]
        both = [pair for pair in found if pair[1] == other]
        precision += len(both) / len(found) / len(scored)
        recall += len(both) / len(wanted) / len(scored)
    score = bcubed([one for one, _ in pairs], [other for _, other in pairs])
    assert score.precision == pytest.approx(precision)
    assert score.recall == pytest.approx(recall)


@given(groupings)
def test_pairwise_counts_pairs(pairs) -> None:
    scored = [(one, other) for one, other in pairs if other is not None]
    found = {(i, j) for i, j in combinations(range(len(scored)), 2) if scored[i][0] == scored[j][0]}
    wanted = {(i, j) for i, j in combinations(range(len(scored)), 2) if scored[i][1] == scored[j][1]}
    score = pairwise([one for one, _ in pairs], [other for _, other in pairs])
    assert score.precision == pytest.approx(len(found & wanted) / len(found) if found else 1.0)
    assert score.recall == pytest.approx(len(found & wanted) / len(wanted) if wanted else 1.0)


@given(groupings)
def test_the_true_grouping_scores_one_and_names_do_not_matter(pairs) -> None:
    wanted = [other for _, other in pairs if other is not None]
    renamed = [f"event of {other}" for other in wanted]
    assert bcubed(renamed, wanted).f1 == pytest.approx(1.0 if wanted else 0.0)
    assert pairwise(renamed, wanted).f1 == 1


@given(st.text(max_size=60))
def test_any_line_is_an_item_or_refused_in_words(line: str) -> None:
    try:
        found: Labelled | str = labelled(line)
    except ValueError as error:
        found = str(error)
    assert found
