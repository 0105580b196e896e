"""Who goes through a network must not fill the store: beyond so many partners of one machine all further ones are told of as many."""

from __future__ import annotations

from collections import defaultdict

from .grouped import Groups
from .talks import MANY, OUTSIDE, Openness, Tally

FAN_MAX = 2_000
"""Machines that one begins to talk with, told apart: more than the busiest poller of a hospital of thousands has."""


def fold(groups: Groups) -> bool:
    """Puts together what the widest said beyond FAN_MAX partners, those first that are least: not clinical, rarely, by their ids. Whether
    there was any."""
    from .models import TalkRow

    wide = TalkRow.objects.wide(FAN_MAX)
    for source in wide:
        weights: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
        rows = list(TalkRow.objects.filter(source=source).exclude(target__in=(OUTSIDE, MANY)))
        for row in rows:
            clear, connections = weights[row.target]
            weights[row.target] = max(clear, int(row.openness == Openness.CLEAR_CLINICAL)), connections + row.connections
        kept = set(sorted(weights, key=lambda target: (-weights[target][0], -weights[target][1], target))[:FAN_MAX])
        rest = [row for row in rows if row.target not in kept]
        sums: dict[tuple[int, str, int], Tally] = {}
        for row in rest:
            key, tally = (row.source_group, row.service, row.openness), Tally(row.connections, row.first, row.last)
            sums[key] = sums[key] + tally if key in sums else tally
        TalkRow.objects.remove([row.pk for row in rest])
        many = groups.members[MANY]
        TalkRow.objects.add((source, MANY, key[0], many, *key[1:], *tally) for key, tally in sums.items())
    return bool(wide)
