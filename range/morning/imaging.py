"""The imaging zone: modalities of several makers, Orthanc as PACS, a dcmtk archive, a worklist, a workstation, teleradiology over TLS."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from cast import DEVICES, Device, Patient
from images import STORAGE
from lan import SCRATCH, address, run, start
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

PACKAGES = {
    "storescu": "dcmtk",
    "dcmqrscp": "dcmtk",
    "wlmscpfs": "dcmtk",
    "findscu": "dcmtk",
    "movescu": "dcmtk",
    "dcmcjpls": "dcmtk",
    "Orthanc": "orthanc",
}
MOVE_REFUSED = 69  # movescu: every sub-operation failed, here because the two sides agree on a syntax that the images are not in
REST_PASSWORD = "zz-orthanc-invented"


def images(device: Device, patient: Patient, seed: int) -> Path:
    """One study of one patient by one modality, as files; tiny pictures, for a recording carries every byte of them several times."""
    sop_class, count, size = STORAGE[device.kind]
    folder = SCRATCH / "dcm" / device.ae_titles[0] / patient.id
    folder.mkdir(parents=True, exist_ok=True)
    series = generate_uid(entropy_srcs=[patient.study, device.serial])
    rng = random.Random(f"{seed}{device.serial}{patient.id}")
    for number in range(1, count + 1):
        image = _head(device, patient, sop_class, generate_uid(entropy_srcs=[series, str(number)]))
        image.SeriesInstanceUID, image.InstanceNumber = series, number
        image.Rows = image.Columns = size
        image.PixelData = b"".join((((x * y) >> 4) + rng.randrange(24)).to_bytes(2, "little") for y in range(size) for x in range(size))
        image["PixelData"].VR = "OW"
        image.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
    return folder


def _head(device: Device, patient: Patient, sop_class: UID, instance: UID) -> Dataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, instance
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image = Dataset()
    image.file_meta = meta
    image.SOPClassUID, image.SOPInstanceUID, image.Modality = sop_class, instance, device.kind
    image.Manufacturer, image.ManufacturerModelName = device.manufacturer, device.model
    image.SoftwareVersions, image.DeviceSerialNumber = device.software, device.serial
    image.StationName, image.InstitutionName = device.ae_titles[0], "ZZ Example Hospital"
    image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = patient.name, patient.id, patient.birth, "O"
    image.StudyInstanceUID, image.AccessionNumber, image.StudyID = patient.study, patient.accession, "1"
    image.StudyDate, image.StudyTime, image.ReferringPhysicianName = time.strftime("%Y%m%d"), time.strftime("%H%M%S"), "ZZTEST^REFERRER"
    image.SeriesNumber, image.SamplesPerPixel, image.PhotometricInterpretation = 1, 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    return image


def open_department(patients: list[Patient]) -> None:
    """Start every DICOM server of the zone."""
    _orthanc()
    _archive()
    _worklist(patients)
    received = SCRATCH / "telerad"
    received.mkdir()
    tls = ["+tls", f"{SCRATCH}/telerad.key", f"{SCRATCH}/telerad.crt", "+cf", f"{SCRATCH}/ca.crt"]
    start("telerad", ["storescp", *tls, "-aet", "TELERAD", "-od", str(received), "2762"], ports=[2762])


def _orthanc() -> None:
    """A PACS as it is often left: any calling title may store and echo, any called title is answered, REST behind a password in clear."""
    settings = {
        "Name": "PACS",
        "StorageDirectory": f"{SCRATCH}/orthanc",
        "IndexDirectory": f"{SCRATCH}/orthanc",
        "Plugins": [],
        "DicomAet": "PACS",
        "DicomPort": 104,
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "DicomModalities": {"ws1": ["WS1", address("ws1"), 11200], "archive": ["ARCHIVE", address("archive"), 11112]},
        "HttpPort": 8042,
        "RemoteAccessAllowed": True,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"service": REST_PASSWORD},
    }
    path = SCRATCH / "orthanc.json"
    path.write_text(json.dumps(settings))
    start("pacs", ["Orthanc", str(path)], ports=[104, 8042])


def _archive() -> None:
    """A store that knows its callers: titles outside HostTable are refused (dcmqrcnf.txt)."""
    (SCRATCH / "archive").mkdir()
    conf = SCRATCH / "dcmqrscp.cfg"
    known = [("WS1", "ws1", 11200), ("CT01", "ct01", 104), ("MR01", "mr01", 104), ("PACS", "pacs", 104)]
    table = "\n".join(f"{ae} = ({ae}, {address(name)}, {port})" for ae, name, port in known)
    peers = ", ".join(ae for ae, _, _ in known)
    conf.write_text(
        f"NetworkTCPPort = 11112\nMaxPDUSize = 16384\nMaxAssociations = 8\nHostTable BEGIN\n{table}\nknown = {peers}\nHostTable END\n"
        f"VendorTable BEGIN\nVendorTable END\nAETable BEGIN\nARCHIVE {SCRATCH}/archive RW (200, 64mb) known\nAETable END\n"
    )
    start("archive", ["dcmqrscp", "-dhl", "+xt", "-xt", "-c", str(conf)], ports=[11112])


def _worklist(patients: list[Patient]) -> None:
    folder = SCRATCH / "worklist" / "RISWL"
    folder.mkdir(parents=True)
    (folder / "lockfile").touch()
    for number, patient in enumerate(patients):
        item = Dataset()
        item.SpecificCharacterSet = "ISO_IR 100"
        item.PatientName, item.PatientID, item.PatientBirthDate = patient.name, patient.id, patient.birth
        item.AccessionNumber, item.StudyInstanceUID, item.RequestedProcedureID = patient.accession, patient.study, patient.order
        step = Dataset()
        step.Modality = ("CT", "MR", "CR")[number % 3]
        step.ScheduledStationAETitle = f"{step.Modality}01"
        step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = time.strftime("%Y%m%d"), "090000"
        item.ScheduledProcedureStepSequence = [step]
        item.file_meta = FileMetaDataset()
        item.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        item.save_as(folder / f"{number:03}.wl", enforce_file_format=False)
    start("ris", ["wlmscpfs", "-dfp", str(SCRATCH / "worklist"), "11115"], ports=[11115])


def _device(ae: str) -> Device:
    return next(d for d in DEVICES if ae in d.ae_titles)


def _host(ae: str) -> str:
    return _device(ae).host


def _dcmtk_send(ae: str, called: str, port: int, folder: Path, *how: str) -> None:
    run(_host(ae), ["storescu", "-aet", ae, "-aec", called, *how, "+sd", address(_host(called)), str(port), str(folder)])


def _maker_send(ae: str, called: str, port: int, folder: Path, implementation: str) -> None:
    """Send by pynetdicom under an implementation's own UID and version name, so that the devices do not all look like one toolkit."""
    script, to = Path(__file__).with_name("modality.py"), address(_host(called))
    run(_host(ae), [sys.executable, str(script), f"{ae}@{called}", to, str(port), str(folder), implementation])


