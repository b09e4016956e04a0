"""A section of [channels] -> the channel itself, with its secrets.

Rule: a secret goes from the environment or its file into a `Secret` and shows itself nowhere else.
"""

import hashlib
from typing import assert_never
from urllib.parse import urlsplit

from alerts.channels import Channel, Secret
from alerts.channels.apprise import AppriseChannel, AppriseSettings
from alerts.channels.email import EmailChannel, EmailSettings
from alerts.channels.post import HttpSettings
from alerts.channels.slack import SlackChannel
from alerts.channels.smtp import Server
from alerts.channels.webhook import WebhookChannel, WebhookSettings
from alerts.transport.addresses import DEFAULT_PORTS, check_literal, opened_hosts
from alerts.transport.errors import AddressRefused
from monitor.config import Config, read_secret
from monitor.config.sections import AppriseConfig, ChannelConfig, EmailConfig, SlackConfig, WebhookConfig
from storage.errors import ConfigError

HttpConfig = SlackConfig | WebhookConfig


def open_channels(config: Config) -> dict[str, Channel]:
    """The channels, with their secrets; raises ConfigError with every problem of every channel."""
    built: dict[str, Channel] = {}
    problems: list[str] = []
    for name, channel in config.channels.items():
        try:
            built[name] = channel_of(f"channels.{name}", channel)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return built


def channel_of(key: str, channel: ChannelConfig) -> Channel:
    """The channel, its secrets read; `key` names its section in errors. Raises ConfigError."""
    match channel:
        case SlackConfig():
            return SlackChannel(_http(key, channel))
        case WebhookConfig():
            return WebhookChannel(
                WebhookSettings(http=_http(key, channel), signing=_signing(key, channel), format=channel.format)
            )
        case EmailConfig():
            return EmailChannel(_mail(key, channel))
        case AppriseConfig():
            return AppriseChannel(AppriseSettings(url=Secret(_address(key, channel))))
        case _:
            assert_never(channel)


def settings_hash(settings: ChannelConfig, channel: Channel) -> str:
    """Differs when a setting does, or the secret address behind it; tells nothing of either."""
    text = settings.model_dump_json() + channel.destination
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _http(key: str, channel: HttpConfig) -> HttpSettings:
    url = channel.url or _address(key, channel)
    _expect_allowed(key, url, channel)
    return HttpSettings(
        url=Secret(url),
        allow_private=frozenset(channel.allow_private),
        insecure_http=channel.insecure_http,
        ca_file=channel.ca_file,
        proxy=Secret(channel.proxy) if channel.proxy else None,
    )


def _expect_allowed(key: str, url: str, channel: HttpConfig) -> None:
    """Refuse here what every try to send would refuse; the address is a secret, and is not told."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ConfigError(f"{key}.url: what it names is no address") from None
    if parts.scheme not in DEFAULT_PORTS or not host:
        raise ConfigError(f"{key}.url: what it names is no address that begins with https://")
    if parts.scheme == "http" and not channel.insecure_http:
        raise ConfigError(f"{key}.url: only https is sent to, and it is http; insecure_http = true there allows it")
    opened = opened_hosts(channel.allow_private)
    try:
        check_literal(host, port or DEFAULT_PORTS[parts.scheme], opened)
    except AddressRefused:
        raise ConfigError(f"{key}.url: it is a private address; its host in allow_private there allows it") from None


def _address(key: str, channel: HttpConfig | AppriseConfig) -> str:
    return read_secret(channel.url_env, channel.url_file, key=f"{key}.url")


def _signing(key: str, channel: WebhookConfig) -> tuple[Secret, ...]:
    return tuple(
        Secret(read_secret(env, file, key=f"{key}.secrets"))
        for env, file in (
            *((env, None) for env in channel.secrets_env),
            *((None, file) for file in channel.secrets_file),
        )
    )


def _mail(key: str, channel: EmailConfig) -> EmailSettings:
    return EmailSettings(
        server=Server(
            host=channel.host,
            port=channel.port,
            tls=channel.tls,
            username=_optional(channel.username_env, channel.username_file, f"{key}.username"),
            password=_optional(channel.password_env, channel.password_file, f"{key}.password"),
            ca_file=channel.ca_file,
        ),
        sender=channel.from_,
        thread_by=channel.thread_by,
        list_unsubscribe=channel.list_unsubscribe,
        insecure_plaintext=channel.insecure_plaintext,
    )


def _optional(env: str | None, file: str | None, key: str) -> Secret | None:
    return Secret(read_secret(env, file, key=key)) if env or file else None
