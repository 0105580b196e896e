"""Packets that a watch keeps: sealed on the disk, given back as they were sent, gone when they should be."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import pytest

from asepsis.cli.main import main
from asepsis.cli.network import _tell
from asepsis.kit.site import Site
from asepsis.lake import kept
from asepsis.lake.service import Kept, packets

from .test_watch import MORNING, NEEDS_ROOT, SENDER, frames, inside, namespace

__all__ = ["namespace"]

ALWAYS = ["--from", "2000-01-01", "--to", "2100-01-01", "--reason", "a test"]
TAGGED = bytes.fromhex(
    "020000000002 020000000001 8100 0005 0800  4500 001c 0000 0000 4011 0000 0a000001 0a000002  0001 0002 0008 0000" + "00" * 14
)


def pcap(path: Path, sent: list[bytes]) -> Path:
    """A capture of these frames (draft-ietf-opsawg-pcap section 5)."""
    records = (struct.pack("<IIII", n, 0, len(frame), len(frame)) + frame for n, frame in enumerate(sent))
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1) + b"".join(records))
    return path


def frames_of(path: Path) -> list[bytes]:
    """The frames of a pcapng file of ours, in order (draft-ietf-opsawg-pcapng section 4.3)."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        if kind == 6:
            (captured,) = struct.unpack_from("<I", data, at + 20)
            found.append(data[at + 28 : at + 28 + captured])
        at += length
    return found


