"""`asepsis assess` as a script meets it: what it prints, how it ends, what it leaves."""

from __future__ import annotations

import gzip
import json
import os
import re
import struct
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from asepsis.cli.main import main
from asepsis.findings import life
from asepsis.findings.ssvc import Decision, HumanImpact
from asepsis.kit.site import Site
from asepsis.lake.service import open_lake

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
SOURCE = {"PYTHONPATH": "src"}
EMPTY = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
DECISIONS = {"immediate", "out-of-cycle", "scheduled", "defer"}
FINDING = {"id", "kind", "check", "title", "subject", "decision", "harms", "why", "action", "first_seen", "last_seen", "events"}
LINE = {"title", "decision", "why", "action", "members"}
HARMS = {"safety", "privacy", "integrity", "service", "money_and_trust"}


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Runs a command on one site; its exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([*map(str, arguments), "--site", str(tmp_path / "site")])
        return code, *capsys.readouterr()

    return run


def rows(site: Path, query: str) -> list[dict[str, Any]]:
    # Not by `lake sql`, which walls in the whole process that answers.
    with open_lake(Site.open(site)) as lake:
        found: list[dict[str, Any]] = lake.sql(query).to_pylist()
    return found


def moments(finding: dict[str, Any]) -> list[datetime]:
    return [datetime.fromisoformat(finding[key]) for key in ("first_seen", "last_seen")]


def test_without_captures_what_the_lake_holds_is_judged_again(ask: Any, tmp_path: Path) -> None:
    assert ask("assess")[0] == 3, "there is nothing to judge, and no site is made for it"
    ask("assess", MORNING)
    _, first, _ = ask("worklist", "--json")
    code, out, err = ask("assess", "--report", tmp_path / "again.html")
    assert (code, err) == (0, "")
    assert out.startswith("Judged again what the lake holds.")
    assert "No capture: what the lake holds" in (tmp_path / "again.html").read_text()
    assert ask("worklist", "--json")[1] == first


