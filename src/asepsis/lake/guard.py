"""What `asepsis lake sql` lets through: one SELECT over the streams, no files, no settings.

DuckDB itself parses the query, so that nothing can mean one thing here and another there; and the engine stays locked to the lake's
folder (`DuckDBEngine`) for whatever this overlooks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

from asepsis.kit.errors import BadInput
from asepsis.lake.engine import DuckDBEngine

QUERY_CHARACTERS = 100_000

# Nodes of DuckDB's syntax tree that only read.
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
# Functions that make rows out of their arguments alone.
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# Functions that read files, settings or the environment, write the log, or run text as SQL.
_FORBIDDEN = re.compile(
    r"getenv|current_setting|getvariable|query|query_table|write_log|glob|(read|scan|parquet|duckdb|pragma|pg|sniff)_.*|.*_scan"
)


def check(query: str, engine: DuckDBEngine, streams: Collection[str]) -> None:
    """Raises BadInput if `query` is anything but one SELECT over `streams`."""
    if len(query) > QUERY_CHARACTERS:
        raise BadInput(f"the query is longer than {QUERY_CHARACTERS:,} characters")
    try:
        tree = json.loads(engine.syntax_of(query))
        _check_tree(tree, streams)
    except RecursionError:
        raise BadInput("the query is nested too deeply") from None
    if engine.statement_types(query) != ["SELECT"]:
        raise _no_select()


def _check_tree(tree: dict[str, Any], streams: Collection[str]) -> None:
    if tree["error"]:
        if tree["error_type"] == "parser":
            raise BadInput("not SQL", todo=tree["error_message"])
        raise _no_select()
    if len(tree["statements"]) != 1:
        raise _no_select()
    nodes = list(_walk(tree["statements"][0]))
    # A query may name its own tables; one that is named outside of where it is known is not found, and no file is opened for it.
    known = {*streams, *(entry["key"].lower() for node in nodes if "cte_map" in node for entry in node["cte_map"]["map"])}
    for node in nodes:
        _check_node(node, known)


def _check_node(node: dict[str, Any], known: Collection[str]) -> None:
    kind = str(node.get("type", ""))
    if kind == "SHOW_REF" or (kind.endswith("_NODE") and kind not in _NODES):
        raise _no_select()
    if "query_node" in node and not node["query_node"]:
        raise _no_select()
    if kind == "BASE_TABLE":
        name = ".".join(filter(None, (node["catalog_name"], node["schema_name"], node["table_name"])))
        if name.lower() not in known:
            raise BadInput("no such stream", name, "`asepsis lake streams` lists them")
    if kind == "TABLE_FUNCTION" and (name := node["function"].get("function_name", "?").lower()) not in _TABLE_FUNCTIONS:
        raise BadInput("table function not allowed", name, "only streams, range, generate_series and unnest are")
    if "function_name" in node and _FORBIDDEN.fullmatch(node["function_name"].lower()):
        raise BadInput("function not allowed", node["function_name"], "only those that compute on rows are")


def _walk(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within `value`, outer ones first."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _walk(item)


def _no_select() -> BadInput:
    return BadInput("not one SELECT", todo="`asepsis lake sql` only reads")
