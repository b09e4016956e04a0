"""The ledger of claims: what items state, what was promised, and a person's word on it.

Rule: a claim is inserted once and never rewritten but for the moment its words were taken back; what is current is
folded from the claims of one key, of which at most the newest `KEPT` are looked at.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from storage.model import (
    Claim,
    ClaimKind,
    FactRuling,
    FeedState,
    Mentions,
    Modality,
    Origin,
    Plan,
    Promise,
    PromiseState,
)
from storage.tables import CLAIM, FACT_RULING, FEED, ITEM, MENTION, PROMISE

KEPT = 400  # claims of one key that a fold looks at
MENTIONS_KEPT = timedelta(days=90)

_EVENT = "event:"
_UNWELL = (FeedState.FAILING, FeedState.THROTTLED, FeedState.REFUSED, FeedState.GONE)
_C, _P = CLAIM.c, PROMISE.c
_SOME: BindParameter[Any] = bindparam("some", expanding=True)
# Each statement with the index that it runs on.
_OF_KEY = select(CLAIM).where(_C.key == bindparam("key")).order_by(_C.as_of.desc()).limit(KEPT)  # (key, as_of)
_OF_ITEM = select(CLAIM).where(_C.item_id == bindparam("item"), _C.retracted_at.is_(None))  # (item_id)
_OF_EVENT = select(_C.key).where(_C.event_id.in_(_SOME)).distinct()  # (event_id, seen_at)
_OF_SUBJECT = select(_C.event_id).where(_C.subject == bindparam("subject"), _C.event_id.is_not(None)).distinct()
_PROMISED = select(PROMISE).where(_P.key == bindparam("key")).order_by(_P.slip_no, _P.hi)  # (key)
_DUE = (
    select(PROMISE)
    .where(_P.state == PromiseState.OPEN.value, _P.hi < bindparam("day"))
    .order_by(_P.hi, _P.id)
    .limit(bindparam("most"))
)  # (state, hi)
_OVERDUE = (
    select(PROMISE)
    .where(_P.state == PromiseState.OVERDUE.value, _P.state_since <= bindparam("day"))
    .order_by(_P.hi, _P.id)
)  # (state, hi)
_RULED = select(FACT_RULING).where(FACT_RULING.c.undone_at.is_(None)).order_by(FACT_RULING.c.at, FACT_RULING.c.id)
_RETRACT = update(CLAIM).where(_C.id.in_(_SOME), _C.retracted_at.is_(None)).values(retracted_at=bindparam("at"))
_STAND = update(CLAIM).where(_C.item_id == bindparam("item"), _C.subject != "").values(event_id=bindparam("event"))
_REPLACE_PROMISES = delete(PROMISE).where(_P.key == bindparam("of_key"))
_ADD_CLAIM = upsert(CLAIM).on_conflict_do_nothing()
_STALE_MENTIONS = delete(MENTION).where(MENTION.c.seen_at < bindparam("before"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was heard of a promise's events: silence and omission are told apart by it."""

    before_count: int  # items until the deadline
    since_count: int  # items after it
    last_at: datetime | None
    failing: tuple[str, ...]  # feeds of theirs that cannot be read


