"""Results of point-of-care meters that travel in clear: POCT1-A over plain TCP (CLSI POCT01-A2 asks for no encryption)."""

from __future__ import annotations

from asepsis.encryption import clear
from asepsis.encryption.clear import Flow, Queries
from asepsis.findings.service import Action, Check, Cleared, Effort, HarmKind, Look, Proposal, Remedy, five, leaked, readable

ID = "poct1-in-clear"
FAULT = "can read results that are measured at patients' beds"
# The standard keeps no port for TLS: only the port that was clear can turn encrypted.
TLS_PORTS: frozenset[int] = frozenset()

QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, max(results) as results, max(operators) as operators, {span} from (
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, cast(null as varchar(1)) as client_hint,
                   cast(null as varchar(1)) as server_hint, case when observations > 0 then 1 else 0 end as results,
                   case when operators > 0 then 1 else 0 end as operators, ts, event_id
            from poct1
        ) as seen group by client, server, port, client_hint, server_hint
    """,
    patients="""
        select distinct client, server, cast(null as varchar(1)) as client_hint, cast(null as varchar(1)) as server_hint, patient from (
            select id_orig_h as client, id_resp_h as server, patient from poct1 where patient is not null
            union all
            select m.id_orig_h as client, m.id_resp_h as server, p.one as patient from poct1 as m cross join unnest(m.patients) as p(one)
        ) as seen
    """,
)


def run(look: Look) -> list[Proposal]:
    return [_proposal(flow, look) for flow in clear.flows(look, QUERIES)]


def clears(look: Look) -> list[Cleared]:
    return clear.clears(ID, look, QUERIES, TLS_PORTS)


def _proposal(flow: Flow, look: Look) -> Proposal:
    client, server = flow.client, flow.server
    anyone = look.parties.anyone(client, server)
    meter = server if server.kind == "point-of-care meter" else client
    lists = " Lists of operators pass the same way." if flow.did("operators") else ""
    return clear.proposal(
        ID,
        flow,
        look,
        meter,
        title=f"{anyone} can read {flow.whose} bedside results between {client.name} and {server.name}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(2, "A changed blood sugar can lead to a wrong dose."),
            privacy=readable(flow.patients),
            integrity=(3, "Results and lists of users could be changed unseen."),
            service=(1, "False messages could lock meters or fill their lists."),
            money_and_trust=leaked(flow.patients),
        ),
        action=Action(
            f"Ask {meter.maker} for encryption between {client.name} and {server.name}; until then keep meters in a zone of their own",
            Effort.DAYS,
            (
                f"Ask {meter.maker} whether the meters and their manager speak TLS, and from which release on.",
                "Meters on Wi-Fi: WPA3 or WPA2-Enterprise, and a network that nothing else uses.",
                f"A firewall rule: only the meters and docks reach {server.address} at port {flow.ports}.",
            ),
            "Ask the makers for encryption between meters and their managers; until then keep meters in zones of their own",
        ),
        why=f"{client.begins} and {server.name} exchange POCT1 messages without encryption"
        f" ({flow.evidence}). Whoever can listen between them reads numbers"
        f" and results.{lists}",
    )


CHECK = Check(
    id=ID,
    title="POCT1 in clear",
    looks_for="POCT1 messages that the sensor could read, for each pair of assets, with the patients that were readable.",
    cannot_see="Meters that send over USB to a dock, or inside TLS; what the radio between meter and access point protects.",
    streams=("poct1",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "CLSI POCT01-A2",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
