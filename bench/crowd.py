"""Fifty people who work with the console at once: whether anything fails, how long pages take, and whether memory stays.

    python bench/filled.py SITE && python bench/crowd.py SITE [--people 50] [--minutes 10] [--json]

Each has a connection of his own over HTTPS on loopback and looks at a page every two seconds or so, as somebody does who reads; one in
five also listens for news. Times are those from the request to the last byte. The site is one that nobody has logged in to yet.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from console import Visitor, logged_in, paths, started

BAR_MS, PAUSE_S = 300.0, 2.0


class Crowd:
    """What all of them saw."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.errors: list[str] = []
        self._lock = threading.Lock()

    def visit(self, visitor: Visitor, pages: list[str], until: float, seed: int) -> None:
        chance = random.Random(seed)
        time.sleep(chance.random() * PAUSE_S)
        while time.monotonic() < until:
            path = chance.choice(pages)
            try:
                status, _, took, _ = visitor.ask(path)
                said = "" if status == 200 else f"{path}: {status}"
            except OSError as error:
                took, said = 0.0, f"{path}: {error}"
            with self._lock:
                self.times.append(1000 * took)
                self.errors += [said] if said else []
            time.sleep(chance.uniform(0.5, 1.5) * PAUSE_S)

    def listen(self, visitor: Visitor, until: float) -> None:
        try:
            visitor.connection.request("GET", "/worklist/live", headers={"Cookie": cookies(visitor), "Accept": "text/event-stream"})
            answer = visitor.connection.getresponse()
            while time.monotonic() < until and answer.readline():
                pass
        except OSError as error:
            with self._lock:
                self.errors.append(f"listening: {error}")


def cookies(visitor: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def memory_of(process: subprocess.Popen[str]) -> int:
    """Resident bytes of all parts."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return sum(1024 * int(line.split()[1]) for one in children for line in _status(one) if line.startswith("VmRSS"))


def _status(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/status").read_text().splitlines()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("site", type=Path)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    process, port, link = started(given.site)
    crowd = Crowd()
    try:
        first = logged_in(port, link)
        pages = list(paths(first).values())
        for path in pages:
            first.ask(path)
        before, until = memory_of(process), time.monotonic() + 60 * given.minutes
        threads = []
        for n in range(given.people):
            one, other = Visitor(port), Visitor(port)
            one.cookies, other.cookies = dict(first.cookies), dict(first.cookies)
            threads.append(threading.Thread(target=crowd.visit, args=(one, pages, until, n)))
            if n % 5 == 0:
                threads.append(threading.Thread(target=crowd.listen, args=(other, until), daemon=True))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, until + 60 - time.monotonic()))
        after = memory_of(process)
    finally:
        process.terminate()
        process.wait(60)
    times = sorted(crowd.times)
    told = {
        "people": given.people,
        "minutes": given.minutes,
        "pages": len(times),
        "errors": len(crowd.errors),
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[round(0.95 * (len(times) - 1))], 1),
        "bar_ms": BAR_MS,
        "memory_before": before,
        "memory_after": after,
    }
    print(json.dumps(told) if given.json else "\n".join(f"{name.replace('_', ' ')}: {value:,}" for name, value in told.items()))
    for error in sorted(set(crowd.errors))[:10]:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    main()
