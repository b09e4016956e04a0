"""The language of a text, guessed from its letters and its common words."""

import functools
import re

from monitor.words import fold, has_cyrillic, word_list

_LANGUAGE_SAMPLE = 600
_NOT_RUSSIAN = re.compile("[іїєґўәғқңөұүһјљњђћџІЇЄҐЎӘҒҚҢӨҰҮҺЈЉЊЂЋЏ]")
_RUSSIAN = re.compile("[ыэЫЭ]")
_STOPWORDS = {
    "az": "amma artıq bildirib bu bütün bəzi daha deyib edib edilib edir edən haqqında həm həmçinin isə ilə ilk kimi "
    "lakin olan olaraq olub onun sonra tərəfindən və üzrə üçün görə çox",
    "tr": "ancak bir bu daha değil diye edildi etti gibi göre hakkında için ile ise kadar olan olarak oldu olduğu "
    "onun sonra tarafından ve veya çok",
    "en": "a after and are as at be been by for from has have he in is it its of on said she that the their they this "
    "to was were which will with",
    "ru": "а будет был была были было в во для до его за из или их как к когда который которые между на не но о об от "
    "по при с со сообщает так также то уже что это и",
    # Neighbours that would else be taken for one of the four.
    "": "au avec das de dei del della den der des die do dos du ein eine el en es est et für ist la las le les los "
    "mit nicht não o os para pour que são sono sur um uma un una und une von y zu "
    "та що це від або які його був є се са да ще бұл және мен үшін бойынша деп",
}
"""Common words by language; a word of two languages counts for both."""


def detect_language(text: str) -> str | None:
    """One of az, tr, ru, en by letters and common words of the beginning; None where that does not decide."""
    sample = text[:_LANGUAGE_SAMPLE]
    found = word_list(fold(sample))
    cyrillic = sum(has_cyrillic(word[0]) is not None for word in found)
    if 2 * cyrillic > len(found):
        if _NOT_RUSSIAN.search(sample):
            return None
        if _RUSSIAN.search(sample):
            return "ru"
    elif "ə" in sample or "Ə" in sample:
        return "az"
    known = _languages_of()
    counts = dict.fromkeys(_STOPWORDS, 0)
    for word in found:
        for lang in known.get(word, ()):
            counts[lang] += 1
    best = max(counts, key=lambda lang: counts[lang])
    enough = 2 if len(found) > 12 else 1
    if counts[best] < enough or sorted(counts.values())[-2] == counts[best]:
        return None
    return best or None


@functools.cache
def _languages_of() -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    for lang, common in _STOPWORDS.items():
        for word in fold(common).split():
            known[word] = (*known.get(word, ()), lang)
    return known
