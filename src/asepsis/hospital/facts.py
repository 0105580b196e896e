"""What events say of assets: one value a distinct fact, with when, how often, and one event that shows it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime


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
class Claimer(Fact):
    """A MAC address that claimed so many IPv4 addresses within one hour by ARP that it answers for others."""

    mac: str


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
    """What a DHCP client says of itself (RFC 2132 options 12, 60, 61; RFC 4702 option 81). `place`: the address that it has or asks for."""

    mac: str
    place: str | None
    client_id: str | None
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
    """One pair of application entities (DICOM PS3.8 9.3) and the implementations they name (PS3.7 D.3.3.2). `contexts` is the fingerprint
    of what was proposed."""

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
    contexts: str | None
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
class Exchange(Fact):
    """An address that spoke SIP with so many others that it is no telephone."""

    address: str
    partners: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocking(Fact):
    """On one day an address tried to open TCP connections to about so many machines of the site, and most of all that it tried was in
    vain."""

    address: str
    machines: int


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
class Results(Fact):
    """Results of a laboratory went from one address to another in ASTM records (E1394 R). `named`, `manufacturer`: what the header says of
    the sender, which is not always its model."""

    sender: str
    receiver: str
    named: str | None
    manufacturer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Fact):
    """A server at an address showed a certificate of its own; `fingerprint` is the SHA-256 of it."""

    address: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint(Fact):
    """A device at an address announced itself or answered as this endpoint (WS-Discovery 1.1 2.1: its reference never changes)."""

    address: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bedside(Fact):
    """An address in SDC (ISO/IEEE 11073-20701): `role` is `provider`, a medical device that tells of itself, or `consumer`, who takes in
    the reports of one. `partner`: the other one, if it spoke to one."""

    address: str
    role: str
    partner: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign(Fact):
    """A sign of the operating system at an address: `sign` as in data/os_signs.tsv, `source` the stream that shows it."""

    address: str
    sign: str
    text: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded(Fact):
    """A device at an address announced a coded type of itself (ISO/IEEE 11073-20701 9.2)."""

    address: str
    scope: str


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
    certificates: tuple[Certificate, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    claimers: tuple[Claimer, ...] = ()
    types: tuple[Coded, ...] = ()
    signs: tuple[Sign, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    results: tuple[Results, ...] = ()
    bedsides: tuple[Bedside, ...] = ()
    knocking: tuple[Knocking, ...] = ()
    cut: tuple[str, ...] = ()
    """Of which of these there was more than is looked at: what is built from them is incomplete."""

    def in_order(self) -> Observations:
        """The same, sorted: what is built from it never depends on the order of rows."""
        return Observations(*(tuple(sorted(getattr(self, f.name), key=repr)) for f in fields(self)))
