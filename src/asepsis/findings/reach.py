"""What is within reach of whoever gets hold of an asset: patients whose data come or go there, and devices that it was seen to talk to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from .asking import rows
from .busiest import busiest, quarter
from .finding import Step
from .harm import ClinicalClass
from .parties import Parties, Party
from .walls import INTO, entered

if TYPE_CHECKING:
    from .asking import Lake

STEPS_MAX = 3
"""Connections that an attack is followed along: each further one needs another weakness."""

# An acknowledgement or an answer to a query travels back, so its sender is the responder.
_PATIENTS = f"""
    select distinct since, address, hint, patient, referred from (
        select {quarter("ts")} as since, id_orig_h as address, calling_ae as hint, patient, 0 as referred from dicom_message
        union all
        select {quarter("ts")}, id_resp_h as address, called_ae as hint, patient, 0 as referred from dicom_message
        union all
        select {quarter("ts")}, case when is_ack then id_resp_h else id_orig_h end as address,
               coalesce(sending_application, '') || '|' || coalesce(sending_facility, '') as hint, patient, 0 as referred from hl7
        union all
        select {quarter("ts")}, case when is_ack then id_orig_h else id_resp_h end as address,
               coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '') as hint, patient, 0 as referred from hl7
        union all
        select since, id_orig_h as address, cast(null as varchar(1)) as hint, patient, referred from records
        union all
        select since, id_resp_h as address, cast(null as varchar(1)) as hint, patient, referred from records
    ) as seen where patient is not null
"""  # noqa: S608 - columns of ours
# Of FHIR those in the bodies. `patient` may be whom a search asked for, found or not; so may a reference, if nothing was given or taken.
_RECORDS = f"""
    with records as (
        select {quarter("f.ts")} as since, f.id_orig_h, f.id_resp_h, p.one as patient, 0 as referred
        from fhir as f cross join unnest(f.patients) as p(one)
        union all
        select {quarter("f.ts")}, f.id_orig_h, f.id_resp_h, p.one as patient, 1 as referred
        from fhir as f cross join unnest(f.patient_refs) as p(one)
        where f.status_code between 200 and 299 or f.interaction in ('create', 'update', 'patch', 'batch')
        union all
        select {quarter("a.ts")}, a.id_orig_h, a.id_resp_h, p.one as patient, 0 as referred
        from astm as a cross join unnest(a.patients) as p(one)
        union all
        select {quarter("m.ts")}, m.id_orig_h, m.id_resp_h, p.one as patient, 0 as referred
        from poct1 as m cross join unnest(m.patients) as p(one)
    )
"""  # noqa: S608 - columns of ours
# Both sides spoke, so the way is open.
_WAYS = """
    select distinct id_orig_h as client, id_resp_h as server from pairs
    where proto in ('tcp', 'udp') and orig_pkts > 0 and resp_pkts > 0 and coalesce(resp_bytes, 0) > 0
"""


class Reach:
    """Counts patients and steps by asset; the lake is asked once, and only if something is wrong at all."""

    def __init__(self, lake: Lake, parties: Parties) -> None:
        self._lake, self._parties = lake, parties

    def find(self) -> None:
        """Asks the lake now; what it says then can be asked for when the lake is closed."""
        _ = self._patients, self._nearest, self.entered

    def patients(self, party: Party) -> int:
        """How many, each once, in the busiest 24 hours. Where the address alone tells, those of every asset at it."""
        quarters: defaultdict[tuple[datetime, int], set[str]] = defaultdict(set)
        for key in {party.key, *party.ids}:
            for when, found in self._patients.get(key, {}).items():
                quarters[when] |= found
        return busiest(quarters)

    def steps(self, party: Party) -> tuple[Step, ...]:
        """The nearest life-sustaining and the nearest monitoring asset that it may get at, if one is within STEPS_MAX."""
        found = []
        for clinical_class, nearest in self._nearest.items():
            ways = [nearest[key] for key in (party.ids or (party.key,)) if key in nearest]
            if ways:
                steps, asset = min(ways)
                found.append(Step(clinical_class, steps, asset, self._parties.named(asset)))
        return tuple(found)

    @cached_property
    def entered(self) -> frozenset[str]:
        """The zones that machines from elsewhere reached though the hospital states them to be isolated; asked only where it does."""
        isolated = self._parties.isolated
        return frozenset(zone for zone, _ in entered(rows(self._lake, INTO), self._parties) if zone in isolated) if isolated else isolated

    @cached_property
    def _patients(self) -> dict[str, dict[tuple[datetime, int], set[str]]]:
        """By asset, then by quarter of a day and whether they are known by a reference."""
        found: defaultdict[str, dict[tuple[datetime, int], set[str]]] = defaultdict(dict)
        for row in self._lake.rows(_RECORDS + _PATIENTS):
            seen = found[self._parties.at(row["address"], row["hint"]).key].setdefault((row["since"], row["referred"]), set())
            seen.add(row["patient"])
        return found

    @cached_property
    def _nearest(self) -> dict[ClinicalClass, dict[str, tuple[int, str]]]:
        """For each class, from which assets it is how near, and which one that is."""
        callers: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._lake.rows(_WAYS):
            clients, servers = (self._parties.at(row[side]) for side in ("client", "server"))
            for server in servers.ids:
                callers[server].update(clients.ids)
        return {c: _backwards(self._parties.of_class(c), callers) for c in (ClinicalClass.LIFE, ClinicalClass.MONITOR)}


def _backwards(targets: Iterable[str], callers: dict[str, set[str]]) -> dict[str, tuple[int, str]]:
    """From every asset that can get at a target within STEPS_MAX: in how many steps, and at which; of several the first by id."""
    nearest = {target: (0, target) for target in sorted(targets)}
    edge = list(nearest)
    for steps in range(1, STEPS_MAX + 1):
        found: dict[str, str] = {}
        for server in edge:
            for client in callers.get(server, ()):
                if client not in nearest:
                    found[client] = min(found.get(client, nearest[server][1]), nearest[server][1])
        nearest |= {client: (steps, target) for client, target in found.items()}
        edge = sorted(found)
    return nearest
