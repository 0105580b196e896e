"""`asepsis network rules|hunt|baseline|stories`, as people and scripts use them."""

from __future__ import annotations

import json
import re
import tempfile
from datetime import UTC, datetime, timedelta
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from tests.golden.packets import pcap

from asepsis.cli.main import main
from asepsis.findings.service import findings
from asepsis.journal.service import entries
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake.service import Segment
from asepsis.network.library import shipped
from asepsis.network.nursery import waiting

from .making import calls, look, put, zeros

FOREIGN = """
title: Somebody asks for a bad name
id: 9d1b4b4e-2c43-4b53-a1c7-0f8f1b9a6d01
logsource: {category: dns}
detection: {selection: {query|endswith: .bad.example}, condition: selection}
level: high
"""
SOON = (datetime.now(UTC) + timedelta(days=30)).date()


@pytest.fixture
def attacked(store: Site) -> Site:
    """A site in which a machine ran a program on another, and went for the directory."""
    put(store, {"dce_rpc": [*calls("10.0.0.9", "10.0.0.2", 0), zeros("10.0.0.9", "10.0.0.1", "08:10")]})
    look(store)
    return store


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["network", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_rules_are_listed_without_a_site(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = told(capsys, "rules")
    assert len(found) >= 25
    assert {"rule", "level", "techniques", "harmless", "state"} <= found[0].keys()
    assert not list(tmp_path.iterdir())


def test_rules_say_how_they_stand(capsys: pytest.CaptureFixture[str], attacked: Site) -> None:
    found = {one["rule"]: one for one in told(capsys, "rules", "--site", attacked.path)}
    assert found["zerologon"]["attackers"] == 1
    assert found["images-from-new-sender"]["state"].startswith("learning (0 of")
    code, out, _ = run(capsys, "rules", "show", "zerologon", "--site", attacked.path)
    assert code == 0
    assert "Looks the same and is harmless" in out
    assert not [one["rule"] for one in found.values() if "{" in one["looks_for"]]


def test_examples_are_tried(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys, "rules", "test", "zerologon", "kerberoasting")
    assert {one["rule"] for one in found} == {"zerologon", "kerberoasting"}
    assert all(one["holds"] for one in found)


def test_an_example_that_does_not_hold_ends_with_4(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path) -> None:
    (rule := tmp_path / "rule.yml").write_text(FOREIGN)
    example = {"says": "it asks", "rows": {"dns": [{"query": "good.example"}]}}
    (proof := tmp_path / "proof.json").write_text(json.dumps({"fires": [example]}))
    code, _, err = run(capsys, "rules", "add", rule, "--proof", proof, "--site", store.path)
    assert code == 3
    assert "it asks: it is quiet" in err
    assert run(capsys, "rules", "add", rule, "--site", store.path)[0] == 0
    (store.path / "rules" / "somebody-asks-for-a-bad-name" / "proof.json").write_text(proof.read_text())
    code, out, err = run(capsys, "rules", "test", "somebody-asks-for-a-bad-name", "--site", store.path)
    assert code == 4
    assert "it is quiet" in out
    assert err.count("\n") == 1


NO_PROOFS = [
    "{",
    "[]",
    '{"fires": 5}',
    *(
        f'{{"fires": [{{"says": "x", {told}}}]}}'
        for told in (
            '"rows": []',
            '"rows": {"conn": 5}',
            '"rows": {"conn": [5]}',
            '"rows": {"conn": [{"id_orig_h": "x"}]}',
            '"rows": {"conn": [{"id_resp_p": 99999999999999999999999}]}',
            '"rows": {"dns": [{"query": {}}]}',
            '"learned": 5',
            '"learned": [[{}]]',
            '"assets": 5',
            '"site_toml": 5',
        )
    ),
]


@pytest.mark.parametrize("text", NO_PROOFS)
def test_a_proof_that_is_none_is_said_in_one_line(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, text: str) -> None:
    (rule := tmp_path / "rule.yml").write_text(FOREIGN)
    (proof := tmp_path / "proof.json").write_text(text)
    code, _, err = run(capsys, "rules", "add", rule, "--proof", proof, "--site", store.path)
    assert (code, err.count("\n")) == (3, 1)
    assert run(capsys, "rules", "add", rule, "--site", store.path)[0] == 0
    (store.path / "rules" / "somebody-asks-for-a-bad-name" / "proof.json").write_text(text)
    assert run(capsys, "rules", "--site", store.path)[0] == 0
    assert run(capsys, "rules", "test", "somebody-asks-for-a-bad-name", "--site", store.path)[0] in (3, 4)


@pytest.mark.parametrize("text", NO_PROOFS)
def test_what_is_wrong_with_a_proof_names_its_file(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, text: str) -> None:
    (rule := tmp_path / "rule.yml").write_text(FOREIGN)
    (proof := tmp_path / "mine.json").write_text(text)
    err = run(capsys, "rules", "add", rule, "--proof", proof, "--site", store.path)[2]
    assert str(proof) in err
    assert f"{tempfile.gettempdir()}/asepsis-" not in err


def test_what_is_wrong_with_an_example_names_the_folder_of_its_rule(
    capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rule := tmp_path / "rule.yml").write_text(FOREIGN)
    assert run(capsys, "rules", "add", rule, "--site", store.path)[0] == 0
    folder = store.path / "rules" / "somebody-asks-for-a-bad-name"
    examples = [{"says": "no stream", "rows": {"nope": [{}]}}, {"says": "no plan", "rows": {}, "site_toml": "[["}]
    (folder / "proof.json").write_text(json.dumps({"fires": examples}))
    (folder / "fires.pcap").write_bytes(pcap([]))

    def full(site: Site, *_: object) -> None:
        raise BadInput("no space left", site.path, "make room and run the same command again")

    monkeypatch.setattr("asepsis.network.proof.ingest", full)
    code, out, _ = run(capsys, "rules", "test", folder.name, "--json", "--site", store.path)
    assert code == 4
    wrong = {one["example"]: one["wrong"] for one in json.loads(out)}
    assert str(folder / "proof.json") in wrong["no stream"]
    assert str(folder / "proof.json") in wrong["no plan"]
    assert wrong["fires.pcap"] == f"no space left beside temporary files: {folder / 'fires.pcap'}: make room and run the same command again"


LONG = ("a" * 300, "a" * 5_000, "/".join(["a" * 200] * 30), "a\0b")


@pytest.mark.parametrize("name", LONG, ids=lambda name: f"{len(name)}")
@pytest.mark.parametrize("words", [("rules", "add"), ("hunt",), ("rules", "add", "rule.yml", "--proof")], ids=" ".join)
def test_a_name_that_no_file_can_have_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rule.yml").write_text(FOREIGN)
    code, out, err = run(capsys, *words, name, "--site", store.path)
    assert (code in (2, 3), out, err.count("\n")) == (True, "", 1)
    what, where, todo = err.removeprefix("asepsis: ").rstrip("\n").split(": ")
    assert what
    assert where[:200].strip("\u2026") in name.replace("\0", " ")
    assert todo
    assert not (store.path / "rules").exists()


def test_a_broken_rule_of_the_site_darkens_no_other(capsys: pytest.CaptureFixture[str], store: Site) -> None:
    for name, text in (("broken", "title: ["), ("zerologon", FOREIGN), (".half", FOREIGN)):
        (folder := store.path / "rules" / name).mkdir(parents=True)
        (folder / "rule.yml").write_text(text)
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:10")]})
    look(store)
    _, err = capsys.readouterr()
    assert "the rule broken of the site watches nothing" in err
    assert len(told(capsys, "stories", "list", "--site", store.path)) == 1
    listed = told(capsys, "rules", "--site", store.path)
    states = {one["rule"]: one["state"] for one in reversed(listed)}
    assert states["zerologon"] == "watching"
    assert states["broken"].startswith("broken: ")
    assert "half" not in states
    assert run(capsys, "rules", "test", "broken", "--site", store.path)[0] == 4


def test_a_rule_of_others_watches_once_it_is_added(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path) -> None:
    (rule := tmp_path / "rule.yml").write_text(FOREIGN)
    added = told(capsys, "rules", "add", rule, "--site", store.path)
    assert (added["rule"], added["state"]) == ("somebody-asks-for-a-bad-name", "watching, unproven")
    put(store, {"dns": [{"ts": "08:00", "id_orig_h": "10.0.0.9", "id_resp_h": "10.0.0.1", "query": "a.bad.example"}]})
    look(store)
    (story,) = told(capsys, "stories", "list", "--site", store.path)
    assert "Somebody asks for a bad name" in story["title"]
    assert [entry.act for entry in entries(store)].count("network.rule_add") == 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("query|", "nonsense|", "the stream dns has no field nonsense"),
        ("category: dns", "product: windows", "no stream holds what windows logs"),
        ("condition: selection", "condition: missing", "missing"),
        ("title:", "title", "the YAML"),
    ],
)
def test_what_no_stream_can_tell_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in FOREIGN
    (rule := tmp_path / "rule.yml").write_text(FOREIGN.replace(old, new))
    code, out, err = run(capsys, "rules", "add", rule, "--site", store.path)
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert says in err
    assert not (store.path / "rules").exists()


