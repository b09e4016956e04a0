"""By which names an entry is recognised, and which names are none."""

from datetime import datetime, timedelta

import pytest

from storage.model import Entry, KeyKind, Origin
from tests.builders_items import NOON, OLD, SITE, World, an_entry, entries, started_world

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return started_world()


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


@pytest.mark.parametrize("guid", [None, "g"])
def test_two_texts_under_one_link_and_title_are_versions(guid: str | None):
    world = World()
    old = an_entry(text="The first text.", guid=None, at=NOON - 2 * HOUR)
    new = an_entry(text="The second text.", guid=guid, at=NOON - HOUR)

    assert world.kinds(old, new) == ["SKIPPED", "NEW"]


def test_where_guid_and_link_name_two_items_the_guid_wins(world: World):
    world.poll(an_entry(), OLD)
    verdict = world.one(an_entry(link=OLD.link))

    assert verdict.item_id == 2
    assert "another of its keys belongs to item 1 (key_conflict)" in verdict.reason
    assert not verdict.keys


def test_a_link_that_a_new_guid_takes_over_beside_the_old_item_is_a_new_item(world: World):
    moved = OLD._replace(link=f"{SITE}/old-moved")
    verdicts = world.poll(moved, an_entry("A new story on the old address", "Other words.", link=OLD.link))

    assert [verdict.kind for verdict in verdicts] == ["META", "NEW"]


def test_a_feed_that_invents_a_guid_at_every_poll_does_not_grow_for_ever(world: World):
    for n in range(12):
        verdict = world.one(OLD._replace(guid=f"random-{n}"))
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
    assert verdict.reason == (
        "known by the number at the end of its link; only its link changed; the outlet marks it “yenilənib [2]”"
    )
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
    moved = OLD._replace(guid="new-guid", link=f"{SITE}/new-link", published_at=NOON + 9 * DAY)
    verdict = world.one(moved)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("META", "moved", 1)
    assert "the same words as an entry that is gone" in verdict.reason
    assert world.one(moved).via == "guid"


def test_the_same_words_beside_the_old_entry_have_not_moved(world: World):
    assert world.kinds(OLD._replace(guid="new-guid", link=f"{SITE}/new-link"), OLD) == ["NEW", "SEEN"]


def test_the_same_words_after_more_than_three_days_have_not_moved(world: World):
    world.poll(an_entry(name="other", title="Something else entirely"))
    world.now += 4 * DAY
    world.feeds[1].ok_at = world.now  # answered "not modified" all the time, without the item
    moved = OLD._replace(guid="new-guid", link=f"{SITE}/new-link", published_at=None)

    assert world.one(moved).kind == "NEW"


def test_an_unchanged_document_was_seen_at_the_last_good_poll(world: World):
    world.now += 4 * DAY
    world.feeds[1].ok_at = world.now  # answered "not modified" all the time
    moved = OLD._replace(guid="new-guid", link=f"{SITE}/new-link", published_at=None)

    assert world.one(moved).via == "moved"


def test_a_short_text_has_not_moved():
    world = World()
    first, second = (an_entry("Digest", "Seven words are not enough, you see.", name=n, at=None) for n in ("a", "b"))
    world.poll(first)

    assert world.one(second).kind == "NEW"


