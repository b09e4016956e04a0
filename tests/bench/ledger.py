"""What the ledger would tell of texts that nobody wrote for it: `python -m tests.bench.ledger FILE.jsonl [COUNT]`.

Each labelled line is an item of the event of its label, in the order of publication; every change is printed to be read
by eye, with the speed of reading. Nothing is asserted: whether a change is right is for a reader.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.events.book import Book, Head
from monitor.events.reading import Extractor
from monitor.language import detect_language
from monitor.words import plain_text
from storage.model import Origin


def lines(path: Path, count: int) -> Iterator[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:count]]
    yield from sorted(found, key=lambda one: one.get("published") or "")


def main(path: Path, count: int) -> None:
    book, extractor, kinds = Book(lambda _: {}), Extractor(), Counter[str]()
    seconds, letters, number = 0.0, 0, 0
    for number, one in enumerate(lines(path, count), 1):
        at = datetime.fromisoformat(one["published"]).astimezone(UTC) if one.get("published") else None
        title, text = plain_text(one.get("title") or ""), plain_text(one.get("text") or "")
        lang = one.get("language") or detect_language(f"{title} {text}")
        started = time.perf_counter()
        said = extractor.read(title, text, lang, at.date() if at else None)
        seconds += time.perf_counter() - started
        letters += len(title) + len(text)
        head = Head(
            item_id=number,
            revision=1,
            event_id=str(one.get("event") or f"alone-{number}"),
            source=one.get("source") or f"outlet-{number}",
            url=one.get("url"),
            official=False,
            copy_group=None,
            said_at=at or datetime.now(UTC) - timedelta(days=1),
            origin=Origin.LIVE,
            seen_at=at or datetime.now(UTC),
        )
        before = len(book.told)
        book.enter(head, said.claims)
        for told in book.told[before:]:
            kinds[told.difference.kind] += 1
            print(f"{told.difference.kind:<15} {told.difference.summary}")
            print(f"    was: {told.difference.old.quote}\n    now: {told.difference.new.quote}")
    claims = Counter(claim.kind.value for claim in book.claims.values())
    print(f"{number} items, {letters / max(number, 1):.0f} characters each, {number / max(seconds, 1e-9):.0f} items/s")
    print(f"claims {dict(claims)}, changes {dict(kinds)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
