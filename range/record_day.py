"""`range record`: what was lived through, in files: packets of each zone in the day's own time, and the truth beside them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

import folder
import life
import recording
import restamp
import stage
import truth
from lan import RangeError
from recording import path_of
from restamp import Owners, Sent
from state import Hospital
from topology import Topology

SETTLE_S = 1.5
"""What came last is with tcpdump only when the kernel has filled a block of packets or waited a second (packet(7), TPACKET_V3)."""


def outside(asked: argparse.Namespace) -> int:
    """Open the folder where it is seen as its owner sees it: what is mounted inside the hospital ends with it."""
    life.need_root()
    into = asked.into.resolve()
    with folder.opened(into) as descriptor:
        return life.enter([sys.executable, *sys.argv, "--opened", str(descriptor)], [descriptor])


def main(asked: argparse.Namespace) -> int:
    """Write the recording; one that was there before is replaced.

    Raises:
        RangeError: nothing was done yet, a recorder lost packets, the folder cannot be written to.
    """
    if asked.opened is None:
        raise RangeError("what is written inside the hospital may end with it: record from outside")
    hospital, into = Hospital.current(), asked.into.resolve()
    with stage.alone():
        recording.check(hospital.topology)
        time.sleep(SETTLE_S)
        try:
            with folder.filled(asked.opened) as aside:
                told = write(hospital.topology, aside)
        except OSError as error:
            raise RangeError(f"{into}: {error.strerror}: nothing there was changed") from error
    print(
        json.dumps(told) if asked.json else f"{into}: {told['packets']} packets of {told['zones']} zones, {told['acts']} acts, truth.jsonl"
    )
    return 0


def write(topology: Topology, into: Path) -> dict[str, int]:
    """Packets per zone, truth.jsonl and the site.toml that the hospital would write of itself; what is counted of them."""
    acts = stage.noted()
    if not acts:
        raise RangeError("nothing was done yet: `range day` or `range scenario` first")
    sent, count, aside = Sent(), 0, 0
    for zone in topology.zones:
        moved, without = restamp.restamped(path_of(zone), Owners(topology, acts), sent)
        count, aside = count + len(moved), aside + without
        restamp.write(into / f"{zone.name}.pcap", moved)
    truth.write(into / "truth.jsonl", truth.lines(topology, acts, sent))
    (into / "site.toml").write_text(topology.site_toml())
    return {"packets": count, "late": sent.late, "before_any_act": aside, "zones": len(topology.zones), "acts": len(acts)}
