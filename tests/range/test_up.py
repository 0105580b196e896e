"""The hospital comes up in namespaces, lives, is attacked and recorded, and leaves nothing behind. Needs root and the range's programs."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from asepsis.kit.site import Site

from .conftest import LONG_S, RANGE, ROOT, Range

SIX = ("scan", "dicom-mass-retrieve", "dicom-query-sweep", "hl7-injection", "fhir-export", "beaconing")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to make network namespaces")


def lacking() -> str:
    """What the hospital would need and this machine has not."""
    pytest.importorskip("pynetdicom")
    pytest.importorskip("sdc11073")
    sys.path.append(str(RANGE))
    import life
    import services
    from lan import RangeError

    try:
        life.need(services.PACKAGES)
    except RangeError as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    """The quick hospital, up."""
    if said := lacking():
        pytest.skip(said)
    made = Range(tmp_path_factory.mktemp("hospital") / "state")
    made("up", "--quick")
    yield made
    made("down")


def rows_of(recording: Path, site: Site) -> list[dict[str, Any]]:
    """The recording's conversations, as the sensor sees them."""
    program = [sys.executable, "-m", "asepsis"]
    captures = [str(path) for path in sorted(recording.glob("*.pcap"))]
    subprocess.run([*program, "lake", "ingest", *captures, "--site", str(site.path)], check=True, capture_output=True, cwd=ROOT)
    query = "select ts::text as ts, community_id, id_orig_h, id_resp_h from conn"
    done = subprocess.run([*program, "lake", "sql", query, "--site", str(site.path), "--json"], check=True, capture_output=True, text=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_all_hosts_are_up(hospital: Range) -> None:
    told = json.loads(hospital("status", "--json"))
    assert told["quick"]
    assert len(told["hosts"]) >= 40
    assert all(one["processes"] for one in told["hosts"] if one["services"])


def test_a_second_one_is_refused(hospital: Range) -> None:
    assert "is up already" in hospital("up", "--quick", expect=3)


def test_care_is_well(hospital: Range) -> None:
    told = json.loads(hospital("health", "--json"))
    assert told["well"]
    assert all(part["tried"] for part in told["parts"])


def test_truth_and_packets_of_a_short_day_agree(hospital: Range, site: Site, tmp_path: Path) -> None:
    """Half an hour and six scenarios: whatever was done is in the recording, when it was done, and nothing is told that is not there."""
    told = json.loads(hospital("day", "--hours", 0.5, "--start", 9, "--json"))
    assert told["failed"] == 0
    for name in SIX:
        hospital("scenario", name)
    written = json.loads(hospital("record", "--into", tmp_path, "--json"))
    assert written["late"] < written["packets"] / 100
    text = (tmp_path / "truth.jsonl").read_text()
    truth = [json.loads(line) for line in text.splitlines()]
    acts, conns = [line for line in truth if line["line"] == "act"], rows_of(tmp_path, site)
    assert len(acts) > 300
    assert not [line for line in acts if not line["packets"] and not line.get("silent")]
    assert not [line for line in acts if not line["flows"] and not line.get("silent") and not line.get("local")]
    assert {flow for line in acts for flow in line["flows"]} <= {row["community_id"] for row in conns}
    begins, ends = [line["begin"] for line in acts], [line["end"] for line in acts]
    assert min(begins)[:16] == "2026-03-02T09:00"
    assert min(row["ts"] for row in conns).replace(" ", "T") >= min(begins)[:19]
    assert max(row["ts"] for row in conns).replace(" ", "T") <= max(ends)
    for name in SIX:
        played = [line for line in acts if line.get("scenario", "").startswith(name + ":")]
        assert played, name
        assert all(line["technique"] and line["flows"] for line in played), name
    assert "ZZTEST" not in text
    assert "invented" not in text


def begun(hospital: Range, *words: str) -> subprocess.Popen[str]:
    """`range`, under way: the first of a group, as in a shell."""
    full, env = [sys.executable, str(RANGE), *words], {**os.environ, "ASEPSIS_RANGE": str(hospital.state)}
    return subprocess.Popen(full, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT, start_new_session=True)


@contextmanager
def living_through_a_day(hospital: Range) -> Iterator[subprocess.Popen[str]]:
    with begun(hospital, "day", "--hours", "6") as process:
        assert process.stderr
        assert "acts" in process.stderr.readline()
        yield process


def test_a_program_that_is_given_up_ends_as_in_a_shell(hospital: Range) -> None:
    with begun(hospital, "exec", "pacs", "--", "sh", "-c", "echo runs >&2; exec sleep 60") as process:
        assert process.stderr
        assert process.stderr.readline() == "runs\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(LONG_S) == 130


def test_a_day_that_is_given_up_can_be_recorded(hospital: Range, tmp_path: Path) -> None:
    with living_through_a_day(hospital) as process:
        os.killpg(process.pid, signal.SIGINT)
        assert process.communicate(timeout=LONG_S)[1].count("given up") == 1
        assert process.returncode == 130
    hospital("scenario", "scan")
    assert json.loads(hospital("record", "--into", tmp_path, "--json"))["acts"] > 200


def test_a_recording_in_a_folder_that_the_hospital_has_of_its_own_stays(hospital: Range) -> None:
    """/run is the hospital's own inside; with no room left there, what was recorded before is as it was."""
    hospital("scenario", "scan")
    with tempfile.TemporaryDirectory(dir="/run") as kept:
        hospital("record", "--into", kept)
        assert {"truth.jsonl", "site.toml", "servers.pcap"} <= {path.name for path in Path(kept).iterdir()}
        small = Path(kept, "small")
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)], check=True)
        try:
            (small / "truth.jsonl").write_text("old")
            assert "nothing there was changed" in hospital("record", "--into", small, expect=3)
            assert [(path.name, path.read_text()) for path in small.iterdir()] == [("truth.jsonl", "old")]
        finally:
            subprocess.run(["umount", str(small)], check=True)


