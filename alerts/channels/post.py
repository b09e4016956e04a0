"""The HTTP end of a channel: one secret address, asked once a try.

Rule: whatever keeps the request from arriving or the reply from coming becomes an outcome in words that give nothing
away; what surely was not sent may be tried again, what may have arrived is in doubt.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.channels import Secret, SendContext
from alerts.retry import Outcome, OutcomeKind, classify_lost
from alerts.transport import Http, Limits, Policy, Refused, Reply, TransportError
from storage.model import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where to post and whom to trust; the address itself is the password."""

    url: Secret
    allow_private: frozenset[str] = frozenset()
    insecure_http: bool = False
    ca_file: str | None = None
    proxy: Secret | None = field(default=None)
    program: str = "salname"  # who asks, with the version: salname/1.2

    @property
    def secrets(self) -> tuple[Secret, ...]:
        return (self.url, self.proxy) if self.proxy else (self.url,)

    @property
    def policy(self) -> Policy:
        return Policy(
            allow_private=self.allow_private,
            plain_http=self.insecure_http,
            ca_file=self.ca_file,
            proxy=self.proxy.reveal() if self.proxy else None,
        )


def encoded(value: JsonValue) -> bytes:
    """JSON without a bare `<`, `>` or `&`: nothing on the way can take a headline for markup."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode()


class Endpoint:
    """Posts to one address; of one sender thread."""

    def __init__(self, settings: HttpSettings) -> None:
        self._settings = settings
        self._http = Http(settings.policy)

    @property
    def destination(self) -> str:
        """The same for all channels that post to this address."""
        return hashlib.blake2b(self._settings.url.reveal().encode(), digest_size=16, person=b"destination").hexdigest()

    def post(self, content: bytes, headers: Mapping[str, str], ctx: SendContext) -> Reply | Outcome:
        """The reply, or an outcome if there is none."""
        sent = {"User-Agent": self._settings.program, "Accept-Encoding": "identity", **headers}
        try:
            return self._http.exchange(
                "POST",
                self._settings.url.reveal(),
                sent,
                content,
                Limits(deadline_s=ctx.deadline_s),
                is_followed=ctx.is_followed,
            )
        except Refused as error:
            return Outcome(kind=OutcomeKind.CHANNEL_PERMANENT, detail=str(error), phase="connect")
        except TransportError as error:
            return classify_lost(sent=error.sent, detail=str(error), phase="reply" if error.sent else "connect")

    def close(self) -> None:
        self._http.close()
