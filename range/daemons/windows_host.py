"""What of a Windows machine answers to remote administration: SMB with ADMIN$ and C$, service control, the task scheduler, DCOM.

Everything is answered as a machine would that lets the caller do it, and nothing is done: no service is made, no program starts (MS-SCMR,
MS-TSCH, MS-DCOM, MS-WMI). impacket's server classes carry SMB 2 and DCE-RPC; logged in is by NTLM over SMB.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from impacket.dcerpc.v5.rpcrt import DCERPCServer
from impacket.ntlm import compute_lmhash, compute_nthash
from impacket.smbserver import SimpleSMBServer

SVCCTL = ("367ABB81-9844-35F1-AD32-98F038001003", "2.0")
SCHEDULER = ("86D35949-83C9-4044-B424-DB363231FD0C", "1.0")
ACTIVATOR = ("000001A0-0000-0000-C000-000000000046", "0.0")
EXPORTER = ("99FCFEC4-5260-101B-BBCB-00AA0021347A", "0.0")
WMI_LOGIN = ("F309AD18-D86A-11D0-A075-00C04FB68820", "0.0")
WMI_SERVICES = ("9556DC99-828C-11CF-A37E-00AA003240C7", "0.0")
DISPATCH = ("00020400-0000-0000-C000-000000000046", "0.0")
MAPPER_PORT, OBJECT_PORT = 135, 49666
WELL = bytes(4)
HANDLE = bytes(4) + bytes(range(16))
Answer = Callable[[bytes], bytes]


def _says(answer: bytes) -> Answer:
    return lambda asked: answer


def _status(state: int) -> bytes:
    """SERVICE_STATUS of MS-SCMR 2.2.47: a program of its own, in that state."""
    return b"".join(number.to_bytes(4, "little") for number in (0x10, state, 1, 0, 0, 0, 0))


SERVICE_CONTROL: dict[int, Answer] = {  # MS-SCMR 3.1.4
    0: _says(bytes(20) + WELL),  # RCloseServiceHandle
    1: _says(_status(1) + WELL),  # RControlService: stopped
    2: _says(WELL),  # RDeleteService
    6: _says(_status(4) + WELL),  # RQueryServiceStatus: running
    12: _says(bytes(4) + HANDLE + WELL),  # RCreateServiceW
    15: _says(HANDLE + WELL),  # ROpenSCManagerW
    16: _says(HANDLE + WELL),  # ROpenServiceW
    19: _says(WELL),  # RStartServiceW
}
TASKS: dict[int, Answer] = {  # MS-TSCH 3.2.5.4
    1: _says(bytes(4) + bytes(4) + WELL),  # SchRpcRegisterTask
    12: _says(bytes(range(16)) + WELL),  # SchRpcRun
    13: _says(WELL),  # SchRpcDelete
}
OBJECTS = {number: _says(bytes(8) + WELL) for number in range(3, 26)}


class Calls(DCERPCServer):  # type: ignore[misc]  # of a library without types
    """Interfaces at a port, one caller at a time."""

    def __init__(self, address: str, port: int, interfaces: Mapping[tuple[str, str], Mapping[int, Answer]], pipe: str = "") -> None:
        super().__init__()
        self.daemon = True
        self._listenPort = port
        self.setListenAddress(address)
        for interface, answers in interfaces.items():
            self.addCallbacks(interface, pipe or str(port), dict(answers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--disk", type=Path, required=True, help="folder that ADMIN$ and C$ show")
    parser.add_argument("--user", required=True)
    parser.add_argument("--password", required=True)
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    asked.disk.mkdir(parents=True, exist_ok=True)
    server = SimpleSMBServer(asked.address, 445)
    server.setSMB2Support(True)
    server.addCredential(asked.user, 0, compute_lmhash(asked.password), compute_nthash(asked.password))
    for share in ("ADMIN$", "C$"):
        server.addShare(share, str(asked.disk))
    for pipe, interface, answers in (("svcctl", SVCCTL, SERVICE_CONTROL), ("atsvc", SCHEDULER, TASKS)):
        calls = Calls("127.0.0.1", 0, {interface: answers}, f"\\PIPE\\{pipe}")
        calls.start()
        server.registerNamedPipe(pipe, ("127.0.0.1", calls.getListenPort()))
    Calls(asked.address, MAPPER_PORT, {ACTIVATOR: OBJECTS, EXPORTER: OBJECTS}).start()
    Calls(asked.address, OBJECT_PORT, dict.fromkeys((WMI_LOGIN, WMI_SERVICES, DISPATCH), OBJECTS)).start()
    server.start()


if __name__ == "__main__":
    main()
