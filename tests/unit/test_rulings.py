"""What rulings make of the linker's decisions: a function of those that hold."""

from datetime import UTC, datetime

from monitor.events.rulings import Rulings, named_events, named_items, split_event_id
from storage.model import JsonValue, Ruling, RulingKind

NOON = datetime(2025, 12, 1, 12, tzinfo=UTC)


def a_ruling(number: int, kind: RulingKind, **payload: JsonValue) -> Ruling:
    return Ruling(id=number, kind=kind, at=NOON, payload=payload)


def merge(number: int, keep: str, gone: str) -> Ruling:
    return a_ruling(number, RulingKind.MERGE, keep=keep, gone=gone)


def split(number: int, event: str, *items: int) -> Ruling:
    return a_ruling(number, RulingKind.SPLIT, event=event, into=f"N{number}", items=items)


def pin(number: int, item: int, event: str) -> Ruling:
    return a_ruling(number, RulingKind.PIN, item=item, event=event)


def test_a_merged_event_answers_as_the_other_over_several_merges() -> None:
    rulings = Rulings.of([merge(1, "B", "C"), merge(2, "A", "B")])
    assert [rulings.resolve(one) for one in "ABCD"] == ["A", "A", "A", "D"]
    assert rulings.place(7, "C") == "A"


def test_two_events_merged_either_way_are_one() -> None:
    rulings = Rulings.of([merge(1, "A", "B"), merge(2, "B", "A")])
    assert {rulings.resolve("A"), rulings.resolve("B")} == {"A"}


def test_a_split_item_stands_in_the_new_event_and_is_kept_from_the_old_one() -> None:
    rulings = Rulings.of([split(1, "A", 3)], {3: "A", 4: "A"})
    assert (rulings.place(3, "A"), rulings.place(4, "A")) == ("N1", "A")
    assert (rulings.kept_from(3), rulings.kept_from(4)) == (frozenset("A"), frozenset())


def test_a_split_item_that_stands_elsewhere_stays_there() -> None:
    taken_back = Rulings.of([split(2, "A", 3)], {3: "B"})
    assert taken_back.place(3, "B") == "B"
    assert taken_back.kept_from(3) == frozenset()
    merged = Rulings.of([merge(1, "A", "B"), split(2, "A", 3)], {3: "B"})
    assert merged.place(3, "B") == "N2"


def test_a_pin_beats_the_linker_and_an_earlier_split() -> None:
    rulings = Rulings.of([split(1, "A", 3), pin(2, 3, "A")], {3: "A"})
    assert rulings.pinned(3) == "A"
    assert rulings.kept_from(3) == frozenset()
    assert Rulings.of([pin(1, 3, "B"), split(2, "B", 3)], {3: "A"}).place(3, "A") == "N2"


def test_a_pinned_item_follows_the_merges_of_its_event() -> None:
    rulings = Rulings.of([pin(1, 3, "B"), merge(2, "A", "B")], {3: "C"})
    assert rulings.pinned(3) == "A"


def test_an_event_that_vanished_answers_as_the_one_that_has_what_founded_it() -> None:
    rulings = Rulings.of([pin(1, 3, "B"), merge(2, "A", "D")], {3: "C"}, vanished={"B": "D"})
    assert rulings.place(3, "C") == "A"
    assert rulings.resolve("B") == "A"


def test_vanished_events_that_name_each_other_end_the_search() -> None:
    assert Rulings.of([], vanished={"A": "B", "B": "A"}).resolve("A") in {"A", "B"}


def test_without_rulings_the_linker_decides() -> None:
    rulings = Rulings.of([])
    assert (rulings.pinned(1), rulings.kept_from(1), rulings.resolve("A")) == (None, frozenset(), "A")
    assert rulings.place(1, None) is None


def test_rulings_name_items_and_events() -> None:
    held = [merge(1, "A", "B"), split(2, "C", 3, 4), pin(3, 5, "D")]
    assert named_items(held) == {3, 4, 5}
    assert named_events(held) == {"A", "B", "C", "N2", "D"}


def test_the_event_of_a_split_has_a_name_of_its_own() -> None:
    assert len({split_event_id(number) for number in range(1, 100)}) == 99
    assert len(split_event_id(1)) == 8
