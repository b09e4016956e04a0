"""`salname alerts retry`, `resolve`, `cancel` and `release`: rows that a running daemon obeys within a second."""

import argparse
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from alerts.visible import counted
from monitor.cli import Exit
from monitor.cli.asking import expect_channel, moment
from monitor.cli.output import Output
from monitor.cli.place import Place
from storage.addresses import shown
from storage.errors import ConfigError

if TYPE_CHECKING:
    from storage.store import WriteTx

MANY = 100_000  # deliveries that one command moves


def move(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    match options.action:
        case "retry":
            return _retry(options, place, out)
        case "resolve":
            return _resolve(options, place, out)
        case "cancel":
            return _cancel(options, place, out)
        case _:
            return _release(options, place, out)


@contextmanager
def writing(place: Place) -> "Iterator[WriteTx]":
    """A transaction on the database that is there; raises StoreError if there is none."""
    from storage.store import Store

    store = Store.open(place.database_url, create=False)
    try:
        with store.writing() as tx:
            yield tx
    finally:
        store.close()


def me() -> str:
    """Who asks, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container without a user database
        return "somebody"


def _retry(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    from storage.model import DeliveryState

    if not (options.id or options.dead or options.channel):
        raise ConfigError("alerts retry: name a delivery, or give --dead or --channel NAME")
    if options.id and (options.dead or options.channel or options.since):
        raise ConfigError("alerts retry: name a delivery, or give --dead, --channel and --since, not both")
    states = [DeliveryState.DEAD] if options.dead else [DeliveryState.DEAD, DeliveryState.IN_DOUBT]
    since = moment(options.since, zone=place.zone, option="--since")
    _expect_channel(options.channel, place)
    now = datetime.now(UTC)
    with writing(place) as tx:
        if options.id:
            ids = [options.id]
        else:
            found = tx.outbox.deliveries(states, channel=options.channel, limit=MANY)
            ids = [one.id for one in found if since is None or (one.done_at or one.next_at) >= since]
        for one in ids:
            tx.outbox.retry(one, now)
    if out.json:
        out.data({"retried": ids})
    else:
        out.say(f"{len(ids)} to be sent again; the daemon or `salname deliver` does it.")
    return Exit.OK


def _expect_channel(name: str | None, place: Place) -> None:
    from storage.reading import opened

    if name is not None:
        with opened(place.database_path) as reader:
            expect_channel(name, place, reader)


def _resolve(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    now = datetime.now(UTC)
    with writing(place) as tx:
        after = tx.outbox.resolve(options.id, me(), now) if options.delivered else tx.outbox.retry(options.id, now)
    if out.json:
        out.data({"id": after.id, "state": after.state.value})
    else:
        out.say(f"{after.id}: {'it arrived' if options.delivered else 'is sent again, marked as a possible repeat'}.")
    return Exit.OK


def _cancel(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    now = datetime.now(UTC)
    with writing(place) as tx:
        after = [tx.outbox.cancel(one, me(), now) for one in dict.fromkeys(options.id)]
    if out.json:
        out.data({"cancelled": [one.id for one in after]})
    else:
        out.say(f"{len(after)} will not be sent.")
    return Exit.OK


def _release(options: argparse.Namespace, place: Place, out: Output) -> Exit:
    if bool(options.feed) == (options.held or bool(options.channel)):
        raise ConfigError("alerts release: give --held, --channel NAME, or --feed F")
    if options.feed:
        return _release_feed(options.feed, place, out)
    _expect_channel(options.channel, place)
    with writing(place) as tx:
        count = tx.outbox.release_held(datetime.now(UTC), channel=options.channel)
    if out.json:
        out.data({"released": count, "channel": options.channel})
    else:
        out.say(f"{counted(count, 'held alert')} told now; the daemon or `salname deliver` does it.")
    return Exit.OK


def _release_feed(name: str, place: Place, out: Output) -> Exit:
    from monitor.app import Monitor
    from monitor.watching import Watching

    with Monitor.open(place.required_config, place.database_url, create=False) as monitor:
        feed, is_held = Watching(monitor).release(name)
    if out.json:
        out.data({"feed": shown(feed.url), "released": is_held})
    elif is_held:
        out.say(f"{feed.name}: what is held of it is told in one message after its next poll, which is due now.")
    else:
        out.say(f"{feed.name}: nothing of it is held.")
    return Exit.OK
