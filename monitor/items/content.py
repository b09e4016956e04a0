"""What an entry says and what it is called: plain words with their hashes, facts, canonical links, keys.

Hashes are over folded words alone, so that markup, punctuation, quotes, spacing, dates, tags and links never make a
revision. Each begins with the version of this normal form: whoever changes what is hashed must raise it.
"""

import functools
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.items.addresses import URL_LIMIT, link_tail, same_address
from monitor.words import fold, plain_text, word_list, words
from storage.model import GLOBAL, Content, Entry, Key, KeyKind, TextKind

NORM_VERSION = 1
TITLE_LIMIT = 1_000

_AGGREGATORS = frozenset({"news.google.com"})  # links and guids rotate there, the body repeats the link
_MAY_BE_AGGREGATOR = re.compile("google", re.IGNORECASE)  # told before the address is taken apart

_UPDATED = (
    r"(?:yenil[eə]nib|d[eə]qiql[eə]şdirilib|[eə]lav[eə] olunub|updated?|details added"
    r"|обновлен[оаы]?|дополнен[оаы]?)(?:[ -]*(?:\[\d{1,2}\]|\(\d{1,2}\)|\d{1,2}))?"
)
_SHOWN = (
    r"(?:\d{1,3} )?(?:photos?|foto(?:lar)?|фото|videos?|videolar|видео|audio|аудио|infographics?|infoqrafika"
    r"|инфографика)"
)
_UPDATE_MARK = re.compile(rf"(?<![^\W_])({_UPDATED})[\])]?[ .!]*\Z")
_SHOWN_MARK = re.compile(rf"(?:[(\[] ?|[-|/] ){_SHOWN}(?:(?: ?[-/,+&|] ?| və | и | and | ){_SHOWN})* ?[)\]]?\Z")
_MARKS_LENGTH = 100  # marks are looked for in so many last characters of a title
_LOOSE_END = " -|/:,;(["

_NUMBER = re.compile(
    r"([0-9](?:(?<=(-)[0-9])(?<![\w%+-]-[0-9])(?<![\d%] -[0-9])|)"  # with the sign before it, as `words` knows signs
    r"(?:(?<!0)[0-9]{0,2}([ .,'])[0-9]{3}(?:\3[0-9]{3})*(?![0-9])|[0-9]*))([.,][0-9]+)?"
    r"(?:[ -]?(?:(%|percent|per cent|faiz|процент)|(thousand|тыс|min(?:d[eə]n|ə|lik|l[eə]rl[eə])?(?![^\W_]))"
    r"|(mln|million|milyon|млн|миллион)|(mlrd|bn(?![^\W_])|billion|milyard|млрд|миллиард)|(trillion|trilyon|трлн)))?"
)
_SCALES = ("%", "e3", "e6", "e9", "e12")  # of the last five groups
_LAST_YEAR = 2100

# Stems of four letters or more; "=" a whole word; "?" a whole word that is a month only beside a number (may, Martin).
_MONTHS = (
    "january yanvar январ ?jan",
    "february fevral феврал ?feb",
    "=март =марта =марте ?march ?mart ?marta ?martda ?martdan ?martin ?mar",
    "april aprel апрел ?apr",
    "=май =мая =мае ?may ?maya ?mayda ?maydan ?mayin",
    "june iyun июнь июня июне ?jun",
    "july iyul июль июля июле ?jul",
    "august avqust август ?aug",
    "september sentyabr сентябр ?sep ?sept",
    "october oktyabr октябр ?oct",
    "november noyabr ноябр ?nov",
    "december dekabr декабр ?dec",
)
_CAPITAL_MONTH = re.compile(r"\b(?:Jan|Feb|Mar|March|Mart|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b")
_STATUS = {
    "agreed": "agreed agrees razilaş согласов договорил",
    "announced": "announc elan объяв анонс",
    "approved": "approv adopt ratif təsdiq одобр утвер ратиф",
    "cancelled": "cancel ləğv отмен",
    "closed": "=closed =closes bağlan закры",
    "completed": "complet finish conclud tamamlan yekunlaş заверш законч",
    "opened": "=opened =opens inaugurat açil откры",
    "planned": "planned =scheduled =expected planlaş gözlən планир запланир намеч ожида",
    "postponed": "postpon delay təxirə отлож перенес перенос",
    "ready": "=ready hazir =готов =готова =готово =готовы",
    "rejected": "reject rədd отклон отверг",
    "resumed": "resum bərpa возобнов",
    "signed": "=signed =signs =sign imzala подпис",
    "started": "=start =starts =started begin =began =begun commenc launch başla начал начат начн запущ запуск",
    "suspended": "suspend halt dayandir приостан",
    "underway": "underway ongoing davam продолжа ведетс",
}
_NUMBER_WORDS = (
    "zero two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
    "million millions billion billions trillion dozen dozens "
    # "on" (ten) is an English preposition, "bir" and "one" are articles.
    "iki üç dörd beş alti yeddi səkkiz doqquz iyirmi otuz qirx əlli altmiş yetmiş səksən doxsan yüz min milyon milyard "
    "два две двух двум двумя три трех трем тремя четыре четырех пять пяти шесть шести семь семи восемь восьми девять "
    "девяти десять десяти одиннадцать двенадцать двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят "
    "девяносто сто двести триста тысяча тысячи тысяч миллион миллиона миллионов миллиард миллиарда миллиардов"
)
_NUMBER_WORD_SET = frozenset(_NUMBER_WORDS.split())

