"""What a text says, as the linker reads it: its words, names, numbers and dates in normal form, counted.

Rule: the same words give the same terms on every machine and in every process; an analysis is stored and never made
again. Word forms, ways of writing a number and the names that one thing has in several languages become one term.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from monitor.events.forms import Forms, forms, months, name_stem, stop_words
from monitor.events.quantities.words import AZERBAIJANI, ENGLISH, RUSSIAN
from monitor.words import has_cyrillic, letters, sentence_hashes, word_list
from storage.model import Analysis

VERSION = 1
GROUP = "@"  # begins the name of a group of aliases
WORDS_READ = 400  # of the text; what matters of a report stands at its beginning

_LONGEST_READ = 8 * WORDS_READ  # characters
_LONGEST_WORD = 40  # letters; the word of no language, and a term is stored
_LONGEST_NUMBER = 20
_LONGEST_SCALE = 16
_SPOKEN = {"en": ENGLISH, "az": AZERBAIJANI, "ru": RUSSIAN}

_DATE = (
    r"(?P<clock>[0-2]?\d:[0-5]\d)|(?P<iso>(?:19|20)\d\d-[01]\d-[0-3]\d)"
    r"|(?P<dotted>[0-3]?\d[./][01]?\d[./](?:19|20)\d\d)|(?P<year>(?:19|20)\d\d(?![\d.,]\d))"
)
_GROUPED = r"(?P<grouped>\d{1,3}(?:([ .,'’\u00a0\u2009\u202f])\d{3})(?:\6\d{3})*)"
# Runs of what numbers are written with are found first: their digit is quicker to search for than what is before it.
_DIGITS = re.compile(r"\d[\d .,:/'’\u00a0\u2009\u202f-]*")
_NUMBER = re.compile(rf"(?<![\d.,])(?:{_DATE}|{_GROUPED}|(?P<plain>\d+(?:[.,]\d+)?))(?!\d)")
_EDITION = re.compile(r"(?<=[^\W\d_][-‐‑])\d+")  # of a name, which has it already: "EXPO-25" counts nothing
_DAYS = {
    form: day
    for day in range(1, 32)
    for form in (f"{day}", f"{day:02d}", *(f"{day}{th}" for th in ("st", "nd", "rd", "th")))
}

_EDGES = "\"'«»“”„‟‘’‹›()[]{}<>,;:.!?…*–—-"
_SENTENCE_ENDS = ".!?…:|"
_BREAKS = ",;.!?…:|)]»”–—"
_ABBREVIATION = 3  # letters: "Dr." ends no sentence
_PARTS = re.compile(r"[-‐‑/.'’ʼ`´]")
_HEADLINE_WORDS = 3
_HEADLINE_SHARE = 0.75


def analyse(title: str, text: str, *, lang: str | None, aliases: Mapping[str, str]) -> Analysis:
    """The terms of an item. `lang` is a tag such as "en" or "en-US"; `aliases` maps a name as `letters` leaves it to
    the group of names that mean the same, which then stands for all of them ("@expo").
    """
    lang = _language(lang, title or text)
    title, lead = title[:_LONGEST_READ], " ".join(text[:_LONGEST_READ].split()[:WORDS_READ])
    title_words, lead_words = _words(title), _words(lead)
    words = forms([*title_words, "", *lead_words], lang)
    compiled = _compiled(tuple(aliases.items()), lang)
    terms, alias_words = _with_groups(words, compiled)
    names = _with_editions(_names(title, lead, lang) - alias_words, compiled)
    names.update(term for term in terms if term[:1] == GROUP)
    dates, days = _dates([*title_words, "", *lead_words])
    numbers = _numbers(f"{title} | {lead}", lang, dates, days)
    return Analysis(
        version=VERSION,
        lang=lang,
        fields={
            "title": dict(Counter(filter(None, terms[: len(title_words)]))),
            "text": dict(Counter(filter(None, terms))),
            "skeletons": dict(Counter(word.skeleton for word in words if word.skeleton)),
            "names": dict(names),
            "numbers": dict(numbers),
            "dates": dict(dates),
        },
        sentences=sentence_hashes(text),
    )


def _language(tag: str | None, sample: str) -> str:
    """The first part of a language tag; without one, Russian or English by the letters."""
    if tag:
        return letters(tag.split("-")[0].split("_")[0])
    if has_cyrillic(sample[:80]):
        return "ru"
    return "en" if sample.isascii() else ""


def _words(text: str) -> list[str]:
    return [word for word in word_list(letters(text)) if len(word) <= _LONGEST_WORD]


def _dates(words: Sequence[str]) -> tuple[Counter[str], Counter[str]]:
    """Days as "11-18" wherever a month stands beside them, and the numbers that were read as such days."""
    dates: Counter[str] = Counter()
    days: Counter[str] = Counter()
    named = months()
    for place in [place for place, word in enumerate(words) if word in named]:
        for day in _days_beside(words, place):
            dates[f"{named[words[place]]:02d}-{day:02d}"] += 1
            days[str(day)] += 1
    return dates, days


def _days_beside(words: Sequence[str], place: int) -> Iterator[int]:
    """The day or the days of a range before a month, else behind it."""
    before = words[max(0, place - 2) : place][::-1]
    for some in (before, words[place + 1 : place + 3]):
        for day in some:
            if day not in _DAYS:
                break
            yield _DAYS[day]
        if some and some[0] in _DAYS:
            return


def _numbers(text: str, lang: str, dates: Counter[str], days: Counter[str]) -> Counter[str]:
    """The numbers of a text but its dates, which are added to `dates`; `days` were counted there already."""
    numbers: Counter[str] = Counter()
    for some in _DIGITS.finditer(text):
        edition = _EDITION.match(text, some.start())
        for found in _NUMBER.finditer(some[0], edition.end() - edition.start() if edition else 0):
            _count_number(found, _zeros(some, found, lang), numbers, dates)
    return +(numbers - days) if days else numbers


def _zeros(some: re.Match[str], found: re.Match[str], lang: str) -> int:
    """The zeros that a word behind the last number of a run of digits adds: 3 for "60 thousand"."""
    language = _SPOKEN.get(lang)
    if language is None or some[0][found.end() :].strip():
        return 0
    scale = language.scales.match(letters(some.string[some.end() : some.end() + _LONGEST_SCALE]).lstrip())
    return 3 * scale.lastindex if scale and scale.lastindex else 0


def _count_number(found: re.Match[str], zeros: int, numbers: Counter[str], dates: Counter[str]) -> None:
    if len(found[0]) > _LONGEST_NUMBER:
        return
    match found.lastgroup:
        case "clock":
            pass
        case "iso":
            dates.update((found[0][5:], found[0][:4]))
        case "dotted":
            day, of_month, year = re.split("[./]", found[0])
            dates.update((f"{int(of_month):02d}-{int(day):02d}", year))
        case "plain" if zeros:
            numbers[_scaled(found[0], zeros)] += 1
        case "year":  # or 2000 of something
            dates[found[0]] += 1
            numbers[found[0]] += 1
        case "grouped":
            numbers["".join(letter for letter in found[0] if letter.isdecimal()).lstrip("0") or "0"] += 1
        case _:
            numbers[_plain(found[0])] += 1


def _scaled(number: str, zeros: int) -> str:
    """1,2 and six zeros are 1200000."""
    whole, _, fraction = _plain(number).partition(".")
    return _plain(f"{whole}{fraction[:zeros].ljust(zeros, '0')}.{fraction[zeros:]}")


def _plain(number: str) -> str:
    whole, _, fraction = number.replace(",", ".").partition(".")
    whole, fraction = whole.lstrip("0") or "0", fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole


def _names(title: str, lead: str, lang: str) -> Counter[str]:
    """Words of names. In a headline all words are written as if they were, so the text has to confirm them."""
    names = Counter(_capitalised(lead, lang))
    in_title = list(_capitalised(title, lang))
    if _is_headline(title, lang):
        acronyms = (
            set()
            if title.isupper()
            else {part for word in title.split() if word.isupper() for part in _name(word.strip(_EDGES), lang)}
        )
        in_title = [name for name in in_title if name in names or name in acronyms]
    names.update(in_title)
    return names


def _capitalised(text: str, lang: str) -> Iterator[str]:
    """The words of runs of capitalised words; a single one that only opens a sentence is none."""
    run: list[str] = []
    opens = starts = True  # whether a sentence opens here, and whether the run opened one
    tokens, after = text.split(), 0
    for place in [place for place, token in enumerate(tokens) if not token[0].islower()]:
        token = tokens[place]
        if place > after:  # small words stand between
            yield from _of_run(run, lang, starts=starts)
            run, opens = [], tokens[place - 1][-1] in _SENTENCE_ENDS
        after = place + 1
        word = token.strip(_EDGES)
        is_name = bool(word) and word[0].isupper()
        if is_name and len(word) <= _LONGEST_WORD:
            starts = starts if run else opens
            run.append(word)
        last = token[-1]
        opens = last in _SENTENCE_ENDS and not (len(word) <= _ABBREVIATION and word[:1].isupper())
        if not is_name or opens or (last in _BREAKS and last != "."):
            yield from _of_run(run, lang, starts=starts)
            run = []
    yield from _of_run(run, lang, starts=starts)


def _of_run(run: Sequence[str], lang: str, *, starts: bool) -> Iterator[str]:
    if len(run) == 1 and starts and not _is_acronym(run[0]):
        return
    for word in run:
        yield from _name(word, lang)


def _is_acronym(word: str) -> bool:
    return len(word) > 1 and sum(letter.isupper() for letter in word) > 1


@lru_cache(maxsize=16_384)
def _name(word: str, lang: str) -> tuple[str, ...]:
    """The terms of one capitalised word: its parts, without endings; an edition stays with its name ("expo25")."""
    terms: list[str] = []
    for part in _PARTS.split(word):
        folded = "".join(word_list(letters(part)))
        if part.isdecimal() and terms:
            terms.append(terms[-1] + folded)
        elif len(folded) > 1 and part[0].isupper() and folded not in stop_words(lang):
            terms.append(name_stem(folded, lang))
    return tuple(terms)


def _is_headline(title: str, lang: str) -> bool:
    """Whether a title Is Written Like This."""
    every = title.split()
    if len(every) < _HEADLINE_WORDS:
        return False
    folded, stop = letters(title).split(), stop_words(lang)
    if len(folded) != len(every):  # of a sign that folds to a space
        folded = [*map(letters, every)]
    firsts = [word[0] for word, plain in zip(every, folded, strict=True) if word[0].isalpha() and plain not in stop]
    capitals = sum(map(str.isupper, firsts))
    return len(firsts) >= _HEADLINE_WORDS and capitals >= _HEADLINE_SHARE * len(firsts)


_Compiled: TypeAlias = Mapping[str, Sequence[tuple[tuple[str, ...], str]]]


@lru_cache(maxsize=16)
def _compiled(aliases: tuple[tuple[str, str], ...], lang: str) -> _Compiled:
    """By the first word of an alias: all its words, and its group; the longest first. Words without their cases."""
    compiled: dict[str, set[tuple[tuple[str, ...], str]]] = {}
    for alias, group in aliases:
        words = word_list(letters(alias))
        stems = tuple(name_stem(word, lang) for word in words)
        if stems and not (len(words) == 1 and words[0] in stop_words(lang)):
            compiled.setdefault(stems[0], set()).add((stems, group))
    return {first: sorted(some, key=lambda one: (-len(one[0]), one)) for first, some in compiled.items()}


def _with_groups(words: Sequence[Forms], aliases: _Compiled) -> tuple[list[str], Counter[str]]:
    """The terms of the words in order, where an alias is replaced by its group; and the stems that were replaced."""
    terms = [word.term for word in words]
    replaced: Counter[str] = Counter()
    stems = [word.stem for word in words]
    if aliases.keys().isdisjoint(stems):
        return terms, replaced
    behind = 0
    for place in [place for place, stem in enumerate(stems) if stem in aliases]:
        alias, group = _alias_at(stems, place, aliases) if place >= behind else ((), "")
        if alias:
            terms[place : place + len(alias)] = [group, *[""] * (len(alias) - 1)]
            replaced.update(alias)
            behind = place + len(alias)
    return terms, replaced


def _with_editions(names: Counter[str], aliases: _Compiled) -> Counter[str]:
    """The names, where an edition of an alias is one of its group: EXPO-25 and ЭКСПО-25 are the same."""
    found: Counter[str] = Counter()
    for name, times in names.items():
        alone = name.rstrip("0123456789")
        group = (
            next((group for alias, group in aliases.get(alone, ()) if alias == (alone,)), "") if alone != name else ""
        )
        found[f"{group.removeprefix(GROUP)}{name[len(alone) :]}" if group else name] += times
    return found


def _alias_at(stems: Sequence[str], place: int, aliases: _Compiled) -> tuple[tuple[str, ...], str]:
    for alias, group in aliases.get(stems[place], ()):
        if tuple(stems[place : place + len(alias)]) == alias:
            return alias, group
    return (), ""
