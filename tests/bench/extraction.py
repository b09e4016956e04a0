"""What is read out of articles: recall against a reader's notes, the claims for reading by eye, and the speed.

        python -m tests.bench.extraction [--claims] [--speed]

The notes and the news of others lie outside the project (settings below); without them there is only the speed, on text
of our own. A figure counts as found where the notes say it stands, with its value; a period with exactly its days.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from monitor.build import reader
from monitor.config import parse_config
from monitor.events.dates import scan as scan_dates
from monitor.events.quantities import scan as scan_quantities
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from monitor.feeds.parse import parse
from monitor.items.content import content_of
from storage.model import Claim
from tests.bench import articles

SHARED = Path(__file__).parents[3] / "shared"
GOLD = SHARED / "data" / "seeds_gold_dev.json"
ARTICLES = SHARED / "seeds"
NEWS = SHARED / "data" / "linking" / "ecb_train.jsonl"
PUBLISHED = {"000": date(2022, 6, 9), "001": date(2025, 11, 28), "002": date(2025, 11, 18), "003": date(2025, 12, 1)}
FEEDS = {"000": "azernews", "001": "trend", "002": "menafn", "003": "regionplus", "004": "cgitc"}
SHIPPED = Path(__file__).parents[2] / "config.toml"
_ROUNDS, _ARTICLES, _ENTRIES = 3, 40, 200  # of each kind and language
_PUBLISHED = date(2026, 3, 1)
_NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(slots=True)
class Score:
    """How many of the notes were found, and of those how many with the right value."""

    wanted: int = 0
    placed: int = 0
    right: int = 0
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def accuracy(self) -> float:
        return self.right / self.placed if self.placed else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.extraction")
    parser.add_argument("--claims", action="store_true", help="print each promoted claim with its sentence")
    parser.add_argument("--speed", action="store_true", help="texts a second")
    asked = parser.parse_args()
    if GOLD.is_file():
        for name, score in scores().items():
            print(
                f"{name:11} {score.right} of {score.wanted} found ({score.recall:.0%}), "
                f"values right {score.right} of {score.placed} ({score.accuracy:.0%})"
            )
            print("".join(f"            missed: {one}\n" for one in score.missed), end="")
    else:
        print("The notes are not at hand.", file=sys.stderr)
    if asked.claims:
        for number, claim in enumerate(promoted_claims(), 1):
            facet = f"/{claim.facet}" if claim.facet else ""
            print(
                f"{number:3} {claim.subject or '(event)'} | {claim.measure}{facet} | {claim.precision} {claim.value} "
                f"{claim.unit} | {claim.modality} | as of {claim.as_of}\n      {claim.quote}"
            )
    if asked.speed:
        for name, speed in speeds().items():
            print(f"{name:29} {speed:5.0f} a second and core")
    return 0


def scores() -> dict[str, Score]:
    """Recall of figures and of dates on the articles that have notes."""
    gold = json.loads(GOLD.read_text(encoding="utf-8"))
    found = {"quantities": Score(), "dates": Score()}
    for number, notes in gold["seeds"].items():
        lines = article(number).splitlines()
        for claim in notes["claims"]:
            for wanted in _figures_of(claim):
                _score_figure(found["quantities"], wanted, claim, lines)
        for period, where in _periods_of(notes):
            _score_period(found["dates"], period, where, lines, PUBLISHED[number])
    return found


def article(number: str) -> str:
    (path,) = ARTICLES.glob(f"{number}_*.txt")
    return path.read_text(encoding="utf-8")


def _figures_of(claim: Mapping[str, Any]) -> Iterator[Decimal]:
    for one in (claim, claim.get("also", {})):
        if "quantity" in one:
            yield Decimal(str(one["quantity"]))


def _score_figure(score: Score, wanted: Decimal, claim: Mapping[str, Any], lines: Sequence[str]) -> None:
    where = claim["where"]
    line = lines[where["line"] - 1]
    near = (max(0, where["char"] - 40), where["char"] + len(where["words"]) + 40)
    found = [one for one in scan_quantities(line, "en") if near[0] <= one.start < near[1]]
    score.wanted += 1
    score.placed += bool(found)
    if any(one.value == wanted for one in found):
        score.right += 1
    else:
        score.missed.append(f"{claim['id']}: {wanted} ({where['words'][:60]})")


def _periods_of(notes: Mapping[str, Any]) -> Iterator[tuple[tuple[date, date], Mapping[str, Any]]]:
    """The days that the article's own words give: periods of claims, and of events what is not known from outside."""
    for claim in notes["claims"]:
        if "period" in claim:
            first, last = claim["period"]
            yield (date(int(first), 1, 1), date(int(last), 12, 31)), claim["where"]
    for event in notes["events"]:
        outside = "dates_from" in event or "start_from" in event or "end_from" in event
        if event["start"] and event["end"] and not outside and event["start"] == event["end"]:
            day = date.fromisoformat(event["start"])
            yield (day, day), event["evidence"]
        if event["start"] and "end_from" in event:
            day = date.fromisoformat(event["start"])
            yield (day, day), event["evidence"]
    if "stamp" in notes["publication"]:
        day = date.fromisoformat(notes["publication"]["date"][:10])
        yield (day, day), notes["publication"]["stamp"]


