"""The states that something goes through, and what a newer word may change of them.

        mentioned < announced < planned < underway < done      postponed, cancelled beside them

Rule: nothing falls back. A newer text that still calls a thing planned is out of date, not news; only a postponement or
a cancellation leads away from the road, and only a plan said anew leads back.
"""

from collections.abc import Sequence

from storage.model import Claim, ClaimVerdict

LEVELS = {"mentioned": 0, "announced": 1, "planned": 2, "underway": 3, "done": 4}
ASIDE = frozenset({"postponed", "cancelled", "lapsed"})
_REVIVING = frozenset({"planned", "underway"})


def judge_status(claim: Claim, current: Claim) -> ClaimVerdict:
    """What a state is to the one that stood."""
    said, stood = claim.value, current.value
    if said == stood:
        return ClaimVerdict.SAME
    if said in ASIDE:
        return _aside(said, stood)
    if stood == "postponed":
        return ClaimVerdict.UPDATES
    if stood in ASIDE:
        return ClaimVerdict.REVIVES if said in _REVIVING else ClaimVerdict.STALE
    return ClaimVerdict.UPDATES if LEVELS[said] > LEVELS[stood] else ClaimVerdict.STALE


def is_confirmed(voices: int, claims: Sequence[Claim]) -> bool:
    """An official word or two independent sources; one paper alone only reports."""
    return voices > 1 or any(claim.official for claim in claims)


def _aside(said: str, stood: str) -> ClaimVerdict:
    if stood == "done":
        return ClaimVerdict.CONFLICTS
    if stood in {"cancelled", "lapsed"} and said == "postponed":
        return ClaimVerdict.STALE
    return ClaimVerdict.UPDATES
