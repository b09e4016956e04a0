"""A section of [channels] -> the channel itself, with its secrets.

Rule: a secret goes from the environment or its file into a `Secret` and shows itself nowhere else.
"""

import hashlib
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar, assert_never
from urllib.parse import urlsplit

from alerts.channels import Channel, Secret
from alerts.channels.apprise import AppriseChannel, AppriseSettings
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings, signing_key
from alerts.deliver import Heartbeat
from alerts.transport import Refused, expect_allowed
from monitor import __distribution__, __version__
from monitor.config import Config, read_secret
from monitor.config.sections import AppriseConfig, ChannelConfig, EmailConfig, SlackConfig, WebhookConfig
from storage.errors import ConfigError

HttpConfig = SlackConfig | WebhookConfig
_Made = TypeVar("_Made")


def open_channels(config: Config) -> dict[str, Channel]:
    """The channels, with their secrets; raises ConfigError with every problem of every channel."""
    opened = _all(partial(channel_of, f"channels.{name}", channel) for name, channel in config.channels.items())
    return dict(zip(config.channels, opened, strict=True))


def channel_of(key: str, channel: ChannelConfig) -> Channel:
    """The channel, its secrets read; `key` names its section in errors. Raises ConfigError with every problem."""
    match channel:
        case SlackConfig():
            return SlackChannel(_http(key, channel))
        case WebhookConfig():
            _all((lambda: _http(key, channel), lambda: _signing(key, channel)))  # one problem hides no other
            return WebhookChannel(
                WebhookSettings(http=_http(key, channel), signing=_signing(key, channel), format=channel.format)
            )
        case EmailConfig():
            _all((lambda: _user(key, channel), lambda: _password(key, channel)))
            try:
                return EmailChannel(_mail(key, channel))
            except ConfigError as error:
                raise ConfigError(*(f"{key}: {problem}" for problem in error.problems)) from None
        case AppriseConfig():
            return AppriseChannel(AppriseSettings(url=Secret(_address(key, channel))))
        case _:
            assert_never(channel)


def heartbeat(config: Config) -> Heartbeat | None:
    """None if none is wanted; raises ConfigError for an address that is not there or would be refused."""
    if not config.alerts.heartbeat_url_env:
        return None
    key = "alerts.heartbeat_url"
    url = read_secret(config.alerts.heartbeat_url_env, None, key=key)
    opened, parts = frozenset(config.http.allow_private), urlsplit(url)
    settings = HttpSettings(
        program=f"{__distribution__}/{__version__}",
        url=Secret(url),
        allow_private=opened,
        insecure_http=not opened.isdisjoint({parts.netloc, parts.hostname or ""}),
        proxy=Secret(config.http.proxy) if config.http.proxy else None,
    )
    return Heartbeat(_checked(key, settings))


def settings_hash(settings: ChannelConfig, channel: Channel) -> str:
    """Differs when a setting does, or the secret address behind it; tells nothing of either."""
    text = settings.model_dump_json() + channel.destination
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _http(key: str, channel: HttpConfig) -> HttpSettings:
    url = channel.url or _address(key, channel)
    settings = HttpSettings(
        program=f"{__distribution__}/{__version__}",
        url=Secret(url),
        allow_private=frozenset(channel.allow_private),
        insecure_http=channel.insecure_http,
        ca_file=channel.ca_file,
        proxy=Secret(channel.proxy) if channel.proxy else None,
    )
    return _checked(f"{key}.url", settings)


def _checked(key: str, settings: HttpSettings) -> HttpSettings:
    try:
        expect_allowed(settings.url.reveal(), settings.policy)
    except Refused as error:  # the cause alone: the address is a secret
        raise ConfigError(f"{key}: {error.cause}") from None
    return settings


def _address(key: str, channel: HttpConfig | AppriseConfig) -> str:
    return read_secret(channel.url_env, channel.url_file, key=f"{key}.url")


def _signing(key: str, channel: WebhookConfig) -> tuple[Secret, ...]:
    places = [
        *((f"secrets_env[{n}]", env, None) for n, env in enumerate(channel.secrets_env, 1)),
        *((f"secrets_file[{n}]", None, file) for n, file in enumerate(channel.secrets_file, 1)),
    ]

    def read(place: str, env: str | None, file: str | None) -> Secret:
        secret = Secret(read_secret(env, file, key=f"{key}.secrets"))
        try:
            signing_key(secret)
        except ConfigError as error:
            raise ConfigError(f"{key}.{place}: {error}") from None
        return secret

    return tuple(_all(partial(read, *place) for place in places))


def _mail(key: str, channel: EmailConfig) -> EmailSettings:
    return EmailSettings(
        server=Server(
            host=channel.host,
            port=channel.port,
            tls=channel.tls,
            username=_user(key, channel),
            password=_password(key, channel),
            ca_file=channel.ca_file,
        ),
        sender=channel.from_,
        thread_by=channel.thread_by,
        list_unsubscribe=channel.list_unsubscribe,
        insecure_plaintext=channel.insecure_plaintext,
    )


def _user(key: str, channel: EmailConfig) -> Secret | None:
    return _optional(channel.username_env, channel.username_file, f"{key}.username")


def _password(key: str, channel: EmailConfig) -> Secret | None:
    return _optional(channel.password_env, channel.password_file, f"{key}.password")


def _optional(env: str | None, file: str | None, key: str) -> Secret | None:
    return Secret(read_secret(env, file, key=key)) if env or file else None


def _all(parts: Iterable[Callable[[], _Made]]) -> list[_Made]:
    """What each part gives; raises one ConfigError with the problems of all."""
    made, problems = list[_Made](), list[str]()
    for part in parts:
        try:
            made.append(part())
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return made
