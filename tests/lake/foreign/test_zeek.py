"""Zeek's logs, field by field. Layouts as Zeek's ASCII and JSON writers make them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from asepsis.lake.foreign import zeek
from asepsis.lake.foreign.lines import parsed
from asepsis.lake.foreign.rows import Pseudonyms
from asepsis.lake.foreign.tally import Tally
from asepsis.lake.foreign.zeek_logs import COMMON as COMMON_FIELDS
from asepsis.lake.foreign.zeek_logs import LOGS
from asepsis.lake.streams import streams

KEYS = Pseudonyms(b"0123456789abcdef0123456789abcdef", "k1")
COLUMNS = {name: {column.name for column in stream.columns} for name, stream in streams().items()}
ENDS = {"ts": 1588205199.82437, "uid": "Cvf4XX17hSAgXDdGEd", "id.orig_h": "10.0.1.6", "id.orig_p": 54243, "id.resp_h": "10.0.0.4"}
COMMON = {
    "ts": 1588205199824370,
    "uid": "Cvf4XX17hSAgXDdGEd",
    "id_orig_h": "10.0.1.6",
    "id_orig_p": 54243,
    "id_resp_h": "10.0.0.4",
    "id_orig_hi": 0,
    "id_orig_lo": 0xFFFF_0A00_0106,
    "id_resp_hi": 0,
    "id_resp_lo": 0xFFFF_0A00_0004,
    "sensor": "zeek",
}


def rows(path: str, record: dict[str, Any], tally: Tally | None = None) -> list[dict[str, Any]]:
    line = json.dumps({"_path": path} | record).encode()
    told = parsed(line)
    assert isinstance(told, dict)
    made = list(zeek.rows(*zeek.of_json(told), KEYS, tally or Tally()))
    assert all(COLUMNS[stream].issuperset(row) for stream, row in made)
    return [row for _, row in made]


# Log, a field as Zeek writes it, and the cells that come of it.
FIELDS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("conn", {"proto": "udp", "id.resp_p": 53}, {"proto": "udp", "id_resp_p": 53, "community_id": "1:aWquq/GUAcCNXIBuYsWv5ph608U="}),
    ("conn", {"proto": "unknown_transport"}, {}),
    ("conn", {"community_id": "1:LQU9qZlK+B5F3KDmev6m5PMibrg="}, {"community_id": "1:LQU9qZlK+B5F3KDmev6m5PMibrg="}),
    ("conn", {"id.resp_h": "2001:DB8::1"}, {"id_resp_h": "2001:db8::1", "id_resp_hi": 0x20010DB800000000, "id_resp_lo": 1}),
    ("conn", {"id.resp_h": "fe80::1"}, {"id_resp_h": "fe80::1", "id_resp_hi": 0xFE80 << 48 | -1 << 64, "id_resp_lo": 1}),
    ("conn", {"id.resp_h": "::ffff:10.0.0.4"}, {"id_resp_h": "10.0.0.4"}),
    ("conn", {"service": "gssapi,smb,krb"}, {"service": "smb"}),
    ("conn", {"service": "krb_tcp"}, {"service": "krb_tcp"}),
    ("conn", {"service": "ssl,-http"}, {"service": "ssl"}),
    ("conn", {"duration": 1.5, "orig_bytes": 39, "resp_bytes": 55}, {"duration": 1.5, "orig_bytes": 39, "resp_bytes": 55}),
    ("conn", {"conn_state": "RSTO", "history": "^ShADdaR"}, {"conn_state": "RSTO", "history": "^ShADdaR"}),
    ("conn", {"missed_bytes": 0, "orig_pkts": 12, "orig_ip_bytes": 1307}, {"missed_bytes": 0, "orig_pkts": 12, "orig_ip_bytes": 1307}),
    ("conn", {"resp_pkts": 11, "resp_ip_bytes": 2133, "ip_proto": 6}, {"resp_pkts": 11, "resp_ip_bytes": 2133, "ip_proto": 6}),
    ("conn", {"orig_l2_addr": "00:0D:3a:13:e3:69"}, {"orig_l2_addr": "00:0d:3a:13:e3:69", "interim": False}),
    ("conn", {"resp_l2_addr": "12:34:56:78:9a:bc"}, {"resp_l2_addr": "12:34:56:78:9a:bc"}),
    ("conn", {"vlan": 10, "inner_vlan": 20}, {"vlan": 10, "inner_vlan": 20}),
    ("dns", {"query": "ctldl.windowsupdate.com", "qtype": 1}, {"query": "ctldl.windowsupdate.com", "qtype": 1, "qtype_name": "A"}),
    ("dns", {"qtype": 65534, "qclass": 1}, {"qtype_name": "TYPE65534", "qclass": 1}),
    ("dns", {"rcode": 3, "rejected": False}, {"rcode": 3, "rcode_name": "NXDOMAIN", "rejected": False}),
    ("dns", {"AA": True, "TC": False, "RD": True, "RA": False}, {"aa": True, "tc": False, "rd": True, "ra": False}),
    (
        "dns",
        {"answers": ["a.example.com", "10.0.0.1"], "TTLs": [599.0, 19.0]},
        {"answers": ["a.example.com", "10.0.0.1"], "ttls": [599, 19]},
    ),
    ("dns", {"answers": ["TXT 19 v=spf1 erika@x -all"]}, {"answers": ["*"]}),
    (
        "dns",
        {"proto": "udp", "id.resp_p": 137, "trans_id": 5, "rtt": 0.1, "opcode": 0},
        {"flavor": "nbns", "trans_id": 5, "rtt": 0.1, "opcode": 0},
    ),
    (
        "http",
        {"trans_depth": 2, "method": "PROPFIND", "host": "192.168.0.4:8080"},
        {"trans_depth": 2, "method": "PROPFIND", "host": "192.168.0.4"},
    ),
    (
        "http",
        {"version": "1.1", "status_code": 403, "status_msg": "Forbidden"},
        {"version": "1.1", "status_code": 403, "status_msg": "Forbidden"},
    ),
    ("http", {"status_code": 200, "status_msg": "Hello Erika"}, {"status_msg": None}),
    ("http", {"request_body_len": 1, "response_body_len": 209}, {"request_body_len": 1, "response_body_len": 209}),
    ("http", {"username": "erika", "password": "secret"}, {"username_seen": True, "auth_scheme": "basic"}),
    (
        "ssl",
        {"version": "TLSv12", "cipher": "TLS_RSA_WITH_AES_128_CBC_SHA"},
        {"version": "TLSv12", "version_num": 0x303, "cipher": "TLS_RSA_WITH_AES_128_CBC_SHA"},
    ),
    ("ssl", {"curve": "x25519", "resumed": True, "established": True}, {"curve": "x25519", "resumed": True, "established": True}),
    ("ssl", {"server_name": "login.live.com", "next_protocol": "h2"}, {"server_name": "login.live.com", "next_protocol": "h2"}),
    ("ssl", {"next_protocol": "erika"}, {"next_protocol": "{}"}),
    (
        "ssl",
        {"ja3": "c1" * 16, "ja3s": "ec" * 16, "ja4": "t13d1516h2_8daaf6152771_e5627efa2ab1"},
        {"ja3": "c1" * 16, "ja3s": "ec" * 16, "ja4": "t13d1516h2_8daaf6152771_e5627efa2ab1"},
    ),
    (
        "ssl",
        {"cert_chain_fps": ["ab" * 32], "client_cert_chain_fps": []},
        {"cert_chain_fps": ["ab" * 32], "cert_count": 1, "client_cert": False, "client_cert_chain_fps": []},
    ),
    ("ssl", {"cert_chain_fuids": ["F1", "F2"], "client_cert_chain_fuids": ["F3"]}, {"cert_count": 2, "client_cert": True}),
    (
        "ssl",
        {"validation_status": "self signed certificate", "last_alert": "unknown_ca", "sni_matches_cert": True},
        {"validation": "self signed certificate", "last_alert": "unknown_ca", "sni_matches_cert": True},
    ),
    ("x509", {"fingerprint": "AB" * 32, "certificate.version": 3}, {"fingerprint": "ab" * 32, "certificate_version": 3}),
    (
        "x509",
        {"certificate.serial": "03E8", "certificate.key_length": 2048},
        {"certificate_serial": "03e8", "certificate_key_length": 2048},
    ),
    ("x509", {"certificate.subject": "CN=Erika", "certificate.issuer": "CN=Erika"}, {"self_signed": True}),
    (
        "x509",
        {"certificate.not_valid_before": 1.0, "certificate.not_valid_after": 2.5},
        {"certificate_not_valid_before": 1_000_000, "certificate_not_valid_after": 2_500_000},
    ),
    (
        "x509",
        {"certificate.key_alg": "rsaEncryption", "certificate.key_type": "rsa"},
        {"certificate_key_alg": "rsaEncryption", "certificate_key_type": "rsa"},
    ),
    (
        "x509",
        {"certificate.sig_alg": "sha256WithRSAEncryption", "certificate.curve": "prime256v1"},
        {"certificate_sig_alg": "sha256WithRSAEncryption", "certificate_curve": "secp256r1"},
    ),
    ("x509", {"san.dns": ["*.example.com"], "san.ip": ["10.0.0.1"]}, {"san_dns": ["*.example.com"], "san_ip": ["10.0.0.1"]}),
    (
        "x509",
        {"basic_constraints.ca": True, "host_cert": True, "client_cert": False},
        {"basic_constraints_ca": True, "host_cert": True, "client_cert": False},
    ),
    ("smb_mapping", {"path": "\\\\NEWYORK\\IPC$", "share_type": "PIPE"}, {"share": "IPC$", "share_type": "PIPE"}),
    (
        "smb_mapping",
        {"path": "\\\\N\\c$", "service": "A:", "native_file_system": "NTFS"},
        {"share": "C$", "service": "A:", "native_file_system": "NTFS"},
    ),
    ("smb_mapping", {"path": "\\\\N\\Erika"}, {"share": KEYS.of("Erika")}),
    (
        "smb_files",
        {"action": "SMB::FILE_OPEN", "name": "a\\b\\c.txt", "size": 22},
        {"action": "open", "share_type": "DISK", "name": KEYS.of("c.txt"), "folder": KEYS.of("a\\b"), "depth": 2, "size": 22},
    ),
    ("smb_files", {"action": "SMB::PIPE_READ", "path": "\\\\N\\IPC$"}, {"action": "read", "share_type": "PIPE", "share": "IPC$"}),
    (
        "smb_files",
        {"action": "SMB::FILE_RENAME", "prev_name": "old", "name": "d\\new"},
        {"action": "rename", "name": KEYS.of("old"), "depth": 0, "new_name": KEYS.of("new"), "new_folder": KEYS.of("d")},
    ),
    (
        "files",
        {"source": "SMTP", "is_orig": True, "mime_type": "application/pdf", "filename": "Erika.pdf", "duration": 0.5, "seen_bytes": 900}
        | {"total_bytes": 900, "missing_bytes": 0, "overflow_bytes": 0, "sha256": "ab" * 32},
        {"source": "SMTP", "is_orig": True, "mime_type": "application/pdf", "name": KEYS.of("Erika.pdf"), "depth": 0, "seen_bytes": 900}
        | {"sha256": "ab" * 32, "partial": False},
    ),
    (
        "files",
        {"source": "HTTP", "mime_type": "text/json", "seen_bytes": 900, "missing_bytes": 9, "sha256": "ab" * 32},
        {"source": "HTTP", "sha256": None, "partial": True},
    ),
    ("files", {"source": "FTP_DATA", "seen_bytes": 9, "sha256": "ab" * 32}, {"source": "FTP_DATA", "sha256": None}),
    (
        "ntlm",
        {"username": "Erika", "domainname": "HOSP", "hostname": "www.example.com", "success": True},
        {"username_seen": True, "account": KEYS.of("hosp\\erika"), "hostname": "www.example.com", "success": True},
    ),
    (
        "ntlm",
        {"server_nb_computer_name": "WWW", "server_dns_computer_name": "www.example.com", "server_tree_name": "erika.local"},
        {"server_nb_computer_name": "www", "server_dns_computer_name": "www.example.com"},
    ),
    (
        "rdp",
        {"cookie": "erika", "result": "encrypted", "security_protocol": "HYBRID_EX"},
        {"cookie_seen": True, "result": "success", "security_protocol": "hybrid_ex", "nla": True},
    ),
    (
        "rdp",
        {"result": "SSL_NOT_ALLOWED_BY_SERVER", "security_protocol": "RDP", "client_build": "client_build-18363"},
        {"result": "ssl_not_allowed_by_server", "security_protocol": "rdp", "nla": False, "client_build": 18363},
    ),
    (
        "rdp",
        {"client_name": "www.example.com", "encryption_level": "Client compatible", "encryption_method": "128bit"},
        {"client_name": "www.example.com", "encryption_level": "client_compatible", "encryption_method": "128bit"},
    ),
    (
        "rfb",
        {"client_major_version": "003", "client_minor_version": "889", "server_major_version": "003", "server_minor_version": "x"},
        {"client_major_version": "003", "client_minor_version": "889", "server_major_version": "003", "server_minor_version": None},
    ),
    (
        "rfb",
        {"authentication_method": "Apple Remote Desktop", "auth": True, "share_flag": False, "desktop_name": "Erika's"},
        {"authentication_method": "ard", "auth": True, "share_flag": False},
    ),
    ("rfb", {"width": 1024, "height": 768}, {"width": 1024, "height": 768}),
    (
        "snmp",
        {"duration": 0.1, "version": "2c", "community": "public", "display_string": "Erika's", "up_since": 1588205199.5},
        {"duration": 0.1, "version": "2c", "marks": ["snmp-default-community"], "sys_descr": None, "up_since": 1588205199500000},
    ),
    (
        "snmp",
        {"community": "erika", "get_requests": 1, "get_bulk_requests": 2, "get_responses": 3, "set_requests": 4},
        {"marks": None, "get_requests": 1, "get_bulk_requests": 2, "get_responses": 3, "set_requests": 4},
    ),
    (
        "ftp",
        {"user": "zztest", "password": "<hidden>", "command": "RETR", "arg": "ftp://10.0.0.4/zztest.txt", "reply_code": 226},
        {"user_seen": True, "anonymous": False, "password_seen": True, "retrieved": 1, "stored": 0, "server": None},
    ),
    (
        "ftp",
        {"user": "anonymous", "password": "zztest@example.com", "command": "STOR"},
        {"user_seen": True, "anonymous": True, "password_seen": False, "retrieved": 0, "stored": 1},
    ),
    ("ftp", {"user": "<unknown>", "command": "EPSV"}, {"user_seen": False, "password_seen": False}),
    (
        "ldap",
        {"message_id": 1, "version": 3, "opcode": "bind simple", "result": "invalid credentials", "object": "CN=Erika", "argument": "zz"},
        {
            "message_id": 1,
            "version": 3,
            "opcode": "bind",
            "auth": "simple",
            "password_seen": True,
            "result_code": 49,
            "result": "invalidCredentials",
            "object": KEYS.of("CN=Erika"),
            "mechanism": None,
        },
    ),
    ("ldap", {"opcode": "bind simple", "object": "", "result": "success"}, {"auth": "anonymous", "password_seen": False, "result_code": 0}),
    ("ldap", {"opcode": "bind SASL", "result": "SASL bind in progress"}, {"auth": "sasl", "password_seen": False, "result_code": 14}),
    (
        "smtp",
        {"mailfrom": "erika@example.com", "rcptto": ["a@example.org", "<b@example.org>"], "last_reply": "250 2.0.0 ok", "tls": False},
        {"from_domains": ["example.com"], "to_domains": ["example.org"], "recipients": 2, "last_reply": 250, "tls": False},
    ),
    ("smtp", {"helo": "mail.example.com", "subject": "Erika"}, {"helo": "mail.example.com", "server": None}),
    (
        "ssh",
        {"version": 2, "auth_success": False, "client": "SSH-2.0-x", "kex_alg": "ssh-rsa", "cipher_alg": "erika", "mac_alg": "hmac-md5"},
        {"version": 2, "auth_success": False, "client": None, "kex_alg": "ssh-rsa", "cipher_alg": None, "mac_alg": "hmac-md5"},
    ),
    ("ssh", {"host_key_alg": "ssh-dss"}, {"host_key_alg": "ssh-dss"}),
    ("ssh", {"compression_alg": "none", "auth_attempts": 3}, {"compression_alg": "none", "auth_attempts": 3}),
]


def test_what_else_is_asked_of_a_directory_gives_no_rows() -> None:
    assert rows("ldap", ENDS | {"opcode": "unbind", "message_id": 3}) == []


@pytest.mark.parametrize(("path", "fields", "cells"), FIELDS, ids=lambda value: value if isinstance(value, str) else ",".join(value))
def test_a_field_becomes_its_column(path: str, fields: dict[str, Any], cells: dict[str, Any]) -> None:
    (row,) = rows(path, ENDS | fields)
    expected = COMMON | cells
    if "id.resp_h" in fields:
        expected = (
            {"id_resp_hi": row["id_resp_hi"], "id_resp_lo": row["id_resp_lo"]}
            | {k: v for k, v in expected.items() if not k.startswith("id_resp_")}
            | cells
        )
    assert {name: row.get(name) for name in expected} == expected
    assert len(row["event_id"]) == 26


def test_a_conversation_of_dhcp_gives_its_messages() -> None:
    told = {
        "uids": ["Cvf4XX17hSAgXDdGEd"],
        "mac": "00:0D:3A:13:E3:69",
        "host_name": "wpad",
        "requested_addr": "10.0.0.7",
        "assigned_addr": "10.0.0.7",
        "server_addr": "10.0.0.1",
        "lease_time": 3600.0,
        "msg_types": ["REQUEST", "ACK", "REQUEST"],
    }
    request, ack = rows("dhcp", {"ts": 1588205199.5} | told)
    assert (request["msg_type"], request["op"], request["host_name"], request["requested_addr"]) == ("REQUEST", 1, "wpad", "10.0.0.7")
    assert (ack["msg_type"], ack["op"], ack["assigned_addr"], ack["lease_time"]) == ("ACK", 2, "10.0.0.7", 3600)
    assert {"assigned_addr", "lease_time"}.isdisjoint(request)
    assert {"host_name", "requested_addr"}.isdisjoint(ack)
    assert request["mac"] == ack["mac"] == "00:0d:3a:13:e3:69"
    assert request["event_id"] != ack["event_id"]


HEADER = rb"""#separator \x09
#set_separator	,
#empty_field	(empty)
#unset_field	-
#path	dns
#open	2020-04-30-00-06-39
#fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	AA	query	answers	TTLs	extra	note
#types	time	string	addr	port	addr	port	bool	string	vector[string]	vector[interval]	set[string]	string
"""


def text(lines: bytes) -> Iterator[list[tuple[str, Any]] | str]:
    log = zeek.Text()
    for line in (HEADER + lines).splitlines():
        if line.startswith(b"#"):
            log.header(line)
        else:
            yield log.record(line)


def test_text_with_escapes_unset_and_empty_values_and_sets() -> None:
    line = rb"1588205199.824370	C1	10.0.1.6	54243	10.0.0.4	53	T	a\x09b\\c\xc3\xa4	x.org,a\x2cb,-	-	(empty)	(empty)"
    (record,) = text(line)
    assert not isinstance(record, str)
    told = dict(record)
    assert told["query"] == "a\tb\\c\u00e4"
    assert told["answers"] == ["x.org", "a,b", None]
    assert told["extra"] == []
    assert (told["AA"], told["note"]) == ("T", "")
    assert "TTLs" not in told


def test_text_gives_the_row_that_json_gives() -> None:
    line = rb"1588205199.824370	Cvf4XX17hSAgXDdGEd	10.0.1.6	54243	10.0.0.4	53	T	login.live.com	10.0.0.1	19.000000	-	-"
    (record,) = text(line)
    assert not isinstance(record, str)
    ((stream, row),) = zeek.rows("dns", record, KEYS, Tally())
    (same,) = rows("dns", ENDS | {"id.resp_p": 53, "AA": True, "query": "login.live.com", "answers": ["10.0.0.1"], "TTLs": [19.0]})
    assert stream == "dns"
    assert row | {"event_id": ""} == same | {"event_id": ""}


def test_a_second_header_and_other_separators() -> None:
    log = zeek.Text()
    for line in (rb"#separator |", b"#set_separator|;", b"#path|conn", b"#fields|ts|services", b"#types|time|set[string]"):
        log.header(line)
    assert (log.path, log.record(b"1|a;b")) == ("conn", [("ts", "1"), ("services", ["a", "b"])])
    for line in (rb"#separator \x09", b"#path\tdns", b"#fields\tts", b"#types\ttime"):
        log.header(line)
    assert (log.path, log.record(b"1")) == ("dns", [("ts", "1")])


def test_lines_that_do_not_fit_their_header() -> None:
    assert list(text(b"1\t2\n")) == ["other number of fields than its header"]
    assert zeek.Text().record(b"1\t2") == "neither JSON nor below a header"


@pytest.mark.parametrize(
    ("record", "path"),
    [
        ({"ts": 1, "conn_state": "SF"}, "conn"),
        ({"ts": 1, "qclass": 1}, "dns"),
        ({"ts": 1, "trans_depth": 1, "method": "GET"}, "http"),
        ({"ts": 1, "trans_depth": 1, "helo": "x"}, "smtp"),
        ({"ts": 1, "established": True}, "ssl"),
        ({"ts": 1, "certificate.serial": "1"}, "x509"),
        ({"ts": 1, "msg_types": []}, "dhcp"),
        ({"ts": 1, "share_type": "DISK"}, "smb_mapping"),
        ({"ts": 1, "times.modified": 1}, "smb_files"),
        ({"ts": 1, "domainname": "x"}, "ntlm"),
        ({"ts": 1, "security_protocol": "RDP"}, "rdp"),
        ({"ts": 1, "share_flag": True}, "rfb"),
        ({"ts": 1, "get_bulk_requests": 1}, "snmp"),
        ({"@stream": "dns", "ts": 1}, "dns"),
        ({"_path": "dns", "ts": 1}, "dns"),
        ({"ts": 1}, "unknown"),
    ],
)
def test_a_record_tells_which_log_it_is_of(record: dict[str, Any], path: str) -> None:
    assert zeek.of_json(record)[0] == path


@pytest.mark.parametrize(
    ("ts", "micros"),
    [
        (1588205199.82437, 1588205199824370),
        ("1588205199.824370", 1588205199824370),
        (1588205199824, 1588205199824000),
        ("2020-04-30T00:06:39.824370Z", 1588205199824370),
    ],
)
def test_times_as_zeek_writes_them(ts: Any, micros: int) -> None:
    (row,) = rows("conn", {"ts": ts})
    assert row["ts"] == micros


@pytest.mark.parametrize("ts", [None, "", "yesterday", "NaN", 1e300, True, [], "9" * 4000])
def test_without_a_time_a_line_is_malformed(ts: Any) -> None:
    tally = Tally()
    assert rows("conn", {"ts": ts}, tally) == []
    assert (tally.malformed, tally.kinds) == ({"no possible time": 1}, {})


def test_what_has_no_column_and_what_may_not_be_kept_is_counted_by_name() -> None:
    tally = Tally()
    rows("http", ENDS | {"uri": "/erika", "user_agent": "x", "tags": [], "info_code": 100, "orig_fuids": ["F1"], "referrer": ""}, tally)
    assert tally.no_column == {"zeek http.info_code": 1, "zeek http.orig_fuids": 1}
    assert tally.withheld == {"zeek http.uri": 1, "zeek http.user_agent": 1}
    rows("kerberos", ENDS, tally)
    rows("Erika Mustermann", ENDS, tally)
    assert tally.unmapped == {"zeek kerberos": 1, "zeek (others)": 1}


def test_every_field_is_proven() -> None:
    """No table names a column that its stream lacks, and every field of the tables stands in a case above."""
    for log in LOGS.values():
        assert {entry[0] for entry in log.fields.values() if isinstance(entry, tuple)} <= COLUMNS[log.stream]
    proven = {(path, name.replace(".", "_")) for path, fields, _ in FIELDS for name in fields}
    proven |= {("dhcp", name) for name in LOGS["dhcp"].fields}
    withheld = {("http", name) for name in ("uri", "user_agent", "referrer", "orig_mime_types", "resp_mime_types")}
    withheld |= {("ftp", "reply_msg"), ("ldap", "diagnostic_message"), ("ssh", "server")}
    same = {(path, name) for path, log in LOGS.items() for name, entry in log.fields.items() if entry == "same"}
    common = {(path, name) for path in LOGS for name in COMMON_FIELDS}
    assert {(path, name) for path, log in LOGS.items() for name in log.fields} - proven - withheld - same - common == set()


def test_an_id_says_nothing_of_what_is_not_kept() -> None:
    asked = {"method": "GET", "status_code": 200, "trans_depth": 1}
    (one,) = rows("http", ENDS | asked | {"username": "erika", "password": "geheim", "uri": "/a?mrn=4711"})
    (other,) = rows("http", ENDS | asked | {"username": "otto", "password": "anders", "uri": "/a?mrn=4712"})
    (third,) = rows("http", ENDS | asked | {"status_code": 404})
    assert one["event_id"] == other["event_id"] != third["event_id"]


@pytest.mark.parametrize("uid", ["CarolinaQuillfeather", "Charlottenstrasse", "C1234567890123456", "FriedrichMustermann"])
def test_what_reads_like_a_name_is_no_uid(uid: str) -> None:
    (row,) = rows("conn", ENDS | {"uid": uid, "proto": "tcp"})
    assert "uid" not in row
