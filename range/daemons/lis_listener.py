"""The laboratory system's ends for analysers (LIS01/LIS02, ASTM) and for point-of-care meters (POCT1-A).

    python range/daemons/lis_listener.py --astm 10.1.6.2:4000 --poct1 10.1.6.2:3001 --seed 1 --patients 400 --status FILE

Analysers get the orders of the specimens they ask for (those of the invented patients), meters are asked for what they measured and get a
list of patients. What arrives is counted, not kept.
"""

from __future__ import annotations

import argparse
import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from address import place
from cast import Patient, patients
from links.astm import Link, LinkError, Record
from links.poct1 import Messages, Poct1Error, first, values
from status import Status

CONNECTIONS = 128
LISTED = 20  # patients of the list that a meter gets


class Laboratory:
    """Both ends, over the same patients."""

    def __init__(self, people: list[Patient], status: Status) -> None:
        self.by_specimen = {one.accession: one for one in people}
        self.people, self.status = people, status
        self.room = threading.BoundedSemaphore(CONNECTIONS)

    def analyser(self, sock: socket.socket) -> None:
        """An analyser's connection: results are taken, queries answered with orders."""
        link = Link(sock)
        while (records := link.receive()) is not None:
            self.status.count("astm_messages")
            self.status.count("results", by=sum(record[0] == "R" for record in records))
            asked = [_specimen(record) for record in records if record[0] == "Q"]
            if asked:
                self.status.count("queries")
                link.send(self._orders(asked, _time(records[0])))

    def _orders(self, specimens: list[str], when: str) -> Iterator[Record]:
        """A message with what is ordered; L.3 is F where that is all, I where nothing is known (LIS02-A2 12.3)."""
        known = [self.by_specimen[one] for one in specimens if one in self.by_specimen]
        yield [b"H", b"\\^&", None, None, [b"HOST"], None, None, None, None, None, None, b"P", b"LIS2-A2", when.encode()]
        for number, one in enumerate(known, 1):
            yield [b"P", b"%d" % number, None, one.id.encode(), None, one.name.encode().split(b"^"), None, one.birth.encode()]
            yield [b"O", b"1", one.accession.encode(), None, [b"", b"", b"", b"GLU"], b"R"]
            self.status.count("orders")
        yield [b"L", b"1", b"F" if known else b"I"]

    def meter(self, sock: socket.socket) -> None:
        """A meter's conversation, from its hello to its end of topic."""
        talk = Messages(sock)
        while said := talk.next():
            kind, text = said
            when = first(text, "HDR.creation_dttm")
            self.status.count("poct1_messages")
            if kind == "ACK.R01":
                continue
            talk.acknowledge(first(text, "HDR.control_id"), when)
            if kind == "DST.R01":
                talk.say("REQ.R01", '<REQ><REQ.request_cd V="ROBS"/></REQ>', when)
            elif kind.startswith("OBS."):
                self.status.count("observations", by=len(values(text, "OBS.observation_id")))
            elif kind == "EOT.R01":
                talk.say("PTL.R01", "".join(_listed(one) for one in self.people[:LISTED]), when)
                talk.say("END.R01", '<TRM><TRM.reason_cd V="NRM"/></TRM>', when)

    def serve(self, server: socket.socket, talk: Callable[[socket.socket], None]) -> None:
        while True:
            sock, _ = server.accept()
            if not self.room.acquire(blocking=False):
                sock.close()
                continue
            threading.Thread(target=self._one, args=(sock, talk), daemon=True).start()

    def _one(self, sock: socket.socket, talk: Callable[[socket.socket], None]) -> None:
        try:
            with sock, contextlib.suppress(OSError, LinkError, Poct1Error):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                talk(sock)
        except Exception:  # noqa: BLE001  whatever a device sends, the laboratory lives on
            self.status.count("bad")
        finally:
            self.room.release()


def _specimen(record: list[str | list[str] | None]) -> str:
    """Q.3.2, the specimen that is asked for."""
    asked = record[2] if len(record) > 2 else None
    return str(asked[1]) if isinstance(asked, list) and len(asked) > 1 else ""


def _time(head: list[str | list[str] | None]) -> str:
    """H.14, the analyser's clock, which is the range's."""
    return str(head[13] or "") if len(head) > 13 else ""


def _listed(person: Patient) -> str:
    return f'<PT><PT.patient_id V="{person.id}"/><PT.name V="{person.name.replace("^", " ")}"/></PT>'


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--astm", type=place, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--poct1", type=place, required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patients", type=int, default=12)
    parser.add_argument("--status", type=Path)
    asked = parser.parse_args()
    laboratory = Laboratory(patients(asked.seed, asked.patients), Status(asked.status, results=0, observations=0))
    doors = [(socket.create_server(asked.astm), laboratory.analyser), (socket.create_server(asked.poct1), laboratory.meter)]
    threads = [threading.Thread(target=laboratory.serve, args=door, daemon=True) for door in doors]
    for thread in threads:
        thread.start()
    print("listening 2", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threads[0].join()


if __name__ == "__main__":
    main()
