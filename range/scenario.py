"""A scripted attack: what it is called, what it is an example of, and the acts that it consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Unpack

from act import Act, Doing, More
from lan import RangeError
from state import Hospital


@dataclass(frozen=True)
class Scenario:
    """One attack, in a loud and a slow variant where a threshold matters.

    row: the row of the table of attacks that it is an example of, by its first words; none for a story. technique: ATT&CK ids. heavy: needs
    Samba or the domain, so not in the quick hospital.
    """

    name: str
    title: str
    technique: tuple[str, ...]
    variants: dict[str, Callable[[Script], None]]
    row: str = ""
    heavy: bool = False


@dataclass
class Script:
    """Collects a scenario's acts, one after the other in virtual time."""

    hospital: Hospital
    scenario: Scenario
    variant: str
    moment: datetime
    seed: int = 1
    acts: list[Act] = field(default_factory=list)

    def whole(self) -> list[Act]:
        """All of the variant's acts."""
        self.scenario.variants[self.variant](self)
        return self.acts

    def act(self, host: str, what: str, doing: Doing, *peers: str, technique: Sequence[str] = (), **more: Unpack[More]) -> None:
        """Something at this moment, by a host. Its technique is the scenario's unless it has one of its own."""
        name = f"{self.scenario.name}:{self.variant}"
        told = tuple(technique) or self.scenario.technique
        self.acts.append(Act(self.moment, host, what, doing, peers, scenario=name, technique=told, **more))

    def need_samba(self) -> None:
        """For a variant that needs it, of a scenario that does not.

        Raises:
            RangeError: this is the quick hospital.
        """
        if self.hospital.quick:
            raise RangeError(f"{self.scenario.name}:{self.variant} needs Samba: `range up` without --quick")

    def wait(self, seconds: float) -> None:
        """The next act begins so much later."""
        self.moment += timedelta(seconds=seconds)
