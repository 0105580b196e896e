"""A site that is restored is the site that was taken, whatever went on meanwhile; and where it cannot be, nothing is there."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.console.browser import PASSWORD, Visitor, come_in
from tests.console.conftest import start, stop
from tests.stored import stored

from asepsis.assessment.service import assess
from asepsis.backup import contents
from asepsis.backup.service import Kind, backup, restore
from asepsis.cli.main import main
from asepsis.journal import service as journal
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake import service as lake
from asepsis.settings import check_store, on_server

CAPTURES = Path(__file__).parents[2] / "range" / "captures"
DISK = 4_000


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with rows, findings and a site.toml."""
    folder = tmp_path_factory.mktemp("hospital") / "site"
    folder.mkdir()
    shutil.copy(CAPTURES.parent / "site.toml", folder)
    assess(Site.open(folder, create=True), [CAPTURES])
    return folder


@pytest.fixture
def taken(hospital: Path, tmp_path: Path) -> Path:
    return backup(Site.open(hospital), tmp_path / "a.backup").file


def rows(site: Site) -> dict[str, list[str]]:
    """Every row of the lake, by stream."""
    with lake.open_lake(site) as opened:
        return {name: sorted(map(str, opened.rows(f"SELECT * FROM {name}"))) for name, count in lake.count(site).items() if count}


def test_what_is_restored_is_equal(hospital: Path, tmp_path: Path) -> None:
    before = Site.open(hospital)
    told: list[tuple[int, int]] = []
    made = backup(before, tmp_path, lambda *at: told.append(at))
    rows_before = stored(before)
    assert list(tmp_path.iterdir()) == [made.file]
    assert made.file.stat().st_mode & 0o777 == 0o600
    assert made.store is (Kind.POSTGRESQL if on_server() else Kind.SQLITE)
    assert told[-1][0] == told[-1][1] > sum(part.size for part in lake.parts(before))

    done = restore(made.file, tmp_path / "new")
    after = Site.open(tmp_path / "new")
    assert (after.key, after.seal, after.name) == (before.key, before.seal, before.name)
    assert rows(after) == rows(before)
    assert done.rows == sum(lake.count(before).values())
    assert (after.path / "site.toml").read_bytes() == (before.path / "site.toml").read_bytes()
    assert (after.path / "key").stat().st_mtime == int((before.path / "key").stat().st_mtime)
    # The restored journal tells of it, and the store keeps the anchor of that.
    rows_after = stored(after)
    (anchor,) = rows_after - rows_before
    assert anchor.startswith("journal_anchorrow ")
    assert rows_before < rows_after
    entries = list(journal.entries(after))
    assert entries[:-1] == list(journal.entries(before))
    assert [entry.act for entry in entries[-2:]] == ["site.backup", "site.restore"]
    assert done.journal.holds
    assert main(["journal", "verify", "--site", str(after.path)]) == 0
    # What a site has and a backup does not: locks, and what SQLite keeps beside an open store.
    names = {str(path.relative_to(before.path)) for path in before.path.rglob("*") if path.is_file()}
    restored = {str(path.relative_to(after.path)) for path in after.path.rglob("*") if path.is_file()}
    assert {name for name in names - restored if not name.endswith((".lock", "-wal", "-shm"))} == set()
    assert {path.stat().st_mode & 0o077 for path in after.path.rglob("*") if path.is_file()} == {0}


