from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.items.identity import DocumentFacts, decide
from monitor.words import sentences
from storage.model import Entry, KeyKind, Origin, RevisionClass, TextKind, Verdict, VerdictKind
from tests.builders_items import LONG_TEXT, NOON, SITE, World, an_entry, entries, prepared

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    """A world whose feed 1 has had its baseline: an old story stands in it."""
    world = World()
    world.poll(an_entry("An older story about the harbour town", name="old", at=NOON - 9 * HOUR))
    return world


OLD = an_entry("An older story about the harbour town", name="old", at=NOON - 9 * HOUR)


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
    verdict = world.one(replace(OLD, **change))  # type: ignore[arg-type]

    assert (verdict.kind, verdict.revision_class) == ("META", None)
    assert verdict.reason == f"known by its guid; {what}"


def test_an_author_or_a_tag_changes_nothing(world: World):
    assert world.kinds(replace(OLD, author="A. Writer", tags=("sea", "news"))) == ["SEEN"]


def test_a_date_that_is_always_now_changes_nothing(world: World):
    world.feeds[1].memory["flags"] = frozenset({"date_untrusted"})

    assert world.kinds(replace(OLD, published_raw="now")) == ["SEEN"]


def test_another_title_with_the_same_facts_is_a_title_revision(world: World):
    verdict = world.one(replace(OLD, title="An older tale about the harbour town"))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.TITLE)
    assert verdict.reason == "known by its guid; the title changed, but no number, date or status"


def test_another_wording_with_the_same_facts_is_a_style_revision(world: World):
    verdict = world.one(replace(OLD, body=LONG_TEXT.replace("in light rain", "in a drizzle")))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.STYLE)


def test_another_number_is_a_fact_revision(world: World):
    world.poll(replace(OLD, body="The cable is 40 km long."))
    verdict = world.one(replace(OLD, body="The cable is 44 km long."))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.FACT)
    assert verdict.reason == "known by its guid; a number, date or status changed"


def test_a_text_that_comes_later_fills_the_item():
    world = World()
    world.poll(an_entry(text=""))
    verdict = world.one(an_entry())

    assert (verdict.kind, verdict.revision_class, verdict.item_id) == ("FILLED", RevisionClass.FILLED, 1)
    assert "it had a title only and has a text now" in verdict.reason


def test_a_title_that_flips_back_is_reverted(world: World):
    world.poll(replace(OLD, title="A bolder story about the harbour town"))
    verdict = world.one(OLD)

    assert (verdict.kind, verdict.revision_class) == ("REVERTED", RevisionClass.REVERT)
    assert verdict.reason == "known by its guid; back to the words of version 1"


def test_more_than_three_versions_in_a_day_are_flapping(world: World):
    titles = [f"An older story about the {place} town" for place in ("quiet", "windy", "sunny", "rainy")]

    kinds = [world.one(replace(OLD, title=title)).kind for title in titles]

    assert kinds == ["REVISED", "REVISED", "REVISED", "FLAPPING"]


def test_a_fact_still_counts_while_an_item_is_flapping(world: World):
    for place in ("quiet", "windy", "sunny", "rainy"):
        verdict = world.one(replace(OLD, title=f"An older story about the {place} town"))
    assert verdict.kind == "FLAPPING"

    verdict = world.one(replace(OLD, title="An older story about 3 harbour towns"))

    assert (verdict.kind, verdict.revision_class) == ("REVISED", RevisionClass.FACT)


def test_an_item_is_calm_again_after_a_day(world: World):
    for place in ("quiet", "windy", "sunny", "rainy"):
        verdict = world.one(replace(OLD, title=f"An older story about the {place} town"))
    assert verdict.kind == "FLAPPING"
    world.now += DAY

    assert world.kinds(replace(OLD, title="An older story about the foggy town")) == ["REVISED"]


