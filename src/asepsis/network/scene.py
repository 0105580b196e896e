"""Where the hosts and steps of a story stand in its picture: who attacks at the left, whom he came to further right, an arrow for each pair
with the numbers of the steps. Numbers of the table beside it are those of the arrows.

Hosts that were met by the same steps and did nothing are one box where there are more than a few: a scan meets hundreds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from asepsis.kit.errors import one_line

FEW = 12
"""Hosts of a story that are all drawn by themselves."""
MANY = 50
"""Boxes of a picture that somebody can still read."""
ALIKE = 4
BOX_W, BOX_H, GAP_X, GAP_Y, EDGE = 220, 52, 150, 16, 12
LETTERS = 26
"""As many fit into a box."""
COLUMNS = 5
NUMBERS = 4


class Role(StrEnum):
    """What a host is in a story. Who is outside is no machine of the hospital's, whatever it does."""

    ATTACKER = "attacks"
    TAKEN = "taken"
    TOUCHED = "touched"
    OUTSIDE = "outside"


@dataclass
class _Host:
    """A host, or several alike: `met` are the steps that were aimed at it, by who did them."""

    names: list[str]
    column: int
    role: Role
    acts: bool = False
    met: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A host as it is drawn; `name` fits, `names` are whole, `id` is that of its asset, if it stands for one."""

    x: int
    y: int
    name: str
    role: Role
    names: tuple[str, ...]
    id: str

    @property
    def middle(self) -> int:
        return self.y + BOX_H // 2


@dataclass(frozen=True, slots=True)
class Arrow:
    """From one box to another; `steps` are the numbers that stand on it, at (`x`, `y`), `path` is how it is drawn."""

    path: str
    x: int
    y: int
    steps: str
    words: str

    @property
    def width(self) -> int:
        return 12 + 8 * len(self.steps)

    @property
    def left(self) -> int:
        return self.x - self.width // 2

    @property
    def top(self) -> int:
        return self.y - 10


@dataclass(frozen=True, slots=True)
class Scene:
    """The picture of a story."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    hosts: int


def scene(timeline: Sequence[Mapping[str, Any]]) -> Scene:
    """The picture of the steps of a story (`telling.timeline`), which are numbered from 1."""
    hosts = _hosts(timeline)
    count = len(hosts)
    if count > FEW:
        hosts = _merged(hosts, lambda id, host: id if host.acts else (host.column, host.role, str(host.met)))
    if len(hosts) > MANY:
        hosts = _merged(hosts, lambda _, host: (host.column, host.role, host.acts))
    boxes = _placed(hosts)
    arrows = [_arrow(boxes[who], box, steps) for id, box in boxes.items() for who, steps in hosts[id].met.items() if who != id]
    width = max((box.x + BOX_W for box in boxes.values()), default=0) + EDGE
    height = max((box.y + BOX_H for box in boxes.values()), default=0) + EDGE
    return Scene(width, height, tuple(boxes.values()), tuple(arrows), count)


def _hosts(timeline: Sequence[Mapping[str, Any]]) -> dict[str, _Host]:
    """Hosts by id, in order of appearance; who is met stands right of the first who met him."""
    hosts: dict[str, _Host] = {}
    for number, step in enumerate(timeline, 1):
        source = hosts.setdefault(step["attacker_id"], _Host([step["attacker"]], 0, Role.ATTACKER))
        source.acts = True
        if source.role is Role.TOUCHED:
            source.role = Role.ATTACKER
        for id, name in zip(step["victim_ids"], step["victims"], strict=True):
            if id == step["attacker_id"]:
                continue
            host = hosts.setdefault(id, _Host([name], min(source.column + 1, COLUMNS - 1), Role.TOUCHED))
            host.met.setdefault(step["attacker_id"], []).append(number)
            if step["takes"] and host.role is Role.TOUCHED:
                host.role = Role.TAKEN
        for id in step["outside"]:
            if id in hosts:
                hosts[id].role = Role.OUTSIDE
    return hosts


def _merged(hosts: Mapping[str, _Host], alike: Callable[[str, _Host], object]) -> dict[str, _Host]:
    """Hosts that are alike as one, where they are more than a few, under the id of the first."""
    groups: dict[object, list[str]] = {}
    for id, host in hosts.items():
        groups.setdefault(alike(id, host), []).append(id)
    into = {id: ids[0] if len(ids) >= ALIKE else id for ids in groups.values() for id in ids}
    found: dict[str, _Host] = {}
    for id, host in hosts.items():
        one = found.setdefault(into[id], _Host([], host.column, host.role, host.acts))
        one.names += host.names
        for who, steps in host.met.items():
            lead = into.get(who, who)
            one.met[lead] = sorted({*one.met.get(lead, ()), *steps})
    return found


def _placed(hosts: Mapping[str, _Host]) -> dict[str, Box]:
    columns: dict[int, list[str]] = {}
    for id, host in hosts.items():
        columns.setdefault(host.column, []).append(id)
    tallest = max(map(len, columns.values()), default=0) * (BOX_H + GAP_Y)
    found = {}
    for n, ids in enumerate(columns[column] for column in sorted(columns)):
        top = EDGE + (tallest - len(ids) * (BOX_H + GAP_Y)) // 2
        for row, id in enumerate(ids):
            host = hosts[id]
            one = len(host.names) == 1
            name = _fitting(host.names[0]) if one else f"{len(host.names)} machines"
            box_id = id if one and id.startswith("a-") else ""
            x, y = EDGE + n * (BOX_W + GAP_X), top + row * (BOX_H + GAP_Y)
            found[id] = Box(x, y, name, host.role, tuple(one_line(name, 200) for name in host.names), box_id)
    return found


def _fitting(name: str) -> str:
    plain = one_line(name.removeprefix("the "), 200)
    return plain if len(plain) <= LETTERS else plain[: LETTERS - 1] + "…"


def _arrow(source: Box, target: Box, steps: Iterable[int]) -> Arrow:
    steps = list(steps)
    x1, y1, x2, y2 = source.x + BOX_W, source.middle, target.x, target.middle
    if target.x <= source.x:
        # Back, or within a column: around the right side of both.
        x2, far = target.x + BOX_W, max(source.x, target.x) + BOX_W + GAP_X // 2
        path, x, y = f"M{x1} {y1} C{far} {y1} {far} {y2} {x2} {y2}", far - 16, (y1 + y2) // 2
    else:
        bend = GAP_X // 2
        path, x, y = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}", x2 - 54, y2
    return Arrow(path, x, y, runs(steps), f"{source.names[0]} → {target.names[0] if len(target.names) == 1 else target.name}")


def runs(numbers: Sequence[int]) -> str:
    """Numbers in few letters: `1-3, 7`; of many the first."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    told = [str(first) if first == last else f"{first}-{last}" for first, last in found]
    return ", ".join(told[:NUMBERS]) + (" …" if len(told) > NUMBERS else "")
