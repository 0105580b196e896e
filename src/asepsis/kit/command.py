"""What every command shares: its common options, and how errors and interrupts become one line and an exit code.

Exit codes: 0 done, 1 findings that `--fail-on` names, 2 wrong use, 3 bad input, 4 what is verified does not hold, 70 a bug (EX_SOFTWARE),
130 stopped by Ctrl-C, 141 the reader of our output went away.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO, cast

import typer

from asepsis.kit.errors import AsepsisError, BadInput, WrongUse, one_line
from asepsis.kit.files import mended, unwritable

SiteOption = Annotated[Path, typer.Option("--site", metavar="DIR", readable=False, help="Directory of the site.", show_default=True)]
CoresOption = Annotated[
    int,
    typer.Option(
        "--cores",
        metavar="N",
        min=1,
        max=8,
        help="Cores to read captures above 32 MiB with: more are faster by the clock and cost more in all.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.", show_default=False)]


class FailOn(StrEnum):
    """Decisions that a script may want to stop at."""

    IMMEDIATE = "immediate"


FailOnOption = Annotated[FailOn | None, typer.Option("--fail-on", help="Exit 1 if there is a line of this decision.")]
DEFAULT_SITE = Path("site")

_BUG, _INTERRUPTED, _NO_READER = 70, 130, 141


def at(site: Path) -> str:
    """What a command that we advise needs behind it to speak of the same site: nothing, or ` --site DIR`."""
    if site == DEFAULT_SITE:
        return ""
    text = str(site)
    if text.isprintable():
        return f" --site {shlex.quote(text)}"
    # What a shell reads back, without what would break the line or drive the terminal.
    plain = (c if c.isprintable() and c not in "'\\" else "".join(f"\\x{byte:02x}" for byte in os.fsencode(c)) for c in text)
    return f" --site $'{''.join(plain)}'"


def group(help: str) -> typer.Typer:
    """A group of commands (`asepsis lake ...`) that looks like all the others. A group of one command is that command."""
    return typer.Typer(help=help, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)


def run(app: typer.Typer, arguments: Sequence[str], name: str, explain: Callable[[Exception], AsepsisError | None] | None = None) -> int:
    """Runs `app` as the command `name`; its exit code. Never a traceback, unless ASEPSIS_DEBUG is set.

    `explain` knows of exceptions from elsewhere that are no bugs.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What a terminal or a pipe of another encoding cannot show is told in escapes, after work that may have taken hours.
        sys.stdout.reconfigure(errors="backslashreplace")
    with redirect_stdout(cast(TextIO, _Printed(sys.stdout))):
        return _run(app, arguments, name, explain)


def _run(app: typer.Typer, arguments: Sequence[str], name: str, explain: Callable[[Exception], AsepsisError | None] | None) -> int:
    try:
        result = app(list(arguments), prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except typer.TyperException as error:
        return _usage(error, name)
    except (KeyboardInterrupt, typer.Abort):
        return _say("stopped", _INTERRUPTED)
    except BrokenPipeError:
        return _without_reader()
    except SystemExit as stop:
        # Typer's answer to a broken pipe; nothing else of ours exits so.
        if isinstance(stop.__context__, OSError):
            return _without_reader()
        raise
    except AsepsisError as error:
        return _say(str(error), error.exit_code)
    except OSError as error:
        _give_up_stdout()
        if error.filename == _Printed.NAME:
            return _say(str(unwritable(error, _Printed.NAME, "make room where it goes")), BadInput.exit_code)
        return _say(str(BadInput(error.strerror or error, error.filename or "", mended(error))), BadInput.exit_code)
    except UnicodeEncodeError as error:
        if any("\udc80" <= c <= "\udcff" for text in arguments for c in text):
            return _say("an argument is no UTF-8 text: type it in a terminal that is set to UTF-8", WrongUse.exit_code)
        return _bug(error)
    except MemoryError:
        return _say("out of memory", BadInput.exit_code)
    except Exception as error:  # noqa: BLE001 - the last wall before a traceback
        if isinstance(error.__cause__, KeyboardInterrupt):  # a class that was being made says it in its own words
            return _say("stopped", _INTERRUPTED)
        if isinstance(error, ValueError) and (named := next((text for text in arguments if "\0" in text), "")):
            return _say(str(WrongUse("an argument has a NUL in it", named, "write it again, no file has such a name")), WrongUse.exit_code)
        known = explain(error) if explain else None
        return _say(str(known), known.exit_code) if known else _bug(error)


class _Printed:
    """Standard output, whose errors say that they are its own: by itself a write that fails names no file."""

    NAME = "standard output"

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        try:
            return self._stream.write(text)
        except OSError as error:
            error.filename = self.NAME
            raise

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError as error:
            error.filename = self.NAME
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _without_reader() -> int:
    _give_up_stdout()
    return _NO_READER


def _give_up_stdout() -> None:
    """If what is printed cannot be written: Python would try again when it closes stdout, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _say(text: str, code: int) -> int:
    print(f"asepsis: {text}", file=sys.stderr)
    return code


def _usage(error: typer.TyperException, name: str) -> int:
    message = error.format_message()
    if "\n" in message:  # the help of a group that was called without a command
        print(message, file=sys.stderr)
        return 2
    # The command that was meant, where a group has many.
    context = getattr(error, "ctx", None)
    return _say(f"{one_line(message)} See `{context.command_path if context else name} --help`.", 2)


def _bug(error: Exception) -> int:
    if os.environ.get("ASEPSIS_DEBUG"):
        raise error
    trace: Any = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    # Not the message: it may quote what was read.
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return _say(f"a bug in asepsis: {type(error).__name__} at {where}: please report it; ASEPSIS_DEBUG=1 shows more", _BUG)
