"""Each format says what the chronicle says, in its own rules, and text of the world stays text."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime
from typing import Any

import feedparser
import icalendar
import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.parse import parse
from monitor.viewer.export import FORMATS, Wanted, document
from tests.builders_exports import HOSTILE, RETITLED, a_chain, a_change, a_chronicle_of, an_event

TOLD = a_chronicle_of(a_change(1), a_change(2, summary=f"New: {HOSTILE}", event_title=HOSTILE), RETITLED)


def text(kind: str, chronicle: Any = TOLD) -> str:
    return document(chronicle, kind).decode("utf-8-sig" if kind == "csv" else "utf-8")


def entries(kind: str, chronicle: Any = TOLD) -> Any:
    """The feed as feedparser reads it (Atom), or as JSON."""
    if kind == "atom":
        read = feedparser.parse(io.BytesIO(document(chronicle, kind)))
        assert not read.bozo
        return read.entries
    return json.loads(document(chronicle, kind))["items"]


def calendar(*promises: Any, **given: Any) -> list[Any]:
    read: Any = icalendar.Calendar.from_ical(document(a_chronicle_of(promises=promises, **given), "ics"))
    return list(read.walk("VEVENT"))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_state_gives_the_same_bytes(kind):
    chronicle = a_chronicle_of(*TOLD.changes, promises=[a_chain("2025-11-20", "2025-12-20")])
    first = document(chronicle, kind)
    assert len(first) > 100
    assert document(a_chronicle_of(*TOLD.changes, promises=[a_chain("2025-11-20", "2025-12-20")]), kind) == first
    assert document(a_chronicle_of(a_change(3), promises=[a_chain("2025-11-21")]), kind) != first


@pytest.mark.parametrize("kind", FORMATS)
def test_a_chronicle_of_nothing_is_a_document_too(kind):
    assert document(a_chronicle_of(), kind)


def test_a_page_holds_no_markup_of_the_world():
    page = text("html")
    assert "&lt;script&gt;alert(" in page
    assert page.count("<script") == 1
    assert page.count("</style>") == 1
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert not re.search(r'(?:src|href)="(?!https?://|#|data:,")', page)


def test_a_page_shows_what_was_and_what_is():
    page = text("html")
    assert '<dd dir="auto"><span class="value">A plan of <del>40</del></span></dd>' in page
    assert '<dd dir="auto"><span class="value">A plan of <ins>44</ins></span></dd>' in page


def test_a_fact_is_told_by_its_name_beside_what_was_and_is():
    slip = a_change(
        7,
        kind="date.slipped",
        summary="Completion of laying (lake-cable): end of 2024 → end of 2026 (+24 months, 1st slip)",
        old="end of 2024",
        new="end of 2026",
        quote="It is now due in 2026.",
    )
    page = text("html", a_chronicle_of(slip))
    assert ">Completion of laying (lake-cable) (+24 months, 1st slip)</a></h4>" in page
    assert "<del>end of 2024</del>" in page
    assert "<ins>end of 2026</ins>" in page
    assert "It is now due in 2026." in page
    assert 'data-group="fact"' in page


def test_a_conflict_shows_both_sides_with_their_words_and_strikes_neither():
    said = [
        {"quote": "There were 148.", "source": "One", "url": "https://one.example/1", "as_of": None},
        {"quote": "There were 152.", "source": "Two", "url": "https://two.example/2", "as_of": None},
    ]
    summary = "Countries: 148 (One) or 152 (Two)"
    conflict = a_change(
        8, kind="fact.conflict", summary=summary, old="148", new="152", quote="There were 148.", said=said
    )
    page, brief = (text(kind, a_chronicle_of(conflict)) for kind in ("html", "markdown"))
    assert ">Countries</a></h4>" in page
    assert '<q>There were 148.</q> <a href="https://one.example/1"' in page
    assert page.count("There were 148.") == 1
    assert "<del>" not in page
    assert "Countries: 148 ([One](<https://one.example/1>)) or 152 ([Two](<https://two.example/2>))" in brief


@pytest.mark.parametrize("kind", ["atom", "jsonfeed"])
def test_a_conflict_in_a_feed_names_the_source_of_each_side(kind):
    said = [
        {"quote": "There were 148.", "source": "One & Co", "url": "https://one.example/1", "as_of": None},
        {"quote": "There were 152.", "source": "Two", "url": "https://two.example/2", "as_of": None},
    ]
    conflict = a_change(8, kind="fact.conflict", old="148", new="152", quote="There were 152.", said=said)
    (entry,) = entries(kind, a_chronicle_of(conflict))
    told = entry["content"][0]["value"] if kind == "atom" else entry["content_html"]
    first, second = (
        f"<p>{source} says: {value}</p><blockquote><p>There were {value}.</p></blockquote>"
        for source, value in (("One &amp; Co", 148), ("Two", 152))
    )
    assert told.startswith(first + second)
    assert "Source:" not in told


def test_a_cell_is_never_a_formula():
    changes = [a_change(n, summary=f"{sign}cmd|' /C calc'!A0") for n, sign in enumerate("=+-@")]
    rows = list(csv.DictReader(io.StringIO(text("csv", a_chronicle_of(*changes)))))
    assert [row["summary"][:2] for row in rows] == ["'=", "'+", "'-", "'@"]
    assert rows[0]["url"] == "https://news.example/0"
    assert rows[0]["topics"] == "itu"


def test_json_is_the_list_of_the_timeline():
    assert json.loads(text("json")) == list(TOLD.changes)


@pytest.mark.parametrize("kind", ["atom", "jsonfeed"])
def test_our_own_reader_reads_the_feed(kind):
    found = parse(
        document(TOLD, kind),
        None,
        final_url="https://us.example/feed",
        feed_timezone=None,
        now=datetime(2025, 12, 1, tzinfo=UTC),
    )
    assert [entry.guid for entry in found.entries] == [entry["id"] for entry in entries(kind)]
    assert found.entries[0].title == "Edited: A plan of 44"
    assert found.entries[0].link == "https://news.example/5"
    assert found.entries[0].published_at == datetime(2025, 11, 11, 8, 0, 1, tzinfo=UTC)


def test_both_feeds_have_the_same_ids_and_they_last():
    ids = [entry["id"] for entry in entries("atom")]
    assert ids == [entry["id"] for entry in entries("jsonfeed")]
    assert len(set(ids)) == 3
    assert all(one.startswith("urn:uuid:") for one in ids)
    later = a_chronicle_of(*TOLD.changes, a_change(30), wanted=Wanted(topics=("itu",)))
    assert [entry["id"] for entry in entries("atom", later)][1:] == ids
    assert ids[-1] == "urn:uuid:5ba5b1a2-d93e-5090-9cc9-3a541658c1e3"


def test_a_feed_is_updated_by_changes_alone():
    read = feedparser.parse(io.BytesIO(document(TOLD, "atom")))
    assert read.feed.updated == RETITLED["at"]
    assert [entry.updated for entry in read.entries] == [change["at"] for change in reversed(TOLD.changes)]
    assert {entry["date_published"] for entry in entries("jsonfeed")} == {change["at"] for change in TOLD.changes}


def test_what_a_feed_says_in_html_is_escaped():
    for kind, key in (("atom", "summary"), ("jsonfeed", "content_html")):
        said = "".join(str(entry[key]) for entry in entries(kind))
        assert "<script" not in said
        assert "<ins>44</ins>" in said


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_headline_makes_a_well_formed_feed(headline):
    from alerts.visible import clean

    chronicle = a_chronicle_of(a_change(1, summary=clean(headline) or "x", event_title=clean(headline)))
    assert len(entries("atom", chronicle)) == len(entries("jsonfeed", chronicle)) == 1


def test_a_promise_is_an_entry_on_its_last_day():
    (entry,) = calendar(a_chain("2025-12-20"))
    assert entry["summary"] == "Completion of construction: The centre opens"
    assert (entry["dtstart"].dt, entry["dtend"].dt) == (date(2025, 12, 20), date(2025, 12, 21))
    assert (entry["status"], int(entry["sequence"])) == ("TENTATIVE", 0)
    assert "“It will be ready in time.”" in entry["description"]


def test_a_slip_moves_the_entry_and_raises_its_sequence_once():
    before, after = calendar(a_chain("2025-12-20"))[0], calendar(a_chain("2025-12-20", "2026-03-31"))[0]
    assert after["uid"] == before["uid"]
    assert (int(before["sequence"]), int(after["sequence"])) == (0, 1)
    assert after["dtstart"].dt == date(2026, 3, 31)
    assert "by 20 December 2025 → end of March 2026 (+101 days)" in after["description"]
    again = calendar(a_chain("2025-12-20", "2026-03-31", "2026-06-30"))[0]
    assert (int(again["sequence"]), again["uid"]) == (2, before["uid"])


@pytest.mark.parametrize(
    ("state", "status", "sequence"),
    [("kept", "CONFIRMED", 0), ("cancelled", "CANCELLED", 1), ("overdue", "TENTATIVE", 0), ("dropped", "CANCELLED", 1)],
)
def test_what_becomes_of_a_promise_is_the_status_of_its_entry(state, status, sequence):
    (entry,) = calendar(a_chain("2025-12-20", state=state))
    assert (entry["status"], int(entry["sequence"])) == (status, sequence)


def test_what_was_kept_early_stands_on_its_day_under_the_events_title():
    chain = a_chain("2025-12-20", state="kept", subject="lake-cable")
    (due,) = calendar(chain)
    (kept,) = calendar(chain | {"kept_earliest": "2025-11-22", "kept_latest": "2025-11-22"})
    assert due["dtstart"].dt == date(2025, 12, 20)
    assert (kept["dtstart"].dt, kept["dtend"].dt) == (date(2025, 11, 22), date(2025, 11, 23))
    assert (kept["uid"], int(kept["sequence"])) == (due["uid"], int(due["sequence"]) + 1)
    assert kept["summary"] == "Completion of construction (lake-cable): The centre opens"


def test_an_event_with_a_day_is_an_entry():
    (entry,) = calendar(dated=[an_event(starts_on="2025-11-17", ends_on="2025-11-28", status="planned", moved=1)])
    assert (entry["dtstart"].dt, entry["dtend"].dt) == (date(2025, 11, 17), date(2025, 11, 29))
    assert (entry["status"], int(entry["sequence"])) == ("TENTATIVE", 1)
    (entry,) = calendar(dated=[an_event(starts_on="2025-11-17", status="cancelled", moved=1)])
    assert (entry["status"], int(entry["sequence"])) == ("CANCELLED", 2)


def test_another_reader_of_calendars_reads_the_same():
    hostile = a_chain("2025-12-20", quote="a;b,c\\d\nBEGIN:VEVENT\r\nX", event_title='İclas, "ə" ' * 20)
    raw = document(a_chronicle_of(promises=[hostile, a_chain("2026-01-01", id="other")]), "ics")
    assert max(map(len, raw.split(b"\r\n"))) <= 75
    ours: Any = icalendar.Calendar.from_ical(raw)
    theirs = vobject.readOne(raw.decode())
    read = [
        (str(one["uid"]), one["dtstart"].dt, str(one["summary"]), str(one["description"]))
        for one in ours.walk("VEVENT")
    ]
    assert read == [
        (one.uid.value, one.dtstart.value, one.summary.value, one.description.value) for one in theirs.vevent_list
    ]
    assert len(read) == 2
    assert ours.to_ical(sorted=False) == raw


def test_a_brief_tells_what_changed_the_weightiest_first():
    fact = RETITLED | a_change(9) | {
        "kind": "item.revised", "summary": "Corrected by Outlet: 40 → 44", "old": "40 villages", "new": "44 villages",
        "diff": "[-40-]{+44+} villages", "event": "BBBBBBBB", "event_title": "Networks", "class": "fact",
    }  # fmt: skip
    brief = text("markdown", a_chronicle_of(
        a_change(1), fact, a_change(2, kind="event.updated", summary="A report (Other)", sources=["Other"]),
        promises=[a_chain("2025-12-20", "2026-03-31", state="overdue")],
        wanted=Wanted(since=datetime(2025, 11, 8, 20, 0, tzinfo=UTC)),
    ))  # fmt: skip
    assert brief.startswith("# What changed since 9 November 2025\n")
    assert brief.index("## Facts and dates") < brief.index("## New events") < brief.index("## Promises")
    assert "- 12 Nov: **Corrected**: 40 villages → **44 villages** ([Outlet](<https://news.example/9>))" in brief
    assert "- 1 further report: [Other](<https://news.example/2>)" in brief
    assert "by 20 December 2025 → end of March 2026 **(overdue)**" in brief


@pytest.mark.parametrize("kind", ["markdown", "atom", "html"])
def test_an_edit_of_title_and_text_keeps_them_apart(kind: str):
    edit = RETITLED | {"diff": "A plan [-of 40-]{+of 44+}\nThey agreed on [-40-]{+44+} villages."}
    told = text(kind, a_chronicle_of(edit | {"class": "fact"}))
    plain = re.sub(r"&lt;/?(?:ins|del)&gt;|</?(?:ins|del)>|\*\*", "", told)
    assert "A plan of 40 · They agreed on 40 villages." in plain
    assert "A plan of 44 · They agreed on 44 villages." in plain


def test_a_brief_holds_no_marks_of_the_world():
    brief = text("markdown", a_chronicle_of(a_change(1, summary=f"New: {HOSTILE}", event_title="1. # *b* _c_ `d`")))
    assert "\\<script\\>" in brief
    assert "\\[a\\](javascript:x)" in brief
    assert "### 1\\. \\# \\*b\\* \\_c\\_ \\`d\\`" in brief
