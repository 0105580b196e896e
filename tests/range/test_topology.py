"""The topology file: what it may say, and what is said of a mistake in it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
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
        ('cidr = "10.30.10.0/24"', 'cidr = "10.30.10.0/32"', r"1 \(radiology\): cidr: .*no room"),
        ('cidr = "10.30.10.0/24"', 'cidr = "10.30.0.0/16"', "radiology and intensive-care overlap"),
        ('cidr = "10.30.10.0/24"', 'cidr = "2001:db8::/64"', "cidr"),
        ('domain = "hospital.test"', "domain = 5", "domain is not text"),
        ('domain = "hospital.test"', 'domain = "a b"', "domain: a b is no domain"),
        ("date = 2026-03-02", 'date = "2026-03-02"', "date is not a day"),
        ("date = 2026-03-02", "date = 2026-03-02T00:00:00", "date is not a day"),
        ("date = 2026-03-02", "date = 2200-03-02", "one of 1970 to 2105"),
        ('nameserver = "ns"', 'nameserver = "wards"', "nameserver: wards is no host"),
        ('nameserver = "ns"', 'nameserver = "ns"\nhost = 1', "host is none of domain"),
        ('nameserver = "ns"', "nameserver = []", "nameserver is not text"),
        ('name = "intensive-care"', 'name = "vendor-access2"', "two zones have the first 12 letters"),
        ('name = "guests"', 'name = "wards"', "two zones have the name wards"),
        ('name = "guests"', 'name = "gue\\nsts"', r"\[\[zones\]\] 8: name is not text of one line"),
        ('name = "ct01"', 'name = "-force"', r"\[\[hosts\]\] 1 \(-force\): name: letters"),
        ('name = "ct01"', 'name = "r\u00f6ntgen"', r"1 \(r\u00f6ntgen\): name: letters"),
        ('name = "ct01"', 'name = "a b"', "name: letters"),
        ('name = "ct01"', 'name = "router"', "name: router is what something else"),
        ('name = "ct01"', 'name = "wards"', "name: wards is what a zone"),
        ('name = "ct01"', "name = 5", r"\[\[hosts\]\] 1: name is not text"),
        ('name = "ct01"\n', "", r"\[\[hosts\]\] 1: name is missing"),
        ('name = "ct01"', 'name = "mr01"', "two hosts have the name mr01"),
        ('address = "10.30.10.12"', 'address = "10.30.10.1"', "10.30.10.1 is the router's"),
        ('address = "10.30.10.12"', 'address = "10.30.10.255"', "10.30.10.255 is the router's, or the net's"),
        ('mac = "44:4b:5d:00:10:12"', 'mac = "44:4b:5d:00:10:1x"', r"2 \(mr01\): mac: 44:4b:5d:00:10:1x is no address"),
        ('mac = "44:4b:5d:00:10:12"', 'mac = "45:4b:5d:00:10:12"', "mac: 45:4b:5d:00:10:12 is no address"),
        ('mac = "44:4b:5d:00:10:12"', 'mac = "88:4B:39:00:10:11"', "two hosts have the mac 88:4b:39:00:10:11"),
        ('kind = "MR"', 'kind = "MRT"', r"2 \(mr01\): kind: MRT is none of"),
        ("ports = [3389]", "ports = [70000]", r"\[\[passes\]\] \d+: ports is not a list of ports"),
        ("ports = [3389]", "colour = 1", r"\[\[passes\]\] \d+: colour is none of from, ports, to"),
        ('to = ["mr01"]', "to = 5", r"\[\[passes\]\] \d+: to is not a list of texts"),
        ('names = ["cdn-assets.example"]', 'names = ["cdn assets"]', "names: cdn assets is no name"),
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


@pytest.mark.parametrize("rows", ['["a"]', '"a"', "{a = 1}"])
def test_a_table_that_is_none_is_named(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'domain = "a"\ndate = 2026-03-02\nnameserver = "ns"\nhosts = []\nzones = {rows}\n')
    with pytest.raises(lan.RangeError, match="zones"):
        topology.load(path)


def test_more_hosts_in_a_file_than_fit_is_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT + "".join(f'\n[[hosts]]\nname = "h{number}"\n' for number in range(5_000)))
    with pytest.raises(lan.RangeError, match="at most 1000"):
        topology.load(path)


def test_hosts_that_are_added_meet_none_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace('"10.30.20.51"', '"10.30.20.110"'))
    with pytest.raises(lan.RangeError, match=r"--hosts 100: .*two hosts have the address 10\.30\.20\.110"):
        topology.load(path).with_hosts(100)


def test_a_quote_in_a_purpose_is_written_as_one() -> None:
    whole = topology.load()
    zones = (replace(whole.zones[0], purpose='the "old" rooms'), *whole.zones[1:])
    assert tomllib.loads(replace(whole, zones=zones).site_toml())["zones"][0]["purpose"] == 'the "old" rooms'
