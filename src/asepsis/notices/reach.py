"""Whom a notice may be sent to, and the connection to him: bounded in time, and to the very address that was looked at.

A name is looked up once, and what it gave is connected to: an answer that changes meanwhile changes nothing (DNS rebinding). What asepsis
itself can get at and others cannot is refused: this machine, its neighbours on the wire, the services that clouds keep for the machine.
Source: OWASP Server-Side Request Forgery Prevention Cheat Sheet; the special addresses are those of RFC 6890 as `ipaddress` has them.
"""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from asepsis.kit.errors import AsepsisError

SECONDS = 15.0
"""So long one delivery may take in all."""
_CLOUD = frozenset(map(ip_address, ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
"""Where clouds (AWS, Azure, Alibaba, Oracle) tell a machine its credentials."""

Address = IPv4Address | IPv6Address


class Undelivered(AsepsisError):
    """A notice did not get there; what it says is what came back."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Addresses that the site allows although they are refused by default; `plain`: without encryption, too."""

    network: IPv4Network | IPv6Network
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What may be connected to: everything but what is refused by default, and that only where it is `allowed`."""

    allowed: Collection[Allowed] = ()

    def refusal(self, address: Address, plain: bool) -> str:
        """Why this address is not connected to; empty if it may be."""
        of = [address, *_within(address)]
        stated = [one for one in self.allowed if any(inner in one.network for inner in of)]
        if plain and not any(one.plain for one in stated):
            return "is not allowed without encryption"
        return "" if stated else next((why for inner in of if (why := _special(inner))), "")

    def addresses(self, host: str, port: int, plain: bool) -> list[tuple[int, str]]:
        """The addresses of a host as (family, address). Raises Undelivered where one of them may not be connected to."""
        found = _looked_up(host, port)
        for _, address in found:
            if why := self.refusal(ip_address(address.partition("%")[0]), plain):
                todo = f"`asepsis notices allow {address}{' --plain' if plain else ''}` allows it"
                raise Undelivered(f"{address} {why}", host, todo)
        return found

    @contextmanager
    def connected(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, plain: bool = False, datagrams: bool = False
    ) -> Iterator[socket.socket]:
        """A connection, which ends by itself after SECONDS, whatever the other side does. What goes wrong is raised as Undelivered."""
        families = self.addresses(host, port, plain)
        over = threading.Event()
        try:
            with (
                closing(_first(families, port, socket.SOCK_DGRAM if datagrams else socket.SOCK_STREAM)) as raw,
                _ended(raw, over),
                closing(tls.wrap_socket(raw, server_hostname=host)) if tls else closing(raw) as connection,
            ):
                yield connection
        except (OSError, ValueError, http.client.HTTPException) as error:
            # Of a server that answers one bit a second the end is ours, and reads as if it had hung up.
            said = f"took longer than {SECONDS:g} s" if over.is_set() else _said(error)
            raise Undelivered(said, f"{host}:{port}") from None


def trusting(authority: str) -> ssl.SSLContext:
    """TLS as a client speaks it: certificates of this machine's authorities, and of the hospital's own where one is given (PEM)."""
    # Made here from its parts: there are libraries that make the default trust everybody.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    if authority:
        context.load_verify_locations(cadata=authority)
    return context


def _special(address: Address) -> str:
    if address in _CLOUD:
        return "is where a cloud keeps the credentials of this machine"
    for is_, why in (
        (address.is_loopback, "is this machine"),
        (address.is_unspecified, "is this machine"),
        (address.is_link_local, "is of this wire alone (link-local)"),
        (address.is_multicast, "is many machines (multicast)"),
        (address.is_reserved, "is no address of a machine (reserved)"),
        (address == IPv4Address("255.255.255.255"), "is all machines (broadcast)"),
        (_own(address), "is this machine"),
    ):
        if is_:
            return why
    return ""


def _within(address: Address) -> list[Address]:
    """Addresses that are written within another (RFC 4291 2.5.5.2, RFC 3056, RFC 4380)."""
    if isinstance(address, IPv4Address):
        return []
    inner = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    return [one for one in inner if one is not None]


def _own(address: Address) -> bool:
    """Whether an interface of this machine has it: only then can it be bound."""
    try:
        with socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.bind((str(address), 0))
    except OSError:
        return False
    return True


def _looked_up(host: str, port: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    failed: list[str] = []

    def look() -> None:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys((family, str(at[0])) for family, _, _, _, at in told))
        except (OSError, UnicodeError) as error:
            failed.append(_said(error))

    # The resolver of the C library has no limit of time.
    asking = threading.Thread(target=look, daemon=True)
    asking.start()
    asking.join(SECONDS)
    if not found:
        raise Undelivered("has no address", host, failed[0] if failed else f"the name was looked up for {SECONDS:g} s")
    return found


def _first(families: list[tuple[int, str]], port: int, kind: int) -> socket.socket:
    """A connection to the first address that answers."""
    error = OSError("no address")
    for family, address in families:
        one = socket.socket(family, kind)
        one.settimeout(SECONDS / len(families))
        try:
            one.connect((address, port))
        except OSError as refused:
            one.close()
            error = refused
        else:
            one.settimeout(SECONDS)
            return one
    raise error


@contextmanager
def _ended(raw: socket.socket, over: threading.Event) -> Iterator[None]:
    """Ends a connection when its time is over. It goes by a descriptor of its own: TLS takes the first one over."""
    handle = socket.socket(fileno=os.dup(raw.fileno()))

    def end() -> None:
        over.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(SECONDS, end)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        handle.close()


def _said(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
