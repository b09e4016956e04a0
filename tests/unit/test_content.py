import re
import time
from datetime import UTC, datetime

import pytest

from monitor.items.addresses import canonical_url, link_tail
from monitor.items.content import content, content_of, entry_keys, facts, guid_name, holds_fact, strip_marks, with_facts
from monitor.words import fold
from storage.model import GLOBAL, Entry, KeyKind, TextKind

TITLE = "New lake cable is to open in March"
BODY = "<p>The “lake” cable of 1,500 km &ndash; the first &#8212; was landed.</p>"


def said(title=TITLE, body=BODY):
    return with_facts(content(title, body, TextKind.CONTENT))


def test_content_holds_plain_words_and_counts():
    words = said("<b>New</b> cable: YENİLƏNİB [2]", BODY)
    assert words.title == "New cable: YENİLƏNİB [2]"
    assert words.title_norm == "new cable"
    assert words.marker == "yenilənib [2]"
    assert words.text == "The “lake” cable of 1,500 km – the first — was landed."
    assert (words.title_word_count, words.text_word_count) == (2, 11)
    assert words.text_kind is TextKind.CONTENT


def test_a_body_without_words_is_no_text():
    assert said(body="<img src='a.png'> &nbsp; ").text_kind is TextKind.NONE
    assert said(body="x").text_kind is TextKind.CONTENT


def test_hashes_tell_the_version_of_the_normal_form():
    words = said()
    assert words.norm_version == 1
    hashes = (words.title_hash, words.text_hash, words.content_hash, words.facts_hash)
    assert all(re.fullmatch("1:[0-9a-f]{32}", one) for one in hashes)
    assert len(set(hashes)) == 4


def test_the_hashes_stay_what_they_were_when_they_were_stored():
    words = with_facts(content("Bakıda liman açıldı", "17 noyabr, 1 500 km", TextKind.SUMMARY))
    assert (words.title_hash, words.text_hash, words.content_hash, words.facts_hash) == (
        "1:d772799254bc794e9b41622db81c3e18",
        "1:c08890efd3193f0ba48c9e0844d8d4d1",
        "1:5e591c8aad3df2da54d2c02859354ad6",
        "1:354c10124ef2dabf1a8c58c34b1d2757",
    )


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (TITLE.upper(), BODY),
        (f"  {TITLE}… ", BODY.replace("“", '"').replace("”", "'")),
        (f"{TITLE} (PHOTO/VIDEO)", BODY),
        (f"{TITLE} - UPDATED", BODY),
        (TITLE, BODY.replace("1,500", "1 500").replace("&ndash;", "-")),
        (TITLE, BODY.replace("<p>", "<div class='x'><a href='?utm_source=y'>").replace("</p>", "</a></div>")),
        (TITLE, f"{BODY}<script>counter(17)</script><!-- 18 -->"),
        (TITLE.replace("cable", "ca\u00adble"), BODY),
    ],
)
def test_marks_markup_punctuation_and_spacing_change_no_hash(title, body):
    first, second = said(), said(title, body)
    assert (first.title_hash, first.text_hash, first.content_hash, first.facts_hash) == (
        second.title_hash,
        second.text_hash,
        second.content_hash,
        second.facts_hash,
    )


def test_words_change_the_hashes_they_stand_in():
    first, title, text = said(), said("Old lake cable is to open in March"), said(body=BODY.replace("first", "third"))
    assert first.title_hash != title.title_hash
    assert first.text_hash == title.text_hash
    assert first.text_hash != text.text_hash
    assert len({first.content_hash, title.content_hash, text.content_hash}) == 3
    assert first.facts_hash == title.facts_hash == text.facts_hash


def test_words_that_move_from_the_title_into_the_text_change_the_content():
    assert said("one two", "three").content_hash != said("one", "two three").content_hash


@pytest.mark.parametrize(
    ("title", "body"),
    [
        (TITLE.replace("March", "April"), BODY),
        (TITLE.replace("is to open", "was cancelled"), BODY),
        (TITLE, BODY.replace("1,500", "1,600")),
        (TITLE, BODY.replace("1,500", "15")),
        (f"17 {TITLE}", BODY),
    ],
)
def test_a_changed_fact_changes_the_hash_of_facts(title, body):
    assert said(title, body).facts_hash != said("A title in March", BODY).facts_hash != ""
    assert said(title, body).facts_hash != said().facts_hash


