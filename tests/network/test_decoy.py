"""Decoys are real servers: real clients talk to them, and the sensor that hears it makes an alert."""

from __future__ import annotations

import json
import multiprocessing
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.golden.packets import MAC_A, MAC_B, Talk, arp, pcap, spaced

from asepsis.cli.main import main
from asepsis.kit.errors import AsepsisError, BadInput, WrongUse
from asepsis.kit.site import Site
from asepsis.network.decoy import Door, decoy, listening
from asepsis.network.decoys.contact import Contact, Rarely
from asepsis.network.decoys.hl7 import acknowledged

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and iproute2 for a network namespace")
HAS_SAMBA = shutil.which("smbd", path="/usr/sbin:/usr/bin") is not None and shutil.which("smbclient") is not None
RUNNING: list[subprocess.Popen[str]] = []
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
DECOY, INTRUDER, PLANTED = "10.30.60.99", "10.30.40.21", "ZZPLANTED"

# What somebody who looks around does, from an address of his own: a query by name, an image, a message with a patient in it.
CLIENT = f"""
import socket, sys
from pydicom.dataset import Dataset, FileMetaDataset
from pynetdicom import AE
from pynetdicom.sop_class import CTImageStorage, StudyRootQueryRetrieveInformationModelFind as FIND, Verification
ae = AE(ae_title="CT1")
for context in (Verification, FIND, CTImageStorage):
    ae.add_requested_context(context)
calls = ae.associate("{DECOY}", 104, ae_title="ARCHIVE", bind_address=("{INTRUDER}", 0))
query, image = Dataset(), Dataset()
query.QueryRetrieveLevel, query.PatientName = "STUDY", "{PLANTED}*"
image.SOPClassUID, image.SOPInstanceUID, image.PatientName = CTImageStorage, "1.2.3", "{PLANTED}"
image.file_meta = FileMetaDataset()
image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"
print(calls.send_c_echo().Status, [one.Status for one, _ in calls.send_c_find(query, FIND)], calls.send_c_store(image).Status)
calls.release()
with socket.create_connection(("{DECOY}", 2575), source_address=("{INTRUDER}", 0)) as line:
    line.sendall(b"\\x0bMSH|^~\\\\&|A|B|C|D|20260302||ADT^A01|77|P|2.5\\rPID|1||{PLANTED}\\r\\x1c\\r")
    print(b"MSA|AA|77" in line.recv(1000))
"""


@pytest.fixture
def namespace() -> Iterator[str]:
    """A namespace in which both the decoy's address and the intruder's are this machine's."""
    name = f"asepsis-{uuid.uuid4().hex[:8]}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        ip = ["ip", "-n", name]
        subprocess.run([*ip, "link", "set", "lo", "up"], check=True)
        subprocess.run([*ip, "link", "add", "wire0", "type", "veth", "peer", "name", "wire1"], check=True)
        for end in ("wire0", "wire1"):
            subprocess.run([*ip, "link", "set", end, "up"], check=True)
        for address in (DECOY, INTRUDER):
            subprocess.run([*ip, "address", "add", f"{address}/24", "dev", "wire0"], check=True)
        yield name
    finally:
        for process in RUNNING:
            process.kill()
            process.communicate()
        RUNNING.clear()
        subprocess.run(["ip", "netns", "del", name], check=False)


def inside(namespace: str, *words: str) -> subprocess.Popen[str]:
    words = ("ip", "netns", "exec", namespace, *words)
    RUNNING.append(subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
    return RUNNING[-1]


def asepsis(namespace: str, *words: str) -> subprocess.Popen[str]:
    return inside(namespace, sys.executable, "-m", "asepsis", "network", *words, "--json")


def line_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline())
    return told


def stated(folder: Path, address: str = DECOY) -> Path:
    Site.open(folder, create=True)
    (folder / "site.toml").write_text(f'[[assets]]\naddress = "{address}"\nkind = "decoy"\nname = "Old archive"\n')
    return folder


