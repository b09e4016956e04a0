"""Who says what a sentence claims: "according to the ministry", "said the operator", bildirib, по словам.

Rule: a person, an office or a company speaks; a press agency that "reports" is the source and no speaker. Where nobody
is named the outlet itself speaks, and the answer is empty.
"""

import re
from functools import cache, lru_cache
from itertools import chain

SPEAKER_LENGTH = 80  # characters

_REACH = 200  # characters to each side of a claim in which its speaker stands
_NAME = r"[^\W\d_a-zа-яёəöğışçü][\w’'.-]*"
_ENGLISH_ROLE = (
    r"(?:ministr(?:y|ies)|minister|operator|company|organi[sz]ers?|spokes\w+|officials?|government|regulator|engineers?|"
    r"director|mayor|agency|bank|authorit(?:y|ies)|president|chairman|council|institute|university|builders?|owners?)"
)
_ENGLISH = (
    rf"(?<!['’])\b(?:(?:[Tt]he |[Ii]ts |[Aa]n? )?(?:[a-z-]+ ){{0,2}}{_ENGLISH_ROLE}\b"
    rf"(?: of(?: the)?(?: {_NAME}| and| [a-z]+){{1,5}})?|"
    rf"(?:the )?{_NAME}(?: (?:of|for|and|the|{_NAME})){{0,7}})"
)
_SAID = r"(?:said|says|told|announced|stated|noted|added|confirmed|emphasi[sz]ed|stressed|declared|promised)"
_RUSSIAN_ROLE = r"(?:вице-|зам)?(?:министр|министерств|компани|оператор|организатор|директор|президент|глав)[а-яё]*"
_OFFICE = r"(?:банк|союз|организаци|компани|министерств|агентств)[а-яё]*"
_RUSSIAN = rf"(?:{_RUSSIAN_ROLE}(?: {_NAME}){{0,3}}|{_NAME}(?: {_NAME}){{0,3}}(?: {_OFFICE})?)"
_TOLD = r"(?:сообщил|заявил|отметил|сказал|подчеркнул|добавил|пообещал|рассказал)[аои]?"
_AZERBAIJANI = rf"(?:{_NAME}(?: (?:{_NAME}|[a-zəöğışçü]+)){{0,5}}|nazirlik|nazir|operator|şirkət|təşkilatçılar)"
_ANNOUNCED = r"(?:bildirib|bildirdi|deyib|dedi|açıqlayıb|qeyd edib|vurğulayıb|əlavə edib|söz verib)(?:lər)?"

# Each behind the words without which it is not looked for.
_PATTERNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        (r"ccording to|iting", rf"\b(?:[Aa]ccording to|[Cc]iting) (?P<who>{_ENGLISH})"),
        (_SAID, rf"(?P<who>{_ENGLISH}),? (?:has |have )?{_SAID}\b", rf"\b{_SAID} (?P<who>{_ENGLISH})"),
    ),
    "ru": (
        (r"о (?:с|д|и)", rf"\b[Пп]о (?:словам|данным|сообщению|информации) (?P<who>{_RUSSIAN})"),
        (r"огласно", rf"\b[Сс]огласно (?P<who>{_RUSSIAN})"),
        (_TOLD, rf"\b{_TOLD} (?P<who>{_RUSSIAN})", rf"(?P<who>{_RUSSIAN}) {_TOLD}\b"),
    ),
    "az": (
        (r"görə", r"(?P<who>[^,.;:«»\"]{3,60}?)(?:n?[ıiuü]n) (?:sözlərinə|məlumatına|bildirdiyinə|dediyinə) görə"),
        (_ANNOUNCED, rf"(?P<who>{_AZERBAIJANI})(?: isə)? {_ANNOUNCED}\b"),
    ),
}
_GOING_ON = re.compile(r"\s*(?:[\"“«„]|(?:He|She|They|It|O|Onlar|Он|Она|Они)\b)")
_NOBODY = re.compile(r"(?:It|He|She|They|This|That|On|In|The|A|An)", re.IGNORECASE)
_WORDS_NEEDED = {lang: re.compile("|".join(one[0] for one in some)) for lang, some in _PATTERNS.items()}


def may_tell(sentence: str, before: str, lang: str) -> bool:
    """Whether `speaker_of` may find anybody for the words of a sentence: most sentences name no speaker."""
    needed = _WORDS_NEEDED.get(lang)
    if needed is None:
        return False
    return bool(needed.search(sentence) or (needed.search(before[-_REACH:]) and _GOING_ON.match(sentence)))


def speaker_of(sentence: str, before: str, lang: str, start: int, end: int) -> str:
    """Who says the words from `start` to `end`: named in the sentence, or in the one before where it goes on; or ""."""
    here = _nearest(sentence[max(0, start - _REACH) : end + _REACH], lang, min(start, _REACH))
    if here or not _GOING_ON.match(sentence):
        return here
    return _nearest(before[-_REACH:], lang, _REACH)


def _nearest(text: str, lang: str, at: int) -> str:
    near = ((min(abs(start - at), abs(end - at)), start, who) for start, end, who in _tellers(text, lang))
    return min(near, default=(0, 0, ""))[2][:SPEAKER_LENGTH].strip()


@lru_cache(maxsize=8)  # the claims of a sentence are asked one after the other
def _tellers(text: str, lang: str) -> tuple[tuple[int, int, str], ...]:
    """Who tells something, with the place of the words that say so."""
    found = []
    for needed, *patterns in _patterns(lang):
        for match in chain.from_iterable(one.finditer(text) for one in patterns) if needed.search(text) else ():
            who = match["who"].strip(" ,.").removeprefix("the ").removeprefix("The ")
            if who and not _NOBODY.fullmatch(who):
                found.append((match.start(), match.end(), who))
    return tuple(found)


@cache
def _patterns(lang: str) -> tuple[tuple[re.Pattern[str], ...], ...]:
    """Compiled when the language is first met."""
    return tuple(tuple(map(re.compile, some)) for some in _PATTERNS.get(lang, ()))
