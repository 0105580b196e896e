"""An archive holds what was put in; one that is damaged, cut, hostile or of a later time is refused."""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from asepsis.backup import archive
from asepsis.backup.archive import ArchiveWriter, unpack
from asepsis.kit.errors import BadInput

NAMES = re.compile(r"key|lake/[a-z]+\.parquet")
Members = list[tuple[tarfile.TarInfo, bytes]]


def write(path: Path, **contents: bytes) -> Path:
    with path.open("wb") as out, ArchiveWriter(out, {"site": "a"}) as made:
        for name, data in contents.items():
            made.add(name, io.BytesIO(data), len(data), 1_700_000_000.5)
    return path


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


def forge(path: Path, members: Members, format: int = tarfile.GNU_FORMAT) -> Path:
    with (
        path.open("wb") as out,
        pa.CompressedOutputStream(out, "zstd") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=format) as tar,
    ):
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return path


def about(**more: object) -> tuple[tarfile.TarInfo, bytes]:
    return member("backup.json", json.dumps({"format": 1, **more}).encode())


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "into").mkdir(parents=True)
    return tmp_path / "deep" / "into"


def test_what_goes_in_comes_out(tmp_path: Path, into: Path) -> None:
    told: list[tuple[int, int]] = []
    made = write(tmp_path / "a", key=b"k", **{"lake/conn.parquet": b"rows" * 1_000_000})
    said, kept = unpack(made, into, NAMES, lambda *at: told.append(at))
    assert said == {"format": 1, "site": "a"}
    assert {name: one.size for name, one in kept.items()} == {"key": 1, "lake/conn.parquet": 4_000_000}
    assert (into / "key").read_bytes() == b"k"
    assert (into / "lake/conn.parquet").read_bytes() == b"rows" * 1_000_000
    assert (into / "key").stat().st_mode & 0o777 == 0o600
    assert (into / "key").stat().st_mtime == 1_700_000_000
    assert told[-1] == (made.stat().st_size, made.stat().st_size)


def test_a_file_that_is_shorter_than_was_said_makes_no_archive(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as out, pytest.raises(OSError, match="unexpected end"), ArchiveWriter(out, {}) as made:
        made.add("key", io.BytesIO(b"k"), 2, 0)
    assert not (tmp_path / "a").read_bytes()


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([about(), member("../key", b"x")], "belongs to no site, '../key'"),
        ([about(), member("/etc/passwd", b"x")], "belongs to no site, '/etc/passwd'"),
        ([about(), member("lake/../../key.parquet", b"x")], "belongs to no site"),
        ([about(), member("key\n", b"x")], "belongs to no site"),
        ([about(), member("bin/sh", b"x")], "belongs to no site"),
        ([about(), member("key", kind=tarfile.SYMTYPE, link="/etc/shadow")], "key is no plain file"),
        ([about(), member("key", kind=tarfile.LNKTYPE, link="backup.json")], "key is no plain file"),
        ([about(), member("lake", kind=tarfile.DIRTYPE)], "lake is no plain file"),
        ([about(), member("key", kind=tarfile.CHRTYPE)], "key is no plain file"),
        ([about(), member("key", kind=tarfile.FIFOTYPE)], "key is no plain file"),
        ([about(), member("key", b"x"), member("key", b"y")], "belongs to no site, 'key'"),
        ([about(), member("key", b"x")], "no end"),
        ([about(), member("key", b"x"), member("manifest.json", b"{}")], "not what its manifest says"),
        ([about(), member("key", b"x"), member("manifest.json", b'{"key":[1,"00"]}')], "not what its manifest says"),
        ([about(), member("manifest.json", b"{}"), member("key", b"x")], "not what its manifest says"),
        ([about(), member("manifest.json", b"[" * 60_000)], "not a whole backup"),
        ([about(), member("manifest.json", b" " * 1_000_000 + b"{}")], "longer than it can be"),
        ([member("key", b"x"), about()], "no backup of asepsis"),
        ([member("backup.json", b"[]")], "no backup of asepsis"),
        ([member("backup.json", b"x" * 100_000)], "longer than it can be"),
        ([member("backup.json", b'{"format":2}')], "made by a newer asepsis"),
        ([], "no backup of asepsis"),
    ],
)
def test_a_hostile_archive_is_refused(tmp_path: Path, into: Path, members: Members, why: str) -> None:
    with pytest.raises(BadInput, match=re.escape(why)):
        unpack(forge(tmp_path / "a", members), into, NAMES)
    assert {path.name for path in into.rglob("*")} <= {"key"}
    assert {path.name for path in tmp_path.rglob("*")} <= {"a", "deep", "into", "key"}


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_header_before_another_is_not_read(tmp_path: Path, into: Path, format: int) -> None:
    long = member("lake/" + "a" * 4000 + ".parquet", b"x")
    with pytest.raises(BadInput, match="is no plain file"):
        unpack(forge(tmp_path / "a", [about(), long], format), into, NAMES)


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _flipped(data: bytes) -> bytes:
    return data[:-40] + bytes((data[-40] ^ 1,)) + data[-39:]


@pytest.mark.parametrize(
    "change", [_cut, _flipped, lambda _: b"", lambda _: b"PK\x03\x04 is a zip" * 100], ids=["cut", "flipped", "empty", "zip"]
)
def test_a_damaged_archive_is_refused(tmp_path: Path, into: Path, change: Callable[[bytes], bytes]) -> None:
    made = write(tmp_path / "a", key=bytes(range(256)) * 64)
    made.write_bytes(change(made.read_bytes()))
    with pytest.raises(BadInput, match=r"whole backup|no end|manifest says"):
        unpack(made, into, NAMES)


def test_a_bomb_does_not_fill_the_disk(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = forge(tmp_path / "a", [about(), member("key", bytes(50 << 20))])
    assert made.stat().st_size < 100_000
    monkeypatch.setattr(archive, "RESERVE", 1 << 60)
    with pytest.raises(BadInput, match="no space left"):
        unpack(made, into, NAMES)
    assert (into / "key").stat().st_size == 0
