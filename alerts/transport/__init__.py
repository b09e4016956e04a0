"""Bounded HTTP for everything that leaves the house: feeds, pages and messages.

Rule: nothing else in the project opens a connection over HTTP, so the guard against private addresses, the deadline
and the caps hold everywhere.

    Http.exchange   http         one request, one reply, or one TransportError
      the guard     addresses    every address behind a name is public, or the host is opened
      the wire      connections  connects to a checked address; bounds the head of the reply
      the clock     watchdog     shuts late connections down
      the body      body         as it comes, inflated within bounds
"""

from alerts.transport.addresses import Resolve, is_public
from alerts.transport.body import Limits
from alerts.transport.dates import http_date, retry_after
from alerts.transport.errors import (
    AddressRefused,
    Broken,
    ConnectFailed,
    DnsFailed,
    EncodingRefused,
    RatioExceeded,
    Refused,
    SchemeRefused,
    TimedOut,
    TlsFailed,
    TooLarge,
    TransportError,
    UrlRefused,
)
from alerts.transport.http import Http, Policy, Reply, expect_allowed

__all__ = [
    "AddressRefused",
    "Broken",
    "ConnectFailed",
    "DnsFailed",
    "EncodingRefused",
    "Http",
    "Limits",
    "Policy",
    "RatioExceeded",
    "Refused",
    "Reply",
    "Resolve",
    "SchemeRefused",
    "TimedOut",
    "TlsFailed",
    "TooLarge",
    "TransportError",
    "UrlRefused",
    "expect_allowed",
    "http_date",
    "is_public",
    "retry_after",
]
