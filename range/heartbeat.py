"""`range health`: is care hurt? Reports of monitors must arrive, orders be acknowledged, images be stored, the old monitor live.

A heart-beat is one of each, done now as acts like all others and over the network that the hospital has now; beside it stands what the day
itself came to. It is the figure that containment and firewall rules are judged by.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import stage
from act import Act, Doing, Done
from acts import bedside, imaging, messages
from attacks import moment
from clients import control
from lan import RangeError
from services.clinical import control as socket_of
from state import Hospital

PARTS = {
    "waves": "monitors' and pumps' reports arrive at the central station",
    "orders": "orders are acknowledged by every system",
    "images": "images are stored in the PACS",
    "old monitor": "the old monitor answers",
}
OF_THE_DAY = {
    "waves": "waves",
    "order": "orders",
    "examination": "images",
    "electrocardiogram": "images",
    "old monitor asked": "old monitor",
}
"""What acts of a day show of each part."""
ORDER_S = 10.0


@dataclass(frozen=True)
class Pulse:
    """One part of care: how many of how many, now and in the day so far."""

    part: str
    well: int
    tried: int
    well_in_day: int
    tried_in_day: int
    why: str = ""


def main(as_json: bool) -> int:
    """Do a heart-beat and print what it shows; 4 if care is hurt now."""
    hospital = Hospital.current()
    with stage.alone():
        before = stage.noted()
        beats = beat(hospital)
        done = stage.play(hospital, [act for _, act in beats])
    part_of = {(act.host, act.what): part for part, act in beats}
    pulses = pulse(done, before, part_of)
    well = all(one.well == one.tried for one in pulses)
    if as_json:
        print(json.dumps({"well": well, "parts": [asdict(one) for one in pulses]}))
    else:
        print("\n".join(told(pulses)))
    return 0 if well else 4


def beat(hospital: Hospital) -> list[tuple[str, Act]]:
    """One of each, a moment after what was last done."""
    at, patient, topology = moment(hospital, None), hospital.patients[0], hospital.topology
    devices = bedside.devices(hospital)
    beats = list[tuple[str, Act]]()

    def add(part: str, host: str, what: str, doing: Doing, *peers: str, beyond: Iterable[str] = (), goes_on: bool = False) -> None:
        pairs = tuple(("engine", end) for end in beyond)
        beats.append((part, Act(at, host, "heart-beat: " + what, doing, peers, pairs, goes_on, may_fail=True)))

    for one in topology.having("sdc-display"):
        if not bedside.watched(hospital, one.name):
            names, early = tuple(device.name for device in devices), at - timedelta(seconds=20)
            beats.append(("", Act(early, one.name, "heart-beat: subscribed", bedside.subscribe(one.name), names, goes_on=True)))
        for device in devices:
            add("waves", device.name, "waves", bedside.report(device.name), one.name, goes_on=True)
        for old in topology.having("fragile"):
            add("old monitor", one.name, "old monitor", bedside.ask_old_monitor(old.name), old.name)
    add("orders", "ehr", "order", whole_order(messages.message("ehr", "ORM^O01", patient)), "engine", beyond=("ris", "lis"), goes_on=True)
    for one in topology.of_kind("CT"):
        add("images", one.name, "image", imaging.examine(one.name, patient), "pacs")
    return beats


def whole_order(send: Doing) -> Doing:
    """An order is well when every system that it goes to has taken it, not when the engine has."""

    def doing(hospital: Hospital, at: datetime) -> None:
        engine = socket_of(hospital, hospital.host("engine"), "interface_engine")
        before = _orders(control.tell(engine, "status"))
        send(hospital, at)
        deadline = time.monotonic() + ORDER_S
        while _orders(control.tell(engine, "status")) == before:
            if time.monotonic() > deadline:
                raise RangeError("the engine has the order, and not every system took it")
            time.sleep(0.02)

    return doing


def _orders(status: str) -> int:
    return int(json.loads(status).get("orders_acknowledged", 0))


def pulse(done: Iterable[Done], before: Iterable[Done], part_of: dict[tuple[str, str], str]) -> list[Pulse]:
    """Heart-beats and the day's acts, by part."""
    now: dict[str, list[Done]] = {part: [] for part in PARTS}
    day: dict[str, list[Done]] = {part: [] for part in PARTS}
    for one in done:
        if part := part_of[one.host, one.what]:
            now[part].append(one)
    for one in before:
        if part := OF_THE_DAY.get(one.what, ""):
            day[part].append(one)
    return [
        Pulse(
            part,
            sum(not one.error for one in now[part]),
            len(now[part]),
            sum(not one.error for one in day[part]),
            len(day[part]),
            next((f"{one.host}: {one.error}" for one in now[part] if one.error), ""),
        )
        for part in PARTS
    ]


def told(pulses: Iterable[Pulse]) -> list[str]:
    lines = []
    for one in pulses:
        day = f"; in the day so far {one.well_in_day} of {one.tried_in_day}" if one.tried_in_day else ""
        lines.append(f"{'well' if one.well == one.tried else 'HURT'}  {PARTS[one.part]}: {one.well} of {one.tried} now{day}")
        if one.why:
            lines.append(f"      {one.why[:200]}")
    hurt = [one.part for one in pulses if one.well < one.tried]
    return [*lines, f"Care is hurt: {', '.join(hurt)}." if hurt else "Care is well."]
