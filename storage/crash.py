"""Deliberate crashes for tests: the process dies at a named point as a power cut would let it.

`SALNAME_CRASH_AT=<point>:<n>` ends the process with status 137 at the n-th pass of that point, without a clean-up;
without the variable a point costs one look-up. Points of a poll: after_lease after_fetch after_begin mid_apply
before_commit after_commit; of a delivery: before_claim after_claim after_connect after_headers after_body after_reply
before_settle after_settle mid_render, and before it mid_release mid_digest; of a backup: mid_backup.
"""

import os
import threading

_passes: dict[str, int] = {}
_lock = threading.Lock()


def crash_point(name: str) -> None:
    """End the process here if the environment asks for it."""
    wanted = os.environ.get("SALNAME_CRASH_AT")
    if wanted is None:
        return
    point, _, nth = wanted.partition(":")
    if point != name:
        return
    with _lock:
        _passes[name] = _passes.get(name, 0) + 1
        if _passes[name] == int(nth or 1):
            os._exit(137)
