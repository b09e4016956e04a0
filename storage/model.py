"""The nouns: every value that crosses a wall of the house is defined here.

Values are frozen. Those that every poll makes by the dozen are named tuples: they are made in a third of the time that
a frozen dataclass takes, and are the rows that are stored (an item's fields are its columns in their order).

Nothing here knows a database, a clock or the network. Instants are aware UTC datetimes and end in `_at`, days are dates
and end in `_on`, counts end in `_count`. Ids of items and feeds are integers that storage hands out; ids of events,
changes, alerts, bundles and deliveries are hashes, so that the same happening always has the same name (see
`change_id`, `alert_id`, `bundle_id`, `delivery_id`, `event_id`).
"""

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias, Union

JsonValue: TypeAlias = Union[str, int, float, bool, Sequence["JsonValue"], Mapping[str, "JsonValue"], None]  # noqa: UP007  a name in quotes knows no |

DIGEST = "digest"  # the kind of a delivery that tells what was held
GLOBAL = 0  # the scope of a key that means the same thing in every feed


class FeedState(StrEnum):
    """Health of a feed, exact; `--json` folds it into ok|failing|paused|gone|baseline."""

    NEW = "new"
    OK = "ok"
    FAILING = "failing"
    THROTTLED = "throttled"
    REFUSED = "refused"
    GONE = "gone"
    PAUSED = "paused"
    HELD = "held"


class Origin(StrEnum):
    """How an item came in; only `live` items may alert."""

    LIVE = "live"
    BASELINE = "baseline"
    BACKFILL = "backfill"
    IMPORT = "import"


class TextKind(StrEnum):
    CONTENT = "content"
    SUMMARY = "summary"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOptions:
    """What a person declared of a feed. Secrets are named by their environment variable, never held."""

    lang: str | None = None
    timezone: str | None = None
    outlet: str | None = None
    user_agent: Literal["default", "compatible"] = "default"
    official: bool = False
    fetch_page: bool = False
    page: bool = False  # a plain web page: its main text is the one entry
    assume: tuple[str, ...] = ()  # term groups that every entry of the feed is taken to hit
    topics: tuple[str, ...] = ()  # only these topics are matched; empty = all
    auth_env: str | None = None  # variable that holds "user:password"
    headers_env: tuple[tuple[str, str], ...] = ()  # (header, variable)


class FeedMemory(NamedTuple):
    """What was learned of a feed; replaced as a whole by each poll."""

    state: FeedState = FeedState.NEW
    etag: str | None = None  # byte for byte, as latin-1
    last_modified: str | None = None
    validators_url: str | None = None  # the final URL they belong to
    body_hash: str | None = None
    matching_hash: str | None = None  # of the topics configuration the last document was matched with
    document: int = 0  # number of the current document; 0 = none yet
    document_at: datetime | None = None
    next_poll_at: datetime | None = None  # None = at once
    next_poll_why: str = "never polled"
    polled_at: datetime | None = None
    ok_at: datetime | None = None
    live_at: datetime | None = None  # end of the baseline; None = the next good poll is a baseline
    fresh_until_at: datetime | None = None
    not_before_at: datetime | None = None  # Retry-After
    unconditional_at: datetime | None = None
    gone_at: datetime | None = None  # first 410
    failing_since_at: datetime | None = None
    paused_until_at: datetime | None = None  # with state PAUSED; None = until resumed
    moved_to: str | None = None
    moved_at: datetime | None = None
    moved_count: int = 0
    failure_count: int = 0
    last_status: int | None = None
    last_error: str | None = None
    held_count: int = 0  # entries of its last document that wait, with the flag "held"
    flags: frozenset[str] = frozenset()  # bozo truncated validators_unreliable guid_barred date_untrusted ...
    depth_s: float | None = None
    gap_s: float | None = None  # moving average of the time between new items
    new_p95: float | None = None
    lower_bound_s: float | None = None  # ttl of the document
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()  # 0 = Monday
    possible_gap: tuple[datetime, datetime, float] | None = None  # from, to, items that may be missing
    samples: Mapping[str, JsonValue] = MappingProxyType({})  # bounded histories that the above are learned from


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    id: int
    url: str  # as declared; the feed's name for ever
    effective_url: str  # where it is fetched now
    name: str
    kind: Literal["config", "command", "import"]
    active: bool  # False: no longer declared, removed, or an import source
    options: FeedOptions
    created_at: datetime
    memory: FeedMemory


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRecord:
    """One line of a feed's log."""

    at: datetime
    outcome: str  # new | unchanged | not_modified | failed | skipped
    http_status: int | None = None
    byte_count: int = 0
    entry_count: int = 0
    new_count: int = 0
    revised_count: int = 0
    error: str | None = None
    duration_s: float = 0.0


