"""What a person may do to the timeline from the viewer, each deed with its way back.

Rule: the viewer writes nothing itself. A deed is done at once and answers with what undoes it, so that nobody has to be
asked first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias

from storage.errors import Error

Back: TypeAlias = Callable[[], None]


class Deeds(Protocol):
    """Each raises storage.errors.Error when it cannot be done; each may be called from another thread."""

    def mark(self, changes: Sequence[str], *, is_read: bool) -> Back:
        """Changes are read, or to be read again."""
        ...

    def mark_all(self) -> Back:
        """Everything that there is now is read."""
        ...

    def silence(self, event: str, title: str) -> Back:
        """No alert about an event any more."""
        ...

    def merge(self, first: str, second: str) -> Back:
        """Two events are one."""
        ...

    def pin(self, item: str, event: str) -> Back:
        """An item belongs to an event, whatever the program thinks."""
        ...

    def make_ready(self) -> None:
        """A merge or a pin comes next: what takes long to load may be loaded now."""
        ...


class Desk:
    """Does deeds one after the other beside the viewer, and remembers how to take them back."""

    def __init__(self, *, tell: "Tell", done: Callable[[], None]) -> None:
        self._tell, self._when_done = tell, done
        self._jobs: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._is_busy = False
        self._deeds: list[_Deed] = []  # done or being done, the last one last

    def do(self, what: str, deed: Callable[[], Back | None]) -> None:
        """Do it soon; `what` is told, and again when it is done. Without words it is neither told nor undone."""
        job = _Deed(what, deed)
        if what:
            self._deeds.append(job)
            self._tell(f"{what} …", is_warning=False)
        self._jobs.put_nowait(partial(self._do, job))

    def undo(self) -> bool:
        """Take the last deed back as soon as it is done; False when there is none."""
        if not self._deeds:
            return False
        self._jobs.put_nowait(partial(self._take_back, self._deeds.pop()))
        return True

    async def work(self) -> None:
        """Do what comes, for ever."""
        while True:
            job = await self._jobs.get()
            self._is_busy = True
            try:
                await job()
            except Error as error:
                self._tell(str(error), is_warning=True)
            finally:
                self._jobs.task_done()
                self._is_busy = False
            self._when_done()

    async def _do(self, job: "_Deed") -> None:
        try:
            job.back = await asyncio.to_thread(job.deed)
        finally:
            if job.back is None and job in self._deeds:
                self._deeds.remove(job)
        if job.what:
            self._tell(f"{job.what}{'  ·  u undoes it' if job.back else ''}", is_warning=False)

    async def _take_back(self, job: "_Deed") -> None:
        if job.back is not None:  # else it failed
            await asyncio.to_thread(job.back)
            self._tell(f"Undone: {job.what}", is_warning=False)

    @property
    def is_idle(self) -> bool:
        """Whether everything that was to be done is done."""
        return self._jobs.empty() and not self._is_busy

    async def settled(self) -> None:
        """Everything that was to be done is done."""
        await self._jobs.join()


class Hand:
    """What a person is doing to events: some deeds take two steps, first one thing and then another."""

    def __init__(self, deeds: Deeds, desk: Desk, tell: "Tell") -> None:
        self._deeds, self._desk, self._tell = deeds, desk, tell
        self._picked: tuple[str, str] | None = None  # what for, and which id

    @property
    def is_full(self) -> bool:
        """Whether a first thing was picked, and the second is waited for."""
        return self._picked is not None

    def drop(self) -> bool:
        """Give up what was picked; False when nothing was."""
        if self._picked is None:
            return False
        self._picked = None
        self._tell("Nothing was done.", is_warning=False)
        return True

    def silence(self, event: str, title: str) -> None:
        self._desk.do(f"Silenced “{title}”", partial(self._deeds.silence, event, title))

    def merge(self, event: str, title: str) -> None:
        """The first event, or the one that it is merged with."""
        first = self._taken("merge")
        if first is None:
            self._picked = ("merge", event)
            self._desk.do("", self._deeds.make_ready)
            self._tell(f"Merge “{title}” with … go to another event and press m; Esc gives up", is_warning=False)
        elif first == event:
            self._tell("That is the same event: nothing was done.", is_warning=False)
        else:
            self._desk.do(f"Merged with “{title}”", partial(self._deeds.merge, first, event))

    def pin(self, item: str | None, event: tuple[str, str] | None) -> None:
        """The item, or the event that it belongs to."""
        first = self._taken("pin")
        if first is None and item is not None:
            self._picked = ("pin", item)
            self._desk.do("", self._deeds.make_ready)
            self._tell(f"Pin item {item} to … go to its event and press p; Esc gives up", is_warning=False)
        elif first is not None and event is not None:
            self._desk.do(f"Pinned item {first} to “{event[1]}”", partial(self._deeds.pin, first, event[0]))
        else:
            self._tell("There is nothing to pin here.", is_warning=False)

    def _taken(self, what: str) -> str | None:
        picked, self._picked = self._picked, None
        return picked[1] if picked is not None and picked[0] == what else None


class Tell(Protocol):
    """Shows one line to the person."""

    def __call__(self, said: str, *, is_warning: bool) -> None: ...


@dataclass(slots=True, eq=False)
class _Deed:
    what: str
    deed: Callable[[], Back | None]
    back: Back | None = None
