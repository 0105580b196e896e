"""Fixtures that tests of every room share."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from asepsis.kit.site import Site

# A run in the background begins with Ctrl-C ignored, and so would the programs that tests press it in.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of what only SQLite has, such as the file of the store, are none for PostgreSQL (`tools/postgres.sh`)."""
    if os.environ.get("DATABASE_URL"):
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(pytest.mark.skip(reason="of SQLite alone"))


@pytest.fixture(autouse=bool(os.environ.get("DATABASE_URL")))
def _databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test made on PostgreSQL goes with it."""
    folder = request.getfixturevalue("tmp_path") if "tmp_path" in request.fixturenames else None
    yield
    if folder:
        from sitecustomize import forget

        forget(folder)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A new site, without rows."""
    return Site.open(tmp_path / "site", create=True)


@pytest.fixture
def store(site: Site) -> Site:
    """A new site with its store open: models can be used."""
    from asepsis.settings import open_store

    open_store(site)
    return site


@pytest.fixture
def capture(tmp_path: Path) -> Callable[..., Path]:
    """`capture(flows, name="a.pcap", start=1_700_000_000, payload=b"hello")` writes a capture of that many UDP flows of one datagram, one a
    millisecond."""

    def write(flows: int, name: str = "a.pcap", start: int = 1_700_000_000, payload: bytes = b"hello") -> Path:
        path = tmp_path / name
        with path.open("wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            for i in range(flows):
                packet = _udp(bytes((10, 1, i // 50_000, 1)), bytes((10, 2, 0, 2)), 1024 + i % 50_000, 40_000, payload)
                file.write(struct.pack("<IIII", start + i // 1000, i % 1000 * 1000, len(packet), len(packet)) + packet)
        return path

    return write


def _udp(source: bytes, target: bytes, source_port: int, target_port: int, payload: bytes) -> bytes:
    datagram = struct.pack(">HHHH", source_port, target_port, 8 + len(payload), 0) + payload
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, source, target)
    return b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01\x08\0" + ip + datagram


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A small disk of its own, of as many KiB as DISK of the module says."""
    (tmp_path / "disk").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.module.DISK}k", "tmpfs", str(tmp_path / "disk")]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a tmpfs")
    yield tmp_path / "disk"
    # A store that this process still has open keeps the disk busy; it goes when the process does.
    subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)
