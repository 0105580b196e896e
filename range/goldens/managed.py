"""SNMP of net-snmp: communities that everybody knows and one that nobody does; questions, changes, traps; the levels of version 3."""

from __future__ import annotations

from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {"snmpd": "snmpd", "snmptrapd": "snmptrapd", "snmpget": "snmp"}
READ, USER, AUTH, PRIV = "zz-wren", "zztest", "zz-authenticates", "zz-encrypts"
AGENT = "Linux zztest-erika 6.1.0-28-amd64 #1 SMP Debian 6.1.119-1 (2024-11-22) x86_64"
SYSTEM, DESCR, UPTIME, OBJECT, CONTACT, NAME = (f"1.3.6.1.2.1.1{n}" for n in ("", ".1.0", ".3.0", ".2.0", ".4.0", ".5.0"))


def serve(server: str) -> None:
    conf = lan.SCRATCH / "snmpd.conf"
    conf.write_text(
        f"agentaddress udp:{server}:161\nrocommunity public\nrwcommunity private\nrocommunity {READ}\n"
        f"createUser {USER} SHA {AUTH} AES {PRIV}\nrouser {USER} noauth\nsysName ct01\nsysDescr {AGENT}\n"
    )
    folder = {"SNMP_PERSISTENT_DIR": str(lan.SCRATCH / "snmp")}
    lan.start("server", ["snmpd", "-f", "-C", "-c", str(conf), "-Lf", "/dev/null"], ports=[161], udp=True, env=folder)
    traps = lan.SCRATCH / "snmptrapd.conf"
    traps.write_text("disableAuthorization yes\n")
    words = ["snmptrapd", "-f", "-C", "-c", str(traps), "-Lf", "/dev/null", f"udp:{server}:162"]
    lan.start("server", words, ports=[162], udp=True, env=folder)


def record(into: Path, server: str, recorded: Recorded) -> None:
    serve(server)

    def ask(*words: str) -> None:
        program, *rest = words
        lan.run("client", [program, "-r", "0", "-t", "0.5", "-m", "", *rest], expect=())

    with recorded(into / "snmp" / "communities.pcap", "udp"):
        ask("snmpget", "-v1", "-c", "public", server, DESCR, UPTIME, OBJECT, NAME)
        ask("snmpbulkwalk", "-v2c", "-c", READ, "-Cr8", server, SYSTEM)
        ask("snmpset", "-v2c", "-c", "private", server, CONTACT, "s", "ZZTEST")
        ask("snmpget", "-v2c", "-c", "zz-guess", server, DESCR)
        ask("snmptrap", "-v2c", "-c", "public", server, "", "1.3.6.1.6.3.1.1.5.4")
        ask("snmptrap", "-v1", "-c", READ, server, "", server, "2", "0", "")
        ask("snmpinform", "-v2c", "-c", READ, server, "", "1.3.6.1.6.3.1.1.5.3")
    user = ["-v3", "-u", USER]
    auth = ["-a", "SHA", "-A", AUTH]
    with recorded(into / "snmp" / "version_3.pcap", "udp port 161"):
        ask("snmpget", *user, "-l", "noAuthNoPriv", server, DESCR, UPTIME)
        ask("snmpget", *user, "-l", "authNoPriv", *auth, server, DESCR, OBJECT)
        ask("snmpget", *user, "-l", "authPriv", *auth, "-x", "AES", "-X", PRIV, server, DESCR)
        ask("snmpget", *user, "-l", "authNoPriv", "-a", "SHA", "-A", "zz-is-wrong", server, DESCR)
