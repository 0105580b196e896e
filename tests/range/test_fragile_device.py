"""A device that dies of a scan, and of nothing less: loopback addresses of its own keep other connections of the machine from it."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import until

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
HERE = "127.0.66.6"
THERE = "127.0.66.7"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see and send what the kernel refuses")


@pytest.fixture
def device(start, tmp_path):
    """`device(*options)` gives the process, its port and its status file."""

    def run(*options: str):
        with socket.create_server((HERE, 0)) as free:
            at = free.getsockname()[1]
        status = tmp_path / "fragile.json"
        return start("fragile_device", "--listen", f"{HERE}:{at}", "--status", status, *options), at, status

    return run


def test_polls_are_borne_all_day(device) -> None:
    from clients.fragile import poll

    process, port, status = device()
    for minute in range(30):
        assert poll(HERE, port, AT + timedelta(minutes=minute))["HR"] == "72"
    assert until(status, lambda s: s["polls"] == 30)["state"] == "well"
    assert process.poll() is None


def test_a_day_that_is_lived_through_again_is_borne(device) -> None:
    """The same poll states the same time."""
    from clients.fragile import poll

    _, port, status = device()
    for _ in range(2):
        poll(HERE, port, AT)
    assert until(status, lambda s: s["polls"] == 2)["state"] == "well"


def test_polls_too_close_kill_it(device) -> None:
    from clients.fragile import Silent, poll

    process, port, status = device()
    poll(HERE, port, AT)
    with pytest.raises(Silent):
        poll(HERE, port, AT + timedelta(seconds=9))
    assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "two connections within ten seconds"


def test_a_request_that_is_none_kills_it(device) -> None:
    process, port, status = device()
    with socket.create_connection((HERE, port), timeout=10) as sock:
        sock.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "a request that is none"


def test_one_look_is_borne_a_second_at_once_is_not(device) -> None:
    process, port, status = device()
    with socket.create_connection((HERE, port), timeout=10) as sock:
        assert sock.recv(64).startswith(b"ZZ Example")
        assert process.poll() is None
        with socket.create_connection((HERE, port), timeout=10):
            assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "two connections at once"


@as_root
def test_a_scan_of_other_ports_kills_it(device) -> None:
    process, port, status = device()
    for other in range(1, 6):
        with socket.socket() as sock:
            assert sock.connect_ex((HERE, port + other if port < 60_000 else port - other))
    assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "a burst of attempts"


@as_root
@pytest.mark.skipif(not shutil.which("nmap"), reason="no nmap on this machine")
@pytest.mark.parametrize("how", ["-sS", "-sT", "-sX", "-sN", "-sF", "-sA", "-sU"])
def test_no_scan_is_borne(device, how: str) -> None:
    process, _port, status = device()
    scan = ["nmap", "-n", "-Pn", "--max-retries", "0", how, "-p", "20001-20060", HERE]
    subprocess.run(scan, capture_output=True, timeout=120, check=True)
    assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] in ("a burst of attempts", "a broken header")


def segment(port: int, offset: int = 5) -> bytes:
    return struct.pack("!HHIIBBHHH", 40_000, port, 1, 0, offset << 4, 0x02, 1024, 0, 0)


def datagram(port: int, length: int = 8) -> bytes:
    return struct.pack("!HHHH", 40_000, port, length, 0)


def send(protocol: int, *told: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as raw:
        raw.bind((THERE, 0))
        for one in told:
            raw.sendto(one, (HERE, 0))


@as_root
@pytest.mark.parametrize(
    ("protocol", "told"),
    [
        (socket.IPPROTO_TCP, segment(20_001, offset=4)),
        (socket.IPPROTO_TCP, segment(20_001, offset=15)),
        (socket.IPPROTO_TCP, segment(20_001)[:12]),
        (socket.IPPROTO_UDP, datagram(20_001, length=7)),
        (socket.IPPROTO_UDP, datagram(20_001, length=900)),
        (socket.IPPROTO_UDP, datagram(20_001)[:5]),
    ],
)
def test_a_broken_header_kills_it(device, protocol: int, told: bytes) -> None:
    process, _port, status = device()
    send(protocol, told)
    assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "a broken header"


@as_root
def test_a_few_stray_packets_are_borne_and_repeated_ones_are_the_same(device) -> None:
    from clients.fragile import poll

    process, port, _status = device()
    send(socket.IPPROTO_TCP, *[segment(20_001)] * 9, segment(20_002))
    send(socket.IPPROTO_UDP, *[datagram(20_001)] * 9)
    assert poll(HERE, port, AT)["HR"] == "72"
    assert process.poll() is None


def test_hung_it_keeps_its_port_and_says_nothing(device) -> None:
    process, port, status = device("--dies", "hang")
    with socket.create_connection((HERE, port), timeout=10) as sock:
        assert sock.recv(64)
        sock.sendall(b"\x00\n")
        until(status, lambda s: s["state"] == "hung")
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.recv(1)
    assert process.poll() is None
