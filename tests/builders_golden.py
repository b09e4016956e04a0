"""Whole messages as they were accepted, and the channels whose they are."""

import json
from pathlib import Path

import pytest

from alerts.channels import Channel, Secret
from alerts.channels.apprise import AppriseChannel, AppriseSettings
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings

FOLDER = Path(__file__).parent / "golden" / "messages"
URL = Secret("https://hooks.example.org/services/T000/B000/XXXXXXXX")
SLACK = SlackChannel(HttpSettings(url=URL))
WEBHOOK = WebhookChannel(WebhookSettings(http=HttpSettings(url=URL)))
CHANNELS: dict[str, Channel] = {
    "slack.json": SLACK,
    "webhook.json": WEBHOOK,
    "cloudevents.json": WebhookChannel(WebhookSettings(http=HttpSettings(url=URL), format="cloudevents")),
    "eml": EmailChannel(EmailSettings(server=Server(host="127.0.0.1"), sender="Salname <watch@example.org>")),
    "apprise.txt": AppriseChannel(AppriseSettings(url=Secret("json://127.0.0.1"))),
}


def accepted(name: str, content: bytes) -> bytes:
    """The bytes of the file, which is written and fails once if there is none."""
    path = FOLDER / name
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        pytest.fail(f"{name} is new: look at it, then run again")
    return path.read_bytes()


def as_read(suffix: str, content: bytes) -> bytes:
    """As a person reads it: a mail as it is, JSON indented, of a title and a text the one above the other."""
    match suffix:
        case "eml":
            return content
        case "apprise.txt":
            message = json.loads(content)
            return f"{message['title']}\n\n{message['body']}\n".encode()
        case _:
            return readable(content)


def readable(content: bytes) -> bytes:
    """JSON indented; equal values give equal text."""
    return json.dumps(json.loads(content), ensure_ascii=False, indent=1).encode() + b"\n"
