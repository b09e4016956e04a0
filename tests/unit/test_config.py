"""The configuration: what is accepted, and how every problem is told at once."""

import os
import re
from datetime import time, timedelta
from pathlib import Path

import pytest

import monitor
from alerts.deliver.outlet import Trouble
from monitor.cli.place import Place
from monitor.config import Config, load_config, parse_config, read_secret
from monitor.config.sections import SlackConfig, WebhookConfig
from monitor.config.values import KINDS
from storage.errors import ConfigError

SHIPPED = Path(__file__).parents[2] / "config.toml"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text)
    return tuple(problem.removeprefix("config.toml: ") for problem in caught.value.problems)


def test_an_empty_file_is_a_configuration() -> None:
    assert parse_config("") == Config()


def test_the_shipped_file_holds_the_default_feeds_and_topics() -> None:
    config = load_config(SHIPPED)
    assert len(config.feeds) == 12
    assert [topic.id for topic in config.topics] == (
        ["itu", "itu-azerbaijan", "wtdc", "azerbaijan-digital", "tcfo", "rac-baku", "partner2connect", "itu-governance"]
    )
    assert all({"en", "az", "ru"} <= set(config.terms[group]) for group in config.terms)


def test_the_commented_examples_of_the_shipped_file_are_valid_too() -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    channels = text[text.index("# [channels.team-slack]") :]
    opened = "\n".join(line.removeprefix("# ").removeprefix("#") for line in channels.splitlines())
    config = parse_config(text[: text.index("# [channels.team-slack]")] + opened)
    assert set(config.channels) == {"team-slack", "ops-mail", "archive-hook"}
    assert config.routes[0].continue_


def test_every_problem_is_reported_at_once_with_its_key_path() -> None:
    found = problems('[polling]\nflor = "1m"\nceiling = "soon"\n[[feeds]]\nname = "x"\n[http]\ncontact = 3\n')
    assert 'polling.flor: no such key; did you mean "floor"?' in found
    assert 'polling.ceiling: a duration such as "45s", "15m", "6h" or "7d" is expected' in found
    assert "feeds[1].url: is required" in found
    assert any(line.startswith("http.contact: ") for line in found)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[polling]\nthreads = 0\n", "polling.threads: must be at least 1"),
        ("[linking]\ntheta = 2\n", "linking.theta: must be below 1.0"),
        ('[polling]\nmax_bytes = "many"\n', "polling.max_bytes: must be a whole number"),
        ('[http]\nallow_private = "a"\n', 'http.allow_private: must be a list, as in ["a", "b"]'),
        ('[[feeds]]\nname = 3\nurl = "http://a.example/"\n', "feeds[1].name: must be a text in quotes"),
        (
            '[[feeds]]\nurl = "http://a.example/"\nofficial = "perhaps"\n',
            "feeds[1].official: must be true or false",
        ),
        (
            '[[topics]]\nid = "a"\nany = 5\n',
            'topics[1].any: must be a section with keys of its own or a list, as in ["a", "b"]',
        ),
        (
            '[[topics]]\nid = "Bad Id"\n',
            'topics[1].id: must be a short name of small letters, digits and hyphens, as in "my-topic"',
        ),
        (
            '[channels.m]\nkind = "email"\nhost = "h"\nfrom = "a@b.example"\nto = []\n',
            "channels.m.to: must hold at least 1",
        ),
        ("polling = 3\n", "polling: must be a section with keys of its own"),
    ],
)
def test_what_a_value_must_be_is_said_in_the_words_of_the_file(text: str, said: str) -> None:
    assert said in problems(text)


def test_what_has_the_wrong_type_hides_no_name_that_leads_nowhere() -> None:
    found = problems(
        'timezone = 3\n[polling]\nfloor = "soon"\n[[feeds]]\nname = "no address"\n'
        '[[feeds]]\nurl = "https://a.example/f"\ntopics = ["lost", "wtdcc"]\n'
        '[[topics]]\nid = "wtdc"\nenough = ["WTDC"]\n[[topics]]\nid = "lost"\nanny = 1\nany = 3\nenough = ["x"]\n'
        '[[routes]]\nname = "r"\nchannels = ["mail", "slak"]\n[channels.mail]\nkind = "email"\n'
        '[channels.slack]\nkind = "slack"\nurl_env = "X"\n'
    )
    assert [line for line in found if "there is no" in line] == [
        'feeds[2].topics: there is no topic "wtdcc"; did you mean "wtdc"?',
        'routes[1].channels: there is no channel "slak"; did you mean "slack"?',
    ]
    keys = {line.split(": ")[0] for line in found}
    assert {"feeds[1].url", "topics[2].anny", "channels.mail.host", "polling.floor", "timezone"} <= keys


