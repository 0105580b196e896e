"""A file server whose documents are bait: Samba with one share that can be read and holds files of the kinds that are stolen and locked."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import threading
import tomllib
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from asepsis.kit.errors import BadInput

from .contact import Contact, Tell

DOOR = "SMB"
HELPERS = ("rpcd_classic", "rpcd_winreg")
"""What tells of shares. What is asked for accounts (MS-SAMR, MS-LSAT) is `rpcd_lsad`, which would tell those of this machine."""
CONNECTIONS, WORDS = 20, 400
_STATE = ("private", "state", "cache", "lock", "pid", "ncalrpc")
_TOLD = re.compile(r"\s*(?P<who>[0-9A-Fa-f.:]{2,45})\|(?:connect\||create_file\|[^|]*\|0x(?P<access>[0-9a-f]{1,8})\|(?P<what>file|dir)\|)")
_WRITE, _DELETE = 0x6, 0x10000
"""FILE_WRITE_DATA and FILE_APPEND_DATA, DELETE: which rename needs too. MS-SMB2 2.2.13.1.1."""


class FileServer:
    """Lives as long as whoever made it: Samba in the foreground ends with its standard input. `folder` is its own, and empty.

    Raises BadInput where Samba is not installed or older than 4.16, which has no helpers of its own to choose from.
    """

    def __init__(self, address: str, port: int, tell: Tell, folder: Path) -> None:
        daemon, helpers = _installed()
        share = folder / "share"
        lay_out(share)
        conf = folder / "smb.conf"
        conf.write_text(settings(address, port, folder, share))
        self._process = _start([daemon], conf, subprocess.PIPE)
        self._helping = _start([helpers / "samba-dcerpcd", *(helpers / name for name in HELPERS)], conf, subprocess.DEVNULL)
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
        return any(process.poll() is not None for process in (self._process, self._helping))

    def close(self) -> None:
        """Ends it, and whoever it talks to."""
        for process in (self._helping, self._process):
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._heard.join(5)
        for process in (self._helping, self._process):
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()


def _installed() -> tuple[Path, Path]:
    """Samba's server, and the folder of its helpers. Raises BadInput."""
    daemon = shutil.which("smbd", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin")
    if daemon is None:
        raise BadInput(
            "needs Samba", "an SMB decoy", "install it (apt-get install samba samba-vfs-modules), or leave it out: --only dicom,hl7"
        )
    built = subprocess.run([daemon, "--build-options"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - see above
    found = re.search(r"^\s*LIBEXECDIR: (.+)$", built, re.MULTILINE)
    helpers = Path(found[1] if found else "/usr/libexec") / "samba"
    if not (helpers / "samba-dcerpcd").is_file():
        raise BadInput("needs Samba 4.16 or newer", daemon, "install one, or leave it out: --only dicom,hl7")
    return Path(daemon), helpers


def _start(words: Sequence[Path], conf: Path, said: int) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - its path is found in the system's own folders
        [words[0], "--foreground", "--no-process-group", "--debug-stdout", f"--configfile={conf}", *words[1:]],
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # When it ends it ends all of its group, which must not be ours.
        start_new_session=True,
    )


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
    # Helpers that Samba starts itself are all that there are, and live on when it has ended.
    lines += ["rpc start on demand helpers = no"]
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
