"""Logins field by field against tshark: FTP, LDAP, SMTP, POP3, IMAP, SSH, Telnet in their golden captures.

Where we differ on purpose: names, addresses and passwords are not kept, so that their being there is compared; and once a login has
succeeded, or the connection has turned to TLS, nothing is read any more.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from .captures import HERE
from .oracle import first, needs_tshark, ours, read_by_tshark, rows, tshark

pytestmark = needs_tshark
FTP, LDAP, SMTP, LOGIN, SSH = (HERE / name for name in ("ftp/logins", "ldap/binds", "smtp/mail", "login/mailboxes", "ssh/openings"))
FTP, LDAP, SMTP, LOGIN, SSH = (path.with_suffix(".pcap") for path in (FTP, LDAP, SMTP, LOGIN, SSH))
TELNET = HERE / "telnet" / "logins.pcap"
SHELLS = HERE / "ssh" / "logins.pcap"


def test_ftp() -> None:
    commands: dict[str, list[tuple[str, str | None]]] = defaultdict(list)
    codes: dict[str, list[str]] = defaultdict(list)
    fields = ("communityid", "ftp.request.command", "ftp.request.arg", "ftp.response.code")
    for (flow,), command, argument, code in tshark(FTP, "ftp", *fields):
        if command and command[0].isascii() and command[0].isupper():
            commands[flow].append((command[0], first(argument)))
        codes[flow] += code
    for row in rows(FTP)["ftp"]:
        said, answered = commands[row["community_id"]], codes[row["community_id"]]
        named = dict(said)
        assert row["commands"] == len(said) or row["auth_tls"] == "accepted"
        assert (row["user_seen"], row["anonymous"]) == ("USER" in named, named.get("USER") == "anonymous" if "USER" in named else None)
        assert row["password_seen"] == ("PASS" in named and not row["anonymous"])
        assert row["login_ok"] is (True if "230" in answered else False if "530" in answered else None)
        assert row["retrieved"] + row["stored"] == sum(name in ("RETR", "STOR") for name, _ in said)
        assert (row["auth_tls"] == "accepted") == ("234" in answered)
    assert {row["community_id"] for row in rows(FTP)["ftp"]} == set(codes)


def test_ldap() -> None:
    fields = ("communityid", "ldap.messageID", "ldap.version", "ldap.name", "ldap.simple", "ldap.resultCode")
    asked = {(flow, ident): rest for (flow,), (ident, *_), *rest in tshark(LDAP, "ldap.bindRequest_element", *fields)}
    said = {(flow, ident): code for (flow,), (ident, *_), *_, (code, *_) in tshark(LDAP, "ldap.bindResponse_element", *fields)}
    binds = [row for row in rows(LDAP)["ldap"] if row["opcode"] == "bind"]
    assert {(row["community_id"], str(row["message_id"])) for row in binds} == set(asked) == set(said)
    for row in binds:
        version, name, password, _ = asked[row["community_id"], str(row["message_id"])]
        assert (str(row["version"]), str(row["result_code"])) == (version[0], said[row["community_id"], str(row["message_id"])])
        assert (row["password_seen"], row["object"] is not None) == (bool(first(password)), bool(first(name)))
    searches = Counter(flow for (flow,), *_ in tshark(LDAP, "ldap.searchRequest_element", "communityid"))
    assert {row["community_id"]: row["searches"] for row in rows(LDAP)["ldap"] if row["opcode"] == "search"} == searches


def test_smtp() -> None:
    asked: dict[str, list[tuple[str, str]]] = defaultdict(list)
    fields = ("communityid", "smtp.req.command", "smtp.req.parameter")
    for (flow,), commands, parameters in tshark(SMTP, "smtp.req", *fields):
        asked[flow] += zip(commands, [*parameters, *[""] * len(commands)], strict=False)
    taken = Counter(
        flow for (flow,), text in tshark(SMTP, "smtp.response.code == 250", "communityid", "smtp.rsp.parameter") if "queued as" in text[0]
    )
    for row in rows(SMTP)["smtp"]:
        said = asked[row["community_id"]]
        named = {(name, text.partition("<")[2].partition(">")[0].partition("@")[2]) for name, text in said}
        assert row["helo"] == next(text for name, text in said if name == "EHLO")
        assert set(row["from_domains"]) == {domain for name, domain in named if name == "MAIL"}
        assert set(row["to_domains"]) == {domain for name, domain in named if name == "RCPT"}
        assert row["messages"] == taken[row["community_id"]]
        assert row["tls"] == (("STAR", "TLS") in said)  # tshark takes four letters for the command
        assert (row["auth"] is not None) == any(name == "AUTH" for name, _ in said)
    assert {row["community_id"] for row in rows(SMTP)["smtp"]} == set(asked)


def test_mailboxes() -> None:
    pop3 = Counter(text[0] for command, text in tshark(LOGIN, "pop.request.command", "pop.request.command", "pop.request.command"))
    mine = Counter(row["method"] for row in rows(LOGIN)["login"] if row["service"] == "pop3")
    assert (mine["user"], mine["PLAIN"]) == (pop3["USER"], pop3["AUTH"])
    imap = Counter(name.lower() for (name,) in tshark(LOGIN, "imap.request.command", "imap.request.command") for name in name)
    mine = Counter(row["method"] for row in rows(LOGIN)["login"] if row["service"] == "imap")
    assert (mine["login"], mine["CRAM-MD5"]) == (imap["login"], imap["authenticate"])


def test_telnet() -> None:
    """Where tshark shows that a password was asked for, an attempt is told, with what followed."""
    said: dict[str, str] = defaultdict(str)
    for (flow,), texts in tshark(TELNET, "telnet.data && tcp.srcport == 23", "communityid", "telnet.data"):
        said[flow] += "".join(texts)
    mine: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows(TELNET)["telnet"]:
        mine[row["community_id"]].append(row)
    assert mine.keys() == said.keys()
    for flow, text in said.items():
        asked = [row for row in mine[flow] if row["password_seen"]]
        assert len(asked) == text.count("Password: ")
        assert sum(row["success"] is False for row in asked) == text.count("Login incorrect")
        assert sum(row["success"] is True for row in asked) == text.count("$ ")
        assert all(row["login_prompt"] for row in mine[flow])


def test_ssh() -> None:
    names = ("kex", "server_host_key", "encryption", "mac", "compression")
    fields = [f"ssh.{name}_algorithms" + ("" if n < 2 else "_client_to_server") for n, name in enumerate(names)]
    offers: dict[str, list[list[list[str]]]] = defaultdict(list)
    for (flow,), *lists in read_by_tshark(SSH, "ssh.kex_algorithms", "communityid", *fields, options=("-d", "tcp.port==2222,ssh")):
        offers[flow].append([text[0].split(",") for text in lists])
    columns = ("kex_alg", "host_key_alg", "cipher_alg", "mac_alg", "compression_alg")
    assert {flow for flow, *_ in ours(SSH, "ssh", "community_id")} == set(offers)
    for flow, *chosen in ours(SSH, "ssh", "community_id", *columns):
        sides = offers[str(flow)]
        client, server = sides if "ext-info-c" in sides[0][0] else sides[::-1]
        agreed = [next(name for name in asked if name in had) for asked, had in zip(client, server, strict=True)]
        if "poly1305" in agreed[2] or "gcm" in agreed[2]:
            agreed[3] = None  # type: ignore[call-overload]
        assert chosen == agreed


def test_ssh_fingerprints() -> None:
    for path, options in ((SSH, ("-d", "tcp.port==2222,ssh")), (SHELLS, ())):
        theirs: dict[str, dict[int, str]] = defaultdict(dict)
        fields = ("communityid", "ssh.kex.hassh", "ssh.kex.hasshserver")
        for (flow,), *both in read_by_tshark(path, "ssh.kex_algorithms", *fields, options=options):
            theirs[flow] |= {n: text[0] for n, text in enumerate(both) if text}
        mine = {str(flow): {0: client, 1: server} for flow, client, server in ours(path, "ssh", "community_id", "hassh", "hassh_server")}
        assert mine == theirs


def test_who_was_let_in() -> None:
    """As `range/goldens/shells.py` had it: clients that have a password try what is like one first, which the server refuses."""
    told = [(row["auth_success"], row["auth_attempts"]) for row in rows(SHELLS)["ssh"]]
    assert told == [(True, 2), (False, 4), (True, 1), (True, 3), (True, 1)]
