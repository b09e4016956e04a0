import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.links import web_link
from alerts.message import UNTITLED, clean, cut, units, weight
from storage.errors import DeliveryError
from storage.model import Importance
from storage.outbox import Told
from tests.builders_messages import HOUR, NOW, a_change, a_fact, a_note, a_source, a_source_item, an_alert, an_event


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  two   words ", "two words"),
        ("tab\tline\nreturn\r\nend", "tab line return end"),
        ("a\x00b\x1b[31mc\x7f\x9b", "ab[31mc"),
        ("next\x85line\u2028and\u2029page", "next line and page"),
        ("\u202eevil\u202c \u2066x\u2069 \u200emark\u200f \u061cy", "evil x mark y"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("Azərbaycanın rəqəmsal inkişafı", "Azərbaycanın rəqəmsal inkişafı"),
        ("🧑\u200d🚀 می\u200cخواهم", "🧑\u200d🚀 می\u200cخواهم"),
        ("\n\u200b\t", ""),
    ],
)
def test_what_hides_or_steers_is_taken_out_and_letters_stay(text, kept):
    assert clean(text) == kept


@given(st.text(st.characters(), max_size=80))
def test_cleaning_twice_is_cleaning_once_and_leaves_printable_utf8(text):
    once = clean(text)
    assert clean(once) == once
    once.encode()
    assert not any(ord(c) < 32 or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u2028\u200b\ufeff" for c in once)


@given(st.text(max_size=60), st.integers(0, 60))
def test_a_cut_text_fits_and_is_whole_if_it_fitted_before(text, limit):
    short = cut(text, limit)
    assert units(short) <= limit
    assert units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2
    assert (short == text) == (units(text) <= limit)
    assert short == text or not short or text.startswith(short[:-1])


def test_a_cut_falls_between_whole_characters_and_shows():
    assert cut("abcd", 3) == "ab…"
    assert cut("ab😀d", 4) == "ab…"
    assert cut("one two", 5) == "one…"
    assert cut("🧑\u200d🚀🚀", 6) == "🧑\u200d🚀…"
    assert cut("🧑\u200d🚀🚀", 5) == "🧑…"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("HTTP://Example.org/", "http://Example.org/"),
        ('https://example.org/a|b<c>d e"f`', "https://example.org/a%7Cb%3Cc%3Ed%20e%22f%60"),
        ("https://xəbər.example/ə", "https://xn--xbr-dtbb.example/%C9%99"),
        ("https://example.org/\r\nX: y", "https://example.org/%20X:%20y"),
        ("https://bank.example@evil.example/", None),
        ("javascript:alert(1)", None),
        ("//example.org/", None),
        ("https://", None),
        ("https://[::1/", None),
        ("https://" + "ə" * 80 + ".example/", None),
        ("https://example.org/" + "a" * 3_000, None),
        (None, None),
    ],
)
def test_only_plain_web_links_are_links(url, link):
    assert web_link(url) == link


def test_a_new_event_is_told_with_its_first_sentences_and_its_sources():
    note = a_note(a_source(a_change(item_id=91), items=[a_source_item(91, text="One sentence. " + "Word " * 200)]))
    assert note.headline == "Baku Declaration adopted at WTDC-25"
    assert note.changes[0].text.startswith("One sentence. Word")
    assert note.changes[0].text.endswith("Word…")
    assert units(note.changes[0].text) <= 300
    assert [(item.title, item.url) for item in note.items] == [
        ("ITU member states define roadmap", "https://trend.example/91")
    ]
    assert (note.topics, note.importance, note.rule, note.route) == (("wtdc",), Importance.HIGH, "facts", "big")


def test_the_first_words_end_with_a_sentence_where_there_is_one():
    sentence = (
        "This sentence is long enough to be worth showing all by itself, with a date and a place and a name in it. "
    )
    note = a_note(a_source(a_change(item_id=91), items=[a_source_item(91, text=sentence * 4)]))
    assert note.changes[0].text == (sentence * 2).strip()


def test_facts_stand_first_whatever_the_order_of_the_changes():
    changes = [
        a_change("event.updated", id="c_1"),
        a_change("item.withdrawn", id="c_2"),
        a_change("event.created", id="c_3"),
        a_fact(id="c_4"),
        a_change("item.revised", id="c_5", payload={"summary": "reworded", "class": "title"}),
        a_change("item.revised", id="c_6", item_id=2, payload={"summary": "12 → 13", "class": "fact"}),
    ]
    note = a_note(a_source(*changes))
    assert [change.id for change in note.changes] == ["c_4", "c_6", "c_3", "c_2", "c_1", "c_5"]
    assert min(changes, key=weight).id == "c_4"
    assert (note.kind, note.headline) == ("fact.changed", "ITU member states: 193 → 194")


def test_both_sides_of_a_fact_carry_value_source_day_and_words():
    change = a_note(a_source(a_fact(quotes=("193 states then", "194 states now")))).changes[0]
    assert change.old is not None
    assert change.new is not None
    assert (change.old.value, change.old.source, change.old.as_of, change.old.quote) == (
        "193",
        "Center for Global IT-Cooperation",
        date(2021, 8, 2),
        "193 states then",
    )
    assert (change.new.value, change.new.quote) == ("194", "194 states now")
    assert (change.confirmed_by, change.contradicted_by, change.key) == (1, 0, "member_states")


