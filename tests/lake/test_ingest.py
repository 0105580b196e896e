from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis.cli import main
from asepsis.journal import service as journal
from asepsis.kit.command import run
from asepsis.kit.errors import BadInput, DoesNotHold
from asepsis.kit.site import Site
from asepsis.lake import commits, service, writer
from asepsis.lake.commands import app

Capture = Callable[..., Path]


def _ids(site: Site, stream: str = "conn") -> list[str]:
    with service.open_lake(site) as lake:
        ids: list[str] = lake.sql(f"select event_id from {stream} order by event_id").column(0).to_pylist()
        return ids


def test_the_same_capture_again_adds_nothing_whatever_its_name(site: Site, capture: Capture) -> None:
    path = capture(500)
    first = service.ingest(site, [path])
    again = service.ingest(site, [path.rename(path.with_name("Smith^Anna.pcap"))])
    assert first.streams == again.streams == first.added == {"conn": 500, "stats": 1}
    assert again.added == {}
    assert first.capture["packets"] == 500
    assert (first.capture["first_ts"], first.capture["seconds"]) == ("2023-11-14T22:13:20Z", pytest.approx(0.499))
    assert len(set(_ids(site))) == 500
    assert service.count(site)["conn"] == 500


def test_a_lake_knows_its_last_row(site: Site, capture: Capture) -> None:
    with service.open_lake(site) as lake:
        assert lake.last("conn") is None
    service.ingest(site, [capture(500)])
    with service.open_lake(site) as lake:
        assert lake.last("conn", "arp") == lake.sql("select max(ts) as ts from conn").column("ts")[0].as_py()


def test_more_cores_than_there_are_give_the_same_rows(site: Site, capture: Capture, tmp_path: Path) -> None:
    large = capture(600, payload=bytes(60_000))
    assert large.stat().st_size > 32 << 20
    other = Site.open(tmp_path / "other", create=True)
    one, many = service.ingest(site, [large]), service.ingest(other, [large], cores=64)
    assert one.streams == many.streams == {"conn": 600, "stats": 1}
    assert _ids(site) == _ids(other)


def test_apart_is_one_by_one(site: Site, capture: Capture, tmp_path: Path) -> None:
    paths = [capture(600, payload=bytes(60_000)), capture(500, "other.pcap"), capture(700, "third.pcap")]
    other = Site.open(tmp_path / "other", create=True)
    service.ingest(site, paths, cores=2, apart=True)
    for path in paths:
        service.ingest(other, [path])
    assert service.count(site) == service.count(other)
    assert sorted(_ids(site)) == sorted(_ids(other))
    (entry,) = journal.entries(site)
    assert entry.detail["apart"] is True


def test_is_journalled_without_names(site: Site, capture: Capture) -> None:
    service.ingest(site, [capture(1, "Smith^Anna.pcap")])
    (entry,) = journal.entries(site)
    assert (entry.act, entry.detail["packets"], entry.detail["rows"], entry.detail["added"]) == ("lake.ingest", 1, 2, 2)
    assert entry.detail["extensions"] == {".pcap": 1}
    assert entry.detail["captures"][0]["name"].startswith("k1:")
    written = b"".join(path.read_bytes() for path in site.path.rglob("*") if path.is_file())
    assert b"smith" not in written.lower()


@pytest.mark.parametrize("damage", [lambda part: part.unlink(), lambda part: part.write_bytes(b"PAR1")], ids=["missing", "damaged"])
def test_a_broken_part_is_named_before_anything_is_added(site: Site, capture: Capture, damage: Callable[[Path], object]) -> None:
    path = capture(500)
    service.ingest(site, [path])
    (part,) = site.lake.glob("conn/*/*.parquet")
    damage(part)
    with pytest.raises(BadInput, match=f"a part of the lake is missing or damaged: {part}"):
        service.ingest(site, [path])
    assert commits.read(site.lake).n == 1


def test_what_is_no_capture_is_bad_input(site: Site, tmp_path: Path) -> None:
    (tmp_path / "x.pcap").write_bytes(b"no capture at all")
    for path in (tmp_path / "x.pcap", tmp_path / "none.pcap"):
        with pytest.raises(BadInput):
            service.ingest(site, [path])
    assert commits.read(site.lake).n == 0


