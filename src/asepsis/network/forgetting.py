"""What was learned in a time is forgotten: an attacker who was there already taught that what he does is usual."""

from __future__ import annotations

from dataclasses import replace

from .detector import Detector, Unlearn
from .detectors import unlearn_by
from .library import Library
from .memory import Known, Memory, Time, unlearn


def forget(memory: Memory, by: Unlearn, time: Time) -> int:
    """Takes a time out of a running table; how many of its keys that changed or dropped."""
    before = memory.load()
    after = {key: _cooled(by(key, known, time), time) for key, known in before.items()}
    memory.drop([key for key, known in after.items() if known is None])
    changed = {key: known for key, known in after.items() if known is not None and known != before[key]}
    memory.save(changed)
    return len(changed) + sum(known is None for known in after.values())


def _cooled(known: Known | None, time: Time) -> Known | None:
    """What was known before is kept no longer because it was seen in the time."""
    return replace(known, last=time.since) if known and known.first < time.since and known.last in time else known


def unlearner(library: Library, table: str) -> Unlearn:
    """How the table of a rule or detector forgets; that of another has what was seen together, as those of rules do."""
    entry = library.by_name.get(table)
    return unlearn_by(entry.speaks) if entry and isinstance(entry.speaks, Detector) else unlearn


def still_heard(hours: list[int], time: Time) -> list[int]:
    """Hours of learning (since 1970) that a time has no part of: as many as it has are to be heard again."""
    begin, end = time.since.timestamp() / 3600, time.until.timestamp() / 3600
    return [hour for hour in hours if hour + 1 <= begin or hour >= end]
