"""Where a machine was, and when; where it is now."""

from __future__ import annotations

from collections import defaultdict

from asepsis.hospital.asset import Stay, address_of
from asepsis.hospital.facts import Fact
from asepsis.hospital.identity import order
from asepsis.hospital.parts import Part
from asepsis.hospital.tenure import AFTER, BEFORE


def stays(part: Part) -> tuple[Stay, ...]:
    """Where it was, the latest last."""
    times: dict[str, list[Fact]] = defaultdict(list)
    for talker in part.view.talkers:
        times[talker.address].append(talker)
    for binding in part.view.bindings:
        times[binding.address].append(binding)
    out = []
    for host in part.hosts:
        for place in host.addresses:
            seen = times.get(place) or (list(part.view.facts()) if len(part.hosts) == len(host.addresses) == 1 else [])
            first, last = min((f.first for f in seen), default=None), max((f.last for f in seen), default=None)
            out.append(Stay(address_of(place), host.mac, first, last, place))
    return tuple(sorted(set(out), key=lambda s: (s.last or BEFORE, s.first or BEFORE, s.place)))


def now(was: tuple[Stay, ...]) -> tuple[str, ...]:
    """The addresses that it had together with its latest one; those before them it has left."""
    latest = max((s.first or BEFORE for s in was if s.last == was[-1].last), default=BEFORE)
    kept = [s.address for s in was if (s.last or AFTER) >= latest]
    return tuple(sorted(set(kept), key=order))
