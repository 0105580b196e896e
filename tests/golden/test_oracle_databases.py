"""Logins to databases field by field against tshark: MySQL, PostgreSQL and SQL Server in their golden captures.

Where we differ on purpose: names and passwords are not kept, so that their being there is compared; of PostgreSQL's values behind the login
tshark says more.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from .captures import HERE
from .oracle import Values, first, needs_tshark, number, read_by_tshark, rows
from .rows import Row

pytestmark = needs_tshark
LEVELS = {"0": "login", "1": "tls", "2": "none"}
METHODS = {"3": "password", "5": "md5", "10": "SCRAM-SHA-256"}


def _both(protocol: str, layer: str, *fields: str, ports: tuple[int, ...] = ()) -> list[tuple[Row, list[Values]]]:
    """Each row, and the values of each field in its connection."""
    path: Path = HERE / protocol / "logins.pcap"
    options = tuple(word for port in ports for word in ("-d", f"tcp.port=={port},{layer}"))
    said: dict[str, list[Values]] = defaultdict(lambda: [[] for _ in fields])
    for (flow,), *values in read_by_tshark(path, layer, "communityid", *fields, options=options):
        for found, value in zip(said[flow], values, strict=True):
            found += value
    mine = rows(path)[protocol]
    assert sorted(row["community_id"] for row in mine) == sorted(said)
    return [(row, said[row["community_id"]]) for row in mine]


def test_mysql() -> None:
    names = ("version", "user", "schema", "client_auth_plugin", "error_code", "sqlstate", "passwd")
    for row, (version, user, schema, method, code, state, proof) in _both("mysql", "mysql", *(f"mysql.{name}" for name in names)):
        told = version[0].removeprefix("5.5.5-").partition("-")[0]
        assert row["server"] == f"MariaDB {told}"
        assert (row["account"] is not None, row["database"] is not None) == (bool(user), bool(schema))
        assert (row["error_code"], row["sqlstate"], row["method"]) == (number(code), first(state), first(method))
        if user:
            assert (row["encryption"], row["success"], row["without_password"]) == ("none", not code, not any(proof))
        else:
            assert (row["encryption"], row["success"]) == ("tls", None)


def test_postgresql() -> None:
    names = ("authtype", "password", "parameter_name", "parameter_value", "code", "status")
    for row, (kinds, password, keys, values, code, status) in _both("postgresql", "pgsql", *(f"pgsql.{name}" for name in names)):
        told = dict(zip(keys, values, strict=True))
        assert (row["account"] is not None, row["database"] is not None) == ("user" in told, "database" in told)
        assert (row["sqlstate"], row["application"]) == (first(code), told.get("application_name"))
        if not told:
            assert (row["encryption"], row["success"]) == ("tls", None)
            continue
        assert (row["encryption"], row["success"]) == ("none", bool(status))
        assert row["method"] == METHODS.get(kinds[0], "none")
        assert row["password_seen"] == (row["method"] == "password" and any(password))
        assert row["server"] == (f"PostgreSQL {told['server_version'].split()[0]}" if "server_version" in told else None)


def test_tds() -> None:
    names = ("prelogin.option.encryption", "error.number", "loginack.progname", "7login.username", "7login.password", "7login.databasename")
    for row, (levels, error, welcome, *told) in _both("tds", "tds", *(f"tds.{name}" for name in names), ports=(1434, 1435)):
        assert row["encryption"] == LEVELS[levels[-1]]
        assert [row["account"] is not None, row["password_seen"], row["database"] is not None] == [any(values) for values in told]
        assert row["success"] == (bool(welcome) if welcome or error else None)
        assert row["error_code"] == number(error)
