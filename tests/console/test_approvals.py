"""Somebody approves at three in the morning, on a phone."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from asepsis.console.role import Role
from asepsis.findings.service import Approval, Wish, approval, put
from asepsis.hospital.service import assets
from asepsis.journal.service import acting, entries

from .browser import Visitor, come_in
from .conftest import Running
from .test_second_factor import code


def _asked(console: Running) -> Approval:
    device = assets(console.site)[0]
    wish = Wish(
        f"{device.name} talks to nobody but the PACS", ("New scans wait on the <b>CT</b>",), (device.id,), "patients in radiology",
        timedelta(hours=4), "an attacker is on it", ("approver",),
    )  # fmt: skip
    with acting("console:analyst"):
        return put(console.site, wish)


@pytest.fixture(scope="module")
def codes(people: dict[Role, Visitor]) -> list[str]:
    """Codes of the second factor of an approver who is called carol."""
    leads = people[Role.ADMINISTRATOR]
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="approver", next="/people").said()
    carol = come_in(leads.base, said.rpartition(" ")[2], "carol")
    (secret,) = re.findall(r"<code>([A-Z2-7]{16,})</code>", carol.get("/account/2fa/totp/activate/").text)
    carol.post("/account/2fa/totp/activate/", code=code(secret))
    return re.findall(r"^\s*(\d{8})\s*$", carol.get("/account/2fa/recovery-codes/download/").text, re.MULTILINE)


def test_it_is_approved_by_whom_it_is_for_and_the_journal_says_so(console: Running, people: dict[Role, Visitor]) -> None:
    one, analyst, approver = _asked(console), people[Role.ANALYST], people[Role.APPROVER]
    assert "waiting" in analyst.get(f"/approvals/{one.id}").text
    assert "who asks does not answer" in analyst.post(f"/approvals/{one.id}/answer", verdict="approve", next="/approvals").said()[0]
    assert people[Role.VIEWER].post(f"/approvals/{one.id}/answer", verdict="approve").status == 403
    page = approver.get(f"/approvals/{one.id}").text
    assert "New scans wait on the &lt;b&gt;CT&lt;/b&gt;" in page
    assert "240 minutes" in page
    assert "say why you deny" in approver.post(f"/approvals/{one.id}/answer", verdict="deny", next=f"/approvals/{one.id}").said()[0]
    assert "It is approved now" in approver.post(f"/approvals/{one.id}/answer", verdict="approve", next="/").said()[0]
    acts = [(entry.who, entry.act) for entry in entries(console.site) if entry.subject == one.id]
    assert acts == [("console:analyst", "findings.put"), ("console:approver", "findings.approve")]


def test_by_link_only_with_the_second_factor_and_once(console: Running, people: dict[Role, Visitor], codes: list[str]) -> None:
    one, analyst = _asked(console), people[Role.ANALYST]
    analyst.get(f"/approvals/{one.id}")
    assert "no second factor" in analyst.post(f"/approvals/{one.id}/link", to="approver", next=f"/approvals/{one.id}").said()[0]
    analyst.get(f"/approvals/{one.id}")
    assert "not asked here" in analyst.post(f"/approvals/{one.id}/link", to="viewer", next=f"/approvals/{one.id}").said()[0]
    analyst.get(f"/approvals/{one.id}")
    said = analyst.post(f"/approvals/{one.id}/link", to="carol", next=f"/approvals/{one.id}").said()[0]
    path = said.rpartition(" ")[2].removeprefix(console.base)
    phone = Visitor(console.base)
    assert one.wish.title not in phone.get(path).text
    refused = phone.post(path, code="000000")
    assert (refused.status, one.wish.title in refused.text) == (422, False)
    phone.get(path)
    forged = phone.post(path, verdict="approve", proof="x")
    assert forged.status == 422
    phone.get(path)
    shown = phone.post(path, code=codes[0])
    assert one.wish.title in shown.text
    assert "/account/login/" in Visitor(console.base).get("/approvals").url
    (proof,) = re.findall(r'name="proof" value="([^"]+)"', shown.text)
    assert "approved" in phone.post(path, verdict="approve", proof=proof).text
    assert phone.get(path).status == 410
    assert approval(console.site, one.id).answers[0].who == "console:carol"
    word = path.rpartition("/")[2].encode()
    assert not any(word in file.read_bytes() for file in console.site.path.rglob("*") if file.is_file())


@pytest.mark.usefixtures("codes")
def test_who_guesses_codes_is_let_in_no_more(console: Running, people: dict[Role, Visitor]) -> None:
    one, analyst = _asked(console), people[Role.ANALYST]
    analyst.get(f"/approvals/{one.id}")
    said = analyst.post(f"/approvals/{one.id}/link", to="carol", next=f"/approvals/{one.id}").said()[0]
    path, guesser = said.rpartition(" ")[2].removeprefix(console.base), Visitor(console.base)
    for _ in range(5):
        guesser.get(path)
        assert guesser.post(path, code="000000").status == 422
    assert guesser.get(path).status == 410
    refused = [entry for entry in entries(console.site) if entry.act == "console.refused" and entry.detail.get("by") == "link"]
    assert len(refused) >= 5


@pytest.mark.parametrize("path", ["/approvals/nothing", "/approvals/%F0"])
def test_what_nobody_asked_is_not_there(people: dict[Role, Visitor], path: str) -> None:
    assert people[Role.VIEWER].get(path).status == 404


def test_what_was_denied_stays_denied_and_nobody_is_asked_by_link_any_more(console: Running, people: dict[Role, Visitor]) -> None:
    one, analyst, approver = _asked(console), people[Role.ANALYST], people[Role.APPROVER]
    approver.get(f"/approvals/{one.id}")
    said = approver.post(f"/approvals/{one.id}/answer", verdict="deny", words="the CT is in use", next="/").said()
    assert "It is denied now" in said[0]
    analyst.get(f"/approvals/{one.id}")
    assert "denied already" in analyst.post(f"/approvals/{one.id}/withdraw", next=f"/approvals/{one.id}").said()[0]
    analyst.get("/approvals")
    assert "denied already" in analyst.post(f"/approvals/{one.id}/link", to="carol", next="/approvals").said()[0]


def test_many_links_give_no_more_tries(console: Running, people: dict[Role, Visitor], codes: list[str]) -> None:
    analyst = people[Role.ANALYST]
    wrong, path = 0, ""
    for _ in range(4):
        one = _asked(console)
        analyst.get(f"/approvals/{one.id}")
        path = analyst.post(f"/approvals/{one.id}/link", to="carol", next=f"/approvals/{one.id}").said()[0].rpartition(" ")[2]
        guesser = Visitor(console.base)
        for _ in range(5):
            if guesser.get(path.removeprefix(console.base)).status == 200:
                wrong += guesser.post(path.removeprefix(console.base), code="000000").status == 422
    assert wrong <= 10
    phone = Visitor(console.base)
    phone.get(path.removeprefix(console.base))
    assert "talks to nobody" not in phone.post(path.removeprefix(console.base), code=codes[3]).text
