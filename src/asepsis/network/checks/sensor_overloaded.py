"""A sensor that is too slow for its mirror port: what it loses, nobody watches."""

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
    five,
)
from asepsis.network.hearing import CALM, OVERLOAD, Interface, calm, overloaded

ID = "sensor-overloaded"
FAULT = "A sensor loses packets"


def run(look: Look) -> list[Proposal]:
    return [_proposal(port, row) for port, row in sorted(overloaded(look).items(), key=lambda item: item[0].key)]


def clears(look: Look) -> list[Cleared]:
    loud = overloaded(look)
    since = calm(look) if loud else {}
    return [
        Cleared(ID, port.key, since[port], "It has lost next to nothing for an hour.")
        for port, row in loud.items()
        if port in since and since[port] - row["last_seen"] >= CALM
    ]


def _proposal(port: Interface, row: Row) -> Proposal:
    share = row["dropped"] / max(1, row["dropped"] + row["heard"])
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=port.key,
        title=f"Sensor overloaded: the one on {port.interface} loses packets, so attacks can pass unseen",
        fault=FAULT,
        harms=five(
            safety=(3, "An attack on a patient's device may not be seen."),
            privacy=(2, "A theft of records may not be noticed."),
            integrity=(2, "Changed records may not be noticed."),
            service=(2, "An attack is noticed later, and stops more."),
            money_and_trust=(1, "What happened cannot be shown later."),
        ),
        points=Points(Exploitation.NONE, Exposure.CONTROLLED, Automatable.NO),
        action=Action(
            f"Give the sensor on {port.interface} more rings, or mirror less to it",
            Effort.HOURS,
            (
                "Begin the sensor with more rings (`asepsis network watch --rings`, up to one a core) and larger ones (`--ring`).",
                "Leave out of the mirror what nobody attacks: backup, storage replication, video.",
                "`asepsis network health` shows whether it helps.",
            ),
            "Give these sensors more rings, or mirror less to them",
        ),
        why=f"In the minutes when more than {OVERLOAD:.0%} was lost, {row['dropped']:,} of {row['dropped'] + row['heard']:,} packets "
        f"({share:.0%}) came faster than they were read.",
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        events=tuple(dict.fromkeys((row["first_event"], row["last_event"]))),
    )


CHECK = Check(
    id=ID,
    title="Sensor overloaded",
    looks_for=f"Minutes in which the kernel dropped more than {OVERLOAD:.0%} of a sensor's packets; an hour without clears it.",
    cannot_see="What the switch loses before the sensor: `asepsis network health` tells of that.",
    streams=("stats",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE),
    references=("packet(7), PACKET_STATISTICS", "NIST CSF 2.0 DE.CM-01"),
    run=run,
    clears=clears,
)
