"""Doing acts: many at once, none in the way of another, each noted with the wall's clock so that its packets can be found again."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from io import SEEK_END, FileIO
from pathlib import Path

from act import AT_ONCE, Act, Done
from lan import SCRATCH, RangeError
from recording import room
from space import at
from state import Hospital
from topology import load

NOTES = SCRATCH / "acts.jsonl"
AHEAD = 400
"""How many acts are looked at when one is sought that nobody is in the way of."""
SHOWN = 5
Progress = Callable[[int, int, Act], None]


@contextmanager
def alone() -> Iterator[None]:
    """One day or scenario at a time.

    Raises:
        RangeError: another is under way.
    """
    with (SCRATCH / "stage.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RangeError("a day or a scenario is under way: wait for its end, or `range down`") from error
        yield


def noted() -> list[Done]:
    """What was done since the recording began, in the order of its end."""
    if not NOTES.exists():
        return []
    return [Done(**json.loads(line)) for line in _whole(NOTES.read_bytes()).splitlines()]


def _whole(text: bytes) -> bytes:
    """Without what whoever was killed, or had no room, left of a last line."""
    return text[: text.rfind(b"\n") + 1]


def forget() -> None:
    NOTES.unlink(missing_ok=True)


def planned(hospital: Hospital, what: str, plan: Callable[[], list[Act]]) -> list[Act]:
    """The acts of a day or a scenario, which were thought of for the hospital of range/topology.toml: another may lack what they need.

    Raises:
        RangeError: it does; the text says what.
    """
    known = hospital.topology.by_name
    try:
        acts = plan()
    except (LookupError, ArithmeticError, StopIteration, RuntimeError, ValueError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        why = f"{Path(place.filename).name}:{place.lineno}: {str(error) or type(error).__name__}"
        raise RangeError(f"{what} cannot be played in this hospital{_lacking(hospital)} ({why})") from error
    except RangeError as error:
        raise RangeError(f"{what} cannot be played in this hospital: {str(error).removeprefix(what + ' ')}") from error
    if strange := sorted({name for act in acts for name in (act.host, *act.peers)} - known.keys()):
        raise RangeError(f"{what} cannot be played in this hospital: it has no host {', '.join(strange[:SHOWN])}")
    return acts


def _lacking(hospital: Hospital) -> str:
    whole = load().quick() if hospital.quick else load()
    zones = {one.name for one in whole.zones} - {one.name for one in hospital.topology.zones}
    hosts = {one.name for one in whole.hosts if one.zone not in zones} - hospital.topology.by_name.keys()
    told = [*(f"zone {name}" for name in sorted(zones)), *sorted(hosts)]
    more = f" and {len(told) - SHOWN} more" if len(told) > SHOWN else ""
    return f": of range/topology.toml it lacks {', '.join(told[:SHOWN])}{more}" if told else ""


def play(hospital: Hospital, acts: Iterable[Act], progress: Progress | None = None) -> list[Done]:
    """Do all acts, those of one host or pair in the order of their virtual beginning; what each came to is noted and given back.

    An act that fails is noted with its error and leaves the others as they are, as in a hospital. Whoever gives up waits for what is under
    way and has it noted too: its packets are in the recording.

    Raises:
        RangeError: there is no room for the notes.
    """
    waiting = sorted(acts, key=lambda act: act.at)
    whole, done = len(waiting), list[Done]()
    first = len(noted())
    busy: dict[Future[Done], Act] = {}
    with _notes() as notes, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="act") as pool:
        try:
            while waiting or busy:
                for index in reversed(_free(waiting, busy.values(), AT_ONCE - len(busy))):
                    act = waiting.pop(index)
                    busy[pool.submit(_do, hospital, act, first + whole - len(waiting))] = act
                for future in wait(busy, return_when=FIRST_COMPLETED).done:
                    act, result = busy.pop(future), future.result()
                    done.append(result)
                    _note(notes, result)
                    if progress:
                        progress(len(done), whole, act)
        finally:
            for future in as_completed(busy):
                _note(notes, future.result())
    return done


def _notes() -> FileIO:
    """The notes, to be added to: without a buffer, so that what has no room fails where it is written."""
    notes = FileIO(NOTES, "a+")
    notes.seek(0)
    notes.truncate(len(_whole(notes.readall())))
    return notes


def _note(notes: FileIO, one: Done) -> None:
    """A line, or nothing of it."""
    place, line = notes.seek(0, SEEK_END), json.dumps(one.row()).encode() + b"\n"
    try:
        if notes.write(line) == len(line):
            return
        why = os.strerror(errno.ENOSPC)
    except OSError as error:
        why = error.strerror or str(error)
    notes.truncate(place)
    raise RangeError(f"{NOTES}: {why}: given up; what was done before is noted{room()}")


def failures(done: Iterable[Done]) -> list[str]:
    """What failed though it must not, a line each; the first ones."""
    bad = [f"{one.host}: {one.what}: {one.error}" for one in done if one.error and not one.may_fail]
    return bad[:SHOWN] + ([f"and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else [])


def _free(waiting: list[Act], busy: Iterable[Act], room: int) -> list[int]:
    """Places of the first acts that nothing holds up; whoever waits holds up those behind it, so that none overtakes another."""
    held: set[object] = set().union(*(act.holds for act in busy))
    found = list[int]()
    for index, act in enumerate(waiting[:AHEAD]):
        if len(found) == room:
            break
        if held.isdisjoint(act.holds):
            found.append(index)
        held |= act.holds
    return found


def _do(hospital: Hospital, act: Act, number: int) -> Done:
    begin, error = time.time(), ""
    try:
        with at(act.host):
            act.doing(hospital, act.at)
    except Exception as caught:  # noqa: BLE001  an act is a client program: whatever goes wrong in it is its result
        error = str(caught) or type(caught).__name__
    return Done.of(number, act, begin, time.time(), error)


def show(done: int, whole: int, act: Act) -> None:
    """A line that stays in its place, on a terminal; one in two hundred acts elsewhere."""
    if sys.stderr.isatty():
        print(
            f"\r{act.at:%H:%M} {done} of {whole} acts: {act.what[:40]:<40}", end="" if done < whole else "\n", file=sys.stderr, flush=True
        )
    elif done % 200 == 0 or done == whole:
        print(f"[{act.at:%H:%M}] {done} of {whole} acts", file=sys.stderr, flush=True)
