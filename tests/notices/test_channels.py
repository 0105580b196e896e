"""Channels: what may be stated of them, what of them is secret, and what the journal keeps."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asepsis.cli.main import main
from asepsis.journal.service import entries
from asepsis.kit.errors import BadInput, WrongUse
from asepsis.kit.site import Site
from asepsis.notices import service
from asepsis.notices.seal import opened, sealed

from .making import notice

URL = "https://hooks.hospital.example/services/T0PSECRETPATH"
MAIL = {
    "host": "mail.hospital.example", "security": "starttls", "user": "asepsis", "password": "PL4NTED-pw",
    "sender": "asepsis@hospital.example", "to": "it@hospital.example; tickets@hospital.example",
}  # fmt: skip
SYSLOG = {"host": "siem.hospital.example", "transport": "tls"}


def _journalled(site: Site) -> list[tuple[str, str, dict[str, Any]]]:
    return [(entry.act, entry.subject, dict(entry.detail)) for entry in entries(site)]


def test_secrets_lie_nowhere_as_they_are(store: Site) -> None:
    hook, key = service.add(store, "webhook", "hook", "immediate", {"url": URL})
    mail, _ = service.add(store, "mail", "mail", "scheduled", MAIL)
    again = service.renew(store, hook.id)
    service.change(store, mail.id, "mail", "immediate", MAIL | {"password": ""})
    written = b"".join(file.read_bytes() for file in store.path.rglob("*") if file.is_file())
    for secret in ("PL4NTED-pw", "T0PSECRETPATH", key, key.removeprefix("whsec_"), again.removeprefix("whsec_")):
        assert secret.encode() not in written
    shown = repr([hook, mail]) + json.dumps([one.as_json() for one in service.channels(store)])
    assert "PL4NTED" not in shown
    assert "T0PSECRET" not in shown
    assert key.startswith("whsec_")
    assert again != key


def test_the_journal_keeps_what_was_and_what_is(store: Site) -> None:
    one, _ = service.add(store, "syslog", "siem", "immediate", SYSLOG)
    service.change(store, one.id, "the SIEM", "out-of-cycle", SYSLOG | {"port": "7000"})
    service.switch(store, one.id, False)
    service.delete(store, one.id)
    (_, _, added), (_, _, changed), (_, _, off), (_, _, gone) = _journalled(store)
    was = {"name": "siem", "kind": "syslog", "where": "siem.hospital.example:6514 (tls)", "least": "immediate", "on": True}
    now = was | {"name": "the SIEM", "where": "siem.hospital.example:7000 (tls)", "least": "out-of-cycle"}
    assert added == {"after": was}
    assert changed == {"before": was, "after": now, "secrets": "kept"}
    assert off == {"before": now, "after": now | {"on": False}}
    assert gone == {"before": now | {"on": False}}
    assert service.channels(store) == []


def test_a_password_is_for_the_server_that_it_was_entered_for(store: Site) -> None:
    one, _ = service.add(store, "mail", "mail", "immediate", MAIL)
    service.change(store, one.id, "mail", "immediate", MAIL | {"password": "", "port": "2525"})
    with pytest.raises(WrongUse, match="a password is missing"):
        service.change(store, one.id, "mail", "immediate", MAIL | {"password": "", "host": "evil.example"})
    assert service.channel(store, one.id).settings["host"] == "mail.hospital.example"


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("mail", MAIL | {"host": "mail.example\r\nX"}, "no name of a machine"),
        ("mail", MAIL | {"host": ""}, "no name of a machine"),
        ("mail", MAIL | {"port": "70000"}, "no port"),
        ("mail", MAIL | {"port": "²5"}, "no port"),
        ("mail", MAIL | {"security": "ssl3"}, "no such choice"),
        ("mail", MAIL | {"security": "none"}, "a password is not sent without encryption"),
        ("mail", MAIL | {"sender": "a@b.example\r\nBcc: x@evil.example"}, "no mail address"),
        ("mail", MAIL | {"sender": "nobody"}, "no mail address"),
        ("mail", MAIL | {"to": ""}, "nobody gets it"),
        ("mail", MAIL | {"to": ",".join(f"p{n}@h.example" for n in range(21))}, "too many"),
        ("mail", MAIL | {"to": '"a b"@h.example'}, "no mail address"),
        ("mail", MAIL | {"user": "a\0b"}, "no plain text"),
        ("mail", MAIL | {"password": "PL4NTED\u00e4"}, "this password cannot be sent"),
        ("mail", MAIL | {"password": "PL4NTED\r\nQUIT"}, "this password cannot be sent"),
        ("mail", MAIL | {"authority": "-----BEGIN"}, "not certificates in PEM"),
        ("webhook", {"url": "ftp://h.example/"}, "no address of a webhook"),
        ("webhook", {"url": "https://h.example/a b"}, "no address of a webhook"),
        ("webhook", {"url": "https://h.example/\r\nHost: x"}, "no address of a webhook"),
        ("webhook", {"url": "https://h.example:99999/"}, "no address of a webhook"),
        ("webhook", {"url": "https://h\u00e4.example/"}, "no address of a webhook"),
        ("webhook", {"url": "https://user:pw@h.example/"}, "does not belong"),
        ("webhook", {"url": "https://h.example/#x"}, "does not belong"),
        ("webhook", {"url": "https://[x"}, "no address of a webhook"),
        ("webhook", {"url": "https://h.example/" + "x" * 2000}, "no address of a webhook"),
        ("syslog", SYSLOG | {"transport": "smoke"}, "no such choice"),
        ("pigeon", {}, "no such kind"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(store: Site, kind: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(WrongUse, match=said) as caught:
        service.add(store, kind, "name", "immediate", given)
    assert "PL4NTED" not in str(caught.value)
    assert service.channels(store) == []
    assert _journalled(store) == []


def test_names_are_free_text_and_one_channels_each(store: Site) -> None:
    service.add(store, "syslog", "siem", "immediate", SYSLOG)
    for name, least in (("siem", "immediate"), ("", "immediate"), ("a\u202eb", "immediate"), ("other", "urgent")):
        with pytest.raises(WrongUse):
            service.add(store, "syslog", name, least, SYSLOG)
    assert len(service.channels(store)) == 1


def test_a_channel_that_is_off_keeps_nothing(store: Site) -> None:
    one, _ = service.add(store, "syslog", "siem", "immediate", SYSLOG)
    service.tell([notice(1), notice(2, decision="scheduled")])
    assert service.channel(store, one.id).waiting == 1
    service.tell([notice(1)])
    assert service.channel(store, one.id).waiting == 1, "the same turn is told once"
    service.switch(store, one.id, False)
    service.tell([notice(3)])
    assert service.channel(store, one.id).waiting == 0


def test_a_channel_may_go_while_something_is_on_its_way(store: Site) -> None:
    from asepsis.notices.models import ChannelRow

    for ends in ("succeeded", "failed"):
        one, _ = service.add(store, "syslog", "siem", "immediate", SYSLOG)
        service.tell([notice()])
        row, now = ChannelRow.objects.get(pk=one.id), datetime.now(UTC)
        (letter,) = row.next(now)
        service.delete(store, one.id)
        getattr(row, ends)(letter, "said", now)
        assert service.channels(store) == []


def test_many_at_once_are_few_rows(store: Site) -> None:
    one, _ = service.add(store, "syslog", "siem", "scheduled", SYSLOG)
    service.tell([notice(n, decision="scheduled" if n % 2 else "defer") for n in range(10_000)])
    assert service.channel(store, one.id).waiting == 1


def test_what_was_sealed_here_opens_nowhere_else(store: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    kept = sealed(store, {"password": "x"})
    assert opened(store, kept) == {"password": "x"}
    with pytest.raises(BadInput, match="enter them anew"):
        opened(Site.open(tmp_path_factory.mktemp("other"), create=True), kept)


def test_a_channel_fails_long_only_while_it_is_on(store: Site) -> None:
    one, _ = service.add(store, "syslog", "siem", "immediate", SYSLOG | {"host": "127.0.0.1"})
    service.tell([notice()])
    assert service.deliver(store, "") == 0
    failing = service.channel(store, one.id)
    assert "is this machine" in failing.said
    now = datetime.now(UTC)
    assert not failing.fails_long(now)
    assert failing.fails_long(now + timedelta(hours=1))
    assert not service.switch(store, one.id, False).fails_long(now + timedelta(hours=1))


def test_the_command_line_allows_forbids_and_lists(store: Site, capsys: pytest.CaptureFixture[str]) -> None:
    at = ["--site", str(store.path)]
    assert main(["notices", "allow", "10.0.0.0/8", "--plain", *at]) == 0
    assert main(["notices", "allow", "127.0.0.1", *at]) == 0
    assert main(["notices", "allow", "10.0.0.1/8", *at]) == 2
    assert main(["notices", "forbid", "127.0.0.1", *at]) == 0
    assert main(["notices", "forbid", "127.0.0.1", *at]) == 2
    capsys.readouterr()
    assert main(["notices", "list", "--json", *at]) == 0
    assert json.loads(capsys.readouterr().out) == {"channels": [], "allowed": [{"network": "10.0.0.0/8", "plain": True}]}
    assert main(["notices", "send", "--once", *at]) == 0
    assert capsys.readouterr().out == "0 sent.\n"
    assert [act for act, _, _ in _journalled(store)] == ["notices.allow", "notices.allow", "notices.forbid"]
