"""Images as modalities make them, tiny: a recording carries every byte of them several times."""

from __future__ import annotations

import random
from datetime import datetime

from cast import Patient
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalMammographyXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
    TwelveLeadECGWaveformStorage,
    UltrasoundImageStorage,
    XRayAngiographicImageStorage,
    generate_uid,
)
from topology import Host

STATIONS = {"CT": "CT", "MR": "MR", "CR/DR": "CR", "mammography": "MG", "angiography": "XA", "ultrasound": "US"}
"""Kinds of hosts that examine patients by appointment -> Modality (DICOM PS3.3 C.7.3.1.1.1)."""
STORAGE = {  # DICOM PS3.4 B.5: Modality -> Storage SOP Class UID, images of one study, rows and columns
    "CT": (CTImageStorage, 10, 64),
    "MR": (MRImageStorage, 8, 64),
    "CR": (ComputedRadiographyImageStorage, 1, 128),
    "US": (UltrasoundImageStorage, 2, 96),
    "MG": (DigitalMammographyXRayImageStorageForPresentation, 2, 128),
    "XA": (XRayAngiographicImageStorage, 3, 64),
    "ECG": (TwelveLeadECGWaveformStorage, 1, 0),
}


def modality_of(one: Host) -> str:
    return STATIONS.get(one.kind, "ECG")


def image(one: Host, patient: Patient, moment: datetime, number: int) -> Dataset:
    """One image of a study, tiny, with what an image tells of the device that made it (PS3.3 C.7.5.1)."""
    sop_class, _, size = STORAGE[modality_of(one)]
    series = generate_uid(entropy_srcs=[patient.study, one.serial, f"{moment:%Y%m%d}"])
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = sop_class, generate_uid(entropy_srcs=[series, str(number)])
    made.file_meta = FileMetaDataset()
    made.file_meta.MediaStorageSOPClassUID, made.file_meta.MediaStorageSOPInstanceUID = sop_class, made.SOPInstanceUID
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.Modality, made.Manufacturer, made.ManufacturerModelName = modality_of(one), one.maker, one.model
    made.SoftwareVersions, made.DeviceSerialNumber = one.software, one.serial
    made.StationName, made.InstitutionName = one.ae, "ZZ Example Hospital"
    made.PatientName, made.PatientID, made.PatientBirthDate, made.PatientSex = patient.name, patient.id, patient.birth, "O"
    made.StudyInstanceUID, made.AccessionNumber, made.StudyID = patient.study, patient.accession, "1"
    made.StudyDate, made.StudyTime = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    made.ReferringPhysicianName, made.SeriesInstanceUID = "ZZTEST^REFERRER", series
    made.SeriesNumber, made.InstanceNumber = 1, number
    if size:
        made.SamplesPerPixel, made.PhotometricInterpretation, made.Rows, made.Columns = 1, "MONOCHROME2", size, size
        made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 12, 11, 0
        values = random.Random(made.SOPInstanceUID).choices(range(24), k=size * size)
        made.PixelData = b"".join(((place >> 4) % 4000 + value).to_bytes(2, "little") for place, value in enumerate(values))
        made["PixelData"].VR = "OW"
    return made


def study(one: Host, patient: Patient, moment: datetime) -> list[Dataset]:
    return [image(one, patient, moment, number) for number in range(1, STORAGE[modality_of(one)][1] + 1)]
