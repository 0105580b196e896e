"""The detectors, by the type that a rule file names, each with its settings and their defaults."""

from __future__ import annotations

from collections.abc import Mapping

from asepsis.kit.errors import BadInput

from ..detector import Detect, Detector, Number
from ..detector import settings as settings_of
from . import beaconing, decoy, silence, unlike, volume

_ALL: Mapping[str, tuple[Detect, Mapping[str, Number]]] = {
    "beaconing": (beaconing.run, beaconing.SETTINGS),
    "decoy": (decoy.run, decoy.SETTINGS),
    "silence": (silence.run, silence.SETTINGS),
    "unlike-its-kind": (unlike.run, unlike.SETTINGS),
    "volume": (volume.run, volume.SETTINGS),
}


def detect_by(detector: Detector) -> tuple[Detect, dict[str, Number]]:
    """The code of a detector, and its settings. Raises BadInput for a type that there is not."""
    if detector.kind not in _ALL:
        raise BadInput(f"there is no detector {detector.kind}", detector.where, f"one of {', '.join(sorted(_ALL))}")
    code, known = _ALL[detector.kind]
    return code, settings_of(detector, known)
