"""A workplace calls out to its master again and again (ATT&CK T1071.001, T1573): TLS to a name that nobody else in the house asks for.

Loud: every five minutes to the second, the same few bytes, for five hours. Slow: every quarter of an hour on average, a third earlier or
later, another size each time, for ten hours. Each call is a connection of its own, as implants make them.
"""

from __future__ import annotations

import random

from acts.intrusion import call_home
from scenario import Scenario, Script

FROM, PEERS = "ward-ws2", ("attacker", "ns")
LOUD_CALLS, LOUD_S = 60, 300
SLOW_CALLS, SLOW_S, SLOW_JITTER = 40, 900, 0.35


def calls(script: Script, host: str, count: int, seconds: float, jitter: float = 0.0) -> None:
    """So many calls, `jitter` the part of the interval by which each comes earlier or later."""
    dice = random.Random(f"{script.seed}beacon{host}")
    begin = script.moment
    for _ in range(count):
        script.act(
            host, "call to the master", call_home(round(180 * (1 + jitter * dice.uniform(0, 6)))), *PEERS, technique=("T1071.001", "T1573")
        )
        script.wait(seconds * (1 + jitter * dice.uniform(-1, 1)))
    script.moment = begin


def loud(script: Script) -> None:
    calls(script, FROM, LOUD_CALLS, LOUD_S)


def slow(script: Script) -> None:
    calls(script, FROM, SLOW_CALLS, SLOW_S, SLOW_JITTER)


SCENARIO = Scenario(
    name="beaconing",
    title="A workplace calls out again and again",
    technique=("T1071.001", "T1573"),
    variants={"loud": loud, "slow": slow},
    row="beaconing",
)
