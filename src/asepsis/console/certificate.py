"""The console's own certificate, for a hospital that has given it none: made by itself, for the names that the machine has.

Source: RFC 5280 (profile), RFC 6125 (names stand in subjectAltName); at most 398 days, as browsers want of any certificate.
"""

from __future__ import annotations

import ipaddress
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from asepsis.kit import files

LASTS, RENEWED = timedelta(days=397), timedelta(days=30)


def own(folder: Path, names: list[str]) -> tuple[Path, Path]:
    """Certificate and key for `names` in `folder`, made if there is none, if it ends within a month, or if a name is new."""
    cert, key = folder / "certificate.pem", folder / "key.pem"
    if not _good(cert, key, names):
        secret = ec.generate_private_key(ec.SECP256R1())
        made = _made(secret, names)
        kept = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        files.replace(key, kept)
        files.replace(cert, made.public_bytes(serialization.Encoding.PEM), 0o644)
    return cert, key


def fingerprint(cert: Path) -> str:
    """SHA-256 of a certificate as browsers show it."""
    digest = x509.load_pem_x509_certificate(cert.read_bytes()).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def _made(secret: ec.EllipticCurvePrivateKey, names: list[str]) -> x509.Certificate:
    now = datetime.now(UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"asepsis on {socket.gethostname()}"[:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(secret.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LASTS)
        .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(secret, hashes.SHA256())
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _good(cert: Path, key: Path, names: list[str]) -> bool:
    try:
        kept = x509.load_pem_x509_certificate(cert.read_bytes())
        said = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    known = {str(name.value) for name in said}
    return key.exists() and kept.not_valid_after_utc > datetime.now(UTC) + RENEWED and known >= set(names)
