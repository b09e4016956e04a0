"""Configuration -> the frozen values and the parts that the line is made of; channels are opened in channels.py."""

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

from alerts.bundles import Target
from alerts.deliver import Outlet
from alerts.release import Release
from alerts.rules import Condition, Inhibition, Route, Routing, Rule
from alerts.transport import Limits, Policy
from alerts.window import INTERVAL, Quiet, Timing
from monitor import __version__
from monitor.channels import open_channels, settings_hash
from monitor.config import Config, read_variable
from monitor.config.sections import Conditions, FeedConfig, PageConfig, RouteConfig, TopicConfig
from monitor.config.values import Weekday
from monitor.events.link import LinkSettings
from monitor.events.measures import Measure, Measures
from monitor.events.measures import Words as MeasureWords
from monitor.events.reading import Extractor
from monitor.events.subjects import Subject, Subjects
from monitor.feeds.fetch import ACCEPT as FEED_ACCEPT
from monitor.feeds.fetch import FetchRequest, FetchSettings
from monitor.feeds.pace import Pace
from monitor.feeds.pages import ACCEPT as PAGE_ACCEPT
from monitor.feeds.robots import Permissions
from monitor.items.relevance import Matcher, TopicSpec
from monitor.pipeline.linking import Linker
from monitor.pipeline.plan import Planner
from monitor.pipeline.prepare import Reader
from monitor.words import letters
from storage.feeds import DeclaredFeed
from storage.model import Feed, FeedOptions, Importance

NO_OPTIONS = FeedOptions()
_WEEKDAYS = get_args(Weekday)


def declared_feeds(config: Config) -> tuple[DeclaredFeed, ...]:
    """The feeds, and the pages, which are polled like them."""
    feeds = [DeclaredFeed(url=feed.url, name=feed.called, options=_options(feed)) for feed in config.feeds]
    return (*feeds, *(DeclaredFeed(url=page.url, name=page.name, options=_page(page)) for page in config.pages))


def measures(config: Config) -> Measures:
    """What figures measure: the shipped measures behind those of the configuration."""
    return Measures.compile(
        Measure(
            name=one.name,
            unit=one.unit,
            subject=one.subject,
            of=one.of,
            growth=one.growth,
            conflict_days=one.conflict_days,
            words={
                lang: MeasureWords(head=words.head, near=words.near, unless=words.unless)
                for lang, words in (("en", one.en), ("az", one.az), ("ru", one.ru))
                if words is not None
            },
            facets=tuple((facet.name, {"en": facet.en, "az": facet.az, "ru": facet.ru}) for facet in one.facets),
        )
        for one in config.measures
    )


def reader(config: Config) -> Reader:
    """Topics and aliases; terms of one group are aliases of each other."""
    return Reader(
        matcher=Matcher.compile(config.terms, [_topic(topic) for topic in config.topics]),
        aliases={
            letters(term.strip("*=")): f"@{group}"
            for group, by_language in config.terms.items()
            for terms in by_language.values()
            for term in terms
        },
        extractor=Extractor(subjects=subjects(config), measures=measures(config)),
    )


def subjects(config: Config) -> Subjects:
    """What figures and dates are about; a group of terms that is required counts by all its words."""
    return Subjects.compile(
        Subject(
            id=one.id,
            kind=one.kind,
            edition=one.edition,
            aliases=tuple(alias for aliases in one.aliases.values() for alias in aliases),
            requires=tuple(
                tuple(term.strip("*=") for terms in config.terms.get(group, {}).values() for term in terms)
                for group in one.requires
            ),
        )
        for one in config.subjects
    )


def planner(config: Config, *, many_moving: Callable[[Feed, bool, datetime], bool]) -> Planner:
    return Planner(
        pace=Pace(floor=config.polling.floor, ceiling=config.polling.ceiling),
        linker=Linker(
            settings=link_settings(config),
            name=lambda: secrets.token_hex(8),
        ),
        routing=routing(config),
        many_moving=many_moving,
    )


def link_settings(config: Config) -> LinkSettings:
    return LinkSettings(
        window=config.linking.window,
        theta=config.linking.theta,
        windows={topic.id: topic.window for topic in config.topics if topic.window is not None},
    )


def fetch_settings(config: Config) -> FetchSettings:
    polling = config.polling
    return FetchSettings(
        version=__version__,
        contact=config.http.contact,
        policy=Policy(allow_private=frozenset(config.http.allow_private), proxy=config.http.proxy),
        limits=Limits(
            deadline_s=polling.fetch_deadline.total_seconds(),
            connect_s=polling.connect_timeout.total_seconds(),
            read_s=polling.read_timeout.total_seconds(),
            body_bytes=polling.max_bytes,
            whole=True,
        ),
    )


def fetch_request(
    feed: Feed, unconditional: bool, permissions: Permissions, environ: Mapping[str, str] = os.environ
) -> FetchRequest:
    """What to ask a feed's server; raises ConfigError when a variable that the feed needs is not set.

    Feeds are a person's choice and made for programs; what is made for readers is asked for as its robots.txt allows.
    """
    memory, options = feed.memory, feed.options
    key = f'feed "{feed.name}": '
    return FetchRequest(
        url=feed.effective_url,
        declared_url=feed.url,
        etag=memory.etag,
        last_modified=memory.last_modified,
        validators_url=memory.validators_url,
        unconditional=unconditional,
        user_agent=options.user_agent,
        accept=PAGE_ACCEPT if options.page else FEED_ACCEPT,
        refusal=permissions.refusal if options.page else None,
        auth=read_variable(options.auth_env, key=f"{key}auth_env", environ=environ) if options.auth_env else None,
        extra_headers=tuple(
            (header, read_variable(variable, key=f"{key}headers_env.{header}", environ=environ))
            for header, variable in options.headers_env
        ),
    )


