"""The programs that are compared: Salname with everything switched on, and lemon24/reader where it is installed."""

import importlib
import importlib.util
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from monitor.app import Monitor, Polled
from monitor.config import Config, load_config, parse_config
from monitor.pipeline.storylines import place_events
from storage.store import Store
from tests.bench.corpus import LATEST

TICK = timedelta(minutes=20)  # of the invented clock, from one poll to the next

_HEAD = """
timezone = "Asia/Baku"
[http]
allow_private = ["127.0.0.1:{port}"]
[polling]
host_spacing = "0s"
threads = {threads}
[channels.desk]
kind = "webhook"
url = "http://127.0.0.1:9/never-asked"
insecure_http = true
[[rules]]
name = "the union"
when = {{ source = "outlet 1", min_sources = 2 }}
set = {{ importance = "high" }}
[[rules]]
name = "titles"
when = {{ title = "(?i)spectrum|regulator" }}
set = {{ importance = "high" }}
[[routes]]
name = "important"
when = {{ min_importance = "high" }}
channels = ["desk"]
continue = true
[[routes]]
name = "the rest"
when = {{ kind = ["event.created", "event.updated", "item.revised"] }}
channels = ["desk"]
"""
# Beside the topics that are shipped, which one entry of twenty matches: with these it is nearly every one.
_BROAD = """
[[topics]]
id = "union"
any = ["ITU", "WTDC", "Geneva"]
[[topics]]
id = "caspian"
must = ["azerbaijan"]
any = ["broadband", "fibre", "cable", "Caspian", "Aktau"]
[[topics]]
id = "region"
any = ["Azerbaijan", "Kazakhstan", "Tbilisi", "Ankara", "Astana", "Sumgait"]
not = ["football", "weather"]
[[topics]]
id = "space"
any = ["Azercosmos", "Starlink", "satellite*"]
[[topics]]
id = "rules"
any = ["spectrum", "regulator", "5G"]
"""
_SHIPPED = Path(__file__).parents[2] / "config.toml"


class Engine(Protocol):
    """Polls all feeds of the corpus, each once."""

    def poll(self) -> object: ...
    def entry_count(self) -> int: ...
    def close(self) -> None: ...


class Salname:
    """Topics, hashes, linking and alert rules are on; nothing is sent, all of it is put in the outbox."""

    def __init__(self, folder: Path, port: int, urls: Sequence[str], *, threads: int = 8, broad: bool = True) -> None:
        self.now = LATEST
        store = Store.open(f"sqlite:///{folder / ('broad.db' if broad else 'narrow.db')}")
        self.monitor = Monitor(configuration(port, urls, threads, broad=broad), store, clock=self._clock)

    def _clock(self) -> datetime:
        return self.now

    def poll(self) -> list[Polled]:
        self.now += TICK
        return self.monitor.poll(everything=True)

    def entry_count(self) -> int:
        with self.monitor.store.reading() as tx:
            return tx.items.count()

    def relevant_count(self) -> int:
        with self.monitor.store.reading() as tx:
            return sum(1 for _ in tx.items.replay(relevant=True))

    def place(self) -> None:
        """Put the events of the first polls into storylines."""
        place_events(self.monitor.store)

    def close(self) -> None:
        self.monitor.close()


class Peer:
    """lemon24/reader, as its users run it."""

    def __init__(self, folder: Path, urls: Sequence[str], *, threads: int = 8) -> None:
        self._threads = threads
        self._reader: Any = importlib.import_module("reader").make_reader(str(folder / "reader.db"))
        for url in urls:
            self._reader.add_feed(url)

    def poll(self) -> None:
        self._reader.update_feeds(scheduled=False, workers=self._threads)

    def entry_count(self) -> int:
        count: int = self._reader.get_entry_counts().total
        return count

    def close(self) -> None:
        self._reader.close()


def peer_version() -> str | None:
    """The version of reader, if it and the module that its copy of feedparser needs are there."""
    if importlib.util.find_spec("reader") is None or importlib.util.find_spec("sgmllib") is None:
        return None
    version: str = importlib.import_module("reader").__version__
    return version


def configuration(port: int, urls: Sequence[str], threads: int = 8, *, broad: bool = True) -> Config:
    shipped = load_config(_SHIPPED)
    feeds = "".join(f'[[feeds]]\nname = "outlet {n}"\nurl = "{url}"\n' for n, url in enumerate(urls))
    terms = '[terms.azerbaijan]\nen = ["Azerbaijan"]\n'
    made = parse_config(_HEAD.format(port=port, threads=threads) + terms + _BROAD + feeds)
    # One address stands for as many hosts as there are feeds: what is asked of one host must not bound them.
    polling = made.polling.model_copy(update={"host_connections": len(urls) or 1})
    topics = (*shipped.topics, *(made.topics if broad else ()))
    return made.model_copy(update={"polling": polling, "terms": shipped.terms, "topics": topics})
