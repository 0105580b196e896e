"""How much of the encrypted traffic is ready for quantum computers: a figure, not a finding.

Hybrid key agreement is X25519MLKEM768 and its like (draft-ietf-tls-ecdhe-mlkem), as the `ssl` stream names it.
"""

from __future__ import annotations

from dataclasses import dataclass

from asepsis.findings.service import Lake

_SESSIONS = """
    select count(*) as sessions,
           coalesce(sum(case when pq_hybrid_offered then 1 else 0 end), 0) as hybrid_offered,
           coalesce(sum(case when pq_hybrid then 1 else 0 end), 0) as hybrid_used
    from ssl where established
"""


@dataclass(frozen=True, slots=True)
class Readiness:
    """TLS sessions that were established, in how many the client offered a hybrid, in how many it was used."""

    sessions: int
    hybrid_offered: int
    hybrid_used: int


def readiness(lake: Lake) -> Readiness:
    """The figure for the whole lake."""
    return next((Readiness(**row) for row in lake.rows(_SESSIONS)), Readiness(0, 0, 0))
