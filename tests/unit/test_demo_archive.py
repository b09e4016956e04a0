import json
import re
from collections import Counter
from datetime import timedelta
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import feedparser
import pytest
import requests

from monitor.config import parse_config
from monitor.demo.documents import ArchiveEntry
from monitor.demo.site import Archive, DemoSite

GOLDEN = Path(__file__).parents[1] / "golden"
ARCHIVE = Archive.load()
ROUNDS = [each.number for each in ARCHIVE.rounds]
FEEDS = [feed.id for feed in ARCHIVE.feeds]


def entry(name: str) -> ArchiveEntry:
    feed_id, entry_id = name.split("/")
    return next(found for found in ARCHIVE.feed(feed_id).entries if found.id == entry_id)


def parsed(feed_id: str, number: int) -> list[dict[str, str]]:
    """The entries that a reader of the document sees: id, title, link, text, date."""
    served = ARCHIVE.document(feed_id, number)
    if served.content_type == "application/feed+json":
        names = {"id": "id", "title": "title", "url": "link", "content_text": "text", "date_published": "date"}
        items = json.loads(served.body)["items"]
        return [{names[key]: value for key, value in item.items() if key in names} for item in items]
    document = feedparser.parse(
        BytesIO(served.body),
        sanitize_html=False,
        resolve_relative_uris=False,
        response_headers={"content-type": served.content_type},
    )
    assert not document.bozo, document.bozo_exception
    return [
        {
            "id": found.get("id", ""),
            "title": found.title,
            "link": found.link,
            "text": (found.content[0].value if "content" in found else found.get("summary", "")),
            "date": found.get("published", ""),
        }
        for found in document.entries
    ]


def titled(feed_id: str, number: int, link_part: str) -> str:
    return next(found["title"] for found in parsed(feed_id, number) if link_part in found["link"])


def texts(one: ArchiveEntry) -> list[str]:
    return [text for text in [one.text, *(edit.text for edit in one.edits)] if text]


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def test_the_archive_is_large_enough_and_speaks_three_languages():
    counts = Counter(feed.lang for feed in ARCHIVE.feeds for _ in feed.entries)
    assert counts == {"en": 34, "az": 28, "ru": 17}
    assert len(FEEDS) == 10
    assert ROUNDS == [1, 2, 3, 4, 5]


def test_every_text_is_as_long_as_a_feed_gives():
    lengths = {
        f"{feed.id}/{one.id}": len(text.split())
        for feed in ARCHIVE.feeds
        for one in feed.entries
        for text in texts(one)
    }
    assert {name: length for name, length in lengths.items() if not 40 <= length <= 90} == {}


def test_only_invented_hosts_are_named():
    assert {feed.site.rpartition(".")[2] for feed in ARCHIVE.feeds} == {"example"}


def test_azerbaijani_and_russian_are_written_in_their_letters():
    written = dict.fromkeys(("az", "ru"), "")
    for feed in ARCHIVE.feeds:
        if feed.lang in written:
            written[feed.lang] += "".join(one.title + one.text for one in feed.entries)
    assert set("əıİşçğöü") <= set(written["az"])
    assert set("ёыщэю«»") <= set(written["ru"])


def test_every_entry_stands_in_exactly_one_group():
    grouping = json.loads((GOLDEN / "demo_grouping.json").read_text(encoding="utf-8"))
    grouped = [item for event in grouping["events"] for item in event["items"]] + grouping["off_topic"]
    assert sorted(grouped) == sorted(f"{feed.id}/{one.id}" for feed in ARCHIVE.feeds for one in feed.entries)
    assert len(grouping["off_topic"]) == 15
    assert len({event["label"] for event in grouping["events"]}) == len(grouping["events"])


def test_the_five_articles_are_grouped_once_and_apart_where_it_is_certain():
    events = json.loads((GOLDEN / "seeds_grouping.json").read_text(encoding="utf-8"))["events"]
    assert sorted(item for event in events for item in event["items"]) == ["000", "001", "002", "003", "004"]
    assert ["000"] in [event["items"] for event in events]
    assert ["004"] in [event["items"] for event in events]


