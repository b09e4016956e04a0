"""The letters of a text, each with what it stands for and where: made only as far as somebody asks."""

from collections.abc import Sequence

Places = tuple[tuple[int, int], ...]
Spots = list[tuple[int, Places]]  # where a token begins in the text, and its letters in the token
Token = tuple[str, str, tuple[int, ...], Places, str, str | None]
"""The signs before its first word, its letters with their values and places, the signs behind its last word; and all
letters that it adds before another word, None where that depends on the next one."""


class Coded:
    """The letters of a text; `values`, `starts` and `ends` go with each of them.

    These are made when they are asked for: most texts that may hold a date hold none.
    """

    __slots__ = ("_ends", "_spots", "_starts", "_tokens", "_values", "codes")

    def __init__(self, codes: str, tokens: Sequence[tuple[int, Token]] | None, values: list[int], spots: Spots) -> None:
        """`tokens` with their lengths, where nothing but a space stands between two; else all values and places."""
        self.codes = codes
        self._tokens, self._values, self._spots = tokens, values, spots
        self._starts: list[int] | None = None
        self._ends: list[int] | None = None

    @property
    def values(self) -> list[int]:
        self._spread()
        return self._values

    @property
    def starts(self) -> list[int]:
        self._spread()
        if self._starts is None:
            self._starts = [at + start for at, places in self._spots for start, _ in places]
        return self._starts

    @property
    def ends(self) -> list[int]:
        self._spread()
        if self._ends is None:
            self._ends = [at + end for at, places in self._spots for _, end in places]
        return self._ends

    def _spread(self) -> None:
        """Make values and places of the tokens, once."""
        at = 0
        for length, (_, letters, said, places, _, joined) in self._tokens or ():
            self._values += said
            self._spots.append((at, places))
            if joined is not None and len(joined) > len(letters) and len(self._values) < len(self.codes):
                self._values.append(0)
                self._spots.append((0, ((at + places[-1][1], at + length + 1),)))
            at += length + 1
        self._tokens = None
