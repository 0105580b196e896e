"""Radiology: appointments are asked for, patients examined, images read, fetched beforehand and put away at night."""

from __future__ import annotations

import json
from datetime import datetime

from act import Doing
from cast import Patient
from images import modality_of, study
from lan import SCRATCH, RangeError
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
from pynetdicom import AE
from services.dicom import ARCHIVE_PORT, PACS_PORT, REST_PASSWORD, VIEWER_PORT, WORKLIST_PORT
from space import call
from state import Hospital
from topology import Host

VERIFICATION, WORKLIST_FIND = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.31"


def entity(one: Host) -> AE:
    """The host's application entity under its maker's implementation (DICOM PS3.7 D.3.3.2), or what it was upgraded to."""
    made = AE(ae_title=one.ae)
    if one.implementation:
        made.implementation_class_uid, made.implementation_version_name = one.implementation.split("|")
    if (version := SCRATCH / "hosts" / one.name / "version").exists() and (told := version.read_text()):
        made.implementation_version_name = told
    made.acse_timeout = made.dimse_timeout = made.network_timeout = 20
    return made


def ask_worklist(name: str) -> Doing:
    """The modality asks for its appointments (PS3.4 K), as it does all day."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one, ris = hospital.host(name), hospital.host("ris")
        asking = entity(one)
        asking.add_requested_context(WORKLIST_FIND, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
        association = asking.associate(ris.address, WORKLIST_PORT, ae_title=f"{ris.ae}WL")
        if not association.is_established:
            raise RangeError(f"{ris.name} refuses the worklist")
        wanted = Dataset()
        wanted.PatientName = wanted.PatientID = wanted.AccessionNumber = wanted.StudyInstanceUID = ""
        step = Dataset()
        step.Modality, step.ScheduledStationAETitle = modality_of(one), one.ae
        step.ScheduledProcedureStepStartDate = moment.strftime("%Y%m%d")
        wanted.ScheduledProcedureStepSequence = [step]
        for _ in association.send_c_find(wanted, WORKLIST_FIND):
            pass
        association.release()

    return doing


def examine(name: str, patient: Patient, to: str = "pacs") -> Doing:
    """A study is made and sent."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(name)
        send(hospital, one, study(one, patient, moment), to, tool=one.toolkit)

    return doing


