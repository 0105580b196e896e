"""Conversations between two zones that the hospital has not stated (NIST SP 800-41r1 2.1: what is not needed is not let pass).

Silent where site.toml states no flow at all: then nobody has said what belongs there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from asepsis.findings.service import (
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
    five,
    gather,
    named,
    opening,
)

ID = "zone-crossing"
ASSETS_MAX = 200

# What a service is for, in words for a title.
PURPOSE = {
    "smb": " for files",
    "ftp": " for files",
    "dns": " for names",
    "ntp": " for the time",
    "http": " for web pages",
    "dicom": " for scans",
    "hl7": " with messages about patients",
    "rdp": " to work on its screen",
    "rfb": " to work on its screen",
    "ssh": " to control it",
    "telnet": " to control it",
    "ssl": ", encrypted",
}

# Both sides must have said something, and who began must be known. Ports that clients take as they come are one: they name no service.
_TALKS = """
    select client, server, proto, port, service, {span} from (
        select id_orig_h as client, id_resp_h as server, proto, coalesce(service, '') as service,
               case when id_resp_p >= 49152 then 49152 else id_resp_p end as port, ts, event_id
        from pairs
        where proto in ('tcp', 'udp') and orig_bytes > 0 and resp_bytes > 0 and (service is not null or not coalesce(midstream, false))
    ) as seen group by client, server, proto, port, service
"""

Crossing = tuple[str, str, str]
"""From zone, to zone, service."""


def run(look: Look) -> list[Proposal]:
    crossings: defaultdict[Crossing, list[Row]] = defaultdict(list)
    for crossing, row in _crossings(look):
        if not _stated(crossing, row, look):
            crossings[crossing].append(row)
    found = gather((crossing, row) for crossing, rows in crossings.items() for row in rows)
    return [_proposal(crossing, sighting, look) for crossing, sighting in sorted(found.items())]


def excuses(look: Look) -> list[Excused]:
    stated = ((why, row) for crossing, row in _crossings(look) if (why := _stated(crossing, row, look)))
    return [Excused(why, sighting.events) for why, sighting in gather(stated).items()]


def lacks(look: Look) -> str:
    return "" if look.plan.flows else "no [[flows]] in site.toml"


def _crossings(look: Look) -> Iterator[tuple[Crossing, Row]]:
    zones = dict[str, str]()
    for row in look.rows(_TALKS) if look.plan.flows else ():
        for side in (row["client"], row["server"]):
            if side not in zones:
                zones[side] = look.parties.zone(side)
        source, target = zones[row["client"]], zones[row["server"]]
        if source and target and source != target:
            yield (source, target, _service(row)), row


def _service(row: Row) -> str:
    if row["service"]:
        return str(row["service"])
    return f"{row['proto']} above 49151" if row["port"] >= 49152 else f"{row['proto']} {row['port']}"


def _stated(crossing: Crossing, row: Row, look: Look) -> str:
    """Why it is no fault, where the hospital states so."""
    source, target, service = crossing
    flow = look.plan.flow(source, target, (service, *service.split(","), str(row["port"])))
    return f"the hospital states {service} from {source} to {target}{f': {flow.reason}' if flow.reason else ''}" if flow else ""


def _proposal(crossing: Crossing, sighting: Sighting, look: Look) -> Proposal:
    source, target, service = crossing
    clients, servers = (look.all_at(sighting.values(side)) for side in ("client", "server"))
    kinds = {party.kind_told for party in servers}
    gravest = min((party.weight for party in servers), key=list(ClinicalClass).index)
    ports = sorted({str(row["port"]) for row in sighting.rows if row["port"] < 49152}, key=int)
    shortest, shown = (ports[0], f" (port {', '.join(ports[:3])})") if ports else (service, "")
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=f"{source}>{target}",
        title=f"{counted(len(clients), 'machine')} in {source} reached {counted(len(servers), 'machine')} in {target}"
        f"{PURPOSE.get(service, '')}, which nobody has allowed",
        fault="Machines reach a part of the network that nobody has allowed",
        harms=five(
            safety=(SAFETY_OF[gravest], "Whoever gets in can go on to devices there."),
            privacy=(2, "What is kept in the other part can be asked for from here."),
            integrity=(2, "Settings and data in the other part can be reached from here."),
            service=(
                3 if gravest in (ClinicalClass.LIFE, ClinicalClass.MONITOR) else 2,
                "A worm does not stop at the border.",
            ),
            money_and_trust=(1, "A wall with unknown gaps has to be searched through after every attack."),
        ),
        points=Points(Exploitation.NONE, look.parties.exposure(*servers, *clients), Automatable.NO),
        action=Action(
            f"Block {service} from {source} to {target} at the firewall, or state it in site.toml if care needs it",
            Effort.HOURS,
            (
                f"Ask what {named(clients)} needs from {named(servers)}.",
                f'Needed: add [[flows]] from = "{source}", to = "{target}", services = ["{shortest}"] and a reason.',
                "Not needed: block it at the border of the two parts, at a time agreed with those who work there.",
            ),
            "Block these at the firewall, or state them in site.toml if care needs them",
        ),
        why=f"{opening(clients)} in {source} talked {service}{shown} with {named(servers)} in {target}, and data passed both ways."
        " site.toml states other flows between zones, and not this one.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=service,
        zone=target,
        asset_kind=kinds.pop() if len(kinds) == 1 else "",
        events=sighting.events,
        patients=max(look.patients(party) for party in servers),
        assets=tuple(dict.fromkeys(one for party in (*servers, *clients) for one in party.ids))[:ASSETS_MAX],
    )


CHECK = Check(
    id=ID,
    title="Conversation between zones that is not stated",
    looks_for="Data both ways between two zones of site.toml by a service that no [[flows]] names; one finding for zones and service.",
    cannot_see="Anything, where site.toml states no flow; conversations whose packets do not pass the mirrored ports.",
    streams=("conn",),
    harms=(HarmKind.SERVICE, HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.INTEGRITY),
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
