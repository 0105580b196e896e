"""A file server whose documents are bait: Samba with one share that can be read and holds files of the kinds that are stolen and locked."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import threading
import tomllib
from importlib.resources import files
from pathlib import Path

from asepsis.kit.errors import BadInput

from .contact import Contact, Tell

DOOR = "SMB"
CONNECTIONS, WORDS = 20, 400
_STATE = ("private", "state", "cache", "lock", "pid", "ncalrpc")
_TOLD = re.compile(r"\s*(?P<who>[0-9A-Fa-f.:]{2,45})\|(?:connect\||create_file\|[^|]*\|0x(?P<access>[0-9a-f]{1,8})\|(?P<what>file|dir)\|)")
_WRITE, _DELETE = 0x6, 0x10000
"""FILE_WRITE_DATA and FILE_APPEND_DATA, DELETE: which rename needs too. MS-SMB2 2.2.13.1.1."""


class FileServer:
    """Lives as long as whoever made it: Samba in the foreground ends with its standard input. `folder` is its own, and empty.

    Raises BadInput where Samba is not installed, OSError if it does not begin to listen.
    """

    def __init__(self, address: str, port: int, tell: Tell, folder: Path) -> None:
        daemon = shutil.which("smbd", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin")
        if daemon is None:
            raise BadInput(
                "needs Samba", "an SMB decoy", "install it (apt-get install samba samba-vfs-modules), or leave it out: --only dicom,hl7"
            )
        share = folder / "share"
        lay_out(share)
        conf = folder / "smb.conf"
        conf.write_text(settings(address, port, folder, share))
        self._process = subprocess.Popen(  # noqa: S603 - its path is found in the system's own folders
            [daemon, "--foreground", "--no-process-group", "--debug-stdout", f"--configfile={conf}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # When it ends it ends all of its group, which must not be ours.
            start_new_session=True,
        )
        self._heard = threading.Thread(target=self._read, args=(tell,), daemon=True, name="decoy-smb")
        self._heard.start()

    def _read(self, tell: Tell) -> None:
        """What Samba says of who came: the rest of it nobody needs."""
        assert self._process.stdout is not None
        while line := self._process.stdout.readline(4_096):
            if told := _TOLD.match(line):
                tell(Contact(told["who"], DOOR, _did(told["access"], told["what"])))

    @property
    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def close(self) -> None:
        """Ends it, and whoever it talks to."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._heard.join(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def _did(access: str | None, what: str | None) -> str:
    if access is None:
        return "opens the share"
    rights = int(access, 16)
    if rights & _WRITE:
        return "tries to write a file"
    if rights & _DELETE:
        return "tries to remove or rename a file"
    return "opens a file" if what == "file" else "looks into a folder"


def settings(address: str, port: int, folder: Path, share: Path) -> str:
    """Its smb.conf: guests may read, nobody may write, and who comes is told (vfs_full_audit)."""
    told = tomllib.loads(files("asepsis.network.decoys").joinpath("share.toml").read_text("utf-8"))
    lines = ["[global]", "server role = standalone server", "map to guest = Bad User", "guest account = nobody"]
    lines += [f"netbios name = {told['server']}", f"workgroup = {told['workgroup']}", f"smb ports = {port}"]
    lines += [f"interfaces = {address}", "bind interfaces only = yes", "disable netbios = yes", f"max smbd processes = {CONNECTIONS}"]
    lines += ["load printers = no", "disable spoolss = yes", "server min protocol = SMB2_02", "deadtime = 5", "log level = 0 full_audit:1"]
    lines += [f"{name} {'dir' if name in ('private', 'ncalrpc') else 'directory'} = {folder / name}" for name in _STATE]
    for name in _STATE:
        (folder / name).mkdir(mode=0o755)
    lines += [f"[{told['share']}]", f"path = {share}", "guest ok = yes", "read only = yes", "vfs objects = full_audit"]
    lines += ["full_audit:prefix = %I", "full_audit:success = connect create_file", "full_audit:failure = connect create_file"]
    return "\n".join([*lines, "full_audit:syslog = false", ""])


def lay_out(share: Path) -> None:
    """Puts the bait there: files by the names of share.toml, in which nothing stands but words."""
    told = tomllib.loads(files("asepsis.network.decoys").joinpath("share.toml").read_text("utf-8"))
    share.mkdir(mode=0o755)
    for name in told["files"]:
        path = share / name
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        dice = random.Random(name)  # noqa: S311 - words, no secret
        words = " ".join(dice.choice(told["words"]) for _ in range(WORDS))
        path.write_text(f"{{\\rtf1\\ansi {words}}}" if path.suffix in (".rtf", ".doc") else words)
