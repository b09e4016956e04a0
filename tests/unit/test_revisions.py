import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.items.content import content, with_facts
from monitor.items.revisions import Revised, classify, is_version, render_diff, verdict_kind, word_diff
from storage.model import Content, Revision, RevisionClass, Sighting, TextKind
from tests.builders_items import LONG_TEXT, NOON

HOUR = timedelta(hours=1)


def words(title: str = "A cable lands", text: str = LONG_TEXT, kind: TextKind = TextKind.SUMMARY) -> Content:
    return with_facts(content(title, text, kind))


def version(n: int, content: Content, *, at: datetime = NOON, **given: object) -> Revision:
    class_ = RevisionClass.FIRST if n == 1 else RevisionClass.STYLE
    values: dict[str, object] = {"item_id": 1, "n": n, "feed_id": 1, "seen_at": at, "class_": class_}
    return Revision(content=content, **{**values, **given})  # type: ignore[arg-type]  # a test names what it cares about


def sighting(content: Content) -> Sighting:
    return Sighting(
        feed_id=1,
        item_id=1,
        link=None,
        guid="g",
        range_hash=None,
        title_norm=content.title_norm,
        title_hash=content.title_hash,
        text_hash=content.text_hash,
        content_hash=content.content_hash,
        facts_hash=content.facts_hash,
        text_kind=content.text_kind,
        first_seen_at=NOON,
        last_seen_at=NOON,
        last_document=1,
    )


def edited(
    old: Content,
    new: Content,
    *,
    history: Iterable[Revision] = (),
    now: datetime = NOON + HOUR,
    worded: bool = True,
) -> Revised:
    """The class of `new` after `old`, which is the last of the versions."""
    versions = [*history] or [version(1, old)]
    assert is_version(versions, sighting(old), new)
    return classify(versions, sighting(old), old if worded else None, new, first_seen_at=NOON, now=now)


def test_punctuation_quotes_and_case_make_no_version():
    old, new = words("The “cable” lands", "It landed - at last."), words('The "Cable" lands!', "It landed — at last")

    assert not is_version([version(1, old)], sighting(old), new)
    assert is_version([version(1, old)], sighting(old), words("The cable landed"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A cable of 40 km", "A cable of 44 km"),
        ("Two ports sign", "Three ports sign"),
        ("The port opens in June", "The port opens in July"),
        ("Talks are planned", "Talks are cancelled"),
        ("İki liman açılır", "Üç liman açılır"),
        ("Порт откроют в июне", "Порт откроют в июле"),
        ("Growth of 5 %", "Growth of -5 %"),
    ],
)
@pytest.mark.parametrize("worded", [True, False], ids=["words at hand", "hashes alone"])
def test_a_number_word_date_or_status_that_changes_in_a_title_is_a_fact(old: str, new: str, worded: bool):
    assert edited(words(old), words(new), worded=worded).class_ is RevisionClass.FACT


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("It is 40 km long.", "It is 44 km long."),
        ("It starts in summer.", "It starts in May."),
        ("The first of two ships sailed.", "The first of three ships sailed."),
        ("The work is under way.", "The work is suspended."),
        ("It fell from 44 to 40 metres.", "It fell from 40 to 44 metres."),
        ("It has 2 decks. It is blue.", "It has 2 decks. It is blue. It has 2 masts."),
    ],
)
def test_a_fact_that_changes_in_the_text_is_a_fact(old: str, new: str):
    found = edited(words(text=f"{LONG_TEXT} {old}"), words(text=f"{LONG_TEXT} {new}"))

    assert found.class_ is RevisionClass.FACT
    assert found.reason == "a number, date or status changed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("About 40 km of cable were laid.", "They laid about 40 km of cable."),
        ("It may rain. Crews wait.", "It might rain. Crews wait."),
        ("It is long. There are 12 ships.", "There are 12 ships. It is long, you see."),
        ("Two men wait ashore.", "Ashore, two men wait."),
    ],
)
def test_facts_that_stay_or_move_are_a_matter_of_style(old: str, new: str):
    assert edited(words(text=old), words(text=new)).class_ is RevisionClass.STYLE


def test_a_changed_number_is_a_fact_by_its_hash_alone():
    found = edited(words(text="It is 40 km long."), words(text="It is 44 km long."), worded=False)

    assert found.class_ is RevisionClass.FACT


def test_words_that_the_feed_did_not_show_last_are_not_compared():
    old, other = words(text="It has two decks."), words(text="It has six decks.")
    found = classify(
        [version(1, old)], sighting(old), other, words(text="It has two masts."), first_seen_at=NOON, now=NOON
    )

    assert found.class_ is RevisionClass.STYLE


def test_another_title_is_a_title_revision():
    found = edited(words("A cable lands"), words("A cable comes ashore"))

    assert found.class_ is RevisionClass.TITLE
    assert found.reason == "the title changed, but no number, date or status"


