"""`asepsis journal`: what it prints, how it ends, and what no longer passes unseen when journal and lake are both there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asepsis.cli.main import main
from asepsis.findings.service import accept, findings, publish, reopen
from asepsis.journal import service
from asepsis.kit.site import Site
from asepsis.lake.service import ingest

from ..findings.making import proposal

Capture = Callable[..., Path]
NEXT_WEEK = datetime.now(UTC).date() + timedelta(days=7)
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(site: Site, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs `asepsis journal ...` on the site; its exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["journal", *arguments, "--site", str(site.path)])
        return code, *capsys.readouterr()

    return run


def _broken(ask: Ask) -> str:
    """Why it is broken."""
    code, out, err = ask("verify", "--json")
    said: dict[str, Any] = json.loads(out)
    assert (code, said["holds"]) == (4, False)
    assert err == f"asepsis: the journal is broken at entry {said['broken']}: {err.split(': ')[2]}: {said['why']}\n"
    return str(said["why"])


def test_list_and_verify(site: Site, ask: Ask) -> None:
    for i in range(2):
        service.record(site, "test.act", f"subject {i}", {"i": i})
    assert [entry["n"] for entry in json.loads(ask("list", "--json")[1])] == [1, 2]
    assert "test.act" in ask("list")[1]
    assert "holds: 2 entries" in ask("verify")[1]

    lines = site.journal / "journal.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b"subject 0", b"subject 9"))
    code, out, err = ask("verify", "--json")
    assert (code, json.loads(out)["broken"]) == (4, 1)
    assert err.startswith("asepsis: the journal is broken at entry 1: ")
    assert err.count("\n") == 1
    assert main(["journal", "verify", "--site", str(site.path / "none")]) == 3


def test_a_new_site_holds(ask: Ask) -> None:
    assert ask("verify")[0] == 0


def test_a_wiped_journal(site: Site, ask: Ask, capture: Capture) -> None:
    ingest(site, [capture(3)])
    for name in ("journal.jsonl", "head.json"):
        (site.journal / name).unlink()
    assert _broken(ask).endswith("entry 1 is missing: commit 1 of the lake was changed with entry 1")
    shutil.rmtree(site.journal)
    assert _broken(ask) == "the journal's folder is gone: every entry is missing"


def test_an_older_copy_of_the_journal(site: Site, ask: Ask, capture: Capture, tmp_path: Path) -> None:
    ingest(site, [capture(3)])
    shutil.copytree(site.journal, tmp_path / "copy")
    ingest(site, [capture(3, "b.pcap", start=1_800_000_000)])
    assert ask("verify")[0] == 0
    shutil.rmtree(site.journal)
    shutil.copytree(tmp_path / "copy", site.journal)
    assert _broken(ask).endswith("entry 2 is missing: commit 2 of the lake was changed with entry 2")
    # What is recorded after it does not cover it up.
    ingest(site, [capture(3, "c.pcap", start=1_900_000_000)])
    assert _broken(ask).startswith("not the entry that commit 2 of the lake keeps")


def test_an_anchor_is_not_rewritten_without_the_key(site: Site, ask: Ask, capture: Capture, tmp_path: Path) -> None:
    ingest(site, [capture(3)])
    shutil.copytree(site.journal, tmp_path / "copy")
    ingest(site, [capture(3, "b.pcap", start=1_800_000_000)])
    shutil.rmtree(site.journal)
    shutil.copytree(tmp_path / "copy", site.journal)
    first, second = (json.loads((site.lake / "_commits" / f"0000000{n}.json").read_bytes()) for n in (1, 2))
    for forged in (second | {"journal": first["journal"]}, {key: value for key, value in second.items() if key != "journal"}):
        (site.lake / "_commits" / "00000002.json").write_text(json.dumps(forged))
        assert _broken(ask).startswith("what commit 2 of the lake keeps of the journal is missing or forged")


def test_a_lake_that_was_put_back_is_noted(site: Site, ask: Ask, capture: Capture) -> None:
    ingest(site, [capture(3)])
    ingest(site, [capture(3, "b.pcap", start=1_800_000_000)])
    (site.lake / "_commits" / "00000002.json").unlink()
    code, out, _ = ask("verify")
    assert code == 0
    assert out.splitlines()[1:] == [
        "Note: entry 2 announced commit 2, which the lake does not have: its run was stopped, or the lake was put back"
    ]


def test_a_damaged_lake_is_said_after_the_journal(site: Site, ask: Ask, capture: Capture) -> None:
    ingest(site, [capture(3)])
    (site.lake / "_commits" / "00000001.json").write_bytes(b"{")
    code, out, err = ask("verify")
    assert (code, out.splitlines()[0][:28]) == (3, "The journal holds: 1 entries")
    assert "commit is damaged" in err
    (site.journal / "head.json").unlink()
    assert "head is missing" in _broken(ask)


def test_an_older_copy_of_the_journal_is_found_by_the_store(store: Site, ask: Ask, tmp_path: Path) -> None:
    publish(store, [proposal()])
    shutil.copytree(store.journal, tmp_path / "copy")
    finding = findings(store)[0]
    accept(store, finding.id, "a new one is ordered", NEXT_WEEK)
    assert ask("verify")[0] == 0
    shutil.rmtree(store.journal)
    shutil.copytree(tmp_path / "copy", store.journal)
    assert _broken(ask).endswith("entry 2 is missing: the store was changed with entry 2")
    reopen(store, finding.id)
    assert _broken(ask).startswith("not the entry that the store keeps")


def test_an_act_that_fails_keeps_nothing_in_the_store(store: Site, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, [proposal()])
    before = service.stored(store)
    monkeypatch.setattr("asepsis.findings.store.save", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        accept(store, findings(store)[0].id, "why", NEXT_WEEK)
    assert service.stored(store) == before
    assert ask("verify")[0] == 0


def test_each_site_has_its_own_anchors(store: Site, tmp_path: Path) -> None:
    other = Site.open(tmp_path / "other", create=True)
    service.record(other, "test.act", "x", {})
    assert service.stored(store) == []
    service.record(store, "test.act", "x", {})
    assert [anchor.n for anchor in service.stored(store)] == [1]
    assert service.stored(other) == []


@pytest.mark.sqlite
def test_a_damaged_store_is_said_after_the_journal(site: Site, ask: Ask) -> None:
    site.store.write_bytes(b"no database" * 1000)
    code, out, err = ask("verify")
    assert (code, out[:18]) == (3, "The journal holds:")
    assert "the store is damaged" in err
