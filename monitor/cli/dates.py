"""`salname dates`: what the date grammar reads in a text."""

import argparse
from datetime import date

from monitor.cli import Exit
from monitor.cli.asking import day
from monitor.cli.output import Output
from monitor.cli.place import Place
from monitor.events.dates import DateSpan, scan
from monitor.language import detect_language
from monitor.words import has_cyrillic

_LANGUAGES = ("en", "az", "ru")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--lang", choices=_LANGUAGES, help="of the text; default: as its letters and words tell")
    parser.add_argument(
        "--ref", type=day, metavar="D", help="the day on which it was written; without one, “next week” is no date"
    )


def run(options: argparse.Namespace, _place: Place, out: Output) -> Exit:
    # Of a few words no language can be told but by their letters.
    lang = options.lang or detect_language(options.text) or ("ru" if has_cyrillic(options.text) else "en")
    spans = scan(options.text, lang, options.ref)
    if out.json:
        out.data([_as_json(span) for span in spans])
    elif spans:
        out.table(("text", "earliest", "latest", "precision", "bound", "rule", "year"), map(_row, spans))
    else:
        more = "" if options.ref else "; of “next week” and the like it needs --ref, the day on which it was written"
        out.remark(f"No date in this text ({lang}){more}.")
    return Exit.OK


def _as_json(span: DateSpan) -> dict[str, object]:
    return {
        "text": span.text,
        "start": span.start,
        "end": span.end,
        "lo": _iso(span.lo),
        "hi": _iso(span.hi),
        "precision": span.precision,
        "bound": span.bound,
        "rule": span.rule,
        "how": span.how,
    }


def _row(span: DateSpan) -> tuple[str, ...]:
    lo, hi = (_iso(day) or "…" for day in (span.lo, span.hi))
    return span.text, lo, hi, span.precision, span.bound, span.rule, span.how


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