def test_another_wording_is_a_style_revision():
    found = edited(words(), words(text=LONG_TEXT.replace("light rain", "drizzle")))

    assert (found.class_, found.added_only) == (RevisionClass.STYLE, False)
    assert found.reason == "the wording changed, but no number, date or status"


@pytest.mark.parametrize(
    ("more", "added_only"),
    [("A crowd of people waved from the mole.", True), ("A crowd of people waved from afar.", False)],
)
def test_eight_words_that_were_only_added_are_noted(more: str, added_only: bool):
    found = edited(words(), words(text=f"{more} {LONG_TEXT}"))

    assert (found.class_, found.added_only) == (RevisionClass.STYLE, added_only)
    assert ("eight words or more were added" in found.reason) is added_only


def test_added_words_beside_a_lost_one_are_not_only_added():
    more = "A crowd of onlookers waved from the old mole. " + LONG_TEXT.replace(" light", "")

    assert not edited(words(), words(text=more)).added_only


def test_words_of_an_older_version_are_a_revert():
    first, second = words("A cable lands"), words("A cable of 40 km lands")
    found = edited(second, first, history=[version(1, first), version(2, second)])

    assert (found.class_, found.reverts_to) == (RevisionClass.REVERT, 1)
    assert found.reason == "back to the words of version 1"


def test_a_revert_of_a_revert_points_at_words_that_are_stored():
    first, second, third = words("One port"), words("Port of the north"), words("Port of the south")
    history = [
        version(4, first),
        version(5, second),
        version(6, first, class_=RevisionClass.REVERT, reverts_to=4),
        version(7, third),
    ]

    assert edited(third, first, history=history).reverts_to == 4
    assert edited(third, first, history=history[2:]).reverts_to == 4


def test_the_outlets_own_mark_is_recorded():
    found = edited(words("A cable lands"), words("A cable comes ashore - UPDATED"))

    assert (found.class_, found.marker) == (RevisionClass.TITLE, "updated")


def test_a_mark_alone_makes_no_version():
    old = words("Kabel sahilə çıxdı")

    assert not is_version([version(1, old)], sighting(old), words("Kabel sahilə çıxdı YENİLƏNİB [2]"))


@pytest.mark.parametrize(("hours", "late"), [(72, False), (73, True)])
def test_a_version_after_three_days_is_late(hours: int, late: bool):
    found = edited(words(), words("A cable comes ashore"), now=NOON + hours * HOUR)

    assert found.late is late
    assert found.reason.endswith("more than 72 hours after it was first seen") is late


def _versions(*hours: int) -> list[Revision]:
    """A first version at noon and others so many hours later."""
    titles = [words(f"A cable lands, they say in {'x' * n}") for n in range(1, len(hours) + 1)]
    edits = [
        version(n, title, at=NOON + hour * HOUR) for n, (title, hour) in enumerate(zip(titles, hours, strict=True), 2)
    ]
    return [version(1, words()), *edits]


@pytest.mark.parametrize(
    ("hours", "now", "damped"),
    [((1, 2, 3), 4, True), ((1, 2), 4, False), ((1, 2, 3), 26, False), ((1, 2, 3), 24, True)],
)
def test_more_than_three_versions_in_a_day_are_damped(hours: tuple[int, ...], now: int, damped: bool):
    history = _versions(*hours)
    found = edited(history[-1].content, words("A cable at last"), history=history, now=NOON + now * HOUR)

    assert found.damped is damped
    assert verdict_kind(found) == ("FLAPPING" if damped else "REVISED")


def test_an_item_stays_damped_until_a_day_was_calm():
    history = _versions(1, 30)
    history[-1] = replace(history[-1], damped=True)
    last = history[-1].content

    assert edited(last, words("A cable at last"), history=history, now=NOON + 53 * HOUR).damped
    assert not edited(last, words("A cable at last"), history=history, now=NOON + 55 * HOUR).damped


def test_a_fact_is_never_damped():
    history = _versions(1, 2, 3)
    found = edited(history[-1].content, words("A cable of 40 km lands"), history=history, now=NOON + 4 * HOUR)

    assert (found.class_, found.damped, verdict_kind(found)) == (RevisionClass.FACT, False, "REVISED")


def test_a_text_after_a_title_alone_fills_the_item():
    found = edited(words(text=""), words())

    assert (found.class_, verdict_kind(found)) == (RevisionClass.FILLED, "FILLED")


def test_a_whole_text_after_a_summary_fills_the_item_whatever_numbers_it_holds():
    whole = words(text=LONG_TEXT + " It is 40 km long.", kind=TextKind.CONTENT)

    assert edited(words(), whole).class_ is RevisionClass.FILLED


def test_a_fact_in_the_title_is_not_hidden_by_the_text_that_comes_with_it():
    assert edited(words("A cable of 40 km", ""), words("A cable of 44 km")).class_ is RevisionClass.FACT


def test_another_kind_of_the_same_text_is_no_version():
    old = words()

    assert not is_version([version(1, old)], sighting(old), words(kind=TextKind.CONTENT))


