"""DICOMweb of Orthanc against tshark, which takes the bodies out of the packets, and Python's own readers of MIME and JSON."""

from __future__ import annotations

import json
from email.parser import BytesParser
from urllib.parse import parse_qs, urlsplit

from asepsis import _wire

from .captures import HERE
from .oracle import first, needs_tshark, number, payloads, rows, tshark
from .rows import KEY, KEY_ID

pytestmark = needs_tshark
CAPTURE = HERE / "dicomweb" / "orthanc.pcap"


def _messages(stream: bytes) -> list[tuple[str, str, bytes]]:
    """Start line, media type and body of every message of one direction, which its length or the connection's end frames (RFC 9112 6.3)."""
    found = []
    while stream:
        head, _, rest = stream.partition(b"\r\n\r\n")
        fields = BytesParser().parsebytes(head.partition(b"\r\n")[2])
        size = int(fields.get("Content-Length", len(rest) if head.startswith(b"HTTP/") else 0))
        found.append((head.split(b"\r\n")[0].decode(), fields.get("Content-Type", ""), rest[:size]))
        stream = rest[size:]
    return found


def _parts(kind: str, body: bytes) -> list[bytes]:
    boundary = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode()).get_boundary() or ""
    return [part.partition(b"\r\n\r\n")[2] for part in (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1:-1]]


def _hidden(text: str | None) -> str | None:
    return _wire.pseudonym(KEY, KEY_ID, text) if text else None


def test_transactions() -> None:
    talks = []
    for flow, sides in payloads(CAPTURE, "tcp.port == 8042").items():
        found = [row for row in rows(CAPTURE)["dicomweb"] if row["community_id"] == flow]
        talks += list(zip(found, *map(_messages, sides), strict=True))
    assert len(talks) == len(rows(CAPTURE)["dicomweb"]) == 7
    for row, (line, kind, body), (status, mime, answer) in talks:
        target = urlsplit(line.split()[1])
        asked = {name: values[0] for name, values in parse_qs(target.query).items()}
        _, _, after = target.path.partition("/studies/")
        assert row["study"] == _hidden(after.partition("/")[0] or asked.get("studyUID"))
        assert row["patient"] == _hidden(asked.get("PatientID"))
        assert (row["request_bytes"], row["response_bytes"], row["status_code"]) == (len(body), len(answer), int(status.split()[1]))
        lists = row["service"] in ("qido", "wado") and mime == "application/dicom+json"
        assert row["matches"] == (len(json.loads(answer)) if lists else None)
        bodies = [one for one in ((kind, body), (mime, answer)) if one[0].startswith("multipart/")]
        files = [file for one in bodies for file in _parts(*one)]
        assert row["parts"] == (len(files) if bodies else None)
        files += [body] if kind == "application/dicom" else []
        assert (row["instances"] or 0) == sum(file[128:132] == b"DICM" for file in files)
        assert row["marks"] == (["dicom-preamble-mz"] if any(file.startswith(b"MZ") for file in files) else [])


def test_parts_as_tshark_sees_them() -> None:
    theirs = [number(values) for (values,) in tshark(CAPTURE, "mime_multipart", "frame.number")]
    assert len(theirs) == sum(row["parts"] is not None for row in rows(CAPTURE)["dicomweb"])
    kinds = [first(kind) for (kind,) in tshark(CAPTURE, "http.response && mime_multipart", "http.content_type")]
    assert all((kind or "").startswith("multipart/related") for kind in kinds)
