"""What the world may write into a headline, and what no channel may make of it."""

import contextlib
import email
import email.policy
import json
import re
from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.channels import REPEAT_MARK, Secret
from alerts.channels.blocks import escaped, weight
from alerts.channels.email import EmailChannel, EmailSettings, mailbox
from alerts.channels.post import HttpSettings, encoded
from alerts.channels.slack import SlackChannel, marked
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.message import UNTITLED, Notification, clean, cut, units
from storage.errors import ConfigError
from tests.builders_messages import a_note, a_source, hostile_digest, hostile_note

URL = Secret("https://hooks.example.org/services/T000/B000/XXXXXXXX")
SLACK = SlackChannel(HttpSettings(url=URL))
WEBHOOKS = tuple(
    WebhookChannel(WebhookSettings(http=HttpSettings(url=URL), format=form)) for form in ("standard", "cloudevents")
)
MAIL = EmailChannel(EmailSettings(server=Server(host="127.0.0.1"), sender="Salname <watch@example.org>"))
KINDS = (
    *("event.created", "event.updated", "event.merged", "fact.changed", "date.slipped", "promise.overdue"),
    *("item.revised", "item.withdrawn", "feed.failing", "odd.kind", "digest"),
)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "List-Id"),
    *("X-Auto-Response-Suppress", "X-Salname-Kind", "X-Salname-Event", "X-Salname-Delivery", "MIME-Version"),
    "Content-Type",
}
TAGS = {"html", "head", "meta", "body", "p", "b", "i", "br", "table", "tr", "td", "ul", "li", "a", "code"}


class Long(str):
    """A text that is shown by its length when a test fails."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{len(self):,} characters of {self[:6]!s}"


SAYINGS = [
    "",
    " \u200b ",
    "<!channel> <@U024BE7LH> <https://evil.example|bank> <!subteam^S1> *bold* _it_ `code` ~s~ :skull:",
    "a & b &amp; c &lt;!here&gt; <",
    "Title\r\nBcc: everyone@example.org\r\n\r\nbody",
    "=?utf-8?q?x=0D=0ABcc:_everyone=40example.org?=",
    "=?utf-8?b?DQpCY2M6IGV2ZXJ5b25lQGV4YW1wbGUub3Jn?=",
    '"><script>alert(1)</script><img src=x onerror=alert(1)><a href="javascript:x">',
    "</body></html><!-- --><style>*{display:none}</style>",
    "\x1b]0;title\x07\x1b[31mred\x1b[0m\x9b2J",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "lone \ud800 and \udfff",
    "--=_d_5b1f0c9e2a7744d1--\n.\n..\nFrom here",
    "İlham ƏLİYEV çıxışında: rəqəmsal inkişaf, ğ ı ö ş ü",
    "العربية עברית فارسی می\u200cخواهم",
    "🧑\u200d🚀🇦🇿👨\u200d👩\u200d👧\u200d👦",
    "\\u003c!channel\\u003e %0d%0aBcc: x",
    Long("a" * 1_000_000),
    Long("&" * 1_000_000),
    Long("😀" * 1_000_000),
    Long("слово " * 200_000),
    Long('"' * 50_000),
]

texts = st.one_of(
    st.sampled_from([text for text in SAYINGS if len(text) < 1_000]),
    st.text(max_size=400),
    st.builds("".join, st.lists(st.sampled_from(["<!channel>", "&", "\r\n", "=?", "?=", "😀", "\ud800", "x" * 90]))),
)


def every_saying(test):
    """Each of the sayings, beside what hypothesis thinks of."""
    for text in SAYINGS:
        test = example(text=text, kind="event.created", count=1)(test)
        test = example(text=text, kind="digest", count=30)(test)
    test = example(text=SAYINGS[-1], kind="fact.changed", count=60)(test)
    return settings(max_examples=40)(given(text=texts, kind=st.sampled_from(KINDS), count=st.integers(0, 8))(test))


def a_hostile(text: str, kind: str, count: int) -> Notification:
    return hostile_digest(text, count) if kind == "digest" else hostile_note(text, kind=kind, count=count)


def objects(value: object) -> Iterator[dict[str, object]]:
    if isinstance(value, dict):
        yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(part)


def assert_slack_takes(payload: dict[str, object]) -> None:
    """Slack's limits, which it applies to what it has escaped."""
    text, blocks = payload["text"], payload.get("blocks", [])
    assert isinstance(text, str)
    assert isinstance(blocks, list)
    assert 0 < units(text) <= 1_000
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)
    assert payload["unfurl_links"] is payload["unfurl_media"] is False
    assert len(blocks) <= 45
    assert weight(json.dumps(blocks, ensure_ascii=False, separators=(",", ":"))) <= 10_000
    for found in objects(blocks):
        match found:
            case {"type": "header", "text": {"type": "plain_text", "text": str(said)}}:
                assert 0 < weight(said) <= 150
            case {"type": "section"}:
                assert isinstance(found["fields"], list)
                assert 0 < len(found["fields"]) <= 10
                assert all(0 < weight(part["text"]) <= 2_000 for part in found["fields"])
            case {"type": "context"}:
                assert isinstance(found["elements"], list)
                assert 0 < len(found["elements"]) <= 10
                assert all(0 < weight(part["text"]) <= 2_000 for part in found["elements"])
            case {"type": "link", "url": str(url), "text": str(said)}:
                assert len(url) <= 3_000
                assert url.isascii()
                assert said
            case {"type": "plain_text" | "text", "text": str(said)}:
                assert 0 < weight(said) <= 3_000
            case {"type": "rich_text" | "rich_text_section" | "rich_text_list", "elements": list(elements)}:
                assert elements
            case {"bold": True}:
                pass
            case _:
                pytest.fail(f"an unknown object: {found}")


