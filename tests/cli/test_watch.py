"""`asepsis network watch` on a real interface: a veth in a network namespace of its own, packets sent on its peer."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asepsis.cli.main import main
from asepsis.kit.site import Site
from asepsis.lake.service import open_lake

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
# Rows that do not depend on when a packet was heard.
PSEUDONYM = re.compile(r"k1:[a-z2-7]+")
TIMELESS = ("hl7", "dicom_message", "dicom_association", "fhir", "http", "dns", "smb_files", "x509", "dhcp", "arp")
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and iproute2 for a network namespace")

# Sends each frame of a pcap (draft-ietf-opsawg-pcap section 5, little endian) to the interface, when a line on stdin says so.
SENDER = """
import socket, struct, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
data, at = open(sys.argv[2], "rb").read(), 24
sys.stdin.readline()
while at < len(data):
    (length,) = struct.unpack_from("<I", data, at + 8)
    sock.send(data[at + 16 : at + 16 + length])
    at += 16 + length
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace with `tap0` and `tap1`, the two ends of one wire."""
    name = f"asepsis-{uuid.uuid4().hex[:8]}"
    ip = ["ip", "-n", name]
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run([*ip, "link", "add", "tap0", "type", "veth", "peer", "name", "tap1"], check=True)
        for end in ("tap0", "tap1"):
            subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", f"net.ipv6.conf.{end}.disable_ipv6=1"], check=False)
            subprocess.run([*ip, "link", "set", end, "mtu", "9000", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False)


def inside(namespace: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def rows_of(site: Path) -> dict[str, list[Any]]:
    with open_lake(Site.open(site)) as lake:
        found = {stream: lake.sql(f"SELECT * FROM {stream}").to_pylist() for stream in TIMELESS}
    # What says when it was heard, ids, which are made of it, and pseudonyms, for each site has a key of its own.
    moments = {"event_id", "ts", "uid", "latency", "rtt", "duration", "sensor"}

    def plain(row: dict[str, Any]) -> str:
        return PSEUDONYM.sub("k1:", repr({k: v for k, v in row.items() if k not in moments}))

    return {stream: sorted(map(plain, rows)) for stream, rows in found.items()}


@NEEDS_ROOT
def test_what_is_heard_is_what_a_capture_of_it_gives(namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture = tmp_path / "morning.pcap"
    capture.write_bytes(gzip.decompress(MORNING.read_bytes()))
    site = tmp_path / "live"
    sender = inside(namespace, sys.executable, "-c", SENDER, "tap0", str(capture))
    watch = inside(namespace, sys.executable, "-m", "asepsis", "network", "watch", "-i", "tap1", "--site", str(site), "--json")
    assert watch.stdout is not None
    assert sender.stdin is not None
    # The first line says that it listens.
    assert json.loads(watch.stdout.readline())["dropped"] == 0
    (pid,) = subprocess.run(["pgrep", "-P", str(watch.pid)], capture_output=True, text=True, check=False).stdout.split() or [str(watch.pid)]
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    sender.communicate("go\n", timeout=60)
    packets = sum(1 for _ in frames(capture))
    for line in watch.stdout:
        if json.loads(line)["packets"] >= packets:
            break
    watch.send_signal(signal.SIGTERM)
    out, err = watch.communicate(timeout=60)
    assert (watch.returncode, err) == (0, "")
    said = [json.loads(line) for line in out.splitlines()]
    assert said[-1]["dropped"] == 0
    assert len(said[-1]["worklist"]) >= 5, "the end is judged, too"
    assert main(["lake", "ingest", str(capture), "--site", str(tmp_path / "file"), "--json"]) == 0
    live, file = rows_of(site), rows_of(tmp_path / "file")
    for stream in TIMELESS:
        assert live[stream] == file[stream], stream
    assert main(["journal", "verify", "--site", str(site)]) == 0
    capsys.readouterr()


def frames(capture: Path) -> Iterator[bytes]:
    data, at = capture.read_bytes(), 24
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at + 8)
        yield data[at + 16 : at + 16 + length]
        at += 16 + length


def open_to_all(path: Path) -> bool:
    return path.exists() and all(part.stat().st_mode & 0o005 for part in (path, *path.parents))


@NEEDS_ROOT
def test_root_becomes_whom_the_site_belongs_to(namespace: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:
        if above == Path(tempfile.gettempdir()):
            break
        above.chmod(0o755)
    site = tmp_path / "site"
    Site.open(site, create=True)
    for path in (site, *site.rglob("*")):
        os.chown(path, 65_534, 65_534)
    # Who is not root may not read an interpreter in root's home; the system's is for all.
    python = sys.executable if open_to_all(Path(sys.executable).resolve()) else shutil.which("python3", path=os.defpath)
    assert python is not None
    paths = os.pathsep.join(path for path in sys.path if open_to_all(Path(path)))
    words = ("-m", "asepsis", "network", "watch", "-i", "tap1", "--site", str(site), "--for", "3", "--json")
    watch = inside(namespace, "env", f"PYTHONPATH={paths}", python, *words)
    _, err = watch.communicate(timeout=120)
    assert (watch.returncode, err) == (0, "")
    assert {path.stat().st_uid for path in site.rglob("*")} == {65_534}


@NEEDS_ROOT
def test_a_crash_leaves_no_core_file_with_packets(namespace: str, tmp_path: Path) -> None:
    listen = """
