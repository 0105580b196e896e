"""What a pack of Sigma rules costs over many connections, beside a bare scan of the columns that they read.

    python bench/rules.py FOLDER --conns 10000000 --memory 4GB

The connections are made up, a day of them, and kept in FOLDER. A bare scan is `bit_xor(hash(...))` of the columns: a minimum or maximum
would come from the statistics of Parquet. Each figure is of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from asepsis.lake.bounds import Bounds
from asepsis.lake.engine import DuckDBEngine
from asepsis.lake.service import Stream, streams
from asepsis.network.sigma import query
from asepsis.network.sigma.hunt import of
from asepsis.network.sigma.pack import Pack, pack, rules
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Correlation
from asepsis.network.sigma.taxonomy import Taxonomy

PART_ROWS = 1_000_000
# A day of 5,000 machines: most connections complete, some are refused; 40 machines scan for a minute each, one sends much.
MADE = """
    SELECT lower(hex(hash(n))) || lower(hex(hash(n + 1)))[:10] AS event_id,
        TIMESTAMPTZ '2026-03-02 00:00:00+00' + to_microseconds(CAST(n * 86400e6 / {conns} AS BIGINT)) AS ts,
        '10.' || (client >> 8) || '.' || (client & 255) || '.7' AS id_orig_h,
        '10.200.' || (server >> 8) || '.' || (server & 255) AS id_resp_h,
        0 AS id_orig_hi, {orig} + ((client >> 8) << 16) + ((client & 255) << 8) AS id_orig_lo,
        0 AS id_resp_hi, {resp} + server AS id_resp_lo,
        CASE WHEN scans THEN dice(n, 6, 1000) ELSE [80, 443, 445, 104, 2575, 53, 3389, 22][1 + dice(n, 7, 8)] END AS id_resp_p,
        CASE WHEN scans OR dice(n, 3, 50) = 0 THEN ['S0', 'REJ'][1 + dice(n, 4, 2)] ELSE 'SF' END AS conn_state,
        ['tcp', 'udp'][1 + dice(n, 8, 2)] AS proto, ['http', 'ssl', 'smb', NULL][1 + dice(n, 9, 4)] AS service,
        dice(n, 10, 5000) AS orig_bytes, dice(n, 11, 50000) AS resp_bytes, (dice(n, 12, 1000)) / 100.0 AS duration
    FROM (
        SELECT n, dice(n, 1, 200) = 0 AND (n * 1440 // {conns}) % 36 = 0 AS scans,
            CASE WHEN scans THEN (n * 1440 // {conns}) // 36 ELSE dice(n, 2, 5000) END AS client, dice(n, 5, 2000) AS server
        FROM range({since}, {until}) AS numbers(n)
    )
"""
DICE = "CREATE OR REPLACE MACRO dice(n, throw, sides) AS CAST(hash(concat(n, '/', throw)) % sides AS BIGINT)"
RULES = """
title: Connection that failed
name: failed
logsource: {product: zeek, service: conn}
detection: {a: {conn_state: [S0, REJ]}, condition: a}
---
title: To a file server
name: smb
logsource: {product: zeek, service: conn}
detection: {a: {id.resp_p: 445, conn_state: SF}, condition: a}
---
title: To a remote desktop
name: rdp
logsource: {product: zeek, service: conn}
detection: {a: {id.resp_p: 3389}, in: {id.orig_h|cidr: [10.0.0.0/9, 10.128.0.0/10]}, condition: a and not in}
---
title: Bytes that leave
name: sent
logsource: {product: zeek, service: conn}
detection: {a: {orig_bytes|gt: 0}, condition: a}
---
title: Many hosts
name: hosts
correlation: {type: value_count, rules: [failed], group-by: [id.orig_h], timespan: 5m, condition: {field: id.resp_h, gte: 25}}
---
title: Many ports
name: ports
correlation: {type: value_count, rules: [failed], group-by: [id.orig_h], timespan: 5m, condition: {field: id.resp_p, gte: 15}}
---
title: Many tries at one service
name: tries
correlation: {type: event_count, rules: [failed], group-by: [id.orig_h, id.resp_h, id.resp_p], timespan: 30m, condition: {gte: 30}}
---
title: File servers, one after the other
name: spread
correlation: {type: value_count, rules: [smb], group-by: [id.orig_h], timespan: 10m, condition: {field: id.resp_h, gte: 20}}
---
title: A scan, then a file server
name: entered
correlation: {type: temporal_ordered, rules: [hosts, smb], group-by: [id.orig_h], timespan: 10m}
---
title: Much that leaves in an hour
name: volume
correlation: {type: value_sum, rules: [sent], group-by: [id.orig_h], timespan: 1h, condition: {field: orig_bytes, gt: 3000000}}
"""


def parts(folder: Path, conns: int) -> list[Path]:
    """The connections, made where they are not there yet."""
    files = []
    for since in range(0, conns, PART_ROWS):
        until = min(since + PART_ROWS, conns)
        files.append(folder / f"{conns}-{since}.parquet")
        if not files[-1].exists():
            aside = files[-1].with_suffix(".tmp")
            made = MADE.format(conns=conns, since=since, until=until, orig=0xFFFF0A000007, resp=0xFFFF0AC80000)
            duckdb.sql(f"SET TimeZone = 'UTC'; {DICE}; COPY ({made}) TO '{aside}' (FORMAT parquet, COMPRESSION zstd)")
            aside.rename(files[-1])
    return files


class Tables:
    """Parquet parts as the lake opens them, within so much memory."""

    streams: Mapping[str, Stream] = streams()

    def __init__(self, files: list[Path], memory: str) -> None:
        self.engine = DuckDBEngine(files[0].parent, Bounds(memory=memory))
        self.engine.register("conn", files, self.streams["conn"].columns)

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.engine.rows(query)


def read(some: Pack) -> list[str]:
    """The columns that the pack reads."""
    words: set[str] = set()
    for rule in some.speaking():
        if isinstance(rule, Correlation):
            words |= set(re.findall(r"\w+", query.of_correlation(rule, some, Taxonomy(Tables.streams), Reach(), 1)))
        else:
            words |= set(re.findall(r"\w+", query.of_rule(rule, Taxonomy(Tables.streams), Reach())))
    return [column.name for column in Tables.streams["conn"].columns if column.name in words]


def measure(what: str, files: list[Path], memory: str) -> dict[str, float]:
    """One figure, in a process of its own."""
    inner, outer = os.pipe()
    if (child := os.fork()) == 0:
        tables, some = Tables(files, memory), pack(rules(RULES.encode(), "bench"))
        began, found = time.monotonic(), 0
        if what == "bare scan":
            tables.rows(f"SELECT bit_xor(hash({', '.join(read(some))})) FROM conn")
        else:
            for rule in some.speaking():
                if what in ("whole pack", rule.key):
                    found += sum(1 for _ in of(rule, tables, some, Reach()))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(outer, json.dumps({"seconds": time.monotonic() - began, "MiB": peak, "found": found}).encode())
        os._exit(0)
    os.close(outer)
    with os.fdopen(inner, "rb") as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"seconds": float("nan"), "MiB": float("nan"), "found": 0}


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--conns", type=int, default=10_000_000)
    asked.add_argument("--memory", default="4GB")
    words = asked.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    files = parts(words.folder, words.conns)
    speaking = [rule.key for rule in pack(rules(RULES.encode(), "bench")).speaking()]
    measure("bare scan", files, words.memory)  # the files are in the page cache now, for all alike
    bare = measure("bare scan", files, words.memory)["seconds"]
    for what in ("bare scan", *speaking, "whole pack"):
        figures = measure(what, files, words.memory)
        ratio = figures["seconds"] / bare
        print(
            f"{what:12} {figures['seconds']:8.2f} s  {ratio:6.2f} x bare  {figures['MiB']:7.0f} MiB  {figures['found']:7,} found",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
