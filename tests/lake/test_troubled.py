"""What was given and not read whole is said, all else is read; and what can be refused at once leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis.cli.main import main
from asepsis.kit.site import Site
from asepsis.lake import service

Capture = Callable[..., Path]

COMMANDS = ["lake ingest", "assess"]
HEADER = struct.pack("<IHHiII", 0xA1B2C3D4, 2, 4, 0, 0, 65535)
SOURCE = {"PYTHONPATH": "src"}


@pytest.fixture
def folder(tmp_path: Path, capture: Capture) -> Path:
    """A folder with one good capture of three packets."""
    (tmp_path / "captures").mkdir()
    return capture(3).rename(tmp_path / "captures" / "good.pcap").parent


def strange(path: Path, link: int = 999) -> Path:
    """A capture of two packets of this link type."""
    path.write_bytes(HEADER + struct.pack("<I", link) + 2 * (struct.pack("<IIII", 1_700_000_000, 0, 60, 60) + b"x" * 60))
    return path


def one_line(err: str) -> bool:
    return err.startswith("asepsis: ") and err.count("\n") == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_bad_capture_of_a_folder_is_said_and_the_others_are_read(
    command: str, site: Site, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "cut.pcap").write_bytes((folder / "good.pcap").read_bytes()[:30])
    (folder / "unread.pcap").symlink_to("/proc/self/mem")
    (folder / "empty.pcap").touch()
    assert main([*command.split(), str(folder), "--site", str(site.path)]) == 3
    out, err = capsys.readouterr()
    assert one_line(err)
    assert f"{folder / 'cut.pcap'}: is cut: a record head is cut; no whole packet stands before the cut: all else was read" in err
    assert "(and 1 more)" in err
    for note in (f"{folder / 'cut.pcap'}: is cut", f"{folder / 'unread.pcap'}: cannot be read"):
        assert f"Note: {note}" in out
    assert "Note: left out, as empty or neither captures nor logs: 1 (empty.pcap)" in out
    assert service.count(site)["conn"] == 3


def test_a_bad_capture_beside_logs_is_said_too(site: Site, folder: Path) -> None:
    (folder / "good.pcap").write_bytes((folder / "good.pcap").read_bytes()[:30])
    (folder / "conn.log").write_text('{"_path": "conn", "ts": 1.0, "uid": "C1", "id.orig_h": "10.0.0.1", "id.resp_h": "10.0.0.2"}\n')
    (folder / "notes.txt").write_text("no capture")
    result = service.ingest(site, [folder])
    assert [Path(where).name for where, _ in result.problems] == ["good.pcap"]
    assert [Path(path).name for path in result.skipped] == ["notes.txt"]
    assert result.logs["files"] == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_link_type_that_is_not_known_is_said(
    command: str, site: Site, tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = strange(tmp_path / "radio.pcap", 127)
    words = "2 of 2 packets were left out: link type 127 is not known; capture Ethernet or raw IP"
    assert main([*command.split(), str(path), "--site", str(site.path)]) == 3
    out, err = capsys.readouterr()
    assert one_line(err)
    assert f"{path}: {words}: " in err
    assert f"Note: {path}: {words}\n" in out
    assert main([*command.split(), str(path), str(folder), "--site", str(site.path), "--json"]) == 3
    out, err = capsys.readouterr()
    assert words in err
    assert words in out
    assert service.count(site)["conn"] == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_a_capture_without_packets_is_said_in_words(command: str, site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.pcap"
    path.write_bytes(HEADER + struct.pack("<I", 1))
    assert main([*command.split(), str(path), "--site", str(site.path)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("No packets in empty.pcap: ")
    assert (err, "None" in out, "stream" in out) == ("", False, False)
    assert main([*command.split(), str(path), "--site", str(site.path), "--json"]) == 0
    capture = json.loads(capsys.readouterr().out)["capture"]
    assert (capture["packets"], capture["first_ts"], capture["last_ts"], capture["seconds"]) == (0, None, None, None)
    piped = subprocess.run(
        [sys.executable, "-m", "asepsis", *command.split(), "-", "--site", str(site.path)],
        input=path.read_bytes(), capture_output=True, env=SOURCE, check=False,
    )  # fmt: skip
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert piped.stdout.startswith(b"No packets in standard input: ")


@pytest.mark.parametrize("command", COMMANDS)
def test_no_site_is_made_for_what_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.pcap").write_bytes(b"no capture at all")
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "a.pcap").write_bytes(HEADER)
    for name, says in (("x.pcap", "is not a capture"), ("none.pcap", "does not exist"), ("cut", "a.pcap: is cut")):
        assert main([*command.split(), str(tmp_path / name), "--site", str(tmp_path / "new")]) == 3
        err = capsys.readouterr().err
        assert one_line(err)
        assert says in err
        assert not (tmp_path / "new").exists()


def test_a_pipe_without_a_writer_is_said_and_can_be_left(site: Site, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "feed")
    command = [sys.executable, "-m", "asepsis", "lake", "ingest", str(tmp_path / "feed"), "--site", str(site.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=SOURCE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "waiting: no packet has come from feed yet\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


def test_a_pipe_that_falls_silent_can_be_left(site: Site, tmp_path: Path, capture: Capture) -> None:
    packets = capture(3).read_bytes()
    os.mkfifo(tmp_path / "feed")
    command = [sys.executable, "-m", "asepsis", "lake", "ingest", str(tmp_path / "feed"), "--site", str(site.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=SOURCE) as process, (tmp_path / "feed").open("wb", buffering=0) as feed:
        feed.write(packets)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


# Root may read everything, unless it gives that up.
MORTAL = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


@pytest.mark.skipif(bool(MORTAL) and shutil.which("setpriv") is None, reason="root needs setpriv to give up its powers")
@pytest.mark.parametrize("mode", [0o000, 0o400], ids=["not to be listed", "not to be entered"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_folder_in_a_folder_that_may_not_be_read_is_named_and_the_rest_read(command: str, mode: int, site: Site, folder: Path) -> None:
    (folder / "hidden").mkdir()
    shutil.copy(folder / "good.pcap", folder / "hidden" / "other.pcap")
    (folder / "hidden").chmod(mode)
    given = [*MORTAL, sys.executable, "-m", "asepsis", *command.split(), str(folder), "--site", str(site.path)]
    done = subprocess.run(given, capture_output=True, text=True, env=SOURCE | {"PATH": os.environ["PATH"]}, check=False)
    (folder / "hidden").chmod(0o700)
    assert (done.returncode, one_line(done.stderr)) == (3, True), done.stderr
    named = folder / "hidden" if mode == 0o000 else folder / "hidden" / "other.pcap"
    assert f"{named}: may not be read; check its permissions: all else was read" in done.stderr
    assert service.count(site)["conn"] == 3
