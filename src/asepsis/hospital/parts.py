"""How many assets stand behind one address.

Images of several machines from one address show an adapter with several assets behind it; then every other speaker there (an application
entity, an HL7 application) is an asset of its own too. Several AE titles without different machines are one asset: software often has many.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from asepsis.hospital.asset import Maybe
from asepsis.hospital.equipment import Machine, own_and_forwarded, serial_of
from asepsis.hospital.facts import Described
from asepsis.hospital.identity import OFTEN, Host, asset_id
from asepsis.hospital.view import View

MOST_MACHINES = 16
"""More machines than this behind one address are not believed: it passes on images of others."""
MOST_SPEAKERS = 8
"""More left-over titles than this at one address are not made assets: anyone can invent titles."""


@dataclass(slots=True)
class Part:
    """An asset to be. `role`: whole (the host), adapter (the host before others), machine, speaker, relay."""

    id: str
    role: str
    hosts: list[Host]
    view: View
    machines: list[Machine] = field(default_factory=list)
    forwarded: list[Machine] = field(default_factory=list)
    behind: str = ""
    before: int = 0
    """Of an adapter or relay: how many assets or addresses it stands before."""
    routed: bool = False
    why_one: tuple[str, ...] = ()
    """What joined it of several parts."""
    maybe: tuple[Maybe, ...] = ()


def parts(host: Host, view: View, apart: Collection[str] = ()) -> list[Part]:
    """The assets at one host; the first is the host itself. What goes by a title of `apart` is a machine by itself, behind it."""
    answers_queries = any(d.command in ("C-FIND-RSP", "C-MOVE-RSP", "C-GET-RSP") and d.ok for d in view.answered)
    if several := _instruments(view):
        return _behind_one(host, view, several)
    if names := _monitors(view):
        return _speaking_hl7(host, view, names)
    own, forwarded = own_and_forwarded(view.sent, view.received, bool(view.received) or answers_queries)
    if len(own) > MOST_MACHINES:
        own, forwarded = [], own + forwarded
    passed = {s for m in forwarded for s in m.stores}
    view = replace(view, sent=tuple(s for m in own for s in m.stores) if passed else view.sent)
    host_id = host_identity(host)
    if len(own) < 2:
        called = {a.calling_ae for a in view.called_out if a.calling_ae}
        titles = called & set(apart) - {title for machine in own for title in machine.ae_titles}
        out = [Part(asset_id("ae", t, host_id), "speaker", [host], view.of_ae({t}, ()), behind=host_id) for t in sorted(titles)]
        rest = view.without(titles, set()) if titles else view
        identity = _machine_id(own[0], host_id) if own else _told_id(rest, host_id)
        return [Part(identity, "whole", [host], rest, own, forwarded, before=len(out)), *out]
    owners = _titles(own, view)
    taken = set().union(*owners)
    out = []
    for machine, titles in zip(own, owners, strict=True):
        identity = _machine_id(machine, asset_id("model", machine.manufacturer, machine.model, *sorted(titles), host_id))
        out.append(Part(identity, "machine", [host], view.of_ae(titles, machine.stores), [machine], behind=host_id))
    speakers = (
        {a.calling_ae for a in view.called_out if a.calling_ae}
        - taken
        - {s.sender_ae or "" for s in view.sent}
        - {s.sender_ae or "" for s in passed}
    )
    if len(speakers) > MOST_SPEAKERS:
        speakers = set()
    for title in sorted(speakers):
        out.append(Part(asset_id("ae", title, host_id), "speaker", [host], view.of_ae({title}, ()), behind=host_id))
    names = set() if view.sharing else {m.sending_application for m in view.hl7_sent if m.sending_application}
    if len(names) > MOST_SPEAKERS:
        names = set()
    out += _applications(host, view, names)
    rest = replace(view.without(taken | speakers, names), sent=())
    return [Part(host_id, "adapter", [host], rest, forwarded=forwarded, before=len(out)), *out]


def _instruments(view: View) -> dict[tuple[str, str], tuple[Described, ...]]:
    """Several instruments that said again and again who they are, from one address without images: they stand behind a terminal server
    or a docking station. One that was named once or twice may be an error of the line."""
    found: dict[tuple[str, str], list[Described]] = defaultdict(list)
    for told in view.described if not view.sent else ():
        if serial_of(told):
            found[(told.manufacturer or "").casefold(), serial_of(told).casefold()].append(told)
    often = {key: tuple(of) for key, of in found.items() if sum(t.events for t in of) >= OFTEN}
    return often if 1 < len(often) <= MOST_MACHINES else {}


def _behind_one(host: Host, view: View, several: dict[tuple[str, str], tuple[Described, ...]]) -> list[Part]:
    host_id = host_identity(host)
    taken = {told for of in several.values() for told in of}
    out = []
    for _, of in sorted(several.items()):
        of_one = View(described=of)
        out.append(Part(_told_id(of_one, host_id), "machine", [host], of_one, behind=host_id))
    rest = replace(view, described=tuple(told for told in view.described if told not in taken), results_sent=())
    return [Part(host_id, "adapter", [host], rest, before=len(out)), *out]


def _monitors(view: View) -> set[str]:
    """Several applications at an address that sends nothing but observations (HL7 v2.5.1 7.3.1 ORU), takes no messages in and never sends
    those of two over one connection: devices behind an adapter. A system of many modules takes orders too, an engine what it passes on."""
    images = any(a.events >= OFTEN for a in view.called_out) or view.sent
    if view.sharing or view.hl7_taken or images or any(m.message_type != "ORU" for m in view.hl7_sent):
        return set()
    times: dict[str, int] = defaultdict(int)
    for message in view.hl7_sent:
        times[message.sending_application or ""] += message.events
    return set(times) if 1 < len(times) <= MOST_SPEAKERS and "" not in times and min(times.values()) >= OFTEN else set()


def _speaking_hl7(host: Host, view: View, names: set[str]) -> list[Part]:
    return [Part(host_identity(host), "adapter", [host], view.without(set(), names), before=len(names)), *_applications(host, view, names)]


def _applications(host: Host, view: View, names: set[str]) -> list[Part]:
    host_id = host_identity(host)
    return [Part(asset_id("hl7", name, host_id), "speaker", [host], view.of_applications({name}), behind=host_id) for name in sorted(names)]


def host_identity(host: Host) -> str:
    """The id of what stands alone at a host: by its MAC address, else by its address."""
    if not host.mac:
        return asset_id("address", host.addresses[0])
    return asset_id("mac", host.mac, host.told) if host.told else asset_id("mac", host.mac)


def told_serial(view: View) -> tuple[str, str] | None:
    """Manufacturer and serial number that a device told; several come from a gateway."""
    told = {(d.manufacturer or "", serial_of(d)) for d in view.described if serial_of(d)}
    return told.pop() if len(told) == 1 else None


def serials(part: Part) -> list[tuple[str, str, str]]:
    """Manufacturer, serial number and an event that shows them, of a part that is one machine by what it told of itself."""
    out = [(m.manufacturer, m.serial, m.stores[0].event_id) for m in part.machines if m.serial] if len(part.machines) == 1 else []
    if (told := told_serial(part.view)) and not out:
        out.append((*told, next(d.event_id for d in part.view.described if serial_of(d) == told[1])))
    return out


def _told_id(view: View, otherwise: str) -> str:
    told = told_serial(view)
    return asset_id("serial", *told) if told else otherwise


def _machine_id(machine: Machine, otherwise: str) -> str:
    return asset_id("serial", machine.manufacturer, machine.serial) if machine.serial else otherwise


def _titles(own: list[Machine], view: View) -> list[set[str]]:
    """The AE titles of each machine: those its images came from, and that equal its station name. One that two could own goes to none."""
    called = {a.calling_ae for a in view.called_out} | {a.called_ae for a in view.was_called if a.accepted}
    claimed = [m.ae_titles | {s for s in m.stations if s in called} for m in own]
    return [{t for t in titles if sum(t in other for other in claimed) == 1} for titles in claimed]