def offered(folder: Path) -> Path:
    """A folder of five files: a rule and its likeness, one that no stream can tell, one that is no YAML, one that watches already."""
    (folder / "deep" / ".hidden").mkdir(parents=True)
    (folder / "deep" / "a.yml").write_text(FOREIGN)
    (folder / "deep" / "b.yaml").write_text(FOREIGN)
    (folder / "deep" / ".hidden" / "c.yml").write_text(FOREIGN)
    (folder / "no-field.yml").write_text(FOREIGN.replace("query|", "nonsense|"))
    (folder / "no-yaml.yml").write_text("title: [")
    ours = next(entry for entry in shipped() if entry.name == "zerologon")
    (folder / "ours.yml").write_text(f"title: Zeros\nid: {ours.speaks.key}\n{FOREIGN.partition('d01')[2]}")
    (folder / "read.me").write_text("no rule")
    return folder


def test_every_rule_of_a_folder_is_taken_or_told_why_not(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path) -> None:
    folder = offered(tmp_path / "offered")
    found = told(capsys, "rules", "add", folder, "--site", store.path)
    assert (found["taken"], found["not_taken"]) == (1, 4)
    assert {one["file"]: (one["rule"], one["wrong"].split(":")[0]) for one in found["files"]} == {
        "deep/a.yml": ("somebody-asks-for-a-bad-name", ""),
        "deep/b.yaml": (None, "a rule is called somebody-asks-for-a-bad-name already"),
        "no-field.yml": (None, "the stream dns has no field nonsense"),
        "no-yaml.yml": (None, found["files"][3]["wrong"]),
        "ours.yml": (None, "it is here as zerologon"),
    }
    assert found["files"][3]["wrong"]
    assert [entry.subject for entry in entries(store) if entry.act == "network.rule_add"] == ["somebody-asks-for-a-bad-name"]
    code, out, _ = run(capsys, "rules", "add", folder, "--site", store.path)
    assert code == 0
    assert out.count("\n") == 6
    assert out.endswith("0 of 5 rules watch from now on.\n")


