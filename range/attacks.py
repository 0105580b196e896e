"""`range scenario` and `range list`: attacks, played into the recording that is under way."""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime, timedelta

import recording
import stage
from lan import RangeError
from scenario import Scenario, Script
from state import Hospital


def main(asked: argparse.Namespace) -> int:
    """Play one scenario, `NAME` or `NAME:VARIANT`; 4 if something failed that must not.

    Raises:
        RangeError: no such scenario or variant, it needs what the quick hospital has not, nobody records.
    """
    hospital = Hospital.current()
    one, variant = find(asked.name)
    if one.heavy and hospital.quick:
        raise RangeError(f"{one.name} needs Samba: `range up` without --quick")
    began = time.monotonic()
    with stage.alone():
        script = Script(hospital, one, variant, moment(hospital, asked.at), asked.seed)
        acts = stage.planned(hospital, f"{one.name}:{variant}", script.whole)
        recording.check(hospital.topology)  # an attack that nobody records hurts for nothing
        done = stage.play(hospital, acts, stage.show)
        recording.check(hospital.topology)
    failed, took = stage.failures(done), round(time.monotonic() - began, 1)
    if asked.json:
        told = {"scenario": one.name, "variant": variant, "acts": len(done), "failed": len(failed), "seconds": took}
        print(json.dumps(told))
    else:
        print("\n".join([*failed, f"{one.title}: {len(done)} acts in {took:g} s. `range record` writes it down."]))
    return 4 if failed else 0


def find(name: str) -> tuple[Scenario, str]:
    from scenarios import SCENARIOS

    stem, _, variant = name.partition(":")
    one = next((one for one in SCENARIOS if one.name == stem), None)
    if one is None:
        raise RangeError(f"no scenario {stem}: `range list` names them")
    variant = variant or next(iter(one.variants))
    if variant not in one.variants:
        raise RangeError(f"{stem} has no variant {variant}, but {', '.join(one.variants)}")
    return one, variant


def moment(hospital: Hospital, at: str | None) -> datetime:
    """HH:MM of the day that was lived through last; without it a minute after what was done last, or ten o'clock."""
    done = stage.noted()
    last = datetime.fromtimestamp(max(act.at + act.end - act.begin for act in done), UTC) if done else None
    if at is None:
        return last + timedelta(minutes=1) if last else datetime.combine(hospital.topology.date, datetime.min.time(), UTC).replace(hour=10)
    try:
        told = datetime.strptime(at, "%H:%M").time()
    except ValueError as error:
        raise RangeError(f"--at {at}: a time of day is written HH:MM") from error
    day = datetime.fromtimestamp(done[0].at, UTC).date() if done else hospital.topology.date
    return datetime.combine(day, told, UTC)


def listed(as_json: bool) -> int:
    """The scenarios, each with its variants, ATT&CK ids and what it is an example of."""
    from scenarios import SCENARIOS

    if as_json:
        rows = [
            {
                "name": one.name,
                "title": one.title,
                "variants": list(one.variants),
                "technique": one.technique,
                "row": one.row,
                "heavy": one.heavy,
            }
            for one in SCENARIOS
        ]
        print(json.dumps(rows, indent=1))
        return 0
    width = max(len(one.name) for one in SCENARIOS)
    for one in SCENARIOS:
        print(
            f"{one.name:<{width}}  {', '.join(one.variants):<10}  {one.title} ({', '.join(one.technique)})"
            + ("  needs Samba" if one.heavy else "")
        )
    return 0
