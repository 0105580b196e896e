"""How the fields of a foreign record become the columns of a row: tables as data, and what reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from asepsis.lake.foreign.clean import HIDDEN, Convert, word
from asepsis.lake.foreign.rows import Pseudonyms, Row
from asepsis.lake.foreign.tally import Tally, count

# The field says what another one says too, so nothing is lost.
SAME: Final = "same"
PART: Final = "(part)"
# Some columns from one value; None if nothing of it may be kept. With PART among them a part of it is left out.
Spread = Callable[[Any, Pseudonyms], Row | None]
# A column and how its value is made, or one of the above.
Fields = Mapping[str, tuple[str, Convert] | Spread | Literal["same"]]
# What the row still needs of the whole record: the rows that it makes, mostly one.
Finish = Callable[[Row, Mapping[str, Any], Pseudonyms], Iterable[Row]]


def alone(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """The row as it is."""
    return (row,)


@dataclass(frozen=True, slots=True)
class Log:
    """A foreign log or event type, and the stream that it is part of."""

    stream: str
    fields: Fields
    finish: Finish = alone


def apply(kind: str, fields: Fields, values: Iterable[tuple[str, Any]], keys: Pseudonyms, tally: Tally) -> Row:
    """The columns that these values give. Values without a column, and those that may not be kept, are counted by name."""
    row: Row = {}
    for name, value in values:
        if value is None:
            continue
        entry = fields.get(name)
        if entry is None:
            if value not in ("", [], {}):
                count(tally.no_column, _label(kind, name))
        elif entry == SAME or value == "":
            continue
        elif isinstance(entry, tuple):
            column, convert = entry
            if (kept := convert(value)) is not None:
                row[column] = kept
                if isinstance(kept, (str, list)) and _is_cut(kept, value):
                    count(tally.withheld, _label(kind, name))
            else:
                count(tally.withheld, _label(kind, name))
        elif (spread := entry(value, keys)) is not None:
            if spread.pop(PART, False):
                count(tally.withheld, _label(kind, name))
            row.update(spread)
        else:
            count(tally.withheld, _label(kind, name))
    return row


def _label(kind: str, field: str) -> str:
    """What a field is called in the counts: `zeek conn.tunnel_parents`, `suricata tls.fingerprint`."""
    return f"{kind}.{field.removeprefix(kind.split(' ')[1] + '.')}"


def _is_cut(kept: object, value: object) -> bool:
    """Whether a part of a name was hidden that the log has."""
    if isinstance(kept, str):
        return HIDDEN in kept and HIDDEN not in word(value)
    before = value if isinstance(value, list) else [value]
    return isinstance(kept, list) and any(HIDDEN in word(entry) for entry in kept) and not any(HIDDEN in word(entry) for entry in before)
