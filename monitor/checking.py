"""What can be wrong apart from the configuration's own values: secrets, channels, what feeds and pages need.

Rule: every problem is found in one go, and nothing is loaded but for what is configured.
"""

import os
from collections.abc import Callable, Iterator, Mapping

from monitor.config import Config, read_secret
from storage.errors import ConfigError


def problems(config: Config, environ: Mapping[str, str] = os.environ) -> Iterator[str]:
    """One line for each secret that is not there, each channel that cannot be opened, each part that is missing."""
    yield from _channels(config)
    yield from _feeds(config, environ)
    yield from _told(lambda: expect_page_reader(config))


def expect_page_reader(config: Config) -> None:
    """Raise ConfigError where pages are asked for and cannot be read."""
    if config.pages or any(feed.fetch_page for feed in config.feeds):
        from monitor.feeds.pages import expect_extractor

        expect_extractor()


def _channels(config: Config) -> Iterator[str]:
    if config.channels:
        from monitor.channels import open_channels

        yield from _told(lambda: open_channels(config))
    if config.alerts.heartbeat_url_env:
        from monitor.channels import heartbeat

        yield from _told(lambda: heartbeat(config))


def _feeds(config: Config, environ: Mapping[str, str]) -> Iterator[str]:
    watched = [(f"feeds[{place}]", feed.auth_env, feed.headers_env) for place, feed in enumerate(config.feeds, 1)]
    watched += [(f"pages[{place}]", page.auth_env, page.headers_env) for place, page in enumerate(config.pages, 1)]
    for path, auth_env, headers_env in watched:
        wanted = [("auth", auth_env)] if auth_env else []
        wanted += [(f"headers.{header}", variable) for header, variable in headers_env.items()]
        for key, variable in wanted:
            try:
                read_secret(variable, None, key=f"{path}.{key}", environ=environ)
            except ConfigError as error:
                yield from error.problems


def _told(part: Callable[[], object]) -> Iterator[str]:
    try:
        part()
    except ConfigError as error:
        yield from error.problems
