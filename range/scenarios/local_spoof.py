"""A machine that somebody plugged in lies to its zone (ATT&CK T1557.001, T1557.002, T1557.003): leases, ARP, names.

dhcp: a second server offers leases with itself as gateway and name server. arp: it gives itself out for the gateway a hundred times in ten
minutes, while the true gateway answers too: one address, two cards. names: it answers for names that a workplace asks its neighbours for,
by LLMNR and NBNS. slow: one lie in twenty-two minutes, eleven from what the victim hears of the true gateway: more than the five in which
flapping is looked for; what others hear of it lies between.
"""

from __future__ import annotations

from acts.neighbours import answer_names, find_gateway, rogue_leases, spoof_arp
from scenario import Scenario, Script

LIAR, VICTIM = "rogue-office", "adm-pc2"
ROUNDS, ROUND_S, LIES = 20, 30, 5
SLOW_ROUNDS, SLOW_S = 6, 1_320
NAMES = ["zzfileserv", "wpad", "zzprint01", "zzintranet"]


def dhcp(script: Script) -> None:
    for _ in range(3):
        script.act(LIAR, "leases of a second server", rogue_leases(LIAR, VICTIM), VICTIM, "ns", technique=("T1557.003",))
        script.wait(600)


def _arp(script: Script, rounds: int, seconds: float, lies: int) -> None:
    for _ in range(rounds):
        script.act(VICTIM, "the gateway looked for", find_gateway(VICTIM), "ns", technique=("T1557.002",))
        script.wait(seconds / 2)
        script.act(LIAR, "lies about the gateway's card", spoof_arp(LIAR, VICTIM, lies), VICTIM, technique=("T1557.002",), local=True)
        script.wait(seconds / 2)


def arp(script: Script) -> None:
    _arp(script, ROUNDS, ROUND_S, LIES)


def slow(script: Script) -> None:
    _arp(script, SLOW_ROUNDS, SLOW_S, 1)


def names(script: Script) -> None:
    script.act(LIAR, "names answered for", answer_names(LIAR, VICTIM, NAMES), VICTIM, technique=("T1557.001",))


SCENARIO = Scenario(
    name="local-spoof",
    title="A machine lies to its neighbours",
    technique=("T1557.001", "T1557.002", "T1557.003"),
    variants={"dhcp": dhcp, "arp": arp, "names": names, "slow": slow},
    row="rogue DHCP, ARP spoof, name relay",
)
