"""When the words of a new item are those of an item of another feed."""

from datetime import datetime, timedelta

import pytest

from monitor.words import sentences
from storage.model import Verdict
from tests.builders_items import LONG_TEXT, NOON, World, an_entry

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


WRAPPED = "Our correspondent reports from the shore this morning. " + LONG_TEXT


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(WRAPPED, id="wrapped"),
        pytest.param(" ".join(reversed(sentences(WRAPPED))), id="shuffled"),
        pytest.param(LONG_TEXT.partition(". ")[2], id="cut"),
    ],
)
def test_a_reprint_is_known_by_its_sentences(text: str):
    world = World()
    world.poll(an_entry(), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)
    verdict = world.one(an_entry("The reprint has a headline of its own", text, name="reprint"), feed=2)

    assert (verdict.kind, verdict.via, verdict.copy_of) == ("SAME_TEXT", "sentences", 1)
    assert "of its words stand in sentences of item 1 of another feed" in verdict.reason


def _reprint(world: World, **given: object) -> Verdict:
    """The verdict of feed 2 on a wrapped reprint of what stands in feed 1."""
    world.poll(an_entry(), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)
    how = {key: given.pop(key) for key in ("lang", "relevant") if key in given}
    return world.one(an_entry("A headline of its own", WRAPPED, **{"name": "reprint", **given}), feed=2, **how)


def test_a_reprint_with_a_number_of_its_own_says_so():
    text = WRAPPED.replace("this morning", "at 9 o'clock")

    verdict = _reprint(World(), body=text)

    assert verdict.kind == "SAME_TEXT"
    assert verdict.reason.endswith("; its other sentences hold facts of their own")
    assert not _reprint(World()).reason.endswith("of their own")


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"at": NOON - 8 * DAY}, id="a week apart"),
        pytest.param({"lang": "az"}, id="another language"),
        pytest.param({"relevant": lambda _: False}, id="no topic"),
        pytest.param({"body": WRAPPED.partition("Fishing")[0] + "It ends in other words." * 9}, id="half of it"),
    ],
)
def test_what_is_no_reprint_is_new(given: dict[str, object]):
    assert _reprint(World()).kind == "SAME_TEXT"
    assert _reprint(World(), **given).kind == "NEW"


def test_sentences_of_page_furniture_do_not_count():
    world = World()
    assert _reprint(world).kind == "SAME_TEXT"
    other = World(furniture=frozenset(world.sentences))

    assert _reprint(other).kind == "NEW"


def test_a_copy_of_a_copy_counts_on_the_original():
    world = World()
    world.poll(an_entry(), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)
    assert world.one(an_entry("First reprint", name="one"), feed=2).copy_of == 1
    world.poll(an_entry("Elsewhere", "Nothing to do with it.", name="else"), feed=3)

    assert world.one(an_entry("Second reprint", name="two"), feed=3).copy_of == 1


def test_a_feed_that_repeats_itself_makes_a_new_item():
    world = World()
    world.poll(an_entry())

    assert world.poll(an_entry(), an_entry("Again in the same feed", name="again"))[1].kind == "NEW"


def test_a_short_equal_text_under_another_title_is_no_copy():
    world = World()
    short = " ".join(LONG_TEXT.split()[:40])
    world.poll(an_entry(text=short), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)

    assert world.one(an_entry("With a title of its own", short, name="copy"), feed=2).kind == "NEW"


def _headline(world: World, title: str, **given: object) -> Verdict:
    world.poll(an_entry(title, "", name="a"), feed=1)
    world.poll(an_entry("Something else", "", name="other"), feed=2)
    return world.one(an_entry(title, "", **{"name": "b", **given}), feed=2)


def test_the_same_headline_in_two_outlets_is_the_same_text():
    verdict = _headline(World(), "Two ports sign a joint cable agreement")

    assert (verdict.kind, verdict.copy_of) == ("SAME_TEXT", 1)
    assert verdict.reason == "the same title and words as item 1, in another feed within 24 hours"


@pytest.mark.parametrize(
    ("title", "given"),
    [
        pytest.param("Ports sign an agreement", {}, id="four words"),
        pytest.param("Two ports sign a joint cable agreement", {"at": NOON - 2 * DAY}, id="two days apart"),
    ],
)
def test_a_short_or_distant_headline_is_no_copy(title: str, given: dict[str, object]):
    assert _headline(World(), title, **given).kind == "NEW"


def test_a_series_title_of_another_feed_is_no_copy():
    world = World()
    world.poll(*[an_entry("Digest of the hour at noon", "", name=n) for n in "abc"], feed=1)
    world.poll(an_entry("Something else", "", name="other"), feed=2)

    assert world.one(an_entry("Digest of the hour at noon", "", name="d"), feed=2).kind == "NEW"


def _equal(world: World, text: str, **given: object) -> Verdict:
    """The verdict of feed 2 on a text that stands in feed 1 under another title."""
    world.poll(an_entry(text=text), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)
    return world.one(an_entry("With a title of its own", text, **{"name": "copy", **given}), feed=2)


@pytest.mark.parametrize(("count", "kind"), [(47, "NEW"), (48, "SAME_TEXT")])
def test_an_equal_text_counts_from_48_words_on(count: int, kind: str):
    assert _equal(World(), " ".join(["word"] * count)).kind == kind


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        pytest.param(NOON - 3 * DAY, "SAME_TEXT", id="three days before"),
        pytest.param(NOON - 8 * DAY, "NEW", id="eight days before"),
        pytest.param(NOON + 8 * DAY, "SAME_TEXT", id="a date in the future is not believed"),
        pytest.param(None, "SAME_TEXT", id="no date"),
    ],
)
def test_an_equal_text_counts_for_a_week(at: datetime | None, kind: str):
    assert _equal(World(), LONG_TEXT, at=at).kind == kind


def test_an_old_date_of_a_feed_that_dates_wrongly_is_not_believed():
    world = World()
    world.feeds[2].memory["flags"] = frozenset({"date_untrusted"})

    assert _equal(world, LONG_TEXT, at=NOON - 8 * DAY).kind == "SAME_TEXT"


def test_the_earliest_of_several_equal_texts_is_the_original():
    world = World()
    world.poll(an_entry("Late", name="late", at=NOON - 1 * HOUR), feed=1)
    world.poll(an_entry("Early", name="early", at=NOON - 9 * HOUR), feed=2, baseline=True, relevant=lambda _: False)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=3)

    assert world.one(an_entry("A third one", name="third"), feed=3).copy_of == 2


def test_entries_without_a_link_are_copies_too():
    assert _reprint(World(), link=None).kind == "SAME_TEXT"
    assert _equal(World(), LONG_TEXT, link=None).kind == "SAME_TEXT"


@pytest.mark.parametrize(
    ("title", "kind"), [("Two ports sign one agreement", "SAME_TEXT"), ("Two ports sign it", "NEW")]
)
def test_a_headline_counts_from_five_words_on(title: str, kind: str):
    assert _headline(World(), title).kind == kind


def test_the_original_that_holds_most_of_the_words_is_chosen():
    world = World()
    told = sentences(LONG_TEXT)
    world.poll(an_entry("Most of it", " ".join(told[:5]), name="most"), an_entry("All of it", name="all"), feed=1)
    world.poll(an_entry("Something else", "Quite another text.", name="other"), feed=2)
    verdict = world.one(an_entry("A headline of its own", WRAPPED, name="reprint"), feed=2)

    assert verdict.copy_of == world.item(an_entry(name="all"))
