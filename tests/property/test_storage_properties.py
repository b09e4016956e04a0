"""Whatever a plan holds comes back, and a context never invents."""

from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.model import (
    GLOBAL,
    Content,
    FeedMemory,
    Item,
    Key,
    KeyKind,
    Origin,
    Plan,
    Revision,
    RevisionClass,
    Sighting,
    TextKind,
)
from tests.builders_storage import NOON, a_plan, add_feed, an_item, context_of, open_store, publish

FEW = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
instants = st.datetimes(datetime(1995, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # zone beside it
hashes = st.binary(min_size=16, max_size=16).map(lambda each: f"1:{each.hex()}")
maybe = st.none() | words

contents = st.builds(
    Content,
    title=words, text=words, text_kind=st.sampled_from(TextKind), title_norm=words, marker=st.none(),
    title_word_count=st.integers(0, 200), text_word_count=st.integers(0, 50_000), title_hash=hashes, text_hash=hashes,
    content_hash=hashes, facts_hash=hashes, norm_version=st.integers(1, 9),
)  # fmt: skip
items = st.builds(
    Item,
    id=st.just(0), feed_id=st.just(1), url=maybe, title=words, lang=maybe, origin=st.sampled_from(Origin),
    relevant=st.booleans(), first_seen_at=instants, published_raw=maybe, published_at=st.none() | instants,
    published_on=st.none() | st.dates(date(1995, 1, 1)), tz_known=st.booleans(), date_trusted=st.booleans(),
    sort_at=instants, source_name=maybe, copy_of=st.none(), copy_group=st.none() | st.integers(1, 2**40),
    event_id=st.none(), revision_count=st.integers(0, 99), withdrawn_at=st.none() | instants,
)  # fmt: skip
sightings = st.builds(
    Sighting,
    feed_id=st.just(1), item_id=st.just(0), link=maybe, guid=maybe,
    range_hash=st.none() | st.binary(min_size=8, max_size=8), title_norm=words, title_hash=hashes, text_hash=hashes,
    content_hash=hashes, facts_hash=hashes, text_kind=st.sampled_from(TextKind), first_seen_at=instants,
    last_seen_at=instants, last_document=st.integers(0, 2**31), missing_count=st.integers(0, 9),
    withdrawn_at=st.none() | instants,
)  # fmt: skip
revisions = st.builds(
    Revision,
    item_id=st.just(0), n=st.just(1), feed_id=st.just(1), seen_at=instants,
    class_=st.sampled_from([each for each in RevisionClass if each is not RevisionClass.REVERT]), content=contents,
    marker=st.none(), late=st.booleans(), added_only=st.booleans(), damped=st.booleans(), reverts_to=st.none(),
    reason=words,
)  # fmt: skip
keys = st.builds(Key, st.sampled_from([GLOBAL, 1, 2]), st.sampled_from(KeyKind), words)


@pytest.fixture(scope="module")
def store():
    with TemporaryDirectory() as folder:
        opened = open_store(Path(folder))
        add_feed(opened)
        yield opened
        opened.close()


numbers = count(1)


@FEW
@given(item=items, sighting=sightings, revision=revisions)
def test_an_item_comes_back_with_all_that_hangs_on_it(store, item, sighting, revision):
    number = next(numbers)
    item = item._replace(id=number)
    sighting = sighting._replace(item_id=number)
    revision = replace(revision, item_id=number)
    key = Key(1, KeyKind.GUID, f"guid {number}")
    publish(store, Plan(feed_id=1, at=NOON, memory=FeedMemory(), items=[item], sightings=[sighting],
                        revisions=[revision], keys={key: number}))  # fmt: skip
    with store.reading() as tx:
        assert tx.items.get(number) == item
        assert tx.items.revisions(number) == [revision]
    known = context_of(store, keys=[key]).items[number]
    assert known.item == item
    assert known.sightings == {1: sighting}


@FEW
@given(st.dictionaries(keys, st.integers(0, 2), max_size=12), st.sets(keys, max_size=6), st.sets(keys, max_size=6))
def test_a_context_tells_of_every_key_that_was_written_and_of_no_other(store, given_keys, barred, strange):
    first, _, _ = next(numbers), next(numbers), next(numbers)

    def own(key: Key) -> Key:
        """The key in a scope of this example."""
        return key._replace(scope=1_000 * first + key.scope)

    publish(store, a_plan(*(an_item(first + place) for place in range(3))))
    named = {own(key): first + place for key, place in given_keys.items()}
    publish(store, Plan(feed_id=1, at=NOON, memory=None, keys=named, barred=tuple(map(own, barred))))
    context = context_of(store, keys={own(key) for key in {*given_keys, *barred, *strange}})
    assert context.keys == {own(key): named[own(key)] for key in given_keys.keys() - barred}
    assert context.barred == set(map(own, barred))
