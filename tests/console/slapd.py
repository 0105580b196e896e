"""A directory for tests: a real slapd (OpenLDAP) on loopback, with people, and groups in groups."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

PROGRAM = shutil.which("slapd", path=f"{os.environ['PATH']}:/usr/sbin")
MISSING = PROGRAM is None or importlib.util.find_spec("django_auth_ldap") is None
BASE, BIND, SECRET = "dc=h,dc=example", "cn=asepsis,ou=services,dc=h,dc=example", "planted-bind-password"
PEOPLE, GROUPS = f"ou=people,{BASE}", f"ou=groups,{BASE}"
MEMBERS = {
    "security": [f"uid=lara,{PEOPLE}", f"uid=anna,{PEOPLE}"],
    "wards": [f"uid=Nils,{PEOPLE}"],
    "nurses": [f"cn=wards,{GROUPS}", f"uid=zoe,{PEOPLE}"],
    "heads": [f"uid=olga,{PEOPLE}"],
}
STATED: dict[str, Any] = {
    "servers": ["ldaps://dc1.h.example", "ldaps://dc2.h.example:6360"],
    "bind_dn": BIND,
    "bind_password_file": "/nowhere",
    "people": PEOPLE,
    "name": "uid",
    "groups": GROUPS,
    "roles": {"administrator": [f"CN=heads, OU=groups,{BASE}"], "analyst": [f"cn=Security,{GROUPS}"], "approver": [f"cn=nurses,{GROUPS}"]},
}


def password(name: str) -> str:
    """Of somebody in the directory."""
    return f"ldap-{name}-password"


def _ldif() -> str:
    entries: list[tuple[str, dict[str, list[str]]]] = [(BASE, {"objectClass": ["dcObject", "organization"], "o": ["h"], "dc": ["h"]})]
    entries += [(f"ou={name},{BASE}", {"objectClass": ["organizationalUnit"], "ou": [name]}) for name in ("people", "groups", "services")]
    asks = {"objectClass": ["organizationalRole", "simpleSecurityObject"], "cn": ["asepsis"], "userPassword": [SECRET]}
    entries.append((BIND, asks))
    for name in ("anna", "lara", "Nils", "olga", "stranger", "zoe"):
        person = {"objectClass": ["inetOrgPerson"], "uid": [name], "cn": [name], "sn": [name], "userPassword": [password(name)]}
        entries.append((f"uid={name},{PEOPLE}", person))
    entries += [(f"cn={name},{GROUPS}", {"objectClass": ["groupOfNames"], "member": members}) for name, members in MEMBERS.items()]
    lines = []
    for name, attributes in entries:
        lines += [f"dn: {name}", *(f"{key}: {value}" for key, values in attributes.items() for value in values), ""]
    return "\n".join(lines)


@dataclass
class Server:
    """A slapd: its files, its ports, and its process while it runs."""

    folder: Path
    plain: int
    tls: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert PROGRAM
        urls = f"ldap://127.0.0.1:{self.plain} ldaps://127.0.0.1:{self.tls}"
        self.process = subprocess.Popen([PROGRAM, "-f", str(self.folder / "slapd.conf"), "-h", urls, "-d", "0"])
        while self.process.poll() is None:
            with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", self.tls), timeout=30):
                return
        raise AssertionError("slapd did not start")

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(30)

    def change(self, ldif: str) -> None:
        tool = ["ldapmodify", "-x", "-H", f"ldap://127.0.0.1:{self.plain}", "-D", f"cn=root,{BASE}", "-w", "root"]
        subprocess.run(tool, input=ldif, text=True, check=True, capture_output=True)

    def toml(self, **changes: object) -> str:
        """An `ldap.toml` that leads here."""
        here: dict[str, object] = {
            "servers": [f"ldaps://127.0.0.1:{self.tls}"],
            "ca_file": str(self.folder / "ca.pem"),
            "bind_password_file": str(self.folder / "bind-password"),
            "nested": True,
            "timeout_s": 2,
        }
        said = STATED | here | changes
        roles = said.pop("roles")
        lines = [f"{key} = {_toml(value)}" for key, value in said.items()]
        return "\n".join([*lines, "[roles]", *(f"{role} = {_toml(groups)}" for role, groups in roles.items())])


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def certify(folder: Path) -> None:
    """A certificate with its key, and with who signed it (`ca.pem`): for 127.0.0.1, as OpenLDAP takes localhost for the machine's name."""
    now, keys = datetime.now(UTC), [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("a hospital's own", "127.0.0.1")]
    for name, key, file, ca in ((names[0], keys[0], "ca.pem", True), (names[1], keys[1], "certificate.pem", False)):
        made = x509.CertificateBuilder().subject_name(name).issuer_name(names[0]).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(hours=1))
        made = made.not_valid_after(now + timedelta(days=1)).add_extension(x509.BasicConstraints(ca, None), critical=True)
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        (folder / file).write_bytes(made.sign(keys[0], SHA256()).public_bytes(Encoding.PEM))
    kept = keys[1].private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "key.pem").write_bytes(kept)


def made(folder: Path) -> Server:
    """A server with its people, in a folder of its own; it does not run yet."""
    certify(folder)
    (folder / "db").mkdir()
    (folder / "bind-password").touch(0o600)
    (folder / "bind-password").write_text(SECRET)
    schemas = "".join(f"include /etc/ldap/schema/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
    (folder / "slapd.conf").write_text(
        f"{schemas}modulepath /usr/lib/ldap\nmoduleload back_mdb\nTLSCertificateFile {folder}/certificate.pem\n"
        f"TLSCertificateKeyFile {folder}/key.pem\ndatabase mdb\nsuffix {BASE}\nrootdn cn=root,{BASE}\nrootpw root\ndirectory {folder}/db\n"
        f'access to attrs=userPassword by anonymous auth by * none\naccess to * by dn.exact="{BIND}" read by * none\n'
    )
    (folder / "ldif").write_text(_ldif())
    assert PROGRAM
    subprocess.run([PROGRAM, "-T", "add", "-f", str(folder / "slapd.conf"), "-l", str(folder / "ldif")], check=True)
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        return Server(folder, one.getsockname()[1], two.getsockname()[1])
