"""The words of a mail, in text and in HTML.

Rule: both forms are made of one value, line for line; in HTML every word is escaped, nothing is fetched from afar, and
the host of a link stands beside it in the open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import urlsplit

from alerts.channels import Form
from alerts.channels.words import (
    BASELINE_NOTE,
    backing,
    digest_title,
    label,
    omitted,
    origin,
    provenance,
    read_on,
    shown_sides,
    stamp,
    standing_of,
)
from alerts.message import BASELINE, ChangeNote, DigestNote, DigestSection, Notification, Side, cut, is_self
from alerts.visible import counted

CHANGES, ITEMS = 20, 20
LINES = 50  # of a digest, all sections together
_VALUE, _QUOTE, _LINE = 400, 600, 1_000  # units


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    title: str
    said: str  # outlet and moment
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """What was, or what is: the value, who says so, and in which words."""

    name: str
    value: str
    said: str
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    """A change: its kind and a line, then text, then its two sides."""

    name: str
    line: str
    text: str = ""
    sides: tuple[_Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    sections: tuple[_Section, ...]
    rows: tuple[tuple[str, str], ...]
    sources: tuple[_Source, ...]
    more: str  # what found no room
    commands: tuple[tuple[str, str], ...]
    link: str | None
    footer: str


def text_letter(note: Notification, form: Form) -> str:
    """The text part; in plain form the headline and where to read on."""
    if note.digest:
        return "\n".join(_digest_text(note, note.digest, form)) + "\n"
    letter = _letter(note)
    if form == "plain":
        lines = [*_head(letter.sections[0]), "", *_commands(letter), *_footer(letter)]
    else:
        lines = [line for section in letter.sections for line in _text_section(section)]
        lines += [*_rows(letter), *_text_sources(letter), "", *_commands(letter), *_footer(letter)]
    return "\n".join(lines) + "\n"


def html_letter(note: Notification) -> str:
    """The HTML part: a small page without styles from elsewhere, pictures or scripts."""
    if note.digest:
        return _page(_digest_html(note, note.digest))
    letter = _letter(note)
    parts = [
        *(_html_section(section) for section in letter.sections),
        _html_table((name, escape(value)) for name, value in letter.rows),
        _html_sources(letter),
        _html_table((name, f"<code>{escape(command)}</code>") for name, command in letter.commands),
        f'<p><a href="{escape(letter.link)}">{escape(letter.link)}</a></p>' if letter.link else "",
        _html_footer(letter.footer),
    ]
    return _page(parts)


def _page(parts: Iterable[str]) -> str:
    body = "\n".join(filter(None, parts))
    return f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _letter(note: Notification) -> _Letter:
    left_out = max(0, len(note.changes) - CHANGES) + note.item_count - len(note.items[:ITEMS])
    return _Letter(
        sections=tuple(_section(change, note) for change in note.changes[:CHANGES]),
        rows=() if is_self(note.kind) else tuple(_rows_of(note)),
        sources=tuple(
            _Source(title=cut(item.title, 200), said=cut(provenance(item, note.zone), 200), url=item.url)
            for item in note.items[:ITEMS]
        ),
        more=f"and {left_out:,} more" if left_out else "",
        commands=() if is_self(note.kind) else (("Timeline", read_on(note)), *_hush(note)),
        link=note.link,
        footer=_signed(note),
    )


def _hush(note: Notification) -> Iterator[tuple[str, str]]:
    if note.event:
        yield "Be quiet", f"salname silences add event={note.event.id} --for 7d"


def _signed(note: Notification) -> str:
    return f"salname on {note.host}, delivery {note.id}, {stamp(note.made_at, note.zone)}"


def _rows_of(note: Notification) -> Iterator[tuple[str, str]]:
    event = note.event
    if event:
        yield "Event", f"{cut(event.title, 200)} (revision {event.revision})"
    yield "Rule", f"{cut(note.rule, 100) or 'by kind'} -> importance {note.importance}"
    if note.labels:
        yield "Labels", ", ".join(cut(label, 60) for label in note.labels[:5])
    for remark in note.remarks:
        yield "Note", remark
    if delta := note.changes[0].delta:
        yield "Change", cut(delta, 200)
    if count := backing(note.changes[0]) or (counted(event.source_count, "source") if event else ""):
        yield "Sources", count


def _section(change: ChangeNote, note: Notification) -> _Section:
    is_lead = change is note.changes[0]
    is_event = change.kind.startswith("event.")
    text = change.text or (change.summary if is_lead and is_event and change.kind != "event.created" else "")
    sides = () if is_event or change.kind == BASELINE else shown_sides(change)
    return _Section(
        name=label(change.kind).name,
        line=cut(note.headline if is_lead else change.summary, _LINE),
        text=BASELINE_NOTE if change.kind == BASELINE else cut(text, _LINE),
        sides=tuple(_row(name.lower(), side) for name, side in sides),
    )


def _row(name: str, side: Side) -> _Row:
    return _Row(
        name=name,
        value=cut(side.value, _VALUE),
        said=cut(origin(side), 200),
        quote=cut(side.quote, _QUOTE) if side.quote != side.value else "",
    )


def _head(section: _Section) -> Iterator[str]:
    yield f"{section.name.upper()} - {section.line}"


def _text_section(section: _Section) -> Iterator[str]:
    yield from _head(section)
    yield ""
    if section.text:
        yield section.text
        yield ""
    for row in section.sides:
        yield f"  {row.name}  {row.value}{'   ' + row.said if row.said else ''}"
        if row.quote:
            yield f"       “{row.quote}”"
    if section.sides:
        yield ""


def _rows(letter: _Letter) -> Iterator[str]:
    for name, value in letter.rows:
        yield f"{name:<8} {value}"


def _text_sources(letter: _Letter) -> Iterator[str]:
    for source in letter.sources:
        yield f"  {source.title}{' - ' + source.said if source.said else ''}"
        if source.url:
            yield f"  {source.url}"
    if letter.more:
        yield f"  {letter.more}"


def _commands(letter: _Letter) -> Iterator[str]:
    for name, command in letter.commands:
        yield f"{name:<10} {command}"
    if letter.link:
        yield f"{'':<10} {letter.link}"


def _footer(letter: _Letter) -> Iterator[str]:
    yield "-- "
    yield letter.footer


def _shown(digest: DigestNote) -> Iterator[DigestSection]:
    """The sections with the lines that find room."""
    left = LINES
    for section in digest.sections:
        if lines := section.lines[:left]:
            yield replace(section, name=f"{section.name} ({len(section.lines):,})", lines=lines)
        left -= len(lines)


def _left_out(note: Notification, digest: DigestNote) -> str:
    count = digest.line_count - LINES
    return f"and {omitted(note, count)}" if count > 0 else ""


def _digest_text(note: Notification, digest: DigestNote, form: Form) -> Iterator[str]:
    yield digest_title(note, digest)
    for section in _shown(digest) if form == "rich" else ():
        yield ""
        yield section.name
        for line in section.lines:
            yield f"  {cut(line.text, 300)}{line.tail}"
            if line.url:
                yield f"  {line.url}"
    yield ""
    if form == "rich" and (more := _left_out(note, digest)):
        yield more
    yield from standing_of(digest)
    yield "-- "
    yield _signed(note)


def _digest_html(note: Notification, digest: DigestNote) -> Iterator[str]:
    yield f"<p><b>{escape(digest_title(note, digest))}</b></p>"
    for section in _shown(digest):
        lines = (_linked(cut(line.text, 300), line.url, line.tail) for line in section.lines)
        yield f"<p><b>{escape(section.name)}</b></p>"
        yield "<ul>\n" + "\n".join(f"<li>{line}</li>" for line in lines) + "\n</ul>"
    for line in filter(None, (_left_out(note, digest), *standing_of(digest))):
        yield f"<p>{escape(line)}</p>"
    yield _html_footer(_signed(note))


def _html_footer(footer: str) -> str:
    return f'<p style="color:#666">-- <br>{escape(footer)}</p>'


def _html_section(section: _Section) -> str:
    rows = "".join(map(_html_row, section.sides))
    parts = [
        f"<p><b>{escape(section.name.upper())}</b> - {escape(section.line)}</p>",
        f"<p>{escape(section.text)}</p>" if section.text else "",
        f"<table>{rows}</table>" if rows else "",
    ]
    return "\n".join(filter(None, parts))


def _html_row(row: _Row) -> str:
    quote = f"<br><i>“{escape(row.quote)}”</i>" if row.quote else ""
    return f"<tr><td>{row.name}</td><td><b>{escape(row.value)}</b>{quote}</td><td>{escape(row.said)}</td></tr>"


def _html_table(rows: Iterable[tuple[str, str]]) -> str:
    """Names beside cells of HTML."""
    cells = "".join(f"<tr><td>{escape(name)}</td><td>{cell}</td></tr>" for name, cell in rows)
    return f"<table>{cells}</table>" if cells else ""


def _html_sources(letter: _Letter) -> str:
    lines = [_html_source(source) for source in letter.sources]
    lines += [escape(letter.more)] if letter.more else []
    return "<ul>\n" + "\n".join(f"<li>{line}</li>" for line in lines) + "\n</ul>" if lines else ""


def _html_source(source: _Source) -> str:
    return _linked(source.title, source.url, f" - {source.said}" if source.said else "")


def _linked(title: str, url: str | None, tail: str) -> str:
    """A title that leads somewhere, the host in the open beside it."""
    if not url:
        return escape(title + tail)
    host = urlsplit(url).hostname or ""
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(title)}</a> ({escape(host)}){escape(tail)}'