@pytest.mark.parametrize("limit", [2_000, 30_000])
def test_a_full_disk_is_one_line_and_the_lake_consistent(site: Site, capture: Capture, limit: int) -> None:
    path = capture(20_000)
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))\n"
        "from asepsis.cli.main import main; sys.exit(main(sys.argv[2:]))"
    )
    command = [sys.executable, "-c", code, str(limit), "lake", "ingest", str(path), "--site", str(site.path)]
    # A limited file size must not spoil the cache of compiled modules.
    environment = {"PYTHONPATH": "src", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("asepsis: no space left: ")
    assert done.stderr.count("\n") == 1
    assert commits.read(site.lake).n == 0
    assert service.ingest(site, [path]).added == {"conn": 20_000, "stats": 1}


KILLS = {
    "before the entry": "journal.record = die",
    "between entry and commit": "commits.append = die",
    "after the commit": "append = commits.append; commits.append = lambda *given, **named: (append(*given, **named), die())",
}


@pytest.mark.parametrize("moment", KILLS)
def test_killed_beside_a_commit_no_row_is_without_an_entry(site: Site, capture: Capture, moment: str) -> None:
    path = capture(100)
    code = (
        "import os, signal, sys; from asepsis.journal import service as journal; from asepsis.lake import commits\n"
        "def die(*given, **named): os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLS[moment]}\n"
        "from asepsis.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "lake", "ingest", str(path), "--site", str(site.path)]
    assert subprocess.run(command, capture_output=True, env={"PYTHONPATH": "src"}, check=False).returncode == -signal.SIGKILL
    done, announced = commits.read(site.lake).n, [entry.detail["commit"] for entry in journal.entries(site)]
    assert (done, announced) == {"before the entry": (0, []), "between entry and commit": (0, [1]), "after the commit": (1, [1])}[moment]
    assert journal.verify(site, service.anchors(site)).holds
    assert service.unmade(site) == ([(1, 1)] if announced and not done else [])

    service.ingest(site, [path])
    assert len(_ids(site)) == 100
    assert [n for n, _ in commits.anchors(site.lake)] == [1]
    assert journal.verify(site, service.anchors(site)).holds
    assert service.unmade(site) == []


def test_a_broken_head_stops_an_ingest_before_its_rows(site: Site, capture: Capture) -> None:
    (site.journal / "head.json").write_bytes(b"{}")
    with pytest.raises(DoesNotHold, match="head is missing or forged"):
        service.ingest(site, [capture(10)])
    assert commits.read(site.lake).n == 0


def test_a_head_that_breaks_on_the_way_stops_the_commit(site: Site, capture: Capture) -> None:
    path = capture(10)
    with pytest.raises(DoesNotHold):
        service.ingest(site, [path], lambda done, total: (site.journal / "head.json").unlink(missing_ok=True))
    assert (commits.read(site.lake).n, list(site.lake.rglob("*.parquet"))) == (0, [])


def test_each_commit_of_a_long_run_has_its_entry(site: Site, capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "COMMIT_ROWS", 4_000)
    service.ingest(site, [capture(30_000), capture(10, "b.pcap", start=1_800_000_000)])
    entries = list(journal.entries(site))
    announced = {entry.detail["commit"]: entry.n for entry in entries if "commit" in entry.detail}
    assert list(announced) == list(range(1, commits.read(site.lake).n + 1))
    assert [anchor.n for anchor in service.anchors(site)] == list(announced.values())
    assert entries[-1].detail["added"] == 30_010 + service.count(site)["stats"]


def test_killed_at_any_moment_and_run_again(site: Site, capture: Capture, tmp_path: Path) -> None:
    path = capture(30_000)
    # Many parts and commits, so that a kill meets each step.
    code = (
        "import sys; from asepsis.lake import writer; writer.PART_ROWS, writer.COMMIT_ROWS = 2_000, 5_000\n"
        "from asepsis.cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "lake", "ingest", str(path), "--site"]
    environment = {"PYTHONPATH": "src"}
    began = time.monotonic()
    subprocess.run([*command, str(site.path)], check=True, capture_output=True, env=environment)
    took, rng = time.monotonic() - began, random.Random(3)
    for turn in range(3):
        other = tmp_path / f"killed{turn}"
        for _ in range(2):
            process = subprocess.Popen([*command, str(other)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
            time.sleep(rng.uniform(0.1, 1.0) * took)
            process.send_signal(signal.SIGKILL)
            process.wait()
            if (other / "site.json").exists():
                _ids(Site.open(other))  # a reader sees a whole lake at every moment
        subprocess.run([*command, str(other)], check=True, capture_output=True, env=environment)
        survivor = Site.open(other)
        assert len(set(_ids(survivor))) == len(_ids(survivor)) == 30_000
        assert journal.verify(survivor, service.anchors(survivor)).holds
        files = {str(part.relative_to(survivor.lake)) for part in survivor.lake.rglob("*.parquet")}
        assert files == {part.path for part in commits.read(survivor.lake).parts}


def test_two_writers_wait_for_each_other(site: Site, capture: Capture) -> None:
    paths = [capture(3000, "a.pcap"), capture(3000, "b.pcap", start=1_800_000_000)]
    command = [sys.executable, "-m", "asepsis", "lake", "ingest", "--site", str(site.path)]
    both = [subprocess.Popen([*command, str(path)], stdout=subprocess.DEVNULL, env={"PYTHONPATH": "src"}) for path in paths]
    assert [process.wait() for process in both] == [0, 0]
    assert len(_ids(site)) == 6000
    assert journal.verify(site).entries == 2


def test_a_reader_keeps_what_it_opened(site: Site, capture: Capture) -> None:
    service.ingest(site, [capture(10)])
    with service.open_lake(site) as lake:
        service.ingest(site, [capture(10, "b.pcap", start=1_800_000_000)])
        assert lake.sql("select count(*) as n from conn").to_pylist() == [{"n": 10}]
    assert len(_ids(site)) == 20


def test_commands(site: Site, capture: Capture, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "PART_ROWS", 7)

    def lake(*arguments: str) -> str:
        assert run(app, [*arguments, "--site", str(site.path)], "asepsis lake") == 0
        return capsys.readouterr().out

    assert json.loads(lake("ingest", str(capture(20)), "--json"))["streams"] == {"conn": 20, "stats": 1}
    assert "conn     20     0" in lake("ingest", str(capture(20)))
    rows = {stream["name"]: stream for stream in json.loads(lake("streams", "--json"))}
    assert (rows["conn"]["rows"], rows["hl7"]["rows"]) == (20, 0)
    assert "columns" not in rows["conn"]
    columns = {stream["name"]: stream["columns"] for stream in json.loads(lake("streams", "--schema", "--json"))}
    assert columns["hl7"][0]["name"] == "event_id"
    assert "community_id" in lake("streams", "--schema")
    assert run(app, ["ingest", "/nowhere", "--site", str(site.path)], "asepsis lake") == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert run(app, ["ingest", "--site", str(site.path)], "asepsis lake") == 2


def test_a_cut_capture_is_heard_of_and_what_stands_before_the_cut_counts(
    site: Site, capture: Capture, capsys: pytest.CaptureFixture[str]
) -> None:
    path = capture(20)
    path.write_bytes(path.read_bytes()[:-3])
    for arguments in ([], ["--json"]):
        assert run(app, ["ingest", str(path), *arguments, "--site", str(site.path)], "asepsis lake") == 3
        told = capsys.readouterr()
        assert told.err.count("\n") == 1
        assert "is cut after packet 19" in told.err
    assert json.loads(told.out)["streams"]["conn"] == 19


@pytest.mark.parametrize("command", ["lake ingest", "assess"])
def test_whether_a_capture_can_be_read_is_found_out_by_reading_it(
    command: str, site: Site, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(capture(1))
    # What the parser of the command line would ask, and call wrong use.
    monkeypatch.setattr(os, "access", lambda asked, *_: str(asked) != path)
    assert main.main([*command.split(), path, "--site", str(site.path)]) == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_capture_is_bad_input(site: Site, capture: Capture) -> None:
    path = capture(1)
    path.chmod(0)
    with pytest.raises(BadInput):
        service.ingest(site, [path])
