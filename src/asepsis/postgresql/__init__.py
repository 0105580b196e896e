"""Django's backend of PostgreSQL with the one promise that SQLite gives of itself."""
