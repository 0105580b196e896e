"""Who talked to whom: connections that say the same of two ends, told by their first and their last.

A month of a hospital is a hundred million connections, and most questions ask only whether two ends ever spoke so. `pairs` has the columns
of `conn` that such questions need, and for all connections that are alike in them two rows: the first with its `ts` and `event_id`, and
the last. `each_pair` has the same of every connection, for whoever asks after certain events. Bytes are told in steps: at least 1, 20, 60,
100, 300. Hop limits are told as what they began with.
"""

from __future__ import annotations

STEPS = (300, 100, 60, 20, 1)
"""Bytes from which on a direction said something, was more than a greeting, and held a message: what the checks ask by."""
_KEYS = {
    "proto": "proto",
    "id_orig_h": "id_orig_h",
    "id_resp_h": "id_resp_h",
    # A port that nobody answered at, or that a client took as it came, tells services apart from nothing.
    "id_resp_p": "case when service is null and (coalesce(resp_bytes, 0) = 0 or id_resp_p >= 49152) then 49152 else id_resp_p end",
    "service": "service",
    "orig_pkts": "case when orig_pkts > 0 then 1 else 0 end",
    "resp_pkts": "case when resp_pkts > 0 then 1 else 0 end",
    "orig_bytes": "{orig_bytes}",
    "resp_bytes": "{resp_bytes}",
    "orig_l2_addr": "orig_l2_addr",
    "resp_l2_addr": "resp_l2_addr",
    "vlan": "vlan",
    "orig_ttl": "{orig_ttl}",
    "resp_ttl": "{resp_ttl}",
    "midstream": "coalesce(midstream, false)",
}
BEGUN = (32, 64, 128, 255)
"""Hop limits that systems begin with: nobody is as far away as the next lower one (p0f 3 guesses so, fp_tcp.c guess_dist)."""
_AT = "struct_pack(a := ts, b := event_id)"


def _step(column: str) -> str:
    cases = " ".join(f"when {column} >= {least} then {least}" for least in STEPS)
    return f"case {cases} else 0 end"


def _begun(column: str) -> str:
    cases = " ".join(f"when {column} <= {most} then {most}" for most in BEGUN)
    return f"case {cases} end"


def each() -> str:
    """The query that has every connection."""
    steps = {f"{side}_{what}": of(f"{side}_{what}") for side in ("orig", "resp") for what, of in (("bytes", _step), ("ttl", _begun))}
    told = ", ".join(f"{source.format(**steps)} as {name}" for name, source in _KEYS.items())
    return f"select {told}, ts, event_id, 1 as conns from conn"  # noqa: S608 - names of ours


def summed() -> str:
    """The query that has the first and the last of those that are alike."""
    keys = ", ".join(_KEYS)
    return (
        f"with alike as (select {keys}, min({_AT}) as first, max({_AT}) as last, count(*) as conns from ({each()}) as one group by {keys}) "  # noqa: S608
        f"select {keys}, first.a as ts, first.b as event_id, conns from alike "
        f"union all select {keys}, last.a, last.b, 0 from alike where last.b <> first.b"
    )
