"""Words out of feed text: markup off, letters folded, cut into words and sentences.

The one place where text from a feed is folded or lower-cased. `str.lower` and `str.casefold` break Azerbaijani and
Turkish: "İKTA".lower() is "i̇kta" with a U+0307 that `"ikta" in ...` never finds, and "BAKI".casefold() is "baki"
while Bakı keeps its ı. Here all i's become one. Everything is linear in its input, whatever a server sends.
"""

import functools
import hashlib
import html
import re
import unicodedata
from collections.abc import Callable
from itertools import accumulate
from typing import TypeVar

_Made = TypeVar("_Made")

TEXT_LIMIT = 262_144  # characters of an entry that are kept

_READ_AHEAD = 8  # characters of markup read for each one that may be kept
_MARKUP = re.compile("<[A-Za-z/!?]")  # any other < is text
# A tag that ends at the first ">" behind it, whatever is asked for its end. The possessive forms keep it linear.
_PLAIN_TAG = re.compile(r"""<[A-Za-z/][^<>"']*+(?:"[^"<>]*+(?<!=)"[^<>"']*+)*+>""")
_QUOTED_ENDS = 3  # a tag may hold this many ">" in quotes
_VALUE_LENGTH = 2_048  # and so much text behind it
_SCRIPT_END = re.compile(r"</(?:script|style)", re.IGNORECASE | re.ASCII)
_SCRIPT = re.compile(r"<(?:script|style)[\s/>]", re.IGNORECASE | re.ASCII)
_ESCAPED_MARKUP = re.compile(
    r"</[a-z]|<!--|<!\[CDATA\[|<(?:a|br|div|h[1-6]|img|li|p|script|span|strong|style|table|ul)[\s/>]",
    re.IGNORECASE | re.ASCII,
)
_CUT_ENTITY = re.compile(r"&(#[xX]?[0-9a-fA-F]*|[a-z]*)(?:\.{2,3}|…)?\s*\Z")
_ENTITIES = (
    "amp apos bull copy euro gt hellip laquo ldquo lsaquo lsquo lt mdash middot minus nbsp ndash quot raquo rdquo reg "
    "rsaquo rsquo sbquo shy trade"
)
_ENTITY_STARTS = frozenset(name[:n] for name in _ENTITIES.split() for n in range(2, len(name) + 1))
# html.unescape hands the digits to int(), which refuses more than 4,300 of them with a ValueError.
_HUGE_REFERENCE = re.compile(r"&#(?:[0-9]{16,}|[xX][0-9a-fA-F]{16,});?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
# Normalising sorts a run of marks in quadratic time: a run of 1,024 takes a millisecond, one of a million hours.
_SAFE_LENGTH = 1_024
_LONG_RUN = re.compile(r"([^\w\s\x00-\x7f]{30})[^\w\s\x00-\x7f]+")  # UAX 15: 30 marks in a row serve every language

NO_WIDTH = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_DOTTED_I = re.compile("i\u0307+")
_FOLDED = {
    char: to
    for chars, to in (
        ("İIı", "i"),
        ("әӘ", "ə"),  # Cyrillic ones, typed into Latin words
        ("ёЁ", "е"),
        ("«»“”„‟‹›″‶〝〞〟❝❞", '"'),
        ("`‘’‚‛ʹʻʼʽˈ′‵՚Ꞌꞌ❛❜", "'"),
        ("‐‑‒–—―⁃−⸺⸻", "-"),
    )
    for char in chars
}
_TO_FOLD = re.compile(f"[{re.escape(''.join(_FOLDED))}]")
_LETTERS = tuple(zip("əşçğöüâîû", "escgouaiu", strict=True))

_PUNCTUATION = ".,-\"':;()/?!&_"  # the frequent signs; any other costs a second pass
_OTHER_SIGNS = re.compile(r"[\W_]+")
_FEW_SIGNS = 16
has_cyrillic = re.compile("[\u0400-\u052f]").search  # whether any letter is; a word is told by its first
_ASCII = bytes(range(128))
_BLANKS = bytes(code if code >= 128 or chr(code).isalnum() else 0x20 for code in range(256))
# Letters and a digit that NFKC leaves in no folded text: they stand for % - + while it is cut at all other signs.
_PERCENT, _MINUS, _PLUS = "ª", "º", "²"
_IS_MINUS = re.compile(r"-(?=\d)(?<![\w%+-]-)(?<![\d%] -)")
_IS_PLUS = re.compile(r"\+(?=\d)(?<![\w%+-]\+)(?<![\d%] \+)")

_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]]* ")
_SENTENCE_WORDS = 6  # shorter ones are said by everyone and show no copying
_BETWEEN = "\ue000"  # a private character passes folding
_SENTENCE_LIMIT = 500  # about 10,000 words
_LONGEST_ABBREVIATION = 6
_LAST_TEXTS = 8  # of an entry the same title and text are asked for by one reader after another
_REMEMBERED = 16_384  # characters; one letter may fold to eighteen
# Units and sums (km, mln, тыс) are left out: they end sentences, and inside one a small letter follows.
_ABBREVIATED = (
    "adm akad approx apr aug av ave bld capt cf co col corp dec dep dept dos doc dr ed eds est etc feb fig gen gov hon "
    "inc jan jr jul jun küç lt ltd maj mr mrs ms mt nov no nos oct op pl pp pr prof rep rev sen sep sept sgt sr st "
    "univ vol vs акад вв гг гл гос доп др ед зам им кв корп куб напр обл ок пос пр прим проф рис св см стр табл тел ул "
    "экз"
)
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())


