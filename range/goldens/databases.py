"""Logins to databases: with TLS where both sides agree on it and without, taken and refused; and TFTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lan

from goldens.cable import Recorded
from goldens.logins import CERT, KEY, certificate

PACKAGES = {
    "mariadbd": "mariadb-server",
    "mariadb": "mariadb-client",
    "psql": "postgresql-client",
    "tsql": "freetds-bin",
    "in.tftpd": "tftpd-hpa",
    "tftp": "tftp-hpa",
    "runuser": "util-linux",
}
PASSWORD = "zz-invented"
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
    said = f"CREATE USER zztest IDENTIFIED BY '{PASSWORD}'", "CREATE USER zzempty IDENTIFIED BY ''", "CREATE DATABASE zzris"
    users.write_text("".join(f"{line};\n" for line in (*said, "GRANT SELECT ON zzris.* TO zztest")))
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
        allowed.write("host all postgres 10.66.0.0/24 password\nhost all zzscram 10.66.0.0/24 scram-sha-256\n")
        allowed.write("host all zzmd5 10.66.0.0/24 md5\nhost all all 10.66.0.0/24 trust\n")
    options = {"listen_addresses": "*", "unix_socket_directories": home, "ssl": "on", "ssl_cert_file": CERT, "ssl_key_file": key}
    words = [*run, str(POSTGRESQL[-1] / "postgres"), "-D", str(home)]
    for name, value in options.items():
        words += ["-c", f"{name}={value}"]
    lan.start("server", words, ports=[5432])
    as_owner = ["runuser", "-u", "postgres", "--", "psql", "-h", str(home), "-q"]
    roles = f"CREATE ROLE zzscram LOGIN PASSWORD '{PASSWORD}'; ALTER ROLE postgres PASSWORD 'postgres'; CREATE ROLE zztrust LOGIN;"
    roles += f" SET password_encryption = 'md5'; CREATE ROLE zzmd5 LOGIN PASSWORD '{PASSWORD}';"
    lan.run("server", [*as_owner, "-c", roles])


def _mariadb_logins(server: str) -> None:
    """In clear, with a database, with a wrong password, with none, and behind TLS."""
    maria = ["mariadb", "--no-defaults", "-h", server, "-e", "DO 1"]
    known = [*maria, "-u", "zztest", f"-p{PASSWORD}"]
    lan.run("client", [*known, "--skip-ssl", "zzris"])
    lan.run("client", [*maria, "-u", "zztest", "-pzz-wrong-invented", "--skip-ssl"], expect=[1])
    lan.run("client", [*maria, "-u", "zzempty", "--skip-ssl"])
    lan.run("client", [*known, "--ssl"])


def _postgresql_logins(server: str) -> None:
    """A password in clear that is documented, SCRAM, MD5, one that is wrong, a database that is not there, trust, and behind TLS."""
    for user, password, mode, database, code in (
        ("postgres", "postgres", "disable", "postgres", 0),
        ("zzscram", PASSWORD, "disable", "postgres", 0),
        ("zzscram", "zz-wrong-invented", "disable", "postgres", 2),
        ("zzmd5", PASSWORD, "disable", "postgres", 0),
        ("zztrust", "", "disable", "zznone", 2),
        ("zztrust", "", "disable", "postgres", 0),
        ("zztrust", "", "require", "postgres", 0),
    ):
        words = ["psql", f"host={server} user={user} dbname={database} sslmode={mode} gssencmode=disable", "-c", ""]
        lan.run("client", words, env={"PGPASSWORD": password}, expect=[code])


def _sql_server() -> None:
    lan.start("server", [sys.executable, str(Path(__file__).with_name("sqlserver.py")), str(CERT), str(KEY)], ports=[1433, 1434, 1435])


def _sql_server_logins(server: str) -> None:
    """FreeTDS in clear, taken and refused, with the login alone encrypted, and with all."""
    conf = lan.SCRATCH / "freetds.conf"
    levels = {1433: "off", 1434: "request", 1435: "require"}
    conf.write_text("".join(f"[zz{port}]\nhost={server}\nport={port}\ntds version=7.4\nencryption={how}\n" for port, how in levels.items()))
    for user, port in (("zztest", 1433), ("zzwrong", 1433), ("zztest", 1434), ("zzwrong", 1434), ("zztest", 1435)):
        words = ["tsql", "-S", f"zz{port}", "-U", user, "-P", PASSWORD, "-D", "zzris"]
        lan.run("client", words, env={"FREETDSCONF": str(conf)}, stdin="exit\n", expect=[0, 1])


def record(into: Path, server: str, recorded: Recorded) -> None:
    """`recorded`: what keeps the packets that pass meanwhile."""
    certificate()
    _mariadb()
    _postgresql()
    _sql_server()
    files = lan.SCRATCH / "tftp"
    files.mkdir()
    (files / "zztest.cfg").write_text("invented\n")
    lan.start("server", ["in.tftpd", "-L", "-s", str(files)], ports=[69], udp=True)
    with recorded(into / "mysql" / "logins.pcap", "tcp port 3306"):
        _mariadb_logins(server)
    with recorded(into / "tds" / "logins.pcap", "tcp portrange 1433-1435"):
        _sql_server_logins(server)
    with recorded(into / "postgresql" / "logins.pcap", "tcp port 5432"):
        _postgresql_logins(server)
    with recorded(into / "conn" / "tftp.pcap", "udp and not port 5353"):
        lan.run("client", ["tftp", "-m", "octet", server, "-c", "get", "zztest.cfg", "/dev/null"])