def test_whatever_is_wrong_the_rest_is_examined() -> None:
    for text in ("feeds = 3\n", '[feeds]\nurl = "x"\n', "[[quiet]]\n", "channels = []\n", "[channels]\na = 3\n"):
        found = problems(f'{text}[[topics]]\nid = "empty"\n')
        assert len(found) >= 2
        assert "topics[1] (empty): would match nothing; give must, any or enough" in found


def test_relative_paths_begin_at_the_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "config.toml").write_text(
        '[storage]\nurl = "data/salname.db"\n[export]\noutput = "../www/page.html"\n'
        '[channels.s]\nkind = "slack"\nurl_file = "slack"\nca_file = "/etc/ca.pem"\n'
        '[channels.w]\nkind = "webhook"\nurl_file = "~/hook"\nsecrets_file = ["a", "/b"]\n'
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("SALNAME_DATABASE", raising=False)
    config = load_config(Path("etc/config.toml"))
    assert config.storage.url == str(folder / "data/salname.db")
    assert Place.of("etc/config.toml").database_path == folder / "data/salname.db"
    assert config.export.output == str(folder / "../www/page.html")
    slack, hook = config.channels["s"], config.channels["w"]
    assert isinstance(slack, SlackConfig)
    assert isinstance(hook, WebhookConfig)
    assert (slack.url_file, slack.ca_file) == (str(folder / "slack"), "/etc/ca.pem")
    assert (hook.url_file, hook.secrets_file) == ("/home/me/hook", (str(folder / "a"), "/b"))
    monkeypatch.setenv("SALNAME_DATABASE", "here.db")
    assert Place.of("etc/config.toml").database_path == tmp_path / "here.db"


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///s.db", "etc/s.db"), ("sqlite:////var/s.db", "/var/s.db"), ("/var/s.db", "/var/s.db")],
)
def test_an_address_of_a_database_is_a_path_too(tmp_path: Path, url: str, path: str) -> None:
    config = tmp_path / "etc" / "config.toml"
    config.parent.mkdir()
    config.write_text(f'[storage]\nurl = "{url}"\n')
    assert Place.of(str(config)).database_path == tmp_path / path
    assert (load_config(config).storage.url or "").removeprefix("sqlite:///") == str(tmp_path / path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[poling]\n", 'poling: no such key; did you mean "polling"?'),
        ('[[feeds]]\nurl = "ftp://x"\n', "feeds[1].url: an http or https address is expected"),
        ('timezone = "Asia/Bakku"\n', 'timezone: no time zone is called "Asia/Bakku"; an example is "Asia/Baku"'),
        ('[[topics]]\nid = "a"\nmust = ["ituu"]\n[terms.itu]\nen = ["ITU"]\n',
         'topics[1].must: there is no group of terms "ituu"; did you mean "itu"?'),
        ('[[topics]]\nid = "a"\n', "topics[1] (a): would match nothing; give must, any or enough"),
        ('[terms.itu]\nxx = ["ITU"]\n', 'terms.itu: there is no language "xx"'),
        ('[[routes]]\nname = "r"\nchannels = ["slak"]\n[channels.slack]\nkind = "slack"\n',
         'routes[1].channels: there is no channel "slak"; did you mean "slack"?'),
        ('[channels.a]\nkind = "slak"\n', 'channels.a: kind must be "slack", "webhook", "email" or "apprise"'),
        ('[channels.a]\nhost = "x"\n', "channels.a: kind is required: slack, webhook, email or apprise"),
        ('[channels.a]\nkind = "slack"\nurll_env = "X"\n', 'channels.a.urll_env: no such key; did you mean "url_env"?'),
        ('[[feeds]]\nurl = "https://a.example/f"\n[[feeds]]\nurl = "https://a.example/f"\n',
         'feeds[2].url: "https://a.example/f" stands in feeds[1] already'),
        ('[[rules]]\nname = "r"\nset = {}\nwhen = { kind = ["fact.*", "fact.chnged"] }\n',
         'rules[1].when.kind: there is no kind of change "fact.chnged"; did you mean "fact.changed"?'),
        ('[[inhibit]]\nsource = { kind = ["evnt.*"] }\ntarget = { kind = ["event.*"] }\n',
         'inhibit[1].source.kind: there is no kind of change "evnt.*"; did you mean "event.*"?'),
        ('[polling]\nfloor = "7h"\n', "polling.floor: is above polling.ceiling"),
        ('[alerts]\nself_alert_channels = ["ops"]\n', 'alerts.self_alert_channels: there is no channel "ops"'),
        ('[[rules]]\nname = "r"\nset = {}\nwhen = { title = "(" }\n',
         "rules[1].when.title: not a regular expression: missing ), unterminated subpattern at position 0"),
    ],
)  # fmt: skip
def test_a_problem_names_the_key_and_what_is_right(text: str, problem: str) -> None:
    assert problem in problems(text)


