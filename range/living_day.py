"""`range day`: live through some hours."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock

import recording
import schedule
import stage
from act import Act
from lan import RangeError
from state import Hospital

MOST_HOURS = 72.0


def main(asked: argparse.Namespace) -> int:
    """Play a day from its beginning; the recording begins with it. 4 if something failed that must not.

    Raises:
        RangeError: hours that make no day, a hospital that it is not for, a recorder that lost packets.
    """
    if not 0 < asked.hours <= MOST_HOURS or not 0 <= asked.start < 24:
        raise RangeError(f"--hours is more than 0 and at most {MOST_HOURS:.0f}, --start from 0 to 24")
    hospital = Hospital.current()
    begin = datetime.combine(asked.date or hospital.topology.date, clock(), UTC) + timedelta(hours=asked.start)
    began = time.monotonic()
    with stage.alone():
        end = begin + timedelta(hours=asked.hours)
        acts = stage.planned(hospital, "the day", lambda: day_acts(hospital, begin, end, asked.seed, asked.ordinary))
        recording.start(hospital.topology)
        stage.forget()
        done = stage.play(hospital, acts, stage.show)
        recording.check(hospital.topology)
    failed, took = stage.failures(done), round(time.monotonic() - began, 1)
    if asked.json:
        told = {"acts": len(done), "failed": len([one for one in done if one.error and not one.may_fail]), "failures": failed}
        print(json.dumps(told | {"seed": asked.seed, "hours": asked.hours, "seconds": took}))
    else:
        print("\n".join([*failed, f"{asked.hours:g} hours with {len(done)} acts in {took:.0f} s."]))
    return 4 if failed else 0


def day_acts(hospital: Hospital, begin: datetime, end: datetime, seed: int, ordinary: bool = False) -> list[Act]:
    """All days between two moments, each with its own luck."""
    acts, number = list[Act](), 0
    while begin < end:
        midnight = begin.replace(hour=0, minute=0) + timedelta(days=1)
        luck = seed + number * 1_000_003
        acts += schedule.acts_of(hospital, begin, min(midnight, end), luck, first=not number, ordinary=ordinary)
        begin, number = midnight, number + 1
    return acts
