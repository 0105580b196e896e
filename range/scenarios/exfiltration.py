"""Data leave the house by volume (ATT&CK T1041, T1048): from a server to a destination that nobody there knows.

loud: 520 MB within minutes over TLS, above 500 MB a day of one host. slow: 60 MB in 30 pieces, one in ten minutes, far below. The
table's 500 MB are real bytes: the loud variant takes half a minute and 1.1 GB of the hospital's scratch folder, as two zones record them.
"""

from __future__ import annotations

from acts.intrusion import carry_out
from scenario import Scenario, Script

FROM, PEERS = "ehr", ("attacker", "ns")
LOUD_BYTES, LOUD_PIECES = 520_000_000, 26
SLOW_BYTES, SLOW_PIECES, SLOW_S = 2_000_000, 30, 600


def loud(script: Script) -> None:
    """In pieces of 20 MB: each is an act of its own."""
    for _ in range(LOUD_PIECES):
        script.act(FROM, "data carried out", carry_out(LOUD_BYTES // LOUD_PIECES), *PEERS)
        script.wait(10)


def slow(script: Script) -> None:
    for _ in range(SLOW_PIECES):
        script.act(FROM, "a piece of data carried out", carry_out(SLOW_BYTES), *PEERS)
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="exfiltration",
    title="A server's data leave the house",
    technique=("T1041", "T1048"),
    variants={"loud": loud, "slow": slow},
    row="exfiltration by volume",
)
