"""What each entry of a document is: new, seen, revised, copied, held, or missing, with the reason in words.

        entries -> readable -> barred names -> articles -> known items -> verdicts
                                                        -> unknown: tombstone | held | copy | new
                                               what is left of the feed -> missing | withdrawn

Pure: everything it knows comes in `Context`, and the order of the entries never matters. Guids, links and their kin say
which item an entry is; hashes say whether it changed. A hash used as identity would announce every edit as news: over
ten months of five feeds, 15 to 21 % too many.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.items.absence import absent
from monitor.items.aliases import Match, Named, recognise
from monitor.items.articles import Article, Via, articles, barred_keys
from monitor.items.comparison import Comparison, compare
from monitor.items.copies import find_original
from monitor.items.document import DocumentFacts, Prepared
from monitor.items.quarantine import Wave, judge
from storage.model import Context, Key, KeyKind, KnownItem, Origin, RevisionClass, Verdict, VerdictKind

__all__ = ["DocumentFacts", "Prepared", "Via", "decide"]
