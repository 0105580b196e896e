from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.lake import guard, service, wall
from asepsis.lake.answer import distinct, rows_of
from asepsis.lake.service import Bounds, Lake
from asepsis.lake.wall import size

SOURCE = {"PYTHONPATH": "src"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    site = Site.open(tmp_path_factory.mktemp("sql"), create=True)
    with service.open_lake(site, Bounds(0.5, "100MB", 1000, 1 << 20)) as lake:
        yield lake


@pytest.mark.parametrize(
    "query",
    [
        "select count(*) from conn",
        "FROM Conn SELECT uid",
        "with c as (select uid from conn) select * from c join dns using (uid)",
        "(select uid from conn) union all (select uid from dns)",
        "select * from range(3)",
        "select x from unnest([1, 2]) as t(x), generate_series(1, 2)",
        "select unnest(answers) from dns",
        "with recursive t(n) as (select 1 union all select n + 1 from t where n < 5) select n from t",
        "select * from (values (1), (2)) t(a) where a in (select orig_pkts from conn)",
        "select 1;",
        "with a as (select 1 x), b as (select * from a) select * from b where x in (select x from a) union all select x from b",
        "with a as (select 1 x) select * from (with b as (select * from a) select * from b), lateral (select * from a)",
        "with conn as (select * from conn where proto = 'tcp') select count(*) from conn",
        "with recursive t(n) using key (n) as (select 1 union all select n + 1 from t where n < 3) select * from t",
        "select proto, count(*), quantile_cont(duration, 0.9), max_by(uid, ts), array_agg(uid order by ts) from conn group by all",
        "select sum(orig_pkts) over w, lag(uid) over (order by ts), ntile(4) over w from conn window w as (partition by uid)",
        "select ts + interval 3 days, extract(hour from ts), ts at time zone 'UTC', uid.upper() from conn where ts > now()",
        "select [x * 2 for x in [1, 2] if x > 1], list_transform([1], lambda x: x + 1), {'a': 1}.a, map {1: 2}, try(1), 2 ** 3, 5!",
        "select uid similar to 'x.*', uid like 'b' escape '$', uid not ilike 'y', regexp_extract(uid, 'a', 0) from conn",
        "select * from (pivot conn on proto in ('tcp', 'udp') using count(*))",
        "select columns('id_.*') from conn qualify row_number() over (partition by uid order by ts) = 1",
    ],
)
def test_one_select_over_streams(lake: Lake, query: str) -> None:
    assert lake.ask(query).column_names


@pytest.mark.parametrize(
    "query",
    [
        "",
        ";",
        "selec",
        "select",
        "select * from conn where",
        "select 1; select 2",
        "select 1; drop table conn",
        "copy conn to '/tmp/x'",
        "copy (select 1) to '/tmp/x'",
        "attach '/tmp/x.db'",
        "pragma database_list",
        "set threads = 1",
        "install httpfs",
        "load httpfs",
        "call range(3)",
        "create table x as select 1",
        "insert into conn select * from conn",
        "with x as (select 1) insert into conn select * from x",
        "delete from conn",
        "explain analyze select 1",
        "export database '/tmp/x'",
        "prepare p as select 1",
        "summarize conn",
        "show tables",
        "select * from (show tables)",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from read_parquet('*.parquet')",
        "select * from parquet_metadata('x')",
        "select * from glob('/*')",
        "select * from '/etc/passwd'",
        "select * from 'file.parquet'",
        'select * from "file.parquet"',
        "select * from conn, '/etc/passwd'",
        "select (select count(*) from '/etc/passwd')",
        "select * from conn where uid in (select content from read_text('/etc/passwd'))",
        "select * from query('select 1')",
        "select * from query_table('conn')",
        "select * from duckdb_settings()",
        "select * from duckdb_secrets()",
        "select * from pragma_database_list()",
        "select * from information_schema.tables",
        "select * from sqlite_master",
        "select * from pg_catalog.pg_tables",
        "select * from other.main.conn",
        "select * from nowhere",
        "select getenv('HOME')",
        "select 'HOME'.getenv()",
        "select current_setting('allowed_directories')",
        "select nope from conn",
        "select * from conn where ts > 5",
        "with x as (insert into conn select 1) select 1",
        "describe conn",
        "select * from (pivot conn on proto)",
        "select ?",
        "(select " * 5000 + "1" + ")" * 5000,
        "select " + "1+" * 40_000 + "1",
        "select '" + "x" * 100_000 + "'",
        "select \x00 from conn",
        # Names of tables of the query that are known elsewhere, or mean something else.
        'select * from (with "pg_catalog.pg_settings" as (select 2) select 1) t, pg_catalog.pg_settings',
        'select * from (with "information_schema.tables" as (select 2) select 1) t, information_schema.tables',
        "select * from (with sqlite_master as (select 2) select 1) t, sqlite_master",
        "select * from (with duckdb_databases as (select 2) select 1) t, duckdb_databases",
        "with sqlite_master as (select 2) select * from sqlite_master",
        'with "a.parquet" as (select 2) select * from "a.parquet"',
        "select * from (with a as (select 2) select 1) t, a",
        "with a as (select * from b), b as (select 1) select * from a",
        "with a as (select * from a) select * from a",
        "select * from main.conn",
        "select * from memory.main.conn",
        'select * from "conn "',
        "select * from \u017fsl",
        "select json_serialize_sql('select 1')",
        "select sleep_ms(1)",
        "select list_transform(['HOME'], lambda x: getenv(x))",
        "select x.getenv() from (select 'HOME' x)",
        "select main.current_setting('threads')",
        "select pg_catalog.pg_get_viewdef(1)",
        "select list_aggregate(['HOME'], 'getenv')",
        "select 'conn'::regclass",
        "select write_log('x')",
        "select nextval('x')",
        "select current_query()",
        "select * from histogram_values(conn, uid)",
    ],
)
def test_anything_else_is_one_line(lake: Lake, query: str) -> None:
    with pytest.raises(BadInput) as caught:
        lake.ask(query)
    assert len(str(caught.value).splitlines()) == 1
    assert "root:" not in str(caught.value)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("select\n * frm conn where (", "not SQL: line 2, column 8: "),
        ("select 'éé' frm x y z", "not SQL: line 1, column 17: "),
        ("select uid,\n  nope from conn", "the query fails: line 2, at nope: "),
        ("select '\U0001f600',\n'é', getenv('x')", "function not allowed: getenv, line 2, column 6: "),
        ("select *\nfrom conn, nowhere", "no such stream: nowhere, line 2, column 12: "),
    ],
)
def test_errors_say_where_in_the_query(lake: Lake, query: str, place: str) -> None:
    with pytest.raises(BadInput) as caught:
        lake.ask(query)
    assert str(caught.value).startswith(place)


