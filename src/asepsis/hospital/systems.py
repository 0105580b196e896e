"""Which operating system an asset runs, by signs on the wire, and until when its maker mends it (data/os_signs.tsv, os_support.tsv)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from asepsis.hospital.kinds import patterns, table

if TYPE_CHECKING:
    from asepsis.hospital.facts import Fact
    from asepsis.hospital.view import View


SURE = 0.5
"""A sign that says less is a hint, and leaves the system unknown."""


@dataclass(frozen=True, slots=True)
class System:
    """An operating system, how sure that is (0-1), and the fact that says so. `source` is its stream."""

    name: str
    confidence: float
    said: str
    source: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class Support:
    """Until when free updates come, and until when those that are paid for (nothing if there are none)."""

    end: date
    extended_end: date | None
    source: str


def systems(view: View) -> list[System]:
    """The systems that signs speak for, the best-founded first; each once."""
    best: dict[str, System] = {}
    for sign, text, source, fact in _signs(view):
        fits = [row for pattern, row in patterns("os_signs", "pattern") if row["sign"] == sign and pattern.search(text)]
        if fits:
            row = max(fits, key=lambda r: (int(r["points"]), r["system"]))
            found = System(row["system"], int(row["points"]) / 100, f"{sign} {text}", source, fact)
            if found.name not in best or _order(found) < _order(best[found.name]):
                best[found.name] = found
    return sorted(best.values(), key=_order)


@cache
def supported(system: str) -> Support | None:
    """When the updates of a system end; nothing if that is not known, as of a family without a version."""
    row = next((r for r in table("os_support") if r["system"] == system), None)
    if row is None or not row["end"]:
        return None
    return Support(date.fromisoformat(row["end"]), date.fromisoformat(row["extended_end"]) if row["extended_end"] else None, row["source"])


def _signs(view: View) -> Iterator[tuple[str, str, str, Fact]]:
    for banner in view.banners:
        yield ("http-agent" if banner.role == "client" else "http-server"), banner.text, "http", banner
    # Behind one address may stand several machines; who they are the hop limit does not tell then.
    several = len({shown.text for shown in view.signs if shown.sign == "ttl"}) > 1
    for shown in view.signs:
        if several and shown.sign == "ttl":
            continue
        yield shown.sign, shown.text, shown.source, shown
    for client in view.clients:
        if client.vendor_class:
            yield "dhcp-vendor", client.vendor_class, "dhcp", client
        if client.fingerprint:
            yield "dhcp-fingerprint", client.fingerprint, "dhcp", client


def _order(system: System) -> tuple[float, str, str]:
    return -system.confidence, system.name, system.fact.event_id
