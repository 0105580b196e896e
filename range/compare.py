"""`range compare`: what asepsis says of a recording beside what the hospital really is: kinds, clinical classes, planted faults."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lan import RangeError

KINDS_RIGHT = 0.95
"""The part of the hosts whose kind must be told rightly."""
SHAPE: dict[str, dict[str, type]] = {
    "host": {"name": str, "address": str, "kind": str},
    "fault": {"check": str, "hosts": list, "addresses": list, "why": str},
    "act": {"number": int, "what": str, "host": str},
}
"""What is read of each line of a truth.jsonl, or would show that it is none."""
Asset = dict[str, Any]


@dataclass(frozen=True)
class HostResult:
    """One host: its kind, what was said of it, whether that is right, and whether a `life` device was taken for something less."""

    name: str
    address: str
    kind: str
    said: str
    confidence: float
    clinical_class: str
    right: bool
    less: bool


@dataclass(frozen=True)
class FaultResult:
    """One planted fault on one host, and the finding that tells it, if any."""

    check: str
    host: str
    why: str
    finding: str


def main(asked: argparse.Namespace) -> int:
    """Print both tables; 4 if a bar does not hold.

    Raises:
        RangeError: no truth.jsonl there, or asepsis cannot be asked.
    """
    truth = read_truth(asked.recording)
    assets, findings = (_ask(asked.site, what) for what in (["assets", "list"], ["findings", "list"]))
    hosts, faults = of_hosts(truth, assets), of_faults(truth, assets, findings)
    held = holds(hosts, faults)
    if asked.json:
        print(json.dumps({"holds": held, "hosts": [vars(one) for one in hosts], "faults": [vars(one) for one in faults]}, indent=1))
    else:
        print("\n".join(told(hosts, faults)))
    return 0 if held else 4


def read_truth(recording: Path) -> list[dict[str, Any]]:
    """The lines of truth.jsonl.

    Raises:
        RangeError: there is none, a line is none of a truth, or it tells of no hosts or no acts: nothing could be held against it.
    """
    path = recording / "truth.jsonl"
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RangeError(f"{path}: {getattr(error, 'strerror', None) or error}: `range record` writes it") from error
    truth = [_line(text, f"{path}:{number}") for number, text in enumerate(lines, 1)]
    if lacking := {"host", "act"} - {line["line"] for line in truth}:
        raise RangeError(f"{path}: tells of no {' and of no '.join(sorted(lacking))}: `range record` writes a whole one")
    return truth


def _line(text: str, place: str) -> dict[str, Any]:
    try:
        line = json.loads(text)
    except ValueError as error:
        raise RangeError(f"{place}: no JSON: {error}") from error
    if not isinstance(line, dict) or not isinstance(what := line.get("line"), str) or what not in SHAPE:
        raise RangeError(f"{place}: no line of a truth: {text[:60]}")
    for key, kind in SHAPE[what].items():
        if not isinstance(line.get(key), kind):
            raise RangeError(f"{place}: {what}: {key} is missing or of a wrong type")
    if what == "fault" and len(line["hosts"]) != len(line["addresses"]):
        raise RangeError(f"{place}: fault: as many addresses as hosts are needed")
    return line


def _ask(site: Path, what: Sequence[str]) -> list[Asset]:
    program = Path(sys.prefix) / "bin" / "asepsis"
    done = subprocess.run([str(program), *what, "--site", str(site), "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RangeError(f"asepsis {' '.join(what)}: {done.stderr.strip()[-300:]}")
    told: list[Asset] = json.loads(done.stdout)
    return told


def of_hosts(truth: Iterable[dict[str, Any]], assets: Sequence[Asset]) -> list[HostResult]:
    """Every host inside the hospital that is no attacker's: a router by all of its addresses."""
    by_address = {address: one for one in assets for address in one["addresses"]}
    results = []
    for line in truth:
        if line["line"] != "host" or line.get("outside") or line.get("rogue"):
            continue
        addresses = line.get("addresses") or [line["address"]]
        seen = [by_address[address] for address in addresses if address in by_address]
        results.append(_host(line, seen))
    return results


def _host(line: dict[str, Any], seen: Sequence[Asset]) -> HostResult:
    from asepsis.hospital.kinds import KINDS

    kind = line["kind"]
    right = bool(seen) and all(kind in (one["kind"], *one["roles"]) for one in seen)
    first: Asset = seen[0] if seen else {"kind": "not seen", "kind_confidence": 0.0, "clinical_class": "", "roles": []}
    life = kind in KINDS and KINDS[kind].clinical_class == "life"
    less = life and any(one["clinical_class"] not in ("life", "unknown") for one in seen)
    said = ", ".join([first["kind"], *first["roles"]])
    return HostResult(line["name"], line["address"], kind, said, first["kind_confidence"] or 0.0, first["clinical_class"], right, less)


def of_faults(truth: Iterable[dict[str, Any]], assets: Sequence[Asset], findings: Sequence[Asset]) -> list[FaultResult]:
    """Every planted fault on each of its hosts."""
    at = {one["id"]: set(one["addresses"]) for one in assets}
    told: dict[tuple[str, str], str] = {}
    for one in findings:
        for asset in (one["subject"], *(part["id"] if isinstance(part, dict) else part for part in one["assets"])):
            for address in at.get(asset, ()):
                told.setdefault((one["check"], address), one["id"])
    results = []
    for line in truth:
        if line["line"] == "fault":
            for host, address in zip(line["hosts"], line["addresses"], strict=True):
                results.append(FaultResult(line["check"], host, line["why"], told.get((line["check"], address), "")))
    return results


def holds(hosts: Sequence[HostResult], faults: Sequence[FaultResult]) -> bool:
    right = sum(one.right for one in hosts)
    return right >= KINDS_RIGHT * len(hosts) and not any(one.less for one in hosts) and all(one.finding for one in faults)


def told(hosts: Sequence[HostResult], faults: Sequence[FaultResult]) -> list[str]:
    """Both tables in words: misses first."""
    lines = [f"{'host':<16} {'address':<14} {'is':<20} {'asepsis says':<38} class"]
    for one in sorted(hosts, key=lambda one: (one.right, one.address)):
        sure = f"{one.said} {one.confidence:.0%}" if one.confidence else one.said
        lines.append(f"{one.name:<16} {one.address:<14} {one.kind:<20} {sure:<38} {one.clinical_class:<8} {'' if one.right else 'WRONG'}")
    lines += ["", f"{'planted fault':<28} {'host':<16} finding"]
    for fault in sorted(faults, key=lambda fault: bool(fault.finding)):
        lines.append(f"{fault.check:<28} {fault.host:<16} {fault.finding or 'NOT FOUND: ' + fault.why}")
    right, less = sum(one.right for one in hosts), [one.name for one in hosts if one.less]
    found = sum(bool(fault.finding) for fault in faults)
    lines += ["", f"Kinds: {right} of {len(hosts)} hosts right ({right / max(len(hosts), 1):.1%}; bar {KINDS_RIGHT:.0%})."]
    lines += [f"Devices that sustain life taken for less: {', '.join(less) or 'none'}."]
    lines += [f"Planted faults: {found} of {len(faults)} found."]
    return lines
