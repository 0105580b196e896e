"""What `asepsis lake sql` lets through: one SELECT over the streams, no files, no settings.

A query is read twice, by sqlglot (which functions and tables does it name?) and by DuckDB (what does it take the statement for, which
tables does it read?), so that a query which one of them misreads is still stopped; and the engine itself is locked to the lake's folder
(`DuckDBEngine`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection

import sqlglot
from sqlglot import exp

from asepsis.kit.errors import BadInput, one_line
from asepsis.lake.engine import DuckDBEngine

QUERY_CHARACTERS = 100_000

# Functions that make rows out of their arguments alone.
_TABLE_FUNCTIONS = (exp.GenerateSeries, exp.Unnest, exp.Explode)
# Functions that read files, settings, the environment, or run text as SQL.
_FORBIDDEN = re.compile(
    r"(getenv|current_setting|getvariable|query|query_table|write_log|glob|(read|scan|parquet|duckdb|pragma|pg|sniff)_.*|.*_scan)$"
)
_NO_SELECT = (exp.DML, exp.DDL, exp.Command, exp.Into, exp.Describe, exp.Show)

# It warns on stderr about what it does not know; such a query is refused anyway.
logging.getLogger("sqlglot").disabled = True


def check(query: str, engine: DuckDBEngine, streams: Collection[str]) -> set[str]:
    """The streams that `query` reads. Raises BadInput if it is anything but one SELECT over `streams`."""
    if len(query) > QUERY_CHARACTERS:
        raise BadInput(f"the query is longer than {QUERY_CHARACTERS:,} characters")
    _check_statement(_parse(query), streams)
    if engine.statement_types(query) != ["SELECT"]:
        raise BadInput("not one SELECT", todo="`asepsis lake sql` only reads")
    tables = engine.tables_of(query)
    for table in sorted(tables):
        if table.lower() not in streams:
            raise BadInput("no such stream", table, "`asepsis lake streams` lists them")
    return {table.lower() for table in tables}


def _parse(query: str) -> exp.Query:
    try:
        statements = [statement for statement in sqlglot.parse(query, read="duckdb") if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        raise BadInput("not SQL", todo=one_line(str(error).split("\n")[0], 200)) from None
    except RecursionError:
        raise BadInput("the query is nested too deeply") from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise BadInput("not one SELECT", todo="`asepsis lake sql` only reads")
    return statements[0]


def _check_statement(statement: exp.Query, streams: Collection[str]) -> None:
    known = {*streams, *(cte.alias.lower() for cte in statement.find_all(exp.CTE))}
    for node in statement.walk():
        if isinstance(node, _NO_SELECT) and not isinstance(node, exp.Query):
            raise BadInput("not one SELECT", todo="`asepsis lake sql` only reads")
        if isinstance(node, exp.Table):
            _check_table(node, known)
        elif isinstance(node, exp.Func) and _FORBIDDEN.match(_function_name(node)):
            raise BadInput("function not allowed", _function_name(node), "only those that compute on rows are")


def _check_table(table: exp.Table, known: Collection[str]) -> None:
    if isinstance(table.this, exp.Identifier):
        if table.db or table.catalog or table.name.lower() not in known:
            raise BadInput("no such stream", table.sql("duckdb"), "`asepsis lake streams` lists them")
    elif not isinstance(table.this, _TABLE_FUNCTIONS):
        raise BadInput("table function not allowed", table.sql("duckdb"), "only streams, range, generate_series and unnest are")


def _function_name(node: exp.Func) -> str:
    return (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
