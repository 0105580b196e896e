"""What the hospital states in site.toml takes effect on what was found before; what it withdraws, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from asepsis.assessment.service import assess
from asepsis.findings.service import Finding, State, findings
from asepsis.journal.service import entries
from asepsis.kit.site import Site

GOLDEN = Path(__file__).parents[1] / "golden"


def only(site: Site, capture: str) -> Finding:
    assess(site, [GOLDEN / capture])
    (finding,) = [f for f in findings(site) if f.seen.check in ("internet", "reached-from-internet", "dicom-any-caller")]
    return finding


@pytest.mark.parametrize(
    ("capture", "stated", "why"),
    [
        (
            "ssl/telemetry.pcap",
            "[[partners]]\nname = 'service'\ncidrs = ['203.0.113.80/32']\n",
            "the hospital names 203.0.113.80 as its partner service",
        ),
        (
            "ssl/telemetry.pcap",
            "[[partners]]\nname = 'service'\ndomains = ['imaging-vendor.example']\n",
            "the hospital names telemetry.imaging-vendor.example (203.0.113.80) as its partner service",
        ),
        (
            "dicom_association/office_let_in.pcap",
            "[[assets]]\naddress = '10.20.30.102'\nae = 'ECHOSCU'\n",
            "the hospital states that ECHOSCU calls from 10.20.30.102",
        ),
    ],
    ids=["a partner's address", "a partner's name", "a caller's title"],
)
def test_a_statement_closes_with_its_reason_and_its_withdrawal_opens(site: Site, capture: str, stated: str, why: str) -> None:
    plan = site.path / "site.toml"
    assert only(site, capture).state is State.OPEN
    plan.write_text(stated)
    closed = only(site, capture)
    assert (closed.state, closed.history[-1].why) == (State.CLOSED, why)
    assert [entry.detail["why"] for entry in entries(site) if entry.act == "findings.set_aside"] == [why]
    assert only(site, capture) == closed
    plan.unlink()
    assert only(site, capture).state is State.OPEN


def test_silence_closes_nothing_whatever_is_stated(site: Site) -> None:
    assert only(site, "ssl/telemetry.pcap").state is State.OPEN
    (site.path / "site.toml").write_text("[[partners]]\nname = 'another'\ncidrs = ['203.0.113.81/32']\n")
    assess(site, [GOLDEN / "arp/who_has.pcap"])
    assert only(site, "ssl/telemetry.pcap").state is State.OPEN
