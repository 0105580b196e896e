"""Devices that talk to the internet, or that the internet talks to, beyond the partners of site.toml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Automatable,
    Check,
    Cleared,
    ClinicalClass,
    Effort,
    Excused,
    Exploitation,
    Exposure,
    HarmKind,
    Judged,
    Kind,
    Look,
    Party,
    Points,
    Proposal,
    Remedy,
    Row,
    Sighting,
    five,
    gather,
    public,
    public_sql,
)
from asepsis.network.partners import Partners

ID = "internet"
FAULT = {"out": "Devices talk to the internet", "in": "Devices can be reached from the internet"}

# An attempt that nobody answered is not talk: both sides must have sent something, and one of them data. Names and time from outside are
# findings of their own (resolver-outside, time-outside).
_TALKS = """
    select client, server, port, proto, name, basic, {span} from (
        select c.id_orig_h as client, c.id_resp_h as server, c.id_resp_p as port, c.proto, n.name, c.ts, c.event_id,
               coalesce(c.service, '') in ('dns', 'ntp') or (coalesce(c.service, '') = 'ssl' and c.id_resp_p = 853) as basic
        from conn as c left join (
            select uid, server_name as name from ssl where server_name is not null
            union
            select uid, host as name from http where host is not null
        ) as n on n.uid = c.uid
        where c.proto in ('tcp', 'udp') and c.orig_pkts > 0 and c.resp_pkts > 0
              and coalesce(c.orig_bytes, 0) + coalesce(c.resp_bytes, 0) > 0 and ({outside})
    ) as seen group by client, server, port, proto, name, basic
""".replace("{outside}", f"{public_sql('c.id_orig')} or {public_sql('c.id_resp')}")

Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Talk:
    """A device of ours and an address that is not private. `excuse` says why it is no fault, where the hospital states so."""

    device: Party
    direction: str
    row: Row
    excuse: str

    @property
    def place(self) -> Place:
        return self.device.key, self.direction


def run(look: Look) -> list[Proposal]:
    talks = [talk for talk in _talks(look) if not talk.excuse and talk.device.clinical]
    devices = {talk.place: talk.device for talk in talks}
    sightings = gather((talk.place, talk.row) for talk in talks)
    return [_proposal(devices[place], place[1], sighting, look) for place, sighting in sorted(sightings.items())]


def clears(look: Look) -> list[Cleared]:
    """None: that a device did not talk to the internet for a while is silence, and silence clears nothing."""
    return []


def excuses(look: Look) -> list[Excused]:
    found = gather((talk.excuse, talk.row) for talk in _talks(look) if talk.excuse)
    return [Excused(why, sighting.events) for why, sighting in found.items()]


def _talks(look: Look) -> Iterator[Talk]:
    locator, partners = look.locator, Partners(look)
    for row in look.rows(_TALKS):
        ours, theirs, direction = row["client"], row["server"], "out"
        if not locator.machine(ours) or not public(theirs):
            ours, theirs, direction = theirs, ours, "in"
        if not locator.machine(ours) or not public(theirs):
            continue
        if row["basic"] and direction == "out":
            continue
        # Called from outside, the name in the talk is the one that the caller gave us.
        partner, name = partners.of(theirs, ours, row["name"] if direction == "out" else None)
        known_as = f"{name} ({theirs})" if name else theirs
        device = look.at(ours)
        excuse = (
            f"the hospital states that {theirs} is its own" if locator.inside(theirs)
            else f"the hospital names {known_as} as its partner {partner}" if partner
            else f"the hospital states that {device.name} does not touch care" if device.stated_harmless
            else ""
        )  # fmt: skip
        yield Talk(device, direction, row | {"partner": theirs}, excuse)


def _proposal(device: Party, direction: str, sighting: Sighting, look: Look) -> Proposal:
    partners = sighting.values("partner")
    shown = ", ".join(partners[:3]) + (f" and {len(partners) - 3} more" if len(partners) > 3 else "")
    inward = direction == "in"
    addresses = "an address" if len(partners) == 1 else f"{len(partners)} addresses"
    verb = "can be reached from the internet" if inward else f"talks to {addresses} on the internet"
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=device.key,
        title=f"{device.opening} {verb}",
        fault=FAULT[direction],
        harms=five(
            safety=(SAFETY_OF[device.weight], "Whoever takes it over can disturb the care it gives."),
            privacy=(3 if inward else 2, "Patients' data can leave the hospital this way."),
            integrity=(2, "What the device measures or shows could be changed from outside."),
            service=_stopped(device.weight, inward),
            money_and_trust=(2, "A device on the internet is a usual way in for extortion."),
        ),
        points=Points(Exploitation.NONE, Exposure.OPEN, Automatable.YES),
        action=Action(
            f"Block the internet for {device.name} at the firewall, except partners that the hospital knows and names",
            Effort.HOURS,
            (
                f"Ask {device.maker} and the ward what the traffic is for: remote service, updates, time, name lookups.",
                "What is needed goes through the hospital's own server, or to a named partner (site.toml, [[partners]]).",
                "Block the rest at the border, at a time agreed with the ward.",
            ),
            "Block the internet for these devices at the firewall, except partners that the hospital knows and names",
        ),
        why=f"{device.opening} ({device.address}) {'was called by' if inward else 'called'} {shown}"
        f" ({', '.join(f'{proto} port {port}' for proto, port in _services(sighting)[:3])}) and data passed. None of them is a partner that"
        " the hospital has named.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=direction,
        zone=device.zone,
        asset_kind=device.kind,
        events=sighting.events,
        patients=look.patients(device),
        assets=device.ids,
    )


def _stopped(weight: ClinicalClass, inward: bool) -> Judged:
    if weight in (ClinicalClass.LIFE, ClinicalClass.MONITOR):
        if inward:
            return 4, "Anyone can try to stop what patients need."
        return 3, "It could be stopped while patients need it."
    return 2, "It could be stopped or locked for ransom."


def _services(sighting: Sighting) -> list[tuple[str, int]]:
    return sorted({(row["proto"], row["port"]) for row in sighting.rows})


CHECK = Check(
    id=ID,
    title="Device talking to or from the internet",
    looks_for="Conversations in which data passed between what may touch care and a public address that is no partner of site.toml.",
    cannot_see="What a proxy inside the hospital passes on; talk that does not pass the mirrored ports.",
    streams=("conn",),
    harms=(HarmKind.SAFETY, HarmKind.PRIVACY, HarmKind.SERVICE, HarmKind.MONEY_AND_TRUST),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.IR-01",
        "ATT&CK T1133 External Remote Services",
        "ATT&CK T1071 Application Layer Protocol",
        "RFC 1918",
        "RFC 4193",
    ),
    run=run,
    clears=clears,
    excuses=excuses,
    ends=(Remedy.NO_INTERNET,),
    of_silence=True,
)
