"""Administration of Windows machines from afar, as tools of attackers do it: services, tasks, DCOM. By impacket's protocol clients."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from act import Doing
from impacket.dcerpc.v5 import scmr, transport, tsch
from impacket.dcerpc.v5.dcomrt import IID_IRemoteSCMActivator, IRemoteSCMActivator
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.smbconnection import SMBConnection
from impacket.uuid import string_to_bin, uuidtup_to_bin
from state import Hospital

from acts.intrusion import connect

INERT = b"MZ" + bytes(58) + b"\x40\0\0\0PE\0\0" + bytes(4_000)
"""A program by its first bytes, and no machine runs it."""


@contextmanager
def pipe(link: SMBConnection, name: str, interface: bytes) -> Iterator[Any]:
    """An interface behind a named pipe (MS-RPCE 2.1.1.2)."""
    calls = transport.SMBTransport(link.getRemoteName(), link.getRemoteHost(), filename=name, smb_connection=link).get_dce_rpc()
    calls.connect()
    calls.bind(interface)
    yield calls
    calls.disconnect()


def put_program(to: str, name: str) -> Doing:
    """A program is put where ADMIN$ shows."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, to)
        dice, first = random.Random(f"{moment}"), [INERT]
        link.putFile("ADMIN$", name, lambda size: first.pop() + dice.randbytes(20_000) if first else b"")
        link.close()

    return doing


def run_service(to: str, name: str, path: str) -> Doing:
    """A service is made, started, stopped and removed (MS-SCMR 3.1.4). A server may refuse each call: it was made all the same."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, to)
        with pipe(link, r"\svcctl", scmr.MSRPC_UUID_SCMR) as calls, suppress(DCERPCException):
            manager = scmr.hROpenSCManagerW(calls)["lpScHandle"]
            service = scmr.hRCreateServiceW(calls, manager, f"{name}\0", f"{name}\0", lpBinaryPathName=f"{path}\0", dwStartType=3)
            handle = service["lpServiceHandle"]
            scmr.hRStartServiceW(calls, handle)
            scmr.hRControlService(calls, handle, scmr.SERVICE_CONTROL_STOP)
            scmr.hRDeleteService(calls, handle)
            scmr.hRCloseServiceHandle(calls, handle)
        link.close()

    return doing


def run_task(to: str, name: str, command: str) -> Doing:
    """A task is registered, run and removed (MS-TSCH 3.2.5.4)."""
    xml = f"<?xml version='1.0'?><Task><Actions><Exec><Command>{command}</Command></Exec></Actions></Task>\0"

    def doing(hospital: Hospital, moment: datetime) -> None:
        link = connect(hospital, to)
        with pipe(link, r"\atsvc", tsch.MSRPC_UUID_TSCHS) as calls, suppress(DCERPCException):
            tsch.hSchRpcRegisterTask(calls, f"\\{name}", xml, tsch.TASK_CREATE, "\0", tsch.TASK_LOGON_NONE)
            tsch.hSchRpcRun(calls, f"\\{name}")
            tsch.hSchRpcDelete(calls, f"\\{name}")
        link.close()

    return doing


WMI_CLASS, MMC_CLASS = "8BC3F05E-D86B-11D0-A075-00C04FB68820", "49B2791A-B1AE-4C90-9B8E-E860BA07F889"
WMI_LOGIN = ("F309AD18-D86A-11D0-A075-00C04FB68820", "0.0")
WMI_SERVICES = ("9556DC99-828C-11CF-A37E-00AA003240C7", "0.0")
DISPATCH = ("00020400-0000-0000-C000-000000000046", "0.0")
NTLM_LOGIN, EXEC_METHOD, INVOKE = 6, 24, 6
MAPPER_PORT, OBJECT_PORT = 135, 49666
ORPC_THIS = b"\5\0\7\0" + bytes(28)  # MS-DCOM 2.2.13.3


def wmi(to: str, command: str) -> Doing:
    """IWbemServices::ExecMethod of Win32_Process.Create (MS-WMI 3.1.4.3.22)."""
    told = "Win32_Process\0Create\0CommandLine\0" + command
    return objects(to, WMI_CLASS, ((WMI_LOGIN, NTLM_LOGIN, "//./root/cimv2"), (WMI_SERVICES, EXEC_METHOD, told)))


def mmc(to: str, command: str) -> Doing:
    """The console's object MMC20.Application, told to execute a command by IDispatch::Invoke (MS-OAUT 3.1.4.4)."""
    return objects(to, MMC_CLASS, ((DISPATCH, INVOKE, f"Document.ActiveView.ExecuteShellCommand {command}"),))


def objects(to: str, class_id: str, steps: tuple[tuple[tuple[str, str], int, str], ...]) -> Doing:
    """An object is activated (MS-DCOM 3.1.2.5.2.3.3) and called.

    Arguments of the calls are told as text behind the ORPC header: enough for who reads interface and operation, not for a real machine.
    """

    def doing(hospital: Hospital, moment: datetime) -> None:
        with _interface(hospital, to, MAPPER_PORT, IID_IRemoteSCMActivator) as calls, suppress(Exception):
            IRemoteSCMActivator(calls).RemoteCreateInstance(string_to_bin(class_id), IID_IRemoteSCMActivator)
        for interface, operation, text in steps:
            with _interface(hospital, to, OBJECT_PORT, uuidtup_to_bin(interface)) as calls, suppress(DCERPCException):
                calls.call(operation, ORPC_THIS + text.encode("utf-16-le"))
                calls.recv()

    return doing


@contextmanager
def _interface(hospital: Hospital, to: str, port: int, interface: bytes) -> Iterator[Any]:
    """An interface behind a TCP port (MS-RPCE 2.1.1.1)."""
    calls = transport.DCERPCTransportFactory(f"ncacn_ip_tcp:{hospital.address(to)}[{port}]").get_dce_rpc()
    calls.connect()
    calls.bind(interface)
    yield calls
    calls.disconnect()