def test_of_a_span_of_time_only_its_rows_are_seen(site: Site, capture: Callable[..., Path]) -> None:
    service.ingest(site, [capture(3)])
    _, a, b, c = (datetime(2023, 11, 14, 22, 13, 20, 1000 * n, UTC) for n in range(4))
    for begin, end, n in ((None, None, 3), (a, None, 2), (None, a, 1), (a, b, 1), (c, None, 0)):
        with service.open_lake(site, Bounds(), between=(begin, end)) as lake:
            assert lake.ask("select count(*) as n from conn").to_pylist() == [{"n": n}]
            assert lake.ask("with conn as (select * from conn) select count(*) as n from conn").to_pylist() == [{"n": n}]


def test_a_quoted_path_below_the_lake_is_no_table(site: Site, capture: Callable[..., Path]) -> None:
    service.ingest(site, [capture(1)])
    with service.open_lake(site, Bounds()) as lake:
        for path in (path for path in site.lake.rglob("*") if path.is_file()):
            for query in (f'select * from "{path}"', f'select * from (with "{path}" as (select 2) select 1) t, "{path}"'):
                with pytest.raises(BadInput, match=r"no such stream|not a name"):
                    lake.ask(query)


NAMES = st.sampled_from(["a", "B", "t", "conn", "sqlite_master", "pg_settings", "duckdb_views", "pg_catalog.pg_settings", "x.parquet"])
TABLES = NAMES.map(lambda name: f'"{name}"') | st.sampled_from(["pg_catalog.pg_settings", "information_schema.schemata", "a", "b", "t"])
LEAF = st.just("select 7 as x")
QUERIES = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds('with {1} "{0}" as ({2}) {3}'.format, NAMES, st.sampled_from(["", "recursive"]), inner, inner),
        st.builds("select * from ({}) q, {} p".format, inner, TABLES),
        st.builds("({}) union all by name ({})".format, inner, inner),
        st.builds("select * from ({}) q where exists (select * from {})".format, inner, TABLES),
        TABLES.map("select * from {}".format),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(QUERIES)
