"""A lake that something outside has damaged: one clear line, no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:300])], ids=["gone", "cut"]
)
def test_a_part_that_is_gone_or_cut(damage: Callable[[Path], object], site: Site, capture: Callable[..., Path]) -> None:
    ingest(site, [capture(10)])
    damage(next((site.lake / "conn").rglob("*.parquet")))
    with pytest.raises(BadInput, match=r"missing or damaged.*restore"):
        open_lake(site).sql("SELECT count(*) FROM conn")
