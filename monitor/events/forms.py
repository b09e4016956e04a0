"""The forms of words in four languages: which say nothing, which are one word, which are months.

Rule: words come in as `monitor.words.letters` leaves them (folded, ə is e, ş is s), and each form is looked up once:
the same few thousand words make up nearly all of the news.
"""

import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from importlib.resources import files
from importlib.util import find_spec
from itertools import groupby
from types import ModuleType
from typing import Protocol

from monitor.words import has_cyrillic, letters

MEANS = "="  # begins what stands for a meaning, among sounds

_FORMS_REMEMBERED = 65_536  # of a language; about 10 MB
_SNOWBALL = "salname_snowball"
_ENGLISH_STEMMER, _RUSSIAN_STEMMER = ("english_stemmer", "EnglishStemmer"), ("russian_stemmer", "RussianStemmer")

_STOP = {
    "en": "a about above after again against all also am an and any are as at be because been before being below "
    "between both but by can could did do does doing down during each few for from further had has have having "
    "he her here hers herself him himself his how i if in into is it its itself just me more most my myself no "
    "nor not now of off on once only or other our ours ourselves out over own s said same say says she should "
    "so some such t than that the their theirs them themselves then there these they this those through to too "
    "under until up very was we were what when where which while who whom why will with would you your yours "
    "yourself yourselves told according one two new mr mrs ms may might must since per via among within without "
    "amid monday tuesday wednesday thursday friday saturday sunday "
    "january february march april june july august september october november december",
    "ru": "а без более бы был была были было быть в вам вас весь во вот все всего всех вы где да даже для до его ее "
    "если есть еще же за здесь и из или им их к как какой ко когда кто ли либо лишь между меня мне может мы на "
    "над надо наш не него нее нет ни них но ну о об один около он она они оно от очень по под после при про раз "
    "с сам со свой себя сейчас так также такой там те тем то того тоже той только том тот ту ты у уже хотя чего "
    "чем что чтобы чье чья эта эти это этого этой этом этот я который которая которые которых которого этому "
    "этим сообщает сообщил сообщила заявил заявила отметил отметила сказал сказала словам год года году лет г",
    "az": "a ancaq artıq amma axı bax belə beləliklə bəlkə bəli bəzi bilər bir biri bizim bu buna bunda bundan bunlar "
    "bunu bunun bütün cənab da daha də deyə deyib deyil dedi bildirib bildirdi bildirilib digər edən edib "
    "edilib edir edəcək ən görə həm hər hansı hələ həmin həmçinin heç ilə idi iki il ildə ilin in isə istifadə "
    "kimi ki lakin məhz mənim mən nə nəzərdə o olan olaraq olacaq oldu olub olunur olunub olunan on ona onda "
    "ondan onlar onların onu onun öz özü qarşı qədər qeyd saat sonra sən siz son tərəfindən təki üçün üzrə var "
    "və ya yalnız yəni yox çox çünki şey haqqında barədə cəmi ci cu cü nin nun nün dan dən dir dır dur dür",
    "tr": "acaba ama ancak artık aslında az bana bazı belki ben beni benim beri bile bir birçok biri biz bize bizim "
    "bu buna bunda bundan bunlar bunu bunun burada çok çünkü da daha dahi de defa değil diğer diye dedi eden "
    "edildi etti en gibi göre hem hep hepsi her hiç için ile ilgili ise işte kadar karşı ki kim mı mi mu mü "
    "nasıl ne neden nerede niçin o olan olarak oldu olduğu olduğunu olması on ona ondan onlar onu onun orada "
    "oysa öyle pek sadece sanki sen siz son sonra şey şu tarafından tüm üzere var ve veya ya yani yapılan yok "
    "yer nın nin nun nün yıl yılında",
}
# By number: names with the endings of Azerbaijani and Turkish, Russian stems with theirs, and short forms.
_MONTHS = (
    ("january yanvar ocak", "январ", "jan yan янв"),
    ("february fevral subat", "феврал", "feb fev фев"),
    ("march mart", "март", "mar мар"),
    ("april aprel nisan", "апрел", "apr апр"),
    ("may mayis", "", "май мая мае маю"),
    ("june iyun haziran", "июн", "jun"),
    ("july iyul temmuz", "июл", "jul"),
    ("august avqust agustos", "август", "aug avq авг"),
    ("september sentyabr eylul", "сентябр", "sep sept sen сен сент"),
    ("october oktyabr ekim", "октябр", "oct okt окт"),
    ("november noyabr kasim", "ноябр", "nov noy ноя нояб"),
    ("december dekabr aralik", "декабр", "dec dek дек"),
)
_LATIN_CASES = "a e i u in un da de ta te dan den tan ten inda inde unda daki deki"
_RUSSIAN_CASES = "ь я е ю ем а у ом"
# Endings of Azerbaijani and Turkish nouns as `letters` leaves them: number, possession, case. The n that joins them may
# be the stem's own (Azərbaycan-ın, Bakı-nın), so that it is always taken off.
_ENDINGS = (
    *(
        "larinin",
        "lerinin",
        "larindan",
        "lerinden",
        "larinda",
        "lerinde",
        "sinin",
        "sindan",
        "sinden",
        "sinda",
        "sinde",
    ),
    *("larin", "lerin", "larini", "lerini", "larina", "lerine", "lardan", "lerden", "larda", "lerde", "lara", "lere"),
    *(
        "sunun",
        "sunda",
        "sunde",
        "sundan",
        "sunden",
        "indan",
        "inden",
        "inda",
        "inde",
        "unda",
        "unde",
        "undan",
        "unden",
    ),
    *("lari", "leri", "lar", "ler", "nin", "nun", "dan", "den", "sini", "sina", "sine", "sunu", "suna"),
    *("dir", "dur", "ina", "ine", "una", "une", "ini", "unu", "daki", "deki", "imiz", "umuz", "iniz"),
    *("da", "de", "in", "un", "ya", "ye", "yi", "yu", "si", "su"),
    *("a", "e", "i", "u", "n"),
)
_ENDING_SET = frozenset(_ENDINGS)
_LONGEST_ENDING = max(map(len, _ENDINGS))
# Of Russian nouns and adjectives, without ов and ев: surnames end so. Snowball cuts Набиев to наб, Набиева to набиев.
_RUSSIAN = (
    "а я о е у ю ы и ь й ом ем ой ей ам ям ах ях ый ий ая яя ое ее ую юю ым им ых их ою ею ия ии ию ие ья ье ью "
    "ами ями ого его ому ему ыми ими иям иях ией ием иями"
)
_RUSSIAN_ENDINGS = frozenset(_RUSSIAN.split())
_LONGEST_RUSSIAN_ENDING = 4
_SKELETON_LETTERS = 3
_CYRILLIC = str.maketrans(
    dict(zip("абвгдежзийклмнопрстуфхцчшщыэюя", "abvgdejziiklmnoprstufhssssieua", strict=True)) | dict.fromkeys("ъь")
)
_TION = re.compile("[ts]ion(?=s?$)")
_SOFT_C = re.compile("c(?=[eiy])")
_DIGRAPHS = (("kh", "h"), ("zh", "s"), ("sh", "s"), ("ch", "s"), ("dj", "s"), ("ph", "f"), ("th", "t"))
# One letter for sounds that are written in several ways; vowels, which are the first to differ, are left out.
_SOUNDS = str.maketrans(dict(zip("gqcxwzj", "kkkhvss", strict=True)) | dict.fromkeys("aeiouy_'"))
_COLUMNS = ("en", "az", "ru")
_BEGINNING = 4  # letters; fewer begin too many words
_STEM_LETTERS = 4  # a shorter stem is another word's too


