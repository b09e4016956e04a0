"""What the daemon writes on stderr: an error that lasts does not bury the rest of the log."""

import io
import logging
from collections.abc import Sequence

import pytest

from monitor.cli.run import EVERY_S, handler_of


class Log:
    """Lines as the daemon writes them, at times that a test gives."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = handler_of(self.stream)

    def says(self, text: str, at: float, level: int = logging.ERROR, **extra: object) -> None:
        record = logging.makeLogRecord({"msg": text, "levelno": level, "levelname": "ERROR", "created": at, **extra})
        self.handler.handle(record)

    @property
    def lines(self) -> Sequence[str]:
        """Without their times."""
        return [line.partition(" ")[2] for line in self.stream.getvalue().splitlines()]


@pytest.fixture
def log() -> Log:
    return Log()


def test_an_error_that_lasts_is_told_at_once_and_then_each_ten_seconds_with_how_often(log: Log) -> None:
    for tenth in range(600):  # a minute
        log.says("the disk is full", tenth / 10)
        log.says("polls could not be stored", tenth / 10)
    assert log.lines[:2] == ['error "the disk is full"', 'error "polls could not be stored"']
    assert log.lines[2:4] == ['error "the disk is full" times=100', 'error "polls could not be stored" times=100']
    assert len(log.lines) == 2 * 60 / EVERY_S


def test_different_errors_and_those_of_different_feeds_are_all_told(log: Log) -> None:
    for name in ("one", "two"):
        log.says("storing a poll failed", 0.0, feed=name)
    log.says("another", 0.0)
    assert log.lines == [
        'error "storing a poll failed" feed=one', 'error "storing a poll failed" feed=two', 'error "another"',
    ]  # fmt: skip


def test_an_error_that_comes_back_after_a_while_is_told_as_a_new_one(log: Log) -> None:
    for at in (0.0, 1.0, 300.0):
        log.says("locked", at)
    assert log.lines == ['error "locked"', 'error "locked"']


def test_what_is_no_error_is_told_each_time(log: Log) -> None:
    for _ in range(3):
        log.says("polled", 0.0, logging.WARNING)
    assert len(log.lines) == 3


def test_a_clock_that_is_put_back_silences_no_error(log: Log) -> None:
    log.says("locked", 5000.0)
    log.says("locked", 1000.0)
    log.says("locked", 1001.0)
    assert len(log.lines) == 2
