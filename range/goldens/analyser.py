"""A laboratory analyser and its host over TCP: a query and the orders that answer it, results with frames refused and damaged.

    sudo python range/goldens/analyser.py [--into tests/golden/astm]

Frames are made and taken apart by `astm.codec` (PyPI astm-2025, python-astm for today's Python); its own client and server do not run
there, so that the link (ASTM E1381 6: ENQ, ACK, NAK, EOT) is spoken here. Needs root, tcpdump and the packages of `PACKAGES`.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import lan
from cast import Patient, patients

PACKAGES = {"unshare": "util-linux", "ip": "iproute2", "tcpdump": "tcpdump"}
PORT = 4000
ADDRESS = "127.0.0.1"
CHUNK = 64  # bytes a frame at most, so that long records span two
ENQ, ACK, NAK, EOT = b"\x05", b"\x06", b"\x15", b"\x04"
Record = list[bytes | list[bytes] | None]


def header(sender: list[bytes]) -> Record:
    """H: E1394 7.1."""
    return [b"H", b"\\^&", None, None, sender, None, None, None, None, b"LIS", None, b"P", b"LIS2-A2", b"20260105083000"]


ARCHITECT = [b"ARCHITECT", b"8.10", b"F3453010030", b"H1P1O1R1C1Q1L1"]
END: Record = [b"L", b"1", b"N"]


def query(specimens: Iterable[str]) -> Iterator[Record]:
    yield header(ARCHITECT)
    for n, specimen in enumerate(specimens, 1):
        yield [b"Q", b"%d" % n, [b"", specimen.encode()], None, [b"", b"", b"", b"ALL"]]
    yield END


def orders(people: Iterable[Patient]) -> Iterator[Record]:
    yield header([b"HOST"])
    for n, person in enumerate(people, 1):
        yield [b"P", b"%d" % n, None, person.id.encode(), None, person.name.encode().split(b"^"), None, person.birth.encode()]
        yield [b"O", b"1", person.accession.encode(), None, [b"", b"", b"", b"GLU"], b"R"]
    yield [b"L", b"1", b"F"]


def results(people: Iterable[Patient]) -> Iterator[Record]:
    yield header(ARCHITECT)
    for n, person in enumerate(people, 1):
        yield [b"P", b"%d" % n, None, person.id.encode(), None, person.name.encode().split(b"^"), None, person.birth.encode()]
        yield [b"O", b"1", person.accession.encode(), None, [b"", b"", b"", b"GLU"], b"R"]
        yield [b"R", b"1", [b"", b"", b"", b"GLU", b"", b"", b"F"], b"5.1", b"mmol/L", None, b"N", None, b"F", None, b"ZZNURSE"]
        yield [b"C", b"1", b"I", b"repeated for " + person.name.encode(), b"G"]
    yield END


class Link:
    """One end of the link."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")

    def send(self, records: Iterable[Record], damage: int = 0) -> None:
        """Sends records, each in frames of its own, each frame until it is taken; frame `damage` is damaged on the way once."""
        from astm.codec import encode

        self._until_taken(ENQ)
        sent = 0
        for record in records:
            for frame in encode([record], size=CHUNK, seq=sent + 1):
                sent += 1
                if sent == damage:
                    self.sock.sendall(frame[:5] + bytes([frame[5] ^ 1]) + frame[6:])
                    assert self.file.read(1) == NAK
                self._until_taken(frame)
        self.sock.sendall(EOT)

    def _until_taken(self, said: bytes) -> None:
        while True:
            self.sock.sendall(said)
            if self.file.read(1) == ACK:
                return

    def receive(self, refuse: int = 0) -> None:
        """Takes frames until the sender ends; refuses frame `refuse` once, whole as it is, and whatever is damaged."""
        from astm.codec import decode_message, make_checksum

        seen = 0
        while (said := self.file.read(1)) not in (EOT, b""):
            if said == ENQ:
                self.sock.sendall(ACK)
                continue
            frame = said + self.file.readline()
            while not frame.endswith(b"\r\n"):
                frame += self.file.readline()
            seen += 1
            time.sleep(0.01)
            given = (decode_message(frame, "latin-1")[2] or "").encode()
            taken = given == make_checksum(frame[1:-4]) and seen != refuse
            self.sock.sendall(ACK if taken else NAK)


def host() -> None:
    with socket.create_server((ADDRESS, PORT)) as server:
        print("listening", flush=True)
        link = Link(server.accept()[0])
        link.receive()
        link.send(orders(patients(3)[:2]))
        link.receive(refuse=3)
        link.receive()


def analyser() -> None:
    people = patients(3)[:2]
    with socket.create_connection((ADDRESS, PORT)) as sock:
        link = Link(sock)
        link.send(query(person.accession for person in people))
        link.receive()
        link.send(results(people))
        link.send(results(people[:1]), damage=4)


ROLES = {"host": host, "analyser": analyser}


def record(path: Path) -> None:
    """What passes on a loopback of its own."""
    lan.ip("link", "set", "lo", "up")
    words = ["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-s", "0", "-Z", "root", "-w", str(path), f"tcp port {PORT}"]
    recorder = subprocess.Popen(words, stderr=subprocess.DEVNULL)
    while not path.exists() or path.stat().st_size < 24:
        time.sleep(0.05)
    command = [sys.executable, __file__, "--role"]
    with subprocess.Popen([*command, "host"], stdout=subprocess.PIPE, text=True) as other:
        if not (other.stdout and other.stdout.readline()):
            raise lan.RangeError("the host ended before it listened")
        subprocess.run([*command, "analyser"], check=True, timeout=60)
        other.wait(timeout=30)
    time.sleep(0.5)
    recorder.terminate()
    recorder.wait(timeout=10)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=Path(__file__).parents[2] / "tests" / "golden" / "astm")
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.role:
        ROLES[asked.role]()
        return
    lan.enclose(PACKAGES)
    asked.into.mkdir(exist_ok=True)
    path = asked.into.resolve() / "analyser.pcap"
    path.unlink(missing_ok=True)
    record(path)


if __name__ == "__main__":
    main()
