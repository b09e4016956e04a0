"""How a person wants the viewer to look, and what the machine it runs on can do."""

import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from textual.theme import BUILTIN_THEMES, Theme

from monitor.viewer.screen.palette import Palette


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How a person wants to look at it."""

    palette: Palette
    zone: ZoneInfo
    day: Callable[[str], datetime]  # the end of the day that somebody typed; raises Error
    newest_first: bool = True
    open_link: Callable[[str], bool] = webbrowser.open
    has_browser: bool = True

    def theme(self) -> Theme:
        """The colours of frames and backgrounds."""
        palette, colors = self.palette, self.palette.theme
        return Theme(
            name=palette.name,
            primary=colors["primary"],
            background=colors["background"],
            surface=colors["surface"],
            panel=colors["panel"],
            foreground=colors["foreground"],
            ansi=palette.is_ansi,
            variables={**(BUILTIN_THEMES["ansi-dark"].variables if palette.is_ansi else {}), **colors},
        )
