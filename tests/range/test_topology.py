"""The topology file: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import conftest  # noqa: F401

topology = pytest.importorskip("topology")
lan = pytest.importorskip("lan")
TEXT = topology.DEFAULT.read_text()


def test_the_hospital_has_its_forty_hosts_in_nine_zones() -> None:
    hospital = topology.load()
    inside = [one for one in hospital.hosts if not hospital.zone_of[one.name].outside and not one.rogue]
    assert len(inside) >= 40
    assert len(hospital.zones) == 9


def test_kinds_are_those_of_the_inventory_where_it_has_them() -> None:
    from asepsis.hospital.kinds import KINDS

    hospital = topology.load()
    strange = {one.kind for one in hospital.hosts if one.kind not in KINDS}
    assert strange <= {"jump host"}


def test_faults_are_checks_that_exist() -> None:
    from asepsis.assessment.judgement import all_checks

    assert {fault.check for fault in topology.load().faults} <= {check.id for check in all_checks()}


def test_a_larger_hospital_has_light_hosts() -> None:
    hospital = topology.load().with_hosts(200)
    inside = [one for one in hospital.hosts if not hospital.zone_of[one.name].outside and not one.rogue]
    assert len(inside) == 200
    assert len({one.address for one in hospital.hosts}) == len(hospital.hosts)
    assert len({one.mac for one in hospital.hosts}) == len(hospital.hosts)


def test_the_quick_hospital_lacks_samba_only() -> None:
    whole, quick = topology.load(), topology.load().quick()
    gone = {one.name for one in whole.hosts} - {one.name for one in quick.hosts}
    assert gone == {one.name for one in whole.hosts if one.heavy}
    assert {"files", "dc"} <= gone
    left = {one.name for one in quick.hosts}
    assert all(set(fault.hosts) <= left for fault in quick.faults)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('domain = "hospital.test"', 'domain = "hospital.test', "line"),
        ('domain = "hospital.test"', "", "domain is missing"),
        ('address = "10.30.10.12"', 'address = "10.30.10.11"', "two hosts have the address 10.30.10.11"),
        ('address = "10.30.10.12"', 'address = "10.30.20.77"', "does not lie in"),
        ('address = "10.30.10.12"', 'address = "10.30.10.1x"', "10.30.10.1x"),
        ('zone = "laboratory"', 'zone = "labratory"', "labratory, which is not stated"),
        ('kind = "MR"', 'kind = "MR"\ncolour = "white"', "colour is none of"),
        ('to = ["mr01"]', 'to = ["mr1"]', "mr1 is neither a zone nor a host"),
        ('cidr = "10.30.10.0/24"', 'cidr = "10.30.10.1/24"', "host bits"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in TEXT
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(lan.RangeError, match=said) as told:
        topology.load(path)
    assert str(path) in str(told.value)


def test_more_hosts_than_fit_is_an_error() -> None:
    for count in (900, 100_000):
        with pytest.raises(lan.RangeError, match="--hosts"):
            topology.load().with_hosts(count)
