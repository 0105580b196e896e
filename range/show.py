"""`range status`: what is up, what each host runs, what was done and recorded."""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import life
import stage
from lan import SCRATCH
from recording import path_of
from state import Hospital


def nothing(as_json: bool) -> int:
    print(json.dumps({"up": False}) if as_json else "No hospital is up. `range up` starts one.")
    return 0


def gather() -> dict[str, Any]:
    """Everything that the status tells. Daemons are counted by what is still alive in the namespaces of their hosts."""
    hospital, acts = Hospital.current(), stage.noted()
    topology = hospital.topology
    alive = _alive()
    hosts = [
        {
            "name": one.name,
            "zone": one.zone,
            "address": one.address,
            "kind": one.kind,
            "services": list(one.services),
            "processes": alive[one.name],
        }
        for one in topology.hosts
    ]
    recorded = {zone.name: path_of(zone).stat().st_size for zone in topology.zones if path_of(zone).exists()}
    last = max((act.at + act.end - act.begin for act in acts), default=None)
    return {
        "up": True,
        "quick": hospital.quick,
        "hosts": hosts,
        "acts": len(acts),
        "failed": sum(bool(act.error) and not act.may_fail for act in acts),
        "scenarios": sorted({act.scenario for act in acts if act.scenario}),
        "until": datetime.fromtimestamp(last, UTC).isoformat(timespec="seconds") if last else None,
        "recorded_bytes": recorded,
        "scratch": str(SCRATCH),
    }


def _alive() -> Counter[str]:
    """Processes by the host that their network namespace is."""
    spaces = {os.stat(path).st_ino: path.name for path in Path("/run/netns").iterdir()}
    found = Counter[str]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                found[spaces.get(os.stat(entry / "ns" / "net").st_ino, "")] += 1
            except OSError:
                continue
    return found


def status(as_json: bool) -> int:
    """Print it; 4 if a host's daemons are gone."""
    told = gather()
    ended = [one for one in told["hosts"] if one["services"] and not one["processes"]]
    if as_json:
        print(json.dumps(told, indent=1))
        return 4 if ended else 0
    since = life.living()
    up = f", up since {datetime.fromtimestamp(since['since'], UTC):%H:%M} UTC" if since and "since" in since else ""
    size = f"{len(told['hosts'])} hosts{' (quick)' if told['quick'] else ''}"
    print(f"{size}{up}. Files of the daemons: {told['scratch']} (range exec HOST -- ...)")
    for one in told["hosts"]:
        runs = ", ".join(one["services"]) or "-"
        print(f"  {one['address']:<15} {one['name']:<15} {one['zone']:<15} {one['kind']:<20} {runs}{'  ENDED' if one in ended else ''}")
    size = sum(told["recorded_bytes"].values()) >> 20
    done = f"{told['acts']} acts until {told['until']}, {told['failed']} failed; {size} MiB recorded."
    print(done if told["acts"] else "Nothing was done yet.")
    if told["scenarios"]:
        print("Scenarios: " + ", ".join(told["scenarios"]))
    return 4 if ended else 0
