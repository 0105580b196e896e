"""The store: Django's settings, and how a command opens the store of a site.

A new SQLite store is copied from `store_template.sql` in the package, so that a first run does not wait for migrations. After a change of
models: `python -m django makemigrations --settings asepsis.settings`, then `python -m asepsis.settings` writes the template anew (a test
compares the two). `PRAGMA user_version` of a store is the number of migrations it has seen.
"""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from importlib import import_module
from importlib.resources import files as packaged
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from asepsis.kit import files
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site

# What the command line needs; the console adds its own.
INSTALLED_APPS = ["asepsis.journal", "asepsis.notices", "asepsis.hospital", "asepsis.findings", "asepsis.network", "asepsis.assessment"]
DATABASES: dict[str, dict[str, Any]] = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEBUG = False
# A log line may quote a row; nothing is logged by Django here.
LOGGING_CONFIG = None

# The path of the site whose store is open, once it is ready; and of the one that this process serves and no other.
_open: list[Path] = []
_served: list[Path] = []

_TEMPLATE = "store_template.sql"
# What processes agree on that upgrade one store on PostgreSQL: any number will do.
_UPGRADING = 0x61736570
_SQLITE_OPTIONS = {
    "timeout": 30,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;",
}


# What SQLite says (sqlite3_errstr), and what that means for whoever runs the command.
_FAILURES = (
    ("disk is full", "no space left", "make room and run the same command again"),
    ("disk I/O error", "the disk of the store fails", "look at its space and its health, and run the same command again"),
    ("is locked", "another program holds the store", "run the same command again when it is done"),
    ("readonly database", "the store may not be written", "look at who owns the file and its folder"),
    ("unable to open database", "the store cannot be opened", "look at who owns the file and its folder, and at the disk's space"),
    ("malformed", "the store is damaged", "restore it from a backup"),
    ("not a database", "the store is damaged", "restore it from a backup"),
)


def open_store(site: Site) -> None:
    """Points Django at the store of `site`, making or upgrading it first if need be. Opening again, or another site, is fine.

    Raises BadInput if the store is damaged, was made by a newer version, or `DATABASE_URL` is not understood.
    """
    if site.path in _served or (is_open(site) and _in_transaction()):
        return
    _open.clear()
    _point_django_at(database(site))
    if on_server():
        _bring_up_on_server()
    else:
        _bring_up(site.store)
    _open.append(site.path)


def transaction(site: Site) -> AbstractContextManager[None]:
    """All of what is written in the store within it, or nothing."""
    open_store(site)
    from django.db import transaction

    return transaction.atomic()


def settle(site: Site) -> None:
    """Takes what was written into the file of the store, so that no log beside it has what was taken out; not so on PostgreSQL."""
    open_store(site)
    from django.db import connection

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def serve_store(site: Site) -> None:
    """Opens the store of `site` for good, in a process that serves this site alone: each of its threads has a connection of its own."""
    open_store(site)
    _served.append(site.path)


def on_server() -> bool:
    """Whether stores are on PostgreSQL, and not each a file of its site."""
    return bool(os.environ.get("DATABASE_URL"))


def database(site: Site) -> dict[str, Any]:
    """Django's settings of the database that holds the store of `site`. Raises BadInput if `DATABASE_URL` is not understood."""
    return postgresql(os.environ["DATABASE_URL"]) if on_server() else _sqlite(site.store)


def has_store(site: Site) -> bool:
    """Whether a store of `site` has been made; for PostgreSQL there is no telling without asking it."""
    return on_server() or site.store.exists()


def is_open(site: Site) -> bool:
    """Whether the store of `site` is the one that this process has open."""
    return site.path in _open


def _in_transaction() -> bool:
    """Whether work on the store is under way, which opening it anew would break off."""
    from django.db import connection

    return connection.in_atomic_block


def explain(error: Exception) -> BadInput | None:
    """What a person reads when the store failed for a reason outside of asepsis, such as a full disk; None if it did not."""
    from django.db import DatabaseError, OperationalError

    if not isinstance(error, (DatabaseError, sqlite3.Error)):
        return None
    used = DATABASES["default"]
    ours = bool(used["ENGINE"].endswith("sqlite3"))
    for sign, what, todo in _FAILURES if ours else ():
        if sign in str(error):
            return BadInput(what, used["NAME"], todo)
    # Of PostgreSQL the server's own sentence is the best there is.
    return None if ours or not isinstance(error, OperationalError) else BadInput("the store fails", "DATABASE_URL", error)


def postgresql(url: str) -> dict[str, Any]:
    """Django's database settings for `postgresql://user:password@host:port/name?sslmode=...` (libpq, 34.1.1.2 Connection URIs)."""
    try:
        parts = urlsplit(url)
        port, name = parts.port, unquote(parts.path.removeprefix("/"))
    except ValueError:
        parts, port, name = urlsplit(""), None, ""
    if parts.scheme not in ("postgres", "postgresql") or not name:
        # The value may hold a password, so it is not shown.
        raise BadInput("not understood", "DATABASE_URL", "write postgresql://user:password@host:5432/name")
    return {
        "ENGINE": "asepsis.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": _SQLITE_OPTIONS}