def test_a_lost_guid_is_an_alias(world: World):
    verdict = world.one(replace(OLD, guid=None))

    assert (verdict.kind, verdict.via, verdict.item_id) == ("SEEN", "alias", 1)
    assert verdict.reason == "known by its link; the guid is gone; the words are the same"


def test_a_changed_guid_is_an_alias_that_is_remembered(world: World):
    verdict = world.one(replace(OLD, guid="another"))
    again = world.one(replace(OLD, guid="another", link=f"{SITE}/elsewhere"))

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
    verdict = world.one(replace(OLD, guid="in feed 2", body="Other words altogether, in the other section."), feed=2)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("SEEN", "link", 1)
    assert verdict.reason == "known by its link; known from another feed, in this one for the first time"


def test_two_feeds_with_one_link_and_different_words_do_not_flap(world: World):
    elsewhere = replace(OLD, title="Same story, the title of the other section")
    world.poll(elsewhere, feed=2)

    kinds = [world.kinds(OLD), world.kinds(elsewhere, feed=2), world.kinds(OLD), world.kinds(elsewhere, feed=2)]

    assert kinds == [["SEEN"]] * 4
    assert world.one(replace(elsewhere, title="An edited title"), feed=2).kind == "REVISED"
    assert world.kinds(OLD) == ["SEEN"]


def test_an_equal_text_under_another_link_is_the_same_text(world: World):
    world.poll(OLD, feed=1)
    world.poll(an_entry("Ships and tides of the week", "Quite other words.", name="tides"), feed=2)
    verdict = world.one(an_entry("Reprinted under its own headline", name="copy"), feed=2)

    assert (verdict.kind, verdict.via, verdict.copy_of, verdict.item_id) == ("SAME_TEXT", "text", 1, None)
    assert verdict.reason == "the same text of 79 words as item 1 of another feed"


def test_an_item_absent_in_three_good_polls_amid_others_is_withdrawn(world: World):
    older, gone, newer = OLD, an_entry(name="gone", at=NOON - 5 * HOUR), an_entry("A newer story", name="new")
    world.poll(newer, gone, older)

    absences = [_about(world.poll(newer, older), world.item(gone)) for _ in range(3)]

    assert [one.kind for one in absences if one] == ["MISSING", "MISSING", "WITHDRAWN"]
    assert absences[2]
    assert absences[2].position is None
    assert absences[2].reason == "not in the feed in 3 good polls, while older articles still are"
    assert _about(world.poll(newer, older), world.item(gone)) is None


def test_a_deleted_entry_is_withdrawn_at_once(world: World):
    world.poll(an_entry(name="gone"), OLD)
    verdict = _about(world.poll(OLD, deleted_guids=frozenset({"id-gone"})), 2)

    assert verdict
    assert (verdict.kind, verdict.reason) == ("WITHDRAWN", "the feed says that this entry was deleted")


def test_an_item_that_is_back_has_returned(world: World):
    newer = an_entry("A newer story", name="new")
    world.poll(newer, OLD)
    assert _about(world.poll(newer), 1)
    verdict = world.poll(newer, OLD)[1]

    assert (verdict.kind, verdict.item_id) == ("RETURNED", 1)
    assert verdict.reason == "known by its guid; back after 1 poll without it with the same words"


def test_an_item_that_is_back_with_another_number_is_revised(world: World):
    newer, counted = an_entry("A newer story", name="new"), replace(OLD, body="It is 40 km long.")
    world.poll(newer, counted)
    world.poll(newer)
    verdict = world.poll(newer, replace(OLD, body="It is 44 km long."))[1]

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
    changed = replace(OLD, body="Cut in the middle")
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


def test_a_guid_that_moves_to_https_is_the_same(world: World):
    world.poll(an_entry(guid="http://news.example/?p=7", link=f"{SITE}/a"), OLD)
    verdict = world.one(an_entry(guid="https://news.example/?p=7", link=f"{SITE}/b"), OLD)

    assert (verdict.item_id, verdict.via) == (2, "twin")
    assert "known by its guid, http and https taken as one" in verdict.reason


