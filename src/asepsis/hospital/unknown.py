"""What machines said of their make that no table of ours knows: made to be shown to others, so what names a place, a machine or a person
of this hospital is left out of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from asepsis.hospital.dicom_software import implementation
from asepsis.hospital.facts import Observations
from asepsis.hospital.kinds import patterns
from asepsis.hospital.network_card import card, is_made_up
from asepsis.hospital.plan import parsed

LEFT_OUT = "*"
_WORD = re.compile(r"[^\s,;()\[\]{}<>\"'/=|]+")
_ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![0-9a-f])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f])", re.I)
_SHORTEST = 3
"""A name of fewer letters is in half of all words."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A text that fits no row of a table, on how many machines it was seen, and what was seen beside it."""

    table: str
    seen: str
    machines: int
    beside: str = ""


def unknown(seen: Observations) -> list[Unknown]:
    """What is to be added to the tables, what most machines say first."""
    names = _names(seen)
    machines: dict[tuple[str, str], set[str]] = defaultdict(set)
    beside: dict[tuple[str, str], set[str]] = defaultdict(set)
    for table, said, machine, more in _unknown(seen):
        text = _shown(said, names) if table in _FREE else said
        machines[table, text].add(machine)
        beside[table, text] |= {more} - {""}
    found = [Unknown(table, text, len(of), ", ".join(sorted(beside[table, text])[:3])) for (table, text), of in machines.items()]
    return sorted(found, key=lambda u: (u.table, -u.machines, u.seen))


def _names(seen: Observations) -> frozenset[str]:
    """What machines, applications and places of this hospital are called, in small letters."""
    told: set[str | None] = set()
    told |= {n.hostname for n in seen.names} | {name for c in seen.clients for name in (c.host_name, c.client_fqdn)}
    told |= {title for a in seen.associations for title in (a.calling_ae, a.called_ae)}
    told |= {word for m in seen.messages for word in (m.sending_application, m.sending_facility)}
    told |= {word for s in seen.stores for word in (s.station, s.serial)}
    return frozenset(part for name in told if name for part in (name.casefold(), name.split(".")[0].casefold()) if len(part) >= _SHORTEST)


def _shown(text: str, names: frozenset[str]) -> str:
    """The text without addresses, and without words that are, begin with or end in such a name."""

    def word(found: re.Match[str]) -> str:
        said = found[0].casefold()
        pieces = {said, said.partition(".")[0], *re.split(r"[-_.:@]", said)}
        return LEFT_OUT if pieces & names or "@" in said or parsed(said) else found[0]

    return _WORD.sub(word, _ADDRESS.sub(LEFT_OUT, text))


_FREE = {"dicom_implementations", "models", "dhcp_vendor_classes", "banners"}


def _unknown(seen: Observations) -> Iterator[tuple[str, str, str, str]]:
    for a in seen.associations:
        sides = [(a.calling_uid, a.calling_version, a.orig, f"contexts {a.contexts}" if a.contexts else "")]
        sides += [(a.called_uid, a.called_version, a.resp, "")] if a.accepted else []
        for uid, version, machine, more in sides:
            if (uid or version) and implementation(uid, version) is None:
                yield "dicom_implementations", f"{uid or '-'} {version or '-'}", machine, more
    for s in seen.stores:
        told = f"{s.manufacturer or ''} {s.model or ''}".strip()
        if s.model and not _fits("models", told):
            yield "models", told, s.sender, f"modality {s.modality}" if s.modality else ""
    for d in seen.described:
        told = f"{d.manufacturer or ''} {d.model or ''}".strip()
        if d.model and not _fits("models", told):
            yield "models", told, d.address, d.source
    for c in seen.clients:
        if c.vendor_class and not _fits("dhcp_vendor_classes", c.vendor_class):
            yield "dhcp_vendor_classes", c.vendor_class, c.mac, f"fingerprint {c.fingerprint}" if c.fingerprint else ""
    for b in seen.banners:
        if not any(row["role"] == b.role and pattern.search(b.text) for pattern, row in patterns("banners", "pattern")):
            yield "banners", f"{b.role} {b.text}", b.address, ""
    for binding in seen.bindings:
        if not is_made_up(binding.mac) and card(binding.mac) is None:
            yield "oui", binding.mac[:8], binding.mac, ""


def _fits(name: str, text: str) -> bool:
    return any(pattern.search(text) for pattern, _ in patterns(name, "pattern"))
