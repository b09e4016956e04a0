"""How many reprints are found, of edits of real articles, and how many different articles are taken for reprints.

        python -m tests.bench.reprints [--originals 200] [--seeds 5]

"wanted" says what the design asks for; nothing is passed or failed here.
"""

import argparse
import statistics
import sys
import time

from monitor.words import sentence_hashes
from tests.builders_reprints import ARTICLES, EDITS, articles, confused, reprinted

_WANTED = {"typographic": "1.00", "wrapped": ".99", "cut": ".99", "shuffled": ".99"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reprints", description=__doc__.partition("\n")[0])
    parser.add_argument("--originals", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    if not ARTICLES.is_file():
        print(f"the articles are not at hand: {ARTICLES}", file=sys.stderr)
        return 1
    originals = articles()[: asked.originals]
    print(f"{len(originals)} originals, {asked.seeds} seeds\n\nreprint       found    (wanted)")
    for name, edit in EDITS.items():
        shares = [reprinted(originals, edit, seed=seed).share for seed in range(asked.seeds)]
        print(f"{name:12} {statistics.mean(shares):6.3f}    ({_WANTED[name]})")
    found = confused(articles())
    print(f"false        {found.share:6.3f}    (at most .01): {len(found.pairs)} of {found.pair_count} pairs")
    for one, other in found.pairs:
        print(f"             {one.title[:60]} | {other.title[:60]}")
    print(f"\nhashing sentences: {_rate():.0f} articles/s")
    return 0


def _rate() -> float:
    started = time.process_time()
    for article in articles():
        sentence_hashes(article.text)
    return len(articles()) / (time.process_time() - started)


if __name__ == "__main__":
    sys.exit(main())
