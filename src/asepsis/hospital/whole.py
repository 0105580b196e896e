"""Parts that are one machine made whole, each machine with an id of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from asepsis.hospital.act import Act, Verb
from asepsis.hospital.asset import Maybe, address_of
from asepsis.hospital.equipment import machines
from asepsis.hospital.identity import asset_id
from asepsis.hospital.parts import Part, host_identity, serials
from asepsis.hospital.same import Interval, Presence, Tie, join, spans
from asepsis.hospital.tenure import AFTER


def whole(made: list[Part], present: Presence, acts: Sequence[Act] = ()) -> list[Part]:
    """The parts that are one machine as one, each with an id of its own. `acts` are what people said, and stands."""
    marks = [_marks(part) for part in made]
    joined = join(made, present, _told(marks, acts), [_sides(marks, act) for act in acts if act.verb is Verb.SPLIT])
    out = [_together([made[n] for n in numbers]) for numbers in joined.groups]
    where = {n: g for g, numbers in enumerate(joined.groups) for n in numbers}
    for tie in joined.ties:
        out[where[tie.one]].why_one += (tie.words,)
    _ids_differ(out)
    for tie in joined.proposed:
        for mine, theirs in ((tie.one, tie.other), (tie.other, tie.one)):
            out[where[mine]].maybe += (Maybe(out[where[theirs]].id, tie.why, tie.events),)
    moved = {old.id: new.id for new, numbers in zip(out, joined.groups, strict=True) for old in (made[n] for n in numbers)}
    for part in out:
        part.behind = moved.get(part.behind, part.behind)
    return out


def _told(marks: Sequence[frozenset[str]], acts: Sequence[Act]) -> Iterator[Tie]:
    """What people said is one machine, except what they took off later."""
    for nth, act in enumerate(acts):
        if act.verb is Verb.MERGE:
            splits = [_sides(marks, later) for later in acts[nth:] if later.verb is Verb.SPLIT]
            together: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
            for n, of in enumerate(marks):
                if any(of & named for named in act.marks):
                    together[tuple(sides[n] is True for sides in splits)].append(n)
            yield from (Tie(first, other, act.words, ()) for first, *others in together.values() for other in others)


def _sides(marks: Sequence[frozenset[str]], act: Act) -> list[bool | None]:
    """Of a split: which parts are what was taken off, and which are what it was taken off from."""
    whole, off = act.marks
    return [True if of & off else False if of & whole else None for of in marks]


def _together(group: list[Part]) -> Part:
    """One part of several: the one that was there first gives it its id, unless one knows its serial number."""
    first = min(group, key=lambda p: (not serials(p), min((f.first for f in p.view.facts()), default=AFTER), p.id))
    part = replace(first)
    for other in group:
        if other is not first:
            part.hosts, part.view = part.hosts + other.hosts, part.view + other.view
            part.machines = machines([s for m in (*part.machines, *other.machines) for s in m.stores])
            part.forwarded = part.forwarded + other.forwarded
            part.behind, part.before = part.behind or other.behind, max(part.before, other.before)
    return part


def _ids_differ(groups: list[Part]) -> None:
    """A serial number that was seen on two machines at the same time names neither of them."""
    by_id: dict[str, list[Part]] = defaultdict(list)
    for part in groups:
        by_id[part.id].append(part)
    for same in by_id.values():
        for part in same if len(same) > 1 else ():
            part.id = asset_id(part.id, host_identity(part.hosts[0]), part.role, *map(address_of, part.hosts[0].addresses))


def from_first_to_last(made: Sequence[Part]) -> Presence:
    """The presence where nothing finer is known than when parts were first and last seen."""

    def present(places: set[str]) -> dict[str, list[Interval]]:
        return {a: spans(part.view.facts()) for part in made for host in part.hosts for a in host.addresses if a in places}

    return present


def _marks(part: Part) -> frozenset[str]:
    """What a part is known by, as `act.marks_of_asset` says it of an asset."""
    out = {f"id:{part.id}"} | {f"serial:{maker}|{serial}".casefold() for maker, serial, _ in serials(part)}
    if part.role in ("whole", "adapter", "relay"):
        out |= {f"mac:{host.mac}" for host in part.hosts if host.mac}
        out |= {f"place:{place}" for host in part.hosts for place in host.addresses}
        out |= {f"id:{host_identity(host)}" for host in part.hosts if host.mac or host.addresses}
    return frozenset(out)