def test_one_quote_is_of_the_present_and_a_revised_article_is_its_own_source():
    revised = a_change("item.revised", item_id=91, old="40 km", new="44 km", quotes=("laid 44 km",))
    change = a_note(a_source(revised)).changes[0]
    assert change.old is not None
    assert change.new is not None
    assert (change.old.value, change.old.quote, change.old.source) == ("40 km", "", "")
    assert (change.new.value, change.new.quote, change.new.source) == ("44 km", "laid 44 km", "Trend")


@pytest.mark.parametrize(
    ("value", "words"),
    [(12, "12"), (1.5, "1.5"), (True, "yes"), (False, "no"), (["a", 2], "a, 2"), ({"value": ["x"]}, "x"), ({}, "")],
)
def test_a_value_of_any_sort_becomes_words(value, words):
    side = a_note(a_source(a_fact(old=value))).changes[0].old
    assert side is not None
    assert side.value == words


def test_a_change_without_a_summary_is_told_by_its_sides_or_its_event():
    assert a_note(a_source(a_fact(payload={}))).headline == "193 → 194"
    assert a_note(a_source(a_fact(payload={}, old=None, new=None))).headline == "Baku Declaration adopted at WTDC-25"


def test_odd_parts_of_a_payload_are_left_out():
    payload = {"summary": {"not": "words"}, "confirmed_by": True, "contradicted_by": "many", "delta": None}
    change = a_note(a_source(a_fact(payload=payload, new={"value": "1", "as_of": "soon"}))).changes[0]
    assert (change.confirmed_by, change.contradicted_by, change.delta) == (None, None, "")
    assert change.new is not None
    assert change.new.as_of is None


def test_every_word_of_the_world_is_cleaned_topic_names_included():
    dirty = "\u202edirty\ud800\n"
    note = a_note(
        a_source(
            a_fact(topics=(dirty,), quotes=(dirty,), payload={"summary": dirty, "delta": dirty}),
            event=an_event(title=dirty, topics=(dirty,)),
            items=[a_source_item(title=dirty, source=dirty, lang=dirty, url="https://x.example/" + dirty)],
        )
    )
    assert note.headline == note.topics[0] == "dirty"
    assert note.event is not None
    assert (note.event.title, note.event.topics) == ("dirty", ("dirty",))
    assert (note.items[0].title, note.items[0].source, note.items[0].url) == (
        "dirty",
        "dirty",
        "https://x.example/dirty",
    )
    assert "\\u202e" not in repr(note)
    assert "\\ud800" not in repr(note)


def test_what_has_no_title_is_called_untitled():
    note = a_note(a_source(event=an_event(title="\u200b"), items=[a_source_item(title=" ")]))
    assert note.headline == note.items[0].title == UNTITLED


def test_the_address_is_told_what_it_heard_last():
    note = a_note(a_source(previous={"7Q2MAAAA": Told(revision=4, at=NOW - 48 * HOUR)}))
    assert note.event is not None
    assert note.event.previous_notified_revision == 4
    assert note.event.previous_notified_at == NOW - 48 * HOUR
    first = a_note()
    assert first.event is not None
    assert first.event.previous_notified_revision is None


def test_the_weightiest_alert_gives_the_importance_and_the_lead_gives_rule_and_route():
    update, fact = a_change("event.updated", id="c_1"), a_fact(id="c_2")
    source = replace(
        a_source(update, fact),
        alerts=(
            an_alert(update, importance=Importance.CRITICAL, rule="loud"),
            an_alert(fact, importance=Importance.HIGH, rule="facts"),
        ),
    )
    note = a_note(source)
    assert (note.importance, note.rule) == (Importance.CRITICAL, "facts")


def test_a_link_leads_to_the_event_on_the_timelines_page():
    assert a_note(link_base="https://example.org/t").link == "https://example.org/t#7Q2MAAAA"
    assert a_note().link is None


def test_trouble_of_a_feed_has_no_event():
    note = a_note(a_source(a_change("feed.failing", feed_id=3, payload={"summary": "Trend: HTTP 503 since 06:10"})))
    assert (note.event, note.headline, note.topics) == (None, "Trend: HTTP 503 since 06:10", ("wtdc",))


def test_a_bundle_without_changes_says_what_to_do():
    with pytest.raises(DeliveryError, match="salname alerts cancel"):
        a_note(replace(a_source(), changes=()))


def test_cleaning_loads_no_database():
    code = "import sys, alerts.message; sys.exit('sqlalchemy' in sys.modules or 'requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_message_says_what_it_was_folded_from_and_what_overflows() -> None:
    source = replace(
        a_source(a_fact(), a_change(id="c_2")), folded_count=1, overflow_count=1234, overflow_at=NOW + 8 * HOUR
    )
    note = a_note(source)
    assert note.remarks == (
        "2 changes while the channel was down",
        "hourly ceiling reached: 1,234 more in the digest of 18:05",
    )
    assert a_note(a_source()).remarks == ()


def test_labels_are_clean_and_stand_once() -> None:
    source = a_source(a_change(), a_change(id="c_2"))
    alerts = tuple(replace(alert, labels=("press\nroom", "today")) for alert in source.alerts)
    assert a_note(replace(source, alerts=alerts)).labels == ("press room", "today")