def test_the_command_says_what_it_did(hospital: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backup", str(tmp_path / "a"), "--site", str(hospital), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["file"], said["bytes"]) == (str(tmp_path / "a"), (tmp_path / "a").stat().st_size)
    assert main(["backup", str(tmp_path / "a"), "--site", str(hospital)]) == 3
    assert "is there already" in capsys.readouterr().err


def test_a_person_logs_in_to_what_was_taken_while_it_ran(hospital: Path, tmp_path: Path) -> None:
    """The console serves, and where we may listen a sensor writes down what it says on loopback."""
    folder = tmp_path / "site"
    restore(backup(Site.open(hospital), tmp_path / "a").file, folder)
    running = start(folder, *(("--interface", "lo") if os.geteuid() == 0 else ()))
    try:
        anna = come_in(running.base, running.link, "anna")
        if os.geteuid() == 0:
            before = sum(lake.count(running.site).values())
            while sum(lake.count(running.site).values()) == before:
                anna.get("/assets")
        assert main(["backup", str(tmp_path / "b"), "--site", str(folder)]) == 0
        assert anna.get("/assets").status == 200
    finally:
        stop(running)
    new = tmp_path / "new"
    assert main(["restore", str(tmp_path / "b"), "--site", str(new)]) == 0
    assert not (new / "console" / "parts.json").exists()
    again = start(new, "--plain-http")
    try:
        assert not again.link
        visitor = Visitor(again.base)
        visitor.get("/account/login/")
        assert "anna" in visitor.post("/account/login/", login="anna", password=PASSWORD).text
        assert visitor.get("/assets").status == 200
    finally:
        stop(again)
    for name in ("secret", "certificate.pem", "key.pem"):
        assert (new / "console" / name).read_bytes() == (folder / "console" / name).read_bytes()


INGESTING = """
import struct, sys
from pathlib import Path
from asepsis.kit.site import Site
from asepsis.lake import service
from asepsis.hospital.service import take_inventory
site, folder = Site.open(Path(sys.argv[1])), Path(sys.argv[2])
print("begun", flush=True)
for capture in sorted(folder.iterdir()):
    service.ingest(site, [capture])
    service.compact(site)
    with service.open_lake(site) as lake:
        take_inventory(site, lake)
"""


def test_others_write_on(site: Site, tmp_path: Path, capture: Callable[..., Path]) -> None:
    """Rows come, are merged and judged as backups are taken: each holds together."""
    (tmp_path / "captures").mkdir()
    for n in range(12):
        capture(40, f"captures/{n:02}.pcap", start=1_700_000_000 + 100 * n)
    made = []
    with subprocess.Popen([sys.executable, "-c", INGESTING, site.path, tmp_path / "captures"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout
        writer.stdout.readline()
        while writer.poll() is None:
            made.append(backup(site, tmp_path / f"{len(made)}.backup").file)
    assert writer.returncode == 0
    assert len(made) > 1
    for each in made:
        done = restore(each, tmp_path / each.stem)
        opened = Site.open(tmp_path / each.stem)
        assert done.journal.holds, done.journal
        assert lake.unmade(opened) == []
        assert sum(map(len, rows(opened).values())) == done.rows
        assert {path.suffix for path in opened.lake.rglob("*") if path.is_file()} <= {".json", ".parquet", ""}


def test_a_part_that_goes_meanwhile_is_done_without(
    site: Site, tmp_path: Path, capture: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Just as the first pass has begun, its parts are merged and removed."""
    monkeypatch.setattr(contents, "_LITTLE", -1)
    monkeypatch.setattr(contents, "_PASSES", 1)
    for n in range(3):
        lake.ingest(site, [capture(5, f"{n}.pcap", start=1_700_000_000 + n)])
    before, real = rows(site), lake.parts

    def merged(of: Site) -> list[lake.Part]:
        monkeypatch.setattr(lake, "parts", real)
        found = real(of)
        lake.compact(of)
        for part in found[1:]:
            (of.lake / part.path).unlink()
        return found

    monkeypatch.setattr(lake, "parts", merged)
    done = restore(backup(site, tmp_path / "a").file, tmp_path / "new")
    assert rows(Site.open(tmp_path / "new")) == before
    assert done.journal.holds
    # The one that was still there came along, and is in no commit.
    assert len(list((tmp_path / "new").rglob("*.parquet"))) == len(real(site))


def test_packets_and_keys_that_go_stay_behind(site: Site, tmp_path: Path) -> None:
    for name in ("packets/eth0/1.packets", ".key.k1.going", "decoys/smb.conf", "lake/.staging/a/b.parquet", "stray", "console/parts.json"):
        (site.path / name).parent.mkdir(parents=True, exist_ok=True)
        (site.path / name).write_bytes(b"PLANTED")
    (site.path / "rules").symlink_to("/etc")
    (site.path / "journal" / "torn-10-0123abcd").write_bytes(b"torn")
    restore(backup(site, tmp_path / "a").file, tmp_path / "new")
    kept = {str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert kept == {
        "site.json", "key", "seal", "journal/journal.jsonl", "journal/head.json", "journal/.lock", "journal/torn-10-0123abcd",
    }  # fmt: skip


def nothing_there(folder: Path, *but: str) -> bool:
    return {path.name for path in folder.iterdir()} == set(but)


@pytest.mark.parametrize("what", ["site", "file", "link"])
def test_what_is_there_stays(taken: Path, tmp_path: Path, what: str) -> None:
    to = tmp_path / "to"
    if what == "site":
        Site.open(to, create=True)
    elif what == "file":
        to.write_bytes(b"mine")
    else:
        to.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="there is something already"):
        restore(taken, to)
    assert nothing_there(tmp_path, taken.name, "to")


def test_an_empty_folder_will_do(taken: Path, tmp_path: Path) -> None:
    (tmp_path / "to").mkdir()
    assert restore(taken, tmp_path / "to").journal.holds
    assert (tmp_path / "to").stat().st_mode & 0o777 == 0o700


def test_half_a_backup_leaves_nothing(taken: Path, tmp_path: Path) -> None:
    taken.write_bytes(taken.read_bytes()[:-200])
    with pytest.raises(BadInput, match=r"whole backup|no end"):
        restore(taken, tmp_path / "new")
    assert nothing_there(tmp_path, taken.name)


@pytest.mark.sqlite
def test_a_store_of_a_newer_asepsis_is_refused(site: Site, tmp_path: Path) -> None:
    check_store(site.store)
    with closing(sqlite3.connect(site.store)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    made = backup(site, tmp_path / "a").file
    with pytest.raises(BadInput, match="made by a newer asepsis"):
        restore(made, tmp_path / "new")
    assert nothing_there(tmp_path, "a", "site")


@pytest.mark.sqlite
def test_a_store_that_is_a_file_is_not_restored_into_a_database(taken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(BadInput, match="restore it without DATABASE_URL"):
        restore(taken, tmp_path / "new")
    assert nothing_there(tmp_path, taken.name)


KILLED = """
import os, sys
from pathlib import Path
from asepsis.backup import archive, service
from asepsis.kit.site import Site
add, write = archive.ArchiveWriter.add, archive._write
def killed(name):
    if name.startswith("store"):
        os.kill(os.getpid(), 9)
archive.ArchiveWriter.add = lambda self, name, *more: (add(self, name, *more), killed(name))
archive._write = lambda content, to, *more: (write(content, to, *more), killed(to.name))[0]
if sys.argv[1] == "backup":
    service.backup(Site.open(Path(sys.argv[2])), Path(sys.argv[3]))
else:
    service.restore(Path(sys.argv[2]), Path(sys.argv[3]))
"""


def test_who_is_killed_leaves_nothing_that_looks_whole(hospital: Path, taken: Path, tmp_path: Path) -> None:
    for what in (["backup", hospital, tmp_path / "b"], ["restore", taken, tmp_path / "new"]):
        assert subprocess.run([sys.executable, "-c", KILLED, *what], check=False).returncode == -9
    (left,) = {path.name for path in tmp_path.iterdir()} - {taken.name}
    assert left.endswith(".restoring")
    assert restore(taken, tmp_path / "new").journal.holds
    assert nothing_there(tmp_path, taken.name, "new")
    assert backup(Site.open(hospital), tmp_path / "b").file.exists()


def test_a_lake_that_lacks_a_part_makes_no_backup(site: Site, tmp_path: Path, capture: Callable[..., Path]) -> None:
    lake.ingest(site, [capture(3)])
    part = site.lake / lake.parts(site)[0].path
    part.unlink()
    with pytest.raises(BadInput, match="a part is missing"):
        backup(site, tmp_path / "x.backup")
    assert not list(tmp_path.glob("*x.backup*"))


def test_a_full_disk_leaves_nothing(hospital: Path, taken: Path, disk: Path) -> None:
    (disk / "filler").write_bytes(bytes(4_050_000))
    with pytest.raises(BadInput, match="no space left"):
        backup(Site.open(hospital), disk / "a")
    with pytest.raises(BadInput, match="no space left"):
        restore(taken, disk / "new")
    assert nothing_there(disk, "filler")
