"""Field by field against independent decoders: every HL7 message and acknowledgement, every association, every DIMSE message."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ

from asepsis import _wire

from . import decoders as oracle
from .rows import KEY, KEY_ID, Row, stream

pytestmark = oracle.needs_tshark
HL7 = [oracle.HOSPITAL / "hl7_mllp_100msgs_acks.pcap", oracle.HOSPITAL / "hl7_mllp_port6661.pcap", oracle.MORNING]
DICOM = [
    *(oracle.HOSPITAL / f"dicom_{name}.pcap" for name in ("cecho", "cfind_study", "cstore_ct_jpegls_first1500", "cstore_mr_first2000")),
    oracle.MORNING,
]


def _here(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    return path


@pytest.mark.parametrize("path", HL7, ids=lambda path: path.stem)
def test_hl7_messages_and_acknowledgements(path: Path) -> None:
    expected: Counter[tuple[object, ...]] = Counter()
    for followed in oracle.hl7(_here(path)):
        for data in (followed.client, followed.server):
            expected.update(_hl7(block) for block in data.split(b"\x0b")[1:] if block.endswith(b"\x1c\r"))
    got = Counter(
        (
            row["sending_application"], row["sending_facility"], row["receiving_application"], row["receiving_facility"],
            row["message_type"], row["trigger_event"], row["control_id"], row["version"], row["ack_code"], row["acked_control_id"],
            row["patient"], tuple(row["segments"]),
        )
        for row in stream("hl7", path)
    )  # fmt: skip
    assert got == expected
    if path.parent == oracle.HOSPITAL:
        assert sum(expected.values()) == 200, "100 messages and their 100 acknowledgements"


def _hl7(block: bytes) -> tuple[object, ...]:
    segments = [line.split("|") for line in block.removesuffix(b"\x1c\r").decode("latin-1").split("\r") if line]
    msh = segments[0]
    kinds = Counter(segment[0] for segment in segments)
    msa = next((segment for segment in segments if segment[0] == "MSA"), None)
    pid = next((segment for segment in segments if segment[0] == "PID"), None)
    kind = (*msh[8].split("^"), None)
    patient = _wire.pseudonym(KEY, KEY_ID, pid[3].split("^")[0]) if pid else None
    empty = (msh[n] or None for n in (2, 3, 4, 5))
    return (
        *empty, kind[0], kind[1] or None, msh[9] or None, msh[11], msa and msa[1], msa and msa[2],
        patient, tuple(f"{name}:{n}" for name, n in kinds.items()),
    )  # fmt: skip


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.stem)
def test_every_association(path: Path) -> None:
    expected, got = [], []
    for followed in oracle.dicom(_here(path)):
        answer = A_ASSOCIATE_AC()
        for kind, pdu in oracle.pdus(followed.server):
            if kind == 2:
                answer.decode(pdu)
        for kind, pdu in oracle.pdus(followed.client):
            if kind == 1:
                request = A_ASSOCIATE_RQ()
                request.decode(pdu)
                expected.append(_association(request, answer))
    for row in stream("dicom_association", path):
        got.append(
            (
                row["calling_ae"], row["called_ae"], row["calling_implementation_class_uid"], row["calling_implementation_version"],
                row["called_implementation_class_uid"], row["calling_max_pdu"], row["called_max_pdu"], tuple(row["proposed_abstract"]),
                tuple(row["proposed_transfer"]), tuple(row["accepted"]),
            )
        )  # fmt: skip
    assert sorted(got, key=repr) == sorted(expected, key=repr)
    assert expected


def _association(request: A_ASSOCIATE_RQ, answer: A_ASSOCIATE_AC) -> tuple[object, ...]:
    asked, told = request.user_information, answer.user_information
    contexts = request.presentation_context
    return (
        request.calling_ae_title.strip(), request.called_ae_title.strip(), asked.implementation_class_uid,
        asked.implementation_version_name, told and told.implementation_class_uid, asked.maximum_length, told and told.maximum_length,
        tuple(str(c.abstract_syntax) for c in contexts),
        tuple(f"{c.context_id}:{','.join(map(str, c.transfer_syntax))}" for c in contexts),
        tuple(f"{c.context_id}:{c.result}:{c.transfer_syntax or ''}" for c in answer.presentation_context),
    )  # fmt: skip


@pytest.mark.parametrize("path", DICOM, ids=lambda path: path.stem)
def test_every_dimse_message(path: Path) -> None:
    expected: Counter[tuple[object, ...]] = Counter()
    for followed in oracle.dicom(_here(path)):
        syntaxes: dict[int, str] = {}
        for kind, pdu in oracle.pdus(followed.server):
            if kind == 2:
                answer = A_ASSOCIATE_AC()
                answer.decode(pdu)
                syntaxes = {c.context_id: str(c.transfer_syntax) for c in answer.presentation_context if c.result == 0}
        for data in (followed.client, followed.server):
            expected.update(_expected(message) for message in oracle.messages(data, syntaxes))
    got = Counter(_got(row) for row in stream("dicom_message", path) if not row["partial"])
    assert got == expected


def _expected(message: oracle.Message) -> tuple[object, ...]:
    command, head = message.command, message.head
    store = head if head is not None and command.CommandField == 0x0001 else {}

    def text(keyword: str) -> str | None:
        value = store.get(keyword) if store else None
        return (
            None if value in (None, "") else "\\".join(value) if not isinstance(value, str) and hasattr(value, "__iter__") else str(value)
        )

    def secret(keyword: str) -> str | None:
        value = text(keyword)
        return _wire.pseudonym(KEY, KEY_ID, value) if value else None

    return (
        message.context, command.CommandField, command.get("MessageID"), command.get("MessageIDBeingRespondedTo"), command.get("Status"),
        command.get("AffectedSOPClassUID"), command.get("MoveDestination"), command.get("NumberOfRemainingSuboperations"),
        command.get("NumberOfCompletedSuboperations"), command.get("NumberOfFailedSuboperations"),
        text("Manufacturer"), text("ManufacturerModelName"), text("DeviceSerialNumber"), text("SoftwareVersions"), text("StationName"),
        text("Modality"), secret("PatientID"), secret("StudyInstanceUID"), secret("AccessionNumber"),
    )  # fmt: skip


def _got(row: Row) -> tuple[object, ...]:
    store = row["command_field"] == 0x0001
    about = ("manufacturer", "model", "serial", "software_versions", "station_name", "modality", "patient", "study", "accession")
    return (
        row["context_id"], row["command_field"], row["message_id"], row["responded_to_id"], row["status"], row["affected_sop_class_uid"],
        row["move_destination"], row["remaining"], row["completed"], row["failed"], *((row[name] if store else None) for name in about),
    )  # fmt: skip
