"""Protocols of single datagrams message by message against tshark, in their golden captures."""

from __future__ import annotations

from collections import Counter

import pytest

from .captures import HERE
from .oracle import first, needs_tshark, rows, tshark

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


def test_ntp() -> None:
    path = HERE / "ntp" / "messages.pcap"
    said: Counter[tuple[str, ...]] = Counter()
    strata: dict[tuple[str, ...], str | None] = {}
    for (flow,), source, (version,), (mode,), code, private, stratum in tshark(
        path,
        "ntp",
        "communityid",
        "ip.src",
        "ntp.flags.vn",
        "ntp.flags.mode",
        "ntp.ctrl.flags2.opcode",
        "ntp.priv.reqcode",
        "ntp.stratum",
    ):
        asked = (code or private or ["None"])[0]
        key = flow, source[0], version, mode, asked
        said[key] += 1
        strata.setdefault(key, first(stratum))
    mine = {}
    for row in rows(path)["ntp"]:
        # Rows of answers have the ends of their connection.
        sender = row["id_resp_h"] if row["mode"] == 4 or row["response"] else row["id_orig_h"]
        mine[row["community_id"], sender, str(row["version"]), str(row["mode"]), str(row["opcode"])] = row
    assert {key: row["messages"] for key, row in mine.items()} == said
    assert {key: row["stratum"] if row["stratum"] is None else str(row["stratum"]) for key, row in mine.items()} == strata
