"""What `asepsis lake sql` lets through: one SELECT over the streams, by functions that compute on rows; no files, no settings, no catalog.

DuckDB itself parses the query, so that nothing can mean one thing here and another there. Names are resolved as DuckDB does: a table is a
stream or one that the query itself named, where that name is known; both are plain words, because DuckDB opens a file by a name that looks
like one. The engine stays locked to the lake's folder (`DuckDBEngine`) for whatever this overlooks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Any

from asepsis.kit.errors import BadInput
from asepsis.lake.engine import DuckDBEngine
from asepsis.lake.spot import spot

QUERY_CHARACTERS = 100_000

# Nodes of DuckDB's syntax tree that only read.
_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
# What may stand in a FROM.
_SOURCES = frozenset({"EMPTY", "BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EXPRESSION_LIST", "PIVOT"})
# Functions that make rows out of their arguments alone.
_TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check(query: str, engine: DuckDBEngine, streams: Collection[str]) -> None:
    """Raises BadInput if `query` is anything but one SELECT over `streams`."""
    if len(query) > QUERY_CHARACTERS:
        raise BadInput(f"the query is longer than {QUERY_CHARACTERS:,} characters")
    try:
        _Judge(query, engine).statement(json.loads(engine.syntax_of(query)), frozenset(streams))
    except RecursionError:
        raise BadInput("the query is nested too deeply") from None
    if engine.statement_types(query) != ["SELECT"]:
        raise _no_select()


@cache
def functions() -> frozenset[str]:
    """The functions that a query may call (`functions.txt`), in lower case."""
    lines = files("asepsis.lake").joinpath("functions.txt").read_text("utf-8").splitlines()
    words = " ".join(re.sub(r"^\w+:", "", line) for line in lines if not line.startswith("#"))
    return frozenset(words.lower().split())


class _Judge:
    """Walks a syntax tree with the tables that are known where it stands."""

    def __init__(self, query: str, engine: DuckDBEngine) -> None:
        self._query, self._engine = query, engine

    def statement(self, tree: dict[str, Any], streams: frozenset[str]) -> None:
        if tree["error"]:
            if tree["error_type"] == "parser":
                raise BadInput("not SQL", spot(self._query, int(tree.get("position") or -1)), tree["error_message"])
            raise _no_select()
        if len(tree["statements"]) != 1:
            raise _no_select()
        self._visit(tree["statements"][0], streams)

    def _visit(self, value: Any, known: frozenset[str]) -> None:
        if isinstance(value, dict):
            self._check(value, known)
            if "cte_map" in value:
                known = self._ctes(value["cte_map"]["map"], known)
            value = [inner for key, inner in value.items() if key != "cte_map"]
        if isinstance(value, list):
            for inner in value:
                self._visit(inner, known)

    def _ctes(self, entries: list[dict[str, Any]], known: frozenset[str]) -> frozenset[str]:
        """The tables known to a query that begins WITH `entries`: each knows those before it, and itself only if it is recursive."""
        for entry in entries:
            name = self._plain(entry["key"], known)
            self._visit(entry["value"], known | {name} if _recursive(entry["value"]) else known)
            known |= {name}
        return known

    def _plain(self, name: str, known: frozenset[str]) -> str:
        """The name that a query gives to a table of its own. Raises BadInput if it could mean anything else."""
        if not _WORD.fullmatch(name):
            raise BadInput("not a name for a table of the query", name, "use letters, digits and _")
        if name.lower() not in known and name.lower() in self._engine.own_names():
            raise BadInput("the engine has a table or function of that name", name, "choose another")
        return name.lower()

    def _check(self, node: dict[str, Any], known: frozenset[str]) -> None:
        kind = str(node.get("type", ""))
        if kind.endswith("_NODE") and kind not in _NODES:
            raise _no_select()
        if "query_node" in node and not node["query_node"]:
            raise _no_select()
        sources = [node.get("from_table"), node.get("source"), *((node.get("left"), node.get("right")) if kind == "JOIN" else ())]
        if any(isinstance(source, dict) and source.get("type") not in _SOURCES for source in sources):
            raise _no_select()
        if kind == "BASE_TABLE":
            self._check_table(node, known)
        if kind == "TABLE_FUNCTION" and (name := node["function"].get("function_name", "?").lower()) not in _TABLE_FUNCTIONS:
            raise BadInput("table function not allowed", self._at(name, node), "only streams, range, generate_series and unnest are")
        if "function_name" in node and node["function_name"].lower() not in functions():
            raise BadInput("function not allowed", self._at(node["function_name"], node), "only those that compute on rows are")

    def _check_table(self, node: dict[str, Any], known: frozenset[str]) -> None:
        path = [node.get("catalog_name"), node.get("schema_name"), node["table_name"]]
        name = ".".join(filter(None, path))
        if any(path[:2]) or not _WORD.fullmatch(name) or name.lower() not in known:
            raise BadInput("no such stream", self._at(name, node), "`asepsis lake streams` lists them")

    def _at(self, name: str, node: dict[str, Any]) -> str:
        """The name and where it stands, where DuckDB knows that."""
        return ", ".join(filter(None, (name, spot(self._query, node.get("query_location")))))


def _recursive(entry: dict[str, Any]) -> bool:
    """Whether a named table may read itself. DuckDB wraps its query in another object in some versions."""
    query = entry.get("query_node") or entry.get("query") or {}
    return (query.get("node") or query).get("type") == "RECURSIVE_CTE_NODE"


def _no_select() -> BadInput:
    return BadInput("not one SELECT", todo="`asepsis lake sql` only reads")
