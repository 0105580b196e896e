"""site.toml: read, refused with its line, and beating what was seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.hospital.inventory import inventory
from asepsis.hospital.locator import Locator
from asepsis.hospital.observations import observe
from asepsis.hospital.site_toml import Plan, read_plan
from asepsis.kit.errors import BadInput

from .rows import RowLake, Traffic, adapter_hospital

GOOD = """
[[zones]]
name = "hospital"
cidrs = ["10.0.0.0/8", "198.51.100.0/24"]

[[zones]]
name = "radiology"
cidrs = ["10.10.0.0/24"]
vlans = [110]
purpose = "modalities"

[[assets]]
serial = "sn13363"
name = "MR in room 3"
kind = "mr"
owner = "radiology"

[[assets]]
ae = "CT02"
kind = "MR"

[[assets]]
address = "10.10.0.99"
name = "Ventilator 7"
kind = "ventilator"

[[partners]]
name = "teleradiology"
cidrs = ["203.0.113.0/28"]
domains = ["*.reads.example"]
"""


def plan_of(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "site.toml"
    path.write_text(text)
    return read_plan(path)


def test_no_file_is_an_empty_plan(tmp_path: Path) -> None:
    assert read_plan(tmp_path / "site.toml") == Plan()


def test_inside_zones_and_partners(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GOOD)
    assert plan.inside("198.51.100.7")
    assert plan.inside("fd00::1")
    assert not plan.inside("8.8.8.8")
    assert plan.zone("10.10.0.4") == "radiology"  # the narrower network
    assert plan.zone("10.9.0.4") == "hospital"
    assert plan.zone("192.168.1.1", 110) == "radiology"
    assert plan.zone("192.168.1.1") == ""
    assert plan.partner("203.0.113.5") == "teleradiology"
    assert plan.partner("9.9.9.9", "eu.reads.example.") == "teleradiology"
    assert plan.partner("9.9.9.9", "evilreads.example") == ""


def test_a_zone_is_closed_only_if_the_hospital_says_so(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "[[zones]]\nname = 'icu'\nisolated = true\n[[zones]]\nname = 'ward'\n")
    assert [plan.isolated(zone) for zone in ("icu", "ward", "")] == [True, False, False]


@pytest.mark.parametrize("second", ["icu", "ICU"])
def test_two_zones_of_one_name_are_refused(tmp_path: Path, second: str) -> None:
    with pytest.raises(BadInput, match=rf"zones.name: '{second}' names a zone above already; .*site.toml:4:8: mend that line"):
        plan_of(tmp_path, f"[[zones]]\nname = 'icu'\n[[zones]]\nname = '{second}'\ncidrs = ['10.0.0.0/8']\n")


def test_a_flow_goes_one_way_between_zones_by_any_name_of_its_service(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GOOD + "\n[[flows]]\nfrom = 'Radiology'\nto = 'hospital'\nservices = ['DICOM', 443]\nreason = 'images'\n")
    flow = plan.flow("radiology", "hospital", ["tcp", "443", "ssl"])
    assert flow is not None
    assert (flow.reason, flow.services) == ("images", ("dicom", "443"))
    assert plan.flow("radiology", "hospital", ["dicom"])
    assert plan.flow("radiology", "hospital", ["smb", "445"]) is None
    assert plan.flow("hospital", "radiology", ["dicom"]) is None


def test_stated_beats_seen_and_the_contradiction_is_told(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, GOOD)
    found = {a.name: a for a in inventory(observe(RowLake(adapter_hospital().rows)), plan)}
    mr = found["MR in room 3"]
    assert (mr.kind, mr.kind_confidence, mr.owner, mr.model, mr.zone) == ("MR", 1.0, "radiology", "SIGNA Architect", "radiology")
    assert next(a for a in mr.attributes if a.name == "kind").source == "stated"
    ct = found["SIEMENS SOMATOM Force (CT02)"]
    assert ct.kind == "MR"
    assert any("one of the two is wrong" in sentence for sentence in ct.why)
    unseen = found["Ventilator 7"]
    assert (unseen.clinical_class, unseen.first_seen) == ("life", None)
    assert "has not been seen" in " ".join(unseen.why)


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        ("manufacturer = 'Draeger'\nmodel = 'Evita V500'", "Draeger Evita V500 (10.0.0.5)"),
        ("model = 'Evita V500'\nkind = 'ventilator'", "Evita V500 (10.0.0.5)"),
        ("kind = 'ventilator'", "Ventilator (10.0.0.5)"),
        ("model = 'Evita V500'\nname = 'Ventilator 7'", "Ventilator 7"),
        ("owner = 'ICU'", "Unknown machine 10.0.0.5"),
    ],
)
def test_what_is_stated_reaches_the_name(tmp_path: Path, stated: str, name: str) -> None:
    plan = plan_of(tmp_path, f"[[assets]]\naddress = '10.0.0.5'\n{stated}\n")
    lake = RowLake(Traffic().conn("10.0.0.5", "10.0.0.6", 9999, None, proto="tcp").rows)
    assert name in {a.name for a in inventory(observe(lake), plan)}
    unseen = {a.name for a in inventory(observe(RowLake([])), plan)}
    assert unseen == {name if "owner" not in stated else "Stated 10.0.0.5"}


def test_a_stated_model_replaces_the_seen_one_in_the_name(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "[[assets]]\nserial = 'SN13363'\nmodel = 'SIGNA Premier'\n")
    assert "GE MEDICAL SYSTEMS SIGNA Premier (MR01)" in {a.name for a in inventory(observe(RowLake(adapter_hospital().rows)), plan)}


def test_a_public_address_of_a_zone_is_an_asset(tmp_path: Path) -> None:
    lake = RowLake(Traffic().conn("198.51.100.7", "8.8.8.8", 443, "ssl").rows)
    assert ("198.51.100.7",) in {a.addresses for a in inventory(observe(lake), plan_of(tmp_path, GOOD))}
    assert inventory(observe(lake), Plan()) == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[[zones]]\nname = 3\n", 2, "must be a text"),
        ("[[zones]]\nname = 'a'\n\n[[zones]]\nname = 'b'\ncidrs = ['10.0.0.0/33']\n", 6, "does not appear to be"),
        ("[[zones]]\nname = 'a'\nvlans = [5000]\n", 3, "VLAN"),
        ("[[zones]]\nname = 'a'\nisolated = 'yes'\n", 3, "true or false"),
        ("[[assets]]\naddress = '10.0.0.1'\n[[assets]]\nkind = 'toaster'\nmac = '00:11:22:33:44:55'\n", 4, "none of"),
        ("[[assets]]\nname = 'lost'\n", 1, "needs address or mac or ae or serial"),
        ("[[assets]]\nmac = 'xyz'\n", 2, "no MAC address"),
        ("[[assets]]\naddress = '10.0.0.1'\nadress = '10.0.0.1'\n", 3, "no such key"),
        ("[[zone]]\nname = 'a'\n", 1, "no such table"),
        (GOOD + "\n[[flows]]\nfrom = 'radiology'\nto = 'hospitel'\n", 34, "flows.to: 'hospitel' is no zone; there are hospital, radiology"),
        (GOOD + "\n[[flows]]\nfrom = 'radiology'\n", 32, "needs from and to"),
        (GOOD + "\n[[flows]]\nfrom = 'radiology'\nservices = [0]\n", 34, "flows.services"),
        ("[zones]\nname = 'a'\n", 1, "[[zones]]"),
        ("zones = [\n", 2, ""),
        ("[[partners]]\nname = 'p'\n", 1, "needs cidrs or domains"),
        ("[retention]\nconn = 30\nhl8 = 3\n", 3, "no such stream; there are default, conn"),
        ("[[zones]]\nname = 'a'\n\n[retention]\nconn = 30\nhl7 = 0\n", 6, "from 1 to 36500"),
        ("[retention]\ndefault = 1.5\n", 2, "from 1 to 36500"),
        ("[retention]\ndefault = true\n", 2, "from 1 to 36500"),
        ("[retention]\ndefault = '90'\n", 2, "from 1 to 36500"),
        ("[[retention]]\ndefault = 90\n", 1, "write it as [retention]"),
        ("retention = 90\n", 1, "write it as [retention]"),
    ],
)
def test_a_fault_is_one_line_with_its_place(tmp_path: Path, text: str, line: int, said: str) -> None:
    with pytest.raises(BadInput) as fault:
        plan_of(tmp_path, text)
    assert f"site.toml:{line}" in str(fault.value) or "zones = [" in text
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_days_of_streams(tmp_path: Path) -> None:
    retention = plan_of(tmp_path, "[retention]\ndefault = 90\nconn = 30\n").retention
    assert retention.of(["conn", "hl7"]) == {"conn": 30, "hl7": 90}
    assert plan_of(tmp_path, "[retention]\nconn = 30\n").retention.of(["conn", "hl7"]) == {"conn": 30}
    assert plan_of(tmp_path, GOOD).retention.of(["conn", "hl7"]) == {}


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_bytes(b"\xff\xfe\x00[")
    with pytest.raises(BadInput):
        read_plan(tmp_path / "site.toml")


def test_the_locator_tells_the_machines_at_one_address_apart() -> None:
    here = Locator(inventory(observe(RowLake(adapter_hospital().rows)), Plan()))
    assert here.at("10.10.0.1")[0].kind == "adapter"
    assert len(here.at("10.10.0.1")) == 4
    assert [a.kind for a in here.at("10.10.0.1", "MR01")] == ["MR"]
    assert [a.kind for a in here.at("10.10.0.1", "CT01")] == ["CT"]
    assert [a.kind for a in here.at("10.10.0.1", "NOBODY")] == ["adapter"]
    assert [a.kind for a in here.at("10.10.0.11", "LAB|CORE")] == ["interface engine"]
    assert here.at("8.8.8.8") == []
