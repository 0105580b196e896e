"""Facts about an asset, each with its source, time, confidence and an event that shows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from asepsis.hospital import dicom_software
from asepsis.hospital.asset import Attribute
from asepsis.hospital.equipment import Machine
from asepsis.hospital.facts import Association, Fact
from asepsis.hospital.network_card import maker_of
from asepsis.hospital.systems import systems
from asepsis.hospital.view import View

MOST = 64
"""Facts kept of one asset: who invents more has said enough."""


def attributes(view: View, machines: Iterable[Machine]) -> tuple[Attribute, ...]:
    """The best-founded, latest fact first within a name; each (name, value) once."""
    best: dict[tuple[str, str], Attribute] = {}
    for a in sorted((*_of_machines(machines), *_of_itself(view), *_of_dicom(view), *_of_hl7(view), *_of_network(view)), key=_order):
        best.setdefault((a.name, a.value), a)
    return tuple(best.values())[:MOST]


def value_of(facts: Iterable[Attribute], name: str) -> str:
    """The value of the best-founded fact of that name, or nothing."""
    return next((a.value for a in facts if a.name == name), "")


def _order(a: Attribute) -> tuple[str, float, float, str, str]:
    return (a.name, -a.confidence, -a.ts.timestamp() if a.ts else 0.0, a.value, a.event_id or "")


def _from(fact: Fact, name: str, value: str | None, source: str, confidence: float) -> Iterator[Attribute]:
    if value:
        yield Attribute(name, value, source, fact.last, confidence, fact.event_id)


def _of_machines(machines: Iterable[Machine]) -> Iterator[Attribute]:
    for m in machines:
        for s in m.stores:
            told = {"manufacturer": m.manufacturer, "model": m.model, "serial": m.serial}
            told |= {"software": s.software or "", "station": s.station or "", "device_uid": s.device_uid or ""}
            told |= {"ae_title": s.sender_ae or ""}
            for name, value in told.items():
                yield from _from(s, name, value, "dicom_message", 0.9)


def _of_itself(view: View) -> Iterator[Attribute]:
    """What a device told of itself. Of several instruments of a laboratory behind one terminal server it is true of none alone."""
    instruments = {(d.model, d.serial) for d in view.described if d.source != "sdc"}
    for d in view.described:
        if d.source == "sdc" or len(instruments) == 1:
            for name in ("manufacturer", "model", "serial", "software"):
                yield from _from(d, name, getattr(d, name), d.source, 0.9)
    makers = {r.manufacturer for r in view.results_sent if r.manufacturer}
    if len(makers) == 1 and not view.described and not view.results_taken:
        for r in view.results_sent:
            yield from _from(r, "manufacturer", r.manufacturer, "astm", 0.9)


def _of_dicom(view: View) -> Iterator[Attribute]:
    for a in view.called_out:
        yield from _from(a, "ae_title", a.calling_ae, "dicom_association", 0.7)
        yield from _from(a, "dicom_software", dicom_software.named(a.calling_uid, a.calling_version), "dicom_association", 0.7)
        yield from _of_contexts(a)
    for a in view.was_called:
        # Any title may be called; only an answer shows that it is one of its own.
        if a.accepted:
            yield from _from(a, "ae_title", a.called_ae, "dicom_association", 0.7)
            yield from _from(a, "dicom_software", dicom_software.named(a.called_uid, a.called_version), "dicom_association", 0.7)


def _of_contexts(a: Association) -> Iterator[Attribute]:
    """The software that proposes in the same way, and whether it goes by another name."""
    row = dicom_software.by_contexts(a.calling_uid, a.calling_version, a.contexts)
    if row:
        sure = int(row["points"]) / 100
        yield from _from(a, "dicom_software", row["product"], "dicom_association", sure)
        name = dicom_software.named(a.calling_uid, a.calling_version) or a.calling_uid
        if name and int(row["points"]) >= dicom_software.TELLING:
            said = f"{row['product']} when it {row['does']}, but it calls itself {name}"
            yield from _from(a, "dicom_contexts", said, "dicom_association", sure)


def _of_hl7(view: View) -> Iterator[Attribute]:
    for m in view.hl7_sent:
        if m.sending_application:
            yield from _from(m, "hl7_application", f"{m.sending_application}|{m.sending_facility or ''}", "hl7", 0.8)
        yield from _from(m, "hl7_software", " ".join(filter(None, (m.software_vendor, m.software_product, m.software_version))), "hl7", 0.7)
    for m in view.hl7_taken:
        name, facility = (m.sending_application, m.sending_facility) if m.is_ack else (m.receiving_application, m.receiving_facility)
        if name:
            yield from _from(m, "hl7_application", f"{name}|{facility or ''}", "hl7", 0.8 if m.is_ack else 0.6)


def _of_network(view: View) -> Iterator[Attribute]:
    for b in view.bindings:
        yield from _from(b, "mac", b.mac, b.source, 0.9)
    for t in view.talkers:
        yield from _from(t, "frame_mac", t.mac, "conn", 0.5)
    for c in view.clients:
        yield from _from(c, "hostname", c.host_name, "dhcp", 0.8)
        yield from _from(c, "hostname", c.client_fqdn, "dhcp", 0.8)
        yield from _from(c, "dhcp_vendor_class", c.vendor_class, "dhcp", 0.8)
        yield from _from(c, "dhcp_fingerprint", c.fingerprint, "dhcp", 0.8)
    for n in view.names:
        yield from _from(n, "hostname", n.hostname, n.source, 0.6)
    for f in view.fhir:
        yield from _from(f, "fhir_software", f.software, "fhir", 0.8)
    for system in systems(view):
        yield Attribute("system", system.name, system.source, system.fact.last, system.confidence, system.fact.event_id)
    for b in view.bindings:
        yield from _from(b, "network_card", maker_of(b.mac), b.source, 0.9)
    for banner in view.banners:
        yield from _from(banner, f"http_{banner.role}", banner.text, "http", 0.7)
