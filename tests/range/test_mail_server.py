"""The mail server with somebody who sends: in clear, encrypted, with and without a login."""

from __future__ import annotations

import smtplib
import subprocess
from datetime import UTC, datetime

import pytest

from .conftest import until

pytest.importorskip("aiosmtpd", reason="needs aiosmtpd")
AT = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


@pytest.fixture
def server(start, port, tmp_path):
    """`server(*options)` gives its port and its status file."""

    def run(*options: object):
        at, status = port(), tmp_path / "mail.json"
        start("mail_server", "--listen", f"127.0.0.1:{at}", "--status", status, *options)
        return at, status

    return run


def _letter():
    from clients.mail import Attachment, Letter

    attached = [Attachment("invoice.pdf", "application/pdf", b"%PDF-1.4 ZZTEST"), Attachment("plan.xlsm", "application/zip", bytes(500))]
    return Letter("zzward@hospital.test", ["zza@hospital.test", "zzb@hospital.test"], "Invented", "Nothing.\n", attached)


def test_a_letter_with_attachments_is_counted(server) -> None:
    from clients.mail import send, write

    port, status = server()
    send("127.0.0.1", port, _letter(), AT)
    said = until(status, lambda s: s["messages"] == 1 and "attachments" in s)
    assert (said["recipients"], said["attachments"]) == (2, 2)
    assert write(_letter(), AT)["Date"] == "Mon, 05 Jan 2026 08:30:00 +0000"


def test_encrypted_with_a_login(server, tmp_path) -> None:
    from clients.mail import MailError, Way, send

    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    words = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=mail.hospital.test"]
    subprocess.run(["openssl", "req", "-x509", *words, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    port, status = server("--cert", cert, "--key", key, "--login", "zzward:zz-secret")
    send("127.0.0.1", port, _letter(), AT, Way(starttls=True, ca=cert, login=("zzward", "zz-secret")))
    with pytest.raises(MailError):
        send("127.0.0.1", port, _letter(), AT, Way(starttls=True, ca=cert, login=("zzward", "wrong")))
    with pytest.raises(MailError):
        send("127.0.0.1", port, _letter(), AT)
    said = until(status, lambda s: s["messages"] == 1 and s.get("logins_refused", 0) > 0)
    assert said["encrypted"] == 2


def test_rude_callers_do_no_harm(server) -> None:
    port, status = server()
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as link:
        assert link.docmd("NONSENSE")[0] == 500
        assert link.docmd("MAIL FROM:<\x00>")[0] >= 500
        link.close()
    from clients.mail import send

    send("127.0.0.1", port, _letter(), AT)
    until(status, lambda s: s["messages"] == 1)
