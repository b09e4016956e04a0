"""`salname evaluate`: link a labelled stream from nothing, and hold the events against the true ones."""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli import Exit
from monitor.cli.output import SCHEMA, Output
from monitor.cli.place import Place
from storage.errors import ConfigError

if TYPE_CHECKING:
    from monitor.config import Config
    from monitor.events.evaluate import Labelled, Linked, Score


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "labelled",
        metavar="LABELLED.jsonl",
        help="one JSON object a line: event (the true label, or null), and url or id; "
        "also title, text, published (ISO 8601), language, source; topics is for import",
    )
    parser.add_argument("--output", metavar="FILE", help='write the events found, {"id","event"} a line')
    parser.add_argument("--threshold", type=_share, metavar="X", help="instead of [linking] theta, 0 to 1")
    parser.add_argument("--compare", choices=["cosine"], help="score a plain 7-day cosine on the same items")
    parser.add_argument("--errors", type=_count, default=0, metavar="N", help="show the N worst false joins and splits")


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from monitor.build import link_settings, reader
    from monitor.events.evaluate import bcubed, incoming, link_all, pairwise, worst
    from monitor.feeds.parser_pool import peak_memory

    items, problems = _read(Path(options.labelled).expanduser(), out)
    for problem in problems:
        out.error(problem)
    config = _config(place)
    theta = config.linking.theta if options.threshold is None else options.threshold
    settings = replace(link_settings(config), theta=theta)
    started = time.perf_counter()
    coming = out.progress(incoming(items, reader(config).aliases), total=len(items), what="linking")
    linked = list(link_all(coming, settings))
    seconds = time.perf_counter() - started
    found, wanted = [one.event for one in linked], [item.event for item in items]
    told: dict[str, object] = {
        "schema": SCHEMA,
        "items": len(items),
        **_scores(found, wanted, bcubed(found, wanted), pairwise(found, wanted)),
        "threshold": theta,
        "seconds": round(seconds, 3),
        "items_per_second": round(len(items) / seconds, 1) if items else 0.0,
        "peak_rss_mb": round(peak_memory() / 1_000_000, 1),
    }
    if options.compare:
        told["cosine"] = _cosine(items, linked, out)
    errors = worst(items, linked, options.errors)
    if options.errors:
        told["errors"] = [{"kind": one.kind, "id": one.item.id, "text": one.text} for one in errors]
    if options.output:
        _write(Path(options.output).expanduser(), items, found)
    if out.json:
        out.data(told)
    else:
        _show(told, [one.text for one in errors], out)
    return Exit.FAILED if problems else Exit.OK


def _scores(
    found: Sequence[str], wanted: Sequence[str | None], bcubed: "Score", pairwise: "Score"
) -> dict[str, object]:
    return {
        "events_true": len({event for event in wanted if event is not None}),
        "events_found": len({one for one, event in zip(found, wanted, strict=True) if event is not None}),
        "bcubed": _score(bcubed),
        "pairwise": _score(pairwise),
    }


def _score(score: "Score") -> dict[str, float]:
    return {name: round(getattr(score, name), 4) for name in ("precision", "recall", "f1")}


def _cosine(items: Sequence["Labelled"], linked: Sequence["Linked"], out: Output) -> dict[str, object]:
    from monitor.events.cosine import THETA, WINDOW, link_by_cosine
    from monitor.events.evaluate import bcubed, pairwise

    coming = ((item.title, item.text, one.at) for item, one in zip(items, linked, strict=True))
    found = list(link_by_cosine(out.progress(coming, total=len(items), what="the cosine")))
    wanted = [item.event for item in items]
    scores = _scores(found, wanted, bcubed(found, wanted), pairwise(found, wanted))
    return {"window_days": WINDOW.days, "threshold": THETA, **scores}


def _show(told: Mapping[str, object], errors: Sequence[str], out: Output) -> None:
    rows = [_row("salname", told)]
    cosine = told.get("cosine")
    if isinstance(cosine, Mapping):
        rows.append(_row(f"cosine, {cosine['window_days']} days", cosine))
    out.table(["linker", "BCubed P", "R", "F1", "pairs P", "R", "F1", "events", "true"], rows)
    out.say(
        f"{told['items']} items in {told['seconds']} s, {told['items_per_second']} a second, "
        f"{told['peak_rss_mb']} MB at most, threshold {told['threshold']}"
    )
    for error in errors:
        out.say(out.clean(error))


def _row(name: str, told: Mapping[str, object]) -> list[str]:
    scores = [told["bcubed"], told["pairwise"]]
    figures = [f"{value:.4f}" for score in scores if isinstance(score, Mapping) for value in score.values()]
    return [name, *figures, str(told["events_found"]), str(told["events_true"])]


def _read(path: Path, out: Output) -> "tuple[list[Labelled], list[str]]":
    """The items of a file, and what is wrong with the lines that are none."""
    from monitor.events.evaluate import labelled
    from monitor.intake import ignored, unknown_keys

    items, problems = [], []
    unknown: set[str] = set()
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    try:
                        items.append(labelled(line))
                        unknown.update(unknown_keys(json.loads(line)))
                    except ValueError as error:
                        problems.append(f"{path.name} line {number}: {error}")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if unknown:
        out.remark(out.clean(ignored(path.name, unknown)))
    return items, problems


def _config(place: Place) -> "Config":
    """The configuration at hand, else the shipped one: its terms mean the same in several languages."""
    from monitor.cli.init import shipped
    from monitor.config import load_config
    from monitor.config.load import parse_config

    if place.config_path is None:
        return parse_config(shipped())
    return load_config(place.config_path)


def _write(path: Path, items: Sequence["Labelled"], found: Sequence[str]) -> None:
    try:
        with path.open("w", encoding="utf-8") as file:
            for item, event in zip(items, found, strict=True):
                file.write(json.dumps({"id": item.id, "event": event}, ensure_ascii=False) + "\n")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value
