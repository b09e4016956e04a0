"""What a person's correction came to, told by every command that makes one."""

from typing import TYPE_CHECKING

from monitor.cli import Exit
from monitor.cli.output import Output
from storage.reading import Record

if TYPE_CHECKING:
    from storage.model import Ruling


def tell(ruling: "Ruling", summary: str, out: Output, *, command: str, details: Record | None = None) -> Exit:
    """Say what was done and how `command` takes it back; `details` stand in the document as well."""
    undone = ruling.undone_at is not None
    if out.json:
        kind = ruling.kind.value
        out.data({"ruling": str(ruling.id), "kind": kind, "undone": undone, "summary": summary, **(details or {})})
        return Exit.OK
    out.say(f"{out.clean(summary)}.")
    if not undone:
        out.remark(f"To take it back: salname {command} undo {ruling.id}")
    return Exit.OK
