"""Associations against tshark, DIMSE messages against pydicom: tshark mis-reads commands in streams of JPEG-LS, pydicom does not.

Where we differ on purpose: texts are trimmed, and software versions of several values stand in one text with backslashes.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import PersonName

from asepsis import _wire

from .dimse import Message, accepted, messages
from .oracle import captures, first, needs_tshark, ordered, payloads, rows, tshark, uid
from .rows import KEY, KEY_ID

pytestmark = needs_tshark


def _contexts(
    kinds: list[str], ids: list[str], results: list[str], abstracts: list[str], transfers: list[str]
) -> tuple[list[str], list[str]]:
    """What tshark gives flat, by presentation context again: the item types say where each begins (PS3.8 9.3.2.2, 9.3.3.2)."""
    syntaxes: list[list[str]] = []
    rest = iter(transfers)
    for kind in kinds:
        if kind in ("0x20", "0x21"):
            syntaxes.append([])
        elif kind == "0x40":
            syntaxes[-1].append(uid(next(rest)))
    numbers = [int(text, 0) for text in ids]
    if results:
        return [], [f"{n}:{int(result, 0)}:{','.join(names)}" for n, result, names in zip(numbers, results, syntaxes, strict=True)]
    return [uid(name) for name in abstracts], [f"{n}:{','.join(names)}" for n, names in zip(numbers, syntaxes, strict=True)]


@captures("dicom")
def test_associations(path: Path) -> None:
    about = ("assoc.ae.calling", "assoc.ae.called", "userinfo.uid", "userinfo.version", "max_pdu_len")
    flat = ("assoc.item.type", "pctx.id", "pctx.result", "pctx.abss.syntax", "pctx.xfer.syntax")
    fields = ("communityid", "dicom.pdu.type", *(f"dicom.{name}" for name in about + flat))
    asked: dict[str, tuple[object, ...]] = {}
    answered: dict[str, tuple[object, ...]] = {}
    ends: dict[str, set[str]] = defaultdict(set)
    for (flow,), kinds, calling, called, software, version, longest, *contexts in tshark(path, "dicom", *fields):
        ends[flow] |= set(kinds)
        known = (first(software), first(version), int(longest[0]) if longest else None)
        if "0x01" in kinds:
            asked[flow] = (calling[0].strip(), called[0].strip(), *known, *_contexts(*contexts))
        elif "0x02" in kinds:
            answered[flow] = (*known, _contexts(*contexts)[1])
    columns = ("implementation_class_uid", "implementation_version", "max_pdu")
    for row in rows(path)["dicom_association"]:
        flow = row["community_id"]
        mine = (row["calling_ae"], row["called_ae"], *(row[f"calling_{name}"] for name in columns))
        assert (*mine, row["proposed_abstract"], row["proposed_transfer"]) == asked[flow]
        if flow in answered:
            assert (*(row[f"called_{name}"] for name in columns), row["accepted"]) == answered[flow]
        expected = {"0x03": "rejected", "0x05": "released", "0x07": "aborted"}
        assert row["result"] == next((name for kind, name in expected.items() if kind in ends[flow]), "accepted")
    assert {row["community_id"] for row in rows(path)["dicom_association"]} == set(asked)


COMMAND = {
    "command_field": "CommandField",
    "message_id": "MessageID",
    "responded_to_id": "MessageIDBeingRespondedTo",
    "status": "Status",
    "priority": "Priority",
    "move_destination": "MoveDestination",
    "move_originator_ae": "MoveOriginatorApplicationEntityTitle",
    "move_originator_message_id": "MoveOriginatorMessageID",
    "remaining": "NumberOfRemainingSuboperations",
    "completed": "NumberOfCompletedSuboperations",
    "failed": "NumberOfFailedSuboperations",
    "warning": "NumberOfWarningSuboperations",
    "requested_sop_class_uid": "RequestedSOPClassUID",
    "event_type_id": "EventTypeID",
    "action_type_id": "ActionTypeID",
}
EQUIPMENT = {
    "modality": "Modality",
    "manufacturer": "Manufacturer",
    "model": "ManufacturerModelName",
    "serial": "DeviceSerialNumber",
    "software_versions": "SoftwareVersions",
    "station_name": "StationName",
}
PATIENT = {"patient": "PatientID", "study": "StudyInstanceUID", "accession": "AccessionNumber"}


def _text(data: Dataset, keyword: str) -> Any:
    value = data.get(keyword)
    if isinstance(value, MultiValue):
        value = "\\".join(map(str, value))
    return (str(value).strip() or None) if isinstance(value, str | PersonName) else value


def _keys(data: Dataset, prefix: str = "") -> list[str]:
    """Query keys and how each is asked (PS3.4 C.2.2.2)."""
    found = []
    for element in data:
        name = prefix + element.keyword
        if element.VR == "SQ":
            found.append(f"{name}:sequence")
            for item in element.value:
                found += _keys(item, f"{name}.")
        elif element.keyword and element.tag.element:
            text = _text(data, element.keyword)
            listed = isinstance(element.value, MultiValue)
            ranged = element.VR in ("DA", "TM", "DT") and "-" in str(text)
            wild = text is not None and any(sign in str(text) for sign in "*?")
            kind = "universal" if text is None else "list" if listed else "range" if ranged else "wildcard" if wild else "value"
            found.append(f"{name}:{kind}")
    return found


def _theirs(message: Message) -> dict[str, Any]:
    command, data = message.command, message.data
    expected = {column: _text(command, keyword) for column, keyword in COMMAND.items()}
    expected["context_id"], expected["transfer_syntax"] = message.context, message.transfer
    expected["affected_sop_class_uid"] = _text(command, "AffectedSOPClassUID")
    instance = _text(command, "AffectedSOPInstanceUID")
    expected["affected_sop_instance"] = instance and _wire.pseudonym(KEY, KEY_ID, instance)
    expected["dataset_bytes"], expected["partial"] = message.size, not message.whole
    if command.CommandField == 0x0001:
        expected |= {column: _text(data, keyword) for column, keyword in EQUIPMENT.items()}
        hidden = {column: _text(data, keyword) for column, keyword in PATIENT.items()}
        expected |= {column: value and _wire.pseudonym(KEY, KEY_ID, value) for column, value in hidden.items()}
        expected["institution_present"] = _text(data, "InstitutionName") is not None
    if command.CommandField in (0x0020, 0x0021):
        expected |= {"query_level": _text(data, "QueryRetrieveLevel"), "query_keys": _keys(data)}
    return expected


def _in_place(values: dict[str, Any]) -> tuple[object, ...]:
    """Where a message belongs among those of its connection, whatever the clock says."""
    answer = bool(values["command_field"] & 0x8000)
    left = values["remaining"] if values["remaining"] is not None else -1
    return answer, values["message_id"] or values["responded_to_id"], -left, -(values["status"] or 0)


@captures("dicom")
def test_messages(path: Path) -> None:
    theirs: dict[str, list[dict[str, Any]]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for flow, sides in payloads(path, "dicom || tcp.port in {104, 11112, 11113, 11115, 11200}").items():
            transfers = {context: name for side in sides for context, name in accepted(side).items()}
            theirs[flow] = [_theirs(message) for side in sides for message in messages(side, transfers)]
    mine: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows(path)["dicom_message"]:
        mine[row["community_id"]].append(row)
    assert set(mine) == {flow for flow, found in theirs.items() if found}
    for flow, found in mine.items():
        pairs = zip(sorted(found, key=_in_place), sorted(theirs[flow], key=_in_place), strict=True)
        for row, expected in pairs:
            assert {column: row[column] for column in expected} == expected
    assert not ordered(row["malformed"] for row in rows(path)["dicom_message"] if row["malformed"])
