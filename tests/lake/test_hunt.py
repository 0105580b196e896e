"""Queries of people in processes of their own."""

from __future__ import annotations

import csv
import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asepsis.kit.errors import DoesNotHold, WrongUse
from asepsis.kit.site import Site
from asepsis.lake import answer_files, hunt, service
from asepsis.lake.hunt import Hunts, Run, State
from asepsis.lake.question import Question, question

ENDLESS = "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t"


def silent(id: str) -> None:
    pass


@pytest.fixture
def hunts(site: Site, capture: Callable[..., Path]) -> Iterator[Hunts]:
    service.ingest(site, [capture(3)])
    hunts = Hunts(site.path / "hunt", site.lake)
    yield hunts
    for run in hunts.runs():
        end(hunts, run)


def wait(hunts: Hunts) -> None:
    """Until nothing runs any more."""
    for thread in threading.enumerate():
        if thread.name.startswith("hunt-") and thread.name != "hunt-sweep":
            thread.join(60)
    assert not hunts._running


def end(hunts: Hunts, run: Run) -> Run:
    hunts.stop(run.id)
    wait(hunts)
    return hunts.run(run.id)


def answered(hunts: Hunts, text: str, who: str = "anna", since: str = "", until: str = "") -> Run:
    run = hunts.begin(who, question(text, since, until), silent)
    wait(hunts)
    return hunts.run(run.id)


def test_an_answer_is_shown_and_whole_in_its_files(hunts: Hunts) -> None:
    run = answered(hunts, "select id_resp_h, 1 as n, null as z, ['=a'] as l, '=cmd' as f from conn order by 1")
    assert run.state is State.DONE
    assert [column["of"] for column in run.answer["columns"]] == ["text", "number", "other", "other", "text"]
    assert run.answer["rows"] == run.answer["shown"] == 3
    first = answer_files.read_page(run.folder, 0)[0]
    assert first[1:] == ["1", None, '["=a"]', "=cmd"]
    told = json.loads((run.folder / answer_files.JSON).read_bytes())
    assert told[0] == {"id_resp_h": first[0], "n": 1, "z": None, "l": ["=a"], "f": "=cmd"}
    with (run.folder / answer_files.CSV).open(newline="", encoding="utf-8") as file:
        heading, row, *rest = list(csv.reader(file))
    assert heading == ["id_resp_h", "n", "z", "l", "f"]
    assert row == [first[0], "1", "", '["=a"]', "'=cmd"]
    assert len(rest) == 2
    assert answer_files.read_page(run.folder, 1) == answer_files.read_page(run.folder, -1) == []


def test_only_its_owner_reads_what_is_kept(hunts: Hunts) -> None:
    run = answered(hunts, "select 1")
    kept = [run.folder.parent, run.folder, *run.folder.iterdir()]
    assert [stat.S_IMODE(path.stat().st_mode) for path in kept] == [0o700, 0o700] + [0o600] * (len(kept) - 2)


def test_a_span_of_time_counts(hunts: Hunts) -> None:
    assert answered(hunts, "select * from conn", until="2023-11-14").answer["rows"] == 0
    assert answered(hunts, "select * from conn", since="2023-11-14").answer["rows"] == 3


def test_long_answers_are_shown_in_pages_and_not_to_the_end(hunts: Hunts) -> None:
    run = answered(hunts, "select i, repeat('x', 5000) as t, '\u00fc\n' as l from range(2345) t(i)")
    assert (run.answer["rows"], run.answer["shown"]) == (2345, 1000)
    pages = [answer_files.read_page(run.folder, n) for n in range(21)]
    assert [len(page) for page in pages] == [50] * 20 + [0]
    assert [row[0] for page in pages for row in page] == [str(n) for n in range(1000)]
    assert len(pages[0][0][1] or "") == answer_files.CELL
    assert pages[0][0][2] == "\u00fc"
    assert json.loads((run.folder / answer_files.JSON).read_bytes())[2344] == {"i": 2344, "t": "x" * 5000, "l": "\u00fc\n"}


def test_of_very_many_columns_some_are_shown(hunts: Hunts) -> None:
    run = answered(hunts, "select " + ", ".join(["1"] * 5_000))
    assert (len(run.answer["columns"]), run.answer["wide"]) == (answer_files.WIDE, 5_000)
    assert len(answer_files.read_page(run.folder, 0)[0]) == answer_files.WIDE


