"""A lake of rows written by hand: every stream the inventory reads, with the columns it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from asepsis.lake import pairs
from asepsis.lake.engine import PLACES, Span, placed

_T, _I, _B, _L = "VARCHAR", "BIGINT", "BOOLEAN", "VARCHAR[]"


def _texts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), _T)


COMMON = _texts("event_id uid id_orig_h id_resp_h") | {"ts": "TIMESTAMPTZ", "id_orig_p": _I, "id_resp_p": _I}
STREAMS: dict[str, dict[str, str]] = {
    "conn": _texts("proto service orig_l2_addr resp_l2_addr conn_state")
    | dict.fromkeys(("orig_pkts", "resp_pkts", "orig_bytes", "resp_bytes", "vlan", "orig_ttl", "resp_ttl"), _I)
    | {"midstream": _B},
    "arp": _texts("sender_mac sender_ip"),
    "dhcp": _texts(
        "msg_type mac client_addr assigned_addr requested_addr server_addr host_name client_fqdn vendor_class fingerprint client_id"
    ),
    "dns": _texts("query qtype_name") | {"answers": _L},
    "http": _texts("server user_agent"),
    "fhir": _texts("software publisher") | {"status_code": _I},
    "ssl": _texts("server_name version ja4"),
    "ntlm": _texts("hostname client_os_version server_os_version server_dns_computer_name server_nb_computer_name"),
    "ssh": _texts("client server"),
    "x509": _texts("fingerprint") | dict.fromkeys(("host_cert", "client_cert"), _B),
    "smb_mapping": _texts("share dialect") | {"status": _I},
    "smb_files": _texts("share share_type name") | {"status": _I},
    "dicom_association": _texts("calling_ae called_ae calling_implementation_class_uid calling_implementation_version")
    | _texts("called_implementation_class_uid called_implementation_version result")
    | _texts("contexts_hash")
    | {"proposed_abstract": _L},
    "dicom_message": _texts("calling_ae called_ae command abstract_syntax affected_sop_class_uid requested_sop_class_uid")
    | _texts("move_originator_ae modality manufacturer model serial software_versions station_name device_uid")
    | {"status": _I},
    "hl7": _texts("sending_application sending_facility receiving_application receiving_facility message_type")
    | _texts("software_vendor software_product software_version")
    | {"is_ack": _B},
    "sdc": _texts("transport action service endpoint manufacturer model serial firmware") | {"scopes": _L, "types": _L},
    "astm": _texts("sender manufacturer model serial_number software_version") | {"is_orig": _B, "results": _I},
    "poct1": _texts("message_type vendor_id manufacturer model serial_number software_version") | {"is_orig": _B},
}
START = datetime(2026, 3, 2, 8, tzinfo=UTC)

Row = tuple[str, dict[str, Any]]


class RowLake:
    """Answers SQL over the rows, as the lake does."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._db = duckdb.connect()
        self._db.execute("SET TimeZone = 'UTC'")
        for name, columns in STREAMS.items():
            self._db.execute(f"CREATE TABLE {name} ({', '.join(f'{c} {t}' for c, t in (COMMON | columns).items())})")
        self._db.execute(PLACES)
        for name, values in rows:
            assert values.keys() <= (COMMON | STREAMS[name]).keys(), (name, values)
            self._db.execute(f"INSERT INTO {name} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", list(values.values()))

        self._db.execute(f"CREATE VIEW pairs AS {pairs.summed()}")

    def place(self, spans: Sequence[Span]) -> None:
        for name in STREAMS if spans else ():
            self._db.execute(f"ALTER TABLE {name} RENAME TO raw_{name}")
            self._db.execute(f"CREATE VIEW {name} AS {placed(f'SELECT * FROM raw_{name}')}")
        if spans:
            self._db.executemany("INSERT INTO places VALUES (?, ?, ?, ?)", spans)

    def rows(self, query: str) -> list[dict[str, Any]]:
        answer = self._db.execute(query)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


