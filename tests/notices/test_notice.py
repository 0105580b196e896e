"""What a notice says, and how each way of sending writes it: text from the network stays text."""

from __future__ import annotations

import json
import re
from email import message_from_bytes, policy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asepsis.findings.ssvc import Decision
from asepsis.notices.cef import cef
from asepsis.notices.mail import mailed
from asepsis.notices.notice import DECISIONS, Message, added, from_json, message_of
from asepsis.notices.syslog import DATAGRAM_MOST, line
from asepsis.notices.webhook import payload, signature

from .making import HOSTILE, T0, notice, parsed

MAIL = {"sender": "asepsis@hospital.example", "to": ["it@hospital.example", "tickets@hospital.example"]}
LINK = "https://console.hospital.example:8443"


def test_decisions_are_those_of_findings() -> None:
    assert list(DECISIONS) == [decision.value for decision in Decision]


@pytest.mark.parametrize("text", [HOSTILE, HOSTILE * 500, "\ud800x", "a\nb"])
def test_text_from_the_network_is_one_visible_line_of_bounded_length(text: str) -> None:
    made = notice(title=text, zone=text)
    for shown, most in ((made.title, 300), (made.zone, 100)):
        assert len(shown) <= most
        assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800\U000e0041]", shown)


def _mail(message: Message) -> bytes:
    return bytes(mailed(MAIL, message, LINK))


def test_a_mail_says_what_where_and_no_more() -> None:
    mail = message_from_bytes(_mail(message_of([notice()])), policy=policy.default)
    assert mail["Subject"] == "[asepsis] immediate: Anyone can read scans sent from MR01 (F000000000001)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == [
        "Anyone can read scans sent from MR01",
        "",
        "Decision: immediate",
        "Zone: radiology",
        "What: finding opened",
        "",
        f"{LINK}/findings/F000000000001",
    ]


def test_no_title_makes_a_header_of_a_mail() -> None:
    mail = message_from_bytes(_mail(message_of([notice(title=HOSTILE)])), policy=policy.default)
    assert sorted(mail.keys()) == sorted(message_from_bytes(_mail(message_of([notice()])), policy=policy.default).keys())
    assert mail["Bcc"] is None
    assert mail["To"] == "it@hospital.example, tickets@hospital.example"
    assert not mail.is_multipart()
    assert "<script>alert(1)</script>" in mail.get_content(), "it is shown, as text"


def test_mails_of_one_finding_are_one_thread() -> None:
    """Whatever was sent before, a later mail names it."""
    told = [
        notice(turn=1, decision="scheduled"),
        notice(turn=1, decision="out-of-cycle", what="finding.raised"),
        notice(turn=3, what="finding.reopened"),
        notice(turn=9, what="finding.reopened"),
        notice(turn=11, what="finding.reopened"),
    ]
    mails = [message_from_bytes(_mail(message_of([one])), policy=policy.default) for one in told]
    names = [mail["Message-ID"].strip() for mail in mails]
    assert len(set(names)) == len(told)
    assert _mail(message_of([told[2]])).count(names[2].encode()) == 1
    for earlier, later in ((0, 1), (0, 2), (1, 2), (0, 3), (0, 4), (3, 4)):
        assert names[earlier] in mails[later]["References"].split()
    assert message_from_bytes(_mail(message_of([notice(2, turn=2)])), policy=policy.default)["References"].count("F000000000001") == 0


def test_a_summary_counts_all_and_names_the_gravest() -> None:
    many = [notice(n, decision="scheduled" if n % 10 else "immediate") for n in range(1, 10_001)]
    message = message_of(many)
    assert message.title == "10,000 things at once: 1,000 immediate, 9,000 scheduled"
    assert (len(message.notices), message.lead.decision) == (20, "immediate")
    mail = _mail(message)
    assert mail.count(b"- immediate: ") == 20
    assert len(mail) < 10_000
    parted = added([message_of(many[:5000]), message_of(many[5000:])])
    assert (parted.counts, len(parted.notices)) == (message.counts, 20)


def test_a_message_is_the_same_after_it_was_kept() -> None:
    for message in (message_of([notice()]), message_of([notice(1), notice(2, decision="defer")])):
        again = from_json(json.loads(json.dumps(message.as_json())))
        assert (again.key, again.title, again.notices) == (message.key, message.title, message.notices)


def test_a_webhook_is_signed_as_the_specification_does() -> None:
    """The example that the libraries of the specification test themselves with."""
    signed = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_of_a_webhook_is_json_of_a_bounded_size() -> None:
    told = json.loads(payload(message_of([notice(title=HOSTILE * 100)]), LINK))
    assert (told["type"], told["timestamp"], told["data"]["decision"]) == ("finding.opened", "2026-03-02T07:00:00Z", "immediate")
    assert set(told["data"]) == {"id", "title", "decision", "zone", "link"}
    assert told["data"]["link"] == f"{LINK}/findings/F000000000001"
    many = payload(message_of([notice(n, title=HOSTILE * 100) for n in range(100)]), LINK)
    assert json.loads(many)["data"]["total"] == 100
    assert len(many) < 20_000, "the bound that the specification recommends"


def test_cef_is_read_back_as_it_was_meant() -> None:
    head, told = parsed(cef(message_of([notice(title=HOSTILE, zone="a=b\\c|d")]), LINK))
    assert head[:3] == ["CEF:0", "asepsis", "asepsis"]
    assert head[4:] == ["finding.opened", "finding opened", "10"]
    assert set(told) == {"rt", "cnt", "cs1Label", "cs1", "externalId", "cs2Label", "cs2", "request", "msg"}
    assert (told["cs2"], told["externalId"], told["rt"]) == ("a=b\\c|d", "F000000000001", "1772434800000")
    assert told["msg"] == notice(title=HOSTILE).title


def test_a_line_of_syslog_is_one_line_as_rfc_5424_writes_it() -> None:
    for title in ("short", HOSTILE * 500, "\u00e4" * 5000):
        told = line(message_of([notice(title=title)]), LINK, T0, "asepsis host\n1")
        assert len(told) <= DATAGRAM_MOST
        assert b"\n" not in told
        head = rb"<130>1 2026-03-02T07:00:00\.000000Z asepsishost1 asepsis - finding\.opened - CEF:0\|"
        assert re.match(head, told)
        assert told.decode("utf-8")


NASTY = st.text(st.one_of(st.characters(), st.sampled_from("|\\= \r\n\0\u202e\u2028<>,;:@\"'\x1b\x85")), max_size=400)


@given(NASTY, NASTY)
@settings(max_examples=300, deadline=None)
def test_any_text_comes_through_every_format_as_itself(title: str, zone: str) -> None:
    one = notice(title=f"x{title}", zone=zone)
    message = message_of([one])
    _, told = parsed(cef(message, LINK))
    assert (told["msg"], told.get("cs2", ""), told["cs1"]) == (one.title, one.zone, "immediate")
    logged = line(message, LINK, T0, "host")
    assert not re.search(rb"[\x00-\x1f\x7f]", logged)
    assert json.loads(payload(message, LINK))["data"]["title"] == one.title
    raw = _mail(message)
    assert re.findall(rb"^([A-Za-z-]+):", raw.partition(b"\r\n\r\n")[0], re.MULTILINE) == re.findall(
        rb"^([A-Za-z-]+):", _mail(message_of([notice()])).partition(b"\r\n\r\n")[0], re.MULTILINE
    )
    assert max(len(part) for part in raw.split(b"\r\n")) <= 998
    assert message_from_bytes(raw, policy=policy.default).get_content().splitlines()[0] == one.title
