"""The laboratory: analysers ask for orders and send results; a meter at the bed sends what it measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from act import Doing
from cast import Patient
from clients.analyser import Analyser, Instrument
from clients.meter import Meter, dock
from services.clinical import ASTM_PORT, POCT1_PORT
from state import Hospital

_open: dict[str, Analyser] = {}


def _analyser(hospital: Hospital, name: str) -> Analyser:
    if name not in _open:
        one = hospital.host(name)
        instrument = Instrument((one.model, "8.10", one.serial, "H1P1O1R1C1Q1L1"))
        _open[name] = Analyser(hospital.address("lis"), ASTM_PORT, instrument)
    return _open[name]


def measure(name: str, people: Sequence[Patient]) -> Doing:
    """Some specimens: what is to be done with them, and what came of it (CLSI LIS02-A2), on a connection that stays."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        analyser = _analyser(hospital, name)
        analyser.ask([patient.accession for patient in people], moment)
        analyser.measure(people, moment)

    return doing


def at_the_bed(name: str, people: Sequence[Patient]) -> Doing:
    """A meter's conversation with its host (POCT1-A2), a connection each."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        one = hospital.host(name)
        meter = Meter(one.mac.replace(":", "-").upper(), one.maker.upper(), one.maker, one.model, one.serial)
        dock(hospital.address("lis"), POCT1_PORT, meter, people, moment)

    return doing