def test_whatever_the_scopes_nothing_but_streams_and_own_tables_is_read(lake: Lake, query: str) -> None:
    # The streams are empty and every table of the query holds sevens: anything else comes from elsewhere.
    try:
        table = lake.ask(query)
    except BadInput:
        return
    assert {value for row in table.to_pylist() for value in row.values()} <= {7, None}, query


def test_every_function_that_is_not_listed_is_refused(lake: Lake) -> None:
    engine = lake._engine._connection.execute("select distinct function_type, function_name from duckdb_functions()").fetchall()
    known = {name.lower() for kind, name in engine if kind in ("scalar", "aggregate", "macro", "window")} | {"unnest"}
    assert guard.functions() - known == set(), "misspelled, or no longer there"
    assert len(guard.functions()) > 400
    for name in sorted(known - guard.functions()):
        with pytest.raises(BadInput, match=r"function not allowed|not SQL|not one SELECT"):
            lake.ask(f'select "{name}"(1)')


def test_none_that_is_listed_reaches_outside_of_its_rows() -> None:
    outside = "env|setting|variable|query|_log|glob|^read|scan|^pg_|duckdb|pragma|json|sleep|nextval|setseed|schema|version|user"
    assert [name for name in guard.functions() if re.search(outside, name)] == []


@pytest.mark.parametrize(
    "query",
    [
        "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
        "select count(*) from range(1000000) a, range(1000000) b where a.range * b.range = 7",
        "select a.range from range(100000000) a order by hash(a.range)",
        "select list(range) from range(100000000)",
        "select * from range(1001)",
        "select repeat('x', 100000) from range(1000)",
    ],
)
def test_what_takes_too_much_is_stopped(lake: Lake, query: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match=r"limit|larger|more than"):
        lake.ask(query)
    assert time.monotonic() - began < 20


def test_every_stream_is_a_table_with_its_columns(lake: Lake) -> None:
    for stream in lake.streams.values():
        table = lake.sql(f"select * from {stream.name}")
        assert table.column_names == [column.name for column in stream.columns]
        assert table.num_rows == 0


def test_parameters_and_own_tables(lake: Lake) -> None:
    assert lake.sql("select ? + ? as n", [1, 2]).to_pylist() == [{"n": 3}]
    assert lake.sql("select $a as n", {"a": "x"}).to_pylist() == [{"n": "x"}]
    lake.append("known", pa.table({"address": ["10.0.0.1"]}))
    lake.append("known", pa.table({"address": ["10.0.0.2"]}))
    assert lake.sql("select count(*) as n from known left join conn on id_orig_h = address").to_pylist() == [{"n": 2}]


def test_rows_are_not_asked_for_where_every_stream_is_empty(lake: Lake) -> None:
    assert lake.rows("select count(*) as n from conn where no_such_column = 1") == []
    assert lake.rows("select 1 as n") == [{"n": 1}]


