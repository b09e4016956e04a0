"""How fast one channel delivers, how soon after its commit a message is accepted, and whether memory stays flat.

        python -m tests.bench.delivering [--count 2000] [--seconds 20] [--soak 100000]

A signed webhook on loopback whose receiver runs in a process of its own and writes down when it had each message.
Wanted: 100 deliveries a second, 99 of 100 accepted within 50 ms of their commit at 20 changes a second, and no growth
of memory. CPU time of this process stands beside: on a busy machine wall time measures the neighbours.
"""

import argparse
import asyncio
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alerts.channels import Secret
from alerts.channels.post import HttpSettings
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.deliver import Deliverer, Outlet
from alerts.deliver.deliverer import utc_now
from storage.model import DeliveryState
from storage.store import Store
from tests.bench.measuring import spent
from tests.builders_outbox import tell_in
from tests.builders_sender import describe

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
_BATCH = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.delivering")
    parser.add_argument("--count", type=int, default=2_000, help="deliveries of the first measurement")
    parser.add_argument("--seconds", type=int, default=20, help="of the second, at 20 changes a second")
    parser.add_argument("--soak", type=int, default=0, help="deliveries of the third; 0: leave it out")
    parser.add_argument("--receiver", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.receiver:
        asyncio.run(_receive())
        return 0
    with tempfile.TemporaryDirectory() as folder:
        print(_throughput(Path(folder), asked.count), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(_latency(Path(folder), asked.seconds), flush=True)
    if asked.soak:
        with tempfile.TemporaryDirectory() as folder:
            print(_memory(Path(folder), asked.soak), flush=True)
    return 0


def _throughput(folder: Path, count: int) -> str:
    with _receiver() as port:
        store = Store.open(f"sqlite:///{folder / 'salname.db'}")
        _tell(store, 0, count)
        deliverer = _deliverer(store, port)
        deliverer.begin()
        cost = spent(deliverer.drain_once)
        done = _delivered(store)
        deliverer.end()
        store.close()
    if done != count:
        return f"void: {done} of {count} were delivered"
    rate, cpu = count / cost.wall_s, cost.cpu_s / count * 1_000
    return f"{count} deliveries on one channel: {rate:.0f} a second, {cpu:.2f} ms of CPU each    (wanted: 100)"


def _latency(folder: Path, seconds: int) -> str:
    committed: dict[str, float] = {}
    with _receiver() as port:
        store = Store.open(f"sqlite:///{folder / 'salname.db'}")
        deliverer = _deliverer(store, port)
        deliverer.begin()
        deliverer.start()
        begun = time.perf_counter()
        for n in range(seconds * 20):
            time.sleep(max(0.0, begun + n / 20 - time.perf_counter()))
            with store.writing() as tx:
                [delivery] = tell_in(tx, f"L{n}", 1, at=utc_now())
            committed[delivery.id] = time.time()
            deliverer.wake()
        while _delivered(store) < len(committed):
            time.sleep(0.05)
        deliverer.stop(10.0)
        deliverer.end()
        store.close()
        accepted = _heard(port)
    took = sorted(1_000 * (accepted[id_] - at) for id_, at in committed.items())
    p50, p99 = statistics.median(took), took[int(len(took) * 0.99)]
    return f"commit to accepted at 20 changes a second: p50 {p50:.1f} ms, p99 {p99:.1f} ms    (wanted: p99 50)"


def _memory(folder: Path, count: int) -> str:
    """Resident memory after a tenth of the deliveries, after half of them, and at the end."""
    import psutil

    process, sizes = psutil.Process(), list[int]()
    with _receiver() as port:
        store = Store.open(f"sqlite:///{folder / 'salname.db'}")
        deliverer = _deliverer(store, port)
        deliverer.begin()
        for start in range(0, count, count // 10):
            for part in range(start, start + count // 10, _BATCH):
                _tell(store, part, min(_BATCH, start + count // 10 - part))
                deliverer.drain_once()
            sizes.append(process.memory_info().rss)
            print(f"  {start + count // 10} deliveries, {sizes[-1] / 1_048_576:.1f} MiB", file=sys.stderr, flush=True)
        done = _delivered(store)
        deliverer.end()
        store.close()
    growth = (sizes[-1] - sizes[0]) / 1_048_576
    told = ", ".join(f"{sizes[tenth - 1] / 1_048_576:.1f} after {count * tenth // 10:,}" for tenth in (1, 5, 10))
    return f"{done:,} deliveries: {told} MiB resident, {growth:+.1f} from the first tenth to the last"


def _tell(store: Store, start: int, count: int) -> None:
    now = utc_now()
    for batch in range(start, start + count, _BATCH):
        with store.writing() as tx:
            for n in range(batch, min(batch + _BATCH, start + count)):
                tell_in(tx, f"E{n}", 1, at=now)


def _delivered(store: Store) -> int:
    with store.reading() as tx:
        counts = tx._connection.exec_driver_sql(
            "SELECT count(*) FROM delivery WHERE state = ?", (str(DeliveryState.DELIVERED),)
        )
        return int(counts.scalar_one())


def _deliverer(store: Store, port: int) -> Deliverer:
    host = f"127.0.0.1:{port}"
    http = HttpSettings(url=Secret(f"http://{host}/hook"), allow_private=frozenset({host}), insecure_http=True)
    signing = (Secret("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),)
    channel = WebhookChannel(WebhookSettings(http=http, signing=signing))
    return Deliverer(
        store,
        [Outlet(name="hook", channel=channel, settings_hash="1", rate_per_s=None)],
        describe=describe,
        on_trouble=lambda *trouble: print(*trouble, file=sys.stderr),
        rng=random.Random(1),
    )


@contextmanager
def _receiver() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.delivering", "--receiver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()


def _heard(port: int) -> dict[str, float]:
    import urllib.request

    with urllib.request.urlopen(f"http://127.0.0.1:{port}/heard") as reply:
        found: dict[str, float] = json.load(reply)
    return found


async def _receive() -> None:
    """Accept everything; `GET /heard` tells what came when. Ends with its standard input."""
    heard: dict[str, float] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            headers = dict(line.lower().split(": ", 1) for line in head[1:])
            await reader.readexactly(int(headers.get("content-length", "0")))
            if head[0].startswith("GET"):
                said = json.dumps(heard).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(said), said))
            else:
                heard[headers["webhook-id"]] = time.time()
                writer.write(_OK)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


async def _head(reader: asyncio.StreamReader) -> list[str]:
    try:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
        return []  # the sender has gone, or the measurement is over
    return [line for line in lines if line]


if __name__ == "__main__":
    sys.exit(main())
