"""What the lake's rows say about assets, counted down to one row a distinct fact.

Takes any object with `.rows(query)`. The queries keep to SQL that DuckDB and Spark both speak, and every answer is bounded:
an attacker who invents names by the million makes the inventory incomplete, not endless.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

MAX_FACTS = 200_000
"""Rows an answer may have: 4,000 devices with 50 distinct facts each."""
MAX_TEXT = 256
"""Characters kept of one text: the longest name a protocol here allows is a DNS name of 253 (RFC 1035 2.3.4)."""


class Lake(Protocol):
    """The one thing asked of a lake."""

    def rows(self, query: str) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What every observation carries: when, how often, and one event that shows it."""

    first: datetime
    last: datetime
    events: int
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Talker(Fact):
    """An address that sent something, in frames with this MAC address (which is a router's as often as its own)."""

    address: str
    mac: str | None
    vlan: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Fact):
    """ARP or DHCP said that this MAC address has this address. `source` is the stream."""

    address: str
    mac: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Served(Fact):
    """An address answered on a port."""

    address: str
    port: int
    proto: str
    service: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Used(Fact):
    """An address was a client of a service."""

    address: str
    port: int
    proto: str
    service: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Fact):
    """What a DHCP client says of itself (RFC 2132 options 12, 60; RFC 4702 option 81)."""

    mac: str
    host_name: str | None
    client_fqdn: str | None
    vendor_class: str | None
    fingerprint: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named(Fact):
    """A name for an address: `source` is the stream that gave it."""

    address: str
    hostname: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Association(Fact):
    """One pair of application entities (DICOM PS3.8 9.3) and the implementations they name (PS3.7 D.3.3.2)."""

    orig: str
    resp: str
    port: int
    calling_ae: str | None
    called_ae: str | None
    calling_uid: str | None
    calling_version: str | None
    called_uid: str | None
    called_version: str | None
    proposed: tuple[str, ...]
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimse(Fact):
    """DIMSE commands of one kind between two application entities (PS3.7 9, 10). `ok`: answered with success or pending."""

    orig: str
    resp: str
    port: int
    calling_ae: str | None
    called_ae: str | None
    command: str
    sop_class: str | None
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(Fact):
    """Objects sent by C-STORE and the equipment they name (PS3.3 C.7.5.1). `moved`: sent because another asked by C-MOVE or C-GET."""

    sender: str
    sender_ae: str | None
    receiver: str
    sop_class: str | None
    modality: str | None
    manufacturer: str | None
    model: str | None
    serial: str | None
    software: str | None
    station: str | None
    device_uid: str | None
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Fact):
    """HL7 v2 messages of one kind (MSH-3 to MSH-6, MSH-9, SFT)."""

    orig: str
    resp: str
    port: int
    is_ack: bool
    sending_application: str | None
    sending_facility: str | None
    receiving_application: str | None
    receiving_facility: str | None
    message_type: str | None
    software_vendor: str | None
    software_product: str | None
    software_version: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing(Fact):
    """One connection from `orig` carried messages of several HL7 applications."""

    orig: str
    applications: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirServer(Fact):
    """An address answered FHIR."""

    address: str
    port: int
    software: str | None
    publisher: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Described(Fact):
    """A device told what it is: asked for its metadata (DPWS 1.1 ThisModel and ThisDevice; IEEE 11073 SDC), in the header of its messages
    (ASTM E1394 7.1.5) or in its hello (POCT01-A2 B.6). `source` is the stream."""

    address: str
    source: str
    manufacturer: str | None
    model: str | None
    serial: str | None
    software: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share(Fact):
    """An address served an SMB share. `share` is a well-known name, a pseudonym or unknown; `files`: files were opened in it."""

    address: str
    share: str | None
    files: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner(Fact):
    """How a program names itself in HTTP: `role` is `server` (Server) or `client` (User-Agent). RFC 9110 10.1.5, 10.2.4."""

    address: str
    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Observations:
    """All that was seen. The order of rows means nothing."""

    talkers: tuple[Talker, ...] = ()
    bindings: tuple[Binding, ...] = ()
    served: tuple[Served, ...] = ()
    used: tuple[Used, ...] = ()
    clients: tuple[Client, ...] = ()
    names: tuple[Named, ...] = ()
    associations: tuple[Association, ...] = ()
    dimse: tuple[Dimse, ...] = ()
    stores: tuple[Store, ...] = ()
    messages: tuple[Message, ...] = ()
    sharing: tuple[Sharing, ...] = ()
    fhir: tuple[FhirServer, ...] = ()
    shares: tuple[Share, ...] = ()
    banners: tuple[Banner, ...] = ()
    described: tuple[Described, ...] = ()

    def in_order(self) -> Observations:
        """The same, sorted: what is built from it never depends on the order of rows."""
        return Observations(*(tuple(sorted(getattr(self, f.name), key=repr)) for f in fields(self)))


