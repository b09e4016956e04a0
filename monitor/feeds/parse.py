"""Bytes of a feed to entries: RSS 0.90-2.0, Atom 0.3-1.0 and CDF through feedparser, JSON Feed by our own reader.

        body -> charset -> hostile? feed at all? -> scan -> cut what is known -> feedparser -> entries

feedparser is met here alone, and always through BytesIO: given plain bytes it first tries to open a file of that name.
It gets no address of the document, because it would resolve guids against it, and a feed that moves would name all its
items anew. Links are resolved here. Its clean-up of markup is off: it loses text, and words are made elsewhere.
"""

import html
import io
import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import feedparser
import feedparser.api

from monitor.feeds.charset import decode
from monitor.feeds.differential import Scan, cut, scan
from monitor.feeds.document import (
    BODY_LIMIT,
    ENTRY_LIMIT,
    GUID_LIMIT,
    SHORT_LIMIT,
    TAG_LIMIT,
    TITLE_LIMIT,
    Document,
    primary_language,
)
from monitor.feeds.jsonfeed import read_json
from monitor.feeds.published import Published, published
from storage.errors import ParseError
from storage.model import Entry, TextKind

__all__ = ["Document", "Source", "parse", "prepare", "read"]

URL_LIMIT = 2_048
...
