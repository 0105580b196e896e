"""How the hospital lives and ends: one process, first of its own namespaces, that everything else hangs on.

The kernel ends whatever was started and removes every interface when that process ends, however it ends; there is nothing to clean up. A
lock that this process holds says whether the hospital is up; the kernel frees it too. Nothing outside the namespaces is touched but the
folder `STATE`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from lan import INSIDE, RangeError

STATE = Path(os.environ.get("ASEPSIS_RANGE", "/run/asepsis-range")).absolute()
"""Where a hospital's lock and log are; another folder, another hospital beside the first."""
HERE = Path(__file__).parent
FIRST = ["first-process", "--state", str(STATE)]
NAMESPACES = ["--pid", "--mount", "--net", "--uts", "--ipc"]
UNSHARE = ["unshare", "--fork", "--kill-child", "--mount-proc", *NAMESPACES]
END_S = 20.0
PR_SET_PDEATHSIG = 1
NSENTER_FAILS = 1
FIRST_PROCESS = 1
"""Inside: whom the kernel makes the parent of orphans."""
FOUND_S = 2.0
"""A hospital that is just beginning has no first process for a moment."""


def need_root() -> None:
    if os.geteuid() != 0:
        raise RangeError("needs root, to make network namespaces: run it with sudo")


def need(packages: dict[str, str]) -> None:
    """`packages`: program, or path from / on -> Debian package. Raises RangeError: naming the packages of what is missing."""
    missing = sorted({package for program, package in packages.items() if not (shutil.which(program) or Path("/", program).exists())})
    if missing:
        raise RangeError("missing programs: apt-get install --no-install-recommends " + " ".join(missing))


def _lock() -> IO[str] | None:
    """The lock, open and held, or nothing if somebody holds it."""
    try:
        STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        file = (STATE / "lock").open("a+")
    except OSError as error:
        raise RangeError(f"{error.filename}: {error.strerror}: ASEPSIS_RANGE names a folder for the hospital's state") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file


def living() -> dict[str, Any] | None:
    """What is known of the hospital that is up: the process that it hangs on, since when, of which size; None if none is. Nothing while
    it starts."""
    if not (STATE / "lock").exists():
        return None
    if (free := _lock()) is not None:
        free.close()
        return None
    try:
        told = json.loads((STATE / "up.json").read_text())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def up(arguments: list[str]) -> None:
    """Start the hospital and wait until it is open; its progress goes to stderr.

    Raises:
        RangeError: one is up already, or it could not start; then nothing of it is left.
    """
    need_root()
    lock = _lock()
    if lock is None:
        raise RangeError("the hospital is up already: `range status` shows it, `range down` ends it")
    (STATE / "up.json").unlink(missing_ok=True)
    reads, writes = os.pipe()
    words = [*UNSHARE, sys.executable, str(HERE), *FIRST, *arguments]
    log = (STATE / "log").open("w")
    outer = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, INSIDE: str(writes)},
        pass_fds=[writes, lock.fileno()],
        start_new_session=True,
    )
    os.close(writes)
    try:
        told = _follow(reads)
    except KeyboardInterrupt:
        outer.kill()
        raise RangeError("given up: nothing is left of it") from None
    if told != "open":
        outer.kill()
        outer.wait()
        raise RangeError(told or f"the hospital did not start: {(STATE / 'log').read_text()[-600:]}")
    state = {"pid": _child(outer.pid), "since": time.time(), "arguments": arguments}
    (STATE / "up.json").write_text(json.dumps(state))


def _follow(reads: int) -> str:
    """Show what the first process says; its last word is `open`, or why not."""
    last = ""
    with os.fdopen(reads) as lines:
        for line in lines:
            last = line.strip()
            if last == "open" or last.startswith("error: "):
                return last.removeprefix("error: ")
            print(f"[{time.strftime('%H:%M:%S')}] {last}", file=sys.stderr, flush=True)
    return ""


def _child(parent: int) -> int:
    done = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        raise RangeError(f"the hospital ended at once: {(STATE / 'log').read_text()[-600:]}")
    return int(done.stdout.split()[0])


def _held() -> bool:
    if (free := _lock()) is None:
        return True
    free.close()
    return False


def down() -> bool:
    """End the hospital; whether there was one. Waits until the kernel has ended everything."""
    need_root()
    told = living()
    if told is None:
        return False
    began, ended = time.monotonic(), False
    while _held():
        ended = ended or _end()
        if time.monotonic() > began + (END_S if ended else FOUND_S):
            raise RangeError(f"the hospital does not end: somebody else holds {STATE / 'lock'} (`fuser {STATE / 'lock'}` names them)")
        time.sleep(0.02)
    (STATE / "up.json").unlink(missing_ok=True)
    return True


def _end() -> bool:
    """Kill the first process, else who is about to start it; whether there was one. The latter frees the lock when all has ended."""
    told = {int(path.name): _words(path) for path in Path("/proc").glob("[0-9]*")}
    first = [pid for pid, words in told.items() if _is_first(words)]
    outer = [pid for pid, words in told.items() if words[: len(UNSHARE)] == UNSHARE and _is_first(words[len(UNSHARE) :])]
    for pid in first or outer:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(first or outer)


def _words(process: Path) -> list[str]:
    """A process's command line; none of one that has ended."""
    try:
        return (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def _is_first(words: list[str]) -> bool:
    """Whether it is the first process of this folder's hospital: word for word, for a number may be anybody's by now."""
    return words[2 : 2 + len(FIRST)] == FIRST


def enter(words: list[str], files: Sequence[int] = ()) -> int:
    """Run a program in the hospital's namespaces, with this terminal and these open files; its exit status. It ends when this process does.

    Raises:
        RangeError: no hospital is up, or not yet.
    """
    need_root()
    inside = ["nsenter", "--target", str(_first_process()), "--root", *NAMESPACES, f"--wd={os.getcwd()}", "--", *words]
    given_up = list[int]()
    before = signal.signal(signal.SIGINT, lambda number, _: given_up.append(number))  # who is inside has it too, and says what came of it
    try:
        done = subprocess.run(inside, env={**os.environ, INSIDE: "1"}, check=False, pass_fds=files, preexec_fn=_tied)
    finally:
        signal.signal(signal.SIGINT, before)
    if given_up and done.returncode == NSENTER_FAILS:  # deaf, it cannot die of what its program died of
        return 128 + signal.SIGINT
    return done.returncode


def _first_process() -> int:
    told = living()
    if told is None:
        raise RangeError("no hospital is up: `range up` starts one")
    pid = told.get("pid")
    if not isinstance(pid, int) or not _is_first(_words(Path(f"/proc/{pid}"))):
        raise RangeError("the hospital is still starting: wait until `range up` says that it is open, or end it with `range down`")
    return pid


def _tied() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_caller(signal.SIGKILL)


def end_with_caller(number: int) -> None:
    """The kernel sends this process a signal when its parent ends, however it ends (PR_SET_PDEATHSIG(2const))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def obey() -> None:
    """What is inside the namespaces gives up when its caller says so, or is gone; `enter` has it begin deaf to the former."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    end_with_caller(signal.SIGINT)
    if os.getppid() == FIRST_PROCESS:  # the caller went before that
        raise KeyboardInterrupt
