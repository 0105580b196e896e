"""Whom one machine talks to: a picture with it in the middle, who calls it on the left, whom it calls on the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from .chart import Groups, Sum, kind_in_words, place_in_words, place_of
from .grouped import Group
from .lettering import fit
from .talks import Tally

PEERS_MAX = 10
"""Boxes of one side; all further ones are one."""
_WIDTH, _BOX, _HIGH, _STEP, _TOP, _PAD = 940, 270, 46, 58, 30, 10

Addresses = Mapping[tuple[Group, bool], str]
"""Where the boxes of peers lead, by their keys."""


@dataclass(frozen=True, slots=True)
class Peers:
    """Machines of one group that one machine talks to; `id` of the one where there is only one. `called`: it calls them, and not they it.
    `rest` counts the groups that it stands for, of which none has a name here; `name` is that of the one machine."""

    group: Group
    machines: int
    id: str
    called: bool
    sum: Sum
    rest: int = 0
    name: str = ""

    @property
    def key(self) -> tuple[Group, bool]:
        """Tells it from all others of the same machine."""
        return self.group, self.called

    @property
    def words(self) -> str:
        return f"{self.rest} other groups" if self.rest else kind_in_words(self.group, self.machines)

    @property
    def place(self) -> str:
        return "" if self.rest or not self.group.place else place_in_words(place_of(self.group))


def peers(id: str, groups: Groups) -> list[Peers]:
    """With whom a machine talks, by groups; what is clinical in clear first, then the busiest."""
    from .models import TalkRow

    found = []
    for called in (False, True):
        sums: dict[Group, Sum] = {}
        for group, service, openness, *tally in TalkRow.objects.sums_with(id, called):
            if group in groups:
                sums.setdefault(groups[group][0], Sum()).add(service, openness, Tally(*tally))
        for group, many, one in TalkRow.objects.peers_of(id, called):
            if group in groups:
                of = groups[group][0]
                found.append(Peers(of, many, one if many == 1 and of.place else "", called, sums[of]))
    return sorted(found, key=lambda one: (-one.sum.clear, -one.sum.connections, one.called, one.group))


def shown(found: Sequence[Peers], called: bool) -> list[Peers]:
    """Those of one side that the picture has room for; the last stands for all others."""
    side = [one for one in found if one.called is called]
    if len(side) <= PEERS_MAX:
        return side
    rest = Sum()
    for one in side[PEERS_MAX - 1 :]:
        rest.services |= one.sum.services
        rest.open_ones |= one.sum.open_ones
        rest.connections, rest.clear, rest.encrypted = (
            getattr(rest, name) + getattr(one.sum, name) for name in ("connections", "clear", "encrypted")
        )
    return [*side[: PEERS_MAX - 1], Peers(Group("", "", ""), 0, "", called, rest, len(side) - PEERS_MAX + 1)]


def picture(name: str, kind: str, found: Sequence[Peers], addresses: Addresses) -> str:
    """The SVG element; `addresses` are where boxes lead."""
    left, right = shown(found, False), shown(found, True)
    high = _TOP + max(len(left), len(right), 1) * _STEP
    middle = _TOP + (high - _TOP - _STEP) // 2
    heads = [(0, "Call it"), (_WIDTH - _BOX, "It calls")]
    text = "".join(f'<text class="head" x="{x + 2}" y="18">{words}</text>' for x, words in heads)
    parts = [text, *_side(left, 2, middle, high, addresses), *_side(right, _WIDTH - _BOX - 2, middle, high, addresses)]
    parts.append(_box((_WIDTH - 220) // 2, middle, 220, name, kind, "box me"))
    return (
        f'<svg class="flows" role="group" aria-label="Whom it talks to" viewBox="0 0 {_WIDTH} {high}" xmlns="http://www.w3.org/2000/svg">'
        f"{''.join(parts)}</svg>"
    )


def _side(side: Sequence[Peers], x: int, middle: int, high: int, addresses: Addresses) -> Iterator[str]:
    """Boxes and lines of one side; what is clinical in clear lies over all else."""
    top = _TOP + (high - _TOP - len(side) * _STEP) // 2
    at = [(one, top + n * _STEP) for n, one in enumerate(side)]
    yield from (_line(one, x, y + _HIGH // 2, middle + _HIGH // 2) for one, y in sorted(at, key=lambda place: place[0].sum.clear > 0))
    for one, y in at:
        detail = ", ".join(filter(None, (one.words if one.name else "", one.place)))
        words = one.name or one.words[:1].upper() + one.words[1:]
        box = _box(x, y, _BOX, words, f"{detail}: {one.sum.speaks}" if detail else one.sum.speaks, "box")
        address = addresses.get(one.key)
        yield f'<a href="{escape(address)}">{box}</a>' if address else box


def _line(one: Peers, x: int, y: int, middle: int) -> str:
    near = (_WIDTH - 220) // 2 if not one.called else (_WIDTH + 220) // 2
    far = x + _BOX if not one.called else x
    begin, end = ((far, y), (near, middle)) if not one.called else ((near, middle), (far, y))
    bend = (begin[0] + end[0]) // 2
    kind = "clear" if one.sum.clear else "safe" if one.sum.encrypted == one.sum.connections else "other"
    title = escape(f"{one.name or one.words}: {one.sum.speaks}, {one.sum.connections:,} connections, {one.sum.how}"[:300])
    tip = f'<path class="tip" d="M{end[0] - 9} {end[1] - 5}L{end[0]} {end[1]}L{end[0] - 9} {end[1] + 5}Z"/>' if one.sum.clear else ""
    way = f"M{begin[0]} {begin[1]}C{bend} {begin[1]} {bend} {end[1]} {end[0]} {end[1]}"
    return f'<g><title>{title}</title><path class="{kind}" d="{way}"/>{tip}</g>'


def _box(x: int, y: int, wide: int, name: str, detail: str, kind: str) -> str:
    room, shape = wide - 2 * _PAD, f'x="{x}" y="{y}" width="{wide}" height="{_HIGH}" rx="6"'
    return (
        f'<g><title>{escape(f"{name}: {detail}"[:300])}</title><rect class="{kind}" {shape}/>'
        f'<text class="name" x="{x + _PAD}" y="{y + 18}">{escape(fit(name, room, 12, bold=True))}</text>'
        f'<text class="kind" x="{x + _PAD}" y="{y + 34}">{escape(fit(detail, room, 11))}</text></g>'
    )
