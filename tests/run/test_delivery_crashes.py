"""Killed at any moment, the sender loses nothing and repeats nothing unmarked."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.builders_crashes import KILLED, Answer, Answers, Kind, Lives, Parent, always, broken, faulty, mortal, parent

RANDOM_KILLS = int(os.environ.get("SALNAME_TEST_KILLS", "10"))


@pytest.fixture(scope="module")
def mother() -> Iterator[Parent]:
    with parent() as process:
        yield process


@pytest.fixture
def lives(mother: Parent, tmp_path: Path) -> Iterator[Lives]:
    with mortal(mother, tmp_path, always("ok")) as found:
        found.speed = 1.0  # nothing waits: on a slow machine as on a fast one the second follows the first at once
        yield found


def assert_all_delivered(lives: Lives) -> None:
    """An inert sender would break nothing: everything that was told must have arrived."""
    total = lives.stories * lives.revisions * 2
    assert lives.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("delivered", total)]
    assert len({receipt.id for receipt in lives.receiver.receipts}) == total
    assert broken(lives) == []


def assert_all_arrived(lives: Lives) -> None:
    """Each change stands in one message to each address: in its own, or after an outage in a later one.

    Which of the two depends on how far the clock went on meanwhile, and so on the machine; that none is lost does not.
    """
    changes = lives.stories * lives.revisions
    messages = {receipt.id: json.loads(receipt.body)["data"] for receipt in lives.receiver.receipts}
    ended = lives.rows("SELECT id, address, state FROM delivery")
    assert len(ended) == changes * len(lives.addresses)
    assert {id_ for id_, _, state in ended if state == "delivered"} == set(messages)
    assert {state for _, _, state in ended} <= {"delivered", "folded"}
    told: Counter[str] = Counter()
    named: Counter[tuple[str, str]] = Counter()
    for id_, address in ((id_, address) for id_, address, state in ended if state == "delivered"):
        told[address] += messages[id_]["counts"]["changes"]
        named.update((address, change["id"]) for change in all_changes(messages[id_]))
    assert told == dict.fromkeys(lives.addresses, changes)
    assert set(named.values()) == {1}
    assert broken(lives) == []


def all_changes(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those that a message names; of a long list it names the first, and counts all."""
    return [message["change"], *message["further_changes"]]


def test_a_life_that_nobody_ends_delivers_everything_once(lives: Lives):
    assert lives.lives() == 0
    assert_all_delivered(lives)
    assert len(lives.receiver.receipts) == 18


# At each point, of the delivery that was in hand: is its first try in doubt, and has it arrived twice in the end?
# Two are told together: the first one's end and the second one's claim stand in one commit.
POINTS = {
    "before_claim": (False, False),
    "mid_render": (False, False),
    "after_claim": (True, False),
    "after_connect": (True, False),
    "after_headers": (True, False),
    "after_body": (True, True),
    "after_reply": (True, True),
    "before_settle": (True, True),
    "after_settle": (False, False),
}


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_it_goes_on_where_it_was(lives: Lives, point: str, nth: int):
    assert lives.lives(crash_at=f"{point}:{nth}") == KILLED
    assert lives.lives() == 0
    assert_all_delivered(lives)
    in_doubt, twice = POINTS[point] if (point, nth) != ("after_settle", 1) else POINTS["after_claim"]
    assert len(lives.rows("SELECT * FROM attempt WHERE outcome = 'in_doubt'")) == in_doubt
    assert len(lives.receiver.receipts) == 18 + twice


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_of_a_mail_it_goes_on_where_it_was(mother: Parent, tmp_path: Path, point: str):
    with mortal(mother, tmp_path, always("ok"), "smtp") as lives:
        lives.speed = 1.0
        assert lives.lives(crash_at=f"{point}:4") == KILLED
        assert lives.lives() == 0
        assert_all_delivered(lives)
        assert len(lives.receiver.receipts) == 18 + POINTS[point][1]


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_of_a_message_to_slack_it_goes_on_where_it_was(
    mother: Parent, tmp_path: Path, point: str
):
    with mortal(mother, tmp_path, always("ok"), "slack") as lives:
        assert lives.lives(crash_at=f"{point}:4") == KILLED
        assert lives.lives() == 0
        assert lives.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("delivered", 9)]
        assert broken(lives) == []
        assert len(lives.receiver.receipts) == 9 + POINTS[point][1]


@pytest.mark.parametrize("point", ["after_connect", "after_reply"])  # the other points lie before a channel or after it
def test_killed_while_apprise_has_a_message_it_goes_on_where_it_was(mother: Parent, tmp_path: Path, point: str):
    with mortal(mother, tmp_path, always("ok"), "apprise") as lives:
        lives.stories, lives.revisions, lives.speed = 1, 2, 1.0
        assert lives.lives(crash_at=f"{point}:2") == KILLED
        assert lives.lives() == 0
        assert lives.rows("SELECT state, count(*) FROM delivery GROUP BY state") == [("delivered", 2)]
        assert broken(lives) == []
        assert len(lives.receiver.receipts) == 2 + POINTS[point][1]


@pytest.mark.parametrize("kind", ["http", "smtp", "slack"])
@pytest.mark.parametrize("point", ["mid_release:1", "mid_digest:1"])
def test_killed_while_a_window_closes_or_a_digest_is_made_everything_is_told_once(
    mother: Parent, tmp_path: Path, kind: Kind, point: str
):
    with mortal(mother, tmp_path, always("ok"), kind) as lives:
        lives.paced, lives.revisions, lives.speed = True, 4, 400.0
        assert lives.lives(crash_at=point) == KILLED
        assert lives.lives() == 0
        assert_all_told(lives)
        assert broken(lives) == []
        assert len(lives.receiver.receipts) == len({receipt.id for receipt in lives.receiver.receipts})


