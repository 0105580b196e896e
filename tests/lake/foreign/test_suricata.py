"""Suricata's EVE, event by event. Layouts as Suricata 4 to 8 write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asepsis.lake.foreign import suricata
from asepsis.lake.foreign.lines import parsed
from asepsis.lake.foreign.rows import Pseudonyms
from asepsis.lake.foreign.tally import Tally
from asepsis.lake.streams import streams

KEYS = Pseudonyms(b"0123456789abcdef0123456789abcdef", "k1")
COLUMNS = {name: {column.name for column in stream.columns} for name, stream in streams().items()}
ENDS = {
    "timestamp": "2024-03-01T10:00:00.123456+0100",
    "flow_id": 1234567890123456,
    "src_ip": "10.0.0.5",
    "src_port": 50000,
    "dest_ip": "10.0.0.9",
    "dest_port": 443,
    "proto": "TCP",
}
US = 1709283600123456


def rows(kind: str, told: dict[str, Any], tally: Tally | None = None, **more: Any) -> list[tuple[str, dict[str, Any]]]:
    line = json.dumps(ENDS | {"event_type": kind, kind: told} | more).encode()
    record = parsed(line)
    assert isinstance(record, dict)
    made = list(suricata.rows(record, KEYS, tally or Tally()))
    assert all(COLUMNS[stream].issuperset(row) for stream, row in made)
    return made


def one(kind: str, told: dict[str, Any], **more: Any) -> dict[str, Any]:
    (_, row), *_ = rows(kind, told, **more)
    return row


def test_a_flow_is_a_connection() -> None:
    told = {
        "pkts_toserver": 10,
        "pkts_toclient": 8,
        "bytes_toserver": 1400,
        "bytes_toclient": 5000,
        "start": "2024-03-01T09:59:00.000001+0100",
        "end": "2024-03-01T09:59:30.500001+0100",
        "age": 30,
    }
    ether = {"src_macs": ["00:0d:3a:13:e3:69"], "dest_macs": ["12:34:56:78:9a:bc"]}
    row = one("flow", told, app_proto="tls", vlan=[10, 20], ether=ether, tcp={"tcp_flags_ts": "1b", "tcp_flags_tc": "1b"})
    assert row | {"event_id": "", "community_id": ""} == {
        "event_id": "",
        "community_id": "",
        "sensor": "suricata",
        "uid": "1234567890123456",
        "ts": US - 60_000_000 - 123_455,
        "id_orig_h": "10.0.0.5",
        "id_orig_p": 50000,
        "id_resp_h": "10.0.0.9",
        "id_resp_p": 443,
        "id_orig_hi": 0,
        "id_orig_lo": 0xFFFF_0A00_0005,
        "id_resp_hi": 0,
        "id_resp_lo": 0xFFFF_0A00_0009,
        "proto": "tcp",
        "service": "ssl",
        "duration": 30.5,
        "conn_state": "SF",
        "interim": False,
        "vlan": 10,
        "inner_vlan": 20,
        "orig_pkts": 10,
        "resp_pkts": 8,
        "orig_ip_bytes": 1400 - 140,
        "resp_ip_bytes": 5000 - 112,
        "orig_l2_addr": "00:0d:3a:13:e3:69",
        "resp_l2_addr": "12:34:56:78:9a:bc",
    }


@pytest.mark.parametrize(
    ("ours", "theirs", "state"),
    [
        ("02", "00", "S0"),
        ("02", "14", "REJ"),
        ("12", "12", "S1"),
        ("1b", "1b", "SF"),
        ("1b", "1a", "S2"),
        ("1a", "1b", "S3"),
        ("1e", "1a", "RSTO"),
        ("1a", "1e", "RSTR"),
        ("06", "00", "RSTOS0"),
        ("03", "00", "SH"),
        ("18", "18", "OTH"),
        ("1e", "1e", None),
        ("zz", "12", None),
    ],
)
def test_flags_tell_the_state(ours: str, theirs: str, state: str | None) -> None:
    assert one("flow", {}, tcp={"tcp_flags_ts": ours, "tcp_flags_tc": theirs})["conn_state"] == state


def test_datagrams_have_a_state_too() -> None:
    counts = [({"pkts_toserver": 1, "pkts_toclient": 1}, "SF"), ({"pkts_toserver": 1, "pkts_toclient": 0}, "S0")]
    assert [one("flow", told, proto="UDP")["conn_state"] for told, _ in counts] == [state for _, state in counts]


def test_icmp_has_types_for_ports() -> None:
    row = one("flow", {}, proto="IPv6-ICMP", src_ip="fe80::1", dest_ip="fe80::2", src_port=None, dest_port=None, icmp_type=128, icmp_code=0)
    assert (row["proto"], row["id_orig_p"], row["id_resp_p"]) == ("icmp", 128, 0)
    assert row["community_id"].startswith("1:")


UDP = {"proto": "UDP", "dest_port": 53}
BACK = {"proto": "UDP", "src_ip": "10.0.0.9", "src_port": 53, "dest_ip": "10.0.0.5", "dest_port": 50000}


@pytest.mark.parametrize(
    ("told", "ends", "cells"),
    [
        ({"type": "query", "id": 7, "rrname": "www.example.com", "rrtype": "A", "tx_id": 0}, UDP, {"rcode": None, "rejected": None}),
        (
            {"type": "answer", "id": 7, "rcode": "NOERROR", "rrname": "www.example.com", "rrtype": "A", "ttl": 60, "rdata": "192.0.2.7"},
            BACK,
            {"answers": ["192.0.2.7"], "ttls": [60], "rcode": 0},
        ),
        (
            {"version": 2, "type": "answer", "id": 7, "rrname": "www.example.com", "rrtype": "A", "rcode": "REFUSED"},
            BACK,
            {"rcode": 5, "rcode_name": "REFUSED", "rejected": True},
        ),
        (
            {
                "version": 2,
                "type": "answer",
                "id": 7,
                "rd": True,
                "ra": True,
                "aa": False,
                "rrname": "www.example.com",
                "rrtype": "A",
                "rcode": "NOERROR",
                "answers": [
                    {"rrname": "x", "rrtype": "CNAME", "ttl": 30, "rdata": "cdn.example.net"},
                    {"rrname": "y", "rrtype": "A", "ttl": 60, "rdata": "192.0.2.7"},
                ],
                "grouped": {},
            },
            BACK,
            {"answers": ["cdn.example.net", "192.0.2.7"], "ttls": [30, 60], "rd": True, "ra": True, "aa": False},
        ),
        (
            {"version": 2, "type": "answer", "id": 7, "rrname": "www.example.com", "rrtype": "A", "grouped": {"A": ["192.0.2.7"]}},
            BACK,
            {"answers": ["192.0.2.7"], "ttls": None},
        ),
        (
            {"version": 3, "type": "request", "id": 7, "rcode": "NOERROR", "queries": [{"rrname": "www.example.com", "rrtype": "A"}]},
            UDP,
            {"rcode": None, "answers": None},
        ),
        (
            {
                "version": 3,
                "type": "response",
                "id": 7,
                "rcode": "NXDOMAIN",
                "opcode": 0,
                "queries": [{"rrname": "www.example.com", "rrtype": "A"}],
            },
            BACK,
            {"rcode": 3, "opcode": 0},
        ),
    ],
    ids=["query", "answer 1", "refused 2", "answer 2", "grouped 2", "request 3", "response 3"],
)
def test_layouts_of_dns(told: dict[str, Any], ends: dict[str, Any], cells: dict[str, Any]) -> None:
    expected = {"id_orig_h": "10.0.0.5", "id_orig_p": 50000, "id_resp_h": "10.0.0.9", "id_resp_p": 53, "trans_id": 7, "flavor": "dns"}
    expected |= {"query": "www.example.com", "qtype": 1, "qtype_name": "A", "proto": "udp"} | cells
    row = one("dns", told, **ends)
    assert {name: row.get(name) for name in expected} == expected


def test_several_questions_are_several_rows() -> None:
    queries = [{"rrname": "www.example.com", "rrtype": "A"}, {"rrname": "www.example.com", "rrtype": "AAAA"}]
    made = [row for _, row in rows("dns", {"version": 3, "type": "request", "queries": queries})]
    assert [row["qtype"] for row in made] == [1, 28]
    assert len({row["event_id"] for row in made}) == 2


def test_http() -> None:
    told = {
        "hostname": "www.example.com",
        "url": "/erika?id=1",
        "http_user_agent": "x",
        "http_content_type": "text/html",
        "http_method": "GET",
        "protocol": "HTTP/1.1",
        "status": 200,
        "length": 5,
        "http_refer": "http://erika.example/",
        "redirect": "/x",
    }
    tally = Tally()
    ((stream, row),) = rows("http", told, tally, tx_id=1)
    expected = {"host": "www.example.com", "method": "GET", "version": "1.1", "status_code": 200, "response_body_len": 5, "trans_depth": 2}
    assert (stream, {name: row.get(name) for name in expected}) == ("http", expected)
    assert tally.no_column == {"suricata http.redirect": 1}
    assert sorted(tally.withheld) == [f"suricata http.{name}" for name in ("http_content_type", "http_refer", "http_user_agent", "url")]


def test_tls_is_a_session_and_a_certificate() -> None:
    told = {
        "subject": "CN=Erika",
        "issuerdn": "CN=Erika",
        "serial": "00:AB:CD",
        "sni": "www.example.com",
        "version": "TLS 1.2",
        "notbefore": "2020-01-01T00:00:00",
        "notafter": "2030-01-01T00:00:00",
        "ja3": {"hash": "c1" * 16, "string": "771"},
        "ja3s": {"hash": "ec" * 16},
        "session_resumed": True,
        "client_alpns": ["h2", "erika"],
        "server_alpns": ["h2"],
        "subjectaltname": ["www.example.com"],
        "chain": ["MII", "MII"],
        "client": {"subject": "CN=Erika"},
    }
    (_, session), (_, certificate) = rows("tls", told)
    expected = {
        "server_name": "www.example.com",
        "version": "TLSv12",
        "version_num": 0x303,
        "ja3": "c1" * 16,
        "ja3s": "ec" * 16,
        "resumed": True,
        "client_alpn": ["h2", "{}"],
        "next_protocol": "h2",
        "cert_count": 2,
        "client_cert": True,
    }
    assert {name: session.get(name) for name in expected} == expected
    expected = {
        "certificate_serial": "00abcd",
        "certificate_not_valid_before": 1577836800000000,
        "certificate_not_valid_after": 1893456000000000,
        "self_signed": True,
        "host_cert": True,
        "client_cert": False,
        "san_dns": ["www.example.com"],
        "id_resp_h": "10.0.0.9",
    }
    assert {name: certificate.get(name) for name in expected} == expected


def test_dhcp() -> None:
    told = {
        "type": "reply",
        "id": 7,
        "client_mac": "00:0d:3a:13:e3:69",
        "assigned_ip": "10.0.0.7",
        "client_ip": "0.0.0.0",
        "relay_ip": "0.0.0.0",
        "requested_ip": "10.0.0.7",
        "dhcp_type": "ack",
        "hostname": "wpad",
        "lease_time": 3600,
        "vendor_class_identifier": "MSFT 5.0",
    }
    row = one("dhcp", told, proto="UDP", src_port=67, dest_port=68)
    expected = {
        "op": 2,
        "trans_id": 7,
        "mac": "00:0d:3a:13:e3:69",
        "assigned_addr": "10.0.0.7",
        "client_addr": None,
        "relay_addr": None,
        "requested_addr": "10.0.0.7",
        "msg_type": "ACK",
        "host_name": "wpad",
        "lease_time": 3600,
        "server_addr": "10.0.0.5",
        "vendor_class": None,
    }
    assert {name: row.get(name) for name in expected} == expected
    assert "proto" not in row


def test_smb() -> None:
    tree = {
        "command": "SMB2_COMMAND_TREE_CONNECT",
        "dialect": "3.11",
        "status_code": "0x0",
        "tree_id": 5,
        "share": "\\\\n\\ADMIN$",
        "share_type": "FILE",
    }
    ((stream, row),) = rows("smb", tree)
    expected = {"version": "SMB2", "dialect": "3.1.1", "share": "ADMIN$", "share_type": "DISK", "tree_id": 5, "status": 0}
    assert (stream, {name: row.get(name) for name in expected}) == ("smb_mapping", expected)
    create = {
        "command": "SMB2_COMMAND_CREATE",
        "status_code": "0xc0000034",
        "filename": "a\\Erika.docx",
        "disposition": "FILE_CREATE",
        "size": 9,
    }
    ((stream, row),) = rows("smb", create)
    expected = {"action": "create", "name": KEYS.of("Erika.docx"), "folder": KEYS.of("a"), "depth": 1, "size": 9, "status": 0xC0000034}
    assert (stream, {name: row.get(name) for name in expected}) == ("smb_files", expected)


def test_arp() -> None:
    told = {
        "opcode": "request",
        "src_mac": "00:0d:3a:13:e3:69",
        "src_ip": "10.0.0.5",
        "dest_mac": "00:00:00:00:00:00",
        "dest_ip": "10.0.0.9",
    }
    row = one("arp", told, src_ip=None, dest_ip=None, proto=None)
    expected = {
        "op": 1,
        "op_name": "request",
        "sender_mac": "00:0d:3a:13:e3:69",
        "sender_ip": "10.0.0.5",
        "target_mac": "00:00:00:00:00:00",
    }
    expected |= {"target_ip": "10.0.0.9", "id_orig_h": "10.0.0.5", "id_resp_h": "10.0.0.9", "gratuitous": False}
    assert {name: row.get(name) for name in expected} == expected


def test_what_no_stream_is_for_is_named() -> None:
    tally = Tally()
    for kind, told in [("alert", {}), ("fileinfo", {}), ("ssh", {}), ("smb", {"command": "SMB2_COMMAND_READ"}), ("smb", {}), ("Erika", {})]:
        assert rows(kind, told, tally) == []
    assert tally.unmapped == {
        "suricata alert": 1,
        "suricata fileinfo": 1,
        "suricata ssh": 1,
        "suricata smb SMB2_COMMAND_READ": 1,
        "suricata smb (others)": 1,
        "suricata (others)": 1,
    }


@pytest.mark.parametrize(
    ("name", "service"), [("tls", "ssl"), ("krb5_tcp", "krb_tcp"), ("dcerpc", "dce_rpc"), ("smb", "smb"), ("failed", None)]
)
def test_protocols_have_the_names_of_the_core(name: str, service: str | None) -> None:
    tally = Tally()
    ((_, row),) = rows("flow", {}, tally, app_proto=name)
    assert (row.get("service"), tally.withheld) == (service, {})


def test_a_relay_is_no_server_and_half_a_certificate_does_not_vouch_for_itself() -> None:
    told = {"type": "reply", "dhcp_type": "ack", "relay_ip": "10.0.0.5"}
    assert one("dhcp", told, src_port=67)["relay_addr"] == "10.0.0.5"
    assert "server_addr" not in one("dhcp", told, src_port=67)
    _, (_, certificate) = rows("tls", {"subject": "CN=a", "notafter": "2030-01-01T00:00:00"})
    assert certificate["self_signed"] is None
