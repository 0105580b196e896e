"""Kerberos: MIT's tools at the domain controller of `domain`, over UDP and TCP, let in and refused, with strong keys and weak ones."""

from __future__ import annotations

from pathlib import Path

import lan

from goldens import domain
from goldens.cable import Recorded
from goldens.domain import ADMIN, MACHINE, PASSWORD, REALM, USER, WRONG

PACKAGES = domain.PACKAGES | {"kinit": "krb5-user", "kvno": "krb5-user"}


def _conf(server: str, *, tcp: bool) -> dict[str, str]:
    """Environment of a client that speaks over TCP only, or over UDP as long as messages fit."""
    conf = lan.SCRATCH / f"krb5-{tcp}.conf"
    conf.write_text(
        f"[libdefaults]\ndefault_realm = {REALM}\ndns_lookup_kdc = false\nrdns = false\ndns_canonicalize_hostname = false\n"
        f"forwardable = true\nallow_weak_crypto = true\nudp_preference_limit = {1 if tcp else 4000}\n"
        "permitted_enctypes = aes256-cts-hmac-sha1-96 aes128-cts-hmac-sha1-96 rc4-hmac\n"
        f"[realms]\n{REALM} = {{\nkdc = {server}\n}}\n"
    )
    return {"KRB5_CONFIG": str(conf), "KRB5CCNAME": f"FILE:{lan.SCRATCH}/tickets-{tcp}"}


def _init(env: dict[str, str], who: str, password: str, *options: str) -> None:
    lan.run("client", ["kinit", *options, who], env=env, stdin=f"{password}\n", expect=())


def record(into: Path, server: str, recorded: Recorded) -> None:
    domain.begin(server)
    folder = into / "kerberos"
    host = f"{MACHINE}.{REALM.lower()}"
    env = _conf(server, tcp=True)
    with recorded(folder / "tickets.pcap", "tcp port 88"):
        _init(env, USER, PASSWORD, "-r", "7d")
        for service in (f"cifs/{host}", f"ldap/{host}"):
            lan.run("client", ["kvno", service], env=env, expect=())
        lan.run("client", ["kinit", "-R"], env=env, expect=())
    with recorded(folder / "roasted.pcap", "tcp port 88"):
        lan.run("client", ["kvno", "-e", "rc4-hmac", f"MSSQLSvc/sql1.{REALM.lower()}:1433"], env=env, expect=())
        lan.run("client", ["kvno", f"HTTP/nowhere.{REALM.lower()}"], env=env, expect=())
    env = _conf(server, tcp=False)
    with recorded(folder / "refused.pcap", "udp port 88"):
        _init(env, ADMIN, WRONG)
        _init(env, "zztest-nobody", WRONG)
        _init(env, USER, PASSWORD)
