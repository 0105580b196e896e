"""DICOMweb: curl and Orthanc."""

from __future__ import annotations

import json
from pathlib import Path

import images
import lan
from cast import DEVICES, patients
from morning import imaging

from goldens.cable import Recorded

PACKAGES = {"curl": "curl", "Orthanc": "orthanc"}
DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def record(into: Path, server: str, recorded: Recorded) -> None:
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
    images.STORAGE["US"] = (images.STORAGE["US"][0], 2, 16)  # golden captures stay small
    patient, device = patients(1)[0], next(device for device in DEVICES if device.kind == "US")
    files = sorted(imaging.images(device, patient, 1).glob("*.dcm"))
    files[1].write_bytes(b"MZ" + files[1].read_bytes()[2:])
    body = lan.SCRATCH / "stow"
    body.write_bytes(
        b"".join(b"--zzpart\r\nContent-Type: application/dicom\r\n\r\n" + file.read_bytes() + b"\r\n" for file in files) + b"--zzpart--\r\n"
    )
    base, related = f"http://{server}:8042/dicom-web", 'multipart/related; type="application/dicom"'
    study = f"{base}/studies/{patient.study}"
    json_type = "Accept: application/dicom+json"
    asked = [
        ["-H", json_type, "-H", f"Content-Type: {related}; boundary=zzpart", "--data-binary", f"@{body}", f"{base}/studies"],
        ["-H", json_type, f"{base}/studies?PatientID={patient.id}&includefield=00081030"],
        ["-H", json_type, f"{study}/series"],
        ["-H", json_type, f"{study}/metadata"],
        ["-H", f"Accept: {related}; transfer-syntax=*", study],
        [f"http://{server}:8042/wado?requestType=WADO&studyUID={patient.study}&seriesUID=1.2.3&objectUID=1.2.4"],
        ["-H", "Content-Type: application/dicom", "--data-binary", f"@{files[0]}", f"http://{server}:8042/instances"],
    ]
    words: list[str] = []
    for one in asked:
        words += ["--next"] if words else []
        words += ["-s", "-o", "/dev/null", "-u", f"service:{imaging.REST_PASSWORD}", "-H", "Expect:", *one]
    path = into / "dicomweb" / "orthanc.pcap"
    with recorded(path, "tcp port 8042"):
        lan.run("client", ["curl", *words])
