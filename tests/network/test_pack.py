"""The bench over a month runs on a small one, and what it counts is what each rule alone finds there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from asepsis.kit.site import Site
from asepsis.lake.service import open_lake
from asepsis.network import hunting
from asepsis.network.library import shipped
from asepsis.network.sigma.query import Reach

BENCH = Path(__file__).resolve().parents[2] / "bench"
CONNS, MEDICAL, MANY = 10_000, 10_000, 2_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCH))
        import pack

        yield pack.the_month(tmp_path_factory.mktemp("month"), CONNS, MEDICAL)


def test_the_pack_finds_what_each_rule_alone_finds(site: Site) -> None:
    pack = sys.modules["pack"]
    entries = [entry for entry in shipped() if not entry.detects]
    with open_lake(site) as lake:
        together = {entry.name: found for entry, found in hunting.hunt_all(shipped(), lake, Reach())}
        assert together == {entry.name: hunting.hunt(entry, lake, Reach()) for entry in entries}
        assert pack.whole(lake, entries)["found"] == {name: len(found) for name, found in together.items()}
        assert pack.bare(lake, pack.read(entries)) == {}
    # The attack of the month, among others.
    assert len(together["many-doors-tried"]) == 1
    assert sum(map(bool, together.values())) >= 15


def test_many_and_few_rows_are_told_of_alike(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_lake(site) as lake:
        few = [found for _, found in hunting.hunt_all(shipped(), lake, Reach())]
        monkeypatch.setattr(hunting, "FEW", 0)
        many = [found for _, found in hunting.hunt_all(shipped(), lake, Reach())]
    assert many == few


def test_every_measure_has_its_figures(site: Site) -> None:
    pack, indicators = sys.modules["pack"], sys.modules["indicators"]
    figures = dict(pack.measured(site, "1GB", MANY))
    assert list(figures)[:2] == ["bare scan", "all rules"]
    assert all(0 < one["seconds"] < 600 and one["MiB"] > 0 for one in figures.values())
    for kind in indicators.KINDS:
        assert figures[f"rule, {kind}"]["found"] == figures[f"bare join, {kind}"]["found"] == figures[f"hunt, {kind}"]["found"]
    assert figures["rule, addresses"]["found"] > 0
