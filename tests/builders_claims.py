"""Claims in a word: a figure, a date, a state, as an outlet said it on a day."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from storage.model import Claim, ClaimKind, Modality, claim_id

_NUMBER = iter(range(1, 1_000_000))


def day(text: str) -> date:
    return date.fromisoformat(text)


def a_figure(value: str, on: str | None, source: str = "Gazette", **given: object) -> Claim:
    """`value` may be "2400", "90..110" (about 100)."""
    lo, _, hi = value.partition("..")
    middle = value if not hi else str((Decimal(lo) + Decimal(hi)) / 2)
    return _claim(
        on,
        source,
        {"kind": ClaimKind.QUANTITY, "measure": "participants", "unit": "count", "value": middle, "lo": Decimal(lo)}
        | {"hi": Decimal(hi or lo), "precision": "about" if hi else "exact"}
        | given,
    )


def a_date(period: str, on: str | None, source: str = "Gazette", **given: object) -> Claim:
    """`period` is "2026-12-04", "2026-07-01..2026-09-30" or "..2026-12-31" (a deadline)."""
    lo, dots, hi = period.partition("..")
    if not dots:
        hi = lo
    first, last = (day(lo) if lo else None), (day(hi) if hi else None)
    precision = "day" if first == last else "month"
    return _claim(
        on,
        source,
        {"kind": ClaimKind.DATE, "measure": "laying.end", "unit": "date", "value": period, "lo": first, "hi": last}
        | {"bound": "by" if first is None else "in", "modality": Modality.PLANNED, "precision": precision}
        | given,
    )


def a_state(state: str, on: str | None, source: str = "Gazette", **given: object) -> Claim:
    return _claim(on, source, {"kind": ClaimKind.STATUS, "measure": "status", "value": state} | given)


def _claim(on: str | None, source: str, given: dict[str, object]) -> Claim:
    item = int(str(given.pop("item_id", 0))) or next(_NUMBER)
    as_of = day(on) if on else None
    made = Claim(
        item_id=item,
        kind=ClaimKind.STATUS,
        subject="lake-cable",
        measure="",
        value="",
        as_of=as_of,
        said_at=datetime(as_of.year, as_of.month, as_of.day, 9, tzinfo=UTC) if as_of else None,
        source=source,
        quote=f"{source} says so.",
    )
    made = replace(made, **given)  # type: ignore[arg-type]  # a test's own words
    said = (made.value, str(made.lo), str(made.hi), made.modality.value)
    return replace(made, id=claim_id(made.item_id, made.revision, made.key, *said))
