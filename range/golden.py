"""Record golden captures whose stacks have no part in the morning: SDC, DICOMweb, HL7 over HTTP, HTTP/2, remote screens, SNMP, NTLM,
logins, databases, protocols of single datagrams, a Windows domain, Telnet, files.

    sudo python range/golden.py [--into tests/golden]

Two hosts on a cable, in private namespaces (see `lan.enclose`): nothing is left behind. Needs root, Python with sdc11073 and pydicom, and
the packages of `PACKAGES`. Identifiers and times differ with every recording: the rows beside the captures are made again (`make golden`).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import databases
import datagrams
import domain
import http2
import imaging
import lan
import logins
import logons
import managed
import screens
import shells
import terminals
import tickets
import transfers
from cast import DEVICES, patients

PACKAGES = (
    {
        "unshare": "util-linux",
        "ip": "iproute2",
        "ethtool": "ethtool",
        "sysctl": "procps",
        "tcpdump": "tcpdump",
        "curl": "curl",
        "Orthanc": "orthanc",
    }
    | http2.PACKAGES
    | screens.PACKAGES
    | managed.PACKAGES
    | logons.PACKAGES
    | logins.PACKAGES
    | databases.PACKAGES
    | datagrams.PACKAGES
    | domain.PACKAGES
    | tickets.PACKAGES
    | shells.PACKAGES
    | terminals.PACKAGES
    | transfers.PACKAGES
)
SERVER, CLIENT = "10.66.0.2", "10.66.0.3"
HERE = Path(__file__).parent


def cable() -> None:
    """`server` and `client`, joined by one cable; the recorder sits at the client's end."""
    for space in ("server", "client"):
        lan.ip("netns", "add", space)
        lan.ip("-n", space, "link", "set", "lo", "up")
    lan.ip("link", "add", "eth0", "netns", "server", "type", "veth", "peer", "name", "eth0", "netns", "client")
    for space, address in (("server", SERVER), ("client", CLIENT)):
        lan.ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        lan.ip("-n", space, "link", "set", "eth0", "up")
        lan.ip("-n", space, "route", "add", "224.0.0.0/4", "dev", "eth0")
        lan.run(space, ["ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"])
        lan.run(space, ["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1"])