@NEEDS_ROOT
def test_whoever_talks_to_one_is_an_alert(namespace: str, tmp_path: Path) -> None:
    site = stated(tmp_path / "site")
    watch = asepsis(namespace, "watch", "-i", "lo", "--site", str(site))
    line_of(watch)
    doors = "dicom,hl7,smb" if HAS_SAMBA else "dicom,hl7"
    up = asepsis(namespace, "decoy", "up", "--bind", DECOY, "--only", doors, "--site", str(site))
    assert line_of(up)["listening"] == DECOY
    # Who listens to the network has no rights.
    nobody = pwd.getpwnam("nobody").pw_uid
    helpers = subprocess.run(["pgrep", "-u", str(nobody), "-f", "multiprocessing.spawn"], capture_output=True, text=True, check=True)
    assert any(Path(f"/proc/{pid}/status").read_text().count(f"Uid:\t{nobody}\t{nobody}\t{nobody}") for pid in helpers.stdout.split())
    client = inside(namespace, sys.executable, "-c", CLIENT)
    assert client.communicate(timeout=60)[0] == f"0 [0] {0xA700}\nTrue\n"
    wanted = {("DICOM", "connects"), ("DICOM", "C-ECHO"), ("DICOM", "C-FIND"), ("DICOM", "C-STORE"), ("HL7", "connects")}
    wanted |= {("HL7", "sends a message")}
    if HAS_SAMBA:
        (tmp_path / "z.txt").touch()
        bait = f'cd IT; get "Network plan.txt" /dev/null; put {tmp_path}/z.txt z.txt'
        inside(namespace, "smbclient", "-N", f"//{DECOY}/backup", "-c", bait).communicate(timeout=60)
        wanted |= {("SMB", "opens the share"), ("SMB", "opens a file"), ("SMB", "tries to write a file")}
    seen: list[dict[str, Any]] = []
    while not wanted <= {(one["door"], one["did"]) for one in seen}:
        seen.append(line_of(up))
    assert {one["who"] for one in seen if one["door"] != "SMB"} == {INTRUDER}
    titles: list[str] = []
    while not any("talks to the decoy Old archive" in title for title in titles):
        titles = [line["title"] for line in line_of(watch).get("worklist", ())]
    assert not [title for title in titles if "seen to be another" in title], "it is there to be taken for something else"
    for process in (up, watch):
        process.send_signal(signal.SIGTERM)
    said = "".join(process.communicate(timeout=60)[0] for process in (up, watch))
    assert (up.returncode, watch.returncode) == (0, 0)
    assert PLANTED not in said + json.dumps(seen)
    assert not [path for path in site.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]


def test_what_the_site_does_not_state_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Site.open(tmp_path, create=True)
    assert main(["network", "decoy", "up", "--bind", "127.0.0.1", "--site", str(tmp_path)]) == 2
    assert 'kind = "decoy"' in capsys.readouterr().err


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "archive"])
def test_a_decoy_has_an_address_of_its_own(address: str) -> None:
    with pytest.raises(WrongUse):
        decoy(address, {Door.HL7: 2575})


