"""A laboratory analyser that asks its host what to do with a specimen and sends what it measured (CLSI LIS02-A2)."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cast import Patient
from links.astm import Link, LinkError, Record

WAIT_S = 20.0
TESTS = (("GLU", "mmol/L", 3, 12), ("CREA", "umol/L", 50, 200), ("K", "mmol/L", 3, 6), ("CRP", "mg/L", 1, 90))


@dataclass(frozen=True, slots=True)
class Instrument:
    """What H.5 says of the sender, component by component, as its maker writes it."""

    sender: tuple[str, ...] = ("ARCHITECT", "8.10", "F3453010030", "H1P1O1R1C1Q1L1")
    host: str = "LIS"


class Analyser:
    """An analyser's connection to its host, which stays. Belongs to one thread at a time."""

    def __init__(self, address: str, port: int, instrument: Instrument | None = None) -> None:
        self.place, self.instrument = (address, port), instrument or Instrument()
        self._link: Link | None = None

    def ask(self, specimens: Iterable[str], at: datetime) -> list[str]:
        """Ask for the orders of specimens (Q record) and give the specimens that there are orders for."""
        link = self._open()
        link.send(self._query(specimens, at))
        answer = link.receive()
        if answer is None:
            raise LinkError("the host left")
        return [str(record[2]) for record in answer if record[0] == "O"]

    def measure(self, people: Iterable[Patient], at: datetime) -> int:
        """Send the results of these patients' specimens and give how many."""
        records = list(self._results(list(people), at))
        self._open().send(records)
        return sum(record[0] == b"R" for record in records)

    def _head(self, at: datetime) -> Record:
        sender = [part.encode() for part in self.instrument.sender]
        when = at.strftime("%Y%m%d%H%M%S").encode()
        return [b"H", b"\\^&", None, None, sender, None, None, None, None, self.instrument.host.encode(), None, b"P", b"LIS2-A2", when]

    def _query(self, specimens: Iterable[str], at: datetime) -> Iterator[Record]:
        yield self._head(at)
        for number, specimen in enumerate(specimens, 1):
            yield [b"Q", b"%d" % number, [b"", specimen.encode()], None, [b"", b"", b"", b"ALL"]]
        yield [b"L", b"1", b"N"]

    def _results(self, people: list[Patient], at: datetime) -> Iterator[Record]:
        yield self._head(at)
        when = at.strftime("%Y%m%d%H%M%S").encode()
        for number, person in enumerate(people, 1):
            dice = random.Random(f"{person.id}{when!r}")
            name, birth = person.name.encode().split(b"^"), person.birth.encode()
            yield [b"P", b"%d" % number, None, person.id.encode(), None, name, None, birth]
            yield [b"O", b"1", person.accession.encode(), None, [b"", b"", b"", b"ALL"], b"R"]
            for line, (code, unit, least, most) in enumerate(TESTS, 1):
                value = f"{dice.uniform(least, most):.1f}".encode()
                test = [b"", b"", b"", code.encode(), b"", b"", b"F"]
                yield [b"R", b"%d" % line, test, value, unit.encode(), None, b"N", None, b"F", None, b"ZZNURSE", None, when]
        yield [b"L", b"1", b"N"]

    def _open(self) -> Link:
        """The connection; a host that closed it is called again."""
        if self._link and _left(self._link.sock):
            self.close()
        if self._link is None:
            sock = socket.create_connection(self.place, timeout=WAIT_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._link = Link(sock)
        return self._link

    def close(self) -> None:
        if self._link:
            self._link.file.close()
            self._link.sock.close()
        self._link = None

    def __enter__(self) -> Analyser:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _left(sock: socket.socket) -> bool:
    """Whether the other end closed the connection since: a host says nothing unasked."""
    sock.setblocking(False)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        with contextlib.suppress(OSError):
            sock.settimeout(WAIT_S)
