"""`asepsis lake expire`: what the hospital states, what findings cite, and what the lake holds, together."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from asepsis.cli.main import main
from asepsis.findings.service import cited_rows, findings
from asepsis.kit.site import Site
from asepsis.lake.service import count, open_lake, streams

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"


@pytest.fixture
def assessed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Site:
    """A site that has judged the recorded morning, which is over for longer than a day."""
    capture = tmp_path / "morning.pcap"
    capture.write_bytes(gzip.decompress(MORNING.read_bytes()))
    assert main(["assess", str(capture), "--site", str(tmp_path / "site")]) == 0
    capsys.readouterr()
    return Site.open(tmp_path / "site")


def _held(site: Site) -> set[str]:
    with open_lake(site) as lake:
        return {row["event_id"] for name in streams() for row in lake.rows(f"SELECT event_id FROM {name}")}


def test_cited_rows_survive_and_findings_stay_as_they_are(assessed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    before, cited, held = findings(assessed), cited_rows(assessed), _held(assessed)
    assert cited
    assert cited <= held
    (assessed.path / "site.toml").write_text("[retention]\ndefault = 1\n")
    where = ["--site", str(assessed.path)]
    assert main(["lake", "expire", "--dry-run", "--json", *where]) == 0
    looked = json.loads(capsys.readouterr().out)
    assert _held(assessed) == held
    assert main(["lake", "expire", "--json", *where]) == 0
    out, err = capsys.readouterr()
    done = json.loads(out)
    assert err == ""
    assert (looked["dry_run"], looked["rows"], looked["streams"]) == (True, done["rows"], looked["streams"])
    assert (done["dry_run"], done["rows"]) == (False, len(held) - len(cited))
    assert sum(fate["cited"] for fate in done["streams"]) == len(cited)
    assert _held(assessed) == cited
    assert main(["lake", "expire", *where]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 rows are gone, and 0 files"
    assert findings(assessed) == before
    assert main(["findings", "list", *where]) == 0
    assert main(["journal", "verify", *where]) == 0
    capsys.readouterr()


def test_no_fault_is_taken_back_because_rows_are_gone(assessed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """What told the machines apart, whose the data was and how often it passed is gone with the rows that nothing cites."""
    before = {finding.id: finding for finding in findings(assessed)}
    (assessed.path / "site.toml").write_text("[retention]\ndefault = 1\n")
    where = ["--site", str(assessed.path)]
    assert main(["lake", "expire", *where]) == 0
    assert main(["assess", *where]) == 0
    after = {finding.id: finding for finding in findings(assessed)}
    assert {id: after[id].state for id in before} == {id: finding.state for id, finding in before.items()}
    again = [(before[id].seen, after[id].seen) for id in before if before[id].seen.check == after[id].seen.check]
    assert all(now.patients >= then.patients and now.first_seen <= then.first_seen for then, now in again)
    assert main(["assess", *where]) == 0
    assert findings(assessed) == list(after.values())
    capsys.readouterr()


def test_without_a_table_nothing_expires(assessed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    before = count(assessed)
    assert main(["lake", "expire", "--site", str(assessed.path), "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == {"dry_run": False, "rows": 0, "files": 0, "streams": []}
    assert err == f"asepsis: nothing expires: {assessed.path / 'site.toml'} states no [retention]\n"
    assert count(assessed) == before


def test_a_fault_in_the_table_is_one_line_and_removes_nothing(assessed: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (assessed.path / "site.toml").write_text("[retention]\ndefault = 1\nhl8 = 3\n")
    assert main(["lake", "expire", "--site", str(assessed.path)]) == 3
    assert "no such stream; there are default, conn" in (err := capsys.readouterr().err)
    assert err.endswith(f"{assessed.path / 'site.toml'}:3:7: mend that line\n") or "\u2026" in err
    assert count(assessed)["hl7"] > 0


def test_a_site_without_a_store_gets_none(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    (site.path / "site.toml").write_text("[retention]\nconn = 30\n")
    assert main(["lake", "expire", "--site", str(site.path)]) == 0
    assert capsys.readouterr().out == "0 rows are gone, and 0 files\n"
    assert not site.store.exists()