@pytest.mark.parametrize(
    ("title", "left", "marker"),
    [
        ("Port opened YENİLƏNİB [2]", "port opened", "yenilənib [2]"),
        ("Port opened YENİLƏNİB-3", "port opened", "yenilənib-3"),
        ("Port opened - yenilənib", "port opened", "yenilənib"),
        ("Port opened YENILENIB", "port opened", "yenilenib"),
        ("Port opened [UPDATED 3]", "port opened", "updated 3"),
        ("Port opened UPDATED", "port opened", "updated"),
        ("Порт открыт (ОБНОВЛЕНО)", "порт открыт", "обновлено"),
        ("Порт открыт – ДОПОЛНЕНО", "порт открыт", "дополнено"),
        ("Liman açıldı ƏLAVƏ OLUNUB", "liman açildi", "əlavə olunub"),
        ("Port opened (FOTO) - YENİLƏNİB [2]", "port opened", "yenilənib [2]"),
        ("Port opened (UPDATED) (VIDEO)", "port opened", "updated"),
        ("Port opened (PHOTO)", "port opened", None),
        ("Port opened (12 PHOTOS, VIDEO)", "port opened", None),
        ("Порт открыт [ФОТО/ВИДЕО]", "порт открыт", None),
        ("Port opened | Video", "port opened", None),
        ("A town in a photo", "a town in a photo", None),
        ("The port is outdated", "the port is outdated", None),
        ("(FOTO)", "(foto)", None),
        ("YENİLƏNİB", "yenilənib", None),
        ("Updated: port opened", "updated: port opened", None),
        ("", "", None),
    ],
)
def test_outlets_marks_are_taken_off_the_end_of_a_title(title, left, marker):
    assert strip_marks(fold(title)) == (left, marker)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1,500", {"1500"}),
        ("1.500", {"1500"}),
        ("1 500", {"1500"}),
        ("1\u00a0234\u202f567,89", {"1234567.89"}),
        ("3.6 million", {"3.6e6"}),
        ("3,6 млн", {"3.6e6"}),
        ("3,6 milyondan", {"3.6e6"}),
        ("20 mindən çox", {"20e3"}),
        ("7 тысяч, $5bn, 2 трлн", {"7e3", "5e9", "2e12"}),
        ("45 %, 45%, 45 percent, 45 faiz", {"45%"}),
        ("-5 degrees or 5", {"-5", "5"}),
        ("2025-2026", {"2025", "2026"}),
        ("0.125", {"0.125"}),
        ("5 ministers", {"5"}),
        ("5G", {"5"}),
        ("17 November 2025", {"17", "2025", "m11", "11-17"}),
        ("noyabrın 17-də", {"17", "m11", "11-17"}),
        ("17 ноября", {"17", "m11", "11-17"}),
        ("the 3rd of may, May 3rd", {"3", "m5", "5-3"}),
        ("it may, they march with Martin", set()),
        ("in March", set()),
        ("в марте", {"m3"}),
        ("sentyabrda", {"m9"}),
        ("41 May, May 1850, may 2026", {"41", "1850", "2026", "m5"}),
        ("The talks were postponed: təxirə salınıb, отложены", {"postponed"}),
        ("signed, imzalandı, подписали", {"signed"}),
        ("a design of no significance", set()),
    ],
)
def test_facts_have_one_form_however_they_are_written(text, found):
    assert facts(fold(text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "44",
        "5G",
        "-3%",
        "seven",
        "iyirmi",
        "двух",
        "June",
        "noyabrda",
        "May",
        "March",
        "cancelled",
        "ləğv edildi",
        "готов",
    ],
)
def test_a_word_that_tells_a_fact_is_known(text):
    assert holds_fact(text)
    assert holds_fact(f"many old words and {text} among them")


