"""JSON: the list that `timeline --json` prints."""

import json

from monitor.viewer.export.chronicle import Chronicle


def render(chronicle: Chronicle) -> bytes:
    return (json.dumps(list(chronicle.changes), ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")
