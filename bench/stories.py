"""Whether an attack is told as one story: which of its conversations are between the story's hosts, and what of others is told as its own.

    python bench/stories.py RECORDING --work DIR [--json] [SCENARIO:VARIANT]...

DIR is what `bench/detection.py RECORDING --work DIR` has cut and taught.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from detection import Act, acts_of, copied

from asepsis.assessment.judgement import judge
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake
from asepsis.network import memory, service

NEAR = timedelta(minutes=2)
STORIES = ("story-ransomware:hours", "story-vendor:hours", "story-forged:hours", "story-insider:shift")


def measure(name: str, acts: list[Act], work: Path) -> dict[str, Any]:
    """The stories that are told while an attack lasts: how many of all its conversations are between the story's hosts, and how many of
    those in its steps are foreign."""
    begin, end = min(act.begin for act in acts) - NEAR, max(act.end for act in acts) + NEAR
    flows = {flow for act in acts for flow in act.flows}
    with tempfile.TemporaryDirectory(dir=work) as folder:
        site = Site.open(copied(work / "taught", Path(folder) / "site"))
        ingest(site, [work / name.replace(":", ".")])
        with open_lake(site) as lake:
            judge(site, lake)
        # Opened anew: after an inventory a lake names addresses by who had them.
        with open_lake(site) as lake:
            rows = lake.rows(f"select community_id, id_orig_h, id_resp_h, ts from conn where ts between '{begin}' and '{end}'")
        told = [one for one in service.stories(site) if one.told.last_seen >= begin]
    found = []
    for one in told:
        hosts = set(one.story.addresses)
        inside = sum({row["id_orig_h"], row["id_resp_h"]} <= hosts for row in rows if row["community_id"] in flows)
        steps = [(c.sighting.attacker, set(c.sighting.victims), c.begin - NEAR, c.end + NEAR) for c in one.story.clues]
        met = [
            row
            for row in rows
            if any(
                since <= _utc(row["ts"]) <= until
                and ((row["id_orig_h"] == who and row["id_resp_h"] in whom) or (row["id_resp_h"] == who and row["id_orig_h"] in whom))
                for who, whom, since, until in steps
            )
        ]
        all_of = sum(row["community_id"] in flows for row in rows)
        foreign = sum(row["community_id"] not in flows for row in met)
        found.append({"id": one.story.id, "inside": inside, "all": all_of, "foreign": foreign, "met": len(met)})
    return {"name": name, "told": found}


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("recording", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--teach", type=float, default=7, metavar="DAYS")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("names", nargs="*", default=STORIES)
    given = parser.parse_args()
    memory.TEACHING = int(given.teach * 23)
    acts = acts_of(given.recording)
    measured = [measure(name, [act for act in acts if act.scenario == name], given.work) for name in given.names]
    if given.json:
        return print(json.dumps(measured))
    for attack in measured:
        print(f"{attack['name']}: {len(attack['told'])} told")
        for one in attack["told"]:
            own = f"{one['inside']} of {one['all']} of its conversations are between its hosts"
            print(f"  {one['id']}: {own}; {one['foreign']} of {one['met']} in its steps are others'")
    return None


if __name__ == "__main__":
    main()
