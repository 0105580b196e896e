"""Certificates that end soon (RFC 5280 4.1.2.5): a clinical service that stops on that day stops for everybody at once.

How soon is soon: 30 days, or a quarter of its life for one that was made for weeks, since machines renew those by themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from asepsis.findings.service import (
    Action,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Look,
    Proposal,
    Row,
    counted,
    faults,
    five,
    large,
    posture,
)

ID = "certificate-expiring"
SOON = timedelta(days=30)
VERY_SOON = timedelta(days=7)

_SHOWN = """
    select server, port, fingerprint, certificate, since, until, asked_for, min(client) as client, {span} from (
        select x.id_resp_h as server, x.id_resp_p as port, x.id_orig_h as client, x.fingerprint, x.certificate_subject as certificate,
               x.certificate_not_valid_before as since, x.certificate_not_valid_after as until, n.asked_for, x.ts, x.event_id
        from x509 as x left join (select uid, max(server_name) as asked_for from ssl group by uid) as n on n.uid = x.uid
        where coalesce(x.host_cert, false) and not coalesce(x.client_cert, false) and x.fingerprint is not null
              and x.certificate_not_valid_after is not null
    ) as seen group by server, port, fingerprint, certificate, since, until, asked_for
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A certificate at a port of a server, and a newer one for the same names that was shown there since."""

    fault: Fault
    until: datetime
    newer: Fault | None


def run(look: Look) -> list[Proposal]:
    return [_proposal(shown, look) for shown in _ending(look)]


def clears(look: Look) -> list[Cleared]:
    return [
        Cleared(
            ID,
            shown.fault.party.key,
            shown.newer.sighting.last_seen,
            "It shows a new certificate.",
            shown.fault.part,
            shown.newer.sighting.events,
        )
        for shown in _ending(look)
        if shown.newer
    ]


def _ending(look: Look) -> Iterator[Shown]:
    """Those that end soon, and those that were replaced when they did."""
    places: defaultdict[tuple[str, int], list[Fault]] = defaultdict(list)
    for fault in faults(look, _SHOWN, part=_certificate):
        places[fault.party.key, fault.rows[0]["port"]].append(fault)
    for shown in places.values():
        for fault in shown:
            row, last = fault.rows[0], fault.sighting.last_seen
            until = row["until"]
            newer = next((other for other in shown if other.rows[0]["until"] > until and _replaces(other, fault)), None)
            seen_late = until - last <= _limit(row) and last <= until
            if (newer and seen_late) or (last <= until and look.now <= until <= look.now + _limit(row) and not newer):
                yield Shown(fault, until, newer)


def _certificate(row: Row) -> str:
    return f"{row['port']} {row['fingerprint'][:16]}"


def _limit(row: Row) -> timedelta:
    return min(SOON, (row["until"] - row["since"]) / 4) if row["since"] else SOON


def _replaces(other: Fault, fault: Fault) -> bool:
    """Shown later, to those who ask for the same name."""
    same = {row["asked_for"] for row in other.rows} & {row["asked_for"] for row in fault.rows}
    return bool(same) and other.sighting.last_seen > fault.sighting.last_seen


def _proposal(shown: Shown, look: Look) -> Proposal:
    fault, server = shown.fault, shown.fault.party
    left = max(0, (shown.until - look.now).days)
    certificate = fault.rows[0]["certificate"] or f"fingerprint {fault.rows[0]['fingerprint'][:16]}"
    pressing = server.clinical and shown.until - look.now <= VERY_SOON
    return posture(
        ID,
        fault,
        look,
        title=f"The certificate of {server.name} ends in {counted(left, 'day')}",
        many="Certificates end soon",
        harms=five(
            safety=(1 if pressing else 0, "Care that needs the service has to do without until it is renewed."),
            privacy=(0, "Nothing more can be read than before."),
            integrity=(0, "Nothing can be changed by it."),
            service=(3 if pressing else 2, "On that day its partners may stop talking to it."),
            money_and_trust=(1, "A repair in a hurry costs more than one in time."),
        ),
        peers=fault.parties(look),
        action=Action(
            f"Renew the certificate of {server.name} before {shown.until:%Y-%m-%d}",
            Effort.HOURS,
            (
                f"Ask for a new one ({certificate}), and plan with the department when it is put in: port {fault.rows[0]['port']}.",
                "Put it in some days before the end, and let a caller try it.",
                "Write the new end into a calendar that more than one person reads.",
            ),
            "Renew these certificates in time",
        ),
        why=f"{large(server.on(fault.rows[0]['port']))} shows a certificate ({certificate}) that is valid until"
        f" {shown.until:%Y-%m-%d %H:%M} UTC; no newer one has been seen there since.",
    )


CHECK = Check(
    id=ID,
    title="Certificate that ends soon",
    looks_for="Certificates that servers show and that end within 30 days (short-lived ones: a quarter of their life).",
    cannot_see="Certificates of TLS 1.3, which are sent encrypted; a new one that waits on the server but is not shown yet.",
    streams=("x509",),
    harms=(HarmKind.SERVICE, HarmKind.SAFETY),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.PS-01",
        "NIST SP 1800-16B",
        "RFC 5280 4.1.2.5",
    ),
    run=run,
    clears=clears,
)
