"""A lake that something outside has damaged: one clear line, no traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.service import count, ingest, open_lake


@pytest.mark.parametrize(
    "damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:300])], ids=["gone", "cut"]
)
def test_a_part_that_is_gone_or_cut(damage: Callable[[Path], object], site: Site, capture: Callable[..., Path]) -> None:
    ingest(site, [capture(10)])
    damage(next((site.lake / "conn").rglob("*.parquet")))
    with pytest.raises(BadInput, match=r"missing or damaged.*restore"):
        open_lake(site).sql("SELECT count(*) FROM conn")


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        (".", "the lake is gone: .*lake: restore"),
        ("*", "the commit log of the lake is gone: .*_commits: restore"),
        ("_commits", "the commit log of the lake is gone"),
        ("_commits/*", "there are rows, and no commit that lists them"),
        ("_commits/00000001.json", "commit 1 is missing"),
    ],
)
def test_a_lake_that_is_gone_is_not_an_empty_one(gone: str, says: str, site: Site, capture: Callable[..., Path]) -> None:
    ingest(site, [capture(10)])
    ingest(site, [capture(10, "b.pcap", start=1_800_000_000)])
    for path in [site.lake] if gone == "." else list(site.lake.glob(gone)):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for act in (count, open_lake, lambda site: ingest(site, [capture(10)])):
        with pytest.raises(BadInput, match=says):
            act(site)


def test_a_lake_whose_first_run_is_not_done_is_an_empty_one(site: Site, capture: Callable[..., Path]) -> None:
    ingest(site, [capture(10)])
    (site.lake / "_commits" / "00000001.json").unlink()
    (site.lake / ".staging").mkdir()
    assert count(site)["conn"] == 0
