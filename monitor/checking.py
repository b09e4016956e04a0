"""What can be wrong apart from the configuration's own values: secrets, channels, what feeds and pages need.

Rule: every problem is found in one go, and nothing is loaded but for what is configured.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from monitor.config import Config, read_variable
from monitor.config.sections import Conditions
from monitor.words import fold
from storage.addresses import shown
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


def unknown_sources(config: Config, stored: Iterable[str]) -> Iterator[str]:
    """One line for each `source` of a condition that is no feed or outlet of the configuration nor one of `stored`.

    It is no mistake for sure: an aggregator names the outlets of its entries.
    """
    named = {feed.called for feed in config.feeds} | {page.name for page in config.pages}
    named |= {one.url for one in config.feeds} | {one.url for one in config.pages}
    outlets = {one.outlet for one in config.feeds} | {one.outlet for one in config.pages}
    known = {fold(name) for name in (*named, *filter(None, outlets), *stored)}
    for path, when in _conditions(config):
        for name in when.source:
            if fold(name) not in known:
                said = f'no feed or outlet is called "{shown(name)}"'
                yield f"{path}.source: {said}; it is met only where an aggregator names that source"


def _conditions(config: Config) -> Iterator[tuple[str, Conditions]]:
    for place, route in enumerate(config.routes, 1):
        yield f"routes[{place}].when", route.when
    for place, rule in enumerate(config.rules, 1):
        yield f"rules[{place}].when", rule.when
    for place, one in enumerate(config.inhibit, 1):
        yield f"inhibit[{place}].source", one.source
        yield f"inhibit[{place}].target", one.target


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
        wanted = [("auth_env", auth_env)] if auth_env else []
        wanted += [(f"headers_env.{header}", variable) for header, variable in headers_env.items()]
        for key, variable in wanted:
            yield from _told(partial(read_variable, variable, key=f"{path}.{key}", environ=environ))


def _told(part: Callable[[], object]) -> Iterator[str]:
    try:
        part()
    except ConfigError as error:
        yield from error.problems
