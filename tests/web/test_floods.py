"""What floods a reader elsewhere: a large feed that is added, and a feed that gives all its items new names."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from storage.model import Delivery
from tests.builders_line import START, Site, World, an_entry

COUNT = 500
CHANNEL = (
    '[channels.chat]\nkind = "webhook"\nurl = "https://chat.example/x"\nsecrets_env = ["S"]\nmax_per_hour = 20\n'
    '[[routes]]\nname = "all"\nchannels = ["chat"]\n'
)
PLACES = ("Quito", "Hanoi", "Lima", "Oslo", "Tonga", "Accra", "Minsk", "Baku", "Dakar", "Sofia")


def entries(count: int, *, prefix: str = "") -> Sequence[str]:
    """Stories that have nothing in common but the ITU."""
    return [
        an_entry(
            f"{prefix}{n}",
            f"ITU desk{n} meets {PLACES[n % 10]} over subject{n}",
            f"Delegates{n} spoke of matter{n} and plan{n} in {PLACES[n % 10]}, said the ITU.",
            at=START - timedelta(minutes=n),
            link=f"https://outlet.example/{prefix}{n}",
        )
        for n in range(count)
    ]


def deliveries(world: World) -> list[Delivery]:
    with world.monitor.store.reading() as tx:
        return tx.outbox.deliveries(limit=10_000)


def reasons(world: World) -> Counter[str]:
    with world.monitor.store.reading() as tx:
        rows = tx._connection.exec_driver_sql("SELECT decision || ' ' || reason FROM alert").scalars()
        return Counter(str(row).partition("(")[0].strip() for row in rows)


def test_a_feed_of_500_items_that_is_added_is_one_message(site: Site, tmp_path: Path) -> None:
    site.publishes(an_entry("old", "ITU report of the year", "The ITU says so."), name="one")
    site.publishes(*entries(COUNT), name="two")
    with World(site, tmp_path, feeds=("one", "two"), extra=CHANNEL) as world:
        world.polls("one")
        before = len(deliveries(world))
        world.polls("two")
        world.later(hours=24)
        world.monitor.telling.due()
        assert len(world.items()) == COUNT + 1
        assert [one.kind for one in deliveries(world)[: len(deliveries(world)) - before]] == ["system.baseline"]
        assert set(reasons(world)) == {"suppressed backfill", "bundled"}


def test_500_items_with_new_names_are_never_500_messages(site: Site, tmp_path: Path) -> None:
    site.publishes(*entries(COUNT), name="feed")
    with World(site, tmp_path, extra=CHANNEL) as world:
        world.polls()
        before = len(deliveries(world))
        site.publishes(*entries(COUNT, prefix="renamed-"), name="feed")
        for _ in range(4):
            world.polls()
            world.later(hours=1)
            world.monitor.telling.due()
        world.later(hours=24)
        world.monitor.telling.due()
        assert len(world.items()) >= COUNT
        assert len(deliveries(world)) - before <= 2
        assert not [reason for reason in reasons(world) if reason.startswith(("held", "pending"))]


def test_an_article_that_is_edited_a_dozen_times_is_told_now_and_then_and_no_edit_is_lost(
    site: Site, tmp_path: Path
) -> None:
    def edited(count: int) -> str:
        return an_entry("a", f"ITU counts {count} networks in villages", f"There are {count} networks, said the ITU.")

    site.publishes(an_entry("old", "ITU report of the year", "The ITU says so."), name="feed")
    with World(site, tmp_path, extra=CHANNEL) as world:
        world.polls()
        site.publishes(edited(40), name="feed")
        world.polls()
        before = len(deliveries(world))
        for n in range(12):
            site.publishes(edited(41 + n), name="feed")
            world.later(minutes=4)
            world.polls()
            world.monitor.telling.due()
        assert len(world.changes("item.revised")) == 12
        assert 1 <= len(deliveries(world)) - before <= 6  # in 48 minutes, ten between two of an event
        world.later(hours=1)
        world.monitor.telling.due()
        assert not [reason for reason in reasons(world) if reason.startswith("pending")]


def test_a_feed_whose_clock_jumps_tells_nothing_anew(site: Site, tmp_path: Path) -> None:
    old = an_entry("old", "ITU report of the year", "The ITU says so.")

    def dated(shift: timedelta) -> list[str]:
        """Eight stories that have nothing in common."""
        return [
            an_entry(
                f"{n}", f"ITU desk{n} in {PLACES[n]}", f"Delegates{n} of matter{n}, said the ITU.", at=START + shift
            )
            for n in range(8)
        ]

    site.publishes(old, name="feed")
    with World(site, tmp_path, extra=CHANNEL) as world:
        world.polls()
        site.publishes(old, *dated(timedelta(0)), name="feed")
        world.polls()
        world.later(hours=24)
        world.monitor.telling.due()
        before = len(deliveries(world))
        assert before > 1
        for days in (1, -400, 0):
            site.publishes(old, *dated(timedelta(days=days)), name="feed")
            world.polls()
            world.later(hours=24)
            world.monitor.telling.due()
        assert len(deliveries(world)) == before
        assert len(world.items()) == 9
