"""Bulk export of a FHIR server: HL7 FHIR Bulk Data Access IG 2.0 (kick-off, status, file download, delete)."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_records import TYPES, Records, instant

JOBS = 64  # the oldest is forgotten


@dataclass(slots=True)
class Job:
    """An export that somebody asked for; it is under way at the first look, done at the second."""

    request: str
    types: list[str]
    looks: int = 0


class Exports:
    """The exports that were asked for."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def begin(self, request: str, asked: str) -> str | None:
        """A new job's id; None where a type is asked for that there is none of."""
        types = asked.split(",") if asked else list(TYPES)
        if set(types) - set(TYPES):
            return None
        key = secrets.token_hex(8)
        with self._lock:
            while len(self.jobs) >= JOBS:
                del self.jobs[next(iter(self.jobs))]
            self.jobs[key] = Job(request, types)
        return key

    def forget(self, key: str) -> bool:
        with self._lock:
            return self.jobs.pop(key, None) is not None

    def manifest(self, key: str, base: str, token_needed: bool) -> dict[str, object] | None:
        """The complete status response; None where the job is still under way."""
        job = self.jobs[key]
        job.looks += 1
        if job.looks < 2:
            return None
        output = [
            {"type": kind, "url": f"{base}/$export-file/{key}/{kind}.ndjson", "count": len(self.records.of[kind])}
            for kind in job.types
            if self.records.of[kind]
        ]
        return {
            "transactionTime": instant(self.records.day),
            "request": job.request,
            "requiresAccessToken": token_needed,
            "output": output,
            "error": [],
        }

    def lines(self, kind: str) -> Iterator[bytes]:
        """The file of a type: one resource a line."""
        for one in list(self.records.of[kind].values()):
            yield json.dumps(one, separators=(",", ":")).encode() + b"\n"