class Entry(NamedTuple):
    """One element of one document, as published: title and body may still be markup."""

    position: int
    guid: str | None = None
    link: str | None = None  # absolute, http(s) only
    title: str = ""
    body: str = ""
    text_kind: TextKind = TextKind.NONE
    published_raw: str | None = None
    published_at: datetime | None = None
    tz_known: bool = True
    updated_at: datetime | None = None
    lang: str | None = None  # the entry's own
    source_name: str | None = None  # atom:source, <source url>
    source_url: str | None = None
    range_hash: bytes | None = None  # of the bytes it was read from


class KeyKind(StrEnum):
    GUID = "guid"
    LINK = "link"
    TAIL = "tail"
    HASH = "hash"


class Key(NamedTuple):
    """A name that an item answers to; `scope` is a feed id or GLOBAL.

    Judging a document looks keys up a thousand times: a dataclass computes its hash in Python each time.
    """

    scope: int
    kind: KeyKind
    value: str


class Content(NamedTuple):
    """The words of an entry in plain text with their hashes (each "1:" + 32 hex digits, the prefix is norm_version)."""

    title: str
    text: str
    text_kind: TextKind
    title_norm: str  # folded, outlet's marks off
    marker: str | None  # the outlet's own update mark that was taken off
    title_word_count: int
    text_word_count: int
    title_hash: str
    text_hash: str
    content_hash: str
    facts_hash: str = ""  # of an entry that matches no topic nobody asks what it states
    norm_version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicMatch:
    topic: str
    group: str  # term group, "any" or "enough"
    term: str
    words: str  # the words of the text that matched
    where: Literal["title", "text", "feed"]
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What the text says, as the linker reads it: computed once an item, stored, never recomputed on reading.

    Each field maps a term in normal form to how often it occurs; the fields are title, text, names, numbers and dates.
    """

    version: int
    lang: str
    fields: Mapping[str, Mapping[str, int]]
    sentences: tuple[tuple[int, int], ...] = ()  # (64-bit signed hash, words) of each sentence of >= 6 words


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchText:
    """What the search finds an item by: folded words in their common form, one blank between two.

    `marks` are words that filters ask for: topic:ID lang:LANG feed:ID source:WORD.
    """

    title: str
    text: str
    marks: str


class Item(NamedTuple):
    """As remembered. Text lives in its revisions; an item that matches no topic keeps keys and hashes alone."""

    id: int
    feed_id: int  # that brought it first
    url: str | None
    title: str
    lang: str | None
    origin: Origin
    relevant: bool
    first_seen_at: datetime
    published_raw: str | None
    published_at: datetime | None
    published_on: date | None  # the day in the feed's zone
    tz_known: bool
    date_trusted: bool
    sort_at: datetime
    source_name: str | None = None  # when an aggregator names the outlet
    copy_of: int | None = None
    copy_group: int | None = None
    event_id: str | None = None
    revision_count: int = 0
    withdrawn_at: datetime | None = None


class Sighting(NamedTuple):
    """An item in a feed, with the content that this feed last showed."""

    feed_id: int
    item_id: int
    link: str | None
    guid: str | None
    range_hash: bytes | None
    title_norm: str
    title_hash: str
    text_hash: str
    content_hash: str
    facts_hash: str
    text_kind: TextKind
    first_seen_at: datetime
    last_seen_at: datetime
    last_document: int
    missing_count: int = 0
    withdrawn_at: datetime | None = None


class RevisionClass(StrEnum):
    FIRST = "first"
    TITLE = "title"
    STYLE = "style"
    FACT = "fact"
    REVERT = "revert"
    FILLED = "filled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """One stored version of an item's content. A revert points at the revision it repeats and stores no text."""

    item_id: int
    n: int  # 1, 2, ...
    feed_id: int
    seen_at: datetime
    class_: RevisionClass
    content: Content
    marker: str | None = None
    late: bool = False  # more than 72 h after the first sight
    added_only: bool = False  # eight words or more were only inserted
    damped: bool = False  # FLAPPING: no alert until calm
    reverts_to: int | None = None
    reason: str = ""


