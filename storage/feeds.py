"""The feeds: what was declared of them, what was learned, whose turn it is.

Rule: a feed has one poller at a time, and its next poll is written before it is fetched, so that a process that dies in
the middle neither loses a feed nor hammers its server.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    case,
    func,
    insert,
    null,
    or_,
    select,
    true,
    update,
)

from storage.errors import StoreError
from storage.model import Feed, FeedMemory, FeedOptions, FeedState, FetchRecord, Plan
from storage.rows import (
    FEED_COLUMNS,
    FETCH_COLUMNS,
    MEMORY_COLUMNS,
    companion_url,
    feed_from,
    feed_of,
    feed_values,
    fetch_from,
    fetch_row,
    memory_values,
    options_json,
)
from storage.statements.asking import chunks, execute, tuples
from storage.statements.bulk import Bulk, ByNumber
from storage.tables import FEED, FETCH

KEPT_FETCHES = 50  # a feed

_F = FEED.c
_NO_LEASE = {"lease_ends_at": null(), "lease_owner": null()}
_UPDATE = update(FEED).where(_F.id == bindparam("feed_id"))

# What every poll runs stands here: building a statement costs SQLAlchemy four times as much as running it.
_MEMORY_COLUMNS = [column.name for column in _F if column.name in MEMORY_COLUMNS]
_FEEDS = ByNumber(FEED, FEED_COLUMNS, by="id")
_REMEMBER = _UPDATE.values({name: bindparam(name) for name in MEMORY_COLUMNS})
_LEARN = Bulk(_REMEMBER.values(_NO_LEASE), (*_MEMORY_COLUMNS, "feed_id"))
_IDS = select(_F.id).order_by(_F.id)
_ACTIVE = select(func.count()).where(_F.active == true())
_MOVE = _UPDATE.values(effective_url=bindparam("effective_url"))
_LEASE = Bulk(
    _UPDATE.values({name: bindparam(name) for name in ("next_poll_at", "lease_ends_at", "lease_owner")}),
    ("next_poll_at", "lease_ends_at", "lease_owner", "feed_id"),
)
_LEASES = ByNumber(FEED, ("id", "lease_ends_at"), by="id")
_CURRENT_RANGES = """
SELECT range_hash, item_id FROM sighting
WHERE feed_id = ? AND range_hash IS NOT NULL AND last_document = (SELECT document FROM feed WHERE id = ?)
"""
_LOG = Bulk(insert(FETCH), FETCH_COLUMNS)
_FORGET_LOGGED = f"""
DELETE FROM fetch WHERE feed_id = ? AND id < (
    SELECT id FROM fetch WHERE feed_id = ? ORDER BY id DESC LIMIT 1 OFFSET {KEPT_FETCHES - 1})"""  # noqa: S608  a constant


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredFeed:
    """A feed as the configuration declares it."""

    url: str
    name: str
    options: FeedOptions = field(default_factory=FeedOptions)


class Feeds:
    """The queries on feeds, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._learned: list[Plan] = []  # of this transaction, not written yet

    def sync(self, declared: Sequence[DeclaredFeed], now: datetime) -> None:
        """Make the feeds of the configuration those of `declared`; what was learned of a feed stays.

        A feed no longer declared rests; one that comes back starts with a baseline, for nobody watched it meanwhile.
        """
        urls = {each.url for each in declared}
        urls |= {companion_url(each.url) for each in declared if each.options.fetch_page}
        known = {}
        for feed in self.each():
            if feed.url in urls:
                known[feed.url] = feed
            elif feed.kind == "config" and feed.active:
                self.deactivate(feed.id)
        for each in declared:
            feed_known = known.get(each.url)
            if feed_known is None:
                self._insert(each, "config", now)
            else:
                self._declare(feed_known, each, "config")
            if each.options.fetch_page:
                self._keep_companion(each, known.get(companion_url(each.url)), now)

    def companion(self, feed: Feed) -> Feed | None:
        """The source under which the pages of this feed's items are kept."""
        return self.by_url(companion_url(feed.url))

    def add(
        self, url: str, name: str, options: FeedOptions, kind: Literal["config", "command", "import"], now: datetime
    ) -> Feed:
        """The feed of that address, made or waked; an active one stays as it is. An import source is never polled."""
        known, each = self.by_url(url), DeclaredFeed(url=url, name=name, options=options)
        if known is None:
            return self.get(self._insert(each, kind, now))
        if not known.active and kind != "import":
            self._declare(known, each, kind)
        return self.get(known.id)

    def by_url(self, url: str) -> Feed | None:
        self.write_learned()
        row = self._connection.execute(select(FEED).where(_F.url == url)).mappings().first()
        return None if row is None else feed_from(row)

    def get(self, feed_id: int) -> Feed:
        found = self.several([feed_id])
        if not found:
            raise StoreError(f"there is no feed {feed_id}: list them with `salname feeds`")
        return found[feed_id]

    def several(self, ids: Collection[int]) -> dict[int, Feed]:
        """The feeds of these numbers; a number that names none is left out."""
        self.write_learned()
        return {feed.id: feed for feed in map(feed_of, _FEEDS.read(self._connection, ids))}

    def all(self) -> list[Feed]:
        """Every feed, resting ones too, in the order they were first declared."""
        self.write_learned()
        return [feed_from(row) for row in self._connection.execute(select(FEED).order_by(_F.id)).mappings()]

    def each(self) -> Iterator[Feed]:
        """Every feed, as `all`, but a few at a time: ten thousand at once are 40 MB."""
        self.write_learned()
        ids = list(self._connection.execute(_IDS).scalars())
        for some in chunks(ids):
            found = self.several(some)
            yield from (found[feed_id] for feed_id in some)

    def count_active(self) -> int:
        found: int = self._connection.execute(_ACTIVE).scalar_one()
        return found

    def due(self, now: datetime, limit: int, *, skip: int = 0) -> list[Feed]:
        """At most `limit` feeds that may be leased now: never polled ones first, then the longest overdue.

        The first `skip` of them are left out.

        A feed that is gone for good is asked only when a person names it.
        """
        self.write_learned()
        wanted = skip + limit
        at_once = self._due(_F.next_poll_at.is_(None), now, wanted)
        overdue = self._due(_F.next_poll_at <= now, now, wanted - len(at_once)) if len(at_once) < wanted else []
        return [*at_once, *overdue][skip:]

    def lease(
        self, ids: Collection[int], owner: str, until: datetime, next_poll_at: Mapping[int, datetime], now: datetime
    ) -> list[int]:
        """Take those of `ids` that nobody holds at `now`, and write their provisional next poll; the ids taken.

        The lease of a poller that died ends by itself; `FeedMemory` as read before the lease is still true.
        """
        held = _LEASES.read(self._connection, ids)
        free = [feed_id for feed_id, ends_at in held if ends_at is None or ends_at <= now]
        _LEASE.write(self._connection, [(next_poll_at[feed_id], until, owner, feed_id) for feed_id in free])
        return free

    def release(self, feed_id: int) -> None:
        self._connection.execute(_UPDATE.values(_NO_LEASE), {"feed_id": feed_id})

    def release_all(self) -> None:
        """End every lease; for the one process that holds the database, because those who took them are dead."""
        held = update(FEED).where(_F.lease_owner.is_not(None))
        self._connection.execute(held.values(_NO_LEASE))

    def set_memory(self, feed_id: int, memory: FeedMemory) -> None:
        self.write_learned()
        self._connection.execute(_REMEMBER, {"feed_id": feed_id, **memory_values(memory)})

    def deactivate(self, feed_id: int) -> None:
        """Let a feed rest: it is not polled, its items and keys stay."""
        self._connection.execute(_UPDATE.values(active=False, **_NO_LEASE), {"feed_id": feed_id})

    def range_hashes(self, feed_id: int) -> dict[bytes, int]:
        """The entries of the feed's current document, by the hash of the bytes each was read from, with their items."""
        return dict(tuples(self._connection, _CURRENT_RANGES, (feed_id, feed_id)))

    def recent_fetches(self, feed_id: int, count: int) -> list[FetchRecord]:
        """The last polls of a feed, newest first; the store keeps 50."""
        self.write_learned()
        statement = select(FETCH).where(FETCH.c.feed_id == feed_id).order_by(FETCH.c.id.desc()).limit(count)
        return [fetch_from(row) for row in self._connection.execute(statement)]

    def next_due_at(self) -> datetime | None:
        """When the next feed may be polled; one that was never polled was due when it was made. None: no feed waits."""
        self.write_learned()
        due = func.coalesce(_F.next_poll_at, _F.created_at)
        paused = case((_F.state == FeedState.PAUSED, func.coalesce(_F.paused_until_at, due)), else_=due)
        later = case((paused > due, paused), else_=due)
        free = case((_F.lease_ends_at > later, _F.lease_ends_at), else_=later)
        paused_for_good = and_(_F.state == FeedState.PAUSED, _F.paused_until_at.is_(None))
        resting = or_(_F.state == FeedState.GONE, paused_for_good)
        statement = select(func.min(free, type_=_F.next_poll_at.type)).where(_F.active == true(), ~resting)
        found: datetime | None = self._connection.execute(statement).scalar()
        return found

    def apply(self, plan: Plan) -> None:
        """The part of a plan that is the feed's own: its memory, its log, the end of its lease.

        It is written at the end of the transaction, that of all its polls at once, or before feeds are read again.
        """
        self._learned.append(plan)
        if plan.effective_url is not None:
            self._connection.execute(_MOVE, {"feed_id": plan.feed_id, "effective_url": plan.effective_url})

    def write_learned(self) -> None:
        """Write what `apply` was given."""
        if not self._learned:
            return
        plans, self._learned = self._learned, []
        memories = [(plan.feed_id, memory_values(plan.memory)) for plan in plans if plan.memory is not None]
        _LEARN.write(self._connection, [(*[row[name] for name in _MEMORY_COLUMNS], one) for one, row in memories])
        fetches = [(plan.feed_id, plan.fetch) for plan in plans if plan.fetch is not None]
        _LOG.write(self._connection, [fetch_row(feed_id, record) for feed_id, record in fetches])
        if fetches:
            for feed_id, _ in fetches:
                execute(self._connection, _FORGET_LOGGED, (feed_id, feed_id))

    def _insert(self, each: DeclaredFeed, kind: str, now: datetime) -> int:
        values = feed_values(
            url=each.url, name=each.name, kind=kind, active=kind != "import", options=each.options, now=now
        )
        (feed_id,) = self._connection.execute(insert(FEED), values).inserted_primary_key or (0,)
        return int(feed_id)

    def _keep_companion(self, each: DeclaredFeed, known: Feed | None, now: datetime) -> None:
        options = replace(each.options, fetch_page=False, page=True, topics=(), assume=())
        beside = DeclaredFeed(url=companion_url(each.url), name=each.name, options=options)
        if known is None:
            self._insert(beside, "import", now)
        elif (known.name, known.options) != (beside.name, options):
            values = {"name": beside.name, "options_json": options_json(options)}
            self._connection.execute(_UPDATE.values(values), {"feed_id": known.id})

    def _declare(self, feed: Feed, each: DeclaredFeed, kind: str) -> None:
        values = {"name": each.name, "options_json": options_json(each.options), "kind": kind, "active": True}
        if not feed.active:
            values |= memory_values(feed.memory._replace(live_at=None))
        self._connection.execute(_UPDATE.values(values), {"feed_id": feed.id})

    def _due(self, when: ColumnElement[bool], now: datetime, limit: int) -> list[Feed]:
        running = and_(_F.state != FeedState.GONE, or_(_F.state != FeedState.PAUSED, _F.paused_until_at <= now))
        free = or_(_F.lease_ends_at.is_(None), _F.lease_ends_at <= now)
        statement = (
            select(FEED).where(_F.active == true(), when, running, free).order_by(_F.next_poll_at, _F.id).limit(limit)
        )
        return [feed_from(row) for row in self._connection.execute(statement).mappings()]
