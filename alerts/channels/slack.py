"""Slack incoming webhooks: the layouts of a message in Block Kit, and one guarded POST a try.

Rule: a message keeps below Slack's limits by a margin in which the mark of a repeat always finds room; a webhook knows
neither threads nor edits nor an idempotency key, so every try counts.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from alerts.channels import REPEAT_MARK, Body, Form, SendContext, redacted
from alerts.channels.blocks import (
    FIELD,
    LABEL,
    Block,
    bold,
    bullets,
    context,
    escaped,
    fields,
    head,
    link,
    message,
    rich,
    section,
    size,
    weight,
    words,
)
from alerts.channels.post import Endpoint, HttpSettings, encoded
from alerts.channels.words import (
    BASELINE_NOTE,
    context_line,
    digest_title,
    first_line,
    further,
    label,
    omitted,
    origin,
    provenance,
    shown_sides,
)
from alerts.message import BASELINE, ChangeNote, DigestLine, DigestNote, ItemNote, Notification, Side, cut, is_self
from alerts.retry import Outcome, classify_slack
from alerts.transport import retry_after
from storage.model import JsonValue

BLOCKS, SOURCES = 45, 5  # Slack takes 50 blocks
MESSAGE = 10_000  # of all blocks; Slack fails near 13,200 (undocumented; slackapi/bolt-js#2509)
TOP = 1_000  # of `text`; Slack may split it near 4,000
MARK = 80  # kept free for the mark of a repeat
LINES = 20  # of a digest

_NEWS = frozenset({"event.created", "event.updated"})
_SIDE = 900  # of a field: the second fact of a message must find room, too


class SlackChannel:
    """One incoming webhook."""

    kind = "slack"

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._endpoint = Endpoint(settings)

    @property
    def destination(self) -> str:
        return self._endpoint.destination

    def render(self, note: Notification, form: Form) -> Body:
        found = payload(note) if form == "rich" else plain_payload(note)
        return Body(content=encoded(found), content_type="application/json")

    def send(self, body: Body, ctx: SendContext) -> Outcome:
        content = encoded(marked(json.loads(body.content), REPEAT_MARK)) if ctx.possible_repeat else body.content
        reply = self._endpoint.post(content, {"Content-Type": body.content_type}, ctx)
        if isinstance(reply, Outcome):
            return reply
        said = reply.body.decode("utf-8", "replace")
        outcome = classify_slack(reply.status, said, retry_after(reply.headers.get("Retry-After"), ctx.now))
        return replace(outcome, reply=redacted(said, self._settings.secrets), phase="reply")

    def close(self) -> None:
        self._endpoint.close()


def payload(note: Notification) -> Block:
    """The message in blocks, the weightiest first; what finds no room is counted in the last line."""
    if note.digest:
        return _digest(note, note.digest)
    room = MESSAGE - MARK - size(context(_last_line(note, omitted_count=999_999)))
    shown: list[Block] = []
    omitted_count = 0
    for group in _groups(note):
        needed = sum(map(size, group))
        if needed <= room and len(shown) + len(group) < BLOCKS:
            shown += group
            room -= needed
        else:
            omitted_count += 1
    text = escaped(cut(first_line(note), TOP - MARK, weight))
    return message(text, *shown, context(_last_line(note, omitted_count)))


def plain_payload(note: Notification) -> Block:
    """The message without blocks, once blocks were refused."""
    if note.digest:
        more = [line.text for part in note.digest.sections for line in part.lines[:LINES]]
    else:
        more = [f"{name}: {_sided(side, ' - ')}" for name, side in shown_sides(note.changes[0])]
        more += [f"{label(change.kind).name}: {change.summary}" for change in note.changes[1:]]
    links = [item.url for item in note.items[:SOURCES] if item.url]
    lines = [cut(first_line(note), 400, weight)]
    room = TOP - MARK - weight(lines[0])
    for line in filter(None, (context_line(note), *more, *links)):
        short = line if line in links else cut(line, 300, weight)  # half a link leads elsewhere
        if weight(short) < room:
            lines.append(short)
            room -= weight(short) + 1
    return message(escaped("\n".join(lines)))


def marked(sent: Mapping[str, JsonValue], mark: str) -> Block:
    """The payload with a note at its very end: in the last context line, without blocks in `text`."""
    match sent:
        case {"blocks": [*before, {"type": "context", "elements": [{"text": str(text)}]}]}:
            return dict(sent) | {"blocks": [*before, context(f"{text} · {mark}")]}
        case _:
            return dict(sent) | {"text": f"{sent['text']} · {mark}"}


def _groups(note: Notification) -> Iterator[tuple[Block, ...]]:
    """Blocks that belong together, in order of weight."""
    lead, *others = note.changes
    if is_self(note.kind):
        yield (rich(section(words(first_line(note)))),)
    else:
        yield (head(f"{label(note.kind).sign} {note.headline}"),)
        yield from _lead(lead)
    for change in others:
        line = rich(section(bold(f"{label(change.kind).name}: "), words(change.summary)))
        yield line, *_sides(change)
    if any(change.kind in _NEWS or change.kind.startswith("item.") for change in note.changes):
        yield from _sources(note)
    if note.link:
        yield (rich(section(link(note.link, "Timeline"))),)


def _lead(change: ChangeNote) -> Iterator[tuple[Block, ...]]:
    """What the headline stands for."""
    match change.kind:
        case "event.created":
            yield (rich(section(words(change.text))),) if change.text else ()
        case "event.updated":
            yield (rich(section(bold("New: "), words(change.summary))),)
        case kind if kind == BASELINE:
            yield (rich(section(words(BASELINE_NOTE))),)
        case _:
            yield tuple(_sides(change))


def _sides(change: ChangeNote) -> Iterator[Block]:
    sides = [f"{name}\n{_sided(side, chr(10))}" for name, side in shown_sides(change)]
    if sides and change.kind not in _NEWS:
        yield fields(*(cut(side, _SIDE, weight) for side in sides))


def _sided(side: Side, between: str) -> str:
    """Value, words and source of one side, each on its line."""
    quote = f"“{cut(side.quote, 400)}”" if side.quote and side.quote != side.value else ""
    return between.join(filter(None, (cut(side.value, 400), quote, origin(side))))


def _sources(note: Notification) -> Iterator[tuple[Block, ...]]:
    lines = [_source(item, note) for item in note.items[:SOURCES]]
    while lines and size(bullets(*lines)) > MESSAGE // 2:
        lines.pop()
    if lines:
        left_out = note.item_count - len(lines)
        more = [section(words(further(note, left_out)))] if left_out else []
        yield (rich(bullets(*lines, *more)),)


def _source(item: ItemNote, note: Notification) -> Block:
    said = cut(provenance(item, note.zone), LABEL)
    tail = [words(f" - {said}")] if said else []
    return section(link(item.url, item.title) if item.url else words(cut(item.title, LABEL)), *tail)


def _last_line(note: Notification, omitted_count: int) -> str:
    line = cut(context_line(note), FIELD - MARK - 100, weight)
    return " · ".join(filter(None, (line, omitted(note, omitted_count) if omitted_count else "")))


def _digest(note: Notification, digest: DigestNote) -> Block:
    """One section a kind, one line an event, fact or article, as many as find room."""
    top = head(f"🗞️ {digest_title(note, digest)}")
    room = MESSAGE - MARK - size(top) - size(context(_last_line(note, omitted_count=999_999)))
    shown: list[Block] = []
    told_count = 0
    for part in digest.sections:
        title = section(bold(f"{part.name} ({len(part.lines):,})"))
        room -= size(title) + size(bullets())
        lines, room = _fitting(part.lines[: LINES - told_count], room)
        shown += [title, bullets(*lines)] if lines else []
        told_count += len(lines)
    last = _last_line(note, digest.line_count - told_count) or "Nothing happened."
    body = (rich(*shown),) if shown else ()
    return message(escaped(cut(first_line(note), TOP - MARK, weight)), top, *body, context(last))


def _fitting(lines: Sequence[DigestLine], room: int) -> tuple[list[Block], int]:
    """The first lines that find room, and the room that is left."""
    found: list[Block] = []
    for line in lines:
        block = _line(line)
        if size(block) > room:
            break
        found.append(block)
        room -= size(block)
    return found, room


def _line(line: DigestLine) -> Block:
    said = link(line.url, line.text) if line.url else words(cut(line.text, LABEL))
    return section(said, *((words(line.tail),) if line.tail else ()))
