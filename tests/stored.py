"""What the store of a site holds, on SQLite and on PostgreSQL."""

from __future__ import annotations

from asepsis.kit.site import Site
from asepsis.settings import open_store


def stored(site: Site) -> set[str]:
    """Every row of every table, as text behind the table's name."""
    open_store(site)
    from django.db import connection

    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            found |= {f"{table} {row}" for row in cursor.fetchall()}
    return found
