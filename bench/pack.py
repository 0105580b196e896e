"""What all rules cost over a month of a hospital, beside a bare scan of the columns that they read, and many indicators beside a bare join.

    python bench/pack.py 100000000 10000000 --work DIR

The month (`month.py`) is made in DIR where it is not there yet. The rules are asked of all of it as `network hunt` asks (`hunt_all`);
detectors cannot be asked of the past and are not among them. A bare scan is `bit_xor(hash(...))` of the columns: a minimum or maximum would
come from the statistics of Parquet. Each figure is in processor seconds of a process of its own, all with the same bounds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import indicators
import month

from asepsis.kit.site import Site
from asepsis.lake.bounds import Bounds
from asepsis.lake.service import Lake, open_lake, streams
from asepsis.network import hunting
from asepsis.network.library import Entry, shipped
from asepsis.network.sigma.detection import predicate
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Correlation
from asepsis.network.sigma.taxonomy import Taxonomy

Figures = dict[str, Any]
SLOWEST = 10


def the_month(folder: Path, conns: int, medical: int) -> Site:
    """The site with the month, made once."""
    path = folder / f"{conns}-{medical}"
    done = folder / f"{conns}-{medical}.made"
    site = Site.open(path, create=not done.exists())
    if not done.exists():
        month.make(site, conns, medical)
        done.touch()
    return site


def read(entries: Iterable[Entry]) -> dict[str, list[str]]:
    """The columns that rules read, by stream."""
    taxonomy, words = Taxonomy(streams()), dict[str, set[str]]()
    for entry in entries:
        grouped = [part for part in entry.parts if isinstance(part, Correlation)]
        fields = {field for part in grouped for field in (*part.group_by, *part.fields)}
        fields |= {word for part in grouped for names in part.aliases.values() for word in names.values()}
        fields |= {*filter(None, (entry.meaning.attacker, entry.meaning.victim, entry.meaning.account)), "event_id", "ts"}
        for leaf in entry.leaves:
            stream, condition = predicate(leaf, taxonomy)
            words.setdefault(stream.name, set()).update(fields, re.findall(r'"(\w+)"', condition))
    return {name: [column.name for column in taxonomy.streams[name].columns if column.name in of] for name, of in words.items()}


def bare(lake: Lake, columns: dict[str, list[str]]) -> Figures:
    """A scan of columns and nothing else."""
    for stream, names in columns.items():
        lake.rows(f"SELECT bit_xor(hash({', '.join(names)})) AS whole FROM {stream}")
    return {}


def whole(lake: Lake, entries: list[Entry]) -> Figures:
    """All rules: seconds and how many sightings of each; the first of them waits for the reading of all streams."""
    found: dict[str, int] = {}
    seconds: dict[str, float] = {}
    begun = time.process_time()
    for entry, some in hunting.hunt_all(entries, lake, Reach()):
        found[entry.name], seconds[entry.name] = len(some), time.process_time() - begun
        begun = time.process_time()
    return {"found": found, "rules": seconds}


def apart(what: Callable[[Lake], Figures], site: Site, memory: str) -> Figures:
    """The figures of one measure, in a process of its own: `seconds` of its processors and `MiB` at its peak."""
    inner, outer = os.pipe()
    if (child := os.fork()) == 0:
        with open_lake(site, Bounds(memory=memory)) as lake:
            told = what(lake)
        used = resource.getrusage(resource.RUSAGE_SELF)
        told |= {"seconds": used.ru_utime + used.ru_stime, "MiB": used.ru_maxrss / 1024}
        os.write(outer, json.dumps(told).encode())
        os._exit(0)
    os.close(outer)
    with os.fdopen(inner, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit("a measure did not end: see above")
    return dict(json.loads(text))


def measured(site: Site, memory: str, many: int) -> Iterator[tuple[str, Figures]]:
    """Every figure by its name, each after what it is set beside."""
    entries = [entry for entry in shipped() if not entry.detects]
    columns = read(entries)
    yield "bare scan", apart(lambda lake: bare(lake, columns), site, memory)
    yield "all rules", apart(lambda lake: whole(lake, entries), site, memory)
    for kind in indicators.KINDS:
        rule = indicators.rule(kind, many)
        yield f"bare join, {kind}", apart(lambda lake, kind=kind: indicators.joined(lake, kind, many), site, memory)
        yield f"rule, {kind}", apart(lambda lake, rule=rule: indicators.asked(lake, rule), site, memory)
        yield f"hunt, {kind}", apart(lambda lake, rule=rule: indicators.hunted(lake, rule), site, memory)


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("conns", type=int, metavar="ROWS_CONN")
    asked.add_argument("medical", type=int, metavar="ROWS_MEDICAL")
    asked.add_argument("--work", type=Path, required=True)
    asked.add_argument("--memory", default="3500MB")
    asked.add_argument("--indicators", type=int, default=100_000)
    asked.add_argument("--json", action="store_true")
    words = asked.parse_args()
    words.work.mkdir(parents=True, exist_ok=True)
    site = the_month(words.work, words.conns, words.medical)
    told: dict[str, Figures] = {}
    for name, figures in measured(site, words.memory, words.indicators):
        told[name] = figures
        beside = next((told[other] for other in reversed(told) if other.startswith("bare")), figures)
        figures["ratio"] = figures["seconds"] / beside["seconds"]
        if not words.json:
            print(f"{name:24} {figures['seconds']:9.2f} CPU-s  {figures['ratio']:6.2f} x bare  {figures['MiB']:6.0f} MiB", flush=True)
            for rule in sorted(figures.get("rules", ()), key=lambda rule: -figures["rules"][rule])[:SLOWEST]:
                print(f"    {rule:32} {figures['rules'][rule]:9.2f} CPU-s  {figures['found'][rule]:9,} sightings")
    if words.json:
        print(json.dumps({"conns": words.conns, "medical": words.medical, "memory": words.memory, "figures": told}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
