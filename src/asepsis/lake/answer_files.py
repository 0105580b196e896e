"""The answer to a query as files: the whole as CSV and JSON, and what is shown of it, page by page.

The process that asked writes them; pages of the console read them, without the engine. `answer.json` comes last: where it is, all are.
"""

from __future__ import annotations

import csv
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asepsis.kit import files
from asepsis.kit.errors import AsepsisError, one_line
from asepsis.kit.output import plain
from asepsis.kit.spreadsheet import harmless
from asepsis.lake.chart import Column, Of, chart

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN, PAGE = 1_000, 50
"""Rows that are shown, and on one page: nobody reads more of a table; the files have all."""
CELL, WIDE = 300, 200
"""Characters of a cell, and columns, that are shown."""
QUESTION, ANSWER, CSV, JSON = "question.json", "answer.json", "rows.csv", "rows.json"


def write(folder: Path, table: pa.Table, seconds: float) -> None:
    """Writes an answer that took so many `seconds`. Raises OSError where a file cannot grow."""
    from asepsis.lake.answer import distinct, rows_of, write_json

    names = distinct(table.column_names)
    with (folder / CSV).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(harmless, names))
        writer.writerows([_spread(cell) for cell in row] for row in rows_of(table))
    with (folder / JSON).open("w", encoding="utf-8") as file:
        write_json(table, file)
    first = list(islice(rows_of(table), SHOWN))
    for n, begin in enumerate(range(0, len(first), PAGE)):
        cells = [[_shown(cell) for cell in row[:WIDE]] for row in first[begin : begin + PAGE]]
        _page(folder, n).write_text(json.dumps(cells), "utf-8")
    columns = [Column(one_line(name, CELL), _of(kind)) for name, kind in zip(names, table.schema.types, strict=True)]
    told = {"columns": columns[:WIDE], "wide": len(columns), "rows": table.num_rows, "shown": len(first), "seconds": round(seconds, 1)}
    _tell(folder, told | {"chart": chart(columns, first)})


def write_error(folder: Path, error: AsepsisError) -> None:
    """Writes that there is no answer, and why."""
    _tell(folder, {"error": {"what": error.what, "where": error.where, "todo": error.todo}})


def write_stopped(folder: Path) -> None:
    """Writes that there is no answer, because who asked wants none any more."""
    _tell(folder, {"stopped": True})


def read(folder: Path) -> dict[str, Any] | None:
    """What was written of an answer, without its rows; None as long as there is none."""
    try:
        told = json.loads((folder / ANSWER).read_bytes())
    except (OSError, ValueError):
        return None
    return told if isinstance(told, dict) else None


def read_page(folder: Path, n: int) -> list[list[str | None]]:
    """The rows of page `n`, from 0, as they are shown; none where there is no such page."""
    try:
        found: list[list[str | None]] = json.loads(_page(folder, n).read_bytes())
    except (OSError, ValueError):
        return []
    return found


def _page(folder: Path, n: int) -> Path:
    return folder / f"page-{n}.json"


def _tell(folder: Path, told: dict[str, Any]) -> None:
    files.replace(folder / ANSWER, json.dumps(plain(told), allow_nan=False).encode())


def _spread(cell: Any) -> Any:
    if isinstance(cell, str):
        return harmless(cell)
    return json.dumps(cell) if isinstance(cell, (list, dict, bool)) else cell


def _shown(cell: Any) -> str | None:
    if cell is None:
        return None
    return one_line(cell if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False), CELL)


def _of(kind: pa.DataType) -> Of:
    import pyarrow as pa

    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return Of.TIME
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return Of.NUMBER
    return Of.TEXT if pa.types.is_string(kind) or pa.types.is_boolean(kind) else Of.OTHER
