"""The domain is attacked from a workplace (ATT&CK T1003.006, T1207, T1210, T1558.003): DCSync, DCShadow, ZeroLogon, Kerberoasting.

dcsync: all accounts' secrets by DRSGetNCChanges, from what is no domain controller; one of them in `dcsync-one`. dcshadow: a workplace
makes itself a controller for a moment. zerologon: 200 null challenges in some seconds; in `zerologon-slow` one a minute, forty of them.
kerberoast: tickets in RC4 for every service account at once; in `kerberoast-slow` one an hour.
"""

from __future__ import annotations

from acts.domain_attack import become_controller, collect_tickets, replicate, zerologon
from scenario import Scenario, Script
from services.directory import SERVICES, USERS

FROM = "adm-pc2"
DCSYNC, SHADOW, ZEROLOGON, ROAST = ("T1003.006",), ("T1207",), ("T1210",), ("T1558.003",)
LOUD_TRIES, SLOW_TRIES, SLOW_S, ROAST_S = 200, 40, 60, 3_600


def dcsync(script: Script) -> None:
    script.act(FROM, "the domain's secrets replicated", replicate(["Administrator", "krbtgt", *USERS]), "dc", technique=DCSYNC)


def dcsync_one(script: Script) -> None:
    script.act(FROM, "the ticket service's secret replicated", replicate(["krbtgt"]), "dc", technique=DCSYNC)


def dcshadow(script: Script) -> None:
    script.act(FROM, "a controller nobody set up", become_controller(FROM, "ZZSHADOW"), "dc", "ns", technique=SHADOW)


def loud_zerologon(script: Script) -> None:
    script.act(FROM, "null challenges", zerologon(LOUD_TRIES), "dc", technique=ZEROLOGON)


def slow_zerologon(script: Script) -> None:
    for _ in range(SLOW_TRIES):
        script.act(FROM, "a null challenge", zerologon(1), "dc", technique=ZEROLOGON)
        script.wait(SLOW_S)


def kerberoast(script: Script) -> None:
    script.act(FROM, "tickets of all services collected", collect_tickets(), "dc", technique=ROAST)


def slow_kerberoast(script: Script) -> None:
    for name in SERVICES:
        script.act(FROM, "a service's ticket collected", collect_tickets(name), "dc", technique=ROAST)
        script.wait(ROAST_S)


SCENARIO = Scenario(
    name="domain-attack",
    title="A workplace attacks the domain",
    technique=(*DCSYNC, *SHADOW, *ZEROLOGON, *ROAST),
    variants={
        "dcsync": dcsync,
        "dcsync-one": dcsync_one,
        "dcshadow": dcshadow,
        "zerologon": loud_zerologon,
        "zerologon-slow": slow_zerologon,
        "kerberoast": kerberoast,
        "kerberoast-slow": slow_kerberoast,
    },
    row="AD attack basics",
    heavy=True,
)
