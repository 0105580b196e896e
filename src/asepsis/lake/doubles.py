"""Rows that stand twice: found by `event_id`, a column at a time, so that memory is bounded by the ids of two parts.

Arrow's functions are loaded where they are needed: that takes a tenth of a second, more than a small capture does as a whole.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from asepsis.kit.errors import BadInput

# As many ids are told apart sooner than Arrow's functions are loaded.
FEW = 20_000


def read_ids(path: Path) -> pa.StringArray:
    """The `event_id` of every row of a part, in order. Raises BadInput if the part is not there or no longer readable."""
    try:
        with pq.ParquetFile(path) as file:
            ids: pa.StringArray = file.read(columns=["event_id"]).column(0).combine_chunks()
    except (FileNotFoundError, pa.ArrowException):
        raise BadInput("a part of the lake is missing or damaged", path, "restore it from a backup") from None
    return ids


def held_by(ids: pa.StringArray, others: pa.StringArray) -> pa.BooleanArray | None:
    """True where an id also stands in `others`; None if nowhere."""
    import pyarrow.compute as pc

    hits: pa.BooleanArray = pc.is_in(ids, value_set=others)
    return hits if hits.true_count else None


def repeated(ids: pa.StringArray) -> pa.BooleanArray | None:
    """True where an id stood earlier in `ids`; None if nowhere."""
    if len(ids) <= FEW and len(set(ids.to_pylist())) == len(ids):
        return None
    import pyarrow.compute as pc

    encoded = ids.dictionary_encode()
    if len(encoded.dictionary) == len(ids):
        return None
    # Codes are given in order of first appearance: a row is a first one if its code is higher than all before it.
    codes = encoded.indices
    later: pa.BooleanArray = pc.less_equal(codes[1:], pc.cumulative_max(codes)[:-1])
    return pa.concat_arrays([pa.array([False]), later])


def either(*masks: pa.BooleanArray | None) -> pa.BooleanArray | None:
    """True where any of the masks is; None is a mask that is true nowhere."""
    import pyarrow.compute as pc

    found = [mask for mask in masks if mask is not None]
    result: pa.BooleanArray | None = found[0] if found else None
    for mask in found[1:]:
        result = pc.or_(result, mask)
    return result


def neither(mask: pa.BooleanArray) -> pa.BooleanArray:
    """True where the mask is not."""
    import pyarrow.compute as pc

    inverse: pa.BooleanArray = pc.invert(mask)
    return inverse
