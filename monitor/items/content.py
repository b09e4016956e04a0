"""What an entry says and what it is called: plain words with their hashes, facts, canonical links, keys.

Hashes are over folded words alone, so that markup, punctuation, quotes, spacing, dates, tags and links never make a
revision. Every stored hash begins with the version of this normal form: who changes what is hashed raises it.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from monitor.words import fold, plain_text, words
from storage.model import GLOBAL, Content, Entry, Key, KeyKind, TextKind

NORM_VERSION = 1
TITLE_LIMIT = 1_000

_AGGREGATORS = frozenset({"news.google.com"})  # links and guids rotate, the description repeats the link

_UPDATED = (
    r"(?:yen[ie]l[eə]n[ie]b|d[eə]qiql[eə]şdirilib|[eə]lav[eə] olunub|updated?|details added|обновлен[оаы]?|дополнен[оаы]?)"
    r"(?:[ -]*[\[(]?\d{1,2}[\])]?)?"
)
_PICTURES = r"(?:\d{1,3} )?(?:photos?|fotolar|foto|фото|videolar|videos?|видео|audio|аудио|infoqrafika|infographics?|инфографика)"
_UPDATE_MARK = re.compile(rf"(?<![^\W_])({_UPDATED})[\])]?[ .!]*\Z")
_PICTURE_MARK = re.compile(rf"(?:[(\[] ?|[-|/] ){_PICTURES}(?:(?: ?[-/,+&|] ?| və | и | and | ){_PICTURES})* ?[)\]]?\Z")
_MARK_LENGTH = 100  # marks are looked for in so many last characters
_LOOSE_END = " -|/:,;(["

_NUMBER = re.compile(
    r"[0-9](?:[0-9]{0,2}(?:([ .,'])[0-9]{3}(?:\1[0-9]{3})*)(?![0-9])|[0-9]*)(?:[.,][0-9]+)?"
    r"(?:[ -]?(?:(%|percent|per cent|faiz|процент)|(tys|thousand|тыс|min)|(mln|million|milyon|млн|миллион)"
    r"|(mlrd|bn|billion|milyard|млрд|миллиард)|(trillion|trilyon|трлн)))?"
)
