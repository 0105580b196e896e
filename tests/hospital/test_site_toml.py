"""site.toml: read, refused with its line, and beating what was seen."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from asepsis.hospital.inventory import inventory
from asepsis.hospital.locator import Locator
from asepsis.hospital.observations import observe
from asepsis.hospital.plan import Plan
from asepsis.hospital.site_toml import read_plan
from asepsis.kit.errors import BadInput
from asepsis.lake.service_names import CORE, service_names

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
    plan = plan_of(tmp_path, "[[zones]]\nname = 'icu'\nvlans = [1]\nisolated = true\n[[zones]]\nname = 'ward'\nvlans = [2]\n")
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


ZONE = "[[zones]]\nname = '{}'\n{}\n"
A = ZONE.format("a", "cidrs = ['10.0.0.0/24']\nvlans = [3]")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("domains", "*", "'*' is no domain name of two parts or more, such as reads.example or *.reads.example"),
        ("domains", "*.example", "is no domain name of two parts"),
        ("domains", "com", "is no domain name of two parts"),
        ("domains", "", "a text of 1 to 200"),
        ("domains", "a..example", "is no domain name"),
        ("domains", "-a.example", "is no domain name"),
        ("domains", "https://reads.example/x", "holds more than a domain name: write reads.example"),
        ("domains", "reads.example:443", "write reads.example"),
        ("domains", "203.0.113.7", "'203.0.113.7' is an address: write it in cidrs"),
        ("cidrs", "0.0.0.0/0", "'0.0.0.0/0' is wider than /8"),
        ("cidrs", "192.0.0.0/7", "wider than /8"),
        ("cidrs", "2000::/3", "wider than /16"),
        ("cidrs", "10.1.0.0/16", "covers private addresses"),
        ("cidrs", "192.0.0.0/8", "covers private addresses"),
        ("cidrs", "fd00::/16", "covers private addresses"),
        ("cidrs", "203.0.113.5/28", "write 203.0.113.0/28 for the net, or 203.0.113.5 for the machine"),
    ],
)
def test_a_partner_is_somebody_and_not_everybody(tmp_path: Path, key: str, value: str, said: str) -> None:
    with pytest.raises(BadInput) as fault:
        plan_of(tmp_path, f"[[partners]]\nname = 'p'\n{key} = [\n  '{value}',\n]\n")
    assert said in str(fault.value)
    assert "site.toml:4:3: " in str(fault.value)


def test_a_domain_is_meant_with_what_is_below_it(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "[[partners]]\nname = 'p'\ndomains = ['*.Reads.example.', 'a-1.example', 'm\u00fcnchen.example']\n")
    assert plan.partners[0].domains == ("reads.example", "a-1.example", "xn--mnchen-3ya.example")
    assert plan.partner("9.9.9.9", "x.reads.example") == "p"
    assert plan.partner("9.9.9.9") == plan.partner("9.9.9.9", "example") == ""


@pytest.mark.parametrize(
    ("text", "at", "said", "other"),
    [
        (ZONE.format("b", "cidrs = ['10.0.0.0/24']"), "7:10", "'10.0.0.0/24' is a net of zone 'a' already", 3),
        (ZONE.format("b", "vlans = [4,\n 3]"), "8:2", "3 is a VLAN of zone 'a' already", 4),
        (ZONE.format("b", ""), "5:1", "zones: 'b' needs cidrs or vlans", 0),
        (ZONE.format("b", "vlans = [4]\ncidrs = []"), "8:9", "an empty list says nothing", 0),
        (ZONE.format("b", "cidrs = ['10.10.0.20/8']"), "7:10", "write 10.0.0.0/8 for the net, or 10.10.0.20 for the machine", 0),
        (ZONE.format("b", "cidrs = ['0.0.0.0/0']"), "7:10", "would count the internet as inside", 0),
        ("[[flows]]\nfrom = 'a'\nto = 'a'\nservices = ['dicomm']", "8:13", "'dicomm' is no service: did you mean dicom?", 0),
        ("[[flows]]\nfrom = 'a'\nto = 'a'\nservices = ['fhir']", "8:13", "did you mean http?", 0),
        ("[[flows]]\nfrom = 'a'\nto = 'a'\nservices = ['??']", "8:13", "write a port, or one of astm, bacnet", 0),
        ("[[flows]]\nfrom = 'a'\nto = 'a'\nservices = [80, '99999']", "8:17", "99999 is no port: those are 1 to 65535", 0),
        ("[[flows]]\nfrom = 'a'\nto = 'a'\nservices = []", "8:12", "an empty list says nothing", 0),
    ],
)
def test_entries_that_mean_nothing_or_the_same_are_refused(tmp_path: Path, text: str, at: str, said: str, other: int) -> None:
    with pytest.raises(BadInput) as fault:
        plan_of(tmp_path, A + text)
    assert f"site.toml:{at}: " in str(fault.value)
    assert said in str(fault.value)
    assert (f"(the other is in line {other})" in str(fault.value)) == bool(other)


@pytest.mark.parametrize(
    ("key", "kinds"),
    [
        ("address = '10.0.0.5'", ("kind = 'CT'", "kind = 'MR'")),
        ("mac = '00:11:22:33:44:55'", ("kind = 'CT'", "kind = 'MR'")),
        ("serial = 'SN1'", ("clinical_class = 'life'", "clinical_class = 'none'")),
    ],
)
def test_one_machine_is_not_stated_to_be_two_things(tmp_path: Path, key: str, kinds: tuple[str, str]) -> None:
    one, other = (f"[[assets]]\n{key}\n{kind}\n" for kind in kinds)
    with pytest.raises(BadInput, match=r"is stated above already, and is (CT|life) there.*the other is in line 3\): .*site.toml:6:"):
        plan_of(tmp_path, one + other)
    assert plan_of(tmp_path, one + f"[[assets]]\n{key}\nname = 'it'\n").assets[1].name == "it"


@pytest.mark.parametrize(
    "keys",
    [
        ("ae = 'CT01'", "ae = 'MR01'"),
        ("", "ae = 'MR01'"),
        ("mac = '00:11:22:33:44:55'", "mac = '00:11:22:33:44:56'"),
        ("serial = '1'", "serial = '2'"),
    ],
)
def test_machines_at_one_address_are_told_apart_by_another_key(tmp_path: Path, keys: tuple[str, str]) -> None:
    one, other = (f"[[assets]]\naddress = '10.0.0.5'\n{key}\n" for key in keys)
    assert len(plan_of(tmp_path, f"{one}kind = 'adapter'\n{other}kind = 'MR'\n").assets) == 2


def test_a_flow_may_be_stated_as_a_finding_names_it(tmp_path: Path) -> None:
    said = "'smtp,ssl', 'TCP above 49151', 'udp 4000', 443, '104', 'netbios-ns', 'quic'"
    (flow,) = plan_of(tmp_path, f"{A}[[flows]]\nfrom = 'a'\nto = 'a'\nservices = [{said}]\n").flows
    assert flow.services == ("smtp,ssl", "tcp above 49151", "udp 4000", "443", "104", "netbios-ns", "quic")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("[[zones]]\nname = 'a'\ncidrs = [\n  '10.0.0.0/24', # ]\n  'bad',\n]\n", "5:3"),
        ("zones = [{name = 'a', vlans = [1]},\n  {name = 'b', cidrs = ['x']}]\n", "2:25"),
        ("[[zones]]\nname = 'a'\nvlans = [1]\npurpose = '''\n[[zones]]\nname = 3\n'''\n[[zones]]\nname = 3\n", "9:8"),
        ('[[zones]]\nname = "a"\nvlans = [1]\npurpose = """\n[[zones]]\\"""\nname = 3\n"""\n[[zones]]\nname = 3\n', "9:8"),
        ("# [[zones]]\n[[ 'zones' ]]\r\n\"name\" = 3\r\n", "3:10"),
        ("[[zones]]\nname = 'a'\n[zones.sub]\nx = 1\n", "3:1"),
        ("when = 1979-05-27 07:32:00\n", "1:8"),
        ("[[zones]]\nname = 'a'\nvlans = [[1], {a = [2.5]}]\n", "3:10"),
        ("retention.conn = 'x'\n", "1:18"),
    ],
)
def test_the_place_is_that_of_the_item(tmp_path: Path, text: str, at: str) -> None:
    with pytest.raises(BadInput) as fault:
        plan_of(tmp_path, text)
    assert f"site.toml:{at}: " in str(fault.value)


