"""Story 4: a nurse reads what the hospital knows of a neighbour (T1078: it is the nurse's own account; T1213).

On a ward's workplace charts are read all day, those of the ward's patients by number. The neighbour is on no ward: in an evening's shift of
four hours the chart is opened eight times over FHIR, the household's other two once each, and pages of patients are looked through for the
name (T1530). Then the PACS is asked for the neighbour's studies, by a tool that this workplace never used, and one study is fetched
(T1119).
"""

from __future__ import annotations

from datetime import timedelta

from acts import records
from scenario import Scenario, Script
from services.dicom import prior

from scenarios import dicom_tools as tools
from scenarios.fhir_export import page

HOST, TITLE = "ward-ws2", "WARDWS2"
NEIGHBOUR, HOUSEHOLD = 41, (42, 43)
READ = (4, 11, 37, 62, 95, 140, 188, 236)
"""Minutes of the shift at which the chart is opened."""
CHART, SEARCH, IMAGES = ("T1078", "T1213"), ("T1078", "T1530"), ("T1078", "T1213", "T1119")


def story(script: Script) -> None:
    begin, people = script.moment, script.hospital.patients
    neighbour = people[NEIGHBOUR]

    def after(minutes: float) -> None:
        script.moment = begin + timedelta(minutes=minutes)

    for number in range(3):
        after(number)
        script.act(HOST, "patients looked through", page("Patient", 20, 20 * number, records.WARD_APP), "ehr", "ns", technique=SEARCH)
    for minute in READ:
        after(minute)
        script.act(HOST, "the neighbour's chart read", records.read_chart(neighbour), "ehr", "ns", technique=CHART)
    for number, other in enumerate(HOUSEHOLD):
        after(70 + 3 * number)
        script.act(HOST, "the household's chart read", records.read_chart(people[other]), "ehr", "ns", technique=CHART)
    after(150)
    script.act(HOST, "the neighbour's studies asked for", tools.find([f"PatientID={neighbour.id}"], TITLE), "pacs", technique=IMAGES)
    after(152)
    script.act(HOST, "a name asked for", tools.find([f"PatientName={neighbour.name}*"], TITLE), "pacs", technique=IMAGES)
    after(155)
    script.act(HOST, "the neighbour's study fetched", tools.get(prior(neighbour), TITLE), "pacs", technique=IMAGES)


SCENARIO = Scenario(
    name="story-insider",
    title="Somebody reads a neighbour's records",
    technique=("T1078", "T1213", "T1530", "T1119"),
    variants={"shift": story},
)
