"""What people do at their workplaces: files, pages, printing, logging in; and what their machines do by themselves."""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from act import Doing
from lan import SCRATCH
from office import ACCOUNT, PASSWORD
from services.directory import USERS, kerberos_conf, realm
from services.leases import again
from space import call
from state import Hospital

from acts.records import BROWSER


def letter(hospital: Hospital, name: str, moment: datetime, size: int = 40_000) -> Path:
    """A document of this host's and moment's own: bytes that do not compress, behind a head of a Word file (PK)."""
    path = hospital.folder(name) / "letter.docx"
    path.write_bytes(b"PK\3\4" + random.Random(f"{name}{moment}").randbytes(size))
    return path


def smb(hospital: Hospital, name: str, share: str, commands: str, *how: str, protocol: str = "SMB3") -> str:
    """One visit to a share by Samba's own client."""
    who = ["-U", f"{ACCOUNT}%{PASSWORD}", "-m", protocol, "-n", name.upper()[:15], "-s", hospital.folder("files") / "smb.conf", *how]
    return call(["smbclient", f"//files.{hospital.topology.domain}/{share}", *who, "-c", commands])


def write_letter(name: str, number: int) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        path, got = letter(hospital, name, moment), hospital.folder(name) / "read.docx"
        smb(hospital, name, "reports", f"put {path} letter{number}.docx; ls; get letter{number}.docx {got}")

    return doing


def read_letters(name: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        smb(hospital, name, "reports", "ls", "--client-protection=encrypt")

    return doing


def scan_film(name: str) -> Doing:
    """The film digitiser puts its pictures down by SMB 1, the only one that it speaks."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        path, got = letter(hospital, name, moment, 30_000), hospital.folder(name) / "film.dcm"
        smb(hospital, name, "exports", f"put {path} film.dcm; ls; get film.dcm {got}; del film.dcm", protocol="NT1")

    return doing


def browse(address: str, path: str = "/", agent: str = BROWSER) -> Doing:
    """A page of the outside, by its name."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["curl", "-s", "-A", agent, "-o", "/dev/null", "-m", "20", "--cacert", SCRATCH / "ca.crt", address + path])

    return doing


def look_up(names: list[str], kind: str = "A", server: str = "") -> Doing:
    """Names are asked for and nothing follows."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        asked = [word for name in names for word in (name, kind)]
        call(["dig", "+short", "+tries=1", "+time=2", *([f"@{server}"] if server else []), *asked], expect=())

    return doing


def log_in(user: int) -> Doing:
    """A ticket of the domain (RFC 4120), and a look into its directory."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        name = USERS[user % len(USERS)]
        cache = hospital.folder("dc") / f"ticket-{name}"
        env = {"KRB5_CONFIG": str(kerberos_conf(hospital)), "KRB5CCNAME": f"FILE:{cache}"}
        call(["kinit", f"{name}@{realm(hospital)}"], stdin=f"{PASSWORD}-Zz1\n", env=env)
        call(["kvno", f"ldap/dc.ad.{hospital.topology.domain}"], env=env, expect=())

    return doing


def new_lease(name: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        again(hospital, hospital.host(name))

    return doing


def ask_time(server: str) -> Doing:
    """One exchange with a time server, by a client that sets nothing (RFC 5905)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["chronyd", "-x", "-Q", "-t", "4", "-u", "root", f"server {hospital.address(server)} iburst maxsamples 1"], expect=())

    return doing
