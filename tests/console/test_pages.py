"""What each person can see and do, on a console that runs."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import date, timedelta

import pytest

from asepsis.console.role import Role, access, allowed
from asepsis.journal.service import entries

from .browser import Visitor, come_in
from .conftest import Running

NOT_ASKED = {"account_logout", "mfa_authenticate", "mfa_login_webauthn", "console:enter"}
"""What ends the session that asks, and what leads away whoever did not begin to log in."""
CLOSED = {"account_"}
"""allauth's addresses that the table leaves out are closed: nobody signs himself up, and no mail is sent."""


def test_every_address_stands_in_the_table_or_is_closed(addresses: dict[str, str]) -> None:
    unnamed = {name for name in addresses if name not in access() and not name.startswith(tuple(CLOSED))}
    assert not unnamed
    assert set(access()) <= set(addresses)


def test_no_two_pages_have_one_address(addresses: dict[str, str]) -> None:
    doubled = [at for at in set(addresses.values()) if sum(other == at for other in addresses.values()) > 1]
    assert not doubled


def test_the_table_holds_for_every_role_address_and_method(
    addresses: dict[str, str], people: dict[Role, Visitor], console: Running
) -> None:
    wrong = []
    stranger = Visitor(console.base)
    stranger.get("/account/login/")
    for name, at in addresses.items():
        if "^" in at or name in NOT_ASKED or name.startswith("api:"):
            continue
        for method in ("GET", "POST"):
            for role, visitor in [(None, stranger), *people.items()]:
                status = visitor.ask(at, method)
                # Whom the table lets through gets what the page says; whom it does not, a closed door or the way to log in.
                closed = status == 403 or (role is None and status in (302, 403))
                if closed is allowed(name, method, role):
                    wrong.append((name, method, role, status))
    assert not wrong


def test_strangers_are_led_to_log_in_and_told_nothing(console: Running) -> None:
    page = Visitor(console.base).get("/assets")
    assert "/account/login/" in page.url
    assert "MR01" not in page.text
    assert Visitor(console.base).get("/healthz").text == "ok"
    assert json.loads(Visitor(console.base).get("/readyz").text) == {"ready": True}


def test_the_policy_of_contents_is_strict_on_every_page(addresses: dict[str, str], people: dict[Role, Visitor]) -> None:
    for name, at in addresses.items():
        if "^" in at or name == "account_logout" or name.startswith("api:"):
            continue
        page = people[Role.ADMINISTRATOR].get(at)
        policy = page.headers.get("Content-Security-Policy", "")
        assert "default-src 'none'" in policy, name
        assert "frame-ancestors 'none'" in policy, name
        assert "unsafe" not in policy, name
        assert "no-store" in page.headers["Cache-Control"], name
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", page.text), name


