"""What asepsis says is held against a whole truth only."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import conftest  # noqa: F401

compare = pytest.importorskip("compare")
lan = pytest.importorskip("lan")
HOST = '{"line": "host", "name": "ct01", "address": "10.30.10.11", "kind": "CT"}\n'
ACT = '{"line": "act", "number": 1, "what": "echo", "host": "ct01"}\n'
FAULT = '{"line": "fault", "check": "ftp", "hosts": ["ct01"], "addresses": ["10.30.10.11"], "why": ""}\n'


def test_a_whole_truth_is_read(tmp_path: Path) -> None:
    (tmp_path / "truth.jsonl").write_text(HOST + FAULT + ACT)
    assert [line["line"] for line in compare.read_truth(tmp_path)] == ["host", "fault", "act"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "of no act and of no host"),
        (HOST, "of no act"),
        (ACT, "of no host"),
        (HOST + "5\n", "jsonl:2: no line of a truth: 5"),
        (HOST + "\n", "jsonl:2: no JSON"),
        (HOST + '{"line": ["host"]}\n', "jsonl:2: no line of a truth"),
        (HOST + ACT + '{"line": "host"}\n', "jsonl:3: host: name is missing"),
        (HOST + ACT + FAULT.replace('"ct01"', '"ct01", "mr01"'), "jsonl:3: fault: as many addresses"),
        (HOST + ACT[:20], "jsonl:2: no JSON"),
    ],
)
def test_what_is_no_whole_truth_is_refused_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "truth.jsonl").write_text(text)
    with pytest.raises(lan.RangeError, match=said):
        compare.read_truth(tmp_path)


def test_no_truth_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(lan.RangeError, match=r"truth\.jsonl: No such file"):
        compare.read_truth(tmp_path)
