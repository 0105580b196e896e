"""Gives each site of the tests a database of its own, in each process of theirs: on the path when they run by `tools/postgres.sh`.

`DATABASE_URL` names one store, as a hospital has one site; tests have hundreds. So here the name of the database is made of the site's
folder, and it is copied from a migrated one where it is not there yet, as a store of SQLite is copied from its template.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any


class _Mending(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads `asepsis.settings` as it is, and then puts its `database` right."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != "asepsis.settings":
            return None
        sys.meta_path.remove(self)
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        assert spec
        assert spec.loader
        self._loader = spec.loader
        spec.loader = self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        plain = module.database

        def database(site: Any) -> dict[str, Any]:
            told: dict[str, Any] = plain(site)
            return _own(told, site.path) if module.on_server() else told

        module.database = database  # type: ignore[attr-defined]


def _own(told: dict[str, Any], site: Path) -> dict[str, Any]:
    import psycopg

    # A site that is being restored has its name yet to come.
    folder = re.sub(r"/\.([^/]+)\.[0-9a-f]{12}\.restoring$", r"/\1", str(site))
    name = f"site_{hashlib.sha256(folder.encode()).hexdigest()[:24]}"
    template = "template0" if folder != str(site) else told["NAME"]
    with _server(told) as server, suppress(psycopg.errors.DuplicateDatabase):
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        server.execute(f"""COMMENT ON DATABASE "{name}" IS '{folder}'""")
    return told | {"NAME": name}


def _server(told: dict[str, Any]) -> Any:
    import psycopg

    return psycopg.connect(dbname="postgres", user=told["USER"], autocommit=True, **told["OPTIONS"])


def forget(folder: Path) -> None:
    """Removes the databases of the sites in `folder`: a suite makes gigabytes of them."""
    from asepsis.settings import postgresql

    with _server(postgresql(os.environ["DATABASE_URL"])) as server:
        found = server.execute(
            "SELECT datname FROM pg_database WHERE starts_with(shobj_description(oid, 'pg_database'), %s)", [f"{folder}/"]
        )
        for (name,) in found.fetchall():
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


if os.environ.get("DATABASE_URL"):
    sys.meta_path.insert(0, _Mending())
