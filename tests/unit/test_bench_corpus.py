import hashlib
from contextlib import closing
from pathlib import Path

import pytest

from monitor.feeds.parse import parse
from tests.bench.corpus import LATEST, Corpus, Served, standard
from tests.bench.engines import Engine, Peer, Salname, peer_version
from tests.bench.measuring import VoidRun, publisher

# Of the first forty feeds; when the corpus changes, so does what was measured before.
FINGERPRINT = "c118023637d8cfbb"


def _ranges(served: Served, known: frozenset[bytes] = frozenset()) -> list[bytes | None]:
    document = parse(
        served.body,
        "application/xml",
        final_url="https://a.example/",
        feed_timezone=None,
        now=LATEST,
        known_ranges=known,
    )
    return [entry.range_hash for entry in document.entries]


def test_the_corpus_is_the_same_in_every_process_and_on_every_machine():
    whole = b"".join(standard().document(feed, 0).body for feed in range(40))

    assert hashlib.blake2b(whole, digest_size=8).hexdigest() == FINGERPRINT
    assert Corpus(2).document(0, 0).body != Corpus(1).document(0, 0).body


def test_a_feed_has_the_size_of_a_news_feed_and_as_many_entries_as_it_says():
    documents = [standard().document(feed, 0) for feed in range(40)]

    assert {one.kind for one in documents} == {"rss", "atom"}
    assert all(22_000 <= len(one.body) <= 51_000 for one in documents)
    assert [len(_ranges(one)) for one in documents] == [one.entry_count for one in documents]


@pytest.mark.parametrize("feed", range(4))
def test_a_generation_brings_exactly_one_entry(feed: int):
    before, after = (standard().document(feed, generation) for generation in (0, 1))
    known = frozenset(filter(None, _ranges(before)))

    assert len(_ranges(before)) == before.entry_count
    assert len(_ranges(after, known)) == 1


def test_the_server_counts_what_it_sent():
    with publisher(3) as server:
        server.serves(generation=0, validators=True)
        server.expect(fetched=0)

        with pytest.raises(VoidRun, match="1 bodies"):
            server.expect(fetched=1)


def test_both_programs_see_the_same_entries(tmp_path: Path):
    expected = sum(standard().document(feed, 0).entry_count for feed in range(3))

    with publisher(3) as server:
        server.serves(generation=0, validators=False)
        urls = [server.url(feed) for feed in range(3)]
        engines: list[Engine] = [Salname(tmp_path, server.port, urls)]
        if peer_version():
            engines.append(Peer(tmp_path, urls))
        for engine in engines:
            with closing(engine):
                engine.poll()
                server.expect(fetched=3)
                assert engine.entry_count() == expected
