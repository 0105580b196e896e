"""How much a patient depends on an asset of a kind.

`life` sustains life or delivers therapy, `monitor` diagnoses or watches a patient now, `support` carries the work around that,
`none` does not touch care, `unknown` is not known: it counts as `life` where something is about to be blocked and as `monitor` where
findings are ordered.
"""

from __future__ import annotations

from asepsis.hospital.kinds import KINDS

CLASSES = ("life", "monitor", "support", "none", "unknown")
SURE_ENOUGH = 0.4
"""Below this a kind is a guess, and a guess must not make an asset look harmless: its class stays `unknown` (or `life`, if guessed so)."""


def clinical_class(kind: str, confidence: float) -> tuple[str, str]:
    """The class of a kind and, in words, where it comes from."""
    of_kind = KINDS[kind].clinical_class
    if confidence < SURE_ENOUGH and of_kind not in ("life", "unknown"):
        return "unknown", f"kind {kind} is only a guess"
    return of_kind, f"kind {kind}"


_GRAVEST = ("life", "monitor", "unknown", "support", "none")


def graver(one: str, other: str) -> bool:
    """Whether a patient may depend more on `one`; of what is not known it may be a device."""
    return _GRAVEST.index(one) < _GRAVEST.index(other)
