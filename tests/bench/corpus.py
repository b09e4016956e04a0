"""Feeds that nobody wrote: seeded, the same on every machine, and like the news in what costs time.

Every feed is RSS or Atom of 20 to 30 entries in 22 to 51 KB; half of them carry the whole article beside its summary,
with the markup that publishers put in. Of all entries 8 % are copies that several feeds carry. Each generation of a
feed brings one entry, and drops the oldest.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from random import Random

SEED = 1865
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
LATEST = BEGIN + timedelta(days=16)  # no entry of the first hundred generations is younger
COPIED = 0.08
ATOM = 0.35

# What the topics ask for; about four entries of five hold one of them.
NAMES = (
    *("ITU", "WTDC", "Baku", "Azerbaijan", "Azercosmos", "AzerTelecom", "Kigali", "Geneva", "Aktau", "Sumgait"),
    *("5G", "Starlink", "Kazakhstan", "Tbilisi", "Ankara", "Astana", "Caspian", "broadband", "spectrum", "regulator"),
)
_SYLLABLES = tuple(
    first + middle + last
    for first in ("b", "br", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "st", "t", "tr", "v")
    for middle in ("a", "e", "i", "o", "u", "ai")
    for last in ("", "n", "r", "s", "t", "ld")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A document as its server has it."""

    body: bytes
    kind: str  # "rss" or "atom"
    entry_count: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    slug: str
    number: int
    title: str
    paragraphs: tuple[str, ...]
    author: str
    labels: tuple[str, ...]
    at: datetime


class Corpus:
    """All feeds of one seed."""

    def __init__(self, seed: int = SEED) -> None:
        self._seed = seed
        rng = Random(seed)
        vocabulary = ["".join(rng.choices(_SYLLABLES, k=rng.choice((1, 2, 2, 3)))) for _ in range(6_000)]
        # Words are as unequal as in a language: the second occurs half as often as the first (Zipf).
        self._words = rng.choices(vocabulary, [1 / (rank + 3) for rank in range(len(vocabulary))], k=120_000)

    def document(self, feed: int, generation: int) -> Served:
        rng = self._rng("feed", feed)
        kind = "atom" if rng.random() < ATOM else "rss"
        count, whole = rng.randint(20, 30), rng.random() < 0.5
        stories = [self._story(feed, number) for number in range(generation + 100, generation + 100 - count, -1)]
        text = (_atom if kind == "atom" else _rss)(feed, stories, whole=whole)
        return Served(body=text.encode(), kind=kind, entry_count=count, modified_at=stories[0].at)

    def _rng(self, *place: object) -> Random:
        return Random(repr((self._seed, *place)))

    def _story(self, feed: int, number: int) -> _Story:
        own = self._rng("entry", feed, number)
        copied = own.random() < COPIED
        source = self._rng("agency", own.randrange(400)) if copied else own
        words = self._sentence(source, source.randint(5, 9))
        name = source.choice(NAMES)
        return _Story(
            slug=f"{feed}-{number}",
            number=number,
            title=f"{words[:-1]} {name} {' '.join(source.sample(self._words, 2))}",
            paragraphs=tuple(self._paragraph(source) for _ in range(source.randint(2, 3))),
            author=f"{name} desk",
            labels=tuple(source.sample(NAMES, 2)),
            at=BEGIN + timedelta(hours=3 * number, seconds=own.randrange(3_600)),
        )

    def _paragraph(self, rng: Random) -> str:
        return " ".join(self._sentence(rng, rng.randint(9, 22)) for _ in range(rng.randint(1, 2)))

    def _sentence(self, rng: Random, length: int) -> str:
        start = rng.randrange(len(self._words) - length)
        words = self._words[start : start + length]
        if rng.random() < 0.25:
            words[rng.randrange(length)] = rng.choice(NAMES)
        words[0] = words[0].capitalize()
        return " ".join(words) + "."


@lru_cache(maxsize=1)
def standard() -> Corpus:
    """The corpus that is measured; made once a process."""
    return Corpus()


def _summary(story: _Story) -> str:
    return f'<p>{escape(story.paragraphs[0])} <a href="/news/{story.slug}?from=feed&amp;n=1">Read on</a></p>'


def _article(story: _Story) -> str:
    picture = (
        f'<figure><img src="/img/{story.slug}.jpg" width="640" height="360" alt="" onerror="hide(this)"/></figure>'
    )
    paragraphs = "".join(f'<p class="text">{escape(one)}</p>' for one in story.paragraphs)
    return f"{picture}{paragraphs}<script>count('{story.slug}')</script>"


def _rss(feed: int, stories: list[_Story], *, whole: bool) -> str:
    site = f"https://outlet{feed}.example"
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom">\n<channel>\n'
        f"<title>Outlet {feed}</title><link>{site}/</link><description>News of outlet {feed}</description>\n"
        f'<atom:link href="{site}/rss.xml" rel="self" type="application/rss+xml"/><language>en</language>\n'
        f"<lastBuildDate>{format_datetime(stories[0].at)}</lastBuildDate><ttl>30</ttl>\n"
    )
    return head + "".join(_item(site, story, whole=whole) for story in stories) + "</channel>\n</rss>\n"


def _item(site: str, story: _Story, *, whole: bool) -> str:
    content = f"<content:encoded><![CDATA[{_article(story)}]]></content:encoded>\n" if whole else ""
    labels = "".join(f"<category><![CDATA[{label}]]></category>" for label in story.labels)
    return (
        f"<item>\n<title>{escape(story.title)}</title>\n<link>{site}/news/{story.slug}?utm_source=rss</link>\n"
        f'<guid isPermaLink="false">{site}/?id={story.number}</guid>\n'
        f"<dc:creator><![CDATA[{story.author}]]></dc:creator><pubDate>{format_datetime(story.at)}</pubDate>{labels}\n"
        f"<description><![CDATA[{_summary(story) if whole else _article(story)}]]></description>\n{content}"
        f'<media:thumbnail url="{site}/img/{story.slug}-s.jpg" width="150" height="84"/>\n</item>\n'
    )


def _atom(feed: int, stories: list[_Story], *, whole: bool) -> str:
    site = f"https://outlet{feed}.example"
    head = (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{site}/">\n'
        f"<title>Outlet {feed}</title><id>{site}/feed</id><updated>{stories[0].at.isoformat()}</updated>\n"
        f'<link rel="self" href="{site}/atom.xml"/><link href="{site}/"/>\n'
    )
    return head + "".join(_entry(feed, story, whole=whole) for story in stories) + "</feed>\n"


def _entry(feed: int, story: _Story, *, whole: bool) -> str:
    content = f'<content type="html">{escape(_article(story))}</content>\n' if whole else ""
    labels = "".join(f'<category term="{label}"/>' for label in story.labels)
    return (
        f'<entry>\n<title type="html">{escape(story.title)}</title>\n'
        f"<id>tag:outlet{feed}.example,2025:{story.number}</id>\n"
        f'<link rel="alternate" href="/news/{story.slug}"/>\n'
        f"<published>{story.at.isoformat()}</published><updated>{story.at.isoformat()}</updated>\n"
        f"<author><name>{story.author}</name></author>{labels}\n"
        f'<summary type="html">{escape(_summary(story) if whole else _article(story))}</summary>\n{content}</entry>\n'
    )
