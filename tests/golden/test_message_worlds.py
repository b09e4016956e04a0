"""The four layouts in every channel, with whatever the world may put into them, byte for byte.

A missing file under messages/worlds/ is written and the test fails once: look at it before it is accepted.
"""

import pytest

from tests.builders_golden import CHANNELS, accepted, as_read
from tests.builders_messages import hostile_digest, hostile_note

KINDS = ("event.created", "event.updated", "fact.changed", "digest")
LAYOUTS = ("slack.json", "webhook.json", "eml")
HOSTILE = "<!channel> *b* <https://evil.example|bank> </p><script>x</script>\r\nBcc: a@b \x1b[31m\u202e\ud800"
WORLDS: dict[str, tuple[str, int]] = {  # what is said wherever the world has a say, and how many items say it
    "hostile": (HOSTILE, 2),
    "empty": ("", 2),
    "endless": ("Words & more words. " * 50_000, 2),
    "right_to_left": ("وقّع الاتحاد الدولي للاتصالات اتفاقًا في باكو، כנס", 2),
    "azerbaijani": ("İKT nazirliyi Bakıda çıxış etdi: rəqəmsal inkişaf, ğ ı ö ş ü Ə", 2),
    "emoji": ("🧑\u200d🚀 WTDC 🇦🇿 closes 👨\u200d👩\u200d👧\u200d👦", 2),
    "sixty_sources": ("ITU meets in Baku", 60),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", LAYOUTS)
def test_a_layout_holds_whatever_the_world_says(suffix: str, kind: str, world: str) -> None:
    text, count = WORLDS[world]
    note = hostile_digest(text, count) if kind == "digest" else hostile_note(text, kind=kind, count=count)
    shown = as_read(suffix, CHANNELS[suffix].render(note, "rich").content)
    assert shown == accepted(f"worlds/{kind}.{world}.{suffix}", shown)
