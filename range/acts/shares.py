"""What machines do with many files of a share at once and is no ransomware: copies, tiers, batches, searches for viruses. By impacket."""

from __future__ import annotations

import random
from datetime import datetime

from act import Doing
from impacket.smb3structs import FILE_OPEN, FILE_OVERWRITE_IF, FILE_READ_DATA
from impacket.smbconnection import SessionError, SMBConnection
from state import Hospital

from acts.intrusion import connect

RIGHTS = 0x0013019F  # MS-SMB2 2.2.13.1.1: read, write, delete, attributes, synchronise
HEADS = {"dcm": bytes(128) + b"DICM", "jp2": b"\0\0\0\x0cjP  \r\n\x87\n", "zip": b"PK\3\4", "tif": b"II*\0", "tmp": b"II*\0"}
MOST_READ, FILE_BYTES = 80, 12_000


def _folder(link: SMBConnection, share: str, folder: str) -> None:
    try:
        link.createDirectory(share, folder)
    except SessionError as error:
        if "COLLISION" not in str(error):
            raise


def _put(link: SMBConnection, tree: int, name: str, kind: str, seed: str) -> None:
    """A file that is compressed already, behind the head of its kind."""
    file = link.createFile(tree, name, creationDisposition=FILE_OVERWRITE_IF)
    link.writeFile(tree, file, HEADS[kind] + random.Random(f"{seed}{name}").randbytes(FILE_BYTES), 0)
    link.closeFile(tree, file)


def _take(link: SMBConnection, tree: int, name: str) -> bytes:
    file = link.openFile(tree, name, desiredAccess=FILE_READ_DATA)
    told: bytes = link.readFile(tree, file)
    link.closeFile(tree, file)
    return told


def batch(folder: str, count: int, kind: str, renamed: str) -> Doing:
    """So many files are written under one name and get their right one when the batch is whole, as scanners and copying agents do."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, "files")
        _folder(link, "exports", folder)
        tree = link.connectTree("exports")
        names = [f"{folder}\\{moment:%H%M}-{number:03}" for number in range(count)]
        for name in names:
            _put(link, tree, f"{name}.{kind}", kind, str(moment))
        for name in names:
            link.rename("exports", f"{name}.{kind}", f"{name}.{renamed}")
        for name in names:
            link.deleteFile("exports", f"{name}.{renamed}")
        link.close()

    return doing


def tier(count: int) -> Doing:
    """The PACS's cache: images are read, written into a colder folder and renamed out of the warm one, each."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, "files")
        for folder in ("warm", "cold"):
            _folder(link, "exports", folder)
        tree = link.connectTree("exports")
        for number in range(count):
            warm, cold = f"warm\\image{number:03}.dcm", f"cold\\image{number:03}.dcm"
            _put(link, tree, warm, "dcm", str(moment))
            _take(link, tree, warm)
            link.rename("exports", warm, cold)
        for number in range(count):
            link.deleteFile("exports", f"cold\\image{number:03}.dcm")
        link.close()

    return doing


def compressed_again(count: int, kind: str) -> Doing:
    """Files that are compressed are read and written over in their place: high entropy before and after."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, "files")
        _folder(link, "exports", kind)
        tree = link.connectTree("exports")
        names = [f"{kind}\\study{number:03}.{kind}" for number in range(count)]
        for name in names:
            _put(link, tree, name, kind, "first")
        for name in names:
            told = _take(link, tree, name)
            file = link.openFile(tree, name, desiredAccess=RIGHTS, creationDisposition=FILE_OPEN)
            link.writeFile(tree, file, HEADS[kind] + random.Random(f"{moment}{name}").randbytes(len(told) - len(HEADS[kind])), 0)
            link.closeFile(tree, file)
        link.close()

    return doing


def read_all(share: str) -> Doing:
    """The search for viruses opens whatever lies in a share, folder by folder, and writes nothing."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, "files")
        tree, names = link.connectTree(share), list[str]()
        for one in link.listPath(share, "*"):
            name = one.get_longname()
            if not one.is_directory():
                names.append(name)
            elif name not in (".", ".."):
                names += [f"{name}\\{inner.get_longname()}" for inner in link.listPath(share, f"{name}\\*") if not inner.is_directory()]
        for name in names[:MOST_READ]:
            _take(link, tree, name)
        link.close()

    return doing
