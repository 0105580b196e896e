"""Rows by day of `ts` (UTC): the lake has a folder a day. Arrow is loaded where rows of two days came together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

from asepsis import _wire

if TYPE_CHECKING:
    import pyarrow as pa

    # Rows as the core made them, or as Arrow has them.
    Batch: TypeAlias = _wire.ArrowBatch | pa.RecordBatch

# Earliest and latest `ts` of rows, microseconds since 1970.
Span = tuple[int, int]

# Forged clocks may scatter one batch over the centuries; then the day folder of its first row serves all of it.
DAYS_PER_BATCH = 64
SPAN_DAYS = 36_525

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def by_day(batch: Batch) -> list[tuple[str, Batch, Span]]:
    """The rows by day of `ts` (UTC), with the span of each."""
    low, high = span(batch)
    first, last = low // _DAY_US, high // _DAY_US
    if first == last or last - first > SPAN_DAYS:
        return [(_day(first), batch, (low, high))]
    return _apart(batch, first) or [(_day(first), batch, (low, high))]


def span(rows: Batch | pa.Table) -> Span:
    """Earliest and latest `ts`; zeros where no row has one."""
    if isinstance(rows, _wire.ArrowBatch):
        return rows.span or (0, 0)
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.min_max(rows.column("ts").cast(pa.int64())).as_py()
    return (found["min"], found["max"]) if found["min"] is not None else (0, 0)


def _apart(batch: Batch, first: int) -> list[tuple[str, Batch, Span]]:
    """The rows of each day since `first`; nothing if they are better left together."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pa.record_batch(batch)
    times = rows.column("ts")
    if times.null_count:
        return []
    # Counted from the first day on, because integer division rounds towards zero.
    number = pc.divide(pc.subtract(times.cast(pa.int64()), first * _DAY_US), _DAY_US)
    days = pc.unique(number)
    if len(days) > DAYS_PER_BATCH:
        return []
    found = ((day, rows.filter(pc.equal(number, day))) for day in sorted(days.to_pylist()))
    return [(_day(first + day), part, span(part)) for day, part in found]


def _day(number: int) -> str:
    """Folder name of a day since 1970; a clock beyond the calendar has a folder of its own."""
    try:
        return (_EPOCH + timedelta(days=number)).date().isoformat()
    except OverflowError:
        return "unknown"
