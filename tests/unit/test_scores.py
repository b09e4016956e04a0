"""Scores of linking, against cases counted by hand, and what a labelled line may be."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from monitor.events.cosine import WINDOW, link_by_cosine
from monitor.events.evaluate import Labelled, bcubed, incoming, labelled, link_all, pairwise, worst
from monitor.events.link import LinkSettings

MORNING = datetime(2025, 3, 3, 8, tzinfo=UTC)
FLOOD = (
    (
        "Flood closes the bridge at Orla",
        "The river Orla rose by 3.2 metres on Sunday night, and the old bridge closed.",
    ),
    (
        "Orla bridge closed after flood",
        "The flood of Sunday night closed the old bridge over the Orla; it rose 3.2 metres.",
    ),
)
CHOIR = ("Choir of Velm wins the cup in Graz", "The girls' choir of Velm won the European cup of choirs in Graz.")


def test_bcubed_of_a_case_counted_by_hand() -> None:
    # Found {a b c} {d e}, true {a b} {c d e}: precision 2/3 2/3 1/3 1 1, recall 1 1 1/3 2/3 2/3.
    score = bcubed(["1", "1", "1", "2", "2"], ["x", "x", "y", "y", "y"])
    assert score.precision == pytest.approx(11 / 15)
    assert score.recall == pytest.approx(11 / 15)
    assert score.f1 == pytest.approx(11 / 15)


def test_pairs_of_a_case_counted_by_hand() -> None:
    # Put together ab ac bc de, belonging together ab cd ce de: two are right.
    score = pairwise(["1", "1", "1", "2", "2"], ["x", "x", "y", "y", "y"])
    assert (score.precision, score.recall, score.f1) == (0.5, 0.5, 0.5)
    assert pairwise(["1", "2", "3"], ["x", "x", "y"]).f1 == 0
    assert pairwise(["1", "2"], ["x", "y"]).f1 == 1


def test_everything_in_one_event_and_everything_apart() -> None:
    together, apart = bcubed(["1"] * 4, ["x", "x", "y", "y"]), bcubed([*"1234"], ["x", "x", "y", "y"])
    assert (together.precision, together.recall) == (0.5, 1.0)
    assert (apart.precision, apart.recall) == (1.0, 0.5)


def test_items_without_a_label_are_not_scored() -> None:
    assert bcubed(["1", "1", "2"], ["x", None, "x"]) == bcubed(["1", "2"], ["x", "x"])
    assert pairwise(["1", "1", "2", "2"], ["x", None, "y", "y"]).precision == 1
    assert bcubed([], []).f1 == 0


def test_a_line_says_what_is_wrong_with_it() -> None:
    good = labelled('{"id": "a", "title": "T", "published": "2025-03-03T08:00:00", "event": null, "language": "en"}')
    assert good == Labelled(id="a", title="T", published_at=MORNING, lang="en")
    for bad in ("[]", "{", '{"title": "T", "event": null}', '{"id": "a", "title": "T"}', '{"id": [], "event": null}'):
        with pytest.raises(ValueError, match=r"."):
            labelled(bad)
    with pytest.raises(ValueError, match="published"):
        labelled('{"id": "a", "title": "T", "event": null, "published": "soon"}')


def test_items_without_a_date_come_in_their_order_and_say_so() -> None:
    items = [Labelled(id=name, title=name, published_at=at) for name, at in (("a", None), ("b", MORNING), ("c", None))]
    found = list(incoming(items, {}))
    assert [one.dated for one in found] == [False, True, False]
    assert found[1].sort_at == MORNING < found[2].sort_at < MORNING + timedelta(minutes=1)


def stream() -> list[Labelled]:
    told = [(FLOOD[0], "flood"), (CHOIR, "choir"), (FLOOD[1], "flood")]
    return [
        Labelled(id=f"i{n}", title=title, text=text, published_at=MORNING + timedelta(hours=n), lang="en", event=event)
        for n, ((title, text), event) in enumerate(told)
    ]


def test_a_stream_is_linked_from_nothing() -> None:
    linked = list(link_all(incoming(stream(), {}), LinkSettings(theta=0.5)))
    assert [one.event for one in linked] == ["00000000", "00000001", "00000000"]
    assert [one.decision.how for one in linked] == ["founded", "founded", "joined"]


def test_the_worst_mistakes_are_told_with_their_reasons() -> None:
    items = stream()
    assert worst(items, list(link_all(incoming(items, {}), LinkSettings(theta=0.5))), 5) == []
    (split,) = worst(items, list(link_all(incoming(items, {}), LinkSettings(theta=1.0))), 5)
    assert (split.kind, split.item.id, split.cost) == ("split", "i2", 1)
    assert "Flood closes the bridge" in split.text
    joins = worst(items, list(link_all(incoming(items, {}), LinkSettings(theta=0.0))), 5)
    assert all(mistake.kind == "join" for mistake in joins)
    assert worst(items, list(link_all(incoming(items, {}), LinkSettings(theta=1.0))), 0) == []


def test_the_plain_cosine_joins_the_like_within_seven_days() -> None:
    told = [(item.title, item.text, item.published_at or MORNING) for item in stream()]
    assert list(link_by_cosine(told)) == ["0", "1", "0"]
    late = (*FLOOD[1], MORNING + WINDOW + timedelta(seconds=1))
    assert list(link_by_cosine([told[0], late])) == ["0", "1"]
    assert list(link_by_cosine(told, theta=0.99)) == ["0", "1", "2"]
    assert list(link_by_cosine([("", "", MORNING)] * 2)) == ["0", "1"]


def test_mistakes_are_plain_json() -> None:
    items = stream()
    (split,) = worst(items, list(link_all(incoming(items, {}), LinkSettings(theta=1.0))), 1)
    assert json.loads(json.dumps([split.kind, split.text])) == [split.kind, split.text]
