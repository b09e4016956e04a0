"""Documents that may take long are read in processes that can be killed, and that never outlive us."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from monitor.feeds import parser_pool
from monitor.feeds.document import Document
from monitor.feeds.parser_pool import SMALL, SMALL_FIRST, ParserPool, parse_bounded
from storage.errors import ParseError
from tests.builders_feeds import NOW, URL, reading, rss

MALFORMED = rss("<title>Salt & pepper</title>", "<title>b</title>").encode()
ENDLESS = rss(f"<webMaster>{'a' * 200_000}</webMaster>").encode()  # more than 20 s in feedparser
ROOT = Path(__file__).parents[2]


def large(size: int) -> bytes:
    item = "<title>Word {0}</title><link>/n/{0}</link><description>" + "lorem ipsum dolor " * 20 + "</description>"
    return rss(*(item.format(number) for number in range(1 + size // 400))).encode()


@pytest.fixture
def pool() -> Iterator[ParserPool]:
    pool = ParserPool(time_limit_s=30)
    yield pool
    pool.close()


def bounded(pool: ParserPool, body: bytes, *, first: bool = False) -> Document:
    return parse_bounded(body, None, pool=pool, final_url=URL, feed_timezone="Asia/Baku", now=NOW, first=first)


def workers() -> set[int]:
    return {child.pid for child in psutil.Process().children() if "parser_pool" in " ".join(child.cmdline())}


def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def test_a_small_ordinary_document_is_read_at_once(pool: ParserPool):
    body = rss("<title>a</title>").encode()
    assert bounded(pool, body) == reading(body)
    assert workers() == set()


@pytest.mark.parametrize(
    "body",
    [large(SMALL), MALFORMED, rss(f"<author>{'a' * 2_000}</author>").encode()],
    ids=["large", "malformed", "strange"],
)
def test_a_large_or_strange_document_is_read_the_same_in_a_worker(pool: ParserPool, body: bytes):
    assert bounded(pool, body) == reading(body)
    assert len(workers()) == 1


def test_the_first_document_of_a_feed_is_trusted_less(pool: ParserPool):
    body = large(SMALL_FIRST)
    assert bounded(pool, body) == reading(body)
    assert workers() == set()
    assert bounded(pool, body, first=True) == reading(body)
    assert len(workers()) == 1


def test_known_ranges_and_errors_come_through(pool: ParserPool):
    body = large(SMALL)
    known = {entry.range_hash for entry in reading(body).entries[1:] if entry.range_hash}
    document = parse_bounded(body, None, pool=pool, final_url=URL, feed_timezone=None, now=NOW, known_ranges=known)
    assert (len(document.entries), len(document.seen_ranges)) == (1, len(known))
    with pytest.raises(ParseError, match=r"^not_a_feed: "):
        bounded(pool, b"<html>" + b" " * SMALL)
    assert len(workers()) == 1


def test_what_takes_too_long_is_killed_and_the_next_document_is_read():
    pool = ParserPool(time_limit_s=1)
    try:
        bounded(pool, MALFORMED)
        before = workers()
        started = time.monotonic()
        with pytest.raises(ParseError, match=r"^too slow to parse: 200\d+ bytes took more than 1 s"):
            bounded(pool, ENDLESS)
        assert 1 <= time.monotonic() - started < 10
        assert workers() == set()
        assert bounded(pool, MALFORMED) == reading(MALFORMED)
        assert len(workers()) == 1
        assert workers() != before
    finally:
        pool.close()


def test_a_worker_that_dies_costs_its_document_alone(pool: ParserPool):
    failures: list[ParseError] = []

    def read_endless() -> None:
        try:
            bounded(pool, ENDLESS)
        except ParseError as error:
            failures.append(error)

    bounded(pool, MALFORMED)
    (pid,) = workers()
    reader = threading.Thread(target=read_endless)
    reader.start()
    assert wait_until(lambda: psutil.Process(pid).cpu_times().user > 0.5)
    os.kill(pid, signal.SIGKILL)
    reader.join(20)
    assert [str(error).partition(":")[0] for error in failures] == ["unreadable"]
    assert bounded(pool, MALFORMED) == reading(MALFORMED)


def test_many_threads_share_two_workers(pool: ParserPool):
    body, seen, results = large(SMALL), set[int](), list[Document]()
    threads = [threading.Thread(target=lambda: results.append(bounded(pool, body))) for _ in range(6)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert len(workers()) <= 2
        seen |= workers()
        time.sleep(0.01)
    assert results == [reading(body)] * 6
    assert len(seen) == 2


def test_a_worker_is_replaced_after_two_hundred_documents(pool: ParserPool):
    first = None
    for _ in range(200):
        bounded(pool, MALFORMED)
        first = first or workers()
    assert workers() == set()
    bounded(pool, MALFORMED)
    assert len(workers()) == 1
    assert workers() != first


def test_closing_ends_a_busy_worker_within_a_second_and_its_document_fails():
    pool = ParserPool()
    failures: list[str] = []

    def read_endless() -> None:
        try:
            bounded(pool, ENDLESS)
        except ParseError as error:
            failures.append(str(error))

    reader = threading.Thread(target=read_endless)
    reader.start()
    assert wait_until(lambda: len(workers()) == 1)
    started = time.monotonic()
    pool.close()
    assert time.monotonic() - started < 1
    assert workers() == set()
    reader.join(20)
    assert len(failures) == 1
    with pytest.raises(ParseError, match="pool is closed"):
        bounded(pool, MALFORMED)


def test_closing_twice_is_closing_once(pool: ParserPool):
    bounded(pool, MALFORMED)
    pool.close()
    pool.close()
    assert workers() == set()


def test_an_interpreter_that_cannot_be_started_is_an_error_of_the_document(pool: ParserPool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ParseError, match="no parsing worker could be started"):
        bounded(pool, MALFORMED)


def test_a_worker_that_never_greets_is_an_error_of_the_document(pool: ParserPool, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/true")
    with pytest.raises(ParseError, match="the parsing worker failed: it closed its connection"):
        bounded(pool, MALFORMED)
    assert workers() == set()


def a_job(body: bytes) -> parser_pool.Job:
    return parser_pool.Job(
        body=body, content_type=None, final_url=URL, feed_timezone="Asia/Baku", now=NOW, known_ranges=frozenset()
    )


def test_a_worker_answers_with_a_document_or_with_the_reason_why_not():
    assert parser_pool._answer(a_job(MALFORMED), retiring=False).result == reading(MALFORMED)
    reason = parser_pool._answer(a_job(b"<html>"), retiring=False).result
    assert isinstance(reason, str)
    assert reason.startswith("not_a_feed: ")


def test_a_worker_whose_memory_is_full_says_so_and_retires(monkeypatch):
    def greedy(*_: object, **__: object) -> Document:
        raise MemoryError

    monkeypatch.setattr(parser_pool, "parse", greedy)
    answer = parser_pool._answer(a_job(MALFORMED), retiring=False)
    assert answer == parser_pool._Answer(result="unreadable: the document takes too much memory to read", retiring=True)


def test_a_worker_retires_when_it_has_grown(monkeypatch):
    monkeypatch.setattr(parser_pool, "peak_memory", lambda: parser_pool._MEMORY_SOFT + 1)
    assert parser_pool._answer(a_job(MALFORMED), retiring=False).retiring
    monkeypatch.setattr(parser_pool, "peak_memory", lambda: parser_pool._MEMORY_SOFT)
    assert not parser_pool._answer(a_job(MALFORMED), retiring=False).retiring


def test_a_worker_does_not_inherit_the_memory_of_its_parent(pool: ParserPool):
    ballast = bytearray(parser_pool._MEMORY_SOFT)
    ballast[::4_096] = b"x" * len(ballast[::4_096])
    bounded(pool, MALFORMED)
    assert len(workers()) == 1
    assert len(ballast) == parser_pool._MEMORY_SOFT


def test_the_peak_of_memory_is_that_of_this_process():
    info = psutil.Process().memory_info()
    assert info.rss * 0.5 < parser_pool.peak_memory() < 2**40


def test_a_worker_that_does_not_start_in_time_is_an_error_of_its_own(pool: ParserPool, monkeypatch, tmp_path: Path):
    sleeper = tmp_path / "sleeper"
    sleeper.write_text("#!/bin/sh\nexec sleep 30\n")
    sleeper.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(parser_pool, "_START_LIMIT_S", 0.3)
    with pytest.raises(ParseError, match=r"did not start within 0\.3 s"):
        bounded(pool, MALFORMED)


def a_parent(*body: str) -> "subprocess.Popen[str]":
    """A process of its own that reads documents through a pool and says when it is ready."""
    code = "\n".join(
        [
            "import sys, threading, time",
            "from tests.builders_feeds import NOW, URL, rss",
            "from monitor.feeds.parser_pool import ParserPool, parse_bounded",
            "pool = ParserPool()",
            "def read(body):",
            "    return parse_bounded(body, None, pool=pool, final_url=URL, feed_timezone=None, now=NOW)",
            *body,
        ]
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)


IDLE = ("read(rss('<title>a & b</title>').encode())",)
BUSY = (
    "endless = rss('<webMaster>' + 'a' * 200_000 + '</webMaster>').encode()",
    "threading.Thread(target=read, args=(endless,), daemon=True).start()",
    "time.sleep(1)",
)
READY = ("print('ready', flush=True)",)


@pytest.mark.parametrize("state", [IDLE, BUSY], ids=["idle", "busy"])
def test_no_worker_outlives_a_parent_that_is_killed(state: tuple[str, ...]):
    with a_parent(*state, *READY, "time.sleep(60)") as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = psutil.Process(parent.pid).children()
        assert len(children) == 1
        parent.kill()
    _, alive = psutil.wait_procs(children, timeout=20)
    for orphan in alive:
        orphan.kill()
    assert alive == []


TIMED_END = ("begun = time.monotonic()", "pool.close()", "print(time.monotonic() - begun, flush=True)")


@pytest.mark.parametrize("state", [IDLE, BUSY], ids=["idle", "busy"])
def test_a_parent_that_ends_takes_its_workers_with_it_within_a_second(state: tuple[str, ...]):
    with a_parent(*state, *READY, *TIMED_END) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        assert float(parent.stdout.readline()) < 1
    assert parent.returncode == 0


def test_a_parent_that_forgets_to_close_ends_all_the_same():
    with a_parent(*IDLE, *READY) as parent:
        assert parent.stdout is not None
        assert parent.stdout.read() == "ready\n"
    assert parent.returncode == 0


def test_a_worker_stays_below_its_memory_with_the_largest_document():
    measure = (
        "item = '<title>Word {0}</title><link>/n/{0}</link><description>' + 'lorem ipsum ' * 140 + '</description>'",
        "body = rss(*(item.format(n) for n in range(5_900))).encode()",
        "document = read(body)",
        "pool.close()",
        "import resource",
        "peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss",
        "print(len(body), len(document.entries), peak if sys.platform == 'darwin' else peak * 1024)",
    )
    with a_parent(*measure) as parent:
        assert parent.stdout is not None
        size, count, peak = map(int, parent.stdout.read().split())
    assert size > 9 * 1_048_576
    assert count == 5_000
    assert peak < 110 * 1_048_576
