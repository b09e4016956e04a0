"""Which letters the bytes of a document are, whatever it is declared as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.charset import decode
from tests.builders_feeds import reading, rss

RUSSIAN = "Порт закрыли на ремонт до весны"
AZERBAIJANI = "Körpünün təmiri başa çatıb, İyunda açılır"
FRENCH = "L'été à la forêt, déjà passé"


def declared(encoding: str, text: str) -> str:
    return f'<?xml version="1.0" encoding="{encoding}"?>\n' + rss(f"<title>{text}</title>")


def title_of(body: bytes, content_type: str | None = None) -> str:
    (entry,) = reading(body, content_type=content_type).entries
    return entry.title


@pytest.mark.parametrize("content_type", [None, "application/xml", "text/xml", "text/html", "nonsense;;"])
@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", AZERBAIJANI),
        ("utf-8-sig", AZERBAIJANI),
        ("utf-16", AZERBAIJANI),
        ("utf-16-le", AZERBAIJANI),
        ("utf-16-be", AZERBAIJANI),
        ("utf-32", AZERBAIJANI),
        ("utf-32-le", AZERBAIJANI),
        ("utf-32-be", AZERBAIJANI),
        ("windows-1251", RUSSIAN),
        ("koi8-r", RUSSIAN),
        ("iso-8859-5", RUSSIAN),
        ("windows-1254", "Körpünün tamiri, ığşöçü"),
        ("iso-8859-1", FRENCH),
        ("gb18030", "港口关闭"),
        ("shift_jis", "港を閉じる"),
        ("iso-2022-jp", "港を閉じる"),
        ("big5", "港口關閉"),
    ],
)
def test_a_declared_encoding_is_read(encoding: str, text: str, content_type: str | None):
    name = encoding.removesuffix("-sig")
    assert title_of(declared(name, text).encode(encoding), content_type) == text


def test_the_http_charset_wins_over_the_declaration():
    body = declared("windows-1252", RUSSIAN).encode("windows-1251")
    assert title_of(body, "text/xml; charset=windows-1251") == RUSSIAN
    assert title_of(body, 'text/xml; charset="windows-1251"') == RUSSIAN


def test_a_byte_order_mark_wins_over_both():
    body = declared("windows-1252", AZERBAIJANI).encode("utf-8-sig")
    assert title_of(body, "text/xml; charset=koi8-r") == AZERBAIJANI


@pytest.mark.parametrize("wrong", ["windows-1251", "iso-8859-1", "us-ascii", "utf-16", "nonsense"])
def test_valid_utf8_is_utf8_whatever_is_declared(wrong: str):
    assert title_of(declared(wrong, AZERBAIJANI).encode(), f"text/xml; charset={wrong}") == AZERBAIJANI


@pytest.mark.parametrize("said", ["utf-8", "us-ascii", "utf-16", "windows-9", "unicode_escape", "zlib", "utf-7"])
@pytest.mark.parametrize(("true", "text"), [("windows-1251", RUSSIAN), ("windows-1252", FRENCH)])
def test_a_wrong_declaration_is_seen_through_and_noted(said: str, true: str, text: str):
    document = reading(declared(said, text).encode(true))
    assert [entry.title for entry in document.entries] == [text]
    assert document.complaint == f"declared as {said}, read as {true}"


def test_undeclared_single_bytes_are_noted():
    document = reading(rss(f"<title>{RUSSIAN}</title>").encode("windows-1251"))
    assert [entry.title for entry in document.entries] == [RUSSIAN]
    assert document.complaint == "declares no encoding, read as windows-1251"


def test_a_document_cut_inside_a_letter_keeps_its_encoding():
    whole = declared("utf-8", RUSSIAN).encode()
    end = whole.index(b"</item>") + len(b"</item>")
    document = reading(whole[:end] + "<item><title>Ж".encode()[:-1])
    assert document.truncated
    assert [entry.title for entry in document.entries] == [RUSSIAN]


def test_a_description_cut_by_bytes_costs_one_letter():
    body = rss(f"<title>{RUSSIAN * 3}</title><description>CUT</description>").encode()
    assert title_of(body.replace(b"CUT", "Ж".encode()[:1])) == RUSSIAN * 3


def test_lines_keep_their_numbers_without_the_declaration():
    decoded = decode(b'\xef\xbb\xbf\n<?xml version="1.0"\n encoding="utf-8"?>\n<rss/>', None)
    assert decoded.text.splitlines() == ["", "", "", "<rss/>"]


@given(st.binary(max_size=200), st.one_of(st.none(), st.text(max_size=40)))
def test_no_bytes_make_it_fail(body: bytes, content_type: str | None):
    decode(body, content_type).text.encode("utf-8")


@given(st.text(max_size=80))
def test_utf8_is_read_exactly(text: str):
    assert decode(b"<" + text.encode(), None).text == "<" + text