def test_a_link_that_moves_to_https_is_the_same(world: World):
    world.poll(an_entry(guid=None, link="http://news.example/a"), OLD)

    assert world.one(an_entry(guid=None, link="https://news.example/a"), OLD).item_id == 2


def test_one_guid_for_all_items_is_barred_and_links_count():
    world = World()
    first, second = an_entry("One thing", guid="all", name="a"), an_entry("Another thing", guid="all", name="b")
    verdicts = world.poll(first, second)

    assert [verdict.kind for verdict in verdicts] == ["NEW", "NEW"]
    assert {key.value for verdict in verdicts for key in verdict.barred} == {"all"}
    assert {key.kind for verdict in verdicts for key in verdict.keys} == {KeyKind.LINK}
    assert world.kinds(an_entry("A third thing", guid="all", name="c"), first) == ["NEW", "SEEN"]


def test_a_guid_stays_barred_though_it_names_one_link_today():
    world = World()
    world.poll(an_entry("One thing", guid="all", name="a"), an_entry("Another thing", guid="all", name="b"))

    assert world.kinds(an_entry("A third thing", guid="all", name="c")) == ["NEW"]


def test_a_guid_is_barred_by_an_entry_whose_bytes_are_known(world: World):
    first, second = an_entry("One thing", guid="all", name="a"), an_entry("Another thing", guid="all", name="b")
    world.poll(first, OLD)
    verdicts = world.poll(first, second, OLD, differential=True)

    assert [verdict.kind for verdict in verdicts] == ["NEW"]
    assert [key.value for key in verdicts[0].barred] == ["all"]


def test_three_titles_under_one_guid_and_link_are_three_articles():
    same = {"guid": "all", "link": f"{SITE}/live"}
    world = World()
    news = [an_entry(f"The {place} gate opens at the lock", place, **same) for place in ("north", "south", "west")]

    assert world.kinds(*news) == ["NEW", "NEW", "NEW"]
    assert world.kinds(*reversed(news)) == ["SEEN", "SEEN", "SEEN"]


def test_the_address_of_the_site_is_no_guid_and_no_link():
    world = World()
    news = [an_entry(title, title, guid=SITE, link=SITE + "/") for title in ("One thing", "Another thing")]

    assert world.kinds(*news) == ["NEW", "NEW"]
    assert world.kinds(*news) == ["SEEN", "SEEN"]


def test_a_link_under_two_titles_is_barred_and_words_count():
    world = World()
    ticker = {"guid": None, "link": f"{SITE}/live"}
    verdicts = world.poll(an_entry("Storm closes the port", "a", **ticker), an_entry("Port opens again", "b", **ticker))

    assert [verdict.kind for verdict in verdicts] == ["NEW", "NEW"]
    assert {key.kind for verdict in verdicts for key in verdict.barred} == {KeyKind.LINK}
    assert {key.kind for verdict in verdicts for key in verdict.keys} == {KeyKind.HASH}
    assert world.one(an_entry("Port opens again", "b", **ticker)).via == "hash"


def test_a_live_blog_under_one_link_and_title_has_an_item_a_guid():
    world = World()
    posts = [an_entry("Live: the storm", f"Post of the {n} watch", guid=n, link=f"{SITE}/live") for n in ("dog", "fox")]

    assert world.kinds(*posts) == ["NEW", "NEW"]
    assert world.kinds(*posts) == ["SEEN", "SEEN"]


def test_an_entry_that_stands_twice_counts_once():
    world = World()
    verdicts = world.poll(an_entry(), an_entry(), an_entry(guid="second section"))

    assert sorted(verdict.kind for verdict in verdicts) == ["NEW", "SKIPPED", "SKIPPED"]
    assert len(world.items) == 1
    assert sorted(world.kinds(an_entry(), an_entry(guid="second section"))) == ["SEEN", "SKIPPED"]


