"""The ledger in a terminal: was and is side by side, in colour, with the words below.

Rule: text of the world is cleaned and goes in as `Text`.
"""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from monitor.events.facts import Fact
from monitor.viewer.ledger import FactLine, fact_lines


def fact_page(
    facts: Mapping[str, Fact], *, history: bool = False, why: bool = False, heading: str = ""
) -> RenderableType:
    """A block a fact, below a heading if there is one."""
    head: list[RenderableType] = [Text(), Text(heading, style="bold underline")] if heading else []
    return Group(*head, *(part for one in fact_lines(facts, history=history, why=why) for part in _block(one)))


def _block(one: FactLine) -> list[RenderableType]:
    head = Text(one.label, style="bold")
    body = Text()
    if one.sides:
        head.append("  conflict", style="bold red")
        for place, side in enumerate(one.sides):
            body.append(" or " if place else "", style="bold")
            body.append(side, style="red")
    elif one.was:
        body.append(one.was, style="red")
        body.append(" → ", style="bold")
        body.append(one.now, style="green")
    else:
        body.append(one.now, style="green")
    if one.note:
        body.append(f"   {one.note}", style="dim")
    parts: list[RenderableType] = [head, Padding(body, (0, 0, 0, 2))]
    if one.quote:
        parts.append(Padding(Text(f"“{one.quote}”", style="italic dim"), (0, 0, 0, 2)))
    parts += [Padding(Text(line, style="dim"), (0, 0, 0, 4)) for line in one.history]
    return parts
