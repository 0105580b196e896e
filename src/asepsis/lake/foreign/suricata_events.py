"""Which fields of Suricata's EVE records become which columns. Names of nested fields are written with dots: `tls.sni`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from asepsis.lake.foreign import smb, words
from asepsis.lake.foreign.clean import (
    address,
    authority,
    each,
    hexadecimal,
    host,
    integer,
    mac,
    matching,
    moment,
    named,
    one_of,
    stamp,
    truth,
    withheld,
    within,
    word,
)
from asepsis.lake.foreign.mapping import SAME, Fields, Log
from asepsis.lake.foreign.rows import Pseudonyms, Row
from asepsis.lake.foreign.zeek_logs import COMMUNITY, FLAVORS

_HEADERS = 14  # Suricata counts whole frames; its `bytes` hold an Ethernet header a packet (IEEE 802.3)


def _vlans(value: Any, keys: Pseudonyms) -> Row | None:
    """VLAN ids, outermost first; a third is not told."""
    ids = [within(0, 4095)(entry) for entry in value] if isinstance(value, list) else []
    return {"vlan": ids[0], "inner_vlan": ids[1] if len(ids) > 1 else None} if ids and ids[0] is not None else None


def _first_mac(value: Any) -> str | None:
    return mac(value[0] if isinstance(value, list) and value else value)


def _service(value: Any, keys: Pseudonyms) -> Row | None:
    """`failed`: Suricata looked and recognised nothing."""
    found = words.service(value)
    return {"service": found} if found is not None else {} if value in ("failed", "unknown") else None


# What all records have.
COMMON: Fields = {
    "event_type": SAME,
    "timestamp": ("ts", stamp),
    "flow_id": ("uid", matching(r"[0-9]{1,20}")),
    "community_id": ("community_id", COMMUNITY),
    "src_ip": ("id_orig_h", address),
    "src_port": ("id_orig_p", within(0, 65535)),
    "dest_ip": ("id_resp_h", address),
    "dest_port": ("id_resp_p", within(0, 65535)),
    "icmp_type": ("id_orig_p", within(0, 255)),
    "icmp_code": ("id_resp_p", within(0, 255)),
    "proto": ("proto", named(words.TRANSPORT, str.lower)),
    "ip_v": SAME,
}

FLOW: Fields = {
    **COMMON,
    "app_proto": _service,
    "vlan": _vlans,
    "ether.src_macs": ("orig_l2_addr", _first_mac),
    "ether.dest_macs": ("resp_l2_addr", _first_mac),
    "flow.pkts_toserver": ("orig_pkts", integer),
    "flow.pkts_toclient": ("resp_pkts", integer),
    "flow.bytes_toserver": ("orig_ip_bytes", integer),
    "flow.bytes_toclient": ("resp_ip_bytes", integer),
    "flow.start": ("ts", stamp),
    "flow.end": SAME,
    "flow.age": SAME,
    "tcp.tcp_flags": SAME,
    "tcp.tcp_flags_ts": SAME,
    "tcp.tcp_flags_tc": SAME,
    "tcp.syn": SAME,
    "tcp.fin": SAME,
    "tcp.rst": SAME,
    "tcp.psh": SAME,
    "tcp.ack": SAME,
}
_FIN, _SYN, _RST = 1, 2, 4


def _flags(values: Mapping[str, Any], side: str) -> int | None:
    text = values.get(f"tcp.tcp_flags_{side}")
    return int(text, 16) if isinstance(text, str) and re.fullmatch("[0-9a-f]{2}", text) else None


def state(values: Mapping[str, Any], row: Row) -> str | None:
    """The state of a connection in Zeek's terms, as far as the flags of both sides tell; which of two resets came first they do not."""
    orig, resp = row.get("orig_pkts"), row.get("resp_pkts")
    if row.get("proto") != "tcp":
        return {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}.get((bool(orig), bool(resp)))
    ours, theirs = _flags(values, "ts"), _flags(values, "tc")
    if ours is None or theirs is None:
        return None
    if not ours & _SYN:
        return "OTH"
    if not theirs & _SYN:
        if theirs & _RST:
            return "REJ" if not ours & _RST else None
        return "RSTOS0" if ours & _RST else "SH" if ours & _FIN else "S0"
    if ours & theirs & _FIN:
        return "SF"
    if (ours | theirs) & _RST:
        return None if ours & theirs & _RST else "RSTO" if ours & _RST else "RSTR"
    return "S2" if ours & _FIN else "S3" if theirs & _FIN else "S1"


