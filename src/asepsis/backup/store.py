"""A copy of the store while others write to it: as it was at one moment.

SQLite: a read transaction holds the moment (it is in WAL mode, so nobody waits), and SQLite's own online backup copies that.
PostgreSQL: a transaction exports its snapshot, and `pg_dump --snapshot` copies that, in its custom format: what every DBA knows, exact with
sequences and constraints, and restored by `pg_restore` in one transaction. A copy by Django would go through every row as an object.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.settings import explain, has_store, postgresql

Progress = Callable[[int], None]
_PAGES = 2_000


class Kind(StrEnum):
    """What keeps the store of a site."""

    NONE = "none"
    SQLITE = "sqlite"
    POSTGRESQL = "postgresql"


NAMES = {Kind.SQLITE: "store.sqlite3", Kind.POSTGRESQL: "store.pgdump"}
"""What the copy is called in an archive."""


def kind(site: Site) -> Kind:
    """What keeps the store of `site` now."""
    if os.environ.get("DATABASE_URL"):
        return Kind.POSTGRESQL
    return Kind.SQLITE if has_store(site) else Kind.NONE


@contextmanager
def held(site: Site) -> Iterator[Callable[[Path], None]]:
    """The store as it is now: what is given writes a copy of it to a new file, at leisure. Raises BadInput."""
    with _held_postgresql() if kind(site) is Kind.POSTGRESQL else _held_sqlite(site.store) as copy:
        yield copy


@contextmanager
def _held_sqlite(store: Path) -> Iterator[Callable[[Path], None]]:
    with _told(), closing(sqlite3.connect(store, timeout=30, isolation_level=None)) as source:
        source.execute("BEGIN")
        # The moment is that of the first read.
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def copy(to: Path) -> None:
            os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            with _told(), closing(sqlite3.connect(to)) as target:
                # A copy that is broken off is thrown away.
                target.execute("PRAGMA synchronous = OFF")
                source.backup(target, pages=_PAGES)

        yield copy


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error) or BadInput("the store cannot be copied", todo=error) from None


@contextmanager
def _held_postgresql() -> Iterator[Callable[[Path], None]]:
    import psycopg

    database = _database()
    _program("pg_dump")
    with _connected(database) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = str(connection.execute("SELECT pg_export_snapshot()").fetchone()[0])

        def copy(to: Path) -> None:
            os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={to}"], database)

        yield copy


def expect_empty() -> None:
    """Raises BadInput if the database of `DATABASE_URL` cannot be asked, or has tables."""
    database = _database()
    _program("pg_restore")
    with _connected(database) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()").fetchone()[0]
    if tables:
        raise BadInput("the database has tables already", "DATABASE_URL", "name an empty one")


def load(dump: Path) -> None:
    """Puts a copy into the empty database of `DATABASE_URL`: all of it or nothing. Raises BadInput."""
    _run(
        [
            "pg_restore",
            "--no-owner",
            "--no-privileges",
            "--single-transaction",
            "--exit-on-error",
            f"--dbname={_database()['NAME']}",
            str(dump),
        ]
    )


def _database() -> dict[str, Any]:
    return postgresql(os.environ["DATABASE_URL"])


@contextmanager
def _connected(database: Mapping[str, Any]) -> Iterator[Any]:
    import psycopg

    try:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            yield connection
    except psycopg.Error as error:
        raise BadInput("the store fails", "DATABASE_URL", error) from None


def _program(name: str) -> None:
    if shutil.which(name) is None:
        raise BadInput(
            f"no {name} on this machine", todo="install the client of PostgreSQL, as new as the server (Debian: postgresql-client)"
        )


def _run(command: list[str], database: Mapping[str, Any] | None = None) -> None:
    database = database or _database()
    # The password goes by the environment, which other users cannot read; a command line they can.
    told = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    environment = {variable: str(database[name]) for variable, name in told.items() if database[name]}
    environment |= {f"PG{name.upper()}": str(value) for name, value in database["OPTIONS"].items()}
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603 - our own
    if done.returncode:
        raise BadInput(f"{command[0]} failed", "DATABASE_URL", done.stderr)
