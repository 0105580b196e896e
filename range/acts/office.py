"""What people do at their workplaces: files, pages, printing, logging in; and what their machines do by themselves."""

from __future__ import annotations

import io
import random
import socket
import struct
from datetime import datetime
from pathlib import Path

from accounts import ACCOUNT, PASSWORD
from act import Doing
from clients import mail, printing, telehealth
from images import image
from lan import SCRATCH
from services.dicom import REST_PASSWORD
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


def slide(hospital: Hospital, name: str, moment: datetime) -> Path:
    """A slide of pathology that is a TIFF too (DICOM PS3.10 7.1: the preamble may be the head of one)."""
    body = io.BytesIO()
    image(hospital.host("us01"), hospital.patients[0], moment, 80).save_as(body, enforce_file_format=True)
    path = hospital.folder(name) / "slide.dcm"
    path.write_bytes((b"II*\0" + (128).to_bytes(4, "little")).ljust(128, b"\0") + body.getvalue()[128:])
    return path


def put_slide(name: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        smb(hospital, name, "exports", f"put {slide(hospital, name, moment)} slide{moment:%H%M}.dcm")

    return doing


def post_slide(name: str) -> Doing:
    """By the REST interface that the PACS has of its own."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        path, page = slide(hospital, name, moment), f"http://pacs.{hospital.topology.domain}:8042/instances"
        words = ["curl", "-sf", "-o", "/dev/null", "-u", f"service:{REST_PASSWORD}", "-H", "Content-Type: application/dicom"]
        call([*words, "-H", "Expect:", "--data-binary", f"@{path}", page])

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


def log_in(user: int, controller: str) -> Doing:
    """A ticket of the domain (RFC 4120), and one for its directory."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        name = USERS[user % len(USERS)]
        cache = hospital.folder("dc") / f"ticket-{name}"
        env = {"KRB5_CONFIG": str(kerberos_conf(hospital, controller)), "KRB5CCNAME": f"FILE:{cache}"}
        call(["kinit", f"{name}@{realm(hospital)}"], stdin=f"{PASSWORD}-Zz1\n", env=env)
        call(["kvno", f"ldap/{controller}.ad.{hospital.topology.domain}"], env=env, expect=())

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


def send_mail(name: str, number: int, attached: int = 0) -> Doing:
    """A letter to colleagues by the hospital's server (RFC 5321), in clear as the server takes it."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        domain = hospital.topology.domain
        content = random.Random(f"{name}{moment}").randbytes(attached)
        files = [mail.Attachment(f"rota{number}.pdf", "application/pdf", b"%PDF-1.4\n" + content)] if attached else []
        text = mail.Letter(f"zz-{name}@{domain}", [f"zz-colleague{number % 7}@{domain}"], "rota", "See you at the change of shifts.", files)
        mail.send(hospital.address("mail"), 25, text, moment, mail.Way(f"{name}.{domain}"))

    return doing


def write_from_outside(to: str) -> Doing:
    """Another house writes, by its server to the hospital's."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        there = "laboratory-partner.example"
        text = mail.Letter(f"zz-office@{there}", [f"zz-{to}@{hospital.topology.domain}"], "appointments", "As agreed.")
        mail.send(hospital.address("mail"), 25, text, moment, mail.Way(f"mx.{there}"))

    return doing


def print_page(name: str, printer: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        queue = printing.Queue(hospital.address(printer), user=f"zz{name}")
        queue.attributes()
        queue.print("letter", letter(hospital, name, moment, 20_000).read_bytes())

    return doing


def ask_aloud(words: list[str]) -> Doing:
    """Names that nobody has are asked of everybody (LLMNR, RFC 4795)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for number, word in enumerate(words):
                name = bytes([len(word)]) + word.encode() + b"\0"
                sock.sendto(struct.pack(">6H", number + 1, 0, 1, 0, 0, 0) + name + struct.pack(">2H", 1, 1), ("224.0.0.252", 5355))

    return doing


def consult(here: str, there: str, seconds: float = 3) -> Doing:
    """A consultation by voice with somebody at home (WebRTC)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        telehealth.call(here, there, seconds)

    return doing