def test_one_accepts_with_a_reason_and_the_journal_says_who(console: Running, people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    first = re.findall(r'href="/findings/(F\w+)"', analyst.get("/").text)[-1]
    assert "Accept" in analyst.get(f"/findings/{first}").text
    refused = analyst.post(f"/findings/{first}/accept", reason="", until="2999-01-01", next=f"/findings/{first}")
    assert refused.url.endswith(first)
    assert "cannot accept until" in refused.said()[0] or "no reason" in refused.said()[0]
    until = (date.today() + timedelta(days=30)).isoformat()
    done = analyst.post(f"/findings/{first}/accept", reason="a new firewall comes", until=until, next=f"/findings/{first}")
    assert done.said()[0].startswith(f"Accepted until {until}")
    last = [entry for entry in entries(console.site) if entry.act == "findings.accept"][-1]
    assert (last.who, last.subject) == ("console:analyst", first)
    assert "firewall" not in json.dumps(last.detail)
    again = analyst.get(f"/findings/{first}")
    assert "a new firewall comes" in again.text
    assert analyst.post(f"/findings/{first}/reopen", next="/").said()[0].startswith("Open again")


def test_a_form_leads_back_to_this_console_only(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    first = re.findall(r'href="/findings/(F\w+)"', analyst.get("/").text)[0]
    analyst.get(f"/findings/{first}")
    for elsewhere in ("https://evil.example/", "//evil.example/", "/\\evil.example/", "/\t/evil.example/"):
        assert analyst.post(f"/findings/{first}/accept", reason="", until="x", next=elsewhere).url == f"{analyst.base}/"
        analyst.get(f"/findings/{first}")


def test_an_invitation_lets_one_in_once(console: Running, people: dict[Role, Visitor]) -> None:
    leads = people[Role.ADMINISTRATOR]
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="viewer", next="/people").said()
    path = said.rpartition(" ")[2].removeprefix(console.base)
    one = Visitor(console.base)
    assert "viewer" in one.get(path).text
    assert one.post(path, username="bert", password="short", again="short").status == 422
    assert one.post(path, username="viewer", password="x" * 20 + "y", again="x" * 20 + "y").status == 422, "the name is taken"
    one.get(path)
    assert one.post(path, username="bert", password="x1" * 10 + "y z", again="x1" * 10 + "y z").status == 200
    assert Visitor(console.base).get(path).status == 410
    word = path.rpartition("/")[2].encode()
    kept = [file for file in console.site.path.rglob("*") if file.is_file() and word in file.read_bytes()]
    assert kept == [], "the word is kept nowhere"


def test_what_is_shown_is_text(people: dict[Role, Visitor]) -> None:
    page = people[Role.VIEWER].get("/assets?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_assets_are_found_by_address_and_read(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    ids = re.findall(r'href="/assets/([^"?]+)"', viewer.get("/assets").text)
    assert ids
    assert "Why we believe it" in viewer.get(f"/assets/{ids[0]}").text
    assert viewer.get("/assets?after=%F0").status == 404
    assert "Nothing is known" in viewer.get("/assets?q=no-such-thing").text


def test_nobody_logs_in_with_a_wrong_password(console: Running, people: dict[Role, Visitor]) -> None:
    one = Visitor(console.base)
    one.get("/account/login/")
    page = one.post("/account/login/", login="viewer", password="wrong")
    assert "not correct" in page.text
    assert one.get("/assets").url.startswith(f"{console.base}/account/login/")


def test_a_program_reads_with_a_token_what_it_is_let_in_for(console: Running, people: dict[Role, Visitor]) -> None:
    leads, program = people[Role.ADMINISTRATOR], Visitor(console.base)
    for path in ("assets", "assets/x", "worklist", "findings/x"):
        refused = program.get(f"/api/v1/{path}")
        assert (refused.status, refused.headers["Content-Type"]) == (401, "application/problem+json")
    leads.get("/clients")
    until = (date.today() + timedelta(days=30)).isoformat()
    (said,) = leads.post("/clients/admit", name="inventory", scopes="assets:read", until=until, next="/clients").said()
    bearer = {"Authorization": f"Bearer {said.rpartition(' ')[2]}"}
    page = json.loads(program.get("/api/v1/assets", **bearer).text)
    assert len(page["items"]) > 3
    assert page["next"] is None
    one = page["items"][0]["id"]
    assert json.loads(program.get(f"/api/v1/assets/{one}", **bearer).text)["id"] == one
    assert program.get("/api/v1/assets/nothing", **bearer).status == 404
    assert program.get("/api/v1/worklist", **bearer).status == 403
    assert program.get("/api/v1/assets?cursor=%F0", **bearer).status == 400
    assert leads.post("/clients/withdraw", name="inventory", next="/clients").said() == ["inventory is let in no more."]
    assert program.get("/api/v1/assets", **bearer).status == 401


def test_who_leaves_is_out_at_once_and_the_last_administrator_stays(console: Running, people: dict[Role, Visitor]) -> None:
    leads = people[Role.ADMINISTRATOR]
    leads.get("/people")
    (said,) = leads.post("/people/invite", role="viewer", next="/people").said()
    one = come_in(console.base, said.rpartition(" ")[2], "dora")
    assert "What is on the network" in one.get("/assets").text
    leads.get("/people")
    assert leads.post("/people/become", username="dora", role="biomed", next="/people").said() == ["dora is biomedical engineer now."]
    assert leads.post("/people/become", username="dora", role="", next="/people").said() == ["dora can log in no more."]
    assert "/account/login/" in one.get("/assets").url
    assert "last administrator" in leads.post("/people/become", username="anna", role="viewer", next="/people").said()[0]
    acts = [(entry.who, entry.detail["to"]) for entry in entries(console.site) if (entry.act, entry.subject) == ("console.become", "dora")]
    assert acts == [("console:anna", "biomed"), ("console:anna", "nobody")]


def test_what_is_not_there_is_said_on_a_page(console: Running, people: dict[Role, Visitor]) -> None:
    page = people[Role.VIEWER].get("/no-such-page")
    assert (page.status, "There is nothing here" in page.text) == (404, True)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "There is nothing here" in people[Role.VIEWER].get("/findings/Fffff").text


def test_a_form_of_elsewhere_changes_nothing(console: Running) -> None:
    stranger = Visitor(console.base)
    page = stranger.post("/account/login/", login="anna", password="x")
    assert (page.status, "do that once more" in page.text) == (403, True)


def test_what_is_ticked_is_accepted_together_and_taken_back(console: Running, people: dict[Role, Visitor]) -> None:
    analyst, until = people[Role.ANALYST], (date.today() + timedelta(days=30)).isoformat()
    page = analyst.get("/findings").text
    ids = re.findall(r'name="id" value="(F\w+)"', page)[-2:]
    analyst.get("/findings")
    assert "no reason" in analyst.post("/findings/several", id=ids, do="accept", reason=" ", until=until, next="/findings").said()[0]
    assert "no day" in analyst.post("/findings/several", id=ids, do="accept", reason="x", until="", next="/findings").said()[0]
    assert "tick at least one" in analyst.post("/findings/several", do="accept", reason="x", until=until, next="/findings").said()[0]
    gone = analyst.post("/findings/several", id=[*ids, "Fnone"], do="accept", reason="x", until=until, next="/findings")
    assert "there no more" in gone.said()[0]
    done = analyst.post("/findings/several", id=ids, do="accept", reason="a new firewall comes", until=until, next="/findings")
    assert f"2 findings accepted until {until}." in done.said()
    assert not set(ids) & set(re.findall(r'value="(F\w+)"', analyst.get("/findings").text))
    assert set(ids) <= set(re.findall(r'value="(F\w+)"', analyst.get("/findings?state=accepted").text))
    (at,) = re.findall(r'name="at" value="([^"]+)"', done.text)
    assert "somebody else" in _visit(people[Role.BIOMED]).post("/findings/take-back", at=at, next="/findings").said()[0]
    assert "2 findings open again." in _visit(analyst).post("/findings/take-back", at=at, next="/findings").said()
    assert set(ids) <= set(re.findall(r'value="(F\w+)"', analyst.get("/findings").text))
    said = [entry for entry in entries(console.site) if entry.act == "findings.accept"][-1]
    assert (said.detail["count"], said.detail["findings"], said.who) == (2, sorted(ids), "console:analyst")


def test_a_whole_line_is_given_to_somebody_as_it_was_seen(people: dict[Role, Visitor]) -> None:
    analyst = _visit(people[Role.ANALYST])
    told = re.findall(r'name="line" value="(F\w+:\w+)"', analyst.last.text)[-1]
    assert "changed meanwhile" in analyst.post("/findings/several", line=told + "1", do="give", to="biomed", next="/").said()[0]
    assert "given to biomed" in analyst.post("/findings/several", line=told, do="give", to="biomed", next="/").said()[0]
    biomed = people[Role.BIOMED]
    assert told.partition(":")[0] in biomed.get("/findings?assigned=biomed").text
    assert "given to biomed" in biomed.get(f"/findings/{told.partition(':')[0]}").text


def test_comments_are_text_and_lose_their_words_for_good(console: Running, people: dict[Role, Visitor]) -> None:
    analyst, privacy = _visit(people[Role.ANALYST]), people[Role.PRIVACY]
    one = re.findall(r'href="/findings/(F\w+)"', analyst.last.text)[0]
    analyst.get(f"/findings/{one}")
    page = analyst.post(f"/findings/{one}/comment", text="<b>called</b> the vendor\n\nMrs Planted-Name waits", next="/")
    assert "&lt;b&gt;called&lt;/b&gt;" in page.text
    assert "has control characters" in analyst.post(f"/findings/{one}/comment", text="a\u202eb", next="/").said()[0]
    analyst.get(f"/findings/{one}")
    privacy.get(f"/findings/{one}")
    (n,) = re.findall(r"/findings/comments/(\d+)/redact", privacy.last.text)
    assert "Planted-Name" not in privacy.post(f"/findings/comments/{n}/redact", next="/").text
    assert "Planted" not in analyst.get(f"/findings/{one}").text
    assert not any(b"Planted-Name" in file.read_bytes() for file in (console.site.path / "journal").iterdir())


def test_a_view_is_kept_under_a_name_for_oneself(people: dict[Role, Visitor]) -> None:
    analyst = people[Role.ANALYST]
    analyst.get("/findings?state=open&kind=alert")
    page = analyst.post("/findings/view", name="My alerts", next="/findings?state=open&kind=alert")
    assert 'href="/findings?state=open&amp;kind=alert" aria-current="true">My alerts' in page.text
    assert "My alerts" not in people[Role.BIOMED].get("/findings").text
    analyst.get("/")
    assert "My alerts" not in _without_said(analyst.post("/findings/view", name="My alerts", drop="1", next="/").text)


@pytest.mark.parametrize("asked", ["state=none", "decision=x", "after=x", "after=WzEsMl0"])
def test_findings_that_there_cannot_be_are_not_there(people: dict[Role, Visitor], asked: str) -> None:
    assert people[Role.VIEWER].get(f"/findings?{asked}").status == 404


def test_a_page_hears_that_something_has_turned(people: dict[Role, Visitor]) -> None:
    page = people[Role.VIEWER].get("/worklist/live", Accept="text/event-stream")
    assert (page.headers["Content-Type"], page.text) == ("text/event-stream", ": listening\n")


def _visit(visitor: Visitor) -> Visitor:
    visitor.get("/")
    return visitor


def _without_said(text: str) -> str:
    return re.sub(r'<p class="said.*?</p>', "", text)


def test_assets_are_ordered_with_the_columns_that_are_asked_for_and_the_same_as_csv(people: dict[Role, Visitor]) -> None:
    viewer = people[Role.VIEWER]
    asked = "column=zone&column=serial&sort=kind"
    page = viewer.get(f"/assets?{asked}")
    head = re.findall(r'<th scope="col"[^>]*>\s*(?:<a[^>]*>)?([^<\n]+)', page.text)
    assert head == ["Name", "Serial", "Zone"]
    shown = [html.unescape(name) for name in re.findall(r'<td><a href="/assets/[^"]+">([^<]+)', page.text)]
    rows = list(csv.reader(io.StringIO(viewer.get(f"/assets.csv?{asked}").text)))
    assert rows[0] == ["name", "serial", "zone"]
    assert [row[0] for row in rows[1:]] == shown
    assert viewer.get("/assets?sort=none").status == 404
    assert viewer.get("/assets.csv?column=none").status == 404


def test_one_says_what_an_asset_is_and_takes_it_back(console: Running, people: dict[Role, Visitor]) -> None:
    biomed, viewer = people[Role.BIOMED], people[Role.VIEWER]
    one = re.findall(r'href="/assets/([^"?/]+)"', biomed.get("/assets").text)[0]
    biomed.get(f"/assets/{one}")
    assert "nothing to set" in biomed.post(f"/assets/{one}/edit", next=f"/assets/{one}").said()[0]
    said = biomed.post(f"/assets/{one}/edit", kind="infusion pump", owner="=cmd|'/c calc'!A1", next=f"/assets/{one}").said()[0]
    assert "kind infusion pump" in html.unescape(said)
    assert "infusion pump" in viewer.get(f"/assets/{one}").text
    assert "\"'=cmd" in viewer.get("/assets.csv?column=owner").text.replace("'=cmd", "\"'=cmd", 1)
    (n,) = re.findall(r"/assets/acts/(\d+)/undo", biomed.get(f"/assets/{one}").text)
    assert viewer.post(f"/assets/acts/{n}/undo").status == 403
    biomed.get(f"/assets/{one}")
    assert biomed.post(f"/assets/acts/{n}/undo", next="/").said()[0].startswith("Taken back")
    acts = [entry.act for entry in entries(console.site) if entry.act.startswith("hospital.") and entry.who == "console:biomed"]
    assert acts == ["hospital.set", "hospital.undo"]


def test_forms_offer_every_role_and_every_scope(people: dict[Role, Visitor]) -> None:
    leads = people[Role.ADMINISTRATOR]
    assert {role.value for role in Role} <= set(re.findall(r'<option value="(\w+)"', leads.get("/people").text))
    assert {"assets:read", "findings:read"} <= set(re.findall(r'name="scopes" value="([^"]+)"', leads.get("/clients").text))
