"""What every part of the range knows of the hospital that is up."""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cast import Patient, patients
from lan import SCRATCH, RangeError
from topology import Host, Topology

_NOTE = SCRATCH / "hospital.pickle"
PATIENTS = 60


@dataclass(frozen=True)
class Hospital:
    """The hospital that is up: its topology, the seed of its patients, whether it is the quick one."""

    topology: Topology
    seed: int
    quick: bool

    @classmethod
    def new(cls, topology: Topology, seed: int, quick: bool) -> Hospital:
        made = cls(topology, seed, quick)
        _NOTE.write_bytes(pickle.dumps((topology, seed, quick)))
        return made

    @classmethod
    def current(cls) -> Hospital:
        """The one whose namespaces this process is in. The note is our own, written by the first process."""
        if not _NOTE.exists():
            raise RangeError("no hospital is up here: `range up` starts one")
        return cls(*pickle.loads(_NOTE.read_bytes()))

    @cached_property
    def patients(self) -> list[Patient]:
        return patients(self.seed, PATIENTS)

    def host(self, name: str) -> Host:
        return self.topology.host(name)

    def address(self, name: str) -> str:
        return self.topology.address(name)

    def folder(self, name: str) -> Path:
        """A host's own folder, made when it is first asked for."""
        path = SCRATCH / "hosts" / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def status_file(self, name: str, service: str) -> Path:
        """Where a daemon counts what it did."""
        return self.folder(name) / f"{service}.json"

    def counts(self, name: str, service: str) -> dict[str, int]:
        """What a daemon counted, empty as long as it has written nothing."""
        try:
            told: dict[str, int] = json.loads(self.status_file(name, service).read_text())
        except (OSError, ValueError):
            return {}
        return told
