"""HL7 against tshark, which takes the messages out of their frames; fields are split here (HL7 2.5.1 chapter 2)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from asepsis import _wire

from .captures import HERE
from .oracle import HOSPITAL, body, captures, needs_hospital, needs_tshark, ordered, rows, tshark
from .rows import KEY, KEY_ID

pytestmark = needs_tshark
# On a port that it does not know tshark passes over the first message of a connection.
OPTIONS = ("-o", "hl7.display_raw:TRUE", "-d", "tcp.port==6661,hl7")
Field = str | None


def messages(path: Path) -> list[tuple[str, list[list[str]]]]:
    """Community id and segments, each split into fields."""
    found = []
    for (flow,), segments in tshark(path, "hl7", "communityid", "hl7.raw.segment", options=OPTIONS):
        for segment in segments:
            fields = segment.removesuffix(r"\r").split("|")  # tshark writes the end of the segment as two characters
            if fields[0] == "MSH":
                found.append((flow, [["MSH", "|", *fields[1:]]]))
            elif fields[0]:
                found[-1][1].append(fields)
    return found


def _field(segments: list[list[str]], name: str, index: int, component: int = 0) -> Field:
    for segment in segments:
        if segment[0] == name and len(segment) > index:
            parts = segment[index].partition("~")[0].split("^")
            return (parts[component] or None) if len(parts) > component else None
    return None


def _hidden(value: Field) -> Field:
    return _wire.pseudonym(KEY, KEY_ID, value) if value else None


def _theirs(flow: str, segments: list[list[str]]) -> tuple[object, ...]:
    heads = [_field(segments, "MSH", index) for index in (3, 4, 5, 6)]
    kind = [_field(segments, "MSH", 9, component) for component in (0, 1, 2)]
    rest = [_field(segments, "MSH", index) for index in (10, 11, 12)]
    software = [_field(segments, "SFT", index) for index in (1, 3, 2)]
    answer = [_field(segments, "MSA", index) for index in (1, 2)]
    order = next((value for name in ("ORC", "OBR") if (value := _field(segments, name, 2))), None)
    order = order or next((value for name in ("ORC", "OBR") if (value := _field(segments, name, 3))), None)
    hidden = [_hidden(_field(segments, "PID", 3)), _hidden(order)]
    counts = [f"{name}:{count}" for name, count in Counter(segment[0] for segment in segments).items()]
    return flow, *heads, *kind, *rest, *software, *answer, *hidden, counts, answer[0] is not None


COLUMNS: tuple[str, ...] = ("community_id", "sending_application", "sending_facility", "receiving_application", "receiving_facility")
COLUMNS += ("message_type", "trigger_event", "message_structure", "control_id", "processing_id", "version")
COLUMNS += ("software_vendor", "software_product", "software_version", "ack_code", "acked_control_id", "patient", "order_id")
COLUMNS += ("segments", "is_ack")


@captures("hl7")
def test_messages(path: Path) -> None:
    mine = [tuple(row[column] for column in COLUMNS) for row in rows(path)["hl7"]]
    assert ordered(mine) == ordered(_theirs(flow, segments) for flow, segments in messages(path))
    assert not any(row["malformed"] or row["partial"] for row in rows(path)["hl7"])


@captures("hl7")
def test_every_acknowledgement_finds_its_message(path: Path) -> None:
    acked = {(row["community_id"], row["acked_control_id"]) for row in rows(path)["hl7"] if row["is_ack"]}
    for row in rows(path)["hl7"]:
        assert (row["latency"] is not None) == ((row["community_id"], row["control_id"]) in acked)


def test_messages_over_http() -> None:
    """tshark gives the bodies of HTTP as bytes: HL7 over HTTP is not among what it dissects."""
    path = HERE / "hl7" / "over_http.pcap"
    found = tshark(path, 'http.content_type contains "hl7"', "communityid", "http.file_data")
    texts = [(flow, body(data).decode()) for (flow,), (data,) in found]
    theirs = [_theirs(flow, [_fields(line) for line in text.split("\r") if line]) for flow, text in texts]
    assert ordered(tuple(row[column] for column in COLUMNS) for row in rows(path)["hl7"]) == ordered(theirs)
    assert [row["message_bytes"] for row in rows(path)["hl7"]] == [len(text) for _, text in texts]


def _fields(line: str) -> list[str]:
    name, *fields = line.split("|")
    return [name, "|", *fields] if name == "MSH" else [name, *fields]


@needs_hospital
def test_two_hundred_messages_and_their_acknowledgements() -> None:
    found = [row["is_ack"] for path in HOSPITAL if path.name.startswith("hl7") for row in rows(path)["hl7"]]
    assert Counter(found) == {True: 200, False: 200}