@contextmanager
def recorded(path: Path, only: str):
    """What passes meanwhile and fits the filter."""
    words = ["tcpdump", "-i", "eth0", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", str(path), only]
    path.unlink(missing_ok=True)
    recorder = subprocess.Popen(lan.command("client", words), stderr=subprocess.DEVNULL)
    while not path.exists() or path.stat().st_size < 24:
        time.sleep(0.05)
    try:
        yield
    finally:
        time.sleep(0.5)
        recorder.terminate()
        recorder.wait(timeout=10)


def actor(space: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        lan.command(space, [sys.executable, *words]), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )


def _wait(out: IO[str] | None, word: str) -> None:
    for line in out or ():
        if line.strip() == word:
            return
    raise lan.RangeError(f"an actor ended before it said {word}")


def sdc(into: Path) -> None:
    """A monitor announces itself, is found, read and subscribed to, and leaves."""
    script = str(HERE / "bedside.py")
    whole = lan.SCRATCH / "sdc.pcap"
    with recorded(whole, "udp port 3702 or tcp or udp src portrange 30000-65535"):
        monitor = actor("server", script, "monitor", SERVER)
        _wait(monitor.stdout, "announced")
        display = actor("client", script, "display", CLIENT)
        _wait(display.stdout, "subscribed")
        print(file=monitor.stdin)
        _wait(monitor.stdout, "changed")
        time.sleep(1)
        print(file=display.stdin)
        display.wait(timeout=30)
        print(file=monitor.stdin)
        monitor.wait(timeout=30)
    split(whole, into / "sdc" / "discovery.pcap", "udp")
    split(whole, into / "sdc" / "services.pcap", "tcp")


def split(whole: Path, path: Path, only: str) -> None:
    path.parent.mkdir(exist_ok=True)
    subprocess.run(["tcpdump", "-r", str(whole), "-w", str(path), "-Z", "root", only], check=True, capture_output=True)


def hl7(into: Path) -> None:
    """Two messages to an engine, on one connection; what is no HL7 it refuses."""
    lan.start("server", [sys.executable, str(HERE / "webengine.py"), SERVER, "8081"], ports=[8081])
    admission = "MSH|^~\\&|ZZADT|MAIN|ZZEHR|HOSPITAL|20260101120000||ADT^A01^ADT_A01|{}|P|2.5.1\rEVN||20260101120000\r"
    admission += "PID|1||ZZ100042^^^MAIN^MR||ZZMUSTER^ZZERIKA||19640101|F\rPV1|1|I|ICU1^^Bed7\r"
    url = f"http://{SERVER}:8081/hl7"
    posts = [("application/hl7-v2; charset=UTF-8", admission.format("ZZ1")), ("application/hl7-v2", admission.format("ZZ2"))]
    words: list[str] = []
    for kind, text in [*posts, ("text/plain", "no HL7")]:
        words += ["--next"] if words else []
        words += ["-s", "-H", f"Content-Type: {kind}", "--data-binary", text, url]
    path = into / "hl7" / "over_http.pcap"
    with recorded(path, "tcp port 8081"):
        lan.run("client", ["curl", *words])


DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def dicomweb(into: Path) -> None:
    """A viewer stores two images, one of them a program too, searches and retrieves; Orthanc answers."""
    if not DICOMWEB.exists():
        raise lan.RangeError("missing plugin: apt-get install --no-install-recommends orthanc-dicomweb")
    folder = f"{lan.SCRATCH}/orthanc"
    settings = {"Name": "PACS", "StorageDirectory": folder, "IndexDirectory": folder, "Plugins": [str(DICOMWEB)], "DicomPort": 104}
    settings |= {"HttpPort": 8042, "RemoteAccessAllowed": True, "AuthenticationEnabled": True, "HttpCompressionEnabled": False}
    settings |= {"RegisteredUsers": {"service": imaging.REST_PASSWORD}}
    conf = lan.SCRATCH / "orthanc.json"
    conf.write_text(json.dumps(settings))
    lan.start("server", ["Orthanc", str(conf)], ports=[8042])
    imaging.STORAGE["US"] = (imaging.STORAGE["US"][0], 2, 16)  # golden captures stay small
    patient, device = patients(1)[0], next(device for device in DEVICES if device.kind == "US")
    files = sorted(imaging.images(device, patient, 1).glob("*.dcm"))
    files[1].write_bytes(b"MZ" + files[1].read_bytes()[2:])
    body = lan.SCRATCH / "stow"
    body.write_bytes(
        b"".join(b"--zzpart\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() + b"\r\n" for file in files) + b"--zzpart--\r\n"
    )
    base, related = f"http://{SERVER}:8042/dicom-web", 'multipart/related; type="application/dicom"'
    study = f"{base}/studies/{patient.study}"
    json_type = "Accept: application/dicom+json"
    asked = [
        ["-H", json_type, "-H", f"Content-Type: {related}; boundary=zzpart", "--data-binary", f"@{body}", f"{base}/studies"],
        ["-H", json_type, f"{base}/studies?PatientID={patient.id}&includefield=00081030"],
        ["-H", json_type, f"{study}/series"],
        ["-H", json_type, f"{study}/metadata"],
        ["-H", f"Accept: {related}; transfer-syntax=*", study],
        [f"http://{SERVER}:8042/wado?requestType=WADO&studyUID={patient.study}&seriesUID=1.2.3&objectUID=1.2.4"],
        ["-H", "Content-Type: application/dicom", "--data-binary", f"@{files[0]}", f"http://{SERVER}:8042/instances"],
    ]
    words: list[str] = []
    for one in asked:
        words += ["--next"] if words else []
        words += ["-s", "-o", "/dev/null", "-u", f"service:{imaging.REST_PASSWORD}", "-H", "Expect:", *one]
    path = into / "dicomweb" / "orthanc.pcap"
    path.parent.mkdir(exist_ok=True)
    with recorded(path, "tcp port 8042"):
        lan.run("client", ["curl", *words])


def two(into: Path) -> None:
    http2.record(into, SERVER, recorded)


def screen(into: Path) -> None:
    screens.record(into, SERVER, recorded)


def managing(into: Path) -> None:
    managed.record(into, SERVER, recorded)


def logging_on(into: Path) -> None:
    logons.record(into, SERVER, recorded)


def login(into: Path) -> None:
    logins.record(into, SERVER, recorded)


def database(into: Path) -> None:
    databases.record(into, SERVER, recorded)


def single(into: Path) -> None:
    datagrams.record(into, SERVER, recorded)


def windows(into: Path) -> None:
    domain.record(into, SERVER, recorded)
    tickets.record(into, SERVER, recorded)


def shell(into: Path) -> None:
    shells.record(into, SERVER, recorded)


def terminal(into: Path) -> None:
    terminals.record(into, SERVER, recorded)


def transfer(into: Path) -> None:
    transfers.record(into, SERVER, recorded)


SCENES: dict[str, Callable[[Path], None]] = {
    "sdc": sdc,
    "hl7": hl7,
    "dicomweb": dicomweb,
    "http2": two,
    "screens": screen,
    "managed": managing,
    "logons": logging_on,
    "logins": login,
    "databases": database,
    "datagrams": single,
    "domain": windows,
    "shells": shell,
    "terminals": terminal,
    "transfers": transfer,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=HERE.parent / "tests" / "golden")
    parser.add_argument("scenes", nargs="*", choices=list(SCENES), default=[])
    asked = parser.parse_args()
    lan.enclose(PACKAGES)
    cable()
    for name in asked.scenes or SCENES:
        SCENES[name](asked.into.resolve())


if __name__ == "__main__":
    main()
