"""What the rules cost at 5,000 rows a second: a minute of a hospital of 4,000 machines, looked at once and in six looks of ten seconds.

    python bench/incremental.py [--assets 4000] [--rows 300000] [--json]

Only the looks are counted, in processor seconds of this process: inventory, checks and the reach of devices are there already, as they are
between two looks of `network watch`. What the generator holds is no rubbish of theirs (`gc.freeze`).
"""

from __future__ import annotations

import argparse
import gc
import json
import tempfile
import time
from pathlib import Path

from generated import add, add_minute, make, sixths

from asepsis.assessment.judgement import judge
from asepsis.findings.service import Look
from asepsis.hospital.service import locate, plan
from asepsis.kit.site import Site
from asepsis.lake.service import open_lake
from asepsis.network import service


def look(site: Site, known: Look) -> float:
    """Processor seconds of one look at what came."""
    begun = time.process_time()
    service.detect(site, known)
    return time.process_time() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--assets", type=int, default=4_000)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        site = Site.open(Path(folder) / "site", create=True)
        made = make(site, given.assets, 1_000_000, 1)
        with open_lake(site) as lake:
            assets, seen = judge(site, lake)
            known = Look(lake, locate(assets, plan(site)), seen.now, reach=seen.reach)
            known.reach.find()
            add_minute(site, made, 2, given.rows)
            gc.collect()
            gc.freeze()
            once = look(site, known)
            six = 0.0
            for rows in sixths(made.minute(3, given.rows)):
                add(site, rows)
                gc.collect()
                gc.freeze()
                six += look(site, known)
    told = {"rows": given.rows, "rules": len(service.library().entries), "once": round(once, 2), "six": round(six, 2)}
    if given.json:
        print(json.dumps(told))
    else:
        print(f"{given.rows:,} rows, {told['rules']} rules: {once:.2f} CPU-s in one look, {six:.2f} in six")


if __name__ == "__main__":
    main()
