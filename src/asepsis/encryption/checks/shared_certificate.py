"""One certificate, and so one key, on many machines: who takes it from one can pretend to be each (NIST SP 800-57 part 1)."""

from __future__ import annotations

from collections import defaultdict

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    Row,
    five,
    gather,
    named,
    opening,
    posture,
)

ID = "shared-certificate"
# A server and the one that stands in for it share theirs.
MACHINES_MIN = 3

_SHOWN = """
    select server, port, fingerprint, certificate, asked_for, {span} from (
        select x.id_resp_h as server, x.id_resp_p as port, x.fingerprint, x.certificate_subject as certificate, n.asked_for,
               x.ts, x.event_id
        from x509 as x
        join (
            select fingerprint from x509 where coalesce(host_cert, false) and not coalesce(client_cert, false)
            group by fingerprint having count(distinct id_resp_h) >= 3
        ) as many on many.fingerprint = x.fingerprint
        left join (select uid, max(server_name) as asked_for from ssl group by uid) as n on n.uid = x.uid
        where coalesce(x.host_cert, false) and not coalesce(x.client_cert, false)
    ) as seen group by server, port, fingerprint, certificate, asked_for
"""


def run(look: Look) -> list[Proposal]:
    shown: defaultdict[str, list[Row]] = defaultdict(list)
    for row in look.rows(_SHOWN):
        if look.locator.machine(row["server"]) and look.at(row["server"]).kind != "adapter":
            shown[row["fingerprint"]].append(row)
    proposals = []
    for fingerprint, sighting in sorted(gather((key, row) for key, rows in shown.items() for row in rows).items()):
        machines = look.all_at(row["server"] for row in sighting.rows)
        if len(machines) >= MACHINES_MIN and not _one_service(sighting.rows):
            proposals.append(_proposal(Fault(machines[0], fingerprint[:16], sighting), machines, look))
    return proposals


def _one_service(rows: list[Row]) -> bool:
    """Several machines that are asked for by one name are one service, behind a load balancer or in turn."""
    names = {row["asked_for"] for row in rows}
    return len(names) == 1 and None not in names


def _proposal(fault: Fault, machines: list[Party], look: Look) -> Proposal:
    """Nothing clears it: that one of them shows another certificate leaves the key on the rest."""
    row = fault.rows[0]
    certificate = row["certificate"] or f"fingerprint {fault.part}"
    gravest = max(SAFETY_OF[machine.weight] if machine.clinical else 0 for machine in machines)
    return posture(
        ID,
        fault,
        look,
        title=f"{len(machines)} machines share one key: whoever gets it from one can pretend to be all of them",
        many="Machines share one key: whoever gets it from one can pretend to be all of them",
        harms=five(
            safety=(gravest, "A false device could show wrong values."),
            privacy=(2, "What passes to any of them could be read."),
            integrity=(2, "What passes to any of them could be changed."),
            service=(1, "If the key leaks, all of them have to get a new one at once."),
            money_and_trust=(1, "A key that came with the product is known to everyone who has one."),
        ),
        peers=machines[1:],
        others=machines[1:],
        action=Action(
            "Give each of these machines a certificate and a key of its own",
            Effort.DAYS,
            (
                f"They are {named(machines, 8)}.",
                f"A key that came with the product: ask {machines[0].maker} how to make a new one on each.",
                "A wildcard certificate of the hospital: keep it to the load balancer, and give the servers their own.",
            ),
            "Give each of these machines a certificate and a key of its own",
        ),
        why=f"{opening(machines)} show the same certificate ({certificate}). The same certificate means the same secret key on each.",
    )


CHECK = Check(
    id=ID,
    title="One certificate on many machines",
    looks_for=f"A certificate that {MACHINES_MIN} or more machines show; not where all are asked for by one name.",
    cannot_see="Certificates of TLS 1.3, which are sent encrypted; different certificates with the same key.",
    streams=("x509",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "HICP 2023 practice 9 Network Connected Medical Devices",
        "NIST CSF 2.0 PR.AA-03",
        "NIST SP 800-57 part 1 rev. 5",
        "CWE-321",
        "ATT&CK T1552.004 Private Keys",
    ),
    run=run,
)
