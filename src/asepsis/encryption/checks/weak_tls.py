"""Encryption that no longer protects: TLS below 1.2 (RFC 8996), certificates out of date or not valid yet (RFC 5280 4.1.2.5), RSA keys
below 2048 bits and elliptic ones below 224 (NIST SP 800-131A Rev. 2, 3), DSA keys (FIPS 186-5), signatures with MD5 or SHA-1 (RFC 9155).
A certificate that signs itself is not weak by that alone.

Whether a certificate is in date is judged when the server shows it, by the time of the packet; in TLS 1.3 it cannot be seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    Effort,
    Fault,
    HarmKind,
    Judged,
    Look,
    Proposal,
    Row,
    Sight,
    faults,
    five,
    large,
    mended,
    posture,
)

ID = "weak-tls"
FAULT = "Encrypted lines can be broken or faked"


class Weakness(NamedTuple):
    """One way to be weak: where it shows, the condition in SQL, and the words for it. `refused`: careful partners refuse it;
    `by_offer`: it is agreed anew with each caller, from what that one offers; `dated`: nothing but its dates is wrong."""

    stream: str
    seen_at_all: str
    weak: str
    what: str
    action: str
    integrity: Judged
    refused: bool = False
    by_offer: bool = False
    dated: bool = False


_CERTIFICATE = "coalesce(host_cert, false) and not coalesce(client_cert, false)"
_IMITATION = (2, "Someone in between can pretend to be the server.")
_NEW_KEY = "Give {server} a certificate with a new key: RSA 2048 or P-256"
WEAKNESSES = {
    "old-version": Weakness(
        stream="ssl",
        seen_at_all="(established and version is not null or version is null and last_alert in ('protocol_version', 'handshake_failure'))",
        weak="coalesce(version, '') in ('SSLv2', 'SSLv3', 'TLSv10', 'TLSv11')",
        what="an outdated version of encryption",
        action="Let {server} use TLS 1.2 and 1.3 only",
        integrity=(2, "What passes can be changed by someone in between."),
        by_offer=True,
    ),
    "expired": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_not_valid_after is not null",
        weak="certificate_not_valid_after < ts",
        what="a certificate that is out of date",
        action="Renew the certificate of {server}",
        integrity=_IMITATION,
        refused=True,
        dated=True,
    ),
    "not-yet-valid": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_not_valid_before is not null",
        weak="certificate_not_valid_before > ts",
        what="a certificate that is not valid yet",
        action="Set the clock of {server} right, or give it a certificate that is valid now",
        integrity=_IMITATION,
        refused=True,
        dated=True,
    ),
    "short-key": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_key_type in ('rsa', 'ecdsa') and certificate_key_length is not null",
        weak="certificate_key_length < case when certificate_key_type = 'rsa' then 2048 else 224 end",
        what="a certificate with a key that is too short",
        action=_NEW_KEY,
        integrity=_IMITATION,
    ),
    "dsa-key": Weakness(
        stream="x509",
        seen_at_all=f"{_CERTIFICATE} and certificate_key_type is not null",
        weak="certificate_key_type = 'dsa'",
        what="a certificate with a kind of key that is no longer accepted",
        action=_NEW_KEY,
        integrity=_IMITATION,
        refused=True,
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
_VERSIONS = """
    select id_resp_h as server, id_resp_p as port, id_orig_h as client, cast(null as varchar(1)) as certificate,
           cast(null as varchar(1)) as asked_for, ja4 as offer, {{span}}
    from ssl where {seen_at_all} and {condition} group by id_resp_h, id_resp_p, id_orig_h, ja4
"""
# One port may show several certificates, by the name that the caller asked for.
_CERTIFICATES = """
    select server, port, client, certificate, asked_for, {{span}} from (
        select x.id_resp_h as server, x.id_resp_p as port, x.id_orig_h as client, x.certificate_subject as certificate, n.asked_for,
               x.ts, x.event_id
        from (select * from x509 where {seen_at_all} and {condition}) as x
        left join (select uid, max(server_name) as asked_for from ssl group by uid) as n on n.uid = x.uid
    ) as seen group by server, port, client, certificate, asked_for
