"""Laboratory results that travel in clear: LIS01-A2 and LIS2-A2 (ASTM E1381, E1394) know no encryption of their own."""

from __future__ import annotations

from asepsis.encryption import clear
from asepsis.encryption.clear import Flow, Queries
from asepsis.findings.service import Action, Check, Cleared, Effort, HarmKind, Look, Proposal, Remedy, five, leaked, readable

ID = "astm-in-clear"
FAULT = "can read patients' lab results"
# The standard keeps no port for TLS: only the port that was clear can turn encrypted.
TLS_PORTS: frozenset[int] = frozenset()

# Analysers call their host, terminal servers are called by it: what was sent may go either way.
QUERIES = Queries(
    talks="""
        select client, server, port, client_hint, server_hint, max(results) as results, max(orders) as orders, {span} from (
            select id_orig_h as client, id_resp_h as server, id_resp_p as port, cast(null as varchar(1)) as client_hint,
                   cast(null as varchar(1)) as server_hint, case when results > 0 then 1 else 0 end as results,
                   case when orders > 0 or queries > 0 then 1 else 0 end as orders, ts, event_id
            from astm where coalesce(processing_id, 'P') <> 'Q'
        ) as seen group by client, server, port, client_hint, server_hint
    """,
    patients="""
        select distinct client, server, cast(null as varchar(1)) as client_hint, cast(null as varchar(1)) as server_hint, patient from (
            select id_orig_h as client, id_resp_h as server, patient from astm where patient is not null
            union all
            select a.id_orig_h as client, a.id_resp_h as server, p.one as patient from astm as a cross join unnest(a.patients) as p(one)
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
    analyser = server if server.kind == "analyser" else client
    what = "results" if flow.did("results") else "orders"
    return clear.proposal(
        ID,
        flow,
        look,
        analyser,
        title=f"{anyone} can read {flow.whose} lab {what} between {client.name} and {server.name}",
        many=f"{anyone} {FAULT}",
        harms=five(
            safety=(2, "A changed result can lead to wrong care."),
            privacy=readable(flow.patients),
            integrity=(3, "Results could be changed or made up unseen."),
            service=(1, "False messages could stop the line to the laboratory's system."),
            money_and_trust=leaked(flow.patients),
        ),
        action=Action(
            f"Put {client.name} and {server.name} in a zone of their own, or an encrypting box on both ends of the line",
            Effort.DAYS,
            (
                f"Ask {analyser.maker} for a newer interface (HL7 over TLS, IHE LAW), and which release has it.",
                "Until then: stunnel or a terminal server with encryption on both ends, or a VLAN for these two alone.",
                f"A firewall rule: only {client.address} reaches {server.address} at port {flow.ports}.",
            ),
            "Put analysers and the laboratory's system in zones of their own, or encrypting boxes on both ends of the lines",
        ),
        why=f"{client.begins} and {server.name} exchange laboratory messages (ASTM) without encryption"
        f" ({flow.evidence}). The protocol knows none, and anyone on the way"
        " reads numbers and results.",
    )


CHECK = Check(
    id=ID,
    title="ASTM in clear",
    looks_for="ASTM E1394 (LIS2-A2) messages that the sensor could read, for each pair of assets, with the patients that were readable.",
    cannot_see="Serial lines; messages inside TLS or a tunnel; quality control alone, which concerns no patient, is left out.",
    streams=("astm",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY, HarmKind.MONEY_AND_TRUST),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "CLSI LIS01-A2 and LIS2-A2",
        "45 CFR 164.312(e)(1)",
        "ATT&CK T1040 Network Sniffing",
    ),
    run=run,
    clears=clears,
    ends=(Remedy.ENCRYPTED,),
)
