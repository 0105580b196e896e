"""The office zone and what devices share with it: names and leases (dnsmasq), files (Samba), a scanner's service account (vsftpd)."""

from __future__ import annotations

import random
import subprocess

from accounts import ACCOUNT, PASSWORD
from cast import DOMAIN, GATEWAY, HOSTS, NAMESERVER, OUTSIDE, Patient
from lan import SCRATCH, address, lease, run, start

from morning.web import VENDOR

PACKAGES = {"dnsmasq": "dnsmasq-base", "dhclient": "isc-dhcp-client", "smbd": "samba", "smbclient": "smbclient", "vsftpd": "vsftpd"}


def open_office() -> None:
    _names()
    _files()
    _scanner_login()


def _names() -> None:
    """DNS for the hospital and the outside it talks to; leases with a reservation for every DHCP host (RFC 2131)."""
    lines = [f"host-record={one.name}.{DOMAIN},{one.address}" for one in HOSTS if not one.dhcp_vendor_class]
    lines += [f"dhcp-host={one.mac},{one.address},{one.name}" for one in HOSTS if one.dhcp_vendor_class]
    lines += [
        f"address=/{VENDOR}/{OUTSIDE['telemetry']}",
        f"domain={DOMAIN}",
        f"local=/{DOMAIN}/",
        "no-resolv",
        "no-hosts",
        "log-facility=-",
    ]
    lines += [
        "dhcp-range=10.20.30.100,10.20.30.150,255.255.0.0,1h",
        f"dhcp-option=option:router,{GATEWAY}",
        "dhcp-authoritative",
        "no-ping",
    ]
    lines += [
        f"listen-address={NAMESERVER}",
        "bind-interfaces",
        f"dhcp-leasefile={SCRATCH}/leases",
        f"pid-file={SCRATCH}/dnsmasq.pid",
        "user=root",
    ]
    conf = SCRATCH / "dnsmasq.conf"
    conf.write_text("\n".join(lines) + "\n")
    start("ns", ["dnsmasq", "-k", "-C", str(conf)], ports=[53, 67], udp=True)


def _files() -> None:
    """A standalone server that still speaks SMB1 for one old client."""
    folder = SCRATCH / "smb"
    inner = {name: folder / name for name in ("private", "state", "cache", "lock", "pid", "share")}
    for path in inner.values():
        path.mkdir(parents=True)
        path.chmod(0o777 if path.name == "share" else 0o755)
    rows = [f"{name} {'dir' if name == 'private' else 'directory'} = {path}" for name, path in inner.items() if name != "share"]
    general = [
        "workgroup = ZZHOSP",
        "netbios name = FILES",
        "server role = standalone server",
        "map to guest = Bad User",
        "disable spoolss = yes",
    ]
    general += [
        "load printers = no",
        "server min protocol = NT1",
        "client min protocol = NT1",
        "ntlm auth = yes",
        f"log file = {folder}/log",
    ]
    share = [f"path = {inner['share']}", "guest ok = yes", "read only = no", f"force user = {ACCOUNT}"]
    conf = SCRATCH / "smb.conf"
    conf.write_text("\n".join(["[global]", *general, *rows, f"ncalrpc dir = {inner['lock']}", "[exports]", *share]) + "\n")
    subprocess.run(
        ["smbpasswd", "-c", str(conf), "-s", "-a", ACCOUNT], input=f"{PASSWORD}\n" * 2, text=True, check=True, capture_output=True
    )
    start("files", ["smbd", "-F", "--no-process-group", "-s", str(conf)], ports=[445, 139])


def _scanner_login() -> None:
    """The MR's service login: FTP in clear, reached by its maker from outside."""
    conf, empty = SCRATCH / "vsftpd.conf", SCRATCH / "vsftpd-empty"
    empty.mkdir()
    options = ["listen=YES", "listen_ipv6=NO", "background=NO", "local_enable=YES", "write_enable=YES", "anonymous_enable=NO"]
    options += ["seccomp_sandbox=NO", f"secure_chroot_dir={empty}", "pam_service_name=vsftpd", "use_localtime=YES"]
    conf.write_text("\n".join(options) + "\n")
    (SCRATCH / "home" / "service.log").write_text("coil ok\n" * 200)
    start("mr01", ["vsftpd", str(conf)], ports=[21])


def leases() -> None:
    for one in HOSTS:
        if one.dhcp_vendor_class:
            lease(one)


def morning(patients: list[Patient], seed: int) -> None:
    """Reports go to the share: by SMB3, by encrypted SMB3, by the film digitiser's SMB1; the maker fetches the MR's log."""
    report = SCRATCH / "report.docx"
    report.write_bytes(random.Random(seed).randbytes(60_000))
    for patient in patients[:3]:
        name = f"{patient.name.replace('^', '_')}_{patient.id}.docx"
        _smb("ws1", "SMB3", f'mkdir {patient.id}; put {report} "{patient.id}\\{name}"; ls; get "{patient.id}\\{name}" {SCRATCH}/read.docx')
    _smb("pc01", "SMB3", f"put {report} rota.docx; rename rota.docx rota-final.docx; ls", "--client-protection=encrypt")
    _smb("cr01", "NT1", f"put {report} film.dcm; ls; get film.dcm {SCRATCH}/film.dcm; del film.dcm")
    for name in ("intranet", "mail", "printer"):
        run("pc02", ["dig", "+short", "+tries=1", f"{name}.{DOMAIN}"], expect=[])
    login = ["curl", "-s", "--interface", OUTSIDE["vendor-support"], "-u", f"{ACCOUNT}:{PASSWORD}"]
    run("internet", [*login, f"ftp://{address('mr01')}/", f"ftp://{address('mr01')}/service.log", "-o", "/dev/null", "-o", "/dev/null"])


def _smb(space: str, protocol: str, commands: str, *how: str) -> None:
    who = ["-U", f"{ACCOUNT}%{PASSWORD}", "-m", protocol, "-n", space.upper(), "-s", str(SCRATCH / "smb.conf"), *how]
    run(space, ["smbclient", f"//files.{DOMAIN}/exports", *who, "-c", commands])
