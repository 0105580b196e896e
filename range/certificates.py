"""The hospital's certificates (RFC 5280): its own authority and what that signed; for the faults, one self-signed, weak and long ended."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from lan import SCRATCH
from topology import Topology

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
AUTHORITY = SCRATCH / "ca.crt"
SIGNED = ("ehr", "mail")


def make(topology: Topology) -> None:
    """`NAME.crt` and `NAME.key` in the scratch folder for the hosts of `SIGNED`, for the outside's web and for the pump server."""
    begin, end = _span(topology)
    authority, signer = _key(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ZZ Example CA")])
    root = _draft(signer, signer, authority, begin, end).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    _write("ca", authority, root.sign(authority, hashes.SHA256()))
    for name in SIGNED:
        _sign(name, [f"{name}.{topology.domain}"], signer, authority, begin, end)
    for one in topology.hosts:
        if one.names:
            _sign(one.name, list(one.names), signer, authority, begin, end)
    _sign("pumps", [f"pump.{topology.domain}"], signer, authority, begin, end)
    lived = datetime.combine(topology.date, time(), UTC)
    _sign("soon", [f"xa01.{topology.domain}"], signer, authority, lived - timedelta(days=355), lived + timedelta(days=10))
    _old(f"pumpsrv.{topology.domain}")


def renew(stem: str, name: str, begin: datetime) -> None:
    """Another key and certificate in place of those of `make`, by the same authority."""
    authority = serialization.load_pem_private_key((SCRATCH / "ca.key").read_bytes(), None)
    if not isinstance(authority, ec.EllipticCurvePrivateKey):
        raise TypeError("the authority's key is none of this module's")
    signer = x509.load_pem_x509_certificate(AUTHORITY.read_bytes()).subject
    _sign(stem, [name], signer, authority, begin, begin + timedelta(days=800))


def _span(topology: Topology) -> tuple[datetime, datetime]:
    """Good on the day that is lived through and on the day that the range runs."""
    lived, now = datetime.combine(topology.date, time(), UTC), datetime.now(UTC)
    return min(lived, now) - timedelta(days=30), max(lived, now) + timedelta(days=800)


def _key() -> Key:
    return ec.generate_private_key(ec.SECP256R1())


def _draft(subject: x509.Name, issuer: x509.Name, key: Key, begin: datetime, end: datetime) -> x509.CertificateBuilder:
    draft = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return draft.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _sign(stem: str, names: list[str], signer: x509.Name, authority: Key, begin: datetime, end: datetime) -> None:
    key = _key()
    draft = _draft(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])]), signer, key, begin, end)
    draft = draft.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    _write(stem, key, draft.sign(authority, hashes.SHA256()))


def _old(name: str) -> None:
    """As devices have them that nobody looked at for years: RSA with 1024 bits, by itself, ended in 2018."""
    key, subject = rsa.generate_private_key(65537, 1024), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    draft = _draft(subject, subject, key, datetime(2013, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC))
    _write("pumpsrv", key, draft.sign(key, hashes.SHA256()))


def _write(stem: str, key: Key, certificate: x509.Certificate) -> None:
    plain, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    (SCRATCH / f"{stem}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (SCRATCH / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
