"""Both reports whole, as they stand in tests/assessment/golden: who changes a word sees what is read in the end.

    python -m tests.assessment.test_golden_reports

writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.assessment.board import board_paper
from asepsis.assessment.columns import svg
from asepsis.assessment.handover import handover_paper
from asepsis.assessment.paper import Columns, Paper, text_of

from .papers import board, handover

GOLDEN = Path(__file__).parent / "golden"


def files() -> dict[str, str]:
    """What stands there, by name."""
    papers: dict[str, Paper] = {"handover": handover_paper(handover()), "board": board_paper(board())}
    told = {f"{name}.txt": text_of(paper) + "\n" for name, paper in papers.items()}
    for name, paper in papers.items():
        (chart,) = [block for part in paper.parts for block in part.blocks if isinstance(block, Columns)]
        told[f"{name}.svg"] = svg(chart) + "\n"
    return told


@pytest.mark.parametrize("name", files())
def test_it_reads_as_it_did(name: str) -> None:
    assert files()[name] == (GOLDEN / name).read_text("utf-8")


def test_nothing_else_stands_there() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(files())


if __name__ == "__main__":
    for name, text in files().items():
        (GOLDEN / name).write_text(text, "utf-8")
