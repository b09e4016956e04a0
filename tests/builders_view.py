"""An archive for looking at: events in three languages with every kind of change, at fixed times, under fixed names.

Nothing of it depends on what the linker or the demo make of a text, so that pictures of it stay the same.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from monitor.cli.asking import moment
from monitor.cli.deeds import StoredDeeds
from monitor.cli.place import Place
from monitor.events.searching import marked, searchable
from monitor.viewer.screen.app import ViewApp
from monitor.viewer.screen.looks import Looks
from monitor.viewer.screen.palette import INK, Palette
from monitor.viewer.screen.sight import Sight
from storage.model import (
    Change,
    Event,
    FeedOptions,
    Item,
    JsonValue,
    Link,
    Origin,
    Plan,
    Promise,
    PromiseState,
    RevisionClass,
)
from storage.reading import opened
from storage.store import Store
from tests.builders_claims import a_date, a_figure
from tests.builders_storage import DAY, HOUR, a_content, a_match, a_plan, a_revision, an_item, open_store

FIRST = datetime(2025, 11, 17, 6, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Baku")
HOSTILE = "\x1b[31mDrill\x1b[0m [bold red]loud[/] \u202eesrever \x07[/link] [@click=app.quit]end"
SHOWN = "[31mDrill[0m [bold red]loud[/] esrever [/link] [@click=app.quit]end"
ARABIC = "الاتحاد الدولي للاتصالات يفتتح مؤتمره"
LONG = "Telekommunikasiyalaşdırılmışlarımızdandırlarmıdır" * 3
OUTLETS = ("Caspian Courier", "Xəzər Xəbər", "Волна Каспия", "Baku Signal")
CONFIG = """
timezone = "Asia/Baku"

[[topics]]
id = "itu"
names = { en = "ITU" }
any = ["ITU"]

