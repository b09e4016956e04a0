"""`salname facts EVENT`: what is known of an event's figures, dates and states; and a person's word on it."""

import argparse
import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from monitor.cli import Exit
from monitor.cli.asking import event_named, moment, number
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.errors import ConfigError

if TYPE_CHECKING:
    from storage.model import FactRuling
    from storage.store import Transaction

Kind = Literal["pin", "drop", "merge", "split"]

_RULINGS: dict[str, tuple[Kind, int, str]] = {
    "pin": ("pin", 1, "a claim's id (see: salname facts EVENT --history)"),
    "drop": ("drop", 1, "a claim's id (see: salname facts EVENT --history)"),
    "merge": ("merge", 2, "two keys (see: salname facts EVENT --json)"),
    "split": ("split", 1, "a key (see: salname facts EVENT --json)"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="+",
        metavar="EVENT",
        help="an event; or: pin CLAIM, drop CLAIM, merge KEY KEY, split KEY, undo [RULING]",
    )
    parser.add_argument("--key", metavar="K", help="only facts whose key holds these letters")
    parser.add_argument("--history", action="store_true", help="every claim with the verdict on it")
    parser.add_argument("--why", action="store_true", help="and the rule and the words behind each")
    parser.add_argument("--as-of", metavar="D", help="as it was known on this day or at this time")
    parser.add_argument("--note", metavar="TEXT", default="", help="why you pin, drop, merge or split")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if options.what[0] in _RULINGS:
        return _rule(options, place, out)
    if options.what[0] == "undo":
        return _undo(options.what[1:], place, out)
    if len(options.what) > 1:
        raise ConfigError(f'"{options.what[0]}" is none of {", ".join(_RULINGS)}, undo; one event at a time')
    from monitor.viewer import ledger
    from storage.reading import opened

    as_of = moment(options.as_of, zone=place.zone, option="--as-of", end_of_day=True)
    with opened(place.database_path) as reader:
        event = event_named(options.what[0], reader)
        facts = ledger.facts_of_event(reader, event, as_of=as_of)
    facts = {key: fact for key, fact in facts.items() if not options.key or options.key in key}
    if out.json:
        out.data(ledger.fact_records(facts))
    elif out.rich:
        from monitor.viewer.facts import fact_page

        out.show(fact_page(facts, history=options.history, why=options.why))
    else:
        out.lines(ledger.plain_facts(facts, history=options.history, why=options.why))
    if not facts:
        out.remark("Nothing is claimed there that could be compared; `salname item ID --why` tells what was read.")
    return Exit.OK


def _rule(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.model import FactRuling
    from storage.store import Store

    name, *targets = options.what
    kind, count, expected = _RULINGS[name]
    if len(targets) != count:
        raise ConfigError(f"facts {name} takes {expected}")
    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            keys = _expect_known(tx, kind, targets)
            ruling = FactRuling(
                kind=kind,
                target=targets[0],
                value=targets[1] if kind == "merge" else "",
                author=_author(),
                note=options.note,
                at=datetime.now(UTC),
            )
            made = tx.claims.rule(ruling)
            _fold_again(tx, keys)
    finally:
        store.close()
    done = {"ruling": str(made), "kind": kind, "target": ruling.target, "value": ruling.value or None, "keys": keys}
    if out.json:
        out.data(done)
    else:
        out.say(f"{name}: {' '.join(targets)} (ruling {made}); it holds from now on")
        out.remark(f"To take it back: salname facts undo {made}")
    return Exit.OK


def _undo(named: list[str], place: Place, out: Output) -> Exit:
    """Take the last word back, or the one that is named."""
    from storage.store import Store

    if len(named) > 1:
        raise ConfigError("facts undo takes one ruling, or none for the last one")
    wanted = number(named[0], "a ruling", see="salname facts undo") if named else None
    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            held = tx.claims.rulings()
            found = [one for one in held if wanted in {None, one.id}]
            if not found:
                known = ", ".join(str(one.id) for one in held) or "none"
                what = "no ruling on facts holds" if wanted is None else f"no ruling {wanted} on facts holds"
                raise ConfigError(f"{what}; those that hold: {known}")
            ruling = found[-1]
            tx.claims.take_back(ruling.id, datetime.now(UTC))
            keys = _keys_of(tx, ruling)
            _fold_again(tx, keys)
    finally:
        store.close()
    done = {"ruling": str(ruling.id), "kind": ruling.kind, "target": ruling.target, "value": ruling.value or None}
    if out.json:
        out.data(done | {"keys": keys, "undone": True})
    else:
        out.say(f"taken back: {ruling.kind} {' '.join(filter(None, (ruling.target, ruling.value)))}")
    return Exit.OK


def _keys_of(tx: "Transaction", ruling: "FactRuling") -> list[str]:
    """The keys that a ruling speaks of."""
    if ruling.kind in {"pin", "drop"}:
        claim = tx.claims.get(ruling.target)
        return [claim.key] if claim else []
    return [key for key in (ruling.target, ruling.value) if key]


def _expect_known(tx: "Transaction", kind: Kind, targets: list[str]) -> list[str]:
    """The keys that a ruling touches; raises ConfigError for a claim or key that there is not."""
    if kind in {"pin", "drop"}:
        claim = tx.claims.get(targets[0])
        if claim is None:
            raise ConfigError(f'there is no claim "{targets[0]}"; see: salname facts EVENT --history')
        return [claim.key]
    for key in targets:
        if not tx.claims.known(key):
            raise ConfigError(f'there is no key "{key}"; see: salname facts EVENT --json')
    if kind == "split" and targets[0].startswith("event:"):
        raise ConfigError(f'"{targets[0]}" is of one event alone: there is nothing to split')
    if kind == "merge" and targets[0].rpartition("|")[2] != targets[1].rpartition("|")[2]:
        raise ConfigError("figures of two units are never compared: these keys cannot be merged")
    return targets


def _fold_again(tx: "Transaction", keys: list[str]) -> None:
    """Bring the promises of the keys in line with the ruling."""
    from monitor.events.book import Book, is_dated

    book = Book(tx.claims.of_keys, tx.claims.rulings())
    dated = sorted({one for key in keys if is_dated(key) for one in book.kin(key)})
    tx.claims.replace_promises({key: book.chain(key) if book.leading(key) == key else () for key in dated})


def _author() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have no name for its user
        return ""
