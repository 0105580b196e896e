"""Cipher suites that no longer protect: RC4 (RFC 7465), DES and 3DES (NIST SP 800-131A; CVE-2016-2183), export suites (RFC 9325 4.1),
suites without encryption (NULL) or without proof of who answers (anon, RFC 5246 A.5)."""

from __future__ import annotations

from asepsis.findings.service import (
    SAFETY_OF,
    Action,
    Check,
    Cleared,
    Effort,
    Exploitation,
    Fault,
    HarmKind,
    Look,
    Proposal,
    cleared,
    faults,
    five,
    large,
    posture,
)

ID = "weak-cipher"

# `_` stands for any one character in LIKE, and does no harm here.
_WEAK = " or ".join(f"cipher like '%{mark}%'" for mark in ("RC4", "3DES", "_DES_", "_DES40_", "EXPORT", "_NULL_", "_anon_"))
_SESSIONS = """
    select server, port, client, offer, cipher, {{span}} from (
        select id_resp_h as server, id_resp_p as port, id_orig_h as client, ja4 as offer, {cipher} as cipher, ts, event_id
        from ssl where {which}
    ) as seen group by server, port, client, offer, cipher
"""
_BAD = _SESSIONS.format(cipher="cipher", which=f"established and cipher is not null and ({_WEAK})")
# Turned down before a suite was chosen: RFC 8446 6.2.
_NONE = "cipher is null and last_alert in ('handshake_failure', 'insufficient_security', 'protocol_version')"
_GOOD = _SESSIONS.format(cipher="''", which=f"ja4 is not null and (established and cipher is not null and not ({_WEAK}) or {_NONE})")


def run(look: Look) -> list[Proposal]:
    return [_proposal(fault, look) for fault in faults(look, _BAD)]


def clears(look: Look) -> list[Cleared]:
    """The same offer of the same caller that was answered better, or not at all. What a server makes of another offer shows nothing."""
    why = "Every caller who used such encryption has offered the same since, and got a better one or was turned down."
    return cleared(ID, look, _BAD, _GOOD, why, peer=lambda row: (row["client"], row["offer"]))


def _proposal(fault: Fault, look: Look) -> Proposal:
    server, clients = fault.party, fault.parties(look)
    ciphers = fault.sighting.values("cipher")
    none = any("_NULL_" in cipher for cipher in ciphers)
    nobody = any("_anon_" in cipher for cipher in ciphers)
    readable = "is not encrypted at all" if none else "can be read by someone in between" if nobody else "can be broken"
    return posture(
        ID,
        fault,
        look,
        title=f"What passes to {server.name} looks protected, but {readable}",
        many="What looks encrypted can be read or changed",
        harms=five(
            safety=(SAFETY_OF[server.weight] if server.clinical else 0, "Changed data can mislead those who treat."),
            privacy=(3 if none or nobody else 2, "What passes can be read."),
            integrity=(3 if nobody else 2, "Someone in between can change what passes, or pretend to be the server."),
            service=(1, "New browsers and careful partners refuse it."),
            money_and_trust=(1, "A leak through it counts as a leak of unprotected data."),
        ),
        exploitation=Exploitation.PUBLIC_POC,
        peers=clients,
        action=Action(
            f"Let {server.name} use AES-GCM or ChaCha20 only",
            Effort.HOURS,
            (
                f"Take {fault.listed('cipher', 3)} off the list of {server.name} (port {fault.part}), and off the callers' lists.",
                f"If it cannot be set there, ask {server.maker}; until then put a TLS proxy in front of it.",
            ),
            "Let these servers use AES-GCM or ChaCha20 only",
        ),
        why=f"{large(server.on(fault.part))} agreed on {fault.listed('cipher', 3)}. How such encryption is broken or passed by is public.",
    )


CHECK = Check(
    id=ID,
    title="Cipher suite that no longer protects",
    looks_for="TLS sessions agreed with RC4, DES, 3DES, export, NULL or anonymous suites; cleared when the same"
    " offers are answered better.",
    cannot_see="What a server would agree on if a caller asked for nothing better.",
    streams=("ssl",),
    harms=(HarmKind.PRIVACY, HarmKind.INTEGRITY, HarmKind.SAFETY),
    references=(
        "NIST SP 800-66r2 5.3.5 Transmission Security",
        "NIST CSF 2.0 PR.DS-02",
        "NIST SP 800-52r2 3.3.1",
        "RFC 7465",
        "RFC 9325 4.1",
        "CVE-2016-2183",
        "ATT&CK T1557 Adversary-in-the-Middle",
    ),
    run=run,
    clears=clears,
)
