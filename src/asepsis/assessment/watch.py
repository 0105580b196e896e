"""The main job on packets as they come: rows in the lake within seconds, judged again as often as the machine can afford."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asepsis.findings.service import Finding, Line, lines_of
from asepsis.kit.site import Site
from asepsis.lake.service import Ear, Heard, watch

JUDGED_S = 10.0
"""Seconds at least between two judgements."""
SHARE = 10
"""A judgement that took a second is not made again before ten are over: a tenth of one core at the most."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard so far, and the worklist if it was judged anew just now."""

    heard: Heard
    lines: list[Line] | None


def look(site: Site, ear: Ear, stopped: Callable[[], bool], judge: Callable[[Site], list[Finding]]) -> Iterator[Seen]:
    """Listens until `stopped`, and judges at the end once more. Raises what `lake.service.watch` raises."""
    due, judged = time.monotonic() + JUDGED_S, 0
    heard = Heard(0, 0, 0)
    for heard in watch(site, ear, stopped):
        if heard.rows == judged or time.monotonic() < due:
            yield Seen(heard, None)
            continue
        began = time.monotonic()
        lines = lines_of(judge(site))
        judged, due = heard.rows, time.monotonic() + max(JUDGED_S, SHARE * (time.monotonic() - began))
        yield Seen(heard, lines)
    if heard.rows != judged:
        yield Seen(heard, lines_of(judge(site)))
