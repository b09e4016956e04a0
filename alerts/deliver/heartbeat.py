"""A sign of life: an address that is asked now and then, so that somebody notices when nobody asks it any more.

Rule: it is asked as carefully as a channel, and its answer changes nothing here.
"""

from alerts.channels.post import HttpSettings
from alerts.transport import Http, Limits, TransportError

_DEADLINE_S = 8.0  # a program that is told to end waits for it and must be gone after ten seconds


class Heartbeat:
    """One address; of one thread at a time."""

    def __init__(self, settings: HttpSettings) -> None:
        self._url = settings.url
        self._program = settings.program
        self._http = Http(settings.policy)

    def beat(self) -> str:
        """Ask once; what went wrong, or an empty string."""
        headers = {"User-Agent": self._program, "Accept-Encoding": "identity"}
        try:
            reply = self._http.exchange("GET", self._url.reveal(), headers, None, Limits(deadline_s=_DEADLINE_S))
        except TransportError as error:
            return str(error)
        return "" if 200 <= reply.status < 300 else f"HTTP {reply.status}"

    def close(self) -> None:
        self._http.close()
