"""The keys: what each does, and what the page of keys, the last line and the README say of it.

Rule: the letters are those of vi and newsboat, so that hands know them.
"""

from collections.abc import Sequence

ACTIONS: Sequence[tuple[str, str]] = (
    ("j,down", "move(1)"),
    ("k,up", "move(-1)"),
    ("g,home", "edge(False)"),
    ("G,end", "edge(True)"),
    ("space,pagedown,ctrl+f", "page(1.0)"),
    ("b,pageup,ctrl+b", "page(-1.0)"),
    ("ctrl+d", "page(0.5)"),
    ("ctrl+u", "page(-0.5)"),
    ("J,ctrl+e", "scroll(1)"),
    ("K,ctrl+y", "scroll(-1)"),
    ("right_square_bracket", "day(1)"),
    ("left_square_bracket", "day(-1)"),
    ("l,right,tab", "pane(1)"),
    ("h,left,shift+tab", "pane(-1)"),
    ("n", "unread(1)"),
    ("N", "unread(-1)"),
    ("enter", "open"),
    ("escape", "return"),
    ("r", "read"),
    ("U", "unread_only"),
    ("A", "read_all"),
    ("t", "turn"),
    ("d", "mode('diff')"),
    ("f", "mode('facts')"),
    ("w", "mode('why')"),
    ("o", "link"),
    ("y", "copy"),
    ("a", "as_of"),
    ("slash", "search"),
    ("s", "silence"),
    ("m", "merge"),
    ("p", "pin"),
    ("u", "undo"),
    ("question_mark", "help"),
    ("q", "leave"),
    ("ctrl+c", "quit"),
    ("ctrl+z", "suspend_process"),
)
HINTS: Sequence[tuple[str, str]] = (
    ("j k", "move"),
    ("n", "unread"),
    ("⏎", "open"),
    ("/", "search"),
    ("d", "diff"),
    ("o", "link"),
    ("?", "keys"),
    ("q", "quit"),
)
PAGE_HINTS: Sequence[tuple[str, str]] = (  # while one reads the event
    ("j k", "move"),
    ("Esc", "back"),
    ("o", "link"),
    ("d", "diff"),
    ("f", "facts"),
    ("w", "why"),
    ("p", "pin"),
    ("?", "keys"),
)
KEYS: Sequence[tuple[str, Sequence[tuple[str, str]]]] = (
    (
        "Moving",
        (
            ("j k  ↓ ↑", "down, up"),
            ("g G", "first, last"),
            ("Space b  ^D ^U", "a screen, half a screen"),
            ("] [", "next day, day before"),
            ("J K", "scroll the event from here"),
            ("h l  Tab", "from pane to pane"),
            ("n N", "next, previous unread"),
            ("Enter Esc", "open the event, go back"),
        ),
    ),
    (
        "Looking",
        (
            ("/", "search as you type"),
            ("d", "what changed, word by word"),
            ("f", "facts and promises"),
            ("w", "why it is what it is"),
            ("t", "newest or oldest first"),
            ("a", "as known on a day"),
            ("o y", "open the link, copy it"),
        ),
    ),
    (
        "Deciding",
        (
            ("r A U", "read or not, all read, only unread"),
            ("s", "silence the event"),
            ("m", "merge: first one, then other"),
            ("p", "pin: item, then its event"),
            ("u", "undo"),
            ("? q ^Z", "this page, quit, to the shell"),
        ),
    ),
)
