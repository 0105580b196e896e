"""By which names and addresses browsers may call a machine."""

from __future__ import annotations

import fcntl
import socket
import struct

ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound
_SIOCGIFADDR = 0x8915


def names_of(host: str, more: list[str]) -> list[str]:
    """The names by which this machine is called, with the address that it listens at: with each that it has, if it listens at all."""
    addresses = own_addresses() if host in ANY else [host]
    return [name for name in dict.fromkeys(["localhost", "127.0.0.1", "::1", socket.gethostname(), *addresses, *more]) if name]


def own_addresses() -> list[str]:
    """The IPv4 addresses of the interfaces (netdevice(7), SIOCGIFADDR: the first of each)."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asking, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
            except OSError:  # an interface without an address
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return found