class VerdictKind(StrEnum):
    NEW = "NEW"
    SEEN = "SEEN"
    META = "META"
    REVISED = "REVISED"
    FILLED = "FILLED"
    REVERTED = "REVERTED"
    FLAPPING = "FLAPPING"
    SAME_TEXT = "SAME_TEXT"
    MISSING = "MISSING"
    WITHDRAWN = "WITHDRAWN"
    RETURNED = "RETURNED"
    HELD = "HELD"
    SKIPPED = "SKIPPED"


NOT_KNOWN, AT_FIRST = "none of its keys is known", "it was there when the feed was first read"
PLAIN_ARRIVALS = {Origin.LIVE: NOT_KNOWN, Origin.BASELINE: f"{NOT_KNOWN}; {AT_FIRST}"}
"""Why most items are new, by origin: of one without a topic it is not stored, for the item tells it itself."""


class Verdict(NamedTuple):
    """The decision about one entry (or about an absent item), with its reason in words."""

    kind: VerdictKind
    position: int | None  # of the entry in the document; None for an absent item
    item_id: int | None
    reason: str
    via: str = ""  # guid, twin, link, tail, moved, title, hash, alias, tombstone, truncated, rekey
    keys: tuple[Key, ...] = ()  # to be known for the item from now on
    barred: tuple[Key, ...] = ()
    revision_class: RevisionClass | None = None
    copy_of: int | None = None
    origin: Origin = Origin.LIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: str
    title: str
    topics: tuple[str, ...]
    status: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    first_at: datetime  # sort_at of the earliest item
    last_at: datetime  # sort_at of the latest item
    first_seen_at: datetime
    changed_at: datetime
    revision: int = 1  # one a poll
    item_count: int = 1
    merged_into: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Why an item stands in its event: the decision, kept."""

    item_id: int
    event_id: str
    how: Literal["founded", "joined", "reprint", "revived", "pinned"]
    score: float
    reasons: tuple[tuple[str, float], ...]  # largest contributions first
    related: tuple[tuple[str, float], ...] = ()  # possible links, not merged
    linked_at: datetime


class RulingKind(StrEnum):
    """What a person decided; see `Ruling`."""

    MERGE = "merge"
    SPLIT = "split"
    PIN = "pin"
    NAME_STORYLINE = "storyline_name"
    MERGE_STORYLINES = "storyline_merge"
    SPLIT_STORYLINE = "storyline_split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A person's decision, which beats the program's; `undone_at` set: it held until then.

    `payload` by kind: merge {"keep", "gone"} · split {"event", "into", "items"} · pin {"item", "event"} ·
    storyline_name {"storyline", "title"} · storyline_merge {"keep", "gone"} · storyline_split {"storyline", "into",
    "events"}; events and storylines are ids, items numbers.
    """

    id: int
    kind: RulingKind
    at: datetime
    payload: Mapping[str, JsonValue]
    author: str = ""
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What one item told the linker: `vectors` (field -> term -> weight) are frozen as it came.

    `terms` are all of its terms by field, to be counted; they are not kept longer than that. By those in `found_by` the
    item is found after its event has gone silent.
    """

    item_id: int
    at: datetime
    outlet: str
    lang: str
    vectors: Mapping[str, Mapping[str, int]]
    terms: Mapping[str, Collection[str]] = field(default_factory=dict)
    found_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventState:
    """The linker's picture of a running event; a cache that is rebuilt from the stored items to the same bytes.

    `fields` holds sums of the members' vectors by field, `recent` the last members, oldest first, and `tallies` sums of
    what the vectors lack and of their squares.
    """

    event_id: str
    first_at: datetime
    last_at: datetime
    item_count: int
    fields: Mapping[str, Mapping[str, int]]
    recent: tuple[Mapping[str, Mapping[str, int]], ...] = ()
    langs: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    tallies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that happened on the timeline; immutable. See `change_id`."""

    id: str
    kind: str  # event.created, event.updated, item.revised, item.withdrawn, feed.*, system.*, ...
    key: str
    event_id: str | None = None
    feed_id: int | None = None
    item_id: int | None = None
    revision: int = 0  # of the event
    old: JsonValue = None
    new: JsonValue = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)  # summary and what renderers need
    quotes: tuple[str, ...] = ()
    happened_on: date | None = None
    happened_precision: str = "day"
    as_of: date | None = None
    at: datetime
    topics: tuple[str, ...] = ()
    origin: Origin = Origin.LIVE


