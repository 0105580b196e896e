"""A database that many share may not keep what is over, nor go along into a fork."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asepsis.lake.engine import DuckDBEngine


def run(code: str, folder: Path) -> str:
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_lakes_that_share_see_their_own_tables_alone(tmp_path: Path) -> None:
    one, other = DuckDBEngine(tmp_path, few=True), DuckDBEngine(tmp_path, few=True)
    for engine, value in ((one, 1), (other, 2)):
        engine.append("t", pa.table({"a": [value]}))
    assert one.rows("SELECT a FROM t") == [{"a": 1}]
    one.close()
    assert other.rows("SELECT a FROM t") == [{"a": 2}]
    other.close()


@pytest.mark.parametrize("few", [True, False])
@pytest.mark.parametrize("asks", [True, False])
def test_a_process_that_was_forked_ends(tmp_path: Path, few: bool, asks: bool) -> None:
    said = run(
        f"""
        import os, pathlib, signal, sys
        from asepsis.lake.engine import DuckDBEngine
        folder = pathlib.Path(sys.argv[1])
        one = DuckDBEngine(folder, few={few}); one.rows("SELECT SUM(range) AS s FROM range(3000000)"); one.close(); del one
        if not (child := os.fork()):
            signal.alarm(20)
            if {asks}:
                one = DuckDBEngine(folder, few={few}); one.rows("SELECT 1 AS a"); one.close()
            sys.exit(0)
        print(os.waitpid(child, 0)[1])
        """,
        tmp_path,
    )
    assert said == "0\n", "14: it hangs at its end; 11: it dies of a segmentation fault"


def test_a_file_that_was_read_leaves_nothing_behind(tmp_path: Path) -> None:
    for n in range(40):
        path = tmp_path / f"{n}.parquet"
        pq.write_table(pa.table({"a": [n]}), path)
        one = DuckDBEngine(tmp_path, few=True)
        one.rows(f"SELECT SUM(a) AS s FROM read_parquet('{path}')")
        one.close()
    one = DuckDBEngine(tmp_path, few=True)
    assert one.rows("SELECT CAST(SUM(memory_usage_bytes) AS BIGINT) AS b FROM duckdb_memory()") == [{"b": 0}]
    one.close()


def test_memory_of_a_question_to_many_rows_goes_with_the_lake(tmp_path: Path) -> None:
    said = run(
        """
        import pathlib, sys
        from asepsis.lake.engine import DuckDBEngine
        for _ in range(3):
            one = DuckDBEngine(pathlib.Path(sys.argv[1]))
            one.rows("SELECT COUNT(DISTINCT CAST(HASH(range) AS VARCHAR)) AS n FROM range(6000000)")
            one.close()
        print(int(open("/proc/self/statm").read().split()[1]) * 4096 >> 20)
        """,
        tmp_path,
    )
    assert int(said) < 250, "MiB: a database of its own leaves some 70, one that stays 600 and more"