class Watch:
    """A watch on `tap1` of a namespace, and what it says of itself."""

    def __init__(self, namespace: str, site: Path, *options: str) -> None:
        words = ("-m", "asepsis", "network", "watch", "-i", "tap1", "--site", str(site), "--json", *options)
        self.process = inside(namespace, sys.executable, *words)
        assert self.process.stdout is not None
        self.namespace, self.out = namespace, self.process.stdout
        self.said: dict[str, Any] = json.loads(self.out.readline() or '"nothing"')

    def hears(self, capture: Path) -> None:
        sender = inside(self.namespace, sys.executable, "-c", SENDER, "tap0", str(capture))
        sender.communicate("go\n", timeout=60)
        assert sender.returncode == 0

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while not holds(self.said):
            line = self.out.readline()
            assert line, self.process.stderr and self.process.stderr.read()
            self.said = json.loads(line)
        return self.said

    def stop(self, how: int = signal.SIGTERM) -> dict[str, Any]:
        """Ends it; the last thing it says."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=60)
        if how == signal.SIGTERM:
            assert (self.process.returncode, err) == (0, "")
        return json.loads(out.splitlines()[-1]) if out.strip() else self.said


@pytest.fixture
def morning(tmp_path: Path) -> Path:
    """The recorded morning, and a frame with a VLAN tag, which the kernel keeps apart from it."""
    whole = tmp_path / "whole.pcap"
    whole.write_bytes(gzip.decompress(MORNING.read_bytes()))
    return pcap(tmp_path / "morning.pcap", [*frames(whole), TAGGED])


@pytest.fixture
def heard(namespace: str, morning: Path, tmp_path: Path) -> Path:
    """A site that has kept the morning."""
    watch = Watch(namespace, tmp_path / "site", "--keep-packets", "200MB")
    sent = sum(1 for _ in frames(morning))
    watch.hears(morning)
    watch.until(lambda said: said["packets"] >= sent)
    assert watch.stop()["kept"] | {"bytes": 0} == {"segments": 1, "bytes": 0, "packets": sent, "lost": 0, "trouble": None}
    return tmp_path / "site"


def export(site: Path, out: Path, *options: str) -> int:
    return main(["network", "packets", "export", str(out), "--site", str(site), "--json", *ALWAYS, *options])


@NEEDS_ROOT
def test_an_export_is_what_was_sent(heard: Path, morning: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.pcapng"
    assert export(heard, out) == 0
    told, err = capsys.readouterr()
    assert frames_of(out) == list(frames(morning))
    assert json.loads(told)["packets"] == len(frames_of(out))
    assert "patient data in clear" in err
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    if shutil.which("tshark"):
        words = ["tshark", "-n", "-r", str(out), "-T", "fields", "-e", "frame.len"]
        lengths = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        assert [int(length) for length in lengths] == [len(frame) for frame in frames(morning)]


@NEEDS_ROOT
def test_rings_side_by_side_keep_every_packet(namespace: str, morning: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(namespace, tmp_path / "site", "--keep-packets", "200MB", "--rings", "3")
    sent = list(frames(morning))
    watch.hears(morning)
    watch.until(lambda said: said["packets"] >= len(sent))
    assert watch.stop()["kept"]["segments"] == 3
    assert export(tmp_path / "site", tmp_path / "out.pcapng") == 0
    capsys.readouterr()
    assert sorted(frames_of(tmp_path / "out.pcapng")) == sorted(sent)


@NEEDS_ROOT
def test_who_exports_and_erases_stands_in_the_journal(heard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export(heard, tmp_path / "a.pcapng", "--host", "192.0.2.99") == 0
    assert json.loads(capsys.readouterr().out)["file"] is None
    assert not (tmp_path / "a.pcapng").exists(), "a look that finds nothing makes no file, but is written down"
    (tmp_path / "there.pcapng").write_bytes(b"mine")
    assert export(heard, tmp_path / "there.pcapng") == 3
    assert (tmp_path / "there.pcapng").read_bytes() == b"mine"
    assert main(["network", "packets", "erase", "--yes", "--site", str(heard), "--json"]) == 0
    capsys.readouterr()
    assert main(["network", "packets", "list", "--site", str(heard)]) == 0
    assert capsys.readouterr().out.startswith("No packets are kept. To keep some: asepsis network watch ")
    assert [path.name for path in (heard / "packets" / "tap1").iterdir()] == [".lock"]
    assert main(["journal", "list", "--site", str(heard), "--json"]) == 0
    acts = [entry for entry in json.loads(capsys.readouterr().out) if entry["act"].startswith("packets.")]
    assert [entry["act"] for entry in acts] == ["packets.keep", "packets.export", "packets.erase"]
    assert acts[0]["detail"] == {"bytes": 200_000_000, "hours": 72}
    assert acts[1]["detail"]["reason"] == "a test"
    assert {entry["who"] for entry in acts} == {"os:root"}
    assert main(["journal", "verify", "--site", str(heard)]) == 0


@NEEDS_ROOT
def test_a_changed_segment_and_another_key_are_one_line(heard: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (path,) = (heard / "packets" / "tap1").glob("*.packets")
    good = path.read_bytes()
    shutil.copy(path, path.with_name("0000000002.packets"))
    path.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
    assert export(heard, tmp_path / "rest.pcapng") == 3
    told, err = capsys.readouterr()
    assert json.loads(told)["packets"] > 5000, "the other one is given"
    assert err.splitlines()[1:] == [f"asepsis: a segment could not be opened and is left out: {path}: changed since it was sealed"]
    (heard / "seal").write_text("ab" * 32)
    # The journal is under the seal, too: nothing is done that it cannot vouch for.
    assert export(heard, tmp_path / "none.pcapng") == 4
    assert not (tmp_path / "none.pcapng").exists()
    wanted = kept.Wanted(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    done = kept.export(Site.open(heard), wanted, tmp_path / "none.pcapng", lambda _: None)
    assert (done.packets, len(done.problems)) == (0, 2)
    assert done.problems[0][1].startswith("sealed under another key")


@NEEDS_ROOT
def test_packets_are_opened_after_the_key_of_pseudonyms_was_shredded(
    heard: Path, morning: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["site", "rotate-key", "--shred-old", "--site", str(heard), "--json"]) == 0
    assert export(heard, tmp_path / "out.pcapng") == 0
    assert frames_of(tmp_path / "out.pcapng") == list(frames(morning))
    assert main(["journal", "verify", "--site", str(heard)]) == 0
    capsys.readouterr()


@NEEDS_ROOT
def test_a_watch_says_that_its_key_was_rotated(namespace: str, morning: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watch = Watch(namespace, tmp_path / "site")
    site = ["--site", str(tmp_path / "site")]
    assert main(["site", "rotate-key", "--shred-old", *site]) == 2
    assert "a watch makes pseudonyms under the old key" in capsys.readouterr().err
    assert main(["site", "rotate-key", "--json", *site]) == 0
    told, err = capsys.readouterr()
    assert json.loads(told) == {"key_id": "k2", "kept": ["k1"], "shredded": [], "watched": True}
    assert err == "asepsis: a watch goes on with the old key: stop it and begin again\n"
    assert watch.process.stderr is not None
    expected = "asepsis: the key of the site is k2 now, and this watch goes on with k1: stop it and begin again\n"
    assert watch.process.stderr.readline() == expected
    watch.hears(morning)
    watch.until(lambda said: said["rows"] > 0)
    assert watch.stop()["rows"] > 0
    assert main(["site", "rotate-key", "--shred-old", *site]) == 0
    assert main(["journal", "verify", *site]) == 0
    capsys.readouterr()


@NEEDS_ROOT
def test_what_is_too_old_is_not_there(
    heard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site.open(heard)
    (segment,) = packets(site)
    assert segment.expires is not None
    assert segment.last is not None
    assert (segment.expires - segment.last).total_seconds() == 72 * 3600
    kept.sweep(site)
    assert len(packets(site)) == 1
    later = time.time_ns() + 73 * 3600 * 1_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert export(heard, tmp_path / "out.pcapng") == 0
    assert json.loads(capsys.readouterr().out)["packets"] == 0
    assert packets(site) == []
    assert not list(heard.rglob("*.packets")), "whoever asks first removes it"


@NEEDS_ROOT
def test_without_the_option_there_is_no_folder(namespace: str, morning: Path, tmp_path: Path) -> None:
    watch = Watch(namespace, tmp_path / "site")
    watch.hears(morning)
    watch.until(lambda said: said["packets"] > 5000)
    assert "kept" not in watch.stop()
    assert not (tmp_path / "site" / "packets").exists()


@NEEDS_ROOT
def test_a_killed_watch_leaves_what_was_complete(namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # One segment and a half.
    sent = [TAGGED[:40] + n.to_bytes(4, "big") + os.urandom(8950) for n in range(2800)]
    capture, site = pcap(tmp_path / "large.pcap", sent), tmp_path / "site"
    watch = Watch(namespace, site, "--keep-packets", "200MB")
    watch.hears(capture)
    watch.until(lambda said: said["kept"]["segments"] == 1 and said["packets"] == len(sent))
    watch.stop(signal.SIGKILL)
    assert export(site, tmp_path / "out.pcapng") == 0
    back = frames_of(tmp_path / "out.pcapng")
    assert 1500 < len(back) < len(sent)
    assert back == sent[: len(back)]
    # As a write that was interrupted leaves it.
    (site / "packets" / "tap1" / "0000000002.tmp").write_bytes(b"half of a segment")
    watch = Watch(namespace, site, "--keep-packets", "200MB")
    watch.hears(pcap(tmp_path / "one.pcap", [TAGGED]))
    watch.until(lambda said: said["packets"] == 1)
    watch.stop()
    assert {path.name for path in (site / "packets" / "tap1").iterdir()} == {".lock", "0000000001.packets", "0000000002.packets"}
    capsys.readouterr()


@NEEDS_ROOT
def test_two_watches_do_not_share_a_folder(namespace: str, tmp_path: Path) -> None:
    watch = Watch(namespace, tmp_path / "site", "--keep-packets", "200MB")
    other = Watch(namespace, tmp_path / "site", "--keep-packets", "200MB")
    out, err = other.process.communicate(timeout=60)
    assert (other.process.returncode, out) == (3, "")
    assert err == "asepsis: another watch keeps the packets of this interface: tap1: stop it, or listen without --keep-packets\n"
    watch.stop()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own with 150 MB beyond what stays free for the lake."""
    (tmp_path / "disk").mkdir()
    size = kept.RESERVE + 150_000_000
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(tmp_path / "disk")]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a tmpfs")
    yield tmp_path / "disk"
    subprocess.run(["umount", "--lazy", str(tmp_path / "disk")], check=True)