class ClaimKind(StrEnum):
    QUANTITY = "quantity"
    DATE = "date"
    STATUS = "status"
    NAME = "name"


class Modality(StrEnum):
    """How sure a statement is of what it says."""

    PLANNED = "planned"
    EXPECTED = "expected"
    UNDERWAY = "underway"
    DONE = "done"
    REPORTED = "reported"
    DENIED = "denied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A figure, date or state that an item states of a subject, with its words; a ledger is made of nothing else.

    `lo` and `hi` bound what may be true, None is open; `subject` is empty where the item's event is meant. A claim is
    never rewritten: words that an outlet takes back leave it with `retracted_at`.
    """

    id: str = ""  # see `claim_id`
    item_id: int = 0
    revision: int = 1  # of the item, in which it was first read
    event_id: str | None = None
    kind: ClaimKind
    subject: str
    measure: str
    facet: str = ""
    value: str  # a decimal, a day or period as written, a state
    unit: str = ""
    lo: Decimal | date | None = None
    hi: Decimal | date | None = None
    precision: str = ""  # day, month, quarter, ... ; exact, about, nearly, over, ...
    bound: str = "in"  # in, by, until, before, from, after
    modality: Modality = Modality.REPORTED
    growth: str = "level"  # monotone, level, volatile
    conflict_days: int = 60
    as_of: date | None = None  # None: shown, never ordered
    as_of_how: str = ""
    said_at: datetime | None = None  # when the item was published
    speaker: str = ""
    quote: str = ""
    sentence: int = 0
    start: int = 0
    end: int = 0
    rule: str = ""
    source: str = ""  # the outlet
    url: str | None = None
    copy_group: int | None = None
    official: bool = False
    origin: Origin = Origin.LIVE
    rules_version: int = 1
    seen_at: datetime | None = None
    retracted_at: datetime | None = None

    @property
    def of(self) -> str:
        """What the claim is about: a subject of the configuration, or the event it stands in."""
        return self.subject or f"event:{self.event_id or ''}"

    @property
    def key(self) -> str:
        """Only claims of one key are ever compared."""
        return f"{self.of}|{self.measure}|{self.facet}|{self.unit}"


class ClaimVerdict(StrEnum):
    """What a claim is to the ones before it."""

    FIRST = "first"
    SAME = "same"
    COMPATIBLE = "compatible"
    REFINES = "refines"
    STALE = "stale"
    UPDATES = "updates"
    CONFLICTS = "conflicts"
    CORRECTS = "corrects"
    UNORDERED = "unordered"
    SLIPS = "slips"
    ADVANCES = "advances"
    KEPT = "kept"
    OTHER = "other occurrence"
    REVIVES = "revives"
    RETRACTED = "retracted"
    DROPPED = "dropped"
    DENIED = "denied"


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    SLIPPED = "slipped"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A date that was promised for one key, and what became of it; a cache of the fold over its claims."""

    id: str  # see `promise_id`
    key: str
    event_id: str | None
    claim_id: str
    lo: date | None
    hi: date
    precision: str
    grace_days: int
    state: PromiseState
    state_since: date | None = None
    prev_id: str | None = None
    slip_no: int = 0
    total_days: int = 0  # from the first promise of its chain to this one
    closed_by: str | None = None  # claim
    note: str = ""  # kept late by 3 days; held, because a feed fails


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRuling:
    """A person's word on the ledger: pin or drop a claim, merge two keys, split a key off its measure."""

    id: int = 0
    kind: Literal["pin", "drop", "merge", "split"]
    target: str  # a claim's id or a key
    value: str = ""  # merge: the key that it goes into
    author: str = ""
    note: str = ""
    at: datetime
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mentions:
    """Everything that one version of an item was read to say, promoted or not: what `item --why` shows."""

    item_id: int
    revision: int
    seen_at: datetime
    listed: Sequence[JsonValue]


