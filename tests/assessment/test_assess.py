"""The main job on the recorded morning: its shapes, its report, its refusals."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path

import pytest

from asepsis.cli.main import main

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"


class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_shape_of_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(MORNING), "--site", str(tmp_path / "site"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {"capture", "assets", "findings", "streams"} <= said.keys()
    assert said["streams"]["hl7"] == 840
    wanted = {"id", "kind", "check", "title", "subject", "decision", "harms", "why", "action", "first_seen", "last_seen", "events"}
    assert said["findings"]
    assert all(wanted <= finding.keys() for finding in said["findings"])
    assert {finding["kind"] for finding in said["findings"]} <= {"vulnerability", "posture", "alert"}
    assert main(["worklist", "--site", str(tmp_path / "site"), "--json"]) == 0
    lines = json.loads(capsys.readouterr().out)
    assert 5 <= len(lines) <= 40
    assert all({"title", "decision", "why", "action", "members"} <= line.keys() for line in lines)


def test_the_same_again_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for _ in range(2):
        assert main(["assess", str(MORNING), "--site", str(tmp_path / "site"), "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]


def test_the_report_is_strict_and_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "deep" / "report.html"
    assert main(["assess", str(MORNING), "--site", str(tmp_path / "site"), "--report", str(report)]) == 0
    capsys.readouterr()
    text = report.read_text("utf-8")
    page = Page(text)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "link", "iframe", "object", "form"}
    assert not any(key.startswith("on") or key in ("src", "style") for _, attributes in page.tags for key in attributes)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert style is not None
    assert policy is not None
    assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy
    boxes = [a for tag, a in page.tags if tag == "rect"]
    view = next(a["viewbox"] for tag, a in page.tags if tag == "svg")
    width, height = map(int, (view or "").split()[2:])
    assert boxes
    assert all(int(b["x"] or 0) + int(b["width"] or 0) <= width and int(b["y"] or 0) + int(b["height"] or 0) <= height for b in boxes)
    assert any(a.get("class") == "clear" for tag, a in page.tags if tag == "path")


def test_what_the_wire_says_is_text_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packets = gzip.decompress(MORNING.read_bytes())
    assert b"HOLOGIC, Inc. " in packets
    # As long as what it replaces: lengths on the wire stay true.
    (tmp_path / "evil.pcap").write_bytes(packets.replace(b"HOLOGIC, Inc. ", b"<b>HOLOGIC</b>"))
    report = tmp_path / "report.html"
    assert main(["assess", str(tmp_path / "evil.pcap"), "--site", str(tmp_path / "site"), "--report", str(report)]) == 0
    capsys.readouterr()
    text = report.read_text("utf-8")
    assert "&lt;b&gt;HOLOGIC&lt;/b&gt;" in text
    assert "<b>HOLOGIC" not in text


def test_a_capture_without_packets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    report = tmp_path / "report.html"
    assert main(["assess", str(empty), "--site", str(tmp_path / "site"), "--report", str(report)]) == 0
    assert "Worklist: nothing to do" in capsys.readouterr().out
    assert "No asset was seen" in report.read_text("utf-8")


def test_a_cut_capture_gives_its_rows_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(gzip.decompress(MORNING.read_bytes())[:200_000])
    assert main(["assess", str(cut), "--site", str(tmp_path / "site"), "--json"]) == 3
    out, err = capsys.readouterr()
    assert json.loads(out)["streams"]["conn"] > 0
    assert len(err.strip().splitlines()) == 1
    assert "cut" in err


@pytest.mark.parametrize("content", [b"", b"hello\n" * 100, b"\xd4\xc3\xb2\xa1"])
def test_what_is_no_capture_is_refused_in_one_line(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.pcap").write_bytes(content)
    assert main(["assess", str(tmp_path / "x.pcap"), "--site", str(tmp_path / "site")]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_a_report_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["assess", str(MORNING), "--site", str(tmp_path / "site"), "--report", str(tmp_path / "file" / "r.html")]) == 3
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