def test_of_two_versions_in_one_document_the_newer_counts():
    world = World()
    old = an_entry("The first version", updated_at=NOON)
    new = an_entry("The second version", updated_at=NOON + HOUR)

    assert world.kinds(old, new) == ["SKIPPED", "NEW"]
    assert world.kinds(new, old) == ["SEEN", "SKIPPED"]
    assert world.kinds(new, old, differential=True) == ["SKIPPED"]


def test_a_newer_version_beside_the_known_bytes_of_the_old_one_is_a_revision():
    world = World()
    old = an_entry("The first version", updated_at=NOON)
    world.poll(old)
    new = an_entry("The final version", updated_at=world.now + HOUR)

    assert world.kinds(new, old, differential=True) == ["REVISED"]
    assert world.kinds(new, old, differential=True) == ["SKIPPED"]


def test_where_guid_and_link_name_two_items_the_guid_wins(world: World):
    world.poll(an_entry(), OLD)
    verdict = world.one(an_entry(link=OLD.link))

    assert verdict.item_id == 2
    assert "another of its keys belongs to item 1 (key_conflict)" in verdict.reason
    assert not verdict.keys


def test_a_link_that_a_new_guid_takes_over_beside_the_old_item_is_a_new_item(world: World):
    moved = replace(OLD, link=f"{SITE}/old-moved")
    verdicts = world.poll(moved, an_entry("A new story on the old address", "Other words.", link=OLD.link))

    assert [verdict.kind for verdict in verdicts] == ["META", "NEW"]


def test_a_feed_that_invents_a_guid_at_every_poll_does_not_grow_for_ever(world: World):
    for n in range(12):
        verdict = world.one(replace(OLD, guid=f"random-{n}"))
        assert (verdict.kind, verdict.item_id) == ("SEEN", 1)

    assert len([key for key in world.keys if key.kind is KeyKind.GUID]) == 8
    assert verdict.reason == "known by its link; the guid changes all the time; the words are the same"


def _agency(n: int, slug: str, title: str, **given: object) -> Entry:
    return an_entry(title, "", guid=None, link=f"{SITE}/en/{slug}-{4411000 + n}", name=str(n), **given)


def _agency_feed() -> list[Entry]:
    return [_agency(n, f"slug-{n}", f"Headline about the {place} quay") for n, place in enumerate(("east", "west"))]


def test_an_updated_headline_and_slug_are_known_by_the_number_of_the_link():
    world = World()
    east, west = _agency_feed()
    world.poll(east, west)
    updated = _agency(0, "updated-2-slug", "Headline about the east quay YENİLƏNİB [2]")
    verdict = world.one(updated, west)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("META", "tail", 1)
    assert "the number at the end of its link" in verdict.reason
    assert world.one(updated, west).via == "link"


def test_a_number_with_another_title_is_another_article():
    world = World()
    east, west = _agency_feed()
    world.poll(east, west)

    assert world.one(_agency(0, "other", "Fishermen protest against new rules"), west).kind == "NEW"


def test_numbers_that_stand_twice_name_nothing():
    world = World()
    east, west = _agency_feed()
    world.poll(east, west)
    twice = [_agency(0, slug, "Headline about the east quay, now wider") for slug in ("one", "two")]

    assert {verdict.kind for verdict in world.poll(*twice, west)[:2]} == {"NEW"}


def test_numbers_do_not_count_where_most_links_have_none(world: World):
    east, _ = _agency_feed()
    plain = entries(5, guid=None)
    world.poll(east, *plain)
    verdict = world.one(_agency(0, "updated-slug", "Headline about the wide east quay"), *plain)

    assert verdict.kind == "NEW"


