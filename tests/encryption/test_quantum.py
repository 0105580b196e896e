from __future__ import annotations

from tests.checks.replay import RowsLake

from asepsis.encryption.service import Readiness, post_quantum


def test_the_figure_counts_established_sessions_only() -> None:
    rows = [
        {"established": True, "pq_hybrid_offered": True, "pq_hybrid": True},
        {"established": True, "pq_hybrid_offered": True, "pq_hybrid": False},
        {"established": True},
        {"established": False, "pq_hybrid_offered": True},
    ]
    assert post_quantum(RowsLake({"ssl": rows})) == Readiness(3, 2, 1)
    assert post_quantum(RowsLake({})) == Readiness(0, 0, 0)
