"""The viewer for ears: numbered lines and typed words, nothing drawn, nothing that moves.

Rule: everything that the panes can do is done here by a word, and each answer is a few plain lines that a screen reader
reads from top to bottom.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from alerts.visible import clean
from monitor.viewer import plain
from monitor.viewer.knowing import MOST_MARKED, diffs, event_as_known, link_of, searched
from monitor.viewer.phrases import local
from monitor.viewer.screen.deeds import Back, Deeds
from monitor.viewer.screen.palette import word
from storage.errors import ConfigError, Error
from storage.reading import Reader, Record
from storage.reading.paging import MOST_UNREAD, Lens, Place

LINES = 10  # of a page

HELP = """\
A number opens the event of that line. Enter or n: the next ten; b: the ten before; g: the first; G: the last.
topics: what there is; topic ID: only that; topic: everything. / WORDS: search; /: everything again.
t: newest or oldest first; a DAY: as known on a day; a: as known now.
With the number of a line: d: what changed, word by word; f: facts and promises; w: why; o: the address;
r: read or unread; s: silence its event; m NUMBER NUMBER: merge two events; p NUMBER NUMBER: pin the item of the first
to the event of the second; A: all that is looked at is read; u: undo. ?: this; q: quit."""


class Spoken:
    """A conversation about one timeline."""

    def __init__(
        self,
        reader: Reader,
        deeds: Deeds,
        *,
        topics: Mapping[str, str],
        zone: ZoneInfo,
        day: Callable[[str], datetime],
        say: Callable[[str], None],
        newest_first: bool = True,
    ) -> None:
        self._reader, self._deeds, self._topics, self._zone, self._day = reader, deeds, topics, zone, day
        self._say = say
        self._newest_first = newest_first
        self._lens = Lens()
        self._rows: list[Record] = []
        self._done: list[tuple[str, Back]] = []

    def talk(self, heard: Iterable[str]) -> None:
        """Answer each line that is typed, until q or the end."""
        count = self._reader.pages.unread_count(self._lens)
        unread = f"{MOST_UNREAD - 1} or more" if count >= MOST_UNREAD else str(count)
        self._say(f"Salname. {unread} unread. ? tells what can be typed.")
        self._page(older=self._newest_first, after=None)
        for line in heard:
            if line.strip() in {"q", "quit"}:
                return
            try:
                self._answer(line.strip())
            except Error as error:
                self._say(str(error))

    def _answer(self, line: str) -> None:  # noqa: C901, PLR0912  a table of words
        if line.startswith("/"):
            self._search(line[1:].strip())
            return
        said, _, rest = line.partition(" ")
        rest = rest.strip()
        match said:
            case "" | "n":
                self._page(older=self._newest_first, after=self._rows[-1]["place"] if self._rows else None)
            case "b":
                self._page(older=not self._newest_first, after=self._rows[0]["place"] if self._rows else None)
            case "g":
                self._page(older=self._newest_first, after=None)
            case "G":
                self._page(older=not self._newest_first, after=None)
            case "t":
                self._newest_first = not self._newest_first
                self._say("Newest first." if self._newest_first else "Oldest first.")
                self._page(older=self._newest_first, after=None)
            case "topics":
                self._tell_topics()
            case "topic":
                self._look(replace(self._lens, topic=self._topic(rest)))
            case "a":
                self._look(replace(self._lens, until=self._day(rest) if rest else None))
            case "A":
                self._read_all()
            case "u":
                self._undo()
            case "?":
                self._say(HELP)
            case _ if said.isdigit():
                self._open(self._row(said))
            case _:
                self._act(said, rest.split())

    def _act(self, said: str, numbers: list[str]) -> None:
        """A word about lines by their numbers."""
        rows = [self._row(number) for number in numbers]
        match said, rows:
            case "d" | "w", [row]:
                self._tell_item(row, why=said == "w")
            case "f", [row]:
                event = self._known(row)
                if event is None or not (event["facts"] or event["promises"]):
                    self._say("No figure, date or status is told of this event.")
                else:
                    self._tell_facts(event)
            case "o", [row]:
                self._say(clean(link_of(row) or "There is no address."))
            case "r", [row]:
                is_read = not row["is_read"]
                back = self._deeds.mark([row["id"]], is_read=is_read)
                row["is_read"] = is_read
                self._do("Read." if is_read else "Unread.", back)
            case "s", [row]:
                self._do("Silenced.", self._deeds.silence(self._event(row), clean(row["event_title"] or "")))
            case "m", [first, second]:
                self._do("Merged.", self._deeds.merge(self._event(first), self._event(second)))
            case "p", [first, second] if first["item"]:
                self._do("Pinned.", self._deeds.pin(first["item"], self._event(second)))
            case _:
                self._say("That is not understood. ? tells what can be typed.")

    def _read_all(self) -> None:
        """Everything, or what is looked at alone."""
        if self._lens == Lens():
            self._do("Everything is read.", self._deeds.mark_all())
        else:
            ids = self._reader.pages.unread_ids(self._lens, limit=MOST_MARKED)
            self._do("All of these are read.", self._deeds.mark(ids, is_read=True))
        for change in self._rows:
            change["is_read"] = True

    def _page(self, *, older: bool, after: Place | None) -> None:
        rows = self._reader.pages.page(self._lens, older=older, after=after, limit=LINES)
        if not rows:
            nothing = "Nothing is found." if self._lens.events is not None else "Nothing has happened here yet."
            self._say("There is nothing more." if after else nothing)
            return
        self._rows = rows if older is self._newest_first else rows[::-1]
        self._tell_rows()

    def _tell_rows(self) -> None:
        day = ""
        for number, change in enumerate(self._rows, 1):
            at = local(change["at"], self._zone)
            if f"{at:%A, %-d %B %Y}" != day:
                day = f"{at:%A, %-d %B %Y}"
                self._say(f"{day}.")
            said = clean(change.get("summary") or change.get("event_title") or "").removeprefix("New: ")
            unread = "" if change["is_read"] else "unread, "
            self._say(f"{number}. {at:%H:%M}, {unread}{word(change['kind'])}: {said}")

    def _look(self, lens: Lens) -> None:
        self._lens = lens
        self._page(older=self._newest_first, after=None)

    def _search(self, words: str) -> None:
        events = searched(self._reader, words, self._day).events if words else None
        self._look(replace(self._lens, events=events))

    def _open(self, change: Record) -> None:
        event = self._known(change)
        if event is None:
            self._say(clean(change.get("summary") or ""))
            return
        for line in plain.event_page(event, zone=self._zone, why=False):
            self._say(line)
        self._tell_facts(event)
        if not change["is_read"]:
            self._deeds.mark([change["id"]], is_read=True)
            change["is_read"] = True

    def _known(self, change: Record) -> Record | None:
        if not change["event"]:
            return None
        return event_as_known(self._reader, change["event"], self._lens.until, zone=self._zone)

    def _tell_facts(self, event: Record) -> None:
        from monitor.viewer.ledger import plain_lines, plain_promises

        for heading, lines in (("Facts", plain_lines(event["facts"])), ("Promises", plain_promises(event["promises"]))):
            told = list(lines)
            for line in ["", heading, *told] if told else ():
                self._say(line)

    def _tell_item(self, change: Record, *, why: bool) -> None:
        item = self._reader.items.one(int(change["item"])) if change["item"] else None
        if item is None:
            self._say("No item stands there.")
            return
        for line in plain.item_page(item, zone=self._zone, diff=None if why else diffs(item["versions"]), why=why):
            self._say(line)

    def _tell_topics(self) -> None:
        for topic, name in self._topics.items():
            count = self._reader.pages.unread_count(Lens(topic=topic))
            self._say(f"{topic}: {name}, {count} unread")

    def _topic(self, name: str) -> str | None:
        if name and self._topics and name not in self._topics:
            raise ConfigError(f'there is no topic "{name}"; type topics')
        return name or None

    def _row(self, number: str) -> Record:
        if not number.isdigit() or not 1 <= int(number) <= len(self._rows):
            raise ConfigError(f"there is no line {number}; ? tells what can be typed")
        return self._rows[int(number) - 1]

    def _event(self, change: Record) -> str:
        if not change["event"]:
            raise ConfigError("no event stands there")
        return str(change["event"])

    def _do(self, said: str, back: Back) -> None:
        self._done.append((said, back))
        self._say(f"{said} u undoes it.")

    def _undo(self) -> None:
        if not self._done:
            self._say("There is nothing to undo.")
            return
        said, back = self._done.pop()
        back()
        for change in self._rows:
            change["is_read"] = self._reader.pages.is_read(change["id"])
        self._say(f"Undone: {said}")
