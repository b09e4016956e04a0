"""`salname deliver`: drain the outbox once."""

import argparse

from monitor.cli import Exit
from monitor.cli.output import Output
from monitor.cli.place import Place


def configure(parser: argparse.ArgumentParser) -> None:
    pass


def run(options: argparse.Namespace, place: Place, out: Output) -> Exit:  # noqa: ARG001
    from monitor.app import Monitor
    from storage.model import DeliveryState

    with Monitor.open(place.required_config, place.database_url) as monitor, monitor.sole():
        drained = monitor.deliver()
    counts = {name: {state.value: count for state, count in one.counts.items()} for name, one in drained.items()}
    if out.json:
        out.data({"schema": 1, "channels": [{"channel": name, **states} for name, states in counts.items()]})
    else:
        for name, states in counts.items():
            said = ", ".join(f"{count} {state}" for state, count in states.items()) or "nothing to send"
            out.say(f"{name}: {said}")
        if not counts:
            out.remark("no channel is configured; see [channels] in config.toml")
    failed = any(set(one.counts) - {DeliveryState.DELIVERED} for one in drained.values())
    return Exit.FAILED if failed else Exit.OK