@pytest.mark.parametrize(
    "text", ["", "may", "march on", "many words but no fact", "новый порт", "yeni liman", "on bir"]
)
def test_words_that_tell_no_fact_are_known(text):
    assert not holds_fact(text)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://Example.COM:80/a/../b?utm_source=x&b=2&a=1#f", "http://example.com/b?a=1&b=2"),
        ("https://user:secret@www.example.com:443//a//b/", "https://example.com/a/b"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com./x/.", "https://example.com/x"),
        ("https://www.com/", "https://www.com/"),
        ("https://example.com/a;jsessionid=1F?JSESSIONID=2", "https://example.com/a?JSESSIONID=2"),
        ("https://example.com/a;JSessionID=1/b;c=1", "https://example.com/a/b;c=1"),
        ("https://example.com/?FBCLID=1&gclid=2&_hsenc=3&mtm_x=4&at=5&xtor=6&ncid=7", "https://example.com/?at=5"),
        ("https://example.com/?utmost=1&pk=2&fb=3", "https://example.com/?fb=3&pk=2&utmost=1"),
        ("https://example.com/?%75tm_source=1&q=a%20b+c&&e", "https://example.com/?e=&q=a+b+c"),
        ("https://example.com/#!/news/1", "https://example.com/#!/news/1"),
        ("https://example.com/#/news/1", "https://example.com/"),
        ("http://[::0:1]:80/a", "http://[::1]/a"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://BÜCHER.example/", "http://xn--bcher-kva.example/"),
        ("https://example.com/x%c9%99b%C9%99r", "https://example.com/x%C9%99b%C9%99r"),
        ("https://example.com/xəbər", "https://example.com/x%C9%99b%C9%99r"),
        ("https://example.com/I\u0307kta", "https://example.com/%C4%B0kta"),
        ("https://example.com/I%CC%87kta", "https://example.com/%C4%B0kta"),
        ("https://example.com/i\u0307kta", "https://example.com/i%CC%87kta"),
        ("https://example.com/%e9%2F%3f%25", "https://example.com/%E9%2F%3F%25"),
        ("https://example.com/%2e%2e/%7Eme", "https://example.com/~me"),
        ("https://example.com/%%344", "https://example.com/%2544"),
        (" https://example.com/a\n b ", "https://example.com/a%20b"),
        ("https://example.com\\a\\..\\b?c=\\", "https://example.com/b?c=%5C"),
    ],
)
def test_urls_that_name_one_page_have_one_form(url, canonical):
    assert canonical_url(url) == canonical
    assert canonical_url(canonical) == canonical


def test_http_and_https_stay_apart():
    assert canonical_url("http://example.com/") != canonical_url("https://example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "", "17", "/a/b", "//example.com/a", "ftp://example.com/", "javascript:alert(1)", "mailto:a@example.com",
        "http://", "http:///path", "http://?x", "http://[::1", "http://[::g]/", "http://a:b:c/", "http://a:99999999999/",
        "http://a..b/", "http://a b/", "http://ex%61mple.com/", "http://\ud800/", "http://example.com/\ud800",
        "https://example.com/" + "a" * 2_048, "https://example.com/" + "ə" * 1_000,
    ],
)  # fmt: skip
def test_what_is_no_usable_address_has_no_form(url):
    assert canonical_url(url) is None
    assert link_tail(url) is None


@pytest.mark.parametrize(
    ("url", "tail"),
    [
        ("https://azertag.example/xeber/liman_acildi_yenilenib_2-4411044", "azertag.example/4411044"),
        ("https://www.azertag.example/xeber/liman_acildi-4411044/?id=99999", "azertag.example/4411044"),
        ("https://azertag.example/liman-44\t11\n044", "azertag.example/4411044"),
        ("https://azertag.example/liman-%34411044", "azertag.example/4411044"),
        ("https://news.example/20251118/12345/x", "news.example/12345"),
        ("https://news.example/2025/11/18/1234", None),
        ("https://news.example/%D0%9912345", "news.example/12345"),
        ("https://news.example/?id=123456", None),
    ],
)
def test_the_tail_of_a_link_is_its_last_long_number(url, tail):
    assert link_tail(url) == tail


FEED, SITE = "https://example.com/rss.xml", "https://example.com/"


def entry(**given):
    return Entry(position=0, title=TITLE, body=BODY, **given)


def keys(one, site=SITE):
    return [(key.scope, str(key.kind), key.value) for key in entry_keys(7, one, content_of(one), FEED, site)]


def test_an_entry_answers_to_guid_link_tail_and_hash_in_this_order():
    found = keys(entry(guid=" tag:example.com,2025:1 ", link="https://www.example.com/new/123456?utm_source=rss"))
    assert found[:-1] == [
        (7, "guid", "tag:example.com,2025:1"),
        (GLOBAL, "link", "https://example.com/new/123456"),
        (GLOBAL, "link", "http://example.com/new/123456"),
        (7, "tail", "example.com/123456"),
    ]
    assert found[-1][:2] == (7, "hash")
    assert len(found[-1][2]) == 64


def test_a_guid_that_is_an_address_answers_with_http_and_https():
    assert keys(entry(guid="http://example.com/?p=1"))[:-1] == [
        (7, "guid", "http://example.com/?p=1"),
        (7, "guid", "https://example.com/?p=1"),
    ]