@pytest.mark.parametrize(
    ("text", "what", "where"),
    [
        ("select *\nfrm conn", "not SQL", "line 2, column 5"),
        ("select nope from conn", "the query fails", "line 1, at nope"),
        ("select * from '/etc/passwd'", "no such stream", "/etc/passwd, line 1, column 15"),
        ("select * from read_text('../../key')", "table function not allowed", "read_text, line 1, column 15"),
        ("select getenv('PATH')", "function not allowed", "getenv, line 1, column 8"),
        ("copy conn to '/tmp/x'", "not one SELECT", ""),
        ("select 1; select 2", "not one SELECT", ""),
        ("select * from range(1000000)", "the answer has more than 100,000 rows", ""),
        ("select * from range(100000), (select repeat('x', 5000))", "the answer is larger than 64 MiB", ""),
        ("select list(range) from range(1000000000)", "the query needs more memory than the limit", "512MB"),
        ("select printf('%1000000000d', 1)", "the query needs more memory than the limit", "512MB"),
    ],
)
def test_what_cannot_be_answered_says_what_and_where(hunts: Hunts, text: str, what: str, where: str) -> None:
    run = answered(hunts, text)
    assert (run.state, run.answer["error"]["what"], run.answer["error"]["where"]) == (State.FAILED, what, where)
    assert "--" not in run.answer["error"]["todo"]
    assert sorted(path.name for path in run.folder.iterdir()) == ["answer.json", "question.json"]


def test_one_query_a_person_and_some_in_all(hunts: Hunts) -> None:
    runs = [hunts.begin(f"p{n}", question(ENDLESS), silent) for n in range(hunt.IN_ALL)]
    assert {run.state for run in runs} == {State.RUNNING}
    with pytest.raises(WrongUse, match="of yours is still running"):
        hunts.begin("p0", question("select 1"), silent)
    with pytest.raises(WrongUse, match="of others are running"):
        hunts.begin("q", question("select 1"), silent)
    for run in runs:
        hunts.stop(run.id)
    wait(hunts)
    assert {hunts.run(run.id).state for run in runs} == {State.STOPPED}
    assert answered(hunts, "select 1", "p0").state is State.DONE