@cache
def stop_words(lang: str) -> frozenset[str]:
    """Words of a language that occur everywhere."""
    return frozenset(letters(_STOP.get(lang, "")).split())


@dataclass(frozen=True, slots=True)
class Forms:
    """What becomes of a word.

    `term` is what it is counted as, "" for one that says nothing; `stem` what its cases share; `skeleton` what it means
    if same_words.txt has it ("=open"), else how it sounds in any of the languages, "" where that is too short to tell
    words apart.
    """

    term: str
    stem: str
    skeleton: str


def forms(words: Collection[str], lang: str) -> list[Forms]:
    """The forms of each word, in order."""
    known = _known.get(lang, {})
    found = [form for form in map(known.get, words) if form is not None]
    if len(found) < len(words):
        if len(known) > _FORMS_REMEMBERED or lang not in _known:
            known = _known[lang] = {}  # another thread may be reading the old one, and keeps it
        for word in words:
            if word not in known:
                known[word] = _forms(word, lang)
        return [known[word] for word in words]
    return found


_known: dict[str, dict[str, Forms]] = {}  # by language


def _forms(word: str, lang: str) -> Forms:
    stem = name_stem(word, lang)
    if word in stop_words(lang) or len(word) < 2 or word[-1].isdecimal():
        return Forms("", stem, "")
    term = _stem(word, lang)
    return Forms(term, stem, _meanings(_script(word, lang)).of(word, term, stem) or skeleton(stem, lang))


@lru_cache(maxsize=_FORMS_REMEMBERED)
def name_stem(word: str, lang: str) -> str:
    """The part that the cases of a name share; in a language without cases the word itself."""
    if has_cyrillic(word[:1]):
        return _without_endings(word, _RUSSIAN_ENDINGS, _LONGEST_RUSSIAN_ENDING)
    return _without_endings(word, _ENDING_SET, _LONGEST_ENDING) if lang in {"az", "tr"} else word


