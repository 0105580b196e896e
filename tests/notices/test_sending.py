"""From a finding that turns to what a mail server, a web server and a log server really got."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult
from tests.findings.making import at, proposal

from asepsis.console.certificate import own
from asepsis.findings import service as findings
from asepsis.kit.site import Site
from asepsis.notices import service
from asepsis.notices.delivery import deliver
from asepsis.notices.outbox import GIVEN_UP, SINGLES
from asepsis.notices.reach import Allowed, Reach, Undelivered

from .making import HOSTILE, notice, parsed
from .receivers import mail_server, talking_server, tcp_server, udp_server, web_server

LINK = "https://console.hospital.example:8443"
GRAVE: dict[str, Any] = {
    "points": findings.Points(findings.Exploitation.ACTIVE, findings.Exposure.OPEN, findings.Automatable.YES),
    "levels": {findings.HarmKind.SAFETY: 4},
}


@pytest.fixture
def allowing(store: Site) -> Site:
    """A site that lets notices go to this machine, in clear, too."""
    service.allow(store, "127.0.0.1", plain=True)
    return store


def _webhook(site: Site, port: int, least: str = "immediate") -> tuple[service.Channel, str]:
    return service.add(site, "webhook", "hook", least, {"url": f"http://127.0.0.1:{port}/in?token=t0psecret"})


def _mail(site: Site, port: int, **more: str) -> service.Channel:
    told = {"host": "127.0.0.1", "port": str(port), "security": "none", "sender": "asepsis@hospital.example", "to": "it@hospital.example"}
    return service.add(site, "mail", "mail", "immediate", told | more)[0]


def _syslog(site: Site, port: int, transport: str, authority: str = "") -> service.Channel:
    told = {"host": "127.0.0.1", "port": str(port), "transport": transport, "authority": authority}
    return service.add(site, "syslog", "siem", "immediate", told)[0]


def _tls(folder: Path) -> tuple[ssl.SSLContext, str]:
    folder.mkdir(exist_ok=True)
    certificate, key = own(folder, ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, certificate.read_text()


def _clock(*steps: float) -> Callable[[], datetime]:
    """A clock that stands, so many seconds from now."""
    began = datetime.now(UTC)
    return lambda: began + timedelta(seconds=sum(steps))


def _later(site: Site, **after: float) -> int:
    """A delivery some time from now."""
    reach = Reach((Allowed(ip_network("127.0.0.1"), plain=True),))
    return deliver(site, reach, LINK, _clock(timedelta(**after).total_seconds()))


def test_a_finding_is_told_once_a_turn_and_signed(allowing: Site) -> None:
    with web_server() as (asked, port):
        _, key = _webhook(allowing, port)
        findings.publish(allowing, [proposal(**GRAVE), proposal(subject="B", check="other")], now=at(1))
        assert service.deliver(allowing, LINK) == 1, "the other is not immediate"
        findings.publish(allowing, [proposal(**GRAVE), proposal(subject="B", check="other")], now=at(1))
        assert service.deliver(allowing, LINK) == 0
        ((path, headers, body),) = asked.requests
    assert path == "/in?token=t0psecret"
    signed = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    mac = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60
    assert "." not in headers["webhook-id"]
    told = json.loads(body)
    one = next(f for f in findings.findings(allowing) if f.seen.subject != "B")
    assert told["data"] == {
        "id": one.id, "title": one.seen.title, "decision": "immediate", "zone": "radiology", "link": f"{LINK}/findings/{one.id}",
    }  # fmt: skip


def test_reopening_and_becoming_graver_are_told_and_closing_is_not(allowing: Site) -> None:
    with web_server() as (asked, port):
        _webhook(allowing, port)
        findings.publish(allowing, [proposal()], now=at(1))
        assert service.deliver(allowing, LINK) == 0
        findings.publish(allowing, [proposal(last_seen=at(2), **GRAVE)], now=at(2))
        (one,) = findings.findings(allowing)
        findings.accept(allowing, one.id, "a new firewall comes", datetime.now(UTC).date())
        findings.reopen(allowing, one.id)
        assert service.deliver(allowing, LINK) == 2
        assert [json.loads(body)["type"] for _, _, body in asked.requests] == ["finding.raised", "finding.reopened"]


def test_what_is_undone_is_not_told(allowing: Site) -> None:
    from django.db import transaction

    with web_server() as (asked, port):
        _webhook(allowing, port)
        with transaction.atomic():
            findings.publish(allowing, [proposal(**GRAVE)], now=at(1))
            assert [one.waiting for one in service.channels(allowing)] == [1]
            transaction.set_rollback(True)
        service.deliver(allowing, LINK)
    assert asked.requests == []


def test_what_failed_is_sent_again_under_the_same_name_and_once(allowing: Site) -> None:
    with web_server() as (asked, port):
        _webhook(allowing, port)
        service.tell([notice()])
        asked.status = 503
        assert service.deliver(allowing, LINK) == 0
        (one,) = service.channels(allowing)
        assert ("answered 503" in one.said, one.waiting, one.failing is not None) == (True, 1, True)
        assert service.deliver(allowing, LINK) == 0
        assert len(asked.requests) == 1, "it is not asked again at once"
        asked.status = 200
        assert _later(allowing, seconds=31) == 1
        assert _later(allowing, minutes=5) == 0
        names = [headers["webhook-id"] for _, headers, _ in asked.requests]
    assert names[0] == names[1]
    (one,) = service.channels(allowing)
    assert (one.waiting, one.failing) == (0, None)


def test_who_is_killed_after_sending_sends_once_more_under_the_same_name(allowing: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from asepsis.notices.models import ChannelRow

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with web_server() as (asked, port):
        _webhook(allowing, port)
        service.tell([notice(n) for n in range(100)])
        with monkeypatch.context() as context:
            context.setattr(ChannelRow, "succeeded", killed)
            with pytest.raises(KeyboardInterrupt):
                service.deliver(allowing, LINK)
        assert service.deliver(allowing, LINK) == 1
        assert service.deliver(allowing, LINK) == 0
        (first, second) = asked.requests
    assert (first[1]["webhook-id"], first[2]) == (second[1]["webhook-id"], second[2])


def test_a_flood_is_one_summary_a_minute(allowing: Site) -> None:
    with web_server() as (asked, port):
        _webhook(allowing, port)
        service.tell([notice(n) for n in range(10_000)])
        assert service.deliver(allowing, LINK) == 1
        for wave in range(5):
            service.tell([notice(100_000 + 100 * wave + n) for n in range(SINGLES * (wave + 1))])
            service.deliver(allowing, LINK)
        bodies = [json.loads(body) for _, _, body in asked.requests]
        assert bodies[0]["data"]["total"] == 10_000
        assert [one["type"] for one in bodies] == ["summary"] + ["finding.opened"] * (len(bodies) - 1)
        assert len(bodies) <= SINGLES + 1
        assert _later(allowing, seconds=61) == 1
        rest = json.loads(asked.requests[-1][2])["data"]["total"]
    assert 10_000 + rest + len(bodies) - 1 == 10_000 + sum(SINGLES * (wave + 1) for wave in range(5))


def test_what_is_tried_in_vain_for_days_is_dead_and_can_be_sent_again(allowing: Site) -> None:
    with web_server() as (asked, port):
        channel, _ = _webhook(allowing, port)
        asked.status = 500
        service.tell([notice()])
        service.deliver(allowing, LINK)
        _later(allowing, seconds=GIVEN_UP.total_seconds() + 60)
        (one,) = service.channels(allowing)
        assert (one.waiting, one.dead) == (0, 1)
        assert one.fails_long(datetime.now(UTC) + timedelta(hours=1))
        assert [(given.channel, given.title, given.tries) for given in service.dead(allowing)] == [("hook", notice().title, 2)]
        asked.status = 200
        assert service.again(allowing, channel.id) == 1
        assert service.deliver(allowing, LINK) == 1
    (one,) = service.channels(allowing)
    assert (one.dead, one.failing) == (0, None)


def test_a_channel_that_fails_holds_up_no_other(allowing: Site) -> None:
    with web_server() as (asked, port), mail_server() as (box, mail_port):
        _webhook(allowing, port)
        _mail(allowing, mail_port)
        asked.status = 500
        service.tell([notice()])
        assert service.deliver(allowing, LINK) == 1
        assert len(box.mails) == 1


@pytest.mark.parametrize("location", ["http://127.0.0.1:1/", "https://evil.example/", "/elsewhere"])
def test_redirects_are_not_followed(allowing: Site, location: str) -> None:
    with web_server() as (asked, port):
        channel, _ = _webhook(allowing, port)
        asked.status, asked.headers = 307, {"Location": location}
        with pytest.raises(Undelivered, match="answered 307, and redirects are not followed"):
            service.test(allowing, channel.id, LINK)
        assert len(asked.requests) == 1


def test_an_answer_is_bounded_and_its_words_are_told_to_nobody(allowing: Site) -> None:
    with web_server() as (asked, port):
        channel, _ = _webhook(allowing, port)
        asked.status, asked.body = 500, b"AWS_SECRET=" + b"x" * (8 << 20)
        with pytest.raises(Undelivered) as caught:
            service.test(allowing, channel.id, LINK)
    assert "AWS" not in str(caught.value)


def test_without_the_sites_leave_nothing_goes_to_this_machine_or_in_clear(store: Site, tmp_path: Path) -> None:
    context, authority = _tls(tmp_path / "tls")
    with web_server() as (asked, port), web_server(context) as (sealed, tls_port):
        channel, _ = _webhook(store, port)
        with pytest.raises(Undelivered, match=r"127\.0\.0\.1 is not allowed without encryption"):
            service.test(store, channel.id, LINK)
        secure, _ = service.add(store, "webhook", "tls", "immediate", {"url": f"https://127.0.0.1:{tls_port}/", "authority": authority})
        with pytest.raises(Undelivered, match=r"127\.0\.0\.1 is this machine"):
            service.test(store, secure.id, LINK)
        assert asked.requests == sealed.requests == []
        service.allow(store, "127.0.0.1", plain=False)
        assert "answered 204" in service.test(store, secure.id, LINK)
        with pytest.raises(Undelivered, match="without encryption"):
            service.test(store, channel.id, LINK)


def _only(mails: list[EmailMessage]) -> EmailMessage:
    (mail,) = mails
    return mail


def test_a_hostile_name_is_text_wherever_it_arrives(allowing: Site) -> None:
    with mail_server() as (box, mail_port), web_server() as (asked, port), udp_server() as (heard, udp), tcp_server() as (frames, tcp):
        _mail(allowing, mail_port)
        _webhook(allowing, port)
        _syslog(allowing, udp, "udp")
        service.add(allowing, "syslog", "tcp", "immediate", {"host": "127.0.0.1", "port": str(tcp), "transport": "tcp"})
        findings.publish(allowing, [proposal(title=HOSTILE + "A" * (64 << 10), zone=HOSTILE.replace("\0", ""), **GRAVE)], now=at(1))
        assert service.deliver(allowing, LINK) == 4
        datagram = heard.recv(1 << 16)
        (_, _, body) = asked.requests[0]
    mail = _only(box.mails)
    assert mail["Bcc"] is None
    assert mail["To"] == "it@hospital.example"
    assert "<script>alert(1)</script>" in mail.get_content()
    assert len(box.raw[0]) < 5_000
    assert json.loads(body)["data"]["title"].startswith("MR Bcc: thief@evil.example <script>")
    for told in (datagram, frames[0]):
        assert told.startswith(b"<130>1 ")
        assert not re.search(rb"[\x00-\x1f\x7f]", told)
        head, fields = parsed(told.decode().partition(" - CEF:")[2])
        assert (head[1:3], head[4], fields["msg"]) == (["asepsis", "asepsis"], "finding.opened", json.loads(body)["data"]["title"])
        assert set(fields) == {"rt", "cnt", "cs1Label", "cs1", "externalId", "cs2Label", "cs2", "request", "msg"}
    for told in (box.raw[0], body, datagram, frames[0]):
        assert len(told) < 5_000
        assert b"\0" not in told
        for sign in ("\u202e", "\u2066", "\u200b", "\u2028"):
            assert sign.encode() not in told
            assert json.dumps(sign).strip('"').encode() not in told


def test_syslog_over_tls_proves_who_hears_it(allowing: Site, tmp_path: Path) -> None:
    context, authority = _tls(tmp_path / "tls")
    with tcp_server(context) as (frames, port):
        _syslog(allowing, port, "tls", authority)
        strange = service.add(allowing, "syslog", "other", "immediate", {"host": "127.0.0.1", "port": str(port), "transport": "tls"})[0]
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            service.test(allowing, strange.id, LINK)
        service.delete(allowing, strange.id)
        service.tell([notice()])
        assert service.deliver(allowing, LINK) == 1
    assert frames[0].startswith(b"<130>1 ")
    assert b"msg=Anyone can read scans sent from MR01" in frames[0]


class _Door:
    """Who may hand in mail."""

    def __init__(self) -> None:
        self.seen: list[tuple[bytes, bytes]] = []

    def __call__(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        self.seen.append((data.login, data.password))
        return AuthResult(success=data.password == b"right", handled=False)


def test_mail_by_starttls_with_a_log_in(allowing: Site, tmp_path: Path) -> None:
    context, authority = _tls(tmp_path / "tls")
    door = _Door()
    with mail_server(tls_context=context, authenticator=door, auth_required=True) as (box, port):
        told = {"security": "starttls", "user": "asepsis", "password": "right", "authority": authority}
        one = _mail(allowing, port, **told)
        assert "took it for 1" in service.test(allowing, one.id, LINK)
        given = {"host": "127.0.0.1", "port": str(port), "sender": "a@h.example", "to": "it@h.example"}
        service.change(allowing, one.id, "mail", "immediate", given | told | {"password": "wrong"})
        with pytest.raises(Undelivered, match="refuses the log-in") as caught:
            service.test(allowing, one.id, LINK)
        assert "wrong" not in str(caught.value)
        service.change(allowing, one.id, "mail", "immediate", given | told | {"authority": ""})
        door.seen.clear()
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            service.test(allowing, one.id, LINK)
        assert door.seen == [], "no password is told to who cannot prove his name"
    assert len(box.mails) == 1


def test_mail_by_tls_from_the_first_byte(allowing: Site, tmp_path: Path) -> None:
    context, authority = _tls(tmp_path / "tls")
    with mail_server(ssl_context=context) as (box, port):
        one = _mail(allowing, port, security="tls", authority=authority)
        service.test(allowing, one.id, LINK)
    assert _only(box.mails)["Subject"].startswith("[asepsis] defer: This is a test of asepsis (test-")


def test_mail_without_encryption_is_not_sent_where_it_was_asked_for(allowing: Site) -> None:
    with mail_server() as (box, port):
        one = _mail(allowing, port, security="starttls")
        with pytest.raises(Undelivered, match="STARTTLS"):
            service.test(allowing, one.id, LINK)
    assert box.mails == []


def test_who_a_mail_server_refuses_is_said(allowing: Site) -> None:
    with mail_server() as (box, port):
        box.refuses = "550 no such person\x1b[31m"
        one = _mail(allowing, port)
        with pytest.raises(Undelivered, match="refuses who should get it: 550 no such person") as caught:
            service.test(allowing, one.id, LINK)
    assert "\x1b" not in str(caught.value)


def test_a_mail_server_that_talks_without_end_is_left(allowing: Site) -> None:
    with talking_server(b"220-welcome to a server that is glad to see you\r\n") as port:
        one = _mail(allowing, port)
        with pytest.raises(Undelivered, match="talks without end"):
            service.test(allowing, one.id, LINK)


def test_what_leaves_names_no_patient_and_no_event(allowing: Site) -> None:
    with web_server() as (asked, port):
        _webhook(allowing, port)
        planted = proposal(why="PATIENT-4711 was readable", events=("e-4711",), discriminator="k1:pseudonym4711", **GRAVE)
        findings.publish(allowing, [planted], now=at(1))
        service.deliver(allowing, LINK)
        assert asked.requests
        assert b"4711" not in asked.requests[0][2]
