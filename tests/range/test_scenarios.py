"""Every scenario as a script, without a hospital: few acts, by hosts that exist, of techniques that look like some, the same each time."""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime

import pytest

pytest.importorskip("impacket", reason="attacks speak SMB and DCE-RPC by impacket")
pytest.importorskip("pynetdicom", reason="attacks speak DICOM by pynetdicom")
pytest.importorskip("sdc11073", reason="attacks speak SDC by sdc11073")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
MOST_ACTS = 2_000
TECHNIQUE = re.compile(r"T[01]\d{3}(\.\d{3})?")


def _every():
    from scenarios import SCENARIOS

    return [(one, variant) for one in SCENARIOS for variant in one.variants]


def _acts(one, variant: str, quick: bool = False):
    import topology
    from scenario import Script
    from state import Hospital

    built = topology.load(topology.DEFAULT)
    script = Script(Hospital(built.quick() if quick else built, 1, quick), one, variant, datetime(2026, 3, 2, 10, tzinfo=UTC))
    one.variants[variant](script)
    return script.acts, built.quick() if quick else built


@pytest.mark.parametrize("quick", [False, True])
def test_every_variant_is_bounded_and_names_hosts_that_exist(quick) -> None:
    from lan import RangeError

    for one, variant in _every():
        if quick and one.heavy:
            continue
        with contextlib.suppress(*([RangeError] if quick else [])):
            _look(one, variant, *_acts(one, variant, quick))


def _look(one, variant, acts, built) -> None:
    assert len(acts) <= MOST_ACTS, (one.name, variant)
    for act in acts:
        assert {act.host, *act.peers, *(name for pair in act.beyond for name in pair)} <= set(built.by_name), (one.name, act.what)
        assert bool(act.technique) == bool(act.scenario), (one.name, act.what)
        assert all(TECHNIQUE.fullmatch(told) for told in act.technique), (one.name, act.technique)


def test_the_same_seed_gives_the_same_acts() -> None:
    for one, variant in _every():
        first, second = ([(act.at, act.host, act.what, act.peers) for act in _acts(one, variant)[0]] for _ in range(2))
        assert first == second, (one.name, variant)


def test_names_and_rows_are_told_once() -> None:
    from scenarios import SCENARIOS

    names = [one.name for one in SCENARIOS]
    assert len(set(names)) == len(names)
    assert all(one.row or one.name.startswith("story-") for one in SCENARIOS)