def test_a_lake_sees_no_file_outside_of_it(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n")
    with pytest.raises(BadInput, match=r"[Pp]ermission"):
        lake.sql(f"select * from read_csv('{tmp_path}/a.csv')")


def test_what_the_engine_cannot_stop_the_process_does(site: Site) -> None:
    command = [sys.executable, "-m", "asepsis", "lake", "sql", "--site", str(site.path), "--limit-seconds", "1", "--memory", "100MB"]
    began = time.monotonic()
    done = subprocess.run(
        [*command, "select repeat('x', 1000000000) from range(100)"], capture_output=True, text=True, env=SOURCE, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.count("\n") == 1
    assert time.monotonic() - began < 15
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_500_000


@pytest.mark.parametrize(("text", "size_"), [("512MB", 512_000_000), ("2GiB", 2**31), (" 1.5 gb", 1_500_000_000), ("100", 100)])
def test_sizes(text: str, size_: int) -> None:
    assert size(text) == size_


@pytest.mark.parametrize("text", ["", "lots", "-1GB", "1XB", "1GB; drop", "9" * 20, "999999999TB", "1126TB"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(BadInput):
        size(text)


def test_command(site: Site, capture: Callable[..., Path]) -> None:
    service.ingest(site, [capture(3)])
    query = "select ts, 'nan'::double as d, [1, null] as l, sum(orig_pkts) over () as s, 1 as d from conn order by ts limit 1"

    def ask(*arguments: str) -> tuple[int, str, str]:
        command = [sys.executable, "-m", "asepsis", "lake", "sql", *arguments, "--site", str(site.path)]
        done = subprocess.run(command, capture_output=True, text=True, env=SOURCE, check=False)
        return done.returncode, done.stdout, done.stderr

    code, out, _ = ask(query, "--json")
    rows: list[dict[str, Any]] = json.loads(out)
    assert (code, rows) == (0, [{"ts": "2023-11-14T22:13:20Z", "d": None, "l": [1, None], "s": 3, "d_2": 1}])
    assert json.loads(ask("select * from dns", "--json")[1]) == []
    assert "10.2.0.2" in ask("select distinct id_resp_h from conn")[1]
    code, out, err = ask("select * from '/etc/passwd'", "--json")
    assert (code, out, err) == (3, "", "asepsis: no such stream: /etc/passwd, line 1, column 15: `asepsis lake streams` lists them\n")
    assert ask("select 1", "--memory", "lots")[0] == 3
    assert ask("select 1", "--memory", "999999999TB") == (
        3, "", "asepsis: more memory than any machine has: 999999999TB: write it like 512MB or 2GB\n"
    )  # fmt: skip
    assert ask("select 1", "--limit-seconds", "0")[0] == 2


@pytest.mark.parametrize(
    "value",
    ["'infinity'::date", "'5000000-01-01'::date", "'0044-03-15 (BC)'::date", "['infinity'::timestamp]"],
)
def test_a_moment_beyond_the_calendar_is_null(lake: Lake, value: str) -> None:
    assert list(rows_of(lake.ask(f"select {value} as a, 1 as b"))) == [(None, 1)]


def test_columns_of_one_name_are_told_apart() -> None:
    assert distinct(["a", "a", "b", "a_2", "a", "a_2"]) == ["a", "a_2", "b", "a_2_2", "a_3", "a_2_3"]
    assert len(set(distinct(["1"] * 9_000))) == 9_000


def test_a_long_table_says_what_it_leaves_out(site: Site) -> None:
    def ask(*arguments: str) -> str:
        command = [sys.executable, "-m", "asepsis", "lake", "sql", *arguments, "--site", str(site.path), "--limit-seconds", "2"]
        return subprocess.run(command, capture_output=True, text=True, env=SOURCE, check=True).stdout

    lines = ask("select i from range(200000) t(i)").splitlines()
    assert lines[-1] == "Note: 1,000 of 200,000 rows are shown: narrow the query, or ask for all with --json"
    assert [line.strip() for line in lines if line.strip().isdecimal()] == [str(i) for i in range(1000)]
    assert len(json.loads(ask("select i from range(200000) t(i)", "--json"))) == 200_000
    assert "are shown" not in ask("select i from range(1000) t(i)")
    columns = ", ".join(f"i as c{n}" for n in range(50))
    assert "Note: 100 of 101 rows are shown" in ask(f"select {columns} from range(101) t(i)")


def test_time_counts_while_the_query_runs_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "GRACE_S", 0.0)
    monkeypatch.setattr(wall.resource, "setrlimit", lambda *of: None)
    stopped: list[float] = []
    monkeypatch.setattr(wall, "_stop", stopped.append)
    with wall.wall(0.05, "1GB"):
        pass
    time.sleep(0.1)
    assert stopped == []
