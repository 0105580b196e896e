"""Logs on their way into the lake: files as they are, counts that add up, nothing of a patient."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.journal import service as journal
from asepsis.kit.command import run
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake import service
from asepsis.lake.commands import app
from asepsis.lake.foreign import lines, suricata_events, zeek_logs
from asepsis.lake.foreign.read import Logs

APT29 = Path(__file__).parents[4] / "shared" / "captures" / "otrf-apt29-zeek"
CONN = {
    "_path": "conn",
    "ts": 1588205199.5,
    "uid": "Cvf4XX17hSAgXDdGEd",
    "id.orig_h": "10.0.1.6",
    "id.orig_p": 54243,
    "id.resp_h": "10.0.0.4",
}
TEXT = rb"""#separator \x09
#path	conn
#fields	ts	uid	id.orig_h
#types	time	string	addr
1588205199.5	Cvf4XX17hSAgXDdGEd	10.0.1.6
#close
"""
EVE = {"timestamp": "2024-03-01T10:00:00.123456+0100", "flow_id": 7, "event_type": "flow", "src_ip": "10.0.0.5", "proto": "UDP"}


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as file:
        file.write(data)
    return bytes(sink.getvalue())


def some(n: int) -> list[dict[str, Any]]:
    return [CONN | {"ts": 1588205199 + i, "id.orig_p": i} for i in range(n)]


def test_a_capture_and_logs_in_one_run(site: Site, capture: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "zeek.text").write_bytes(TEXT)
    paths = [capture(5), write(tmp_path / "a.log", *some(3)), write(tmp_path / "eve.json", EVE), tmp_path / "zeek.text"]
    told: list[tuple[int, int]] = []
    result = service.ingest(site, paths, lambda done, total: told.append((done, total)))
    assert result.added["conn"] == 5 + 3 + 1 + 1
    assert (result.logs["files"], result.logs["lines"], result.capture["packets"]) == (3, 5, 5)
    assert result.logs["kinds"] == {"zeek conn": 4, "suricata flow": 1}
    assert told[-1] == (sum(path.stat().st_size for path in paths),) * 2
    assert result.capture["first_ts"] == "2020-04-30T00:06:39Z"
    assert "conn" not in service.ingest(site, paths).added


def test_the_same_log_again_adds_nothing_whatever_its_name(site: Site, tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", *some(100))
    first = service.ingest(site, [path])
    (tmp_path / "b.gz").write_bytes(gzip.compress(path.read_bytes()))
    again = service.ingest(site, [tmp_path / "b.gz"])
    assert (first.added, again.added, first.streams, again.streams) == ({"conn": 100}, {}, {"conn": 100}, {"conn": 100})


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        zstd,
        lambda data: gzip.compress(data[:200]) + gzip.compress(data[200:]),
        lambda data: zstd(data[:200]) + zstd(data[200:]),
    ],
    ids=["gzip", "zstd", "two members", "two frames"],
)
def test_compressed_by_content_not_by_name(site: Site, tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "plain", *some(50))
    path.write_bytes(pack(path.read_bytes()))
    assert service.ingest(site, [path]).added == {"conn": 50}


def test_a_cut_file_is_a_problem_and_its_beginning_counts(site: Site, tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", *some(5_000))
    path.write_bytes(gzip.compress(path.read_bytes())[:-5_000])
    result = service.ingest(site, [path])
    assert result.added["conn"] > 1000
    ((where, what),) = result.problems
    assert where == str(path)
    assert "the lines before it were read" in what


def test_a_folder_holds_both_and_more(site: Site, capture: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "f" / "deep").mkdir(parents=True)
    write(tmp_path / "f" / "deep" / "conn.log", CONN)
    (tmp_path / "f" / "notes.txt").write_text("Erika")
    result = service.ingest(site, [tmp_path / "f"])
    assert (result.added, result.skipped) == ({"conn": 1}, [str(tmp_path / "f" / "notes.txt")])
    capture(2).rename(tmp_path / "f" / "a.pcap")
    result = service.ingest(site, [tmp_path / "f", tmp_path / "f" / "deep" / "conn.log"])
    assert (result.added["conn"], result.logs["files"], result.skipped) == (2, 1, [str(tmp_path / "f" / "notes.txt")])


@pytest.mark.parametrize("content", [b"", b"no log", b'{"a": 1}\n', b"[1]\n", b"{" * 70_000, b"#separate\n"])
def test_what_is_neither_is_bad_input(site: Site, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.log").write_bytes(content)
    with pytest.raises(BadInput):
        service.ingest(site, [tmp_path / "x.log"])


def test_malformed_lines_are_counted_by_what_is_wrong(site: Site, tmp_path: Path) -> None:
    good = json.dumps(CONN).encode()
    bad = [
        b"{",
        b"{}x",
        b"[" * 100_000,
        b'{"_path": "conn", "ts": NaN}',
        b'{"a":' * 50_000,
        b'{"_path": "conn"}',
        b"1\t2",
        b"\xff\xfe",
        b'{"x": "',
    ]
    long = b'{"_path": "conn", "x": "' + b"x" * (3 * lines.LINE) + b'"}'
    (tmp_path / "a.log").write_bytes(b"\n".join([good, *bad, long, b"", good.replace(b"54243", b"1")]) + b"\r\n")
    result = service.ingest(site, [tmp_path / "a.log"])
    assert result.added == {"conn": 2}
    assert result.logs["lines"] == len(bad) + 3
    assert result.logs["malformed"] == {
        "no JSON object": 5,
        "neither JSON nor below a header": 3,
        "no possible time": 1,
        "too long": 1,
    }


# Values of any kind where sensors write texts, numbers and lists.
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["10.0.0.1", "dns", "1", "SF", "A"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_ZEEK_FIELDS = sorted({field for log in zeek_logs.LOGS.values() for field in log.fields})
_EVE_FIELDS = sorted({f for log in [*suricata_events.EVENTS.values(), *suricata_events.SMB_COMMANDS.values()] for f in log.fields})


@st.composite
def _records(draw: st.DrawFn) -> bytes:
    if draw(st.booleans()):
        record = draw(st.dictionaries(st.sampled_from(_ZEEK_FIELDS), _VALUES, max_size=12))
        record |= {"_path": draw(st.sampled_from(sorted(zeek_logs.LOGS)) | _VALUES), "ts": draw(st.just(1.0) | _VALUES)}
    else:
        kind = draw(st.sampled_from([*suricata_events.EVENTS, "smb"]))
        record = {"event_type": kind, "timestamp": draw(st.just("2024-03-01T10:00:00Z") | _VALUES)}
        if kind == "smb":
            record["smb"] = {"command": draw(st.sampled_from(list(suricata_events.SMB_COMMANDS)))}
        for name, value in draw(st.dictionaries(st.sampled_from(_EVE_FIELDS), _VALUES, max_size=12)).items():
            outer, _, inner = name.partition(".")
            if inner and isinstance(record.setdefault(outer, {}), dict):
                record[outer][inner] = value
            elif not inner and outer not in record:
                record[outer] = value
    return json.dumps(record).encode()


_LINES = st.one_of(st.binary(max_size=80), _records(), st.sampled_from(TEXT.splitlines()), st.text(max_size=40).map(str.encode))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_LINES, max_size=12))
def test_no_line_crashes_and_counts_add_up(site: Site, tmp_path: Path, given: list[bytes]) -> None:
    path = tmp_path / "any.log"
    path.write_bytes(b"\n" + b"\n".join(line.replace(b"\n", b" ") for line in given))
    logs = Logs([path], site)
    batches = [read for read in logs.batches() if read is not None]
    tally = logs.tally
    assert tally.lines == sum(sum(counts.values()) for counts in (tally.kinds, tally.unmapped, tally.malformed))
    assert logs.problems == []
    assert sum(batch.num_rows for _, batch in batches) >= sum(tally.kinds.values())
    for _, batch in batches:
        batch.validate(full=True)


PLANTED = [
    "Quillfeather", "QZ7730911", "hunter2-Quokka", "Anselmina Brombeere", "0551-8837261", "19470311", "suspected glioblastoma",
    "/Gnarlwood/Xanthorrea.docx?name=Zwickelbart", "\\\\srv\\Ottersbridge\\Zwickelbart_results.pdf", "erika-oberonwhistle.local",
    "Plumtree-iPhone", "patientportal-xq@ottersbridge.example", "QZ7730911.example.com",
]  # fmt: skip
NEEDLES = [
    "quillfeather", "7730911", "quokka", "anselmina", "brombeere", "8837261", "glioblastoma", "gnarlwood", "xanthorrea", "zwickelbart",
    "ottersbridge", "oberonwhistle", "plumtree", "patientportal",
]  # fmt: skip


def _planted() -> list[dict[str, Any]]:
    """Every value in every field that is mapped, alone and in a list, and in some that are not."""
    found: list[dict[str, Any]] = []
    for value in PLANTED:
        for path, log in zeek_logs.LOGS.items():
            for field in [*log.fields, "msg", "cookie"]:
                for form in (value, [value]):
                    found.append({"_path": path, "ts": 1588205199.5, "action": "SMB::FILE_RENAME"} | {field: form})
        for kind, fields in [(k, e.fields) for k, e in suricata_events.EVENTS.items()] + [("tls", suricata_events.CERTIFICATE)]:
            found += [_event(kind, field, form) for field in [*fields, f"{kind}.msg", "host"] for form in (value, [value])]
        for command, log in suricata_events.SMB_COMMANDS.items():
            found += [_event("smb", field, value, command) for field in log.fields]
        found.append(_event("dns", "dns.answers", [{"rrname": value, "rdata": value, "ttl": 1}]) | {"src_ip": value})
        found.append(_event("dns", "dns.grouped", {"TXT": [value]}))
    for number, record in enumerate(found):
        if isinstance(record.get("dns"), dict):
            record["dns"].setdefault("type", "answer")
        # A time of its own, or records of which nothing else is kept are one.
        if record.get("ts") == 1588205199.5:
            record["ts"] += number
        if record.get("timestamp") == "2024-03-01T10:00:00Z":
            record["timestamp"] = f"2024-03-01T{10 + number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    return found


def _event(kind: str, field: str, value: object, command: str | None = None) -> dict[str, Any]:
    record: dict[str, Any] = {"event_type": kind, "timestamp": "2024-03-01T10:00:00Z"} | ({"smb": {"command": command}} if command else {})
    outer, _, inner = field.partition(".")
    if not inner:
        return record | {outer: value}
    return record | {outer: record.get(outer, {}) | {inner: value}}


def test_nothing_planted_is_kept_or_shown(site: Site, tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", CONN, *_planted())
    said = b""
    for form in ([], ["--json"]):
        command = [sys.executable, "-m", "asepsis", "lake", "ingest", str(path), "--site", str(site.path), *form]
        done = subprocess.run(command, capture_output=True, check=True, env={"PYTHONPATH": "src"})
        said += done.stdout + done.stderr
    assert b"zeek conn" in said
    kept = 0
    for file in (file for file in site.path.rglob("*") if file.is_file()):
        said += file.read_bytes()
        if file.suffix == ".parquet":
            table = pq.read_table(file)
            kept += table.num_rows
            said += repr(table.to_pylist()).encode()
    assert kept > 1000
    assert [needle for needle in NEEDLES if needle.encode() in said.lower()] == []


def test_the_planted_values_are_sent() -> None:
    sent = json.dumps(_planted()).lower()
    assert [needle for needle in NEEDLES if needle not in sent] == []


def test_is_journalled_by_numbers_only(site: Site, tmp_path: Path) -> None:
    service.ingest(site, [write(tmp_path / "Erika.log", CONN | {"note": "x"}, {"_path": "weird", "ts": 1})])
    (entry,) = journal.entries(site)
    detail = entry.detail
    assert (detail["logs"], detail["lines"], detail["unmapped"], detail["malformed"], detail["no_column"]) == (1, 2, 1, 0, 1)
    assert (detail["rows"], detail["extensions"]) == (1, {".log": 1})
    assert "Erika" not in repr(entry)


def test_commands(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "a.log", CONN | {"local_orig": True}, {"_path": "weird", "ts": 1}, {"_path": "conn"})
    assert run(app, ["ingest", str(path), "--site", str(site.path), "--json"], "asepsis lake") == 0
    assert json.loads(capsys.readouterr().out)["logs"] == {
        "files": 1, "lines": 3, "kinds": {"zeek conn": 1}, "unmapped": {"zeek weird": 1}, "malformed": {"no possible time": 1},
        "no_column": {"zeek conn.local_orig": 1}, "withheld": {},
    }  # fmt: skip
    assert run(app, ["ingest", str(path), "--site", str(site.path)], "asepsis lake") == 0
    out = capsys.readouterr().out
    assert "3 lines of 1 logs: zeek conn 1" in out
    assert "Note: 1 lines that no stream is for: zeek weird 1" in out


@pytest.mark.skipif(not APT29.exists(), reason="../shared/captures/otrf-apt29-zeek is not here")
def test_a_real_attack_as_zeek_saw_it(site: Site) -> None:
    """The counts are those that a plain reading of the files gives."""
    records = [json.loads(line) for path in sorted(APT29.glob("*.log")) for line in path.read_text().splitlines()]
    by_log = Counter(record["@stream"] for record in records)
    result = service.ingest(site, [APT29])
    mapped = {log: n for log, n in by_log.items() if log in zeek_logs.LOGS}
    certificates = sum(record["@stream"] == "files" and record["source"] == "SSL" for record in records)  # they have a log of their own
    assert result.added == mapped | {"files": mapped["files"] - certificates}
    assert result.logs["unmapped"] == {f"zeek {log}": n for log, n in by_log.items() if log not in mapped}
    assert (result.logs["malformed"], result.problems, result.logs["lines"]) == ({}, [], len(records))
    with service.open_lake(site) as lake:
        found = lake.sql("select uid, id_orig_h, id_resp_p, orig_bytes, conn_state from conn order by all").to_pylist()
        ja3 = lake.sql("select ja3, count(*) as n from ssl group by ja3 order by n desc limit 1").to_pylist()
    expected = [(r["uid"], r["id_orig_h"], r["id_resp_p"], r.get("orig_bytes"), r["conn_state"]) for r in records if r["@stream"] == "conn"]
    assert Counter(tuple(row.values()) for row in found) == Counter(expected)
    assert [(row["ja3"], row["n"]) for row in ja3] == Counter(r["ja3"] for r in records if r["@stream"] == "ssl").most_common(1)
    assert service.ingest(site, [APT29 / "day2.log", APT29 / "day1.log"]).added == {}


def test_records_as_deep_as_json_may_be(site: Site, tmp_path: Path) -> None:
    def deep(n: int) -> str:
        return "[" * n + "1" + "]" * n

    depths = [*range(1, 100, 7), *range(800, 1010)]
    texts = [f'{{"_path":"ssl","ts":1,"version":{deep(n)},"cert_chain_fps":{deep(n)},"service":{deep(n)},"x":{deep(n)}}}' for n in depths]
    texts += [f'{{"event_type":"smb","timestamp":1,"smb":{{"command":{deep(n)}}},"app_proto":{deep(n)}}}' for n in depths]
    texts += [f'{{"event_type":{deep(n)},"timestamp":1}}' for n in depths]
    (tmp_path / "a.log").write_text("\n".join(texts))
    logs = service.ingest(site, [tmp_path / "a.log"]).logs
    assert logs["lines"] == len(texts) == sum(sum(logs[name].values()) for name in ("kinds", "unmapped", "malformed"))


def test_a_folder_with_neither_is_refused_beside_a_log(site: Site, tmp_path: Path) -> None:
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "notes.txt").write_text("none")
    with pytest.raises(BadInput):
        service.ingest(site, [write(tmp_path / "a.log", CONN), tmp_path / "f"])
