"""The domain: Samba as Active Directory domain controllers (MS-ADTS), with Kerberos, LDAP and the names of the domain."""

from __future__ import annotations

import subprocess
import sysconfig
import threading
from pathlib import Path

from accounts import PASSWORD
from lan import RangeError, command, start
from state import Hospital
from topology import Host

_MODULES = f"usr/lib/{sysconfig.get_config_var('MULTIARCH')}/samba"
PACKAGES = {
    "usr/share/samba/setup/ad-schema": "samba-ad-provision",
    f"{_MODULES}/ldb/acl.so": "samba-dsdb-modules",
    f"{_MODULES}/vfs/acl_xattr.so": "samba-vfs-modules",
    "usr/lib/python3/dist-packages/markdown": "python3-markdown",
    "winbindd": "winbind",
    "samba": "samba",
    "samba-tool": "samba-common-bin",
    "kinit": "krb5-user",
    "ldapsearch": "ldap-utils",
}
DOMAIN, ADMIN, ADMIN_PASSWORD = "ZZHOSPAD", "Administrator", "Zz-Invented-42!"
FIRST = "dc"
"""The controller whose domain it is."""
USERS = ("zzdoctor", "zznurse", "zzclerk", "zzbackup", "zzscanner")
BADGES = tuple(f"zzbadge{number}" for number in range(1, 9))
"""Staff who log in at a shared workplace with their badges."""
SERVICES = {"zzbackup": "MSSQLSvc/db", "zzscanner": "HTTP/scans", "zzdoctor": "HTTP/rota"}
"""Accounts of people that a service runs under, so that anybody in the domain may have a ticket for it (MS-KILE 3.3.5.1.1)."""
MANY = (
    "import sys; from samba.auth import system_session; from samba.param import LoadParm; from samba.samdb import SamDB; lp = LoadParm();"
    "lp.load(sys.argv[1]); db = SamDB(session_info=system_session(), lp=lp); [db.newuser(name, sys.argv[2]) for name in sys.argv[3:]]"
)
"""Users by one run of Samba's own library (python3-samba, which samba-tool needs): a run of samba-tool each takes a second."""
DNS = 53
PORTS = [DNS, 88, 135, 389, 445, 464, 636, 3268]
PROVISION_S = 120
OLD_BINDS = "--option=ldap server require strong auth = no"
"""Passwords in clear are taken over LDAP, as long as some old application needs it."""


def realm(hospital: Hospital) -> str:
    return f"AD.{hospital.topology.domain}".upper()


def domain(hospital: Hospital, one: Host) -> None:
    """Provision a domain of its own, add its users, and open it.

    Raises:
        RangeError: samba-tool does not get through; the text has its last words.
    """
    conf = _conf(hospital, one)
    server = hospital.topology.address(hospital.topology.nameserver)
    words = ["samba-tool", "domain", "provision", f"--realm={realm(hospital)}", f"--domain={DOMAIN}", f"--adminpass={ADMIN_PASSWORD}"]
    words += [f"--targetdir={hospital.folder(one.name)}", f"--host-name={one.name}", f"--host-ip={one.address}"]
    words += ["--dns-backend=SAMBA_INTERNAL", f"--option=dns forwarder = {server}", "--use-rfc2307"]
    _run(one.name, [*words, *_own(hospital, one)])
    for name in USERS:
        _run(one.name, ["samba-tool", "user", "create", name, f"{PASSWORD}-Zz1", "-s", str(conf)])
    _run(one.name, ["/usr/bin/python3", "-c", MANY, str(conf), f"{PASSWORD}-Zz1", *BADGES])
    for name, service in SERVICES.items():
        _run(one.name, ["samba-tool", "spn", "add", f"{service}.{realm(hospital).lower()}", name, "-s", str(conf)])
    start(one.name, ["samba", "-F", "--no-process-group", "-s", conf, OLD_BINDS], ports=PORTS)


def second_controller(hospital: Hospital, one: Host) -> None:
    """Join the domain of the first controller as another, with all its data, and open that; names stay with the first.

    Raises:
        RangeError: samba-tool does not get through.
    """
    _run(one.name, join(hospital, one, one.name))
    words = ["samba", "-F", "--no-process-group", "-s", str(_conf(hospital, one)), OLD_BINDS, "--option=server services = -dns -dnsupdate"]
    start(one.name, words, ports=[port for port in PORTS if port != DNS])


def join(hospital: Hospital, one: Host, name: str) -> list[str]:
    """The command by which a host becomes a further controller of that name."""
    folder = hospital.folder(one.name)
    empty = folder / "empty.conf"
    empty.touch()  # the machine's own smb.conf is not for this one
    words = ["samba-tool", "domain", "join", realm(hospital), "DC", "-s", str(empty), "-U", ADMIN, f"--password={ADMIN_PASSWORD}"]
    words += [f"--server={FIRST}.{realm(hospital).lower()}", f"--targetdir={folder}", "--dns-backend=SAMBA_INTERNAL"]
    return [*words, f"--option=netbios name = {name.upper()}", *_own(hospital, one)]


def replicate(hospital: Hospital, one: Host) -> list[str]:
    """The command by which a further controller fetches what is new from the first (MS-DRSR 4.1.10), as the one that it is."""
    partition = ",".join(f"DC={part}" for part in realm(hospital).lower().split("."))
    words = ["samba-tool", "drs", "replicate", one.name, f"{FIRST}.{realm(hospital).lower()}", partition, "--local", "--machine-pass"]
    return [*words, "-s", str(_conf(hospital, one))]


def _conf(hospital: Hospital, one: Host) -> Path:
    return hospital.folder(one.name) / "etc" / "smb.conf"


def _own(hospital: Hospital, one: Host) -> list[str]:
    """What keeps a controller out of another's way on one machine."""
    folder = hospital.folder(one.name)
    (folder / "run").mkdir(exist_ok=True)
    options = ["interfaces = lo eth0", "bind interfaces only = yes", "disable spoolss = yes", "log level = 1"]
    options += [f"winbindd socket directory = {folder}/winbindd", f"ncalrpc dir = {folder}/ncalrpc"]
    options += [f"ntp signd socket directory = {folder}/ntp", f"pid directory = {folder}/run"]
    return [f"--option={option}" for option in options]


def _run(space: str, words: list[str]) -> None:
    done = subprocess.run(command(space, words), capture_output=True, text=True, timeout=PROVISION_S, check=False)
    if done.returncode:
        raise RangeError(f"{space}: {' '.join(words[:3])}: {(done.stdout + done.stderr)[-400:]}")


def kerberos_conf(hospital: Hospital, controller: str = FIRST) -> Path:
    """krb5.conf(5) for clients of the domain that ask this controller."""
    path = hospital.folder(controller) / "krb5.conf"
    if not path.exists():
        name, address = realm(hospital), hospital.address(controller)
        aside = path.with_name(f"krb5.{threading.get_ident()}")
        aside.write_text(
            f"[libdefaults]\n default_realm = {name}\n dns_lookup_kdc = false\n rdns = false\n udp_preference_limit = 1400\n"
            f"[realms]\n {name} = {{\n  kdc = {address}\n }}\n[domain_realm]\n .{name.lower()} = {name}\n"
        )
        aside.replace(path)
    return path
