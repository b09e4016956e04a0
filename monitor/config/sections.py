"""Every section and key of config.toml with its type and its default; unknown keys are refused."""

from datetime import time, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.config.values import (
    Clock,
    Database,
    Duration,
    File,
    Host,
    ImportanceName,
    Language,
    Languages,
    Mailbox,
    Names,
    OpenUrl,
    Pattern,
    Rate,
    Slug,
    UnitName,
    Url,
    Weekday,
    Words,
    Zone,
)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Http(_Section):
    contact: str = "https://example.org/salname"
    allow_private: tuple[Host, ...] = ()
    proxy: Url | None = None


class Polling(_Section):
    floor: Duration = timedelta(minutes=15)
    ceiling: Duration = timedelta(hours=6)
    threads: Annotated[int, Field(ge=1, le=128)] = 8
    host_connections: Annotated[int, Field(ge=1, le=8)] = 2
    host_spacing: Duration = timedelta(seconds=5)
    fetch_deadline: Duration = timedelta(seconds=45)
    connect_timeout: Duration = timedelta(seconds=5)
    read_timeout: Duration = timedelta(seconds=15)
    parse_deadline: Duration = timedelta(seconds=20)
    max_bytes: Annotated[int, Field(ge=1024)] = 10 * 1024 * 1024


class Storage(_Section):
    url: Database | None = None  # None: a SQLite file in the platform's data folder


class Linking(_Section):
    window: Duration = timedelta(days=30)
    theta: Annotated[float, Field(gt=0, lt=1)] = 0.5


class Retention(_Section):
    unlinked: Duration = timedelta(days=90)
    bodies: Duration = timedelta(days=30)
    attempts: Duration = timedelta(days=90)
    decisions: Duration = timedelta(days=365)


class Alerts(_Section):
    timezone: Zone | None = None  # None: the top level's
    on_doubt: Literal["resend", "hold"] = "resend"
    digest: tuple[Clock, ...] = (time(8), time(18))
    heartbeat: bool = False
    link_base: str = ""
    self_alert_channels: tuple[str, ...] = ()
    heartbeat_url_env: str = ""


class Flood(_Section):
    first_run: Literal["summary", "silent", "send"] = "summary"


class Export(_Section):
    format: Literal["html", "ics", "atom", "jsonfeed", "json", "csv", "markdown"] = "html"
    output: File | None = None
    topics: tuple[str, ...] = ()


class FeedConfig(_Section):
    url: OpenUrl
    name: str | None = None
    lang: Language | None = None
    timezone: Zone | None = None
    outlet: str | None = None
    official: bool = False
    fetch_page: bool = False
    user_agent: Literal["default", "compatible"] = "default"
    assume: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    auth_env: str | None = None
    headers_env: dict[str, str] = {}

    @property
    def called(self) -> str:
        """Its name, else the host of its address."""
        return self.name or self.url.split("/")[2]


class PageConfig(_Section):
    url: OpenUrl
    name: str
    lang: Language | None = None
    timezone: Zone | None = None
    outlet: str | None = None
    official: bool = False
    user_agent: Literal["default", "compatible"] = "default"
    topics: tuple[str, ...] = ()
    auth_env: str | None = None
    headers_env: dict[str, str] = {}


class TopicConfig(_Section):
    id: Slug
    names: dict[str, str] = {}
    must: tuple[str, ...] = ()
    any: Words = []
    enough: Words = []
    not_: Annotated[Words, Field(alias="not")] = []
    window: Duration | None = None


class SubjectConfig(_Section):
    id: str
    kind: str = ""
    edition: str | None = None
    aliases: dict[str, list[str]] = {}
    requires: tuple[str, ...] = ()


class MeasureWords(_Section):
    head: Pattern = ""
    near: Pattern = ""
    unless: Pattern = ""


class FacetConfig(_Section):
    name: str
    en: Pattern = ""
    az: Pattern = ""
    ru: Pattern = ""


class MeasureConfig(_Section):
    name: str
    unit: UnitName = "count"
    subject: str = ""
    of: tuple[str, ...] = ()
    growth: Literal["monotone", "level", "volatile"] = "level"
    conflict_days: Annotated[int, Field(ge=0)] = 60
    en: MeasureWords | None = None
    az: MeasureWords | None = None
    ru: MeasureWords | None = None
    facets: tuple[FacetConfig, ...] = ()