def plain_text(markup: str, limit: int = TEXT_LIMIT) -> str:
    """At most `limit` characters of text in NFC on one line, from HTML, escaped HTML or plain text, whole or cut.

    Tags become spaces; comments, scripts and styles go with their content, unclosed ones to the end, as in a browser.
    Entities are resolved at most twice. Controls and marks that turn the direction of writing are taken off.
    """
    text = _without_markup(markup[: limit * _READ_AHEAD])
    if "&" in text:
        text = _unescaped(text)
        if _ESCAPED_MARKUP.search(text):
            text = _without_markup(text)
        if "&" in text:
            text = _unescaped(text)
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(_UNSEEN.sub("", _SURROGATE.sub("\ufffd", text)).split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", _without_long_runs(text))
    return text[:limit].rstrip()


def _briefly_kept(made: Callable[[str], _Made]) -> Callable[[str], _Made]:
    """The function, what it made of the last texts remembered; of long ones nothing is kept."""
    kept = functools.lru_cache(maxsize=_LAST_TEXTS)(made)

    @functools.wraps(made)
    def remembering(text: str) -> _Made:
        return kept(text) if len(text) <= _REMEMBERED else made(text)

    return remembering


@_briefly_kept
def fold(text: str) -> str:
    """The text as it is compared: NFKC, one form of each quote, dash and i, no case, single spaces; idempotent."""
    odd = not text.isprintable()  # true for every white space but " ", every control and every mark without width
    if text.isascii():
        folded = text.casefold().replace("`", "'")
    else:
        folded = NO_WIDTH.sub("", text) if odd else text
        folded = unicodedata.normalize("NFKC", _without_long_runs(folded.replace("´", "'")))
        for char in {*_TO_FOLD.findall(folded)}:  # to look costs less than to try them all
            folded = folded.replace(char, _FOLDED[char])
        folded = folded.casefold()
        if "\u0307" in folded:
            folded = _DOTTED_I.sub("i", folded)
        folded = unicodedata.normalize("NFC", folded)
    if odd or "  " in folded or folded.startswith(" ") or folded.endswith(" "):
        return " ".join(folded.split())
    return folded


def letters(text: str) -> str:
    """Folded further, so that a word matches however its letters were typed: Azərbaycan is azerbaycan."""
    return lettered(fold(text))


def lettered(folded: str) -> str:
    """`letters` of a text that is folded already."""
    if not folded.isascii():
        for char, to in _LETTERS:
            folded = folded.replace(char, to)
    return folded


def words(folded: str) -> str:
    """The words of a folded text with one space between: runs of letters and digits, nothing else.

    A sign before a number and a % behind it stay: "-5 %" is "-5%". A hyphen between words or numbers is no sign.
    """
    return " ".join(_words(folded))


def word_list(folded: str) -> list[str]:
    """The words of `words`, in order."""
    return [*_words(folded)]


def spaced(text: str) -> str:
    """The text with a space for each of its signs: every word stays where it is."""
    data = text.encode(errors="surrogatepass")
    if len(data) > len(text):
        others = data.translate(None, _ASCII).decode(errors="surrogatepass")
        if not others.isalnum():
            signs = [char for char in {*others} if not char.isalnum()]
            if len(signs) > _FEW_SIGNS:  # each costs a pass
                return _OTHER_SIGNS.sub(lambda found: " " * len(found[0]), text)
            data = functools.reduce(lambda left, sign: left.replace(sign, " "), signs, text).encode()
    return data.translate(_BLANKS).decode()  # a table is faster than an expression


def runs(text: str) -> list[str]:
    """Its runs of letters and digits, in order."""
    return spaced(text).split()


def marked_runs(text: str, mark: Callable[[str], int]) -> list[tuple[int, int]]:
    """Where each of `runs` begins that has a mark other than 0, and its mark."""
    every = spaced(text).split(" ")  # of two spaces too, whose word is ""
    ends = accumulate(map(len, every), initial=0)
    return [(at + place, told) for place, (at, told) in enumerate(zip(ends, map(mark, every), strict=False)) if told]


def sentences(text: str) -> list[str]:
    """The sentences of a plain text, in order; joined by one space they are the text."""
    found, begin = [], 0
    for end in _SENTENCE_END.finditer(text):
        stop, after = end.span()
        if text[after : after + 1].islower() or (text[stop] == "." and _is_abbreviating(text, begin, stop)):
            continue
        found.append(text[begin : after - 1])
        begin = after
    return [*found, text[begin:]] if begin < len(text) else found


def sentence_hashes(text: str) -> tuple[tuple[int, int], ...]:
    """(64-bit signed hash, number of words) of each different sentence of six words or more, the first 500."""
    found: dict[int, int] = {}
    between = "\x00" if text.isascii() and "\x00" not in text else _BETWEEN  # text of ASCII alone is folded sooner
    for told in map(_cut, _marked(fold(between.join(sentences(text)))).split(between)):
        if len(told) >= _SENTENCE_WORDS:
            digest = hashlib.blake2b(_signed(" ".join(told)).encode("utf-8", "replace"), digest_size=8).digest()
            found.setdefault(int.from_bytes(digest, "big", signed=True), len(told))
            if len(found) == _SENTENCE_LIMIT:
                break
    return tuple(found.items())


@_briefly_kept
def _words(folded: str) -> tuple[str, ...]:
    marked = _marked(folded)
    found = _cut(marked)
    return tuple(found if marked.isascii() else _signed(" ".join(found)).split(" ")) if found else ()


def _marked(folded: str) -> str:
    """The text with another sign for each that belongs to a number, see `_signed`."""
    text = folded.replace(_PERCENT, "a").replace(_MINUS, "o").replace(_PLUS, "2")
    if "-" in text:
        text = _IS_MINUS.sub(f" {_MINUS}", text)
    if "+" in text:
        text = _IS_PLUS.sub(f" {_PLUS}", text)
    return _percents_kept(text) if "%" in text else text


def _cut(text: str) -> list[str]:
    """Runs of letters and digits."""
    if text.isascii():
        return runs(text)
    for sign in _PUNCTUATION:
        text = text.replace(sign, " ")
    found = text.split()
    # Replacing, splitting and asking isalnum() takes half the time of re.findall(r"[^\W_]+").
    return found if "".join(found).isalnum() else _OTHER_SIGNS.sub(" ", text).split()


def _signed(text: str) -> str:
    return text.replace(_PERCENT, "%").replace(_MINUS, "-").replace(_PLUS, "+")


def _without_markup(text: str) -> str:
    if "<" not in text:
        return text
    plain = _without_plain_tags(text)
    return _scanned(text) if plain is None else plain


def _without_plain_tags(text: str) -> str | None:
    """`_scanned` where the only markup is plain tags and scripts, in a third of its time; None elsewhere."""
    if "='" in text or "<!" in text or "<?" in text:
        return None
    pieces: list[str] = []
    at = 0
    while at < len(text):
        script = _SCRIPT.search(text, at)
        stop = script.start() if script else len(text)
        piece = _PLAIN_TAG.sub(" ", text[at:stop])
        if _MARKUP.search(piece):
            return None
        pieces.append(piece)
        at = len(text)
        if script:
            pieces.append(" ")
            end = _tag_end(text, stop)
            closing = _SCRIPT_END.search(text, end) if end > 0 else None
            if end < 0:
                return None
            at = closing.start() if closing else len(text)
    return "".join(pieces)


def _scanned(text: str) -> str:
    pieces: list[str] = []
    at = 0
    while found := _MARKUP.search(text, at):
        start = found.start()
        pieces += (text[at:start], " ")
        at = _markup_end(text, start)
        if at < 0:
            # No tag ends any more: what follows is text, but for a last tag that was cut off.
            last = text.rfind("<")
            pieces.append(text[start:last] if _MARKUP.match(text, last) else text[start:])
            break
    else:
        pieces.append(text[at:])
    plain = "".join(pieces)
    if "<![CDATA[" in text:
        return plain.replace("]]>", " ") if "]]>" in plain else plain.rstrip("] \t\r\n")
    return plain


def _markup_end(text: str, start: int) -> int:
    """Where text goes on behind the tag, comment, script or opening of literal text at `start`; -1: nowhere."""
    if text.startswith("<![CDATA[", start):
        return start + 9
    if text.startswith("<!--", start):
        end = text.find("-->", start + 2)
        return len(text) if end < 0 else end + 3
    end = _tag_end(text, start)
    if end > 0 and text[start + 1] in "sS" and _SCRIPT.match(text, start):
        closing = _SCRIPT_END.search(text, end)
        return closing.start() if closing else len(text)
    return end


def _tag_end(text: str, start: int) -> int:
    """Behind the ">" that ends the tag: one inside a quoted value does not, if the quote closes nearby; -1: nowhere."""
    first = end = text.find(">", start)
    if text.find("=", start, end) < 0:
        return end + 1 or -1
    for _ in range(_QUOTED_ENDS):
        opening = max(text.rfind('="', start, end), text.rfind("='", start, end)) + 1
        if end < 0 or opening == 0:
            break
        quote = text[opening]
        if text.find(quote, opening + 1, end) >= 0:
            break
        start = text.find(quote, end, end + _VALUE_LENGTH)
        end = text.find(">", start) if start >= 0 else -1
    return (end if end >= 0 else first) + 1 or -1


def _unescaped(text: str) -> str:
    cut = _CUT_ENTITY.search(text, max(0, len(text) - 24))
    if cut and (cut[1] in _ENTITY_STARTS or not cut[1].isalpha()):
        text = text[: cut.start()]
    if "&#" in text:
        text = _HUGE_REFERENCE.sub("\ufffd", text)
    return html.unescape(text)


def _without_long_runs(text: str) -> str:
    """No run of marks long enough to be normalised slowly: every stretch of half that length must hold a space."""
    step = _SAFE_LENGTH // 2
    if len(text) < step or all(text.find(" ", at, at + step) >= 0 for at in range(0, len(text) - step + 1, step)):
        return text
    return _LONG_RUN.sub(r"\1", text)


def _percents_kept(text: str) -> str:
    *before, rest = text.split("%")
    numbers = (part.removesuffix(" ") for part in before)
    return "".join(f"{part}{_PERCENT} " if part[-1:].isdecimal() else f"{part} " for part in numbers) + rest


def _is_abbreviating(text: str, begin: int, stop: int) -> bool:
    """Whether the full stop at `stop` belongs to its word."""
    start = max(begin, text.rfind(" ", begin, stop) + 1)
    before = text[max(start, stop - _LONGEST_ABBREVIATION - 1) : stop]
    if len(before) > _LONGEST_ABBREVIATION and before.isalpha():
        return False
    before = before.lstrip("\"'«“„‘([")
    if len(before) == 1 and before.isalpha():  # an initial, or a unit as in "2026 г. Об этом"
        return not text[max(begin, start - 2) : start - 1].isdecimal()
    return _is_abbreviation(before)


@functools.lru_cache(maxsize=4_096)
def _is_abbreviation(word: str) -> bool:
    dotted = "." in word and all(len(part) <= 2 and part.isalpha() for part in word.split("."))
    return dotted or fold(word) in _ABBREVIATIONS