def test_the_same_words_under_a_new_link_have_moved(world: World):
    moved = replace(OLD, guid="new-guid", link=f"{SITE}/new-link", published_at=NOON + 9 * DAY)
    verdict = world.one(moved)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("META", "moved", 1)
    assert "the same words as an entry that is gone" in verdict.reason
    assert world.one(moved).via == "guid"


def test_the_same_words_beside_the_old_entry_have_not_moved(world: World):
    assert world.kinds(replace(OLD, guid="new-guid", link=f"{SITE}/new-link"), OLD) == ["NEW", "SEEN"]


def test_the_same_words_after_more_than_three_days_have_not_moved(world: World):
    world.poll(an_entry(name="other", title="Something else entirely"))
    world.now += 4 * DAY
    moved = replace(OLD, guid="new-guid", link=f"{SITE}/new-link", published_at=None)

    assert world.one(moved).kind == "NEW"


def test_an_unchanged_document_was_seen_at_the_last_good_poll(world: World):
    world.now += 4 * DAY
    world.feeds[1].ok_at = world.now  # answered "not modified" all the time
    moved = replace(OLD, guid="new-guid", link=f"{SITE}/new-link", published_at=None)

    assert world.one(moved).via == "moved"


def test_a_short_text_has_not_moved():
    world = World()
    series = {"title": "Digest of the hour", "text": "Seven words are not enough, you see.", "at": None}
    world.poll(an_entry(name="a", **series))

    assert world.one(an_entry(name="b", **series)).kind == "NEW"


