"""Zones that the hospital states to be isolated, and that machines from elsewhere were seen to reach."""

from __future__ import annotations

from collections.abc import Iterator

from asepsis.findings.service import (
    INTO,
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    ClinicalClass,
    Effort,
    Excused,
    Exploitation,
    HarmKind,
    Kind,
    Look,
    Points,
    Proposal,
    Remedy,
    Row,
    Sighting,
    counted,
    entered,
    five,
    gather,
    listed,
    named,
    opening,
)

ID = "not-isolated"
ASSETS_MAX = 200


def run(look: Look) -> list[Proposal]:
    isolated = look.parties.isolated
    found = gather((zone, row) for zone, row in _entered(look) if zone in isolated) if isolated else {}
    return [_proposal(zone, sighting, look) for zone, sighting in sorted(found.items())]


def excuses(look: Look) -> list[Excused]:
    """What comes into a zone of which nobody says that it is shut off."""
    isolated = look.parties.isolated
    found = gather((zone, row) for zone, row in _entered(look) if zone not in isolated)
    return [Excused(f"the hospital does not state {zone} to be isolated", sighting.events) for zone, sighting in found.items()]


def lacks(look: Look) -> str:
    return "" if look.parties.isolated else "no zone with isolated = true in site.toml"


def _entered(look: Look) -> Iterator[tuple[str, Row]]:
    return entered(look.rows(INTO), look.parties)


def _proposal(zone: str, sighting: Sighting, look: Look) -> Proposal:
    clients, servers = (look.all_at(sighting.values(side)) for side in ("client", "server"))
    gravest = min((party.weight for party in servers), key=list(ClinicalClass).index)
    depended_on = gravest in (ClinicalClass.LIFE, ClinicalClass.MONITOR)
    kinds = {party.kind_told for party in servers}
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=zone,
        title=f"{counted(len(clients), 'machine')} from elsewhere reached {counted(len(servers), 'machine')} in {zone}, "
        "which is stated to be shut off",
        fault="What is stated to be shut off is reached from elsewhere",
        harms=five(
            safety=(SAFETY_OF[gravest], "Whoever gets in can go on to devices there."),
            privacy=(2, "What is kept there can be asked for from elsewhere."),
            integrity=(2, "Settings and data there can be reached from elsewhere."),
            service=(3 if depended_on else 2, "A worm does not stop at a wall with a hole."),
            money_and_trust=(1, "The hospital counts on a wall that is not there."),
        ),
        points=Points(Exploitation.NONE, look.parties.exposure(*servers, *clients), Automatable.NO),
        action=Action(
            f"Find out who let these in and shut {zone} off, or mend site.toml",
            Effort.HOURS,
            (
                f"Ask those who run the firewall why {named(clients)} can reach {named(servers)}.",
                "Not needed: block it there, at a time agreed with those who work in that part.",
                f'Needed: take isolated = true from the zone "{zone}" in site.toml. Faults inside it then count for what they are.',
            ),
            "Find out who let these in and shut the parts off, or mend site.toml",
        ),
        why=f"{opening(clients)} talked {listed(sighting.values('service'))} with {named(servers)} in {zone}, and got answers."
        f" site.toml states that {zone} is isolated. As long as it is not, faults inside it count as within reach of others.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        zone=zone,
        asset_kind=kinds.pop() if len(kinds) == 1 else "",
        events=sighting.events,
        patients=max(look.patients(party) for party in servers),
        assets=tuple(dict.fromkeys(one for party in (*servers, *clients) for one in party.ids))[:ASSETS_MAX],
    )


CHECK = Check(
    id=ID,
    title="Isolated zone that is reached from elsewhere",
    looks_for="Answers from a zone that site.toml states to be isolated to machines of other zones, of none, or of the internet.",
    cannot_see="Ways in that nobody used; conversations whose packets do not pass the mirrored ports.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.SERVICE, HarmKind.PRIVACY, HarmKind.INTEGRITY),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "NIST SP 800-41r1 2.1",
        "ATT&CK T1021 Remote Services",
    ),
    run=run,
    excuses=excuses,
    lacks=lacks,
    ends=(Remedy.ISOLATED,),
)
