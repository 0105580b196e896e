"""Desktops are opened from where they never are (ATT&CK T1021.001, T1133): RDP negotiation with the user's cookie, then TLS.

pair: a workplace to another. device: to a central station in intensive care. outside: somebody in the internet to the vendors' host, whose
door stands open. guess: the same somebody, 40 connections under as many names within a minute, where 30 in half an hour count. slow: one
in three minutes, for two hours.
"""

from __future__ import annotations

from acts.desktops import desktop
from scenario import Scenario, Script

OUTSIDE, INTO = "attacker", "jump"
GUESSES, SLOW_S = 40, 180


def pair(script: Script) -> None:
    script.act("adm-pc2", "a desktop opened", desktop("adm-pc1", "zzservice"), "adm-pc1", technique=("T1021.001",))


def device(script: Script) -> None:
    script.act("ward-ws1", "a device's desktop opened", desktop("central", "service"), "central", technique=("T1021.001",))


def outside(script: Script) -> None:
    script.act(OUTSIDE, "a desktop opened from outside", desktop(INTO, "vendor"), INTO, technique=("T1133", "T1021.001"))


def guess(script: Script) -> None:
    for number in range(GUESSES):
        script.act(OUTSIDE, "a log-in guessed from outside", desktop(INTO, f"user{number}"), INTO, technique=("T1133", "T1110.001"))
        script.wait(1.5)


def slow(script: Script) -> None:
    for number in range(GUESSES):
        script.act(OUTSIDE, "a log-in guessed from outside", desktop(INTO, f"user{number}"), INTO, technique=("T1133", "T1110.001"))
        script.wait(SLOW_S)


SCENARIO = Scenario(
    name="rdp-misuse",
    title="Desktops are opened from where they never are",
    technique=("T1021.001", "T1133"),
    variants={"pair": pair, "device": device, "outside": outside, "guess": guess, "slow": slow},
    row="RDP misuse",
)
