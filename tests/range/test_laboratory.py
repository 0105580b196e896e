"""The laboratory's ends with an analyser (ASTM) and a glucose meter (POCT1-A)."""

from __future__ import annotations

import socket
from datetime import UTC, datetime

import pytest

from .conftest import until

pytest.importorskip("astm", reason="needs astm-2025")
AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


@pytest.fixture
def laboratory(start, port, tmp_path):
    """Ports of the two ends, and the status file."""
    astm, poct1 = port(), port()
    start("lis_listener", "--astm", f"127.0.0.1:{astm}", "--poct1", f"127.0.0.1:{poct1}", "--status", tmp_path / "lis.json")
    return astm, poct1, tmp_path / "lis.json"


def _people():
    from cast import patients

    return patients(1)


def test_an_analyser_gets_its_orders_and_sends_results(laboratory) -> None:
    from clients.analyser import Analyser

    astm, _, status = laboratory
    people = _people()
    with Analyser("127.0.0.1", astm) as analyser:
        wanted = [one.accession for one in people[:2]]
        assert analyser.ask([*wanted, "ZZA-none"], AT) == wanted
        assert analyser.ask(["ZZA-none"], AT) == []
        assert analyser.measure(people[:3], AT) == 12
    said = until(status, lambda s: s["results"] == 12)
    assert (said["queries"], said["orders"]) == (2, 2)


def test_a_damaged_frame_is_refused_and_taken_again(laboratory) -> None:
    astm, _, status = laboratory
    head, end = rb"1H|\^&|||ZZ||||||", b"2L|1|N\r"

    def frame(text: bytes) -> bytes:
        body = text + b"\x03"
        return b"\x02" + body + b"%02X\r\n" % (sum(body) & 255)

    with socket.create_connection(("127.0.0.1", astm), timeout=10) as sock:
        for said, answer in (
            (b"\x05", b"\x06"),
            (frame(head + b"\r").replace(b"ZZ", b"ZY"), b"\x15"),
            (frame(head + b"\r"), b"\x06"),
            (frame(end), b"\x06"),
        ):
            sock.sendall(said)
            assert sock.recv(1) == answer
        sock.sendall(b"\x04")
        until(status, lambda s: s.get("astm_messages") == 1)


def test_a_meter_docks(laboratory) -> None:
    from clients.meter import Meter, dock

    _, poct1, status = laboratory
    assert dock("127.0.0.1", poct1, Meter(), _people()[:5], AT) == 5
    assert until(status, lambda s: s["observations"] == 5)["poct1_messages"] >= 8


def test_what_is_neither_does_no_harm(laboratory) -> None:
    from clients.meter import Meter, dock

    astm, poct1, _ = laboratory
    for at in (astm, poct1):
        with socket.create_connection(("127.0.0.1", at), timeout=10) as sock:
            sock.sendall(b"\x02GET / HTTP/1.1\r\n<HEL.R01>\n\x05\x02\x02\n\x04")
    assert dock("127.0.0.1", poct1, Meter(), _people()[:1], AT) == 1