def test_the_same_title_and_date_of_an_entry_that_is_gone_is_the_same_item(world: World):
    rewritten = replace(OLD, guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.")
    verdict = world.one(rewritten)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("REVISED", "title", 1)


@pytest.mark.parametrize("at", [None, NOON + 3 * DAY])
def test_the_same_title_on_another_date_is_another_article(world: World, at: object):
    again = replace(OLD, guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.", published_at=at)

    assert world.one(again).kind == "NEW"


def test_a_series_title_names_no_item():
    world = World()
    digests = [an_entry("Digest of the hour", f"Digest {n}", name=n) for n in ("a", "b", "c", "d")]
    for count in (1, 2, 3):
        world.poll(*digests[:count], OLD)
    assert len(world.items) == 4

    assert world.one(digests[3], OLD).kind == "NEW"


def test_a_title_that_stands_twice_in_a_document_names_no_item(world: World):
    twice = [replace(OLD, guid=n, link=f"{SITE}/{n}", body=f"Rewritten {n}") for n in ("x", "y")]

    assert world.kinds(*twice) == ["NEW", "NEW"]


def test_in_a_truncated_document_nothing_is_known_to_be_gone(world: World):
    rewritten = replace(OLD, guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.")

    assert world.one(rewritten, truncated=True).kind == "NEW"


def _renumbered(news: list[Entry], **changes: object) -> list[Entry]:
    return [replace(entry, guid=f"new-{n}", link=f"{SITE}/new/{n}", **changes) for n, entry in enumerate(news)]  # type: ignore[arg-type]


def test_a_feed_that_gives_all_entries_new_guids_is_rekeyed_at_once():
    world, news = World(), entries(8)
    world.poll(*news)
    changed = _renumbered(news, published_at=NOON + 5 * DAY, body="")
    verdicts = world.poll(*changed, an_entry("A really new one", name="x"))

    assert {verdict.via for verdict in verdicts[:8]} == {"rekey"}
    assert [verdict.item_id for verdict in verdicts[:8]] == [world.item(entry) for entry in news]
    assert {verdict.origin for verdict in verdicts} == {Origin.BASELINE}
    assert (verdicts[8].kind, verdicts[8].via) == ("NEW", "")
    assert set(world.kinds(*changed)) == {"SEEN"}


def test_new_guids_on_old_links_are_a_rekeying_too():
    world, news = World(), entries(8)
    world.poll(*news)
    verdicts = world.poll(*[replace(entry, guid=f"new-{entry.guid}") for entry in news])

    assert {(verdict.kind, verdict.via) for verdict in verdicts} == {("SEEN", "rekey")}


def test_guids_that_change_at_every_poll_are_a_rekeying_once():
    world, news = World(), entries(8)
    world.poll(*news)
    vias = [{one.via for one in world.poll(*[replace(e, guid=f"{n}-{e.guid}") for e in news])} for n in range(3)]

    assert vias == [{"rekey"}, {"alias"}, {"alias"}]


def test_a_feed_full_of_news_is_not_rekeyed():
    world, news = World(), entries(8)
    world.poll(*news)
    verdicts = world.poll(*entries(8, "other"), news[0])

    assert [verdict.kind for verdict in verdicts if verdict.position is not None] == ["NEW"] * 8 + ["SEEN"]


def test_four_guids_are_too_few_to_speak_of_a_rekeying():
    world, news = World(), entries(4)
    world.poll(*news)
    verdicts = world.poll(*[replace(entry, guid=f"new-{entry.guid}") for entry in news])

    assert {verdict.via for verdict in verdicts} == {"alias"}


def test_entries_whose_bytes_are_known_speak_against_a_rekeying():
    world, news = World(), entries(20)
    world.poll(*news)
    changed = [replace(entry, guid=f"new-{entry.guid}") for entry in news[:6]]
    verdicts = world.poll(*changed, *news[6:], differential=True)

    assert {verdict.via for verdict in verdicts} == {"alias"}


def test_a_held_wave_that_stays_is_released_as_baseline(world: World):
    wave = entries(30, "wave")
    assert set(world.kinds(*wave)) == {"HELD"}
    since = world.now
    verdicts = world.poll(*wave[1:], an_entry("Fresh news", name="fresh"))

    assert {(verdict.kind, verdict.origin) for verdict in verdicts[:29]} == {("NEW", Origin.BASELINE)}
    assert f"held since {since:%Y-%m-%d %H:%M} UTC" in verdicts[0].reason
    assert (verdicts[29].kind, verdicts[29].origin) == ("NEW", Origin.LIVE)
    assert set(world.kinds(*wave[1:])) == {"SEEN"}


def test_a_wave_with_other_names_at_each_poll_stays_held(world: World):
    assert set(world.kinds(*entries(30, "wave"))) == {"HELD"}
    assert set(world.kinds(*entries(30, "again"))) == {"HELD"}


def test_a_wave_that_a_person_lets_in_is_baseline(world: World):
    verdicts = world.poll(*entries(30, "wave"), trust=True)

    assert {(verdict.kind, verdict.origin) for verdict in verdicts if verdict.position is not None} == {
        ("NEW", Origin.BASELINE)
    }


def test_a_trusted_feed_without_a_wave_is_live(world: World):
    assert world.one(an_entry(), OLD, trust=True).origin is Origin.LIVE


def test_twenty_new_entries_are_no_wave(world: World):
    assert set(world.kinds(*entries(20, "wave"))) == {"NEW"}


@pytest.mark.parametrize("memory", [{"new_p95": 10.0}, {"gap_s": 3600.0}])
def test_a_busy_feed_may_bring_more(world: World, memory: dict[str, object]):
    world.feeds[1].memory = memory
    world.now += timedelta(hours=28)

    assert set(world.kinds(*entries(45, "wave"))) == {"NEW"}


def test_no_first_document_is_held():
    assert set(World().kinds(*entries(80))) == {"NEW"}


def _about(verdicts: tuple[Verdict, ...], item_id: int) -> Verdict | None:
    return next((verdict for verdict in verdicts if verdict.item_id == item_id and verdict.position is None), None)


def _absence_kinds(world: World, *document: Entry, **how: object) -> set[str]:
    return {verdict.kind for verdict in world.poll(*document, **how) if verdict.position is None}  # type: ignore[arg-type]


def test_what_rolls_off_the_end_is_missing_and_no_more():
    world, news = World(), entries(8)
    world.poll(*news[3:])
    kinds = [_absence_kinds(world, *news[n : n + 5]) for n in (2, 1, 0)]
    kinds += [_absence_kinds(world, *news[:5]) for _ in range(4)]

    assert kinds == [{"MISSING"}] * 5 + [set(), set()]


def test_a_pinned_old_entry_withdraws_nothing():
    world, news = World(), entries(14)
    pinned = an_entry("Welcome to our feed", name="pinned", at=NOON - 90 * DAY)
    world.poll(pinned, *news[9:])
    kinds = [_absence_kinds(world, pinned, *news[n : n + 5]) for n in range(8, -1, -1)]

    assert kinds == [{"MISSING"}] * 9


def test_two_neighbours_that_go_together_are_withdrawn_together():
    world, news = World(), entries(6)
    world.poll(*news)
    left = [*news[:2], *news[4:]]
    kinds = [_absence_kinds(world, *left) for _ in range(3)]

    assert kinds == [{"MISSING"}, {"MISSING"}, {"WITHDRAWN"}]


@pytest.mark.parametrize("flaw", ["truncated", "partial"])
def test_in_a_document_that_is_not_whole_nothing_is_missing(flaw: str):
    world, news = World(), entries(3)
    world.poll(*news)

    assert _absence_kinds(world, news[0], news[2], **{flaw: True}) == set()
    assert _absence_kinds(world, news[0], news[2]) == {"MISSING"}


def test_in_an_empty_document_nothing_is_missing():
    world, news = World(), entries(3)
    world.poll(*news)

    assert world.poll() == ()
    assert _absence_kinds(world, news[0]) == {"MISSING"}


def test_an_entry_known_by_its_bytes_is_present():
    world, news = World(), entries(3)
    world.poll(*news)

    assert world.poll(*news, differential=True) == ()
    assert [v.kind for v in world.poll(news[0], news[2], differential=True)] == ["MISSING"]


def test_a_deleted_entry_that_stands_in_the_document_is_there(world: World):
    assert world.kinds(OLD, deleted_guids=frozenset({"id-old"})) == ["SEEN"]
    assert _absence_kinds(world, an_entry(), deleted_guids=frozenset({"id-old"})) == {"WITHDRAWN"}


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
    assert verdict.reason == "the same title and words as item 1 of another feed within 24 hours"


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
    verdict = world.one(replace(OLD, body=LONG_TEXT + " And 12 more sentences.", text_kind=TextKind.CONTENT))

    assert verdict.kind == "FILLED"


def test_a_summary_instead_of_the_whole_text_changes_nothing_that_is_kept(world: World):
    world.poll(replace(OLD, text_kind=TextKind.CONTENT))
    short = replace(OLD, body="The cable ship left the harbour.", text_kind=TextKind.SUMMARY)

    assert world.one(short).kind == "META"
    assert world.one(replace(OLD, text_kind=TextKind.CONTENT)).kind == "META"
    assert world.one(replace(short, title="An older story about 2 harbour towns")).kind == "REVISED"


def test_another_norm_renews_the_hashes_silently(world: World):
    last = world.sightings[1, 1]
    world.sightings[1, 1] = replace(last, content_hash="0:" + last.content_hash[2:], title_hash="0:", text_hash="0:")
    verdict = world.one(OLD)

    assert (verdict.kind, verdict.via) == ("SEEN", "norm")


def test_an_item_whose_words_were_removed_stays_as_it_is(world: World):
    entry = prepared(replace(OLD, title="An edited title"))
    context = world.context(1, [entry])
    context = replace(context, items={1: replace(context.items[1], forgotten=True)})
    verdicts = decide([entry], DocumentFacts(number=9), context, now=NOON, baseline=False)

    assert [(verdict.kind, verdict.via, verdict.item_id) for verdict in verdicts] == [("SEEN", "tombstone", 1)]
