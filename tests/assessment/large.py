"""A hospital of any size, the same one for the same seed: machines of every kind on their networks, and who talks to whom among them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from asepsis.assessment.talks import OUTSIDE, Openness, Talk
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.service import KINDS, as_json

SEEN = datetime(2026, 3, 2, 7, tzinfo=UTC)
BLANK = as_json(Asset("", "", "unknown", 0.0, "unknown", "", 1.0, first_seen=SEEN, last_seen=SEEN))
# Kinds by how many of a hundred machines they are, and the zone that they stand in.
_MIX = (
    ("patient monitor", 14, "wards"), ("infusion pump", 12, "wards"), ("workstation", 30, "offices"), ("phone", 8, "offices"),
    ("printer", 6, "offices"), ("unknown", 8, "offices"), ("camera", 4, "building"), ("building control", 3, "building"),
    ("ventilator", 2, "intensive care"), ("patient monitor", 2, "intensive care"), ("infusion pump", 3, "intensive care"),
    ("anaesthesia", 1, "theatres"), ("analyser", 2, "laboratory"), ("point-of-care meter", 3, "wards"), ("CT", .3, "imaging"),
    ("MR", .3, "imaging"), ("ultrasound", 1, "imaging"), ("CR/DR", .5, "imaging"), ("dialysis", .6, "dialysis"),
)  # fmt: skip
_SERVERS = (
    ("PACS", "data centre"), ("archive", "data centre"), ("RIS", "data centre"), ("LIS", "laboratory"), ("EHR", "data centre"),
    ("EHR", "data centre"), ("interface engine", "data centre"), ("worklist broker", "imaging"), ("file server", "data centre"),
    ("domain controller", "data centre"), ("name server", "data centre"), ("pump server", "data centre"), ("central station", "wards"),
    ("linac", "radiotherapy"), ("treatment planning", "radiotherapy"), ("database", "data centre"),
)  # fmt: skip
# Who speaks what to whom.
_HABITS = {
    "CT": [("PACS", "dicom"), ("worklist broker", "dicom")], "MR": [("PACS", "dicom")], "ultrasound": [("PACS", "dicom")],
    "CR/DR": [("PACS", "dicom"), ("archive", "dicom")], "PACS": [("archive", "dicom"), ("RIS", "hl7")],
    "analyser": [("LIS", "astm")], "point-of-care meter": [("LIS", "poct1")], "LIS": [("interface engine", "hl7")],
    "patient monitor": [("central station", "sdc")], "central station": [("interface engine", "hl7")],
    "infusion pump": [("pump server", "ssl")], "pump server": [("EHR", "hl7")], "EHR": [("interface engine", "hl7"), ("database", "")],
    "workstation": [("EHR", "ssl"), ("file server", "smb"), ("domain controller", "kerberos"), ("PACS", "dicom")],
}  # fmt: skip


def large(assets: int, talks: int, zones: bool = True, seed: int = 1) -> tuple[list[Asset], list[Talk]]:
    chance = random.Random(seed)
    kinds = [*_SERVERS, *((m[0], m[2]) for m in chance.choices(_MIX, [m[1] for m in _MIX], k=assets))][:assets]
    places = {zone: n for n, zone in enumerate(dict.fromkeys(zone for _, zone in kinds))}
    made = [_asset(n, kind, zone if zones else "", places[zone]) for n, (kind, zone) in enumerate(kinds)]
    return made, _talks(made, talks, chance)


def _asset(n: int, kind: str, zone: str, place: int) -> Asset:
    maker = ("Siemens Healthineers", "GE HealthCare", "Philips", "")[n % 4]
    address = f"10.{place}.{n % 8}.{n % 250}"
    given: dict[str, Any] = {
        "id": f"a-{n:05}", "name": f"{maker} {kind} {n:05} ({address})", "kind": kind, "kind_confidence": 0.0 if kind == "unknown" else 0.9,
        "clinical_class": KINDS[kind].clinical_class, "manufacturer": maker, "zone": zone, "addresses": [address],
        "why": [f"It behaves like a {KINDS[kind].words}."], "services": ["dicom:104 provider"],
    }  # fmt: skip
    return from_json(BLANK | given)


def _talks(assets: list[Asset], number: int, chance: random.Random) -> list[Talk]:
    by: dict[str, list[Asset]] = {}
    for asset in assets:
        by.setdefault(asset.kind, []).append(asset)
    found: dict[tuple[str, str], Talk] = {}
    for asset in assets:
        for kind, service in _HABITS.get(asset.kind, []):
            if kind in by:
                _say(found, asset.id, chance.choice(by[kind]).id, service, chance.randint(1, 400))
    while len(found) < number:
        source = chance.choice(assets)
        target = OUTSIDE if chance.random() < 0.02 else chance.choice(by[chance.choice(("workstation", source.kind, "name server"))]).id
        if target != source.id:
            _say(found, source.id, target, chance.choice(("dns", "http", "smb", "ssl", "")), chance.randint(1, 50))
    return [found[pair] for pair in sorted(found)]


def _say(found: dict[tuple[str, str], Talk], source: str, target: str, service: str, n: int) -> None:
    clear, safe = service in ("dicom", "hl7", "astm", "poct1", "sdc"), service == "ssl"
    openness = Openness.CLEAR_CLINICAL if clear else Openness.ENCRYPTED if safe else Openness.OTHER
    found[source, target] = Talk(source, target, (service,) if service else (), n, openness, n * clear, n * safe)
