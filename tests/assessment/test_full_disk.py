"""A disk that is full, wherever that is met: one line with what to do, and with room the same command does the rest."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from asepsis.cli.main import main

MORNING = Path(__file__).parents[2] / "range" / "captures" / "morning.pcap.gz"
DISK = 2048


# KiB: of the site itself, the lake, the store where it is a file, and the journal; which, depends on a few KiB here and there.
@pytest.mark.parametrize("free", [8, 100, 250, pytest.param(390, marks=pytest.mark.sqlite), pytest.param(450, marks=pytest.mark.sqlite)])
def test_each_says_what_to_do_and_loses_nothing(disk: Path, tmp_path: Path, free: int, capsys: pytest.CaptureFixture[str]) -> None:
    site, filler = disk / "site", disk / "filler"
    filler.write_bytes(b"x" * 1024 * (DISK - free))
    assert main(["assess", str(MORNING), "--site", str(site)]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert re.match(rf"asepsis: no space left: {site}(/lake|/store.sqlite3|/journal)?: .*make room and run the same command again\n", err)
    filler.unlink()
    undisturbed = tmp_path / "undisturbed"
    told = []
    for folder in (site, undisturbed):
        assert main(["assess", str(MORNING), "--site", str(folder), "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
        assert main(["journal", "verify", "--site", str(folder)]) == 0
        assert capsys.readouterr().out.startswith("The journal holds")
    same = [(len(one["assets"]), one["streams"], sorted(finding["title"] for finding in one["findings"])) for one in told]
    assert same[0] == same[1]
