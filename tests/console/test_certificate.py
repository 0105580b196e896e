"""The console's own certificate."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from asepsis.console import certificate


def test_a_certificate_is_made_once_and_again_for_a_new_name(tmp_path: Path) -> None:
    cert, key = certificate.own(tmp_path, ["localhost", "127.0.0.1"])
    first = cert.read_bytes()
    assert certificate.own(tmp_path, ["127.0.0.1"])[0].read_bytes() == first
    assert certificate.own(tmp_path, ["localhost", "console.hospital.example"])[0].read_bytes() != first
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    assert key.stat().st_mode & 0o077 == 0


def test_it_is_renewed_before_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(certificate, "LASTS", timedelta(days=20))
    cert, _ = certificate.own(tmp_path, ["localhost"])
    monkeypatch.undo()
    certificate.own(tmp_path, ["localhost"])
    made = x509.load_pem_x509_certificate(cert.read_bytes())
    assert made.not_valid_after_utc > datetime.now(UTC) + timedelta(days=300)


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_damaged_one_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    cert, _ = certificate.own(tmp_path, ["localhost"])
    cert.write_bytes(damage)
    certificate.own(tmp_path, ["localhost"])
    assert certificate.fingerprint(cert).count(":") == 31
