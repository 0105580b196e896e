"""Rule 1 where packets are kept: they are on the disk, but nothing that they tell can be read there."""

from __future__ import annotations

import itertools
import json
import signal
import struct
import subprocess
import sys
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from asepsis.kit.site import Site
from tests.stored import stored

from . import planted

# Sends each frame of a pcap to an interface (draft-ietf-opsawg-pcap section 5, little endian).
SENDER = """
import socket, struct, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
data, at = open(sys.argv[2], "rb").read(), 24
while at < len(data):
    (length,) = struct.unpack_from("<I", data, at + 8)
    sock.send(data[at + 16 : at + 16 + length])
    at += 16 + length
"""


@pytest.fixture(scope="module")
def kept(planted_folder: Path) -> Path:
    """The site of a watch that heard the planted conversations and kept their packets."""
    site, space = planted_folder / "kept", f"asepsis-{uuid.uuid4().hex[:8]}"
    inside = ["ip", "netns", "exec", space]
    subprocess.run(["ip", "netns", "add", space], check=True)
    try:
        subprocess.run(["ip", "-n", space, "link", "add", "tap0", "type", "veth", "peer", "name", "tap1"], check=True)
        for end in ("tap0", "tap1"):
            subprocess.run(["ip", "-n", space, "link", "set", end, "mtu", "65535", "up"], check=True)
        words = ["network", "watch", "-i", "tap1", "--keep-packets", "200MB", "--site", str(site), "--json"]
        with subprocess.Popen([*inside, sys.executable, "-m", "asepsis", *words], stdout=subprocess.PIPE, text=True) as watch:
            assert watch.stdout is not None
            watch.stdout.readline()
            sent = sum(1 for _ in frames(planted_folder / "planted.pcap"))
            subprocess.run([*inside, sys.executable, "-c", SENDER, "tap0", str(planted_folder / "planted.pcap")], check=True)
            for line in watch.stdout:
                if json.loads(line)["packets"] >= sent:
                    break
            watch.send_signal(signal.SIGTERM)
            last = json.loads(watch.stdout.read().splitlines()[-1])
        assert (watch.returncode, last["kept"]["lost"]) == (0, 0)
        assert last["kept"]["packets"] >= sent
    finally:
        subprocess.run(["ip", "netns", "del", space], check=False)
    return site


def frames(capture: Path) -> Iterator[bytes]:
    data, at = capture.read_bytes(), 24
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def written(site: Path) -> Iterator[tuple[str, bytes]]:
    """Every file, and what compressed or packed ones hold."""
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        content = path.read_bytes()
        yield str(path.relative_to(site)), path.name.encode() + content
        if path.suffix == ".parquet":
            yield f"{path.name} decoded", repr(pq.read_table(path).to_pylist()).encode()
    yield "store decoded", "\n".join(stored(Site.open(site))).encode()


def found(places: Iterator[tuple[str, bytes]]) -> set[tuple[str, str]]:
    # Bytes as good as random hold any three given ones by chance; no planted value is so short.
    return {
        (place, value)
        for place, content in places
        for value in planted.ALL
        if any(len(needle) > 4 and needle in content for needle in planted.needles(value))
    }


def test_nothing_of_it_can_be_read(kept: Path) -> None:
    places = dict(written(kept))
    sealed = [place for place in places if place.startswith("packets/")]
    assert sealed
    assert sum(len(places[place]) for place in sealed) > 50_000
    assert found(iter(places.items())) == set()


def test_what_is_sealed_does_not_even_compress(kept: Path) -> None:
    for path in (kept / "packets").rglob("*.packets"):
        content = path.read_bytes()
        assert len(zlib.compress(content, 9)) > 0.999 * len(content)


def test_an_export_gives_back_every_planted_value(kept: Path, planted_folder: Path) -> None:
    out = planted_folder / "exported.pcapng"
    always = ["--from", "2000-01-01", "--to", "2100-01-01", "--reason", "a test"]
    words = ["network", "packets", "export", str(out), *always, "--site", str(kept)]
    subprocess.run([sys.executable, "-m", "asepsis", *words], check=True, capture_output=True)
    exported, at = out.read_bytes(), 0
    data = []
    while at < len(exported):
        kind, length = struct.unpack_from("<II", exported, at)
        if kind == 6:
            (captured,) = struct.unpack_from("<I", exported, at + 20)
            data.append(exported[at + 28 : at + 28 + captured])
        at += length
    # Whatever the kernel itself says on a new interface may stand between them.
    sent, back = list(frames(planted_folder / "planted.pcap")), iter(data)
    assert all(any(frame == other for other in back) for frame in sent)
    assert {value for _, value in found(iter([("exported", exported)]))} == set(planted.ALL)
    out.unlink()
    assert found(itertools.chain(written(kept))) == set(), "nothing stays behind in the site either"