def routing(config: Config) -> Routing:
    return Routing(
        channels=tuple(targets(config)),
        rules=tuple(
            Rule(
                name=rule.name,
                when=_condition(rule.when),
                importance=Importance(rule.set.importance) if rule.set.importance else None,
                labels=rule.set.labels,
            )
            for rule in config.rules
        ),
        routes=tuple(
            Route(
                name=route.name,
                channels=route.channels,
                when=_condition(route.when),
                continue_=route.continue_,
                group_by=route.group_by,
                timing=_timing(config, route),
            )
            for route in config.routes
        ),
        self_alert_channels=config.alerts.self_alert_channels,
        first_run=config.flood.first_run,
        timing=Timing(wait=None, interval=INTERVAL, digest=config.alerts.digest, zone=voice(config).zone),
        inhibitions=tuple(
            Inhibition(source=_condition(one.source), target=_condition(one.target), equal=one.equal)
            for one in config.inhibit
        ),
    )


def release(config: Config) -> Release:
    return Release(routing=routing(config), targets=targets(config), heartbeat=config.alerts.heartbeat)


def fallbacks(config: Config) -> dict[str, str]:
    """By channel: the one that stands in for it."""
    return {name: channel.fallback for name, channel in config.channels.items() if channel.fallback}


def _timing(config: Config, route: RouteConfig) -> Timing:
    """When a route tells; where it names its digests, everything but what is critical waits for them."""
    wait, interval = route.group_wait, route.group_interval
    if interval is None:
        interval = INTERVAL if wait is None else wait
    return Timing(
        wait=wait,
        interval=interval,
        quiet=_quiet(config, route.quiet) if route.quiet else None,
        digest=config.alerts.digest if route.digest is None else route.digest,
        all_in_digest=bool(route.digest),
        zone=voice(config).zone,
    )


def _quiet(config: Config, name: str) -> Quiet:
    hours = config.quiet[name]
    return Quiet(
        name=name,
        begins=hours.from_,
        ends=hours.to,
        zone=ZoneInfo(hours.timezone or config.alerts.timezone or config.timezone),
        days=frozenset(_WEEKDAYS.index(day) for day in hours.days),
        breakthrough=Importance(hours.breakthrough),
    )


def targets(config: Config) -> dict[str, Target]:
    """The channels as deliveries see them; a mail channel has one address a recipient."""
    return {
        name: Target(
            kind=channel.kind,
            addresses=channel.to if channel.kind == "email" else (name,),
            horizon=channel.expires,
            max_per_hour=channel.max_per_hour or None,
        )
        for name, channel in config.channels.items()
    }


def outlets(config: Config) -> tuple[Outlet, ...]:
    """The channels as senders use them; raises ConfigError as `open_channels` does."""
    made, ends = open_channels(config), targets(config)
    return tuple(
        Outlet(
            name=name,
            channel=channel,
            settings_hash=settings_hash(config.channels[name], channel),
            rate_per_s=config.channels[name].rate,
            max_per_hour=config.channels[name].max_per_hour * len(ends[name].addresses) or None,
            fallback=config.channels[name].fallback or "",
            deadline_s=config.channels[name].timeout.total_seconds(),
            horizon=config.channels[name].expires,
        )
        for name, channel in made.items()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What all messages share."""

    zone: ZoneInfo
    link_base: str
    host: str


def voice(config: Config) -> Voice:
    return Voice(
        zone=ZoneInfo(config.alerts.timezone or config.timezone),
        link_base=config.alerts.link_base,
        host=socket.gethostname(),
    )


def _options(feed: FeedConfig) -> FeedOptions:
    return FeedOptions(
        lang=feed.lang,
        timezone=feed.timezone,
        outlet=feed.outlet,
        user_agent=feed.user_agent,
        official=feed.official,
        fetch_page=feed.fetch_page,
        assume=feed.assume,
        topics=feed.topics,
        auth_env=feed.auth_env,
        headers_env=tuple(feed.headers_env.items()),
    )


def _page(page: PageConfig) -> FeedOptions:
    return FeedOptions(
        page=True,
        lang=page.lang,
        timezone=page.timezone,
        outlet=page.outlet,
        user_agent=page.user_agent,
        official=page.official,
        topics=page.topics,
        auth_env=page.auth_env,
        headers_env=tuple(page.headers_env.items()),
    )


def _topic(topic: TopicConfig) -> TopicSpec:
    return TopicSpec(
        id=topic.id,
        must=topic.must,
        any=_terms(topic.any),
        enough=_terms(topic.enough),
        not_=_terms(topic.not_),
    )


def _terms(words: Mapping[str, list[str]] | list[str]) -> tuple[tuple[str, str], ...]:
    """(language, term); the language of a bare list is told by its letters."""
    if isinstance(words, Mapping):
        return tuple((language, term) for language, terms in words.items() for term in terms)
    return tuple(("", term) for term in words)


def _condition(when: Conditions) -> Condition:
    return Condition(
        kind=when.kind,
        topic=when.topic,
        min_importance=Importance(when.min_importance) if when.min_importance else None,
        source=when.source,
        entity=when.entity,
        title=when.title,
        lang=when.lang,
        min_sources=when.min_sources,
        max_sources=when.max_sources,
    )