@pytest.mark.parametrize("point", POINTS)
def test_killed_on_the_way_of_a_digest_everything_is_told(mother: Parent, tmp_path: Path, point: str):
    with mortal(mother, tmp_path, always("ok")) as lives:
        lives.paced, lives.revisions, lives.speed = True, 4, 400.0
        nth = 2 if point == "before_claim" else 7  # it is passed once a row, the others once a message
        assert lives.lives(crash_at=f"{point}:{nth}") == KILLED
        assert lives.lives() == 0
        assert_all_told(lives)
        assert broken(lives) == []


def assert_all_told(lives: Lives) -> None:
    """Each change stands in one message to each address, and both windows and digests were at work."""
    changes = lives.stories * lives.revisions
    told = "SELECT count(*) FROM alert a JOIN delivery d USING (bundle_id) WHERE d.state = 'delivered'"
    assert lives.rows(told) == [(changes * len(lives.addresses),)]
    assert {kind for (kind,) in lives.rows("SELECT DISTINCT kind FROM delivery")} == {"event.created", "digest"}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_named_point_with_hold_nothing_arrives_twice(lives: Lives, point: str):
    lives.on_doubt = "hold"
    assert lives.lives(crash_at=f"{point}:4") == KILLED
    assert lives.lives() == 0
    assert broken(lives) == []
    [(held,)] = lives.rows("SELECT count(*) FROM delivery WHERE state = 'in_doubt'")
    assert held == POINTS[point][0]
    [(waiting,)] = lives.rows("SELECT count(*) FROM delivery WHERE state = 'queued'")
    assert held or not waiting  # only the line behind a doubtful one waits
    assert len(lives.receiver.receipts) >= 18 - held - waiting


def test_killed_again_and_again_at_the_same_point_it_gets_through_in_the_end(lives: Lives):
    for _ in range(5):
        assert lives.lives(crash_at="after_reply:2") == KILLED
    assert lives.lives() == 0
    assert_all_delivered(lives)
    assert len(lives.rows("SELECT * FROM attempt WHERE outcome = 'in_doubt'")) == 5


def random_kills(lives: Lives, count: int, seed: int) -> None:
    rng = random.Random(seed)
    lives.stories, lives.revisions = 4, 1
    while lives.kills["all"] < count:
        lives.revisions += 1  # there is always something left to tell
        lives.is_killed_after(rng.expovariate(4.0))
    assert lives.lives() == 0


def test_killed_at_random_moments_with_a_faulty_receiver_it_loses_and_repeats_nothing(mother: Parent, tmp_path: Path):
    with mortal(mother, tmp_path, faulty(seed=1)) as lives:
        random_kills(lives, RANDOM_KILLS, seed=2)
        assert_all_arrived(lives)
        print(dict(lives.kills), tally(lives))


@pytest.mark.soak
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(4))
def test_a_hundred_random_kills_fall_into_every_phase(mother: Parent, tmp_path: Path, seed: int):
    with mortal(mother, tmp_path, faulty(seed)) as lives:
        random_kills(lives, 100, seed)
        assert_all_arrived(lives)
        print(dict(lives.kills), tally(lives))
        assert lives.kills["between claim and settle"] >= 20
        assert lives.kills["between BEGIN and COMMIT"] >= 20


def tally(lives: Lives) -> dict[str, int]:
    [(attempts, doubts)] = lives.rows("SELECT count(*), sum(outcome = 'in_doubt') FROM attempt")
    receipts = lives.receiver.receipts
    return {
        "deliveries": len({receipt.id for receipt in receipts}),
        "attempts": attempts,
        "in doubt": doubts,
        "copies": len(receipts) - len({receipt.id for receipt in receipts}),
    }


def first_fails(number: int) -> Answer:
    return "fails" if number == 1 else "ok"


def second_is_silent(number: int) -> Answer:
    return "silent" if number == 2 else "ok"


@pytest.mark.parametrize(
    ("mutant", "answers", "crash_at", "invariant"),
    [
        ("delivered_before_it_is_sent", always("ok"), "after_connect:3", "I2"),
        ("sent_before_it_is_claimed", always("ok"), "after_body:1", "I3"),
        ("no_head_of_line", first_fails, "", "I6"),
        ("new_id_at_every_try", second_is_silent, "", "I5"),
        ("forgets_the_doubt", always("ok"), "after_body:2", "I3"),
        ("forgets_the_doubt", always("ok"), "after_body:2", "I4"),
        ("renders_anew_at_every_try", second_is_silent, "", "I4"),
        ("told_in_two_transactions", always("ok"), "between:2", "I1"),
        ("window_closes_in_two_transactions", always("ok"), "between:1", "I1"),
    ],
)
def test_the_checks_catch_a_sender_that_is_broken_on_purpose(
    mother: Parent, tmp_path: Path, mutant: str, answers: Answers, crash_at: str, invariant: str
):
    with mortal(mother, tmp_path, answers) as lives:
        lives.paced = mutant.startswith("window")
        lives.mutant, lives.stories = mutant, 1
        lives.speed = 400.0 if lives.paced else 4.0  # slow: much is told before a failed try is repeated
        assert lives.lives(crash_at) == (KILLED if crash_at else 0)
        assert lives.lives() == 0
        assert invariant in {line.split()[0] for line in broken(lives)}
