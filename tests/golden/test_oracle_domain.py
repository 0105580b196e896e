"""A Windows domain against tshark: calls of DCE/RPC in the golden captures, one by one, how they are protected, and tickets.

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
TICKETS = sorted((HERE / "kerberos").glob("*.pcap"))
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


CIPHERS = {17: "aes128-cts-hmac-sha1-96", 18: "aes256-cts-hmac-sha1-96", 23: "rc4-hmac"}


@pytest.mark.parametrize("path", TICKETS, ids=lambda path: path.stem)
def test_every_message_about_tickets_is_told(path: Path) -> None:
    theirs, mine = facts_tshark.facts(path)["Kerberos messages"], facts_asepsis.facts(path)["Kerberos messages"]
    assert theirs == mine
    assert theirs


@pytest.mark.parametrize("path", TICKETS, ids=lambda path: path.stem)
def test_tickets_field_by_field(path: Path) -> None:
    """Of an answer the last two ciphers are those of the ticket and of what only the client reads."""
    fields = ("communityid", "kerberos.etype", "kerberos.SNameString", "kerberos.realm", "kerberos.till", "kerberos.KDCOptions.forwardable")
    asked = list(tshark(path, "kerberos.msg_type in {10, 12}", *fields, "kerberos.KDCOptions.renewable", "kerberos.ENCTYPE"))
    given = {
        flow[0]: [CIPHERS[int(one)] for one in ciphers[-2:]] for flow, ciphers, *_ in tshark(path, "kerberos.msg_type in {11, 13}", *fields)
    }
    mine = {row["community_id"]: row for row in rows(path)["kerberos"]}
    assert {flow[0] for flow, *_ in asked} == mine.keys()
    for (flow,), _, names, realms, _, forwardable, renewable, offered in asked:
        row = mine[flow]
        assert row["realm"] == realms[-1].lower()
        assert row["service"] in names
        assert row["service_host"] is None or any(name.startswith(row["service_host"]) for name in names)
        assert row["offered"] == [CIPHERS[int(one)] for one in offered]
        assert [row["forwardable"], row["renewable"]] == [values[-1] == "1" for values in (forwardable, renewable)]
        assert [row["cipher"], row["reply_cipher"]] == given.get(flow, [None, None])


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
