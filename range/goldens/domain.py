"""A Windows domain as Samba makes one: remote procedure calls through pipes and over TCP, plain, signed and sealed.

Everybody in it is invented.
"""

from __future__ import annotations

from pathlib import Path

import lan

from goldens.cable import Recorded

PACKAGES = {
    "samba": "samba-ad-dc",
    "samba-tool": "samba-common-bin",
    "rpcclient": "smbclient",
}
REALM, DOMAIN, MACHINE = "ZZTEST.EXAMPLE", "ZZTEST", "dc1"
ADMIN, USER, SERVICE = "Administrator", "zztest-erika", "zztest-sql"
PASSWORD, WRONG = "Zz-heron-42", "Zz-stork-42"
HOME = lan.SCRATCH / "domain"


def begin(server: str) -> None:
    """A domain controller with an account of a person and one of a service."""
    if HOME.exists():
        return
    HOME.mkdir()
    old = ["server min protocol=NT1", "allow nt4 crypto=yes", "reject md5 clients=no", "server schannel=auto", "ntlm auth=ntlmv1-permitted"]
    settings = [f"posix:eadb={HOME}/eadb.tdb", "log level=0", "dns update command=/bin/true", *old]
    words = ["samba-tool", "domain", "provision", f"--realm={REALM}", f"--domain={DOMAIN}", f"--host-name={MACHINE}", "--server-role=dc"]
    words += [f"--host-ip={server}", f"--adminpass={PASSWORD}", f"--targetdir={HOME}", "--dns-backend=SAMBA_INTERNAL"]
    lan.run("server", [*words, *(f"--option={one}" for one in settings)])
    conf = str(HOME / "etc" / "smb.conf")
    lan.start("server", ["samba", "-i", "-M", "single", "--no-process-group", "-s", conf], ports=[88, 135, 445])
    for name in (USER, SERVICE):
        lan.run("server", ["samba-tool", "user", "create", name, PASSWORD, "-s", conf])
    lan.run("server", ["samba-tool", "spn", "add", f"MSSQLSvc/sql1.{REALM.lower()}:1433", SERVICE, "-s", conf])


def _call(server: str, binding: str, flags: str, *acts: str, dialect: str = "SMB2") -> None:
    settings = [f"--option=client {name} protocol={dialect}" for name in ("min", "max", "ipc min", "ipc max")]
    words = ["rpcclient", f"{binding}:{server}[{flags}]", "-s", "/dev/null", "-n", "ZZTEST-WS7", *settings]
    lan.run("client", [*words, "-U", f"{DOMAIN}\\{ADMIN}%{PASSWORD}", "-c", ";".join(acts)], expect=())


# Samba's own bindings, which only the system's Python has: the first two calls of a secure channel, with zeros where a client chooses.
_ZEROS = """
from samba import credentials, param
from samba.dcerpc import netlogon
known = credentials.Credentials()
known.set_anonymous()
server = netlogon.netlogon("ncacn_ip_tcp:{server}", param.LoadParm(), known)
zeros = netlogon.netr_Credential()
for _ in range(5):
    server.netr_ServerReqChallenge("\\\\\\\\{machine}", "{machine}", zeros)
    try:
        server.netr_ServerAuthenticate3("\\\\\\\\{machine}", "{machine}$", 6, "{machine}", zeros, 0x212fffff)
    except Exception:
        pass
"""


def record(into: Path, server: str, recorded: Recorded) -> None:
    begin(server)
    folder = into / "dce_rpc"
    acts = ("srvinfo", "netshareenum", "enumdomusers", "lsaquery", "wkssvc_wkstagetinfo")
    with recorded(folder / "pipes.pcap", "tcp port 445"):
        _call(server, "ncacn_np", "", *acts)
    with recorded(folder / "pipes_smb1.pcap", "tcp port 445"):
        _call(server, "ncacn_np", "", *acts[:3], dialect="NT1")
    with recorded(folder / "tcp.pcap", "tcp and not port 88"):
        _call(server, "ncacn_ip_tcp", "sign", "enumdomusers")
        _call(server, "ncacn_ip_tcp", "seal", "enumdomusers", "dsgetncchanges")
    with recorded(folder / "null_challenge.pcap", "tcp and not port 88"):
        lan.run("client", ["/usr/bin/python3", "-c", _ZEROS.format(server=server, machine=MACHINE.upper())], expect=())
