"""Whom notices are sent to: never this machine, its neighbours or a cloud's services, and nobody in clear, unless the site allows it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from asepsis.console.certificate import own
from asepsis.notices import reach as reaching
from asepsis.notices.reach import Allowed, Reach, Undelivered, trusting

from .receivers import tcp_server, web_server

LOOPBACK = Reach((Allowed(ip_network("127.0.0.0/8"), plain=True),))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "169.254.169.254", "169.254.1.1", "fe80::1", "224.0.0.1", "ff02::1"),
        *("255.255.255.255", "240.0.0.1", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b::7f00:1", "::127.0.0.1"),
        "2001:0:a9fe:a9fe::1",
    ],
)
def test_what_only_this_machine_can_get_at_is_refused(address: str) -> None:
    assert Reach().refusal(ip_address(address), plain=False)


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.7.7", "172.16.0.9", "8.8.8.8", "fd12:3456::1", "2a00:1450::1"])
def test_machines_of_the_hospital_and_outside_are_not_but_in_clear(address: str) -> None:
    assert Reach().refusal(ip_address(address), plain=False) == ""
    assert "without encryption" in Reach().refusal(ip_address(address), plain=True)


def test_this_machine_is_known_by_each_of_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "_own", lambda address: str(address) == "10.1.2.3")
    assert Reach().refusal(ip_address("10.1.2.3"), plain=False) == "is this machine"


def test_an_address_is_own_where_it_can_be_bound() -> None:
    assert reaching._own(ip_address("127.0.0.1"))
    assert not reaching._own(ip_address("192.0.2.1"))


def test_what_the_site_allows_is_allowed_and_no_more() -> None:
    allowing = Reach((Allowed(ip_network("127.0.0.1/32")), Allowed(ip_network("10.0.0.0/8"), plain=True)))
    assert allowing.refusal(ip_address("127.0.0.1"), plain=False) == ""
    assert allowing.refusal(ip_address("::ffff:127.0.0.1"), plain=False) == ""
    assert allowing.refusal(ip_address("127.0.0.1"), plain=True)
    assert allowing.refusal(ip_address("127.0.0.2"), plain=False)
    assert allowing.refusal(ip_address("10.9.9.9"), plain=True) == ""


@pytest.mark.parametrize("name", ["2130706433", "0x7f.1", "127.1", "localhost", "0"])
def test_a_machine_is_judged_by_its_address_however_it_is_written(name: str) -> None:
    with pytest.raises(Undelivered, match=r"asepsis notices allow"):
        Reach().addresses(name, 443, plain=False)


Told = list[tuple[int, int, int, str, tuple[str, int]]]


def _names(*answers: str) -> Callable[..., Told]:
    """A resolver that answers otherwise each time."""
    left = list(answers)

    def told(host: str, port: int, *_: object, **__: object) -> Told:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in left.pop(0).split()]

    return told


def test_a_name_is_asked_for_once_and_what_it_gave_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with tcp_server() as (_, port):
        monkeypatch.setattr(socket, "getaddrinfo", _names("127.0.0.1", "127.0.0.2"))
        allowing = Reach((Allowed(ip_network("127.0.0.1/32"), plain=True),))
        with allowing.connected("rebinding.example", port, plain=True) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)


def test_one_bad_address_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _names("203.0.113.7 127.0.0.1"))
    with pytest.raises(Undelivered, match=r"127\.0\.0\.1 is this machine"):
        Reach().addresses("two.example", 443, plain=False)


def test_a_name_that_is_looked_up_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(reaching, "SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [never.wait(30)][:0])
    with pytest.raises(Undelivered, match="looked up"):
        LOOPBACK.addresses("slow.example", 443, plain=True)
    never.set()


def test_a_connection_ends_however_slowly_the_other_side_talks(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends a byte now and then, so that no wait for a single one is ever over."""
    monkeypatch.setattr(reaching, "SECONDS", 0.3)
    with web_server() as (asked, port):
        asked.drips = threading.Event()
        with pytest.raises(Undelivered, match=r"took longer than 0\.3 s"):
            _read_to_the_end(port)
        asked.drips.set()


def _read_to_the_end(port: int) -> None:
    with LOOPBACK.connected("127.0.0.1", port, plain=True) as one:
        one.sendall(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        while one.recv(1 << 16):
            pass
        raise OSError("hung up")


def _tls(folder: Path, name: str) -> tuple[ssl.SSLContext, str]:
    certificate, key = own(folder, [name])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate.read_text()


def test_who_cannot_prove_his_name_is_told_nothing(tmp_path: Path) -> None:
    context, authority = _tls(tmp_path, "127.0.0.1")
    with tcp_server(context) as (frames, port):
        with (
            pytest.raises(Undelivered, match="certificate is not trusted"),
            LOOPBACK.connected("127.0.0.1", port, trusting("")) as connection,
        ):
            connection.sendall(b"3 abc")
        with LOOPBACK.connected("127.0.0.1", port, trusting(authority)) as connection:
            connection.sendall(b"3 def")
    assert frames in ([b"def"], [])