def _score_period(
    score: Score, wanted: tuple[date, date], where: Mapping[str, Any], lines: Sequence[str], published: date
) -> None:
    found = scan_dates(lines[where["line"] - 1], "en", published)
    score.wanted += 1
    score.placed += bool(found)
    if any((one.lo, one.hi) == wanted for one in found):
        score.right += 1
    else:
        score.missed.append(f"{wanted[0]}..{wanted[1]} ({where['words'][:60]})")


def promoted_claims() -> list[Claim]:
    """What would be compared, in the articles as their feeds bring them, by the configuration that is shipped.

    Of an article without a date nothing is ordered in time; it is read all the same.
    """
    extractor = reader(parse_config(SHIPPED.read_text(encoding="utf-8"))).extractor
    found: list[Claim] = []
    for number, name in FEEDS.items():
        body = (ARTICLES / "feeds" / f"{name}.xml").read_bytes()
        document = parse(body, None, final_url=f"https://{name}.example/", feed_timezone=None, now=_NOW)
        for entry in document.entries:
            words = content_of(entry)
            found += extractor.read(words.title, words.text, "en", PUBLISHED.get(number)).claims
    return found


SUBJECTS = (
    Subject(id="wtdc-25", kind="conference", edition="2025", aliases=("WTDC-25", "WTDC 2025")),
    Subject(id="itu", kind="body", aliases=("ITU", "International Telecommunication Union")),
    Subject(id="cable", kind="cable", aliases=("TCFO", "TransCaspian Fiber Optic")),
    Subject(id="lake-cable", kind="cable", aliases=("Lake Cable",)),
    Subject(id="forum", kind="conference", aliases=("Coast Forum",)),
    Subject(id="coalition", kind="programme", aliases=("Partner2Connect", "The coalition")),
)


def speeds() -> dict[str, float]:
    """Texts a second and core, by kind and language: all that is read out of a text that speaks of declared subjects.

    The median of some rounds; no text is read twice, and the first round only makes the words of a language known.
    """
    extractor = Extractor(subjects=Subjects.compile(articles.SUBJECTS))
    found: dict[str, list[float]] = {}
    for turn in range(_ROUNDS + 1):
        for kind, lang, texts in _texts(Random(turn), turn):
            begun = time.process_time()
            for place, (title, text) in enumerate(texts):
                extractor.read(title, text, lang, _PUBLISHED + timedelta(days=place))
            if turn:
                found.setdefault(f"{kind} {lang}", []).append(len(texts) / (time.process_time() - begun))
    return {name: median(some) for name, some in found.items()}


def _texts(rng: Random, turn: int) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Of each kind and language some titles with their texts."""
    for lang in articles.LANGUAGES:
        yield "articles of 5 kB", lang, [("", articles.article(rng, lang)) for _ in range(_ARTICLES)]
        yield "entries of 40 to 100 words", lang, [articles.entry(rng, lang) for _ in range(_ENTRIES)]
    if NEWS.is_file():
        whole = " ".join(json.loads(line)["text"] for line in NEWS.read_text(encoding="utf-8").splitlines())
        size, first = articles.ARTICLE_LENGTH, turn * _ARTICLES
        pieces = [
            whole[at : at + size] for at in range(first * size, min((first + _ARTICLES) * size, len(whole)), size)
        ]
        yield "news of others, 5 kB", "en", [("", piece) for piece in pieces]


if __name__ == "__main__":
    sys.exit(main())