def flow(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """A connection that is over: `ts` is when it began."""
    end = moment(values.get("flow.end"))
    if end is not None and moment(values.get("flow.start")) is not None:
        row["duration"] = max(0, end - row["ts"]) / 1e6
    for side in ("orig", "resp"):
        whole, packets = row.get(f"{side}_ip_bytes"), row.get(f"{side}_pkts")
        if whole is not None and packets is not None:
            row[f"{side}_ip_bytes"] = max(0, whole - _HEADERS * packets)
    return (row | {"conn_state": state(values, row), "interim": False},)


DNS: Fields = {
    **COMMON,
    "dns.version": SAME,
    "dns.type": SAME,
    "dns.qr": SAME,
    "dns.flags": SAME,
    "dns.id": ("trans_id", within(0, 65535)),
    "dns.opcode": ("opcode", within(0, 15)),
    "dns.rrname": ("query", host),
    "dns.rrtype": SAME,
    "dns.ttl": SAME,
    "dns.rdata": SAME,
    "dns.grouped": SAME,
    "dns.queries": SAME,
    "dns.answers": SAME,
    "dns.rcode": lambda value, keys: {"rcode": code, "rcode_name": value} if (code := words.response_code(value)) is not None else None,
    "dns.aa": ("aa", truth),
    "dns.tc": ("tc", truth),
    "dns.rd": ("rd", truth),
    "dns.ra": ("ra", truth),
}
_ANSWERS, _TTLS = each(host, "*"), each(within(0, 2**32 - 1))


def dns(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """A query or an answer: Suricata writes them apart. Layout 1 has one answer a record, 2 all of them, 3 all questions too."""
    is_answer = values.get("dns.type") in ("answer", "response")
    if is_answer:
        answers = values.get("dns.answers")
        found = [entry for entry in answers if isinstance(entry, dict)] if isinstance(answers, list) else []
        if "dns.rdata" in values:
            found = [{"rdata": values["dns.rdata"], "ttl": values.get("dns.ttl")}]
        elif not found and isinstance(grouped := values.get("dns.grouped"), dict):
            found = [{"rdata": text} for texts in grouped.values() if isinstance(texts, list) for text in texts]
        if found:
            row["answers"] = _ANSWERS([entry.get("rdata") for entry in found])
            row["ttls"] = _TTLS([entry.get("ttl") for entry in found])
        row["rejected"] = row.get("rcode") == 5
    else:
        row.pop("rcode", None), row.pop("rcode_name", None)
    # An answer was sent by the one who was asked.
    if is_answer and row.get("id_orig_p") in FLAVORS and row.get("id_resp_p") not in FLAVORS:
        for part in "hp":
            row[f"id_orig_{part}"], row[f"id_resp_{part}"] = row.get(f"id_resp_{part}"), row.get(f"id_orig_{part}")
    row["flavor"] = FLAVORS.get(row.get("id_resp_p", 0), "dns")
    queries = values.get("dns.queries")
    asked = [entry for entry in queries if isinstance(entry, dict)] if isinstance(queries, list) else []
    for question in asked or [{"rrtype": values.get("dns.rrtype")}]:
        kind = question.get("rrtype")
        number = words.record_type(kind)
        name = {"query": host(question["rrname"])} if "rrname" in question else {}
        yield row | name | ({"qtype": number, "qtype_name": kind} if number is not None else {})


HTTP: Fields = {
    **COMMON,
    "tx_id": lambda value, keys: {"trans_depth": value + 1} if isinstance(value, int) and 0 <= value < 2**31 else None,
    "http.hostname": ("host", authority),
    "http.url": ("uri", withheld),
    "http.http_user_agent": ("user_agent", withheld),
    "http.http_content_type": ("resp_mime", withheld),
    "http.http_refer": ("referrer_host", withheld),
    "http.http_method": ("method", words.method),
    "http.protocol": ("version", named({"HTTP/0.9": "0.9", "HTTP/1.0": "1.0", "HTTP/1.1": "1.1", "HTTP/2": "2"})),
    "http.status": ("status_code", within(0, 999)),
    "http.length": ("response_body_len", integer),
}


# Suricata writes `TLS 1.2`, and did `TLSv1`.
_TLS_VERSIONS = (
    {"TLSv1": "TLSv10"} | {f"TLS 1.{minor}": f"TLSv1{minor}" for minor in range(4)} | {name: name for name in words.TLS_VERSIONS}
)


def _tls_version(value: Any, keys: Pseudonyms) -> Row | None:
    name = _TLS_VERSIONS.get(value) if isinstance(value, str) else None
    return {"version": name, "version_num": words.TLS_VERSIONS[name]} if name else None


def _hash(column: str) -> Any:
    """JA3 and JA3S are objects of a digest and the text that it is of."""
    convert = hexadecimal(32)
    return lambda value, keys: {column: kept} if isinstance(value, dict) and (kept := convert(value.get("hash"))) else None


TLS: Fields = {
    **COMMON,
    "tls.version": _tls_version,
    "tls.sni": ("server_name", host),
    "tls.session_resumed": ("resumed", truth),
    "tls.ja3": _hash("ja3"),
    "tls.ja3s": _hash("ja3s"),
    "tls.ja4": ("ja4", matching(r"[tqd][0-9s][0-9][di][0-9]{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}")),
    "tls.client_alpns": ("client_alpn", each(words.alpn)),
    "tls.server_alpns": ("next_protocol", lambda value: words.alpn(value[0] if isinstance(value, list) and value else value)),
    "tls.chain": SAME,
    "tls.client": lambda value, keys: {"client_cert": isinstance(value, dict)},
    "tls.subject": SAME,
    "tls.issuerdn": SAME,
    "tls.serial": SAME,
    "tls.notbefore": SAME,
    "tls.notafter": SAME,
    "tls.subjectaltname": SAME,
}
# The server's certificate, a row of its own.
CERTIFICATE: Fields = {
    "tls.subject": ("certificate_subject", withheld),
    "tls.issuerdn": ("certificate_issuer", withheld),
    "tls.serial": ("certificate_serial", hexadecimal()),
    "tls.notbefore": ("certificate_not_valid_before", moment),
    "tls.notafter": ("certificate_not_valid_after", moment),
    "tls.subjectaltname": ("san_dns", each(host, "*")),
}


def tls(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Suricata writes a session when its handshake is done."""
    chain = values.get("tls.chain")
    if isinstance(chain, list):
        row["cert_count"] = len(chain)
    elif "tls.subject" in values:
        row["cert_count"] = 1
    return (row,)


def certificate(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Whether it vouches for itself: its names are compared, not kept."""
    subject, issuer = values.get("tls.subject"), values.get("tls.issuerdn")
    both = isinstance(subject, str) and isinstance(issuer, str)
    return (row | {"host_cert": True, "client_cert": False, "self_signed": subject == issuer if both else None},)


DHCP: Fields = {
    **COMMON,
    "dhcp.type": ("op", named({"request": 1, "reply": 2})),
    "dhcp.id": ("trans_id", within(0, 2**32 - 1)),
    "dhcp.client_mac": ("mac", mac),
    "dhcp.client_ip": ("client_addr", address),
    "dhcp.assigned_ip": ("assigned_addr", address),
    "dhcp.requested_ip": ("requested_addr", address),
    "dhcp.relay_ip": ("relay_addr", address),
    "dhcp.dhcp_type": ("msg_type", one_of(words.DHCP_TYPES, str.upper)),
    "dhcp.hostname": ("host_name", host),
    "dhcp.lease_time": ("lease_time", within(0, 2**32 - 1)),
    "dhcp.vendor_class_identifier": ("vendor_class", withheld),
    "dhcp.client_id": ("client_id", withheld),
}
_ADDRESSES = ("client_addr", "assigned_addr", "requested_addr", "relay_addr")


def dhcp(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """Zeros stand for no address; a server answers from its own, unless a relay speaks for it."""
    for column in _ADDRESSES:
        if row.get(column) == "0.0.0.0":  # noqa: S104  # not an address to listen on
            del row[column]
    if row.get("msg_type") in ("OFFER", "ACK", "NAK") and row.get("id_orig_p") == 67 and "relay_addr" not in row:
        row["server_addr"] = row.get("id_orig_h")
    return (row,)


_SMB_VERSION = named(
    {"2.02": "2.02", "2.10": "2.1", "2.1": "2.1", "3.00": "3.0", "3.02": "3.0.2", "3.11": "3.1.1", "NT LM 0.12": "NT LM 0.12"}
)
_STATUS = matching(r"0x[0-9a-fA-F]{1,8}")


def _status(value: Any) -> int | None:
    return int(text, 16) if isinstance(text := _STATUS(value), str) else None


SMB: Fields = {
    **COMMON,
    "smb.id": SAME,
    "smb.command": SAME,
    "smb.status": SAME,
    "smb.session_id": SAME,
    "smb.dialect": ("dialect", _SMB_VERSION),
    "smb.status_code": ("status", _status),
    "smb.share": smb.share,
    "smb.share_type": ("share_type", named({"FILE": "DISK", "DISK": "DISK", "PIPE": "PIPE", "PRINT": "PRINT"})),
}
SMB_MAPPING: Fields = {**SMB, "smb.tree_id": ("tree_id", integer)}
SMB_FILES: Fields = {
    **SMB,
    "smb.tree_id": SAME,
    "smb.filename": smb.file,
    "smb.directory": SAME,
    "smb.size": ("size", integer),
    "smb.disposition": SAME,
}


def _family(values: Mapping[str, Any]) -> str:
    return "SMB1" if word(values.get("smb.command")).startswith("SMB1") else "SMB2"


def smb_mapping(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """A connection to a share."""
    return (row | {"version": _family(values)},)


_ACTIONS = {"FILE_OPEN": "open", "FILE_CREATE": "create", "FILE_OPEN_IF": "open", "FILE_OVERWRITE": "create", "FILE_OVERWRITE_IF": "create"}


def smb_files(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """An open file; what it was asked for tells whether it was there."""
    disposition = values.get("smb.disposition")
    action = _ACTIONS.get(disposition, "open") if isinstance(disposition, str) else "open"
    return (row | {"version": _family(values), "action": action},)


ARP: Fields = {
    **COMMON,
    "arp.hw_type": SAME,
    "arp.proto_type": SAME,
    "arp.opcode": lambda value, keys: {"op": number, "op_name": value} if (number := {"request": 1, "reply": 2}.get(word(value))) else None,
    "arp.src_mac": ("sender_mac", mac),
    "arp.src_ip": ("sender_ip", address),
    "arp.dest_mac": ("target_mac", mac),
    "arp.dest_ip": ("target_ip", address),
    "ether.src_mac": ("mac_src", mac),
    "ether.dest_mac": SAME,
}


def arp(row: Row, values: Mapping[str, Any], keys: Pseudonyms) -> Iterable[Row]:
    """The originator is the sender, the responder the address asked for."""
    sender, target = row.get("sender_ip"), row.get("target_ip")
    return (row | {"id_orig_h": sender, "id_resp_h": target, "gratuitous": sender is not None and sender == target},)


EVENTS = {
    "flow": Log("conn", FLOW, flow),
    "dns": Log("dns", DNS, dns),
    "http": Log("http", HTTP),
    "tls": Log("ssl", TLS, tls),
    "dhcp": Log("dhcp", DHCP, dhcp),
    "arp": Log("arp", ARP, arp),
}
X509 = Log("x509", {**COMMON, **CERTIFICATE}, certificate)
# The commands of SMB that a stream is for, by what they are called.
SMB_COMMANDS = {
    "SMB2_COMMAND_TREE_CONNECT": Log("smb_mapping", SMB_MAPPING, smb_mapping),
    "SMB1_COMMAND_TREE_CONNECT_ANDX": Log("smb_mapping", SMB_MAPPING, smb_mapping),
    "SMB2_COMMAND_CREATE": Log("smb_files", SMB_FILES, smb_files),
    "SMB1_COMMAND_NT_CREATE_ANDX": Log("smb_files", SMB_FILES, smb_files),
}
