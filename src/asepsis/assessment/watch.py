"""The main job on packets as they come: rows in the lake within seconds, judged again as often as the machine can afford."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from asepsis.findings.service import Line
from asepsis.kit.site import Site
from asepsis.lake.service import Ear, Heard, watch

from .judgement import Judge

JUDGED_S, LEAST_S = 10.0, 5.0
"""Seconds from the beginning of one judgement to that of the next: fewer where one is cheap, more only where one takes longer than half of
that, which rests as long as it took."""
SHARE = 20
"""A look at everything that took a second is not taken again before twenty are over: a twentieth of one core at the most, and no more than
one row in twenty waits for it. Until then what came since is looked at."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was heard so far, and the worklist if it was judged anew just now."""

    heard: Heard
    lines: list[Line] | None


class _Bench:
    """Judges beside the listening, so that rows do not wait for it; always in one thread, which has the store open."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._thread = ThreadPoolExecutor(1, "judge")
        self._running: Future[tuple[list[Line], float]] | None = None
        self._rows, self._due, self._began = 0, time.monotonic() + LEAST_S, 0.0
        self._whole, self._whole_due = True, 0.0

    def look(self, heard: Heard, last: bool = False) -> list[Line] | None:
        """The worklist if it was judged since; begins anew when it is due, and waits for that if it is the `last`."""
        lines = None
        if self._running is not None and (last or self._running.done()):
            (lines, took), self._running = self._running.result(), None
            self._due = max(self._began + min(JUDGED_S, max(LEAST_S, SHARE * took)), time.monotonic() + took)
            if self._whole:
                self._whole_due = time.monotonic() + max(JUDGED_S, SHARE * took)
        if self._running is None and heard.rows != self._rows and (last or time.monotonic() >= self._due):
            self._rows, self._began = heard.rows, time.monotonic()
            self._whole = last or self._began >= self._whole_due
            self._running = self._thread.submit(_timed, self._judge.everything if self._whole else self._judge.news)
            if last:
                (lines, _), self._running = self._running.result(), None
        return lines

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)


def _timed(judge: Callable[[], list[Line]]) -> tuple[list[Line], float]:
    """The worklist, and how many seconds it took: who waits for it looks now and then only."""
    began = time.monotonic()
    return judge(), time.monotonic() - began


def look(site: Site, ear: Ear, stopped: Callable[[], bool], judge: Judge) -> Iterator[Seen]:
    """Listens until `stopped`, and judges at the end once more. Raises what `lake.service.watch` raises."""
    bench, heard = _Bench(judge), Heard(0, 0, 0)
    try:
        for heard in watch(site, ear, stopped):
            yield Seen(heard, bench.look(heard))
        if (lines := bench.look(heard, last=True)) is not None:
            yield Seen(heard, lines)
    finally:
        bench.close()
