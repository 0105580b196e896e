from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from asepsis import settings as asepsis_settings
from asepsis.cli.main import main
from asepsis.kit.errors import BadInput
from asepsis.kit.site import Site
from asepsis.settings import postgresql


def test_database_url() -> None:
    settings = postgresql("postgresql://anna:p%40ss@db.example:5433/asep%20sis?sslmode=verify-full")
    assert settings["ENGINE"] == "asepsis.postgresql"
    assert (settings["USER"], settings["PASSWORD"], settings["HOST"], settings["PORT"]) == ("anna", "p@ss", "db.example", "5433")
    assert (settings["NAME"], settings["OPTIONS"]) == ("asep sis", {"sslmode": "verify-full"})
    assert postgresql("postgres:///asepsis")["HOST"] == ""


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/x", "postgresql://u:secret@h:port/x", "postgresql://u:secret@h", "secret", "postgresql://[secret/x"]
)
def test_another_database_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(BadInput, match="DATABASE_URL") as caught:
        postgresql(url)
    assert "secret" not in str(caught.value)


def test_the_template_is_what_fresh_migrations_make() -> None:
    # In a process of its own: here Django may know a store in which other tests have written.
    program = "from asepsis import settings; print(settings.dump_template(), end='')"
    command, source = [sys.executable, "-c", program], {"PYTHONPATH": "src"}
    fresh = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60, env=source).stdout
    assert fresh == asepsis_settings._template(), "run `python -m asepsis.settings`"


@pytest.mark.sqlite
def test_a_store_is_made_once_and_safely(store: Site) -> None:
    from django.db import connection

    from asepsis.settings import open_store

    with connection.cursor() as cursor:
        values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "foreign_keys", "busy_timeout")]
        cursor.execute("CREATE TABLE mark (x)")
    assert values == ["wal", 1, 30_000]
    assert store.store.stat().st_mode & 0o777 == 0o600
    open_store(store)
    assert "mark" in connection.introspection.table_names()


@pytest.mark.sqlite
def test_another_site_is_another_store(store: Site, site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    from django.db import connection

    from asepsis.settings import open_store

    other = Site.open(tmp_path_factory.mktemp("other"), create=True)
    open_store(other)
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA database_list").fetchone()[2] == str(other.store)


@pytest.mark.sqlite
def test_a_store_of_an_older_version_is_upgraded(site: Site) -> None:
    from django.db import connection

    from asepsis.settings import _template, _template_version, open_store

    sqlite3.connect(site.store).close()
    open_store(site)
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA user_version").fetchone()[0] == _template_version(_template())
        cursor.execute("PRAGMA user_version = 9999")
    with pytest.raises(BadInput, match="newer asepsis"):
        open_store(site)


@pytest.mark.sqlite
def test_a_store_with_migrations_that_are_not_known_is_of_a_newer_version(store: Site) -> None:
    from asepsis.settings import open_store

    with sqlite3.connect(store.store) as connection:
        # The console keeps its own apps in the same store.
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('sessions', '0001_initial', '2030-01-01')")
    open_store(store)
    with sqlite3.connect(store.store) as connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('findings', '0002_later', '2030-01-01')")
    with pytest.raises(BadInput, match=r"the store was made by a newer asepsis: .*store.sqlite3: upgrade asepsis"):
        open_store(store)


@pytest.mark.sqlite
def test_a_damaged_store_is_bad_input(site: Site) -> None:
    from asepsis.settings import open_store

    site.store.write_bytes(b"no database" * 1000)
    with pytest.raises(BadInput, match=r"the store is damaged: .*store.sqlite3: restore"):
        open_store(site)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("database or disk is full", "no space left: {store}: make room"),
        ("disk I/O error", "the disk of the store fails: {store}: look at"),
        ("database is locked", "another program holds the store: {store}: run the same command again"),
        ("attempt to write a readonly database", "the store may not be written: {store}: look at who owns"),
        ("unable to open database file", "the store cannot be opened: {store}: look at who owns"),
        ("database disk image is malformed", "the store is damaged: {store}: restore"),
    ],
)
def test_what_fails_outside_of_asepsis_is_explained(store: Site, said: str, understood: str) -> None:
    from django.db import DatabaseError, OperationalError

    for kind in (OperationalError, DatabaseError, sqlite3.OperationalError):
        error = asepsis_settings.explain(kind(said))
        assert str(error).startswith(understood.format(store=store.store))


@pytest.mark.sqlite
def test_what_is_a_bug_stays_one(store: Site) -> None:
    from django.db import OperationalError

    assert asepsis_settings.explain(OperationalError("no such table: x")) is None
    assert asepsis_settings.explain(ValueError("database or disk is full")) is None


COUNTING = """
import sys
from pathlib import Path
from asepsis.kit.site import Site
from asepsis.settings import open_store
open_store(Site.open(Path(sys.argv[1])))
from django.db import transaction
from asepsis.journal.models import AnchorRow
for _ in range(20):
    with transaction.atomic():
        AnchorRow.objects.create(n=AnchorRow.objects.count(), hash="")
"""


def test_who_changes_the_store_does_so_alone(store: Site) -> None:
    """What was counted still holds when it is written, or the row would stand there already."""
    from asepsis.journal.models import AnchorRow

    both = [subprocess.Popen([sys.executable, "-c", COUNTING, store.path]) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert AnchorRow.objects.count() == 40


@pytest.mark.sqlite
def test_a_store_that_another_program_holds_is_one_line(
    store: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(asepsis_settings._SQLITE_OPTIONS, "timeout", 0.1)
    other = sqlite3.connect(store.store, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    code = main(["findings", "reopen", "x", "--site", str(store.path)])
    other.close()
    out, err = capsys.readouterr()
    assert (code, out) == (3, "")
    assert err == f"asepsis: another program holds the store: {store.store}: run the same command again when it is done\n"
