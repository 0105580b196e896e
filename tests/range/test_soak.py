"""The long form: 200 hosts, three days, every scenario in every variant; truth and packets agree, and asepsis finds what is planted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import RANGE
from .test_up import Range, lacking, rows_of

pytestmark = [
    pytest.mark.skipif(not os.environ.get("ASEPSIS_SOAK"), reason="the long form: make soak"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make network namespaces"),
]
DAYS = int(os.environ.get("ASEPSIS_SOAK_DAYS", "3"))
HOSTS = int(os.environ.get("ASEPSIS_SOAK_HOSTS", "200"))


def test_three_days_of_200_hosts_and_every_scenario(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    from asepsis.kit.site import Site

    one = Range(tmp_path / "state", limit=6 * 3600)
    one("up", "--hosts", HOSTS)
    try:
        told = json.loads(one("day", "--hours", 24 * DAYS, "--json"))
        assert told["failed"] == 0
        for scenario in json.loads(one("list", "--json")):
            for variant in scenario["variants"]:
                assert json.loads(one("scenario", f"{scenario['name']}:{variant}", "--json"))["failed"] == 0, (scenario["name"], variant)
        one("record", "--into", tmp_path / "recording")
    finally:
        one("down")
    site = Site.open(tmp_path / "site", create=True)
    (site.path / "site.toml").write_bytes((tmp_path / "recording" / "site.toml").read_bytes())
    truth = [json.loads(line) for line in (tmp_path / "recording" / "truth.jsonl").read_text().splitlines()]
    acts = [line for line in truth if line["line"] == "act"]
    seen = {row["community_id"] for row in rows_of(tmp_path / "recording", site)}
    assert not [line for line in acts if not line["packets"] and not line.get("silent")]
    assert {flow for line in acts for flow in line["flows"]} <= seen
    command = [sys.executable, "-m", "asepsis", "assess", str(tmp_path / "recording"), "--site", str(site.path)]
    subprocess.run(command, check=True, capture_output=True, cwd=RANGE.parent)
    one("compare", tmp_path / "recording", "--site", site.path)