_SEEN = "min(ts) AS first, max(ts) AS last, count(*) AS events, min(event_id) AS event_id"

_QUERIES: tuple[tuple[str, type[Fact], str, str], ...] = (
    (
        "talkers",
        Talker,
        "address, mac, vlan",
        """
        (SELECT id_orig_h AS address, orig_l2_addr AS mac, vlan, ts, event_id FROM conn WHERE orig_pkts > 0
         UNION ALL SELECT id_resp_h, resp_l2_addr, vlan, ts, event_id FROM conn WHERE resp_pkts > 0) t""",
    ),
    (
        "bindings",
        Binding,
        "address, mac, source",
        """
        (SELECT sender_ip AS address, sender_mac AS mac, 'arp' AS source, ts, event_id FROM arp
         UNION ALL SELECT coalesce(assigned_addr, client_addr), mac, 'dhcp', ts, event_id FROM dhcp WHERE msg_type = 'ACK'
         UNION ALL SELECT client_addr, mac, 'dhcp', ts, event_id FROM dhcp WHERE msg_type IN ('REQUEST', 'INFORM')) t
        WHERE address IS NOT NULL AND mac IS NOT NULL""",
    ),
    (
        "served",
        Served,
        "address, port, proto, service",
        """
        (SELECT id_resp_h AS address, id_resp_p AS port, proto, service, ts, event_id FROM conn
         WHERE resp_pkts > 0 AND proto IN ('tcp', 'udp') AND (service IS NOT NULL OR (resp_bytes > 0 AND id_resp_p < 49152))) t""",
    ),
    (
        "served",
        Served,
        "address, port, proto, service",
        """
        (SELECT server_addr AS address, 67 AS port, 'udp' AS proto, 'dhcp' AS service, ts, event_id FROM dhcp
         WHERE msg_type IN ('OFFER', 'ACK') AND server_addr IS NOT NULL) t""",
    ),
    (
        "used",
        Used,
        "address, port, proto, service",
        """
        (SELECT id_orig_h AS address, CASE WHEN service IS NULL THEN id_resp_p ELSE 0 END AS port, proto, service, ts, event_id FROM conn
         WHERE resp_pkts > 0 AND proto IN ('tcp', 'udp') AND (service IS NOT NULL OR id_resp_p < 1024)) t""",
    ),
    (
        "clients",
        Client,
        "mac, host_name, client_fqdn, vendor_class, fingerprint",
        """
        (SELECT * FROM dhcp WHERE mac IS NOT NULL AND msg_type IN ('DISCOVER', 'REQUEST', 'INFORM')) t""",
    ),
    (
        "names",
        Named,
        "address, hostname, source",
        """
        (SELECT a.address, d.query AS hostname, 'dns' AS source, d.ts, d.event_id
         FROM (SELECT query, ts, event_id, unnest(answers) AS answer FROM dns
               WHERE qtype_name IN ('A', 'AAAA') AND len(answers) BETWEEN 1 AND 8) d
         JOIN (SELECT DISTINCT id_resp_h AS address FROM conn WHERE resp_pkts > 0
               UNION SELECT DISTINCT id_orig_h FROM conn WHERE orig_pkts > 0) a ON a.address = d.answer) t""",
    ),
    (
        "names",
        Named,
        "address, hostname, source",
        """
        (SELECT id_resp_h AS address, server_name AS hostname, 'ssl' AS source, ts, event_id FROM ssl
         WHERE server_name IS NOT NULL AND version IS NOT NULL) t""",
    ),
    (
        "associations",
        Association,
        "orig, resp, port, calling_ae, called_ae, calling_uid, calling_version, called_uid, called_version, proposed, accepted",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, calling_ae, called_ae,
                calling_implementation_class_uid AS calling_uid, calling_implementation_version AS calling_version,
                called_implementation_class_uid AS called_uid, called_implementation_version AS called_version,
                proposed_abstract AS proposed,
                called_implementation_class_uid IS NOT NULL OR result IN ('accepted', 'released') AS accepted, ts, event_id
         FROM dicom_association) t""",
    ),
    (
        "dimse",
        Dimse,
        "orig, resp, port, calling_ae, called_ae, command, sop_class, ok",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, calling_ae, called_ae, command,
                coalesce(affected_sop_class_uid, requested_sop_class_uid, abstract_syntax) AS sop_class,
                coalesce(status IN (0, 65280, 65281), FALSE) AS ok, ts, event_id
         FROM dicom_message WHERE command IS NOT NULL) t""",
    ),
    (
        "stores",
        Store,
        "sender, sender_ae, receiver, sop_class, modality, manufacturer, model, serial, software, station, device_uid, moved",
        """
        (SELECT CASE WHEN g.uid IS NULL THEN id_orig_h ELSE id_resp_h END AS sender,
                CASE WHEN g.uid IS NULL THEN calling_ae ELSE called_ae END AS sender_ae,
                CASE WHEN g.uid IS NULL THEN id_resp_h ELSE id_orig_h END AS receiver,
                coalesce(affected_sop_class_uid, abstract_syntax) AS sop_class, modality, manufacturer, model, serial,
                software_versions AS software, station_name AS station, device_uid,
                g.uid IS NOT NULL OR move_originator_ae IS NOT NULL AS moved, ts, event_id
         FROM dicom_message m LEFT JOIN (SELECT DISTINCT uid FROM dicom_message WHERE command = 'C-GET-RQ') g ON m.uid = g.uid
         WHERE command = 'C-STORE-RQ') t""",
    ),
    (
        "messages",
        Message,
        "orig, resp, port, is_ack, sending_application, sending_facility, receiving_application, receiving_facility, message_type, "
        "software_vendor, software_product, software_version",
        """
        (SELECT id_orig_h AS orig, id_resp_h AS resp, id_resp_p AS port, * FROM
            (SELECT * FROM hl7 WHERE is_ack IS NOT NULL) h) t""",
    ),
    (
        "sharing",
        Sharing,
        "orig, applications",
        """
        (SELECT id_orig_h AS orig, count(DISTINCT sending_application) AS applications, min(ts) AS ts, min(event_id) AS event_id
         FROM hl7 WHERE NOT is_ack GROUP BY id_orig_h, uid HAVING count(DISTINCT sending_application) > 1) t""",
    ),
    (
        "fhir",
        FhirServer,
        "address, port, software, publisher",
        """
        (SELECT id_resp_h AS address, id_resp_p AS port, software, publisher, ts, event_id FROM fhir WHERE status_code < 500) t""",
    ),
    (
        "shares",
        Share,
        "address, share, files",
        """
        (SELECT id_resp_h AS address, share, FALSE AS files, ts, event_id FROM smb_mapping WHERE coalesce(status, 0) = 0
         UNION ALL SELECT id_resp_h, share, TRUE, ts, event_id FROM smb_files WHERE coalesce(status, 0) = 0) t""",
    ),
    (
        "banners",
        Banner,
        "address, role, text",
        """
        (SELECT id_resp_h AS address, 'server' AS role, server AS text, ts, event_id FROM http WHERE server IS NOT NULL
         UNION ALL SELECT id_orig_h, 'client', user_agent, ts, event_id FROM http WHERE user_agent IS NOT NULL) t""",
    ),
    (
        "described",
        Described,
        "address, source, manufacturer, model, serial, software",
        """
        (SELECT id_resp_h AS address, 'sdc' AS source, manufacturer, model, serial, firmware AS software, ts, event_id
         FROM sdc
         WHERE transport = 'http' AND action = 'GetResponse' AND coalesce(manufacturer, model, serial) IS NOT NULL
         UNION ALL
         SELECT CASE WHEN is_orig THEN id_orig_h ELSE id_resp_h END, 'astm', manufacturer, model, serial_number,
                software_version, ts, event_id
         FROM astm WHERE coalesce(model, serial_number) IS NOT NULL
         UNION ALL
         SELECT CASE WHEN is_orig THEN id_orig_h ELSE id_resp_h END, 'poct1', coalesce(manufacturer, vendor_id), model, serial_number,
                software_version, ts, event_id
         FROM poct1 WHERE message_type = 'HEL.R01') t""",
    ),
)


