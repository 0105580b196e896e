"""A Windows domain against tshark: calls of DCE/RPC in the golden captures, one by one, and how they are protected.

Where we differ on purpose: arguments are not looked at, and calls of one kind are one row.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from . import facts_asepsis, facts_tshark
from .captures import HERE
from .oracle import needs_tshark, rows, tshark

pytestmark = needs_tshark
CALLS = sorted((HERE / "dce_rpc").glob("*.pcap"))
LEVELS = {"0": "none", "1": "none", "2": "connect", "3": "call", "4": "packet", "5": "integrity", "6": "privacy"}


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_every_call_is_told(path: Path) -> None:
    theirs, mine = facts_tshark.facts(path)["RPC calls"], facts_asepsis.facts(path)["RPC calls"]
    assert theirs == mine
    assert theirs


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.stem)
def test_levels_of_protection(path: Path) -> None:
    levels: dict[str, set[str]] = defaultdict(set)
    for (flow,), found in tshark(path, "dcerpc.pkt_type == 11", "communityid", "dcerpc.auth_level"):
        levels[flow].update(LEVELS[level] for level in found or ["0"])
    mine: dict[str, set[str]] = defaultdict(set)
    for row in rows(path)["dce_rpc"]:
        mine[row["community_id"]].add(row["auth_level"])
    assert mine == levels


def test_zeros_where_a_secure_channel_begins() -> None:
    path = HERE / "dce_rpc" / "null_challenge.pcap"
    marked = sum(row["calls"] for row in rows(path)["dce_rpc"] if row["marks"])
    fields = ("netlogon.clientchallenge", "netlogon.clientcred")
    theirs = [
        values
        for values in tshark(path, "rpc_netlogon && dcerpc.pkt_type == 0", *fields)
        if any("0000000000000000" in found for found in values)
    ]
    assert marked == len(theirs) == 10