def test_a_file_of_notepad_is_read(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_bytes(A.replace("\n", "\r\n").encode("utf-8-sig"))
    assert read_plan(tmp_path / "site.toml").zones[0].name == "a"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[[zones]]\nname = 'R\xf6ntgen'\n", "site.toml:2:10: save it as UTF-8"),
        ("[[zones]]\n".encode("utf-16"), "site.toml:1:1: save it as UTF-8"),
        (b"x = " + b"[" * 3000, "nested too deep"),
        (b"[retention]\nconn = " + b"9" * 5000, "too many digits"),
        (b"# " + b"." * 500 + b"\n" + b"a." * 50_000 + b"a = 1\n", "site.toml:2:1: keep to the keys"),
        (b"[[zones]]\nname = '\\u001b[31m'\nvlans = [1]\n", None),
        (b'[[zones]]\nname = "a\\u001b[31m"\nvlans = [1]\n', "has control characters"),
        (b"#" * (5 << 20), "larger than 4 MiB"),
    ],
)
def test_what_is_no_text_for_it_is_one_line(tmp_path: Path, content: bytes, says: str | None) -> None:
    (tmp_path / "site.toml").write_bytes(content)
    if says is None:
        assert read_plan(tmp_path / "site.toml").zones[0].name == "\\u001b[31m"
        return
    with pytest.raises(BadInput, match=re.escape(says)) as fault:
        read_plan(tmp_path / "site.toml")
    assert "\n" not in str(fault.value)


def test_what_stands_in_its_place_and_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    for name, says in (("pipe", "is no file"), ("link", "is a link to nothing"), (".", "is no file")):
        with pytest.raises(BadInput, match=says):
            read_plan(tmp_path / name)


def test_services_of_the_core_are_those_of_its_source() -> None:
    source = Path(__file__).parents[2] / "crates/wire/src/protocols"
    text = "".join(path.read_text("utf-8") for path in source.rglob("*.rs") if "tests" not in str(path))
    assert set(re.findall(r"(?:Protocol|Datagrams) = \w+ \{\s*name: \"([^\"]+)\"", text)) == CORE
    assert service_names() > CORE


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
