"""Encryption that no longer protects: TLS below 1.2 (RFC 8996), certificates out of date, RSA below 2048 bits (NIST SP 800-131A),
signatures with MD5 or SHA-1 (RFC 9155). A certificate that signs itself is not weak by that alone.

A certificate counts as out of date if it was when the server showed it, by the time of the packet; in TLS 1.3 it cannot be seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from asepsis.findings.service import Action, Automatable, Cleared, Effort, Exploitation, HarmKind, Kind, Points, Proposal
from asepsis.hospital.service import Locator
from asepsis.network.check import Check, Lake
from asepsis.network.harms import SAFETY_OF, Judged, five
from asepsis.network.parties import Parties, Party
from asepsis.network.sightings import Sight, Sighting, gather, mended, rows

ID = "weak-tls"
FAULT = "Encrypted connections can be broken or imitated"


class Weakness(NamedTuple):
    """One way to be weak: where it shows, the condition in SQL, and the words for it."""

    stream: str
    seen_at_all: str
    weak: str
    what: str
    action: str
    integrity: Judged
    by_client: bool = False


_CERTIFICATE = "coalesce(host_cert, false) and not coalesce(client_cert, false)"
_IMITATION = (2, "Someone in between can pretend to be the server.")
WEAKNESSES = {
    "old-version": Weakness(
        stream="ssl",
        seen_at_all="established and version is not null",
        weak="version in ('SSLv2', 'SSLv3', 'TLSv10', 'TLSv11')",
        what="an outdated version of encryption",
        action="Let {server} use TLS 1.2 and 1.3 only",
        integrity=(2, "What passes can be changed by someone in between."),
        by_client=True,
    ),
    "expired": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_not_valid_after is not null",
        weak="certificate_not_valid_after < ts",
        what="a certificate that is out of date",
        action="Renew the certificate of {server}",
        integrity=_IMITATION,
    ),
    "short-key": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_key_type = 'rsa' and certificate_key_length is not null",
        weak="certificate_key_length < 2048",
        what="a certificate with a key that is too short",
        action="Give {server} a certificate with a new key: RSA 2048 or P-256",
        integrity=_IMITATION,
    ),
    "weak-signature": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_sig_alg is not null",
        weak="lower(replace(certificate_sig_alg, '-', '')) like '%md5%' or lower(replace(certificate_sig_alg, '-', '')) like '%sha1%'",
        what="a certificate with a signature that can be forged",
        action="Give {server} a certificate signed with SHA-256",
        integrity=_IMITATION,
    ),
}
_SEEN = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, {{span}} from {stream}
    where {seen_at_all} and {condition} group by id_resp_h, id_resp_p, id_orig_h
"""

Place = tuple[str, str]


def run(lake: Lake, locator: Locator, now: datetime) -> list[Proposal]:
    parties, servers, proposals = Parties(locator), dict[Place, Party](), []
    for name, weakness in WEAKNESSES.items():
        found = []
        for row in rows(lake, _query(weakness, weak=True)):
            if not parties.outside(row["server"]):
                server = parties.at(row["server"])
                place = server.key, f"{row['port']} {name}"
                servers[place] = server
                found.append((place, row))
        proposals += [_proposal(servers[place], place[1], weakness, sight, parties) for place, sight in gather(found).items()]
    return proposals


def clears(lake: Lake, locator: Locator, now: datetime) -> list[Cleared]:
    parties, cleared = Parties(locator), []
    for name, weakness in WEAKNESSES.items():
        bad, good = (
            [
                Sight(
                    parties.at(row["server"]).key,
                    f"{row['port']} {name}",
                    row["client"] if weakness.by_client else None,
                    row["last_seen"],
                    row["last_event"],
                )
                for row in rows(lake, _query(weakness, weak))
            ]
            for weak in (True, False)
        )
        cleared += mended(ID, bad, good, f"It has been seen since without {weakness.what}.")
    return cleared


def _query(weakness: Weakness, weak: bool) -> str:
    condition = f"({weakness.weak})" if weak else f"not ({weakness.weak})"
    return _SEEN.format(stream=weakness.stream, seen_at_all=weakness.seen_at_all, condition=condition)


def _proposal(server: Party, discriminator: str, weakness: Weakness, sighting: Sighting, parties: Parties) -> Proposal:
    clients = [parties.at(address) for address in sighting.values("client")]
    port = sighting.rows[0]["port"]
    grave = min(2, SAFETY_OF[server.weight])
    return Proposal(
        check=ID,
        kind=Kind.POSTURE,
        subject=server.key,
        title=f"The encryption of {server.name} is weak: it uses {weakness.what}",
        fault=FAULT,
        harms=five(
            safety=(grave if server.clinical else 0, "What is changed on its way can mislead those who treat."),
            privacy=(2, "What passes may be read by someone in between."),
            integrity=weakness.integrity,
            service=(2 if weakness.what.endswith("out of date") else 1, "Connections may be refused by careful partners, or by browsers."),
            money_and_trust=(1, "People get used to clicking warnings away."),
        ),
        points=Points(Exploitation.NONE, parties.exposure(server, *clients), Automatable.NO),
        action=Action(
            weakness.action.format(server=server.name),
            Effort.HOURS,
            (f"If it cannot be set there, ask {server.maker}; until then put a TLS proxy in front of port {port}.",),
            "Give these servers TLS 1.2 and 1.3 only, and certificates that are in date, with strong keys and signatures",
        ),
        why=f"{server.opening} ({server.address}, port {port}) uses {weakness.what}. Someone in between may read what passes, or pretend to"
        " be that server.",
        first_seen=sighting.first_seen,
        last_seen=sighting.last_seen,
        discriminator=discriminator,
        zone=server.zone,
        asset_kind=server.kind,
        events=sighting.events,
        assets=server.ids,
    )


CHECK = Check(
    id=ID,
    title="TLS below 1.2, or a certificate that is out of date or weak",
    looks_for="TLS sessions agreed below 1.2; certificates of servers that were out of date when shown, with short keys, MD5 or SHA-1.",
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.SAFETY),
    references=("RFC 8996", "RFC 9155", "RFC 9325", "NIST SP 800-131A Rev. 2", "ATT&CK T1557 Adversary-in-the-Middle"),
    run=run,
    clears=clears,
)