def test_json_is_one_object_of_the_shape_that_was_promised(ask: Any) -> None:
    code, out, err = ask("assess", MORNING, "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert {"capture", "assets", "findings", "streams"} <= said.keys()
    assert {"packets", "bytes", "first_ts", "last_ts", "seconds", "problems", "skipped"} == said["capture"].keys()
    assert said["streams"]["hl7"] == 840
    assert all(isinstance(rows, int) for rows in said["streams"].values())
    assert len({asset["id"] for asset in said["assets"]}) == len(said["assets"]) > 0
    known = {asset["id"] for asset in said["assets"]}
    assert said["findings"]
    for finding in said["findings"]:
        assert finding.keys() >= FINDING
        assert finding["kind"] in {"vulnerability", "posture", "alert"}
        assert finding["decision"] in DECISIONS
        assert finding["harms"].keys() <= HARMS
        assert all(0 <= harm["level"] <= 4 and harm["why"] for harm in finding["harms"].values())
        assert finding["action"]["title"]
        assert finding["why"]
        assert set(finding["assets"]) <= known
        first, last = moments(finding)
        assert first <= last
        assert first.utcoffset() is not None


def test_a_finding_cites_rows_that_stand_in_the_lake(ask: Any, tmp_path: Path) -> None:
    said = json.loads(ask("assess", MORNING, "--json")[1])
    cited = {event for finding in said["findings"] for event in finding["events"]}
    assert all(finding["events"] for finding in said["findings"])
    union = " UNION ALL ".join(f"SELECT event_id FROM {stream}" for stream in said["streams"])
    assert cited <= {row["event_id"] for row in rows(tmp_path / "site", union)}


def test_the_worklist_unfolds_to_the_findings(ask: Any) -> None:
    findings = {finding["id"]: finding for finding in json.loads(ask("assess", MORNING, "--json")[1])["findings"]}
    lines = json.loads(ask("worklist", "--json")[1])
    assert 5 <= len(lines) <= 40
    assert all(line.keys() >= LINE for line in lines)
    members = [member["id"] for line in lines for member in line["members"]]
    assert sorted(members) == sorted(id for id, finding in findings.items() if finding["state"] in ("open", "stale"))
    assert [findings[line["members"][0]["id"]]["decision"] for line in lines] == [line["decision"] for line in lines]


def test_a_second_run_changes_nothing_but_the_journal(ask: Any, tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    first = ask("assess", MORNING, "--report", report), report.read_bytes(), kept(tmp_path / "site")
    second = ask("assess", MORNING, "--report", report), report.read_bytes(), kept(tmp_path / "site")
    assert first == second


def kept(site: Path) -> dict[str, bytes]:
    """What the lake holds, by file."""
    return {str(path.relative_to(site)): path.read_bytes() for path in site.glob("lake/**/*") if path.is_file()}


def test_fail_on_asks_for_the_decision_and_nothing_else(ask: Any) -> None:
    code, out, _ = ask("assess", MORNING, "--fail-on", "immediate", "--json")
    assert code == int(any(finding["decision"] == "immediate" for finding in json.loads(out)["findings"]))
    code, _, err = ask("assess", MORNING, "--fail-on", "defer")
    assert code == 2
    assert one_line(err)


def test_fail_on_ends_with_1_where_a_line_is_immediate(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nothing in that morning is immediate by the table: so the table says it here.
    monkeypatch.setattr(life, "judge", lambda proposal: (Decision.IMMEDIATE, HumanImpact.VERY_HIGH))
    code, out, err = ask("assess", MORNING, "--fail-on", "immediate")
    assert (code, err) == (1, "")
    assert "Worklist: " in out
    assert ask("worklist", "--fail-on", "immediate")[0] == 1
    assert ask("worklist")[0] == 0


def test_no_packets_no_faults(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    report = tmp_path / "r.html"
    code, out, err = ask("assess", tmp_path / "empty.pcap", "--report", report, "--fail-on", "immediate")
    assert (code, err) == (0, "")
    assert out.startswith("No packets in empty.pcap: nothing was seen.\n")
    page = report.read_text("utf-8")
    assert "no packets" in page
    assert "<svg" not in page
    code, out, _ = ask("assess", tmp_path / "empty.pcap", "--json")
    said = json.loads(out)
    assert (said["assets"], said["findings"], said["capture"]["packets"], said["capture"]["first_ts"]) == ([], [], 0, None)
    assert ask("worklist", "--json")[:2] == (0, "[]\n")


def test_a_cut_capture_keeps_its_rows_and_ends_with_one_line(ask: Any, tmp_path: Path) -> None:
    whole = gzip.decompress(MORNING.read_bytes())
    (tmp_path / "cut.pcap").write_bytes(whole[: len(whole) // 3])
    report = tmp_path / "r.html"
    code, out, err = ask("assess", tmp_path / "cut.pcap", "--report", report)
    assert code == 3
    assert one_line(err)
    assert "cut.pcap" in err
    assert "Worklist: " in out
    assert "Not read whole:" in report.read_text("utf-8")
    assert rows(tmp_path / "site", "SELECT uid FROM conn")
    assert json.loads(ask("assets", "list", "--json")[1])


@pytest.mark.parametrize("content", [b"", b"hello\n" * 100, b"\xd4\xc3\xb2\xa1"], ids=["empty", "text", "cut in its head"])
def test_what_is_no_capture_is_refused_in_one_line(ask: Any, content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(content)
    code, out, err = ask("assess", tmp_path / "x.pcap")
    assert (code, out) == (3, "")
    assert one_line(err)


@pytest.mark.parametrize(
    ("place", "says"),
    [
        ("a file/r.html", "no folder to lie in"),
        ("a file/deep/r.html", "no folder to lie in"),
        ("missing/deep/r.html", "the folder of the report does not exist: .*missing/deep: make it, or name another place"),
        ("to nowhere.html", "the folder of the report does not exist: .*nowhere: make it"),
        ("a folder", "this is a folder: .*a folder: write --report .*a folder/report.html"),
        ("empty.pcap", "would take the place of a file that is none: .*empty.pcap: name another place"),
        ("site/key", "would lie in the site's own folder"),
        ("site/new.html", "would lie in the site's own folder"),
        ("x" * 300, "File name too long: name another place"),
        ("loop", "name another place"),
        ("/proc/r.html", "cannot be written|may not be written"),
        ("/proc/none/r.html", "does not exist"),
    ],
)
def test_a_report_that_cannot_be_written_says_so_in_one_line(ask: Any, tmp_path: Path, place: str, says: str) -> None:
    (tmp_path / "a file").write_text("mine")
    (tmp_path / "a folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "to nowhere.html").symlink_to("nowhere/r.html")
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    code, out, err = ask("assess", tmp_path / "empty.pcap", "--report", tmp_path / place)
    assert (code, out) == (3, "")
    assert one_line(err)
    assert re.search(says, err), err
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]
    assert (tmp_path / "a file").read_text() == "mine"
    assert (tmp_path / "empty.pcap").read_bytes() == EMPTY
    assert (tmp_path / "site").exists() == place.startswith("/proc/r"), "refused before anything is read"


def test_a_report_replaces_a_file_through_a_link(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "r.html").write_text("<!doctype html>old")
    (tmp_path / "link.html").symlink_to("there/r.html")
    (tmp_path / "new.html").symlink_to("there/new.html")
    for link in ("link.html", "new.html"):
        assert ask("assess", tmp_path / "empty.pcap", "--report", tmp_path / link)[0] == 0
        assert (tmp_path / link).is_symlink()
        assert (tmp_path / link).read_text("utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["new.html", "r.html"]


def test_what_is_no_file_is_written_to_and_stays_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-m", "asepsis", "assess", str(tmp_path / "empty.pcap"), "--site", str(tmp_path / "site"), "--report"]
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    subprocess.run([*command, str(tmp_path / "pipe")], check=True, capture_output=True, env=SOURCE)
    assert os.read(reader, 100).startswith(b"<!doctype html>")
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()
    (tmp_path / "stdout").symlink_to("/dev/stdout")
    for name in ("/dev/stdout", str(tmp_path / "stdout")):
        piped = subprocess.run([*command, name], check=True, capture_output=True, text=True, env=SOURCE).stdout
        with (tmp_path / "out").open("w") as file:
            subprocess.run([*command, name], check=True, stdout=file, env=SOURCE)
        assert piped == (tmp_path / "out").read_text("utf-8")
        assert piped.startswith("<!doctype html>")
        assert piped.rstrip().endswith(f"asepsis worklist --site {tmp_path / 'site'}"), "nothing overwrites what was printed before"
    assert Path("/dev/stdout").is_symlink()


def test_what_to_type_next_speaks_of_the_same_site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for site, words in (("site", ""), ("St. Elsewhere", " --site 'St. Elsewhere'")):
        assert main(["assess", str(MORNING), "--site", site]) == 0
        out = capsys.readouterr().out
        assert f"`asepsis findings show ID{words}` has the evidence." in out
        assert out.endswith(f"asepsis assets list{words}; asepsis worklist{words}\n")


def test_files_of_a_folder_that_are_no_captures_are_counted(ask: Any, tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    folder.mkdir()
    (folder / "empty.pcap").write_bytes(EMPTY)
    assert "left out" not in ask("assess", folder)[1]
    for name in ("notes.txt", "plan.odt"):
        (folder / name).write_text("no capture")
    assert re.search(r"\nNote: left out, [^\n]*: 2 \([^\n]+, [^\n]+\)\n", ask("assess", folder)[1])
    (folder / "plan.odt").unlink()
    assert re.search(r"\nNote: left out, [^\n]*: 1 \([^\n]+\)\n", ask("assess", folder)[1])


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty.pcap").write_bytes(EMPTY)
    command = [sys.executable, "-m", "asepsis", "assess", str(tmp_path / "empty.pcap"), "--site", str(tmp_path / "site")]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=SOURCE, check=False)
    assert done.returncode == 3
    assert one_line(done.stderr)


def one_line(err: str) -> bool:
    return err.startswith("asepsis: ") and err.count("\n") == 1 and "Traceback" not in err