@pytest.mark.parametrize("feed_id", FEEDS)
@pytest.mark.parametrize("number", ROUNDS)
def test_a_document_shows_the_entries_of_its_round(feed_id: str, number: int):
    expected = [one for one in ARCHIVE.feed(feed_id).entries if one.is_shown(number)]
    assert expected
    if ARCHIVE.document(feed_id, number).status == 500:
        assert feed_id in ARCHIVE.round(number).failing
        return
    assert len(parsed(feed_id, number)) == len(expected)


def test_no_article_is_published_after_the_round_that_shows_it_first():
    for feed in ARCHIVE.feeds:
        for one in feed.entries:
            if one.published:
                assert one.published <= ARCHIVE.round(one.first).at


def test_the_bytes_of_a_document_never_vary():
    again = Archive.load()
    assert all(ARCHIVE.document(feed, n) == again.document(feed, n) for feed in FEEDS for n in ROUNDS)


def test_a_headline_is_corrected_in_its_number():
    assert "2.9 million" in titled("baku-signal", 1, "sima-signature")
    assert "3.1 million" in titled("baku-signal", 2, "sima-signature")


def test_a_headline_is_reworded_with_its_numbers_untouched():
    before, after = (titled("caspian-courier", number, "wtdc-25-opens") for number in (2, 3))
    assert before != after
    assert re.findall(r"\d+", before) == re.findall(r"\d+", after)


def test_a_date_slips_twice_in_one_text():
    days = [
        re.findall(r"(noyabrın|dekabrın) (\d+)", found["text"])[0]
        for number in (1, 2, 3, 4, 5)
        for found in parsed("xezer-xeber", number)
        if found["link"].endswith("/kabel-muqavile-tarixi")
    ]
    assert days == [("noyabrın", "10"), ("noyabrın", "24"), ("noyabrın", "24"), ("dekabrın", "4"), ("dekabrın", "4")]


def test_one_reprint_is_word_for_word():
    assert entry("baku-signal/opening-reprint").text == entry("caspian-courier/opening").text
    assert len(words(entry("caspian-courier/opening").text)) >= 48


def test_one_reprint_differs_in_typography_alone():
    original, reprint = entry("volna-kaspiya/otkrytie"), entry("cifrovoy-bereg/otkrytie-perepechatka")
    assert original.text != reprint.text
    assert words(original.text) == words(reprint.text)
    assert len(words(original.text)) >= 48


def test_one_reprint_is_cut_short():
    original, reprint = entry("caspian-courier/declaration").text, entry("baku-signal/declaration-short").text
    assert original.startswith(reprint.removesuffix("..."))
    assert len(reprint) < 0.9 * len(original)


def test_a_feed_loses_its_guids_at_round_three():
    had = [all(found["id"] for found in parsed("baku-signal", number)) for number in ROUNDS]
    has_none = [not any(found["id"] for found in parsed("baku-signal", number)) for number in ROUNDS]
    assert had == [True, True, False, False, False]
    assert has_none == [False, False, True, True, True]


def test_an_article_disappears_for_three_changed_documents_while_older_ones_stay():
    shown = [any("switch-off-2g" in found["link"] for found in parsed("caspian-courier", n)) for n in ROUNDS]
    assert shown == [True, True, False, False, False]
    assert any("survey-finished" in found["link"] for found in parsed("caspian-courier", 5))
    assert len({ARCHIVE.document("caspian-courier", number).etag for number in ROUNDS}) == 5


def test_an_outlet_marks_an_update_in_title_and_slug_and_keeps_the_number():
    assert "YENİLƏNİB" not in titled("teleqraf-xetti", 2, "4411044")
    assert titled("teleqraf-xetti", 3, "yenilenib-4411044").endswith("YENİLƏNİB")


def test_a_feed_gives_titles_alone_and_no_guid():
    assert {(found["text"], found["id"]) for found in parsed("teleqraf-xetti", 5)} == {("", "")}


def test_a_feed_gives_one_guid_to_all_items():
    found = parsed("rabite-jurnali", 5)
    assert len({each["link"] for each in found}) == len(found) == 6
    assert len({each["id"] for each in found}) == 1


def test_there_are_three_formats_and_a_legacy_encoding():
    assert {feed.format for feed in ARCHIVE.feeds} == {"rss", "atom", "json"}
    body = ARCHIVE.document("volna-kaspiya", 1).body
    assert "Транскаспийского".encode("cp1251") in body
    assert "Транскаспийского".encode() not in body


