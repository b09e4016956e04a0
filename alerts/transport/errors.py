"""The tree of what can go wrong in one exchange, in words that give nothing away.

TransportError
├── Refused               by us, before anything was sent
│   ├── SchemeRefused     neither http nor https, or plain http where only https is wanted
│   ├── UrlRefused        malformed, too long, with a password inside, or with a header that cannot be sent
│   └── AddressRefused    a port that is not ours to use, or a host that is not (only) on the public internet
├── DnsFailed             the name has no address, or nobody answers for it
├── ConnectFailed         nothing listens there, or the proxy declined
├── TlsFailed             no encrypted connection, or a certificate that proves nothing
├── TimedOut              the deadline passed, whatever came back
├── Broken                closed, reset, or not HTTP
├── TooLarge              more than we are ready to hold
├── RatioExceeded         a compressed body that unpacks to hundreds of times its size
└── EncodingRefused       a content coding nobody asked for, or damaged

The message names the host and the cause. It never holds a path, a query, a header or the text of a foreign exception:
`str()` of an exception of requests holds the whole address, and the address of a webhook is a password.
"""

from storage.errors import Error


class TransportError(Error):
    """An exchange with `host` brought no reply; `sent` tells whether the last byte of the request was handed over.

    A message that was not `sent` surely did not arrive; one that was is in doubt.
    """

    def __init__(self, host: str, cause: str, *, sent: bool = False) -> None:
        super().__init__(f"{host}: {cause}")
        self.host = host
        self.cause = cause
        self.sent = sent


class Refused(TransportError):
    """We decline to talk to this address; asking again cannot help."""


class SchemeRefused(Refused):
    """Neither http nor https, or plain http where only https is wanted."""


class UrlRefused(Refused):
    """The address or a header of the request is not fit to be sent."""


class AddressRefused(Refused):
    """The port or one of the addresses behind the name is not public."""


class DnsFailed(TransportError):
    """The name has no address, or nobody answers for it."""


class ConnectFailed(TransportError):
    """No connection to any address of the host."""


class TlsFailed(TransportError):
    """No encrypted connection, or a certificate that does not prove the host's name."""


class TimedOut(TransportError):
    """The deadline of the exchange, or of one read, passed."""


class Broken(TransportError):
    """The connection was closed or reset too early, or the other side does not speak HTTP."""


class TooLarge(TransportError):
    """The head or the body of the reply exceeds its cap."""


class RatioExceeded(TransportError):
    """The body unpacks to more than `Limits.ratio` times its size."""


class EncodingRefused(TransportError):
    """The body has a content coding that was not asked for, or a damaged one."""
