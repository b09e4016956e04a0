"""robots.txt: which rules are ours, which of them decides, and what holds when there is none or it cannot be had."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.feeds.fetch import Failed, FailureKind, Fetched, FetchRequest, FetchResult
from monitor.feeds.robots import Permissions, Robots

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fetched(body: bytes) -> Fetched:
    return Fetched(
        body=body, status=200, content_type="text/plain", etag=None, last_modified=None, fresh_s=None,
        final_url="https://a.example/robots.txt", permanent_to=None, redirect_statuses=(),
    )  # fmt: skip


def allows(rules: str, path: str, *, agent: str = "*") -> bool:
    return Robots.parse(f"User-agent: {agent}\n{rules}".encode()).allows(f"https://a.example{path}")


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /", "/news", False),
        ("Disallow:", "/news", True),
        ("Disallow: /", "/robots.txt", True),
        ("Disallow: /news", "/newspaper", False),
        ("Disallow: /news/", "/news", True),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a/b\nDisallow: /a", "/a/c", False),
        ("Disallow: /a\nAllow: /a", "/a", True),
        ("Disallow: /*.pdf$", "/x/y.pdf", False),
        ("Disallow: /*.pdf$", "/x/y.pdf?page=1", True),
        ("Disallow: /*/print", "/news/12/print", False),
        ("Disallow: /*/print", "/print", True),
        ("Disallow: /end$", "/end", False),
        ("Disallow: /end$", "/ending", True),
        ("Disallow: /a*a$", "/a", True),
        ("Disallow: /*?session=", "/x?session=1", False),
        ("Disallow: /xəbər", "/x%C9%99b%c9%99r/1", False),
        ("Disallow: /%7Euser", "/~user", False),
        ("Disallow: /a%2fb", "/a%2Fb", False),
        ("Disallow: /a%2Fb", "/a/b", True),
        ("disallow : /a # not this", "/a", False),
        ("Crawl-delay: 10\nSitemap: https://a.example/s\nDisallow: /a", "/a", False),
    ],
)
def test_the_longest_rule_that_matches_decides(rules: str, path: str, allowed: bool) -> None:
    assert allows(rules, path) is allowed


def test_a_group_that_names_us_stands_instead_of_that_for_everyone() -> None:
    text = (
        b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n\r\nUser-agent: other\nUser-Agent: Salname/1.0\r\n"
        b"Disallow: /admin\rUser-agent: last\nDisallow: /last\nUser-agent: salname\nDisallow: /more\n"
    )
    robots = Robots.parse(text)
    asked = ["/", "/admin", "/more", "/last"]
    assert [robots.allows(f"https://a.example{path}") for path in asked] == [True, False, False, True]
    assert not allows("Disallow: /", "/", agent="salname")
    assert allows("Disallow: /", "/", agent="salnames"), "another program's name"
    assert Robots.parse(b"Disallow: /\nnonsense\n\x00\xff: /").allows("https://a.example/"), "rules of nobody"


def test_hostile_rules_take_no_longer_than_others() -> None:
    started = datetime.now(UTC)
    assert not allows("Disallow: /" + "*a" * 2_000 + "\nDisallow: /" + "*a" * 900, "/" + "a" * 1_900)
    assert allows(("Disallow: /" + "*a" * 40 + "b\n") * 4_000, "/" + "a" * 2_000)
    assert datetime.now(UTC) - started < timedelta(seconds=5)


class Site:
    """Answers for robots.txt, and counts how often it is asked."""

    def __init__(self, result: FetchResult) -> None:
        self.result, self.asked, self.now = result, list[str](), NOW
        self.permissions = Permissions(self.fetch, clock=lambda: self.now)

    def fetch(self, request: FetchRequest) -> FetchResult:
        self.asked.append(request.url)
        return self.result

    def refusal(self, url: str = "https://a.example:8443/news") -> Failed | None:
        return self.permissions.refusal(url)


def test_a_site_is_asked_once_a_day() -> None:
    site = Site(fetched(b"User-agent: *\nDisallow: /news"))
    refused = site.refusal()
    assert refused is not None
    assert (refused.kind, "robots.txt" in refused.detail) == (FailureKind.ROBOTS, True)
    assert site.refusal("https://a.example:8443/") is None
    site.now += timedelta(hours=23)
    assert site.refusal() is not None
    assert site.asked == ["https://a.example:8443/robots.txt"]
    site.now += timedelta(hours=2)
    site.result = fetched(b"")
    assert site.refusal() is None
    assert len(site.asked) == 2


@pytest.mark.parametrize("status", [404, 410, 403])
def test_a_site_without_rules_allows_everything(status: int) -> None:
    assert Site(Failed(kind=FailureKind.NOT_FOUND, detail="none", status=status)).refusal() is None


@pytest.mark.parametrize("status", [500, 503, 429, None])
def test_a_site_whose_rules_cannot_be_had_allows_nothing_until_they_can(status: int | None) -> None:
    site = Site(Failed(kind=FailureKind.TIMEOUT, detail="a.example: no answer", status=status))
    refused = site.refusal()
    assert refused is not None
    assert (refused.kind, refused.status) == (FailureKind.TIMEOUT, status)
    site.result = fetched(b"")
    assert site.refusal() is not None, "it is not asked again at once"
    site.now += timedelta(minutes=16)
    assert site.refusal() is None
    site.now += timedelta(days=2)
    site.result = Failed(kind=FailureKind.TIMEOUT, detail="a.example: no answer", status=status)
    assert site.refusal() is None, "what it said last holds"