def test_dates_come_with_a_short_zone_without_a_zone_and_not_at_all():
    assert all(found["date"].endswith(" +04") for found in parsed("rabite-jurnali", 5))
    official = [found["date"] for found in parsed("nazirlik", 5)]
    assert sum(re.fullmatch(r"\d\d\.\d\d\.2025 \d\d:\d\d", date) is not None for date in official) == 5
    assert official.count("") == 1


def test_the_hostile_headline_reaches_the_reader_unchanged():
    title = titled("digital-atlas", 3, "hostile-headline")
    assert all(part in title for part in ("\x1b[31m", "[bold red]", "[/]", "<script>", "<!channel>"))


def test_two_outlets_contradict_each_other_on_the_final_count():
    assert "2,640" in entry("caspian-courier/closing-figures").text
    assert "2460" in entry("volna-kaspiya/itogi").text


def test_a_promise_passes_in_silence():
    promised = entry("xezer-xeber/5g-sinaq")
    assert "noyabrın 30-dək" in promised.title
    later = [one.title + one.text for feed in ARCHIVE.feeds for one in feed.entries if one.first > 1]
    assert later
    assert not any("5G" in text for text in later)


def test_a_feed_is_unchanged_in_some_rounds_and_keeps_its_validators():
    first, second = (ARCHIVE.document("rabite-jurnali", number) for number in (3, 4))
    assert first == second
    assert ARCHIVE.document("rabite-jurnali", 5).etag != first.etag


def test_an_unknown_feed_or_round_is_refused():
    with pytest.raises(KeyError):
        ARCHIVE.document("nobody", 1)
    with pytest.raises(KeyError):
        ARCHIVE.document("caspian-courier", 6)


def test_the_configuration_is_valid_and_leaves_the_feeds_to_the_program():
    config = parse_config((files("monitor.demo") / "demo.toml").read_text(encoding="utf-8"))
    assert config.feeds == ()
    assert config.polling.host_spacing == timedelta(0)
    assert {topic.id for topic in config.topics} >= {"itu", "wtdc", "tcfo", "rac-baku"}


def test_the_site_serves_the_bytes_of_its_round_and_moves_on():
    with DemoSite(ARCHIVE) as site:
        first = requests.get(site.url("caspian-courier"), timeout=5)
        assert site.set_round(2) == ARCHIVE.round(2).at == site.now
        second = requests.get(site.url("caspian-courier"), timeout=5)
    assert first.content == ARCHIVE.document("caspian-courier", 1).body
    assert second.content == ARCHIVE.document("caspian-courier", 2).body
    assert first.content != second.content


@pytest.mark.parametrize("condition", [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")])
def test_a_conditional_request_gets_304_until_the_document_changes(condition: tuple[str, str]):
    asked, given = condition
    with DemoSite(ARCHIVE) as site:
        site.set_round(3)
        url = site.url("rabite-jurnali")
        headers = {asked: requests.get(url, timeout=5).headers[given]}
        statuses = []
        for number in (3, 4, 5):
            site.set_round(number)
            statuses.append(requests.get(url, headers=headers, timeout=5).status_code)
    assert statuses == [304, 304, 200]


def test_the_tag_wins_over_the_date():
    with DemoSite(ARCHIVE) as site:
        url = site.url("steppe-wire")
        since = requests.get(url, timeout=5).headers["Last-Modified"]
        answer = requests.get(url, headers={"If-None-Match": '"other"', "If-Modified-Since": since}, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("since", ["yesterday", "Mon, 17 Nov 2025 16:00:00 -0000"])
def test_a_date_that_cannot_be_compared_is_ignored(since: str):
    with DemoSite(ARCHIVE) as site:
        answer = requests.get(site.url("steppe-wire"), headers={"If-Modified-Since": since}, timeout=5)
    assert answer.status_code == 200


def test_a_server_fails_in_one_round_and_an_unknown_feed_is_not_found():
    with DemoSite(ARCHIVE) as site:
        site.set_round(3)
        failed = requests.get(site.url("nazirlik"), timeout=5)
        site.set_round(4)
        answers = [failed, requests.get(site.url("nazirlik"), timeout=5), requests.get(site.url("nobody"), timeout=5)]
    assert [answer.status_code for answer in answers] == [500, 200, 404]
    assert "ETag" not in failed.headers
