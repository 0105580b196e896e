"""The laboratory's database: PostgreSQL, which lets its application in with a password and without TLS."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lan import SCRATCH, RangeError, start
from state import Hospital
from topology import Host

USER, PASSWORD, NAME = "zzlis", "zz-database-invented", "postgres"
PACKAGES = {"usr/lib/postgresql": "postgresql", "psql": "postgresql-client", "runuser": "util-linux"}


def programs() -> Path:
    """Debian keeps the programs of each version of PostgreSQL apart.

    Raises:
        RangeError: none is installed.
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RangeError("missing programs: apt-get install --no-install-recommends postgresql")
    return found[-1].parent


def postgresql(hospital: Hospital, one: Host) -> None:
    home, password = SCRATCH / "postgresql", hospital.folder(one.name) / "password"
    home.mkdir()
    subprocess.run(["chown", "postgres", str(home)], check=True)
    password.write_text(PASSWORD)
    as_owner = ["runuser", "-u", "postgres", "--"]
    words = [programs() / "initdb", "-N", "-U", USER, f"--pwfile={password}", "-A", "scram-sha-256", "-D", home / "data"]
    password.chmod(0o644)
    subprocess.run([*as_owner, *map(str, words)], check=True, capture_output=True)
    with (home / "data" / "pg_hba.conf").open("a") as rules:
        rules.write("host all all 0.0.0.0/0 scram-sha-256\n")
    options = ["-c", f"listen_addresses={one.address}", "-c", f"unix_socket_directories={home}", "-c", "ssl=off", "-c", "fsync=off"]
    start(one.name, [*as_owner, programs() / "postgres", "-D", home / "data", *options], ports=[5432])
