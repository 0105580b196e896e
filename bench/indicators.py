"""Many indicators as one Sigma rule, and as a table that rows are joined with: addresses, domains, hashes of files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from asepsis.lake.service import Lake
from asepsis.network import hunting
from asepsis.network.library import Entry, of_bytes
from asepsis.network.sigma import query
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Rule
from asepsis.network.sigma.taxonomy import Taxonomy

KINDS = {
    "addresses": ("conn", "id_resp_h", "", lambda n: f"198.{18 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"),
    "networks": ("conn", "id_resp_h", "|cidr", lambda n: f"198.{18 + (n >> 13)}.{n >> 5 & 255}.{(n & 31) << 3}/30"),
    "domains": ("dns", "query", "", lambda n: f"host{n * 37}.hospital.example"),
    "hashes": ("files", "sha256", "", lambda n: hashlib.sha256(str(n).encode()).hexdigest()),
}
"""Stream, column, modifier, and the indicator of a number. Some of the addresses and domains are met."""
RULE = """title: Indicators
id: 0b6f2a0e-5a9f-4a51-9f0c-6a1e7d5e9a11
logsource: {{product: asepsis, service: {stream}}}
detection:
  listed:
    {column}{modifier}:
{values}
  condition: listed
"""


def rule(kind: str, many: int) -> Entry:
    """A rule that lists so many indicators."""
    stream, column, modifier, of = KINDS[kind]
    values = "\n".join(f"      - '{of(n)}'" for n in range(many))
    data = RULE.format(stream=stream, column=column, modifier=modifier, values=values).encode()
    return of_bytes(data, Path(kind), f"{kind}.yml", own=False)


def asked(lake: Lake, entry: Entry) -> dict[str, Any]:
    """What the rule finds: its events, as the query of the rule alone gives them."""
    assert isinstance(entry.speaks, Rule)
    return {"found": len(lake.rows(query.of_rule(entry.speaks, Taxonomy(lake.streams), Reach())))}


def hunted(lake: Lake, entry: Entry) -> dict[str, Any]:
    """The same as a hunt: by attackers, with the rows that show it."""
    return {"found": sum(one.events for one in hunting.hunt(entry, lake, Reach()))}


def joined(lake: Lake, kind: str, many: int) -> dict[str, Any]:
    """The events that a bare join with a table of the indicators gives."""
    stream, column, _, of = KINDS[kind]
    if kind == "networks":
        lake.append("listed", pa.table({"value": [_first(of(n)) for n in range(many)]}))
        same = f"{column.removesuffix('h')}lo >> 2 = value"
    else:
        lake.append("listed", pa.table({"value": [of(n) for n in range(many)]}))
        same = f"{column} = value"
    return {"found": len(lake.rows(f"SELECT event_id, ts FROM {stream} JOIN listed ON {same} ORDER BY ts, event_id"))}


def _first(network: str) -> int:
    """What all addresses in a network of 30 bits begin with."""
    a, b, c, d = map(int, network.removesuffix("/30").split("."))
    return (0xFFFF << 32 | a << 24 | b << 16 | c << 8 | d) >> 2
