"""Nouns of the archive with everything filled in: a test names only what it is about.

`World` writes plans as a poll would: `world.publishes(an_item(1, title="The centre opens"))`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from storage.model import (
    GLOBAL,
    Analysis,
    Content,
    Context,
    Feed,
    FeedMemory,
    FeedOptions,
    FeedState,
    Item,
    Key,
    KeyKind,
    Member,
    Origin,
    Plan,
    Revision,
    RevisionClass,
    Sighting,
    TextKind,
    TopicMatch,
)
from storage.store import Store

NOON = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def hash_of(words: str) -> str:
    return "1:" + blake2b(words.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def open_store(folder: Path, *, busy_timeout_s: float = 10.0) -> Store:
    return Store.open(url_of(folder / "salname.db"), busy_timeout_s=busy_timeout_s)


def a_content(title: str = "The centre opens in Baku", text: str = "A first line of six words or more.") -> Content:
    return Content(
        title=title,
        text=text,
        text_kind=TextKind.SUMMARY if text else TextKind.NONE,
        title_norm=title.lower(),
        marker=None,
        title_word_count=len(title.split()),
        text_word_count=len(text.split()),
        title_hash=hash_of(title),
        text_hash=hash_of(text),
        content_hash=hash_of(f"{title}\0{text}"),
        facts_hash=hash_of("facts"),
    )


def an_item(
    number: int,
    *,
    feed_id: int = 1,
    title: str = "The centre opens in Baku",
    relevant: bool = True,
    at: datetime = NOON,
    url: str | None = None,
    copy_of: int | None = None,
    event_id: str | None = None,
    origin: Origin = Origin.LIVE,
) -> Item:
    return Item(
        id=number,
        feed_id=feed_id,
        url=url or f"https://news.example/{number}",
        title=title,
        lang="en",
        origin=origin,
        relevant=relevant,
        first_seen_at=at,
        published_raw="Mon, 01 Dec 2025 12:00:00 GMT",
        published_at=at,
        published_on=at.date(),
        tz_known=True,
        date_trusted=True,
        sort_at=at,
        copy_of=copy_of,
        copy_group=copy_of,
        event_id=event_id,
        revision_count=1,
    )


def a_sighting(
    item_id: int,
    content: Content,
    *,
    feed_id: int = 1,
    document: int = 1,
    at: datetime = NOON,
    link: str | None = None,
    missing_count: int = 0,
    withdrawn_at: datetime | None = None,
) -> Sighting:
    return Sighting(
        feed_id=feed_id,
        item_id=item_id,
        link=link or f"https://news.example/{item_id}",
        guid=f"guid-{item_id}",
        range_hash=range_hash(item_id),
        title_norm=content.title_norm,
        title_hash=content.title_hash,
        text_hash=content.text_hash,
        content_hash=content.content_hash,
        facts_hash=content.facts_hash,
        text_kind=content.text_kind,
        first_seen_at=at,
        last_seen_at=at,
        last_document=document,
        missing_count=missing_count,
        withdrawn_at=withdrawn_at,
    )


def range_hash(item_id: int) -> bytes:
    return blake2b(f"range {item_id}".encode(), digest_size=8).digest()


def a_revision(
    item_id: int,
    content: Content,
    *,
    n: int = 1,
    feed_id: int = 1,
    class_: RevisionClass = RevisionClass.FIRST,
    at: datetime = NOON,
    reverts_to: int | None = None,
) -> Revision:
    return Revision(
        item_id=item_id, n=n, feed_id=feed_id, seen_at=at, class_=class_, content=content, reverts_to=reverts_to
    )


def a_match(topic: str = "itu", words: str = "ITU") -> TopicMatch:
    return TopicMatch(topic=topic, group="itu", term="ITU", words=words, where="title", offset=4)


def guid_key(item_id: int, feed_id: int = 1) -> Key:
    return Key(feed_id, KeyKind.GUID, f"guid-{item_id}")


def link_key(item_id: int) -> Key:
    return Key(GLOBAL, KeyKind.LINK, f"http://news.example/{item_id}")


def a_member(item: Item) -> Member:
    return Member(
        item_id=item.id,
        at=item.sort_at,
        outlet="Courier",
        lang="en",
        vectors={"text": {"cable": 600, "ship": 800}},
        terms={"text": ("cable", "ship")},
    )


def an_analysis(*sentences: int) -> Analysis:
    fields = {"title": {"centre": 1, "baku": 1}, "text": {"line": 2}, "names": {"Baku": 1}, "numbers": {}, "dates": {}}
    return Analysis(version=1, lang="en", fields=fields, sentences=tuple((number, 8) for number in sentences))


def a_plan(
    *items: Item,
    feed_id: int = 1,
    document: int = 1,
    at: datetime = NOON,
    contents: Mapping[int, Content] | None = None,
    sentences: Mapping[int, Sequence[int]] | None = None,
) -> Plan:
    """New items with a guid and a link each, one version, one sighting and one topic."""
    words = {item.id: (contents or {}).get(item.id) or a_content(item.title) for item in items}
    return Plan(
        feed_id=feed_id,
        at=at,
        memory=FeedMemory(state=FeedState.OK, document=document, document_at=at, ok_at=at, live_at=at, polled_at=at),
        document=document,
        items=items,
        keys={key: item.id for item in items for key in (guid_key(item.id, feed_id), link_key(item.id))},
        sightings=[
            a_sighting(item.id, words[item.id], feed_id=feed_id, document=document, at=at, link=item.url)
            for item in items
        ],
        revisions=[a_revision(item.id, words[item.id], feed_id=feed_id, at=at) for item in items],
        topics={item.id: [a_match()] for item in items if item.relevant},
        analyses={
            item.id: an_analysis(*(sentences or {}).get(item.id, (item.id * 10, item.id * 10 + 1)))
            for item in items
            if item.relevant
        },
        members=[a_member(item) for item in items if item.relevant],
    )


def add_feed(store: Store, name: str = "one", now: datetime = NOON) -> Feed:
    with store.writing() as tx:
        return tx.feeds.add(f"https://{name}.example/feed.xml", name, FeedOptions(), "config", now)


def publish(store: Store, plan: Plan) -> None:
    with store.writing() as tx:
        tx.apply(plan)


def context_of(
    store: Store,
    feed_id: int = 1,
    *,
    keys: Iterable[Key] = (),
    contents: Iterable[Content] = (),
    sentences: Iterable[int] = (),
    now: datetime = NOON + HOUR,
) -> Context:
    shown = list(contents)
    with store.reading() as tx:
        return tx.context(
            tx.feeds.get(feed_id),
            keys=frozenset(keys),
            content_hashes={content.content_hash for content in shown},
            text_hashes={content.text_hash for content in shown},
            title_hashes={content.title_hash for content in shown},
            sentence_hashes=frozenset(sentences),
            now=now,
        )


def in_feed(item: Item, feed_id: int) -> Item:
    return item._replace(feed_id=feed_id)
