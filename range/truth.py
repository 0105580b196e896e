"""What really happened: a line of JSON for each host, each planted fault, each act with its conversations. Holds nothing of a patient."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from act import Done
from restamp import Flow, Sent
from topology import ROUTER, Topology

ICMP, TCP, UDP = 1, 6, 17
_ANSWERS = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
"""ICMP types that answer each other, as Community ID pairs them (corelight/community-id-spec)."""
MOST_FLOWS = 50_000
"""Conversations told of one act; a scan of everything has more, and says how many."""


def community_id(flow: Flow) -> str:
    """Community ID v1, seed 0 (corelight/community-id-spec), of a conversation told in either direction."""
    here, port, there, other, proto = flow
    ends = [(here, port), (there, _ANSWERS.get(port, other) if proto == ICMP else other)]
    if proto != ICMP or port in _ANSWERS:
        ends.sort()
    (low, first), (high, second) = ends
    packed = b"\0\0" + low + high + bytes((proto, 0)) + first.to_bytes(2, "big") + second.to_bytes(2, "big")
    return "1:" + base64.b64encode(hashlib.sha1(packed, usedforsecurity=False).digest()).decode()


def lines(topology: Topology, acts: Iterable[Done], sent: Sent) -> Iterator[dict[str, Any]]:
    """Hosts, then faults, then acts in the order of their virtual beginning."""
    for one in topology.hosts:
        zone = topology.zone_of[one.name]
        told = {"kind": one.kind, "maker": one.maker, "model": one.model, "software": one.software, "serial": one.serial, "ae": one.ae}
        outside = {key: True for key, holds in (("outside", zone.outside), ("rogue", one.rogue)) if holds}
        yield {"line": "host", "name": one.name, "zone": one.zone, "address": one.address, "mac": one.mac, **told, **outside}
    gateways = [zone.gateway for zone in topology.zones]
    yield {"line": "host", "name": ROUTER, "zone": "", "address": gateways[0], "addresses": gateways, "kind": "network gear"}
    for fault in topology.faults:
        addresses = [topology.address(name) for name in fault.hosts]
        yield {"line": "fault", "check": fault.check, "hosts": list(fault.hosts), "addresses": addresses, "why": fault.why}
    for act in sorted(acts, key=lambda act: (act.at, act.number)):
        yield _act(topology, act, sent.flows.get(act.number, set()), sent.packets[act.number])


def _act(topology: Topology, act: Done, flows: set[Flow], packets: int) -> dict[str, Any]:
    ids = sorted({community_id(flow) for flow in flows})
    told: dict[str, Any] = {"line": "act", "number": act.number, "what": act.what, "host": act.host, "address": topology.address(act.host)}
    told |= {"begin": _moment(act.at), "end": _moment(act.at + act.end - act.begin), "peers": act.peers}
    for key in ("scenario", "technique", "looks_like", "silent", "local"):
        if value := getattr(act, key):
            told[key] = value
    if act.error:  # whose text may have a command's arguments, and those a patient
        told["failed"] = True
    told["packets"] = packets
    return told | {"flows": ids[:MOST_FLOWS], **({"flows_in_all": len(ids)} if len(ids) > MOST_FLOWS else {})}


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def write(path: Path, told: Iterable[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
