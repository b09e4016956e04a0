"""The whole line on loopback: what feeds do to a monitor in the course of months, and what it makes of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.pipeline.read import PollOptions
from storage.model import Origin
from tests.builders_line import START, Page, Site, World, a_document, an_entry, kinds

LONG = "The union said that the conference in the capital had agreed on a plan for the coming four years, and that every member state would report on it before the end of the decade, with figures on coverage, prices and skills. "  # noqa: E501
TEXT = f"The ITU met. {LONG}"
OLDER = an_entry(
    "older", "ITU publishes its yearly report", "Figures of the ITU for the year.", at=START - timedelta(days=2)
)


@pytest.fixture
def world(site: Site, tmp_path: Path):
    site.publishes(OLDER)
    with World(site, tmp_path) as world:
        yield world


@pytest.fixture
def live(world: World) -> World:
    """A world whose feed is past its baseline."""
    assert world.verdicts(world.polls()) == ["NEW"]
    return world


def test_the_first_poll_is_a_baseline_told_in_one_line(world: World) -> None:
    world.polls()
    assert [item["origin"] for item in world.items()] == ["baseline"]
    assert kinds(world.changes()) == ["event.created", "system.baseline"]
    assert world.changes("system.baseline")[0]["summary"] == "1 feed, 1 item, 1 event"


def test_a_new_entry_becomes_an_item_of_a_new_event(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    assert live.verdicts(live.polls()) == ["NEW"]
    newest = live.items()[0]
    assert (newest["title"], newest["origin"]) == ("ITU opens its conference", "live")
    assert live.changes("event.created")[-1]["event"] == newest["event"]


def test_an_edited_title_is_a_revision_with_old_and_new_words(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens conference in the capital", TEXT))
    live.polls()
    site.publishes(OLDER, an_entry("a", "ITU opens large conference in the capital", TEXT))
    assert live.verdicts(live.polls()) == ["REVISED"]
    (change,) = live.changes("item.revised")
    assert (change["class"], change["old"], change["new"]) == (
        "title", "ITU opens conference in the capital", "ITU opens large conference in the capital",
    )  # fmt: skip


def test_a_number_that_changes_is_a_revision_of_fact(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU counts 40 new networks", TEXT))
    live.polls()
    site.publishes(OLDER, an_entry("a", "ITU counts 44 new networks", TEXT))
    live.polls()
    (change,) = live.changes("item.revised")
    assert change["class"] == "fact"
    assert "[-40-]{+44+}" in change["diff"]


@pytest.mark.parametrize(
    "edited",
    [
        an_entry("a", "ITU opens its conference", TEXT, at=START),
        an_entry("a", "ITU opens its conference", TEXT, link="https://outlet.example/news/a?utm_source=feed"),
        an_entry("a", "ITU opens its  conference!", TEXT.replace(",", " –")),
    ],
    ids=["another date", "a tracking parameter", "other punctuation"],
)
def test_metadata_and_punctuation_are_no_revision(live: World, site: Site, edited: str) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    assert live.verdicts(live.polls()) == ["NEW"]
    before = [change["id"] for change in live.changes()]
    site.publishes(OLDER, edited)
    assert set(live.verdicts(live.polls())) <= {"META"}
    assert [change["id"] for change in live.changes()] == before


@pytest.mark.parametrize("guid", [None, "renumbered-1"], ids=["removed", "changed"])
def test_a_guid_that_is_removed_or_changed_is_the_same_item(live: World, site: Site, guid: str | None) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    live.polls()
    count = len(live.items())
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT, guid=guid))
    live.polls()
    assert len(live.items()) == count == 2


def test_five_stories_in_two_feeds_are_five_alerts(site: Site, tmp_path: Path) -> None:
    other = an_entry(
        "older", "ITU publishes its yearly report", at=START - timedelta(days=2), link="https://b.example/o"
    )
    site.publishes(OLDER, name="one")
    site.publishes(other, name="two")
    extra = '[channels.hook]\nkind = "webhook"\nurl = "https://hooks.example/x"\n'
    subjects = ["spectrum of Lima", "towers of Oslo", "cables of Tonga", "prices of Quito", "schools of Hanoi"]
    with World(site, tmp_path, feeds=["one", "two"], extra=extra) as world:
        world.polls()
        texts = [
            f"ITU on the {subject}. " + " ".join(f"{subject} word{n}{i}" for i in range(40))
            for n, subject in enumerate(subjects)
        ]
        for name in ("one", "two"):
            entries = [
                an_entry(
                    f"{name}-{n}", f"ITU report about the {subject} today", text, link=f"https://{name}.example/{n}"
                )
                for n, (subject, text) in enumerate(zip(subjects, texts, strict=True))
            ]
            site.publishes(OLDER if name == "one" else other, *entries, name=name)
        polled = world.polls("one") + world.polls("two")
        told = [alert for one in polled for alert in one.plan.alerts if alert.decision == "pending"]
        assert world.verdicts(polled) == ["NEW"] * 5 + ["SAME_TEXT"] * 5
        assert len(told) == 5


def test_a_lying_etag_is_found_out_within_a_week(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT), etag='"constant"')
    live.polls()
    site.publishes(OLDER, an_entry("a", "ITU cancels its conference", TEXT), etag='"constant"')
    assert live.polls()[0].fetch.outcome == "not_modified"
    live.polls(after=timedelta(days=7))
    assert live.changes("item.revised")[0]["new"] == "ITU cancels its conference"
    assert "system.validators_unreliable" in kinds(live.changes("system."))


def test_retry_after_is_obeyed_even_for_a_named_feed(live: World, site: Site) -> None:
    page = site.serves(b"", status=429, headers={"Retry-After": "7200"})
    live.polls()
    asked = len(page.requests)
    assert live.polls("feed", after=timedelta(minutes=90)) == []
    assert len(page.requests) == asked
    assert len(live.polls("feed", after=timedelta(minutes=60))) == 1


def test_gone_for_a_day_is_told_once_and_not_asked_again(live: World, site: Site) -> None:
    site.serves(b"", status=410)
    live.polls()
    live.polls(after=timedelta(hours=25))
    assert kinds(live.changes("system.")) == ["system.baseline", "system.feed_gone"]
    with live.monitor.store.reading() as tx:
        assert tx.feeds.due(live.now + timedelta(days=365), 10) == []


def test_one_bad_item_does_not_take_the_others_with_it(live: World, site: Site) -> None:
    good = [
        an_entry(str(n), f"ITU decision number {n} of the council", f"The ITU council decided on item {n}.")
        for n in range(4)
    ]
    bad = "<item><title>ITU & a bare ampersand <b>here</title><link>https://outlet.example/bad</link></item>"
    site.publishes(OLDER, *good[:2], bad, *good[2:])
    live.polls()
    titles = {item["title"] for item in live.items()}
    assert {f"ITU decision number {n} of the council" for n in range(4)} <= titles


def test_a_truncated_document_gives_whole_items_and_no_revision(live: World, site: Site) -> None:
    entry = an_entry("a", "ITU opens its conference", TEXT)
    document = a_document(OLDER, an_entry("b", "ITU elects a new council", TEXT), entry)
    site.serves(document[: document.rindex(b"conference in the capital")])
    live.polls()
    assert "ITU elects a new council" in {item["title"] for item in live.items()}
    assert live.changes("item.revised") == []
    site.serves(document)
    live.polls()
    assert len(live.items()) == 3


def test_a_redirect_to_a_private_address_is_refused(world: World, site: Site) -> None:
    secret = site.serves(a_document(OLDER), name="secret")
    site.serves(b"", status=302, headers={"Location": "http://localhost./secret"})
    (one,) = world.polls()
    assert one.fetch.outcome == "failed"
    assert "localhost" in (one.fetch.error or "")
    assert secret.requests == []


def test_a_page_that_is_no_feed_fails_with_a_reason(world: World, site: Site) -> None:
    site.serves(b"<!doctype html><title>Portal</title><p>Please log in", headers={"Content-Type": "text/html"})
    (one,) = world.polls()
    assert (one.fetch.outcome, (one.fetch.error or "").partition(":")[0]) == ("failed", "not_a_feed")


def test_an_item_that_leaves_while_older_ones_stay_is_withdrawn(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    live.polls()
    found, agenda = [], []
    for number in range(4):
        agenda.append(an_entry(f"new{number}", f"ITU agenda of day {number} is out", f"Day {number} of the ITU."))
        site.publishes(OLDER, *agenda)
        found.append(kinds(live.polls()[0].plan.changes))
    assert [names.count("item.withdrawn") for names in found] == [0, 0, 1, 0]
    assert {item["title"]: item["withdrawn"] for item in live.items()}["ITU opens its conference"]


def test_a_renumbered_feed_is_held_and_told_once(live: World, site: Site) -> None:
    fresh = [
        an_entry(f"x{n}", f"ITU notice {n} on matter {n * 7}", f"Notice {n} of the ITU says {n * 11}.")
        for n in range(60)
    ]
    site.publishes(*fresh)
    held = live.polls()[0]
    assert live.verdicts([held]).count("HELD") == 60
    assert set(live.verdicts([held])) <= {"HELD", "MISSING"}
    assert [change.kind for change in held.plan.changes if change.kind == "system.feed_held"] == ["system.feed_held"]
    site.publishes(*fresh, an_entry("y", "ITU adds one more notice", "One more."))
    live.polls()
    assert {item["origin"] for item in live.items() if item["title"].startswith("ITU notice")} == {"baseline"}


def test_words_that_match_no_topic_are_not_kept(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "A parade in the town", "Nothing about unions of any kind, only drums."))
    live.polls()
    with live.monitor.store.reading() as tx:
        assert tx.items.count() == 2
    assert len(live.items()) == 1
    assert b"drums" not in live.database.read_bytes() + (live.database.with_name("salname.db-wal").read_bytes())


@pytest.mark.parametrize(
    ("title", "text", "class_"),
    [
        ("A union counts 44 new networks", LONG, "fact"),
        ("A union counts 40 new networks", LONG.replace("four years", "5 years"), "fact"),
        ("A union counts 40 new networks", LONG, "title"),
    ],
)
def test_an_item_that_is_edited_until_no_topic_matches_is_still_asked_for_its_facts(
    live: World, site: Site, title: str, text: str, class_: str
) -> None:
    site.publishes(OLDER, an_entry("a", "ITU counts 40 new networks", LONG))
    live.polls()
    site.publishes(OLDER, an_entry("a", title, text))
    live.polls()
    site.publishes(OLDER, an_entry("a", "A union has counted 40 new networks", LONG))
    live.polls()
    assert [change["class"] for change in live.changes("item.revised")] == [
        class_,
        "fact" if class_ == "fact" else "title",
    ]


def test_a_topic_that_is_added_takes_what_is_there_in_silence(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "A parade in the town", "Nothing about unions of any kind, only drums."))
    live.polls()
    more = '\n[[topics]]\nid = "drums"\nany = ["drums"]\n'
    from monitor.config import parse_config

    live.monitor.configure(parse_config(live.text + more))
    live.polls()
    parade = next(item for item in live.items() if item["title"] == "A parade in the town")
    assert parade["origin"] == "baseline"
    assert [topic["id"] for topic in parade["topics"]] == ["drums"]


def test_a_dry_run_prints_a_plan_and_writes_nothing(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    live.later(hours=1)
    (tried,) = live.monitor.poll(everything=True, dry_run=True)
    assert [verdict.kind.value for verdict in tried.plan.verdicts] == ["NEW"]
    assert len(live.items()) == 1
    assert live.verdicts(live.polls()) == ["NEW"]


def test_what_is_asked_to_alert_of_a_baseline_is_live(site: Site, tmp_path: Path) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT))
    with World(site, tmp_path) as world:
        world.polls(options=PollOptions(alert_since=timedelta(hours=24)))
        assert {item["title"]: item["origin"] for item in world.items()} == {
            "ITU opens its conference": Origin.LIVE.value,
            "ITU publishes its yearly report": Origin.BASELINE.value,
        }


def test_an_item_in_the_future_is_ordered_by_when_it_was_seen(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU opens its conference", TEXT, at=START + timedelta(days=30)))
    live.polls()
    with live.monitor.store.reading() as tx:
        item = next(item for item in tx.items.replay() if item.title.startswith("ITU opens"))
    assert item.sort_at == live.now
    assert not item.date_trusted


def test_every_decision_about_an_item_has_its_reason(live: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "ITU counts 40 new networks", TEXT))
    live.polls()
    site.publishes(OLDER, an_entry("a", "ITU counts 44 new networks", TEXT))
    live.polls()
    from storage.reading import opened

    with opened(live.database) as reader:
        item = reader.items.one(int(live.items()[0]["id"]))
    assert item is not None
    assert [(why["what"], why["decision"].split()[0]) for why in item["why"][:3]] == [
        ("verdict", "NEW"), ("verdict", "REVISED"), ("topic", "itu"),
    ]  # fmt: skip
    assert item["why"][3]["what"] == "event"
    assert all(why["reason"] for why in item["why"])


def test_an_item_without_a_topic_tells_how_it_came_until_it_is_forgotten(world: World, site: Site) -> None:
    site.publishes(OLDER, an_entry("a", "A parade in the town", "Drums."))
    world.polls()
    site.publishes(OLDER, an_entry("a", "A parade in the town", "Drums."), an_entry("b", "A second parade", "More."))
    world.polls()
    with world.monitor.store.reading() as tx:
        first, second = (item.id for item in tx.items.replay(relevant=False) if not item.relevant)
    from storage.reading import opened

    known = ("verdict", "NEW", "feed", "none of its keys is known")
    with opened(world.database) as reader:
        told = [reader.items.one(one) or {} for one in (first, second)]
    assert [[(why["what"], why["decision"], why["feed"], why["reason"]) for why in one["why"]] for one in told] == [
        [(*known[:3], f"{known[3]}; it was there when the feed was first read")],
        [known],
    ]
    with world.monitor.store.writing() as tx:
        assert tx.items.forget(first, world.now)
    with opened(world.database) as reader:
        assert (reader.items.one(first) or {})["why"] == []


def test_words_that_one_feed_rewords_are_no_fact_because_only_another_feed_named_the_topic(
    site: Site, tmp_path: Path
) -> None:
    link = "https://outlet.example/news/talks"
    site.publishes(OLDER, name="one")
    site.publishes(OLDER, name="two")
    with World(site, tmp_path, feeds=["one", "two"]) as world:
        world.polls()
        site.publishes(OLDER, an_entry("x", "Ministers talked of 12 cables", "A long day.", link=link), name="one")
        world.polls("one")
        site.publishes(OLDER, an_entry("y", "ITU: ministers talked of 12 cables", TEXT, link=link), name="two")
        world.polls("two")
        assert "ITU: ministers talked of 12 cables" in {item["title"] for item in world.items()}
        for title in ("Ministers spoke of 12 cables", "Ministers spoke of 14 cables"):
            site.publishes(OLDER, an_entry("x", title, "A long day.", link=link), name="one")
            world.polls("one")
        assert [change["class"] for change in world.changes("item.revised")] == ["title", "fact"]


def test_not_modified_sends_the_validators_back_as_they_were(live: World, site: Site) -> None:
    page: Page = site.publishes(OLDER, etag='W/"odd , tag"')
    live.polls()
    live.polls()
    assert page.statuses[-1] == 304
    assert page.requests[-1]["if-none-match"] == 'W/"odd , tag"'
