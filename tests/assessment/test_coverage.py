"""What could not be seen, from rows: every gap with the rows that show it and the rows that do not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.checks.replay import RowsLake

from asepsis.assessment.coverage import CLINICAL_STREAMS, HIDING, Gap, coverage, coverage_text, gap_form
from asepsis.assessment.heard import Heard, heard
from asepsis.cli.main import main
from asepsis.hospital.asset import Asset, from_json
from asepsis.hospital.plan import Plan, Stated, Zone
from asepsis.hospital.service import as_json
from asepsis.network.service import Health, Trouble

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
DAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = Heard(DAY, DAY + timedelta(days=7), 168)
BLANK = as_json(Asset("", "", "CT", 0.9, "monitor", "", 1.0, first_seen=DAY, macs=("02:00:00:00:00:01",)))
CONN = {"proto": "tcp", "interim": False, "orig_bytes": 50, "resp_bytes": 50}
EVERY = {stream: [{}] for stream in CLINICAL_STREAMS}


def asset(n: int, **given: Any) -> Asset:
    return from_json(BLANK | {"id": f"a-{n}", "name": f"A{n}"} | given)


def gaps(
    rows: dict[str, list[dict[str, Any]]] | None = None, assets: tuple[Asset, ...] = (), plan: Plan | None = None, **given: Any
) -> list[Gap]:
    """The gaps besides the one that all share: nobody looks for attacks."""
    heard = given.pop("heard", WEEK)
    found = coverage(RowsLake(rows or EVERY), assets or (asset(1),), plan or Plan(), heard, given.pop("health", ()), **given)
    assert [gap.id for gap in found[-1:]] == ["attacks"] or not heard
    for gap in found:
        assert gap.title
        assert gap.means.endswith(".")
        assert gap.mend.endswith(".")
        assert gap.share is None or 0 <= gap.share <= 1
    return [gap for gap in found if gap.id != "attacks"]


def only(found: list[Gap]) -> Gap:
    assert len(found) == 1, [gap.id for gap in found]
    return found[0]


def test_a_week_of_everything_has_no_gap() -> None:
    assert gaps() == []


def test_what_is_recognised_and_not_followed_is_told() -> None:
    gap = only(gaps(EVERY | {"conn": [CONN | {"service": "bacnet"}, CONN | {"service": "bacnet"}, CONN | {"service": "modbus"}]}))
    assert (gap.id, gap.title, gap.count) == ("not_followed", "What is said in BACnet, Modbus: 3 connections", 3)


def test_nothing_heard_is_one_gap_and_not_every_one() -> None:
    assert only(gaps({}, heard=None)).id == "nothing_heard"


@pytest.mark.parametrize(
    ("listened", "words"),
    [
        (Heard(DAY, DAY, 1), "1 second"),
        (Heard(DAY, DAY + timedelta(seconds=90), 1), "90 seconds"),
        (Heard(DAY, DAY + timedelta(hours=3), 4), "3 hours"),
        (Heard(DAY, DAY + timedelta(days=9), 14), "14 hours spread over 10 days"),
    ],
)
def test_less_than_a_week_hides_nights_and_weekly_jobs(listened: Heard, words: str) -> None:
    gap = only(gaps(heard=listened))
    assert (gap.id, gap.count, gap.of) == ("short_time", listened.hours, 168)
    assert f"the {words} that were heard" in gap.title


def test_hours_are_counted_by_the_clock_and_a_clock_beyond_the_calendar_does_not() -> None:
    lake = RowsLake({"conn": [{"ts": "07:10"}, {"ts": "07:50"}, {"ts": "09:05"}]})
    found = heard(lake)
    assert found is not None
    assert (found.hours, found.length) == (2, timedelta(hours=1, minutes=55))
    assert heard(RowsLake({})) is None


def test_where_most_machines_show_no_hardware_address_identity_rests_on_addresses() -> None:
    bare = tuple(asset(n, macs=[]) for n in range(3))
    gap = only(gaps(assets=(*bare, asset(9))))
    assert (gap.id, gap.count, gap.of) == ("addresses_only", 3, 4)
    assert "neither ARP nor DHCP" in gap.title
    assert "neither" not in only(gaps(EVERY | {"arp": [{}]}, (*bare, asset(9)))).title
    assert gaps(assets=(bare[0], asset(8), asset(9))) == []


def test_zones_and_machines_that_the_hospital_states_and_nobody_saw() -> None:
    plan = Plan((Zone("imaging"), Zone("lab"), Zone("ward")), (Stated("10.0.0.9"),))
    never = asset(9, first_seen=None, zone="lab")
    zones, stated = gaps(assets=(asset(1, zone="imaging"), never), plan=plan)
    assert (zones.id, zones.count, zones.of) == ("silent_zones", 2, 3)
    assert "lab, ward" in zones.title
    assert (stated.id, stated.count, stated.of) == ("never_seen", 1, 2)


def test_a_zone_whose_frames_were_seen_is_not_silent() -> None:
    plan = Plan((Zone("ward", vlans=(40,)), Zone("guest", vlans=(60,)), Zone("lab", vlans=(70, 71)), Zone("office")))
    ward = asset(1, zone="ward")

    def silent(*vlans: int) -> str:
        frames = [CONN | {"id_orig_h": "10.4.0.2", "service": "dns", "orig_pkts": 1, "vlan": vlan} for vlan in vlans]
        return only(gaps(EVERY | {"conn": frames}, (ward,), plan)).title

    assert silent(40) == "Any machine of 3 zones: guest, lab, office"
    assert silent(40, 60) == "Any machine of 2 zones: lab, office"
    assert silent(60, 71, 99) == "Any machine of 1 zone: office"


def test_machines_of_no_known_kind() -> None:
    gap = only(gaps(assets=(asset(1), asset(2, kind="unknown"))))
    assert (gap.id, gap.share) == ("unknown_kind", 0.5)


def test_clinical_protocols_that_were_not_seen_are_named() -> None:
    gap = only(gaps({"hl7": [{}], "conn": [CONN | {"service": "hl7"}]}))
    assert gap.id == "protocols_not_seen"
    assert "HL7" not in gap.title
    assert all(name in gap.title for name in ("DICOM", "FHIR", "ASTM", "POCT1", "SDC"))
    assert "not the same as not there" in gap.means


def test_what_no_parser_knows_counts_by_connections_or_by_bytes() -> None:
    known = [CONN | {"service": "dns"} for _ in range(99)]
    assert gaps(EVERY | {"conn": [*known, CONN]}) == []
    large = only(gaps(EVERY | {"conn": [*known, CONN | {"orig_bytes": 9850}]}))
    assert (large.id, large.count, large.of) == ("unrecognised", 1, 100)
    assert "(50% of the bytes)" in large.title
    assert only(gaps(EVERY | {"conn": [*known[:9], CONN]})).share == 0.1
    unanswered = CONN | {"orig_bytes": 0, "resp_bytes": 0}
    assert gaps(EVERY | {"conn": [*known, *[unanswered] * 50]}) == [], "what carried nothing says nothing"


def test_what_is_inside_encryption_and_the_certificates_that_it_hides() -> None:
    conns = [CONN | {"service": service} for service in ("ssl", "smtp,ssl", "ssh", "http")]
    sessions = [{"established": True, "version": version} for version in ("TLSv13", "TLSv12")]
    inside, certificates = gaps(EVERY | {"conn": conns, "ssl": sessions})
    assert (inside.id, inside.count, inside.of) == ("encrypted", 3, 4)
    assert (certificates.id, certificates.count, certificates.of) == ("hidden_certificates", 1, 2)
    assert [gap.id for gap in gaps(EVERY | {"ssl": sessions[1:]})] == []


def test_of_each_loss_the_worst_interface_and_no_trouble_that_hides_nothing() -> None:
    def health(*troubles: Trouble) -> Health:
        return Health("s", "", DAY, DAY, 1, 1, None, troubles)

    cut = [Trouble("truncated", "Packets are cut", count, 100, "The end is missing.", "Capture whole packets.") for count in (5, 50)]
    twice = Trouble("copies", "Packets come twice", 9, 10, "Counted once.", "Mirror one direction.")
    gap = only(gaps(health=[health(cut[0], twice), health(cut[1])]))
    assert (gap.id, gap.share) == ("truncated", 0.5)
    assert gap.title == "What is missing because packets are cut"


def test_captures_that_were_not_read_whole_come_first() -> None:
    first, *_ = gaps(unread=2, heard=Heard(DAY, DAY, 1))
    assert (first.id, first.count) == ("not_read_whole", 2)


def test_as_json_and_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(MORNING), "--site", str(tmp_path / "site"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)["coverage"]
    assert {"short_time", "protocols_not_seen"} <= {gap["id"] for gap in said}
    assert all(gap.keys() == {"id", "title", "number", "of", "share", "means", "mend"} for gap in said)
    assert main(["assess", str(MORNING), "--site", str(tmp_path / "site")]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Could not show: ")]
    assert lines[0].endswith(f"({len(said)} things; see --report or --json).")
    assert len(lines) == 1


def test_every_gap_is_in_the_how_to() -> None:
    root = Path(__file__).parents[2]
    ids = re.findall(r'Gap\(\s*"(\w+)"', (root / "src/asepsis/assessment/coverage.py").read_text("utf-8"))
    assert len(ids) > 8
    told = (root / "docs/how-to/report.md").read_text("utf-8")
    assert [id for id in (*ids, *HIDING) if f"`{id}`" not in told] == []


def test_names_of_zones_cannot_break_the_line() -> None:
    evil = gaps(assets=(asset(1, zone="x"),), plan=Plan((Zone("a\nb\x1b[31m"),)))
    assert "\n" not in coverage_text(evil)
    assert "\x1b" not in coverage_text(evil)
    assert gap_form(only(evil))["share"] == 1.0
