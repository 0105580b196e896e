"""The detectors, by the type that a rule file names, each with its settings and their defaults."""

from __future__ import annotations

from collections.abc import Mapping

from asepsis.kit.errors import BadInput

from ..detector import Detect, Detector, Number, Unlearn
from ..detector import settings as settings_of
from ..memory import unlearn
from . import beaconing, decoy, silence, unlike, volume

_ALL: Mapping[str, tuple[Detect, Unlearn, Mapping[str, Number]]] = {
    "beaconing": (beaconing.run, beaconing.unlearn, beaconing.SETTINGS),
    "decoy": (decoy.run, unlearn, decoy.SETTINGS),
    "silence": (silence.run, silence.unlearn, silence.SETTINGS),
    "unlike-its-kind": (unlike.run, unlike.unlearn, unlike.SETTINGS),
    "volume": (volume.run, volume.unlearn, volume.SETTINGS),
}


def detect_by(detector: Detector) -> tuple[Detect, dict[str, Number]]:
    """The code of a detector, and its settings. Raises BadInput for a type that there is not."""
    if detector.kind not in _ALL:
        raise BadInput(f"there is no detector {detector.kind}", detector.where, f"one of {', '.join(sorted(_ALL))}")
    code, _, known = _ALL[detector.kind]
    return code, settings_of(detector, known)


def unlearn_by(detector: Detector) -> Unlearn:
    """What a detector forgets of a time."""
    return _ALL[detector.kind][1]
