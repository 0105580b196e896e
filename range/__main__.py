"""A hospital in network namespaces that is lived in, attacked and recorded: `sudo .venv/bin/python range --help`."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import life
import topology
from lan import INSIDE, RangeError

VERBS_INSIDE = ("day", "scenario", "health", "exec")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="range", description="A hospital in network namespaces that is lived in, attacked and recorded.")
    verbs = made.add_subparsers(dest="verb", required=True, metavar="VERB")

    up = verbs.add_parser("up", help="build the hospital and start its daemons")
    _hospital(up)
    up.add_argument("--json", action="store_true")
    inner = verbs.add_parser("first-process")
    inner.add_argument("--state", help="tells the hospitals of one machine apart")
    _hospital(inner)
    verbs.add_parser("down", help="end everything that `up` started").add_argument("--json", action="store_true")
    verbs.add_parser("status", help="what is up: hosts, daemons, what was recorded").add_argument("--json", action="store_true")
    verbs.add_parser("health", help="whether care is hurt: waves, orders, images").add_argument("--json", action="store_true")
    verbs.add_parser("list", help="the scenarios").add_argument("--json", action="store_true")

    day = verbs.add_parser("day", help="live through a day; what went on before is no longer in the recording")
    day.add_argument("--hours", type=float, default=24, help="how long the day is, at most 72 (24)")
    day.add_argument("--start", type=float, default=0, metavar="HOUR", help="when it begins (0)")
    day.add_argument("--seed", type=int, default=1, help="the same seed, the same day (1)")
    day.add_argument("--ordinary", action="store_true", help="what is rare comes by chance, not every day")
    day.add_argument("--date", type=_date, help="the day, of 1970 to 2105; otherwise that of the topology file")
    day.add_argument("--json", action="store_true")

    scenario = verbs.add_parser("scenario", help="play a scripted attack into the recording")
    scenario.add_argument("name")
    scenario.add_argument("--at", metavar="HH:MM", help="moment of the day; otherwise a minute after what was last done")
    scenario.add_argument("--seed", type=int, default=1)
    scenario.add_argument("--json", action="store_true")

    record = verbs.add_parser("record", help="write packets of each zone and truth.jsonl, in the day's own time")
    record.add_argument("--into", type=Path, default=Path("build/range"), help="folder (build/range)")
    record.add_argument("--opened", type=int, help=argparse.SUPPRESS)
    record.add_argument("--json", action="store_true")

    site = verbs.add_parser("site", help="print the site.toml that the hospital would write of itself")
    site.add_argument("--topology", type=Path, default=topology.DEFAULT)
    compare = verbs.add_parser("compare", help="what asepsis found in a recording beside the truth; 4 if it falls short")
    compare.add_argument("recording", type=Path)
    compare.add_argument("--site", type=Path, required=True, help="site that `asepsis assess` read the recording into")
    compare.add_argument("--json", action="store_true")

    run = verbs.add_parser("exec", help="run a program on a host, or `sensor` for where the mirror port is")
    run.add_argument("host")
    run.add_argument("command", nargs=argparse.REMAINDER)
    return made


def _hospital(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--quick", action="store_true", help="without Samba and the domain: up in less than 30 s")
    verb.add_argument("--hosts", type=int, default=0, help="at least so many, the more only send")
    verb.add_argument("--topology", type=Path, default=topology.DEFAULT, help="TOML file of the hospital")
    verb.add_argument("--seed", type=int, default=1, help="of its patients (1)")
    verb.add_argument("--scratch", type=_size, default="60%", help="how much memory its files and recordings may take, as 8G (60%%)")


def _size(text: str) -> str:
    if not re.fullmatch(r"0*[1-9][0-9]*[kmgKMG%]?", text):
        raise argparse.ArgumentTypeError(f"{text}: a size is written 8G, 500M or 60%")
    return text


def _date(text: str) -> date:
    try:
        return topology.known_date(date.fromisoformat(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


def _topology(asked: argparse.Namespace) -> topology.Topology:
    hospital = topology.load(asked.topology.resolve())
    hospital = hospital.quick() if asked.quick else hospital
    return hospital.with_hosts(asked.hosts)


def up(asked: argparse.Namespace) -> int:
    import services

    life.need_root()
    hospital = _topology(asked)
    services.check(hospital)
    life.need(services.PACKAGES | ({} if asked.quick else services.HEAVY_PACKAGES))
    words = ["--hosts", str(asked.hosts), "--topology", str(asked.topology.resolve()), "--seed", str(asked.seed)]
    words += ["--scratch", asked.scratch, *(["--quick"] if asked.quick else [])]
    began = time.monotonic()
    life.up(words)
    took = time.monotonic() - began
    if asked.json:
        print(json.dumps({"up": True, "hosts": len(hospital.hosts), "zones": len(hospital.zones), "seconds": round(took, 1)}))
    else:
        print(f"The hospital is open: {len(hospital.hosts)} hosts in {len(hospital.zones)} zones, after {took:.0f} s.")
    return 0


def first_process(asked: argparse.Namespace) -> int:
    import first_process as first

    return first.live(_topology(asked), asked.seed, asked.quick, asked.scratch)


def down(asked: argparse.Namespace) -> int:
    was = life.down()
    print(json.dumps({"up": False, "was_up": was}) if asked.json else "The hospital is closed." if was else "No hospital was up.")
    return 0


def status(asked: argparse.Namespace) -> int:
    told = life.living()
    if told is None or os.environ.get(INSIDE):
        import show

        return show.status(asked.json) if told is not None or os.environ.get(INSIDE) else show.nothing(asked.json)
    return life.enter([sys.executable, *sys.argv])


def day(asked: argparse.Namespace) -> int:
    import living_day

    return living_day.main(asked)


def scenario(asked: argparse.Namespace) -> int:
    import attacks

    return attacks.main(asked)


def listed(asked: argparse.Namespace) -> int:
    import attacks

    return attacks.listed(asked.json)


def record(asked: argparse.Namespace) -> int:
    import record_day

    return record_day.main(asked) if os.environ.get(INSIDE) else record_day.outside(asked)


def health(asked: argparse.Namespace) -> int:
    import heartbeat

    return heartbeat.main(asked.json)


def site(asked: argparse.Namespace) -> int:
    print(topology.load(asked.topology).site_toml(), end="")
    return 0


def compared(asked: argparse.Namespace) -> int:
    import compare

    return compare.main(asked)


def execute(asked: argparse.Namespace) -> int:
    words = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    if not words:
        raise RangeError("say which program to run: `range exec HOST -- PROGRAM`")
    space = [] if asked.host == "sensor" else ["ip", "netns", "exec", asked.host]
    if space and not Path("/run/netns", asked.host).exists():
        raise RangeError(f"no host {asked.host}: `range status` names them, and `sensor` is where the mirror port is")
    if shutil.which(words[0]):
        life.end_with_caller(signal.SIGKILL)  # a program need not heed anything less
        os.execvp([*space, *words][0], [*space, *words])
    there = os.path.lexists(words[0])
    print(f"range exec: {asked.host}: {words[0]}: {'is no program' if there else 'no such program'}", file=sys.stderr)
    return 126 if there else 127  # as shells say it


VERBS = {
    "up": up,
    "first-process": first_process,
    "down": down,
    "status": status,
    "day": day,
    "scenario": scenario,
    "list": listed,
    "record": record,
    "health": health,
    "site": site,
    "compare": compared,
    "exec": execute,
}


def system_programs() -> None:
    """Programs of Python packages do not stand before Debian's: both dcmtk and pynetdicom have a `storescp`."""
    own = str(Path(sys.prefix) / "bin")
    os.environ["PATH"] = os.pathsep.join(["/usr/sbin", "/usr/bin", "/sbin", "/bin", *(p for p in os.get_exec_path() if p != own)])


def main() -> int:
    asked = parser().parse_args()
    system_programs()
    try:
        if os.environ.get(INSIDE) and asked.verb != "first-process":
            life.obey()
        elif asked.verb in VERBS_INSIDE:
            return life.enter([sys.executable, *sys.argv])
        return VERBS[asked.verb](asked)
    except RangeError as error:
        print(f"range {asked.verb}: {error}", file=sys.stderr)
        return 3
    except subprocess.CalledProcessError as error:
        print(f"range {asked.verb}: {' '.join(map(str, error.cmd))}: exit {error.returncode}: {error.stderr!s:.400}", file=sys.stderr)
        return 3
    except subprocess.TimeoutExpired as error:
        print(f"range {asked.verb}: {' '.join(map(str, error.cmd))}: no end after {error.timeout:.0f} s", file=sys.stderr)
        return 3
    except OSError as error:
        place = ": ".join(str(one) for one in (error.filename, error.filename2) if one is not None)
        print(f"range {asked.verb}: {place + ': ' if place else ''}{error.strerror or error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print(f"range {asked.verb}: given up", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