def test_a_guid_is_kept_byte_for_byte():
    assert keys(entry(guid="HTTP://Example.com/A//b?b&a"))[0] == (7, "guid", "HTTP://Example.com/A//b?b&a")


@pytest.mark.parametrize("home", [FEED, SITE, "http://www.example.com", "HTTPS://example.com", " " + FEED])
def test_the_address_of_feed_or_site_names_no_entry(home):
    assert [kind for _, kind, _ in keys(entry(guid=home, link="https://example.com/a"))] == ["link", "link", "hash"]
    assert [kind for _, kind, _ in keys(entry(guid="1", link=home))] == ["guid", "hash"]


def test_a_fragment_makes_a_guid_of_the_sites_address_but_no_link():
    assert [kind for _, kind, _ in keys(entry(guid=f"{SITE}#v2", link=f"{SITE}#v2"))] == ["guid", "guid", "hash"]


def test_a_feed_without_a_site_or_with_a_file_name_is_no_obstacle():
    one = entry(guid="not a url", link="https://example.com/a")
    assert [kind for _, kind, _ in keys(one, site=None)] == ["guid", "link", "link", "hash"]
    assert entry_keys(7, one, content_of(one), "archive.xml", None)[0].value == "not a url"


def test_an_entry_without_names_answers_to_its_words():
    [one] = keys(entry())
    assert one[1] == "hash"
    assert [one] == keys(Entry(position=9, title=f"{TITLE} (VIDEO)", body=BODY.replace("lake", "LAKE")))
    assert [one] != keys(Entry(position=0, title=TITLE, body="Other words"))
    assert [one] != keys(Entry(position=0, title=TITLE + "x", body=BODY))


def test_only_the_beginning_of_a_long_text_stands_in_the_hash():
    start = "word " * 100
    assert keys(Entry(position=0, title=TITLE, body=start + "x")) == keys(
        Entry(position=0, title=TITLE, body=start + "y and more")
    )


def test_a_guid_that_no_database_takes_gets_a_name_of_its_own():
    assert guid_name("plain guid ") == "plain guid"
    names = {guid_name(guid) for guid in ("a\x00b", "a\ud800b", "g" * 3_000, "g" * 3_001)}
    assert len(names) == 4
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", name) for name in names)


def aggregated(**given):
    values = {
        "title": "Port opened - The Example Times",
        "body": "<a href='https://news.google.com/x'>Port opened</a>",
        "text_kind": TextKind.SUMMARY,
        "guid": "CBMi1",
        "link": "https://news.google.com/rss/articles/CBMi1?oc=5",
        "source_name": "The Example Times",
        "source_url": "https://www.times.example",
        "published_at": datetime(2025, 11, 18, 9, tzinfo=UTC),
    }
    return Entry(position=0, **{**values, **given})


def test_an_aggregators_entry_says_the_outlets_title_alone():
    words = content_of(aggregated())
    assert (words.title, words.text, words.text_kind) == ("Port opened", "", TextKind.NONE)
    assert (
        content_of(aggregated(title="Salt &amp; wind - Port &amp; Sea", source_name="Port & Sea")).title
        == "Salt & wind"
    )
    assert content_of(aggregated(source_name=None)).title == "Port opened - The Example Times"
    assert content_of(aggregated(link="https://times.example/1")).text == "Port opened"


def test_an_aggregators_entry_answers_to_outlet_title_and_day():
    one = keys(aggregated())
    assert [kind for _, kind, _ in one] == [KeyKind.HASH]
    assert one == keys(aggregated(guid="CBMi2", link="https://news.google.com/rss/articles/CBMi2"))
    assert one == keys(aggregated(published_at=datetime(2025, 11, 18, 23, tzinfo=UTC)))
    others = [
        aggregated(published_at=datetime(2025, 11, 19, tzinfo=UTC)),
        aggregated(published_at=None),
        aggregated(source_url="https://post.example"),
        aggregated(source_url=None),
        aggregated(title="Port closed - The Example Times"),
    ]
    assert len({keys(other)[0] for other in others} | {one[0]}) == 6


@pytest.mark.parametrize("pattern", ["1 111 ", "9", "may 1 ", "(foto) ", " - yenilənib [2]", "1,", "-5 ", "млн "])
def test_a_long_hostile_entry_is_read_in_linear_time(pattern):
    hostile = (pattern * 300_000)[:1_000_000]
    began = time.process_time()
    content(hostile, hostile, TextKind.CONTENT)
    assert time.process_time() - began < 3
