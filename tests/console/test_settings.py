"""The page of settings: an administrator sets up channels, an auditor reads, and a notice leaves a console that runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.notices.receivers import web_server

from asepsis.console.role import Role
from asepsis.journal.service import entries
from asepsis.notices import service

from .browser import PASSWORD, Visitor
from .conftest import Running

SYSLOG = {"name": "siem", "least": "immediate", "host": "192.0.2.7", "port": "", "transport": "tls", "authority": ""}


def _id(page: str, name: str) -> str:
    found = re.search(rf'href="/settings/channels/(\d+)">Change<span class="unseen"> {re.escape(name)}<', page)
    assert found, page
    return found.group(1)


@pytest.fixture(scope="module")
def allowed(console: Running) -> None:
    command = [sys.executable, "-m", "asepsis", "notices", "allow", "127.0.0.1", "--plain", "--site", str(console.site.path)]
    subprocess.run(command, check=True, capture_output=True)


def test_it_shows_what_the_hospital_states_and_where_to_change_it(console: Running, people: dict[Role, Visitor]) -> None:
    file = console.site.path / "site.toml"
    before = file.read_text("utf-8") if file.exists() else None
    file.write_text(
        '[[zones]]\nname = "imaging <b>"\ncidrs = ["10.10.0.0/24"]\npurpose = "scans"\n'
        '[[assets]]\naddress = "10.10.0.20"\nclinical_class = "life"\n[retention]\ndefault = 90\nhl7 = 365\n',
        "utf-8",
    )
    page = people[Role.AUDITOR].get("/settings").text
    for shown in ("imaging &lt;b&gt;", "10.10.0.0/24", "scans", "10.10.0.20", "life", "<td>hl7</td><td>365</td>", str(file)):
        assert shown in page
    file.write_text("[[zones]]\nname = 7\n", "utf-8")
    assert "site.toml:2:" in people[Role.AUDITOR].get("/settings").text
    file.unlink()
    assert "No zone is stated" in people[Role.AUDITOR].get("/settings").text
    if before is not None:
        file.write_text(before, "utf-8")


def test_an_auditor_reads_and_others_do_not(people: dict[Role, Visitor]) -> None:
    assert people[Role.AUDITOR].get("/settings").status == 200
    assert "New: Webhook" not in people[Role.AUDITOR].last.text
    assert people[Role.AUDITOR].get("/settings/channels/new/mail").status == 403
    assert people[Role.ANALYST].get("/settings").status == 403


def test_a_channel_is_set_up_changed_switched_off_and_deleted(console: Running, people: dict[Role, Visitor]) -> None:
    leads = people[Role.ADMINISTRATOR]
    leads.get("/settings/channels/new/syslog")
    refused = leads.post("/settings/channels/new/syslog", **SYSLOG | {"host": "no host"})
    assert (refused.status, "no name of a machine" in refused.text, 'value="siem"' in refused.text) == (422, True, True)
    page = leads.post("/settings/channels/new/syslog", **SYSLOG)
    assert page.said() == ["siem is set up. Try it with a test notice."]
    at = f"/settings/channels/{_id(page.text, 'siem')}"
    assert 'value="192.0.2.7"' in leads.get(at).text
    assert "192.0.2.7:7000 (tls)" in leads.post(at, **SYSLOG | {"port": "7000", "least": "scheduled"}).text
    assert "siem is off now." in leads.post(f"{at}/switch", on="no", next="/settings").said()
    assert "Off." in leads.last.text
    assert leads.post(f"{at}/delete", next="/settings").said() == ["The channel is gone, with its secrets and what waited for it."]
    acts = [entry.act for entry in entries(console.site) if entry.act.startswith("notices.") and entry.who == "console:anna"]
    assert acts[-4:] == ["notices.add", "notices.change", "notices.switch", "notices.delete"]
    assert leads.get(at).status == 404


def test_a_channel_that_fails_for_long_is_told_of(console: Running, people: dict[Role, Visitor]) -> None:
    from asepsis.notices.models import ChannelRow

    one, _ = service.add(console.site, "syslog", "deaf <i>", "immediate", SYSLOG)
    assert "has let nothing through" not in people[Role.VIEWER].get("/about").text
    ChannelRow.objects.filter(pk=one.id).update(failing=datetime(2020, 3, 2, 7, tzinfo=UTC), said="no route")
    said = "deaf &lt;i&gt; has let nothing through since 2020-03-02 07:00 UTC."
    assert said in people[Role.VIEWER].get("/about").text
    assert said in people[Role.AUDITOR].get("/settings").text
    service.delete(console.site, one.id)


def test_a_secret_is_shown_once_and_lies_nowhere(console: Running, people: dict[Role, Visitor], allowed: None) -> None:
    leads = people[Role.ADMINISTRATOR]
    with web_server() as (asked, port):
        leads.get("/settings/channels/new/webhook")
        url = f"http://127.0.0.1:{port}/hooks/PL4NTEDPATH"
        page = leads.post("/settings/channels/new/webhook", name="hook", least="immediate", url=url, authority="")
        key = page.said()[0].rpartition(" ")[2]
        assert key.startswith("whsec_")
        at = f"/settings/channels/{_id(page.text, 'hook')}"
        assert "answered 204" in leads.post(f"{at}/test", next="/settings").said()[0]
        (path, headers, body), *_ = asked.requests
        assert (path, json.loads(body)["type"]) == ("/hooks/PL4NTEDPATH", "test")
        assert headers["webhook-signature"].startswith("v1,")
        asked.status = 500
        assert "answered 500" in leads.post(f"{at}/test", next="/settings").said()[0]
        assert "Its key, shown this once: whsec_" in leads.post(f"{at}/renew", next="/settings").said()[0]
    for path in ("/settings", at, "/about", "/journal"):
        text = leads.get(path).text
        assert "PL4NTEDPATH" not in text
        assert key not in text
    written = b"".join(file.read_bytes() for file in console.site.path.rglob("*") if file.is_file())
    assert b"PL4NTEDPATH" not in written
    assert key.encode() not in written
    leads.get("/settings")
    leads.post(f"{at}/delete", next="/settings")


def test_a_form_with_secrets_is_not_kept_while_one_is_asked_who_one_is(console: Running, people: dict[Role, Visitor]) -> None:
    """What waits for the password lies in the store: a form that carries another must not."""
    again = Visitor(console.base)
    again.get("/account/login/")
    again.post("/account/login/", login="anna", password=PASSWORD)
    asked = again.get("/settings/channels/new/mail")
    assert "/account/reauthenticate/" in asked.url
    mail = {"name": "m", "least": "immediate", "host": "192.0.2.9", "security": "tls", "sender": "a@h.example", "to": "b@h.example"}
    again.post("/settings/channels/new/mail", **mail, user="u", password="PL4NTEDword")
    assert "/account/reauthenticate/" in again.last.url
    assert "Nothing was changed" in again.last.text
    page = again.post("/account/reauthenticate/?next=/settings/channels/new/mail", password=PASSWORD)
    assert "New channel: Mail" in page.text, "the form once more, and empty: what was sent is not taken up again"
    assert "192.0.2.9" not in page.text + again.get("/settings").text


def test_a_finding_that_opens_again_leaves_a_console_that_runs(console: Running, people: dict[Role, Visitor], allowed: None) -> None:
    leads, analyst = people[Role.ADMINISTRATOR], people[Role.ANALYST]
    with web_server() as (asked, port):
        leads.get("/settings/channels/new/webhook")
        page = leads.post("/settings/channels/new/webhook", name="told", least="defer", url=f"http://127.0.0.1:{port}/", authority="")
        at = f"/settings/channels/{_id(page.text, 'told')}"
        first = re.findall(r'href="/findings/(F\w+)"', analyst.get("/").text)[-1]
        analyst.get(f"/findings/{first}")
        analyst.post(f"/findings/{first}/accept", reason="a test", until=(date.today() + timedelta(days=30)).isoformat(), next="/")
        analyst.get(f"/findings/{first}")
        asked.heard.clear()
        analyst.post(f"/findings/{first}/reopen", next="/")
        assert asked.heard.wait(60), "the part of notices sends it"
        told = json.loads(asked.requests[-1][2])
        assert (told["type"], told["data"]["id"]) == ("finding.reopened", first)
        assert told["data"]["link"] == f"{console.base}/findings/{first}"
        leads.get("/settings")
        leads.post(f"{at}/delete", next="/settings")
