"""What is exported is what the lake holds: all of it, in every format, and nothing of a run that failed."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from asepsis.cli.main import main
from asepsis.journal import service as journal
from asepsis.kit.output import plain
from asepsis.kit.site import Site
from asepsis.lake import export as exports
from asepsis.lake.service import count, ingest, open_lake, streams

from .test_writer import _batch, _write

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site with rows of many streams."""
    site = Site.open(tmp_path_factory.mktemp("export") / "site", create=True)
    ingest(site, [GOLDEN / "hl7", GOLDEN / "dicom_message", GOLDEN / "fhir"], apart=True)
    return site


def _rows(site: Site, stream: str) -> list[dict[str, Any]]:
    with open_lake(site) as lake:
        return [plain(row) for row in lake.sql(f"SELECT * FROM {stream}").to_pylist()]


def _sorted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["event_id"]))


def _export(site: Site, *words: str) -> int:
    return main(["lake", "export", "--site", str(site.path), *words])


def test_every_row_is_a_line(held: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert _export(held) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert err == ""
    assert len(lines) == sum(count(held).values())
    for stream in streams():
        found = [{key: value for key, value in line.items() if key != "stream"} for line in lines if line["stream"] == stream]
        assert _sorted(found) == _sorted(_rows(held, stream)), stream
    assert _export(held, "--json", "-") == 0
    assert capsys.readouterr().out == out, "JSON lines are this command's JSON"


def test_parquet_and_csv_say_the_same(held: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    expected = _sorted(_rows(held, "hl7"))
    assert _export(held, str(tmp_path / "hl7.parquet"), "--stream", "hl7", "--format", "parquet", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"rows": len(expected), "file": str(tmp_path / "hl7.parquet")}
    assert _sorted([plain(row) for row in pq.read_table(tmp_path / "hl7.parquet").to_pylist()]) == expected
    assert (tmp_path / "hl7.parquet").stat().st_mode & 0o777 == 0o600
    assert _export(held, "--stream", "hl7", "--format", "csv") == 0
    read = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(read) == len(expected)
    for got, row in zip(sorted(read, key=lambda row: row["event_id"]), expected, strict=True):
        assert got.keys() == row.keys()
        for name, value in row.items():
            assert got[name] == ("" if value is None else json.dumps(value) if isinstance(value, (list, bool)) else str(value)), name


def test_a_stream_without_rows_is_a_file_with_a_heading(held: Site, tmp_path: Path) -> None:
    assert _export(held, str(tmp_path / "a.parquet"), "--stream", "arp", "--format", "parquet") == 0
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0
    assert _export(held, str(tmp_path / "a.csv"), "--stream", "arp", "--format", "csv") == 0
    assert (tmp_path / "a.csv").read_text().startswith("event_id,ts,uid,")
    assert (tmp_path / "a.csv").read_text().count("\n") == 1


def test_since_belongs_to_it_and_until_does_not(held: Site, capsys: pytest.CaptureFixture[str]) -> None:
    times = sorted(row["ts"] for row in _rows(held, "hl7"))
    first, last = times[len(times) // 4], times[len(times) // 2]
    assert _export(held, "--stream", "hl7", "--since", first, "--until", last) == 0
    lines = [json.loads(line)["ts"] for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines) == [ts for ts in times if first <= ts < last]
    assert lines
    assert _export(held, "--since", "2100-01-01") == 0
    assert capsys.readouterr().out == ""


def test_the_journal_says_that_somebody_did(held: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert _export(held, "--stream", "hl7", "--since", "2026-01-31", "--until", "2026-02-01T12:00+01:00") == 0
    entry = list(journal.entries(held))[-1]
    asked = {"streams": ["hl7"], "since": "2026-01-31T00:00:00Z", "until": "2026-02-01T11:00:00Z", "format": "jsonl"}
    assert (entry.act, entry.detail) == ("lake.export", asked)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--stream", "hl8"], 2, "no such stream: hl8: `asepsis lake streams` lists them"),
        (["--format", "csv"], 2, "csv holds one stream: name it with --stream"),
        (["--format", "parquet", "--stream", "hl7", "--stream", "conn"], 2, "parquet holds one stream"),
        (["--format", "csv", "--stream", "hl7", "--json"], 2, "--json prints JSON, and nothing else: --format csv"),
        (["--since", "yesterday"], 2, "not a time: yesterday: write it as "),
        (["--since", "2026-02-01", "--until", "2026-02-01"], 2, "--since is not before --until"),
        ([__file__], 3, f"the file is there already: {__file__}: name a new one"),
        (["/no/such/folder/x"], 3, "cannot write: /no/such/folder"),
    ],
)
def test_what_cannot_be_written_is_one_line(held: Site, words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _export(held, *words) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


def test_of_an_export_that_fails_nothing_stays(held: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exports.Lines, "write", fail)
    assert _export(held, str(tmp_path / "out.jsonl")) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_is_no_error(held: Site) -> None:
    command = f"{sys.executable} -m asepsis lake export --site {held.path} | head -1 >/dev/null; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"}, check=True
    )
    assert done.stdout in ("141\n", "0\n")
    assert done.stderr == ""


def test_memory_does_not_grow_with_the_answer(tmp_path: Path) -> None:
    code = (
        "import io, resource, sys; from pathlib import Path; from asepsis.lake import export as e\n"
        "class Nothing(io.StringIO):\n    def write(self, text): return len(text)\n"
        "print(e.export(Path(sys.argv[1]), e.Selection(('conn',)), e.Lines(Nothing())),"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    peaks = []
    for parts in (1, 8):
        lake = tmp_path / str(parts)
        (lake / "_commits").mkdir(parents=True)
        for n in range(parts):
            _write(lake, *(_batch(range(n * 10_000 + k, n * 10_000 + k + 5_000)) for k in (0, 5_000)))
        done = subprocess.run([sys.executable, "-c", code, lake], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"})
        rows, peak = map(int, done.stdout.split())
        assert rows == parts * 10_000
        peaks.append(peak)
    assert peaks[1] - peaks[0] < 16


def test_a_column_that_an_older_version_did_not_know_is_null(tmp_path: Path) -> None:
    (tmp_path / "_commits").mkdir()
    _write(tmp_path, _batch([1, 2]))
    out = io.StringIO()
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=2)
    assert exports.export(tmp_path, exports.Selection(("conn",), since), exports.Lines(out)) == 1
    row = json.loads(out.getvalue())
    assert list(row) == ["stream", *(column.name for column in streams()["conn"].columns)]
    assert (row["event_id"], row["proto"]) == ("e2", None)
