"""The process that talks to Apprise: `python -m alerts.channels.apprise_child`, one message on standard input.

Rule: it says `begun` before anything is handed over, so that its parent knows what may have arrived, and nothing else;
its exit code is the answer.
"""

import json
import logging
import sys

from alerts.channels.apprise import BEGUN, NO_APPRISE, NO_SERVICE, REFUSED, SENT

_PATIENCE_S = 3_600.0


def main() -> int:
    """Hand over {"url", "title", "body"}; one of the codes of alerts.channels.apprise."""
    given = json.loads(sys.stdin.buffer.read())
    try:
        import apprise
    except ImportError:
        return NO_APPRISE
    logging.disable(logging.CRITICAL)
    # A plugin that waits no longer calls the message a failure, though it may have arrived: the parent ends the wait.
    apprise.URLBase.socket_read_timeout = _PATIENCE_S
    # A redirect would carry the message to who knows where, and Apprise would call that a success.
    service = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False, async_mode=False, secure_logging=True))
    if not service.add(given["url"]):
        return NO_SERVICE
    sys.stdout.buffer.write(BEGUN)
    sys.stdout.buffer.flush()
    # As text: else the marks of a headline would become the markup of the service.
    was_sent = service.notify(
        title=given["title"], body=given["body"], body_format=apprise.NotifyFormat.TEXT, interpret_escapes=False
    )
    return SENT if was_sent else REFUSED


if __name__ == "__main__":
    sys.exit(main())
