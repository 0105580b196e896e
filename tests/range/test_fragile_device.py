"""A device that dies of a scan, and of nothing less: loopback addresses of its own keep other connections of the machine from it."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import until

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
HERE = "127.0.66.6"


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


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see attempts that the kernel refuses")
def test_a_scan_of_other_ports_kills_it(device) -> None:
    process, port, status = device()
    for other in range(1, 6):
        with socket.socket() as sock:
            assert sock.connect_ex((HERE, port + other if port < 60_000 else port - other))
    assert process.wait(10) == 1
    assert until(status, lambda s: s["state"] == "dead")["why"] == "a burst of connection attempts"


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
