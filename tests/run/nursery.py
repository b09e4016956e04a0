"""A process that has loaded the program once and forks for each run of it, so that a start costs milliseconds.

A line of JSON on stdin orders a run (arguments, environment, folder, files for its output) and is answered by its
process id; a line {"ended": PID} is answered by its status, null while it lives. Until it was asked for, a run that has
ended keeps its process id, so that nobody else is killed in its place. The run itself is the program as it is: its own
process with its own signals, ended as Python ends.
"""

import json
import os
import sys
from typing import Any

import monitor.app
import monitor.cli
import monitor.daemon
import monitor.feeds.parse
import storage.linking
import storage.outbox
import storage.storylines  # noqa: F401  loaded once, for all


def main() -> int:
    while line := sys.stdin.readline():
        order = json.loads(line)
        if "ended" in order:
            pid, status = os.waitpid(order["ended"], os.WNOHANG)
            say({"status": os.waitstatus_to_exitcode(status) if pid else None})
        elif pid := os.fork():
            say({"pid": pid})
        else:
            return run(order)
    return 0


def say(words: dict[str, int | None]) -> None:
    print(json.dumps(words), flush=True)


def run(order: dict[str, Any]) -> int:
    os.environ.clear()
    os.environ.update(order["environment"])
    os.chdir(order["folder"])
    for number, name in enumerate((os.devnull, order["out"], order["err"])):
        opened = os.open(name, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["salname", *order["arguments"]]
    return monitor.cli.main()


if __name__ == "__main__":
    sys.exit(main())
