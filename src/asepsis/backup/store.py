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
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.settings import database, explain, has_store, on_server

Copy = Callable[[Path], IO[bytes]]
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
    if on_server():
        return Kind.POSTGRESQL
    return Kind.SQLITE if has_store(site) else Kind.NONE


@contextmanager
def held(site: Site) -> Iterator[Copy]:
    """The store as it is now: what is given makes a copy of it, at leisure, in a file without a name in a folder. Raises BadInput."""
    with _held_postgresql(site) if kind(site) is Kind.POSTGRESQL else _held_sqlite(site.store) as copy:
        yield copy


@contextmanager
def _held_sqlite(store: Path) -> Iterator[Copy]:
    with _told(store), closing(sqlite3.connect(store, timeout=30, isolation_level=None)) as source:
        source.execute("BEGIN")
        # The moment is that of the first read.
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()

        def copy(folder: Path) -> IO[bytes]:
            fd, name = tempfile.mkstemp(prefix=".asepsis-", dir=folder)
            file = os.fdopen(fd, "rb")
            try:
                with _told(folder), closing(sqlite3.connect(name)) as target:
                    # A copy that is broken off is thrown away, and leaves no name behind.
                    target.execute("PRAGMA journal_mode = OFF")
                    target.execute("PRAGMA synchronous = OFF")
                    os.unlink(name)
                    source.backup(target, pages=_PAGES)
            except BaseException:
                file.close()
                raise
            return file

        yield copy


@contextmanager
def _told(where: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        known = explain(error)
        raise BadInput(known.what if known else "the store cannot be copied", where, known.todo if known else error) from None


@contextmanager
def _held_postgresql(site: Site) -> Iterator[Copy]:
    import psycopg

    _program("pg_dump")
    with _connected(site) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = str(connection.execute("SELECT pg_export_snapshot()").fetchone()[0])

        def copy(folder: Path) -> IO[bytes]:
            file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - whoever asked closes it
            try:
                _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"], site, file)
            except BaseException:
                file.close()
                raise
            file.seek(0)
            return file

        yield copy


def expect_empty(site: Site) -> None:
    """Raises BadInput if the database of `DATABASE_URL` cannot be asked, or has tables."""
    _program("pg_restore")
    with _connected(site) as connection:
        tables = connection.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()").fetchone()[0]
    if tables:
        raise BadInput("the database has tables already", "DATABASE_URL", "name an empty one")


def load(dump: Path, site: Site) -> None:
    """Puts a copy into the empty database of `DATABASE_URL`: all of it or nothing. Raises BadInput."""
    into = f"--dbname={database(site)['NAME']}"
    _run(["pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", into, str(dump)], site)


@contextmanager
def _connected(site: Site) -> Iterator[Any]:
    import psycopg

    told = database(site)
    parts = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    try:
        with psycopg.connect(**{part: told[name] for part, name in parts.items() if told[name]} | told["OPTIONS"]) as connection:
            yield connection
    except psycopg.Error as error:
        raise BadInput("the store fails", "DATABASE_URL", error) from None


def _program(name: str) -> None:
    if shutil.which(name) is None:
        raise BadInput(
            f"no {name} on this machine", todo="install the client of PostgreSQL, as new as the server (Debian: postgresql-client)"
        )


def _run(command: list[str], site: Site, out: IO[bytes] | int = subprocess.DEVNULL) -> None:
    told = database(site)
    # The password goes by the environment, which other users cannot read; a command line they can.
    variables = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    environment = {variable: str(told[name]) for variable, name in variables.items() if told[name]}
    environment |= {f"PG{name.upper()}": str(value) for name, value in told["OPTIONS"].items()}
    done = subprocess.run(command, env={**os.environ, **environment}, stdout=out, stderr=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        raise BadInput(f"{command[0]} failed", "DATABASE_URL", done.stderr.decode(errors="replace"))
