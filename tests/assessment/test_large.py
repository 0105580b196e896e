"""A first look at 4,000 devices is a page: few lines, each of which says what, why and what to do, the gravest first."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
import textstat
from bench.generated import Generated, make

from asepsis.assessment.service import Assessment, assess, page
from asepsis.findings.service import HarmKind, State, count_of
from asepsis.findings.worklist import LINES_MAX
from asepsis.kit.site import Site

ASSETS, CONNECTIONS = 4_000, 20_000
GRADE = 12.0
"""The bound of one rank (tests/findings/test_reading.py)."""
KINDS = {
    "CT": 8, "MR": 6, "CR/DR": 16, "ultrasound": 24, "angiography": 4, "patient monitor": 401, "infusion pump": 501, "analyser": 60,
    "point-of-care meter": 200, "central station": 10, "printer": 240, "phone": 200, "camera": 40, "file server": 5, "EHR": 2, "LIS": 1,
    "RIS": 1, "interface engine": 1, "pump server": 1, "database": 1,
}  # fmt: skip
"""What of the generated machines says what it is, and how many of them there are."""


RIGHT = {
    "analyser": "analyser", "archive": "archive", "bms": "building control", "camera": "camera", "central": "central station", "ct": "CT",
    "db": "database", "dc": "domain controller", "dx": "CR/DR", "ehr": "EHR", "engine": "interface engine", "files": "file server",
    "lis": "LIS", "meter": "point-of-care meter", "monitor": "patient monitor", "mr": "MR", "pacs": "PACS", "pc": "workstation",
    "phone": "phone", "printer": "printer", "pump": "infusion pump", "pumpsrv": "pump server", "ris": "RIS", "us": "ultrasound",
    "vent": "ventilator", "viewer": "workstation", "ward-pc": "workstation", "xa": "angiography",
}  # fmt: skip
"""What each sort of generated machine is."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site.open(tmp_path_factory.mktemp("large") / "site", create=True)


@pytest.fixture(scope="module")
def made(site: Site) -> Generated:
    return make(site, ASSETS, CONNECTIONS, days=1)


@pytest.fixture(scope="module")
def seen(site: Site, made: Generated) -> Assessment:
    assert made.machines
    return assess(site, [])


def test_every_machine_is_one_asset_and_those_that_say_what_they_are_are_that(seen: Assessment) -> None:
    assert ASSETS <= len(seen.assets) <= ASSETS * 1.01
    kinds = Counter(asset.kind for asset in seen.assets)
    assert {kind: kinds[kind] for kind in KINDS} == KINDS
    assert not kinds["network gear"]


def test_no_kind_is_surer_than_it_is_right(made: Generated, seen: Assessment) -> None:
    """Reliability by tenths of confidence (Guo et al. 2017, On Calibration of Modern Neural Networks, 2)."""
    right = {machine.address: RIGHT[machine.sort.name] for machine in made.machines}
    told: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for asset in seen.assets:
        if asset.kind != "unknown":
            told[int(asset.kind_confidence * 10)].append((asset.kind_confidence, asset.kind == right[asset.addresses[0]]))
    for of in told.values():
        sure, true = (sum(column) / len(of) for column in zip(*of, strict=True))
        print(f"{len(of):6} machines, sure {sure:.2f}, right {true:.2f}")
        assert true >= sure


def test_a_first_look_is_a_page(site: Site, seen: Assessment) -> None:
    on_the_list = count_of(site, State.OPEN) + count_of(site, State.STALE)
    assert on_the_list > 1_000
    assert 10 <= len(seen.lines) <= LINES_MAX == 40
    assert sum(line.totals.count for line in seen.lines) == on_the_list


def test_each_line_says_what_why_and_what_to_do(seen: Assessment) -> None:
    for line in seen.lines:
        assert line.title
        assert textstat.automated_readability_index(line.why) <= GRADE, line.why
        assert line.action.title
        assert line.action.steps
    assert len({line.title for line in seen.lines}) == len(seen.lines)


def test_what_hurts_patients_first_comes_first(seen: Assessment) -> None:
    order = [(-line.decision.rank, -line.impact.rank, -line.lead.seen.patients) for line in seen.lines]
    assert order == sorted(order)
    first = seen.lines[0]
    assert first.lead.seen.check == "smb1"
    # Who gets between a device that keeps patients alive and its callers can hurt them.
    assert (seen.lines[1].lead.seen.check, seen.lines[1].lead.seen.harms[HarmKind.SAFETY].level) == ("weak-tls", 3)
    # Data of patients that anyone can read come next, and before what is only unknown or old.
    ten = [line.lead.seen.check for line in seen.lines[2:10]]
    assert set(ten) <= {"dicom-in-clear", "hl7-in-clear", "astm-in-clear", "poct1-in-clear"}
    assert all(line.patients for line in seen.lines[2:10])
    assert len({line.lead.seen.asset_kind for line in seen.lines[:10]}) >= 8


def test_the_report_of_it_is_a_page_that_opens(seen: Assessment) -> None:
    assert len(page(seen)) < 4_000_000