def test_the_same_title_and_date_of_an_entry_that_is_gone_is_the_same_item(world: World):
    rewritten = OLD._replace(guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.")
    verdict = world.one(rewritten)

    assert (verdict.kind, verdict.via, verdict.item_id) == ("REVISED", "title", 1)


@pytest.mark.parametrize("at", [None, NOON + 3 * DAY])
def test_the_same_title_on_another_date_is_another_article(world: World, at: datetime | None):
    again = OLD._replace(guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.", published_at=at)

    assert world.one(again).kind == "NEW"


def test_a_series_title_names_no_item():
    world = World()
    digests = [an_entry("Digest of the hour", f"Digest {n}", name=n) for n in ("a", "b", "c", "d")]
    for count in (1, 2, 3):
        world.poll(*digests[:count], OLD)
    assert len(world.items) == 4

    assert world.one(digests[3], OLD).kind == "NEW"


def test_a_title_that_stands_twice_in_a_document_names_no_item(world: World):
    twice = [OLD._replace(guid=n, link=f"{SITE}/{n}", body=f"Rewritten {n}") for n in ("x", "y")]

    assert world.kinds(*twice) == ["NEW", "NEW"]


def test_in_a_truncated_document_nothing_is_known_to_be_gone(world: World):
    rewritten = OLD._replace(guid="x", link=f"{SITE}/x", body="Rewritten from beginning to end.")

    assert world.one(rewritten, truncated=True).kind == "NEW"


def _renumbered(news: list[Entry], **changes: object) -> list[Entry]:
    return [entry._replace(guid=f"new-{n}", link=f"{SITE}/new/{n}", **changes) for n, entry in enumerate(news)]  # type: ignore[arg-type]


def test_a_feed_that_gives_all_entries_new_guids_is_rekeyed_at_once():
    world, news = World(), entries(8)
    world.poll(*news)
    changed = _renumbered(news[1:], published_at=NOON + 5 * DAY, body="")
    verdicts = world.poll(*changed, news[0], an_entry("A really new one", name="x"))
    rekeyed, same, new = verdicts[:7], verdicts[7], verdicts[8]

    assert {verdict.via for verdict in rekeyed} == {"rekey"}
    assert [verdict.item_id for verdict in rekeyed] == [world.item(entry) for entry in news[1:]]
    assert {verdict.origin for verdict in rekeyed} == {Origin.BASELINE}
    assert (same.kind, same.via, same.origin) == ("SEEN", "guid", Origin.LIVE)
    assert (new.kind, new.via, new.origin) == ("NEW", "", Origin.BASELINE)
    assert set(world.kinds(*changed)) == {"SEEN"}


@pytest.mark.parametrize(("old", "via"), [(5, "rekey"), (4, "alias")])
def test_half_of_the_unknown_guids_must_stand_under_known_names(old: int, via: str):
    world, news = World(), entries(10)
    world.poll(*news)
    verdicts = world.poll(*[e._replace(guid=f"new-{e.guid}") for e in news[:old]], *entries(10 - old, "other"))

    assert {verdict.via for verdict in verdicts[:old]} == {via}


def test_a_feed_without_guids_is_not_rekeyed():
    world, news = World(), entries(8, guid=None)
    world.poll(*news)
    verdicts = world.poll(*[entry._replace(link=f"{entry.link}/moved") for entry in news])

    assert {verdict.via for verdict in verdicts} == {"moved"}


def test_new_guids_on_old_links_are_a_rekeying_too():
    world, news = World(), entries(8)
    world.poll(*news)
    verdicts = world.poll(*[entry._replace(guid=f"new-{entry.guid}") for entry in news])

    assert {(verdict.kind, verdict.via) for verdict in verdicts} == {("SEEN", "rekey")}


def test_guids_that_change_at_every_poll_are_a_rekeying_once():
    world, news = World(), entries(8)
    world.poll(*news)
    vias = [{one.via for one in world.poll(*[e._replace(guid=f"{n}-{e.guid}") for e in news])} for n in range(3)]

    assert vias == [{"rekey"}, {"alias"}, {"alias"}]


def test_a_feed_full_of_news_is_not_rekeyed():
    world, news = World(), entries(8)
    world.poll(*news)
    verdicts = world.poll(*entries(8, "other"), news[0])

    assert [verdict.kind for verdict in verdicts if verdict.position is not None] == ["NEW"] * 8 + ["SEEN"]


def test_four_guids_are_too_few_to_speak_of_a_rekeying():
    world, news = World(), entries(4)
    world.poll(*news)
    verdicts = world.poll(*[entry._replace(guid=f"new-{entry.guid}") for entry in news])

    assert {verdict.via for verdict in verdicts} == {"alias"}


def test_entries_whose_bytes_are_known_speak_against_a_rekeying():
    world, news = World(), entries(20)
    world.poll(*news)
    changed = [entry._replace(guid=f"new-{entry.guid}") for entry in news[:6]]
    verdicts = world.poll(*changed, *news[6:], differential=True)

    assert {verdict.via for verdict in verdicts} == {"alias"}
