"""The first schema: feeds and what they published, events and their changes, alerts and their deliveries.

Columns read `name:type`, `*` marks the primary key, `?` what may be NULL, `>` what it refers to.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "blob": sa.LargeBinary(),
    "count": sa.Integer(),
    "day": sa.String(10),
    "flag": sa.Boolean(),
    "ident": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "instant": sa.BigInteger(),
    "real": sa.Float(),
    "text": sa.Text(),
}

_SEARCH_INDEX = (
    """CREATE VIRTUAL TABLE item_fts USING fts5(title, text, marks, content='item_search', content_rowid='item_id', \
columnsize=0, tokenize="ascii tokenchars ':-+%_.'")""",
    "INSERT INTO item_fts(item_fts, rank) VALUES ('automerge', 16)",
    """CREATE TRIGGER item_search_added AFTER INSERT ON item_search BEGIN
INSERT INTO item_fts(rowid, title, text, marks) VALUES (new.item_id, new.title, new.text, new.marks);
END""",
    """CREATE TRIGGER item_search_removed AFTER DELETE ON item_search BEGIN
INSERT INTO item_fts(item_fts, rowid, title, text, marks)
VALUES ('delete', old.item_id, old.title, old.text, old.marks);
END""",
    """CREATE TRIGGER item_search_changed AFTER UPDATE ON item_search