def test_of_two_tabs_that_ask_at_once_one_does(hunts: Hunts) -> None:
    begun: list[Run] = []
    refused: list[str] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        try:
            begun.append(hunts.begin("anna", question(ENDLESS), silent))
        except WrongUse as error:
            refused.append(str(error))

    tabs = [threading.Thread(target=ask) for _ in range(8)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert (len(begun), len(refused)) == (1, 7)
    assert end(hunts, begun[0]).state is State.STOPPED


def test_who_stops_before_it_runs_stops_it_too(hunts: Hunts) -> None:
    seen: list[str] = []

    def stop_at_once(id: str) -> None:
        seen.append(id)
        hunts.stop(id)

    hunts.begin("anna", question(ENDLESS), stop_at_once)
    wait(hunts)
    assert hunts.run(seen[0]).state is State.STOPPED


def test_what_is_done_cannot_be_stopped(hunts: Hunts) -> None:
    run = answered(hunts, "select 1")
    hunts.stop(run.id)
    hunts.stop("nothing")
    assert hunts.run(run.id).state is State.DONE


def test_what_cannot_be_journalled_is_not_asked(hunts: Hunts) -> None:
    def refuse(id: str) -> None:
        raise DoesNotHold("the journal's head was tampered with")

    with pytest.raises(DoesNotHold):
        hunts.begin("anna", question("select 1"), refuse)
    assert list(hunts.runs()) == []
    assert answered(hunts, "select 1").state is State.DONE


def test_a_process_that_does_not_end_is_ended(hunts: Hunts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hunt, "LONGEST_S", 0.5)
    run = answered(hunts, ENDLESS)
    assert run.answer["error"]["what"] == "the query took longer than the limit"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_a_process_that_is_killed_leaves_nothing_half_done(hunts: Hunts, number: int) -> None:
    run = hunts.begin("anna", question(ENDLESS), silent)
    (run.folder / answer_files.CSV).write_text("half")
    process = hunts._running[run.id].process
    assert process is not None
    os.kill(process.pid, number)
    wait(hunts)
    assert hunts.run(run.id).state is State.FAILED
    assert sorted(path.name for path in run.folder.iterdir()) == ["answer.json", "question.json"]


def test_it_ends_with_who_started_it(hunts: Hunts, site: Site) -> None:
    code = (
        "import os, sys; from pathlib import Path; from asepsis.lake.hunt import Hunts; from asepsis.lake.question import question\n"
        "hunts = Hunts(Path(sys.argv[1]), Path(sys.argv[2])); run = hunts.begin('anna', question(sys.argv[3]), str)\n"
        "print(run.id, hunts._running[run.id].process.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(site.path / "hunt"), str(site.lake), ENDLESS], capture_output=True, text=True, check=False
    )
    id, pid = told.stdout.split()
    try:
        fd = os.pidfd_open(int(pid))
    except ProcessLookupError:
        pass
    else:
        with os.fdopen(fd):
            assert select.select([fd], [], [], 30)[0], "it outlived who started it"
    assert hunts.run(id).state is State.STOPPED
    assert answered(hunts, "select 1").state is State.DONE


def test_the_process_knows_no_secrets_and_is_the_first_to_go(hunts: Hunts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:secret@h/n")
    run = hunts.begin("anna", question(ENDLESS), silent)
    process = hunts._running[run.id].process
    assert process is not None
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert b"secret" not in environment
    assert b"recursive" not in arguments
    end(hunts, run)


@pytest.mark.parametrize("id", ["", ".", "..", "../lake", "a" * 15, "A" * 16, "0" * 16, "0123456789abcdeg", "0123456789abcdef\n", "%2e%2e"])
def test_no_id_leads_elsewhere(hunts: Hunts, id: str) -> None:
    (hunts._folder.parent / "question.json").write_text("{}")
    with pytest.raises(WrongUse, match="no such answer"):
        hunts.run(id)


def _aged(hunts: Hunts, run: Run, **by: float) -> None:
    told: dict[str, Any] = json.loads((run.folder / answer_files.QUESTION).read_bytes())
    told["asked"] = (datetime.now(UTC) - timedelta(**by)).isoformat()
    (run.folder / answer_files.QUESTION).write_text(json.dumps(told))


def test_answers_are_kept_for_an_hour(hunts: Hunts) -> None:
    old, young = answered(hunts, "select 1"), answered(hunts, "select 2")
    _aged(hunts, old, minutes=61)
    _aged(hunts, young, minutes=59)
    hunts.sweep()
    assert [run.id for run in hunts.runs()] == [young.id]
    assert not old.folder.exists()


def test_of_one_person_the_last_are_kept_and_of_others_theirs(hunts: Hunts) -> None:
    other = answered(hunts, "select 0", "berta")
    runs = [answered(hunts, f"select {n}") for n in range(hunt.KEPT_OF_ONE + 2)]
    assert [run.question.text for run in hunts.runs() if run.who == "anna"] == [run.question.text for run in runs[:1:-1]]
    assert hunts.run(other.id).state is State.DONE


def test_all_answers_together_have_a_size(hunts: Hunts, monkeypatch: pytest.MonkeyPatch) -> None:
    first = answered(hunts, "select repeat('x', 10000) as x")
    monkeypatch.setattr(hunt, "KEPT_BYTES", 15_000)
    second = answered(hunts, "select 2")
    hunts.sweep()
    assert [run.id for run in hunts.runs()] == [second.id]
    assert not first.folder.exists()


def test_what_a_crash_left_is_removed_when_it_is_old(hunts: Hunts) -> None:
    left = hunts._folder / ("0" * 16)
    left.mkdir(parents=True)
    hunts.sweep()
    assert left.exists()
    os.utime(left, (0, 0))
    hunts.sweep()
    assert not left.exists()


def test_a_disk_without_room_is_said(hunts: Hunts, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hunt.files, "create", full)
    with pytest.raises(Exception, match="no space left"):
        hunts.begin("anna", question("select 1"), silent)
    monkeypatch.undo()
    assert answered(hunts, "select 1").state is State.DONE


def test_a_page_reads_an_answer_without_the_engine() -> None:
    code = "import sys; import asepsis.lake.hunt, asepsis.lake.service; print(sorted({'duckdb', 'pyarrow', 'django'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_question_comes_back_as_it_was_asked(hunts: Hunts) -> None:
    asked = question("select 'ü' as \"é\"\n\tfrom conn", "2026-01-31T14:05", "2026-02-01")
    run = hunts.begin("anna", asked, silent)
    wait(hunts)
    assert isinstance(run.question, Question)
    assert hunts.run(run.id).question == asked
