"""A workstation that prints: IPP/1.1 over HTTP (RFC 8010, RFC 8011), as its spooler speaks it."""

from __future__ import annotations

import http.client
from dataclasses import dataclass

from links import ipp
from links.ipp import Attribute, Message, Value

WAIT_S = 20.0


class PrintError(Exception):
    """The printer did not take the job."""


@dataclass(frozen=True, slots=True)
class Queue:
    """Where a workstation prints, and who it says it is."""

    address: str
    port: int = 631
    user: str = "zzward"
    agent: str = "CUPS/2.4.2 (Linux) IPP/2.0"

    def attributes(self) -> dict[str, list[Value]]:
        """What the printer says of itself."""
        answer = self._ask(Message(ipp.GET_PRINTER, 1, [(ipp.OPERATION, self._opening())]))
        return {name: values for tag, group in answer.groups if tag == ipp.PRINTER for _, name, values in group}

    def print(self, name: str, document: bytes, kind: str = "application/pdf") -> int:
        """Print a document and give the job's number."""
        more: list[Attribute] = [(ipp.NAME, "job-name", [name]), (ipp.MIME, "document-format", [kind])]
        job: list[Attribute] = [(ipp.INTEGER, "copies", [1])]
        answer = self._ask(Message(ipp.PRINT_JOB, 2, [(ipp.OPERATION, self._opening() + more), (ipp.JOB, job)], document))
        return int(answer.first("job-id", 0))

    def jobs(self) -> list[int]:
        """The numbers of the last jobs."""
        which: Attribute = (ipp.KEYWORD, "which-jobs", ["completed"])
        answer = self._ask(Message(ipp.GET_JOBS, 3, [(ipp.OPERATION, [*self._opening(), which])]))
        return [int(values[0]) for tag, group in answer.groups if tag == ipp.JOB for _, name, values in group if name == "job-id"]

    def _opening(self) -> list[Attribute]:
        uri = f"ipp://{self.address}:{self.port}/ipp/print"
        return [*ipp.opening(), (ipp.URI, "printer-uri", [uri]), (ipp.NAME, "requesting-user-name", [self.user])]

    def _ask(self, message: Message) -> Message:
        link = http.client.HTTPConnection(self.address, self.port, timeout=WAIT_S)
        try:
            link.request("POST", "/ipp/print", ipp.encode(message), {"Content-Type": "application/ipp", "User-Agent": self.agent})
            answer = link.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise PrintError(f"{self.address}:{self.port}: {error}") from error
        finally:
            link.close()
        said = ipp.decode(body) if answer.status == 200 else None
        if not said or said.code > 0xFF:
            raise PrintError(f"{self.address}:{self.port}: {answer.status}" + (f", IPP {said.code:#06x}" if said else ""))
        return said
