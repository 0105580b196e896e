from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from asepsis.kit.command import at, group, run
from asepsis.kit.errors import DoesNotHold


def _app(error: BaseException | None) -> typer.Typer:
    app = group("Test.")

    @app.command()
    def act(count: int = 0) -> None:
        if error is not None:
            raise error
        print("done")

    return app


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (None, 0, ""),
        (DoesNotHold("broken", "here", "mend it"), 4, "asepsis: broken: here: mend it\n"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), 3, "asepsis: No space left on device: /x\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, "asepsis: stopped\n"),
        (MemoryError(), 3, "asepsis: out of memory\n"),
        (typer.Exit(1), 1, ""),
    ],
)
def test_an_end_is_a_line_and_a_code(error: BaseException | None, code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(_app(error), [], "asepsis test") == code
    assert capsys.readouterr().err == says


def test_a_bug_is_one_line_that_quotes_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASEPSIS_DEBUG", raising=False)
    assert run(_app(KeyError("Smith^Anna")), [], "asepsis test") == 70
    err = capsys.readouterr().err
    assert err.startswith("asepsis: a bug in asepsis: KeyError at test_command.py:")
    assert "Smith" not in err
    monkeypatch.setenv("ASEPSIS_DEBUG", "1")
    with pytest.raises(KeyError):
        run(_app(KeyError("x")), [], "asepsis test")


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="needs /dev/full")
def test_a_full_disk_behind_stdout_is_called_by_its_name() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "asepsis", "lake", "streams", "--schema"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (3, "asepsis: no space left: standard output: make room where it goes\n")


def test_wrong_use_of_one_command_of_a_group_names_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    app = _app(None)
    app.command("other")(lambda: None)
    assert run(app, ["act", "--count", "x"], "asepsis test") == 2
    assert capsys.readouterr().err.endswith(" See `asepsis test act --help`.\n")
    assert run(app, ["none"], "asepsis test") == 2
    assert capsys.readouterr().err.endswith(" See `asepsis test --help`.\n")


@pytest.mark.parametrize("arguments", [["--nope"], ["--count", "x"], ["extra"]])
def test_wrong_use(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(_app(None), arguments, "asepsis test") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("asepsis: ")
    assert err.count("\n") == 1


def test_what_a_command_advises_is_one_line_that_a_shell_reads_back(tmp_path: Path) -> None:
    for name in ("plain", "with space", "s\x1b[31m\nx", "\u202etxt", "it's", "b\\\t's"):
        site = tmp_path / name
        advised = at(site)
        assert advised.isprintable()
        read = subprocess.run(["bash", "-c", f"printf %s {advised.removeprefix(' --site')}"], capture_output=True, check=True).stdout
        assert read.decode() == str(site)