def test_mail_in_the_clear_is_refused_beyond_this_machine() -> None:
    mail = '[channels.m]\nkind = "email"\nhost = "{}"\ntls = "none"\nfrom = "a@b.example"\nto = ["c@d.example"]\n'
    assert parse_config(mail.format("127.0.0.1")).channels["m"].kind == "email"
    assert any("in the clear" in line for line in problems(mail.format("mx.example")))


def test_text_that_is_no_toml_is_one_line() -> None:
    (line,) = problems("[[[")
    assert line.startswith("not valid TOML: ")


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="salname init"):
        load_config(tmp_path / "config.toml")


def test_a_slack_address_in_a_file_that_everyone_reads_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[channels.s]\nkind = "slack"\nurl = "https://hooks.slack.example/T/secret"\n')
    path.chmod(0o600)
    assert load_config(path).channels["s"].kind == "slack"
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="is a secret") as caught:
        load_config(path)
    assert "T/secret" not in str(caught.value)


def test_a_secret_comes_from_the_environment_or_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-file\n")
    file.chmod(0o600)
    assert read_secret("HOOK", None, key="x.url", environ={"HOOK": " from-env "}) == "from-env"
    assert read_secret(None, str(file), key="x.url") == "from-file"


def test_a_missing_secret_is_named_by_its_place_and_never_by_its_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^x\.url_env: the environment variable HOOK is not set$"):
        read_secret("HOOK", None, key="x.url", environ={})
    file = tmp_path / "secret"
    file.write_text("hush")
    file.chmod(0o644)
    if os.getuid() is not None:
        with pytest.raises(ConfigError, match="chmod o-r") as caught:
            read_secret(None, str(file), key="x.url")
    assert "hush" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"give x\.url_env"):
        read_secret(None, None, key="x.url")


def test_values_arrive_in_their_own_types() -> None:
    config = parse_config(
        '[polling]\nfloor = "90s"\n[alerts]\ndigest = ["08:30"]\n'
        '[channels.s]\nkind = "slack"\nurl_env = "X"\nrate = "30/m"\n'
        '[[rules]]\nname = "r"\nset = {}\nwhen = { kind = "fact.*" }\n'
    )
    assert config.polling.floor == timedelta(seconds=90)
    assert config.alerts.digest == (time(8, 30),)
    assert config.channels["s"].rate == 0.5
    assert config.rules[0].when.kind == ("fact.*",)


def test_every_kind_of_change_that_is_made_is_known_to_conditions() -> None:
    made = {f"system.channel_{one.value}" for one in Trouble if one is not Trouble.STORAGE}
    pattern = re.compile(r'"((?:event|fact|status|date|promise|item|feed|system)\.[a-z_]+)"')
    for module in ("pipeline", "events", "feeds", "items", "telling.py", "app.py", "correcting.py"):
        path = Path(monitor.__file__).with_name(module)
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            made |= set(pattern.findall(file.read_text(encoding="utf-8")))
    made -= {"event.id", "item.id", "feed.id"}  # columns
    assert "event.created" in made
    assert made <= {*KINDS}


