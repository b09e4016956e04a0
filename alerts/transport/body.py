"""Reading a body within bounds.

Rule: memory and time are spent on what was received, never on what it unpacks to. Bytes are taken as they come
(`read1` returns once per receive) and inflated in small pieces; size and ratio are looked at after each piece.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from alerts.transport.errors import EncodingRefused, RatioExceeded, TimedOut, TooLarge

_PIECE = 65_536
_MEMBERS = 1_000  # parts of one gzip stream; an empty one costs 20 bytes to send and far more to unpack


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one exchange; the defaults are those for a message and its receipt.

    `whole`: the body of a 2xx is wanted whole and unpacked, or not at all. Otherwise, and for every other status, its
    first bytes are kept as they came.
    """

    deadline_s: float = 20.0  # from resolving the name to the last byte
    connect_s: float = 5.0  # each address of the host
    read_s: float = 15.0  # each wait for a byte, and for the name service
    body_bytes: int = 16_384
    whole: bool = False
    ratio: int = 200
    ratio_from_bytes: int = 1_048_576  # small bodies may be as repetitive as they like


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """`is_complete` is False if the connection or the compressed stream ended early, or only a part was wanted."""

    content: bytes
    is_complete: bool
    wire_byte_count: int


def read_whole(raw: BaseHTTPResponse, limits: Limits, host: str) -> Body:
    """The unpacked body; raises TooLarge, RatioExceeded, EncodingRefused or TimedOut."""
    _check_announced(raw.headers.get("content-length", ""), limits, host)
    intake = _Intake(raw, host)
    inflater = _inflater(raw.headers.get("content-encoding", ""), host)
    content = bytearray()
    for chunk in intake.chunks():
        _check_size(intake.byte_count, limits, host)
        for piece in inflater.pieces(chunk) if inflater else (chunk,):
            content += piece
            _check_size(len(content), limits, host)
            if len(content) > max(limits.ratio_from_bytes, limits.ratio * intake.byte_count):
                raise RatioExceeded(host, f"the body unpacks to more than {limits.ratio} times its size", sent=True)
    is_complete = intake.is_complete and (inflater is None or inflater.is_complete)
    return Body(content=bytes(content), is_complete=is_complete, wire_byte_count=intake.byte_count)


def read_first(raw: BaseHTTPResponse, byte_count: int, host: str) -> Body:
    """The first bytes of a body as they came over the wire; the rest is left unread."""
    intake = _Intake(raw, host)
    content = bytearray()
    for chunk in intake.chunks():
        content += chunk
        if len(content) > byte_count:
            break
    is_complete = intake.is_complete and len(content) <= byte_count
    return Body(content=bytes(content[:byte_count]), is_complete=is_complete, wire_byte_count=intake.byte_count)


def _check_announced(content_length: str, limits: Limits, host: str) -> None:
    if content_length.isascii() and content_length.isdigit():
        _check_size(int(content_length[:18]), limits, host)


def _check_size(byte_count: int, limits: Limits, host: str) -> None:
    if byte_count > limits.body_bytes:
        raise TooLarge(host, f"the body exceeds {limits.body_bytes:,} bytes", sent=True)


class _Intake:
    """The chunks as they arrive, counted."""

    def __init__(self, raw: BaseHTTPResponse, host: str) -> None:
        self._raw = raw
        self._host = host
        self.byte_count = 0
        self.is_complete = False

    def chunks(self) -> Iterator[bytes]:
        while chunk := self._next():
            self.byte_count += len(chunk)
            yield chunk

    def _next(self) -> bytes:
        try:
            chunk = self._raw.read1(_PIECE, decode_content=False)
        except ReadTimeoutError:
            raise TimedOut(self._host, "the body stopped coming", sent=True) from None
        except HTTPError:
            return b""  # closed or reset before the end, or a damaged chunk: what came before it stands
        self.is_complete = not chunk
        return chunk


def _inflater(coding: str, host: str) -> "_Inflater | None":
    match coding.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip" | "deflate":
            return _Inflater(host)
        case _:
            raise EncodingRefused(host, "a content coding that was not asked for", sent=True)


class _Inflater:
    """Unpacks a zlib stream, or gzip members one after the other (RFC 1952, 2.2), in pieces of bounded size."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._member = self._new_member()
        self._member_count = 0
        self._is_started = False  # this member has given something
        self._is_padding = False  # only garbage follows, which gzip(1) ignores as well

    @property
    def is_complete(self) -> bool:
        return self._member_count > 0 and not self._is_started

    def pieces(self, data: bytes) -> Iterator[bytes]:
        while not self._is_padding:
            piece = self._unpack(data)
            if piece:
                self._is_started = True
                yield piece
            if self._member.eof:
                data = self._member.unused_data
                self._begin_member()
            else:
                data = self._member.unconsumed_tail
            if not data:
                return

    def _unpack(self, data: bytes) -> bytes:
        try:
            return self._member.decompress(data, _PIECE)
        except zlib.error:
            if self._member_count == 0 or self._is_started:
                raise EncodingRefused(self._host, "the compressed body is damaged", sent=True) from None
            self._is_padding = True
            return b""

    def _begin_member(self) -> None:
        self._member_count += 1
        if self._member_count > _MEMBERS:
            raise EncodingRefused(self._host, f"compressed in more than {_MEMBERS:,} parts", sent=True)
        self._member = self._new_member()
        self._is_started = False

    @staticmethod
    def _new_member() -> "zlib._Decompress":
        return zlib.decompressobj(wbits=47)  # a zlib or a gzip header, whichever is found
