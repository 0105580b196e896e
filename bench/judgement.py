"""What it costs to judge a large site: all of it, again, one more minute of it, and to read the worklist.

    python bench/judgement.py FOLDER --assets 50000 --conns 100000000 --days 30 --findings 1000000

The hospital is made up (generated.py) and kept in FOLDER; beside what the checks find, so many findings of other checks stand in the store,
as from matching of vulnerabilities, and are published again each night. Each figure is of a process of its own, on one core.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from generated import START, Generated, add_minute, make

from asepsis.assessment.service import Judge
from asepsis.findings.service import (
    Action,
    Automatable,
    Effort,
    Exploitation,
    Exposure,
    Kind,
    Points,
    Proposal,
    State,
    count_of,
    five,
    publish,
)
from asepsis.hospital.service import assets
from asepsis.kit.site import Site

CHECKS = 20
HARMS = five(
    safety=(2, "It could be stopped."),
    privacy=(2, "It could be read."),
    integrity=(2, "It could be changed."),
    service=(2, "It could be stopped."),
    money_and_trust=(1, "It would be noticed."),
)


POINTS = Points(Exploitation.PUBLIC_POC, Exposure.CONTROLLED, Automatable.NO)
ACTION = Action("Install the update of its maker", Effort.HOURS, ("Ask the maker which update mends it.",))


def standing(site: Site, number: int, now: datetime) -> Iterator[tuple[str, list[Proposal]]]:
    """So many findings of CHECKS checks, spread over all assets."""
    known = assets(site)
    each = -(-number // CHECKS)
    for n in range(CHECKS):
        check = f"made-up-{n:02}"
        yield (
            check,
            [
                Proposal(
                    check=check,
                    kind=Kind.VULNERABILITY,
                    subject=asset.id,
                    discriminator=str(at // len(known)),
                    title=f"{asset.name} has vulnerability {n} {at // len(known)}",
                    fault=f"Vulnerability {n}",
                    harms=HARMS,
                    points=POINTS,
                    action=ACTION,
                    why="Its version is in the range that the advisory names.",
                    first_seen=START,
                    last_seen=now,
                    zone=asset.zone,
                    asset_kind=asset.kind,
                    assets=(asset.id,),
                )
                for at in range(each)
                for asset in (known[at % len(known)],)
            ],
        )


def judged(site: Site, told: argparse.Namespace) -> None:
    """A night: everything, and the findings of others."""
    Judge(site).everything()
    now = START + timedelta(days=told.days)
    for check, proposals in standing(site, told.findings, now) if told.findings else ():
        publish(site, proposals, now=now, checks=[check])


def minute(site: Site, told: argparse.Namespace) -> None:
    """Everything, and then one minute more; only that is measured."""
    judge, made = Judge(site), Generated(told.assets, told.seed)
    judge.everything()
    for nth in range(3):
        add_minute(site, made, told.days + nth, told.conns // (told.days * 1440))
        began, cpu = time.perf_counter(), time.process_time()
        judge.news()
        print(f"  {time.process_time() - cpu:8.2f} CPU-s {time.perf_counter() - began:8.2f} s", file=sys.stderr)


STEPS: dict[str, Callable[[Site, argparse.Namespace], None]] = {"judged": judged, "minute": minute}


def measured(what: str, command: list[str]) -> None:
    """Runs a command on one core and says what it took."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["taskset", "-c", "0", *command], check=True, stdout=subprocess.DEVNULL)
    after, took = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - began
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:44} {cpu:8.2f} CPU-s {took:8.2f} s   largest so far {after.ru_maxrss / 1024:,.0f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--assets", type=int, default=50_000)
    parser.add_argument("--conns", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--findings", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--step", choices=sorted(STEPS), help=argparse.SUPPRESS)
    told = parser.parse_args()
    site = Site.open(told.folder, create=True)
    if told.step:
        STEPS[told.step](site, told)
        return
    if not any(site.lake.glob("conn/*/*.parquet")):
        make(site, told.assets, told.conns, told.days, told.seed, busy=1)
    again = [sys.executable, __file__, *sys.argv[1:], "--step"]
    asepsis = [str(Path(sys.executable).parent / "asepsis"), "worklist", "--site", os.fspath(told.folder)]
    measured("the first night", [*again, "judged"])
    measured("the next night", [*again, "judged"])
    print(f"{count_of(site, State.OPEN):,} open findings")
    for _ in range(3):
        measured("worklist", asepsis)
    measured("a night, and then three minutes, one by one:", [*again, "minute"])


if __name__ == "__main__":
    main()