WHEN old.title <> new.title OR old.text <> new.text OR old.marks <> new.marks BEGIN
INSERT INTO item_fts(item_fts, rowid, title, text, marks)
VALUES ('delete', old.item_id, old.title, old.text, old.marks);
INSERT INTO item_fts(rowid, title, text, marks) VALUES (new.item_id, new.title, new.text, new.marks);
END""",
)


def upgrade() -> None:
    _create_news()
    _create_happenings()
    _create_ledger()
    _create_messages()


def downgrade() -> None:
    raise NotImplementedError("there is nothing before the first schema")


def _create_news() -> None:
    _table(
        "feed",
        """
        id:ident* url:text effective_url:text name:text kind:text active:flag options_json:text
        created_at:instant state:text next_poll_at:instant? paused_until_at:instant? lease_ends_at:instant?
        lease_owner:text? document:count ok_at:instant? live_at:instant? polled_at:instant? last_status:count?
        last_error:text? failure_count:count etag:text? last_modified:text? memory_json:text
        """,
        unique="url",
        one_of={"kind": "config command import", "state": "new ok failing throttled refused gone paused held"},
        indexes=["active next_poll_at"],
    )
    _table(
        "tombstone",
        "scope:ident* kind:text* value:text*",
        one_of={"kind": "guid link tail hash"},
        with_rowid=False,
    )
    _table(
        "fetch",
        """
        id:ident* feed_id:ident>feed.id at:instant outcome:text http_status:count? byte_count:count
        entry_count:count new_count:count revised_count:count error:text? duration_ms:count
        """,
        indexes=["feed_id id"],
    )
    _table(
        "held",
        "feed_id:ident*>feed.id scope:ident* kind:text* value:text* since_at:instant",
        one_of={"kind": "guid link tail hash"},
        with_rowid=False,
    )
    _table(
        "item",
        """
        id:ident* feed_id:ident>feed.id url:text? title:text lang:text? origin:text relevant:flag
        first_seen_at:instant published_raw:text? published_at:instant? published_on:day? tz_known:flag
        date_trusted:flag sort_at:instant source_name:text? copy_of:ident?>item.id copy_group:ident?
        event_id:text?>event.id revision_count:count withdrawn_at:instant? forgotten_at:instant?
        """,
        one_of={"origin": "live baseline backfill import"},
        indexes=["first_seen_at", "relevant sort_at"],
    )
    _partial_index("ix_item_event_id_sort_at", "item", "event_id sort_at", "event_id IS NOT NULL")
    _partial_index("ix_item_copy_group", "item", "copy_group", "copy_group IS NOT NULL")
    _partial_index("ix_item_copy_of", "item", "copy_of", "copy_of IS NOT NULL")
    _partial_index("ix_item_unlinked", "item", "first_seen_at", "event_id IS NULL")
    _table(
        "item_key",
        "scope:ident* kind:text* value:text* item_id:ident?>item.id barred:flag",
        one_of={"kind": "guid link tail hash"},
        with_rowid=False,
        indexes=["item_id"],
    )
    _table(
        "item_revision",
        """
        id:ident* item_id:ident>item.id n:count feed_id:ident>feed.id seen_at:instant class:text marker:text?
        late:flag added_only:flag damped:flag reverts_to:count? reason:text title:text text:blob?
        title_norm:text text_kind:text title_word_count:count text_word_count:count title_hash:text
        text_hash:text content_hash:text facts_hash:text norm_version:count
        """,
        unique="item_id n",
        one_of={"class": "first title style fact revert filled", "text_kind": "content summary none"},
    )
    _table(
        "item_sentence",
        "hash:ident* item_id:ident*>item.id feed_id:ident words:count sort_at:instant",
        with_rowid=False,
        indexes=["item_id"],
    )
    _table("item_search", "item_id:ident*>item.id title:text text:text marks:text")
    for statement in _SEARCH_INDEX if op.get_context().dialect.name == "sqlite" else ():
        op.execute(sa.text(statement.replace(":", "\\:")))
    _table(
        "item_topic",
        "topic:text* item_id:ident*>item.id sort_at:instant matched_json:text",
        with_rowid=False,
        indexes=["item_id", "topic sort_at"],
    )
    _table(
        "page",
        """
        item_id:ident*>item.id feed_id:ident>feed.id url:text title:text since_at:instant due_at:instant?
        visit_count:count visited_at:instant? etag:text? last_modified:text? validators_url:text? body_hash:text?
        status:count? error:text? gone_at:instant?
        """,
        indexes=["due_at"],
    )
    _table(
        "sighting",
        """
        feed_id:ident*>feed.id item_id:ident*>item.id link:text? guid:text? range_hash:blob? title_norm:text
        title_hash:text text_hash:text content_hash:text facts_hash:text text_kind:text first_seen_at:instant
        last_seen_at:instant last_document:count missing_count:count withdrawn_at:instant?
        """,
        one_of={"text_kind": "content summary none"},
        indexes=[
            "content_hash item_id",
            "feed_id last_document",
            "feed_id title_hash item_id",
            "item_id",
            "text_hash item_id",
        ],
    )
    _table(
        "verdict",
        "id:ident* item_id:ident>item.id feed_id:ident>feed.id at:instant kind:text via:text reason:text",
        one_of={
            "kind": "NEW SEEN META REVISED FILLED REVERTED FLAPPING SAME_TEXT MISSING WITHDRAWN RETURNED HELD SKIPPED"
        },
        indexes=["item_id at"],
    )


def _create_happenings() -> None:
    _table(
        "event",
        """
        id:text* title:text status:text? starts_on:day? ends_on:day? first_at:instant last_at:instant
        first_seen_at:instant changed_at:instant revision:count item_count:count merged_into:text?>event.id
        """,
        indexes=["changed_at", "last_at", "merged_into"],
    )
    _table(
        "meta",
        "key:text* value:text",
        with_rowid=False,
    )
    _table(
        "term_count",
        "epoch:count* field:text* term:text* count:count",
        with_rowid=False,
    )
    _table("storyline", "id:text* blob:blob")
    _table(
        "event_storyline",
        "event_id:text*>event.id storyline_id:text item_count:count",
        with_rowid=False,
        indexes=["storyline_id"],
    )
    _table(
        "storyline_term",
        "term:text* storyline_id:text* weight:real",
        with_rowid=False,
        indexes=["storyline_id", "term weight"],
    )
    _table(
        "event_state",
        "event_id:text*>event.id item_count:count blob:blob",
    )
    _table(
        "linked_item",
        "item_id:ident*>item.id at:instant outlet:text lang:text vectors:blob uncounted:blob?",
    )
    _table(
        "item_term",
        "term:text* at:instant* item_id:ident*>item.id",
        with_rowid=False,
        indexes=["item_id"],
    )
    _partial_index("ix_linked_item_uncounted", "linked_item", "item_id", "uncounted IS NOT NULL")
    _table(
        "event_topic",
        "topic:text* event_id:text*>event.id",
        with_rowid=False,
        indexes=["event_id"],
    )
    _table(
        "change",
        """
        id:text* event_id:text?>event.id feed_id:ident?>feed.id item_id:ident?>item.id revision:count kind:text
        key:text from_json:text to_json:text payload_json:text quotes_json:text happened_on:day?
        happened_precision:text as_of:day? at:instant topics_json:text origin:text
        """,
        one_of={"origin": "live baseline backfill import"},
        indexes=["at", "event_id at", "feed_id kind key", "item_id"],
    )
    _table(
        "event_item",
        """
        item_id:ident*>item.id event_id:text>event.id how:text score:real reasons_json:text related_json:text
        linked_at:instant
        """,
        one_of={"how": "founded joined reprint revived pinned"},
        indexes=["event_id"],
    )
    _table(
        "ruling",
        "id:ident* kind:text at:instant author:text payload_json:text undone_at:instant?",
        one_of={"kind": "merge split pin storyline_name storyline_merge storyline_split"},
        indexes=["undone_at"],
    )
    _table(
        "change_topic",
        "topic:text* at:instant* change_id:text*>change.id",
        with_rowid=False,
        indexes=["change_id"],
    )
    _table("read_mark", "change_id:text* is_read:flag at:instant", with_rowid=False)


def _create_ledger() -> None:
    _table(
        "claim",
        """
        id:text* item_id:ident>item.id revision:count event_id:text?>event.id kind:text key:text subject:text
        measure:text facet:text value:text unit:text lo:text? hi:text? precision:text bound:text modality:text
        growth:text conflict_days:count as_of:day? as_of_how:text said_at:instant? speaker:text quote:text
        sentence:count start:count end:count rule:text source:text url:text? copy_group:ident? official:flag
        origin:text rules_version:count seen_at:instant retracted_at:instant?
        """,
        one_of={
            "kind": "quantity date status name",
            "modality": "planned expected underway done reported denied",
            "origin": "live baseline backfill import",
        },
        indexes=["key as_of", "event_id seen_at", "item_id", "subject"],
    )
    _table("mention", "item_id:ident*>item.id revision:count* seen_at:instant blob:blob", indexes=["seen_at"])
    _table(
        "promise",
        """
        id:text* key:text event_id:text?>event.id claim_id:text>claim.id lo:day? hi:day precision:text
        grace_days:count state:text state_since:day? prev_id:text? slip_no:count total_days:count closed_by:text?
        note:text
        """,
        one_of={"state": "open kept slipped overdue cancelled dropped"},
        indexes=["event_id", "key", "state hi"],
    )
    _table(
        "fact_ruling",
        """
        id:ident* kind:text target:text value:text author:text note:text at:instant undone_at:instant?
        """,
        one_of={"kind": "pin drop merge split"},
        indexes=["target"],
    )


def _create_messages() -> None:
    _table(
        "channel_state",
        """
        name:text* settings_hash:text breaker:text since_at:instant failure_count:count parked_reason:text
        fallback:text not_before_at:instant? probe_at:instant?
        """,
        one_of={"breaker": "closed open half parked"},
    )
    _table(
        "destination",
        "key:text* tokens:real refilled_at:instant not_before_at:instant?",
    )
    _table(
        "digest_slot",
        "scope:text* slot_at:instant* bundle_id:text?",
    )
    _table(
        "run",
        "id:text* host:text pid:count started_at:instant heartbeat_at:instant ended_at:instant?",
    )
    _table(
        "silence",
        """
        id:text* matchers_json:text starts_at:instant ends_at:instant author:text comment:text
        created_at:instant expired_at:instant?
        """,
        indexes=["ends_at"],
    )
    _table(
        "delivery",
        """
        id:text* bundle_id:text channel:text address:text group_key:text order_key:text event_id:text?>event.id
        seq:ident kind:text form:text state:text body:blob? content_type:text? attempt_count:count
        counted_count:count doubt_count:count owner:text? next_at:instant first_try_at:instant?
        expires_at:instant? done_at:instant? folded_into:text? reason:text
        """,
        one_of={"form": "rich plain", "state": "queued sending in_doubt delivered dead folded cancelled"},
        indexes=["bundle_id", "folded_into", "state done_at"],
    )
    _partial_index("ix_delivery_due", "delivery", "channel next_at seq id", "state = 'queued'")
    _partial_index(
        "ix_delivery_open", "delivery", "channel address order_key seq", "state IN ('queued', 'sending', 'in_doubt')"
    )
    _table(
        "attempt",
        """
        delivery_id:text*>delivery.id n:count* run_id:text started_at:instant finished_at:instant? phase:text
        outcome:text code:count? detail:text reply:text remote_id:text?
        """,
        indexes=["started_at"],
    )
    _table(
        "alert",
        """
        id:text* change_id:text>change.id route:text channel:text importance:text decision:text reason:text
        rule:text group_key:text labels_json:text bundle_id:text? release_at:instant? created_at:instant
        """,
        unique="change_id route channel",
        one_of={"importance": "low normal high critical", "decision": "pending suppressed held bundled"},
        indexes=["bundle_id", "created_at", "decision release_at", "group_key channel decision"],
    )


def _table(
    name: str,
    columns: str,
    *,
    unique: str | None = None,
    one_of: dict[str, str] | None = None,
    with_rowid: bool = True,
    indexes: list[str] | None = None,
) -> None:
    made = [_column(name, each) for each in columns.split()]
    keys = [column.name for column in made if column.primary_key]
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}")]
    if unique:
        constraints.append(sa.UniqueConstraint(*unique.split(), name=f"uq_{name}_{unique.replace(' ', '_')}"))
    for column, words in (one_of or {}).items():
        listed = ", ".join(f"'{word}'" for word in words.split())
        constraints.append(sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{name}_{column}")))
    op.create_table(name, *made, *constraints, sqlite_with_rowid=with_rowid)
    for index in indexes or []:
        op.create_index(f"ix_{name}_{index.replace(' ', '_')}", name, index.split())


def _column(table: str, declared: str) -> sa.Column[Any]:
    declared, _, target = declared.partition(">")
    name, _, kind = declared.partition(":")
    reference = (
        [sa.ForeignKey(target, name=f"fk_{table}_{name}", deferrable=True, initially="DEFERRED")] if target else []
    )
    is_key = kind.endswith("*")
    return sa.Column(name, _TYPES[kind.rstrip("*?")], *reference, primary_key=is_key, nullable=kind.endswith("?"))


def _partial_index(name: str, table: str, columns: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns.split(), sqlite_where=condition, postgresql_where=condition)
