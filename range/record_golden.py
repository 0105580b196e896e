"""Record golden captures whose stacks have no part in the morning.

    sudo .venv/bin/python range/record_golden.py [--into tests/golden] [--scene NAME]

Each scene is two hosts on a cable, in private namespaces of its own (see `lan.enclose`): nothing is left behind, and none meets another's
daemons. Needs root, Python with what `make .venv/.test` brings, and the packages that it names where they are missing. Identifiers and
times differ with every recording: the rows beside the captures are made again (`make golden`).
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from pathlib import Path

import lan
from goldens import cable

PACKAGES = {"unshare": "util-linux", "ip": "iproute2", "ethtool": "ethtool", "sysctl": "procps", "tcpdump": "tcpdump"}
SCENES = (
    *("sdc", "hl7_http", "dicomweb", "http2", "screens", "managed", "logons", "logins"),
    *("databases", "datagrams", "domain", "tickets", "shells", "terminals", "transfers"),
)
GOLDEN = Path(__file__).parents[1] / "tests" / "golden"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=GOLDEN, help="folder of the captures, by stream")
    parser.add_argument("--scene", choices=SCENES, help="record this alone")
    asked = parser.parse_args()
    into = asked.into.resolve()
    if not asked.scene:
        failed = [name for name in SCENES if subprocess.call([sys.executable, __file__, "--into", str(into), "--scene", name])]
        print(f"record_golden: {len(SCENES) - len(failed)} of {len(SCENES)} scenes" + "".join(f", not {name}" for name in failed))
        return 3 if failed else 0
    scene = importlib.import_module(f"goldens.{asked.scene}")
    try:
        lan.enclose(PACKAGES | scene.PACKAGES)
        into.mkdir(parents=True, exist_ok=True)
        cable.lay()
        scene.record(into, cable.SERVER, cable.recorded)
    except lan.RangeError as error:
        print(f"record_golden: {asked.scene}: {error}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
