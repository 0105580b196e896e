"""Clinical services whose certificate nobody vouches for: signed by itself (RFC 5280 3.2), so a caller can only take it or look away.

One that an authority of the hospital's own has signed is none. What Windows makes for its remote desktop is left out.
"""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    ClinicalClass,
    Effort,
    Fault,
    HarmKind,
    Look,
    Party,
    Proposal,
    cleared,
    faults,
    five,
    large,
    named,
    posture,
)

ID = "self-signed-clinical"
_CARE = (ClinicalClass.LIFE, ClinicalClass.MONITOR, ClinicalClass.SUPPORT)
# Their web pages are for those who set them up; nobody's treatment passes there.
_LEFT_OUT = frozenset({"printer", "network gear", "building control", "name server", "domain controller", "file server"})

_SHOWN = """
    select server, port, client, certificate, {{span}} from (
        select x.id_resp_h as server, x.id_resp_p as port, x.id_orig_h as client, x.certificate_subject as certificate, x.ts, x.event_id
        from x509 as x left join (select distinct uid from conn where service like '%rdp%') as desktop on desktop.uid = x.uid
        where coalesce(x.host_cert, false) and not coalesce(x.client_cert, false) and {which}
              and desktop.uid is null and x.id_resp_p <> 3389
    ) as seen group by server, port, client, certificate
"""
_SELF = _SHOWN.format(which="x.self_signed")
_SIGNED = _SHOWN.format(which="not x.self_signed")


def run(look: Look) -> list[Proposal]:
    rows = [row for row in look.rows(_SELF) if look.locator.machine(row["client"]) and look.at(row["client"]).clinical]
    return [_proposal(fault, look) for fault in faults(look, rows, counts=_cares)]


def clears(look: Look) -> list[Cleared]:
    return cleared(ID, look, _SELF, _SIGNED, "It shows a certificate that an authority has signed.")


def _cares(server: Party) -> bool:
    return server.asset is not None and server.clinical_class in _CARE and server.kind not in _LEFT_OUT


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    certificate = next(iter(fault.sighting.values("certificate")), "without a name")
    return posture(
        ID,
        fault,
        look,
        title=f"Nobody vouches for {server.name}: those who use it cannot tell it from a false one",
        many="Nobody vouches for these: those who use them cannot tell them from false ones",
        harms=five(
            safety=(SAFETY_OF[server.weight], "A false one in between could show wrong values."),
            privacy=(2, "A false one in between could read what passes."),
            integrity=(2, "A false one in between could change what passes."),
            service=(1, "Careful partners refuse it."),
            money_and_trust=(1, "People get used to clicking warnings away."),
        ),
        peers=clients,
        action=Action(
            f"Give {server.name} a certificate of the hospital's own authority",
            Effort.HOURS,
            (
                f"Ask {server.maker} how a certificate is put in (port {fault.part}); many devices make a request for one by themselves.",
                f"Let {named(clients)} trust the hospital's authority, and nothing unsigned.",
                "Where it cannot: note its fingerprint and let callers check that, if they can.",
            ),
            "Give these a certificate of the hospital's own authority",
        ),
        why=f"{large(server.on(fault.part))} showed {named(clients)} a certificate that it has signed itself ({certificate}).",
    )


CHECK = Check(
    id=ID,
    title="Self-signed certificate on a clinical service",
    looks_for="Certificates signed by themselves that devices and clinical servers of known kind show to what may touch care.",
    cannot_see="Certificates of TLS 1.3, which are sent encrypted; callers that know the certificate by its fingerprint and check it.",
    streams=("x509",),
    harms=(HarmKind.INTEGRITY, HarmKind.PRIVACY, HarmKind.SAFETY),
    references=(
        "NIST SP 800-66r2 5.3.4 Person or Entity Authentication",
        "NIST CSF 2.0 PR.AA-04",
        "RFC 5280 3.2",
        "ATT&CK T1557 Adversary-in-the-Middle",
    ),
    run=run,
    clears=clears,
)
