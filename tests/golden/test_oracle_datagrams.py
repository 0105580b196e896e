"""Protocols of single datagrams message by message against tshark, in their golden captures."""

from __future__ import annotations

from collections import Counter

import pytest

from .captures import HERE
from .oracle import needs_tshark, rows, tshark

pytestmark = needs_tshark
ECHO_REPLY, ECHO, REDIRECT = "0", "8", "5"


@pytest.mark.parametrize("name", ["messages", "tunnel"])
def test_icmp(name: str) -> None:
    path = HERE / "icmp" / f"{name}.pcap"
    said: Counter[tuple[str, ...]] = Counter()
    carried: Counter[tuple[str, ...]] = Counter()
    gateways = set()
    known = set()
    fields = ("ip.id", "ip.src", "ip.dst", "icmp.type", "icmp.code", "ip.len", "icmp.redir_gw")
    for (ident, *_), source, target, kinds, codes, lengths, gateway in tshark(path, "icmp", *fields):
        # The stranger hands on what is meant for him: the same packet once more, which is a copy.
        if (ident, source[0], kinds[0]) in known:
            continue
        known.add((ident, source[0], kinds[0]))
        kind, ends = kinds[0], (source[0], target[0])
        if kind == ECHO_REPLY:
            kind, ends = ECHO, (target[0], source[0])
        said[*ends, kind, codes[0]] += 1
        carried[*ends, kind, codes[0]] += int(lengths[0]) - 28
        gateways |= set(gateway)
    mine = {(row["id_orig_h"], row["id_resp_h"], str(row["icmp_type"]), str(row["icmp_code"])): row for row in rows(path)["icmp"]}
    assert {key: row["requests"] + row["replies"] for key, row in mine.items()} == said
    assert {key: row["payload_bytes"] for key, row in mine.items()} == carried
    assert {row["gateway"] for row in mine.values() if row["gateway"]} == gateways
