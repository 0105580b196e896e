"""A client of a FHIR R4 server: a ward application that reads charts, an exporter, and whoever abuses either.

HL7 FHIR 4.0.1 RESTful API (3.1.0); Bulk Data Access IG 2.0 for `export`. One HTTP/1.1 connection that stays.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from cast import Patient

JSON = "application/fhir+json"
WAIT_S = 20.0
POLLS = 100
PAGES = 10_000
Answer = tuple[int, dict[str, str], bytes]


class FhirError(Exception):
    """The server did not give what was asked for; `status` is its answer, 0 where there was none."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks and how: User-Agent, bearer token, authority to trust (TLS), and the address where the name of the URL does not resolve."""

    agent: str
    token: str = ""
    ca: Path | None = None
    address: str = ""


class Fhir:
    """A connection to the server at `base`, such as http://10.1.0.9:8080/fhir. Belongs to one thread, in the client's namespace."""

    def __init__(self, base: str, access: Access) -> None:
        self.url, self.access = urlsplit(base.rstrip("/")), access
        self._link: http.client.HTTPConnection | None = None

    def capabilities(self) -> dict[str, Any]:
        return self._get("/metadata")

    def find(self, identifier: str) -> list[dict[str, Any]]:
        """Patients with this number."""
        return [one["resource"] for one in self._get("/Patient?" + urlencode({"identifier": identifier})).get("entry", [])]

    def chart(self, patient: str) -> dict[str, int]:
        """Read a patient's chart as a ward application does: the patient, then each kind of what is known; gives how many of each."""
        self._get(f"/Patient/{quote(patient)}")
        wanted = ("Encounter", "Observation", "MedicationRequest", "DiagnosticReport")
        return {kind: self._get(f"/{kind}?patient={quote(patient)}&_count=50")["total"] for kind in wanted}

    def pages(self, kind: str, count: int = 50, **asked: str) -> Iterator[list[dict[str, Any]]]:
        """Walk through a search to its end, following `next` as the server gives it (3.1.1.4)."""
        path = f"/{kind}?" + urlencode({**asked, "_count": str(count)})
        for _ in range(PAGES):
            bundle = self._get(path)
            yield [one["resource"] for one in bundle.get("entry", [])]
            onward = [one["url"] for one in bundle["link"] if one["relation"] == "next"]
            if not onward:
                return
            path = self._own(onward[0])

    def observe(self, patient: Patient, code: str, value: float, unit: str, at: datetime) -> str:
        """Create an Observation and give its id."""
        body = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": f"Patient/{patient.id}"},
            "effectiveDateTime": at.isoformat(),
            "valueQuantity": {"value": value, "unit": unit},
        }
        return str(json.loads(self._ask("POST", "/Observation", json.dumps(body).encode(), {"Content-Type": JSON})[2])["id"])

    def export(self, level: str = "", types: str = "") -> dict[str, int]:
        """Bulk export to its last file: kick off, look until it is done, download. `level`: "" the whole system, or "Patient".

        Gives how many bytes each type's file had.
        """
        path = (f"/{level}" if level else "") + "/$export" + (f"?_type={types}" if types else "")
        _, headers, _ = self._ask("GET", path, headers={"Prefer": "respond-async"})
        place = self._own(headers["content-location"])
        for _ in range(POLLS):
            status, _, body = self._ask("GET", place, headers={"Accept": "application/json"})
            if status == 200:
                break
        else:
            raise FhirError(status, "the export does not end")
        files = json.loads(body)["output"]
        plain = {"Accept": "application/fhir+ndjson"}
        return {one["type"]: len(self._ask("GET", self._own(one["url"]), headers=plain)[2]) for one in files}

    def _own(self, url: str) -> str:
        """What stands behind the base in a URL that the server gave."""
        parts = urlsplit(url)
        return parts.path.removeprefix(self.url.path) + (f"?{parts.query}" if parts.query else "")

    def _get(self, path: str) -> dict[str, Any]:
        return dict(json.loads(self._ask("GET", path)[2]))

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        full = {"Host": self.url.netloc, "User-Agent": self.access.agent, "Accept": JSON, **(headers or {})}
        if self.access.token:
            full["Authorization"] = f"Bearer {self.access.token}"
        for left in (1, 0):
            try:
                link = self._connect()
                link.request(method, self.url.path + path, body, full)
                answer = link.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not left or isinstance(error, ConnectionRefusedError | ssl.SSLError):
                    raise FhirError(0, f"{self.url.netloc}: {error}") from error
                continue
            if answer.status >= 400:
                raise FhirError(answer.status, f"{method} {path.partition('?')[0]}")
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, text
        raise AssertionError("unreachable")

    def _connect(self) -> http.client.HTTPConnection:
        if self._link is None:
            secure = self.url.scheme == "https"
            port = self.url.port or (443 if secure else 80)
            name = self.url.hostname or ""
            self._link = http.client.HTTPConnection(name, port, timeout=WAIT_S)
            sock = socket.create_connection((self.access.address or name, port), timeout=WAIT_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if secure:
                sock = ssl.create_default_context(cafile=self.access.ca).wrap_socket(sock, server_hostname=name)
            self._link.sock = sock
        return self._link

    def close(self) -> None:
        if self._link:
            self._link.close()
        self._link = None

    def __enter__(self) -> Fhir:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
