"""A text in which each sign stands where it stood, as `monitor.words.letters` would leave it alone."""

from monitor.words import letters


class _Level(dict[int, str]):
    """Each character as `letters` leaves it, one for one, so that places stay what they are."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = letters(char)
        self[code] = level = " " if char.isspace() and char != "\n" else folded if len(folded) == 1 else char
        return level


LEVEL = _Level()