def observe(lake: Lake) -> Observations:
    """Everything the lake's streams say about assets."""
    found: dict[str, list[Fact]] = {}
    for name, kind, keys, source in _QUERIES:
        query = f"SELECT {keys}, {_SEEN} FROM {source} GROUP BY {keys} ORDER BY event_id LIMIT {MAX_FACTS}"  # noqa: S608 - no input in it
        found.setdefault(name, []).extend(rows(kind, lake.rows(query)))
    return Observations(**{name: tuple(facts) for name, facts in found.items()})  # type: ignore[arg-type]


F = TypeVar("F", bound=Fact)


def rows(kind: type[F], values: Iterable[dict[str, Any]]) -> list[F]:
    """Typed observations from plain rows; rows without an address they need are left out."""
    needed = [f.name for f in fields(kind) if f.name in ("address", "orig", "resp", "sender", "receiver", "text", "hostname", "proto")]
    out = []
    for value in values:
        if all(value[name] for name in needed):
            out.append(kind(**{name: _cell(v) for name, v in value.items()}))
    return out


def _cell(value: Any) -> Any:
    """Times in UTC, lists as tuples, texts trimmed and bounded (an empty text says nothing)."""
    if isinstance(value, str):
        return value.strip(" \0")[:MAX_TEXT] or None
    if isinstance(value, list):
        return tuple(sorted(str(v) for v in value if v))
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