def test_a_proof_beside_a_rule_of_a_folder_is_tried(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path) -> None:
    for name, query in (("good", "a.bad.example"), ("wrong", "good.example")):
        (folder := tmp_path / "offered" / name).mkdir(parents=True)
        (folder / "rule.yml").write_text(FOREIGN.replace("bad name", f"{name} name").replace("9d1b", "9d1c" if name == "good" else "9d1d"))
        proof = {"fires": [{"says": "it asks", "rows": {"dns": [{"query": query}]}}], "quiet": [{"says": "nobody asks"}]}
        (folder / "proof.json").write_text(json.dumps(proof))
    found = told(capsys, "rules", "add", tmp_path / "offered", "--site", store.path)
    assert [(one["rule"], one["wrong"]) for one in found["files"]] == [
        ("somebody-asks-for-a-good-name", ""),
        (None, "it asks: it is quiet"),
    ]
    assert (store.path / "rules" / "somebody-asks-for-a-good-name" / "proof.json").is_file()


def test_who_takes_what_waits_is_told_why_it_does(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path) -> None:
    (one,) = (one for one in waiting() if one.name == "suspicious-user-agent")
    (tmp_path / "offered").mkdir()
    (tmp_path / "offered" / "any.yml").write_bytes(one.path.read_bytes())
    assert one.says in run(capsys, "rules", "add", tmp_path / "offered", "--site", store.path)[1]
    (other,) = (one for one in waiting() if one.name == "windows-webshell-strings")
    assert other.says in run(capsys, "rules", "add", other.name, "--site", store.path)[1]


def test_of_a_folder_nothing_is_half_done(
    capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / "offered").mkdir()
    for n in range(3):
        (folder / f"{n}.yml").write_text(FOREIGN.replace("bad name", f"name {n}").replace("9d1b", f"9d1{n}"))
    plain = Path.rename

    def full(path: Path, target: Path) -> Path:
        if target.name.endswith("name-2"):
            raise OSError(ENOSPC, "no room")
        return plain(path, target)

    monkeypatch.setattr(Path, "rename", full)
    code, _, err = run(capsys, "rules", "add", folder, "--site", store.path)
    assert (code, err.count("\n")) == (3, 1)
    assert not list((store.path / "rules").iterdir())
    monkeypatch.undo()
    assert told(capsys, "rules", "add", folder, "--site", store.path)["taken"] == 3