def test_less_text_under_the_same_title_is_no_version():
    old = words(kind=TextKind.CONTENT)

    assert not is_version([version(1, old)], sighting(old), words(text="The cable ship left."))
    assert not is_version([version(1, old)], sighting(old), words(text=""))
    assert is_version([version(1, old)], sighting(old), words("Another title", text=""))


def test_less_text_under_another_title_is_a_title_revision_whatever_numbers_are_gone():
    old = words(text=LONG_TEXT + " It is 40 km long.", kind=TextKind.CONTENT)

    assert edited(old, words("A cable comes ashore", text="")).class_ is RevisionClass.TITLE


def test_a_return_to_the_stored_text_is_no_version():
    whole, short = words(kind=TextKind.CONTENT), words(text="The cable ship left.")

    assert not is_version([version(1, whole)], sighting(short), whole)


def test_hashes_of_two_norms_are_not_compared():
    old = words()
    last = sighting(old)._replace(content_hash=old.content_hash.replace("1:", "0:"))

    assert not is_version([version(1, old)], last, words("Quite another title"))


@pytest.mark.parametrize(
    ("old", "new", "diff"),
    [
        ("a b c", "a b c", [("=", "a b c", "a b c")]),
        ("a b c", "a x c", [("=", "a", "a"), ("~", "b", "x"), ("=", "c", "c")]),
        ("a c", "a b c", [("=", "a", "a"), ("+", "", "b"), ("=", "c", "c")]),
        ("a b c", "a c", [("=", "a", "a"), ("-", "b", ""), ("=", "c", "c")]),
        ("", "a", [("+", "", "a")]),
        ("a", "", [("-", "a", "")]),
        ("", "", []),
        ("The “Port”, open", "the Port — open!", [("=", "The “Port”, open", "the Port — open!")]),
        ("It is 40 km.", "It is 44 km.", [("=", "It is", "It is"), ("~", "40 km.", "44 km.")]),
        ("40 km", "44 km", [("~", "40 km", "44 km")]),
        ("Only km", "All km", [("~", "Only", "All"), ("=", "km", "km")]),
        ("a 40 b km", "a 44 b km", [("=", "a", "a"), ("~", "40", "44"), ("=", "b km", "b km")]),
        ("All 900 came", "All 910 came", [("=", "All", "All"), ("~", "900", "910"), ("=", "came", "came")]),
    ],
)
def test_words_that_changed_are_told(old: str, new: str, diff: list[tuple[str, str, str]]):
    assert word_diff(old, new) == diff


def test_sentences_that_stay_are_kept_whole():
    old, new = "One is here. Two is there. Three is gone.", "One is here. Two was there. Three is gone."

    assert word_diff(old, new) == [
        ("=", "One is here. Two", "One is here. Two"),
        ("~", "is", "was"),
        ("=", "there. Three is gone.", "there. Three is gone."),
    ]


def test_very_long_texts_are_compared_by_sentences_alone():
    old = " ".join(f"Sentence {n} stays as it is." for n in range(1_000))
    diff = word_diff(old, old.replace("Sentence 500 stays", "Sentence 500 goes"))

    assert diff[1] == ("~", "Sentence 500 stays as it is.", "Sentence 500 goes as it is.")


def test_a_diff_reads_as_a_line():
    assert render_diff(word_diff("A cable of 40 km.", "A cable of 44 km.")) == "A cable of [-40 km.-]{+44 km.+}"
    assert render_diff(word_diff("It is now here", "It is here, men say")) == "It is [-now-] here, {+men say+}"


def test_a_diff_shows_what_stands_around_a_change():
    old = " ".join(f"w{'x' * n}" for n in range(60))
    new = old.replace(" wxxxxx ", " here ")
    first, _, rest = render_diff(word_diff(old, new), context=2).partition(" [-wxxxxx-]{+here+} ")

    assert (first, rest) == ("… wxxx wxxxx", "wxxxxxx wxxxxxxx …")
    assert render_diff(word_diff(old, new), context=None).count("w") == 60


def test_a_hostile_text_does_not_stop_the_comparison():
    old = " ".join(f"x u{n}" for n in range(1_900))
    new = " ".join(f"x v{n}" for n in range(1_900))
    began = time.process_time()

    assert word_diff(old, new)
    assert time.process_time() - began < 3


def test_three_edits_among_a_thousand_words_are_found_in_milliseconds():
    old = " ".join(
        f"Sentence {chr(97 + n % 26) * (n // 26 + 1)} of the report tells what {n} men saw there." for n in range(100)
    )
    new = old.replace(" 11 men", " 12 men").replace(" 40 men", " 41 men").replace(" 77 men", " 78 men")
    assert len(old.split()) > 1_000
    times = []
    for _ in range(10):
        began = time.process_time()
        diff = word_diff(old, new)
        times.append(time.process_time() - began)

    assert [(old, new) for op, old, new in diff if op != "="] == [("11", "12"), ("40", "41"), ("77", "78")]
    assert min(times) < 0.008  # measured: 0.9 ms on a quiet core
