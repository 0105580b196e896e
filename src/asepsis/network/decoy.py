"""A decoy: an address that pretends to be several servers and belongs to no workflow, so that whoever talks to it is told.

The alert comes from the sensor, which sees every packet to the address; a decoy only answers, so that there is something to talk to. What
listens to DICOM and HL7 is a process of the user `nobody`; Samba takes everybody as a guest, who is that user too.
"""

from __future__ import annotations

import errno
import multiprocessing
import os
import pwd
import resource
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from asepsis.kit import files
from asepsis.kit.errors import AsepsisError, BadInput, WrongUse

from .decoys.contact import Contact, Rarely, Tell
from .decoys.dicom import TITLE, Archive
from .decoys.hl7 import Receiver
from .decoys.smb import FileServer

NOBODY, FOLDER = "nobody", "smb-"
START_S, LOOK_S = 15, 0.5
MEMORY = 1 << 30
"""Bytes of address space that what listens may take, whoever fills it."""


class Door(StrEnum):
    """What a decoy can pretend to be."""

    DICOM = "dicom"
    HL7 = "hl7"
    SMB = "smb"


PORTS: Mapping[Door, int] = {Door.DICOM: 104, Door.HL7: 2575, Door.SMB: 445}


@dataclass(frozen=True, slots=True)
class Decoy:
    """An address, and at which port it pretends to be what. `title` is its application entity title."""

    address: str
    ports: Mapping[Door, int]
    title: str = TITLE


def decoy(address: str, ports: Mapping[Door, int], title: str = TITLE) -> Decoy:
    """Raises WrongUse for an address that is not of one machine, or for nothing to pretend."""
    try:
        told = ip_address(address)
    except ValueError:
        raise WrongUse("is no address", address, "write one of this machine's: --bind 10.20.30.99") from None
    if told.is_unspecified or told.is_multicast:
        raise WrongUse("a decoy has an address of its own", address, "add one to an interface (ip address add) and name it")
    if not ports:
        raise WrongUse("a decoy that pretends nothing", address, f"name some of {', '.join(Door)}")
    return Decoy(str(told), dict(ports), title)


@contextmanager
def listening(one: Decoy, marks: Path) -> Iterator[Callable[[], Contact | None]]:
    """Listens while the context lasts; what it gives waits for a moment and says who came, if somebody did. In the folder `marks` stands
    what is to be cleared when it is killed.

    Raises BadInput for what is not installed, WrongUse for an address or a port that cannot be had. Later, where something ended by itself.
    """
    contacts: SimpleQueue[Contact] = SimpleQueue()
    tell = Rarely(contacts.put)
    with ExitStack() as held:
        helper = held.enter_context(_helper(one, tell)) if one.ports.keys() & {Door.DICOM, Door.HL7} else None
        server = held.enter_context(_file_server(one, tell, marks)) if Door.SMB in one.ports else None

        def came() -> Contact | None:
            if (helper and not helper.is_alive()) or (server and server.ended):
                raise BadInput("what listens has ended by itself", one.address, "start the decoy again; `--only` finds which part it is")
            try:
                return contacts.get(timeout=LOOK_S)
            except Empty:
                return None

        yield came


@contextmanager
def _file_server(one: Decoy, tell: Tell, marks: Path) -> Iterator[FileServer]:
    _check(one, Door.SMB)
    with _folder(one, marks) as folder:
        server = FileServer(one.address, one.ports[Door.SMB], tell, folder)
        try:
            yield server
        finally:
            server.close()


@contextmanager
def _folder(one: Decoy, marks: Path) -> Iterator[Path]:
    """A folder that `nobody` can read, as in a site it could not. Its name stands in the site while it is there: whoever is killed leaves
    it behind, and the next at that address and port clears it."""
    marks.mkdir(mode=0o700, exist_ok=True)
    mark = marks / f"{one.address}-{one.ports[Door.SMB]}"
    with files.alone(mark) as free:
        if not free:
            raise _refused(one, Door.SMB, OSError(errno.EADDRINUSE, ""))
        left = Path(mark.read_text("utf-8"))
        # Whoever may write to the site must not choose what is removed here, by root at times.
        if left.parent == Path(tempfile.gettempdir()) and left.name.startswith(FOLDER):
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=FOLDER) as folder:
            mark.write_text(folder, "utf-8")
            Path(folder).chmod(0o755)
            yield Path(folder)
        mark.unlink()


@contextmanager
def _helper(one: Decoy, tell: Tell) -> Iterator[multiprocessing.process.BaseProcess]:
    """The process that plays archive and receiver, without rights."""
    context = multiprocessing.get_context("spawn")
    mine, its = context.Pipe()
    process = context.Process(target=_play, args=(one, its), daemon=True, name="decoy")
    process.start()
    its.close()
    try:
        said = mine.recv() if mine.poll(START_S) else BadInput("does not begin to listen", one.address, "look whether the machine is busy")
        if isinstance(said, AsepsisError):
            raise said
        Thread(target=_hear, args=(mine, tell), daemon=True, name="decoy-contacts").start()
        yield process
    except EOFError:
        raise BadInput("what listens has ended by itself", one.address, "look into the system's log") from None
    finally:
        process.terminate()
        process.join(5)


def _hear(pipe: Connection, tell: Tell) -> None:
    try:
        while True:
            tell(pipe.recv())
    except (EOFError, OSError):
        return


def _play(one: Decoy, pipe: Connection) -> None:
    """Listens, gives up its rights, and lives until the other end of the pipe is gone."""
    doors: Mapping[Door, Callable[[int, Tell], object]] = {
        Door.DICOM: lambda port, tell: Archive(one.address, port, tell, one.title),
        Door.HL7: lambda port, tell: Receiver(one.address, port, tell),
    }
    tell = Rarely(pipe.send)
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        for door in doors.keys() & one.ports.keys():
            try:
                doors[door](one.ports[door], tell)
            except OSError as error:
                raise _refused(one, door, error) from None
        _give_up_rights()
    except AsepsisError as error:
        pipe.send(error)
        return
    pipe.send(None)
    with suppress(EOFError, KeyboardInterrupt):
        pipe.recv()
    # At once: who is still talked to must not keep the ports.
    os._exit(0)


def _give_up_rights() -> None:
    """Of root nothing is left; whoever else started it keeps what they have."""
    if os.geteuid() == 0:
        user = pwd.getpwnam(NOBODY)
        os.setgroups([])
        os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
        os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)


def _check(one: Decoy, door: Door) -> None:
    """Raises WrongUse for a port that cannot be had: Samba says so only in its log."""
    family = socket.AF_INET6 if ":" in one.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((one.address, one.ports[door]))
        except OSError as error:
            raise _refused(one, door, error) from None


def _refused(one: Decoy, door: Door, error: OSError) -> WrongUse:
    port = one.ports[door]
    todo = {
        errno.EACCES: f"run it as root, or name a port above 1023: --{door}-port {port + 11_000}",
        errno.EADDRINUSE: f"another program listens there: give the decoy an address of its own, or name a port: --{door}-port",
        errno.EADDRNOTAVAIL: f"no interface has this address: ip address add {one.address}/24 dev IF",
    }.get(error.errno or 0, error.strerror or "look what is wrong")
    return WrongUse(f"cannot listen on port {port}", one.address, todo)
