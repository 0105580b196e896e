"""Devices that take their time from outside the hospital (NTP, RFC 5905); IHE ITI TF-1 7 has a time server of the hospital's own."""

from __future__ import annotations

from asepsis.findings.service import Action, Check, Effort, Excused, Fault, HarmKind, Look, Proposal, Remedy, Scope, five, large, posture
from asepsis.network import outside
from asepsis.network.outside import Outside

ID = "time-outside"

SERVICE = Outside(
    uses="""
        select client, server, {span} from (
            select id_orig_h as client, id_resp_h as server, ts, event_id from pairs where service = 'ntp' and resp_pkts > 0
        ) as seen group by client, server
    """,
    serves="select distinct id_resp_h as server from pairs where service = 'ntp' and resp_pkts > 0",
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in outside.users(look, SERVICE)]


def excuses(look: Look) -> list[Excused]:
    return outside.excuses(look, SERVICE)


def _proposal(fault: Fault, look: Look) -> Proposal:
    """Nothing clears it: a device may have several time servers and ask them in turn."""
    device, servers, clients = fault.party, fault.parties(look, "server"), fault.sighting.values("client")
    return posture(
        ID,
        fault,
        look,
        title=f"{device.opening} takes its time from the internet",
        many="Devices take their time from the internet",
        harms=five(
            safety=(1, "A wrong clock puts wrong times on results and doses."),
            privacy=(0, "No records pass this way."),
            integrity=(1, "Times in records and logs can be made wrong from outside."),
            service=(1, "When the internet is cut the clock drifts, and certificates or logins may fail."),
            money_and_trust=(1, "Logs with wrong times prove little after an attack."),
        ),
        peers=servers,
        action=Action(
            f"Let {device.name} take its time from a server of the hospital",
            Effort.MINUTES,
            (
                f"Look in its settings for {fault.listed('server', 3)}, and put the hospital's time server there.",
                f"If {device.maker} needs that server for remote service, name it in site.toml ([[partners]]).",
                "Then let only the hospital's time servers ask outside (port 123).",
            ),
            "Let these devices take their time from a server of the hospital",
        ),
        why=f"{large(device.seen_at(clients))} asked {fault.listed('server', 3)} for the time and was answered. It is no partner"
        " that the hospital has named, and nothing proves that the answer is right.",
    )


CHECK = Check(
    id=ID,
    title="Time server outside the hospital",
    looks_for="Answered NTP questions of what may touch care to a public address that is no partner of site.toml.",
    cannot_see="Time that comes by other ways (radio, the maker's own protocol); whether the answer was right.",
    streams=("conn",),
    harms=(HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 6 Network Management",
        "NIST CSF 2.0 PR.PS-04",
        "IHE ITI TF-1 7 Consistent Time",
        "RFC 5905",
        "RFC 8633",
    ),
    run=run,
    excuses=excuses,
    ends=(Remedy.NO_INTERNET,),
    scope=Scope("time questions", "select count(*) as number from conn where service = 'ntp' having count(*) > 0"),
)
