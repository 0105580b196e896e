"""Who changes the store does so alone, as with SQLite's IMMEDIATE transactions: what is read in a change still holds when it is written.

PostgreSQL at its default (READ COMMITTED) would let a person accept a finding that detection writes again at that moment, and one of the
two would be lost. So a transaction waits for its turn (pg_advisory_xact_lock, chapter 9.27.10 of PostgreSQL 15), at most half a minute; who
only reads waits for nobody. Changes take milliseconds, and a site has few writers.
"""

from __future__ import annotations

from django.db.backends.postgresql import base

_TURN = "SET LOCAL lock_timeout = '30s'; SELECT pg_advisory_xact_lock(1634954355)"


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend that `asepsis.settings` names."""

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        """Begins a transaction, or ends one; Django's `atomic` calls it."""
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)
        if not autocommit:
            with self.cursor() as cursor:
                cursor.execute(_TURN)
