"""A site of an earlier version is upgraded by `asepsis up`: what people knew stands as it stood.

Landed migrations are never rewritten, so a store that is taken back to a migration is the store that a version of then would have made.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from asepsis.assessment.service import assess
from asepsis.cli.main import main
from asepsis.findings import service as findings
from asepsis.hospital import service as hospital
from asepsis.kit.site import Site

from .browser import come_in
from .conftest import CAPTURES, start, stop

FIRST = {"findings": "0001", "hospital": "0001", "journal": "0001", "network": "zero"}
BEFORE_THE_CONSOLE = {"findings": "0003", "hospital": "0002", "journal": "0001", "network": "0001"}

# In a process of its own: what is taken back is not what the models of this one expect.
TAKING_BACK = """
import json, sys
from pathlib import Path
from asepsis.kit.site import Site
from asepsis.settings import open_store
open_store(Site.open(Path(sys.argv[1])))
from django.core.management import call_command
for app, name in json.loads(sys.argv[2]).items():
    call_command("migrate", app, name, verbosity=0)
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with an asset that a person named and a finding that one accepted."""
    folder = tmp_path_factory.mktemp("known") / "site"
    site = Site.open(folder, create=True)
    assess(site, [CAPTURES])
    archive = next(one for one in hospital.assets(site) if "10.20.10.20" in str(one))
    assert main(["assets", "set", archive.id, "--name", "Archive of the north wing", "--site", str(folder)]) == 0
    assess(site, [CAPTURES])
    finding = findings.findings(site)[-1]
    assert main(["findings", "accept", finding.id, "--reason", "goes in spring", "--until", "2027-06-30", "--site", str(folder)]) == 0
    return folder


def said(folder: Path, capsys: pytest.CaptureFixture[str], *command: str) -> list[dict[str, Any]]:
    """The answer, but for what a finding reaches: the first version did not keep it, and the next look says it anew."""
    capsys.readouterr()
    assert main([*command, "--site", str(folder), "--json"]) == 0
    return [{name: value for name, value in one.items() if name != "reach"} for one in json.loads(capsys.readouterr().out)]


@pytest.mark.sqlite
@pytest.mark.parametrize("then", [FIRST, BEFORE_THE_CONSOLE], ids=["first", "before-the-console"])
def test_a_site_of_an_earlier_version_is_upgraded(
    known: Path, tmp_path: Path, then: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "site"
    shutil.copytree(known, folder)
    looks = (["worklist"], ["assets", "list"], ["findings", "list"])
    before = [said(folder, capsys, *look) for look in looks]
    assert "Archive of the north wing" in json.dumps(before[1])
    subprocess.run([sys.executable, "-c", TAKING_BACK, folder, json.dumps(then)], check=True)
    with closing(sqlite3.connect(folder / "store.sqlite3")) as store:
        count = store.execute("SELECT count(*) FROM django_migrations").fetchone()[0]
        store.execute(f"PRAGMA user_version = {count}")
        assert "words" not in {column[1] for column in store.execute("PRAGMA table_info(hospital_assetrow)")}

    running = start(folder)
    try:
        anna = come_in(running.base, running.link, "anna")
        assert "Archive of the north wing" in anna.get("/assets?q=north").text
        for address in ("/", "/journal", "/people", "/about"):
            assert anna.get(address).status == 200
    finally:
        stop(running)
    assert [said(folder, capsys, *look) for look in looks] == before
    assert main(["journal", "verify", "--site", str(folder)]) == 0
