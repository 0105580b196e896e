"""Databases and TFTP, which the sensor only names: with TLS where both sides agree on it, and without."""

from __future__ import annotations

import subprocess
from pathlib import Path

import lan
from logins import CERT, KEY, Recorded, certificate

PACKAGES = {
    "mariadbd": "mariadb-server",
    "mariadb": "mariadb-client",
    "psql": "postgresql-client",
    "in.tftpd": "tftpd-hpa",
    "tftp": "tftp-hpa",
    "runuser": "util-linux",
}
# Debian keeps the programs of each version of PostgreSQL apart.
POSTGRESQL = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _mariadb() -> None:
    home = lan.SCRATCH / "mariadb"
    home.mkdir()
    subprocess.run(["chown", "mysql", str(home)], check=True)
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={home}", "--user=mysql", "--skip-test-db"], check=True, capture_output=True
    )
    users = lan.SCRATCH / "users.sql"
    users.write_text("CREATE USER zztest IDENTIFIED BY 'zz-invented';\n")
    words = ["mariadbd", "--no-defaults", f"--datadir={home}", "--user=mysql", f"--socket={home}/socket", f"--pid-file={home}/pid"]
    words += [f"--init-file={users}", f"--ssl-cert={CERT}", f"--ssl-key={KEY}", "--bind-address=0.0.0.0"]
    lan.start("server", words, ports=[3306])


def _postgresql() -> None:
    if not POSTGRESQL:
        raise lan.RangeError("missing programs: apt-get install --no-install-recommends postgresql")
    home = lan.SCRATCH / "postgresql"
    home.mkdir()
    key = lan.SCRATCH / "postgresql.key"
    key.write_bytes(KEY.read_bytes())
    key.chmod(0o600)
    subprocess.run(["chown", "postgres", str(home), str(key)], check=True)
    run = ["runuser", "-u", "postgres", "--"]
    subprocess.run([*run, str(POSTGRESQL[-1] / "initdb"), "-D", str(home), "-A", "trust"], check=True, capture_output=True)
    with (home / "pg_hba.conf").open("a") as allowed:
        allowed.write("host all all 10.66.0.0/24 trust\n")
    options = {"listen_addresses": "*", "unix_socket_directories": home, "ssl": "on", "ssl_cert_file": CERT, "ssl_key_file": key}
    words = [*run, str(POSTGRESQL[-1] / "postgres"), "-D", str(home)]
    for name, value in options.items():
        words += ["-c", f"{name}={value}"]
    lan.start("server", words, ports=[5432])


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    certificate()
    _mariadb()
    _postgresql()
    files = lan.SCRATCH / "tftp"
    files.mkdir()
    (files / "zztest.cfg").write_text("invented\n")
    lan.start("server", ["in.tftpd", "-L", "-s", str(files)], ports=[69], udp=True)
    maria = ["mariadb", "--no-defaults", "-h", server, "-u", "zztest", "-pzz-invented", "-e", "SELECT 1"]
    with recorded(into / "conn" / "databases.pcap", "tcp port 3306 or tcp port 5432"):
        lan.run("client", [*maria, "--skip-ssl"])
        lan.run("client", [*maria, "--ssl"])
        for mode in ("disable", "require"):
            lan.run("client", ["psql", f"host={server} user=postgres dbname=postgres sslmode={mode} gssencmode=disable", "-c", "SELECT 1"])
    with recorded(into / "conn" / "tftp.pcap", "udp and not port 5353"):
        lan.run("client", ["tftp", "-m", "octet", server, "-c", "get", "zztest.cfg", "/dev/null"])
