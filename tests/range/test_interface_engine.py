"""The interface engine with real senders and end systems: routes, keeps what cannot be delivered, fails over."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .conftest import Start, until

AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


@pytest.fixture
def feed(port: Callable[[], int]):
    """A feed to the port that it holds, closed with the test."""
    from clients.hl7 import Feed
    from clients.hl7_messages import Sender

    with Feed("127.0.0.1", port(), Sender("ZZADT", "MAIN", "ZZ Example Software", "4.2", "ZZ-ADT")) as one:
        yield one


def _people():
    from cast import patients

    return patients(1, 20)


def _engine(start: Start, tmp_path: Path, feed, destinations: dict[str, str], routes: list[str], *more: object) -> Path:
    words: list[object] = ["--listen", f"127.0.0.1:{feed.place[1]}", "--status", tmp_path / "engine.json", "--retry", 0.1, *more]
    for name, addresses in destinations.items():
        words += ["--destination", f"{name}={addresses}"]
    for route in routes:
        words += ["--route", route]
    start("interface_engine", *words)
    return tmp_path / "engine.json"


def test_every_kind_reaches_the_systems_of_its_route(start, tmp_path, port, feed) -> None:
    from clients.hl7_messages import MESSAGES

    ehr, lis = port(), port()
    for name, at in (("ehr", ehr), ("lis", lis)):
        start("hl7_receiver", "--listen", f"127.0.0.1:{at}", "--status", tmp_path / f"{name}.json")
    places = {"ehr": f"127.0.0.1:{ehr}@ZZEHR|ZZHOSP", "lis": f"127.0.0.1:{lis}"}
    status = _engine(start, tmp_path, feed, places, ["ADT=ehr,lis", "ORM^O01=lis", "*=ehr"])
    people = _people()
    assert {feed.send(kind, people[0], AT) for kind in MESSAGES} == {"AA"}
    said = until(status, lambda s: s["delivered"] == len(MESSAGES))
    assert said["queued"] == 0
    assert said["orders_acknowledged"] == 2  # one for the laboratory, one for the pharmacy
    assert said["kinds"]["ORM^O01"] == {"received": 1, "acknowledged": 1, "forwarded": 1, "delivered": 1}
    assert until(tmp_path / "lis.json", lambda s: s["received"] == 7)["kinds"]["ORM^O01"] == 1
    assert until(tmp_path / "ehr.json", lambda s: s["received"] == 10)["kinds"]["ORU^R01"] == 3


def test_a_queue_keeps_orders_until_their_filler_is_back(start, tmp_path, port, feed) -> None:
    ris = port()
    status = _engine(start, tmp_path, feed, {"ris": f"127.0.0.1:{ris}"}, ["ORM=ris"], "--queue", 3)
    people = _people()
    assert [feed.send("ORM^O01", one, AT) for one in people[:4]] == ["AA", "AA", "AA", "AE"]
    assert until(status, lambda s: s["queued"] == 3 and s.get("retries", 0) > 0)["orders_acknowledged"] == 0
    start("hl7_receiver", "--listen", f"127.0.0.1:{ris}")
    assert until(status, lambda s: s["queued"] == 0)["orders_acknowledged"] == 3


def test_the_second_address_takes_over(start, tmp_path, port, feed) -> None:
    from clients.control import tell

    first, second = port(), port()
    names = {"ehr": f"127.0.0.1:{first},127.0.0.1:{second}"}
    control = tmp_path / "engine.sock"
    status = _engine(start, tmp_path, feed, names, ["*=ehr"], "--control", control)
    at_second = tmp_path / "second.json"
    one = start("hl7_receiver", "--listen", f"127.0.0.1:{first}")
    start("hl7_receiver", "--listen", f"127.0.0.1:{second}", "--status", at_second)
    people = _people()
    feed.send("ADT^A01", people[0], AT)
    until(status, lambda s: s["delivered"] == 1)
    one.kill()
    one.wait()
    feed.send("ADT^A03", people[0], AT)
    until(status, lambda s: s["delivered"] == 2)
    assert until(at_second, lambda s: s["received"] == 1)["kinds"] == {"ADT^A03": 1}
    assert tell(control, "pause ehr") == "ok"
    feed.send("ADT^A04", people[1], AT)
    assert until(status, lambda s: s["queued"] == 1)["destinations"]["ehr"]["paused"]
    assert tell(control, "resume ehr") == "ok"
    until(status, lambda s: s["queued"] == 0)


def test_what_is_no_message_is_rejected_and_the_engine_lives(start, tmp_path, port, feed) -> None:
    from links.hl7 import framed

    status = _engine(start, tmp_path, feed, {"ehr": f"127.0.0.1:{port()}"}, ["ADT=ehr"])
    assert feed.send_raw(framed(["PID|1"])) == "AR"
    assert feed.send("ORM^O01", _people()[0], AT) == "AR"
    with socket.create_connection(feed.place, timeout=5) as rude:
        rude.settimeout(10)
        with contextlib.suppress(ConnectionError):
            rude.sendall(b"GET / HTTP/1.0\r\n\r\n" + bytes(2 << 20))
            assert rude.recv(1) == b""
    assert feed.send("ADT^A01", _people()[0], AT) == "AA"
    assert until(status, lambda s: s["received"] == 3)["rejected"] == 2


def test_a_message_names_its_destination(start, tmp_path, port, feed) -> None:
    """A receiver that notes what it is sent: MSH-5 and -6 are its own, the rest is as the sender wrote it."""
    from links.hl7 import END, acknowledgement, head

    with socket.create_server(("127.0.0.1", 0)) as receiver:
        place = f"127.0.0.1:{receiver.getsockname()[1]}@ZZEHR|ZZHOSP"
        _engine(start, tmp_path, feed, {"ehr": place}, ["*=ehr"])
        feed.send("ADT^A01", _people()[0], AT)
        receiver.settimeout(10)
        with receiver.accept()[0] as sock:
            raw = sock.recv(65536)
            told = head(raw.removesuffix(END))
            assert told
            assert (told.sender, told.receiver) == ("ZZADT|MAIN", "ZZEHR|ZZHOSP")
            sock.sendall(acknowledgement(told, "AA"))


def test_a_feed_calls_an_engine_again_that_went_away(start, feed) -> None:
    place = f"127.0.0.1:{feed.place[1]}"
    one = start("hl7_receiver", "--listen", place)
    assert feed.send("ADT^A01", _people()[0], AT) == "AA"
    one.kill()
    one.wait()
    start("hl7_receiver", "--listen", place)
    assert feed.send("ADT^A08", _people()[0], AT) == "AA"
    assert (feed.sent, feed.acknowledged) == (2, 2)


def test_the_time_in_messages_is_the_hospitals() -> None:
    from clients.hl7_messages import MESSAGES, PLAIN, Sender

    for kind, write in MESSAGES.items():
        msh = write(Sender("A", "B"), _people()[0], AT, "C1", PLAIN)[0].split("|")
        assert msh[6] == "20260105083000+0000", kind
        assert "ZZTEST" in "".join(write(Sender("A", "B"), _people()[0], AT, "C1", PLAIN))