def send(hospital: Hospital, one: Host, images: list[Dataset], to: str, *, tool: str = "") -> None:
    """C-STORE (PS3.4 B), by pynetdicom under the maker's name or by dcmtk's tool as it comes."""
    target = hospital.host(to)
    port = ARCHIVE_PORT if "dicom-archive" in target.services else VIEWER_PORT if "viewer" in target.services else PACS_PORT
    if tool == "dcmtk":
        folder = hospital.folder(one.name) / images[0].StudyInstanceUID
        folder.mkdir(exist_ok=True)
        for number, made in enumerate(images):
            made.save_as(folder / f"{number:03}.dcm", enforce_file_format=True)
        call(["storescu", "-R", "-aet", one.ae, "-aec", target.ae, "+sd", target.address, port, folder])
        return
    sending = entity(one)
    sending.add_requested_context(VERIFICATION)
    for sop_class in sorted({made.SOPClassUID for made in images}):
        sending.add_requested_context(sop_class, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    association = sending.associate(target.address, port, ae_title=target.ae)
    if not association.is_established:
        raise RangeError(f"{to} refuses {one.ae}")
    statuses = [association.send_c_store(made).Status for made in images]
    association.release()
    if any(statuses):
        raise RangeError(f"{to} does not keep an image: status {max(statuses):#06x}")


def bring(name: str, patient: Patient) -> Doing:
    """What another hospital's disc holds comes in as secondary captures (PS3.3 A.8), sent by a workplace under its own title."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(name)
        made = study(hospital.host("us01"), patient, moment)
        for captured in made:
            captured.SOPClassUID = captured.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
            captured.SOPInstanceUID = captured.file_meta.MediaStorageSOPInstanceUID = generate_uid(
                entropy_srcs=[captured.SOPInstanceUID, name]
            )
            captured.SeriesInstanceUID = generate_uid(entropy_srcs=[captured.SeriesInstanceUID, name])
            captured.Modality, captured.ConversionType, captured.InstitutionName = "OT", "WSD", "ZZ Other Hospital"
            captured.Manufacturer = captured.StationName = ""
            del captured.ManufacturerModelName, captured.SoftwareVersions, captured.DeviceSerialNumber
        send(hospital, one, made, "pacs", tool="dcmtk")

    return doing


def echo(name: str, to: str) -> Doing:
    """Is it there? (C-ECHO, PS3.4 A), asked as the device speaks: under its maker's name, or by dcmtk's tool."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one, target = hospital.host(name), hospital.host(to)
        port = ARCHIVE_PORT if "dicom-archive" in target.services else PACS_PORT
        if not one.implementation:
            call(["echoscu", *(["-aet", one.ae] if one.ae else []), "-aec", target.ae, target.address, port])
            return
        asking = entity(one)
        asking.add_requested_context(VERIFICATION)
        association = asking.associate(target.address, port, ae_title=target.ae)
        if not association.is_established:
            raise RangeError(f"{to} refuses {one.ae}")
        status = association.send_c_echo()
        association.release()
        if "Status" not in status or status.Status:
            raise RangeError(f"{to} does not answer {one.ae}")

    return doing


_SHOWN = [word for key in ("PatientID", "AccessionNumber", "ModalitiesInStudy", "StudyInstanceUID") for word in ("-k", key)]
_STUDY = ["-S", "-k", "QueryRetrieveLevel=STUDY"]


def find(name: str, keys: list[str], of: str = "pacs") -> Doing:
    """Search an archive by keys as `PatientID=..` (C-FIND, PS3.4 C.4.1)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one, target = hospital.host(name), hospital.host(of)
        port = ARCHIVE_PORT if "dicom-archive" in target.services else PACS_PORT
        asked = [word for key in keys for word in ("-k", key.replace("{today}", f"{moment:%Y%m%d}"))]
        call(["findscu", *_STUDY, "-aet", one.ae, "-aec", target.ae, *_SHOWN, *asked, target.address, port])

    return doing


def fetch(name: str, patients: list[Patient], of: str = "pacs", to: str = "") -> Doing:
    """Have studies sent (C-MOVE, PS3.4 C.4.2): to the one who asks, who is a workplace and listens, unless told otherwise."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one, target, goal = hospital.host(name), hospital.host(of), hospital.host(to or name)
        port = ARCHIVE_PORT if "dicom-archive" in target.services else PACS_PORT
        for patient in patients:
            words = ["movescu", *_STUDY, "-aet", one.ae, "-aec", target.ae, "-aem", goal.ae, "-k", f"StudyInstanceUID={patient.study}"]
            call([*words, target.address, port])

    return doing


def put_away(name: str, to: str) -> Doing:
    """The PACS sends the day's studies to the archive, by night (Orthanc REST: jobs of DicomModalityStore)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        base = f"http://{hospital.address(name)}:8042"
        login = ["curl", "-sf", "-u", f"service:{REST_PASSWORD}"]
        studies = json.loads(call([*login, f"{base}/studies"]))
        if studies:
            body = json.dumps({"Resources": sorted(studies)[:40], "Synchronous": True, "Permissive": True})
            call([*login, "-d", body, f"{base}/modalities/{to}/store"])

    return doing


def look_at_pacs(name: str) -> Doing:
    """The administrator of the PACS opens its pages."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        base = f"http://pacs.{hospital.topology.domain}:8042"
        for path in ("/system", "/statistics", "/jobs"):
            call(["curl", "-sf", "-o", "/dev/null", "-u", f"service:{REST_PASSWORD}", base + path])

    return doing