def _ask_worklist(ae: str) -> None:
    keys = ["PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID", "(0040,0100)[0].Modality=" + _device(ae).kind]
    asked = [word for key in keys for word in ("-k", key)]
    run(_host(ae), ["findscu", "-W", "-aet", ae, "-aec", "RISWL", *asked, address("ris"), "11115"])


def morning(patients: list[Patient], seed: int) -> None:
    """Examine everybody, then read at the workstation."""
    for ae in ("CT01", "MR01", "CR01"):
        _ask_worklist(ae)
    run("ct01", ["echoscu", "-aet", "CT01", "-aec", "PACS", address("pacs"), "104"])
    for number, patient in enumerate(patients):
        _examine(patient, number, seed)
    _read_at_workstation(patients)


def _examine(patient: Patient, number: int, seed: int) -> None:
    """Every patient comes to one modality; each sends in its own way."""
    ae = ("CT01", "MR01", "CR01", "US01", "MG01", "US02", "XA01")[number % 7]
    folder = images(_device(ae), patient, seed)
    match ae:
        case "CT01":
            _dcmtk_send(ae, "PACS", 104, folder, "-R", "-xe")
            _dcmtk_send(ae, "ARCHIVE", 11112, _compress(folder), "-R", "-xt")
        case "MR01":
            _maker_send(ae, "PACS", 104, folder, "1.2.840.113619.6.286|MR30_R01")
            _maker_send(ae, "ARCHIVE", 11112, folder, "1.2.840.113619.6.286|MR30_R01")
        case "CR01":
            _dcmtk_send(ae, "PACS", 104, folder, "-R", "-xi")
        case "US01":
            _maker_send(ae, "PACS", 104, folder, "1.3.46.670589.14.1|EPIQ_9.0.3")
        case "MG01":
            _maker_send(ae, "PACS", 104, folder, "1.2.840.113681.2.1|DIMENSIONS_1")
        case "US02":
            _dcmtk_send(ae, "PACS", 104, folder, "-R", "-xb")
        case "XA01":
            tls = ["+tls", f"{SCRATCH}/xa01.key", f"{SCRATCH}/xa01.crt", "+cf", f"{SCRATCH}/ca.crt"]
            _dcmtk_send(ae, "PACS", 104, folder, "-R", "-xd")
            _dcmtk_send(ae, "TELERAD", 2762, folder, "-R", *tls)


