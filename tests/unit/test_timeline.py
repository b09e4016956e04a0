"""The lines of the timeline."""

from dataclasses import replace
from datetime import date

import pytest

from monitor.events.timeline import ITEMS_LISTED, created, noted, revised, updated, withdrawn
from storage.model import Change, Content, Event, Origin, RevisionClass, change_id
from tests.builders_events import MORNING, an_event, facts
from tests.builders_storage import a_content, a_revision


def edit(
    before: Content | None,
    after: Content,
    *,
    class_: RevisionClass = RevisionClass.FACT,
    diff: str = "",
    nth: int = 0,
    event: Event | None = None,
) -> Change:
    """The change for an edit of item 1, from hash "1:old"."""
    revision = a_revision(1, after, n=2, class_=class_)
    return revised(
        facts(title=after.title),
        event,
        revision,
        feed_id=3,
        before=before,
        before_hash="1:old",
        diff=diff,
        nth=nth,
        at=MORNING,
        origin=Origin.LIVE,
    )


def listed(change: Change) -> list[dict[str, object]]:
    items = change.payload["items"]
    assert isinstance(items, list)
    return [dict(item) for item in items]


def listed_ids(change: Change) -> list[object]:
    return [item["id"] for item in listed(change)]


def side(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def test_a_new_event_is_told_with_its_first_report():
    change = created(an_event(), [facts()], at=MORNING, origin=Origin.LIVE)
    assert change.kind == "event.created"
    assert change.payload["summary"] == "New: Centre opens in Baku (Courier)"
    assert (change.event_id, change.item_id, change.revision, change.feed_id) == ("EVENT001", 1, 1, None)


def test_a_change_happened_on_the_day_its_item_was_published_in_the_feeds_zone():
    known = created(an_event(), [facts(published_on=date(2025, 11, 16))], at=MORNING, origin=Origin.LIVE)
    unknown = created(an_event(), [facts(published_on=None)], at=MORNING, origin=Origin.LIVE)
    assert known.happened_on == date(2025, 11, 16)
    assert unknown.happened_on is None
    assert known.at == unknown.at == MORNING


def test_an_event_is_created_once():
    ids = {created(an_event(), [facts(number)], at=MORNING, origin=Origin.LIVE).id for number in (1, 2)}
    assert len(ids) == 1
    assert created(an_event("EVENT002"), [facts()], at=MORNING, origin=Origin.LIVE).id not in ids


def test_what_one_poll_adds_to_an_event_is_one_change():
    items = [facts(2, title="Centre opened", source="Wire"), facts(3, title="Doors open", source="Signal")]
    change = updated(an_event(revision=2), items, at=MORNING, origin=Origin.LIVE)
    assert change.payload["summary"] == "Centre opened (Wire); Doors open (Signal)"
    assert listed_ids(change) == [2, 3]
    assert change.revision == 2


def test_reports_in_the_same_words_are_counted():
    items = [facts(2, source="Wire"), *(facts(n, source=s, copy_of=2) for n, s in ((3, "A"), (4, "B"), (5, "A")))]
    change = updated(an_event(), items, at=MORNING, origin=Origin.LIVE)
    assert change.payload["summary"] == "Centre opens in Baku (Wire); +2 sources, same text"
    assert change.payload["same_text_count"] == 3


def test_a_copy_alone_is_named():
    change = updated(an_event(), [facts(2, source="Wire", copy_of=1)], at=MORNING, origin=Origin.LIVE)
    assert change.payload["summary"] == "Centre opens in Baku (Wire)"


def test_the_lead_of_an_update_is_no_copy():
    items = [facts(2, copy_of=1), facts(3, source="Wire")]
    assert updated(an_event(), items, at=MORNING, origin=Origin.LIVE).item_id == 3


def test_many_reports_are_counted_and_listed_up_to_a_limit():
    items = [facts(number, title=f"Report {number}") for number in range(1, 101)]
    change = updated(an_event(), items, at=MORNING, origin=Origin.BASELINE)
    assert change.payload["summary"] == "Report 1 (Courier); Report 2 (Courier); Report 3 (Courier); +97 more"
    assert listed_ids(change) == list(range(1, ITEMS_LISTED + 1))
    assert change.payload["item_count"] == 100
    assert change.origin is Origin.BASELINE


def test_two_updates_of_an_event_are_two_changes():
    one, two = (updated(an_event(), [facts(number)], at=MORNING, origin=Origin.LIVE).id for number in (2, 3))
    assert one != two


def test_a_change_carries_the_topics_of_its_items():
    items = [facts(2, topics=("wtdc",)), facts(3, topics=("itu", "wtdc"))]
    change = updated(an_event(topics=("itu", "wtdc", "tcfo")), items, at=MORNING, origin=Origin.LIVE)
    assert change.topics == ("wtdc", "itu")


def test_items_without_topics_are_told_to_those_of_the_event():
    change = updated(an_event(topics=("tcfo",)), [facts(2, topics=())], at=MORNING, origin=Origin.LIVE)
    assert change.topics == ("tcfo",)


def test_a_change_lists_what_a_renderer_needs_of_its_items():
    change = created(an_event(), [facts(7)], at=MORNING, origin=Origin.LIVE)
    assert listed(change)[0] == {
        "id": 7,
        "title": "Centre opens in Baku",
        "url": "https://news.example/7",
        "source": "Courier",
        "published_at": "2025-11-17T08:00:00Z",
        "lang": "en",
        "content_hash": "1:7",
    }


def test_an_item_without_a_title_is_called_untitled():
    change = created(an_event(), [facts(title="")], at=MORNING, origin=Origin.LIVE)
    assert change.payload["summary"] == "New: (untitled) (Courier)"


def test_a_corrected_number_in_a_title_is_told_with_the_number():
    before, after = a_content("Cable of 40 km laid"), a_content("Cable of 44 km laid")
    change = edit(before, after, diff="Cable of [-40-]{+44+} km laid", event=an_event(revision=4))
    assert change.payload["summary"] == "Corrected by Courier: 40 → 44 in “Cable of 44 km laid”"
    assert change.old == {"value": "Cable of 40 km laid", "hash": "1:old"}
    assert change.new == {"value": "Cable of 44 km laid", "hash": after.content_hash, "source": "Courier"}
    assert (change.payload["class"], change.payload["diff"]) == ("fact", "Cable of [-40-]{+44+} km laid")
    assert (change.event_id, change.feed_id, change.item_id, change.key, change.revision) == ("EVENT001", 3, 1, "1", 4)


def test_a_correction_is_told_by_its_number_even_if_other_words_come_first():
    before, after = a_content("T", "It rose fast to 40."), a_content("T", "It grew fast to 44.")
    change = edit(before, after, diff="It [-rose-]{+grew+} fast to [-40-]{+44+}.")
    assert change.payload["summary"] == "Corrected by Courier: 40 → 44 in “T”"
    assert side(change.old)["value"] == "It rose fast to 40."
    assert side(change.new)["value"] == "It grew fast to 44."


def test_a_new_title_is_told_whole():
    before, after = a_content("Centre to open"), a_content("Centre opens")
    change = edit(before, after, class_=RevisionClass.TITLE, diff="Centre [-to open-]{+opens+}")
    assert change.payload["summary"] == "Retitled by Courier: Centre to open → Centre opens"


@pytest.mark.parametrize(
    ("diff", "told"),
    [
        ("He said {+that 30 came+} so", "added “that 30 came”"),
        ("He said [-that 30 came-] so", "removed “that 30 came”"),
    ],
)
def test_words_that_only_came_or_only_went_are_told_so(diff, told):
    change = edit(a_content("T", "a"), a_content("T", "b"), diff=diff)
    assert change.payload["summary"] == f"Corrected by Courier: {told} in “T”"


def test_an_edit_whose_earlier_words_are_not_kept_is_told_without_them():
    change = edit(None, a_content("Centre opens"), class_=RevisionClass.STYLE)
    assert change.payload["summary"] == "Reworded by Courier: Centre opens"
    assert side(change.old)["hash"] == "1:old"


def test_a_long_edit_is_cut_in_the_summary_and_in_the_payload():
    words = " ".join(["word"] * 2_000)
    change = edit(a_content("T", "a"), a_content("T", words), diff=f"It {{+{words}+}} so")
    assert len(str(change.payload["summary"])) < 250
    assert len(str(change.payload["diff"])) <= 2_000


def test_an_edit_is_named_by_its_two_versions_and_how_often_it_came():
    after = a_content("Centre opens")
    first, again = (edit(None, after, nth=nth, event=an_event()) for nth in (0, 1))
    assert first.id == change_id("EVENT001", "item.revised", "1", "1:old", after.content_hash, 0)
    assert again.id == change_id("EVENT001", "item.revised", "1", "1:old", after.content_hash, 1)


def test_an_item_of_no_event_is_a_change_of_its_feed():
    after = a_content("Centre opens")
    change = edit(None, after)
    assert change.id == change_id("feed:3", "item.revised", "1", "1:old", after.content_hash, 0)
    assert (change.event_id, change.revision, change.payload["event_title"]) == (None, 0, "")


def test_what_became_of_a_revision_is_kept():
    revision = replace(
        a_revision(1, a_content(), n=3, class_=RevisionClass.STYLE), late=True, added_only=True, damped=True
    )
    change = revised(
        facts(), None, revision, feed_id=1, before=None, before_hash="", diff="", nth=0, at=MORNING, origin=Origin.LIVE
    )
    found = {key: change.payload[key] for key in ("late", "added_only", "damped", "revision")}
    assert found == {"late": True, "added_only": True, "damped": True, "revision": 3}


def test_a_withdrawn_item_is_told_with_the_reason():
    change = withdrawn(facts(), an_event(), feed_id=3, at=MORNING, nth=1, reason="absent in three polls")
    assert change.payload["summary"] == "Withdrawn by Courier: Centre opens in Baku"
    assert change.payload["reason"] == "absent in three polls"
    assert (change.old, change.new) == ("present", "withdrawn")
    assert change.id == change_id("EVENT001", "item.withdrawn", "1", "present", "withdrawn", 1)


def test_a_note_about_a_feed_belongs_to_the_feed():
    change = noted(
        "feed.gone", feed_id=3, key="gone", summary="Courier is gone", at=MORNING, nth=0, payload={"feed": "C"}
    )
    assert change.id == change_id("feed:3", "feed.gone", "gone", "", "", 0)
    assert change.payload == {"feed": "C", "summary": "Courier is gone"}
    assert (change.feed_id, change.event_id, change.happened_on, change.topics) == (3, None, None, ())


def test_a_note_about_the_program_belongs_to_no_feed():
    change = noted("system.channel_dead", feed_id=None, key="mail", summary="s", at=MORNING, nth=2, payload={})
    assert change.id == change_id("system", "system.channel_dead", "mail", "", "", 2)
    assert change.feed_id is None
