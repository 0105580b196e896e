"""The patients within reach of whoever gets hold of an asset: those whose data were seen to come or go there."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from .parties import Parties, Party

if TYPE_CHECKING:
    from .asking import Lake

# An acknowledgement or an answer to a query travels back, so its sender is the responder.
_PATIENTS = """
    select distinct address, hint, patient from (
        select id_orig_h as address, calling_ae as hint, patient from dicom_message
        union all
        select id_resp_h as address, called_ae as hint, patient from dicom_message
        union all
        select case when is_ack then id_resp_h else id_orig_h end as address,
               coalesce(sending_application, '') || '|' || coalesce(sending_facility, '') as hint, patient from hl7
        union all
        select case when is_ack then id_orig_h else id_resp_h end as address,
               coalesce(receiving_application, '') || '|' || coalesce(receiving_facility, '') as hint, patient from hl7
        union all
        select id_orig_h as address, cast(null as varchar(1)) as hint, patient from records
        union all
        select id_resp_h as address, cast(null as varchar(1)) as hint, patient from records
    ) as seen where patient is not null
"""
_RECORDS = """
    with records as (
        select id_orig_h, id_resp_h, patient from fhir
        union all
        select f.id_orig_h, f.id_resp_h, p.one as patient from fhir as f cross join unnest(f.patients) as p(one)
        union all
        select a.id_orig_h, a.id_resp_h, p.one as patient from astm as a cross join unnest(a.patients) as p(one)
        union all
        select m.id_orig_h, m.id_resp_h, p.one as patient from poct1 as m cross join unnest(m.patients) as p(one)
    )
"""


class Reach:
    """Counts patients by asset; the lake is asked once, and only if something is wrong at all."""

    def __init__(self, lake: Lake, parties: Parties) -> None:
        self._lake, self._parties = lake, parties

    def of(self, party: Party) -> int:
        """How many, each once. Where the address alone tells, those of every asset at it."""
        return len(set().union(*(self._patients[key] for key in {party.key, *party.ids} if key in self._patients)))

    @cached_property
    def _patients(self) -> dict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._lake.rows(_RECORDS + _PATIENTS):
            found[self._parties.at(row["address"], row["hint"]).key].add(row["patient"])
        return found
