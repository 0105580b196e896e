from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from asepsis import __version__
from asepsis.cli.main import COMMANDS, built, main
from asepsis.kit.site import Site


def _python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={"PYTHONPATH": "src"}).stdout


def _loaded_by(*arguments: str) -> set[str]:
    code = "import json, sys; from asepsis.cli.main import main; main(sys.argv[1:]); print(json.dumps(sorted(sys.modules)))"
    return set(json.loads(_python(code, *arguments).splitlines()[-1]))


def test_help_lists_the_commands_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    found = [out.index(f"\n  {command.name} ") for command in COMMANDS if built(command)]
    assert found == sorted(found)
    assert main([]) == 2


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"asepsis {__version__}\n"


def test_unknown_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["jornal"]) == 2
    assert capsys.readouterr().err == "asepsis: no such command: jornal: did you mean `asepsis journal`?\n"
    assert main(["\x1b[2J\nx"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", [command for command in COMMANDS if built(command)], ids=lambda command: command.name)
def test_every_command_has_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command.name, "--help"]) == 0  # type: ignore[attr-defined]
    out, err = capsys.readouterr()
    assert out.startswith("Usage: asepsis ")
    assert err == ""


def test_no_command_is_made_without_a_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "list", "--site", str(tmp_path / "none")]) == 3
    assert capsys.readouterr().err.startswith("asepsis: no site here: ")
    assert not (tmp_path / "none").exists()


def test_the_lake_never_loads_django_nor_ingest_arrow(site: Site, capture: Callable[..., Path]) -> None:
    ingest = _loaded_by("lake", "ingest", str(capture(3)), "--site", str(site.path))
    assert ingest.isdisjoint({"django", "duckdb", "pandas", "pyarrow"})
    assert "django" not in _loaded_by("lake", "sql", "select 1", "--site", str(site.path))
    assert "django" not in _loaded_by("lake", "streams", "--site", str(site.path))
    assert _loaded_by("journal", "verify", "--site", str(site.path)).isdisjoint({"django", "duckdb"})


def test_a_reader_that_goes_away_is_no_error(site: Site) -> None:
    command = (
        f"{sys.executable} -m asepsis lake sql 'select * from range(900000)' --json --site {site.path} | head -1; echo ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env={"PYTHONPATH": "src", "PATH": "/usr/bin:/bin"}, check=True
    )
    assert (done.stdout, done.stderr) == ('[{"range": 0},\n141\n', "")


def test_what_is_closed_is_not_written_to(site: Site) -> None:
    words = f"{sys.executable} -m asepsis lake streams --site {site.path}"
    for closed in (">&-", "<&-", ">&- 2>&-", ">&- <&- 2>&-"):
        done = subprocess.run(["bash", "-c", f"{words} {closed}"], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), closed


@pytest.mark.parametrize("loaded", ["typer", "duckdb"])
def test_ctrl_c_is_never_a_traceback(loaded: str, site: Site) -> None:
    # As if the key were pressed while a module is being loaded, before and after the command has begun.
    code = f"""
import importlib.abc, os, signal, sys
class Pressed(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {loaded!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Pressed())
from asepsis.cli.main import run
sys.argv = ["asepsis", "lake", "sql", "select 1", "--site", {str(site.path)!r}]
run()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode in (130, -signal.SIGINT)
    assert done.stderr in ("", "asepsis: stopped\n")
