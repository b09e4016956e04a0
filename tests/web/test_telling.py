"""Trouble told by another channel, backlogs, the sign of life, and a daemon's promises to those who configure it."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alerts.deliver import Trouble
from monitor import build, channels
from monitor.checking import problems
from monitor.config import parse_config
from storage.errors import ConfigError
from storage.model import Silence
from storage.outbox import ChannelState
from tests.builders_line import Site, World, an_entry

CHANNELS = (
    '[channels.chat]\nkind = "webhook"\nurl = "https://chat.example/x"\nsecrets_env = ["S"]\nfallback = "mail"\n'
    '[channels.mail]\nkind = "email"\nhost = "127.0.0.1"\ntls = "none"\nfrom = "a@b.example"\nto = ["c@d.example"]\n'
)
ROUTE = '[[routes]]\nname = "all"\nchannels = ["chat"]\ngroup_wait = "0s"\n'


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as one:
        one.publishes(an_entry("old", "ITU report of the year", "The ITU says so."))
        yield one


def a_world(site: Site, folder: Path, extra: str) -> World:
    return World(site, folder, extra=CHANNELS + extra)


def queued(world: World, kind: str) -> list[str]:
    """Channels for which a message of this kind waits."""
    with world.monitor.store.reading() as tx:
        return sorted(one.channel for one in tx.outbox.deliveries(limit=100) if one.kind == kind)


def test_trouble_of_a_channel_is_told_by_its_fallback_and_never_by_itself(site: Site, tmp_path: Path) -> None:
    with a_world(site, tmp_path, ROUTE) as world:
        world.monitor.telling.trouble(Trouble.PARKED, "chat", "channel chat is parked")
        assert queued(world, "system.channel_parked") == ["mail"]
        world.monitor.telling.trouble(Trouble.STORAGE, "chat", "the disk is full")
        assert queued(world, "system.channel_storage") == []


def test_without_routes_trouble_goes_to_every_other_channel(site: Site, tmp_path: Path) -> None:
    with a_world(site, tmp_path, "") as world:
        world.monitor.telling.trouble(Trouble.PARKED, "mail", "channel mail is parked")
        assert queued(world, "system.channel_parked") == ["chat"]


def test_trouble_that_nobody_may_hear_of_is_kept_with_the_reason(site: Site, tmp_path: Path) -> None:
    with a_world(site, tmp_path, ROUTE) as world:
        world.monitor.telling.trouble(Trouble.PARKED, "mail", "channel mail is parked")
        assert queued(world, "system.channel_parked") == []
        with world.monitor.store.reading() as tx:
            rows = tx._connection.exec_driver_sql("SELECT reason FROM alert").scalars().all()
        assert rows == ["no_route"]


def test_a_backlog_is_told_once_until_it_is_worked_off(site: Site, tmp_path: Path) -> None:
    with a_world(site, tmp_path, ROUTE) as world:
        world.polls()
        with world.monitor.store.writing() as tx:
            tx.outbox.set_channel_state(ChannelState(name="chat", since_at=world.now))
        assert queued(world, "system.baseline") == ["chat"]
        world.monitor.telling.backlog()
        assert queued(world, "system.channel_backlog") == []
        world.later(minutes=31)
        for _ in range(3):
            world.monitor.telling.backlog()
        assert queued(world, "system.channel_backlog") == ["mail"]


def test_a_silence_written_by_another_process_holds_at_the_next_decision(site: Site, tmp_path: Path) -> None:
    with a_world(site, tmp_path, ROUTE) as world:
        world.polls()
        site.publishes(an_entry("a", "Satellites over Quito worry the ITU", "Orbits crossed.", at=world.now))
        world.polls()
        assert queued(world, "event.created") == ["chat"]
        silence = Silence(
            id="s_1", matchers=(("kind", "event.*"),), starts_at=world.now, ends_at=world.now + timedelta(days=1),
            author="me", created_at=world.now,
        )  # fmt: skip
        with world.monitor.store.writing() as tx:
            tx.outbox.add_silence(silence)
        site.publishes(an_entry("b", "Prices in Hanoi please the ITU", "Cheaper data for schools.", at=world.now))
        world.polls()
        assert queued(world, "event.created") == ["chat"]
        with world.monitor.store.reading() as tx:
            reasons = tx._connection.exec_driver_sql("SELECT reason FROM alert").scalars().all()
        assert "silenced(s_1)" in reasons


def test_labels_of_rules_stand_in_the_message(site: Site, tmp_path: Path) -> None:
    rule = '[[rules]]\nname = "press"\nwhen = { kind = "event.*" }\nset = { labels = ["press room", "today"] }\n'
    with a_world(site, tmp_path, ROUTE + rule) as world:
        world.polls()
        site.publishes(an_entry("a", "Satellites over Quito worry the ITU", "Orbits crossed.", at=world.now))
        world.polls()
        with world.monitor.store.reading() as tx:
            [told] = [one for one in tx.outbox.deliveries(limit=9) if one.kind == "event.created"]
            source = tx.outbox.source(told)
        assert source.alerts[0].labels == ("press room", "today")


class Ears(BaseHTTPRequestHandler):
    heard: list[str] = []  # noqa: RUF012  one server a test
    status = 200

    def do_GET(self) -> None:
        self.heard.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def ears() -> Iterator[ThreadingHTTPServer]:
    Ears.heard, Ears.status = [], 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ears)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_heartbeat_asks_its_address_and_keeps_it_secret(ears, monkeypatch: pytest.MonkeyPatch) -> None:
    host = f"127.0.0.1:{ears.server_port}"
    monkeypatch.setenv("BEAT", f"http://{host}/ping/hush")
    config = parse_config(f'[http]\nallow_private = ["{host}"]\n[alerts]\nheartbeat_url_env = "BEAT"\n')
    heartbeat = channels.heartbeat(config)
    assert heartbeat is not None
    assert heartbeat.beat() == ""
    assert Ears.heard == ["/ping/hush"]
    Ears.status = 503
    assert heartbeat.beat() == "HTTP 503"
    heartbeat.close()
    ears.shutdown()
    ears.server_close()
    silent = channels.heartbeat(config)
    assert silent is not None
    said = silent.beat()
    assert "connection" in said
    assert "hush" not in said
    silent.close()


def test_a_heartbeat_that_would_be_refused_is_a_mistake_that_does_not_tell_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BEAT", "http://beat.example/ping/hush")
    config = parse_config('[alerts]\nheartbeat_url_env = "BEAT"\n')
    with pytest.raises(ConfigError, match=r"alerts\.heartbeat_url: .*https") as caught:
        channels.heartbeat(config)
    assert "hush" not in str(caught.value)
    assert tuple(problems(config)) == caught.value.problems


def test_without_its_variable_a_heartbeat_is_a_mistake_and_without_the_key_there_is_none() -> None:
    assert channels.heartbeat(parse_config("")) is None
    with pytest.raises(ConfigError, match="BEAT_NOT_SET"):
        channels.heartbeat(parse_config('[alerts]\nheartbeat_url_env = "BEAT_NOT_SET"\n'))


def test_a_route_takes_its_times_from_the_configuration() -> None:
    text = CHANNELS + (
        '[alerts]\ntimezone = "Asia/Baku"\n'
        '[[routes]]\nname = "a"\nchannels = ["chat"]\nquiet = "nights"\ngroup_wait = "30s"\n'
        '[[routes]]\nname = "b"\nchannels = ["chat"]\ndigest = ["12:00"]\n'
        '[[routes]]\nname = "c"\nchannels = ["chat"]\ndigest = []\n'
        '[quiet.nights]\ndays = ["fri"]\nfrom = "22:00"\nto = "07:00"\nbreakthrough = "high"\n'
    )
    a, b, c = (route.timing for route in build.routing(parse_config(text)).routes)
    assert a.quiet is not None
    assert (a.wait, a.interval, a.quiet.days, a.all_in_digest) == (timedelta(seconds=30),) * 2 + (frozenset({4}), False)
    assert [at.hour for at in a.digest] == [8, 18]
    assert (b.wait, b.interval, b.all_in_digest, str(b.zone)) == (None, timedelta(minutes=10), True, "Asia/Baku")
    assert (c.digest, c.all_in_digest) == ((), False)
    with pytest.raises(ConfigError, match=r"quiet\.nights\.to"):
        parse_config(text.replace('"07:00"', '"22:00"'))


def test_a_ceiling_counts_messages_and_the_gate_their_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    config = parse_config(CHANNELS.replace('to = ["c@d.example"]', 'to = ["c@d.example", "e@d.example"]'))
    assert {name: one.max_per_hour for name, one in build.targets(config).items()} == {"chat": None, "mail": 10}
    outlets = {one.name: one for one in build.outlets(config)}
    assert (outlets["chat"].max_per_hour, outlets["mail"].max_per_hour) == (None, 20)
    assert (outlets["chat"].fallback, replace(outlets["mail"]).fallback) == ("mail", "")