def skeleton(stem: str, lang: str) -> str:
    """The consonants of a stem as classes of sounds, so that конференция, konfrans and conference are one.

    Empty when there are fewer than three.
    """
    if has_cyrillic(stem[:1]):
        sounds = stem.translate(_CYRILLIC)
    elif lang == "en":
        sounds = _SOFT_C.sub("s", _TION.sub("s", stem))
    else:
        sounds = stem.replace("c", "s")
    for written, sound in _DIGRAPHS:
        sounds = sounds.replace(written, sound)
    consonants = "".join(letter for letter, _ in groupby(sounds.translate(_SOUNDS))).removesuffix("n")
    return consonants if len(consonants) >= _SKELETON_LETTERS else ""


@cache
def months() -> Mapping[str, int]:
    """A month's name in any of its forms -> 1 to 12."""
    forms: dict[str, int] = {}
    for number, (latin, russian, short) in enumerate(_MONTHS, start=1):
        forms.update(dict.fromkeys(short.split(), number))
        for names, cases in ((latin, _LATIN_CASES), (russian, _RUSSIAN_CASES)):
            forms.update((name + case, number) for name in names.split() for case in ("", *cases.split()))
    return forms


def _script(word: str, lang: str) -> str:
    """The column of same_words.txt that a word is looked up in, "" for other languages."""
    return "ru" if has_cyrillic(word[:1]) else {"en": "en", "az": "az", "tr": "az"}.get(lang, "")


@dataclass(frozen=True, slots=True)
class _Meanings:
    """Of one language: meanings by stem and by how words begin."""

    stems: Mapping[str, str]
    beginnings: Mapping[str, str]

    def of(self, word: str, *stems: str) -> str:
        """The English word that stands for its meaning, behind "="; "" if it is not listed."""
        for length in range(len(word), _BEGINNING - 1, -1):
            found = self.beginnings.get(word[:length])
            if found:
                return found
        return next((self.stems[stem] for stem in stems if stem in self.stems), "")


@cache
def _meanings(script: str) -> _Meanings:
    stems: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    for line in _same_words() if script else ():
        meaning = f"{MEANS}{letters(line[0].split()[0]).rstrip('*')}"
        for word in letters(line[_COLUMNS.index(script)]).split():
            known = word.rstrip("*")
            if known != word and len(known) >= _BEGINNING:
                beginnings.setdefault(known, meaning)
            else:
                stems.setdefault(_stem(known, script) if script == "en" else name_stem(known, script), meaning)
    return _Meanings(stems, beginnings)


@cache
def _same_words() -> tuple[tuple[str, ...], ...]:
    told = files("monitor.events").joinpath("same_words.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split("|")) for line in told.splitlines() if line and not line.startswith("#"))


def _stem(word: str, lang: str) -> str:
    if not has_cyrillic(word[:1]) and lang != "en":
        return name_stem(word, lang)
    # A stemmer holds the word it works on, so that threads cannot share one.
    return _stemmer(*(_RUSSIAN_STEMMER if has_cyrillic(word[:1]) else _ENGLISH_STEMMER))().stemWord(word)


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802  as Snowball calls it


@cache
def _stemmer(module: str, name: str) -> Callable[[], _Stemmer]:
    """Snowball's own stemmer of one language, loaded when it is needed first.

    The package would bring those of thirty languages with it, a quarter of a second of each command, and another
    implementation where that happens to be installed: its modules are loaded under a name that is theirs alone.
    """
    found = find_spec("snowballstemmer")
    if _SNOWBALL not in sys.modules:
        package = ModuleType(_SNOWBALL)
        package.__path__ = list(found.submodule_search_locations or ()) if found else []
        sys.modules[_SNOWBALL] = package
    made: Callable[[], _Stemmer] = getattr(import_module(f"{_SNOWBALL}.{module}"), name)
    return made


def _without_endings(word: str, endings: frozenset[str], longest: int) -> str:
    """Cut until nothing can be cut: so a word comes out the same whichever of its forms it is."""
    length = longest
    while length:
        length = min(length, len(word) - _STEM_LETTERS)
        if length > 0 and _ends_with(word, word[-length:], endings):
            word, length = word[:-length], longest
        else:
            length = max(length - 1, 0)
    return word


def _ends_with(word: str, ending: str, endings: frozenset[str]) -> bool:
    """A Turkic ending that begins with s or y stands behind a vowel: konfrans-i, but beyanname-si."""
    return ending in endings and (ending[0] not in "sy" or word[-len(ending) - 1] in "aeiou")
