"""Files against tshark, which puts them together and writes them out: what it exports has the hashes that our rows tell.

tshark exports what our rows leave out on purpose: what interfaces say (JSON, XML, forms), ranges, a whole mail, and fewer than 64 bytes.
FTP is compared with what was sent, because not every tshark exports it.
"""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest

from .oracle import needs_tshark, rows

HERE = Path(__file__).parent / "files"
SHARED = Path(__file__).parents[3] / "shared" / "captures"
# Hashes of ours that tshark does not have: <folder>/<capture>, how many, and why.
KNOWN = {"zeek/dce-rpc__mapi.pcap": (1, "a compressed answer, which tshark does not join to its request")}


def exported(path: Path, kind: str, into: Path) -> dict[str, int]:
    """Hashes of what tshark exports, with how long each is."""
    into.mkdir()
    subprocess.run(["tshark", "-n", "-r", str(path), "-q", "--export-objects", f"{kind},{into}"], check=False, capture_output=True)
    contents = [file.read_bytes() for file in into.iterdir()]
    return {hashlib.sha256(content).hexdigest(): len(content) for content in contents}


def told(path: Path, *sources: str) -> set[str]:
    return {row["sha256"] for row in rows(path)["files"] if row["source"] in sources and row["sha256"]}


@needs_tshark
@pytest.mark.parametrize("name", ["smb1", "smb3"])
def test_files_over_smb(name: str, tmp_path: Path) -> None:
    theirs = exported(HERE / f"{name}.pcap", "smb", tmp_path / "out")
    assert told(HERE / f"{name}.pcap", "SMB") == {hashed for hashed, length in theirs.items() if length >= 64}
    assert len(theirs) == 3


@needs_tshark
def test_files_over_http(tmp_path: Path) -> None:
    theirs = exported(HERE / "http.pcap", "http", tmp_path / "out")
    within = {hashed for hashed in told(HERE / "http.pcap", "HTTP") if hashed not in theirs}
    # The file in the form, which tshark leaves in it.
    assert within <= told(HERE / "smb3.pcap", "SMB")
    assert len(within) == 1


def test_the_same_file_has_one_hash_whatever_carries_it() -> None:
    """The program, the report, the image, the note: each was sent in more than one way."""
    sources = ("SMB", "HTTP", "FTP_DATA", "SMTP", "POP3", "IMAP")
    ways = [told(HERE / f"{name}.pcap", *sources) for name in ("ftp", "http", "mail", "mailboxes", "smb1", "smb3")]
    program = b"MZ\x90\0" + b"ZZ" * 300
    assert sum(hashlib.sha256(program).hexdigest() in way for way in ways) == 4
    report = b"%PDF-1.7\n" + b"invented words\n" * 100
    assert sum(hashlib.sha256(report).hexdigest() in way for way in ways) == 5
    note = b"all of this is invented\n" * 5
    assert sum(hashlib.sha256(note).hexdigest() in way for way in ways) == 3
    quoted = ".dot;gr\u00fcn;3\r\n".encode() * 6
    assert hashlib.sha256(quoted.removesuffix(b"\r\n")).hexdigest() in ways[2] or hashlib.sha256(quoted).hexdigest() in ways[2]


@needs_tshark
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/captures is not here")
@pytest.mark.parametrize("kind", ["smb", "http"])
def test_every_hash_is_one_that_tshark_has_too(kind: str, tmp_path: Path) -> None:
    """Over every shared capture: no row tells a hash of what was not there."""
    unknown: dict[str, int] = {}
    for number, path in enumerate(sorted(SHARED.glob("*/*.pcap*"))):
        if mine := told(path, kind.upper()):
            unknown[f"{path.parent.name}/{path.name}"] = len(mine - set(exported(path, kind, tmp_path / str(number))))
    assert unknown
    assert {name: many for name, many in unknown.items() if many} == {name: many for name, (many, _) in KNOWN.items() if kind == "http"}
