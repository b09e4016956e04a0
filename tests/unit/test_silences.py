from dataclasses import replace

import pytest

from alerts.silences import KEYS, silenced_by
from storage.model import Importance, Silence
from tests.builders_messages import HOUR, NOW, a_change, an_alert

CHANGE = a_change(topics=("wtdc", "itu"), payload={"event_title": "Baku Declaration"})
ALERT = replace(an_alert(CHANGE), labels=("desk",))


def a_silence(*matchers: str, id_: str = "s_1") -> Silence:
    pairs = tuple((key, pattern) for key, _, pattern in (one.partition("=") for one in matchers))
    return Silence(id=id_, matchers=pairs, starts_at=NOW, ends_at=NOW + HOUR, author="me", created_at=NOW)


def covered(*matchers: str) -> bool:
    found = silenced_by(
        [a_silence(*matchers)],
        ALERT,
        CHANGE,
        title="ITU members agree",
        sources={"Trend", "https://t.example"},
        lang="en",
    )
    return found == "s_1"


@pytest.mark.parametrize(
    "matcher",
    [
        "event=7Q2MAAAA", "topic=itu", "kind=event.created", "kind=event.*", "source=trend", "title=*members*",
        "title=baku *", "channel=team-slack", "route=big", "rule=facts", "importance=high", "label=desk", "lang=en",
    ],
)  # fmt: skip
def test_each_key_matches_what_it_names(matcher):
    assert covered(matcher)
    assert matcher.partition("=")[0] in KEYS
    assert not covered(matcher.partition("=")[0] + "=something else")


def test_every_key_can_be_tried():
    assert {one for one in KEYS if not covered(f"{one}=*")} == set()


def test_patterns_of_one_key_are_alternatives_and_another_key_narrows():
    assert covered("topic=tcfo", "topic=itu")
    assert covered("topic=itu", "kind=event.*")
    assert not covered("topic=itu", "kind=fact.*")


def test_a_silence_without_matchers_or_with_an_unknown_key_silences_nothing():
    assert covered("topic=itu")
    assert not covered()
    assert not covered("weather=*")
    assert not covered("topic=itu", "weather=*")


def test_the_first_silence_that_covers_is_named():
    silences = [a_silence("topic=tcfo"), a_silence("topic=itu", id_="s_2"), a_silence("topic=itu", id_="s_3")]
    assert silenced_by(silences, ALERT, CHANGE) == "s_2"
    assert silenced_by([], ALERT, CHANGE) == ""


def test_what_is_not_known_of_a_change_matches_no_pattern():
    assert replace(ALERT, importance=Importance.LOW).importance is Importance.LOW
    bare = a_change(event_id=None, topics=())
    assert silenced_by([a_silence("event=*"), a_silence("topic=*"), a_silence("lang=*")], ALERT, bare) == ""
