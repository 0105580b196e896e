"""What asepsis says of a capture: its rows as facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .facts import Fact, Facts, Flow, counted, flow
from .rows import Row, open_captures, read


def facts(path: Path) -> Facts:
    return counted(_all(path))


def _all(path: Path) -> Iterator[tuple[str, Fact]]:
    packets: Counter[tuple[str, Flow]] = Counter()
    for stream, row in read(open_captures(path)):
        yield from _of(stream, row)
        if stream == "conn" and row["proto"] in ("tcp", "udp"):
            # Of the rows of one connection the one with the most packets is the whole.
            whole = row["uid"], _flow(row, row["proto"])
            packets[whole] = max(packets[whole], row["orig_pkts"] + row["resp_pkts"])
    for _, found in packets.elements():
        yield "packets", (found,)


def _of(stream: str, row: Row) -> Iterator[tuple[str, Fact]]:
    match stream:
        case "conn" if row["proto"] in ("tcp", "udp"):
            yield "connections", (_flow(row, row["proto"]),)
        case "dns":
            # A row with the time between them is a query and its answer: two messages.
            for _ in range(1 if row["rtt"] is None else 2):
                yield "DNS names", (_flow(row, row["proto"]), row["flavor"], row["trans_id"], row["query"])
        case "ssl" if row["server_name"]:
            yield "TLS server names", (_flow(row), row["server_name"])
        case "dhcp" if row["host_name"]:
            yield "DHCP host names", (_flow(row, "udp"), row["trans_id"], row["host_name"])
        case "smb_mapping" | "smb_files":
            yield "SMB dialects", (_flow(row), row["version"], row["dialect"])
        case "dicom_association" if not row["midstream"]:
            yield "DICOM associations", (_flow(row), row["calling_ae"], row["called_ae"])
        case "dicom_message":
            yield "DIMSE commands", (_flow(row), row["command"])
        case "dce_rpc" if row["calls"]:
            for _ in range(row["calls"]):
                yield "RPC calls", (_flow(row), row["opnum"])
        case "kerberos":
            where = _flow(row, "krb")
            if row["realm"] and row["request_type"]:
                yield "Kerberos messages", (where, f"{row['request_type']}-REQ", None)
            if row["success"] is not None:
                kind = f"{row['request_type']}-REP" if row["success"] else "ERROR"
                yield "Kerberos messages", (where, kind, row["error_code"])
        case "hl7":
            yield "HL7 messages", (_flow(row), row["message_type"], row["trigger_event"])


def _flow(row: Row, transport: str = "tcp") -> Flow:
    return flow(transport, (row["id_orig_h"], row["id_orig_p"]), (row["id_resp_h"], row["id_resp_p"]))
