"""One test for each row of the verdict table, in its order, and what belongs to a row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.items.identity import DocumentFacts, decide
from storage.model import Entry, KeyKind, Origin, RevisionClass, TextKind, VerdictKind
from tests.builders_items import (
    LONG_TEXT,
    NOON,
    OLD,
    SITE,
    World,
    absence_of,
    an_entry,
    entries,
    prepared,
    started_world,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return started_world()


def test_an_entry_without_a_known_key_is_new_and_live(world: World):
    verdict = world.one(an_entry(), OLD)

    assert (verdict.kind, verdict.origin, verdict.item_id) == ("NEW", Origin.LIVE, None)
    assert verdict.reason == "none of its keys is known"
    assert [key.kind for key in verdict.keys] == [KeyKind.GUID, KeyKind.LINK]
    assert verdict.revision_class is RevisionClass.FIRST


def test_what_stands_in_the_first_document_is_baseline():
    verdict = World().one(an_entry())

    assert (verdict.kind, verdict.origin) == ("NEW", Origin.BASELINE)
    assert verdict.reason == "none of its keys is known; it was there when the feed was first read"


def test_what_an_import_brings_keeps_its_origin(world: World):
    verdict = world.one(an_entry(), origin=Origin.IMPORT, partial=True)

    assert (verdict.kind, verdict.origin) == ("NEW", Origin.IMPORT)


def test_the_same_words_are_seen(world: World):
    verdict = world.one(OLD)

    assert (verdict.kind, verdict.via, verdict.item_id, verdict.keys) == ("SEEN", "guid", 1, ())
    assert verdict.reason == "known by its guid; the words are the same"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"published_raw": "Tue, 10 Mar 2026 04:00:00 +0400"}, "only its date changed"),
        ({"link": f"{SITE}/old?utm_source=feed"}, "only its link changed"),
        ({"link": f"{SITE}/renamed", "published_raw": "today"}, "only its link and date changed"),
    ],
)
def test_another_date_or_link_is_metadata_alone(world: World, change: dict[str, str], what: str):
    verdict = world.one(OLD._replace(**change))  # type: ignore[arg-type]

    assert (verdict.kind, verdict.revision_class) == ("META", None)
    assert verdict.reason == f"known by its guid; {what}"


def test_a_date_that_is_always_now_changes_nothing(world: World):
    world.feeds[1].memory["flags"] = frozenset({"date_untrusted"})

    assert world.kinds(OLD._replace(published_raw="now")) == ["SEEN"]


def test_another_title_with_the_same_facts_is_a_title_revision(world: World):
    verdict = world.one(OLD._replace(title="An older tale about the harbour town"))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.TITLE)
    assert verdict.reason == "known by its guid; the title changed, but no number, date or status"


def test_another_wording_with_the_same_facts_is_a_style_revision(world: World):
    verdict = world.one(OLD._replace(body=LONG_TEXT.replace("in light rain", "in a drizzle")))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.STYLE)


def test_another_number_is_a_fact_revision(world: World):
    world.poll(OLD._replace(body="The cable is 40 km long."))
    verdict = world.one(OLD._replace(body="The cable is 44 km long."))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.FACT)
    assert verdict.reason == "known by its guid; a number, date or status changed"


def test_a_text_that_comes_later_fills_the_item():
    world = World()
    world.poll(an_entry(text=""))
    verdict = world.one(an_entry())

    assert (verdict.kind, verdict.revision_class, verdict.item_id) == ("FILLED", RevisionClass.FILLED, 1)
    assert "it had a title only and has a text now" in verdict.reason


def test_a_title_that_flips_back_is_reverted(world: World):
    world.poll(OLD._replace(title="A bolder story about the harbour town"))
    verdict = world.one(OLD)

    assert (verdict.kind, verdict.revision_class) == ("REVERTED", RevisionClass.REVERT)
    assert verdict.reason == "known by its guid; back to the words of version 1"


def test_more_than_three_versions_in_a_day_are_flapping(world: World):
    titles = [f"An older story about the {place} town" for place in ("quiet", "windy", "sunny", "rainy")]

    kinds = [world.one(OLD._replace(title=title)).kind for title in titles]

    assert kinds == ["REVISED", "REVISED", "REVISED", "FLAPPING"]


def test_a_fact_still_counts_while_an_item_is_flapping(world: World):
    for place in ("quiet", "windy", "sunny", "rainy"):
        verdict = world.one(OLD._replace(title=f"An older story about the {place} town"))
    assert verdict.kind == "FLAPPING"

    verdict = world.one(OLD._replace(title="An older story about 3 harbour towns"))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.FACT)


def test_an_item_is_calm_again_after_a_day(world: World):
    for place in ("quiet", "windy", "sunny", "rainy"):
        verdict = world.one(OLD._replace(title=f"An older story about the {place} town"))
    assert verdict.kind == "FLAPPING"
    world.now += DAY

    assert world.kinds(OLD._replace(title="An older story about the foggy town")) == ["REVISED"]


def test_a_lost_guid_is_an_alias(world: World):
    verdict = world.one(OLD._replace(guid=None))

    assert (verdict.kind, verdict.via, verdict.item_id) == ("SEEN", "alias", 1)
    assert verdict.reason == "known by its link; the guid is gone; the words are the same"


def test_a_changed_guid_is_an_alias_that_is_remembered(world: World):
    verdict = world.one(OLD._replace(guid="another"))
    again = world.one(OLD._replace(guid="another", link=f"{SITE}/elsewhere"))

    assert (verdict.kind, verdict.via) == ("SEEN", "alias")
    assert verdict.reason == "known by its link; the guid changed; the words are the same"
    assert [key.value for key in verdict.keys] == ["another"]
    assert (again.item_id, again.via) == (1, "guid")


def test_a_tombstone_stays_buried(world: World):
    world.poll(an_entry(), OLD)
    world.forget(2)
    verdict = world.one(an_entry(), OLD)

    assert (verdict.kind, verdict.via, verdict.item_id, verdict.keys) == ("SEEN", "tombstone", None, ())


def test_another_feed_with_the_same_link_is_a_second_sighting(world: World):
    verdict = world.one(OLD._replace(guid="in feed 2", body="Other words altogether, in the other section."), feed=2)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("SEEN", "link", 1)
    assert verdict.reason == "known by its link; another feed had it, this one shows it for the first time"


def test_two_feeds_with_one_link_and_different_words_do_not_flap(world: World):
    elsewhere = OLD._replace(title="Same story, the title of the other section")
    world.poll(elsewhere, feed=2)

    kinds = [world.kinds(OLD), world.kinds(elsewhere, feed=2), world.kinds(OLD), world.kinds(elsewhere, feed=2)]

    assert kinds == [["SEEN"]] * 4
    assert world.one(elsewhere._replace(title="An edited title"), feed=2).kind == "REVISED"
    assert world.kinds(OLD) == ["SEEN"]


def test_an_equal_text_under_another_link_is_the_same_text(world: World):
    world.poll(OLD, feed=1)
    world.poll(an_entry("Ships and tides of the week", "Quite other words.", name="tides"), feed=2)
    verdict = world.one(an_entry("Reprinted under its own headline", name="copy"), feed=2)

    assert (verdict.kind, verdict.via, verdict.copy_of, verdict.item_id) == ("SAME_TEXT", "text", 1, None)
    assert verdict.reason == "the same text of 79 words as item 1, in another feed"


def test_an_item_absent_in_three_good_polls_amid_others_is_withdrawn(world: World):
    older, gone, newer = OLD, an_entry(name="gone", at=NOON - 5 * HOUR), an_entry("A newer story", name="new")
    world.poll(newer, gone, older)

    absences = [absence_of(world.poll(newer, older), world.item(gone)) for _ in range(3)]

    assert [one.kind for one in absences if one] == ["MISSING", "MISSING", "WITHDRAWN"]
    assert absences[2]
    assert absences[2].position is None
    assert absences[2].reason == "not in 3 new documents of the feed, while older articles still are"
    assert absence_of(world.poll(newer, older), world.item(gone)) is None


def test_a_deleted_entry_is_withdrawn_at_once(world: World):
    world.poll(an_entry(name="gone"), OLD)
    verdict = absence_of(world.poll(OLD, deleted_guids=frozenset({"id-gone"})), 2)

    assert verdict
    assert (verdict.kind, verdict.reason) == ("WITHDRAWN", "the feed says that this entry was deleted")


def test_an_item_that_is_back_has_returned(world: World):
    newer = an_entry("A newer story", name="new")
    world.poll(newer, OLD)
    assert absence_of(world.poll(newer), 1)
    verdict = world.poll(newer, OLD)[1]

    assert (verdict.kind, verdict.item_id) == ("RETURNED", 1)
    assert verdict.reason == "known by its guid; back after 1 poll without it with the same words"


def test_an_item_that_is_back_with_another_number_is_revised(world: World):
    newer, counted = an_entry("A newer story", name="new"), OLD._replace(body="It is 40 km long.")
    world.poll(newer, counted)
    world.poll(newer)
    verdict = world.poll(newer, OLD._replace(body="It is 44 km long."))[1]

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.FACT)
    assert "back after 1 poll without it; a number, date or status changed" in verdict.reason


def test_a_withdrawn_item_that_is_back_has_returned(world: World):
    gone, newer = an_entry(name="gone", at=NOON - 5 * HOUR), an_entry("A newer story", name="new")
    world.poll(newer, gone, OLD)
    for _ in range(3):
        world.poll(newer, OLD)
    assert world.sightings[1, world.item(gone)].withdrawn_at

    assert world.poll(newer, gone, OLD)[1].kind == "RETURNED"


def test_a_mass_of_unknown_entries_is_held(world: World):
    verdicts = world.poll(OLD, *entries(21, "wave"))[1:]

    assert {verdict.kind for verdict in verdicts} == {VerdictKind.HELD}
    assert verdicts[0].reason == "21 unknown entries at once, where 20 are the most expected: it looks renumbered"
    assert verdicts[0].keys
    assert verdicts[0].item_id is None


def test_a_truncated_document_makes_no_revision(world: World):
    changed = OLD._replace(body="Cut in the middle")
    verdict = world.one(changed, truncated=True)

    assert (verdict.kind, verdict.via) == ("SEEN", "truncated")
    assert world.one(changed).kind == "REVISED"


def test_an_entry_without_title_text_and_link_is_skipped(world: World):
    verdict = world.one(an_entry("", "", link=None), OLD)

    assert (verdict.kind, verdict.item_id) == ("SKIPPED", None)
    assert verdict.reason == "it has no title, no text and no link"


@pytest.mark.parametrize("entry", [an_entry("Title alone", "", link=None), an_entry("", "", name="link-alone")])
def test_a_title_or_a_link_alone_makes_an_item(world: World, entry: Entry):
    assert world.kinds(entry, OLD) == ["NEW", "SEEN"]


def test_an_irrelevant_entry_has_a_verdict_too(world: World):
    off_topic = an_entry("Cats of the harbour", name="cats")

    assert world.kinds(off_topic, OLD, irrelevant=[off_topic]) == ["NEW", "SEEN"]
    assert world.kinds(off_topic, OLD, irrelevant=[off_topic]) == ["SEEN", "SEEN"]


def test_an_irrelevant_entry_with_other_words_keeps_no_version(world: World):
    off_topic, edited = an_entry("Cats of the harbour", name="cats"), an_entry("Dogs of the harbour", name="cats")
    world.poll(off_topic, OLD, irrelevant=[off_topic])
    verdict = world.one(edited, OLD, irrelevant=[edited])

    assert (verdict.kind, verdict.revision_class) == ("META", None)
    assert "it matches no topic" in verdict.reason


def test_words_that_come_to_match_a_topic_are_live(world: World):
    off_topic, edited = an_entry("Cats of the harbour", name="cats"), an_entry("Cables of the harbour", name="cats")
    world.poll(off_topic, OLD, irrelevant=[off_topic])
    verdict = world.one(edited, OLD)

    assert (verdict.kind, verdict.origin) == ("FILLED", Origin.LIVE)
    assert "its words changed and match a topic now" in verdict.reason


@pytest.mark.parametrize("title", ["Cats of the harbour", "Cats of the old harbour"])
def test_topics_that_come_to_match_make_a_baseline(world: World, title: str):
    off_topic, later = an_entry("Cats of the harbour", name="cats"), an_entry(title, name="cats")
    world.poll(off_topic, OLD, irrelevant=[off_topic])
    verdict = world.one(later, OLD, rematched=True)

    assert (verdict.kind, verdict.origin) == ("FILLED", Origin.BASELINE)
    assert "the topics changed and it matches one now" in verdict.reason


def test_the_same_link_with_matching_words_in_another_feed_fills_the_item(world: World):
    headline = an_entry("Ministry meets", "", name="met")
    world.poll(headline, OLD, irrelevant=[headline])
    world.poll(OLD, feed=2)
    verdict = world.one(an_entry("Ministry meets the cable union", name="met"), feed=2)

    assert (verdict.kind, verdict.origin, verdict.item_id) == ("FILLED", Origin.LIVE, 2)


def test_the_text_that_only_another_feed_has_fills_the_item(world: World):
    world.poll(an_entry("Ministry meets the cable union", "", name="met"), OLD)
    world.poll(OLD, feed=2)
    verdict = world.one(an_entry("Ministry meets the cable union", name="met"), feed=2)

    assert (verdict.kind, verdict.item_id) == ("FILLED", 2)
    assert "other feeds have its title only" in verdict.reason


def test_a_whole_text_instead_of_a_summary_fills_the_item(world: World):
    verdict = world.one(OLD._replace(body=LONG_TEXT + " And 12 more sentences.", text_kind=TextKind.CONTENT))

    assert verdict.kind == "FILLED"


def test_a_summary_instead_of_the_whole_text_changes_nothing_that_is_kept(world: World):
    world.poll(OLD._replace(text_kind=TextKind.CONTENT))
    short = OLD._replace(body="The cable ship left the harbour.", text_kind=TextKind.SUMMARY)

    less, again = world.one(short), world.one(OLD._replace(text_kind=TextKind.CONTENT))

    assert (less.kind, less.reason) == ("META", "known by its guid; it has less text than before, which is kept")
    assert (again.kind, again.reason) == ("META", "known by its guid; back to the words that are kept")
    assert world.one(short._replace(title="An older story about 2 harbour towns")).kind == "REVISED"


def test_another_norm_renews_the_hashes_silently(world: World):
    last = world.sightings[1, 1]
    world.sightings[1, 1] = last._replace(content_hash="0:" + last.content_hash[2:], title_hash="0:", text_hash="0:")
    verdict = world.one(OLD)

    assert (verdict.kind, verdict.via) == ("SEEN", "norm")


def test_an_item_whose_words_were_removed_stays_as_it_is(world: World):
    entry = prepared(OLD._replace(title="An edited title"))
    context = world.context(1, [entry])
    context = replace(context, items={1: replace(context.items[1], forgotten=True)})
    verdicts = decide([entry], DocumentFacts(number=9), context, now=NOON, baseline=False)

    assert [(verdict.kind, verdict.via, verdict.item_id) for verdict in verdicts] == [("SEEN", "tombstone", 1)]
