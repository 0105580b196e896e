"""The running summary of what the sensor heard, in the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .health import LOOK_BACK
from .pulse import HOUR, SHOWN, Came, Heard, begin, summed


def hear(told: Sequence[Heard]) -> None:
    """Remembers minutes, and the hours that they are in. The same minute again changes nothing."""
    from .models import HeardRow

    _save(told, hour=False)
    for place in sorted({one.place for one in told}):
        rows = HeardRow.objects.filter(sensor=place[0], interface=place[1])
        newest = rows.filter(hour=False).latest("since").since
        rows.filter(since__lt=begin(newest - LOOK_BACK, HOUR)).delete()
        hours = sorted({begin(one.since, HOUR) for one in told if one.place == place})
        minutes = [[row.heard() for row in rows.filter(hour=False, since__gte=at, since__lt=at + HOUR)] for at in hours]
        _save([Heard(*place, at, summed(of)) for at, of in zip(hours, minutes, strict=True) if of], hour=True)


def _save(told: Iterable[Heard], hour: bool) -> None:
    from .models import HeardRow

    HeardRow.objects.bulk_create(
        [HeardRow.of(one, hour) for one in told],
        batch_size=200,
        update_conflicts=True,
        unique_fields=["hour", "sensor", "interface", "since"],
        update_fields=["figures"],
    )


def heard() -> tuple[list[Heard], list[Heard]]:
    """The hours of the last day of each interface, and the minutes of its last hour, in order of time."""
    from .models import HeardRow

    rows = HeardRow.objects.order_by("since")
    return [row.heard() for row in rows.filter(hour=True)], [row.heard() for row in rows.lately(SHOWN)]


def count(told: Iterable[Came]) -> None:
    """Adds rows to those that came in the same minutes; what is older than is shown goes."""
    from .models import CameRow

    told = list(told)
    if not told:
        return
    known = {(row.stream, row.since): row.rows for row in CameRow.objects.filter(since__gte=min(one.since for one in told))}
    CameRow.objects.bulk_create(
        [CameRow(stream=one.stream, since=one.since, rows=one.rows + known.get((one.stream, one.since), 0)) for one in told],
        batch_size=200,
        update_conflicts=True,
        unique_fields=["stream", "since"],
        update_fields=["rows"],
    )
    CameRow.objects.filter(since__lt=CameRow.objects.latest("since").since - SHOWN).delete()


def came() -> list[Came]:
    """The rows that came in each minute of the last hour in which some did."""
    from .models import CameRow

    return [Came(row.stream, row.since, row.rows) for row in CameRow.objects.all()]
