"""The ledger in the database: what was claimed stays, what was promised is found when it is due."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from storage.model import (
    Claim,
    ClaimKind,
    FactRuling,
    Mentions,
    Modality,
    Plan,
    Promise,
    PromiseState,
    claim_id,
    promise_id,
)
from storage.store import Store, WriteTx
from storage.tables import MENTION
from tests.builders_storage import NOON as NOW
from tests.builders_storage import a_plan, add_feed, an_item, open_store, publish

KEY = "forum-27|participants||count"


@pytest.fixture
def store(tmp_path: Path):
    made = open_store(tmp_path)
    feed = add_feed(made)
    publish(made, a_plan(an_item(1), feed_id=feed.id))
    yield made
    made.close()


def a_claim(**given: object) -> Claim:
    value = "2400"
    claim = Claim(
        id=claim_id(1, 1, KEY, value),
        item_id=1,
        kind=ClaimKind.QUANTITY,
        subject="forum-27",
        measure="participants",
        value=value,
        unit="count",
        lo=Decimal(value),
        hi=Decimal(value),
        as_of=date(2025, 11, 12),
        quote=f"{value} people have registered.",
        source="Outlet",
        seen_at=NOW,
    )
    return replace(claim, **given)  # type: ignore[arg-type]  # a test's own words


def a_promise(claim: Claim, **given: object) -> Promise:
    promise = Promise(
        id=promise_id(claim.key, claim.id),
        key=claim.key,
        event_id=None,
        claim_id=claim.id,
        lo=None,
        hi=date(2025, 11, 30),
        precision="day",
        grace_days=3,
        state=PromiseState.OPEN,
    )
    return replace(promise, **given)  # type: ignore[arg-type]  # a test's own words


def write(store: Store, **given: object) -> None:
    with store.writing() as tx:
        tx.apply(Plan(feed_id=1, at=NOW, memory=None, **given))  # type: ignore[arg-type]


def test_a_claim_comes_back_as_it_was_written(store: Store) -> None:
    day = a_claim(value="2026-12-31", kind=ClaimKind.DATE, lo=None, hi=date(2026, 12, 31), bound="by")
    day = replace(day, id="k_day", measure="laying.end", modality=Modality.PLANNED, unit="date")
    write(store, claims=[a_claim(), day])
    with store.reading() as tx:
        found = tx.claims.of_keys([KEY, day.key])
    assert found == {KEY: [a_claim()], day.key: [day]}


def test_a_claim_that_is_told_again_is_written_once(store: Store) -> None:
    write(store, claims=[a_claim()])
    write(store, claims=[a_claim()])
    with store.reading() as tx:
        assert len(tx.claims.of_item(1)) == 1


def test_words_taken_back_leave_the_claim_with_the_moment(store: Store) -> None:
    write(store, claims=[a_claim()])
    write(store, retracted=[a_claim().id])
    with store.reading() as tx:
        assert tx.claims.of_item(1) == []
        assert [one.retracted_at for one in tx.claims.of_keys([KEY])[KEY]] == [NOW]


def test_an_open_promise_is_found_once_its_last_day_is_over(store: Store) -> None:
    claim = a_claim()
    kept = a_promise(claim, id="p_kept", state=PromiseState.KEPT)
    write(store, claims=[claim], promises={claim.key: [a_promise(claim), kept]})
    with store.reading() as tx:
        assert tx.claims.due(date(2025, 11, 30)) == []
        assert [one.id for one in tx.claims.due(date(2025, 12, 1))] == [a_promise(claim).id]
        assert tx.claims.promises(claim.key)[0].hi == date(2025, 11, 30)


def test_the_promises_of_a_key_are_replaced_as_a_whole(store: Store) -> None:
    claim = a_claim()
    write(store, claims=[claim], promises={claim.key: [a_promise(claim)]})
    write(store, promises={claim.key: []})
    with store.reading() as tx:
        assert tx.claims.promises(claim.key) == []


def test_silence_is_told_from_omission_by_what_the_events_brought(store: Store) -> None:
    claim = a_claim()
    write(store, claims=[claim])
    with store.reading() as tx:
        heard = tx.claims.heard(a_promise(claim))
    assert (heard.before_count, heard.since_count, heard.failing) == (0, 0, ())


def test_a_decision_of_a_person_is_kept_in_its_order(store: Store) -> None:
    with store.writing() as tx:
        tx.claims.rule(FactRuling(kind="pin", target="k_1", author="me", at=NOW))
        tx.claims.rule(FactRuling(kind="drop", target="k_2", author="me", at=NOW + timedelta(seconds=1)))
        tx.claims.rule(FactRuling(kind="drop", target="k_3", at=NOW, undone_at=NOW))
    with store.reading() as tx:
        assert [(one.kind, one.target) for one in tx.claims.rulings()] == [("pin", "k_1"), ("drop", "k_2")]


def test_what_was_read_beside_the_claims_goes_after_ninety_days(store: Store) -> None:
    write(store, mentions=[Mentions(item_id=1, revision=1, seen_at=NOW, listed=[{"text": "5G"}])])
    with store.writing() as tx:
        assert items_with_mentions(tx) == [1]
        tx.claims.purge(NOW + timedelta(days=89))
        assert items_with_mentions(tx) == [1]
        tx.claims.purge(NOW + timedelta(days=91))
        assert items_with_mentions(tx) == []


def items_with_mentions(tx: WriteTx) -> list[int]:
    return [row.item_id for row in tx._connection.execute(select(MENTION.c.item_id))]


def test_a_forgotten_item_takes_its_claims_along(store: Store) -> None:
    claim = a_claim()
    write(store, claims=[claim], promises={claim.key: [a_promise(claim)]})
    with store.writing() as tx:
        assert tx.items.forget(1, NOW)
    with store.reading() as tx:
        assert tx.claims.of_keys([KEY]) == {KEY: []}
        assert tx.claims.promises(KEY) == []


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("_OF_KEY", "ix_claim_key_as_of"),
        ("_OF_ITEM", "ix_claim_item_id"),
        ("_OF_SUBJECT", "ix_claim_subject"),
        ("_PROMISED", "ix_promise_key"),
        ("_DUE", "ix_promise_state_hi"),
    ],
)
def test_each_query_runs_on_its_index(store: Store, name: str, index: str) -> None:
    from storage import claims

    statement = getattr(claims, name)
    given = {"key": "a|b||c", "item": 1, "subject": "a", "day": NOW.date(), "most": 5}
    with store.reading() as tx:
        compiled = statement.compile(tx._connection, compile_kwargs={"literal_binds": False})
        values = tuple(str(given.get(place, compiled.params[place])) for place in compiled.positiontup)
        plan = tx._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", values).all()
    assert index in str(plan)
