"""Story 2: a maker's account is misused; in an hour and a half the PACS is asked for everybody, and images leave the hospital.

Somebody with the account of a maker's engineer logs in to the vendors' host in the evening (T1133, T1078) and again as it goes on; from
there the PACS is looked for (T1046) and greeted, asked twelve times for everybody (T0846), and 50 patients' studies are fetched over the
same associations (T1119, T1213: C-GET needs no way back); what goes out over TLS in 26 pieces (T1560, T1041) to a place that nobody in the
hospital talked to before is half a gigabyte, as so many studies would be.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from accounts import ACCOUNT, PASSWORD
from acts.intrusion import attempts, carry_out, ssh
from scenario import Scenario, Script
from services.dicom import PACS_PORT
from space import call
from state import Hospital

from scenarios import dicom_tools as tools
from scenarios.dicom_query_sweep import OPEN, TIMES

OUTSIDE, JUMP, TITLE = "wan-desk", "jump", "SERVICE"
PATIENTS, PACE_S = 50, 9
LOOT, PIECES = 520_000_000, 26
PORTS = "22,80,104,443,2575,8042,8080,11112"
COLLECT = ("T1119", "T1213")


def story(script: Script) -> None:
    begin = script.moment

    def after(minutes: float) -> None:
        script.moment = begin + timedelta(minutes=minutes)

    log_in(script)
    after(3)
    script.act(JUMP, "the PACS looked for", look_for, "pacs", "archive", "ris", "ehr", technique=("T1046",))
    after(6)
    script.act(JUMP, "the PACS greeted", greet, "pacs", technique=("T1018",))
    after(9)
    for keys in OPEN * TIMES:
        script.act(JUMP, "everybody's studies asked for", tools.find([keys], TITLE), "pacs", technique=("T0846", "T1213"))
        script.wait(20)
    after(20)
    log_in(script)
    after(22)
    for patient in tools.priors(script.hospital, PATIENTS):
        script.act(JUMP, "study fetched", tools.get(patient, TITLE), "pacs", technique=COLLECT)
        script.wait(PACE_S)
    carry_away(script, after)


def carry_away(script: Script, after: Callable[[float], None]) -> None:
    for number in range(PIECES):
        after(45 + 1.6 * number)
        script.act(JUMP, "an archive carried out", carry_out(LOOT // PIECES), "attacker", "ns", technique=("T1560", "T1041"))
    after(90)
    log_in(script)


def log_in(script: Script) -> None:
    hit = attempts(ssh(JUMP), [(ACCOUNT, PASSWORD)], success=True)
    script.act(OUTSIDE, "log-in at the vendors' host", hit, JUMP, technique=("T1133", "T1078"))


def look_for(hospital: Hospital, moment: datetime) -> None:
    addresses = [hospital.address(name) for name in ("pacs", "archive", "ris", "ehr")]
    call(["nmap", "-n", "-Pn", "-sT", "--max-retries", "0", "--host-timeout", "20s", "-oN", "/dev/null", "-p", PORTS, *addresses])


def greet(hospital: Hospital, moment: datetime) -> None:
    call(["echoscu", "-aet", TITLE, "-aec", "PACS", hospital.address("pacs"), PACS_PORT])


SCENARIO = Scenario(
    name="story-vendor",
    title="From a maker's account to the images of the house",
    technique=("T1133", "T1078", "T1046", "T0846", "T1119", "T1213", "T1560", "T1041"),
    variants={"hours": story},
)
