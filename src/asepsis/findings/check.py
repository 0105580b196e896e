"""What a check is: code that looks for one fault, run over everything that was seen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from .finding import Cleared, Excused, Proposal, Remedy
from .look import Look

Run = Callable[[Look], list[Proposal]]
Clears = Callable[[Look], list[Cleared]]
Excuses = Callable[[Look], list[Excused]]
Lacks = Callable[[Look], str]


def nothing_clears(_look: Look) -> list[Cleared]:
    """The contrary evidence of a check for which there is none on the wire: silence is no proof."""
    return []


def nothing_stated(_look: Look) -> list[Excused]:
    """The excuses of a check for which it does not matter what the hospital states."""
    return []


def nothing_lacks(_look: Look) -> str:
    """What the hospital has not stated: nothing, of a check that goes by what was seen alone."""
    return ""


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a check looks at, where its streams hold much else: `of` in words (`mail`), `rows` a query that gives their `number`,
    and no row where there are none."""

    of: str
    rows: str


@dataclass(frozen=True, slots=True)
class Check:
    """Code that looks for one fault.

    `run` gives what is wrong, `clears` the contrary evidence: subjects seen later without the fault. `excuses` gives the rows that `run`
    leaves out because of what the hospital states. All three look at the whole lake. `streams` are those without which nothing can be
        said: where all are empty the answer is unknown, not a pass; so it is where its `scope` is empty, or `lacks` names what the hospital
    would have to state first.
    `cannot_see` says what stays hidden from it even then. `ends` are the remedies that end what it looks for wherever they are applied.
    `of_silence`: a fault is one because of rows that are not there, a name or an answer, so that a part of the lake cannot show it.
    """

    id: str
    title: str
    looks_for: str
    cannot_see: str
    streams: tuple[str, ...]
    harms: tuple[str, ...]
    references: tuple[str, ...]
    run: Run
    clears: Clears = nothing_clears
    excuses: Excuses = nothing_stated
    ends: tuple[Remedy, ...] = ()
    lacks: Lacks = nothing_lacks
    scope: Scope | None = None
    of_silence: bool = False


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check saw."""

    check: str
    proposals: list[Proposal]
    cleared: list[Cleared]


def glance(checks: Iterable[Check], look: Look) -> Iterator[Proposal]:
    """What the checks propose of a part of the lake: all that they do not say because of silence."""
    for check in checks:
        if not check.of_silence:
            yield from (replace(proposal, ends=check.ends) for proposal in check.run(look))
            look.forget()


def examine(checks: Iterable[Check], look: Look, known: Collection[str]) -> Iterator[Examined]:
    """Runs the checks, each on the whole lake. What mended a fault is asked only of checks that propose one or are `known` to have some."""
    for check in checks:
        proposals = [replace(proposal, ends=check.ends) for proposal in check.run(look)]
        yield Examined(check.id, proposals, check.clears(look) if proposals or check.id in known else [])
        look.forget()
