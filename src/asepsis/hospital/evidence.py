"""From what was seen of an asset to reasons for a kind. The rules themselves are rows of data/*.tsv."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from asepsis.hospital.dicom_software import implementation
from asepsis.hospital.equipment import Machine
from asepsis.hospital.facts import Fact
from asepsis.hospital.kinds import Evidence, patterns, table
from asepsis.hospital.network_card import card
from asepsis.hospital.systems import SURE, systems
from asepsis.hospital.view import View

STORAGE = "1.2.840.10008.5.1.4.1.1."
"""Root of the storage SOP classes (DICOM PS3.4 B.5). Those of Query/Retrieve begin 1.2.840.10008.5.1.4.1.2."""
_PROPOSES_EVERYTHING = 10
"""Who proposes more storage classes than this at once is an archive or a workstation: the list names no modality."""
_ADMINISTRATIVE = ("IPC$", "ADMIN$", "C$", "D$", "PRINT$")
"""Shares that every Windows machine has (MS-SRVS 3.1.1.7)."""

_DESKTOP = re.compile(r"Windows (98|XP|Vista|7|8|8\.1|10|11)\b(?!.*(Server|Embedded|x64))")
"""Windows of which no edition is a server's, by the names of os_support.tsv."""
_SHARED = 45
"""Points of a share that may be no more than an open folder."""

_WEB = "web server"
"""What speaks HTTP because SDC does (IEEE 11073-20702) is none."""

_INSTRUMENTS = {
    "astm": ("analyser", "It sends ASTM messages in its own name, as laboratory instruments do."),
    "poct1": ("point-of-care meter", "It says hello in POCT1, as meters at the bed do."),
}
"""The stream in which an instrument names itself, the kind and why (CLSI LIS02-A2, POCT01-A2)."""


def evidence(view: View, machines: Iterable[Machine], forwarded: Iterable[Machine]) -> list[Evidence]:
    """Every reason to take the asset for some kind."""
    out = [*_by_images(view), *_by_roles(view), *_by_proposals(view), *_by_hl7(view), *_by_services(view), *_by_shares(view)]
    out += [
        *_by_software_of_hl7(view),
        *_by_results(view),
        *_by_banners(view),
        *_by_dhcp(view),
        *_by_names(view),
        *_by_software(view),
        *_by_card(view),
    ]
    out += [*_by_type(view), *_by_sdc(view), *_by_knocking(view)]
    for machine in machines:
        out += _by_model(machine.stores[0], machine.manufacturer, machine.model, "Its images name the model", "dicom_message")
    for d in view.described:
        out += _by_model(d, d.manufacturer or "", d.model or "", "It says that its model is", d.source)
        if d.source in _INSTRUMENTS:
            kind, said = _INSTRUMENTS[d.source]
            out.append(_from(d, kind, 60, f"instrument:{d.source}", said, d.source))
    passed = sorted({f"{m.manufacturer} {m.model}".strip() for m in forwarded})
    if passed:
        first = min((s for m in forwarded for s in m.stores), key=lambda s: s.event_id)
        said = f"It sends images that other machines made ({_and_so_on(passed)}): it passes them on."
        out.append(_from(first, "PACS", 55, "forwards", said, "dicom_message"))
    return out


def _from(fact: Fact, kind: str, points: int, rule: str, sentence: str, source: str) -> Evidence:
    return Evidence(kind, points, rule, sentence, source, fact.event_id, fact.last)


def _by_images(view: View) -> Iterator[Evidence]:
    modalities, classes = {r["modality"]: r for r in table("modalities")}, {r["uid"]: r for r in table("sop_classes")}
    for s in view.sent:
        if s.moved:
            continue
        if s.modality in modalities:
            row = modalities[s.modality]
            said = f"The images it sends are of modality {s.modality}."
            yield _from(s, row["kind"], int(row["points"]), f"modality:{s.modality}", said, "dicom_message")
        if s.sop_class in classes:
            row = classes[s.sop_class]
            yield _from(
                s, row["kind"], int(row["points"]), f"sop_class:{row['uid']}", f"It sends objects of class {row['name']}.", "dicom_message"
            )


