"""A page asks the store as often on a large site as on a small one. `queries.json` has the counts: read the difference first.

`ASEPSIS_GOLDEN=1 pytest tests/console/test_queries.py` writes it anew.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from bench.filled import filled

from asepsis.console.serving import Serving
from asepsis.kit.site import Site

GOLDEN = Path(__file__).with_name("queries.json")


def counts(site: Site) -> dict[str, int]:
    """By page, how often it asks."""
    environment = Serving(str(site.path), "127.0.0.1", 1, ("localhost",)).environment()
    done = subprocess.run(
        [sys.executable, "-m", "tests.console.counting"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, int] = json.loads(done.stdout)
    return found


def _filled(folder: Path, assets: int, findings: int) -> Site:
    site = Site.open(folder / "site", create=True)
    filled(site, assets, findings)
    return site


def test_each_page_asks_as_often_as_is_written_down(tmp_path: Path) -> None:
    found = counts(_filled(tmp_path, 250, 1_500))
    if os.environ.get("ASEPSIS_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    assert found == json.loads(GOLDEN.read_text("utf-8"))


def test_it_asks_no_more_often_on_a_larger_site(tmp_path: Path) -> None:
    assert counts(_filled(tmp_path, 750, 4_500)) == json.loads(GOLDEN.read_text("utf-8"))


def test_no_page_reads_the_lake(tmp_path: Path) -> None:
    site = _filled(tmp_path, 250, 1_500)
    lake = site.path / "lake"
    lake.rename(tmp_path / "elsewhere")
    assert counts(site) == json.loads(GOLDEN.read_text("utf-8"))
    assert not [file for file in lake.rglob("*") if file.is_file()]
