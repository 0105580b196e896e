"""Images: Orthanc as PACS, dcmtk's archive, its worklist and the workplaces that images are sent to."""

from __future__ import annotations

import base64
import http.client
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from pathlib import Path

import images
from cast import Patient
from images import STATIONS
from lan import RangeError, start
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from space import at
from state import Hospital
from topology import Host

PACKAGES = dict.fromkeys(("storescp", "dcmqrscp", "wlmscpfs", "storescu", "findscu", "movescu", "echoscu"), "dcmtk")
PACKAGES["Orthanc"] = "orthanc"
PLUGINS = (Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so"),)
"""Debian: orthanc-dicomweb. Without it there is no DICOMweb; only a scenario asks for it."""
REST_PASSWORD = "zz-orthanc-invented"
PACS_PORT, ARCHIVE_PORT, WORKLIST_PORT, VIEWER_PORT = 104, 11112, 11115, 11200


def orthanc(hospital: Hospital, one: Host) -> None:
    """A PACS as it is often left: any calling title may store, every called title is answered, REST behind a password in clear."""
    topology, folder = hospital.topology, hospital.folder(one.name)
    viewers = {host.name: [host.ae, host.address, VIEWER_PORT] for host in topology.having("viewer")}
    archives = {host.name: [host.ae, host.address, ARCHIVE_PORT] for host in topology.having("dicom-archive")}
    settings: dict[str, object] = {"Name": one.ae, "StorageDirectory": f"{folder}/db", "IndexDirectory": f"{folder}/db"}
    settings |= {"Plugins": [str(path) for path in PLUGINS if path.exists()], "DicomWeb": {"Enable": True, "Root": "/dicom-web/"}}
    settings |= {"DicomAet": one.ae, "DicomPort": PACS_PORT, "DicomCheckCalledAet": False, "DicomModalities": viewers | archives}
    settings |= {
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomThreadsCount": 4,
    }
    settings |= {"HttpPort": 8042, "RemoteAccessAllowed": True, "AuthenticationEnabled": True, "ConcurrentJobs": 1}
    settings |= {"RegisteredUsers": {"service": REST_PASSWORD}, "StableAge": 3600, "DicomAssociationCloseDelay": 1}
    path = folder / "orthanc.json"
    path.write_text(json.dumps(settings))
    start(one.name, ["Orthanc", str(path)], ports=[PACS_PORT, 8042])
    with at(one.name):
        _fill(hospital)


def prior(patient: Patient) -> Patient:
    """The patient with a study of an earlier year, which the PACS has from the beginning."""
    study = generate_uid(entropy_srcs=[patient.study, "prior"])
    return replace(patient, study=study, accession=f"ZZP{patient.accession[3:]}")


def _fill(hospital: Hospital) -> None:
    """An earlier study of every patient, put in by REST on the host itself: no packet of it is seen."""
    stations = hospital.topology.of_kind(*STATIONS)
    link = http.client.HTTPConnection("127.0.0.1", 8042, timeout=30)
    login = "Basic " + base64.b64encode(f"service:{REST_PASSWORD}".encode()).decode()
    year_ago = datetime.combine(hospital.topology.date, time(), UTC) - timedelta(days=365)
    for number, patient in enumerate(hospital.patients):
        for made in images.study(stations[number % len(stations)], prior(patient), year_ago)[:3]:
            body = io.BytesIO()
            made.save_as(body, enforce_file_format=True)
            link.request("POST", "/instances", body.getvalue(), {"Authorization": login, "Content-Type": "application/dicom"})
            answer = link.getresponse()
            answer.read()
            if answer.status != HTTPStatus.OK:
                raise RangeError(f"the PACS does not take an earlier study: HTTP {answer.status}")


def archive(hospital: Hospital, one: Host) -> None:
    """A store that knows its callers: titles outside HostTable are refused (dcmqrcnf.txt)."""
    topology, folder = hospital.topology, hospital.folder(one.name)
    (folder / "images").mkdir(exist_ok=True)
    known = [(host.ae, host.address, VIEWER_PORT if "viewer" in host.services else PACS_PORT) for host in topology.hosts if host.ae]
    table = "\n".join(f"{ae} = ({ae}, {address}, {port})" for ae, address, port in known)
    conf = folder / "dcmqrscp.cfg"
    conf.write_text(
        f"NetworkTCPPort = {ARCHIVE_PORT}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n{table}\n"
        f"known = {', '.join(ae for ae, _, _ in known)}\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
        f"AETable BEGIN\n{one.ae} {folder}/images RW (500, 256mb) known\nAETable END\n"
    )
    start(one.name, ["dcmqrscp", "-dhl", "-c", conf], ports=[ARCHIVE_PORT])


def worklist(hospital: Hospital, one: Host) -> None:
    """The appointments of the day: every patient comes to one modality (DICOM PS3.4 K)."""
    folder = hospital.folder(one.name) / "worklist" / f"{one.ae}WL"
    folder.mkdir(parents=True)
    (folder / "lockfile").touch()
    stations = hospital.topology.of_kind(*STATIONS)
    for number, patient in enumerate(hospital.patients):
        _appointment(hospital, patient, stations[number % len(stations)], number).save_as(folder / f"{number:03}.wl")
    start(one.name, ["wlmscpfs", "-dfp", folder.parent, str(WORKLIST_PORT)], ports=[WORKLIST_PORT])


def _appointment(hospital: Hospital, patient: Patient, station: Host, number: int) -> Dataset:
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 100"
    item.PatientName, item.PatientID, item.PatientBirthDate = patient.name, patient.id, patient.birth
    item.AccessionNumber, item.StudyInstanceUID, item.RequestedProcedureID = patient.accession, patient.study, patient.order
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = STATIONS[station.kind], station.ae
    step.ScheduledProcedureStepStartDate = hospital.topology.date.strftime("%Y%m%d")
    step.ScheduledProcedureStepStartTime = f"{8 + number * 9 // 60:02}{number * 9 % 60:02}00"
    item.ScheduledProcedureStepSequence = [step]
    item.file_meta = FileMetaDataset()
    item.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return item


def viewer(hospital: Hospital, one: Host) -> None:
    """A reading room's workplace: takes the images that it has sent to itself, and throws them away."""
    words = ["storescp", "--fork", "--ignore", "-aet", one.ae, str(VIEWER_PORT)]
    start(one.name, words, ports=[VIEWER_PORT])
