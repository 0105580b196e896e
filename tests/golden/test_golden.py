"""Golden captures give the rows written beside them, and cut anywhere they give rows or one clear error.

`make golden` makes the expected rows again; the diff says what a change means on the wire.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from asepsis import _wire

from .captures import HERE
from .rows import golden, open_captures, read

CAPTURES = sorted(HERE.glob("*/*.pcap"))
SOAK = "ASEPSIS_SOAK" in os.environ


def _name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CAPTURES, ids=_name)
def test_gives_the_expected_rows(path: Path) -> None:
    assert golden(path) == path.with_suffix(".json").read_text("utf-8")


@pytest.mark.parametrize("path", CAPTURES, ids=_name)
def test_holds_a_row_of_the_stream_it_stands_for(path: Path) -> None:
    assert path.parent.name in {stream for stream, _ in read(open_captures(path))}


def test_every_stream_has_a_capture_and_the_captures_stay_small() -> None:
    assert {path.parent.name for path in CAPTURES} == {name for name, _, _ in _wire.streams()}
    assert max(path.stat().st_size for path in CAPTURES) < 60_000
    assert sum(path.stat().st_size for path in CAPTURES) < 920_000


@pytest.mark.parametrize("path", CAPTURES, ids=_name)
def test_cut_anywhere_gives_rows_or_an_error(path: Path, tmp_path: Path) -> None:
    """An error of one line as long as no whole packet stands before the cut, rows from then on."""
    whole, step = path.read_bytes(), 7 if SOAK else 1987
    piece, begun = tmp_path / "piece.pcap", False
    for end in range(0, len(whole), step):
        piece.write_bytes(whole[:end])
        said = _rows_or_error(piece)
        if isinstance(said, str):
            assert not begun, f"{end}: {said}"
            assert "\n" not in said
        else:
            begun = begun or said > 0
            assert begun == (said > 0)


def _rows_or_error(path: Path) -> int | str:
    try:
        return len(list(read(open_captures(path))))
    except _wire.WireError as error:
        return str(error)