"""


def run(look: Look) -> list[Proposal]:
    return [
        _proposal(fault, weakness, look)
        for name, weakness in WEAKNESSES.items()
        for fault in faults(look, _query(weakness, weak=True), part=partial(_discriminator, name))
    ]


def clears(look: Look) -> list[Cleared]:
    """Servers that have not shown the weakness since, under the same name. Where it depends on what the caller offers: to the same offer of
    the same caller, by a better answer or none; what a server makes of one offer does not show what it makes of another."""
    cleared = list[Cleared]()
    for name, weakness in WEAKNESSES.items():
        seen = {weak: list(look.rows(_query(weakness, weak))) for weak in (True, False)}
        bad = [_sight(row, _discriminator(name, row), weakness, look) for row in seen[True]]
        without: defaultdict[tuple[str, Hashable], list[Sight]] = defaultdict(list)
        for row in seen[False] if bad else ():
            if weakness.by_offer and not row["offer"]:
                continue
            sight = _sight(row, "", weakness, look)
            without[sight.subject, sight.peer].append(sight)
        # A new certificate may be made out to another subject: what counts is who shows it, and what was asked for.
        good = [replace(sight, discriminator=b.discriminator) for b in bad for sight in without[b.subject, b.peer]]
        cleared += mended(ID, bad, good, f"It has been seen since without {weakness.what}.")
    return cleared


def _discriminator(name: str, row: Row) -> str:
    return " ".join(filter(None, (str(row["port"]), name, row["certificate"])))


def _sight(row: Row, discriminator: str, weakness: Weakness, look: Look) -> Sight:
    peer = row["port"], row["asked_for"], (row["client"], row["offer"]) if weakness.by_offer else ""
    return Sight(look.at(row["server"]).key, discriminator, peer, row["last_seen"], row["last_event"])


def _query(weakness: Weakness, weak: bool) -> str:
    condition = f"({weakness.weak})" if weak else f"not ({weakness.weak})"
    source = _VERSIONS if weakness.stream == "ssl" else _CERTIFICATES
    return source.format(seen_at_all=weakness.seen_at_all, condition=condition)


def _proposal(fault: Fault, weakness: Weakness, look: Look) -> Proposal:
    server, port, certificate = fault.party, fault.rows[0]["port"], fault.rows[0]["certificate"]
    named = f" ({certificate})" if certificate else ""
    # A date lets nobody in between; what can be broken or forged does.
    grave = min(2, SAFETY_OF[server.weight]) if weakness.dated else SAFETY_OF[server.weight]
    return posture(
        ID,
        fault,
        look,
        title=f"The encryption of {server.name} is weak: it uses {weakness.what}",
        many=FAULT,
        harms=five(
            safety=(grave if server.clinical else 0, "Changed data can mislead those who treat."),
            privacy=(2, "What passes may be read by someone in between."),
            integrity=weakness.integrity,
            service=(2 if weakness.refused else 1, "Connections may be refused by careful partners, or by browsers."),
            money_and_trust=(1, "People get used to clicking warnings away."),
        ),
        peers=fault.parties(look),
        action=Action(
            weakness.action.format(server=server.name),
            Effort.HOURS,
            (f"If it cannot be set there, ask {server.maker}; until then put a TLS proxy in front of port {port}.",),
            "Give these servers TLS 1.2 and 1.3 only, and certificates that are in date, with strong keys and signatures",
        ),
        why=f"{large(server.on(port))} uses {weakness.what}{named}. Someone in between may read what passes, or pretend to be that server.",
    )


CHECK = Check(
    id=ID,
    title="TLS below 1.2, or a certificate that is out of date or weak",
    looks_for="TLS sessions agreed below 1.2; certificates of servers that were not in date when shown, with weak keys, MD5 or SHA-1.",
    cannot_see="Certificates of TLS 1.3, which are sent encrypted; versions that a server would take but nobody asked for:"
    " a caller who offers better ones by now clears nothing.",
    streams=(
        "ssl",
        "x509",
    ),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SERVICE, HarmKind.SAFETY),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "RFC 8996",
        "RFC 9155",
        "RFC 9325",
        "NIST SP 800-131A Rev. 2",
        "FIPS 186-5",
        "ATT&CK T1557 Adversary-in-the-Middle",
    ),
    run=run,
    clears=clears,
)