class Conditions(_Section):
    kind: Names = ()
    topic: Names = ()
    min_importance: ImportanceName | None = None
    source: Names = ()
    entity: Names = ()
    title: Pattern | None = None
    lang: Languages = ()
    max_sources: int | None = None
    min_sources: int | None = None


class RuleEffect(_Section):
    importance: ImportanceName | None = None
    labels: tuple[str, ...] = ()


class RuleConfig(_Section):
    name: str
    when: Conditions = Conditions()
    set: RuleEffect


class RouteConfig(_Section):
    name: str
    when: Conditions = Conditions()
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    group_by: tuple[Literal["event", "topic", "kind", "feed"], ...] = ("event",)
    group_wait: Duration | None = None
    group_interval: Duration | None = None
    quiet: str | None = None
    digest: tuple[Clock, ...] | None = None
    continue_: Annotated[bool, Field(alias="continue")] = False


class QuietConfig(_Section):
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    from_: Annotated[Clock, Field(alias="from")]
    to: Clock
    timezone: Zone | None = None
    breakthrough: ImportanceName = "critical"


class InhibitConfig(_Section):
    source: Conditions
    target: Conditions
    equal: tuple[Literal["event", "topic", "feed"], ...] = ("event",)


class _Channel(_Section):
    rate: Rate = 1.0
    max_per_hour: Annotated[int, Field(ge=0)] = 20  # 0: no ceiling
    fallback: str | None = None
    expires: Duration | None = None


class SlackConfig(_Channel):
    kind: Literal["slack"]
    url: Url | None = None
    url_env: str | None = None
    url_file: File | None = None
    proxy: Url | None = None
    allow_private: tuple[Host, ...] = ()
    insecure_http: bool = False
    ca_file: File | None = None
    timeout: Duration = timedelta(seconds=20)


class WebhookConfig(_Channel):
    kind: Literal["webhook"]
    max_per_hour: Annotated[int, Field(ge=0)] = 0  # a program is not flooded
    url: Url | None = None
    url_env: str | None = None
    url_file: File | None = None
    secrets_env: tuple[str, ...] = ()
    secrets_file: tuple[File, ...] = ()
    format: Literal["standard", "cloudevents"] = "standard"
    proxy: Url | None = None
    allow_private: tuple[Host, ...] = ()
    insecure_http: bool = False
    ca_file: File | None = None
    timeout: Duration = timedelta(seconds=20)


class EmailConfig(_Channel):
    kind: Literal["email"]
    max_per_hour: Annotated[int, Field(ge=0)] = 10
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    insecure_plaintext: bool = False  # allows tls = "none" beyond loopback
    username_env: str | None = None
    username_file: File | None = None
    password_env: str | None = None
    password_file: File | None = None
    from_: Annotated[Mailbox, Field(alias="from")]
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1)]
    thread_by: Literal["event", "none"] = "event"
    list_unsubscribe: str | None = None
    ca_file: File | None = None
    timeout: Duration = timedelta(seconds=60)


class AppriseConfig(_Channel):
    kind: Literal["apprise"]
    url_env: str | None = None
    url_file: File | None = None
    timeout: Duration = timedelta(seconds=30)


ChannelConfig = Annotated[SlackConfig | WebhookConfig | EmailConfig | AppriseConfig, Field(discriminator="kind")]


class Config(_Section):
    timezone: Zone = "UTC"
    http: Http = Http()
    polling: Polling = Polling()
    storage: Storage = Storage()
    linking: Linking = Linking()
    retention: Retention = Retention()
    alerts: Alerts = Alerts()
    flood: Flood = Flood()
    export: Export = Export()
    feeds: tuple[FeedConfig, ...] = ()
    pages: tuple[PageConfig, ...] = ()
    terms: dict[Slug, dict[str, list[str]]] = {}
    topics: tuple[TopicConfig, ...] = ()
    subjects: tuple[SubjectConfig, ...] = ()
    measures: tuple[MeasureConfig, ...] = ()
    channels: dict[Slug, ChannelConfig] = {}
    rules: tuple[RuleConfig, ...] = ()
    routes: tuple[RouteConfig, ...] = ()
    quiet: dict[Slug, QuietConfig] = {}
    inhibit: tuple[InhibitConfig, ...] = ()
