"""The items: what was published, under which names, in which words, and what was decided about it.

Rule: reading the past for a poll costs what the document costs, never what the archive holds. Every query here names
values that an index finds, and where a value may be common it takes the newest few.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from storage.items import copies, known, past, retention, writing
from storage.model import Context, Feed, Item, Key, Plan, Revision, TopicMatch, Verdict
from storage.rows import item_from, matches_from, verdict_from
from storage.tables import ITEM, ITEM_TOPIC, SIGHTING, VERDICT

_I = ITEM.c


class Items:
    """The queries on items, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._oldest: int | None = None

    def context(
        self,
        feed: Feed,
        *,
        keys: Collection[Key],
        content_hashes: Collection[str],
        text_hashes: Collection[str],
        title_hashes: Collection[str],
        sentence_hashes: Collection[int],
        now: datetime,
        seen: Collection[int] = (),
    ) -> Context:
        """What deciding about a document of `feed` needs to know; the values asked for are those of its entries.

        `seen` are items that the document shows by their bytes alone.
        """
        asked = past.Asked(
            keys=frozenset(keys),
            content_hashes=frozenset(content_hashes),
            text_hashes=frozenset(text_hashes),
            title_hashes=frozenset(title_hashes),
            sentence_hashes=frozenset(sentence_hashes),
            seen=frozenset(seen),
        )
        return past.read(self._connection, feed, asked, self._oldest_in_window(now))

    def _oldest_in_window(self, now: datetime) -> int:
        """Asked once a transaction: of all its polls the window begins at the same item, or a moment later."""
        if self._oldest is None:
            self._oldest = copies.oldest_in_window(self._connection, now)
        return self._oldest

    def apply(self, plan: Plan) -> None:
        """Write the items of a plan: keys, sightings, revisions, topics, analyses, verdicts."""
        writing.write(self._connection, plan)

    def get(self, item_id: int) -> Item | None:
        return known.items(self._connection, [item_id]).get(item_id)

    def count(self) -> int:
        """How many items are remembered, those of no topic included."""
        found: int = self._connection.execute(select(func.count()).select_from(ITEM)).scalar_one()
        return found

    def many(self, ids: Collection[int]) -> dict[int, Item]:
        return known.items(self._connection, ids)

    def revisions(self, item_id: int) -> list[Revision]:
        """Every version of an item from every feed, oldest first, with its words; a revert with those it repeats."""
        return known.worded_revisions(self._connection, [item_id]).get(item_id, [])

    def text(self, item_id: int) -> str:
        """The text as it stands now; "" of an item whose text is not kept."""
        revisions = self.revisions(item_id)
        return revisions[-1].content.text if revisions else ""

    def versions(self, ids: Collection[int]) -> dict[int, list[Revision]]:
        """`revisions` of many items at once."""
        return known.worded_revisions(self._connection, ids)

    def topics(self, item_id: int) -> list[TopicMatch]:
        """Why an item matches its topics."""
        rows = self._connection.execute(
            select(ITEM_TOPIC.c.topic, ITEM_TOPIC.c.matched_json)
            .where(ITEM_TOPIC.c.item_id == item_id)
            .order_by(ITEM_TOPIC.c.topic)
        )
        return [match for row in rows for match in matches_from(row.topic, row.matched_json)]

    def verdicts(self, item_id: int) -> list[tuple[datetime, int, Verdict]]:
        """What was decided about an item, oldest first: when, of which feed, and the decision."""
        v = VERDICT.c
        rows = self._connection.execute(select(VERDICT).where(v.item_id == item_id).order_by(v.at, v.id))
        return [(row.at, row.feed_id, verdict_from(row)) for row in rows]

    def replay(self, *, relevant: bool | None = None, feed_id: int | None = None, batch: int = 500) -> Iterator[Item]:
        """Every item in the order it was first seen, in batches of one query each; writing between two is allowed.

        `feed_id` keeps those that this feed has shown.
        """
        after: Item | None = None
        while page := self._page(after, relevant=relevant, feed_id=feed_id, limit=batch):
            yield from page
            after = page[-1]

    def purge(self, before: datetime, limit: int = 500) -> int:
        """Remove at most `limit` items without an event that no feed showed since `before`; how many they were.

        Their keys become tombstones, so that none comes back as news. An item that stands in the current document of
        a feed stays, however old it is.
        """
        return retention.purge(self._connection, before, limit)

    def forget(self, item_id: int, now: datetime) -> bool:
        """Remove an item's words everywhere but in messages already sent; False when there is no such item.

        A stub without words stays in its event, and tombstones of its keys keep it from coming back.
        """
        return retention.forget(self._connection, item_id, now)

    def _page(self, after: Item | None, *, relevant: bool | None, feed_id: int | None, limit: int) -> list[Item]:
        statement = select(ITEM).order_by(_I.first_seen_at, _I.id).limit(limit)
        if after is not None:
            same_moment = and_(_I.first_seen_at == after.first_seen_at, _I.id > after.id)
            statement = statement.where(
                _I.first_seen_at >= after.first_seen_at, or_(_I.first_seen_at > after.first_seen_at, same_moment)
            )
        if relevant is not None:
            statement = statement.where(_I.relevant == relevant)
        if feed_id is not None:
            shown = select(SIGHTING.c.item_id).where(SIGHTING.c.feed_id == feed_id)
            statement = statement.where(_I.id.in_(shown))
        return [item_from(row) for row in self._connection.execute(statement)]