_ADDRESS_START = re.compile(r"\Ahttps?://(?:www\.)?", re.IGNORECASE | re.ASCII)


def content_of(entry: Entry) -> Content:
    """The content of an entry; of an aggregator's, the title without the outlet's name alone."""
    if _is_aggregated(entry):
        return content(_without_outlet(plain_text(entry.title, TITLE_LIMIT), entry.source_name), "", TextKind.NONE)
    return content(entry.title, entry.body, entry.text_kind)


def content(title: str, body: str, kind: TextKind) -> Content:
    """Plain words of a title and a body, either of which may be markup, with their counts and hashes but that of facts.

    `marker` is the outlet's own note of an update that was taken off the title. The kind is NONE if no text is left.
    """
    plain_title, text = plain_text(title, TITLE_LIMIT), plain_text(body)
    title_norm, marker = strip_marks(fold(plain_title))
    title_told, text_told = word_list(title_norm), word_list(fold(text))
    title_words, text_words = " ".join(title_told), " ".join(text_told)
    return Content(
        title=plain_title,
        text=text,
        text_kind=kind if text else TextKind.NONE,
        title_norm=title_norm,
        marker=marker,
        title_word_count=len(title_told),
        text_word_count=len(text_told),
        title_hash=_hash(title_words),
        text_hash=_hash(text_words),
        content_hash=_hash(f"{title_words}\0{text_words}"),
        norm_version=NORM_VERSION,
    )


def with_facts(content: Content) -> Content:
    """The content with the hash of its facts: to read them takes as long as all the rest, and few entries matter."""
    if content.facts_hash:
        return content
    text_norm = fold(content.text)
    told = [*word_list(content.title_norm), "", *word_list(text_norm)]
    found = _facts(f"{content.title_norm} | {text_norm}", told)
    return content._replace(facts_hash=_hash("\n".join(sorted(found))))


def strip_marks(folded: str) -> tuple[str, str | None]:
    """A folded title without what outlets hang on its end, and the mark of an update among it.

    "Port opened (foto) - yenilənib [2]" gives ("port opened", "yenilənib [2]"). A title of marks alone stays.
    """
    title, marker = folded, None
    while found := _mark_at_end(title):
        rest = title[: found.start()].rstrip(_LOOSE_END)
        if not words(rest):
            break
        title = rest
        if marker is None and found.re is _UPDATE_MARK:
            marker = found[1]
    return title, marker


def facts(folded: str) -> frozenset[str]:
    """Numbers with their scale, months, days of a month and words of status in a folded text, in one form each.

    1,500 and 1.500 and 1 500 are "1500"; 3.6 million and 3,6 млн are "3.6e6"; 17 November and noyabrın 17-də "11-17".
    A quick test whether an edit may have changed a fact: it knows no sentence.
    """
    return _facts(folded, word_list(folded))


def holds_fact(text: str) -> bool:
    """Whether words, as published (May is a month, may is not), hold a digit, a number word, a month or a status."""
    told = word_list(fold(text))
    return (
        any(not word.isalpha() for word in told)
        or not _NUMBER_WORD_SET.isdisjoint(told)
        or any(clue.sure for _, clue in _clues(told))
        or _CAPITAL_MONTH.search(text) is not None
    )


def entry_keys(feed_id: int, entry: Entry, content: Content, feed_url: str, site_url: str | None) -> tuple[Key, ...]:
    """The names of an entry, best first: guid and its http(s) twin, link and its twin, tail of the link, hash.

    Links are names in every feed, the others in their own. A guid or link that is the address of the feed or its site
    names no entry. The hash stands for the entry only where no guid or link can: two entries may have the same words.
    """
    if _is_aggregated(entry):
        return (Key(feed_id, KeyKind.HASH, _aggregated_hash(entry, content)),)
    no_guids, no_links = _homes(feed_url, site_url)
    keys: list[Key] = []
    guid = (entry.guid or "").strip()
    if _at(guid) not in no_guids:
        keys += [Key(feed_id, KeyKind.GUID, guid_name(name)) for name in _with_twin(guid)]
    link = same_address(entry.link or "")
    if link and _at(link) not in no_links:
        keys += [Key(GLOBAL, KeyKind.LINK, name) for name in _with_twin(link)]
        tail = link_tail(link)
        keys += [Key(feed_id, KeyKind.TAIL, tail)] if tail else []
    return (*keys, Key(feed_id, KeyKind.HASH, _sha256(content.title_norm, fold(content.text[:1_000])[:500])))


