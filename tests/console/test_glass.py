"""Breaking the glass: for an hour, with a reason, and seen by everybody."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest

from asepsis.console.glass import TAKEN, May, check, why
from asepsis.console.role import Role
from asepsis.journal.service import entries
from asepsis.kit.errors import WrongUse

from .browser import PASSWORD, Visitor, come_in
from .conftest import Running
from .test_approvals import _asked
from .test_second_factor import code

REASON = "the CT sends to a stranger, <b>nobody</b> of the analysts answers"


@pytest.mark.parametrize("own", [role for role in Role if role is not Role.AUDITOR])
def test_a_higher_role_may_be_taken_but_never_that_of_an_administrator(own: Role) -> None:
    taken = [role for role in TAKEN if role != own]
    assert [check(May.ROLE, own, role, without_factor=False) for role in taken] == taken
    for role in ("administrator", "privacy", "", "nothing"):
        with pytest.raises(WrongUse, match="cannot be taken"):
            check(May.FACTOR, own, role, without_factor=False)


def test_an_auditor_takes_nothing_and_nobody_what_is_not_allowed() -> None:
    for may, own, without_factor in (
        (May.FACTOR, Role.AUDITOR, False),
        (May.NO, Role.VIEWER, False),
        (May.NO, Role.VIEWER, True),
        (May.ROLE, Role.VIEWER, True),
    ):
        with pytest.raises(WrongUse, match="has not let you"):
            check(may, own, "approver", without_factor)
    with pytest.raises(WrongUse, match="your role already"):
        check(May.ROLE, Role.APPROVER, "approver", without_factor=False)
    assert check(May.FACTOR, Role.APPROVER, "approver", without_factor=True) is Role.APPROVER


def test_a_reason_is_a_line_of_text() -> None:
    assert why(" a pump\nis\u202e wrong ") == "a pump is wrong"
    assert len(why("x" * 70_000)) <= 200
    for none in ("", "now", "\0\u202e" * 40):
        with pytest.raises(WrongUse, match="no reason"):
            why(none)


def _person(console: Running, people: dict[Role, Visitor], name: str, role: str) -> Visitor:
    leads = people[Role.ADMINISTRATOR]
    leads.get("/people")
    (said,) = leads.post("/people/invite", role=role, next="/people").said()
    return come_in(console.base, said.rpartition(" ")[2], name)


def _banners(one: Visitor, path: str = "/assets") -> list[str]:
    return re.findall(r'<aside class="glass".*?</aside>', one.get(path).text, re.DOTALL)


def _end(one: Visitor) -> list[str]:
    number = re.search(r'name="number" value="(\d+)"', one.last.text)
    assert number
    return one.post("/glass/end", number=number.group(1)).said()


def test_one_takes_a_role_everybody_sees_it_and_it_ends_at_once(console: Running, people: dict[Role, Visitor]) -> None:
    one = _person(console, people, "nora", "viewer")
    finding = re.findall(r'href="/findings/(F\w+)"', one.get("/").text)[-1]
    one.get(f"/findings/{finding}")
    assert one.post(f"/findings/{finding}/accept", reason="x", until="2999-01-01").status == 403
    assert _banners(one) == []
    one.get("/glass")
    assert one.post("/glass", role="analyst", reason="now").status == 422
    assert one.post("/glass", role="administrator", reason=REASON).status == 422
    assert "You act as analyst too" in one.post("/glass", role="analyst", reason=REASON).said()[0]
    assert one.post("/glass", role="approver", reason=REASON).status == 422, "one at a time"
    for visitor in [one, *people.values()]:
        (banner,) = _banners(visitor)
        assert "nora broke the glass" in banner
        assert "&lt;b&gt;nobody&lt;/b&gt;" in banner
    assert _banners(Visitor(console.base)) == [], "strangers are told nothing"
    assert one.post(f"/findings/{finding}/accept", reason="x", until="2999-01-01").status == 200
    assert one.get("/people").status == 403
    entry = [entry for entry in entries(console.site) if entry.act == "console.break_glass"][-1]
    assert (entry.who, entry.subject, entry.detail["role"], entry.detail["without_factor"]) == ("console:nora", "nora", "analyst", False)
    assert b"stranger, <b>" not in b"".join(file.read_bytes() for file in console.site.journal.rglob("*") if file.is_file())
    one.get("/assets")
    viewer = people[Role.VIEWER]
    number = re.search(r'name="number" value="(\d+)"', one.last.text)
    assert number
    assert "Broken glass" in viewer.get("/assets").text
    assert "this is for the person" in viewer.post("/glass/end", number=number.group(1)).said()[0]
    assert "nora acts as analyst no more." in _end(one)
    assert one.post(f"/findings/{finding}/accept", reason="x", until="2999-01-01").status == 403
    assert _banners(people[Role.AUDITOR]) == []
    assert "&lt;b&gt;nobody&lt;/b&gt;" in people[Role.AUDITOR].get("/people").text, "it stays for who looks at it afterwards"


def test_an_administrator_ends_it_and_says_beforehand_who_may(console: Running, people: dict[Role, Visitor]) -> None:
    one, leads = _person(console, people, "otto", "biomed"), people[Role.ADMINISTRATOR]
    one.get("/glass")
    one.post("/glass", role="approver", reason=REASON)
    leads.get("/")
    assert "otto acts as clinical approver no more." in _end(leads)
    leads.get("/people")
    assert leads.post("/people/allow", username="otto", glass="nonsense").said()
    leads.get("/people")
    assert leads.post("/people/allow", username="otto", glass="no").said() == ["In an emergency, otto may take: no."]
    assert "Call one" in one.get("/glass").text
    one.get("/assets")
    assert one.post("/glass", role="approver", reason=REASON).status == 422
    acts = [entry.detail for entry in entries(console.site) if entry.act == "console.allow_glass"]
    assert {"from": "role", "to": "no"} in acts


def test_without_second_factor_only_who_was_let_and_he_cannot_take_the_account(console: Running, people: dict[Role, Visitor]) -> None:
    own, leads = _person(console, people, "petra", "administrator"), people[Role.ADMINISTRATOR]
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", own.get("/account/2fa/totp/activate/").text)
    assert secret
    own.post("/account/2fa/totp/activate/", code=code(secret.group(1)))

    def asked() -> Visitor:
        one = Visitor(console.base)
        one.get("/account/login/")
        assert one.post("/account/login/", login="petra", password=PASSWORD).url.endswith("/account/2fa/authenticate/")
        assert "break the glass" in one.last.text
        return one

    one = asked()
    assert "has not let you" in one.get("/glass/enter").text
    one.get("/account/2fa/authenticate/")
    assert one.post("/glass/enter", role="approver", reason=REASON).status == 422
    assert "/account/" in one.get("/assets").url
    leads.get("/people")
    leads.post("/people/allow", username="petra", glass="factor")
    one = asked()
    one.get("/glass/enter")
    assert one.post("/glass/enter", role="approver", reason=REASON).url == f"{console.base}/"
    assert "without second factor" in _banners(people[Role.VIEWER])[0]
    assert one.get("/people").status == 403, "not what he is, only what he took"
    assert "(clinical approver)" in one.get("/assets").text
    for closed in ("/account/2fa/", "/account/2fa/totp/deactivate/", "/account/password/change/", "/account/2fa/recovery-codes/"):
        assert one.get(closed).status == 403, closed
    assert own.get("/people").status == 200
    leads.get("/")
    _end(leads)
    assert "/account/login/" in one.get("/assets").url, "out with the glass"
    assert own.get("/people").status == 200
    assert Visitor(console.base).get("/glass/enter").url.endswith("/account/login/"), "nobody comes in there without a password"
    leads.get("/people")
    leads.post("/people/become", username="petra", role="")


def test_an_approval_is_answered_as_what_one_acts_as(console: Running, people: dict[Role, Visitor]) -> None:
    one, asked = _person(console, people, "rosa", "viewer"), _asked(console).id
    one.get("/glass")
    one.post("/glass", role="approver", reason=REASON)
    assert 'value="approve"' in one.get(f"/approvals/{asked}").text
    assert "You said: approve" in one.post(f"/approvals/{asked}/answer", verdict="approve", words="").said()[0]
    _end(one)
    own, leads = _person(console, people, "sam", "approver"), people[Role.ADMINISTRATOR]
    secret = re.search(r"<code>([A-Z2-7]{16,})</code>", own.get("/account/2fa/totp/activate/").text)
    assert secret
    own.post("/account/2fa/totp/activate/", code=code(secret.group(1)))
    leads.get("/people")
    leads.post("/people/allow", username="sam", glass="factor")
    one, asked = Visitor(console.base), _asked(console).id
    one.get("/account/login/")
    one.post("/account/login/", login="sam", password=PASSWORD)
    one.get("/glass/enter")
    one.post("/glass/enter", role="analyst", reason=REASON)
    assert 'value="approve"' not in one.get(f"/approvals/{asked}").text, "an approver without his second factor approves nothing"
    assert "is not asked here" in one.post(f"/approvals/{asked}/answer", verdict="approve", words="").said()[0]
    _end(one)


def test_it_ends_by_the_clock(console: Running, people: dict[Role, Visitor]) -> None:
    one = _person(console, people, "quinn", "viewer")
    one.get("/glass")
    one.post("/glass", role="analyst", reason=REASON)
    assert "analyst, viewer" in one.get("/assets").text
    with closing(sqlite3.connect(console.site.store, timeout=30)) as store:
        store.execute("UPDATE console_broken SET until = began WHERE ended IS NULL")
        store.commit()
    assert "analyst, viewer" not in one.get("/assets").text
    assert _banners(one) == []