import ctypes, sys
from asepsis import _wire
from asepsis.lake.service import Ear
live = _wire.Live(Ear("tap1"), bytes(32), "k1", "site", None)
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))  # PR_GET_DUMPABLE
"""
    out, err = inside(namespace, sys.executable, "-c", listen).communicate(timeout=60)
    assert (out, err) == ("0\n", "")


@NEEDS_ROOT
def test_a_port_that_is_no_mirror_is_a_finding(namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = str(tmp_path / "site")
    watch = inside(namespace, sys.executable, "-m", "asepsis", "network", "watch", "-i", "tap1", "--site", site, "--for", "11", "--json")
    out, err = watch.communicate(timeout=120)
    assert (watch.returncode, err) == (0, "")
    titles = [line["title"] for line in json.loads(out.splitlines()[-1])["worklist"]]
    assert [title.partition(":")[0] for title in titles] == ["Sensor blind"]
    assert main(["network", "health", "--site", site, "--json"]) == 0
    (heard,) = json.loads(capsys.readouterr().out)
    assert heard["interface"] == "tap1"


@NEEDS_ROOT
def test_packets_that_came_while_nobody_read_are_a_finding(namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capture, site = tmp_path / "morning.pcap", str(tmp_path / "site")
    capture.write_bytes(gzip.decompress(MORNING.read_bytes()))
    sender = inside(namespace, sys.executable, "-c", SENDER, "tap0", str(capture))
    watch = inside(namespace, sys.executable, "-m", "asepsis", "network", "watch", "-i", "tap1", "--site", site, "--ring", "2", "--json")
    assert watch.stdout is not None
    watch.stdout.readline()
    watch.send_signal(signal.SIGSTOP)
    # On a busy machine it reads on for a while.
    os.waitid(os.P_PID, watch.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    sender.communicate("go\n", timeout=60)
    watch.send_signal(signal.SIGCONT)
    packets = sum(1 for _ in frames(capture))
    said = next(heard for heard in map(json.loads, watch.stdout) if heard["packets"] + heard["dropped"] >= packets)
    assert said["dropped"] > packets // 100
    watch.send_signal(signal.SIGTERM)
    out, err = watch.communicate(timeout=60)
    assert (watch.returncode, err) == (0, "")
    titles = [line["title"] for line in json.loads(out.splitlines()[-1])["worklist"]]
    assert any(title.startswith("Sensor overloaded: the one on tap1 loses packets") for title in titles), titles
    assert main(["network", "health", "--site", site, "--json"]) == 0
    (heard,) = json.loads(capsys.readouterr().out)
    assert "overloaded" in {trouble["id"] for trouble in heard["troubles"]}


@NEEDS_ROOT
def test_an_interface_that_goes_away_is_one_line(namespace: str, tmp_path: Path) -> None:
    watch = inside(namespace, sys.executable, "-m", "asepsis", "network", "watch", "-i", "tap1", "--site", str(tmp_path / "s"), "--json")
    assert watch.stdout is not None
    watch.stdout.readline()
    subprocess.run(["ip", "-n", namespace, "link", "set", "tap1", "down"], check=True)
    _, err = watch.communicate(timeout=60)
    assert watch.returncode == 3
    assert err.startswith("asepsis: listening ended: tap1")
    assert err.count("\n") == 1


def test_an_unknown_interface_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "watch", "--interface", "nosuch0", "--site", str(tmp_path / "s")]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "nosuch0: no such interface" in err
    assert err.count("\n") == 1


@pytest.mark.skipif(not hasattr(socket, "AF_PACKET"), reason="Linux only")
def test_help_names_what_matters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "watch", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--interface" in out
    assert "--rings" in out