def guid_name(guid: str) -> str:
    """A guid trimmed, else byte for byte; a name made of it if it is too long or holds what a database refuses."""
    name = guid.strip()
    return name if len(name) <= URL_LIMIT and name.isprintable() else f"sha256:{_sha256(name)}"


@dataclass(frozen=True, slots=True)
class _Clue:
    """A word, or the beginning of one, that tells a month (1-12) or, with month 0, a status."""

    stem: str
    whole: bool
    sure: bool
    month: int
    status: str = ""


def _is_aggregated(entry: Entry) -> bool:
    if entry.link is None or not _MAY_BE_AGGREGATOR.search(entry.link):
        return False
    link = same_address(entry.link)
    return link is not None and urlsplit(link).netloc in _AGGREGATORS


def _without_outlet(title: str, outlet: str | None) -> str:
    return title.removesuffix(f" - {plain_text(outlet)}") if outlet else title


def _hash(told: str) -> str:
    return f"{NORM_VERSION}:{hashlib.blake2b(told.encode(), digest_size=16).hexdigest()}"


def _mark_at_end(title: str) -> re.Match[str] | None:
    begin = max(0, len(title) - _MARKS_LENGTH)
    return _UPDATE_MARK.search(title, begin) or _SHOWN_MARK.search(title, begin)


def _facts(folded: str, told: list[str]) -> frozenset[str]:
    found = set(_numbers(folded))
    for at, clue in _clues(told):
        if not clue.month:
            found.add(clue.status)
            continue
        beside = [_number_at(told, at - 1), _number_at(told, at + 1)]
        if clue.sure or any(beside):
            found.add(f"m{clue.month}")
        found.update(f"{clue.month}-{day}" for day in beside if 0 < day <= 31)
    return frozenset(found)


def _numbers(folded: str) -> Iterator[str]:
    for whole, sign, grouping, part, *scales in set(_NUMBER.findall(folded)):
        scale = next((name for name, said in zip(_SCALES, scales, strict=True) if said), "")
        digits = whole.replace(grouping, "") if grouping else whole
        yield f"{sign}{digits}{part.replace(',', '.')}{scale}"


def _clues(told: list[str]) -> Iterator[tuple[int, _Clue]]:
    index = _clues_by_start()
    for at in [at for at, word in enumerate(told) if word[:4] in index]:
        word = told[at]
        for clue in index[word[:4]]:
            if word == clue.stem or (not clue.whole and word.startswith(clue.stem)):
                yield at, clue
                break


@functools.cache
def _clues_by_start() -> dict[str, tuple[_Clue, ...]]:
    clues = [
        _Clue(stem.lstrip("=?"), whole=stem[0] in "=?", sure=stem[0] != "?", month=month, status=status)
        for month, status, stems in [
            *((month, "", stems) for month, stems in enumerate(_MONTHS, start=1)),
            *((0, status, stems) for status, stems in _STATUS.items()),
        ]
        for stem in fold(stems).split()
    ]
    return {start: tuple(c for c in clues if c.stem[:4] == start) for start in {c.stem[:4] for c in clues}}


def _number_at(told: list[str], at: int) -> int:
    """The day or year at this place, 17 for "17th" too; 0 if there is none."""
    word = told[at] if 0 <= at < len(told) else ""
    digits = word[:-2] if word[-2:] in {"st", "nd", "rd", "th"} else word
    number = int(digits) if digits.isdecimal() and len(digits) in {1, 2, 4} else 0
    return number if number <= 31 or 1900 <= number <= _LAST_YEAR else 0


@functools.lru_cache(maxsize=512)
def _homes(feed_url: str, site_url: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """What is no name of an entry of this feed: as a guid, which a fragment may be all of, and as a link."""
    homes = (feed_url, site_url or feed_url)
    return frozenset(("", *map(_at, homes))), frozenset(_at(same_address(home) or "") for home in homes)


def _at(url: str) -> str:
    return _ADDRESS_START.sub("", url.strip(), count=1).rstrip("/")


def _with_twin(name: str) -> tuple[str, ...]:
    scheme, mark, rest = name.partition("://")
    other = {"http": "https", "https": "http"}.get(scheme) if mark else None
    return (name, f"{other}://{rest}") if other else (name,)


def _aggregated_hash(entry: Entry, content: Content) -> str:
    outlet = same_address(entry.source_url or "")
    host = urlsplit(outlet).netloc if outlet else fold(entry.source_name or "")
    day = entry.published_at.date().isoformat() if entry.published_at else ""
    return _sha256(host, content.title_norm, day)


def _sha256(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
