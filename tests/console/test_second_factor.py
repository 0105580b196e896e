"""A second factor: a code by the clock (RFC 6238), and codes for when the phone is gone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time

from tests.stored import stored

from asepsis.console.role import Role
from asepsis.journal.service import entries

from .browser import PASSWORD, Visitor, come_in
from .conftest import Running


def code(secret: str, ahead: int = 0) -> str:
    """RFC 6238 with SHA-1, six digits, steps of thirty seconds."""
    counter = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.new(base64.b32decode(secret + "=" * (-len(secret) % 8)), counter, hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def test_who_has_one_is_asked_for_it_and_a_recovery_code_works_once(console: Running, people: dict[Role, Visitor]) -> None:
    leads = people[Role.ADMINISTRATOR]
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="approver", next="/people").said()
    one = come_in(console.base, said.rpartition(" ")[2], "carla")
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", one.get("/account/2fa/totp/activate/").text)
    assert secret
    assert one.post("/account/2fa/totp/activate/", code="000000").status == 200
    one.get("/account/2fa/totp/activate/")
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", one.last.text)
    assert secret
    assert one.post("/account/2fa/totp/activate/", code=code(secret.group(1))).status == 200
    recovery = re.findall(r"^\s*(\d{8})\s*$", one.get("/account/2fa/recovery-codes/download/").text, re.MULTILINE)
    assert len(recovery) == 10
    for given in recovery[:2]:
        again = Visitor(console.base)
        again.get("/account/login/")
        page = again.post("/account/login/", login="carla", password=PASSWORD)
        assert page.url.endswith("/account/2fa/authenticate/")
        assert "Your second factor" in again.get("/").text or "Log in" in again.last.text, "the password alone opens nothing"
        again.get("/account/2fa/authenticate/")
        assert again.post("/account/2fa/authenticate/", code=given).url == f"{console.base}/"
    used = Visitor(console.base)
    used.get("/account/login/")
    used.post("/account/login/", login="carla", password=PASSWORD)
    assert used.post("/account/2fa/authenticate/", code=recovery[0]).url.endswith("/account/2fa/authenticate/")
    acts = [entry.act for entry in entries(console.site) if entry.who == "console:carla"]
    assert {"console.come_in", "console.log_in", "console.factor_added"} <= set(acts)


def test_what_makes_codes_is_sealed_in_the_store(console: Running, people: dict[Role, Visitor]) -> None:
    one = people[Role.BIOMED]
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", one.get("/account/2fa/totp/activate/").text)
    assert secret
    assert one.post("/account/2fa/totp/activate/", code=code(secret.group(1))).status == 200
    assert secret.group(1).encode() not in b"".join(file.read_bytes() for file in console.site.path.glob("store.sqlite3*"))
    assert not [row for row in stored(console.site) if secret.group(1) in row]