@pytest.mark.parametrize(("of", "says"), [("empty", "no rule lies in this folder"), ("proof", "one proof for many rules")])
def test_a_folder_that_cannot_be_taken(capsys: pytest.CaptureFixture[str], store: Site, tmp_path: Path, of: str, says: str) -> None:
    (folder := tmp_path / "offered").mkdir()
    code, out, err = run(capsys, "rules", "add", folder, *(("--proof", folder / "p.json") if of == "proof" else ()), "--site", store.path)
    assert code != 0
    assert (out, err.count("\n")) == ("", 1)
    assert says in err


def test_a_rule_of_the_nursery_watches_once_it_is_taken(capsys: pytest.CaptureFixture[str], store: Site) -> None:
    waits = told(capsys, "rules", "nursery")
    name = "low-reputation-effective-top-level-domain-etld"
    assert {"rule": name, "why": "noise"}.items() <= next(one for one in waits if one["rule"] == name).items()
    code, out, _ = run(capsys, "rules", "--site", store.path)
    assert code == 0
    assert f"{len(waits)} rules of others wait" in out
    assert told(capsys, "rules", "add", f"nursery/{name}", "--site", store.path)["state"] == "watching, unproven"
    assert run(capsys, "rules", "add", name, "--site", store.path)[0] == 2
    put(store, {"dns": [{"ts": "08:00", "id_orig_h": "10.0.0.9", "id_resp_h": "10.0.0.1", "query": "portal.cloud"}]})
    look(store)
    (story,) = told(capsys, "stories", "list", "--site", store.path)
    (step,) = told(capsys, "stories", "show", story["story"], "--site", store.path)["timeline"]
    assert step["rule_by"].endswith("(DRL-1.1)")
    assert f"Rule by {step['rule_by']}." in next(f.seen.why for f in findings(store) if f.id == story["finding"])
    assert run(capsys, "rules", "add", "nursery/no-such-rule", "--site", store.path)[0] == 2


def test_an_exception_excuses_and_is_taken_back(capsys: pytest.CaptureFixture[str], attacked: Site) -> None:
    excuse = ("--attacker", "address=10.0.0.9", "--reason", "test of defences", "--until", SOON)
    made = told(capsys, "rules", "tune", "zerologon", *excuse, "--site", attacked.path)
    assert made["attacker"] == "address 10.0.0.9"
    assert told(capsys, "hunt", "zerologon", "--since", "2026-03-01", "--site", attacked.path) == []
    put(attacked, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "12:00"), zeros("10.0.0.8", "10.0.0.1", "12:00")]})
    look(attacked)
    last = {one["hosts"][0]: one["last_seen"] for one in told(capsys, "stories", "list", "--site", attacked.path)}
    assert last["10.0.0.9"].startswith("2026-03-02T08:10")
    assert "10.0.0.8" in last
    assert run(capsys, "rules", "untune", made["number"], "--site", attacked.path)[0] == 0
    put(attacked, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "13:00")]})
    look(attacked)
    last = {one["hosts"][0]: one["last_seen"] for one in told(capsys, "stories", "list", "--site", attacked.path)}
    assert last["10.0.0.9"].startswith("2026-03-02T13:00")
    journalled = [entry for entry in entries(attacked) if entry.act == "network.tune"]
    assert len(journalled) == 1
    assert "test of defences" not in json.dumps(journalled[0].detail)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--until", "2020-01-01", "--attacker", "kind=printer"), "cannot excuse until"),
        (("--until", "soon", "--attacker", "kind=printer"), "not a day"),
        (("--until", SOON), "would switch the rule off"),
        (("--until", SOON, "--attacker", "colour=blue"), "not understood"),
        (("--until", SOON, "--attacker", "class=alive"), "alive is no clinical class"),
        (("--until", SOON, "--attacker", "address=here"), "here is no address"),
        (("--until", SOON, "--victim", "address=0.0.0.0/0"), "half the world"),
        (("--until", SOON, "--attacker", "address=10.1.2.3/8"), "10.1.2.3/8 is no address or network"),
        (("--until", SOON, "--attacker", "kind=printr"), "there are printer"),
        (("--until", SOON, "--attacker", "zone=nowhere"), "site.toml names no zone"),
    ],
)
def test_what_excuses_nobody_is_refused(capsys: pytest.CaptureFixture[str], attacked: Site, options: tuple[object, ...], says: str) -> None:
    code, out, err = run(capsys, "rules", "tune", "zerologon", "--reason", "x", *options, "--site", attacked.path)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_the_past_is_asked_and_nothing_is_remembered(capsys: pytest.CaptureFixture[str], store: Site) -> None:
    put(store, {"dce_rpc": [zeros("10.0.0.9", "10.0.0.1", "08:00"), zeros("10.0.0.9", "10.0.0.1", "18:00")]})
    found = told(capsys, "hunt", "zerologon", "--since", "2026-03-02T12:00", "--site", store.path)
    assert [(one["attacker"], one["begin"][:13], one["events"]) for one in found] == [("10.0.0.9", "2026-03-02T18", 1)]
    assert told(capsys, "stories", "list", "--site", store.path) == []
    code, out, _ = run(capsys, "hunt", "zerologon", "--since", "2027-01-01", "--until", "2027-02-01", "--site", store.path)
    assert (code, out) == (0, "zerologon finds nothing from 2027-01-01 on.\n")
    assert run(capsys, "hunt", "no-such-rule", "--site", store.path)[0] == 2
    assert told(capsys, "hunt", "malware-user-agent", "--since", "2026-03-02", "--site", store.path) == []
    assert run(capsys, "hunt", "zerologon", "--since", "yesterday", "--site", store.path)[0] == 2


