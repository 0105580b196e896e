"""Where files lie: Samba, standalone, that still speaks SMB 1 for one old client; and the backup server's rsync."""

from __future__ import annotations

import subprocess

from lan import start
from office import ACCOUNT, PASSWORD
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
    conf = folder / "smb.conf"
    conf.write_text("\n".join(lines) + "\n")
    words = ["smbpasswd", "-c", conf, "-s", "-a", ACCOUNT]
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
