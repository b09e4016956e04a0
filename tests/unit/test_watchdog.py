import socket
import threading
import time

from alerts.transport.watchdog import Watchdog


def closed_after(sock: socket.socket, seconds: float) -> float:
    """How long it took until the connection was shut, at most `seconds`."""
    started_at = time.monotonic()
    sock.settimeout(seconds)
    assert sock.recv(1) == b""
    return time.monotonic() - started_at


def test_a_late_connection_is_shut_at_its_deadline_and_not_before():
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog().deadline(0.3) as deadline:
        deadline.watch(ours)
        assert not deadline.is_over
        assert 0.2 < closed_after(ours, 5) < 1.5
        assert deadline.is_over


def test_a_shorter_deadline_overtakes_a_longer_one():
    dog = Watchdog()
    ours, theirs = socket.socketpair()
    with ours, theirs, dog.deadline(30) as longer, dog.deadline(0.2) as shorter:
        shorter.watch(ours)
        assert closed_after(ours, 5) < 1.5
        assert not longer.is_over


def test_a_connection_shown_after_the_deadline_is_shut_at_once():
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog().deadline(0) as deadline:
        deadline.fire()
        deadline.watch(ours)
        assert closed_after(ours, 5) < 0.5


def test_a_connection_is_left_alone_once_its_exchange_has_ended():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Watchdog().deadline(0.1) as deadline:
            deadline.watch(ours)
        deadline.fire()
        time.sleep(0.2)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_ended_deadlines_do_not_pile_up():
    dog = Watchdog()
    for _ in range(1_000):
        with dog.deadline(60):
            pass
    with dog.deadline(60) as last:
        assert len(dog._heap) < 200
        assert not last.is_over


def test_deadlines_of_many_threads_all_fire():
    dog = Watchdog()
    pairs = [socket.socketpair() for _ in range(40)]

    def wait(index: int) -> None:
        with dog.deadline(0.05 * (index % 7)) as deadline:
            deadline.watch(pairs[index][0])
            closed_after(pairs[index][0], 10)

    threads = [threading.Thread(target=wait, args=(index,)) for index in range(len(pairs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    for ours, theirs in pairs:
        ours.close()
        theirs.close()
