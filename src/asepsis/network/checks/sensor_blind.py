"""A sensor that hears nothing, or only what every port hears: its mirror is off, or was moved."""

from __future__ import annotations

from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    Cleared,
    Effort,
    Exploitation,
    Exposure,
    HarmKind,
    Kind,
    Look,
    Points,
    Proposal,
    Row,
    counted,
    five,
)
from asepsis.network.hearing import BLIND_S, Interface, blind, heard

ID = "sensor-blind"
FAULT = "A sensor hears nothing"


def run(look: Look) -> list[Proposal]:
    return [_proposal(port, row) for port, row in sorted(blind(look).items(), key=lambda item: item[0].key)]


def clears(look: Look) -> list[Cleared]:
    hearing = heard(look)
    still = blind(look) if hearing else {}
    why = "It hears packets between machines again."
    return [Cleared(ID, port.key, row["last_seen"], why, events=(row["last_event"],)) for port, row in hearing.items() if port not in still]


def _proposal(port: Interface, row: Row) -> Proposal:
    packets = int(row["packets"])
    what = f"only {counted(packets, 'packet')} to everyone" if packets else "nothing at all"
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=port.key,
        title=f"Sensor blind: the one on {port.interface} hears {'only broadcasts' if packets else 'nothing'}, so nobody watches that part",
        fault=FAULT,
        harms=five(
            safety=(3, "An attack on patients' devices will not be seen."),
            privacy=(3, "A theft of records will not be noticed."),
            integrity=(3, "Changed records will not be noticed."),
            service=(3, "An attack is noticed when machines stop."),
            money_and_trust=(2, "What happened cannot be shown later."),
        ),
        points=Points(Exploitation.NONE, Exposure.CONTROLLED, Automatable.NO),
        action=Action(
            f"Check the cable to {port.interface}, and at the switch that the mirror session to this port is on, in both directions",
            Effort.MINUTES,
            (
                f"`ip -s link show {port.interface}` tells whether the link is up and packets arrive.",
                "At the switch: the session's source ports or VLANs, its destination port, both directions (rx and tx).",
                "docs/how-to/mirror-capture.md has the commands of common switches.",
            ),
            "Check the cables of these sensors, and the mirror sessions at their switches",
        ),
        why=f"For {counted(max(1, round(row['seconds'] / 60)), 'minute')} it heard {what}; a mirror port shows packets between "
        "machines every second.",
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        events=tuple(dict.fromkeys((row["first_event"], row["last_event"]))),
    )


CHECK = Check(
    id=ID,
    title="Sensor blind",
    looks_for=f"An interface that shows no packet between two machines for {BLIND_S} seconds; the next one clears it.",
    cannot_see="A mirror that leaves out one part of the network: stated zones that are never seen stand in the report's coverage.",
    streams=("stats",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE),
    references=("NIST CSF 2.0 DE.CM-01",),
    run=run,
    clears=clears,
    of_silence=True,
)