def test_what_was_learned_is_shown_and_forgotten(capsys: pytest.CaptureFixture[str], store: Site) -> None:
    put(store, {"conn": [{"ts": "08:00", "id_orig_h": "10.0.0.9", "id_resp_h": "10.0.0.2"}], "dce_rpc": calls("10.0.0.9", "10.0.0.2", 0)})
    look(store)
    said = told(capsys, "baseline", "show", "--site", store.path)
    assert said["hours"] == 1
    usual = told(capsys, "baseline", "show", "10.0.0.9", "--site", store.path)
    assert ["10.0.0.9", "10.0.0.2"] in [one["usual"] for one in usual if one["rule"] == "service-from-afar"]
    forget = (
        "baseline",
        "forget",
        "--since",
        "2026-03-02",
        "--until",
        "2026-03-03",
        "--reason",
        "somebody was in",
        "--rule",
        "service-from-afar",
    )
    assert told(capsys, *forget, "--site", store.path) == {
        "forgotten": 1,
        "rules": {"service-from-afar": 1},
        "hours": 1,
        "hours_wanted": 150,
    }
    assert "149 more hours" in run(capsys, *forget, "--site", store.path)[1], "of one rule alone the hours stay"
    assert "150 more hours" in run(capsys, *forget[:-2], "--site", store.path)[1]
    again = told(capsys, "baseline", "show", "10.0.0.9", "--site", store.path)
    assert not [one for one in again if one["rule"] == "service-from-afar"]


def test_a_story_is_told_step_by_step(capsys: pytest.CaptureFixture[str], attacked: Site) -> None:
    (listed,) = told(capsys, "stories", "list", "--site", attacked.path)
    assert (listed["alerts"], listed["decision"], listed["state"]) == (2, "immediate", "open")
    shown = told(capsys, "stories", "show", listed["story"], "--site", attacked.path)
    assert [step["rule"] for step in shown["timeline"]] == ["service-from-afar", "zerologon"]
    assert {(edge["from"], edge["to"]) for edge in shown["graph"]} == {
        ("the device at 10.0.0.9", "the device at 10.0.0.2"),
        ("the device at 10.0.0.9", "the device at 10.0.0.1"),
    }
    code, out, _ = run(capsys, "stories", "show", listed["finding"], "--site", attacked.path)
    assert code == 0
    assert "Do first" in out
    assert "packets export" not in out, "none are kept"
    assert run(capsys, "stories", "show", "S0", "--site", attacked.path)[0] == 2


def test_a_story_names_its_packets_where_they_are_kept(
    capsys: pytest.CaptureFixture[str], attacked: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (listed,) = told(capsys, "stories", "list", "--site", attacked.path)
    first, last = (datetime.fromisoformat(listed[name]) for name in ("first_seen", "last_seen"))
    hour = timedelta(hours=1)
    segments = [Segment("eth0", "a", 10, first - hour, first, None, 7), Segment("eth0", "b", 10, last + hour, last + hour, None, 9)]
    monkeypatch.setattr("asepsis.network.service.packets", lambda _: segments)
    assert told(capsys, "stories", "show", listed["story"], "--site", attacked.path)["packets_kept"] == 7
    _, out, _ = run(capsys, "stories", "show", listed["story"], "--site", attacked.path)
    assert re.search(rf"packets export {listed['story']}\.pcapng --from \S+ --to \S+ --host 10\.0\.0\.9 --reason", out)


def test_where_no_attack_was_seen_it_says_so(capsys: pytest.CaptureFixture[str], store: Site) -> None:
    code, out, _ = run(capsys, "stories", "list", "--site", store.path)
    assert code == 0
    assert out.startswith("No attack was seen.")
