"""Machines that have addresses of one zone and talk in the VLAN of another: site.toml or the wiring is wrong.

A frame in the VLAN of one zone with an address of another is what a router makes of all that comes in or goes out there. Only where no end
of the talk can be of the VLAN's own zone does the machine stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from asepsis.findings.service import (
    Action,
    Automatable,
    Check,
    ClinicalClass,
    Effort,
    Exploitation,
    HarmKind,
    Kind,
    Look,
    Points,
    Proposal,
    Row,
    Sighting,
    counted,
    five,
    gather,
    named,
    opening,
)

ID = "vlan-otherwise"
ASSETS_MAX = 200

_TALKING = """
    select vlan, machine, partner, {{span}} from (
        select vlan, id_orig_h as machine, id_resp_h as partner, ts, event_id from pairs where orig_pkts > 0 and vlan in ({vlans})
        union all
        select vlan, id_resp_h as machine, id_orig_h as partner, ts, event_id from pairs where resp_pkts > 0 and vlan in ({vlans})
    ) as seen group by vlan, machine, partner
"""

Place = tuple[str, str, int]
"""Zone by address, zone by VLAN, VLAN."""


def run(look: Look) -> list[Proposal]:
    found = gather(_misplaced(look))
    return [_proposal(place, sighting, look) for place, sighting in sorted(found.items())]


def lacks(look: Look) -> str:
    return "" if any(zone.vlans for zone in look.plan.zones) else "no [[zones]] with vlans in site.toml"


def _misplaced(look: Look) -> Iterator[tuple[Place, Row]]:
    zones = {vlan: zone.name for zone in look.plan.zones for vlan in zone.vlans}
    vlans = ", ".join(str(vlan) for vlan in sorted(zones))
    by_address = cache(look.locator.zone)

    @cache
    def may_be_of(zone: str, address: str) -> bool:
        """Whether a net of the zone holds the address, also where a narrower one counts, or no zone has it."""
        return look.plan.holds(zone, address) or (look.locator.machine(address) and not by_address(address))

    for row in look.rows(_TALKING.format(vlans=vlans)) if zones else ():
        zone, machine = zones[row["vlan"]], row["machine"]
        if by_address(machine) and not may_be_of(zone, machine) and not may_be_of(zone, row["partner"]):
            yield (by_address(machine), zone, row["vlan"]), row


def _proposal(place: Place, sighting: Sighting, look: Look) -> Proposal:
    zone, other, vlan = place
    machines = look.all_at(sighting.values("machine"))
    clinical = any(party.weight in (ClinicalClass.LIFE, ClinicalClass.MONITOR) for party in machines)
    kinds = {party.kind_told for party in machines}
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=zone,
        title=f"{counted(len(machines), 'machine')} with addresses of {zone} talk in VLAN {vlan}, which is stated to be that of {other}",
        fault="Machines talk in another part of the network than their addresses are of",
        harms=five(
            safety=(2 if clinical else 1, "Who stands in the other part may get at devices."),
            privacy=(2, "What they say can be heard in the other part."),
            integrity=(1, "Rules of the firewall may not hold for them."),
            service=(1, "In an emergency the wrong part may be shut off."),
            money_and_trust=(1, "Plans of the network that are wrong fail audits."),
        ),
        points=Points(Exploitation.NONE, look.parties.exposure(*machines), Automatable.NO),
        action=Action(
            f"Mend site.toml, or find out who put these machines into VLAN {vlan}",
            Effort.HOURS,
            (
                f"Ask those who run the switches which part of the network VLAN {vlan} is.",
                f'site.toml is wrong: move {vlan} from the vlans of "{other}" to those of "{zone}".',
                f"site.toml is right: find the switch ports of {named(machines)}, and put them into the VLAN of {zone}.",
            ),
            "Mend site.toml, or find out who put these machines there",
        ),
        why=f"{opening(machines)} talked in VLAN {vlan} with machines that are not of {other} either, so no router put them there."
        f" site.toml states VLAN {vlan} for {other} and their addresses for {zone}: one of the two is wrong.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=f"vlan {vlan}",
        zone=zone,
        asset_kind=kinds.pop() if len(kinds) == 1 else "",
        events=sighting.events,
        patients=max(look.patients(party) for party in machines),
        assets=tuple(dict.fromkeys(one for party in machines for one in party.ids))[:ASSETS_MAX],
    )


CHECK = Check(
    id=ID,
    title="Machines in the VLAN of another zone",
    looks_for="Frames in a VLAN that site.toml states for one zone, with an address of another zone, and no end that can be of the first.",
    cannot_see="Anything where the mirror port leaves out VLAN tags, or site.toml states none; machines that talk to the VLAN's own alone.",
    streams=("conn",),
    harms=(HarmKind.PRIVACY, HarmKind.SAFETY, HarmKind.SERVICE),
    references=("HICP 2023 practice 6 Network Management", "NIST CSF 2.0 PR.IR-01", "IEEE 802.1Q"),
    run=run,
    lacks=lacks,
)
