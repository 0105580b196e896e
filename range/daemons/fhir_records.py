"""The records of a FHIR server: FHIR R4 resources of invented patients, and the searches over them.

Resources: HL7 FHIR 4.0.1. Search: 3.1.1 (token parameters `system|value`, reference parameters, `_count`, `_id`).
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cast import Patient

Resource = dict[str, Any]
TYPES = ("Patient", "Encounter", "Observation", "MedicationRequest", "DiagnosticReport")
LARGEST = 200_000  # resources of a type; later ones are refused
SYSTEM = "urn:oid:2.16.840.1.113883.19.5"
LOINC = "http://loinc.org"
VITALS = (
    ("8867-4", "Heart rate", "beats/minute", 50, 120),
    ("59408-5", "Oxygen saturation", "%", 88, 100),
    ("718-7", "Hemoglobin", "g/dL", 8, 17),
    ("2160-0", "Creatinine", "mg/dL", 1, 4),
)
DRUGS = ("Heparin", "Noradrenaline", "Propofol", "Insulin")


def coded(code: str, display: str) -> Resource:
    return {"coding": [{"system": LOINC, "code": code, "display": display}], "text": display}


class Records:
    """Resources by type and id, in order of arrival."""

    def __init__(self, people: list[Patient], day: datetime) -> None:
        self.day = day
        self.of: dict[str, dict[str, Resource]] = {kind: {} for kind in TYPES}
        self._lock = threading.Lock()
        self._made = 0
        for person in people:
            for resource in invented(person, day):
                self.of[resource["resourceType"]][resource["id"]] = resource

    def read(self, kind: str, key: str) -> Resource | None:
        return self.of.get(kind, {}).get(key)

    def create(self, kind: str, resource: Resource) -> Resource | None:
        """Keep a resource under a new id; None where there is no more room."""
        with self._lock:
            if len(self.of[kind]) >= LARGEST:
                return None
            self._made += 1
            kept = {
                **resource,
                "resourceType": kind,
                "id": f"zznew{self._made}",
                "meta": {"versionId": "1", "lastUpdated": instant(self.day)},
            }
            self.of[kind][kept["id"]] = kept
        return kept

    def search(self, kind: str, asked: Mapping[str, str]) -> list[Resource]:
        """Those that match every parameter that is known; others are left out of account, as lenient servers do (3.1.1.1)."""
        known = [(SEARCHES[name], value) for name, value in asked.items() if name in SEARCHES]
        return [one for one in list(self.of[kind].values()) if all(matches(one, value) for matches, value in known)]


def _identifier(one: Resource, value: str) -> bool:
    system, bar, wanted = value.rpartition("|")
    return any(i.get("value") == wanted and (not bar or not system or i.get("system") == system) for i in one.get("identifier", []))


def _patient(one: Resource, value: str) -> bool:
    wanted = f"Patient/{value.removeprefix('Patient/')}"
    return one.get("subject", {}).get("reference") == wanted or (one["resourceType"] == "Patient" and f"Patient/{one['id']}" == wanted)


def _code(one: Resource, value: str) -> bool:
    wanted = {part.rpartition("|")[2] for part in value.split(",")}
    return any(c.get("code") in wanted for c in one.get("code", {}).get("coding", []))


SEARCHES: dict[str, Callable[[Resource, str], bool]] = {
    "_id": lambda one, value: one["id"] in value.split(","),
    "identifier": _identifier,
    "patient": _patient,
    "subject": _patient,
    "code": _code,
    "status": lambda one, value: one.get("status") in value.split(","),
}


def instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def invented(person: Patient, day: datetime) -> list[Resource]:
    """What the hospital knows of one patient: the same for the same patient and day."""
    dice = random.Random(person.id)
    mine = {"reference": f"Patient/{person.id}"}
    family, _, given = person.name.partition("^")
    since = instant(day - timedelta(hours=dice.randrange(2, 200)))
    patient = {
        "resourceType": "Patient",
        "id": person.id,
        "identifier": [{"use": "usual", "system": SYSTEM, "value": person.id}],
        "active": True,
        "name": [{"use": "official", "family": family, "given": [given]}],
        "gender": dice.choice(("female", "male", "other")),
        "birthDate": f"{person.birth[:4]}-{person.birth[4:6]}-{person.birth[6:]}",
        "address": [{"line": ["1 ZZ Test Lane"], "city": "Exampletown"}],
        "telecom": [{"system": "phone", "value": "555-0100"}],
    }
    encounter = {
        "resourceType": "Encounter",
        "id": f"e-{person.id}",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "IMP"},
        "subject": mine,
        "period": {"start": since},
    }
    chart: list[Resource] = [patient, encounter, *_measured(person, dice, mine, day), *_ordered(person, dice, mine, since)]
    return [_with_meta(one, since) for one in chart]


def _with_meta(one: Resource, since: str) -> Resource:
    return {**one, "meta": {"versionId": "1", "lastUpdated": since}}


def _measured(person: Patient, dice: random.Random, mine: Resource, day: datetime) -> list[Resource]:
    return [
        {
            "resourceType": "Observation",
            "id": f"o{number}-{person.id}",
            "status": "final",
            "code": coded(code, name),
            "subject": mine,
            "encounter": {"reference": f"Encounter/e-{person.id}"},
            "effectiveDateTime": instant(day - timedelta(minutes=dice.randrange(600))),
            "device": {"reference": f"Device/zzmon{dice.randrange(8)}"},
            "valueQuantity": {"value": dice.randrange(least, most), "unit": unit},
        }
        for number, (code, name, unit, least, most) in enumerate(VITALS)
    ]


def _ordered(person: Patient, dice: random.Random, mine: Resource, since: str) -> list[Resource]:
    medication = {
        "resourceType": "MedicationRequest",
        "id": f"m-{person.id}",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": dice.choice(DRUGS)},
        "subject": mine,
        "authoredOn": since,
    }
    report = {
        "resourceType": "DiagnosticReport",
        "id": f"r-{person.id}",
        "identifier": [{"system": f"{SYSTEM}.1", "value": person.accession}],
        "status": "final",
        "code": coded("24627-2", "CT Chest"),
        "subject": mine,
        "issued": since,
        "conclusion": "Invented: no acute finding in ZZTEST.",
    }
    return [medication, report]
