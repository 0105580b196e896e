"""Sightings, what was learned, and how far was looked, in the store."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from .library import Entry
from .meaning import Exemption
from .memory import Known
from .sighting import GAP, Sighting, gathered
from .sigma.episode import Episode, Match
from .standing import Spoke

if TYPE_CHECKING:
    from .models import ProgressRow, SightingRow

DETECTION = "detection"
_AT_ONCE = 500
LEARNED_MAX = 2_000
"""What is shown of an asset."""
CLUES_MAX = 5_000
"""Sightings that stories are made of, the latest: a flood of them must not stop the next look."""


def progress() -> ProgressRow:
    """How far the rules have looked; of a new store nowhere. In a transaction nobody else looks until it ends."""
    from .models import ProgressRow

    return ProgressRow.objects.waited_for(DETECTION)


def standing(entry: Entry, since: datetime) -> list[Episode]:
    """The episodes of a correlation that ended at a moment or later."""
    from .models import SightingRow

    return [_episode(entry, row.sighting()) for row in SightingRow.objects.filter(rule=entry.name, end__gte=since) if row.held_from]


def _episode(entry: Entry, one: Sighting) -> Episode:
    matches = tuple(Match(row.part, row.stream, row.event_id, row.ts) for row in one.evidence)
    group = tuple((name, value) for name, value in json.loads(one.group))
    return Episode(entry.speaks.key, group, one.begin, one.held_from or one.begin, one.end, one.events, one.value, matches)


def add(sightings: Sequence[Sighting]) -> list[Sighting]:
    """Remembers sightings of one rule, each joined with those that it goes on with; gives those that changed, as they are now."""
    from .models import SightingRow

    if not sightings:
        return []
    attackers, since = {one.attacker for one in sightings}, min(one.begin for one in sightings) - GAP
    rows = SightingRow.objects.filter(rule=sightings[0].rule, end__gte=since)
    before = {one: row for row in rows if row.attacker in attackers for one in [row.sighting()]}
    episodes = [one for one in sightings if one.held_from]
    after = _episodes_of(episodes, [one for one in before if one.held_from])
    after += gathered(one for one in (*before, *sightings) if not one.held_from)
    for some in _some([row.pk for one, row in before.items() if one not in after]):
        SightingRow.objects.filter(pk__in=some).delete()
    new = [one for one in after if one not in before]
    SightingRow.objects.bulk_create([SightingRow.of(one, *_told_in(one, before)) for one in new], batch_size=_AT_ONCE)
    return new


def _told_in(one: Sighting, before: Mapping[Sighting, SightingRow]) -> tuple[str, str]:
    """Story and finding of what a sighting goes on with: those of the earliest."""
    met = [row for old, row in before.items() if old.key == one.key and one.begin <= old.begin and old.end <= one.end]
    first = min(met, key=lambda row: row.begin, default=None)
    return (first.story, first.finding) if first else ("", "")


def _episodes_of(new: Sequence[Sighting], known: Sequence[Sighting]) -> list[Sighting]:
    """Episodes were joined when they were found: one takes the place of those that it holds."""
    kept = [old for old in known if not any(one.key == old.key and one.begin <= old.begin and old.end <= one.end for one in new)]
    return [*kept, *new]


def attackers(rule: str, moment: datetime) -> set[str]:
    """Whom a rule told of at a moment or later."""
    from .models import SightingRow

    return set(SightingRow.objects.filter(rule=rule, end__gte=moment).values_list("attacker", flat=True))


def since(moment: datetime) -> list[tuple[Sighting, str, str]]:
    """Sightings that ended at a moment or later, and those of the stories that these are in, each with the story and the finding that it
    was told in; the latest, in order."""
    from .models import SightingRow

    late = list(SightingRow.objects.filter(end__gte=moment).order_by("-end")[:CLUES_MAX])
    known = sorted({row.story for row in late if row.story})
    earlier = SightingRow.objects.filter(end__lt=moment).order_by("-end")
    before = [row for some in _some(known) for row in earlier.filter(story__in=some)[:CLUES_MAX]]
    found = ((row.sighting(), row.story, row.finding) for row in (*late, *before))
    return sorted(found, key=lambda one: (one[0].begin, one[0].key))


def story_named(name: str) -> list[str]:
    """The stories that are called so, or that tell of the alert that is: by the beginning of an id; two at the most."""
    from .models import SightingRow

    rows = SightingRow.objects.exclude(story="").order_by("story")
    return list(rows.called(name).values_list("story", flat=True).distinct()[:2]) if name else []


def of_stories(stories: Collection[str]) -> list[tuple[Sighting, str, str]]:
    """The latest sightings of these stories, each with its story and the finding that it was told in, in order."""
    from .models import SightingRow

    late = SightingRow.objects.filter(story__in=sorted(stories)).order_by("-end")[:CLUES_MAX]
    found = ((row.sighting(), row.story, row.finding) for row in late)
    return sorted(found, key=lambda one: (one[0].begin, one[0].key))


def met_in(stories: Collection[str]) -> list[tuple[str, Sighting, str]]:
    """The latest sightings of these stories, without their evidence, each with its story and the finding that it was told in, in order."""
    from .models import SightingRow

    rows = SightingRow.objects.filter(story__in=sorted(stories)).order_by("-end")[:CLUES_MAX]
    columns = rows.values_list("story", "finding", "rule", "attacker", "victims", "begin", "end", "events")
    found = [
        (story, Sighting(rule, attacker, tuple(victims), begin, end, events, ()), finding)
        for story, finding, rule, attacker, victims, begin, end, events in columns
    ]
    return sorted(found, key=lambda one: (one[1].begin, one[1].key))


def put_into(story: str, sightings: Iterable[Sighting]) -> None:
    """Remembers in which story sightings are told."""
    _update(sightings, story=story)


def tell_in(finding: str, sightings: Iterable[Sighting]) -> None:
    """Remembers in which finding sightings are told."""
    _update(sightings, finding=finding)


def _update(sightings: Iterable[Sighting], **values: str) -> None:
    from .models import SightingRow

    for one in sightings:
        SightingRow.objects.filter(rule=one.rule, attacker=one.attacker, group=one.group, begin=one.begin).update(**values)


def exemptions(rule: str, day: date) -> list[tuple[int, Exemption]]:
    """What people excused of a rule, and is not over on a day, by number."""
    from .models import ExemptionRow

    return [(row.pk, row.exemption()) for row in ExemptionRow.objects.filter(rule=rule, undone=False, until__gte=day).order_by("pk")]


def every_exemption() -> dict[str, list[tuple[int, Exemption]]]:
    """What people excused and did not take back, by rule, by number; what is over, too."""
    from .models import ExemptionRow

    found: dict[str, list[tuple[int, Exemption]]] = {}
    for row in ExemptionRow.objects.filter(undone=False).order_by("pk"):
        found.setdefault(row.rule, []).append((row.pk, row.exemption()))
    return found


def exempt(rule: str, attacker: Mapping[str, object], victim: Mapping[str, object], reason: str, until: date, who: str) -> int:
    """Remembers an exception; its number."""
    from .models import ExemptionRow

    row = ExemptionRow(rule=rule, attacker=dict(attacker), victim=dict(victim), reason=reason, until=until, who=who, at=datetime.now(UTC))
    row.save()
    return int(row.pk)


def exempted(number: int) -> str | None:
    """The rule of an exception that stands."""
    from .models import ExemptionRow

    return ExemptionRow.objects.filter(pk=number, undone=False).values_list("rule", flat=True).first()


def take_back(number: int) -> None:
    """An exception no longer stands."""
    from .models import ExemptionRow

    ExemptionRow.objects.filter(pk=number).update(undone=True)


def spoke(since: datetime) -> dict[str, Spoke]:
    """How often each rule spoke, in all and since a moment."""
    from .models import SightingRow

    return {rule: Spoke(attackers, sightings, last, late) for rule, attackers, sightings, last, late in SightingRow.objects.spoke(since)}


def last_of(rule: str, most: int) -> list[tuple[Sighting, str, str]]:
    """The latest sightings of a rule, each with its story and the finding that it was told in, the latest first."""
    from .models import SightingRow

    rows = SightingRow.objects.filter(rule=rule).order_by("-end")[:most]
    return [(row.sighting(), row.story, row.finding) for row in rows]


def learned() -> list[tuple[str, int]]:
    """How many keys each rule and detector has learned."""
    from .models import MemoryRow

    return MemoryRow.objects.counted()


def learned_of(words: Iterable[str]) -> list[tuple[str, str, Known]]:
    """What was learned of keys that have one of these values: rule, key, and what is known."""
    from .models import MemoryRow

    found = {}
    for word in words:
        for row in MemoryRow.objects.filter(key__contains=json.dumps(word))[:LEARNED_MAX]:
            found[row.detector, row.key] = Known(row.value, row.first, row.last)
    return [(rule, key, one) for (rule, key), one in sorted(found.items())]


def tidy(entries: Iterable[Entry], now: datetime) -> None:
    """Drops what rules learned and has not been seen for so long that it would be new again."""
    from .models import MemoryRow

    for entry in entries:
        if entry.meaning.new:
            MemoryRow.objects.filter(detector=entry.name, last__lt=now - timedelta(days=entry.meaning.days + 1)).delete()


class Stored:
    """The running table of a rule or detector in the store (`memory.Memory`)."""

    def __init__(self, detector: str) -> None:
        self._detector = detector

    def load(self, keys: Collection[str] | None = None) -> dict[str, Known]:
        from .models import MemoryRow

        rows = MemoryRow.objects.filter(detector=self._detector).values_list("key", "value", "first", "last")
        if keys is None:
            return {key: Known(*told) for key, *told in rows}
        return {key: Known(*told) for some in _some(keys) for key, *told in rows.filter(key__in=some)}

    def save(self, known: Mapping[str, Known]) -> None:
        from .models import MemoryRow

        if not known:
            return
        rows = [
            MemoryRow(detector=self._detector, key=key, value=one.value, first=one.first, last=one.last)
            for key, one in sorted(known.items())
        ]
        MemoryRow.objects.bulk_create(
            rows,
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["detector", "key"],
            update_fields=["value", "first", "last"],
        )

    def drop(self, keys: Collection[str]) -> None:
        from .models import MemoryRow

        for some in _some(keys):
            MemoryRow.objects.filter(detector=self._detector, key__in=some).delete()


K = TypeVar("K", str, int)


def _some(keys: Collection[K]) -> Iterator[list[K]]:
    """As many at once as a query may name."""
    ordered = sorted(keys)
    yield from (ordered[n : n + _AT_ONCE] for n in range(0, len(ordered), _AT_ONCE))