MAIL = '[channels.m]\nkind = "email"\nhost = "mx.example"\nfrom = "{}"\nto = {}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MAIL.format("a@b.example", '["c@d.example", "not an address"]'),
         'channels.m.to[2]: "not an address" is not one mail address such as "Desk <desk@example.org>"'),
        (MAIL.format("a@b.example", r'["a@b.example\nBcc: evil@x.example"]'),
         'channels.m.to[1]: "a@b.example Bcc: evil@x.example" is not one mail address'),
        (MAIL.format("nobody", '["c@d.example"]'), 'channels.m.from: "nobody" is not one mail address'),
        ('[[feeds]]\nurl = "https://me:hush@a.example/f"\n',
         "feeds[1].url: a user name or password stands in the address; name a variable with them in auth_env"),
        ('[[pages]]\nname = "p"\nurl = "https://hush@a.example/f"\n', "pages[1].url: a user name or password stands"),
        ('[[feeds]]\nurl = "https://[a/f"\n', "feeds[1].url: the address cannot be read"),
        ('[http]\nallow_private = ["10.0.0.0/99"]\n', 'http.allow_private[1]: "10.0.0.0/99" is no host such as '),
        ('[http]\nallow_private = ["a.example", "http://x/y"]\n', 'http.allow_private[2]: "http://x/y" is no host'),
        ('[http]\nallow_private = [""]\n', 'http.allow_private[1]: "" is no host'),
        ('[http]\nallow_private = ["a.example:0"]\n', 'http.allow_private[1]: "a.example:0" is no host'),
        ('[http]\nallow_private = ["10.0.0.300"]\n', 'http.allow_private[1]: "10.0.0.300" is no host'),
        ('[http]\nallow_private = ["fd00::zz"]\n', 'http.allow_private[1]: "fd00::zz" is no host'),
        ('[http]\nallow_private = ["a\\u001b]0;b\\u202e"]\n', 'http.allow_private[1]: "a]0;b" is no host'),
        ('[channels.s]\nkind = "slack"\nallow_private = ["x/y"]\n', 'channels.s.allow_private[1]: "x/y" is no host'),
        ('[[feeds]]\nurl = "https://a.example/f"\nlang = "english"\n',
         'feeds[1].lang: "english" is no code of a language such as "en", "az" or "ru"'),
        ('[[rules]]\nname = "r"\nset = {}\nwhen = { lang = ["en", "klingon"] }\n',
         'rules[1].when.lang[2]: "klingon" is no code of a language'),
        ('[[rules]]\nname = "r"\nset = {}\nwhen = { lang = "klingon" }\n',
         'rules[1].when.lang[1]: "klingon" is no code of a language'),
    ],
)  # fmt: skip
def test_what_can_never_work_is_refused_with_its_key_path_and_shown_safely(text: str, said: str) -> None:
    found = problems(text)
    assert [line for line in found if line.startswith(said)]
    assert "hush" not in " ".join(found)
    assert all(line.isprintable() for line in found)


def test_what_can_work_is_taken() -> None:
    hosts = (
        "localhost",
        "intranet.example:8080",
        "10.0.0.7",
        "10.0.0.7:8080",
        "::1",
        "[::1]",
        "[fd00::7]:8080",
        "xəbər",
    )
    config = parse_config(
        f"[http]\nallow_private = {list(hosts)}\n"
        '[[feeds]]\nurl = "https://a.example/@desk/f?to=a@b.example"\nlang = "en-GB"\n'
        '[[rules]]\nname = "r"\nset = {}\nwhen = { lang = ["az", "tlh"] }\n'
        + MAIL.format("Salname <a@b.example>", '["root@localhost", "Xəbər <desk@xəbər.example>"]')
    )
    assert config.http.allow_private == hosts
    assert config.feeds[0].lang == "en-GB"
    assert len(config.rules[0].when.lang) == 2


def test_every_host_that_is_taken_is_one_that_a_poll_can_meet() -> None:
    from alerts.transport.addresses import is_opened, opened_hosts

    for entry, host, port in (
        ("[fd00::7]:8080", "fd00::7", 8080),
        ("::1", "::1", 443),
        ("A.example.", "a.example", 80),
    ):
        config = parse_config(f'[http]\nallow_private = ["{entry}"]\n')
        assert is_opened(host, port, opened_hosts(config.http.allow_private))