class Traffic:
    """Rows in the order they are told; each gets an event id and a time."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, stream: str, orig: str = "", resp: str = "", port: int = 0, **values: Any) -> Traffic:
        n = len(self.rows)
        common = {"event_id": f"e{n:04}", "ts": START + timedelta(seconds=n), "uid": values.pop("uid", f"C{n}")}
        self.rows.append((stream, common | {"id_orig_h": orig, "id_resp_h": resp, "id_resp_p": port} | values))
        return self

    def conn(
        self, orig: str, resp: str, port: int, service: str | None = None, macs: tuple[str | None, str | None] = (None, None), **values: Any
    ) -> Traffic:
        told = {
            "proto": "tcp",
            "service": service,
            "orig_pkts": 5,
            "resp_pkts": 5,
            "resp_bytes": 100,
            "orig_l2_addr": macs[0],
            "resp_l2_addr": macs[1],
        }
        return self.add("conn", orig, resp, port, **(told | values))

    def arp(self, mac: str, address: str) -> Traffic:
        return self.add("arp", address, "", sender_mac=mac, sender_ip=address)

    def dicom(
        self,
        orig: str,
        resp: str,
        calling: str,
        called: str,
        proposed: list[str],
        macs: tuple[str | None, str | None] = (None, None),
        **values: Any,
    ) -> Traffic:
        toolkit = {f"{side}_implementation_{what}": value for side in ("calling", "called") for what, value in (
            ("class_uid", "1.2.276.0.7230010.3.0.3.6.7"), ("version", "OFFIS_DCMTK_367"))}  # fmt: skip
        self.conn(orig, resp, 104, "dicom", macs)
        return self.add(
            "dicom_association",
            orig,
            resp,
            104,
            calling_ae=calling,
            called_ae=called,
            proposed_abstract=proposed,
            result="released",
            **(toolkit | values),
        )

    def dimse(self, orig: str, resp: str, calling: str, called: str, command: str, sop_class: str, **values: Any) -> Traffic:
        return self.add(
            "dicom_message",
            orig,
            resp,
            104,
            calling_ae=calling,
            called_ae=called,
            command=command,
            affected_sop_class_uid=sop_class,
            **values,
        )

    def store(self, orig: str, resp: str, calling: str, called: str, machine: dict[str, str], sop_class: str, **values: Any) -> Traffic:
        self.dimse(orig, resp, calling, called, "C-STORE-RQ", sop_class, **(machine | values))
        return self.dimse(orig, resp, calling, called, "C-STORE-RSP", sop_class, status=0)

    def hl7(self, orig: str, resp: str, application: str, facility: str, receiver: str, uid: str) -> Traffic:
        to = {"receiving_application": receiver, "receiving_facility": "HOSP", "uid": uid}
        self.add(
            "hl7", orig, resp, 2575, is_ack=False, sending_application=application, sending_facility=facility, message_type="ADT", **to
        )
        return self.add(
            "hl7", orig, resp, 2575, is_ack=True, sending_application=receiver, sending_facility="HOSP", message_type="ACK", uid=uid
        )


CT, MR, ECHO, STUDY_FIND = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.2.2.1"
WORKLIST_FIND = "1.2.840.10008.5.1.4.31"
SIGNA = {
    "modality": "MR",
    "manufacturer": "GE MEDICAL SYSTEMS",
    "model": "SIGNA Architect",
    "serial": "SN13363",
    "software_versions": "29.1",
    "station_name": "MR01",
}
SOMATOM = {
    "modality": "CT",
    "manufacturer": "SIEMENS",
    "model": "SOMATOM Force",
    "serial": "SN36170",
    "software_versions": "VB20A",
    "station_name": "CT01",
}
AZURION = {"modality": "XA", "manufacturer": "Philips", "model": "Azurion 7", "serial": "722078", "station_name": "XA01"}


def adapter_hospital() -> Traffic:
    """One address with three machines, a server of all work, two HL7 senders behind the same MAC: as real captures showed it."""
    t, macs = Traffic(), ("a6:a6:b1:05:2f:ac", "4a:2c:79:ab:f4:73")
    one, two = "10.10.0.1", "10.10.0.2"
    t.dicom(one, two, "CT01", "PACS", [ECHO], macs).dimse(one, two, "CT01", "PACS", "C-ECHO-RQ", ECHO)
    t.dicom(one, two, "MR01", "PACS", [MR], macs)
    t.dicom(one, two, "CT02", "PACS", [CT], macs)
    for _ in range(3):
        t.store(one, two, "MR01", "PACS", SIGNA, MR).store(one, two, "CT02", "PACS", SOMATOM, CT)
    t.dicom(one, two, "WS1", "PACS", [STUDY_FIND], macs)
    t.dimse(one, two, "WS1", "PACS", "C-FIND-RQ", STUDY_FIND).dimse(one, two, "WS1", "PACS", "C-FIND-RSP", STUDY_FIND, status=0xFF00)
    t.conn(one, two, 53, "dns", macs, proto="udp").add("dns", one, two, 53, query="h1.hospital.test", qtype_name="A", answers=[two])
    t.conn(one, two, 80, "http", macs).add("fhir", one, two, 80, status_code=200).conn(one, two, 445, "smb", macs)
    t.add("smb_mapping", one, two, 445, share="IPC$").add("smb_mapping", one, two, 445, share="k1:share")
    for address in ("10.10.0.11", "10.10.0.12"):
        t.conn(address, two, 2575, "hl7", macs)
        for application, facility in (("LAB", "CORE"), ("RIS", "RAD"), ("EPICADT", "HOSP"), ("MONITOR", "ICU")):
            t.hl7(address, two, application, facility, "EHR", f"H{address}")
    return t
