"""A new key for a site: rows before and after it, and what must not change with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis.cli.main import main
from asepsis.hospital import service
from asepsis.journal import service as journal
from asepsis.kit import files
from asepsis.kit.errors import BadInput, DoesNotHold
from asepsis.kit.site import Site
from asepsis.lake.service import ingest, open_lake

HL7 = sorted((Path(__file__).parents[1] / "golden" / "hl7").glob("*.pcap"))
Capture = Callable[..., Path]


def _prefixes(site: Site) -> set[str]:
    with open_lake(site) as lake:
        return {row["patient"][:3] for row in lake.rows("SELECT DISTINCT patient FROM hl7 WHERE patient IS NOT NULL")}


def test_what_is_taken_in_after_it_has_the_new_id(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    ingest(site, HL7[:4])
    assert _prefixes(site) == {"k1:"}
    done = service.rotate_key(site)
    assert (done.key_id, done.kept, done.shredded, done.watched) == ("k2", ("k1",), (), False)
    # The site that was opened before it is of before it: the ingest looks again.
    ingest(site, HL7[4:])
    assert _prefixes(site) == {"k1:", "k2:"}
    assert ingest(site, HL7[:4]).added == {}, "ids of events do not hang on the key"
    assert main(["journal", "verify", "--site", str(site.path)]) == 0
    capsys.readouterr()


def test_the_journal_names_the_keys_and_holds_after_it(site: Site, capture: Capture) -> None:
    ingest(site, [capture(3)])
    service.rotate_key(site)
    service.rotate_key(site, shred=True)
    acts = [(entry.act, entry.detail) for entry in journal.entries(site)][1:]
    assert acts == [
        ("site.rotate_key", {"from": "k1", "to": "k2"}),
        ("site.rotate_key", {"from": "k2", "to": "k3"}),
        ("site.shred_keys", {"keys": ["k2", "k1"]}),
    ]
    assert journal.verify(Site.open(site.path)).holds
    written = b"".join(path.read_bytes() for path in site.path.rglob("*") if path.is_file() and path.name != "seal")
    assert site.key not in written
    assert site.key.hex().encode() not in written


def test_two_at_once_are_refused(site: Site) -> None:
    with files.alone(site.path / ".rotation"), pytest.raises(BadInput, match="the key is being rotated by another asepsis"):
        service.rotate_key(site)
    assert Site.open(site.path) == site


def test_it_waits_for_who_writes(site: Site) -> None:
    words = [sys.executable, "-m", "asepsis", "site", "rotate-key", "--site", str(site.path), "--json"]
    with files.lock(site.lake / ".lock", "this lake"):
        other = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": "src"})
        assert other.stderr is not None
        assert "waiting" in other.stderr.readline()
        assert Site.open(site.path) == site
    assert json.loads(other.communicate(timeout=30)[0])["key_id"] == "k2"


def test_a_site_whose_first_key_is_its_seal_keeps_it(site: Site) -> None:
    (site.path / "seal").unlink()
    (site.journal / "head.json").unlink()
    early = Site.open(site.path)
    from asepsis.kit import head

    head.begin(site.journal / "head.json", early.seal)
    with pytest.raises(BadInput, match=r"k1 cannot go: this site is of an early build"):
        service.rotate_key(early, shred=True)
    assert Site.open(site.path) == early
    assert service.rotate_key(early).kept == ("k1",)
    assert journal.verify(Site.open(site.path)).holds


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, who could")
def test_the_key_of_another_user_stays_that_users(site: Site) -> None:
    os.chown(site.path, 65_534, 65_534)
    with pytest.raises(BadInput, match=r"the site belongs to another user: .*: run it as that user"):
        service.rotate_key(site)
    assert Site.open(site.path) == site
    assert not (site.path / ".rotation").exists()


def test_nothing_is_rotated_that_cannot_be_written_down(site: Site) -> None:
    (site.journal / "head.json").write_text("{}")
    with pytest.raises(DoesNotHold):
        service.rotate_key(site)
    assert Site.open(site.path) == site


def test_a_key_whose_shredding_was_stopped_is_told_until_it_is_gone(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--site", str(site.path)]
    service.rotate_key(site)
    (site.path / "key.k1").rename(site.path / ".key.k1.going")
    assert main(["site", "show", *where]) == 0
    assert "k1 was to be shredded, and that run was stopped" in capsys.readouterr().err
    assert main(["site", "rotate-key", "--shred-old", *where]) == 0
    capsys.readouterr()
    assert main(["site", "show", *where]) == 0
    assert capsys.readouterr().err == ""


def test_the_command_shows_ids_and_no_keys(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--site", str(site.path)]
    assert main(["site", "rotate-key", *where]) == 0
    assert capsys.readouterr().out.splitlines() == ["New pseudonyms begin with k2:", "Still matched, as their keys are kept: k1"]
    assert main(["site", "show", *where, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [(key["id"], key["current"]) for key in shown["keys"]] == [("k2", True), ("k1", False)]
    assert main(["site", "show", *where]) == 0
    assert main(["site", "rotate-key", "--shred-old", *where]) == 0
    out, err = capsys.readouterr()
    assert "Gone, and with them the way from an id to its old pseudonyms: k2, k1" in out
    assert "backups" in err
    for key in (site.key, Site.open(site.path).key, site.seal):
        assert key.hex() not in json.dumps(shown) + out + err