@NEEDS_ROOT
def test_on_a_full_disk_the_sensor_goes_on(namespace: str, disk: Path, morning: Path, tmp_path: Path) -> None:
    sent = [TAGGED[:40] + os.urandom(8950) for _ in range(2000)]
    large, site = pcap(tmp_path / "large.pcap", sent), disk / "site"
    watch = Watch(namespace, site, "--keep-packets", "100MB")
    watch.hears(large)
    watch.until(lambda said: said["kept"]["segments"] == 1)
    filler: IO[bytes]
    with (disk / "filler").open("wb") as filler:
        os.posix_fallocate(filler.fileno(), 0, 160_000_000)
    watch.hears(large)
    said = watch.until(lambda said: bool(said["kept"]["trouble"]))["kept"]
    assert said["trouble"] == "the last 1024 MiB of the disk are for the lake"
    assert (said["segments"], said["bytes"]) == (0, 0), "what was kept gave way"
    assert said["lost"] > 1500
    rows = watch.said["rows"]
    watch.hears(morning)
    watch.until(lambda said: said["rows"] > rows + 1000)
    (disk / "filler").unlink()
    watch.hears(large)
    watch.until(lambda said: not said["kept"]["trouble"])
    last = watch.stop()
    assert last["dropped"] == 0
    assert last["kept"]["packets"] + last["kept"]["lost"] == last["packets"]
    lost = sum(segment.lost for segment in packets(Site.open(site)))
    assert lost == last["kept"]["lost"], "and the segments tell where packets are missing"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--keep-packets", "0GB"], "too little to keep packets in: 0 bytes: at least 100.0 MB"),
        (["--keep-packets", "99MB"], "too little to keep packets in: 99.0 MB: at least 100.0 MB"),
        (["--keep-packets", "20"], "not a size: 20: write it as 500MB, 20GB or 64GiB"),
        (["--keep-packets", "-5GB"], "not a size: -5GB: write it as 500MB, 20GB or 64GiB"),
        (["--keep-packets", "900000TB"], "more than the disk can keep: 900,000.0 TB: the disk has "),
        (["--keep-hours", "5"], "--keep-hours without --keep-packets keeps nothing: say how much: --keep-packets 20GB"),
    ],
)
def test_a_senseless_size_is_one_line(options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "watch", "-i", "nosuch0", "--site", str(tmp_path / "s"), *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"asepsis: {said}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--from", "yesterday"], "not a time: yesterday: write it as "),
        (["--from", "2101-01-01"], "--from is later than --to"),
        (["--host", "pump 7"], "not an address: pump 7: write it as 10.0.0.1 or fd00::1"),
        (["--reason", " "], "--reason is empty"),
    ],
)
def test_a_senseless_question_is_one_line(
    options: list[str], said: str, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(site.path, tmp_path / "out.pcapng", *options) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"asepsis: {said}")


def test_nothing_kept_is_no_error(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "packets", "list", "--site", str(site.path), "--json"]) == 0
    assert capsys.readouterr().out == "[]\n"
    assert main(["network", "packets", "export", str(tmp_path / "out"), "--site", str(site.path), *ALWAYS]) == 0
    assert capsys.readouterr().out == "No packet that is kept is one of these; no file was made\n"
    assert main(["network", "packets", "export", str(tmp_path / "no" / "out"), "--site", str(site.path), *ALWAYS]) == 3
    assert "cannot write" in capsys.readouterr().err
    assert not site.packets.exists()


def test_trouble_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    well, ill = Kept(1, 1, 1, 0, None), Kept(0, 0, 0, 1, "no room")
    before = None
    for now in (well, ill, ill, well, None):
        before = _tell(now, before)
    said = [line[10:] for line in capsys.readouterr().out.splitlines()]
    assert said == ["! packets are not kept: no room; the sensor goes on", "packets are kept again"]
