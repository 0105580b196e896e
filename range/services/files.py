"""Where files lie: Samba, standalone, that still speaks SMB 1 for one old client; and the backup server's rsync."""

from __future__ import annotations

import random
import shutil
import subprocess
from pathlib import Path

from accounts import ACCOUNT, PASSWORD
from cast import WORDS
from lan import start
from state import Hospital
from topology import Host

PACKAGES = {"smbd": "samba", "smbclient": "smbclient", "smbpasswd": "samba-common-bin"}
COPIES_PACKAGES = {"rsync": "rsync"}
SHARES = {
    "reports": "departments' letters",
    "exports": "what devices put there",
    "rollout": "software for workplaces",
    "canary": "nobody's",
}
DEPARTMENTS = ("cardiology", "surgery", "paediatrics", "oncology", "pathology", "pharmacy", "billing", "personnel")
KINDS = ("docx", "xlsx", "pdf", "txt", "doc", "csv", "pptx", "rtf", "odt", "xls")
DOCUMENTS = {"reports": DEPARTMENTS, "canary": ("zz-payroll",)}
DOCUMENT_WORDS = 1_000
FOLDERS = ("private", "state", "cache", "lock", "pid")


def shares(hospital: Hospital, one: Host) -> None:
    """Shares for everybody's work (MS-SMB2); files in them are the range's own."""
    folder = hospital.folder(one.name)
    for name in FOLDERS:
        (folder / name).mkdir()
    general = ["workgroup = ZZHOSP", "netbios name = FILES", "server role = standalone server", "map to guest = Bad User"]
    general += ["disable spoolss = yes", "load printers = no", "server min protocol = NT1", "client min protocol = NT1"]
    general += ["ntlm auth = yes", "smb ports = 445 139", f"log file = {folder}/log", f"ncalrpc dir = {folder}/lock"]
    general += [f"winbindd socket directory = {folder}/no-winbind"]  # not that of the domain controller: both see one file system
    general += [f"{name} {'dir' if name == 'private' else 'directory'} = {folder}/{name}" for name in FOLDERS]
    lines = ["[global]", *general]
    for name in SHARES:
        path = folder / "shares" / name
        path.mkdir(parents=True)
        path.chmod(0o777)
        lines += [f"[{name}]", f"path = {path}", "guest ok = yes", "read only = no", f"force user = {ACCOUNT}"]
    lay_out(hospital, one.name)
    conf = folder / "smb.conf"
    conf.write_text("\n".join(lines) + "\n")
    words = ["smbpasswd", "-c", str(conf), "-s", "-a", ACCOUNT]
    subprocess.run(words, input=f"{PASSWORD}\n" * 2, text=True, check=True, capture_output=True)
    start(one.name, ["smbd", "-F", "--no-process-group", "-s", conf], ports=[445, 139])


def copies(hospital: Hospital, one: Host) -> None:
    """The backup server: takes what others send by rsync's own protocol, in clear, for whoever asks."""
    folder = hospital.folder(one.name)
    (folder / "copies").mkdir()
    conf = folder / "rsyncd.conf"
    conf.write_text(
        f"use chroot = no\nuid = root\ngid = root\npid file = {folder}/rsyncd.pid\naddress = {one.address}\n"
        f"[copies]\npath = {folder}/copies\nread only = no\n"
    )
    start(one.name, ["rsync", "--daemon", "--no-detach", f"--config={conf}"], ports=[873])


def documents(share: str) -> list[Path]:
    """Names of the documents of a share, as seen from its top."""
    return [Path(folder, f"letter.{kind}") for folder in DOCUMENTS[share] for kind in KINDS]


def lay_out(hospital: Hospital, name: str) -> None:
    """Put invented documents into their folders, in place of what was there: on the server's disk, no packet of it is seen."""
    for share, folders in DOCUMENTS.items():
        top = hospital.folder(name) / "shares" / share
        for folder in folders:
            shutil.rmtree(top / folder, ignore_errors=True)
            (top / folder).mkdir()
            (top / folder).chmod(0o777)
        for path in documents(share):
            (top / path).write_bytes(_words(f"{share}{path}"))
            (top / path).chmod(0o666)


def _words(seed: str) -> bytes:
    """Bytes with the entropy of text."""
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS) for _ in range(DOCUMENT_WORDS)).encode()
