"""What the checks, the inventory and the picture ask of a lake finds nothing in an empty one: so it need not be asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.checks.replay import RowsLake

from asepsis.assessment.coverage import coverage
from asepsis.assessment.heard import Heard, heard
from asepsis.assessment.service import all_checks
from asepsis.assessment.talks import left, sums
from asepsis.findings.service import Look, examine
from asepsis.hospital.observations import observe
from asepsis.hospital.service import Locator
from asepsis.network.service import health


class Empty(RowsLake):
    """Keeps every answer."""

    answers: list[tuple[str, list[dict[str, Any]]]]

    def rows(self, query: str) -> list[dict[str, Any]]:
        found = super().rows(query)
        self.answers.append((query, found))
        return found


def test_no_row_comes_of_no_rows() -> None:
    lake, locator = Empty({}), Locator([])
    lake.answers = []
    observe(lake)
    list(examine(all_checks(), Look(lake, locator, datetime.now(UTC)), {check.id for check in all_checks()}))
    lake.rows(sums())
    lake.rows(left())
    assert heard(lake) is None
    coverage(lake, [], locator.plan, Heard(datetime.now(UTC), datetime.now(UTC), 1), health(lake))
    assert len(lake.answers) > 40
    assert [query for query, found in lake.answers if found] == []