[[topics]]
id = "cable"
names = { en = "Trans-Caspian cable" }
any = ["cable"]
"""


def an_archive(folder: Path) -> None:
    """Writes `folder`/salname.db and config.toml: six events, fourteen changes on three days."""
    with _Archive(folder) as archive:
        archive.morning()
        archive.second_day()
        archive.third_day()


class _Archive:
    def __init__(self, folder: Path) -> None:
        (folder / "config.toml").write_text(f'{CONFIG}\n[storage]\nurl = "{folder / "salname.db"}"\n', encoding="utf-8")
        self._store = open_store(folder)
        with self._store.writing() as tx:
            for name in OUTLETS:
                url = f"https://{OUTLETS.index(name)}.example/feed.xml"
                tx.feeds.add(url, name, FeedOptions(outlet=name), "config", FIRST)
        self._items = 0
        self._events: dict[str, Event] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._store.close()

    def morning(self) -> None:
        self.tells(
            "CONF0001", "WTDC-25 opens in Baku with a call to connect the remaining third", at=FIRST, topic="itu"
        )
        self.tells("CONF0001", "ÜTİK-25 Bakıda açılıb", at=FIRST, outlet=1, lang="az", topic="itu")
        self.tells("CONF0001", "В Баку открылась ВКРЭ-25", at=FIRST, outlet=2, lang="ru", topic="itu")
        self.tells("CABLE001", "Cable contract to be signed on 10 November", at=FIRST + HOUR, topic="cable")
        self.tells("DRILL001", HOSTILE, at=FIRST + 2 * HOUR, outlet=3, topic="itu")

    def second_day(self) -> None:
        at = FIRST + DAY
        self.tells("CABLE001", "Kabel müqaviləsi noyabrın 24-də imzalanacaq", at=at, outlet=1, lang="az", topic="cable")
        self.edits(4, "Cable contract to be signed on 24 November", at=at + HOUR)
        self.tells("ARAB0001", ARABIC, at=at + HOUR, outlet=3, lang="ar", topic="itu")
        self.tells("WIDE0001", "国際電気通信連合が会議を開く 🛰️", at=at + HOUR, outlet=3, lang="ja", topic="itu")
        self.tells("LONG0001", LONG, at=at + 2 * HOUR, outlet=1, lang="az", topic="itu")

    def third_day(self) -> None:
        at = FIRST + 2 * DAY
        self.tells("CABLE001", "Operators sign 51-million-dollar cable contract", at=at, outlet=3, topic="cable")
        self.withdraws(5, at=at + HOUR)
        self.edits(1, "WTDC-25 opens in Baku with an appeal to reach the unconnected third", at=at + HOUR)
        self.tells("OTHER001", "Old fibre cable in the bay is to be raised", at=at + 2 * HOUR, outlet=3, topic="cable")

    def tells(self, event: str, title: str, *, at: datetime, topic: str, outlet: int = 0, lang: str = "en") -> None:
        """A report comes, and founds its event or joins it."""
        self._items += 1
        item = an_item(self._items, feed_id=outlet + 1, title=title, at=at, event_id=event)._replace(lang=lang)
        known = self._events.get(event)
        made = known or Event(
            id=event, title=title, topics=(topic,), first_at=at, last_at=at, first_seen_at=at, changed_at=at
        )
        made = replace(made, last_at=at, changed_at=at, item_count=made.item_count + (known is not None))
        self._events[event] = made
        kind, how = ("event.updated", "joined") if known else ("event.created", "founded")
        said = f"{title} ({OUTLETS[outlet]})" if known else f"New: {title}"
        plan = replace(
            a_plan(item, feed_id=item.feed_id, at=at),
            topics={item.id: [a_match(topic)]},
            events=[made],
            links=[Link(item_id=item.id, event_id=event, how=how, score=0.5, reasons=(), linked_at=at)],  # type: ignore[arg-type]
            changes=[self._change(kind, item, at, said, topic=topic)],
            search={item.id: marked(searchable(title, "", lang=lang), item, [topic])},
        )
        self._apply(plan)

    def edits(self, number: int, title: str, *, at: datetime) -> None:
        with self._store.reading() as tx:
            item = tx.items.get(number)
        assert item is not None
        said = f"Retitled by {OUTLETS[item.feed_id - 1]}: {item.title} → {title}"
        revision = a_revision(number, a_content(title), n=2, feed_id=item.feed_id, class_=RevisionClass.TITLE, at=at)
        diff = "[-…-]{+" + title + "+}"
        change = self._change("item.revised", item, at, said, topic=_topic(item), diff=diff)
        self._apply(
            replace(
                a_plan(feed_id=item.feed_id, at=at),
                item_updates=[item._replace(title=title, revision_count=2)],
                revisions=[revision],
                changes=[change],
            )
        )

    def withdraws(self, number: int, *, at: datetime) -> None:
        with self._store.reading() as tx:
            item = tx.items.get(number)
        assert item is not None
        said = f"Withdrawn by {OUTLETS[item.feed_id - 1]}: {item.title}"
        change = self._change("item.withdrawn", item, at, said, topic=_topic(item))
        self._apply(
            replace(
                a_plan(feed_id=item.feed_id, at=at),
                item_updates=[item._replace(withdrawn_at=at)],
                changes=[change],
            )
        )

    def _change(self, kind: str, item: Item, at: datetime, said: str, *, topic: str, **more: JsonValue) -> Change:
        outlet = OUTLETS[item.feed_id - 1]
        told: JsonValue = [{"id": item.id, "title": item.title, "url": item.url, "source": outlet, "lang": item.lang}]
        return Change(
            id=f"c_{kind}_{item.id}",
            kind=kind,
            key=str(item.id),
            event_id=item.event_id,
            item_id=item.id,
            payload={"summary": said, "items": told, **more},
            happened_on=date(2025, 11, 17),
            at=at,
            topics=(topic,),
        )

    def _apply(self, plan: Plan) -> None:
        with self._store.writing() as tx:
            tx.apply(plan)


def _topic(item: Item) -> str:
    return "cable" if item.event_id == "CABLE001" else "itu"


def more(folder: Path, *titles: str, at: datetime = FIRST + 5 * DAY) -> None:
    """What a daemon commits meanwhile: new events, each told by one change."""
    with sqlite3.connect(folder / "salname.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM event").fetchone()
        add_many(connection, titles, start=count, at=at)


def add_many(
    connection: sqlite3.Connection, titles: Iterable[str], *, start: int = 0, at: datetime = FIRST, topic: str = "itu"
) -> None:
    """Events of one change each, a minute after one another, written past the program."""
    first = int((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    events, changes, topics = [], [], []
    for number, title in enumerate(titles, start):
        stamp = first + (number - start) * 60_000_000
        events.append((f"E{number:07}", title, stamp, stamp, stamp, stamp, 1, 1))
        summary = f'{{"summary":"New: {title}"}}'
        told = ("event.created", "", "null", "null", summary, "[]", "day", stamp, f'["{topic}"]', "live")
        changes.append((f"m{number}", f"E{number:07}", 1, *told))
        topics.append((topic, stamp, f"m{number}"))
    connection.executemany(
        "INSERT INTO event (id, title, first_at, last_at, first_seen_at, changed_at, revision, item_count) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        events,
    )
    connection.executemany(
        "INSERT INTO change (id, event_id, revision, kind, key, from_json, to_json, payload_json, quotes_json, "
        "happened_precision, at, topics_json, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        changes,
    )
    connection.executemany("INSERT INTO change_topic (topic, at, change_id) VALUES (?, ?, ?)", topics)


def a_large_archive(folder: Path, count: int) -> None:
    """As many events as that, and nothing else."""
    (folder / "config.toml").write_text(f'{CONFIG}\n[storage]\nurl = "{folder / "salname.db"}"\n', encoding="utf-8")
    Store.open(f"sqlite:///{folder / 'salname.db'}").close()
    with sqlite3.connect(folder / "salname.db") as connection:
        add_many(connection, (f"Event number {number} of many" for number in range(count)))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def tells_facts(folder: Path, event: str, item: int) -> None:
    """What a report of an event says of figures and dates: one stands, one was promised and slipped once."""
    at = FIRST + DAY
    told = {"item_id": item, "event_id": event, "subject": "cable"}
    length = a_figure("380", "2025-11-17", "Courier", measure="length", unit="km", seen_at=at, **told)
    dates = [
        a_date(day, said, "Courier", measure="contract.sign", seen_at=at + DAY * number, **told)
        for number, (day, said) in enumerate((("2025-12-20", "2025-11-17"), ("2026-01-31", "2025-11-18")))
    ]
    first, last = (
        Promise(
            id=f"p{number}",
            key=one.key,
            event_id=event,
            claim_id=one.id,
            lo=one.hi if isinstance(one.hi, date) else None,
            hi=date.fromisoformat(one.value),
            precision="day",
            grace_days=3,
            state=PromiseState.OPEN if number else PromiseState.SLIPPED,
            state_since=one.as_of,
            prev_id="p0" if number else None,
            slip_no=number,
            total_days=42 * number,
        )
        for number, one in enumerate(dates)
    )
    store = Store.open(f"sqlite:///{folder / 'salname.db'}")
    with closing(store), store.writing() as tx:
        tx.claims.apply(
            Plan(feed_id=1, at=at, memory=None, claims=[length, *dates], promises={dates[0].key: [first, last]})
        )


@asynccontextmanager
async def looking(
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    palette: Palette = INK,
    opened_links: list[str] | None = None,
    has_browser: bool = True,
) -> AsyncIterator[tuple[ViewApp, Pilot[None]]]:
    """The viewer on an archive, with its first page drawn and everything counted."""
    links = [] if opened_links is None else opened_links

    def open_link(url: str) -> bool:
        links.append(url)
        return True

    place = Place.of(str(folder / "config.toml"))
    looks = Looks(palette=palette, zone=ZONE, day=day_of, open_link=open_link, has_browser=has_browser)
    with opened(place.database_path) as reader, StoredDeeds(place) as deeds:
        app = ViewApp(Sight(place.database_path, reader, place.topics), deeds, looks)
        async with app.run_test(size=size) as pilot:
            await settled(pilot)
            yield app, pilot
            await app.desk.settled()


async def settled(pilot: Pilot[None]) -> None:
    """Whatever was begun is done: deeds are written, things are counted, the screen is drawn."""
    app = pilot.app
    assert isinstance(app, ViewApp)
    await pilot.pause()
    await app.desk.settled()
    while any(one.is_running for one in app.workers if one.group in {"count", "search"}):  # noqa: ASYNC110  Textual has no event for it
        await asyncio.sleep(0.01)
    await pilot.pause()


async def presses(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


def screen_of(app: ViewApp) -> list[str]:
    """The lines of the screen as letters."""
    width, height = app.size
    screen = app.screen
    return ["".join(segment.text for segment in strip)[:width] for strip in screen._compositor.render_strips()][:height]


def titles(app: ViewApp) -> Sequence[str]:
    return [row["event_title"] for row in app.timeline.window.rows]


def day_of(text: str) -> datetime:
    found = moment(text, zone=ZONE, option="as known on", end_of_day=True)
    assert found is not None
    return found


__all__ = ["Origin", "a_large_archive", "add_many", "an_archive", "looking", "more", "presses", "screen_of", "settled"]
