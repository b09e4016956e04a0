"""Bytes to text: which character encoding a document is really in.

A BOM wins over the HTTP charset, that over the XML declaration (RFC 7303 3.2, 3.3); but bytes that are valid UTF-8
are UTF-8 whatever is declared, and a declaration that does not fit the bytes is passed over with a note.
"""

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first characters of a document without BOM, "<" and any other of ASCII (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"<\0\0\0[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_HTTP_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE | re.ASCII)
_DECLARED = re.compile(rb"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([\w.:-]+)")
_BEFORE = re.compile(r"[\ufeff\0\s]*(?:<\?xml\s[^>]*\?>\s*)?")
# Families of encodings for documents. Python knows more, and some of those ("unicode_escape") run on the content.
_SOUND = re.compile(
    r"utf[-_]?8|(us[-_]?)?ascii|iso[-_]?8859[-_]\d+|latin[-_]?\d|l\d|windows[-_]\d+|cp\d+|"
    r"koi8[-_][rut]|mac[-_]?\w+|gb\w+|big5\w*|euc[-_]\w+|shift[-_]jis|sjis|iso[-_]2022[-_]\w+|tis[-_]620",
    re.IGNORECASE | re.ASCII,
)
_STATEFUL = re.compile(r"iso[-_]2022", re.IGNORECASE)  # looks like ASCII and is not
UNLAWFUL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in any XML document (1.0, 2.2)
_ASCII = bytes(range(128))
_SAMPLE = 65_536
_HIGH = re.compile(rb"[\x80-\xff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The text without BOM and XML declaration, its lines numbered as before; `note` says what was wrong with it."""

    text: str
    note: str | None = None


def decode(body: bytes, content_type: str | None) -> Decoded:
    """The text of a document with the HTTP `content_type` it came with; never fails, what is no text becomes U+FFFD."""
    wide = _wide(body)
    if wide:
        text, note = body.decode(wide, "replace"), None
    else:
        text, note = _narrow(body, content_type)
    before = _BEFORE.match(text)
    if before and before.end():
        text = "\n" * before[0].count("\n") + text[before.end() :]
    return Decoded(text=text, note=note)


def _wide(body: bytes) -> str | None:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return None if name == "utf-8" else name
    return next((name for start, name in _WIDE if start.match(body)), None)


def _narrow(body: bytes, content_type: str | None) -> tuple[str, str | None]:
    declared = [*_HTTP_CHARSET.findall(content_type or ""), *(m.decode() for m in _DECLARED.findall(body[:512])[:1])]
    stateful = next((name for name in declared if _STATEFUL.match(name)), None)
    try:
        if not stateful:
            return body.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    for name in [*declared, "utf-8"]:
        text = _tolerant(body, name)
        if text is not None:
            return text, None if name in declared else _note(declared, name)
    guess = "windows-1251" if _is_cyrillic(body) else "windows-1252"
    return body.decode(guess, "replace"), _note(declared, guess)


def _tolerant(body: bytes, name: str) -> str | None:
    """The text, where `name` is a known encoding that reads all but a few of the letters beyond ASCII.

    The few: a document cut in the middle of a letter, a description cut by bytes.
    """
    if not _SOUND.fullmatch(name):
        return None
    try:
        text = body.decode(name, "replace")
    except LookupError:
        return None
    beyond_count = len(body.translate(None, _ASCII))
    return text if text.count("\ufffd") <= 1 + beyond_count // 20 else None


def _note(declared: list[str], used: str) -> str:
    return f"declared as {declared[0]}, read as {used}" if declared else f"declares no encoding, read as {used}"


def _is_cyrillic(body: bytes) -> bool:
    """Russian in one byte a letter has whole words beyond ASCII, western languages a letter here and there."""
    first = _HIGH.search(body)
    start = first.start() if first else 0
    runs = [len(run) for run in _HIGH.findall(body, start, start + _SAMPLE)]
    return 2 * sum(run for run in runs if run > 1) > sum(runs)