def _compress(folder: Path) -> Path:
    """The same images in JPEG-LS Lossless (PS3.5 8.2.3)."""
    packed = folder.with_name(folder.name + "-jls")
    packed.mkdir()
    for path in sorted(folder.glob("*.dcm")):
        run("ct01", ["dcmcjpls", "+un", str(path), str(packed / path.name)])
    return packed


def _read_at_workstation(patients: list[Patient]) -> None:
    study = ["-k", "QueryRetrieveLevel=STUDY"]
    shown = [word for key in ("PatientID", "AccessionNumber", "ModalitiesInStudy", "StudyInstanceUID") for word in ("-k", key)]
    into = SCRATCH / "ws1"
    into.mkdir()
    pacs = ["-aet", "WS1", "-aec", "PACS"]
    today = "StudyDate=" + time.strftime("%Y%m%d") + "-"
    run("ws1", ["findscu", "-S", *pacs, *study, "-k", "PatientName=ZZTEST*", "-k", today, *shown, address("pacs"), "104"])
    for patient in patients[:4]:
        run("ws1", ["findscu", "-S", *pacs, *study, "-k", f"PatientID={patient.id}", *shown, address("pacs"), "104"])
    move = ["movescu", "-S", "-od", str(into), "+P", "11200", "-aem", "WS1"]
    for number in (1, 3):
        run("ws1", [*move, *pacs, *study, "-k", f"StudyInstanceUID={patients[number].study}", address("pacs"), "104"])
    archive = ["-aet", "WS1", "-aec", "ARCHIVE"]
    for number, accepts, status in ((0, ["+xt"], 0), (1, [], 0), (1, ["+xt"], MOVE_REFUSED)):
        one = ["-k", f"StudyInstanceUID={patients[number].study}"]
        run("ws1", [*move, *archive, *accepts, *study, *one, address("archive"), "11112"], expect=[status])
    # Somebody tries the PACS from a PC with a tool as it came, and is let in.
    run("pc02", ["echoscu", "-aec", "PACS", address("pacs"), "104"])
    run("xa01", ["echoscu", "-aet", "XA01", "-aec", "ARCHIVE", address("archive"), "11112"], expect=[])
    for path in ("/system", "/studies", "/statistics"):
        run("ws1", ["curl", "-sf", "-u", f"service:{REST_PASSWORD}", f"http://pacs.hospital.test:8042{path}"])