def test_a_day_ends_with_its_caller(hospital: Range) -> None:
    with living_through_a_day(hospital) as process:
        process.kill()
    until_free = ["flock", "--timeout", "60", "/run/range/stage.lock", "true"]
    hospital("exec", "sensor", "--", *until_free)
    assert json.loads(hospital("status", "--json"))["acts"] < 1_000


def test_an_attack_that_nobody_would_record_is_not_played(hospital: Range) -> None:
    hospital("exec", "sensor", "--", "sh", "-c", "kill $(cat /run/range/raw/radiology.pid)")
    before = json.loads(hospital("status", "--json"))["acts"]
    told = hospital("scenario", "scan", expect=3)
    assert "the recorder of radiology has ended" in told
    assert len(told.splitlines()) == 1
    assert json.loads(hospital("status", "--json"))["acts"] == before


def test_a_scan_hurts_care_and_who_kills_the_first_process_ends_all_of_it(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    one = Range(tmp_path / "state")
    one("up", "--quick")
    one("exec", "rogue-icu", "--", "nmap", "-n", "-Pn", "-sS", "-p", "1-200", "10.30.20.51")
    told = json.loads(one("health", "--json", expect=4))
    assert [part["part"] for part in told["parts"] if part["well"] < part["tried"]] == ["old monitor"]
    spaces = Path(f"/proc/{one.first_process}/ns/net").readlink()
    os.kill(one.first_process, signal.SIGKILL)
    _gone(one, spaces)
    assert json.loads(one("status", "--json")) == {"up": False}
    assert "no hospital is up" in one("day", expect=3)
    one("up", "--quick")
    one("down")
    assert json.loads(one("down", "--json")) == {"up": False, "was_up": False}


def _gone(one: Range, space: Path) -> None:
    """The lock is free as soon as the kernel has ended everything."""
    subprocess.run(["flock", "--timeout", "20", str(one.state / "lock"), "true"], check=True)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert (process / "ns" / "net").readlink() != space
        except OSError:
            continue


def test_killed_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    one = Range(tmp_path / "state")
    words = [sys.executable, str(RANGE), "up", "--quick"]
    with subprocess.Popen(
        words, stderr=subprocess.PIPE, text=True, env={**os.environ, "ASEPSIS_RANGE": str(one.state)}, cwd=ROOT
    ) as starting:
        assert starting.stderr
        assert "network" in starting.stderr.readline()
        starting.kill()
    one("down")
    assert json.loads(one("status", "--json")) == {"up": False}


def test_a_full_scratch_folder_is_said(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    one = Range(tmp_path / "state")
    told = one("up", "--quick", "--scratch", "6M", expect=3)
    assert "space" in told or "MiB free" in told
    assert json.loads(one("status", "--json")) == {"up": False}


def test_a_day_that_fills_the_scratch_folder_is_given_up_in_a_line_and_can_be_looked_at(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    one = Range(tmp_path / "state")
    one("up", "--quick", "--scratch", "200M")
    with living_through_a_day(one) as process:
        one("exec", "sensor", "--", "sh", "-c", "cat /dev/zero >/run/zeros; true")
        told = process.communicate(timeout=LONG_S)[1].splitlines()
        assert process.returncode == 3
    assert [line for line in told if not line.startswith("[")] == told[-1:]
    assert "acts.jsonl: No space left on device" in told[-1]
    assert json.loads(one("status", "--json"))["acts"] > 100
    one("exec", "sensor", "--", "rm", "/run/zeros")
    assert one.run("health").returncode in (0, 4)
    one("day", "--hours", 0.1, "--start", 12)
    one("record", "--into", tmp_path / "recording")
    one("down")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    if said := lacking():
        pytest.skip(said)
    text = (RANGE / "topology.toml").read_text()
    twice = text.replace('services = ["hl7-receiver", "lis"]', 'services = ["hl7-receiver", "hl7-receiver", "lis"]')
    assert twice != text
    (tmp_path / "mine.toml").write_text(twice)
    one = Range(tmp_path / "state")
    told = one("up", "--quick", "--topology", tmp_path / "mine.toml", expect=3)
    assert "lis: port 2575 is taken" in told
    assert json.loads(one("status", "--json")) == {"up": False}


@pytest.mark.parametrize("verb", ["up", "down", "day", "health"])
def test_without_root_one_line_says_so(tmp_path: Path, verb: str) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv on this machine")
    words = ["setpriv", "--reuid=65534", "--clear-groups", sys.executable, str(RANGE), verb]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "ASEPSIS_RANGE": str(tmp_path / "x")}, check=False)
    assert done.returncode == 3
    assert "needs root" in done.stderr
    assert "Traceback" not in done.stderr


def test_other_verbs_are_clear_when_nothing_is_up(tmp_path: Path) -> None:
    one = Range(tmp_path / "state")
    assert "no hospital is up" in one("record", expect=3)
    assert "No hospital is up" in one("status")


def test_what_is_asked_wrongly_is_said_in_a_line(hospital: Range) -> None:
    assert "no scenario nothing" in hospital("scenario", "nothing", expect=3)
    assert "has no variant quiet" in hospital("scenario", "scan:quiet", expect=3)
    assert "HH:MM" in hospital("scenario", "scan", "--at", "ten", expect=3)
    assert "needs Samba" in hospital("scenario", "ransomware", expect=3)
    assert "--hours" in hospital("day", "--hours", "0", expect=3)
    assert "range exec: say which program" in hospital("exec", "pacs", expect=3)
    assert "no host nobody" in hospital("exec", "nobody", "--", "true", expect=3)
    for host in ("pacs", "sensor"):
        assert "no such program" in hospital("exec", host, "--", "nosuch", expect=127)
        assert "is no program" in hospital("exec", host, "--", "/etc", expect=126)