class Claims:
    """The queries on claims, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_keys(self, keys: Iterable[str]) -> dict[str, list[Claim]]:
        """The claims of each key, at most the newest `KEPT` of it."""
        return {
            key: [claim_from(row) for row in self._connection.execute(_OF_KEY, {"key": key})]
            for key in dict.fromkeys(keys)
        }

    def of_item(self, item_id: int) -> list[Claim]:
        """What the item states at present."""
        return [claim_from(row) for row in self._connection.execute(_OF_ITEM, {"item": item_id})]

    def keys_of(self, event_ids: Collection[str]) -> list[str]:
        """The keys that items of these events speak of."""
        return sorted(row.key for row in self._connection.execute(_OF_EVENT, {"some": list(event_ids)}))

    def get(self, claim: str) -> Claim | None:
        row = self._connection.execute(select(CLAIM).where(_C.id == claim)).first()
        return claim_from(row) if row else None

    def known(self, key: str) -> bool:
        return self._connection.execute(select(_C.id).where(_C.key == key).limit(1)).first() is not None

    def promises(self, key: str) -> list[Promise]:
        return [promise_from(row) for row in self._connection.execute(_PROMISED, {"key": key})]

    def due(self, day: date, most: int = 500) -> list[Promise]:
        """Open promises whose last day is before `day`, the oldest first."""
        return [promise_from(row) for row in self._connection.execute(_DUE, {"day": day, "most": most})]

    def overdue(self, day: date) -> list[Promise]:
        """Promises that were told to be overdue by `day`, and still are."""
        return [promise_from(row) for row in self._connection.execute(_OVERDUE, {"day": day})]

    def rulings(self) -> list[FactRuling]:
        """What persons have decided, in the order of their decisions; undone ones are left out."""
        return [FactRuling(**row._asdict()) for row in self._connection.execute(_RULED)]

    def rule(self, ruling: FactRuling) -> int:
        """Store a person's decision; its number."""
        values = {name: getattr(ruling, name) for name in FACT_RULING.c.keys() if name != "id"}  # noqa: SIM118  a collection of columns
        row = self._connection.execute(insert(FACT_RULING).values(**values).returning(FACT_RULING.c.id)).one()
        return int(row.id)

    def take_back(self, ruling: int, at: datetime) -> None:
        """Let a person's decision hold no longer."""
        self._connection.execute(update(FACT_RULING).where(FACT_RULING.c.id == ruling).values(undone_at=at))

    def heard(self, promise: Promise) -> Heard:
        """What the events of the promise brought until its last day, and since."""
        events = self._events_of(promise)
        deadline = datetime.combine(promise.hi + timedelta(days=1), time(), tzinfo=UTC)
        i = ITEM.c
        counted = select(
            func.count().filter(i.sort_at < deadline).label("before"),
            func.count().filter(i.sort_at >= deadline).label("since"),
            func.max(i.sort_at).label("last"),
        ).where(i.event_id.in_(events))
        row = self._connection.execute(counted).one()
        feeds = select(i.feed_id).where(i.event_id.in_(events)).distinct()
        is_unwell = or_(FEED.c.failure_count > 0, FEED.c.state.in_([one.value for one in _UNWELL]))
        unwell = select(FEED.c.name).where(FEED.c.id.in_(feeds), is_unwell).order_by(FEED.c.name)
        failing = self._connection.execute(unwell).scalars()
        return Heard(before_count=row.before, since_count=row.since, last_at=row.last, failing=tuple(failing))

    def apply(self, plan: Plan) -> None:
        """Write the claims of a plan: new ones, those taken back, mentions, promises of the keys that moved."""
        if plan.claims:
            self._connection.execute(_ADD_CLAIM, [claim_values(claim) for claim in plan.claims])
        if plan.retracted:
            self._connection.execute(_RETRACT, {"some": list(plan.retracted), "at": plan.at})
        if plan.mentions:
            self._connection.execute(
                upsert(MENTION).on_conflict_do_nothing(), [_mentions(one) for one in plan.mentions]
            )
        self.replace_promises(plan.promises)

    def stand(self, places: Mapping[int, str | None]) -> None:
        """Let what items claim of declared subjects stand in these events; None: in none."""
        rows = [{"item": item_id, "event": event_id} for item_id, event_id in sorted(places.items())]
        if rows:
            self._connection.execute(_STAND, rows)

    def follow_items(self) -> None:
        """Let claims of declared subjects stand in the events that their items stand in now."""
        stands = select(ITEM.c.event_id).where(ITEM.c.id == _C.item_id).scalar_subquery()
        self._connection.execute(update(CLAIM).where(_C.subject != "").values(event_id=stands))

    def replace_promises(self, promises: Mapping[str, Sequence[Promise]]) -> None:
        for key, chain in promises.items():
            self._connection.execute(_REPLACE_PROMISES, {"of_key": key})
            if chain:
                self._connection.execute(insert(PROMISE), [promise_values(one) for one in chain])

    def purge(self, now: datetime) -> None:
        """Let go of what was read beside the claims long ago."""
        self._connection.execute(_STALE_MENTIONS, {"before": now - MENTIONS_KEPT})

    def _events_of(self, promise: Promise) -> list[str]:
        of = promise.key.partition("|")[0]
        own = [promise.event_id] if promise.event_id else []
        if of.startswith(_EVENT):
            return [of.removeprefix(_EVENT), *own]
        return [*own, *self._connection.execute(_OF_SUBJECT, {"subject": of}).scalars()]


def claim_values(claim: Claim) -> dict[str, Any]:
    values = {name: getattr(claim, name) for name in CLAIM.c.keys()}  # noqa: SIM118  a collection of columns
    values["lo"], values["hi"] = _bound(claim.lo), _bound(claim.hi)
    return values


def claim_from(row: Row[Any]) -> Claim:
    return claim_of(row._asdict())


def claim_of(values: dict[str, Any]) -> Claim:
    """A claim of a row's values, with instants and days restored already."""
    values.pop("key", None)
    kind = ClaimKind(values["kind"])
    values["lo"], values["hi"] = (unbound(values[name], kind) for name in ("lo", "hi"))
    values |= {"kind": kind, "modality": Modality(values["modality"]), "origin": Origin(values["origin"])}
    return Claim(**values)


def unbound(text: str | None, kind: ClaimKind) -> Decimal | date | None:
    if text is None:
        return None
    return Decimal(text) if kind is ClaimKind.QUANTITY else date.fromisoformat(text)


def promise_values(promise: Promise) -> dict[str, Any]:
    return {name: getattr(promise, name) for name in PROMISE.c.keys()}  # noqa: SIM118  a collection of columns


def promise_from(row: Row[Any]) -> Promise:
    values = row._asdict()
    values["state"] = PromiseState(values["state"])
    return Promise(**values)


def _bound(value: Decimal | date | None) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else value.isoformat()


def _mentions(one: Mentions) -> dict[str, Any]:
    return {"item_id": one.item_id, "revision": one.revision, "seen_at": one.seen_at, "blob": list(one.listed)}
