"""`asepsis`: finds the room that a command belongs to and imports that room only, so that each command starts fast."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from asepsis import __version__

if TYPE_CHECKING:
    from asepsis.kit.errors import AsepsisError

HELP = """\
Usage: asepsis COMMAND [ARGUMENTS]...

What is on the hospital's network, what endangers patients, what to do first, and why.

Commands:
{commands}

Every command takes --help, --site DIR (default ./site) and --json. `asepsis --version` prints the version.
To begin: asepsis assess CAPTURE...
"""


class Command(NamedTuple):
    """A word after `asepsis`, and where it lives: a Typer app or a function in a room's `commands`."""

    name: str
    module: str
    attribute: str
    help: str


COMMANDS = (
    Command("up", "asepsis.console.commands", "up", "Everything, with the console in a browser: listen, judge, show."),
    Command("assess", "asepsis.assessment.commands", "assess", "Read captures: inventory, findings, worklist, report. The main job."),
    Command("report", "asepsis.assessment.commands", "app", "What a week brought, and a page of a month, as PDF: weekly, monthly."),
    Command("worklist", "asepsis.findings.commands", "worklist", "What to do first, and why, ordered by harm to patients."),
    Command("findings", "asepsis.cli.findings", "app", "What is wrong, on what, with evidence: list, show, accept, reopen, checks."),
    Command("assets", "asepsis.hospital.commands", "app", "What is on the network."),
    Command("patients", "asepsis.cli.patients", "app", "Whose records an incident touched."),
    Command("network", "asepsis.cli.network", "app", "The sensor: listen to a mirror port; rules that watch, and hunting with them."),
    Command("lake", "asepsis.cli.lake", "app", "What machines observed: ingest captures, ask in SQL, expire, export."),
    Command("notices", "asepsis.notices.commands", "app", "What is told by mail, webhook and syslog: to whom, and how it goes."),
    Command("site", "asepsis.cli.site", "app", "The site itself, and the key of its pseudonyms."),
    Command("backup", "asepsis.backup.commands", "backup", "All of a site in one file, while it runs."),
    Command("restore", "asepsis.backup.commands", "restore", "A new site of a backup."),
    Command("journal", "asepsis.cli.journal", "app", "Who did what: list it, verify that nobody changed it."),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """The `asepsis` command; its exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        print(overview(), end="")
        return 0 if arguments else 2
    if arguments[0] == "--version":
        print(f"asepsis {__version__}")
        return 0
    command = next((command for command in COMMANDS if command.name == arguments[0]), None)
    if command is None or not built(command):
        return _unknown(arguments[0])
    # NumPy comes in with Arrow and would start a thread a core for linear algebra that nobody does here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Arrow's other pools keep what a large batch once took, 35 MiB of a long ingest, and are no faster here.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    return _run(command, arguments[1:])


def run() -> NoReturn:
    """The process of `asepsis`."""
    # Modules and classes live as long as the process: searching them for cycles again and again is a twentieth of a short command.
    gc.set_threshold(20_000)
    _open_standard_files()
    # Until a command begins there is nothing to tidy up, and modules that are half imported would tell of it at length.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    code = main()
    # All that lives now ends with the process, and would be searched for cycles once more.
    gc.freeze()
    sys.exit(code)


def _open_standard_files() -> None:
    """Who closes one of them wants nothing to be said there; the next file that is opened would take its place."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8"))


def built(command: Command) -> bool:
    """Whether the command's room stands in this version."""
    return find_spec(command.module.rpartition(".")[0]) is not None and find_spec(command.module) is not None


def overview() -> str:
    """What `asepsis --help` prints."""
    return HELP.format(commands="\n".join(f"  {command.name:<10}{command.help}" for command in COMMANDS if built(command)))


def _run(command: Command, arguments: Sequence[str]) -> int:
    import typer

    from asepsis.kit import command as kit

    app = getattr(import_module(command.module), command.attribute)
    if not isinstance(app, typer.Typer):
        function, app = app, kit.group(command.help)
        app.command()(function)
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return kit.run(app, arguments, f"asepsis {command.name}", _explain)


def _explain(error: Exception) -> AsepsisError | None:
    """Failures of the store: its errors are not ours, and a room that meets one has nothing to add."""
    if "asepsis.settings" not in sys.modules:
        return None
    from asepsis.settings import explain

    return explain(error)


def _unknown(name: str) -> int:
    import difflib

    from asepsis.kit.errors import one_line

    near = difflib.get_close_matches(name, [command.name for command in COMMANDS if built(command)], 1)
    todo = f"did you mean `asepsis {near[0]}`?" if near else "`asepsis --help` lists them"
    print(f"asepsis: no such command: {one_line(name, 40)}: {todo}", file=sys.stderr)
    return 2
