"""What one text says more than once: the headline in short, the text in full.

Rule: a text has one opinion of a thing. What its headline leaves out is what its sentences say; a thing that is said
twice is one claim, in the first words that say it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from storage.model import Claim, ClaimKind, Modality

_AHEAD = frozenset({Modality.PLANNED, Modality.EXPECTED})


def merged(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims of a text, each once, and each figure of the kind that the text says it is of."""
    return tuple(_once(_cautious(list(_of_their_kinds(claims)))))


def _of_their_kinds(claims: Sequence[Claim]) -> Iterator[Claim]:
    """2,640 guests are those who attended, where the same text says that 2,640 attended."""
    kinds: dict[tuple[object, ...], dict[str, Claim]] = {}
    for claim in claims:
        if claim.kind is ClaimKind.QUANTITY and claim.facet:
            kinds.setdefault(_figure(claim), {}).setdefault(claim.facet, claim)
    for claim in claims:
        told = kinds.get(_figure(claim), {}) if claim.kind is ClaimKind.QUANTITY and not claim.facet else {}
        if len(told) == 1:
            (other,) = told.values()
            yield replace(claim, facet=other.facet, growth=other.growth, modality=other.modality)
        else:
            yield claim


def _cautious(claims: Sequence[Claim]) -> Iterator[Claim]:
    """A figure that the same text tells as a plan and as a fact is a plan."""
    ahead = {(*_figure(one), one.facet, one.as_of): one.modality for one in claims if one.modality in _AHEAD}
    for claim in claims:
        told = ahead.get((*_figure(claim), claim.facet, claim.as_of))
        is_plan = told is not None and claim.kind is ClaimKind.QUANTITY and claim.modality is Modality.REPORTED
        yield replace(claim, modality=told) if is_plan and told is not None else claim


def _figure(claim: Claim) -> tuple[object, ...]:
    return claim.subject, claim.measure, claim.unit, claim.value


def _once(claims: Iterable[Claim]) -> Iterator[Claim]:
    seen: set[tuple[object, ...]] = set()
    for claim in claims:
        value = claim.value if claim.kind is ClaimKind.STATUS else ""
        said = (claim.subject, claim.measure, claim.facet, value, claim.lo, claim.hi, claim.modality)
        if said not in seen:
            seen.add(said)
            yield claim
