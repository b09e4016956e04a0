"""Names that a change and a promise keep in every feed and calendar they are ever told in."""

import uuid

_NAMESPACE = uuid.UUID("6f0e9c0e-2a3c-5c0b-9a55-0f5b1c7d8e21")  # of this program; never to be changed


def urn(kind: str, name: str) -> str:
    """urn:uuid:… (RFC 9562, 5.5) of a change, an event, a promise or a whole feed."""
    return uuid.uuid5(_NAMESPACE, f"{kind}:{name}").urn


def uid(kind: str, name: str) -> str:
    """The UID of an entry in a calendar (RFC 7986, 5.3)."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}"))


def feed_name(topics: tuple[str, ...], event: str | None) -> str:
    """What a feed of these topics is called for ever."""
    return f"{','.join(sorted(topics))}|{event or ''}"