class Importance(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The decision for one change on one route to one channel; channel '' when no route took it."""

    id: str
    change_id: str
    route: str
    channel: str
    importance: Importance
    decision: Literal["pending", "suppressed", "held", "bundled"]
    reason: str
    rule: str = ""
    group_key: str = ""
    labels: tuple[str, ...] = ()  # what the rules call it
    bundle_id: str | None = None
    release_at: datetime | None = None  # pending, held: when it is looked at again; bundled: when that was
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """What a person does not want to hear of for a while: (key, pattern) pairs.

    Patterns of one key are alternatives, and every key must be met; see alerts/silences.py for the keys.
    """

    id: str
    matchers: tuple[tuple[str, str], ...]
    starts_at: datetime
    ends_at: datetime
    author: str
    comment: str = ""
    created_at: datetime
    expired_at: datetime | None = None  # ended early by a person


class DeliveryState(StrEnum):
    QUEUED = "queued"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    DELIVERED = "delivered"
    DEAD = "dead"
    FOLDED = "folded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A bundle to one address on one channel; `address` is never a secret (a name, or a mail address)."""

    id: str
    bundle_id: str
    channel: str
    address: str
    group_key: str
    order_key: str
    event_id: str | None
    seq: int
    kind: str
    form: Literal["rich", "plain"] = "rich"
    state: DeliveryState = DeliveryState.QUEUED
    body: bytes | None = None
    content_type: str | None = None
    attempt_count: int = 0
    counted_count: int = 0
    doubt_count: int = 0
    owner: str | None = None
    next_at: datetime
    first_try_at: datetime | None = None
    expires_at: datetime | None = None
    done_at: datetime | None = None
    folded_into: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try on the network; `finished_at` None = nobody knows how it ended."""

    delivery_id: str
    n: int
    run_id: str
    started_at: datetime
    finished_at: datetime | None = None
    phase: str = ""
    outcome: str = ""
    code: int | None = None
    detail: str = ""
    reply: str = ""  # first 512 bytes, redacted
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownItem:
    """An item that answers to one of the document's keys or stood in one of the feed's last documents."""

    item: Item
    keys: frozenset[Key]
    sightings: Mapping[int, Sighting]  # by feed
    revisions: tuple[Revision, ...]  # of this feed, oldest first; contents without title and text
    topics: tuple[str, ...] = ()
    forgotten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """An item of another feed or link whose words equal (or contain) those of an entry."""

    item: Item
    sighting: Sighting
    title_word_count: int
    text_word_count: int
    series_title: bool  # its title stands on >= 3 links of its feed


class Standing(NamedTuple):
    """An item that a document shows by its bytes alone, as this feed told of it: all that a poll asks of it.

    A document with one new entry has twenty of these; reading them as `KnownItem` took a tenth of its poll.
    """

    item_id: int
    guid: str | None
    link: str | None
    title_hash: str
    content_hash: str
    sort_at: datetime
    published_at: datetime | None
    date_trusted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """The web page of an item, read beside the feed that brought it; `title` is the item's as it was first seen."""

    item_id: int
    feed_id: int  # whose option asks for it
    url: str
    title: str
    since_at: datetime  # the item's first sight
    due_at: datetime | None = None  # None: it is not asked for any more
    visit_count: int = 0
    visited_at: datetime | None = None
    etag: str | None = None
    last_modified: str | None = None
    validators_url: str | None = None
    body_hash: str | None = None
    status: int | None = None
    error: str | None = None  # of the last visit
    gone_at: datetime | None = None  # since when it answers 404 or 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a poll must know of the past, read inside the writing transaction."""

    feed: Feed
    next_item_id: int
    keys: Mapping[Key, int]  # known key -> item
    barred: frozenset[Key]
    tombstones: frozenset[Key]
    items: Mapping[int, KnownItem]
    standing: Mapping[int, Standing] = field(
        default_factory=dict
    )  # known by their bytes, and asked for by nothing else
    present: frozenset[int]  # items that stood in the feed's current document
    tracked: frozenset[int]  # items present, missing < 3 polls or withdrawn recently: the ones absence is judged for
    twins: Mapping[str, tuple[Twin, ...]]  # by content_hash and by text_hash
    sentences: Mapping[int, tuple[int, ...]]  # sentence hash -> items that hold it
    sentence_items: Mapping[int, Twin]
    furniture: frozenset[int]  # sentence hashes that are an outlet's page furniture
    series_titles: frozenset[str]  # title hashes on >= 3 links of this feed
    held: Mapping[Key, datetime]  # staged by the quarantine, since when
    companion_id: int | None = None  # of the feed under which the pages of this one's items are kept
    pages: Mapping[int, ArticlePage] = field(default_factory=dict)  # of the tracked items, where pages are fetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything one poll (or import) writes, in one transaction; printable, free of I/O."""

    feed_id: int
    at: datetime
    memory: FeedMemory | None  # None: leave as it is (import)
    effective_url: str | None = None  # a recorded permanent move
    fetch: FetchRecord | None = None
    document: int = 0
    seen_items: Sequence[int] = ()  # known by the bytes of their entries: their sightings are touched
    verdicts: Sequence[Verdict] = ()
    items: Sequence[Item] = ()  # inserted
    item_updates: Sequence[Item] = ()  # replaced by id
    keys: Mapping[Key, int] = field(default_factory=dict)
    barred: Sequence[Key] = ()
    sightings: Sequence[Sighting] = ()  # inserted or replaced
    revisions: Sequence[Revision] = ()
    topics: Mapping[int, Sequence[TopicMatch]] = field(default_factory=dict)  # replaced for these items
    analyses: Mapping[int, Analysis] = field(default_factory=dict)
    search: Mapping[int, SearchText] = field(default_factory=dict)
    links: Sequence[Link] = ()
    events: Sequence[Event] = ()  # inserted or replaced
    event_states: Sequence[EventState] = ()  # snapshots; inserted or replaced
    members: Sequence[Member] = ()  # of events: what linked items told; inserted
    term_counts: Mapping[tuple[int, str], Mapping[str, int]] = field(default_factory=dict)  # all not counted yet
    linked_as: str = ""  # names the state of the events after this plan; "" = a new name
    claims: Sequence[Claim] = ()  # inserted
    retracted: Sequence[str] = ()  # claims that their item no longer states
    mentions: Sequence[Mentions] = ()
    promises: Mapping[str, Sequence[Promise]] = field(default_factory=dict)  # all of a key; replaced
    changes: Sequence[Change] = ()
    alerts: Sequence[Alert] = ()
    held: Mapping[Key, datetime] = field(default_factory=dict)  # replaces the feed's staged keys
    pages: Sequence[ArticlePage] = ()  # inserted or replaced


def page_name(item_id: int) -> str:
    """What the page of an item is called among the keys of its source."""
    return f"item:{item_id}"


def _digest(*parts: str | int) -> bytes:
    text = "\x00".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def event_id(founding_key: Key) -> str:
    """Eight base32 characters of the hash of the founding item's first key; a rebuild finds the same."""
    digest = _digest("event", founding_key.scope, founding_key.kind, founding_key.value)
    return base64.b32encode(digest).decode()[:8]


def change_id(  # noqa: PLR0917  in the order of the hash
    subject: str, kind: str, key: str, old: str, new: str, nth: int
) -> str:
    """`c_` + 16 hex digits; `subject` is the event id or "feed:<id>", `nth` counts earlier transitions of this kind."""
    return "c_" + _digest("change", subject, kind, key, old, new, nth).hex()[:16]


def claim_id(item_id: int, revision: int, key: str, *said: str) -> str:
    """`k_` + 16 hex digits; `said` is what the claim says of the key."""
    return "k_" + _digest("claim", item_id, revision, key, *said).hex()[:16]


def promise_id(key: str, claim: str) -> str:
    return "p_" + _digest("promise", key, claim).hex()[:16]


def alert_id(change: str, route: str, channel: str) -> str:
    return "a_" + _digest("alert", change, route, channel).hex()[:16]


def bundle_id(channel: str, group_key: str, alert_ids: Sequence[str]) -> str:
    return "b_" + _digest("bundle", channel, group_key, *sorted(alert_ids)).hex()[:16]


def delivery_id(bundle: str, address: str) -> str:
    return "d_" + _digest("delivery", bundle, address).hex()[:16]