def _by_model(fact: Fact, manufacturer: str, model: str, told: str, source: str) -> Iterator[Evidence]:
    named = f"{manufacturer} {model}".strip()
    for pattern, row in patterns("models", "pattern"):
        if pattern.search(named):
            yield _from(fact, row["kind"], int(row["points"]), f"model:{row['pattern']}", f"{told} {named}.", source)


def _by_roles(view: View) -> Iterator[Evidence]:
    """What it asks (SCU) and answers (SCP), by command and SOP class (DICOM PS3.7 9, 10)."""
    for role, suffix, messages in (("scu", "-RQ", view.asked), ("scp", "-RSP", view.answered)):
        for d in messages:
            if not d.command.endswith(suffix) or (role == "scp" and not d.ok):
                continue
            command = d.command.removesuffix(suffix)
            sop_class = "storage" if (d.sop_class or "").startswith(STORAGE) else d.sop_class
            for row in table("dicom_roles"):
                if (row["command"], row["sop_class"], row["role"]) == (command, sop_class, role):
                    rule = f"{role}:{command}:{sop_class}"
                    yield _from(d, row["kind"], int(row["points"]), rule, row["sentence"], "dicom_message")


def _by_proposals(view: View) -> Iterator[Evidence]:
    """What it proposes in an association without being seen to do it counts half."""
    asked = {r["sop_class"]: r for r in table("dicom_roles") if r["role"] == "scu"}
    stored = {r["uid"]: r for r in table("sop_classes")}
    for a in view.called_out:
        storage = [uid for uid in a.proposed if uid.startswith(STORAGE)]
        for uid in a.proposed:
            if uid in stored and len(storage) <= _PROPOSES_EVERYTHING and not view.sent:
                row, rule, said = stored[uid], f"sop_class:{uid}", f"It offers to send objects of class {stored[uid]['name']}."
            elif uid in asked:
                row, rule, said = asked[uid], f"scu:{asked[uid]['command']}:{uid}", f"It offers to do so: {asked[uid]['sentence']}"
            else:
                continue
            yield _from(a, row["kind"], int(row["points"]) // 2, rule, said, "dicom_association")


def _by_hl7(view: View) -> Iterator[Evidence]:
    senders = {m.sending_application: m for m in view.hl7_sent if m.sending_application}
    if view.sharing:
        most = max(s.applications for s in view.sharing)
        named = _and_so_on(sorted(senders))
        said = f"One connection from it carries messages of {most} applications ({named}): it passes on what others send."
        yield _from(view.sharing[0], "interface engine", 75, "hl7:sharing", said, "hl7")
    else:
        found = [(name, row) for name in senders for row in _application(name)]
        if len({row["kind"] for _, row in found}) > 1:
            said = f"It sends HL7 messages in the name of several systems ({_and_so_on(sorted(senders))})."
            yield _from(view.hl7_sent[0], "interface engine", 60, "hl7:several", said, "hl7")
            found = []
        for name, row in found:
            said = f"It sends HL7 messages as application {name}."
            yield _from(senders[name], row["kind"], int(row["points"]), f"hl7:{row['kind']}", said, "hl7")
    for m in view.hl7_taken:
        # An acknowledgement names its author in MSH-3; a message names whom it is for in MSH-5 (HL7 v2.5.1 2.15.9).
        name = (m.sending_application if m.is_ack else m.receiving_application) or ""
        for row in _application(name):
            yield _from(m, row["kind"], int(row["points"]), f"hl7:{row['kind']}", f"It takes in HL7 messages as application {name}.", "hl7")
        yield _from(m, "interface engine", 35, "hl7:takes", "It takes in HL7 messages.", "hl7")


def _by_software_of_hl7(view: View) -> Iterator[Evidence]:
    """What its messages say made them (SFT). Who sends in several names, or took in messages of the same software, passes them on."""
    taken = {(m.software_vendor, m.software_product) for m in view.hl7_taken}
    if view.sharing or len({m.sending_application for m in view.hl7_sent}) > 1:
        return
    for m in view.hl7_sent:
        if (m.software_vendor, m.software_product) not in taken:
            yield from _by_model(m, m.software_vendor or "", m.software_product or "", "Its messages name the software", "hl7")


def _by_results(view: View) -> Iterator[Evidence]:
    """Instruments send results, the laboratory's system or its middleware takes them in; middleware that sends them on is no instrument."""
    if view.results_taken:
        senders = len({r.sender for r in view.results_taken})
        many = senders > 1
        of = f"{senders} instruments" if many else "an instrument"
        said = f"It takes in results of {of} (ASTM), as laboratory systems and their middleware do."
        yield _from(view.results_taken[0], "LIS", 50 if many else 35, "astm:takes", said, "astm")
        return
    for r in view.results_sent:
        yield from _by_model(r, r.manufacturer or "", r.named or "", "It sends results as", "astm")
        yield _from(r, "analyser", 50, "instrument:astm", "It sends results in ASTM records, as laboratory instruments do.", "astm")


def _application(name: str) -> list[dict[str, str]]:
    """The first row that fits: the table stands in the order of how telling the words are."""
    return next(([row] for pattern, row in patterns("hl7_applications", "pattern") if pattern.search(name)), []) if name else []


def _by_services(view: View) -> Iterator[Evidence]:
    for role, facts in (("server", view.served), ("client", view.used)):
        for f in facts:
            named = (f.service or "").lower().split(",")
            found = {*named, *(f"{name}:{f.port}" for name in named)} if f.service else {f"{f.proto}/{f.port}"}
            for row in table("services"):
                if row["role"] == role and row["match"] in found and not (view.bedsides and row["kind"] == _WEB):
                    yield _from(f, row["kind"], int(row["points"]), f"{role}:{row['match']}", row["sentence"], "conn")
    for e in view.exchanges:
        said = f"It speaks SIP with {e.partners} others: a telephone does so with few."
        yield _from(e, "telephone exchange", 60, "sip:many", said, "conn")
    for answer in view.fhir:
        yield _from(answer, "EHR", 55, "fhir", "It answers requests for patient records (FHIR).", "fhir")


def _by_shares(view: View) -> Iterator[Evidence]:
    """Whoever serves files is a file server, but for a desktop of which a folder is open to others."""
    desktop = next((s for s in systems(view) if s.confidence >= SURE and _DESKTOP.match(s.name)), None)
    points = _SHARED if desktop else 65
    for s in view.shares:
        name = (s.share or "").upper()
        if name in ("SYSVOL", "NETLOGON"):
            yield _from(s, "domain controller", 80, "share:domain", f"It serves the share {name}, as domain controllers do.", "smb_mapping")
        elif name and name not in _ADMINISTRATIVE:
            yield _from(s, "file server", points, "share", "It serves a file share (SMB).", "smb_files" if s.files else "smb_mapping")
        elif not name and s.files:
            yield _from(s, "file server", _SHARED, "share", "Files are opened on it (SMB).", "smb_files")
    if desktop and view.shares:
        said = f"It runs {desktop.name}, which is made for desktops: a folder of it is open to others."
        yield _from(desktop.fact, "workstation", 55, "share:desktop", said, desktop.source)


def _by_banners(view: View) -> Iterator[Evidence]:
    for b in view.banners:
        for pattern, row in patterns("banners", "pattern"):
            if row["role"] == b.role and pattern.search(b.text):
                yield _from(b, row["kind"], int(row["points"]), f"banner:{row['pattern']}", row["sentence"], "http")


def _by_dhcp(view: View) -> Iterator[Evidence]:
    for c in view.clients:
        for pattern, row in patterns("dhcp_vendor_classes", "pattern"):
            if row["kind"] and pattern.search(c.vendor_class or ""):
                said = f"Asking for an address it says that it {row['words']}."
                yield _from(c, row["kind"], int(row["points"]), f"dhcp:{row['pattern']}", said, "dhcp")


def _by_software(view: View) -> Iterator[Evidence]:
    """The DICOM software that it says it is, where that runs on one kind of machine only."""
    said = [(a, a.calling_uid, a.calling_version) for a in view.called_out]
    said += [(a, a.called_uid, a.called_version) for a in view.was_called if a.accepted]
    for a, uid, version in said:
        row = implementation(uid, version)
        if row and row["kind"]:
            name = row["product"] or row["toolkit"]
            yield _from(a, row["kind"], 45, f"software:{row['root']}{row['prefix']}", f"Its DICOM software is {name}.", "dicom_association")


def _by_card(view: View) -> Iterator[Evidence]:
    for b in view.bindings:
        row = card(b.mac)
        if row and row["hint"]:
            said = f"Its network card is of {row['organisation']}."
            yield _from(b, row["hint"], int(row["points"]), f"card:{row['organisation']}", said, b.source)


def _by_type(view: View) -> Iterator[Evidence]:
    """The coded type that it announces (ISO/IEEE 11073-20701 9.2); the code is the last part of the scope."""
    types = {row["code"]: row for row in table("sdc_types")}
    for t in view.types:
        row = types.get(t.scope.rpartition("/")[2])
        if row:
            yield _from(t, row["kind"], int(row["points"]), f"sdc:{row['code']}", row["sentence"], "sdc")


def _by_sdc(view: View) -> Iterator[Evidence]:
    """Who tells of a patient by SDC is a medical device, whichever; who only takes that in shows or keeps it."""
    providers = [b for b in view.bedsides if b.role == "provider"]
    if providers:
        yield _from(providers[0], "patient monitor", 35, "sdc:provider", "It tells of itself as medical devices do (SDC).", "sdc")
    elif view.bedsides:
        many = len({b.partner for b in view.bedsides})
        said = f"It takes in what {many} medical device{'s report' if many > 1 else ' reports'} (SDC)."
        yield _from(view.bedsides[0], "central station", 45 if many > 1 else 30, "sdc:consumer", said, "sdc")


def _by_knocking(view: View) -> Iterator[Evidence]:
    """A guess, and no more: whether it does so by permission only people know. All else that is known of a machine stands above it."""
    for k in view.knocking:
        said = f"On one day it tried to reach about {k.machines} machines, most of it in vain, as scanners do, and worms."
        yield _from(k, "scanner", 25, "knocking", said, "conn")


def _by_names(view: View) -> Iterator[Evidence]:
    """Names are given by people: a hint each, the strongest once a kind."""
    named: list[tuple[str, str, Fact, str]] = [("AE title", a.calling_ae, a, "dicom_association") for a in view.called_out if a.calling_ae]
    named += [("AE title", a.called_ae, a, "dicom_association") for a in view.was_called if a.called_ae and a.accepted]
    named += [("station name", s.station, s, "dicom_message") for s in view.sent if s.station and not s.moved]
    named += [("host name", c.host_name, c, "dhcp") for c in view.clients if c.host_name]
    named += [("host name", n.hostname, n, n.source) for n in view.names]
    for what, name, fact, source in named:
        for pattern, row in patterns("names", "pattern"):
            if pattern.search(name):
                yield _from(fact, row["kind"], int(row["points"]), f"name:{row['kind']}", f"Its {what} {name} hints at it.", source)


def _and_so_on(words: list[str], most: int = 4) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most} more" if len(words) > most else "")