@pytest.mark.parametrize("door", list(Door))
def test_a_port_that_another_has_is_said(door: Door, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(AsepsisError, match="cannot listen"), listening(decoy("127.0.0.1", {door: other.getsockname()[1]}), tmp_path):
            pytest.fail("it listens")


def test_an_address_that_no_interface_has_is_said(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot listen"), listening(decoy("192.0.2.77", {Door.HL7: 22_575}), tmp_path):
        pytest.fail("it listens")


def test_without_samba_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    with pytest.raises(BadInput, match="Samba"), listening(decoy("127.0.0.1", {Door.SMB: 24_450}), tmp_path):
        pytest.fail("it listens")


@given(st.binary(max_size=300))
def test_any_bytes_are_acknowledged_in_one_frame(message: bytes) -> None:
    answer = acknowledged(message, NOW)
    assert answer.startswith(b"\x0bMSH")
    assert answer.endswith(b"\r\x1c\r")
    assert len(answer) < 3_000


def test_an_acknowledgement_says_whose_message_it_is() -> None:
    answer = acknowledged(b"MSH|^~\\&|LAB|L1|EHR|H1|20260302||ORU^R01|4711|P|2.5\rPID|1", NOW)
    assert answer == b"\x0bMSH|^~\\&|EHR|H1|LAB|L1|20260302080000||ACK|4711|P|2.5\rMSA|AA|4711\r\x1c\r"
    assert b"MSA|AR|" in acknowledged(b"GET / HTTP/1.1", NOW)


def test_who_floods_is_told_once_a_minute() -> None:
    told: list[Contact] = []
    rarely = Rarely(told.append, most=10)
    for second in range(130):
        rarely(Contact("10.0.0.1", "HL7", "connects", NOW + timedelta(seconds=second)))
    assert [one.ts.second + 60 * one.ts.minute for one in told] == [0, 60, 120]
    for n in range(30):
        rarely(Contact(f"10.0.0.{n}", "SMB", "opens a file", NOW))
    assert len({one.who for one in told}) == 30


def test_another_address_of_its_network_card_is_no_decoy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The decoy's address is one more of a machine that has another, which is called rightly."""
    other, caller = "10.30.60.5", "10.30.40.22"
    frames = [arp(op, MAC_B, address, caller, MAC_A) for op in (1, 2) for address in (DECOY, other)] + [arp(2, MAC_A, caller, other, MAC_B)]
    for n in range(3):
        frames += Talk((caller, 40_000 + n), (other, 22)).open().say(b"SSH-2.0-a\r\n").answer(b"SSH-2.0-b\r\n").close().frames()
    capture = tmp_path / "day.pcap"
    capture.write_bytes(pcap(spaced(frames)))
    assert main(["assess", str(capture), "--site", str(stated(tmp_path / "site"))]) == 0
    assert "decoy Old archive" not in capsys.readouterr().out


STRANGE = """
import sys
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pynetdicom import AE
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as FIND
config.settings.writing_validation_mode = config.IGNORE
ae = AE()
ae.add_requested_context(FIND)
calls = ae.associate("127.0.0.1", int(sys.argv[1]))
query = Dataset()
query.QueryRetrieveLevel = "STUDY"
for tag, kind in ((0x0020000D, "UI"), (0x00100040, "CS")):
    query.add(DataElement(tag, kind, "ZZPLANTED-not-valid", validation_mode=config.IGNORE))
list(calls.send_c_find(query, FIND))
calls.release()
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_nothing_of_a_query_that_is_not_valid_is_printed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    port = free_port()
    with listening(decoy("127.0.0.1", {Door.DICOM: port}), tmp_path):
        subprocess.run([sys.executable, "-W", "ignore", "-c", STRANGE, str(port)], check=True, capture_output=True, timeout=60)
    assert PLANTED not in "".join(capfd.readouterr())


def test_who_sends_without_end_fills_no_memory(tmp_path: Path) -> None:
    """The length of a PDU is what its sender says it is (PS3.8 9.3.1)."""
    port = free_port()
    with listening(decoy("127.0.0.1", {Door.DICOM: port}), tmp_path), socket.create_connection(("127.0.0.1", port)) as line:
        (helper,) = [child for child in multiprocessing.active_children() if child.name == "decoy"]
        before = resident(helper.pid)
        line.settimeout(10)
        try:
            line.sendall(b"\x01\0\xff\xff\xff\xf0")
            for _ in range(100):
                line.sendall(bytes(1 << 20))
        except OSError:
            pass  # cut, as it should be
        assert resident(helper.pid) - before < 32 << 20


def resident(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


CAN_ASK = HAS_SAMBA and shutil.which("rpcclient") is not None


def answered(port: int, words: str, until: str = "") -> str:
    """What somebody without a name is told; asked again until the server is there, whose answer then holds `until`."""
    asked = ["rpcclient", "-N", "-U", "%", "-p", str(port), "127.0.0.1", "-c", words]
    said = ""
    for _ in range(20):
        said = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60).stdout
        if until in said:
            break
        time.sleep(0.5)
    return said


@pytest.mark.skipif(not CAN_ASK, reason="needs Samba and rpcclient")
def test_a_file_server_does_not_say_that_it_is_a_decoy(tmp_path: Path) -> None:
    port = free_port()
    with listening(decoy("127.0.0.1", {Door.SMB: port}), tmp_path):
        said = answered(port, "netshareenum 2", "backup")
    assert "backup" in said
    assert "decoy" not in said
    assert "asepsis" not in said


@pytest.mark.skipif(not CAN_ASK, reason="needs Samba and rpcclient")
def test_nobody_is_told_an_account_of_this_machine(tmp_path: Path) -> None:
    """By name and by number (MS-LSAT, MS-SAMR), and all of them; the share still opens for everybody."""
    port = free_port()
    with listening(decoy("127.0.0.1", {Door.SMB: port}), tmp_path):
        assert "backup" in answered(port, "netshareenum 2", "backup")
        questions = "enumdomusers", "querydispinfo", "queryuser 501", "lookupnames root", "lookupsids S-1-22-1-0", "lookupsids S-1-22-2-0"
        for words in questions:
            said = answered(port, words)
            assert "root" not in said.replace("lookupnames root", ""), words
            assert "nobody" not in said, words
        for who in (["-N"], ["-U", "somebody%secret"]):
            listed = ["smbclient", *who, "-p", str(port), "//127.0.0.1/backup", "-c", "ls IT/*"]
            assert "Network plan.txt" in subprocess.run(listed, capture_output=True, text=True, check=False, timeout=60).stdout


def of_samba(folder: str) -> list[bytes]:
    """Processes whose files lie in a folder."""
    return [line for path in Path("/proc").glob("[0-9]*/cmdline") for line in (_line(path),) if f"{folder}/smb-".encode() in line]


def _line(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.skipif(not CAN_ASK, reason="needs Samba and rpcclient")
def test_a_mark_in_the_site_chooses_nothing_else_to_remove(tmp_path: Path) -> None:
    port, marks = free_port(), tmp_path / "decoys"
    (kept := tmp_path / "smb-kept").mkdir()
    marks.mkdir()
    (marks / f"127.0.0.1-{port}").write_text(str(kept))
    with listening(decoy("127.0.0.1", {Door.SMB: port}), marks):
        assert kept.is_dir()


@pytest.mark.skipif(not CAN_ASK, reason="needs Samba and rpcclient")
def test_who_is_killed_leaves_nothing_that_stays(tmp_path: Path) -> None:
    site, port = stated(tmp_path / "site", "127.0.0.1"), free_port()
    words = ["network", "decoy", "up", "--bind", "127.0.0.1", "--only", "smb", "--smb-port", str(port), "--site", str(site), "--json"]
    left = []
    # The folder of a test is closed to `nobody`.
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        for number in (signal.SIGKILL, signal.SIGTERM):
            up = subprocess.Popen(
                [sys.executable, "-m", "asepsis", *words], env=os.environ | {"TMPDIR": temporary}, stdout=subprocess.PIPE, text=True
            )
            try:
                assert line_of(up)["listening"] == "127.0.0.1"
                assert "backup" in answered(port, "netshareenum 2", "backup")
                left.append(os.listdir(temporary))
                up.send_signal(number)
                up.wait(60)
                # Samba sees that nobody holds its standard input any more.
                deadline = time.monotonic() + 30
                while of_samba(temporary) and time.monotonic() < deadline:
                    time.sleep(0.2)
                assert of_samba(temporary) == []
            finally:
                up.kill()
                up.communicate()
        assert [len(folders) for folders in left] == [1, 1]
        assert left[0] != left[1]
        assert os.listdir(temporary) == []
    assert list((site / "decoys").iterdir()) == []