def _point_django_at(used: dict[str, Any]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "asepsis.settings")
    DATABASES["default"] = used
    from django.apps import apps
    from django.conf import settings

    # As django.setup() does, without its logging and its URLs: a tenth of a second of every command.
    apps.populate(settings.INSTALLED_APPS)
    from django.db import connections

    connections.close_all()
    connections.settings = connections.configure_settings({"default": dict(used)})
    with suppress(AttributeError):
        del connections["default"]


def _bring_up(store: Path) -> None:
    """Makes the store if there is none, and upgrades it if it is older."""
    known = _template_version(_template())
    if check_store(store) < known:
        _migrate()
        with closing(sqlite3.connect(store)) as connection:
            connection.execute(f"PRAGMA user_version = {known}")


def check_store(store: Path) -> int:
    """How many migrations the SQLite store has seen; it is made if there is none. Raises BadInput if it is damaged, or was made by a newer
    version."""
    template = _template()
    version, seen = _prepare(store)
    if version > _template_version(template) or seen - _migrations(template):
        raise BadInput("the store was made by a newer asepsis", store, "upgrade asepsis")
    return version


def _bring_up_on_server() -> None:
    """The same for a store on PostgreSQL; while one process does it another waits."""
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    known = _migrations(_template())
    with _asked(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_UPGRADING])
        try:
            seen = _ours(MigrationRecorder(connection).applied_migrations())
            if seen - known:
                raise BadInput("the store was made by a newer asepsis", "DATABASE_URL", "upgrade asepsis")
            if seen < known:
                _migrate()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_UPGRADING])


@contextmanager
def _asked() -> Iterator[None]:
    """What a server says that cannot be asked, in one line of ours."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import DatabaseError

    try:
        yield
    except (DatabaseError, ImproperlyConfigured) as error:
        raise explain(error) or BadInput("cannot open the store", "DATABASE_URL", error) from None


def _ours(seen: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Of the migrations that a store has seen, those of our own apps: the console adds others."""
    ours = {app.rpartition(".")[2] for app in INSTALLED_APPS}
    return {(app, name) for app, name in seen if app in ours}


def _prepare(store: Path) -> tuple[int, set[tuple[str, str]]]:
    """Makes the store from the template if there is none; how many migrations the store has seen, and which of our apps."""
    if not store.exists():
        try:
            files.create(store, _fresh())
        except OSError as error:
            raise files.unwritable(error, store, "make room and run the same command again") from None
    try:
        with closing(sqlite3.connect(store, timeout=30)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            begun = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'").fetchone()
            seen = connection.execute("SELECT app, name FROM django_migrations").fetchall() if begun else []
    except sqlite3.Error as error:
        raise explain(error) or BadInput("cannot open the store", store, error) from None
    return int(version), _ours(seen)


def _fresh() -> bytes:
    """A store that has seen every migration and nothing else, as the file has it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_template())
        return connection.serialize()


def _migrate() -> None:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import DatabaseError

    try:
        call_command("migrate", interactive=False, verbosity=0)
    except (DatabaseError, ImproperlyConfigured) as error:
        raise explain(error) or BadInput("cannot upgrade the store", todo=error) from None


def _template() -> str:
    return packaged("asepsis").joinpath(_TEMPLATE).read_text("utf-8")


def _template_version(template: str) -> int:
    found = re.search(r"^PRAGMA user_version=(\d+);$", template, re.MULTILINE)
    return int(found.group(1)) if found else 0


def _migrations(template: str) -> set[tuple[str, str]]:
    """App and name of every migration that this version knows."""
    return set(re.findall(r"""^INSERT INTO "django_migrations" VALUES\(\d+,'(\w+)','(\w+)',""", template, re.MULTILINE))


def dump_template() -> str:
    """The SQL of a store that has just seen every migration."""
    _point_django_at(DATABASES["default"])
    from django.db import connection

    _migrate()
    connection.ensure_connection()
    # When a migration ran is of no interest, and would change the dump each time.
    connection.cursor().execute("UPDATE django_migrations SET applied = '2000-01-01 00:00:00'")
    count = connection.cursor().execute("SELECT count(*) FROM django_migrations").fetchone()[0]
    return "\n".join([*connection.connection.iterdump(), f"PRAGMA user_version={count};", ""])


if __name__ == "__main__":
    # Under its own name, because Django imports it so, and there must be one DATABASES.
    settings = import_module("asepsis.settings")

    target = Path(__file__).with_name(_TEMPLATE)
    target.write_text(settings.dump_template(), "utf-8")
    print(f"wrote {target.name}", file=sys.stderr)