@every_saying
def test_slack_takes_every_message_and_reads_no_markup_into_it(text, kind, count):
    note = a_hostile(text, kind, count)
    for form in ("rich", "plain"):
        body = SLACK.render(note, form).content
        assert not re.search(rb"[<>&]", body)
        payload = json.loads(body)
        assert_slack_takes(payload)
        assert ("blocks" in payload) == (form == "rich")
        repeated = json.loads(encoded(marked(payload, REPEAT_MARK)))
        assert_slack_takes(repeated)
        last = repeated["blocks"][-1]["elements"][-1] if form == "rich" else repeated
        assert last["text"].endswith(REPEAT_MARK)


@every_saying
def test_a_webhooks_body_is_small_whole_json(text, kind, count):
    note = a_hostile(text, kind, count)
    for channel in WEBHOOKS:
        rich, thin = (channel.render(note, form).content for form in ("rich", "plain"))
        assert len(rich) <= 20_000
        assert not re.search(rb"[<>&]", rich)
        data = json.loads(rich)["data"]
        assert data["delivery"] == json.loads(thin)["data"]["delivery"] == {"id": note.id, "sequence": note.sequence}
        told = note.digest.line_count if note.digest else len(note.changes)
        assert data["counts"] == {"changes": told, "items": len(note.items)}
        assert bool(data["change"]) == bool(json.loads(thin)["data"]["change"]) == (kind != "digest")
        assert json.loads(rich)["type"].removeprefix("org.salname.").removesuffix(".v1") == kind
        words = {key for found in objects(json.loads(thin)) for key, value in found.items() if isinstance(value, str)}
        assert words <= {
            "id",
            "kind",
            "type",
            "timestamp",
            "time",
            "source",
            "subject",
            "specversion",
            "datacontenttype",
        }


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        for name, value in attrs:
            assert name != "href" or value.startswith("https://")

    def handle_data(self, data):
        self.words.append(data)


def parsed(note: Notification, form="rich") -> EmailMessage:
    content = MAIL.render(note, form).content
    assert content.isascii()
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\x00", content)
    return email.message_from_bytes(content, policy=email.policy.default)


@every_saying
def test_no_word_of_the_world_becomes_a_header(text, kind, count):
    note = a_hostile(text, kind, count)
    for form in ("rich", "plain"):
        message = parsed(note, form)
        assert set(message.keys()) <= HEADERS | {"Content-Transfer-Encoding"}
        assert len(message.keys()) == len(set(message.keys()))
        assert message["To"] == "desk@example.org"
        assert message["Message-ID"] == "<d_5b1f0c9e2a7744d1@salname.example.org>"
        assert not message.defects


@every_saying
def test_a_subject_says_what_the_title_said(text, kind, count):
    note = a_hostile(text, kind, count)
    raw = MAIL.render(note, "rich").content
    subject = email.message_from_bytes(raw, policy=email.policy.default)["Subject"]
    if note.digest:
        assert str(subject).startswith("[salname] Digest Tue 2 Dec 08:00: ")
    if note.event is not None:
        expected = "Re: " + cut(f"[{note.topics[0]}] {note.event.title}", 150)
        assert re.sub(r"\s+", " ", str(subject)) == re.sub(r"\s+", " ", expected)


@every_saying
def test_a_mail_has_the_words_twice_and_no_markup_but_ours(text, kind, count):
    note = a_hostile(text, kind, count)
    message = parsed(note)
    plain, html = (part.get_content() for part in message.iter_parts())
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", plain + html)
    tags = Tags()
    tags.feed(html)
    assert tags.tags <= TAGS
    assert tags.attributes <= {("a", "href"), ("a", "rel"), ("p", "style"), ("html", "lang"), ("meta", "charset")}
    if note.digest and not count:
        return  # nothing of a feed's words stands in it
    headline = cut(clean(text), 100).rstrip("…")
    assert headline in plain
    assert headline in "".join(tags.words)


@every_saying
def test_a_digest_tells_or_counts_every_line(text, kind, count):
    note = hostile_digest(text, count)
    assert note.digest
    payload = json.loads(SLACK.render(note, "rich").content)
    lists = [found["elements"] for found in objects(payload["blocks"]) if found.get("type") == "rich_text_list"]
    lines = [line for found in lists if isinstance(found, list) for line in found]
    more = re.search(r"([\d,]+) more: salname timeline", payload["blocks"][-1]["elements"][0]["text"])
    assert len(lines) + (int(more[1].replace(",", "")) if more else 0) == note.digest.line_count == count
    assert count == 0 or lines


def test_an_empty_world_is_called_untitled():
    body = json.loads(SLACK.render(hostile_note("", kind="event.created"), "rich").content)
    assert UNTITLED in body["text"]


@given(st.text(max_size=300))
def test_escaping_is_undone_by_slack_and_weighs_what_it_says(text):
    for raw, entity in (("<", "&lt;"), (">", "&gt;")):
        assert escaped(text).count(entity) >= text.count(raw)
    assert escaped(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == text
    assert weight(text) == units(escaped(text)) == sum(weight(character) for character in text)


@given(st.text(max_size=60))
def test_a_recipient_is_one_mailbox_or_nobody(text):
    note = a_note(a_source())
    message = parsed(note)
    assert message["To"] == "undisclosed-recipients:;"  # a channel's name is no address
    with contextlib.suppress(ConfigError):
        spec = mailbox(text).addr_spec
        assert spec.isascii()
        assert not re.search(r"[\r\n,]", spec)
