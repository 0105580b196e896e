"""The same SQL on Spark: carried over by sqlglot, and run where Spark is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from hypothesis import given, settings
from tests.network.sigma import making
from tests.network.sigma.tables import CONNECTION, STREAMS, Row, Rows, at, correlation, rule, written
from tests.network.sigma.test_equal import document, read_pack

from asepsis.network.sigma import query
from asepsis.network.sigma.hunt import of
from asepsis.network.sigma.pack import Pack
from asepsis.network.sigma.query import Reach
from asepsis.network.sigma.rule import Correlation
from asepsis.network.sigma.taxonomy import Taxonomy


def spark_sql(text: str) -> str:
    (carried,) = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    return carried


def every_query(some: Pack) -> Iterator[str]:
    for one in some.rules:
        if isinstance(one, Correlation):
            yield query.of_correlation(one, some, Taxonomy(STREAMS), Reach(), 5)
        else:
            yield query.of_rule(one, Taxonomy(STREAMS), Reach())


@settings(max_examples=25, deadline=None)
@given(making.packs(), making.detections)
def test_every_query_is_carried_over(documents: dict[str, Any], detection: dict[str, Any]) -> None:
    for text in every_query(read_pack(documents | {"random": document(detection, "random")})):
        carried = spark_sql(text)
        assert "LAMBDA" not in carried
        # What it means to DuckDB does not change by the way there.
        assert sqlglot.parse_one(text, read="duckdb").sql("duckdb")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (the extra asepsis[spark])")
    if not shutil.which("java"):
        pytest.skip("Spark needs Java")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    folder = tmp_path_factory.mktemp("spark")
    built = pyspark.SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    for name, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.warehouse.dir": str(folder),
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        built = built.config(name, value)
    started = built.getOrCreate()
    yield started
    started.stop()


RULES = written(
    rule("a:\n  conn_state: s0\n  id.resp_h|cidr: 10.0.0.0/8\nb:\n  service|re: '^x\\.y$'\ncondition: a and not b"),
    rule("a:\n  query|contains: [\"it's\", 'a\\b', '%_']\nb:\n  answers|endswith: '.Example'\ncondition: a or b", "dns", "asks"),
    correlation("event_count", condition="{gte: 3}", generate="true"),
    correlation("value_count", "[one]", "ports", condition="{field: id.resp_p, gte: 2, lt: 4}", generate="true"),
    correlation("value_sum", "[one]", "volume", condition="{field: orig_bytes, gt: 10.5}", generate="true"),
    correlation("temporal_ordered", "[many, asks]", "then", group_by="[id.orig_h]", timespan="5m"),
)


def rows() -> dict[str, list[Row]]:
    def end(host: str) -> Row:
        return {"id_orig_h": host, "id_resp_h": "10.0.0.9", "id_resp_hi": 0, "id_resp_lo": 0xFFFF0A000009}

    def connection(n: int) -> Row:
        shown = {"conn_state": "S0" if n % 5 else "SF", "id_resp_p": n % 3, "orig_bytes": n, "service": None if n % 7 else "x.y"}
        return end(f"10.0.0.{n % 2}") | {"ts": at(n * 9)} | shown

    def question(n: int) -> Row:
        shown = {"query": ("it's", "A\\B", "100%_", "other")[n % 4], "answers": [["x.example"], [], ["y"], None][n % 4]}
        return end(f"10.0.0.{n % 2}") | {"ts": at(n * 31)} | shown

    return {"conn": [connection(n) for n in range(30)], "dns": [question(n) for n in range(12)]}


class Spark:
    """The tables of a Spark session."""

    streams = STREAMS

    def __init__(self, session: Any, folder: Path, tables: Rows) -> None:
        self._session = session
        for name in tables.given:
            file = folder / f"{name}.parquet"
            CONNECTION.execute(f"COPY {name} TO '{file}' (FORMAT parquet)")
            session.read.parquet(str(file)).createOrReplaceTempView(name)

    def rows(self, text: str) -> list[Row]:
        return [{name: _utc(value) for name, value in row.asDict().items()} for row in self._session.sql(spark_sql(text)).collect()]


def _utc(value: Any) -> Any:
    """Spark gives times without their zone, in that of the machine."""
    return value.astimezone(UTC) if hasattr(value, "astimezone") else value


def test_three_correlations_find_the_same_on_spark(session: Any, tmp_path: Path) -> None:
    tables = Rows(rows())
    spark = Spark(session, tmp_path, tables)
    found = 0
    for one in RULES.rules:
        ours = sorted(of(one, tables, RULES, Reach(), 5), key=repr)
        found += len(ours)
        assert sorted(of(one, spark, RULES, Reach(), 5), key=repr) == ours
    assert found > 20
